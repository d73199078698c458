package transcribe

import (
	"cmp"
	"context"
	"math"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/peaks"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

const (
	// longest is how long a piece is at most, in seconds, unless the job says
	// something else. Servers take 25 MB (13 minutes), and what a kill or a failure
	// costs is one piece.
	longest = 300
	// shortest is how long all but the last are at least, as a part of that.
	shortest = 0.6
	// beside is how far from a change of turns a pause may lie, in seconds, to be
	// the pause between them: levels are told once a second.
	beside = 1.5
	// turnWorth is how much longer, in seconds, a pause inside a turn must be to be
	// preferred to one at a change of turns.
	turnWorth = 1.0
	// dip is how long the quietest place is, in seconds, where there is no pause.
	dip = 0.25
)

// A piece is a part of the recording that the engine gets as a whole.
type piece struct {
	span   recording.Span
	silent bool // nothing is heard in it
}

// plan cuts the recording into pieces. It depends on the recording, its turns
// and what is muted alone, so that a later run has the same pieces.
func (j *Job) plan(ctx context.Context) ([]piece, error) {
	r := j.Recording
	stream.Enter(j.Progress, measuring)
	m, err := recording.Measure(ctx, j.Library, r.Space.ID, j.Cores, j.Progress)
	if err != nil {
		return nil, err
	}
	outline, closer, err := recording.Peaks(ctx, j.Library, r.Space.ID, j.Cores, j.Progress)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	silence := m.Silence
	for _, s := range j.Mute {
		silence = append(silence, space.Stretch{Start: r.Seconds(s.Start), End: r.Seconds(s.End())})
	}
	most := cmp.Or(j.Longest, longest)
	quiet := space.Joined(silence, 0)
	changes := changes(j.Turns)
	var plan []piece
	for at := int64(0); at < r.Samples; {
		end := r.Samples
		if left := r.Seconds(end - at); left > most {
			from := r.Seconds(at)
			cut, ok := pause(quiet, changes, from+float64(shortest*most), from+most)
			if !ok {
				if cut, err = quietest(outline, from+float64(shortest*most), from+most); err != nil {
					return nil, err
				}
			}
			end = min(max(at+1, int64(math.Round(cut*float64(r.Rate)))), r.Samples)
		}
		p := piece{span: recording.Span{Start: at, Samples: end - at}}
		p.silent = covered(quiet, r.Seconds(at), r.Seconds(end))
		plan = append(plan, p)
		at = end
	}
	return plan, nil
}

// changes returns where somebody else begins to speak, in order.
func changes(turns *space.Turns) []float64 {
	if turns == nil {
		return nil
	}
	var at []float64
	last := ""
	for _, t := range turns.Turns {
		if t.Handle != last {
			at = append(at, t.Start)
		}
		last = t.Handle
	}
	return at
}

// pause finds the best pause between two positions: a long one, in preference
// where the turn changes. It returns its middle.
func pause(quiet []space.Stretch, changes []float64, from, to float64) (at float64, ok bool) {
	best := 0.0
	for _, s := range quiet {
		start, end := max(s.Start, from), min(s.End, to)
		if end <= start {
			continue
		}
		worth := min(end-start, 3) // more is not better
		for _, c := range changes {
			if c > s.Start-beside && c < s.End+beside {
				worth += turnWorth
				break
			}
		}
		if worth > best {
			best, at, ok = worth, (start+end)/2, true
		}
	}
	return at, ok
}

// quietest finds the middle of the quietest quarter of a second between two
// positions, the latest of several, by the outline of the waveform.
func quietest(f *peaks.File, from, to float64) (float64, error) {
	first, last := int64(from*float64(f.SampleRate)), int64(to*float64(f.SampleRate))
	step := max(1, int64(dip/5*float64(f.SampleRate)))
	n := int((last - first) / step)
	if n < 1 {
		return to, nil
	}
	list, err := f.Window(first, first+int64(n)*step, n)
	if err != nil {
		return 0, err
	}
	list = peaks.Mix(list, f.Tracks)
	best, lowest := len(list), math.MaxInt
	for i := 0; i+5 <= len(list); i++ {
		sum := 0
		for _, p := range list[i : i+5] {
			sum += int(p.Max) - int(p.Min)
		}
		if sum <= lowest {
			best, lowest = i, sum
		}
	}
	return from + (float64(best)+2.5)*float64(step)/float64(f.SampleRate), nil
}

// covered reports whether a part of the recording lies in one of the
// stretches, which are measured in steps of 20 ms.
func covered(quiet []space.Stretch, from, to float64) bool {
	const step = 0.02
	for _, s := range quiet {
		if s.Start <= from+step && to-step <= s.End {
			return true
		}
	}
	return false
}
