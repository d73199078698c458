package consent

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

func day(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

// openLedger opens an empty ledger in the library of ann.
func openLedger(t *testing.T) *Ledger {
	t.Helper()
	l, err := Open(t.TempDir(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	l.Owners.Accounts = []Who{{Handle: "Ann"}}
	return l
}

func (l *Ledger) must(t *testing.T, entries ...Entry) {
	t.Helper()
	for _, e := range entries {
		if e.Kind == "" {
			e.Kind = Consent
		}
		if err := l.Add(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStanding(t *testing.T) {
	later := day(20)
	at := func(n int) space.Time { return space.Time{Time: day(n)} }
	for _, test := range []struct {
		name    string
		entries []Entry
		want    Answer
	}{
		{"none", nil, Unknown},
		{"another's", []Entry{{Handle: "bob", At: at(1), Answer: Granted}}, Unknown},
		{"handle in another form", []Entry{{Handle: "@ANN", At: at(1), Answer: Granted}}, Granted},
		{"the latest decides", []Entry{{Handle: "ann", At: at(1), Answer: Granted}, {Handle: "ann", At: at(2), Answer: Withdrawn}}, Withdrawn},
		{"the recording before the person", []Entry{{Handle: "ann", At: at(1), Answer: Declined, Recording: "r1"}, {Handle: "ann", At: at(2), Answer: Granted}}, Declined},
		{"a later withdrawal in general", []Entry{{Handle: "ann", At: at(1), Answer: Granted, Recording: "r1"}, {Handle: "ann", At: at(2), Answer: Withdrawn}}, Withdrawn},
		{"a later refusal in general", []Entry{{Handle: "ann", At: at(1), Answer: Granted, Recording: "r1"}, {Handle: "ann", At: at(2), Answer: Declined}}, Declined},
		{"an earlier withdrawal in general", []Entry{{Handle: "ann", At: at(1), Answer: Withdrawn}, {Handle: "ann", At: at(2), Answer: Granted, Recording: "r1"}}, Granted},
		{"a withdrawal of another purpose", []Entry{{Handle: "ann", At: at(1), Answer: Granted, Recording: "r1"}, {Handle: "ann", At: at(2), Answer: Withdrawn, For: []Purpose{Episode}}}, Granted},
		{"another recording", []Entry{{Handle: "ann", At: at(1), Answer: Declined, Recording: "r2"}, {Handle: "ann", At: at(2), Answer: Granted}}, Granted},
		{"another purpose", []Entry{{Handle: "ann", At: at(1), Answer: Granted, For: []Purpose{Episode}}}, Unknown},
		{"the purpose among others", []Entry{{Handle: "ann", At: at(1), Answer: Granted, For: []Purpose{Episode, Clip}}}, Granted},
		{"not yet", []Entry{{Handle: "ann", At: at(12), Answer: Granted}}, Unknown},
		{"before its end", []Entry{{Handle: "ann", At: at(1), Answer: Granted, Until: &later}}, Granted},
		{"over", []Entry{{Handle: "ann", At: at(1), Answer: Granted}, {Handle: "ann", At: at(2), Answer: Granted, Until: new(day(9))}}, Expired},
		{"an override is no answer", []Entry{{Kind: Override, At: at(1), Missing: []string{"ann"}}}, Unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := openLedger(t)
			l.must(t, test.entries...)
			if got := l.Standing(Who{Handle: "Ann"}, &space.Recording{ID: "r1"}, Clip, day(10)); got.Answer != test.want {
				t.Errorf("%s: %s, want %s", test.name, got.Answer, test.want)
			}
		})
	}
}

// conversation is a recording of 100 s: ann hosts, bob speaks in the first half
// and again at 80, cyd is on stage and has no turns, an unknown speaker speaks at 90.
func conversation() (*space.Recording, *space.Turns) {
	talk := 50.0
	rec := &space.Recording{ID: "r1", Account: &space.Person{Handle: "Ann"}, Speakers: []space.Speaker{
		{Handle: "ann", Role: "host", TalkSeconds: &talk}, {Handle: "Bob", Role: "speaker", TalkSeconds: &talk}, {Handle: "cyd", Role: "co-host"},
	}}
	return rec, &space.Turns{Approximate: true, Turns: []space.Turn{
		{Handle: "bob", Start: 10, End: 20}, {Handle: "ann", Start: 20, End: 80}, {Handle: "bob", Start: 80, End: 85}, {Start: 90, End: 95},
	}}
}

func TestMissing(t *testing.T) {
	rec, turns := conversation()
	word := &space.Turns{Turns: turns.Turns}
	for _, test := range []struct {
		name       string
		turns      *space.Turns
		start, end float64
		entries    []Entry
		want       string
	}{
		{"all", turns, 0, 0, nil, "@Bob 10-20 80-85, @cyd, an unknown speaker 90-95"},
		{"a part", turns, 15, 50, nil, "@Bob 15-21.25, @cyd"},
		{"a part without them", turns, 30, 50, nil, "@cyd"},
		{"beside a guess", turns, 20.5, 50, nil, "@Bob 20.5-21.25, @cyd"},
		{"beside a turn of the host's own word", word, 20.1, 50, nil, "@Bob 20.1-20.25"},
		{"far enough from it", word, 20.25, 50, nil, ""},
		{"far enough from a guess", turns, 21.25, 50, nil, "@cyd"},
		{"turns that say nothing", &space.Turns{}, 30, 50, nil, "@Bob, @cyd"},
		{"the host's own word", word, 0, 0, nil, "@Bob 10-20 80-85, an unknown speaker 90-95"},
		{"no turns", nil, 30, 50, nil, "@Bob, @cyd"},
		{"agreed", turns, 0, 0, []Entry{{Handle: "bob", Answer: Granted}, {Handle: "cyd", Answer: Granted}}, "an unknown speaker 90-95"},
		{"the host declines", turns, 30, 50, []Entry{{Handle: "ann", Answer: Declined}}, "@ann 30-50, @cyd"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := openLedger(t)
			l.must(t, test.entries...)
			var got []string
			var parts []space.Stretch
			if test.end > 0 {
				parts = []space.Stretch{{Start: test.start, End: test.end}}
			}
			for _, m := range l.Missing(Use{rec, test.turns, parts}, Clip, day(10)) {
				s := m.Name()
				for _, span := range m.Spans {
					s += fmt.Sprintf(" %g-%g", span.Start, span.End)
				}
				got = append(got, s)
			}
			if s := strings.Join(got, ", "); s != test.want {
				t.Errorf("%s: %s; want %s", test.name, s, test.want)
			}
		})
	}
}

// Two speakers without handles are two people, and an answer for an id is one
// person's. Turns of an unknown speaker may be of either, and agree with neither.
func TestMissingByID(t *testing.T) {
	rec := &space.Recording{ID: "r1", Speakers: []space.Speaker{{ID: "555", Role: "speaker"}, {ID: "777", Role: "speaker"}, {Handle: "bob", ID: "999", Role: "speaker"}}}
	unnamed := &space.Turns{Approximate: true, Turns: []space.Turn{{Start: 1, End: 2}}}
	named := &space.Turns{Turns: []space.Turn{{Handle: "555", Start: 1, End: 2}}}
	for _, test := range []struct {
		turns *space.Turns
		agree []string
		want  string
	}{
		{nil, nil, "id 555, id 777, @bob"},
		{nil, []string{"555"}, "id 777, @bob"},
		{nil, []string{"555", "777", "999"}, ""},
		{unnamed, []string{"555", "999"}, "id 777 1, an unknown speaker 1"},
		{unnamed, []string{"555", "777", "999"}, "an unknown speaker 1"},
		{named, nil, "id 555 1"},
		{named, []string{"555"}, ""},
	} {
		t.Run(test.want, func(t *testing.T) {
			l := openLedger(t)
			for _, id := range test.agree {
				l.must(t, Entry{ID: id, Answer: Granted})
			}
			var got []string
			for _, m := range l.Missing(Use{Recording: rec, Turns: test.turns}, Clip, day(10)) {
				name := m.Name()
				for _, s := range m.Spans {
					name += fmt.Sprintf(" %g", s.Start)
				}
				got = append(got, name)
			}
			if s := strings.Join(got, ", "); s != test.want {
				t.Errorf("%v agree: %s; want %s", test.agree, s, test.want)
			}
		})
	}
}

func TestPolicy(t *testing.T) {
	rec, turns := conversation()
	l := openLedger(t)
	for _, test := range []struct {
		policy Policy
		action Action
		mode   Mode
		stops  bool
	}{
		{nil, Clipping, Warn, false},
		{nil, Exporting, Warn, false},
		{nil, SendingOwn, Warn, false},
		{nil, SendingAll, Require, true},
		{nil, Feeding, Require, true},
		{nil, Posting, Require, true},
		{Policy{SendingAll: Off}, SendingAll, Off, false},
		{Policy{Clipping: Require}, Clipping, Require, true},
	} {
		t.Run(fmt.Sprintf("%v %s", test.policy, test.action), func(t *testing.T) {
			f := l.Check(test.policy, test.action, Use{Recording: rec, Turns: turns}, day(1))
			if f.Mode != test.mode || f.Stops() != test.stops {
				t.Errorf("%v %s: mode %s, stops %v", test.policy, test.action, f.Mode, f.Stops())
			}
		})
	}
	f := l.Check(nil, Clipping, Use{rec, turns, []space.Stretch{{Start: 30, End: 50}}}, day(1))
	if got, want := f.Warning(), "1 speaker has not given consent: @cyd"; got != want {
		t.Errorf("warning %q, want %q", got, want)
	}
}

func TestPeople(t *testing.T) {
	rec, _ := conversation()
	l := openLedger(t)
	l.must(t, Entry{Handle: "bob", Answer: Granted, For: Covers(Granted, nil), At: space.Time{Time: day(1)}})
	var got []string
	for _, p := range l.People([]*space.Recording{rec, {ID: "r2", Speakers: []space.Speaker{{Handle: "BOB", ID: "7", Role: "co-host"}}}}, "", day(2)) {
		got = append(got, strings.Join([]string{p.Handle, p.ID, p.Role, string(p.Consent), strings.Join(p.Recordings, "+")}, " "))
	}
	want := []string{"ann  host own r1", "Bob 7 co-host granted r1+r2", "cyd  co-host unknown r1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLeaveOut(t *testing.T) {
	got := LeaveOut([]Missing{{Spans: []space.Stretch{{Start: 10, End: 20}, {Start: 50, End: 60}}}, {Spans: []space.Stretch{{Start: 0.1, End: 3}, {Start: 20.3, End: 22}, {Start: 99, End: 100}}}}, 0.25, 100)
	want := []space.Stretch{{Start: 0, End: 3.25}, {Start: 9.75, End: 22.25}, {Start: 49.75, End: 60.25}, {Start: 98.75, End: 100}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWithout(t *testing.T) {
	got := Without([]space.Stretch{{Start: 0, End: 10}, {Start: 20, End: 30}, {Start: 40, End: 50}}, []space.Stretch{{Start: 0, End: 1}, {Start: 4, End: 5}, {Start: 9, End: 22}, {Start: 39, End: 51}})
	want := []space.Stretch{{Start: 1, End: 4}, {Start: 5, End: 9}, {Start: 22, End: 30}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRefused(t *testing.T) {
	rec, turns := conversation()
	l := openLedger(t)
	e := &Refused{l.Check(nil, Posting, Use{Recording: rec, Turns: turns}, day(1))}
	want := "r1: 3 speakers have not given consent: @Bob, @cyd, an unknown speaker\n  @Bob speaks 0:10–0:20, 1:20–1:25\n" +
		"  @cyd speaks at an unknown time\n  an unknown speaker speaks 1:30–1:35"
	if e.Error() != want {
		t.Errorf("got %q, want %q", e.Error(), want)
	}
}

// TestForget searches the folder's bytes for what must be gone.
func TestForget(t *testing.T) {
	l := openLedger(t)
	dir := l.root.Name()
	e, err := l.Keep(t.Context(), strings.NewReader("Bob says yes"), ".txt")
	if err != nil {
		t.Fatal(err)
	}
	l.must(t,
		Entry{Handle: "bob", Answer: Granted, Evidence: e},
		Entry{Handle: "ann", Answer: Granted, Note: "told by @BOB, not by bobby"},
		Entry{Kind: Override, Missing: []string{"bob", "cyd"}, Note: "all knew"})
	n, err := l.Forget(t.Context(), "@Bob")
	if err != nil || n != 3 {
		t.Fatalf("changed %d, %v; want 3", n, err)
	}
	if len(l.Entries()) != 2 || l.Entries()[0].Note != "told by @forgotten, not by bobby" {
		t.Errorf("left: %+v", l.Entries())
	}
	err = filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		text := strings.ReplaceAll(strings.ToLower(string(b)), "bobby", "")
		if strings.Contains(text, "bob") {
			t.Errorf("%s still says %s", name, b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
