package playlist

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// attributes reads the list of a tag: NAME=value,NAME="value" (RFC 8216, 4.2).
// Blanks around commas, which some packagers write, are skipped. Quotes are
// taken off the values.
func attributes(text string) (map[string]string, error) {
	list := make(map[string]string)
	for rest := strings.TrimSpace(text); rest != ""; {
		name, value, ok := strings.Cut(rest, "=")
		name = strings.TrimSpace(name)
		if !ok || name == "" || strings.ContainsAny(name, `",`) {
			return nil, errors.New("damaged list of attributes")
		}
		if _, twice := list[name]; twice {
			return nil, fmt.Errorf("attribute %s occurs twice", name)
		}
		value = strings.TrimLeft(value, " \t")
		if quoted, ok := strings.CutPrefix(value, `"`); ok {
			value, rest, ok = strings.Cut(quoted, `"`)
			if !ok {
				return nil, fmt.Errorf("the quotes of attribute %s are not closed", name)
			}
			rest = strings.TrimLeft(rest, " \t")
			if rest != "" && rest[0] != ',' {
				return nil, fmt.Errorf("text follows the quotes of attribute %s", name)
			}
			rest = strings.TrimPrefix(rest, ",")
		} else {
			value, rest, _ = strings.Cut(value, ",")
			value = strings.TrimSpace(value)
		}
		list[name] = value
		rest = strings.TrimSpace(rest)
	}
	return list, nil
}

// number reads a decimal integer (RFC 8216, 4.2).
func number(text string) (int64, error) {
	text = strings.TrimSpace(text)
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("%q is not a valid number", short(text))
	}
	return int64(n), nil
}

// duration reads seconds, whole ones or with decimals.
func duration(text string) (time.Duration, error) {
	const most = 24 * 3600
	text = strings.TrimSpace(text)
	s, err := strconv.ParseFloat(text, 64)
	if err != nil || !(s >= 0 && s <= most) || strings.ContainsAny(text, "xXpP_") {
		return 0, fmt.Errorf("%q is not a valid duration in seconds", short(text))
	}
	return time.Duration(math.Round(s * float64(time.Second))), nil
}

// byteRange reads n[@o]. Without o the range begins at next, where the one
// before ended; a negative next means that there was none.
func byteRange(text string, next int64) (*Range, error) {
	length, offset, has := strings.Cut(text, "@")
	n, err := number(length)
	if err != nil {
		return nil, err
	}
	if has {
		if next, err = number(offset); err != nil {
			return nil, err
		}
	}
	switch {
	case next < 0:
		return nil, errors.New("the byte range has no offset, and no range of the same resource precedes it")
	case n == 0 || n > maxOffset || next > maxOffset:
		return nil, fmt.Errorf("%q is not a valid byte range", short(text))
	}
	return &Range{next, n}, nil
}

// initVector reads an IV: 0x and 32 hexadecimal digits at most (RFC 8216,
// 4.3.2.4).
func initVector(text string) (*[16]byte, error) {
	digits, ok := strings.CutPrefix(strings.ToLower(text), "0x")
	if !ok || digits == "" || len(digits) > 32 {
		return nil, fmt.Errorf("%q is not a valid IV", short(text))
	}
	b, err := hex.DecodeString(strings.Repeat("0", 32-len(digits)) + digits)
	if err != nil {
		return nil, fmt.Errorf("%q is not a valid IV", short(text))
	}
	return (*[16]byte)(b), nil
}

// dateTime reads ISO 8601 with the zone in the forms that packagers write. A
// time without a zone says nothing about when it was.
func dateTime(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a valid date with a time zone", short(text))
}

// short is the beginning of a text for a message.
func short(text string) string {
	const most = 60
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
