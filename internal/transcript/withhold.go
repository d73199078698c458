package transcript

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Span is a stretch of a recording, in seconds.
type Span struct{ Start, End float64 }

// exactness is how far the times of cues may be off by being whole milliseconds.
const exactness = 0.001

// touches reports whether a stretch has anything of a span, or borders on it.
// Times that are no numbers touch everything.
func (s Span) touches(start, end float64) bool {
	return !(end+exactness < s.Start) && !(start-exactness > s.End)
}

// SaidBy reports whether the name of a cue's speakers names one of some people,
// by handle or id.
func SaidBy(speaker string, people []string) bool {
	for name := range strings.SplitSeq(speaker, ", ") {
		name = strings.TrimPrefix(name, "@")
		if name != "" && slices.ContainsFunc(people, func(p string) bool { return strings.EqualFold(p, name) }) {
			return true
		}
	}
	return false
}

// Withhold returns the cues without what was said in some spans, such as by
// people who must not be heard. Each word that touches a span is left out: its
// cue ends before it, and another one begins after it. A cue whose words have no
// times is left out whole if it touches a span. No cue that is returned touches
// one. The times of the rest stay, and the cues given are not changed.
func Withhold(cues []Cue, spans []Span) []Cue {
	var out []Cue
	for i := range cues {
		out = append(out, withhold(&cues[i], spans)...)
	}
	slices.SortStableFunc(out, func(a, b Cue) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

// withhold returns the parts of a cue that touch no span.
func withhold(c *Cue, spans []Span) []Cue {
	touched := func(start, end float64) bool {
		return slices.ContainsFunc(spans, func(s Span) bool { return s.touches(start, end) })
	}
	first, last := c.Start, c.End
	for _, w := range c.Words {
		first, last = min(first, w.Start), max(last, w.End)
	}
	if !touched(first, last) {
		return []Cue{*c}
	}
	var parts []Cue
	texts := textsOf(c)
	joins := false // the next word may belong to the last part
	for i, w := range c.Words {
		if touched(w.Start, w.End) {
			joins = false
			continue
		}
		if n := len(parts) - 1; joins && !touched(min(parts[n].Start, w.Start), max(parts[n].End, w.End)) {
			p := &parts[n]
			p.Start, p.End = min(p.Start, w.Start), max(p.End, w.End)
			p.Words = append(p.Words, w)
			p.Text += texts[i]
		} else {
			parts = append(parts, Cue{Start: w.Start, End: w.End, Speaker: c.Speaker, Text: texts[i], Words: []Word{w}})
		}
		joins = true
	}
	// A cue may begin before its first word and end after its last one.
	if len(parts) > 0 && !touched(min(c.Start, parts[0].Start), parts[0].End) {
		parts[0].Start = min(c.Start, parts[0].Start)
	}
	if n := len(parts) - 1; n >= 0 && !touched(parts[n].Start, max(c.End, parts[n].End)) {
		parts[n].End = max(c.End, parts[n].End)
	}
	kept := parts[:0]
	for _, p := range parts {
		if p.Text = tidyLines(p.Text); p.Text != "" {
			kept = append(kept, p)
		}
	}
	return kept
}

// textsOf returns what stands in the text of a cue for each of its words, with
// the punctuation and space behind it. Where the text has something that is none
// of the words, nobody knows when that was said: then the words alone stand.
func textsOf(c *Cue) []string {
	texts := make([]string, len(c.Words))
	at := 0 // where the last word ends
	for i, w := range c.Words {
		n := strings.Index(c.Text[at:], w.Text)
		if w.Text == "" || n < 0 || hasLetters(c.Text[at:at+n]) {
			return wordTexts(c.Words)
		}
		between := c.Text[at : at+n]
		if i > 0 {
			// An opening mark belongs to the word behind it.
			cut := strings.LastIndexFunc(between, unicode.IsSpace) + 1
			texts[i-1] += between[:cut]
			between = between[cut:]
		}
		texts[i] = between + w.Text
		at += n + len(w.Text)
	}
	if hasLetters(c.Text[at:]) {
		return wordTexts(c.Words)
	}
	if len(texts) > 0 {
		texts[len(texts)-1] += c.Text[at:]
	}
	return texts
}

// wordTexts returns words with a space behind each, but for those of scripts
// that have none.
func wordTexts(words []Word) []string {
	texts := make([]string, len(words))
	for i, w := range words {
		if texts[i] = w.Text; i+1 < len(words) {
			last, _ := utf8.DecodeLastRuneInString(w.Text)
			next, _ := utf8.DecodeRuneInString(words[i+1].Text)
			if !isUnspaced(last) || !isUnspaced(next) {
				texts[i] += " "
			}
		}
	}
	return texts
}

func hasLetters(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.S)
	})
}

// tidyLines returns a text without empty lines, and without space around its
// lines.
func tidyLines(s string) string {
	var lines []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
