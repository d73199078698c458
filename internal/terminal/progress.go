package terminal

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A Phase is a part of a job.
type Phase = stream.Phase

// A Bar shows how a job gets on: one line for all of it, from the first phase to
// the last, with the time that is left. Phases count in units of their own
// (bytes, samples), which they tell with Expect and Add as stream.Progress has
// it. It is safe for use by several goroutines; a nil *Bar shows nothing.
type Bar struct {
	out   io.Writer
	width func() int
	now   func() time.Time
	what  string
	bytes bool
	pause time.Duration // between two lines
	// report, if it is set, is told instead of the screen.
	report func(State)

	mu             sync.Mutex
	phases         []Phase
	phase          int
	begun, ended   bool    // the phase, the job
	before, weight float64 // of the phases that are done, of all
	expected, done int64   // of this phase
	most           float64 // the bar never goes back
	start, drawn   time.Time
	shown          int // how wide the line is that stands there
}

// NewBar returns a bar for a job. Width is asked at each line, since windows
// change; 0 stands for one that is not known.
func NewBar(out io.Writer, width func() int, now func() time.Time, what string, phases ...Phase) *Bar {
	b := &Bar{out: out, width: width, now: now, what: what, start: now(), phases: phases, pause: 100 * time.Millisecond}
	if len(b.phases) == 0 {
		b.phases = []Phase{{Weight: 1}}
	}
	for _, p := range b.phases {
		b.weight += p.Weight
	}
	return b
}

// CountBytes makes the bar say how many bytes are done: only phases that
// count in them have any.
func (b *Bar) CountBytes() *Bar {
	if b != nil {
		b.bytes = true
	}
	return b
}

// Report makes the bar tell f how far the job has come: at each phase, once a
// second, and at its end. Nothing is drawn. f is called by one goroutine at a
// time.
func (b *Bar) Report(f func(State)) *Bar {
	b.report, b.pause = f, time.Second
	return b
}

// Phase begins the phase of a name, and ends the one before. Phases between them
// are left out: they count no more. An earlier phase is done once more, with
// those that follow it. An unknown name changes nothing.
func (b *Bar) Phase(name string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	next := slices.IndexFunc(b.phases, func(p Phase) bool { return p.Name == name })
	if next < 0 || next == b.phase && b.begun {
		return
	}
	if next < b.phase {
		for _, p := range b.phases[next : b.phase+1] {
			b.weight += p.Weight
		}
		b.before += b.phases[b.phase].Weight
		b.phase = next
	}
	for ; b.phase < next; b.phase++ {
		if b.begun {
			b.before += b.phases[b.phase].Weight
		} else {
			b.weight -= b.phases[b.phase].Weight
		}
		b.begun = false
	}
	b.begun = true
	b.expected, b.done = 0, 0
	b.draw(true)
}

// Expect says that so many more units are going to be done in this phase.
func (b *Bar) Expect(n int64) { b.add(n, 0) }

// Add says that so many have been done.
func (b *Bar) Add(n int64) { b.add(0, n) }

func (b *Bar) add(expected, done int64) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begun = true
	b.expected += expected
	b.done += done
	b.draw(false)
}

// Close takes the bar from the screen. What is told later shows it again, so
// that lines can be printed in between.
func (b *Bar) Close() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shown > 0 {
		fmt.Fprintf(b.out, "\r%s\r", strings.Repeat(" ", b.shown))
		b.shown = 0
	}
}

// A State is how far a job has come.
type State struct {
	Job, Phase  string
	Done, Total int64         // of the phase, in its own unit
	Share       float64       // of the whole job, from 0 to 1; it never falls
	Left        time.Duration // negative when it is not known yet
}

// State returns how far the job has come.
func (b *Bar) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state()
}

func (b *Bar) state() State {
	p := b.phases[b.phase]
	share := b.before
	if b.expected > 0 {
		share += float64(p.Weight * min(1, float64(b.done)/float64(b.expected)))
	}
	if b.weight > 0 {
		share /= b.weight
	}
	b.most = max(b.most, share)
	s := State{Job: b.what, Phase: p.Name, Done: b.done, Total: b.expected, Share: b.most, Left: -1}
	// Before that, what is left is guesswork.
	const soon, little = 2 * time.Second, 0.01
	if gone := b.now().Sub(b.start); gone >= soon && share >= little {
		s.Left = time.Duration(float64(gone) * (1 - share) / share)
	}
	return s
}

// draw draws the line anew, not more often than can be read unless something
// else than the numbers in it changed.
func (b *Bar) draw(changed bool) {
	now := b.now()
	if b.report != nil && !b.ended && b.before+b.phases[b.phase].Weight >= b.weight && b.expected > 0 && b.done >= b.expected {
		b.ended, changed = true, true
	}
	if !changed && now.Sub(b.drawn) < b.pause {
		return
	}
	b.drawn = now
	if b.report != nil {
		b.report(b.state())
		return
	}
	width := cmp.Or(b.width(), 80) - 1 // the last column would break the line
	line := Truncate(b.line(width), width)
	n := Width(line)
	fmt.Fprintf(b.out, "\r%s%s", line, strings.Repeat(" ", max(0, b.shown-n)))
	if b.shown > n {
		fmt.Fprintf(b.out, "\r%s", line) // the cursor where the line ends
	}
	b.shown = n
}

// line is what the bar shows in a width. The bar itself is the first to go,
// then the bytes.
func (b *Bar) line(width int) string {
	s := b.state()
	head := b.what
	if s.Phase != "" {
		head += " · " + s.Phase
	}
	percent := fmt.Sprintf("%3d %%", int(100*s.Share))
	left := ""
	if s.Left >= 0 {
		left = "  " + spell.Left(s.Left)
	}
	bytes := ""
	if b.bytes && b.expected > 0 {
		bytes = fmt.Sprintf("  %s of %s", spell.Size(b.done), spell.Size(b.expected))
	}
	bar := "  " + cells(s.Share)
	for _, line := range []string{head + bar + "  " + percent + bytes + left, head + "  " + percent + bytes + left} {
		if Width(line) <= width {
			return line
		}
	}
	tail := "  " + percent + left
	return Truncate(head, max(1, width-Width(tail))) + tail
}

// cells draws the bar itself. The job has phases, which the library does not
// know: what stands around the bar is ours.
func cells(share float64) string {
	const width, edge = 24, "|"
	p := progressbar.NewOptions(width, progressbar.OptionSetWriter(io.Discard), progressbar.OptionSetWidth(width), progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: edge, BarEnd: edge}))
	p.Set(int(share * width)) // it cannot fail: nothing is written, and the share is at most 1
	_, bar, _ := strings.Cut(p.String(), edge)
	bar, _, _ = strings.Cut(bar, edge)
	return bar
}
