package transcript

import (
	"math"
	"slices"
	"strings"
)

// fold takes out the repetitions of captions that repeat what was shown before.
// underlined has the words that are underlined, by the number of their cue.
func fold(cues []Cue, underlined map[int]Word) ([]Cue, Note) {
	var note Note
	if len(underlined) > 0 {
		cues = foldWords(cues, underlined, &note)
	}
	return foldLines(cues, &note), note
}

// foldLines folds rolling captions, as YouTube writes them for its own: each cue
// shows the lines of the one before it above its own, and between two stands one
// of some milliseconds with the old lines only. A file rolls if most of its cues
// begin with lines of those before them, and one at least has more: cues of
// somebody who says the same thing twice have nothing more.
func foldLines(cues []Cue, note *Note) []Cue {
	repeats, grows := 0, false
	old := make([]int, len(cues)) // lines that each has of the one before it
	for i := 1; i < len(cues); i++ {
		if !follows(&cues[i-1], &cues[i]) {
			continue
		}
		lines := strings.Split(cues[i].Text, "\n")
		if old[i] = carried(strings.Split(cues[i-1].Text, "\n"), lines); old[i] > 0 {
			repeats++
			grows = grows || old[i] < len(lines)
		}
	}
	if !grows || repeats*2 < len(cues)-1 {
		return cues
	}
	out := make([]Cue, 0, len(cues)-repeats)
	for i, c := range cues {
		if old[i] > 0 {
			note.count(Folded, &c)
			lines := strings.Split(c.Text, "\n")
			if c.Text = strings.Join(lines[old[i]:], "\n"); c.Text == "" {
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

// carried returns how many lines at the end of before stand at the beginning of
// after.
func carried(before, after []string) int {
	for n := min(len(before), len(after)); n > 0; n-- {
		if slices.Equal(before[len(before)-n:], after[:n]) {
			return n
		}
	}
	return 0
}

// foldWords folds captions in which each word that is said is underlined in turn,
// as whisper writes them with highlight_words: a cue for each word, and for each
// pause between two, with the same text. What else is underlined is so for weight.
func foldWords(cues []Cue, underlined map[int]Word, note *Note) []Cue {
	var out []Cue
	for from := 0; from < len(cues); {
		to := from + 1
		for to < len(cues) && cues[to].Text == cues[from].Text && cues[to].Speaker == cues[from].Speaker && follows(&cues[to-1], &cues[to]) {
			to++
		}
		var words []Word
		for i := from; i < to; i++ {
			if w, ok := underlined[i]; ok {
				words = append(words, w)
			}
		}
		run := cues[from:to]
		from = to
		if len(run) == 1 || len(words)*2 < len(run) {
			out = append(out, run...)
			continue
		}
		c := run[0]
		c.Words = words
		for _, r := range run[1:] {
			note.count(Folded, &r)
			c.End = max(c.End, r.End)
		}
		out = append(out, c)
	}
	return out
}

// follows reports whether a cue begins where the one before it ends, but for a
// picture or two.
func follows(a, b *Cue) bool {
	const near = 0.1 // seconds
	return b.Start >= a.Start && math.Abs(b.Start-a.End) <= near
}
