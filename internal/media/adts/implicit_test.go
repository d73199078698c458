package adts

import (
	"fmt"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// withReplication returns an AAC-LC unit with a fill element of SBR data in it,
// as encoders of HE-AAC put it in without a word in any header.
func withReplication(t *testing.T, asc string, unit []byte) []byte {
	t.Helper()
	p, err := NewParser(asc)
	if err != nil {
		t.Fatal(err)
	}
	var u syntax.Unit
	if err := p.Parse(unit, &u); err != nil {
		t.Fatal(err)
	}
	const idFIL, extSBR, idEND = 6, 13, 7
	r, w := bitReader{b: unit}, bitWriter{}
	for range u.End {
		w.write(r.bits(1), 1)
	}
	w.write(idFIL, 3)
	w.write(4, 4) // bytes
	w.write(extSBR, 4)
	w.write(0, 28)
	w.write(idEND, 3)
	return w.b
}

// silence is a unit of one channel or two in which nothing is coded.
func silence(channels int) []byte {
	if channels == 2 {
		return fields(1, 3, 0, 4, 0, 1, 100, 8, 0, 14, 100, 8, 0, 14, 7, 3)
	}
	return fields(0, 3, 0, 4, 100, 8, 0, 14, 7, 3)
}

func framed(t *testing.T, c track.Config, units ...[]byte) []byte {
	t.Helper()
	h, err := HeaderOf(c)
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for _, u := range units {
		if b, err = h.AppendFrame(b, u); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// What the headers call AAC-LC is HE-AAC at twice the rate if its units have
// SBR data, and one run from the first unit on.
func TestImplicitSBR(t *testing.T) {
	const rate24, rate48 = 6, 3
	for _, c := range []struct {
		name     string
		rate     int
		channels int
		sbr      func(i int) bool
		want     []string
	}{
		{"mono", rate24, 1, func(int) bool { return true }, []string{"he-aac 48000 Hz 1 ch, 100 units of 2048"}},
		{"stereo", rate24, 2, func(int) bool { return true }, []string{"he-aac 48000 Hz 2 ch, 100 units of 2048"}},
		{"from the fourth unit on", rate24, 2, func(i int) bool { return i > 2 }, []string{"he-aac 48000 Hz 2 ch, 100 units of 2048"}},
		{"in every tenth unit", rate24, 2, func(i int) bool { return i%10 == 9 }, []string{"he-aac 48000 Hz 2 ch, 100 units of 2048"}},
		{"in the second half", rate24, 2, func(i int) bool { return i >= 50 }, []string{
			"aac-lc 24000 Hz 2 ch, 50 units of 1024", "he-aac 48000 Hz 2 ch, 50 units of 2048"}},
		{"none", rate24, 2, func(int) bool { return false }, []string{"aac-lc 24000 Hz 2 ch, 100 units of 1024"}},
		{"48 kHz", rate48, 2, func(int) bool { return true }, []string{"he-aac 96000 Hz 2 ch, 100 units of 2048"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := Header{ObjectType: typeLC, RateIndex: c.rate, Channels: c.channels}.Config()
			var units [][]byte
			for i := range 100 {
				u := silence(c.channels)
				if c.sbr(i) {
					u = withReplication(t, config.Specific, u)
				}
				units = append(units, u)
			}
			got := check(t, framed(t, config, units...))
			var runs []string
			for _, r := range got.track.Runs {
				runs = append(runs, fmt.Sprintf("%v, %d units of %d", r.Config, r.Units, r.UnitSamples))
				parsed, err := ParseConfig([]byte(r.Specific))
				if err != nil || parsed != r.Config {
					t.Errorf("%x is %v, %v; want %v", r.Specific, parsed, err, r.Config)
				}
			}
			if !slices.Equal(runs, c.want) {
				t.Errorf("%q, want %q", runs, c.want)
			}
		})
	}
}

// A config that says itself that there is no SBR is believed.
func TestStatedAbsenceOfSBR(t *testing.T) {
	asc := fields(2, 5, 6, 4, 2, 4, 0, 3, syncExtension, 11, typeSBR, 5, 0, 1)
	c, err := ParseConfig(asc)
	if err != nil {
		t.Fatal(err)
	}
	m := NewImplicit(c)
	if got := m.Config(withReplication(t, c.Specific, silence(2))); m.Open() || got != c {
		t.Errorf("%v", got)
	}
}

// A damaged unit that looks like SBR makes no HE-AAC of a recording.
func TestDamageIsNotTakenForSBR(t *testing.T) {
	c := Header{ObjectType: typeLC, RateIndex: 6, Channels: 2}.Config()
	unit := append(withReplication(t, c.Specific, silence(2)), 0)
	if got := NewImplicit(c).Config(unit); got != c {
		t.Errorf("%v", got)
	}
}
