package recording

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/media/gain"
)

// Who changes the level of a measured recording decodes nothing, unless what was
// kept is not enough or not of its audio.
func TestMeasureKeepsWhatGainsNeed(t *testing.T) {
	in := filepath.Join(t.TempDir(), "space-"+sampleID+"_0.ts")
	f, err := os.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	rec := fixture.Conversation(12, time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC), 20, "guest1")
	if _, err := rec.Encode(f); err != nil {
		t.Fatal(err)
	}
	f.Close()
	l := importFile(t, in)
	r, err := Open(l, sampleID, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	if r.Analysis(0) != nil {
		t.Error("something is kept of what was not measured")
	}
	file := r.Files[0]
	ranges := []UnitRange{{10, 300}, {310, file.Index.Units}}
	read := 0
	units := func(ctx context.Context, visit func(unit []byte) error) error {
		for _, x := range ranges {
			err := file.Units(ctx, x.First, x.End-x.First, func(unit []byte) error {
				read++
				return visit(unit)
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	analyze := func(floor float64) *gain.Analysis {
		t.Helper()
		read = 0
		a, err := r.Analyze(t.Context(), 0, ranges, units, floor, 2, func(int64) {})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	want := analyze(gain.DefaultFloor)
	if read == 0 {
		t.Fatal("nothing was read")
	}
	m, err := Measure(t.Context(), l, sampleID, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	clean(t, l)
	if kept := l.Measured(r.Space); !reflect.DeepEqual(m, kept) {
		t.Errorf("measured %+v, and %+v is kept", m, kept)
	}
	if !l.HasAnalyses(r.Space, m) {
		t.Error("the analysis that is kept is not found")
	}
	whole := r.Analysis(0)
	if whole == nil || whole.Units() != file.Index.Units {
		t.Fatalf("%v is kept", whole)
	}
	if d := float64(whole.Loudness() - m.Loudness.Integrated); math.Abs(d) > 0.05 {
		t.Errorf("%.2f LUFS, measured %.2f", float64(whole.Loudness()), float64(m.Loudness.Integrated))
	}
	got := r.Analyzed(0, ranges, gain.DefaultFloor)
	if got == nil {
		t.Fatal("what is kept is not enough")
	}
	if d := float64(got.Loudness() - want.Loudness()); math.Abs(d) > 0.03 || got.Units() != want.Units() {
		t.Errorf("%d units of %.2f LUFS, analyzed %d of %.2f", got.Units(), float64(got.Loudness()), want.Units(), float64(want.Loudness()))
	}
	if r.Analyzed(0, ranges, gain.KeptFloor-1) != nil {
		t.Error("what is kept is taken for peaks that it only bounds")
	}
	name := filepath.Join(r.Dir, ".spaces", "gain-0")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := errors.Join(os.Remove(name), os.WriteFile(name, b, 0o666)); err != nil {
		t.Fatal(err)
	}
	if r.Analyzed(0, ranges, gain.DefaultFloor) != nil || r.Analysis(0) != nil {
		t.Error("a damaged analysis is used")
	}
	if l.HasAnalyses(r.Space, m) {
		t.Error("a damaged analysis is taken for one that is kept")
	}
}
