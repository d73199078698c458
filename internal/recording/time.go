package recording

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads a time in a recording, or a length: seconds ("75", "75.5"),
// minutes and seconds ("1:15"), hours too ("1:02:03.250"), or with units
// ("62m3s"). A comma may stand for the point. The result can be negative: it
// is for the caller to say what that means.
func ParseTime(s string) (time.Duration, error) {
	text := strings.TrimSpace(s)
	if strings.Count(text, ",") == 1 && !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	rest, negative := strings.CutPrefix(text, "-")
	t, ok := parseUnits(rest)
	if !ok {
		t, ok = parseColons(rest)
	}
	if !ok {
		return 0, Problemf(BadTime, "", "%q is not a valid time (try 75, 1:15 or 1:02:03.25)", s)
	}
	if negative {
		t = -t
	}
	return t, nil
}

// parseUnits reads "1h2m3.5s". Each unit occurs once at most, and they stand
// in this order.
func parseUnits(s string) (t time.Duration, ok bool) {
	units := []struct {
		name string
		unit time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}
	s = strings.ToLower(strings.ReplaceAll(s, " ", ""))
	for _, u := range units {
		i := strings.Index(s, u.name)
		if i < 0 {
			continue
		}
		d, good := decimal(s[:i], u.unit)
		if !good {
			return 0, false
		}
		t, s, ok = t+d, s[i+1:], true
	}
	return t, ok && s == ""
}

// parseColons reads "1:02:03.5". The first field may be as large as it likes,
// the others are below 60.
func parseColons(s string) (time.Duration, bool) {
	fields := strings.Split(s, ":")
	if len(fields) > 3 {
		return 0, false
	}
	var t time.Duration
	for i, f := range fields {
		unit := time.Second
		for range len(fields) - 1 - i {
			unit *= 60
		}
		if unit != time.Second && strings.Contains(f, ".") {
			return 0, false
		}
		d, ok := decimal(f, unit)
		if !ok || i > 0 && d >= 60*unit {
			return 0, false
		}
		t += d
	}
	return t, true
}

// decimal reads a number of units, exactly.
func decimal(s string, unit time.Duration) (time.Duration, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" && fraction == "" {
		return 0, false
	}
	for _, digits := range []string{whole, fraction} {
		if strings.Trim(digits, "0123456789") != "" {
			return 0, false
		}
	}
	n, err := strconv.ParseInt("0"+whole, 10, 64)
	const most = 10000 * time.Hour
	if err != nil || n > int64(most/unit) {
		return 0, false
	}
	t := time.Duration(n) * unit
	if fraction != "" {
		// Digits beyond a nanosecond are finer than any sample.
		digits := (fraction + "000000000")[:9]
		f, _ := strconv.ParseInt(digits, 10, 64)
		t += time.Duration(f) * (unit / time.Second)
	}
	return t, true
}

func (r *Recording) noClock() error {
	return Problemf(OutOfRange, NoClock, "the time of day at which %s was recorded is unknown", r.Space.ID)
}

// AtClock returns the position of a wall clock. Where that time was not
// recorded the position is that of the next sample that was, and the error is
// a *Problem.
func (r *Recording) AtClock(t time.Time) (int64, error) {
	first := r.Wall(0)
	if first.IsZero() {
		return 0, r.noClock()
	}
	if t.Before(first.Time) {
		return 0, Problemf(OutOfRange, "", "%s is before the recording, which begins at %s", stamp(t), stamp(first.In(t.Location())))
	}
	runs := r.Space.Timeline
	for i := len(runs) - 1; i >= 0; i-- {
		run := &runs[i]
		wall := r.Wall(run.FirstSample)
		if wall.After(t) {
			continue
		}
		position := run.FirstSample + r.Position(t.Sub(wall.Time))
		end := r.Samples
		if i+1 < len(runs) {
			end = runs[i+1].FirstSample
		}
		switch {
		case position < end:
			return position, nil
		case i+1 == len(runs):
			last := r.Wall(r.Samples - 1)
			return r.Samples, Problemf(OutOfRange, "", "%s is after the recording, which ends at %s", stamp(t), stamp(last.In(t.Location())))
		case runs[i+1].GapBefore == 0:
			return end, nil // the clock of the next run is a little ahead
		}
		p := Problemf(InGap, LostThere, "%s was not recorded: %.3g s were lost there; the sound resumes at %s", stamp(t), runs[i+1].GapBefore, stamp(r.Wall(end).In(t.Location())))
		p.At = r.Time(end)
		return end, p
	}
	return 0, nil
}

// stamp writes a wall clock with its zone.
func stamp(t time.Time) string { return t.Format("2006-01-02 15:04:05 -07:00") }

// Mark writes a time so that it can stand in a file's name and be given to
// ParseTime again: 1h02m03.25s, 12m30s, 5s.
func Mark(t time.Duration) string {
	s := t.Seconds()
	h, m := int(s)/3600, int(s)/60%60
	rest := t - time.Duration(h)*time.Hour - time.Duration(m)*time.Minute
	ms := rest.Round(time.Millisecond).Milliseconds()
	sec := fmt.Sprintf("%02d", ms/1000)
	if ms%1000 != 0 {
		sec += strings.TrimRight(fmt.Sprintf(".%03d", ms%1000), "0")
	}
	switch {
	case h > 0:
		return fmt.Sprintf("%dh%02dm%ss", h, m, sec)
	case m > 0:
		return fmt.Sprintf("%dm%ss", m, sec)
	}
	return strings.TrimPrefix(sec, "0") + "s"
}
