package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseSize reads a number of bytes: 500000, 2M (mebibytes), 2MB (millions).
// The empty text is 0.
func ParseSize(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	s := strings.TrimSpace(text)
	digits := strings.TrimRight(s, "kKMGiB ")
	units := map[string]float64{
		"": 1, "B": 1, "k": 1 << 10, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30,
		"kiB": 1 << 10, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9,
	}
	unit, known := units[strings.TrimSpace(s[len(digits):])]
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !known || !(n > 0) || n*unit > 1<<50 || n*unit < 1 {
		return 0, fmt.Errorf("%q is not a size (try 500k, 2M or 1.5G)", text)
	}
	return int64(n * unit), nil
}
