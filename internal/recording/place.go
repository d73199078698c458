package recording

import (
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/spell"
)

// DefaultLength is how long a clip is unless told otherwise.
const DefaultLength = 30 * time.Second

// A Place says where in a recording a clip lies, as people say it.
type Place struct {
	At string // a time; what ParseTime reads
	// Around means that At is the middle of the clip.
	Around bool
	Clock  string         // a wall clock instead of At
	Zone   *time.Location // of clocks without an offset
	// Length or End say how long it is; if both are empty, it has
	// DefaultLength. End is a time, or with Clock a wall clock.
	Length, End string
	// Exact makes a clip that would end after the recording an error, which
	// otherwise is shortened.
	Exact bool
	// Clamp shortens a clip that would begin before the recording, which
	// otherwise is an error.
	Clamp bool
}

// Find returns the span that p means. shortened says that less is there than
// was asked for.
func (r *Recording) Find(p Place) (s Span, shortened bool, err error) {
	asked, err := r.asked(p)
	if err != nil {
		return Span{}, false, err
	}
	s, err = r.fit(asked, p)
	return s, err == nil && s != asked, err
}

// asked returns the span that p means, which may reach beyond the recording.
func (r *Recording) asked(p Place) (Span, error) {
	length := r.Position(DefaultLength)
	if p.Length != "" {
		t, err := ParseTime(p.Length)
		if err != nil {
			return Span{}, err
		}
		if length = r.Position(t); length < 1 {
			return Span{}, Problemf(BadTime, "", "a clip cannot be %s long", p.Length)
		}
		if p.End != "" {
			return Span{}, Problemf(BadTime, BothEnds, "both a length and an end were given")
		}
	}
	start, err := r.start(p)
	if err != nil {
		return Span{}, err
	}
	if p.Around {
		start -= length / 2
	}
	end := start + length
	if p.End != "" {
		if end, err = r.end(p, start); err != nil {
			return Span{}, err
		}
		if end <= start {
			return Span{}, Problemf(BadTime, "", "the end, %s, is not after the start, %s", p.End, spell.Exact(r.Time(start).Seconds()))
		}
	}
	return Span{Start: start, Samples: end - start}, nil
}

// start finds where the clip begins (or its middle).
func (r *Recording) start(p Place) (int64, error) {
	if p.Clock != "" {
		t, err := r.ParseClock(p.Clock, p.Zone, time.Time{})
		if err != nil {
			return 0, err
		}
		position, err := r.AtClock(t)
		if _, ok := err.(*Problem); ok && p.Clamp && !r.Wall(0).IsZero() && position < r.Samples {
			err = nil
		}
		return position, err
	}
	t, err := ParseTime(p.At)
	if err != nil {
		return 0, err
	}
	position := r.Position(t)
	if position < 0 && !p.Clamp {
		return 0, Problemf(OutOfRange, BeforeZero, "%s is before the start of the recording", p.At)
	}
	if position >= r.Samples {
		return 0, r.beyond(p.At, t)
	}
	return position, nil
}

// end finds where the clip ends that starts there.
func (r *Recording) end(p Place, start int64) (int64, error) {
	if p.Clock != "" && strings.Contains(p.End, ":") {
		t, err := r.ParseClock(p.End, p.Zone, r.Wall(start).Time)
		if err != nil {
			return 0, err
		}
		return r.AtClock(t)
	}
	t, err := ParseTime(p.End)
	if err != nil {
		return 0, err
	}
	if r.Position(t) > r.Samples {
		if late := r.beyond(p.End, t); p.Exact || late.Cause == HoursMeant {
			return 0, late
		}
	}
	return r.Position(t), nil
}

// beyond is the error of a time after the end. Spreadsheets make 75:30:00 of
// the 75:30 that was typed in: if that fits, it is suggested.
func (r *Recording) beyond(text string, t time.Duration) *Problem {
	length := r.Time(r.Samples)
	p := Problemf(OutOfRange, "", "%s is past the end: the recording is %s long", text, spell.Exact(length.Seconds()))
	if strings.Count(text, ":") == 2 && t/60 < length && t%time.Minute == 0 {
		p.Cause, p.At = HoursMeant, t/60
	}
	return p
}

// fit shortens a span to the recording where p allows it.
func (r *Recording) fit(s Span, p Place) (Span, error) {
	switch {
	case s.End() <= 0:
		return Span{}, Problemf(OutOfRange, "", "%s is before the start of the recording", p.At)
	case s.End() > r.Samples && p.Exact:
		return Span{}, Problemf(OutOfRange, EndsLate, "the clip would end at %s, but the recording is %s long", spell.Exact(r.Time(s.End()).Seconds()), spell.Exact(r.Time(r.Samples).Seconds()))
	}
	start, end := max(0, s.Start), min(s.End(), r.Samples)
	return Span{Start: start, Samples: end - start}, nil
}

// Turns returns the spans in which somebody speaks by what the library
// estimates (nil when it has nothing to go by). It fails with a *Problem if
// there are none.
func (r *Recording) Turns(turns *space.Turns, handle string) ([]Span, error) {
	who := strings.TrimPrefix(handle, "@")
	var list []Span
	var heard []string
	seen := make(map[string]bool)
	if turns == nil {
		turns = new(space.Turns)
	}
	for _, t := range turns.Turns {
		if t.Handle != "" && !seen[strings.ToLower(t.Handle)] {
			seen[strings.ToLower(t.Handle)] = true
			heard = append(heard, t.Handle)
		}
		if !strings.EqualFold(t.Handle, who) {
			continue
		}
		start := r.Position(time.Duration(t.Start * float64(time.Second)))
		end := min(r.Samples, r.Position(time.Duration(t.End*float64(time.Second))))
		if start < end {
			list = append(list, Span{Start: start, Samples: end - start})
		}
	}
	if len(list) > 0 {
		return list, nil
	}
	p := Problemf(NoTurns, "", "@%s does not speak in this recording", who)
	if len(heard) > 0 {
		p.Cause, p.Known = OthersSpeak, heard
	}
	return nil, p
}
