package clip

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/recording"
)

// tool skips a test that needs a program of the system.
func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// run runs a program and returns what it prints.
func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(tool(t, name), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return out
}

// A testSound is a kind of recording that clips are cut from.
type testSound struct {
	name string
	file string // its name says the container
	rate int
	args []string // of ffmpeg or lame
	lame bool
}

// sources are without noise substitution, so that decoders agree to the bit.
var sources = []testSound{
	{"adts-48-stereo", "a.aac", 48000, []string{"-ac", "2", "-c:a", "aac", "-b:a", "96k", "-aac_pns", "0"}, false},
	{"adts-44-mono", "b.aac", 44100, []string{"-ac", "1", "-c:a", "aac", "-b:a", "48k", "-aac_pns", "0"}, false},
	{"m4a-44-stereo", "c.m4a", 44100, []string{"-ac", "2", "-c:a", "aac", "-b:a", "128k", "-aac_pns", "0"}, false},
	{"ts-48-stereo", "d.ts", 48000, []string{"-ac", "2", "-c:a", "aac", "-b:a", "96k", "-aac_pns", "0", "-f", "mpegts"}, false},
	{"mp3-cbr-44-stereo", "e.mp3", 44100, []string{"--cbr", "-b", "128", "-m", "j"}, true},
	{"mp3-cbr-48-mono", "f.mp3", 48000, []string{"--cbr", "-b", "48", "-m", "m"}, true},
	{"mp3-vbr-44-mono", "g.mp3", 44100, []string{"-V", "6", "-m", "m"}, true},
	{"mp3-vbr-48-stereo", "h.mp3", 48000, []string{"-V", "2", "-m", "j"}, true},
	{"mp3-abr-32-stereo", "i.mp3", 32000, []string{"--abr", "64", "-m", "s"}, true},
	{"mp3-cbr-22-stereo", "j.mp3", 22050, []string{"--cbr", "-b", "64", "-m", "j"}, true},
	{"mp3-vbr-24-mono", "k.mp3", 24000, []string{"-V", "5", "-m", "m"}, true},
	{"mp3-cbr-16-mono", "l.mp3", 16000, []string{"--cbr", "-b", "16", "-m", "m"}, true},
	{"mp3-no-tag", "m.mp3", 44100, []string{"--cbr", "-b", "96", "-m", "j", "-t"}, true},
	{"mp3-crc", "n.mp3", 44100, []string{"--cbr", "-b", "112", "-m", "j", "-p"}, true},
	{"wav-16", "o.wav", 48000, []string{"-ac", "2", "-c:a", "pcm_s16le"}, false},
	{"wav-24", "p.wav", 44100, []string{"-ac", "1", "-c:a", "pcm_s24le"}, false},
	{"flac-16", "q.flac", 44100, []string{"-ac", "2", "-c:a", "flac", "-sample_fmt", "s16"}, false},
	{"flac-24", "r.flac", 48000, []string{"-ac", "1", "-c:a", "flac", "-sample_fmt", "s32", "-bits_per_raw_sample", "24"}, false},
}

// sourceSeconds is how long the sources are.
const sourceSeconds = 8

// A sound is what sources of one sample rate are encoded from, in one codec.
type sound struct {
	rate  int
	codec string
}

// sounds has the WAV file of each sound that a test has needed so far: ffmpeg
// takes longer to compute one than anything takes to encode it.
var sounds sync.Map // of sound to func() ([]byte, error)

// write writes the sound to a WAV file. It changes all the time, so that no
// place looks like another: a sweep, a beat and noise that comes and goes.
func (s sound) write(t testing.TB, file string) {
	t.Helper()
	made, _ := sounds.LoadOrStore(s, sync.OnceValues(func() ([]byte, error) {
		expr := fmt.Sprintf("aevalsrc=exprs='0.3*sin(2*PI*(200*t+60*t*t))+0.2*sin(2*PI*(3000-90*t)*t)*(0.5+0.5*sin(9*t))+0.1*(random(0)-0.5)*lt(mod(t,0.7),0.2)"+
			"|0.3*sin(2*PI*(500*t+20*t*t))+0.15*(random(1)-0.5)*lt(mod(t,0.9),0.3)':s=%d:d=%d", s.rate, sourceSeconds)
		cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", expr, "-c:a", s.codec, "-y", file)
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%w\n%s", err, out)
		}
		return os.ReadFile(file)
	}))
	b, err := made.(func() ([]byte, error))()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// make writes the recording.
func (s testSound) make(t testing.TB, dir string) string {
	t.Helper()
	tool(t, "ffmpeg")
	file := filepath.Join(dir, s.file)
	wav := file + ".wav"
	if !s.lame {
		sound{s.rate, "pcm_f64le"}.write(t, wav)
		args := append([]string{"-v", "error", "-i", wav}, s.args...)
		run(t, "ffmpeg", append(args, "-y", file)...)
	} else {
		sound{s.rate, "pcm_s16le"}.write(t, wav)
		args := append([]string{"--quiet", "--resample", strconv.FormatFloat(float64(s.rate)/1000, 'g', -1, 64)}, s.args...)
		run(t, "lame", append(args, wav, file)...)
	}
	os.Remove(wav)
	return file
}

// decode returns what ffmpeg makes of a file, as 32-bit floats.
func decode(t testing.TB, file string) []float32 {
	t.Helper()
	return floats(run(t, "ffmpeg", "-v", "error", "-i", file, "-f", "f32le", "-c:a", "pcm_f32le", "pipe:1"))
}

func floats(b []byte) []float32 {
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}

// importFile makes a library of files and returns it, with the ids by name.
func importFile(t testing.TB, files ...string) (*library.Library, string) {
	t.Helper()
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "lib")
	w, err := library.OpenWrite(ctx, library.Options{Dir: dir, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	id := ""
	_, err = intake.Import(ctx, w, files, intake.Options{}, func(e intake.Event) {
		if e.Recording != nil {
			id = e.Recording.ID
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := library.Open(ctx, library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if id == "" {
		for row, err := range l.Catalog().List(ctx, catalog.Query{}) {
			t.Log(row, err)
		}
		t.Fatal("nothing was imported")
	}
	return l, id
}

func open(t testing.TB, l *library.Library, id string) *recording.Recording {
	t.Helper()
	r, err := recording.Open(l, id, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// cut makes a clip and returns its path.
func cut(t testing.TB, q Request) (Result, string) {
	t.Helper()
	if q.Format == "" {
		q.Format = Native(q.Recording, q.Span)
	}
	q.File = filepath.Join(t.TempDir(), "clip."+string(q.Format))
	res, err := Cut(context.Background(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q.Span, err)
	}
	return res, q.File
}

// spans returns random spans of a recording, those at its ends among them.
// They are not shorter than least: of files with a frame or two, ffmpeg cannot
// tell what they are.
func spans(rnd *rand.Rand, total, least int64, n int) []recording.Span {
	list := []recording.Span{span(0, least), span(total-least, least), span(1023, least), span(1024, 8192), span(0, total)}
	for len(list) < n {
		start := rnd.Int64N(total - least)
		list = append(list, span(start, least+rnd.Int64N(min(total-start-least+1, 60000))))
	}
	return list[:n]
}

// span is short for a recording.Span.
func span(start, samples int64) recording.Span {
	return recording.Span{Start: start, Samples: samples}
}

// worst returns the largest difference between two stretches of samples.
func worst(a, b []float32) float64 {
	w := 0.0
	for i := range a {
		w = max(w, math.Abs(float64(a[i]-b[i])))
	}
	return w
}

// A clip that is not encoded again plays in ffmpeg as the whole source does at
// that place, from the first sample to the last.
func TestLosslessEqualsSource(t *testing.T) {
	tool(t, "ffmpeg")
	tool(t, "lame")
	var mu sync.Mutex
	total := 0
	for i, src := range sources {
		t.Run(src.name, func(t *testing.T) {
			n := 2 // at the ends
			switch {
			case os.Getenv("SPACES_LONG") != "":
				n = 12 // more than 200 in all
			case testing.Short():
				n = 1
			case i%4 == 0:
				n = 4
			}
			file := src.make(t, t.TempDir())
			want := decode(t, file)
			l, id := importFile(t, file)
			r := open(t, l, id)
			channels := int64(r.Files[0].Config.Channels)
			if have := int64(len(want)) / channels; have < r.Samples || have > r.Samples+2*int64(r.Files[0].Config.UnitSamples) {
				t.Fatalf("ffmpeg decodes %d samples, the library says %d", have, r.Samples)
			}
			rnd := rand.New(rand.NewPCG(7, uint64(len(src.name))))
			for _, s := range spans(rnd, r.Samples, 2500, n) {
				res, clip := cut(t, Request{Recording: r, Span: s})
				if !res.Lossless || res.Samples != s.Samples || res.Start != s.Start {
					t.Fatalf("%+v became %+v", s, res)
				}
				got := decode(t, clip)
				// ffmpeg may play up to a unit more than the edit list says.
				if have := int64(len(got)) / channels; have < s.Samples || have >= s.Samples+int64(r.Files[0].Config.UnitSamples) {
					t.Errorf("%+v: %d samples come out", s, have)
					continue
				}
				limit := 1e-6
				if src.name[:3] == "wav" || src.name[:4] == "flac" {
					limit = 0 // integers, to the bit
				}
				if w := worst(got[:s.Samples*channels], want[s.Start*channels:]); w > limit {
					t.Errorf("%+v: differs by up to %g", s, w)
				}
				mu.Lock()
				total++
				mu.Unlock()
			}
		})
	}
	t.Logf("%d clips compared", total)
}

// loudnessOf returns the integrated loudness of a file as ffmpeg measures it.
func loudnessOf(t testing.TB, file string) float64 {
	t.Helper()
	cmd := exec.Command(tool(t, "ffmpeg"), "-nostats", "-i", file, "-af", "ebur128", "-f", "null", "-")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(out), "Integrated loudness:")
	fields := strings.Fields(rest)
	if len(fields) < 2 {
		t.Fatalf("no loudness in %s", out)
	}
	v, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
