package forget

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/library/words"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// secret is a word that only guest1 says, plain one that only the host does.
const (
	secret = "zanzibarquokka"
	plain  = "marmaladehedgehog"
)

// speak gives a Space a transcript: the host says plain words up to 8 s, and
// guest1 a secret from 10 s on.
func (s *testLibrary) speak(t *testing.T, sp *space.Space, cues ...transcript.Cue) {
	t.Helper()
	turns, err := s.TurnsOf(sp)
	if err != nil {
		t.Fatal(err)
	}
	tr := transcripts.New(sp, sp.Audio.SampleRate, *sp.Samples, turns, cues)
	tr.Engine.Name = "import"
	if err := said.Keep(t.Context(), s.Library, sp, tr); err != nil {
		t.Fatal(err)
	}
}

// timed is a cue of words with times, evenly.
func timed(start, end float64, text string) transcript.Cue {
	c := transcript.Cue{Start: start, End: end, Text: text}
	list := strings.Fields(text)
	n := (end - start) / float64(len(list))
	for i, w := range list {
		c.Words = append(c.Words, transcript.Word{Start: start + n*float64(i), End: start + n*float64(i+1), Text: w})
	}
	return c
}

// holding lists the files of a library that hold a text, in whatever case, as
// UTF-8 or as UTF-16.
func holding(t *testing.T, dir, text string) (names []string) {
	t.Helper()
	var low, high []byte
	for _, u := range utf16.Encode([]rune(text)) {
		low, high = append(low, byte(u), byte(u>>8)), append(high, byte(u>>8), byte(u))
	}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		b = bytes.ToLower(b)
		for _, form := range [][]byte{[]byte(text), low, high} {
			if bytes.Contains(b, form) {
				rel, _ := filepath.Rel(dir, name)
				names = append(names, filepath.ToSlash(rel))
				break
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Nothing of what only they said is left in any byte of the library, and what
// others said stays.
func TestWordsGo(t *testing.T) {
	for _, killed := range []string{"", "after the captions", "before the index"} {
		t.Run(killed, func(t *testing.T) {
			s := newTestLibrary(t)
			sp, err := s.Load(id)
			if err != nil {
				t.Fatal(err)
			}
			s.speak(t, sp, timed(10.2, 11.5, "Earlier: "+secret))
			if _, err := said.PutAside(t.Context(), s.Library, sp, "test", time.Now()); err != nil {
				t.Fatal(err)
			}
			s.speak(t, sp, timed(1, 8, plain+" is not "+plain), timed(10.2, 11.5, "Secret: "+secret+"!"))
			find(t, s, secret, 1)
			find(t, s, plain, 1)
			if err := transcripts.WriteRaw(s.Root(), sp, transcripts.Engine{Name: "x"}, []transcripts.Raw{{File: "0001.json", Bytes: []byte(secret)}}); err != nil {
				t.Fatal(err)
			}
			work := path.Join(layout.TranscribingOf(id), "abc")
			if err := s.Root().MkdirAll(work, 0o755); err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{
				path.Join(work, "0001.heard.json"):  secret,
				layout.Words + ".partial":           secret,
				sp.Folder + "/transcript/other.txt": secret,
				layout.Words + ".partial-journal":   secret,
			} {
				if err := s.Root().WriteFile(name, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			s.put(t,
				"clips/c.m4a", "clip", "clips/c.srt", "1\n00:00:00,000 --> 00:00:01,000\n"+secret+"\n",
				"clips/c.m4a.json", fmt.Sprintf(`{"schema":1,"recording":%q,"file":"c.m4a","at":8.9,"length":0.9,"samples":48000}`, id), // within the margin
				"clips/host.m4a", "clip", "clips/host.srt", plain,
				"clips/host.m4a.json", fmt.Sprintf(`{"schema":1,"recording":%q,"file":"host.m4a","at":1,"length":1,"samples":48000}`, id),
				"episodes/e.m4a", "episode", "episodes/e.vtt", secret, "episodes/e.transcript.json", secret,
				"episodes/e.m4a.json", strings.Replace(record("e.m4a", 12), `"notes"`, `"transcripts":["e.vtt","e.transcript.json"],"notes"`, 1),
			)
			if err := s.Root().MkdirAll(layout.Feed, 0o755); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"e.vtt", "e.transcript.json", id + ".html"} {
				if err := s.Root().WriteFile(path.Join(layout.Feed, name), []byte(secret), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			p, err := Find(t.Context(), s.Library, s.ledger, "@Guest1", Choice{Clips: true, Episodes: true, Words: true, Names: true})
			if err != nil {
				t.Fatal(err)
			}
			switch killed {
			case "after the captions":
				if err := transcripts.WriteForms(s.Root(), p.erasures[0].space, p.erasures[0].left); err != nil {
					t.Fatal(err)
				}
			case "before the index":
				if _, err := said.Discard(t.Context(), s.Library); err != nil {
					t.Fatal(err)
				}
				if err := p.erase(); err != nil {
					t.Fatal(err)
				}
			}
			if killed != "" {
				if p, err = Find(t.Context(), s.Library, s.ledger, "@Guest1", Choice{Clips: true, Episodes: true, Words: true, Names: true}); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Do(t.Context()); err != nil {
				t.Fatal(err)
			}
			if names := holding(t, s.Dir(), secret); len(names) > 0 {
				t.Errorf("%s is in %q", secret, names)
			}
			if _, err := s.Root().Stat(layout.TranscribingOf(id)); err == nil {
				t.Error("unfinished work is left")
			}
			if sp, err = s.Load(id); err != nil {
				t.Fatal(err)
			}
			tr, err := transcripts.Read(s.Root(), sp)
			if err != nil || len(tr.Utterances) != 1 || tr.Utterances[0].Text != plain+" is not "+plain {
				t.Fatalf("left: %+v, %v", tr, err)
			}
			find(t, s, plain, 1)
			find(t, s, secret, 0)
			if got := s.left(t, "clips"); got != "host.m4a host.m4a.json host.srt" {
				t.Errorf("clips: %s", got)
			}
			if p, err = Find(t.Context(), s.Library, s.ledger, "forgotten", Choice{Words: true}); err != nil {
				t.Fatal(err)
			}
			for _, it := range p.Items {
				if it.Kind == Transcript {
					t.Errorf("there is more to take out: %+v", it)
				}
			}
		})
	}
}

// find counts the hits of a word.
func find(t *testing.T, s *testLibrary, word string, want int) {
	t.Helper()
	n := 0
	for _, err := range said.Search(t.Context(), s.Library, words.Query{Words: word}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != want {
		t.Errorf("%s: %d hits, want %d", word, n, want)
	}
}

// Near turns that follow from levels, words go with the gate's margin; of turns
// that the host has confirmed it is a small one.
func TestWordsNearTurns(t *testing.T) {
	for _, test := range []struct {
		name      string
		confirmed bool
		cues      []transcript.Cue
		want      string
	}{
		{"approximate", false, []transcript.Cue{timed(8.2, 9.6, "far far near near near near near")}, "far far"},
		{"confirmed", true, []transcript.Cue{timed(8.2, 9.6, "far far far far far far far")}, "far far far far far far far"},
		{"named by a file", false, []transcript.Cue{{Start: 1, End: 2, Speaker: "GUEST1", Text: "secret"}, {Start: 3, End: 4, Speaker: "hostess", Text: "plain"}}, "plain"},
		{"nobody is named", false, []transcript.Cue{{Start: 1, End: 2, Speaker: "SPEAKER_01", Text: "plain"}, {Start: 9, End: 10, Speaker: "SPEAKER_00", Text: "secret"}}, "plain"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newTestLibrary(t)
			sp, err := s.Load(id)
			if err != nil {
				t.Fatal(err)
			}
			if test.confirmed {
				turns, err := s.TurnsOf(sp)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.ConfirmTurns(sp, turns.Turns); err != nil {
					t.Fatal(err)
				}
			}
			s.speak(t, sp, test.cues...)
			p, err := Find(t.Context(), s.Library, s.ledger, "guest1", Choice{Words: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Do(t.Context()); err != nil {
				t.Fatal(err)
			}
			tr, err := transcripts.Read(s.Root(), sp)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, u := range tr.Utterances {
				got = append(got, u.Text)
			}
			if text := strings.Join(got, "|"); text != test.want {
				t.Errorf("left: %q, want %q", text, test.want)
			}
		})
	}
}

// Where nobody knows what in a transcript is whose, all of it goes.
func TestWordsOfOtherSound(t *testing.T) {
	s := newTestLibrary(t)
	sp, err := s.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	s.speak(t, sp, timed(1, 8, plain))
	name := s.Path(layout.TranscriptIn(sp.Folder))
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.Replace(b, []byte(sp.Pieces[0].SHA256), []byte(strings.Repeat("0", 64)), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := Find(t.Context(), s.Library, s.ledger, "guest1", Choice{Words: true})
	if err == nil {
		err = p.Do(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := s.left(t, layout.Transcript); got != "" {
		t.Errorf("left: %s", got)
	}
	if names := holding(t, s.Dir(), plain); len(names) > 0 {
		t.Errorf("%s is in %q", plain, names)
	}
}

// In a Space that was removed they are forgotten too, and it can be brought back.
func TestWordsOfRemoved(t *testing.T) {
	s := newTestLibrary(t)
	sp, err := s.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	s.speak(t, sp, timed(1, 8, plain), timed(10.2, 11.5, secret))
	find(t, s, secret, 1)
	if err := transcripts.WriteRaw(s.Root(), sp, transcripts.Engine{Name: "x"}, []transcripts.Raw{{File: "0001.json", Bytes: []byte(secret)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Remove(t.Context(), id, false, "test"); err != nil {
		t.Fatal(err)
	}
	p, err := Find(t.Context(), s.Library, s.ledger, "guest1", Choice{Words: true, Names: true})
	if err == nil {
		err = p.Do(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if names := holding(t, s.Dir(), secret); len(names) > 0 {
		t.Errorf("%s is in %q", secret, names)
	}
	list, err := s.Removed()
	if err != nil || len(list) != 1 {
		t.Fatalf("removed: %+v, %v", list, err)
	}
	if _, err := s.Restore(t.Context(), list[0].Place); err != nil {
		t.Fatal(err)
	}
	find(t, s, plain, 1)
}

// Nobody is forgotten while their words are being made.
func TestWordsBeingMade(t *testing.T) {
	s := newTestLibrary(t)
	dir := layout.TranscribingOf(id)
	if err := s.Root().MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := s.Root().Create(path.Join(dir, layout.TranscribingLock))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := flock.Try(f); err != nil {
		t.Fatal(err)
	}
	if err := s.Root().WriteFile(path.Join(dir, "x"), []byte(secret), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := Find(t.Context(), s.Library, s.ledger, "guest1", Choice{Words: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Do(t.Context()); !errors.Is(err, ErrTranscribing) {
		t.Errorf("%v", err)
	}
}

// Words that were not chosen stay, and so does the index.
func TestWordsStay(t *testing.T) {
	s := newTestLibrary(t)
	sp, err := s.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	s.speak(t, sp, timed(1, 8, plain), timed(10.2, 11.5, secret))
	p, err := Find(t.Context(), s.Library, s.ledger, "guest1", Choice{Names: true})
	if err == nil {
		err = p.Do(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	find(t, s, secret, 1)
	find(t, s, plain, 1)
	if sp, err = s.Load(id); err != nil {
		t.Fatal(err)
	}
	tr, err := transcripts.Read(s.Root(), sp)
	if err != nil || len(tr.Utterances) != 2 || tr.Utterances[1].Speakers[0] != "forgotten" {
		t.Errorf("left: %+v, %v", tr, err)
	}
}

// With the originals goes the folder of a recording, in the library or among what
// was removed: nothing is written into it any more, and the rest is done too.
func TestWordsWithOriginals(t *testing.T) {
	for _, aside := range []bool{false, true} {
		t.Run(fmt.Sprintf("removed %v", aside), func(t *testing.T) {
			s := newTestLibrary(t)
			sp, err := s.Load(id)
			if err != nil {
				t.Fatal(err)
			}
			s.speak(t, sp, timed(1, 8, plain), timed(10.2, 11.5, secret))
			if aside {
				if _, err := s.Remove(t.Context(), id, false, "test"); err != nil {
					t.Fatal(err)
				}
			}
			s.begin(t).Close()
			if err := s.Root().WriteFile("list.md", []byte("thanks to @guest1"), 0o644); err != nil {
				t.Fatal(err)
			}
			p, err := Find(t.Context(), s.Library, s.ledger, "guest1", Choice{Words: true, Names: true, Originals: true})
			if err == nil {
				err = p.Do(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{secret, plain, "guest1"} {
				if names := holding(t, s.Dir(), text); len(names) > 0 {
					t.Errorf("%s is in %q", text, names)
				}
			}
			if got := s.aside(t); got != "" {
				t.Errorf("can be brought back: %s", got)
			}
			if _, err := s.Root().Stat(layout.TranscribingOf(id)); err == nil {
				t.Error("unfinished work is left")
			}
		})
	}
}

// begin begins a transcript of the Space, with a word that was heard, and returns
// its lock, which is not taken.
func (s *testLibrary) begin(t *testing.T) *os.File {
	t.Helper()
	dir := layout.TranscribingOf(id)
	if err := s.Root().MkdirAll(path.Join(dir, "abc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := s.Root().WriteFile(path.Join(dir, "abc", "0001.heard.json"), []byte(`"`+secret+`"`), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := s.Root().Create(path.Join(dir, layout.TranscribingLock))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// The work on a transcript goes with the words or the originals only, as a whole,
// and never while somebody is at it.
func TestUnfinishedWords(t *testing.T) {
	for _, test := range []struct {
		choice Choice
		goes   bool
	}{
		{Choice{}, false},
		{Choice{Clips: true, Episodes: true}, false},
		{Choice{Names: true}, false},
		{Choice{Words: true}, true},
		{Choice{Originals: true}, true},
	} {
		for _, live := range []bool{false, true} {
			t.Run(fmt.Sprintf("%+v live %v", test.choice, live), func(t *testing.T) {
				s := newTestLibrary(t)
				f := s.begin(t)
				if live {
					if err := flock.Try(f); err != nil {
						t.Fatal(err)
					}
				} else {
					f.Close()
				}
				dir := layout.TranscribingOf(id)
				p, err := Find(t.Context(), s.Library, s.ledger, "guest1", test.choice)
				if err != nil {
					t.Fatal(err)
				}
				want, found := fate(test.goes, Removed), false
				for _, it := range p.Items {
					if it.Name == path.Join(dir, layout.TranscribingLock) {
						t.Errorf("the lock is listed: %+v", it)
					}
					if it.Name == path.Join(dir, "abc", "0001.heard.json") {
						if found = true; it.Fate != want {
							t.Errorf("%+v, want %s", it, want)
						}
					}
				}
				if !found {
					t.Errorf("what was heard is not listed: %+v", p.Items)
				}
				err = p.Do(t.Context())
				if refused := live && test.goes; errors.Is(err, ErrTranscribing) != refused || !refused && err != nil {
					t.Fatalf("%v, want refused: %v", err, refused)
				}
				gone := test.goes && !live
				if _, err := s.Root().Stat(dir); errors.Is(err, fs.ErrNotExist) != gone {
					t.Errorf("the folder: %v, want gone: %v", err, gone)
				}
				if _, err := s.Root().Stat(path.Join(dir, layout.TranscribingLock)); errors.Is(err, fs.ErrNotExist) != gone {
					t.Errorf("the lock: %v, want gone: %v", err, gone)
				}
				if _, err := s.Load(id); live && err != nil {
					t.Errorf("the Space: %v", err)
				}
			})
		}
	}
}
