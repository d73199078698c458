package pcm

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/wav"
)

// sources are recordings of several pieces, of every coding but in short tests;
// SPACES_LONG=1 has MP3 of every kind.
func sources(t testing.TB) map[string]recording {
	t.Helper()
	s := map[string]recording{"wav": noise(t, 48000, 2, 3*pieceUnitsPCM*track.PCMUnit+777)}
	s["mp3 lsf"] = read(t, encode(t, "a.mp3", 22050, 1, 15, "-b:a", "32k"))
	s["aac stereo"] = read(t, encode(t, "a.aac", 48000, 2, 18, "-c:a", "aac", "-b:a", "96k", "-aac_pns", "0"))
	s["aac loud"] = read(t, encode(t, "a.aac", 48000, 2, 12, "-af", "volume=10dB", "-c:a", "aac", "-b:a", "96k", "-aac_pns", "0"))
	s["mp3 loud"] = read(t, encode(t, "a.mp3", 22050, 1, 15, "-af", "volume=10dB", "-b:a", "32k"))
	if testing.Short() {
		return s
	}
	s["aac mono"] = read(t, encode(t, "a.aac", 44100, 1, 18, "-c:a", "aac", "-b:a", "64k", "-aac_pns", "0"))
	s["flac"] = read(t, encode(t, "a.flac", 44100, 2, 7.77))
	s["mp3 vbr"] = read(t, encode(t, "a.mp3", 48000, 2, 8, "-q:a", "0"))
	if os.Getenv("SPACES_LONG") != "" { // the decoder is that slow
		s["mp3 cbr"] = read(t, encode(t, "a.mp3", 44100, 2, 8, "-b:a", "128k"))
		s["mp3 320k"] = read(t, encode(t, "a.mp3", 48000, 2, 8, "-b:a", "320k"))
		s["mp3 low"] = read(t, encode(t, "a.mp3", 48000, 1, 8, "-b:a", "32k"))
	}
	return s
}

// speech is real speech in AAC with noise substitution, of n units.
func speech(t testing.TB, n int) recording {
	t.Helper()
	b, err := os.ReadFile("../../fixture/testdata/guest.aac")
	if err != nil {
		t.Fatal(err)
	}
	return long(readBytes(t, b), n)
}

// long returns r repeated until it has n units.
func long(r recording, n int) recording {
	for len(r.units) < n {
		r.units = append(r.units, r.units...)
	}
	r.units = r.units[:n]
	r.Units, r.Samples = int64(n), int64(n*r.UnitSamples)
	if r.Codec == track.FLAC { // the number of samples is not known any more
		b := []byte(r.Specific)
		b[13] &= 0xF0
		copy(b[14:18], "\x00\x00\x00\x00")
		r.Specific = string(b)
	}
	return r
}

// noise is PCM of 16 bits.
func noise(t testing.TB, rate, channels int, samples int64) recording {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	f := wav.Format{Channels: channels, SampleRate: rate, Bits: 16, ValidBits: 16}
	b, err := wav.Header(f.Config(), samples)
	if err != nil {
		t.Fatal(err)
	}
	for range samples * int64(channels) {
		b = binary.LittleEndian.AppendUint16(b, uint16(rnd.Uint32()))
	}
	return readBytes(t, b)
}

func TestFile(t *testing.T) {
	for name, rec := range sources(t) {
		if testing.Short() && name != "aac stereo" && name != "wav" {
			continue // these show the race detector what all do
		}
		t.Run(name, func(t *testing.T) {
			want, bad := rec.linear(t)
			if len(bad) > 0 {
				t.Fatalf("units %v could not be decoded", bad)
			}
			testSpans(t, rec, want)
			testJobs(t, rec, want)
			s := NewStream(&packets{runs: []recording{rec}})
			if run, err := s.Next(); run != 0 || err != nil {
				t.Fatal(run, err)
			}
			equal(t, "stream", all(t, s), want)
			if _, err := s.Next(); err != io.EOF {
				t.Fatalf("after the last run: %v", err)
			}
		})
	}
}

// testSpans plays random spans of rec, which must be as in want.
func testSpans(t *testing.T, rec recording, want []float32) {
	t.Helper()
	f := rec.file(t)
	if f.Samples() != rec.Samples {
		t.Fatalf("%d samples, want %d", f.Samples(), rec.Samples)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	spans := 30
	if os.Getenv("SPACES_LONG") != "" {
		spans = 200
	}
	if rec.Codec == track.MP3 {
		spans /= 6 // the decoder is that much slower
	}
	for i := range spans {
		start := rnd.Int64N(f.Samples())
		s := Span{start, rnd.Int64N(min(f.Samples()-start, 30000) + 1)}
		if i%5 == 0 { // along the grid
			s.Start -= s.Start % (f.grid() * int64(rec.UnitSamples))
		}
		got, losses := play(t, f, 2, s)
		equal(t, fmt.Sprint(s), got, want[s.Start*int64(rec.Channels):(s.Start+s.Samples)*int64(rec.Channels)])
		if losses.Units != 0 {
			t.Fatalf("%v: losses %+v", s, losses)
		}
	}
}

// testJobs plays the whole of rec, and parts of it, with several numbers of
// jobs.
func testJobs(t *testing.T, rec recording, want []float32) {
	t.Helper()
	f := rec.file(t)
	whole := Span{0, f.Samples()}
	for _, jobs := range []int{0, 2, 5} {
		got, _ := play(t, f, jobs, whole)
		equal(t, fmt.Sprint(jobs, " jobs"), got, want)
	}
	channels := int64(rec.Channels)
	from := whole.Samples / 2
	got, _ := play(t, f, 2, Span{from, 5000}, Span{7, 0}, Span{3, 400})
	equal(t, "spans", got[:5000*channels], want[from*channels:][:5000*channels])
	equal(t, "second span", got[5000*channels:], want[3*channels:][:400*channels])
}

// Noise substitution is the same noise, whoever decodes and wherever a span
// begins.
func TestJobsDoNotMatterToNoise(t *testing.T) {
	rec := speech(t, 3*pieceUnits+77)
	want, _ := play(t, rec.file(t), 1, Span{0, rec.Samples})
	testJobs(t, rec, want)
}

func TestPlayLinearEqualsADecoderWithNoise(t *testing.T) {
	rec := read(t, encode(t, "a.aac", 48000, 2, 18, "-c:a", "aac", "-b:a", "64k", "-aac_pns", "1"))
	want, _ := rec.linear(t)
	f := rec.file(t)
	p, err := f.PlayLinear(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	equal(t, "linear", all(t, p), want)

	got, _ := play(t, f, 2, Span{0, f.Samples()})
	peak, rms := difference(t, got, want)
	if peak == 0 {
		t.Error("the encoder used no noise substitution, so the test shows nothing")
	}
	t.Logf("in pieces the noise differs by %.1f steps at most, %.3f rms", peak, rms)
}

// packets is a track.Reader of recordings in memory.
type packets struct {
	runs []recording
	next int
	t    track.Track
}

func (p *packets) Track() *track.Track { return &p.t }

func (p *packets) Next(q *track.Packet) error {
	for len(p.runs) > 0 && p.next == len(p.runs[0].units) {
		p.runs, p.next = p.runs[1:], 0
	}
	if len(p.runs) == 0 {
		return io.EOF
	}
	r := p.runs[0]
	samples := int(r.length(p.next))
	if r.UnitSamples > 0 {
		samples = int(min(int64(r.UnitSamples), r.Samples-int64(p.next)*int64(r.UnitSamples)))
	}
	run, err := p.t.AddUnit(r.Config, samples, len(r.units[p.next]))
	*q = track.Packet{Data: r.units[p.next], Run: run, Samples: samples}
	p.next++
	return err
}

func TestStreamGoesFromRunToRun(t *testing.T) {
	a, b := noise(t, 48000, 2, 5000), noise(t, 44100, 1, 3000)
	he := b
	he.Codec = track.HEAAC
	want, _ := b.linear(t)
	s := NewStream(&packets{runs: []recording{a, he, b}})
	if run, err := s.Next(); run != 0 || err != nil {
		t.Fatal(run, err)
	}
	if n, err := s.Read(make([]float32, 100)); n != 50 || err != nil { // and leave the rest
		t.Fatal(n, err)
	}
	if run, err := s.Next(); run != 1 || !errors.Is(err, ErrUnsupported) {
		t.Fatal(run, err)
	}
	if n, err := s.Read(make([]float32, 100)); n != 0 || err != io.EOF {
		t.Fatalf("of a run without decoder: %d, %v", n, err)
	}
	if run, err := s.Next(); run != 2 || err != nil || s.Format() != (Format{44100, 1}) {
		t.Fatal(run, err, s.Format())
	}
	equal(t, "third run", all(t, s), want)
}

func TestPlayErrors(t *testing.T) {
	rec := noise(t, 48000, 2, 200000)
	f := rec.file(t)
	ctx, cancel := context.WithCancel(context.Background())
	for _, s := range []Span{{-1, 5}, {0, -1}, {0, 200001}, {200001, 0}, {1 << 62, 1 << 62}} {
		if _, err := f.Play(ctx, 1, s); err == nil {
			t.Errorf("%v was taken", s)
		}
	}
	p, err := f.Play(ctx, 2, Span{0, 200000})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := p.Read(make([]float32, 7)); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	cancel()
	if n, err := p.Read(make([]float32, 7)); n != 0 || err != context.Canceled {
		t.Fatalf("after cancel: %d, %v", n, err)
	}
	p.Close()

	p, _ = f.Play(context.Background(), 2, Span{0, 200000})
	p.Read(make([]float32, 7))
	p.Close()
	if n, err := p.Read(make([]float32, 7)); n != 0 || err == nil {
		t.Fatalf("after Close: %d, %v", n, err)
	}

	// A file shorter than its index says.
	f.r = bytes.NewReader(make([]byte, 100000))
	p, _ = f.Play(context.Background(), 2, Span{0, 200000})
	defer p.Close()
	if _, err := ReadFull(p, make([]float32, 400000)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("of a cut file: %v", err)
	}
}

func TestUnsupported(t *testing.T) {
	aac := speech(t, 1)
	for name, change := range map[string]func(*track.Config){
		"HE-AAC":       func(c *track.Config) { c.Codec = track.HEAAC },
		"SBR":          func(c *track.Config) { c.Specific = "\x2b\x11\x88\x00" },
		"six channels": func(c *track.Config) { c.Specific, c.Channels = "\x11\xb0", 6 },
		"no channels":  func(c *track.Config) { c.Channels = 0 },
		"no config":    func(c *track.Config) { c.Specific = "" },
		"other rate":   func(c *track.Config) { c.SampleRate = 22050 },
		"MPEG-2.5": func(c *track.Config) {
			*c = track.Config{Codec: track.MP3, SampleRate: 8000, Channels: 1, UnitSamples: 576}
		},
		"Opus":    func(c *track.Config) { c.Codec = track.Opus },
		"odd PCM": func(c *track.Config) { c.Codec = track.PCM },
	} {
		t.Run(name, func(t *testing.T) {
			c := aac.Config
			change(&c)
			if _, err := NewDecoder(c); !errors.Is(err, ErrUnsupported) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

// Implicit SBR stands in the units only: the config is that of AAC-LC.
func TestImplicitSBRIsUnsupported(t *testing.T) {
	rec := speech(t, 600)
	// A fill element of one byte with EXT_SBR_DATA, and the end.
	sbr := []byte{6<<5 | 1<<1 | 13>>3, 13 << 5 & 0xFF, 7 << 5}
	for i := range rec.units {
		rec.units[i] = sbr
	}
	p, err := rec.file(t).Play(context.Background(), 2, Span{1000, 300000})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if n, err := p.Read(make([]float32, 100)); n != 0 || !errors.Is(err, ErrUnsupported) {
		t.Errorf("Player: %d, %v", n, err)
	}
	s := NewStream(&packets{runs: []recording{rec}})
	s.Next()
	if n, err := s.Read(make([]float32, 100)); n != 0 || !errors.Is(err, ErrUnsupported) {
		t.Errorf("Stream: %d, %v", n, err)
	}
}

func TestNewFileChecksTheIndex(t *testing.T) {
	rec := noise(t, 48000, 2, 5000)
	f := rec.file(t)
	wrong := *f.index
	wrong.SampleRate = 44100
	for name, x := range map[string]*track.Index{"rate": &wrong} {
		if _, err := NewFile(f.r, before, x, rec.Config); !errors.Is(err, track.ErrBadIndex) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := noise(t, 48000, 1, 5000)
	if _, err := NewFile(f.r, before, f.index, other.Config); !errors.Is(err, track.ErrBadIndex) {
		t.Errorf("another block size: %v", err)
	}
}

func TestPCMIsExact(t *testing.T) {
	for _, c := range []string{"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le"} {
		t.Run(c, func(t *testing.T) {
			file := encode(t, c+".wav", 48000, 2, 1, "-c:a", c)
			got, _ := read(t, file).linear(t)
			equal(t, c, got, heard(t, file))
		})
	}
}

func TestFLACIsExact(t *testing.T) {
	for _, format := range []string{"s16", "s32"} { // s32 is stored with 24 bits
		for channels := 1; channels <= 2; channels++ {
			file := encode(t, "a.flac", 48000, channels, 1.01, "-sample_fmt", format)
			got, bad := read(t, file).linear(t)
			if len(bad) > 0 {
				t.Errorf("frames %v could not be decoded", bad)
			}
			equal(t, format, got, heard(t, file))
		}
	}
}
