package judge

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"strconv"
)

// LAMEVariable returns the program lame at a varying bit rate: it sets the
// quality (-V, which takes fractions) so that the file has as nearly as
// possible the kbps asked for on average.
func LAMEVariable(settings ...string) Encoder {
	e := LAME(settings...)
	e.Name += " -V"
	e.Encode = func(ctx context.Context, in, out string, kbps, channels int) error {
		rate, seconds, err := length(in)
		if err != nil {
			return err
		}
		mode := map[int]string{1: "m", 2: "j"}[channels]
		encode := func(v float64) (got float64, err error) {
			// Left alone, lame would lower the sample rate.
			args := append([]string{"--quiet", "-V", strconv.FormatFloat(v, 'f', 3, 64), "-m", mode,
				"--resample", strconv.FormatFloat(float64(rate)/1000, 'f', -1, 64)}, settings...)
			if err := run(ctx, "lame", append(args, in, out)...); err != nil {
				return 0, err
			}
			return average(out, seconds)
		}
		best, least := 0., math.Inf(1)
		low, high := 0., 9.999 // from the most bits to the fewest
		for range 8 {
			v := (low + high) / 2
			got, err := encode(v)
			if err != nil {
				return err
			}
			if d := math.Abs(got - float64(kbps)); d < least {
				best, least = v, d
			}
			if got > float64(kbps) {
				low = v
			} else {
				high = v
			}
		}
		_, err = encode(best)
		return err
	}
	return e
}

// length tells how many samples a second a WAV file that write has written has,
// and how many seconds.
func length(name string) (rate int, seconds float64, err error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0, 0, err
	}
	if len(b) < 44 {
		return 0, 0, fmt.Errorf("%s is no WAV file of the set", name)
	}
	second := binary.LittleEndian.Uint32(b[28:])
	return int(binary.LittleEndian.Uint32(b[24:])), float64(len(b)-44) / float64(max(second, 1)), nil
}

// average returns how many kilobits a second a file has.
func average(name string, seconds float64) (float64, error) {
	info, err := os.Stat(name)
	if err != nil {
		return 0, err
	}
	return 8 * float64(info.Size()) / 1000 / seconds, nil
}

// MatchVariable compares two encoders of varying bit rate on all items: ours,
// which is given a quality in place of a bit rate, and the other at the bit rate
// that our file came out with. Where the other's file has less than 97 % or
// more than 103 % of that, Row.Share says so.
func MatchVariable(ctx context.Context, items []Item, qualities []int, ours, other Encoder) ([]Row, error) {
	var rows []Row
	for _, quality := range qualities {
		for _, i := range items {
			row := Row{Item: i.Name, Quality: quality, Attacks: i.Attacks}
			var err error
			if row.Ours, err = ours.Judge(ctx, i, quality); err != nil {
				return nil, fmt.Errorf("%s by %s: %w", i.Name, ours.Name, err)
			}
			seconds := float64(len(i.Samples[0])) / float64(i.Rate)
			kbps, err := average(ours.file(i, quality), seconds)
			if err != nil {
				return nil, err
			}
			row.Kbps = int(math.Round(kbps))
			if row.Other, err = other.Judge(ctx, i, row.Kbps); err != nil {
				return nil, fmt.Errorf("%s by %s: %w", i.Name, other.Name, err)
			}
			theirs, err := average(other.file(i, row.Kbps), seconds)
			if err != nil {
				return nil, err
			}
			if share := theirs / kbps; share < 0.97 || share > 1.03 {
				row.Share = share
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}
