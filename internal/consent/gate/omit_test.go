package gate

import (
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/recording"
)

// In this recording @mika_prod has declined, and speaks from 36.096 s to its end
// at 38.016 s.
func omitMika(t *testing.T, margin float64) *Omission {
	t.Helper()
	dir := t.TempDir()
	if err := fixture.Unpack(dir, "../../../testdata/libraries/2026-11-30.zip"); err != nil {
		t.Fatal(err)
	}
	lib, err := library.Open(t.Context(), library.Options{Dir: filepath.Join(dir, "library")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	g, err := Open(Options{Library: lib, Now: func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	r, err := recording.Open(lib, "1ypKdEXvkMLGW", "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	o, err := g.Omission(consent.Exporting, r, margin, false)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOmissionNamesWhoIsLeftOut(t *testing.T) {
	o := omitMika(t, 0.25)
	if got := o.Names(); !slices.Equal(got, []string{"@mika_prod"}) {
		t.Errorf("names %q", got)
	}
	if got := o.Unnamed(); !slices.Equal(got, []string{"mika_prod"}) {
		t.Errorf("unnamed %q", got)
	}
	o.Missing = append(o.Missing, consent.Missing{ID: "42"}, consent.Missing{})
	if got := o.Unnamed(); !slices.Equal(got, []string{"mika_prod", "42"}) {
		t.Errorf("unnamed %q", got)
	}
}

// What is left out of a part is told in seconds of the recording, with the
// margin.
func TestOmissionParts(t *testing.T) {
	o := omitMika(t, 0.25)
	rate := int64(o.rec.Rate)
	for _, c := range []struct {
		name     string
		from, to int64 // seconds
		want     []space.Stretch
	}{
		{"before", 0, 35, nil},
		{"part of it", 30, 37, []space.Stretch{{Start: 35.846, End: 37}}},
		{"all of it", 0, 38, []space.Stretch{{Start: 35.846, End: 38}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := o.Parts(recording.Span{Start: c.from * rate, Samples: (c.to - c.from) * rate})
			if !slices.EqualFunc(got, c.want, near) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func near(a, b space.Stretch) bool {
	return math.Abs(a.Start-b.Start) < 0.001 && math.Abs(a.End-b.End) < 0.001
}

// Who is left out has no turn, and nobody else has one where they are silenced.
func TestOmissionHeard(t *testing.T) {
	o := omitMika(t, 0.25)
	got := o.Heard([]space.Turn{
		{Handle: "tomokafor", Start: 22, End: 36.5},
		{Handle: "Mika_Prod", Start: 36.096, End: 38},
		{Handle: "lea_durand", Start: 36, End: 37}, // over their words
		{Handle: "lea_durand", Start: 0, End: 10},
	})
	want := []space.Turn{{Handle: "lea_durand", Start: 0, End: 10}, {Handle: "tomokafor", Start: 22, End: 35.846}}
	if !slices.EqualFunc(got, want, func(a, b space.Turn) bool {
		return a.Handle == b.Handle && near(space.Stretch{Start: a.Start, End: a.End}, space.Stretch{Start: b.Start, End: b.End})
	}) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
