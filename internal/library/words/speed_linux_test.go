package words

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestSpeed measures what docs/benchmarks.md states. WORDS_HOURS says how many
// hours are built, WORDS_DIR in which folder (an index that is there is used
// again).
func TestSpeed(t *testing.T) {
	hours, err := strconv.Atoi(os.Getenv("WORDS_HOURS"))
	if err != nil {
		t.Skip("WORDS_HOURS is not set")
	}
	dir := os.Getenv("WORDS_DIR")
	if dir == "" {
		dir = t.TempDir()
	}
	path := filepath.Join(dir, "words-"+strconv.Itoa(hours)+".sqlite")
	list := makeVocabulary()
	if _, err := os.Stat(path); err != nil {
		var made, all time.Duration
		used := processorTime()
		for range (corpus{hours}).spaces() {
		}
		made = processorTime() - used
		used, start := processorTime(), time.Now()
		if err := Build(t.Context(), path, 1, corpus{hours}.spaces()); err != nil {
			t.Fatal(err)
		}
		all = processorTime() - used
		t.Logf("built %d h in %.1f s, %.1f s of processor time (and %.1f s to make the corpus), peak memory %d MB",
			hours, time.Since(start).Seconds(), (all - made).Seconds(), made.Seconds(), peakMemory())
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MB, %d bytes a word", info.Size()>>20, info.Size()/int64(hours*wordsAnHour))
	common := list[slices.IndexFunc(list, func(w string) bool { return len(w) > 3 })]
	var phrase string
	for s := range (corpus{hours}).spaces() {
		said := strings.Fields(s.Utterances[len(s.Utterances)/2].Text + " " + s.Utterances[7].Text)
		phrase = strings.Join(said[:4], " ")
		break
	}
	for _, q := range []struct {
		name  string
		query Query
	}{
		{"commonest word", Query{Words: list[0]}},
		{"common word, 100th", Query{Words: list[100]}},
		{"word, 10,000th", Query{Words: list[10000]}},
		{"rare word", Query{Words: list[vocabulary-7]}},
		{"phrase of common words", Query{Words: `"` + list[0] + " " + list[1] + `"`}},
		{"phrase of five common words", Query{Words: `"` + list[0] + " " + list[1] + " " + list[2] + " " + list[3] + " " + list[4] + `"`}},
		{"phrase of common words, never said", Query{Words: `"` + list[20] + " " + list[21] + " " + list[22] + " " + list[23] + `"`}},
		{"phrase, middle words", Query{Words: `"` + list[300] + " " + list[1000] + `"`}},
		{"phrase as said", Query{Words: `"` + phrase}},
		{"three words", Query{Words: list[50] + " " + list[500] + " " + list[1500]}},
		{"typing, three letters, common", Query{Words: common[:3], Typing: true}},
		{"typing, four letters", Query{Words: list[vocabulary-7][:4], Typing: true}},
		{"typing, five letters", Query{Words: list[vocabulary-7][:5], Typing: true}},
		{"common word by a speaker", Query{Words: list[3], Speaker: "speaker_17"}},
		{"common word before a day", Query{Words: list[3], Until: time.Date(2021, 2, 1, 0, 0, 0, 0, time.UTC)}},
		{"common word in a Space", Query{Words: list[3], Space: "1000000000040"}},
	} {
		q.query.Limit = 100
		var cold, warm []time.Duration
		hits := 0
		for range 3 {
			forgetPages(t, path)
			start := time.Now()
			x, err := Open(t.Context(), path, ReadOnly)
			if err != nil {
				t.Fatal(err)
			}
			hits = 0
			for _, err := range x.Search(t.Context(), q.query) {
				if err != nil {
					t.Fatal(err)
				}
				hits++
			}
			cold = append(cold, time.Since(start))
			for range 3 {
				start = time.Now()
				for range x.Search(t.Context(), q.query) {
				}
				warm = append(warm, time.Since(start))
			}
			x.Close()
		}
		slices.Sort(cold)
		slices.Sort(warm)
		t.Logf("%-36s %4d hits  cold %6.1f ms  warm %6.1f ms", q.name, hits, ms(cold[1]), ms(warm[len(warm)/2]))
	}
	t.Logf("peak memory %d MB", peakMemory())
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// forgetPages takes a file out of the system's page cache.
func forgetPages(t *testing.T, path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
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

// TestSpeedOfScrub measures taking out a Space and a speaker for good, in an
// index that TestSpeed has built.
func TestSpeedOfScrub(t *testing.T) {
	path := os.Getenv("WORDS_SCRUB")
	if path == "" {
		t.Skip("WORDS_SCRUB is not set")
	}
	x, err := Open(t.Context(), path, ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	stamps, err := x.Stamps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for id := range stamps {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"put again", func() error { return x.Put(t.Context(), corpus{}.space(makeVocabulary(), 1)) }},
		{"delete a Space", func() error { return x.Delete(t.Context(), ids[len(ids)/2]) }},
		{"delete a speaker", func() error {
			n, err := x.DeleteSpeaker(t.Context(), "speaker_17")
			t.Logf("%d utterances", n)
			return err
		}},
		{"scrub", func() error { return x.Scrub(t.Context()) }},
	} {
		start, used := time.Now(), processorTime()
		if err := step.run(); err != nil {
			t.Fatal(err)
		}
		t.Logf("%-16s %8.2f s, %.2f s of processor time, peak memory %d MB", step.name, time.Since(start).Seconds(), (processorTime() - used).Seconds(), peakMemory())
	}
}

func usage() (u syscall.Rusage) {
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u
}

func processorTime() time.Duration {
	u := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func peakMemory() int64 { return usage().Maxrss >> 10 }
