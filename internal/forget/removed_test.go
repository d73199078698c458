package forget

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// aside are the places of what can be brought back.
func (s *testLibrary) aside(t *testing.T) string {
	t.Helper()
	list, err := s.Removed()
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, it := range list {
		if it.Kind == removed.Space {
			it.Place = "the Space"
		}
		places = append(places, it.Place)
	}
	return strings.Join(places, " ")
}

// remove removes clips and episodes of the Space, by their audio.
func (s *testLibrary) remove(t *testing.T, kind removed.Kind, dir string, files ...string) {
	t.Helper()
	sp, err := s.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	folder := path.Join(sp.Folder, dir)
	for _, file := range files {
		name := path.Join(folder, file)
		rec := removed.Record{Kind: kind, ID: id, Name: file, Folder: folder, Files: []removed.File{{Name: name}, {Name: name + ".json"}}}
		if _, err := s.Store().Put(rec); err != nil {
			t.Fatal(err)
		}
	}
}

// What was asked to be forgotten does not survive among what was removed.
func TestRemovedIsForgotten(t *testing.T) {
	for _, test := range []struct {
		name   string
		choice Choice
		space  bool   // the Space is removed too
		want   string // that can be brought back then
		inside string // clips and episodes in the removed Space
	}{
		{"nothing", Choice{}, false, "both.m4a e.m4a host.m4a named.m4a", ""},
		{"clips", Choice{Clips: true}, false, "e.m4a host.m4a named.m4a", ""},
		{"episodes", Choice{Episodes: true}, false, "both.m4a host.m4a named.m4a", ""},
		{"names", Choice{Names: true}, false, "both.m4a e.m4a host.m4a", ""},
		{"originals", Choice{Originals: true}, false, "", ""},
		{"clips of a removed Space", Choice{Clips: true}, true, "the Space e.m4a host.m4a named.m4a", "in.m4a"},
		{"names in a removed Space", Choice{Names: true}, true, "the Space both.m4a e.m4a host.m4a", "in.m4a heard.m4a"},
		{"originals of a removed Space", Choice{Originals: true}, true, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newTestLibrary(t)
			clip := func(file string, at float64) string {
				return fmt.Sprintf(`{"schema":1,"recording":%q,"file":%q,"at":%g,"length":1,"samples":48000,"title":"with @guest1"}`, id, file, at)
			}
			s.put(t,
				"clips/both.m4a", "sound", "clips/both.m4a.json", clip("both.m4a", 10),
				"clips/host.m4a", "sound", "clips/host.m4a.json", clip("host.m4a", 1),
				"clips/named.m4a", "sound, tagged @guest1", "clips/named.m4a.json", clip("named.m4a", 1),
				"clips/heard.m4a", "sound", "clips/heard.m4a.json", clip("heard.m4a", 10),
				"clips/in.m4a", "sound", "clips/in.m4a.json", clip("in.m4a", 1),
				"episodes/e.m4a", "sound", "episodes/e.m4a.json", record("e.m4a", 12),
			)
			s.remove(t, removed.Clip, layout.Clips, "both.m4a", "host.m4a", "named.m4a")
			s.remove(t, removed.Episode, layout.Episodes, "e.m4a")
			if test.space {
				if _, err := s.Library.Remove(t.Context(), id, false, "remove"); err != nil {
					t.Fatal(err)
				}
			}
			p, err := Find(t.Context(), s.Library, s.ledger, "guest1", test.choice)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Do(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := s.aside(t); got != test.want {
				t.Errorf("left are %q, want %q", got, test.want)
			}
			for _, file := range []string{"in.m4a", "heard.m4a"} {
				n := 0
				for _, f := range s.listed(t) {
					if isAside(f) && path.Base(f) == file {
						n++
					}
				}
				if want := strings.Count(test.inside, file); n != want {
					t.Errorf("%s is there %d times, want %d", file, n, want)
				}
			}
			left, err := p.Left(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range left {
				if isAside(name) && (test.choice.Originals || test.choice.Names && !strings.Contains(name, "/"+layout.Original+"/")) {
					t.Errorf("still named in %s", name)
				}
			}
		})
	}
}

// A voice in the intro of an episode that was removed is found as in one that is there.
func TestRemovedIntroIsForgotten(t *testing.T) {
	s := newTestLibrary(t)
	const sha = "1850f43db479168027044731fe18d2e45ba198fa6f7a42d035c5258564da920b" // of "copied sound"
	intro := strings.Replace(record("i.m4a", 1), `"kept"`, fmt.Sprintf(`"sha256":"`+sha+`","bytes":12,"intro":{"sha256":"x","heard":[{"id":%q,"parts":[{"start":10,"end":12}]}]},"kept"`, id), 1)
	s.put(t, "../../../feed/copy.m4a", "copied sound", "episodes/i.m4a", "copied sound", "episodes/i.m4a.json", intro, "episodes/j.m4a", "sound", "episodes/j.m4a.json", record("j.m4a", 1))
	s.remove(t, removed.Episode, layout.Episodes, "i.m4a", "j.m4a")
	if !slices.Contains(s.listed(t), "feed/copy.m4a") {
		t.Fatal("no copy")
	}
	p, err := Find(t.Context(), s.Library, s.ledger, "guest1", Choice{Episodes: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if slices.Contains(s.listed(t), "feed/copy.m4a") {
		t.Error("a copy beside the feed is left")
	}
	if got := s.aside(t); got != "j.m4a" {
		t.Errorf("left are %q, want j.m4a", got)
	}
}

// listed are the files of the library.
func (s *testLibrary) listed(t *testing.T) (names []string) {
	t.Helper()
	err := s.Files(t.Context(), func(name string, _ fs.FileInfo) error {
		names = append(names, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// Of a transcript that was removed the plan says what becomes of it: where it
// does not name them, names do not change it.
func TestRemovedTranscript(t *testing.T) {
	for _, test := range []struct {
		named  bool
		choice Choice
		want   Fate
	}{
		{false, Choice{Names: true}, Stays},
		{true, Choice{Names: true}, Rewritten},
		{true, Choice{Clips: true}, Stays},
		{false, Choice{Words: true}, Removed},
		{false, Choice{Originals: true}, Removed},
	} {
		t.Run(fmt.Sprintf("named %v %+v", test.named, test.choice), func(t *testing.T) {
			s := newTestLibrary(t)
			sp, err := s.Load(id)
			if err != nil {
				t.Fatal(err)
			}
			c := timed(10.2, 11.5, secret)
			if test.named {
				c.Speaker = "@guest1"
			}
			tr := transcripts.New(sp, sp.Audio.SampleRate, *sp.Samples, nil, []transcript.Cue{c})
			if err := said.Keep(t.Context(), s.Library, sp, tr); err != nil {
				t.Fatal(err)
			}
			it, err := said.PutAside(t.Context(), s.Library, sp, "test", time.Now())
			if err != nil {
				t.Fatal(err)
			}
			p, err := Find(t.Context(), s.Library, s.ledger, "guest1", test.choice)
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, found := range p.Items {
				if found.Kind == Transcript && found.place == it.Place {
					if n++; found.Fate != test.want || !found.Voice || found.Named != test.named {
						t.Errorf("%+v, want %s", found, test.want)
					}
				}
			}
			if n != 1 {
				t.Errorf("it is listed %d times", n)
			}
		})
	}
}
