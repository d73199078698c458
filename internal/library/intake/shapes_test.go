package intake

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

const (
	firstID  = "1ypKdEXvkMLGW" // the Space that presets change
	secondID = "1RDxlaZNRDLJL" // the sound one beside it
)

// preset writes one of the fixture's archives and returns its path.
func preset(t *testing.T, name string) string {
	t.Helper()
	for _, p := range fixture.Presets() {
		if p.Name != name {
			continue
		}
		out := filepath.Join(t.TempDir(), name+".zip")
		switch name {
		case "folder", "chunks":
			out = filepath.Join(t.TempDir(), name)
		case "loose-ts", "loose-mpegts":
			out = filepath.Join(t.TempDir(), "space-"+firstID+"_0.ts")
		case "loose-aac":
			out = filepath.Join(t.TempDir(), "A talk ["+firstID+"].m4a")
		}
		if err := p.Write(out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Fatalf("no preset %s", name)
	return ""
}

func recordings(events []Event) map[string]Event {
	m := make(map[string]Event)
	for _, e := range events {
		if e.Recording != nil {
			m[e.Recording.ID] = e
		}
	}
	return m
}

func failures(events []Event) (kinds []archive.ProblemKind) {
	for _, e := range events {
		if e.Failed && e.Problem != nil {
			kinds = append(kinds, e.Problem.Kind)
		}
	}
	return kinds
}

// TestShapes imports archives of every shape. Each must give the recording
// that the fixture says is in it.
func TestShapes(t *testing.T) {
	one := int64(563 * 1024) // 12 s rounded up to whole frames
	for _, c := range []struct {
		preset  string
		state   space.State
		samples int64
		pieces  int
		files   int
		title   string
	}{
		{"one", space.Complete, one, 1, 1, ""},
		{"no-audio", space.NoAudio, 0, 0, 0, ""},
		{"no-record", space.NoRecord, one, 1, 1, ""},
		{"no-tags", space.Complete, one, 1, 1, ""},
		{"plain-sizes", space.Complete, one, 1, 1, ""},
		{"mpegts", space.Complete, one, 1, 1, ""},
		{"two-pieces", space.Complete, -1, 2, 1, ""},
		{"eleven-pieces", space.Complete, -1, 11, 1, ""},
		{"gap-inside", space.Complete, one, 1, 1, ""},
		{"pts-wrap", space.Complete, one, 1, 1, ""},
		{"parameters", space.Complete, -1, 1, 2, ""},
		{"parent-folder", space.Complete, one, 1, 1, ""},
		{"backslash", space.Complete, one, 1, 1, ""},
		{"folder", space.Complete, one, 1, 1, ""},
		{"zip64", space.Complete, one, 1, 1, ""},
		{"stored", space.Complete, one, 1, 1, ""},
		{"descriptors", space.Complete, one, 1, 1, ""},
		{"descriptors-zip64", space.Complete, one, 1, 1, ""},
		{"tweet-js", space.Complete, one, 1, 1, ""},
		{"note-tweet", space.Complete, one, 1, 1, ""},
		{"entities", space.Complete, one, 1, 1, "Q&A: why 1 < 2"},
		{"nanoseconds", space.Complete, one, 1, 1, ""},
		{"numeric-ids", space.Complete, one, 1, 1, ""},
		{"edited", space.Complete, one, 1, 1, ""},
		{"utf16", space.Complete, one, 1, 1, ""},
		{"wrong-counts", space.Complete, one, 1, 1, ""},
		{"mid-frame", space.Complete, -1, 1, 1, ""},
		{"mid-tag", space.Complete, one, 1, 1, ""},
		{"truncated", space.Complete, one - 1024, 1, 1, ""},
		{"junk", space.Damaged, one, 1, 1, ""},
		{"bit-flips", space.Complete, one, 1, 1, ""},
		{"lost-sync", space.Damaged, -1, 1, 1, ""},
	} {
		t.Run(c.preset, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			events, sum := take(t, dir, Options{Jobs: 2}, preset(t, c.preset))
			if kinds := failures(events); len(kinds) > 0 {
				t.Fatalf("problems: %v", kinds)
			}
			e, ok := recordings(events)[firstID]
			if !ok {
				t.Fatalf("no recording %s: %+v", firstID, sum)
			}
			r := e.Recording
			if r.State != c.state || len(r.Pieces) != c.pieces || len(r.Files) != c.files || e.Action != Added {
				t.Errorf("state %s, %d pieces, %d files, %s; want %s, %d, %d, added", r.State, len(r.Pieces), len(r.Files), e.Action, c.state, c.pieces, c.files)
			}
			if c.samples > 0 && (r.Samples == nil || *r.Samples != c.samples) {
				t.Errorf("samples %v, want %d", r.Samples, c.samples)
			}
			if c.title != "" && r.Title != c.title {
				t.Errorf("title %q, want %q", r.Title, c.title)
			}
			if r.State != space.NoAudio && c.preset != "no-tags" && r.StartedAt.UTC().Year() != 2021 {
				t.Errorf("started at %s", r.StartedAt)
			}
			clean(t, dir)
			if r.File != "" && r.Damage == nil && c.preset != "bit-flips" {
				sameSound(t, dir, r)
			}
		})
	}
}

// sameSound has ffmpeg decode the playable files and the units of the
// originals, stripped of tags, and compares every sample.
func sameSound(t *testing.T, dir string, r *space.Recording) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	if len(r.Files) > 1 || r.Pieces[0].Format != "adts" {
		return
	}
	pcm := func(args ...string) []byte {
		out, err := exec.Command(ffmpeg, append(append([]string{"-v", "error"}, args...), "-f", "s16le", "-")...).Output()
		if err != nil {
			t.Fatalf("ffmpeg %v: %v", args, err)
		}
		return out
	}
	var stripped bytes.Buffer
	for _, p := range r.Pieces {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(r.Folder), layout.Original, p.Name))
		if err != nil {
			t.Fatal(err)
		}
		strip(&stripped, b)
	}
	raw := filepath.Join(t.TempDir(), "stripped.aac")
	if err := os.WriteFile(raw, stripped.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	want := pcm("-i", raw)
	got := pcm("-i", filepath.Join(dir, filepath.FromSlash(r.File)))
	if int64(len(got)) != 4**r.Samples {
		t.Errorf("ffmpeg decodes %d samples of the file, not %d", len(got)/4, *r.Samples)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the file sounds different from the original: %d and %d bytes of PCM", len(got), len(want))
	}
}

// strip copies the ADTS frames in b, each followed by another, a tag or the
// end. It is a second opinion: plain, slow, and without the reader's code.
func strip(w *bytes.Buffer, b []byte) {
	sync := func(i int) bool {
		return i == len(b) || i+7 <= len(b) && (b[i] == 0xFF && b[i+1]&0xF6 == 0xF0 || string(b[i:i+3]) == "ID3")
	}
	for i := 0; i+7 <= len(b); {
		switch n := int(b[i+3]&3)<<11 | int(b[i+4])<<3 | int(b[i+5])>>5; {
		case b[i] == 0xFF && b[i+1]&0xF6 == 0xF0 && n >= 7 && i+n <= len(b) && sync(i+n):
			w.Write(b[i : i+n])
			i += n
		case string(b[i:i+3]) == "ID3" && i+10 <= len(b):
			i += 10 + int(b[i+6])<<21 + int(b[i+7])<<14 + int(b[i+8])<<7 + int(b[i+9])
		default:
			i++
		}
	}
}

func TestGapsAndTurns(t *testing.T) {
	dir := t.TempDir()
	take(t, dir, Options{}, preset(t, "gap-inside"))
	l := write(t, dir)
	defer l.Close()
	s, err := l.Load(firstID)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Timeline) != 2 {
		t.Fatalf("%d runs, want two with a gap between them: %+v", len(s.Timeline), s.Timeline)
	}
	// The clock stands in a tag a second: the gap is found at the next one.
	second := s.Timeline[1]
	if math.Abs(second.GapBefore-5) > 0.01 || second.FirstSample < 282*1024 || second.FirstSample > 282*1024+48000 {
		t.Errorf("gap of %.3f s before sample %d, want 5 s within a second after %d", second.GapBefore, second.FirstSample, 282*1024)
	}
	if d := s.EndedAt.Sub(s.StartedAt.Time).Seconds() - *s.Duration; math.Abs(d-5) > 0.01 {
		t.Errorf("from start to end it is %.3f s longer than its audio, want 5", d)
	}
	turns, err := l.Turns(firstID)
	if err != nil || turns == nil || !turns.Approximate || len(turns.Turns) == 0 {
		t.Fatalf("turns %+v, %v", turns, err)
	}
}

func TestTurnsMatchTheTruth(t *testing.T) {
	var b bytes.Buffer
	rec := fixture.Conversation(7, time.Date(2021, 6, 14, 18, 0, 0, 391e6, time.UTC), 120, "guest1", "guest2")
	made, err := rec.Encode(&b)
	if err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(t.TempDir(), "space-"+firstID+"_0.ts")
	if err := os.WriteFile(in, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	take(t, dir, Options{}, in)
	l := write(t, dir)
	defer l.Close()
	turns, err := l.Turns(firstID)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"", "guest1", "guest2"}
	talks := func(handle string, at float64) bool {
		for _, u := range turns.Turns {
			if u.Handle == handle && u.Start <= at && at < u.End {
				return true
			}
		}
		return false
	}
	// Levels come once a second: in the middle of a turn of two seconds and
	// more they must be right.
	for _, want := range made.Turns {
		if want.To-want.From < 4 {
			continue
		}
		for i, name := range names {
			if at := (want.From + want.To) / 2; talks(name, at) != (i == want.Speaker) {
				t.Errorf("at %.1f s: %q talks: %v; the speaker is %d", at, name, !(i == want.Speaker), want.Speaker)
			}
		}
	}
}

// TestBadInput takes in archives with one bad Space and a sound one. The
// sound one must be saved, and the bad one's fault be named.
func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		preset string
		kind   archive.ProblemKind // of the failure
		state  space.State         // of the bad Space, "" when it cannot be there
	}{
		{"zero-bytes", archive.EmptyMember, space.NoAudio},
		{"html", "not-audio", space.NoAudio},
		{"json", "not-audio", space.NoAudio},
		{"playlist", "not-audio", space.NoAudio},
		{"zeros", "not-audio", space.NoAudio},
		{"bad-crc", archive.BadCRC, space.Damaged},
		{"encrypted", archive.Encrypted, space.NoAudio},
		{"deflate64", archive.Deflate64, space.NoAudio},
		{"symlink", archive.Symlink, space.NoAudio},
		{"wrong-size", archive.TooBig, space.NoAudio},
		{"bomb", archive.TooBig, space.NoAudio},
		{"bomb-lies", archive.TooBig, space.NoAudio},
	} {
		t.Run(c.preset, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			events, sum := take(t, dir, Options{Jobs: 2}, preset(t, c.preset))
			got := recordings(events)
			if r := got[secondID].Recording; r == nil || r.State != space.Complete {
				t.Errorf("the sound Space: %+v", r)
			}
			kinds := failures(events)
			if len(kinds) != 1 || kinds[0] != c.kind {
				t.Errorf("failures %v, want %s", kinds, c.kind)
			}
			if sum.Problems == 0 {
				t.Error("the summary counts no problem")
			}
			if r := got[firstID].Recording; r == nil || r.State != c.state {
				t.Errorf("the bad Space: %+v, want %s", r, c.state)
			}
			clean(t, dir)
		})
	}
}

func TestSameSpaceAgain(t *testing.T) {
	for _, c := range []struct {
		first, again string
		action       Action
		samples      int64
		earlier      int
	}{
		{"one", "later", Unchanged, 563 * 1024, 0},
		{"one", "later-longer", Updated, 750 * 1024, 1},
		{"one", "later-damaged", Unchanged, 563 * 1024, 0},
		{"later-damaged", "one", Updated, 563 * 1024, 1},
		{"no-audio", "one", Updated, 563 * 1024, 0},
		{"one", "no-audio", Unchanged, 563 * 1024, 0},
	} {
		t.Run(c.first+" then "+c.again, func(t *testing.T) {
			dir := t.TempDir()
			take(t, dir, Options{}, preset(t, c.first))
			l := write(t, dir)
			title := "The host's own title"
			if _, err := l.Edit(t.Context(), firstID, library.Edit{Title: &title}); err != nil {
				t.Fatal(err)
			}
			l.Close()
			events, _ := take(t, dir, Options{}, preset(t, c.again))
			e := recordings(events)[firstID]
			if e.Action != c.action && !(c.action == Unchanged && e.Action == Updated) {
				t.Errorf("%s, want %s", e.Action, c.action)
			}
			r := e.Recording
			if r.Samples == nil || *r.Samples != c.samples {
				t.Errorf("samples %v, want %d", *r.Samples, c.samples)
			}
			if r.Title != title || r.TitleSource != space.TitleHost {
				t.Errorf("the host's title became %q (%s)", r.Title, r.TitleSource)
			}
			l = write(t, dir)
			s, err := l.Load(firstID)
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			if len(s.Earlier) != c.earlier {
				t.Errorf("%d earlier originals, want %d: %+v", len(s.Earlier), c.earlier, s.Earlier)
			}
			clean(t, dir)
			sameSound(t, dir, r)
		})
	}
}

func TestLooseRecordings(t *testing.T) {
	for _, name := range []string{"loose-ts", "loose-mpegts", "loose-aac"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			events, sum := take(t, dir, Options{}, preset(t, name))
			r := recordings(events)[firstID].Recording
			if r == nil || r.State != space.NoRecord || *r.Samples != 563*1024 {
				t.Fatalf("%+v, %+v", r, sum)
			}
			clean(t, dir)
			sameSound(t, dir, r)
		})
	}
	t.Run("chunks", func(t *testing.T) {
		dir := t.TempDir()
		events, _ := take(t, dir, Options{}, preset(t, "chunks"))
		if len(events) != 1 || events[0].Recording == nil || len(events[0].Recording.Pieces) != 1 {
			t.Fatalf("%+v", events)
		}
		r := events[0].Recording
		if !strings.HasPrefix(r.ID, "f") || r.StartedAt.IsZero() {
			t.Errorf("id %s, started %s", r.ID, r.StartedAt)
		}
		clean(t, dir)
		sameSound(t, dir, r)
	})
	t.Run("sidecar", func(t *testing.T) {
		in := preset(t, "loose-aac")
		side := `{"id":"` + firstID + `","title":"From a sidecar","started_at":1623693600391,"ended_at":"1623693612391","participants":{"admins":[{"twitter_screen_name":"hostess","display_name":"H"}]}}`
		if err := os.WriteFile(strings.TrimSuffix(in, ".m4a")+".json", []byte(side), 0o644); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		events, _ := take(t, dir, Options{}, in)
		r := recordings(events)[firstID].Recording
		if r == nil || r.Title != "From a sidecar" || r.TitleSource != space.TitleSidecar {
			t.Fatalf("%+v", r)
		}
		if want := "2021-06-14T18:00:00.391Z"; r.StartedAt.String() != want {
			t.Errorf("started at %s, want %s", r.StartedAt, want)
		}
		if r.Host == nil || r.Host.Handle != "hostess" {
			t.Errorf("host %+v", r.Host)
		}
	})
}

func TestPartsOfOneArchive(t *testing.T) {
	dir := t.TempDir()
	events, sum := take(t, dir, Options{Jobs: 2}, preset(t, "part1"), preset(t, "part2"))
	if r := recordings(events)[firstID].Recording; r == nil || r.State != space.Complete || sum.Added != 2 {
		t.Errorf("%+v, %+v", r, sum)
	}
	clean(t, dir)

	dir = t.TempDir()
	events, _ = take(t, dir, Options{}, preset(t, "part1"))
	told := false
	for _, e := range events {
		told = told || e.Problem != nil && e.Problem.Kind == archive.PartialArchive
	}
	if !told {
		t.Error("nothing says that a part is missing")
	}
}

func TestRenamedFolderIsFound(t *testing.T) {
	dir := t.TempDir()
	events, _ := take(t, dir, Options{}, sampleZIP)
	folder := recordings(events)[firstID].Recording.Folder
	mine := filepath.Join(dir, layout.Recordings, "2021", "my own name ["+firstID+"]")
	if err := os.Rename(filepath.Join(dir, filepath.FromSlash(folder)), mine); err != nil {
		t.Fatal(err)
	}
	l := write(t, dir)
	defer l.Close()
	s, err := l.Load(firstID)
	if err != nil {
		t.Fatal(err)
	}
	if s.State != space.Complete || !strings.HasPrefix(s.File, "recordings/2021/my own name") {
		t.Errorf("state %s, file %s", s.State, s.File)
	}
}

// TestOtherFormats takes in what other tools save: each must give a playable
// file that ffmpeg decodes to the same samples.
func TestOtherFormats(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	for _, c := range []struct{ file, codec, out string }{
		{"a.m4a", "aac", ".m4a"},
		{"a.mp4", "aac", ".m4a"},
		{"a.mp3", "libmp3lame", ".mp3"},
		{"a.wav", "pcm_s16le", ".wav"},
		{"a.flac", "flac", ".flac"},
		{"a.ts", "aac", ".m4a"},
	} {
		t.Run(c.file+" "+c.codec, func(t *testing.T) {
			in := filepath.Join(t.TempDir(), c.file)
			args := []string{"-v", "error", "-f", "lavfi", "-i", "sine=f=440:r=48000:d=5"}
			if c.file == "a.mp4" {
				args = append(args, "-f", "lavfi", "-i", "testsrc=d=5:s=160x120:r=10", "-c:v", "mpeg4")
			}
			if out, err := exec.Command(ffmpeg, append(args, "-c:a", c.codec, "-metadata", "title=Été "+c.codec, in)...).CombinedOutput(); err != nil {
				t.Skipf("ffmpeg cannot make %s: %s", c.file, out)
			}
			dir := t.TempDir()
			events, _ := take(t, dir, Options{}, in)
			if len(events) != 1 || events[0].Recording == nil {
				t.Fatalf("events %+v", events)
			}
			r := events[0].Recording
			if filepath.Ext(r.File) != c.out || r.Audio.Video != (c.file == "a.mp4") {
				t.Errorf("file %s, video %v", r.File, r.Audio.Video)
			}
			if tagged := c.file != "a.ts"; tagged != (r.Title == "Été "+c.codec) {
				t.Errorf("title %q", r.Title)
			}
			clean(t, dir)
			decode := func(name string) []byte {
				out, err := exec.Command(ffmpeg, "-v", "error", "-i", name, "-vn", "-f", "s16le", "-").Output()
				if err != nil {
					t.Fatal(err)
				}
				return out
			}
			want, got := decode(in), decode(filepath.Join(dir, filepath.FromSlash(r.File)))
			// Debian's ffmpeg plays on to the end of the last access unit.
			if over := int64(len(got)) - 2**r.Samples; !bytes.Equal(want, got) || over < 0 || over >= 2*1024*2 {
				t.Errorf("%d bytes of PCM, not %d; %d samples", len(got), len(want), *r.Samples)
			}
			title := "Retagged"
			l := write(t, dir)
			again, err := l.Edit(t.Context(), r.ID, library.Edit{Title: &title})
			if err != nil {
				t.Fatal(err)
			}
			sound, err := l.OpenSound(r.ID)
			if err != nil {
				t.Fatal(err)
			}
			if sound.Files[0].Start <= 0 || sound.Files[0].Config.Codec == "" {
				t.Errorf("opened as %+v", sound.Files[0])
			}
			sound.Close()
			l.Close()
			clean(t, dir)
			if got := decode(filepath.Join(dir, filepath.FromSlash(again.File))); !bytes.Equal(want, got) {
				t.Error("a new title changed the sound")
			}
		})
	}
}
