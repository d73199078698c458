package archive

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An object is a JSON object whose keys are folded by foldKey. Asking it for
// a value takes the names under which the value may be known, in order.
type object map[string]any

// decodeObject decodes e and takes off its wrappers.
func decodeObject(e []byte) (object, bool) {
	v, ok := decodeValue(e)
	if !ok {
		return nil, false
	}
	return newObject(v)
}

// decodeValue decodes e, keeping the digits of numbers.
func decodeValue(e []byte) (any, bool) {
	dec := newDecoder(e)
	var v any
	if dec.Decode(&v) != nil {
		return nil, false
	}
	_, err := dec.Token()
	return v, err == io.EOF
}

// decodePrefix decodes the value that e begins with.
func decodePrefix(e []byte) (v any, ok bool) {
	ok = newDecoder(e).Decode(&v) == nil
	return v, ok
}

func newDecoder(e []byte) *json.Decoder {
	dec := json.NewDecoder(bytes.NewReader(e))
	dec.UseNumber()
	return dec
}

// newObject returns v as an object. X wraps each record into an object of one
// key; those come off.
func newObject(v any) (object, bool) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, false
	}
	for len(m) == 1 {
		var inner map[string]any
		for _, v := range m {
			inner, ok = v.(map[string]any)
		}
		if !ok {
			break
		}
		m = inner
	}
	return fold(m), true
}

func fold(m map[string]any) object {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys) // so that of two keys that fold into one, the same always wins
	o := make(object, len(m))
	for _, k := range keys {
		f := foldKey(k)
		if o[f] == nil {
			o[f] = m[k]
		}
	}
	return o
}

// get returns the first value that is there and not null.
func (o object) get(names ...string) any {
	for _, n := range names {
		if v := o[n]; v != nil {
			return v
		}
	}
	return nil
}

func (o object) object(names ...string) object {
	v, _ := newObject(o.get(names...))
	return v
}

// list returns the elements of an array. Anything else that is there counts
// as the only element of one.
func (o object) list(names ...string) []any {
	switch v := o.get(names...).(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

func (o object) text(names ...string) string {
	s, _ := scalar(o.get(names...))
	return s
}

// id returns a number or a name that identifies something.
func (o object) id(names ...string) string { return idText(o.get(names...)) }

// count returns a number that counts something, -1 if there is none.
func (o object) count(names ...string) int64 {
	s, ok := scalar(o.get(names...))
	if !ok {
		return -1
	}
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

func (o object) truth(names ...string) bool {
	switch v := o.get(names...).(type) {
	case bool:
		return v
	case string:
		return strings.EqualFold(v, "true")
	}
	return false
}

// scalar returns a string, or a number as it is written.
func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	}
	return "", false
}

// idText returns the id that v is. X writes ids as strings; tools that have
// gone over a file may have made numbers of them, also 2.244994945e9.
func idText(v any) string {
	s, _ := scalar(v)
	if n, ok := v.(json.Number); ok && strings.ContainsAny(s, ".eE") {
		f, err := n.Float64()
		if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return ""
		}
		return strconv.FormatInt(int64(f), 10)
	}
	return strings.TrimSpace(s)
}

// Times outside of these are not times of Spaces. Twitter began in 2006.
var (
	firstTime = time.Date(2006, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTime  = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// timeLayouts are the shapes of dates; time.Parse accepts a fraction of any
// length after the seconds in all of them.
var timeLayouts = []string{
	time.RFC3339,
	time.RubyDate, // Wed Jun 16 17:03:15 +0000 2021, as in posts
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05 Z0700",
	"2006-01-02 15:04:05 MST",
	"2006-01-02 15:04:05",
	"2006-01-02",
	time.RFC1123,
	time.RFC1123Z,
}

// parseTime reads a date: ISO 8601 with any number of fraction digits, the
// form of posts, or seconds, milliseconds, … since 1970 as number or string.
func parseTime(v any) (time.Time, bool) {
	s, ok := scalar(v)
	if s = strings.TrimSpace(s); !ok || s == "" || len(s) > 64 {
		return time.Time{}, false
	}
	t, ok := parseEpoch(s)
	for i := 0; !ok && i < len(timeLayouts); i++ {
		var err error
		t, err = time.Parse(timeLayouts[i], s)
		ok = err == nil
	}
	if !ok || t.Before(firstTime) || !t.Before(lastTime) {
		return time.Time{}, false
	}
	return t.UTC(), true
}

// parseEpoch reads a time since 1970. Its unit is told by its size: there is
// only one that puts it into our century.
func parseEpoch(s string) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		switch {
		case n < 1e11:
			return time.Unix(n, 0), true
		case n < 1e14:
			return time.UnixMilli(n), true
		case n < 1e17:
			return time.UnixMicro(n), true
		default:
			return time.Unix(0, n), true
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || f < 0 {
		return time.Time{}, false
	}
	if f >= 1e11 {
		f /= 1e3
	}
	if f >= 1e11 {
		return time.Time{}, false
	}
	sec, frac := math.Modf(f)
	return time.Unix(int64(sec), int64(math.Round(frac*1e6))*1e3), true
}
