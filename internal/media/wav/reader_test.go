package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// read reads all of b and checks what must hold for every input.
func read(t testing.TB, b []byte) (*Reader, []byte, error) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		return nil, nil, err
	}
	start := r.pos
	var pcm []byte
	short := false
	_, err = readertest.Read(t, r, func(p *track.Packet) {
		if p.Offset != start+int64(len(pcm)) || !bytes.Equal(p.Data, b[p.Offset:][:len(p.Data)]) {
			t.Fatalf("unit of %d bytes at %d", len(p.Data), p.Offset)
		}
		if short || p.Samples < 1 || p.Samples > track.PCMUnit {
			t.Fatalf("unit of %d samples, not the last", p.Samples)
		}
		short = p.Samples < track.PCMUnit
		pcm = append(pcm, p.Data...)
	})
	if err != nil {
		return r, pcm, err
	}
	tr := r.Track()
	if tr.Bytes != int64(len(b)) || len(tr.Runs) > 1 {
		t.Fatalf("%+v", tr)
	}
	if len(tr.Runs) == 1 && (tr.Runs[0].Bytes != int64(len(pcm)) || tr.Runs[0].Samples*r.align != int64(len(pcm))) {
		t.Fatalf("%d bytes, %+v", len(pcm), tr.Runs[0])
	}
	if start+int64(len(pcm))+tr.Damage.Bytes > int64(len(b)) {
		t.Fatalf("%d bytes of sound at %d and %d damaged, of %d", len(pcm), start, tr.Damage.Bytes, len(b))
	}
	return r, pcm, nil
}

func mustRead(t testing.TB, b []byte) (*Reader, []byte) {
	t.Helper()
	r, pcm, err := read(t, b)
	if err != nil {
		t.Fatal(err)
	}
	return r, pcm
}

func noise(n int) []byte {
	rnd := rand.New(rand.NewPCG(1, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

// file returns a file of f that holds pcm, and then chunks.
func file(t testing.TB, f Format, pcm []byte, chunks ...string) []byte {
	t.Helper()
	b, err := Header(f.Config(), int64(len(pcm)/f.BlockAlign()))
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, pcm...)
	if len(pcm)%2 != 0 {
		b = append(b, 0)
	}
	return append(b, strings.Join(chunks, "")...)
}

var plain = Format{Channels: 2, SampleRate: 48000, Bits: 16}

func TestFormats(t *testing.T) {
	for _, f := range []Format{
		plain,
		{Channels: 1, SampleRate: 8000, Bits: 8},
		{Channels: 3, SampleRate: 44100, Bits: 8},
		{Channels: 1, SampleRate: 44100, Bits: 24},
		{Channels: 2, SampleRate: 96000, Bits: 32},
		{Channels: 2, SampleRate: 96000, Bits: 32, ValidBits: 24},
		{Channels: 6, SampleRate: 48000, Bits: 32, Float: true},
		{Channels: 1, SampleRate: 48000, Bits: 64, Float: true},
	} {
		pcm := noise(2501 * f.BlockAlign())
		r, got := mustRead(t, file(t, f, pcm))
		run := r.Track().Runs[0]
		if !bytes.Equal(got, pcm) || run.Samples != 2501 || run.Units != 3 || run.SampleRate != f.SampleRate || run.Channels != f.Channels {
			t.Errorf("%+v: %+v", f, run)
		}
		if !r.Track().Damage.Empty() {
			t.Errorf("%+v: damage %+v", f, r.Track().Damage.Places)
		}
		if f.ValidBits == 0 {
			f.ValidBits = f.Bits
		}
		if back, err := ParseFormat([]byte(run.Specific)); err != nil || back != f {
			t.Errorf("wrote %+v, read %+v, %v", f, back, err)
		}
	}
}

func TestWriter(t *testing.T) {
	f := Format{Channels: 1, SampleRate: 8000, Bits: 8}
	pcm := noise(3001)
	var b bytes.Buffer
	w, err := NewWriter(&b, f.Config(), 3001)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.WriteUnit(pcm[:1024]), w.WriteUnit(pcm[1024:]), w.Close()); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), file(t, f, pcm)) {
		t.Errorf("%d bytes are not those of a file", b.Len())
	}
	if w, _ := NewWriter(io.Discard, f.Config(), 2); w.WriteUnit(pcm[:3]) == nil {
		t.Error("takes more than planned")
	}
	if w, _ := NewWriter(io.Discard, f.Config(), 2); w.Close() == nil {
		t.Error("closes before the end")
	}
}

func info(tags ...string) string {
	s := "INFO"
	for i := 0; i < len(tags); i += 2 {
		s += tags[i] + string(binary.LittleEndian.AppendUint32(nil, uint32(len(tags[i+1])))) + tags[i+1]
		if len(s)%2 != 0 {
			s += "\x00"
		}
	}
	return "LIST" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

func TestTags(t *testing.T) {
	list := info("INAM", "Débat\x00", "IART", "h\xF4tesse\x00", "ICRD", "2021", "IXYZ", "?")
	b := file(t, plain, noise(400), list)
	r, _ := mustRead(t, b)
	want := map[string]string{"title": "Débat", "artist": "hôtesse", "date": "2021"}
	if fmt.Sprint(r.Track().Tags) != fmt.Sprint(want) || !r.Track().Damage.Empty() {
		t.Errorf("%v, %+v", r.Track().Tags, r.Track().Damage)
	}
	r, pcm := mustRead(t, bytes.Replace(b, []byte("fmt "), []byte(list+"fmt "), 1))
	if fmt.Sprint(r.Track().Tags) != fmt.Sprint(want) || len(pcm) != 400 {
		t.Errorf("before fmt: %v, %d bytes", r.Track().Tags, len(pcm))
	}
}

func TestWrongSizes(t *testing.T) {
	pcm := noise(4 * 3000)
	whole := file(t, plain, pcm)
	at := bytes.Index(whole, []byte("data")) + 4
	with := func(size uint32, b []byte) []byte {
		b = bytes.Clone(b)
		binary.LittleEndian.PutUint32(b[at:], size)
		return b
	}
	list := info("INAM", "x")
	for name, c := range map[string]struct {
		in      []byte
		samples int64
		kinds   string
		lost    int64
	}{
		"whole":             {whole, 3000, "", 0},
		"empty":             {with(0, whole[:at+4]), 0, "", 0},
		"empty, with tags":  {append(with(0, whole[:at+4]), list...), 0, "", 0},
		"size 0":            {with(0, whole), 3000, "bad-index", 0},
		"size -1":           {with(0xFFFFFFFF, whole), 3000, "bad-index", 0},
		"cut":               {whole[:len(whole)-4*1024], 3000 - 1024, "cut-end", 1},
		"cut in a sample":   {whole[:len(whole)-4*1024-3], 3000 - 1025, "cut-end", 2},
		"too large":         {with(0x7FFFFFFF, whole), 3000, "cut-end", 524286},
		"behind it garbage": {append(bytes.Clone(whole), "garbage\x00\x01\x02 and more"...), 3000, "junk", 0},
		"no padding":        {append(file(t, Format{Channels: 1, SampleRate: 8000, Bits: 8}, noise(99))[:44+99], list...), 99, "junk", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, got := mustRead(t, c.in)
			var kinds []string
			for _, d := range r.Track().Damage.Places {
				kinds = append(kinds, string(d.Kind))
			}
			if int64(len(got))/r.align != c.samples || strings.Join(kinds, " ") != c.kinds || r.Track().Damage.Lost != c.lost {
				t.Errorf("%s: %d samples, damage %+v", name, int64(len(got))/r.align, r.Track().Damage.Places)
			}
		})
	}
}

// A sparse is a file of zeros that begins with its head.
type sparse struct {
	head []byte
	size int64
}

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	n := int(min(int64(len(p)), max(0, s.size-off)))
	clear(p[:n])
	if off < int64(len(s.head)) {
		copy(p[:n], s.head[off:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func TestBeyond4GiB(t *testing.T) {
	const samples = 1<<30 + 12345 // of four bytes
	head, err := Header(plain.Config(), samples)
	if err != nil {
		t.Fatal(err)
	}
	if string(head[:4]) != "RF64" {
		t.Fatalf("header begins with %q", head[:4])
	}
	wrapped := func() []byte {
		h := file(t, plain, nil)
		binary.LittleEndian.PutUint32(h[len(h)-4:], uint32(samples*4&0xFFFFFFFF))
		return h
	}()
	for _, c := range []struct {
		name    string
		head    []byte
		damaged bool
	}{
		{"RF64", head, false},
		{"BW64", append([]byte("BW64"), head[4:]...), false},
		{"RIFF with a size modulo 2^32", wrapped, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := sparse{c.head, int64(len(c.head)) + 4*samples}
			r, err := NewReader(s, s.size, track.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := (r.end - r.pos) / r.align; got != samples {
				t.Errorf("%s: %d samples of %d", c.name, got, int64(samples))
			}
			if r.Track().Damage.Empty() == c.damaged {
				t.Errorf("%s: damage %+v", c.name, r.Track().Damage)
			}
		})
	}
}

func TestNotWAV(t *testing.T) {
	mp3 := file(t, plain, noise(400))
	mp3[20] = 0x55
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"empty":      {nil, ErrNotWAV},
		"AVI":        {[]byte("RIFF\x00\x00\x00\x00AVI LIST"), ErrNotWAV},
		"no chunks":  {[]byte("RIFF\x00\x00\x00\x00WAVE"), ErrNoData},
		"no data":    {file(t, plain, nil)[:36], ErrNoData},
		"data first": {[]byte("RIFF\x00\x00\x00\x00WAVEdata\x04\x00\x00\x001234"), ErrNoData},
		"MP3":        {mp3, ErrCompressed},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := read(t, c.in); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		})
	}
	if _, err := Header(track.Config{Codec: track.MP3, Specific: plain.Config().Specific}, 1); err == nil {
		t.Error("Header takes MP3")
	}
	if _, err := Header(plain.Config(), 1<<62); err == nil {
		t.Error("Header takes 2^62 samples")
	}
}

// TestAgainstFFmpeg compares the samples with ffmpeg's, both ways.
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
	name := filepath.Join(t.TempDir(), "a.wav")
	for _, c := range []struct {
		codec, raw string
		args       []string
	}{
		{"pcm_u8", "u8", nil},
		{"pcm_s16le", "s16le", []string{"-metadata", "title=Débat"}},
		{"pcm_s16le", "s16le", []string{"-rf64", "always"}},
		{"pcm_s24le", "s24le", []string{"-ac", "6"}},
		{"pcm_s32le", "s32le", nil},
		{"pcm_f32le", "f32le", nil},
		{"pcm_f64le", "f64le", nil},
	} {
		t.Run(c.codec, func(t *testing.T) {
			ffmpeg(append(append([]string{"-f", "lavfi", "-i", "anoisesrc=r=11025:d=0.5:seed=3", "-c:a", c.codec}, c.args...), name)...)
			raw := ffmpeg("-i", name, "-f", c.raw, "-")
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			r, pcm := mustRead(t, b)
			if !bytes.Equal(pcm, raw) || !r.Track().Damage.Empty() {
				t.Errorf("%s %v: %d bytes, ffmpeg has %d; damage %+v", c.codec, c.args, len(pcm), len(raw), r.Track().Damage.Places)
			}
			if len(c.args) > 0 && c.args[0] == "-metadata" && r.Track().Tags["title"] != "Débat" {
				t.Errorf("tags %v", r.Track().Tags)
			}

			// What Header writes is read by ffmpeg to the same samples.
			head, err := Header(r.Track().Runs[0].Config, r.Track().Runs[0].Samples)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, append(head, pcm...), 0o666); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(ffmpeg("-i", name, "-f", c.raw, "-"), raw) {
				t.Errorf("%s: ffmpeg reads other samples from our file", c.codec)
			}
		})
	}
}

func TestSeeds(t *testing.T) {
	whole := file(t, plain, noise(40000), info("INAM", "title"))
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		b := bytes.Clone(whole)
		for range 1 + rnd.IntN(4) {
			b[rnd.IntN(min(len(b), 1+rnd.IntN(len(b))))] ^= 1 << rnd.IntN(8)
		}
		read(t, b[:rnd.IntN(len(b))])
		read(t, b)
	}
}

// Wherever a file ends or lies, what is read is in order.
func TestEveryByte(t *testing.T) {
	whole := file(t, plain, noise(400), info("INAM", "title"))
	readertest.Cut(t, whole, func(b []byte) { read(t, b) })
	readertest.Flip(t, whole, func(b []byte) { read(t, b) })
}

func FuzzReader(f *testing.F) {
	f.Add(file(f, plain, noise(40), info("INAM", "title")))
	f.Add(file(f, Format{Channels: 1, SampleRate: 8000, Bits: 24}, noise(33)))
	head, _ := Header(plain.Config(), 1<<32)
	f.Add(append(head, 1, 2, 3, 4, 5))
	f.Fuzz(func(t *testing.T, b []byte) {
		read(t, b)
	})
}

func BenchmarkReader(b *testing.B) {
	data := file(b, plain, noise(16<<20))
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
