package loudness

import (
	"encoding/json"
	"math"
	"strconv"
)

// A Level is a level or loudness in decibels; its reference is said where it
// is used. Silence is -Inf, which JSON knows as null.
type Level float64

// silence is the level of digital silence.
var silence = Level(math.Inf(-1))

// MarshalJSON writes l with three decimals, so that it does not depend on how
// a processor rounds.
func (l Level) MarshalJSON() ([]byte, error) {
	if math.IsInf(float64(l), 0) || math.IsNaN(float64(l)) {
		return []byte("null"), nil
	}
	v := math.Round(float64(l)*1000) / 1000
	return strconv.AppendFloat(nil, v+0, 'f', -1, 64), nil // +0 makes -0 a 0
}

// UnmarshalJSON reads what MarshalJSON writes.
func (l *Level) UnmarshalJSON(b []byte) error {
	var v *float64
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*l = silence
	if v != nil {
		*l = Level(*v)
	}
	return nil
}

// loudness returns the loudness in LUFS of a weighted mean square (BS.1770-4,
// formula 2). The constant takes out the filter's gain at 997 Hz.
func loudness(meanSquare float64) Level {
	if meanSquare <= 0 {
		return silence
	}
	return Level(-0.691 + float64(10*math.Log10(meanSquare)))
}

// meanSquare is the inverse of loudness.
func meanSquare(lufs float64) float64 { return math.Pow(10, (lufs+0.691)/10) }

// decibels returns the level of an amplitude, 1 being 0 dB.
func decibels(amplitude float64) Level {
	if amplitude <= 0 {
		return silence
	}
	return Level(20 * math.Log10(amplitude))
}
