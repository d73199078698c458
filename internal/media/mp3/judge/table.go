package judge

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A Row is one item at one bit rate as two encoders have it.
type Row struct {
	Item    string
	Kbps    int
	Quality int  // that made so many kbit/s on average, or 0 if these are constant
	Attacks bool // see Item
	// Share is the length of the other's file beside ours, if they are not
	// of nearly one length; then Shortfalls leaves the row out.
	Share       float64
	Ours, Other Report
}

// setting names what rows are compared under: a bit rate or a quality.
func (r Row) setting() string {
	if r.Quality > 0 {
		return fmt.Sprintf("quality %d", r.Quality)
	}
	return fmt.Sprintf("%d kbit/s", r.Kbps)
}

// settings lists those of rows, in order.
func settings(rows []Row) (list []string) {
	for _, r := range rows {
		if s := r.setting(); !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// Match compares two encoders on all items: in mono at 64 kbit/s and, where the
// rate is one of MPEG-1's, with the channels that there are at 128 and, in
// stereo, at 192.
func Match(ctx context.Context, items []Item, ours, other Encoder) ([]Row, error) {
	var rows []Row
	add := func(i Item, kbps int) error {
		row := Row{Item: i.Name, Kbps: kbps, Attacks: i.Attacks}
		var err error
		if row.Ours, err = ours.Judge(ctx, i, kbps); err != nil {
			return fmt.Errorf("%s by %s: %w", i.Name, ours.Name, err)
		}
		if row.Other, err = other.Judge(ctx, i, kbps); err != nil {
			return fmt.Errorf("%s by %s: %w", i.Name, other.Name, err)
		}
		rows = append(rows, row)
		return nil
	}
	for _, i := range items {
		mono, err := i.Mono()
		if err != nil {
			return nil, err
		}
		if err := add(mono, 64); err != nil {
			return nil, err
		}
		for _, kbps := range []int{128, 192} {
			if i.Rate < 32000 || len(i.Samples) == 1 && kbps > 128 {
				continue
			}
			if err := add(i, kbps); err != nil {
				return nil, err
			}
		}
	}
	return rows, nil
}

// Table returns rows as a table in Markdown, with the means at its end. Ratios
// are in dB; pre-echo is its mean ratio to the threshold of masking. A difference is
// ours less the other's: below 0 is good for noise and pre-echo, above 0 for SNR.
func Table(rows []Row) string {
	var b strings.Builder
	b.WriteString("| item | kbit/s | NMR ours | other | Δ | total ours | other | Δ | over ours | other | segSNR ours | other | Δ | pre-echo ours | other | Δ | remarks |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n")
	line := func(r Row, remarks string) {
		o, p := r.Ours, r.Other
		kbps := fmt.Sprint(r.Kbps)
		if r.Quality > 0 {
			kbps = fmt.Sprintf("q%d: %d", r.Quality, r.Kbps)
		}
		fmt.Fprintf(&b, "| %s | %s | %.1f | %.1f | %+.1f | %.1f | %.1f | %+.1f | %.0f%% | %.0f%% | %.1f | %.1f | %+.1f |",
			r.Item, kbps, o.NMR, p.NMR, o.NMR-p.NMR, o.Total, p.Total, o.Total-p.Total, 100*o.Over, 100*p.Over, o.SegSNR, p.SegSNR, o.SegSNR-p.SegSNR)
		if o.PreEcho.Attacks > 0 {
			fmt.Fprintf(&b, " %.1f | %.1f | %+.1f |", o.PreEcho.NMR, p.PreEcho.NMR, o.PreEcho.NMR-p.PreEcho.NMR)
		} else {
			b.WriteString(" | | |")
		}
		fmt.Fprintf(&b, " %s |\n", remarks)
	}
	for _, r := range rows {
		line(r, r.remarks())
	}
	for _, s := range settings(rows) {
		if mean, n := mean(rows, s); n > 0 {
			line(mean, fmt.Sprintf("mean of %d", n))
		}
	}
	return b.String()
}

// name says which row it is.
func (r Row) name() string { return r.Item + " at " + r.setting() }

// remarks tells what else is to be known of a row: lags, wrong lengths, levels.
func (r Row) remarks() string {
	var list []string
	for _, side := range []struct {
		name string
		Report
	}{{"ours", r.Ours}, {"other", r.Other}} {
		if side.Lag != 0 {
			list = append(list, fmt.Sprintf("%s %d samples late", side.name, side.Lag))
		}
		if side.Longer != 0 {
			list = append(list, fmt.Sprintf("%s %d samples too long", side.name, side.Longer))
		}
	}
	// That LAME turns down is known, and needs no line each.
	if g := r.Ours.Gain; g < -0.05 || g > 0.05 {
		list = append(list, fmt.Sprintf("ours %+.1f dB", -g))
	}
	if r.Share > 0 {
		list = append(list, fmt.Sprintf("the other's file has %.0f%% of the length", 100*r.Share))
	}
	return strings.Join(list, ", ")
}

// mean returns the means of the rows of a setting, and how many they are. Those
// of pre-echo are over the rows that have any attacks.
func mean(rows []Row, setting string) (Row, int) {
	m := Row{Item: "**mean**"}
	n, attacked := 0, 0
	add := func(to *Report, r Report) {
		to.NMR += r.NMR
		to.Total += r.Total
		to.Over += r.Over
		to.SegSNR += r.SegSNR
		to.PreEcho.Attacks += r.PreEcho.Attacks
		to.PreEcho.NMR += r.PreEcho.NMR
	}
	for _, r := range rows {
		if r.setting() != setting || r.Share > 0 {
			continue
		}
		n++
		m.Kbps += r.Kbps
		m.Quality = r.Quality
		if r.Ours.PreEcho.Attacks > 0 {
			attacked++
		}
		add(&m.Ours, r.Ours)
		add(&m.Other, r.Other)
	}
	if n == 0 {
		return m, 0
	}
	m.Kbps /= n
	for _, r := range []*Report{&m.Ours, &m.Other} {
		r.NMR /= float64(n)
		r.Total /= float64(n)
		r.Over /= float64(n)
		r.SegSNR /= float64(n)
		r.PreEcho.NMR /= float64(max(attacked, 1))
	}
	return m, n
}

// Shortfalls says where ours is not as good as it has to be. Segmental
// noise-to-mask ratio and SNR may be 1 dB worse in the mean of a bit rate, and 2 dB for
// any item; pre-echo may not be worse for items that are made of attacks; and
// length and position must be the original's, sample for sample.
func Shortfalls(rows []Row) []string {
	const onAverage, onAny, preEcho = 1.0, 2.0, 0.0
	var list []string
	check := func(r Row, most float64) {
		name := r.name()
		if d := r.Ours.NMR - r.Other.NMR; d > most {
			list = append(list, fmt.Sprintf("%s: NMR %.1f dB worse", name, d))
		}
		if d := r.Other.SegSNR - r.Ours.SegSNR; d > most {
			list = append(list, fmt.Sprintf("%s: segmental SNR %.1f dB worse", name, d))
		}
	}
	for _, r := range rows {
		if r.Ours.Lag != 0 || r.Ours.Longer != 0 {
			list = append(list, fmt.Sprintf("%s: %d samples late, %d too long", r.name(), r.Ours.Lag, r.Ours.Longer))
		}
		if r.Share > 0 {
			continue
		}
		check(r, onAny)
		if d := r.Ours.PreEcho.NMR - r.Other.PreEcho.NMR; r.Attacks && d > preEcho {
			list = append(list, fmt.Sprintf("%s: pre-echo %.1f dB worse", r.name(), d))
		}
	}
	for _, s := range settings(rows) {
		if m, n := mean(rows, s); n > 0 {
			check(m, onAverage)
		}
	}
	return list
}
