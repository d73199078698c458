package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/rivo/uniseg"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// safe makes a text of unknown origin fit for a terminal, on one line:
// control characters, which could move the cursor or set a title, and the
// characters that override the direction of what follows are replaced.
func safe(s string) string {
	if !strings.ContainsFunc(s, unsafe) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t', r == '\r', r == '\u2028', r == '\u2029':
			return ' '
		case unsafe(r):
			return '�'
		}
		return r
	}, s)
}

// safeLines is safe, but leaves line breaks.
func safeLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = safe(lines[i])
	}
	return strings.Join(lines, "\n")
}

// cell makes a text of unknown origin fit for a cell of CSV. It is safe, and one
// that a spreadsheet would take for a formula gets an apostrophe before it
// (owasp.org/www-community/attacks/CSV_Injection).
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + safe(s)
	}
	s = safe(s)
	// Spreadsheets drop blanks before they look, and take wide forms for narrow.
	if bare := strings.TrimLeft(s, " \u00a0\ufeff"); bare != "" && strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", []rune(bare)[0]) {
		return "'" + s
	}
	return s
}

func unsafe(r rune) bool {
	switch {
	case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', // overrides, embeddings, isolates
		r == '\u200e', r == '\u200f', r == '\u061c', // marks
		r == '\u2028', r == '\u2029':
		return true
	}
	return unicode.IsControl(r)
}

// width is how many columns of a terminal a text takes.
func width(s string) int {
	n := 0
	for _, r := range s {
		if !narrow(r) {
			return uniseg.StringWidth(s)
		}
		n++
	}
	return n
}

// narrow reports whether a character surely takes one column, whatever stands
// beside it: the printable ones of the Latin alphabets, and the dashes and
// quotation marks of General Punctuation.
func narrow(r rune) bool {
	return r >= ' ' && r <= '~' || r >= '\u00a1' && r <= '\u024f' && r != '\u00ad' || r >= '\u2010' && r <= '\u2027'
}

// truncate cuts a text to a width, at a character as readers see it.
func truncate(s string, max int) string {
	if width(s) <= max {
		return s
	}
	if max < 1 {
		return ""
	}
	var b strings.Builder
	n, state := 0, -1
	for s != "" {
		var cluster string
		var w int
		cluster, s, w, state = uniseg.FirstGraphemeClusterInString(s, state)
		if n+w > max-1 {
			break
		}
		b.WriteString(cluster)
		n += w
	}
	return b.String() + "…"
}

// clock writes seconds as 1:04:55 or 41:10, rounded; "–" when they are not
// known (negative).
func clock(seconds float64) string {
	if seconds < 0 || math.IsNaN(seconds) {
		return "–"
	}
	s := int64(math.Round(seconds))
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// short writes a small stretch of time: "0.4 s", "17.5 s", "12 min".
func short(seconds float64) string {
	if seconds < 1 {
		return fmt.Sprintf("%.2g s", seconds)
	}
	if seconds < 120 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", seconds), ".0") + " s"
	}
	return fmt.Sprintf("%.0f min", seconds/60)
}

// size writes bytes as people do: 80 MB.
func size(bytes int64) string {
	const unit = 1000
	if bytes < unit {
		return fmt.Sprintf("%d bytes", bytes)
	}
	v, exp := float64(bytes), 0
	for ; v >= unit && exp < 5; exp++ {
		v /= unit
	}
	if v < 10 {
		return fmt.Sprintf("%.1f %cB", v, " kMGTP"[exp])
	}
	return fmt.Sprintf("%.0f %cB", v, " kMGTP"[exp])
}

// count writes a number with its noun: "1 recording", "2 recordings".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// at writes a name with its @; an id stands as it is.
func at(name string) string {
	if name == "" || strings.Trim(name, "0123456789") == "" {
		return safe(name)
	}
	return "@" + safe(name)
}

// person is how a person is shown.
func person(p *space.Person) string {
	switch {
	case p == nil:
		return ""
	case p.Handle != "":
		return "@" + safe(p.Handle)
	}
	return safe(p.ID)
}

// zones names the time zones that local times are shown in: "CET", or
// "CEST, CET" when the rows lie in summer and winter.
type zones struct {
	location *time.Location
	names    []string
}

// format writes a time in local time and takes note of its zone.
func (z *zones) format(t time.Time, layout string) string {
	if t.IsZero() {
		return "–"
	}
	t = t.In(z.location)
	name := zoneName(t)
	if !slices.Contains(z.names, name) {
		z.names = append(z.names, name)
	}
	return t.Format(layout)
}

func (z *zones) String() string {
	if len(z.names) == 0 {
		return "local time"
	}
	return strings.Join(z.names, ", ")
}

// zoneName is the abbreviation of a time's zone; zones without one are named
// by their offset.
func zoneName(t time.Time) string {
	name, _ := t.Zone()
	if name == "" || name[0] == '+' || name[0] == '-' {
		return "UTC" + t.Format("-07:00")
	}
	return name
}

// plural chooses a form by number: "1 thing is", "2 things are".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// orList writes a choice: "a, b or c".
func orList(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
	}
	return strings.Join(words, "")
}
