package flac

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// A maker makes files whose frames are right but for their sound, which is
// random bytes.
type maker struct {
	variable bool
	frames   [][]byte
	samples  int64
	rnd      *rand.Rand
}

func (m *maker) add(samples int) {
	number := int64(len(m.frames))
	b := []byte{0xFF, 0xF8, 0x79, 0x18} // 16-bit block size, 44.1 kHz, stereo, 16 bits
	if m.variable {
		b[1], number = 0xF9, m.samples
	}
	b = appendNumber(b, number)
	b = binary.BigEndian.AppendUint16(b, uint16(samples-1))
	b = append(b, crc8(b))
	for range 300 + m.rnd.IntN(900) {
		b = append(b, byte(m.rnd.Uint32()))
	}
	m.frames = append(m.frames, binary.BigEndian.AppendUint16(b, crc16(0, b)))
	m.samples += int64(samples)
}

// appendNumber writes a coded number below 2^31.
func appendNumber(b []byte, v int64) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	n := 2
	for v >= 1<<(5*n+1) {
		n++
	}
	b = append(b, ^byte(0xFF>>n)|byte(v>>(6*(n-1))))
	for k := n - 2; k >= 0; k-- {
		b = append(b, 0x80|byte(v>>(6*k))&0x3F)
	}
	return b
}

func newFile(variable bool, n int) *maker {
	m := &maker{variable: variable, rnd: rand.New(rand.NewPCG(1, 5))}
	for i := range n {
		switch {
		case i == n-1:
			m.add(777)
		case variable:
			m.add(1000 + m.rnd.IntN(3097))
		default:
			m.add(4096)
		}
	}
	return m
}

// head returns the file up to its first frame.
func (m *maker) head(samples int64) []byte {
	info := make([]byte, streamInfoSize)
	minBlock := 4096
	if m.variable {
		minBlock = 1000
	}
	binary.BigEndian.PutUint16(info, uint16(minBlock))
	binary.BigEndian.PutUint16(info[2:], 4096)
	binary.BigEndian.PutUint64(info[10:], 44100<<44|1<<41|15<<36|uint64(samples))
	comment := "\x03\x00\x00\x00abc\x02\x00\x00\x00\x0C\x00\x00\x00title=Débat\x0B\x00\x00\x00ARTIST=host"
	b := append([]byte("fLaC\x00\x00\x00\x22"), info...)
	b = append(b, 4, 0, 0, byte(len(comment)))
	b = append(b, comment...)
	b = append(b, 0x81, 0, 0, 10) // padding
	return append(b, make([]byte, 10)...)
}

func (m *maker) file() []byte {
	return append(m.head(m.samples), bytes.Join(m.frames, nil)...)
}

// read reads all of b and checks what must hold for every input.
func read(t testing.TB, b []byte) (*Reader, [][]byte, error) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		return nil, nil, err
	}
	start, end, size := r.pos, r.pos, int64(0)
	units, err := readertest.Read(t, r, func(p *track.Packet) {
		if p.Offset < end || !bytes.Equal(p.Data, b[p.Offset:][:len(p.Data)]) {
			t.Fatalf("unit at %d, %d bytes", p.Offset, len(p.Data))
		}
		end = p.Offset + int64(len(p.Data))
		size += int64(len(p.Data))
	})
	if err != nil {
		return r, units, err
	}
	if d := r.Track().Damage; r.end-start != size+d.Bytes {
		t.Fatalf("%d bytes of frames and %d damaged, of %d", size, d.Bytes, r.end-start)
	}
	return r, units, nil
}

func mustRead(t testing.TB, b []byte) (*Reader, [][]byte) {
	t.Helper()
	r, units, err := read(t, b)
	if err != nil {
		t.Fatal(err)
	}
	return r, units
}

func TestWhole(t *testing.T) {
	for _, variable := range []bool{false, true} {
		m := newFile(variable, 300)
		for name, b := range map[string][]byte{
			"plain": m.file(),
			"id3":   append([]byte("ID3\x03\x00\x00\x00\x00\x00\x05hello"), append(m.file(), append([]byte("TAG"), make([]byte, 125)...)...)...),
		} {
			r, units := mustRead(t, b)
			run := r.Track().Runs[0]
			if len(units) != 300 || run.Samples != m.samples || !r.Track().Damage.Empty() {
				t.Errorf("%s, variable %v: %d units, %+v, damage %+v", name, variable, len(units), run, r.Track().Damage.Places)
			}
			if run.SampleRate != 44100 || run.Channels != 2 || (run.UnitSamples == 0) != variable {
				t.Errorf("%+v", run.Config)
			}
			if got := fmt.Sprint(r.Track().Tags); got != "map[artist:host title:Débat]" {
				t.Errorf("tags %s", got)
			}
			if info, err := ParseStreamInfo([]byte(run.Specific)); err != nil || info.Samples != m.samples || info.Bits != 16 {
				t.Errorf("%+v, %v", info, err)
			}
		}
	}
}

func TestNotFLAC(t *testing.T) {
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"empty":         {nil, ErrNotFLAC},
		"other":         {[]byte("OggS, says the file"), ErrNotFLAC},
		"only a marker": {[]byte("fLaC"), ErrStreamInfo},
		"zeros in it":   {append([]byte("fLaC\x80\x00\x00\x22"), make([]byte, 34)...), ErrStreamInfo},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := read(t, c.in); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		})
	}
}

func TestDamage(t *testing.T) {
	for _, variable := range []bool{false, true} {
		m := newFile(variable, 50)
		head := m.head(m.samples)
		join := func(parts ...[]byte) []byte { return append(bytes.Clone(head), bytes.Join(parts, nil)...) }
		before, after := bytes.Join(m.frames[:20], nil), bytes.Join(m.frames[21:], nil)
		flipped := func(at int) []byte {
			f := bytes.Clone(m.frames[20])
			f[at] ^= 4
			return f
		}
		for name, c := range map[string]struct {
			in    []byte
			units int
			kind  track.DamageKind
			lost  int64
		}{
			"sound":         {join(before, flipped(100), after), 49, track.BadUnit, 1},
			"header":        {join(before, flipped(2), after), 49, track.Junk, 1},
			"cut inside":    {join(before, m.frames[20][:200], after), 49, track.BadUnit, 1},
			"cut end":       {join(before, m.frames[20][:200]), 20, track.CutEnd, 1},
			"whole missing": {join(before), 20, track.CutEnd, 0},
		} {
			t.Run(fmt.Sprintf("%s, variable %v", name, variable), func(t *testing.T) {
				r, units := mustRead(t, c.in)
				d := r.Track().Damage
				if len(units) != c.units || len(d.Places) != 1 || d.Places[0].Kind != c.kind || c.lost > 0 && d.Lost != c.lost {
					t.Errorf("%s, variable %v: %d units, damage %+v", name, variable, len(units), d)
				}
			})
		}
	}
}

func TestSeeds(t *testing.T) {
	m := newFile(false, 300)
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 6))
		b := readertest.Spoil(rnd, bytes.Join(m.frames, nil), func(junk []byte) {
			for i := range junk {
				junk[i] = 0xFF // as sync codes begin
			}
		})
		r, units := mustRead(t, append(m.head(m.samples), b...))
		k := 0
		for _, u := range units {
			for k < 300 && !bytes.Equal(u, m.frames[k]) {
				k++
			}
			k++
		}
		if k > 300 {
			t.Errorf("seed %d: a unit is no frame of the file", seed)
		}
		if len(units) < 300-4*readertest.Spots || r.Track().Damage.Lost != int64(300-len(units)) {
			t.Errorf("seed %d: %d units of 300, %d lost", seed, len(units), r.Track().Damage.Lost)
		}
	}
}

// A frame ends where the next one begins, however many sync codes are inside
// of it, and also where the CRC is right at one of them.
func TestFalseEnds(t *testing.T) {
	for name, inside := range map[string]func(frame []byte) []byte{
		"runs of ones": func(b []byte) []byte { return append(b, bytes.Repeat([]byte{0xFF, 0xF8, 7}, 300)...) },
		"right CRC": func(b []byte) []byte {
			return append(binary.BigEndian.AppendUint16(b, crc16(0, b)), 0xFF, 0xF8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
		},
	} {
		m := newFile(false, 50)
		frame := inside(m.frames[20][:100:100])
		m.frames[20] = binary.BigEndian.AppendUint16(frame, crc16(0, frame))
		r, units := mustRead(t, m.file())
		if len(units) != 50 || !r.Track().Damage.Empty() || !bytes.Equal(units[20], m.frames[20]) {
			t.Errorf("%s: %d units, damage %+v", name, len(units), r.Track().Damage)
		}
		m.frames[21][2] ^= 4 // what follows is no header any more
		if r, units = mustRead(t, m.file()); len(units) < 48 || r.Track().Damage.Lost == 0 {
			t.Errorf("%s before a damaged frame: %d units, damage %+v", name, len(units), r.Track().Damage)
		}
	}
}

// TestAgainstFFmpeg has ffmpeg write files and decode what was read of them.
func TestAgainstFFmpeg(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	ffmpeg := func(args ...string) []byte {
		cmd := exec.Command("ffmpeg", append([]string{"-v", "error", "-y"}, args...)...)
		cmd.Stderr = t.Output()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("ffmpeg %v: %v", args, err)
		}
		return out
	}
	name := filepath.Join(t.TempDir(), "a.flac")
	for _, args := range [][]string{
		{"-ar", "48000", "-ac", "2", "-metadata", "title=Débat"},
		{"-ar", "44100", "-ac", "1", "-compression_level", "12"},
		{"-ar", "11025", "-ac", "2"},
		{"-ar", "37000", "-ac", "1", "-frame_size", "1000"},
		{"-ar", "96000", "-ac", "6", "-sample_fmt", "s32"},
		{"-ar", "8000", "-ac", "2", "-compression_level", "0"},
	} {
		ffmpeg(append(append([]string{"-f", "lavfi", "-i", "anoisesrc=r=48000:d=3.3:seed=3"}, args...), name)...)
		pcm := ffmpeg("-i", name, "-f", "s16le", "-")
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		r, units := mustRead(t, b)
		run := r.Track().Runs[0]
		if run.Samples != int64(len(pcm)/2/run.Channels) || run.Samples != r.StreamInfo().Samples || !r.Track().Damage.Empty() {
			t.Errorf("%v: %+v, ffmpeg decodes %d samples; damage %+v", args, run, len(pcm)/2/run.Channels, r.Track().Damage.Places)
		}
		head := b[:len(b)-int(run.Bytes)]
		if err := os.WriteFile(name, append(bytes.Clone(head), bytes.Join(units, nil)...), 0o666); err != nil {
			t.Fatal(err)
		}
		if md5.Sum(ffmpeg("-i", name, "-f", "s16le", "-")) != md5.Sum(pcm) {
			t.Errorf("%v: the frames decode to other samples", args)
		}
	}
}

// Wherever a file ends or lies, what is read is in order.
func TestEveryByte(t *testing.T) {
	whole := newFile(true, 6).file()
	readertest.Cut(t, whole, func(b []byte) { read(t, b) })
	readertest.Flip(t, whole, func(b []byte) { read(t, b) })
}

func FuzzReader(f *testing.F) {
	for _, variable := range []bool{false, true} {
		m := newFile(variable, 4)
		f.Add(m.file())
		f.Add(append(m.head(0), m.frames[2][50:]...))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		read(t, b)
	})
}

func BenchmarkReader(b *testing.B) {
	data := newFile(false, 20000).file()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(data), int64(len(data)), track.Options{})
		if err != nil {
			b.Fatal(err)
		}
		var p track.Packet
		for err == nil {
			err = r.Next(&p)
		}
	}
}
