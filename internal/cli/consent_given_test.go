package cli

import (
	"testing"

	"github.com/spaces-cli/spaces/internal/consent"
)

// In a library without an account, into which recordings of unknown hosts came, a yes
// is one to its own: an entry that named no account would count for nothing.
func TestGivenToHostWithoutAccount(t *testing.T) {
	ledger, err := consent.Open(t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer ledger.Close()
	ledger.Owners.Mixed = true
	e := consent.Entry{Kind: consent.Consent, Handle: "guest", Answer: consent.Granted}
	if e.Account, err = givenTo(ledger, nil, &e, ""); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Add(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if st := ledger.Standing(consent.Who{Handle: "guest"}, nil, consent.Clip, e.At.Add(1)); !st.Answer.Agreed() {
		t.Errorf("%+v", st)
	}
}
