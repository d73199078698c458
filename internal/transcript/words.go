package transcript

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// timed is a word as recognizers write it.
type timed struct {
	Word  string   `json:"word"`
	Text  string   `json:"text"`  // instead of word: whisper-timestamped
	Start *float64 `json:"start"` // seconds; WhisperX has none for what it could not align, such as numbers
	End   *float64 `json:"end"`

	Probability float64 `json:"probability"` // Whisper
	Score       float64 `json:"score"`       // WhisperX
	Confidence  float64 `json:"confidence"`  // whisper-timestamped
}

// wordsOf returns the words of a cue. Those without times share the room between
// their neighbours. Without any time there are no words.
func wordsOf(list []timed, start, end float64) []Word {
	var words []Word
	var open int // words at the end that have no times yet
	at := start  // where the last word with times ends
	share := func(until float64) {
		room := max(0, until-at) / float64(max(1, open))
		for i := range open {
			w := &words[len(words)-open+i]
			w.Start, w.End = round(at+float64(float64(i)*room)), round(at+float64(float64(i+1)*room))
		}
		open = 0
	}
	known := false
	for _, t := range joined(list) {
		text := oneLine(t.Word)
		if text == "" {
			text = oneLine(t.Text)
		}
		if text == "" {
			continue
		}
		w := Word{Text: text, Confidence: min(1, max(0, t.Probability, t.Score, t.Confidence))}
		if t.Start == nil || t.End == nil || !inTime(*t.Start) || !inTime(*t.End) {
			words = append(words, w)
			open++
			continue
		}
		share(*t.Start)
		known = true
		w.Start, w.End = round(*t.Start), round(max(*t.Start, *t.End))
		words = append(words, w)
		at = w.End
	}
	if !(end > at) { // nor is NaN, an end that is not known
		end = at
	}
	share(end)
	if !known {
		return nil
	}
	return words
}

// joined joins words that are parts of one: whisper.cpp's server lists tokens,
// and others take "-known" for a word. Where a word begins there is a space;
// lists without any have whole words.
func joined(list []timed) []timed {
	if !slices.ContainsFunc(list, func(t timed) bool { return len(t.Word) > 1 && t.Word[0] == ' ' }) {
		return list
	}
	var words []timed
	var parts float64 // of the last word
	for _, t := range list {
		if len(words) == 0 || t.Word == "" || beginsWord(t.Word) {
			words = append(words, t)
			parts = 1
			continue
		}
		w := &words[len(words)-1]
		w.Word += t.Word
		parts++
		w.Probability += (t.Probability - w.Probability) / parts
		if w.Start == nil {
			w.Start = t.Start
		}
		if t.End != nil && (w.End == nil || *t.End > *w.End) {
			w.End = t.End
		}
	}
	return words
}

// token is a part of a word, as whisper.cpp writes it in its full JSON.
type token struct {
	Text    string  `json:"text"` // begins with a space where a word begins
	P       float64 `json:"p"`
	Offsets *struct {
		From float64 `json:"from"` // milliseconds
		To   float64 `json:"to"`
	} `json:"offsets"`
}

// special reports whether a token is none of the words, such as [_BEG_],
// [_TT_150] and <|endoftext|>.
func (t *token) special() bool {
	s := strings.TrimSpace(t.Text)
	return strings.HasPrefix(s, "[_") && strings.HasSuffix(s, "]") || strings.HasPrefix(s, "<|") && strings.HasSuffix(s, "|>")
}

// parseTokens reads the tokens of a segment. Whisper has a field of that name
// too, of numbers that are of no use.
func parseTokens(raw json.RawMessage) ([]token, error) {
	if rest, ok := bytes.CutPrefix(bytes.TrimSpace(raw), []byte("[")); !ok || !bytes.HasPrefix(bytes.TrimSpace(rest), []byte("{")) {
		return nil, nil
	}
	var list []token
	err := json.Unmarshal(raw, &list)
	return list, err
}

// wordsOfTokens joins tokens to words.
func wordsOfTokens(list []token) []timed {
	var words []timed
	var parts float64 // tokens of the last word
	for _, t := range list {
		if t.special() || t.Text == "" {
			continue
		}
		var start, end *float64
		if t.Offsets != nil {
			from, to := t.Offsets.From/1000, t.Offsets.To/1000
			start, end = &from, &to
		}
		if len(words) == 0 || beginsWord(t.Text) {
			words = append(words, timed{Word: t.Text, Start: start, End: end, Probability: t.P})
			parts = 1
			continue
		}
		w := &words[len(words)-1]
		w.Word += t.Text
		parts++
		w.Probability += (t.P - w.Probability) / parts
		if w.Start == nil {
			w.Start = start
		}
		if end != nil && (w.End == nil || *end > *w.End) {
			w.End = end
		}
	}
	return words
}

// beginsWord reports whether a token begins a word: with a space, or with a
// letter of a script that has none between words.
func beginsWord(s string) bool {
	for _, r := range s {
		return unicode.IsSpace(r) || isUnspaced(r)
	}
	return false
}

// spread gives the words of a whole file, in their order, to the cues whose
// times they lie in: OpenAI's verbose_json lists them apart from the segments.
func spread(cues []Cue, list []timed) {
	from := 0
	for i := range cues {
		to := from
		for to < len(list) && (i == len(cues)-1 || middle(list[to]) < cues[i+1].Start) {
			to++
		}
		cues[i].Words = wordsOf(list[from:to], cues[i].Start, cues[i].End)
		from = to
	}
}

func inTime(seconds float64) bool { return seconds >= 0 && seconds <= maxTime }

// middle returns the middle of a word, 0 if it has no times.
func middle(t timed) float64 {
	if t.Start == nil || t.End == nil {
		return 0
	}
	return (*t.Start + *t.End) / 2
}
