// Package suggest finds the word that somebody meant who mistyped one.
package suggest

import (
	"strings"
	"unicode/utf8"
)

// Closest returns the word of a list that is most like another: it takes at
// most two changes of a letter (an insertion, a deletion, a replacement or a
// swap of neighbours), and fewer than half of the letters; or it begins with
// the other and is the only one that does. It returns "" if there is none. Case
// does not count.
func Closest(word string, list []string) string {
	word = strings.ToLower(word)
	most := min(2, (utf8.RuneCountInString(word)-1)/2)
	best, found := most+1, ""
	begins, beginning := 0, ""
	for _, w := range list {
		lower := strings.ToLower(w)
		if d := distance([]rune(word), []rune(lower)); d < best {
			best, found = d, w
		}
		if len(word) > 1 && strings.HasPrefix(lower, word) {
			begins, beginning = begins+1, w
		}
	}
	if found == "" && begins == 1 {
		return beginning
	}
	return found
}

// distance is the least number of changes that make a of b (optimal string
// alignment).
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(row[j]+1, last[j+1]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
