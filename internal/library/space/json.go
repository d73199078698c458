package space

import (
	"bytes"
	"encoding/json"
)

// Marshal writes JSON as people and diff tools like it: indented, without HTML
// escapes.
func Marshal(v any) ([]byte, error) { return encode(v, "  ") }

// Line writes JSON as a line of JSON Lines, line feed and all, without HTML
// escapes.
func Line(v any) ([]byte, error) { return encode(v, "") }

func encode(v any, indent string) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	err := e.Encode(v)
	return b.Bytes(), err
}

// Equal reports whether two values are the same JSON.
func Equal(a, b any) (bool, error) {
	x, err := Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := Marshal(b)
	return bytes.Equal(x, y), err
}
