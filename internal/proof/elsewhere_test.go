package proof

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/clip/audiogram"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

// elsewhere cuts a clip into a file outside of the library.
func elsewhere(t *testing.T, r *recording.Recording, name string, q clip.Request) string {
	t.Helper()
	q.Recording, q.File = r, filepath.Join(t.TempDir(), name)
	if q.Span.Samples == 0 {
		q.Span = recording.Span{Start: 30001, Samples: 100000}
	}
	q.Format, _ = format.Of(name, format.All())
	if _, err := clip.Cut(t.Context(), q); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return q.File
}

// What the program has written elsewhere it knows by the note that the library
// keeps, and without that by the tags; and no change to it is called proven.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	l := take(t, preset(t, "one"))
	r, err := recording.Open(l, firstID, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := &Prover{Library: l, Version: "test"}
	level := -16.0
	style, err := audiogram.New(audiogram.Config{Shape: audiogram.Square})
	if err != nil {
		t.Fatal(err)
	}
	film := style.Renderer(nil, nil)
	omit := recording.Omission{Spans: []recording.Span{{Start: 60000, Samples: 9600}}}
	files := map[string]clip.Request{
		"plain.m4a": {}, "plain.aac": {}, "plain.mp3": {Title: "Other"}, "plain.flac": {}, "plain.opus": {}, "plain.wav": {},
		"strict.m4a": {Strict: true}, "loud.m4a": {Effects: clip.Effects{Normalize: &level}}, "mono.mp3": {Effects: clip.Effects{Mono: true}},
		"faded.m4a": {Effects: clip.Effects{Fade: 300 * time.Millisecond}}, "faded.opus": {Effects: clip.Effects{Fade: 300 * time.Millisecond}},
		"faded.flac": {Effects: clip.Effects{Fade: time.Second / 2}}, "faded.wav": {Effects: clip.Effects{Fade: time.Second / 3}},
		"cut.mp3": {Omit: omit}, "silent.flac": {Omit: recording.Omission{Spans: omit.Spans, Mute: true}},
		"film.mp4": {Renderer: film}, "faded.mp4": {Renderer: film, Effects: clip.Effects{Fade: time.Second}},
	}
	made := map[string]string{}
	for name, q := range files {
		if testing.Short() && !strings.Contains(name, "faded") {
			continue
		}
		made[name] = elsewhere(t, r, name, q)
		proof, err := p.File(t.Context(), made[name])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sound(t, name, proof, "file")
		if proof.Verdict() != Proven || proof.Start/1024 != 30001/1024 {
			t.Errorf("%s: %s: %+v", name, proof.Verdict(), proof.Checks)
		}
	}
	// Without the note the tags remain, where the format has any.
	if err := os.Remove(l.Path(layout.MadeLedger)); err != nil {
		t.Fatal(err)
	}
	for name, file := range made {
		proof, err := p.File(t.Context(), file)
		if ext := filepath.Ext(name); ext == ".aac" || ext == ".wav" {
			if err != ErrUnknown {
				t.Errorf("%s, which has no tags: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sound(t, name+" by its tags", proof)
		want := Proven
		if len(files[name].Omit.Spans) > 0 {
			want = Unverified // the tags do not say what was left out
		}
		if got := proof.Verdict(); got != want {
			t.Errorf("%s by its tags: %s: %+v", name, got, proof.Checks)
		}
		tamper(t, p, name, file)
	}
}

// tamper changes bytes of the sound, one place after the other.
func tamper(t *testing.T, p *Prover, name, file string) {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), name)
	places := []int{len(b) / 2, len(b) * 5 / 8, len(b) * 3 / 4}
	if !isOgg(file) { // in a video they lie between pictures
		var units []int
		if _, err := scan(t.Context(), file, track.Options{}, func(u *track.Packet) error {
			units = append(units, int(u.Offset)+len(u.Data)/3)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		places = []int{units[len(units)/2], units[len(units)*5/8], units[len(units)*3/4]}
	}
	if os.Getenv("SPACES_LONG") == "" {
		places = places[:1]
	}
	for _, at := range places {
		changed := slices.Clone(b)
		for i := range 16 {
			changed[at+i] ^= 0x55
		}
		if err := os.WriteFile(other, changed, 0o666); err != nil {
			t.Fatal(err)
		}
		proof, err := p.File(t.Context(), other)
		if err == nil && proof.Verdict() == Proven {
			t.Errorf("%s, changed at %d of %d: %+v", name, at, len(b), proof.Checks)
		}
	}
}

// What says in its tags that it is another stretch, was made of another original
// or in another way than it was, is refuted; and so is what has the tags of
// another clip, or more sound than its own.
func TestFalseTags(t *testing.T) {
	t.Parallel()
	l := take(t, preset(t, "one"))
	r, err := recording.Open(l, firstID, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := l.Load(firstID)
	if err != nil {
		t.Fatal(err)
	}
	p := &Prover{Library: l, Version: "test"}
	fade := clip.Effects{Fade: 300 * time.Millisecond}
	span := recording.Span{Start: 130001, Samples: 130000}
	for i, c := range []struct {
		name     string
		effects  clip.Effects
		from, to string
	}{
		{"shifted by one", clip.Effects{}, "130001-260001@48000", "130002-260002@48000"},
		{"of another clip", clip.Effects{}, "130001-260001@48000", "260001-390001@48000"},
		{"longer than it says", clip.Effects{}, "130001-260001@48000", "130001-190001@48000"},
		{"of another clip", fade, "130001-260001@48000", "260001-390001@48000"},
		{"longer than it says", fade, "130001-260001@48000", "130001-190001@48000"},
		{"another rate", fade, "130001-260001@48000", "130001-260001@44100"},
		{"another original", clip.Effects{}, s.Pieces[0].SHA256, strings.Repeat("0", 64)},
		{"another original", fade, s.Pieces[0].SHA256, strings.Repeat("0", 64)},
		{"another fade", fade, `"fade":0.3`, `"fade":1.3`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for j, ext := range []string{".m4a", ".mp3", ".flac", ".opus"} {
				if j > 0 && j != 1+i%3 && os.Getenv("SPACES_LONG") == "" {
					continue // each claim in two formats, each format with a claim
				}
				if ext != ".m4a" && (testing.Short() || c.effects == (clip.Effects{}) || c.name == "another rate") {
					continue
				}
				file := elsewhere(t, r, "a"+ext, clip.Request{Span: span, Effects: c.effects})
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				changed := bytes.ReplaceAll(b, []byte(c.from), []byte(c.to))
				if ext == ".opus" {
					changed = pages(changed)
				}
				if bytes.Equal(b, changed) {
					t.Fatalf("%s has no %q", ext, c.from)
				}
				if err := os.WriteFile(file, changed, 0o666); err != nil {
					t.Fatal(err)
				}
				proof, err := p.File(t.Context(), file)
				if err != nil {
					t.Fatal(err)
				}
				if got := proof.Verdict(); got == Proven || got != Refuted && ext != ".opus" && c.name != "another fade" {
					t.Errorf("%s%s, %s: %s: %+v", c.name, ext, c.effects.Fade, got, proof.Checks)
				}
			}
		})
	}
}

// An .mp3 says in its first frame which samples of the others are heard: one that
// says something else is not proven, though all frames are those of the recording.
func TestMovedDelay(t *testing.T) {
	t.Parallel()
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg to make an MP3 with")
	}
	source := filepath.Join(t.TempDir(), "a.mp3")
	if out, err := exec.Command(ffmpeg, "-v", "error", "-f", "lavfi", "-i", "sine=f=440:r=44100:d=5", source).CombinedOutput(); err != nil {
		t.Skipf("ffmpeg cannot make MP3: %s", out)
	}
	l := take(t, source)
	r, err := recording.Open(l, only(t, l), "test")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := &Prover{Library: l, Version: "test"}
	file := elsewhere(t, r, "b.mp3", clip.Request{Span: recording.Span{Start: 30001, Samples: 70000}})
	if err := os.Remove(l.Path(layout.MadeLedger)); err != nil {
		t.Fatal(err)
	}
	proof, err := p.File(t.Context(), file)
	if err != nil || proof.Verdict() != Proven {
		t.Fatalf("%v: %+v", err, proof)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// Twelve bits each: samples to leave out at the start, and at the end.
	at := max(bytes.Index(b, []byte("Info")), bytes.Index(b, []byte("Xing"))) + 8 + 4 + 4 + 100 + 4 + 21
	both := uint32(b[at])<<16 | uint32(b[at+1])<<8 | uint32(b[at+2])
	both += 1<<12 - 1 // one more at the start, one less at the end
	b[at], b[at+1], b[at+2] = byte(both>>16), byte(both>>8), byte(both)
	if err := os.WriteFile(file, b, 0o666); err != nil {
		t.Fatal(err)
	}
	if proof, err = p.File(t.Context(), file); err != nil || proof.Verdict() == Proven {
		t.Errorf("moved by one sample: %v: %+v", err, proof.Checks)
	}
}

// pages gives the pages of an Ogg file the checksums of what is in them.
func pages(b []byte) []byte {
	out := slices.Clone(b)
	for at := 0; at+27 <= len(out); {
		size := 27 + int(out[at+26])
		for _, n := range out[at+27 : at+size] {
			size += int(n)
		}
		page := out[at : at+size]
		clear(page[22:26])
		binary.LittleEndian.PutUint32(page[22:], oggSum(page))
		at += size
	}
	return out
}

// oggSum is the checksum of RFC 3533 §6: the polynomial 0x04c11db7, unreflected.
func oggSum(page []byte) (sum uint32) {
	for _, b := range page {
		sum ^= uint32(b) << 24
		for range 8 {
			sum = sum<<1 ^ 0x04c11db7&-(sum>>31)
		}
	}
	return sum
}
