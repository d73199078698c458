package terminal

import "strings"

// Wrap breaks a text into lines of at most so many columns, at spaces; a word that
// is wider, such as a sentence in a script without spaces, is cut. With a width of
// 0 the text is one line.
func Wrap(s string, width int) []string {
	if width <= 0 || Width(s) <= width {
		return []string{s}
	}
	var lines []string
	line, n := "", 0
	for _, word := range strings.Fields(s) {
		w := Width(word)
		if n > 0 && n+1+w > width {
			lines = append(lines, line)
			line, n = "", 0
		}
		if n > 0 {
			line, n = line+" ", n+1
		}
		for w > width-n {
			head, rest := split(word, width-n)
			if head == "" { // one character is wider
				head, rest = word, ""
			}
			lines = append(lines, line+head)
			line, n, word = "", 0, rest
			w = Width(word)
		}
		line, n = line+word, n+w
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
