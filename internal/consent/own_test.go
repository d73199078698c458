package consent

import (
	"fmt"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// Whose voice is the host's own: nobody is called so by a sidecar or a link.
func TestOwn(t *testing.T) {
	ann := &space.Person{Handle: "ann", ID: "1"}
	for _, tt := range []struct {
		name    string
		owners  Owners
		account *space.Person
		who     Who
		want    bool
	}{
		{"the host of a sidecar", Owners{}, nil, Who{Handle: "ann"}, false},
		{"the account of the archive", Owners{Accounts: []Who{{"ann", "1"}}}, ann, Who{Handle: "ann"}, true},
		{"under an earlier handle", Owners{Accounts: []Who{{"ann", "1"}}}, ann, Who{"annie", "1"}, true},
		{"another, who has the handle now", Owners{Accounts: []Who{{"ann", "1"}}}, ann, Who{"ann", "2"}, false},
		{"a stranger beside the archive", Owners{Accounts: []Who{{"ann", "1"}}}, nil, Who{Handle: "bob"}, false},
		{"the account in a file of its own", Owners{Accounts: []Who{{"ann", "1"}}}, nil, Who{Handle: "Ann"}, true},
		{"twice the same archive", Owners{Accounts: []Who{{"ann", "1"}, {"ann", "1"}}}, nil, Who{Handle: "ann"}, true},
		{"one of two accounts, in theirs", Owners{Accounts: []Who{{"ann", "1"}, {"bob", "2"}}}, ann, Who{Handle: "ann"}, true},
		{"one of two accounts, in the other's", Owners{Accounts: []Who{{"ann", "1"}, {"bob", "2"}}}, ann, Who{Handle: "bob"}, false},
		{"one of two accounts, in nobody's", Owners{Accounts: []Who{{"ann", "1"}, {"bob", "2"}}}, nil, Who{Handle: "ann"}, false},
		{"whom the host says to be", Owners{Me: []Who{{Handle: "cyd"}}}, ann, Who{Handle: "Cyd", ID: "3"}, true},
		{"by id", Owners{Me: []Who{{Handle: "3", ID: "3"}}}, ann, Who{Handle: "cyd", ID: "3"}, true},
		{"somebody without a handle", Owners{Me: []Who{{Handle: "cyd"}}}, ann, Who{ID: "3"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rec := &space.Recording{ID: "r1", Account: tt.account}
			if got := tt.owners.own(rec, tt.who); got != tt.want {
				t.Errorf("own is %v, want %v", got, tt.want)
			}
		})
	}
}

// Where nothing tells who was on stage, an unknown speaker is heard; the host
// counts even where the list of speakers lacks them.
func TestMissingUnknown(t *testing.T) {
	for _, tt := range []struct {
		name string
		rec  space.Recording
		want string
	}{
		{"no record at all", space.Recording{State: space.NoRecord}, "[an unknown speaker]"},
		{"a list of nobody", space.Recording{State: space.Complete}, "[an unknown speaker]"},
		{"a host whom a sidecar names", space.Recording{State: space.NoRecord, Host: &space.Person{Handle: "bob"}}, "[@bob an unknown speaker]"},
		{"a host who is not listed", space.Recording{State: space.Complete, Host: &space.Person{Handle: "bob"}}, "[@bob]"},
		{"a host who is", space.Recording{State: space.Complete, Host: &space.Person{ID: "7"}, Speakers: []space.Speaker{{Handle: "bob", ID: "7"}}}, "[@bob]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := openLedger(t)
			var got []string
			for _, m := range l.Missing(Use{Recording: &tt.rec}, Upload, day(1)) {
				got = append(got, m.Name())
			}
			if s := fmt.Sprint(got); s != tt.want {
				t.Errorf("%s, want %s", s, tt.want)
			}
		})
	}
}

// n turns of n people, in n parts, with n entries in the ledger: twice as many
// cost twice the time.
func BenchmarkMissing(b *testing.B) {
	for _, n := range []int{2000, 16000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			l := new(Ledger)
			rec := &space.Recording{ID: "r1"}
			turns := &space.Turns{Approximate: true}
			var parts []space.Stretch
			for i := range n {
				name := fmt.Sprintf("guest%d", i)
				l.append(Entry{Kind: Consent, Handle: name, Answer: Granted, For: []Purpose{Clip}})
				rec.Speakers = append(rec.Speakers, space.Speaker{Handle: name, Role: "speaker"})
				turns.Turns = append(turns.Turns, space.Turn{Handle: name, Start: float64(i), End: float64(i) + 1})
				parts = append(parts, space.Stretch{Start: float64(i), End: float64(i) + 0.5})
			}
			for b.Loop() {
				if got := len(l.Missing(Use{rec, turns, parts}, Upload, day(1))); got != n {
					b.Fatalf("%d are missing, want %d", got, n)
				}
			}
		})
	}
}
