package episode

import (
	"bytes"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// bumper is a file that ffmpeg makes of one of its sources.
func bumper(t testing.TB, name, source string, args ...string) *Bumper {
	t.Helper()
	tool(t, "ffmpeg")
	file := filepath.Join(t.TempDir(), name)
	args = append(append([]string{"-v", "error", "-f", "lavfi", "-i", source}, args...), file)
	run(t, "ffmpeg", args...)
	b, err := OpenBumper(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// partLoudness is what ffmpeg measures of a part of a file, in LUFS.
func partLoudness(t testing.TB, file string, from, to float64) float64 {
	t.Helper()
	filter := "atrim=start=" + strconv.FormatFloat(from, 'f', 6, 64) + ":end=" + strconv.FormatFloat(to, 'f', 6, 64) + ",ebur128=framelog=verbose"
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostats", "-hide_banner", "-i", file, "-af", filter, "-f", "null", "-")
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	found := regexp.MustCompile(`I:\s+(-?[0-9.]+|-inf) LUFS`).FindAllStringSubmatch(log.String(), -1)
	if len(found) == 0 {
		t.Fatalf("no loudness in:\n%s", &log)
	}
	v, err := strconv.ParseFloat(found[len(found)-1][1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// lag is by how many samples a sound lies later in another than it should.
func lag(got, want []float32, at int) int {
	const most, n = 40, 48000
	best, shift := math.Inf(-1), 0
	for d := -most; d <= most; d++ {
		sum := 0.0
		for i := 0; i < n; i++ {
			sum += float64(float64(got[at+d+i]) * float64(want[i]))
		}
		if sum > best {
			best, shift = sum, d
		}
	}
	return shift
}

// In every format the recording lies where the record says, to the sample, between
// an intro and an outro of other rates and channels that are as loud as it is.
func TestIntroAndOutro(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 1}
	samples := voice(f, 14, 9, steady(0.3))
	l, r := imported(t, f, samples)
	intro := bumper(t, "in.mp3", "anoisesrc=c=pink:a=0.9:d=5:r=44100:seed=3", "-ac", "2", "-b:a", "128k")
	outro := bumper(t, "out.m4a", "anoisesrc=c=brown:a=0.9:d=3.5:r=32000:seed=4", "-c:a", "aac", "-b:a", "96k")
	kinds := formats
	if testing.Short() {
		kinds = formats[:1]
	}
	for _, kind := range kinds {
		dir := t.TempDir()
		res := exported(t, l, r, dir, Request{
			Format: kind, NoCover: true, Intro: intro, Outro: outro, Fade: time.Second, IntroChapter: "Intro",
			Chapters: []chapters.Chapter{{Start: 0, Title: "One"}, {Start: 7, Title: "Two"}}, ChapterSource: "file",
			Transcript: Transcript{Cues: []transcript.Cue{{Start: 6, End: 7.5, Text: "hello"}}},
		})
		at, in := res.Locate(6)
		if want := res.Intro.Seconds - 1 + 6; !in || math.Abs(at-want) > 1e-5 || math.Abs(res.Intro.Seconds-5) > 0.06 {
			t.Errorf("%s: 6 s of the recording are at %g s (%v), want %g", kind, at, in, want)
		}
		got := decoded(t, res.Path)
		if n := int64(len(got)); n < res.Samples || kind != format.MP3 && kind != format.M4A && n != res.Samples {
			t.Errorf("%s: ffmpeg plays %d samples, the record says %d", kind, n, res.Samples)
		}
		if d := lag(got, samples[6*48000:], int(math.Round(at*48000))); d < -1 || d > 1 {
			t.Errorf("%s: the recording lies %d samples late", kind, d)
		}
		fade, end := res.Outro.Start, res.Outro.Start+res.Outro.Seconds
		if math.Abs(end-res.Duration) > 1e-4 {
			t.Errorf("%s: the outro ends at %g s of %g", kind, end, res.Duration)
		}
		for what, part := range map[string][2]float64{"intro": {0, res.Intro.Seconds - 1}, "recording": {res.Intro.Seconds, fade}, "outro": {fade + 1, end}} {
			if is := partLoudness(t, res.Path, part[0], part[1]); math.Abs(is-*res.Settings.Loudness) > 1 {
				t.Errorf("%s: the %s has %.1f LUFS, want %g", kind, what, is, *res.Settings.Loudness)
			}
		}
		if *res.After.TruePeak > TruePeak+slack {
			t.Errorf("%s: true peak %g dBTP", kind, *res.After.TruePeak)
		}
		if c := res.Record.Chapters; len(c) != 3 || c[0] != (Chapter{0, "Intro"}) || math.Abs(c[1].Start-4) > 0.06 || math.Abs(c[2].Start-c[1].Start-7) > 1e-3 {
			t.Errorf("%s: chapters %+v", kind, c)
		}
		if b, err := os.ReadFile(filepath.Join(dir, res.Transcripts[0])); err != nil || !strings.Contains(string(b), "00:00:10.0") {
			t.Errorf("%s: %v, transcript:\n%s", kind, err, b)
		}
	}
}

// Where noise fades into other noise, it is nowhere more than 1.5 dB quieter or
// louder than before and after.
func TestFadeKeepsTheLevel(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	tool(t, "ffmpeg")
	name := filepath.Join(t.TempDir(), "body.wav")
	run(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anoisesrc=c=white:a=0.2:d=8:r=48000:seed=1", "-ac", "2", name)
	l, r := taken(t, name)
	intro := bumper(t, "in.wav", "anoisesrc=c=white:a=0.05:d=4:r=48000:seed=2", "-ac", "2")
	for _, fade := range []time.Duration{0, time.Second, 3 * time.Second} {
		res := exported(t, l, r, t.TempDir(), Request{Format: format.WAV, NoCover: true, Intro: intro, Fade: fade})
		if want := min(fade.Seconds(), 2); res.Intro.Fade != want { // half of the intro at most
			t.Errorf("a fade of %v lasts %g s", fade, res.Intro.Fade)
		}
		got := decodedAs(t, res.Path, f)
		reference, _ := blockPower(got, f, 0.2, 1.8), 0
		for at := 0.2; at < 9; at += 0.05 {
			if d := 10 * math.Log10(blockPower(got, f, at, at+0.1)/reference); math.Abs(d) > 1.5 {
				t.Errorf("fade %v: %+.1f dB at %.2f s", fade, d, at)
			}
		}
	}
}

// decodedAs is what ffmpeg plays of a file.
func decodedAs(t testing.TB, name string, f pcm.Format) []float32 {
	t.Helper()
	b := run(t, "ffmpeg", "-v", "error", "-i", name, "-ac", strconv.Itoa(f.Channels), "-ar", strconv.Itoa(f.SampleRate), "-f", "s16le", "-")
	out := make([]float32, len(b)/2)
	for i := range out {
		out[i] = float32(int16(uint16(b[2*i])|uint16(b[2*i+1])<<8)) / (1 << 15)
	}
	return out
}

func blockPower(samples []float32, f pcm.Format, from, to float64) float64 {
	a, b := int(from*float64(f.SampleRate))*f.Channels, int(to*float64(f.SampleRate))*f.Channels
	sum := 0.0
	for _, v := range samples[a:b] {
		sum += float64(float64(v) * float64(v))
	}
	return sum / float64(b-a)
}

// What an intro can be: longer than the recording, silent, and the same as the
// outro; a level that is kept is that of the recording.
func TestOddBumpers(t *testing.T) {
	f := pcm.Format{SampleRate: 44100, Channels: 2}
	l, r := imported(t, f, voice(f, 3, 5, steady(0.2)))
	long := bumper(t, "long.flac", "anoisesrc=c=pink:a=0.3:d=9:r=8000:seed=7")
	res := exported(t, l, r, t.TempDir(), Request{Format: format.FLAC, NoCover: true, Intro: long, Outro: long, Fade: 4 * time.Second})
	if res.Intro.Fade != 1.5 || res.Outro.Fade != 1.5 || math.Abs(res.Duration-(9+9+3-3)) > 0.001 || res.Kept[0].At != 7.5 {
		t.Errorf("%+v, %+v, %g s, kept %+v", res.Intro, res.Outro, res.Duration, res.Kept)
	}
	if is := partLoudness(t, res.Path, 0, 7.5); math.Abs(is+16) > 1 {
		t.Errorf("the intro has %.1f LUFS", is)
	}
	silent := bumper(t, "silent.wav", "anullsrc=r=44100:cl=stereo:d=2", "-t", "2")
	res = exported(t, l, r, t.TempDir(), Request{Format: format.WAV, NoCover: true, Intro: silent, Fade: time.Second})
	if is := partLoudness(t, res.Path, 2, 4); res.Intro.Gain != 0 || !noted(res, "the intro has less than") || math.Abs(is+16) > 0.5 {
		t.Errorf("%+v, %v; the recording has %.1f LUFS", res.Intro, res.Notes, is)
	}
	res = exported(t, l, r, t.TempDir(), Request{Format: format.WAV, NoCover: true, Intro: long, Fade: 0, KeepLoudness: true})
	if a, b := partLoudness(t, res.Path, 0, 9), *res.Before.Integrated; math.Abs(a-b) > 1 {
		t.Errorf("with levels as they are the intro has %.1f LUFS, and the recording %.1f", a, b)
	}
	// The recording is as it was, sample by sample.
	got, want := decodedAs(t, res.Path, f), decodedAs(t, r.Files[0].Name(), f)
	for i, v := range want {
		if d := got[9*44100*2+i] - v; math.Abs(float64(d)) > 2.0/(1<<15) {
			t.Fatalf("sample %d of the recording differs by %g", i, d)
		}
	}
}

// What cannot be used is refused before anything is made, and never with the preset
// or the encoding that leaves the sound as it is.
func TestRefusedBumpers(t *testing.T) {
	tool(t, "ffmpeg")
	f := pcm.Format{SampleRate: 48000, Channels: 1}
	l, r := imported(t, f, voice(f, 3, 5, steady(0.2)))
	dir := t.TempDir()
	good := bumper(t, "good.m4a", "anoisesrc=c=pink:a=0.3:d=4:r=48000:seed=7", "-c:a", "aac")
	b, err := os.ReadFile(good.Path)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad.m4a")
	for i := len(b) / 3; i < len(b)/3+400; i++ {
		b[i] ^= 0xa5
	}
	if err := os.WriteFile(bad, b, 0o600); err != nil {
		t.Fatal(err)
	}
	var p *Problem
	if _, err := OpenBumper(t.Context(), bad); !errors.As(err, &p) || p.Cause != BadBumper || !strings.Contains(err.Error(), "cannot be decoded") {
		t.Errorf("damaged: %v", err)
	}
	text := filepath.Join(dir, "text.wav")
	if err := os.WriteFile(text, []byte("not a sound at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{text, dir, filepath.Join(dir, "missing.wav")} {
		if b, err := OpenBumper(t.Context(), name); err == nil {
			b.Close()
			t.Errorf("%s was opened", name)
		}
	}
	for _, q := range []Request{{Preset: Untouched}, {Preset: Archive}, {Encode: EncodeNever, Format: format.FLAC}} {
		q.Library, q.Recording, q.Dir, q.Jobs, q.Intro = l, r, t.TempDir(), 1, good
		if _, err := Export(t.Context(), q, nil); !errors.As(err, &p) || p.Cause != Joins {
			t.Errorf("preset %q, encoding %q: %v", q.Preset, q.Encode, err)
		}
		if left := filesOf(t, q.Dir); len(left) > 0 {
			t.Errorf("preset %q: left %v", q.Preset, left)
		}
	}
}
