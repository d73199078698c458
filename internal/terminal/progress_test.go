package terminal

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// screen is a terminal of one line: it shows what a carriage return leaves.
type screen struct{ cells []rune }

func (s *screen) Write(p []byte) (int, error) {
	at := 0
	for i, r := range []rune(string(p)) {
		if i == 0 && r != '\r' {
			at = len(s.cells)
		}
		if r == '\r' {
			at = 0
			continue
		}
		if at == len(s.cells) {
			s.cells = append(s.cells, ' ')
		}
		s.cells[at] = r
		at++
	}
	return len(p), nil
}

func (s *screen) String() string { return strings.TrimRight(string(s.cells), " ") }

// A stopwatch is a clock that the test moves.
type stopwatch struct{ at time.Time }

func (w *stopwatch) now() time.Time           { return w.at }
func (w *stopwatch) wait(d time.Duration)     { w.at = w.at.Add(d) }
func fixed(columns int) func() int            { return func() int { return columns } }
func bar(filled int) string                   { return strings.Repeat("█", filled) + strings.Repeat("░", 24-filled) }
func newStopwatch() *stopwatch                { return &stopwatch{time.Date(2021, 6, 14, 0, 0, 0, 0, time.UTC)} }
func phase(name string, weight float64) Phase { return Phase{Name: name, Weight: weight} }
func shows(t *testing.T, s *screen, w string) {
	t.Helper()
	if s.String() != w {
		t.Errorf("the screen shows %q, want %q", s.String(), w)
	}
}

// One bar lasts for the whole job: its share counts the phases before, and it
// neither ends nor goes back where a phase does.
func TestBarOfPhases(t *testing.T) {
	var s screen
	w := newStopwatch()
	b := NewBar(&s, fixed(100), w.now, "exporting", phase("measuring", 1), phase("encoding", 3))
	b.Phase("measuring")
	b.Expect(1000)
	w.wait(30 * time.Second)
	b.Add(500)
	shows(t, &s, "exporting · measuring  "+bar(2)+"   12 %  4 min left")
	b.Add(500)
	b.Phase("encoding")
	shows(t, &s, "exporting · encoding  "+bar(6)+"   25 %  2 min left")
	b.Expect(10)
	w.wait(30 * time.Second)
	b.Add(5)
	shows(t, &s, "exporting · encoding  "+bar(14)+"   62 %  35 s left")
	if got := b.State(); got != (State{"exporting", "encoding", 5, 10, 0.625, 36 * time.Second}) {
		t.Errorf("its state is %+v", got)
	}
	b.Phase("unheard of")
	w.wait(time.Second)
	b.Add(5)
	shows(t, &s, "exporting · encoding  "+bar(24)+"  100 %  a few seconds left")
	b.Close()
	shows(t, &s, "")
}

// What need not be done does not count, and what is done twice counts twice.
func TestBarLeavesOutAndRepeats(t *testing.T) {
	var s screen
	w := newStopwatch()
	b := NewBar(&s, fixed(100), w.now, "exporting", phase("measuring", 10), phase("levelling", 5), phase("encoding", 3), phase("verifying", 1))
	do := func(phase string, want float64) {
		t.Helper()
		b.Phase(phase)
		b.Expect(10)
		b.Add(10)
		if got := b.State(); got.Phase != phase || got.Share != want {
			t.Errorf("after %s its state is %+v, want the share %g", phase, got, want)
		}
	}
	do("encoding", 0.75)
	do("verifying", 1)
	b = NewBar(&s, fixed(100), w.now, "exporting", phase("encoding", 3), phase("verifying", 1), phase("saving", 4))
	do("encoding", 3.0/8)
	do("verifying", 4.0/8)
	do("encoding", 7.0/12)
	do("verifying", 8.0/12)
	do("saving", 1)
}

func TestBarReports(t *testing.T) {
	var s screen
	var got []State
	w := newStopwatch()
	b := NewBar(&s, fixed(100), w.now, "sending", phase("a.m4a", 1), phase("b.m4a", 1)).Report(func(s State) { got = append(got, s) })
	b.Phase("a.m4a")
	b.Expect(10)
	w.wait(999 * time.Millisecond)
	b.Add(1)
	w.wait(time.Second)
	b.Add(4)
	b.Phase("b.m4a")
	b.Expect(10)
	b.Add(10) // at once: the end is told all the same
	b.Close()
	want := []State{
		{"sending", "a.m4a", 0, 0, 0, -1}, {"sending", "a.m4a", 5, 10, 0.25, -1},
		{"sending", "b.m4a", 0, 0, 0.5, -1}, {"sending", "b.m4a", 10, 10, 1, -1},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	shows(t, &s, "")
}

func TestBarNeverGoesBack(t *testing.T) {
	var s screen
	w := newStopwatch()
	b := NewBar(&s, fixed(100), w.now, "reading")
	b.Expect(100)
	b.Add(80)
	before := b.State().Share
	b.Expect(900) // another archive
	if after := b.State().Share; before != 0.8 || after != before {
		t.Errorf("from %g it goes to %g", before, after)
	}
	b.Add(720)
	b.Add(200) // more than was expected
	if got := b.State().Share; got != 1 {
		t.Errorf("in the end it is %g", got)
	}
}

func TestBarIsDrawnSeldom(t *testing.T) {
	var s screen
	w := newStopwatch()
	b := NewBar(&s, fixed(100), w.now, "reading").CountBytes()
	b.Expect(4e6)
	w.wait(time.Second)
	b.Add(1e6)
	want := "reading  " + bar(6) + "   25 %  1.0 MB of 4.0 MB"
	shows(t, &s, want)
	w.wait(99 * time.Millisecond)
	b.Add(1e6)
	shows(t, &s, want)
	w.wait(1900 * time.Millisecond)
	b.Add(1e6)
	shows(t, &s, "reading  "+bar(18)+"   75 %  3.0 MB of 4.0 MB  a few seconds left")
}

func TestBarFits(t *testing.T) {
	for _, tt := range []struct {
		name, what string
		width      int
		want       string
	}{
		{"wide", "sending", 100, "sending  " + bar(12) + "   50 %  2.0 GB of 4.0 GB  5 min left"},
		{"unknown width", "sending", 0, "sending  " + bar(12) + "   50 %  2.0 GB of 4.0 GB  5 min left"},
		{"without the bar", "sending", 50, "sending   50 %  2.0 GB of 4.0 GB  5 min left"},
		{"without bytes", "sending", 30, "sending   50 %  5 min left"},
		{"a name cut", "東京の夜に考える.m4a", 30, "東京の夜…   50 %  5 min left"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s screen
			w := newStopwatch()
			b := NewBar(&s, fixed(tt.width), w.now, tt.what).CountBytes()
			w.wait(5 * time.Minute)
			b.mu.Lock()
			b.expected = 4e9 // drawn once
			b.mu.Unlock()
			b.Add(2e9)
			shows(t, &s, tt.want)
		})
	}
}

func TestBarMakesRoomForLines(t *testing.T) {
	var s screen
	w := newStopwatch()
	b := NewBar(&s, fixed(100), w.now, "verifying")
	b.Expect(10)
	b.Close()
	shows(t, &s, "")
	w.wait(time.Second)
	b.Add(5)
	shows(t, &s, "verifying  "+bar(12)+"   50 %")
}

func TestNoBar(t *testing.T) {
	var b *Bar
	b.CountBytes()
	b.Phase("x")
	b.Expect(1)
	b.Add(1)
	b.Close()
}
