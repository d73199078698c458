package transcript

import (
	"html"
	"regexp"
	"strings"
	"sync"
)

var (
	// tag matches markup: b, i, u, font and the like of SubRip, and the spans
	// and times of WebVTT (W3C WebVTT §4.2.2). Other things in angle brackets
	// are words.
	tag = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)</?(?:b|i|u|s|c|v|font|ruby|rt|lang)(?:[ \t\n.][^<>]*)?>|<(?:\d+:)?\d+:\d+\.\d+>`)
	})
	// voiceTag matches the beginning of a speaker's span, and its end.
	voiceTag = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)<v(?:\.[^<> \t\n]*)?[ \t\n]+([^<>]+)>|</v>`)
	})
	// stamp matches a time between words.
	stamp = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<((?:\d+:)?\d+:\d{1,2}\.\d{1,9})>`) })
	// underlined matches the word that is said while a cue is shown.
	underlined = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<u>([^<>]*)</u>`) })
	// prefix matches who speaks, as WhisperX ("[SPEAKER_00]: ") and whisper.cpp
	// ("(speaker 0) ") write it where a form has no place for it.
	prefix = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\s*(?:\[([^][\n]{1,64})\]:\s+|\(speaker (\d+|\?)\)\s*)`)
	})
)

// unmark takes the markup off text.
func unmark(text string) string { return html.UnescapeString(tag().ReplaceAllString(text, "")) }

// addMarked adds a cue of SubRip or WebVTT. If several people speak in it, each
// has a cue of that time.
func (p *parser) addMarked(text string, start, end float64, vtt bool) {
	spans := []voiceSpan{{text: text}}
	if vtt {
		spans = voices(text)
	}
	at := start
	for _, v := range spans {
		c := Cue{Start: start, End: end, Speaker: v.speaker, Text: unmark(v.text)}
		c.Words, at = stamped(v.text, at, end)
		if word := current(v.text, start, end); c.Words == nil && word.Text != "" {
			if p.underlined == nil {
				p.underlined = map[int]Word{}
			}
			p.underlined[len(p.cues)] = word
		}
		if m := prefix().FindStringSubmatch(c.Text); m != nil && c.Speaker == "" {
			c.Text = c.Text[len(m[0]):]
			if c.Speaker = m[1] + m[2]; c.Speaker == "?" {
				c.Speaker = ""
			}
		}
		p.add(c)
	}
}

// A voiceSpan is a part of a cue and who speaks it.
type voiceSpan struct{ speaker, text string }

// voices divides a cue of WebVTT by who speaks. If it names one person only, all
// of it is theirs.
func voices(text string) []voiceSpan {
	var spans []voiceSpan
	names := map[string]bool{}
	var now voiceSpan
	blank := "" // what stands between the last span and this one
	add := func(piece string) {
		if strings.TrimSpace(unmark(piece)) == "" {
			blank += piece
			return
		}
		if last := len(spans) - 1; last >= 0 && spans[last].speaker == now.speaker {
			spans[last].text += blank + piece
		} else {
			spans = append(spans, voiceSpan{now.speaker, piece})
		}
		blank = ""
	}
	from := 0
	for _, m := range voiceTag().FindAllStringSubmatchIndex(text, -1) {
		add(text[from:m[0]])
		from, now.speaker = m[1], ""
		if m[2] >= 0 {
			now.speaker = html.UnescapeString(text[m[2]:m[3]])
			names[now.speaker] = true
		}
	}
	add(text[from:])
	if len(names) > 1 {
		return spans
	}
	for name := range names {
		now.speaker = name
	}
	return []voiceSpan{{now.speaker, text}}
}

// stamped returns the words that a text has times between. The first of them
// begins at a time, and the last ends with the cue unless a time follows it. It
// returns the last time too. Lines without times have no words: in rolling
// captions they were said before.
func stamped(text string, at, end float64) ([]Word, float64) {
	if !stamp().MatchString(text) {
		return nil, at
	}
	var words []Word
	var said strings.Builder
	flush := func(until float64) {
		until = max(at, until)
		fields := strings.Fields(oneLine(unmark(said.String())))
		said.Reset()
		part := (until - at) / float64(max(1, len(fields)))
		for i, f := range fields {
			words = append(words, Word{Start: round(at + float64(float64(i)*part)), End: round(at + float64(float64(i+1)*part)), Text: f})
		}
		at = until
	}
	for line := range strings.Lines(text) {
		stamps := stamp().FindAllStringSubmatchIndex(line, -1)
		if stamps == nil {
			continue
		}
		from := 0
		for _, m := range stamps {
			said.WriteString(line[from:m[0]])
			if t, err := seconds(line[m[2]:m[3]]); err == nil {
				flush(t)
			}
			from = m[1]
		}
		said.WriteString(line[from:] + "\n")
	}
	last := at
	flush(end)
	return words, last
}

// current returns the underlined word of a cue: that is how whisper and
// WhisperX mark the word that is just said. Without one its text is empty.
func current(text string, start, end float64) Word {
	m := underlined().FindAllStringSubmatch(text, -1)
	if len(m) != 1 || end < start {
		return Word{}
	}
	return Word{Start: round(start), End: round(end), Text: oneLine(html.UnescapeString(m[0][1]))}
}
