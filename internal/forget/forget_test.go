package forget

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
)

const id = "1ypKdEXvkMLGW"

// testLibrary is a library with one Space, in which guest1 speaks from 10 s on.
type testLibrary struct {
	*library.Library
	ledger *consent.Ledger
	folder string // of the Space, absolute
}

func newTestLibrary(t *testing.T) *testLibrary {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	archive := fixture.One()
	if _, err := archive.WriteZIP(filepath.Join(dir, "one.zip")); err != nil {
		t.Fatal(err)
	}
	l, err := library.OpenWrite(ctx, library.Options{Dir: filepath.Join(dir, "lib"), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	if _, err := intake.Import(ctx, l, []string{filepath.Join(dir, "one.zip")}, intake.Options{}, func(intake.Event) {}); err != nil {
		t.Fatal(err)
	}
	ledger, err := consent.Open(l.Dir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ledger.Close() })
	s, err := l.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	return &testLibrary{l, ledger, l.Path(s.Folder)}
}

// put writes files into the Space's folder: names and contents in turn.
func (s *testLibrary) put(t *testing.T, files ...string) {
	t.Helper()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(s.folder, filepath.FromSlash(files[i]))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// left lists what is in a folder of the Space.
func (s *testLibrary) left(t *testing.T, folder string) string {
	t.Helper()
	sp, err := s.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(s.Path(sp.Folder + "/" + folder))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// record is that of an episode with what was said up to end.
func record(file string, end float64) string {
	return fmt.Sprintf(`{"schema":1,"id":%q,"file":%q,"notes":"shared.notes.md","cover":"../../../../library.json","kept":[{"start":0,"seconds":%g,"at":0}]}`, id, file, end)
}

// What stands beside an episode that stays, stays; and no record leads out of
// its folder.
func TestShared(t *testing.T) {
	s := newTestLibrary(t)
	s.put(t,
		"episodes/all.m4a", "all of it", "episodes/all.m4a.json", record("all.m4a", 12),
		"episodes/some.m4a", "the host", "episodes/some.m4a.json", record("some.m4a", 9),
		"episodes/shared.notes.md", "with @guest1 and @guest10",
		"episodes/odd.m4a.json", record("../../../../library.json", 12),
		"episodes/picture.png", "of @Guest1",
	)
	p, err := Find(t.Context(), s.Library, s.ledger, "@Guest1", Choice{Episodes: true, Names: true})
	if err != nil {
		t.Fatal(err)
	}
	fates := make(map[string]Fate)
	for _, it := range p.Items {
		fates[filepath.Base(it.Name)] = it.Fate
	}
	for name, want := range map[string]Fate{"all.m4a": Removed, "some.m4a": "", "shared.notes.md": Rewritten, "picture.png": Stays, "library.json": ""} {
		if fates[name] != want {
			t.Errorf("%s: %q, not %q", name, fates[name], want)
		}
	}
	if p.Staying() != 1 || len(p.Sent()) != 0 {
		t.Errorf("%d originals stay, %d copies elsewhere", p.Staying(), len(p.Sent()))
	}
	if err := p.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.left(t, "episodes"); got != "odd.m4a.json picture.png shared.notes.md some.m4a some.m4a.json" {
		t.Errorf("left are %s", got)
	}
	left, err := p.Left(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 2 || !strings.HasSuffix(left[0], "episodes/picture.png") || !strings.Contains(left[1], "/original/") {
		t.Errorf("named in %q", left)
	}
	if strings.Contains(strings.Join(left, ""), "guest1") {
		t.Errorf("the folder has the name: %q", left)
	}
	if b, err := s.Read("library.json"); err != nil || len(b) == 0 {
		t.Errorf("library.json: %v", err)
	}
}

// Each choice does what it says, and nothing else.
func TestChoices(t *testing.T) {
	for _, test := range []struct {
		choice                 Choice
		clips, episodes, named bool // that are left
	}{
		{Choice{Clips: true}, false, true, true},
		{Choice{Episodes: true}, true, false, true},
		{Choice{Names: true}, true, true, false},
	} {
		t.Run(fmt.Sprintf("%+v", test.choice), func(t *testing.T) {
			s := newTestLibrary(t)
			s.put(t,
				"clips/c.m4a", "clip", "clips/c.m4a.json", fmt.Sprintf(`{"schema":1,"recording":%q,"file":"c.m4a","at":10,"length":1,"samples":48000}`, id),
				"clips/host.m4a", "clip", "clips/host.m4a.json", fmt.Sprintf(`{"schema":1,"recording":%q,"file":"host.m4a","at":1,"length":1,"samples":48000}`, id),
				"episodes/e.m4a", "episode", "episodes/e.m4a.json", record("e.m4a", 12),
			)
			p, err := Find(t.Context(), s.Library, s.ledger, "guest1", test.choice)
			if err == nil {
				err = p.Do(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			clips, episodes := s.left(t, "clips"), s.left(t, "episodes")
			if !strings.Contains(clips, "host.m4a") || strings.Contains(clips, "c.m4a") != test.clips || strings.Contains(episodes, "e.m4a") != test.episodes {
				t.Errorf("%+v leaves %s, %s", test.choice, clips, episodes)
			}
			sp, err := s.Load(id)
			if err != nil {
				t.Fatal(err)
			}
			if named := strings.Contains(sp.Title, "guest1"); named != test.named {
				t.Errorf("%+v: the title is %s", test.choice, sp.Title)
			}
			if len(sp.Speakers) != 2 || len(sp.Pieces) != 1 {
				t.Errorf("%+v: %d speakers, %d pieces", test.choice, len(sp.Speakers), len(sp.Pieces))
			}
		})
	}
}

// What stands in the place of names is not taken out, and whoever is not there
// is not found.
func TestWords(t *testing.T) {
	s := newTestLibrary(t)
	if _, err := Find(t.Context(), s.Library, s.ledger, "forgotten", Choice{Names: true}); err == nil {
		t.Error("forgotten is taken out")
	}
	for _, word := range []string{"host", "@Speaker", "m4a", "hosted", "l"} {
		if p, err := Find(t.Context(), s.Library, s.ledger, word, Choice{Names: true}); err != nil || len(p.Items) > 0 {
			t.Errorf("%s: %+v, %v", word, p, err)
		}
	}
	p, err := Find(t.Context(), s.Library, s.ledger, "guest", Choice{Names: true})
	if err != nil || len(p.Items) > 0 {
		t.Errorf("%v, %v", p, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Find(ctx, s.Library, s.ledger, "guest1", Choice{}); err == nil {
		t.Error("it was not stopped")
	}
}

// What an upload in doubt keeps in base64, and the words of a post, are looked
// into; an answer for the person's id goes with its evidence.
func TestPosts(t *testing.T) {
	s := newTestLibrary(t)
	state := base64.StdEncoding.EncodeToString([]byte(`{"intent":{"text":"with @Guest1, and guest10"}}`))
	other := base64.StdEncoding.EncodeToString([]byte(`{"intent":{"text":"alone"}}`))
	if err := os.Mkdir(s.Path("uploads"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"uploads/journal.jsonl":  `{"schema":1,"place":"x://me","object":"a","state":"` + state + "\"}\n" + `{"schema":1,"place":"x://me","object":"b","state":"` + other + "\"}\n",
		"uploads/receipts.jsonl": `{"schema":1,"id":"1ypKdEXvkMLGW","kind":"post","file":"a.mp4","place":"x://me","object":"a","post":{"id":"1","text":"hear @guest1"}}` + "\n",
	} {
		if err := os.WriteFile(s.Path(name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	e, err := s.ledger.Keep(t.Context(), strings.NewReader("yes"), ".txt")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ledger.Add(t.Context(), consent.Entry{Kind: consent.Consent, ID: "555000111", Answer: consent.Granted, Evidence: e}); err != nil {
		t.Fatal(err)
	}
	p, err := Find(t.Context(), s.Library, s.ledger, "guest1", Choice{Names: true})
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]Fate)
	for _, it := range p.Items {
		found[it.Name] = it.Fate
	}
	for name, want := range map[string]Fate{"uploads/journal.jsonl": Rewritten, "uploads/receipts.jsonl": Rewritten, "x://me/a": Stays, e.Name: Removed} {
		if found[name] != want {
			t.Errorf("%s: %q, want %q", name, found[name], want)
		}
	}
	if err := p.Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(s.Path("uploads/journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	want := base64.StdEncoding.EncodeToString([]byte(`{"intent":{"text":"with @forgotten, and guest10"}}`))
	if text := string(b); !strings.Contains(text, `"state":"`+want+`"`) || !strings.Contains(text, other) || strings.Contains(text, state) {
		t.Errorf("the journal says %s", text)
	}
	if b, err = os.ReadFile(s.Path("uploads/receipts.jsonl")); err != nil || !strings.Contains(string(b), "hear @forgotten") {
		t.Errorf("the receipts say %s, %v", b, err)
	}
	if _, err := os.Stat(s.Path(e.Name)); len(s.ledger.Entries()) > 0 || err == nil {
		t.Errorf("left: %+v, evidence: %v", s.ledger.Entries(), err)
	}
	left, err := p.Left(t.Context())
	for _, name := range left {
		if strings.HasPrefix(name, "uploads/") || strings.HasPrefix(name, "consent/") {
			t.Errorf("still named in %s, %v", name, err)
		}
	}
}
