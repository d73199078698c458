package loudness

import (
	"fmt"
	"math"
	"testing"
)

// A tone is a stretch of the test signals of EBU Tech 3341 and 3342: a sine of
// 1000 Hz in both channels with this peak level, or silence.
type tone struct {
	dBFS, seconds float64
}

const quiet = -1000 // dBFS, of silence

// tones returns a stereo signal. The sine's phase runs on where levels change.
func tones(rate int, seq ...tone) []float32 {
	second := make([]float64, rate) // the sine repeats after it
	for n := range second {
		second[n] = math.Sin(2 * math.Pi * 1000 * float64(n) / float64(rate))
	}
	length := 0.0
	for _, t := range seq {
		length += t.seconds
	}
	out := make([]float32, 0, 2*int(math.Round(length*float64(rate))))
	var end float64
	n := 0
	for _, t := range seq {
		end += t.seconds
		amp := math.Pow(10, t.dBFS/20)
		for ; n < int(math.Round(end*float64(rate))); n++ {
			v := float32(amp * second[n%rate])
			out = append(out, v, v)
		}
	}
	return out
}

func repeat(n int, seq ...tone) (out []tone) {
	for range n {
		out = append(out, seq...)
	}
	return out
}

func newMeter(t testing.TB, rate, channels int) *Meter {
	t.Helper()
	m, err := NewMeter(rate, channels)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func measure(t testing.TB, rate, channels int, signal []float32) Result {
	t.Helper()
	m := newMeter(t, rate, channels)
	m.Write(signal)
	return m.Result()
}

func near(t *testing.T, what string, got Level, want, below, above float64) {
	t.Helper()
	if !(float64(got) >= want-below && float64(got) <= want+above) {
		t.Errorf("%s is %.3f, want %.1f (-%.2f +%.2f)", what, float64(got), want, below, above)
	}
}

var ebuRates = []int{22050, 44100, 48000}

func TestTech3341Integrated(t *testing.T) {
	for _, rate := range ebuRates {
		for _, c := range []struct {
			number int
			want   float64
			seq    []tone
		}{
			{1, -23, []tone{{-23, 20}}},
			{2, -33, []tone{{-33, 20}}},
			{3, -23, []tone{{-36, 10}, {-23, 60}, {-36, 10}}},
			{4, -23, []tone{{-72, 10}, {-36, 10}, {-23, 60}, {-36, 10}, {-72, 10}}},
			{5, -23, []tone{{-26, 20}, {-20, 20.1}, {-26, 20}}},
		} {
			t.Run(fmt.Sprintf("case %d at %d Hz", c.number, rate), func(t *testing.T) {
				m := newMeter(t, rate, 2)
				var last Step
				m.OnStep = func(s Step) { last = s }
				m.Write(tones(rate, c.seq...))
				near(t, "integrated loudness", m.Result().Integrated, c.want, 0.1, 0.1)
				if len(c.seq) == 1 {
					near(t, "momentary loudness", last.Momentary, c.want, 0.1, 0.1)
					near(t, "short-term loudness", last.ShortTerm, c.want, 0.1, 0.1)
				}
			})
		}
	}
}

// Case 6 is a sine in five channels: -28 dBFS in L and R, -24 in C, -30 in Ls
// and Rs. With six channels the fourth is the low frequency channel, which
// must not count.
func TestTech3341Surround(t *testing.T) {
	const rate = 48000
	for _, levels := range [][]float64{
		{-28, -28, -24, -30, -30},
		{-28, -28, -24, 0, -30, -30},
	} {
		var signal []float32
		for n := range 20 * rate {
			for _, dBFS := range levels {
				signal = append(signal, float32(math.Pow(10, dBFS/20)*math.Sin(2*math.Pi*1000*float64(n)/rate)))
			}
		}
		near(t, fmt.Sprint(len(levels), " channels: integrated loudness"),
			measure(t, rate, len(levels), signal).Integrated, -23, 0.1, 0.1)
	}
}

// Cases 9 and 12: the windows are as long as the pattern, so that the loudness
// stays the same wherever they lie.
func TestTech3341SteadyPatterns(t *testing.T) {
	for _, rate := range ebuRates {
		m := newMeter(t, rate, 2)
		m.OnStep = func(s Step) {
			if s.End >= int64(3*rate) {
				near(t, fmt.Sprint("case 9: short-term loudness at sample ", s.End), s.ShortTerm, -23, 0.1, 0.1)
			}
		}
		m.Write(tones(rate, repeat(5, tone{-20, 1.34}, tone{-30, 1.66})...))
		near(t, "case 9: maximum", m.Result().MaxShortTerm, -23, 0.1, 0.1)

		m = newMeter(t, rate, 2)
		m.OnStep = func(s Step) {
			if s.End >= int64(rate) {
				near(t, fmt.Sprint("case 12: momentary loudness at sample ", s.End), s.Momentary, -23, 0.1, 0.1)
			}
		}
		m.Write(tones(rate, repeat(25, tone{-20, 0.18}, tone{-30, 0.22})...))
		near(t, "case 12: maximum", m.Result().MaxMomentary, -23, 0.1, 0.1)
	}
}

// Cases 10 and 13: files whose tone is as long as the window and starts a
// little later in each. Cases 11 and 14: the same in one stream, each tone 1 dB
// louder than the one before.
func TestTech3341Maxima(t *testing.T) {
	for _, rate := range []int{44100, 48000} {
		for i := range 20 {
			r := measure(t, rate, 2, tones(rate, tone{quiet, 0.15 * float64(i)}, tone{-23, 3}, tone{quiet, 1}))
			near(t, fmt.Sprintf("case 10, file %d at %d Hz: maximum", i+1, rate), r.MaxShortTerm, -23, 0.1, 0.1)
			r = measure(t, rate, 2, tones(rate, tone{quiet, 0.02 * float64(i)}, tone{-23, 0.4}, tone{quiet, 1}))
			near(t, fmt.Sprintf("case 13, file %d at %d Hz: maximum", i+1, rate), r.MaxMomentary, -23, 0.1, 0.1)
		}
		long, short := newMeter(t, rate, 2), newMeter(t, rate, 2)
		for i := range 20 {
			level, at := -38+float64(i), float64(i)
			long.Write(tones(rate, tone{quiet, 0.15 * at}, tone{level, 3}, tone{quiet, 3 - 0.15*at}))
			near(t, fmt.Sprintf("case 11, tone %d at %d Hz: maximum", i+1, rate), long.Result().MaxShortTerm, level, 0.1, 0.1)
			short.Write(tones(rate, tone{quiet, 0.02 * at}, tone{level, 0.4}, tone{quiet, 0.4 - 0.02*at}))
			near(t, fmt.Sprintf("case 14, tone %d at %d Hz: maximum", i+1, rate), short.Result().MaxMomentary, level, 0.1, 0.1)
		}
	}
}

// Cases 15 to 19 are sines that no sample meets at its peak.
func TestTech3341TruePeakOfSines(t *testing.T) {
	for _, rate := range []int{8000, 44100, 48000, 96000, 176400} {
		for _, c := range []struct {
			number             int
			divisor, amp, turn float64 // frequency is rate/divisor; phase in degrees
			want               float64
		}{
			{15, 4, 0.50, 0, -6},
			{16, 4, 0.50, 45, -6},
			{17, 6, 0.50, 60, -6},
			{18, 8, 0.50, 67.5, -6},
			{19, 4, 1.41, 45, 3},
		} {
			t.Run(fmt.Sprintf("case %d at %d Hz", c.number, rate), func(t *testing.T) {
				var signal []float32
				// It fades in and out, for an abrupt end would ring.
				for n := range rate {
					fade := min(1, float64(n)/1000, float64(rate-n)/1000)
					v := float32(fade * c.amp * math.Sin(2*math.Pi*float64(n)/c.divisor+c.turn*math.Pi/180))
					signal = append(signal, v, v)
				}
				r := measure(t, rate, 2, signal)
				near(t, fmt.Sprintf("case %d at %d Hz: true peak", c.number, rate), r.TruePeak, c.want, 0.4, 0.2)
			})
		}
	}
}

// Cases 20 to 23 are made at four times the rate: a sine of fs/6 with
// amplitude 0.5 into which one period of fs/4 with amplitude 1 is put, then
// limited to half the target rate and decimated, keeping every fourth sample
// from the first, second, third or fourth on.
func TestTech3341TruePeakBetweenSamples(t *testing.T) {
	const (
		over  = 4
		total = 4 * 4800
		reach = 64 * over // of the low pass, to each side
	)
	var high [total]float64
	put := 6 * over * 400 // where the sine passes zero
	for n := range high {
		switch at := n - put; {
		case at < 0:
			high[n] = 0.5 * math.Sin(2*math.Pi*float64(n)/(6*over))
		case at < 4*over:
			high[n] = math.Sin(2 * math.Pi * float64(at) / (4 * over))
		default:
			high[n] = 0.5 * math.Sin(2*math.Pi*float64(at-4*over)/(6*over))
		}
	}
	var limited [total]float64
	for n := range limited {
		for k := max(0, n-reach); k < min(total, n+reach+1); k++ {
			x := float64(n - k)
			h := 1.0
			if x != 0 {
				h = math.Sin(math.Pi*x/over) / (math.Pi * x / over)
			}
			limited[n] += high[k] / over * h * (0.5 + 0.5*math.Cos(math.Pi*x/(reach+1)))
		}
	}
	for offset := range over {
		var signal []float32
		for n := offset; n < total; n += over {
			fade := min(1, float64(n)/4000, float64(total-n)/4000)
			v := float32(limited[n] * fade)
			signal = append(signal, v, v)
		}
		r := measure(t, 48000, 2, signal)
		t.Logf("case %d: sample peak %.2f dBFS, true peak %.2f dBTP", 20+offset, float64(r.SamplePeak), float64(r.TruePeak))
		near(t, fmt.Sprintf("case %d: true peak", 20+offset), r.TruePeak, 0, 0.4, 0.2)
	}
}

func TestTech3342(t *testing.T) {
	for _, rate := range ebuRates {
		for _, c := range []struct {
			number int
			want   float64
			seq    []tone
		}{
			{1, 10, []tone{{-20, 20}, {-30, 20}}},
			{2, 5, []tone{{-20, 20}, {-15, 20}}},
			{3, 20, []tone{{-40, 20}, {-20, 20}}},
			{4, 15, []tone{{-50, 20}, {-35, 20}, {-20, 20}, {-35, 20}, {-50, 20}}},
		} {
			t.Run(fmt.Sprintf("case %d at %d Hz", c.number, rate), func(t *testing.T) {
				near(t, fmt.Sprintf("case %d at %d Hz: range", c.number, rate),
					measure(t, rate, 2, tones(rate, c.seq...)).Range, c.want, 1, 1)
			})
		}
	}
}
