package transcript

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// isVTT reports whether b begins as WebVTT does (W3C WebVTT §4.1).
func isVTT(b []byte) bool {
	rest, ok := bytes.CutPrefix(b, []byte("WEBVTT"))
	return ok && (len(rest) == 0 || strings.ContainsRune(" \t\r\n", rune(rest[0])))
}

// parseBlocks reads SubRip or WebVTT: blocks of lines with empty lines between
// them. A block has a number or a name if it likes, the times, and the words.
func parseBlocks(b []byte, vtt bool) ([]Cue, error) {
	s := strings.ReplaceAll(string(b), "\r\n", "\n")
	lines := strings.Split(strings.ReplaceAll(s, "\r", "\n"), "\n")
	var cues []Cue
	var cue pending
	for at := 0; at < len(lines); {
		from := at
		for at < len(lines) && strings.TrimSpace(lines[at]) != "" {
			at++
		}
		block := lines[from:at]
		at++
		if len(block) == 0 || vtt && aside(block[0], from == 0) {
			continue
		}
		n := timing(block)
		switch {
		case n >= 0:
			cues = cue.appendTo(cues, vtt)
			var err error
			if cue.start, cue.end, err = times(block[n]); err != nil {
				return nil, fmt.Errorf("line %d: %w", from+n+1, err)
			}
			cue.begun = true
		case vtt || !cue.begun:
			return nil, fmt.Errorf("line %d: %q has no times (expected 00:01:02.000 --> 00:01:04.000)", from+1, short(block[0]))
		}
		// Without times, words go on: some programs leave empty lines between
		// those of a cue of SubRip.
		for i, line := range block[n+1:] {
			if span().MatchString(line) {
				return nil, fmt.Errorf("line %d: unexpected times within a cue (put an empty line before each cue)", from+n+2+i)
			}
			cue.text.WriteString(line + "\n")
		}
	}
	return cue.appendTo(cues, vtt), nil
}

// A pending cue is one whose words are not all read.
type pending struct {
	begun      bool
	start, end float64
	text       strings.Builder
}

// appendTo appends the cue, if there is one and it has words, and makes room
// for the next.
func (p *pending) appendTo(cues []Cue, vtt bool) []Cue {
	text, speaker := p.text.String(), ""
	p.text.Reset()
	if vtt {
		speaker = voice(text)
	}
	if c, ok := newCue(p.start, p.end, speaker, unmark(text)); ok {
		cues = append(cues, c)
	}
	return cues
}

// aside reports whether a block of WebVTT that begins with line is none of
// the cues: its header, a comment or a definition (W3C WebVTT §4.1).
func aside(line string, first bool) bool {
	if first || strings.Contains(line, "-->") {
		return first
	}
	for _, word := range []string{"NOTE", "STYLE", "REGION"} {
		if rest, ok := strings.CutPrefix(line, word); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
			return true
		}
	}
	return false
}

// timing returns which line of a block has the times, the first or the
// second, or -1.
func timing(block []string) int {
	for i, line := range block[:min(2, len(block))] {
		if strings.Contains(line, "-->") {
			return i
		}
	}
	return -1
}

// span matches a line with times; in SubRip fractions have a comma, and what
// follows the times in WebVTT says where on the screen.
var span = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\s*((?:\d+:)?\d+:\d{1,2}(?:[.,]\d{1,9})?)\s*-->\s*((?:\d+:)?\d+:\d{1,2}(?:[.,]\d{1,9})?)(?:\s.*)?$`)
})

func times(line string) (start, end float64, err error) {
	m := span().FindStringSubmatch(line)
	if m == nil {
		return 0, 0, fmt.Errorf("%q are not valid times (expected 00:01:02.000 --> 00:01:04.000)", short(line))
	}
	if start, err = seconds(m[1]); err == nil {
		end, err = seconds(m[2])
	}
	return start, end, err
}

// seconds reads a time of two or three numbers with colons between them.
func seconds(s string) (float64, error) {
	var t float64
	for part := range strings.SplitSeq(strings.Replace(s, ",", ".", 1), ":") {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is not a valid time", short(s))
		}
		t = 60*t + v
	}
	if t > maxTime {
		return 0, fmt.Errorf("%q is not a valid time", short(s))
	}
	return t, nil
}

var (
	// tag matches markup: b, i, u, font and the like of SubRip, and the spans
	// and times of WebVTT (W3C WebVTT §4.2.2). Other things in angle brackets
	// are words.
	tag = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)</?(?:b|i|u|s|c|v|font|ruby|rt|lang)(?:[ \t\n.][^<>]*)?>|<(?:\d+:)?\d+:\d+\.\d+>`)
	})
	// voiceTag matches the span of a speaker.
	voiceTag = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)<v(?:\.[^<> \t\n]*)?[ \t\n]+([^<>]+)>`)
	})
)

// unmark takes the markup off text.
func unmark(text string) string { return html.UnescapeString(tag().ReplaceAllString(text, "")) }

// voice returns who speaks, if the text says so and names one only.
func voice(text string) string {
	name := ""
	for _, m := range voiceTag().FindAllStringSubmatch(text, -1) {
		if name != "" && m[1] != name {
			return ""
		}
		name = m[1]
	}
	return html.UnescapeString(name)
}
