package proof

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
)

const firstID = "1ypKdEXvkMLGW" // the Space that presets change

// preset writes one of the fixture's archives or recordings.
func preset(t *testing.T, name string) string {
	t.Helper()
	for _, p := range fixture.Presets() {
		if p.Name == name {
			file := filepath.Join(t.TempDir(), "a.zip")
			if strings.HasPrefix(name, "loose-") {
				file = filepath.Join(t.TempDir(), "space-"+firstID+"_0.ts")
			}
			if err := p.Write(file); err != nil {
				t.Fatal(err)
			}
			return file
		}
	}
	t.Fatalf("no preset %s", name)
	return ""
}

// take imports files into a new library and opens it.
func take(t *testing.T, files ...string) *library.Library {
	t.Helper()
	o := library.Options{Dir: t.TempDir(), Version: "test", LockWait: time.Second}
	for _, file := range files {
		w, err := library.OpenWrite(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = intake.Import(t.Context(), w, []string{file}, intake.Options{}, func(intake.Event) {})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	l, err := library.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// only returns the id of the first Space of a library.
func only(t *testing.T, l *library.Library) string {
	t.Helper()
	found, err := l.Catalog().Find(t.Context(), "latest")
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return found[0].ID
}

// results lists what became of the checks: "units holds".
func results(p *Proof) (list []string) {
	for _, c := range p.Checks {
		list = append(list, c.What+" "+string(c.Result))
	}
	return list
}

// sound fails the test if a check fails, or one of those wanted was not made.
func sound(t *testing.T, what string, p *Proof, want ...string) {
	t.Helper()
	for _, c := range p.Checks {
		if c.Result == Fails {
			t.Errorf("%s: %s of %s fails: %s", what, c.What, c.Of, c.Detail)
		}
	}
	for _, w := range want {
		if !slices.Contains(results(p), w+" holds") {
			t.Errorf("%s: no %q that holds: %q", what, w, results(p))
		}
	}
}

// cut makes clips of a recording: of all of it, of its middle, and in long tests
// of its beginning and its end.
func cut(t *testing.T, l *library.Library, id string, formats ...format.Format) (files []string) {
	t.Helper()
	r, err := recording.Open(l, id, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	spans := []recording.Span{{Samples: r.Samples}, {Start: r.Samples/2 - 77, Samples: r.Samples / 4}}
	if os.Getenv("SPACES_LONG") != "" {
		spans = append(spans, recording.Span{Samples: 50001}, recording.Span{Start: r.Samples - 4321, Samples: 4321})
	}
	for _, s := range spans {
		for _, f := range formats {
			res, err := clip.Cut(t.Context(), clip.Request{Recording: r, Span: s, Format: f, Name: fmt.Sprintf("%d-%d", s.Start, s.Samples)})
			if err != nil {
				t.Fatalf("%v as %s: %v", s, f, err)
			}
			files = append(files, res.File)
		}
	}
	return files
}

// What was made of archives in every shape is proved, and nothing of it fails.
func TestEveryShape(t *testing.T) {
	t.Parallel()
	names := []string{"one", "two-pieces", "gap-inside", "junk"}
	if os.Getenv("SPACES_LONG") != "" {
		names = append(names, "no-tags", "mpegts", "truncated", "eleven-pieces", "pts-wrap", "stored", "no-record", "plain-sizes",
			"mid-frame", "mid-tag", "bit-flips", "lost-sync", "later-damaged")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zip := preset(t, name)
			l := take(t, zip)
			a, err := archive.Open(t.Context(), zip)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			p := &Prover{Library: l, Version: "test", Archives: []*archive.Archive{a}}
			all, err := p.Space(t.Context(), firstID)
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"original", "frames", "archive", "member", "file", "units"}
			if name != "no-tags" && name != "mpegts" {
				want = append(want, "clock")
			}
			sound(t, name, all, want...)
			for _, file := range cut(t, l, firstID, format.M4A, format.AAC) {
				made, err := p.File(t.Context(), file)
				if err != nil {
					t.Fatal(err)
				}
				sound(t, name+": "+filepath.Base(file), made, "file", "original", "member", "units", "remade")
				if made.Kind != Clip || len(made.Sources) == 0 {
					t.Errorf("%+v", made)
				}
			}
			c, err := p.Against(t.Context(), nil, func(d Difference) { t.Errorf("%+v", d) })
			if err != nil || c.Members == 0 {
				t.Errorf("%+v, %v", c, err)
			}
		})
	}
}

// So is what came loose and in other formats, and what was re-encoded.
func TestOtherFormats(t *testing.T) {
	t.Parallel()
	files := map[string]string{"ADTS": preset(t, "loose-ts"), "a transport stream": preset(t, "loose-mpegts")}
	if ffmpeg, err := exec.LookPath("ffmpeg"); err == nil {
		for _, ext := range []string{"m4a", "mp3", "wav", "flac"} {
			file := filepath.Join(t.TempDir(), "a."+ext)
			if out, err := exec.Command(ffmpeg, "-v", "error", "-f", "lavfi", "-i", "sine=f=440:r=44100:d=5", file).CombinedOutput(); err != nil {
				t.Logf("ffmpeg cannot make %s: %s", ext, out)
				continue
			}
			files[ext] = file
		}
	}
	for name, file := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := take(t, file)
			id := only(t, l)
			p := &Prover{Library: l, Version: "test"}
			all, err := p.Space(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			sound(t, name, all, "original", "frames", "file")
			for _, file := range cut(t, l, id, "", format.WAV) {
				made, err := p.File(t.Context(), file)
				if err != nil {
					t.Fatal(err)
				}
				sound(t, filepath.Base(file), made, "file", "original", "remade")
				if made.Lossless {
					what := "units"
					if name == "flac" {
						what = "samples"
					}
					sound(t, filepath.Base(file), made, what, "frames")
				}
			}
		})
	}
}

// A recording of which the parameters change has several files.
func TestParameters(t *testing.T) {
	t.Parallel()
	l := take(t, preset(t, "parameters"))
	p := &Prover{Library: l, Version: "test"}
	all, err := p.Space(t.Context(), firstID)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, "the recording", all, "clock", "units")
	if n := strings.Count(strings.Join(results(all), ","), "file holds"); n != 2 {
		t.Errorf("%d files: %q", n, results(all))
	}
}

// A clip of what a better copy has replaced goes back to the copy that it was
// made of.
func TestReplacedOriginal(t *testing.T) {
	t.Parallel()
	one := preset(t, "one")
	l := take(t, one)
	file := cut(t, l, firstID, format.M4A)[1]
	w, err := library.OpenWrite(t.Context(), library.Options{Dir: l.Dir(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := intake.Import(t.Context(), w, []string{preset(t, "later-longer")}, intake.Options{}, func(intake.Event) {}); err != nil {
		t.Fatal(err)
	}
	w.Close()
	a, err := archive.Open(t.Context(), one)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	p := &Prover{Library: l, Version: "test", Archives: []*archive.Archive{a}}
	made, err := p.File(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, "the clip", made, "file", "original", "archive", "member")
	if s := made.Sources[0]; !strings.HasPrefix(s.Piece, "earlier/") || s.Member == "" || s.ArchiveName != "a.zip" {
		t.Errorf("%+v", s)
	}
	c, err := p.Against(t.Context(), []string{firstID}, func(d Difference) { t.Errorf("%+v", d) })
	if err != nil || c.Members != 1 || c.Findings != 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

// Every byte of a file, an original, a clip or an archive counts.
func TestNothingIsBelieved(t *testing.T) {
	t.Parallel()
	zip := preset(t, "one")
	l := take(t, zip)
	made := cut(t, l, firstID, format.M4A)[1]
	s, err := l.Load(firstID)
	if err != nil {
		t.Fatal(err)
	}
	original := l.Path(originPath(s, s.Pieces[0].Name))
	p := &Prover{Library: l, Version: "test"}
	for _, c := range []struct {
		name  string
		fails string // of the Space
		clip  string // of the clip; it is looked for where it was
	}{
		{original, "original", "original"},
		{l.Path(s.File), "file", "units"},
		{made, "file", "file"},
	} {
		t.Run(filepath.Base(c.name), func(t *testing.T) {
			was, err := os.ReadFile(c.name)
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range []int{len(was) * 5 / 8, len(was) - 1} {
				b := slices.Clone(was)
				b[at] ^= 1
				if err := os.WriteFile(c.name, b, 0o666); err != nil {
					t.Fatal(err)
				}
				all, err := p.Space(t.Context(), firstID)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Contains(results(all), c.fails+" fails") {
					t.Errorf("%s, byte %d: %q", filepath.Base(c.name), at, results(all))
				}
				one, err := p.File(t.Context(), made)
				if err != nil {
					t.Fatal(err)
				}
				if at != len(was)-1 && !slices.Contains(results(one), c.clip+" fails") {
					t.Errorf("%s, byte %d: the clip: %q", filepath.Base(c.name), at, results(one))
				}
			}
			if err := os.WriteFile(c.name, was, 0o666); err != nil {
				t.Fatal(err)
			}
		})
	}
	all, err := p.Space(t.Context(), firstID)
	if err != nil {
		t.Fatal(err)
	}
	sound(t, "put back", all, "original", "file", "units")

	for _, other := range []string{"later-longer", "two"} {
		a, err := archive.Open(t.Context(), preset(t, other))
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		p.Archives = append(p.Archives, a)
	}
	if all, err = p.Space(t.Context(), firstID); err != nil || !slices.Contains(results(all), "member not-checked") {
		t.Errorf("other archives: %q, %v", results(all), err)
	}
	if _, err := p.File(t.Context(), zip); err != ErrUnknown {
		t.Errorf("a file that nobody made: %v", err)
	}
}

// The tolerance of lengths is a minute each way, gaps included.
func TestLengths(t *testing.T) {
	t.Parallel()
	const audio = 80 // seconds
	for _, c := range []struct {
		said  int // seconds
		found bool
	}{{audio, false}, {audio + 55, false}, {audio - 55, false}, {audio + 65, true}, {audio - 65, true}} {
		t.Run(fmt.Sprintf("%d s", c.said), func(t *testing.T) {
			a := fixture.One()
			a.Spaces[0].Pieces[0].Seconds = audio
			a.Spaces[0].Ended = a.Spaces[0].Created.Add(time.Duration(c.said) * time.Second)
			zip := filepath.Join(t.TempDir(), "a.zip")
			if _, err := a.WriteZIP(zip); err != nil {
				t.Fatal(err)
			}
			l := take(t, zip)
			ar, err := archive.Open(t.Context(), zip)
			if err != nil {
				t.Fatal(err)
			}
			defer ar.Close()
			var kinds []DifferenceKind
			p := &Prover{Library: l, Version: "test", Archives: []*archive.Archive{ar}}
			sum, err := p.Against(t.Context(), nil, func(d Difference) { kinds = append(kinds, d.Kind) })
			if want := slices.Contains(kinds, Length); err != nil || want != c.found || len(kinds) != sum.Findings {
				t.Errorf("%d s: %q, %+v, %v", c.said, kinds, sum, err)
			}
		})
	}
}

// What a record says of the file holds where it does not say which stretches
// are in it; all else is whole.
func TestFinish(t *testing.T) {
	whole := []episode.Kept{{Start: 1, Seconds: 5}}
	p := (&Proof{At: 1, Length: 5, Duration: 3, Omitted: []recording.Omitted{{Start: 2, Seconds: 2}}}).finish()
	if !slices.Equal(p.Kept, whole) || p.Duration != 3 || len(p.Omitted) != 1 {
		t.Errorf("an episode: %v, %g s, %v", p.Kept, p.Duration, p.Omitted)
	}
	p = (&Proof{At: 1, Length: 5}).finish()
	if !slices.Equal(p.Kept, whole) || p.Duration != 5 || p.Omitted != nil {
		t.Errorf("an original: %v, %g s, %v", p.Kept, p.Duration, p.Omitted)
	}
}
