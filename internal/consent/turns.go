package consent

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/space"
)

const (
	// maxTurnBytes is the most bytes that a list of turns may have.
	maxTurnBytes = 16 << 20
	// overhang is how far a turn may reach beyond the end of the recording, in
	// seconds: editors round.
	overhang = 1.0
)

// IsHandle reports whether s is a handle, with or without its @.
func IsHandle(s string) bool {
	s = Handle(s)
	if len(s) == 0 || len(s) > 50 {
		return false
	}
	for i := range len(s) {
		if !letter(s[i]) {
			return false
		}
	}
	return true
}

// letter reports whether a byte can be a part of a handle.
func letter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// ParseTurns reads who speaks when in a recording of length seconds: Audacity's
// label track (start, end and a handle, with tabs between, one a line), or JSON
// as speakers show writes it. The turns are returned in the order of time.
func ParseTurns(r io.Reader, length float64) ([]space.Turn, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxTurnBytes+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxTurnBytes {
		return nil, errors.New("the file is too large for a list of turns")
	}
	text := strings.TrimPrefix(string(b), "\uFEFF")
	var list []space.Turn
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		list, err = jsonTurns(text)
	} else {
		list, err = labelTurns(text)
	}
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("the file contains no turns")
	}
	for i := range list {
		if err := checkTurn(&list[i], length); err != nil {
			return nil, fmt.Errorf("turn %d: %w", i+1, err)
		}
	}
	slices.SortStableFunc(list, func(a, b space.Turn) int { return cmp.Compare(a.Start, b.Start) })
	return list, nil
}

func jsonTurns(text string) ([]space.Turn, error) {
	var v struct {
		Turns []space.Turn `json:"turns"`
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return nil, err
	}
	return v.Turns, nil
}

// labelTurns reads Audacity's labels. Lines that begin with a backslash tell
// the frequencies of the label before.
func labelTurns(text string) ([]space.Turn, error) {
	var list []space.Turn
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, `\`) {
			continue
		}
		cells := strings.SplitN(line, "\t", 3)
		if len(cells) < 2 {
			return nil, fmt.Errorf("line %d: expected a start and an end separated by a tab", n)
		}
		start, err := number(cells[0])
		end, err2 := number(cells[1])
		if err := cmp.Or(err, err2); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		t := space.Turn{Start: start, End: end}
		if len(cells) == 3 {
			t.Handle = cells[2]
		}
		list = append(list, t)
	}
	return list, nil
}

// number reads seconds. Some versions of Audacity write a decimal comma.
func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.ReplaceAll(strings.TrimSpace(s), ",", "."), 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a number of seconds", s)
	}
	return v, nil
}

// checkTurn brings a turn into the form that the library keeps.
func checkTurn(t *space.Turn, length float64) error {
	t.Handle = strings.TrimPrefix(strings.TrimSpace(t.Handle), "@")
	switch {
	case math.IsNaN(t.Start) || math.IsNaN(t.End) || t.Start < 0 || t.End <= t.Start:
		return fmt.Errorf("the end, %[2]g, is not after the start, %[1]g", t.Start, t.End)
	case t.End > length+overhang || t.Start >= length:
		return fmt.Errorf("%g is past the end: the recording is %g s long", t.End, length)
	case t.Handle != "" && !IsHandle(t.Handle):
		return fmt.Errorf("%q is not a valid handle", t.Handle)
	}
	t.End = min(t.End, length)
	return nil
}
