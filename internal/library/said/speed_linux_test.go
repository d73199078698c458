package said

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/spaces-cli/spaces/internal/fixture/speech"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/library/words"
)

// TestSpeed measures what docs/benchmarks.md states of a whole library: opened,
// found to be up to date, searched, and each hit with its Space. SAID_HOURS says
// how many hours are made, SAID_DIR in which folder (a library that is there is
// used again).
func TestSpeed(t *testing.T) {
	hours, err := strconv.Atoi(os.Getenv("SAID_HOURS"))
	if err != nil {
		t.Skip("SAID_HOURS is not set")
	}
	dir := os.Getenv("SAID_DIR")
	if dir == "" {
		dir = t.TempDir()
	}
	dir = filepath.Join(dir, "library-"+strconv.Itoa(hours))
	if _, err := os.Stat(filepath.Join(dir, layout.Words)); err != nil {
		makeLibrary(t, dir, speech.Hours(hours))
	}
	lib, err := library.Open(t.Context(), library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	index := lib.Path(layout.Words)
	info, err := os.Stat(index)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MB, %.1f bytes a word", info.Size()>>20, float64(info.Size())/float64(hours*speech.WordsAnHour))
	list := speech.Words()
	said := strings.Fields(speech.Conversation(list, hours/speech.HoursASpace).Utterances[7].Text)
	for _, q := range []struct {
		name  string
		query words.Query
	}{
		{"commonest word", words.Query{Words: list[0]}},
		{"common word, 100th", words.Query{Words: list[100]}},
		{"word, 10,000th", words.Query{Words: list[10000]}},
		{"rare word", words.Query{Words: list[speech.Vocabulary-7]}},
		{"phrase of the two commonest words", words.Query{Words: `"` + strings.Join(list[:2], " ") + `"`}},
		{"phrase of the five commonest words", words.Query{Words: `"` + strings.Join(list[:5], " ") + `"`}},
		{"phrase of four very common words, never said", words.Query{Words: `"` + strings.Join(list[20:24], " ") + `"`}},
		{"phrase as said", words.Query{Words: `"` + strings.Join(said[:min(4, len(said))], " ") + `"`}},
		{"three words", words.Query{Words: list[50] + " " + list[500] + " " + list[1500]}},
		{"beginning of a word", words.Query{Words: list[speech.Vocabulary-7][:4] + "*"}},
		{"common word by a speaker", words.Query{Words: list[3], Speaker: "speaker_17"}},
		{"common word before a day", words.Query{Words: list[3], Until: time.Date(2021, 2, 1, 0, 0, 0, 0, time.UTC)}},
	} {
		q.query.Limit = 50
		var cold, warm []time.Duration
		hits := 0
		run := func() time.Duration {
			start := time.Now()
			lib, err := library.Open(t.Context(), library.Options{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			defer lib.Close()
			hits = 0
			for _, err := range Search(t.Context(), lib, q.query) {
				if err != nil {
					t.Fatal(err)
				}
				hits++
			}
			return time.Since(start)
		}
		for range 3 {
			forgetPages(t, index)
			forgetPages(t, lib.Path(layout.Catalog))
			cold = append(cold, run())
			for range 3 {
				warm = append(warm, run())
			}
		}
		slices.Sort(cold)
		slices.Sort(warm)
		t.Logf("%-46s %4d hits  cold %6.1f ms  warm %6.1f ms", q.name, hits, ms(cold[1]), ms(warm[len(warm)/2]))
	}
}

// makeLibrary writes a library with transcripts and no sound, and indexes it.
func makeLibrary(t *testing.T, dir string, hours speech.Hours) {
	t.Helper()
	lib := write(t, dir)
	for c := range hours.Spaces() {
		s := new(space.Space)
		s.Schema, s.ID, s.Title = space.Schema, c.ID, "Conversation "+c.ID
		s.StartedAt = space.Time{Time: c.StartedAt}
		s.Folder = layout.Folder(&s.Recording)
		s.Pieces = []space.Piece{{Name: "a.ts", SHA256: strings.Repeat("0", 64)}}
		tr := transcripts.Transcript{Schema: transcripts.Schema, ID: s.ID, Rate: speech.Rate, Audio: []string{s.Pieces[0].SHA256}, SpeakersFrom: transcripts.FromTurns}
		for _, u := range c.Utterances {
			tr.Samples = max(tr.Samples, u.End)
			tr.Utterances = append(tr.Utterances, transcripts.Utterance{Start: u.Start, End: u.End, Speakers: []string{u.Speaker}, Text: u.Text})
		}
		if err := lib.Root().MkdirAll(path.Join(s.Folder, layout.Transcript), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, v := range map[string]any{layout.SidecarIn(s.Folder): s, layout.TranscriptIn(s.Folder): &tr} {
			b, err := space.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if err := lib.Root().WriteFile(name, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := lib.Reindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	used, start := processorTime(), time.Now()
	r, err := Rebuild(t.Context(), lib)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("indexed %d transcripts with %d utterances in %.1f s, %.1f s of processor time", r.Transcripts, r.Utterances, time.Since(start).Seconds(), (processorTime() - used).Seconds())
	start = time.Now()
	title := "Another title"
	if _, err := lib.Edit(t.Context(), fmt.Sprintf("1%012d", 1), library.Edit{Note: &title}); err != nil {
		t.Fatal(err)
	}
	if err := Update(t.Context(), lib); err != nil {
		t.Fatal(err)
	}
	t.Logf("brought up to date after a change of one Space in %.2f s", time.Since(start).Seconds())
	lib.Close()
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// forgetPages takes a file out of the system's page cache.
func forgetPages(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		t.Fatal(err)
	}
}

func processorTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
