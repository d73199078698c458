package episode

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/transcript"
)

const testRate = 48000

// added makes a library of a recording that a function of time describes, with
// speaking turns if there are any.
func added(t *testing.T, length float64, at func(t float64) float64, turns ...space.Turn) *Request {
	t.Helper()
	samples := make([]float32, int(length*testRate))
	for i := range samples {
		samples[i] = float32(at(float64(i) / testRate))
	}
	lib, r := imported(t, pcm.Format{SampleRate: testRate, Channels: 1}, samples)
	if len(turns) > 0 {
		b, err := json.Marshal(space.Turns{Schema: space.Schema, Turns: turns})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(r.Dir, ".spaces", "turns.json"), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return &Request{Library: lib, Recording: r, Version: "test", Format: format.WAV, Dir: t.TempDir(), File: "a.wav", Jobs: 1}
}

// made makes an episode.
func made(t *testing.T, q *Request) *Result {
	t.Helper()
	res, err := Export(t.Context(), *q, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// samplesOf decodes a file.
func samplesOf(t *testing.T, name string) []float32 {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	rd, err := media.Open(f, info.Size(), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := pcm.NewStream(rd)
	if _, err := s.Next(); err != nil {
		t.Fatal(err)
	}
	var all []float32
	block := make([]float32, 1<<16)
	for {
		n, err := s.Read(block)
		all = append(all, block[:n]...)
		if err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// power is the level of a stretch in dB.
func power(samples []float32, from, to float64) float64 {
	sum := 0.0
	for _, v := range samples[int(from*testRate):int(to*testRate)] {
		sum += float64(v) * float64(v)
	}
	return 10 * math.Log10(sum/((to-from)*testRate)+1e-12)
}

// Two who speak in turn, one 18 dB below the other, come out near to each
// other.
func TestLevelsSpeakers(t *testing.T) {
	const turn, length = 4, 32
	var turns []space.Turn
	for at := 0.0; at < length; at += turn {
		name := "loud"
		if int(at)/turn%2 == 1 {
			name = "quiet"
		}
		turns = append(turns, space.Turn{Handle: name, Start: at, End: at + turn})
	}
	q := added(t, length, func(t float64) float64 {
		level := 0.1
		if int(t)/turn%2 == 1 {
			level *= math.Pow(10, -18.0/20)
		}
		return level * math.Sin(2*math.Pi*440*t) * (0.6 + 0.4*math.Sin(2*math.Pi*4*t))
	}, turns...)
	between := func(level bool) float64 {
		q.Level, q.Force = level, true
		res := made(t, q)
		s := samplesOf(t, res.Path)
		loud, quiet := 0.0, 0.0
		const pairs = 3
		for i := range pairs { // what lies between the turns left out
			at := float64(2*i+2) * turn
			loud += power(s, at+1, at+turn-1) / pairs
			quiet += power(s, at+turn+1, at+2*turn-1) / pairs
		}
		return loud - quiet
	}
	before, after := between(false), between(true)
	t.Logf("%.1f dB between the speakers, %.1f dB with --level", before, after)
	if before < 15 || after > 6 || after < -1 {
		t.Errorf("%.1f dB between the speakers become %.1f", before, after)
	}
}

// hummed is a recording with pauses in which something hums below the
// threshold of silence, so that a join in them makes a step.
func hummed(t float64) float64 {
	hum := 0.0004 * math.Cos(2*math.Pi*50.3*t)
	if int(t)%6 >= 2 {
		return hum
	}
	return hum + 0.2*math.Sin(2*math.Pi*300*t)
}

// Where a pause was cut there is no step that clicks, and the result is the
// same each time; an archive keeps every sample that it has.
func TestCutsAreSoft(t *testing.T) {
	q := added(t, 20, hummed)
	q.CutSilence, q.KeepLoudness = time.Second, true
	// step is the largest change at a join, and next to it.
	step := func(res *Result) (most float64) {
		s := samplesOf(t, res.Path)
		if len(res.Kept) != 4 || int64(len(s)) != res.Samples {
			t.Fatalf("%d samples, of %+v", len(s), res.Kept)
		}
		for _, k := range res.Kept[1:] {
			at := int(math.Round(k.At * testRate))
			for i := at - 2; i <= at+2; i++ {
				most = max(most, math.Abs(float64(s[i]-s[i-1])))
			}
		}
		return most
	}
	soft := made(t, q)
	const hums = 0.0004 * 2 * math.Pi * 50.3 / testRate // from sample to sample
	quantum := math.Pow(2, -15)
	if got := step(soft); got > hums+2*quantum {
		t.Errorf("a step of %g at a join", got)
	}
	sum := soft.SHA256
	q.File, q.Force = "b.wav", true
	if again := made(t, q); again.SHA256 != sum {
		t.Error("another time other bytes")
	}
	q.Preset, q.Format, q.File = Archive, format.FLAC, "c.flac"
	res := made(t, q)
	if got := step(res); got < 0.0002 { // so that the test above means something
		t.Errorf("a step of %g only at a join that is hard", got)
	}
	s := samplesOf(t, res.Path)
	all := samplesOf(t, q.Recording.Files[0].Name())
	for _, k := range res.Kept {
		from, at := int(math.Round(k.Start*testRate)), int(math.Round(k.At*testRate))
		for i := range int(k.Seconds*testRate) - 1 {
			if s[at+i] != all[from+i] {
				t.Fatalf("sample %d of an archive is changed", at+i)
			}
		}
	}
}

// Chapters and transcript follow what was trimmed and cut.
func TestTranscriptFollowsCuts(t *testing.T) {
	q := added(t, 20, hummed)
	q.CutSilence = time.Second
	q.Transcript.Cues = []transcript.Cue{{Start: 0.5, End: 1.5, Text: "one"}, {Start: 3.5, End: 4.5, Text: "cut out"}, {Start: 6.25, End: 7.5, Text: "two"}}
	q.Chapters = []chapters.Chapter{{Start: 0, Title: "A"}, {Start: 6.25, Title: "B"}}
	res := made(t, q)
	at, ok := res.Locate(6.25)
	if !ok || at > 4 {
		t.Fatalf("nothing was cut: %g, %v", at, ok)
	}
	if want := []string{"a.vtt", "a.srt", "a.transcript.json", "a.txt"}; !slices.Equal(res.Transcripts, want) {
		t.Fatalf("%q", res.Transcripts)
	}
	for _, name := range res.Transcripts[:3] {
		f, err := os.Open(filepath.Join(q.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		read, err := transcript.Parse(f, transcript.Options{})
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if cues := read.Cues; len(cues) != 2 || cues[0].Start != 0.5 || math.Abs(cues[1].Start-at) > 0.001 || math.Abs(cues[1].End-at-1.25) > 0.001 {
			t.Errorf("%s: %+v; the second is at %g", name, cues, at)
		}
	}
	if len(res.Chapters) != 2 || math.Abs(res.Chapters[1].Start-at) > 0.001 {
		t.Errorf("%+v", res.Chapters)
	}
	// The transcript of the episode is not that of the recording.
	q.Transcript.File, q.Transcript.Cues = filepath.Join(q.Dir, "a.vtt"), q.Transcript.Cues[:1]
	q.Force = true
	var p *Problem
	if _, err := Export(t.Context(), *q, nil); !errors.As(err, &p) || p.Kind != BadRequest {
		t.Errorf("%v", err)
	}
}

// A copy that differs in a bit is found out.
func TestCopiesAreVerified(t *testing.T) {
	q := added(t, 4, hummed)
	q.Preset = Untouched
	res := made(t, q)
	if res.ReEncoded || res.Type != "audio/wav" {
		t.Fatalf("%+v", res.Record)
	}
	units := newUnitSum()
	if err := clip.Copy(context.Background(), io.Discard, q.Recording, recording.Span{Samples: q.Recording.Samples}, format.WAV, encode.Options{}, nil, units); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(res.Path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := verifyUnits(f, units); err != nil {
		t.Errorf("the copy: %v", err)
	}
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, res.Bytes/2); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if _, err := f.WriteAt(b, res.Bytes/2); err != nil {
		t.Fatal(err)
	}
	if err := verifyUnits(f, units); !errors.Is(err, errChanged) {
		t.Errorf("a changed copy: %v", err)
	}
}
