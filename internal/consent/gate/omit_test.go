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
	g, lib := oldGate(t, nil)
	return omit(t, g, lib, consent.Exporting, margin)
}

func omit(t *testing.T, g *Gate, lib *library.Library, act consent.Action, margin float64) *Omission {
	t.Helper()
	r, err := recording.Open(lib, "1ypKdEXvkMLGW", "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	o, err := g.Omission(act, r, margin, act == consent.Transcribing)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// oldGate is the gate of a library that an earlier program wrote.
func oldGate(t *testing.T, policy consent.Policy) (*Gate, *library.Library) {
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
	g, err := Open(Options{Library: lib, Policy: policy, Now: func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g, lib
}

// Nobody who had agreed before there were transcription services in it has agreed
// to one.
func TestOmissionOfOldGrants(t *testing.T) {
	g, lib := oldGate(t, nil)
	o := omit(t, g, lib, consent.Transcribing, -1)
	if got := o.Names(); !slices.Equal(got, []string{"@tomokafor", "@mika_prod"}) {
		t.Errorf("names %q", got)
	}
	if !o.Mute || o.Margin != consent.ConfirmedMargin || o.None(recording.Span{Samples: o.rec.Samples}) {
		t.Errorf("%+v", o)
	}
}

// What somebody says beside a use is found where they are not heard in it; what
// they say in it the gate has decided about.
func TestBeside(t *testing.T) {
	for _, c := range []struct {
		name   string
		mode   consent.Mode
		parts  []space.Stretch
		people []string
	}{
		{"not heard", consent.Require, []space.Stretch{{Start: 0, End: 30}}, []string{"mika_prod"}},
		{"where it warns", consent.Warn, []space.Stretch{{Start: 0, End: 30}}, []string{"mika_prod"}},
		{"heard", consent.Warn, []space.Stretch{{Start: 30, End: 37}}, nil},
		{"all of it", consent.Warn, nil, nil},
		{"off", consent.Off, []space.Stretch{{Start: 0, End: 30}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			g, _ := oldGate(t, consent.Policy{consent.Clipping: c.mode})
			out, err := g.Beside(consent.Clipping, Use{Recording: "1ypKdEXvkMLGW", Parts: c.parts})
			if err != nil || !slices.Equal(out.People, c.people) || len(out.Spans) != len(c.people) {
				t.Fatalf("%+v, %v; want %q", out, err, c.people)
			}
			if len(out.Spans) > 0 && !near(space.Stretch{Start: out.Spans[0].Start, End: out.Spans[0].End}, space.Stretch{Start: 35.846, End: 38.266}) {
				t.Errorf("%v", out.Spans)
			}
		})
	}
}

// Words are withheld with the margin of the turns, whatever the policy does but
// where it asks nothing.
func TestWithheld(t *testing.T) {
	for mode, want := range map[consent.Mode][]string{consent.Require: {"mika_prod"}, consent.Warn: {"mika_prod"}, consent.Off: nil} {
		t.Run(string(mode), func(t *testing.T) {
			g, _ := oldGate(t, consent.Policy{consent.SendingAll: mode})
			out, err := g.Withheld(consent.SendingAll, "1ypKdEXvkMLGW")
			if err != nil || !slices.Equal(out.People, want) || len(out.Spans) != len(want) {
				t.Fatalf("%+v, %v; want %q", out, err, want)
			}
		})
	}
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
