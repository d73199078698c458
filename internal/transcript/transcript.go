// Package transcript reads what was said in a recording from SubRip, WebVTT
// and the JSON of speech recognizers, checks it against the sound, follows the
// cuts that an episode was made with, and writes WebVTT and SubRip.
package transcript

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"unicode"

	encoding "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// A Cue is a stretch of speech with its words. Times are whole milliseconds.
type Cue struct {
	Start, End float64 // seconds
	Speaker    string  // or empty
	// Text is plain, without markup, and has one or more lines, none of them
	// empty.
	Text string
	// Words are those of Text with times of their own, in order, or nil where
	// the file has none. A recognizer may spell them otherwise than Text, such as
	// without punctuation.
	Words []Word
}

// A Word is one word of a cue.
type Word struct {
	Start, End float64 // seconds, whole milliseconds
	Text       string  // without space
	Confidence float64 // the recognizer's, up to 1; 0 if it told none
}

// A Format is a form in which transcripts are written down.
type Format string

const (
	SRT  Format = "srt"  // SubRip
	VTT  Format = "vtt"  // WebVTT (W3C)
	JSON Format = "json" // Whisper, whisper.cpp, Podcasting 2.0
)

// Media types of what WriteVTT and WriteSRT write.
const (
	VTTType = "text/vtt"
	SRTType = "application/x-subrip"
)

// ErrNone means that a file has no words.
var ErrNone = errors.New("the transcript has no words")

const (
	maxFile = 64 << 20 // bytes; a day of speech with a time for each word has a tenth of it
	maxTime = 1 << 25  // seconds, a year and more
	// slack is how many seconds cues may overlap or outlast the sound: that
	// much recognizers are off.
	slack = 0.5
	// leastLeft is how many seconds of a cue must be left by a cut. What is
	// shorter can be neither read nor heard.
	leastLeft = 0.1
)

// An InvalidError says that a file cannot be read as a transcript, or does not
// fit its recording.
type InvalidError struct {
	Name string
	Err  error
}

func (e *InvalidError) Error() string { return e.Name + ": " + e.Err.Error() }
func (e *InvalidError) Unwrap() error { return e.Err }

// ReadFile reads the transcript of a recording that is so many seconds long, and
// checks it. What is wrong with its content is an *InvalidError.
func ReadFile(name string, seconds float64) ([]Cue, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cues, format, err := Parse(f)
	if err == nil {
		err = Check(cues, seconds)
	} else if format != "" && !errors.Is(err, ErrNone) {
		err = fmt.Errorf("cannot be read as %s: %w", format, err)
	}
	if err != nil {
		return nil, &InvalidError{name, err}
	}
	return cues, nil
}

// Parse reads a transcript in whichever form it is: UTF-8, or UTF-16 with a
// byte order mark, lines that end in any way. Cues without words are left out.
// Markup is taken off; who speaks, where the file says it, is kept. Errors
// name the line or the cue.
func Parse(r io.Reader) ([]Cue, Format, error) {
	// After a mark of UTF-8 the first lets through what is none.
	text := transform.NewReader(r, transform.Chain(encoding.BOMOverride(encoding.UTF8.NewDecoder()), encoding.UTF8.NewDecoder()))
	b, err := io.ReadAll(io.LimitReader(text, maxFile+1))
	if err != nil {
		return nil, "", err
	}
	if len(b) > maxFile {
		return nil, "", fmt.Errorf("the file is larger than %d MiB, too large for a transcript", maxFile>>20)
	}
	b = bytes.TrimSpace(b)
	var cues []Cue
	format := SRT
	switch {
	case len(b) > 0 && (b[0] == '{' || b[0] == '['):
		format = JSON
		cues, err = parseJSON(b)
	case isVTT(b):
		format = VTT
		cues, err = parseBlocks(b, true)
	default:
		cues, err = parseBlocks(b, false)
	}
	if err != nil {
		return nil, format, err
	}
	if len(cues) == 0 {
		return nil, format, ErrNone
	}
	return cues, format, nil
}

// newCue returns a cue with tidy text, or ok false if it has none.
func newCue(start, end float64, speaker, text string) (c Cue, ok bool) {
	var lines []string
	for line := range strings.Lines(text) {
		if line = oneLine(line); line != "" {
			lines = append(lines, line)
		}
	}
	c = Cue{Start: round(start), End: round(end), Speaker: oneLine(speaker), Text: strings.Join(lines, "\n")}
	return c, c.Text != ""
}

// oneLine returns s without control characters and without space at its ends
// or twice in it.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

func round(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }

// Check reports the first cue that cannot be: one that ends before it begins,
// begins before the one above it, overlaps one above it by more than half a
// second, or lies past the end of the sound, which lasts duration seconds (0 if
// that is not known).
func Check(cues []Cue, duration float64) error {
	latest := 0 // the cue that ends last so far
	for i, c := range cues {
		switch {
		case !(c.Start >= 0) || !(c.End >= c.Start):
			return wrong(i, c, "ends before it begins, at "+clock(c.End, '.'))
		case i > 0 && c.Start < cues[i-1].Start:
			return wrong(i, c, "begins before the previous cue, at "+clock(cues[i-1].Start, '.'))
		case i > 0 && c.Start < cues[latest].End-slack:
			return wrong(i, c, fmt.Sprintf("overlaps cue %d, which ends at %s", latest+1, clock(cues[latest].End, '.')))
		case duration > 0 && (c.Start >= duration || c.End > duration+slack):
			return wrong(i, c, fmt.Sprintf("ends at %s, past the end of the recording (%s)", clock(c.End, '.'), clock(duration, '.')))
		}
		if c.End > cues[latest].End {
			latest = i
		}
	}
	return nil
}

// wrong returns an error that names cue i.
func wrong(i int, c Cue, what string) error {
	return fmt.Errorf("cue %d at %s, “%s”, %s", i+1, clock(c.Start, '.'), short(c.Text), what)
}

// Move returns the cues with their times where locate says that they are, such
// as from the recording to the episode that was cut from it: for a position
// that was cut out, that is the place of the cut. Cues of which nothing or next
// to nothing is left vanish; those that are cut into become shorter.
func Move(cues []Cue, locate func(float64) (at float64, kept bool)) []Cue {
	var out []Cue
	for _, c := range cues {
		short := c.End-c.Start < leastLeft
		start, kept := locate(c.Start)
		end, _ := locate(c.End)
		c.Start, c.End = round(start), round(max(start, end))
		c.Words = moveWords(c.Words, locate)
		if c.End-c.Start >= leastLeft || short && kept {
			out = append(out, c)
		}
	}
	return out
}

// moveWords does for words what Move does for cues. A word is kept if its middle
// is: one that a cut ends in is heard in part.
func moveWords(words []Word, locate func(float64) (float64, bool)) []Word {
	var out []Word
	for _, w := range words {
		if _, kept := locate((w.Start + w.End) / 2); kept {
			start, _ := locate(w.Start)
			end, _ := locate(w.End)
			w.Start, w.End = round(start), round(max(start, end))
			out = append(out, w)
		}
	}
	return out
}

// short returns as much of s as a message has room for.
func short(s string) string {
	const most = 40
	s = oneLine(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
