package mp3

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// frames returns n frames of header h. Their bodies are all zero, which is
// silence, but for a running number.
func frames(t testing.TB, h Header, n int) []byte {
	t.Helper()
	var out []byte
	for i := range n {
		h.Padded = i%3 == 1
		head, err := h.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		f := make([]byte, h.FrameSize())
		copy(f, head[:])
		f[len(f)-1], f[len(f)-2] = byte(i&0x7F), byte(i>>7&0x7F)
		out = append(out, f...)
	}
	return out
}

var plain = Header{Version: MPEG1, BitRate: 128000, SampleRate: 44100, Mode: JointStereo}

// read reads all of b, checks what must hold for every input, and returns
// what it holds.
func read(t testing.TB, b []byte) (*Reader, [][]byte, error) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		return nil, nil, err
	}
	end, size := int64(0), int64(0)
	units, err := readertest.Read(t, r, func(p *track.Packet) {
		if p.Offset < end || p.Offset+int64(len(p.Data)) > int64(len(b)) {
			t.Fatalf("unit at %d, %d bytes: overlaps or lies outside", p.Offset, len(p.Data))
		}
		if !bytes.Equal(p.Data, b[p.Offset:][:len(p.Data)]) {
			t.Fatalf("a unit is not what stands at %d", p.Offset)
		}
		end = p.Offset + int64(len(p.Data))
		size += int64(len(p.Data))
	})
	if err != nil {
		return r, units, err
	}
	if got := size + r.declared + r.Track().Damage.Bytes; got != int64(len(b)) {
		t.Fatalf("%d bytes of frames, %d of tags, %d damaged: %d, not %d", size, r.declared, r.Track().Damage.Bytes, got, len(b))
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

// id3v2 returns a tag with n bytes of content.
func id3v2(n int) []byte {
	b := make([]byte, id3v2Header+n)
	copy(b, "ID3\x04\x00\x00")
	for i := range 4 {
		b[9-i] = byte(n >> (7 * i) & 0x7F)
	}
	for i := range n { // what looks like a frame, as pictures may
		b[id3v2Header+i] = "\xFF\xFB\x90\x64\x00\x00"[i%6]
	}
	return b
}

func ape(items int) []byte {
	b := make([]byte, apeSize+items+apeSize)
	for _, at := range []int{0, apeSize + items} {
		copy(b[at:], "APETAGEX")
		size := items + apeSize
		b[at+12], b[at+13] = byte(size), byte(size>>8)
		b[at+23] = 0x80
	}
	b[23] |= 0x20
	return b
}

func id3v1() []byte { return append([]byte("TAG"), make([]byte, 125)...) }

func TestTagsAreNotDamage(t *testing.T) {
	audio := frames(t, plain, 20)
	footer := id3v2(300)
	footer[5] |= 0x10
	tail := bytes.Clone(footer[:10])
	copy(tail, "3DI")
	footer = append(footer, tail...)
	for name, parts := range map[string][][]byte{
		"none":       {audio},
		"id3v2":      {id3v2(700000), audio},
		"two id3v2":  {id3v2(5000), id3v2(100), audio},
		"id3v1":      {audio, id3v1()},
		"tag+":       {audio, append([]byte("TAG+"), make([]byte, 223)...), id3v1()},
		"ape":        {audio, ape(900)},
		"ape first":  {ape(900), audio},
		"lyrics3v2":  {audio, []byte("LYRICSBEGININD0000200LYR00005Hello000038LYRICS200")[:11+8+2+8+5], []byte("000034LYRICS200"), id3v1()},
		"lyrics3v1":  {audio, []byte("LYRICSBEGIN[00:01]HelloLYRICSEND"), id3v1()},
		"all":        {id3v2(2000), audio, ape(10), id3v1()},
		"appended":   {audio, footer},
		"joined":     {id3v2(10), audio, id3v1(), id3v2(4000), audio, id3v1()},
		"tag inside": {audio, id3v2(60), audio, id3v2(400), audio},
	} {
		t.Run(name, func(t *testing.T) {
			r, units := mustRead(t, bytes.Join(parts, nil))
			want := 0
			for _, p := range parts {
				if bytes.Equal(p, audio) {
					want += 20
				}
			}
			if len(units) != want || !r.Track().Damage.Empty() {
				t.Errorf("%d units, want %d; damage %+v", len(units), want, r.Track().Damage.Places)
			}
		})
	}
}

func TestEveryHeader(t *testing.T) {
	for _, v := range []Version{MPEG1, MPEG2, MPEG25} {
		table, div := 1, 2
		switch v {
		case MPEG1:
			table, div = 0, 1
		case MPEG25:
			div = 4
		}
		for _, kb := range bitRates[table][1:] {
			for _, rate := range sampleRates {
				for mode := Stereo; mode <= Mono; mode++ {
					h := Header{Version: v, BitRate: 1000 * kb, SampleRate: rate / div, Mode: mode, Protected: mode == Mono}
					b := frames(t, h, 5)
					r, units := mustRead(t, b)
					run := r.Track().Runs[0]
					if len(units) != 5 || run.SampleRate != rate/div || run.Channels != h.Channels() || !r.Track().Damage.Empty() {
						t.Errorf("%+v: %d units, %+v", h, len(units), run)
					}
					if got, err := ParseHeader(b); err != nil || got != h {
						t.Errorf("parsed %+v, %v; wrote %+v", got, err, h)
					}
					if h.FrameSize() < minFrameSize || h.FrameSize() >= MaxFrameSize {
						t.Errorf("%+v: frame size %d", h, h.FrameSize())
					}
				}
			}
		}
	}
}

func TestNotMP3(t *testing.T) {
	free := frames(t, plain, 10)
	for i := 0; i < len(free); {
		h, _ := ParseHeader(free[i:])
		free[i+2] &= 0x0F
		i += h.FrameSize()
	}
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"empty":      {nil, ErrNoFrames},
		"short":      {[]byte{0xFF}, ErrNoFrames},
		"zeros":      {make([]byte, 300000), ErrNoFrames},
		"ones":       {bytes.Repeat([]byte{0xFF}, 300000), ErrNoFrames},
		"html":       {[]byte("<!DOCTYPE html><html><body>Not found</body></html>"), ErrNoFrames},
		"only a tag": {id3v2(3000), ErrNoFrames},
		"free":       {free, ErrFreeFormat},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := read(t, c.in); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		})
	}
}

func TestDamage(t *testing.T) {
	audio := frames(t, plain, 40)
	var starts []int
	for i := 0; i < len(audio); {
		h, _ := ParseHeader(audio[i:])
		starts = append(starts, i)
		i += h.FrameSize()
	}
	clone := func() []byte { return bytes.Clone(audio) }
	flip := func(at int, bits byte) []byte {
		b := clone()
		b[at] ^= bits
		return b
	}
	junk := bytes.Repeat([]byte("junk, "), 1000)
	for name, c := range map[string]struct {
		in    []byte
		units int
		kind  track.DamageKind
		bytes int
		lost  int64
	}{
		"cut start":      {audio[100:], 39, track.CutStart, starts[1] - 100, 1},
		"cut end":        {audio[:len(audio)-100], 39, track.CutEnd, len(audio) - 100 - starts[39], 1},
		"cut in header":  {audio[:starts[39]+2], 39, track.CutEnd, 2, 1},
		"junk before":    {append(bytes.Clone(junk), audio...), 40, track.Junk, len(junk), 0},
		"junk between":   {bytes.Join([][]byte{audio[:starts[20]], junk, audio[starts[20]:]}, nil), 40, track.Junk, len(junk), 0},
		"junk after":     {append(clone(), junk...), 40, track.Junk, len(junk), 0},
		"bytes missing":  {append(clone()[:starts[20]+50], audio[starts[20]+60:]...), 39, track.BadUnit, starts[21] - starts[20] - 10, 1},
		"sync broken":    {flip(starts[20], 0x40), 39, track.BadUnit, starts[21] - starts[20], 1},
		"now mono":       {flip(starts[20]+3, 0x80), 39, track.BadUnit, starts[21] - starts[20], 1},
		"bit rate 320":   {flip(starts[20]+2, 0x70), 39, track.BadUnit, starts[21] - starts[20], 1},
		"bit rate lower": {flip(starts[20]+2, 0x80), 40, track.BadUnit, 313, 1},
		"layer II":       {flip(starts[20]+1, 0x06), 39, track.BadUnit, starts[21] - starts[20], 1},
	} {
		t.Run(name, func(t *testing.T) {
			r, units := mustRead(t, c.in)
			d := r.Track().Damage
			if len(units) != c.units || len(r.Track().Runs) != 1 {
				t.Errorf("%d units, want %d; runs %+v", len(units), c.units, r.Track().Runs)
			}
			if len(d.Places) != 1 || d.Places[0].Kind != c.kind || d.Bytes != int64(c.bytes) || d.Lost != c.lost {
				t.Errorf("damage %+v; want %s, %d bytes, %d lost", d.Places, c.kind, c.bytes, c.lost)
			}
		})
	}
}

func TestRuns(t *testing.T) {
	mono := Header{Version: MPEG2, BitRate: 64000, SampleRate: 22050, Mode: Mono}
	b := append(frames(t, plain, 10), frames(t, mono, 20)...)
	b = append(b, frames(t, plain, 5)...)
	r, _ := mustRead(t, b)
	var got []string
	for _, run := range r.Track().Runs {
		got = append(got, fmt.Sprintf("%s: %d units, %d samples", run.Config, run.Units, run.Samples))
	}
	want := "mp3 44100 Hz 2 ch: 10 units, 11520 samples; mp3 22050 Hz 1 ch: 20 units, 11520 samples; mp3 44100 Hz 2 ch: 5 units, 5760 samples"
	if s := strings.Join(got, "; "); s != want || !r.Track().Damage.Empty() {
		t.Errorf("got %s, damage %+v", s, r.Track().Damage.Places)
	}
}

func TestTagsAndEvents(t *testing.T) {
	tag := func(frames string) []byte {
		return append([]byte{'I', 'D', '3', 4, 0, 0, 0, 0, 0, byte(len(frames))}, frames...)
	}
	b := bytes.Join([][]byte{
		tag("TIT2\x00\x00\x00\x06\x00\x00\x03Title" + "PRIV\x00\x00\x00\x03\x00\x00o\x00\x01"),
		frames(t, plain, 10),
		tag("TIT3\x00\x00\x00\x04\x00\x00\x03123"),
		frames(t, Header{Version: MPEG1, BitRate: 128000, SampleRate: 44100, Mode: Mono}, 10),
		tag("TIT3\x00\x00\x00\x04\x00\x00\x03456"),
	}, nil)
	var got []string
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{OnEvent: func(e *track.Event) error {
		got = append(got, fmt.Sprintf("%s %s %q unit %d, run %d sample %d", e.ID, e.Name, e.Value, e.Unit, e.Run, e.Sample))
		return nil
	}})
	var p track.Packet
	for err == nil {
		err = r.Next(&p)
	}
	want := []string{
		`PRIV o "\x01" unit 0, run 0 sample 0`,
		`TIT3  "123" unit 10, run 1 sample 0`,
		`TIT3  "456" unit 20, run 1 sample 11520`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("events\n%s", strings.Join(got, "\n"))
	}
	if err != io.EOF || r.Track().Tags["title"] != "Title" || !r.Track().Damage.Empty() {
		t.Errorf("%v, tags %v, damage %+v", err, r.Track().Tags, r.Track().Damage)
	}
}

// TestSeeds spoils files at random: nearly all frames have to survive.
func TestSeeds(t *testing.T) {
	audio := frames(t, plain, 400)
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		b := readertest.Spoil(rnd, audio, func(junk []byte) {
			for i := range junk {
				junk[i] = byte(rnd.Uint32())
			}
		})
		r, units := mustRead(t, b)
		if len(units) < 400-4*readertest.Spots || len(units) > 401 {
			t.Errorf("seed %d: %d units of 400, damage %+v", seed, len(units), r.Track().Damage.Places)
		}
		if len(r.Track().Runs) != 1 {
			t.Errorf("seed %d: %d runs", seed, len(r.Track().Runs))
		}
	}
}

func TestInfoFrame(t *testing.T) {
	for _, h := range []Header{
		plain,
		{Version: MPEG1, BitRate: 32000, SampleRate: 48000, Mode: Mono},
		{Version: MPEG2, BitRate: 8000, SampleRate: 24000, Mode: Stereo},
		{Version: MPEG25, BitRate: 160000, SampleRate: 8000, Mode: Mono, Protected: true},
	} {
		toc := new([100]byte)
		for i := range toc {
			toc[i] = byte(i * 256 / 100)
		}
		for _, info := range []Info{
			{Gapless: true, Frames: 50, Bytes: 12345, Delay: 576, Padding: 1300},
			{Gapless: true, VBR: true, Frames: 1 << 20, Bytes: 1 << 30, Delay: 4095, Padding: 0, TOC: toc, Encoder: "LAME3.100"},
		} {
			f, err := InfoFrame(h, info)
			if err != nil {
				t.Fatalf("%+v: %v", h, err)
			}
			fh, err := ParseHeader(f)
			if err != nil || fh.FrameSize() != len(f) || fh.SampleRate != h.SampleRate || fh.Channels() != h.Channels() {
				t.Fatalf("frame of %d bytes has header %+v, %v", len(f), fh, err)
			}
			got, ok := ParseInfo(fh, f)
			if !ok || got.Frames != info.Frames || got.Bytes != info.Bytes+int64(len(f)) || got.VBR != info.VBR ||
				!got.Gapless || got.Delay != info.Delay || got.Padding != info.Padding {
				t.Errorf("wrote %+v, read %+v, %v", info, got, ok)
			}
			if (got.TOC == nil) != (info.TOC == nil) || got.TOC != nil && *got.TOC != *info.TOC {
				t.Errorf("TOC is another one")
			}
		}
	}
	f, err := InfoFrame(plain, Info{Frames: 7})
	if info, ok := ParseInfo(plain, f); err != nil || !ok || info.Gapless || info.Frames != 7 {
		t.Errorf("without delay: %+v, %v, %v", info, ok, err)
	}
	if _, err := InfoFrame(plain, Info{Delay: 4096}); err == nil {
		t.Error("a delay of 4096 fits")
	}
	if _, err := InfoFrame(plain, Info{Bytes: 1 << 32}); err == nil {
		t.Error("4 GiB fit")
	}
	if _, err := InfoFrame(Header{Version: MPEG1, BitRate: 128000, SampleRate: 22050}, Info{}); err == nil {
		t.Error("MPEG-1 has 22.05 kHz")
	}
}

// Of the encoders that a file can name, players believe two.
func TestEncoderField(t *testing.T) {
	for name, want := range map[string]string{
		"": "Lavc", "Lavf": "Lavc", "Lavf58.45": "Lavc", "Lavc58.91": "Lavc58.91", "LAME3.100": "LAME3.100",
		"GOGO3.13": "Lavc", "L3.99r1": "Lavc", "LAME3.99r5 and more": "LAME3.99r",
	} {
		t.Run(name, func(t *testing.T) {
			f, err := InfoFrame(plain, Info{Gapless: true, Encoder: name, Delay: 576})
			if err != nil {
				t.Fatal(err)
			}
			if info, ok := ParseInfo(plain, f); !ok || info.Encoder != want || !info.Gapless {
				t.Errorf("%q became %q, want %q", name, info.Encoder, want)
			}
		})
	}
}

// shortInfo is the Info frame of older versions of ffmpeg: without quality,
// and LAME's extension ends after the padding. 56 kb/s at 44.1 kHz leave no
// room for more.
func shortInfo(t testing.TB, frames uint32, delay, padding int) []byte {
	t.Helper()
	f := make([]byte, 182)
	copy(f, "\xFF\xFB\x40\x44")
	b := f[HeaderSize+32:]
	copy(b, "Xing\x00\x00\x00\x07")
	binary.BigEndian.PutUint32(b[8:], frames)
	lame := b[16+100:]
	copy(lame, "Lavf")
	v := delay<<12 | padding
	lame[21], lame[22], lame[23] = byte(v>>16), byte(v>>8), byte(v)
	if len(lame) >= lameSize {
		t.Fatal("there is room for all of the extension")
	}
	return f
}

func TestShortLAMEExtension(t *testing.T) {
	b := append(shortInfo(t, 20, 576, 700), frames(t, plain, 20)...)
	r, units := mustRead(t, b)
	run := r.Track().Runs[0]
	if len(units) != 20 || run.Skip != 576+DecoderDelay || run.Trim != 700-DecoderDelay || r.Track().Encoder != "Lavf" {
		t.Errorf("%d units, %+v, encoder %q", len(units), run, r.Track().Encoder)
	}
	// One byte less, and the delay is not told.
	f := shortInfo(t, 20, 576, 700)
	if info, ok := ParseInfo(plain, f[:HeaderSize+32+16+100+shortLameSize-1]); !ok || info.Gapless || info.Frames != 20 {
		t.Errorf("%+v, %v", info, ok)
	}
}

// TestCRC checks the tag's CRC against the check value of CRC-16/ARC.
func TestCRC(t *testing.T) {
	if got := CRC(0, []byte("123456789")); got != 0xBB3D {
		t.Errorf("%#x", got)
	}
}

func TestDeclaredLength(t *testing.T) {
	audio := frames(t, plain, 30)
	file := func(frames int64) []byte {
		f, err := InfoFrame(plain, Info{Gapless: true, Frames: frames, Bytes: int64(len(audio)), Delay: 576, Padding: 1100})
		if err != nil {
			t.Fatal(err)
		}
		return append(f, audio...)
	}
	for _, c := range []struct {
		frames int64
		trim   int64
		kind   track.DamageKind
		lost   int64
	}{
		{30, 1100 - DecoderDelay, "", 0},
		{31, 0, "", 0}, // counts itself
		{45, 0, track.CutEnd, 15},
		{12, 0, track.BadIndex, 0},
	} {
		t.Run(fmt.Sprint(c.frames), func(t *testing.T) {
			r, units := mustRead(t, file(c.frames))
			run, d := r.Track().Runs[0], r.Track().Damage
			if len(units) != 30 || run.Skip != 576+DecoderDelay || run.Trim != c.trim {
				t.Errorf("%d declared: %d units, %+v", c.frames, len(units), run)
			}
			if c.kind == "" != d.Empty() || !d.Empty() && d.Places[0].Kind != c.kind || d.Lost != c.lost {
				t.Errorf("%d declared: %+v", c.frames, d)
			}
		})
	}
}

func TestSourceShorterThanItsSize(t *testing.T) {
	audio := frames(t, plain, 30)
	r, err := NewReader(bytes.NewReader(audio), int64(len(audio)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.in.End += 10000 // as if the file had shrunk since
	var p track.Packet
	for err == nil {
		err = r.Next(&p)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// Wherever a file ends or lies, what is read is in order.
func TestEveryByte(t *testing.T) {
	whole := append(shortInfo(t, 4, 576, 700), frames(t, plain, 4)...)
	readertest.Cut(t, whole, func(b []byte) { read(t, b) })
	readertest.Flip(t, whole, func(b []byte) { read(t, b) })
}

func FuzzReader(f *testing.F) {
	audio := frames(f, Header{Version: MPEG2, BitRate: 8000, SampleRate: 24000, Mode: Mono}, 6)
	f.Add(audio)
	f.Add(bytes.Join([][]byte{id3v2(30), audio, id3v1(), ape(5)}, nil))
	f.Add(audio[7:])
	f.Add(append(shortInfo(f, 6, 576, 700), frames(f, plain, 6)...))
	info, _ := InfoFrame(Header{Version: MPEG2, BitRate: 8000, SampleRate: 24000, Mode: Mono}, Info{Frames: 6})
	f.Add(append(info, audio...))
	f.Add(bytes.Join([][]byte{audio, id3v2(3), []byte("junk"), frames(f, plain, 3)}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		read(t, b)
	})
}

func BenchmarkReader(b *testing.B) {
	audio := frames(b, plain, 20000)
	b.SetBytes(int64(len(audio)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(audio), int64(len(audio)), track.Options{})
		if err != nil {
			b.Fatal(err)
		}
		var p track.Packet
		for err == nil {
			err = r.Next(&p)
		}
	}
}
