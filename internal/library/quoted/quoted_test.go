package quoted

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/transcript"
)

const (
	id     = "1ypKdEXvkMLGW"
	phrase = "we never told anybody how much the bridge costs"
	other  = "every listener may quote this sentence about apples and pears"
)

// lines are a transcript of these utterances, a second each, without times of
// words.
func lines(texts ...string) *transcripts.Transcript {
	t := &transcripts.Transcript{Rate: 10}
	for i, text := range texts {
		t.Utterances = append(t.Utterances, transcripts.Utterance{Start: int64(10 * i), End: int64(10*i + 10), Text: text})
	}
	return t
}

func repeated(n int) []string { return strings.Split(strings.Repeat(phrase+"\n", n)+phrase, "\n") }

// What is said over and over, and stands in the text as often, is compared once
// for each place in either.
func TestRepeatedLines(t *testing.T) {
	const n = 2000
	said := lines(repeated(n)...)
	q := newQuery([]byte(strings.Join(repeated(n), "\n")))
	words, runs := len(q.streams[0]), 0
	for _, list := range q.places {
		runs += len(list)
	}
	spans, keys, err := q.in(t.Context(), said)
	if err != nil || len(spans) != n+1 {
		t.Fatalf("%d spans, want %d: %v", len(spans), n+1, err)
	}
	if want := (space.Stretch{Start: n, End: n + 1}); spans[n] != want {
		t.Errorf("the last one is %v, want %v", spans[n], want)
	}
	if most := 2*len(keys) + runs; q.steps > most {
		t.Errorf("%d steps for %d words, want at most %d", q.steps, words, most)
	}
	for i, seen := range q.seen[0] {
		if !seen {
			t.Fatalf("word %d was not found", i)
		}
	}
}

// All words of captions are found although those of one line are said in one
// recording once, and again in another.
func TestRepeatedLinesInSeveral(t *testing.T) {
	srt := ""
	for i, text := range []string{phrase, other, phrase} {
		srt += fmt.Sprintf("%d\n00:00:%02d,000 --> 00:00:%02d,900\n%s\n\n", i+1, i, i, text)
	}
	q := newQuery([]byte(srt))
	for i, said := range []*transcripts.Transcript{lines("no", phrase), lines(phrase), lines(other)} {
		if rest := q.rest(); !rest {
			t.Errorf("before transcript %d all is found", i+1)
		}
		if spans, _, err := q.in(t.Context(), said); err != nil || len(spans) != 1 {
			t.Errorf("in transcript %d: %v, %v", i+1, spans, err)
		}
	}
	if q.rest() {
		t.Error("words are missing that were said")
	}
}

// Words of one utterance that the text has in several places have a span each.
func TestSpans(t *testing.T) {
	said := lines(phrase + " but " + other)
	at := int64(0)
	for _, w := range strings.Fields(said.Utterances[0].Text) {
		said.Utterances[0].Words = append(said.Utterances[0].Words, transcripts.Word{Start: at, End: at + 10, Text: w})
		at += 10
	}
	q := newQuery([]byte(other + "\n\n" + phrase))
	spans, _, err := q.in(t.Context(), said)
	if got := fmt.Sprint(spans); err != nil || got != "[0:00–0:09 0:10–0:20]" {
		t.Errorf("%s, %v", got, err)
	}
}

// countdown is a context that ends after it was asked so often.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// A search in a long transcript ends when nobody waits for it any longer.
func TestCancelled(t *testing.T) {
	said := lines(strings.Repeat(phrase+" ", 2000))
	q := newQuery([]byte(phrase))
	if _, _, err := q.in(&countdown{t.Context(), 2}, said); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if q.steps > 4*pause {
		t.Errorf("it has gone on for %d steps", q.steps)
	}
}

// testLibrary is a library with a recording of which phrase was said.
func testLibrary(t *testing.T) (*library.Library, *space.Space) {
	t.Helper()
	lib, err := library.OpenWrite(t.Context(), library.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	s := new(space.Space)
	s.Schema, s.ID, s.Title = space.Schema, id, "Bridges"
	s.StartedAt = space.Time{Time: time.Date(2021, 6, 14, 0, 0, 0, 0, time.UTC)}
	s.Folder = layout.Folder(&s.Recording)
	s.Pieces = []space.Piece{{Name: "a.ts", SHA256: "aa"}}
	b, err := space.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := lib.Root().MkdirAll(s.Folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := lib.Root().WriteFile(layout.SidecarIn(s.Folder), b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := lib.Reindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, err = lib.Load(id); err != nil {
		t.Fatal(err)
	}
	say(t, lib, s, phrase)
	return lib, s
}

func say(t *testing.T, lib *library.Library, s *space.Space, text string) {
	t.Helper()
	said := transcripts.New(s, 1000, 60_000, nil, []transcript.Cue{{Start: 0, End: 5, Text: text}})
	said.Engine.Name = "import"
	if err := transcripts.Write(lib.Root(), s, said); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, f *Finder, text string) (int, error) {
	t.Helper()
	found, err := f.Find(t.Context(), strings.NewReader(text), int64(len(text)))
	if err != nil {
		return 0, err
	}
	return len(found.Matches), nil
}

// One Finder reads a transcript once, unless the words of a text may be in it or
// the file is another one by now.
func TestReadsOnce(t *testing.T) {
	lib, s := testLibrary(t)
	f := New(lib)
	expect := func(what, text string, want int) {
		t.Helper()
		if n, err := find(t, f, text); n != want || err != nil {
			t.Errorf("%s: %d, %v, want %d", what, n, err, want)
		}
	}
	expect("other words", other, 0)
	expect("its words", phrase, 1)
	say(t, lib, s, other)
	expect("its new words", other, 1)
	expect("its words from before", phrase, 0)

	// The same file by all signs, with bytes that cannot be read.
	name := lib.Path(layout.TranscriptIn(s.Folder))
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	broken := strings.Repeat("{", int(info.Size()))
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err == nil {
		_, err = file.WriteString(broken)
		err = errors.Join(err, file.Close(), os.Chtimes(name, info.ModTime(), info.ModTime()))
	}
	if err != nil {
		t.Fatal(err)
	}
	expect("words that are not in it", phrase, 0)
	if _, err := find(t, f, other); err == nil {
		t.Error("words that are in it: it was not read")
	}
	if err := os.Chtimes(name, info.ModTime(), info.ModTime().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := find(t, f, phrase); err == nil {
		t.Error("the file was changed, and not read")
	}
}

// Where few keys are remembered, all is found as well.
func TestReadsWithoutRoom(t *testing.T) {
	lib, _ := testLibrary(t)
	f := New(lib)
	f.room = 1
	for _, want := range []int{1, 1} {
		if n, err := find(t, f, phrase); n != want || err != nil {
			t.Errorf("%d, %v, want %d", n, err, want)
		}
	}
	if f.room != 1 || len(f.known) != 0 {
		t.Errorf("room for %d, %d known", f.room, len(f.known))
	}
}

// A text of a few words quotes nothing, and no transcript is read for it.
func TestFewWords(t *testing.T) {
	lib, s := testLibrary(t)
	if err := lib.Root().WriteFile(layout.TranscriptIn(s.Folder), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if n, err := find(t, New(lib), "we never told anybody"); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := find(t, New(lib), phrase); err == nil {
		t.Error("a longer one is compared with nothing")
	}
}
