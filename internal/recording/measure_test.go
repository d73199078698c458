package recording

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
)

// TestMeasure measures a recording and compares with ffmpeg's ebur128.
func TestMeasure(t *testing.T) {
	in := filepath.Join(t.TempDir(), "space-"+sampleID+"_0.ts")
	f, err := os.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	rec := fixture.Conversation(11, time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC), 90, "guest1")
	if _, err := rec.Encode(f); err != nil {
		t.Fatal(err)
	}
	f.Close()
	l := importFile(t, in)
	dir := l.Dir()
	r, err := l.Load(sampleID)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Measure(t.Context(), l, sampleID, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.LostUnits != 0 || m.SilentSeconds >= *r.Duration {
		t.Errorf("%+v", m)
	}
	again, err := Measure(t.Context(), l, sampleID, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !same(m, again) {
		t.Errorf("measured again: %+v, was %+v", again, m)
	}
	x, c, err := Peaks(t.Context(), l, sampleID, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if x.Frames != *r.Samples {
		t.Errorf("peaks of %d samples, want %d", x.Frames, *r.Samples)
	}
	clean(t, l)

	// Measured twice at once by one program, as by a page with two windows.
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(r.Folder), ".spaces", "measure.json")); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, 2)
	for range cap(errs) {
		go func() {
			other, err := Measure(t.Context(), l, sampleID, 1, nil)
			if err == nil {
				if !same(m, other) {
					err = fmt.Errorf("measured at once: %+v, was %+v", other, m)
				}
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	clean(t, l)

	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	out, err := exec.Command(ffmpeg, "-nostats", "-i", filepath.Join(dir, filepath.FromSlash(r.File)), "-af", "ebur128=peak=true", "-f", "null", "-").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	find := func(pattern string) float64 {
		all := regexp.MustCompile(pattern).FindAllSubmatch(out, -1)
		if all == nil {
			t.Fatalf("no %s in %s", pattern, out)
		}
		v, _ := strconv.ParseFloat(string(all[len(all)-1][1]), 64)
		return v
	}
	if want := find(`I:\s+(-[\d.]+) LUFS`); math.Abs(float64(m.Loudness.Integrated)-want) > 0.1 {
		t.Errorf("%.2f LUFS, ffmpeg says %.1f", m.Loudness.Integrated, want)
	}
	if want := find(`Peak:\s+(-?[\d.]+) dBFS`); math.Abs(float64(m.Loudness.TruePeak)-want) > 0.2 {
		t.Errorf("%.2f dBTP, ffmpeg says %.1f", m.Loudness.TruePeak, want)
	}
}

// TestMeasureParts measures a recording whose parameters change: two files,
// one waveform.
func TestMeasureParts(t *testing.T) {
	l, id := importPreset(t, "parameters")
	r, err := l.Load(id)
	if err != nil {
		t.Fatal(err)
	}
	x, c, err := Peaks(t.Context(), l, sampleID, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if d := x.Frames - *r.Samples; d < -1 || d > 1 {
		t.Errorf("peaks of %d samples, want %d", x.Frames, *r.Samples)
	}
	whole, err := x.Overview(100)
	if err != nil || len(whole) != 100 {
		t.Fatalf("%d columns, %v", len(whole), err)
	}
	if last := whole[80]; last.Max == 0 && last.Min == 0 {
		t.Error("the second part left nothing in the waveform")
	}
}

// same reports whether two measurements are kept with the same bytes.
func same(a, b *library.Measurement) bool {
	x, err := json.Marshal(a)
	y, berr := json.Marshal(b)
	return err == nil && berr == nil && bytes.Equal(x, y)
}

// clean checks that a library holds what it should, and nothing half written.
func clean(t *testing.T, l *library.Library) {
	t.Helper()
	if _, err := l.Verify(t.Context(), nil, nil, func(f library.Finding) { t.Errorf("verify: %s %s: %s", f.Kind, f.Path, f.Message) }); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(l.Dir(), func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.Contains(filepath.Base(p), "partial") {
			t.Errorf("%s is left", p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
