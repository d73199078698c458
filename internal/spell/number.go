package spell

import (
	"fmt"
	"strings"
)

// Size writes a number of bytes: 80 MB. A megabyte has a million of them.
func Size(bytes int64) string {
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

// Count writes a number with its noun: 1 recording, 2 recordings.
func Count(n int, noun string) string { return Plural(n, noun, noun+"s") }

// Plural chooses a form by number: 1 thing is, 2 things are.
func Plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Or writes a choice: a, b or c.
func Or(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
	}
	return strings.Join(words, "")
}

// First lists the first few of some words, and how many more there are.
func First(words []string, most int) string {
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}
