package transcript

import (
	"bytes"
	"fmt"
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

// blocks reads SubRip or WebVTT.
func (p *parser) blocks(text string, vtt bool) error {
	// Line ends that were written twice are one.
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\r\n", "\n"), "\r\n", "\n")
	r := blockReader{parser: p, vtt: vtt, skip: vtt, at: 1}
	n := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		n++
		var err error
		switch {
		case r.separates(line):
			err = r.closeBlock(0)
			r.skip, r.inCue, r.at = false, false, n+1
		case r.hasTimes(line):
			err = r.beginCue(line, n)
		default:
			if len(r.block) == 0 && !r.inCue && vtt && isAside(line) {
				r.skip = true
			}
			r.block = append(r.block, line)
		}
		if err != nil {
			return err
		}
	}
	if err := r.closeBlock(0); err != nil {
		return err
	}
	r.endCue()
	return nil
}

// A blockReader reads SubRip or WebVTT line by line: blocks with empty lines
// between them. A block has a number or a name if it likes, the times, and the
// words. Times begin a cue even where the empty line before them is missing (W3C
// WebVTT §6.1).
type blockReader struct {
	parser *parser
	vtt    bool

	block []string // lines of the block, or of the cue in it, so far
	at    int      // the number of its first line
	skip  bool     // it is the header, a comment or a definition
	inCue bool     // its lines are words of the cue

	begun      bool // there is a cue
	start, end float64
	words      []string // lines of the cue
}

// separates reports whether a line ends a block. One that has a space does not
// in WebVTT (§6.1): YouTube writes such lines into its cues.
func (r *blockReader) separates(line string) bool {
	if r.vtt {
		return line == ""
	}
	return strings.TrimSpace(line) == ""
}

// hasTimes reports whether a line has the times of a cue, or should have.
func (r *blockReader) hasTimes(line string) bool {
	return strings.Contains(line, "-->") && (span().MatchString(line) || !r.inCue && !r.skip && len(r.block) <= 1)
}

// closeBlock does what is due with the lines of a block but for the last few,
// which name the next cue.
func (r *blockReader) closeBlock(names int) error {
	rest := r.block[:len(r.block)-names]
	r.block = r.block[:0]
	switch {
	case r.skip || len(rest) == 0:
		return nil
	case !r.inCue && (r.vtt || !r.begun):
		return fmt.Errorf("line %d: %q has no times (expected 00:01:02.000 --> 00:01:04.000)", r.at, short(rest[0]))
	}
	// Without times, words go on: some programs leave empty lines between those
	// of a cue of SubRip.
	r.words = append(r.words, rest...)
	return nil
}

// beginCue begins the cue whose times are on a line.
func (r *blockReader) beginCue(line string, number int) error {
	names := 0
	if n := len(r.block); n > 0 {
		alone := n == 1 && !r.inCue && (r.vtt || !r.begun)
		if alone || isNumber(r.block[n-1]) {
			names = 1
		}
	}
	if err := r.closeBlock(names); err != nil {
		return err
	}
	r.endCue()
	var err error
	if r.start, r.end, err = times(line); err != nil {
		return fmt.Errorf("line %d: %w", number, err)
	}
	r.begun, r.inCue, r.skip, r.at = true, true, false, number+1
	return nil
}

// endCue hands on the cue, if there is one.
func (r *blockReader) endCue() {
	if r.begun {
		r.parser.addMarked(strings.Join(r.words, "\n"), r.start, r.end, r.vtt)
	}
	r.words = r.words[:0]
}

// isNumber reports whether a line is what SubRip begins a cue with.
func isNumber(line string) bool {
	line = strings.TrimSpace(line)
	return line != "" && strings.Trim(line, "0123456789") == ""
}

// isAside reports whether a block of WebVTT that begins with line is a comment
// or a definition (W3C WebVTT §4.1).
func isAside(line string) bool {
	for _, word := range []string{"NOTE", "STYLE", "REGION"} {
		if rest, ok := strings.CutPrefix(line, word); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
			return true
		}
	}
	return false
}

// span matches a line with times; in SubRip fractions have a comma, times
// that were moved can be negative, and what follows the times in WebVTT says
// where on the screen.
var span = sync.OnceValue(func() *regexp.Regexp {
	const at = `(-?(?:\d+:)?\d+:\d{1,2}(?:[.,]\d{1,9})?)`
	return regexp.MustCompile(`^\s*` + at + `\s*-->\s*` + at + `(?:\s.*)?$`)
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
	digits, negative := strings.CutPrefix(s, "-")
	var t float64
	for part := range strings.SplitSeq(strings.Replace(digits, ",", ".", 1), ":") {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is not a valid time", short(s))
		}
		t = float64(60*t) + v
	}
	if t > maxTime {
		return 0, fmt.Errorf("%q is not a valid time", short(s))
	}
	if negative {
		t = -t
	}
	return t, nil
}
