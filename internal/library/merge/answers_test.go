package merge

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/forgotten"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A side is a library as far as answers go: its ledger, the accounts of its
// archives, and its recordings.
type side struct {
	ledger *consent.Ledger
	owners consent.Owners
	recs   []*space.Recording
}

var (
	hostA = space.Person{ID: "111111111", Handle: "host_a"}
	hostB = space.Person{ID: "222222222", Handle: "host_b"}
)

func ledgerIn(t testing.TB, dir string) *consent.Ledger {
	t.Helper()
	l, err := consent.Open(dir, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// randomAnswers writes a ledger as programs of before and after accounts did.
func randomAnswers(r *rand.Rand, n int, shared []consent.Entry, account *space.Person) []consent.Entry {
	list := append([]consent.Entry(nil), shared[:r.IntN(len(shared)+1)]...)
	people := []string{"ann", "bob"}
	for range n {
		e := consent.Entry{Kind: consent.Consent, Handle: people[r.IntN(len(people))], At: space.Time{Time: time.Date(2026, 1, 1+r.IntN(20), 0, 0, 0, 0, time.UTC)}}
		e.Answer = []consent.Answer{consent.Granted, consent.Granted, consent.Granted, consent.Granted, consent.Declined, consent.Withdrawn}[r.IntN(6)]
		if r.IntN(3) == 0 {
			e.For = []consent.Purpose{consent.Purposes[r.IntN(len(consent.Purposes))]}
		}
		if r.IntN(3) == 0 {
			e.Recording = []string{"shared0000", "own0000000"}[r.IntN(2)]
		}
		if e.Answer == consent.Granted && r.IntN(4) == 0 {
			until := time.Date(2026, 1, 10+r.IntN(30), 0, 0, 0, 0, time.UTC)
			e.Until = &until
		}
		if r.IntN(2) == 0 {
			e.Account = account
		}
		list = append(list, e)
	}
	return list
}

// Whatever two ledgers say, the one that both become never allows what either
// forbids, and allows nothing that neither does; and a yes to one host is none to
// another.
func TestNeverLoosened(t *testing.T) {
	t.Parallel()
	archive := func(id string, p space.Person) string {
		return fmt.Sprintf(`{"schema":1,"sha256":%q,"account":{"id":%q,"handle":%q}}`, strings.Repeat(id, 64), p.ID, p.Handle)
	}
	sidecar := func(id string, p *space.Person) string {
		account := ""
		if p != nil {
			account = fmt.Sprintf(`,"account":{"id":%q,"handle":%q}`, p.ID, p.Handle)
		}
		return fmt.Sprintf(`{"schema":1,"id":%q,"title":"x","title_source":"filename"%s,"state":"no-audio","folder":"","sources":{},"files":[],"file_sha256":[]}`, id, account)
	}
	seeds := 15
	if os.Getenv("SPACES_LONG") != "" {
		seeds = 150
	} else if testing.Short() {
		seeds = 6
	}
	agreed, withheld := 0, 0
	for seed := range seeds {
		r := rand.New(rand.NewPCG(uint64(seed), 18))
		shared := randomAnswers(r, 2, nil, nil)
		var dirs [2]string
		var accounts [2]*space.Person
		switch r.IntN(5) { // in the last case nobody knows whose they are
		case 0:
			accounts = [2]*space.Person{&hostA, &hostA}
		case 1:
			accounts = [2]*space.Person{&hostA, &hostB}
		case 2:
			accounts = [2]*space.Person{&hostA, nil}
		case 3:
			accounts = [2]*space.Person{nil, &hostB}
		}
		oneHost := accounts[0] != nil && accounts[0] == accounts[1]
		ids := [2][]string{{"shared0000", "own0000000", "mine000000"}, {"shared0000", "own0000000", "theirs0000"}}
		for i := range dirs {
			dirs[i] = libraryOf(t, "")
			if accounts[i] != nil {
				write(t, dirs[i], layout.ArchiveOf(strings.Repeat(string("ab"[i]), 64)), archive(string("ab"[i]), *accounts[i]))
			}
			for n, id := range ids[i] {
				account := accounts[i]
				if n == 1 {
					account = nil // a loose recording
				}
				write(t, dirs[i], layout.Recordings+"/undated/x ["+id+"]/"+layout.Sidecar, sidecar(id, account))
			}
			answer(t, dirs[i], randomAnswers(r, r.IntN(5), shared, accounts[i])...)
		}
		before := [2]*side{sideOf(t, dirs[0]), sideOf(t, dirs[1])}
		into(t, dirs[0], dirs[1])
		after := sideOf(t, dirs[0])
		at := time.Date(2026, 1, 25, 0, 0, 0, 0, time.UTC)
		for _, who := range []consent.Who{{Handle: "ann"}, {Handle: "bob"}} {
			for _, rec := range after.recs {
				for _, p := range consent.Purposes {
					now := after.ledger.Standing(who, rec, p, at)
					allowed := false
					for i, s := range before {
						had := s.rec(rec.ID)
						if had == nil {
							// It may be said of all recordings of that host.
							had = &space.Recording{ID: rec.ID, Account: rec.Account}
						}
						was := s.ledger.Standing(who, had, p, at).Answer
						allowed = allowed || was.Agreed()
						over := was == consent.Expired && oneHost // a yes to one host has no end for another
						if now.Answer.Agreed() && (was == consent.Declined || was == consent.Withdrawn || over) {
							t.Errorf("seed %d: %s, %s, %s: %s in library %d, and agreed in both: %+v", seed, who, rec.ID, p, was, i, now.Entry)
						}
					}
					if !now.Answer.Agreed() {
						withheld++
						continue
					}
					agreed++
					if !allowed {
						t.Errorf("seed %d: %s, %s, %s: agreed, and in neither library before: %+v", seed, who, rec.ID, p, now.Entry)
					}
					if to := now.Entry.Account; to != nil && to.ID != "" && rec.Account != nil && rec.Account.ID != to.ID {
						t.Errorf("seed %d: %s, %s: a yes to %s counts for %s", seed, who, rec.ID, to.Handle, rec.Account.Handle)
					}
					// A library's own recordings are as free as they were, at most.
					own := before[0]
					if own.rec(rec.ID) == nil {
						own = before[1]
					}
					if had := own.rec(rec.ID); !oneHost && rec.ID != "shared0000" && rec.ID != "own0000000" && !own.ledger.Standing(who, had, p, at).Answer.Agreed() {
						t.Errorf("seed %d: %s, %s, %s: a yes of the other host counts: %+v", seed, who, rec.ID, p, now.Entry)
					}
				}
			}
		}
		text := tree(t, dirs[0])[layout.Answers]
		if x := into(t, dirs[0], dirs[1]); x.Answers != 0 || tree(t, dirs[0])[layout.Answers] != text {
			t.Errorf("seed %d: a second merge brings %d entries", seed, x.Answers)
		}
		if t.Failed() {
			t.Fatalf("here:\n%s\nthere:\n%s", text, tree(t, dirs[1])[layout.Answers])
		}
	}
	if agreed == 0 || withheld == 0 {
		t.Errorf("%d agreed, %d withheld: nothing was tested", agreed, withheld)
	}
}

func sideOf(t testing.TB, dir string) *side {
	t.Helper()
	s := new(side)
	with(t, dir, func(l *library.Library) {
		var err error
		if s.owners, err = consent.OwnersOf(l); err != nil {
			t.Fatal(err)
		}
		if err := l.Spaces(func(_ string, sp *space.Space, err error) error {
			if err == nil {
				s.recs = append(s.recs, &sp.Recording)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
	s.ledger = ledgerIn(t, dir)
	s.ledger.Owners = s.owners
	return s
}

func (s *side) rec(id string) *space.Recording {
	for _, r := range s.recs {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// Whoever has said no in one library does not agree in the other by a later date;
// it is told, and a new answer counts.
func TestNoWins(t *testing.T) {
	t.Parallel()
	archive := zip(t, fixture.Small(), nil)
	other, dir := libraryOf(t, archive), libraryOf(t, archive)
	answer(t, dir, entry("tomokafor", consent.Declined, 2), entry("mika_prod", consent.Granted, 2))
	answer(t, other, entry("tomokafor", consent.Granted, 9), entry("mika_prod", consent.Withdrawn, 1))
	// A no that both know, to which only this one knows a later yes.
	for _, d := range []string{dir, other} {
		answer(t, d, entry("lea", consent.Declined, 2))
	}
	answer(t, dir, entry("lea", consent.Granted, 5))
	x := into(t, dir, other)
	if len(x.conflicts) != 3 || x.conflicts[2].Kept != There || x.conflicts[0].Kept != Here || x.conflicts[1].Kept != There {
		t.Errorf("%+v", x.conflicts)
	}
	stands := func(handle string) consent.Answer {
		s := sideOf(t, dir)
		return s.ledger.Standing(consent.Who{Handle: handle}, s.rec(firstID), consent.Clip, mergedAt).Answer
	}
	if stands("tomokafor") != consent.Declined || stands("mika_prod") != consent.Withdrawn || stands("lea") != consent.Declined {
		t.Errorf("%s, %s, %s", stands("tomokafor"), stands("mika_prod"), stands("lea"))
	}
	answer(t, dir, entry("tomokafor", consent.Granted, 20), entry("lea", consent.Granted, 20))
	if stands("tomokafor") != consent.Granted || stands("lea") != consent.Granted {
		t.Errorf("a new answer is %s", stands("tomokafor"))
	}
	if x := into(t, dir, other); x.Changed() || stands("tomokafor") != consent.Granted || stands("lea") != consent.Granted {
		t.Errorf("merged again: %+v, %s", x.Summary, stands("tomokafor"))
	}
}

// Somebody forgotten in either library has withdrawn in the result, whatever the
// other one has of them; their name does not come back.
func TestForgottenWins(t *testing.T) {
	t.Parallel()
	archive := zip(t, fixture.Small(), nil)
	other, dir := hosted(t, archive), libraryOf(t, "")
	forget := func(dir, handle string) {
		l, err := consent.Open(dir, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if err := l.Remember(handle); err != nil {
			t.Fatal(err)
		}
	}
	forget(dir, "tomokafor")
	clip(t, other, firstID, "of @tomokafor.m4a", "their voice")
	x := into(t, dir, other)
	if x.Added != 3 || x.Withheld == 0 || x.Answers != 0 || x.Problems != 0 {
		t.Errorf("%+v %v", x.Summary, x.problems)
	}
	for name, content := range tree(t, dir) {
		if strings.Contains(name, layout.Original) || name == layout.Forgotten {
			continue // originals are as they came: what was forgotten is told of them
		}
		if low := strings.ToLower(name + content); strings.Contains(low, "@tomokafor") || strings.Contains(low, `"tomokafor"`) {
			t.Errorf("%s names somebody who was forgotten", name)
		}
	}
	clean(t, dir)
	if x := into(t, dir, other); x.Changed() {
		t.Errorf("a second merge: %+v", x.Summary)
	}

	// Forgotten there, and known here by a later yes.
	other, dir = libraryOf(t, archive), libraryOf(t, archive)
	forget(other, "mika_prod")
	answer(t, dir, consent.Entry{Handle: "mika_prod", Answer: consent.Granted, For: consent.Covers(consent.Granted, nil), At: space.Time{Time: mergedAt.Add(-time.Minute)}})
	x = into(t, dir, other)
	if x.Forgotten != 1 || x.conflict(OfForgotten) == nil || !strings.Contains(x.conflict(OfForgotten).Message, "@mika_prod") {
		t.Errorf("%+v %v", x.Summary, x.conflicts)
	}
	s := sideOf(t, dir)
	if got := s.ledger.Standing(consent.Who{Handle: "mika_prod"}, s.rec(firstID), consent.Clip, mergedAt); got.Answer != consent.Withdrawn {
		t.Errorf("%+v", got)
	}
	with(t, dir, func(l *library.Library) {
		list, err := forgotten.Load(l.Root())
		if err != nil || !list.HasHandle("Mika_Prod") {
			t.Errorf("%v: not forgotten", err)
		}
	})
}

// A library without an account of its own stays one when another host's comes in:
// also later, neither's yes counts for the recordings of the other.
func TestHostWithoutAccount(t *testing.T) {
	t.Parallel()
	sidecar := func(dir, id string) {
		write(t, dir, layout.Recordings+"/undated/x ["+id+"]/"+layout.Sidecar, fmt.Sprintf(
			`{"schema":1,"id":%q,"title":"x","title_source":"filename","state":"no-audio","folder":"","sources":{},"files":[],"file_sha256":[]}`, id))
	}
	dir, other := libraryOf(t, ""), libraryOf(t, zip(t, fixture.Short(), nil))
	sidecar(dir, "mine000000")
	sidecar(other, "theirs0000")
	answer(t, dir, entry("ann", consent.Granted, 2))
	answer(t, other, entry("bob", consent.Granted, 2))
	stands := func(who, id string) consent.Answer {
		s := sideOf(t, dir)
		return s.ledger.Standing(consent.Who{Handle: who}, s.rec(id), consent.Clip, mergedAt).Answer
	}
	check := func(ids ...string) {
		t.Helper()
		for _, id := range ids {
			ann, bob := consent.Unknown, consent.Granted
			if id == "mine000000" {
				ann, bob = bob, ann
			}
			if a, b := stands("ann", id), stands("bob", id); a != ann || b != bob {
				t.Errorf("%s: ann %s, bob %s", id, a, b)
			}
		}
	}
	into(t, dir, other)
	check("mine000000", "theirs0000", firstID)
	sidecar(other, "later00000")
	answer(t, other, entry("carol", consent.Granted, 3))
	if x := into(t, dir, other); x.Added != 1 || x.Answers != 1 {
		t.Errorf("%+v", x.Summary)
	}
	check("mine000000", "theirs0000", "later00000")
	if got := stands("carol", "mine000000"); got != consent.Unknown {
		t.Errorf("carol: %s", got)
	}
}

// A library that has the record of an archive without Spaces, and nothing else, is
// no copy of what a colleague's holds: that a guest said yes to a host whom nobody
// knows is no yes to this one, in either order.
func TestArchiveAloneIsNoCopy(t *testing.T) {
	t.Parallel()
	archive := fmt.Sprintf(`{"schema":1,"sha256":%q,"account":{"id":%q,"handle":%q}}`, strings.Repeat("a", 64), hostA.ID, hostA.Handle)
	sidecar := `{"schema":1,"id":"loose00000","title":"x","title_source":"filename","state":"no-audio","folder":"","sources":{},"files":[],"file_sha256":[]}`
	make := func() (alone, loose string) {
		alone, loose = libraryOf(t, ""), libraryOf(t, "")
		write(t, alone, layout.ArchiveOf(strings.Repeat("a", 64)), archive)
		write(t, loose, layout.Recordings+"/undated/x [loose00000]/"+layout.Sidecar, sidecar)
		answer(t, loose, entry("ann", consent.Granted, 2))
		return alone, loose
	}
	alone, loose := make()
	into(t, alone, loose)
	s := sideOf(t, alone)
	rec := &space.Recording{ID: "new0000000", Account: &hostA}
	if st := s.ledger.Standing(consent.Who{Handle: "ann"}, rec, consent.Clip, mergedAt); st.Answer.Agreed() {
		t.Errorf("a yes to a host whom nobody knows counts for %s: %+v", hostA.Handle, st)
	}
	alone, loose = make()
	into(t, loose, alone)
	s = sideOf(t, loose)
	if len(s.owners.Accounts) != 1 || !s.owners.Mixed {
		t.Errorf("the host of the archive is taken for that of the loose recordings: %+v", s.owners)
	}
	if st := s.ledger.Standing(consent.Who{Handle: "ann"}, s.rec("loose00000"), consent.Clip, mergedAt); !st.Answer.Agreed() {
		t.Errorf("the library's own yes is lost: %+v", st)
	}
}

// A yes among several hosts that says not to which counts for nothing; also where a
// run was killed when only the archive of the first of them had come.
func TestSeveralHostsKilled(t *testing.T) {
	t.Parallel()
	archive := func(id string, p space.Person) string {
		return fmt.Sprintf(`{"schema":1,"sha256":%q,"account":{"id":%q,"handle":%q}}`, strings.Repeat(id, 64), p.ID, p.Handle)
	}
	other, dir := libraryOf(t, ""), libraryOf(t, "")
	write(t, other, layout.ArchiveOf(strings.Repeat("a", 64)), archive("a", hostA))
	answer(t, other, entry("ann", consent.Granted, 2))
	write(t, other, layout.ArchiveOf(strings.Repeat("b", 64)), archive("b", hostB))
	into(t, dir, other)
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(layout.ArchiveOf(strings.Repeat("b", 64))))); err != nil {
		t.Fatal(err)
	}
	into(t, dir, other)
	s := sideOf(t, dir)
	for _, host := range []*space.Person{&hostA, &hostB, nil} {
		rec := &space.Recording{ID: "new0000000", Account: host}
		if st := s.ledger.Standing(consent.Who{Handle: "ann"}, rec, consent.Clip, mergedAt); st.Answer.Agreed() {
			t.Errorf("it counts for %v: %+v", host, st)
		}
	}
}
