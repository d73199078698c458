package proof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"path"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

// maxSpread is how far the gains of a file may lie apart, in steps of 1.5 dB, if
// no record of the library has them: 18 dB. What plans need lies within that.
// Beyond it a word can be lowered until nobody understands it.
const maxSpread = 12

// A Gain is by how much the level of frames differs from that of the recording's,
// in decibels.
type Gain struct {
	Least   float64 `json:"least"`
	Most    float64 `json:"most"`
	Changes int     `json:"changes"` // between neighbouring frames
}

// gainRecord is what the record of a file says of its gains, or nil.
func (t *found) gainRecord() *clip.Shift {
	if t.episode != nil {
		return t.episode.Gain
	}
	return t.clip.Gain
}

// A unitComparison is what comparing the units of a file with those of the
// recording has shown.
type unitComparison struct {
	units  int64 // of the file
	others int64 // that are not the recording's, or have none there
	first  int64 // number of the first of them
	short  bool  // the recording has more units
	leads  int64 // units that stand before all these
	silent int64 // that any gain leaves as they are

	heard       int64 // that are the recording's, and not silent
	least, most int   // by how many steps these are shifted
	last        int   // the latest of them
	changes     int
}

// same reports whether all units are the recording's, but for their gains.
func (c *unitComparison) same() bool { return c.units > 0 && c.others == 0 && !c.short }

// few reports whether so little differs that the units were the recording's
// before: another encoder has nearly no unit in common with it.
func (c *unitComparison) few() bool {
	return c.heard > 0 && !c.short && c.others <= max(2, c.heard/20) && c.others < c.heard
}

// note takes in a unit that is the recording's.
func (c *unitComparison) note(steps int, silent bool) {
	if silent {
		c.silent++
		return
	}
	if c.heard++; c.heard == 1 {
		c.least, c.most, c.last = steps, steps, steps
	}
	c.least, c.most = min(c.least, steps), max(c.most, steps)
	if steps != c.last {
		c.changes++
	}
	c.last = steps
}

// noteOther takes in one that is not.
func (c *unitComparison) noteOther() {
	if c.others++; c.others == 1 {
		c.first = c.leads + c.units
	}
}

// gain returns by how much the units are shifted, or nil where they are as in the
// recording.
func (c *unitComparison) gain() *Gain {
	if c.least == 0 && c.most == 0 {
		return nil
	}
	return &Gain{decibels(c.least), decibels(c.most), c.changes}
}

// decibels rounds as records do.
func decibels(steps int) float64 {
	return math.Round(float64(steps)*gain.StepDecibels*100) / 100
}

func (g *Gain) String() string {
	if g.Least == g.Most {
		return fmt.Sprintf("%+.1f dB", g.Least)
	}
	return fmt.Sprintf("%+.1f to %+.1f dB", g.Least, g.Most)
}

// eachUnit yields access units as they are in the recording. What ends it early is
// in failed then.
func eachUnit(ctx context.Context, units *clip.Units, failed *error) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		err := units.Each(ctx, func(unit []byte) error {
			if !yield(unit) {
				return errEnough
			}
			return nil
		})
		if err != errEnough {
			*failed = err
		}
	}
}

// compareUnits holds the units of a file against those of a span of the
// recording. If shifted is set, units that were shifted count as the same.
// Otherwise the first other one decides. If lead is set, one that prepares a
// decoder may stand before them, as in .mp3.
func compareUnits(ctx context.Context, name string, r *recording.Recording, span recording.Span, kind format.Format, shifted, lead bool) (*unitComparison, error) {
	units, err := clip.UnitsOf(r, span, kind)
	if err != nil {
		return nil, err
	}
	var comparer *gain.Comparer
	if shifted {
		comparer, _ = gain.NewComparer(units.Config()) // where gains cannot be told, no bit may differ
	}
	var failed error
	next, stop := iter.Pull(eachUnit(ctx, units, &failed))
	defer stop()
	want, more := next()
	c := new(unitComparison)
	_, err = scan(ctx, name, track.Options{}, func(u *track.Packet) error {
		steps, silent, same := 0, false, more && bytes.Equal(u.Data, want)
		if more && comparer != nil {
			steps, silent, same = comparer.Compare(u.Data, want)
		}
		switch {
		case same:
			c.note(steps, silent)
		case lead:
			lead, c.leads = false, 1
			return nil
		case !shifted:
			c.noteOther()
			return errEnough
		default:
			c.noteOther()
		}
		lead = false
		c.units++
		want, more = next()
		return nil
	})
	if err == errEnough {
		return c, nil
	}
	c.short = more
	return c, errors.Join(err, failed)
}

// A sameness says what the frames of a file are to those of the recording.
type sameness int

const (
	other       sameness = iota
	modified             // they were the recording's before some were changed
	unexplained          // the same but for gains that nothing explains
	theSame              // but for gains, perhaps
)

// unitsAre holds the access units of a file against those of the recording, as
// they are or with the gains that its record tells of. Unless they are the same it
// notes a check.
func (p *Prover) unitsAre(ctx context.Context, proof *Proof, t *found, r *recording.Recording, span recording.Span, name string) (c *unitComparison, what sameness, err error) {
	kind, _ := format.Of(t.place(), format.Sound())
	record, of := t.gainRecord(), t.place()
	lead := kind == format.MP3
	if record == nil {
		c, err = compareUnits(ctx, name, r, span, kind, false, lead)
	}
	if err == nil && (c == nil || !c.same()) {
		c, err = compareUnits(ctx, name, r, span, kind, true, lead)
	}
	if err == nil && lead && !c.same() && !c.few() { // its first one may be the one that differs
		c, err = compareUnits(ctx, name, r, span, kind, true, false)
	}
	if err != nil {
		return nil, other, p.noteUnchecked(ctx, proof, "units", of, "cannot compare its frames with the recording's", err)
	}
	proof.Gain = c.gain()
	if c.same() {
		checkGain(proof, t, c)
	}
	switch {
	case !c.same() && c.few():
		what = modified
		verb := "differ"
		if c.others == 1 {
			verb = "differs"
		}
		proof.check("units", of, Fails, "%d of its %d frames %s from the recording, starting at frame %d", c.others, c.units, verb, c.first)
	case !c.same():
		proof.Gain = nil
		proof.check("units", of, Fails, "its frames differ from the recording")
	case t.record != "" && record == nil && proof.Gain != nil:
		what = modified
		proof.check("units", of, Fails, "its frames are the recording's, but their gains differ (%s), and its record does not say so", proof.Gain)
	case !t.trusted && c.most-c.least > maxSpread:
		what = unexplained
		proof.check("units", of, NotChecked, "could not be verified: its frames are the recording's, but their gains differ (%s): words can be hidden that way, and no record in the library says why", proof.Gain)
	default:
		what = theSame
	}
	return c, what, nil
}

// checkGain holds the gains of a file against those of its record. Those of silent
// frames leave no trace.
func checkGain(proof *Proof, t *found, c *unitComparison) {
	record := t.gainRecord()
	if record == nil || c.heard == 0 {
		return
	}
	least, most := decibels(c.least), decibels(c.most)
	fits := least >= record.Least && most <= record.Most && c.changes <= record.Changes
	if c.silent == 0 {
		fits = least == record.Least && most == record.Most && c.changes == record.Changes
	}
	told := &Gain{record.Least, record.Most, record.Changes}
	if !fits {
		proof.check("record", path.Base(t.place()), Fails, "it says that the gains were changed by %s, %d times; those of the frames were by %s, %d times",
			told, told.Changes, &Gain{least, most, c.changes}, c.changes)
	}
}
