package library

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/fixture"
)

// TestMeasure measures a recording and compares with ffmpeg's ebur128.
func TestMeasure(t *testing.T) {
	in := filepath.Join(t.TempDir(), "space-"+firstID+"_0.ts")
	f, err := os.Create(in)
	if err != nil {
		t.Fatal(err)
	}
	rec := fixture.Conversation(11, time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC), 90, "guest1")
	if _, err := rec.Encode(f); err != nil {
		t.Fatal(err)
	}
	f.Close()
	dir := t.TempDir()
	events, _ := take(t, dir, ImportOptions{}, in)
	r := recordings(events)[firstID].Recording
	l, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	m, err := l.Measure(t.Context(), firstID, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if m.LostUnits != 0 || m.SilentSeconds >= *r.Duration {
		t.Errorf("%+v", m)
	}
	again, err := l.Measure(t.Context(), firstID, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if same, _ := equalJSON(m, again); !same {
		t.Errorf("measured again: %+v, was %+v", again, m)
	}
	x, c, err := l.Peaks(t.Context(), firstID, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if x.Frames != *r.Samples {
		t.Errorf("peaks of %d samples, want %d", x.Frames, *r.Samples)
	}
	clean(t, dir)

	// Measured twice at once by one program, as by a page with two windows.
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(r.Folder), filepath.FromSlash(measureName))); err != nil {
		t.Fatal(err)
	}
	errs := make(chan error, 2)
	for range cap(errs) {
		go func() {
			other, err := l.Measure(t.Context(), firstID, 1, nil)
			if err == nil {
				if same, _ := equalJSON(m, other); !same {
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
	clean(t, dir)

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
	dir := t.TempDir()
	events, _ := take(t, dir, ImportOptions{}, preset(t, "parameters"))
	r := recordings(events)[firstID].Recording
	l, err := Open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	x, c, err := l.Peaks(t.Context(), firstID, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if d := x.Frames - *r.Samples; d < -1 || d > 1 {
		t.Errorf("peaks of %d samples, want %d", x.Frames, *r.Samples)
	}
	whole, err := Overview(x, 100)
	if err != nil || len(whole) != 100 {
		t.Fatalf("%d columns, %v", len(whole), err)
	}
	if last := whole[80]; last.Max == 0 && last.Min == 0 {
		t.Error("the second part left nothing in the waveform")
	}
}
