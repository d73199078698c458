package judge

import (
	"context"
	"fmt"
	"strings"
)

// A Row is one item at one bit rate as two encoders have it.
type Row struct {
	Item        string
	Kbps        int
	Attacks     bool // see Item
	Ours, Other Report
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
		fmt.Fprintf(&b, "| %s | %d | %.1f | %.1f | %+.1f | %.1f | %.1f | %+.1f | %.0f%% | %.0f%% | %.1f | %.1f | %+.1f |",
			r.Item, r.Kbps, o.NMR, p.NMR, o.NMR-p.NMR, o.Total, p.Total, o.Total-p.Total, 100*o.Over, 100*p.Over, o.SegSNR, p.SegSNR, o.SegSNR-p.SegSNR)
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
	for _, kbps := range []int{64, 128, 192} {
		if mean, n := mean(rows, kbps); n > 0 {
			line(mean, fmt.Sprintf("mean of %d", n))
		}
	}
	if mean, n := mean(rows, 0); n > 0 {
		line(mean, fmt.Sprintf("mean of %d", n))
	}
	return b.String()
}

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
	return strings.Join(list, ", ")
}

// mean returns the means of the rows of a bit rate, or of all if that is 0, and
// how many they are. Those of pre-echo are over the rows that have any attacks.
func mean(rows []Row, kbps int) (Row, int) {
	m := Row{Item: "**mean**", Kbps: kbps}
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
		if kbps != 0 && r.Kbps != kbps {
			continue
		}
		n++
		if r.Ours.PreEcho.Attacks > 0 {
			attacked++
		}
		add(&m.Ours, r.Ours)
		add(&m.Other, r.Other)
	}
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
		name := fmt.Sprintf("%s at %d kbit/s", r.Item, r.Kbps)
		if d := r.Ours.NMR - r.Other.NMR; d > most {
			list = append(list, fmt.Sprintf("%s: NMR %.1f dB worse", name, d))
		}
		if d := r.Other.SegSNR - r.Ours.SegSNR; d > most {
			list = append(list, fmt.Sprintf("%s: segmental SNR %.1f dB worse", name, d))
		}
	}
	for _, r := range rows {
		check(r, onAny)
		if d := r.Ours.PreEcho.NMR - r.Other.PreEcho.NMR; r.Attacks && d > preEcho {
			list = append(list, fmt.Sprintf("%s at %d kbit/s: pre-echo %.1f dB worse", r.Item, r.Kbps, d))
		}
		if r.Ours.Lag != 0 || r.Ours.Longer != 0 {
			list = append(list, fmt.Sprintf("%s at %d kbit/s: %d samples late, %d too long", r.Item, r.Kbps, r.Ours.Lag, r.Ours.Longer))
		}
	}
	for _, kbps := range []int{64, 128, 192} {
		if m, n := mean(rows, kbps); n > 0 {
			check(m, onAverage)
		}
	}
	return list
}
