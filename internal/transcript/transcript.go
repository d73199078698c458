// Package transcript reads what was said in a recording from SubRip, WebVTT
// and the JSON of speech recognizers, as they really write them, fits it to the
// sound, follows the cuts that an episode was made with, and writes WebVTT and
// SubRip. What it changes to do so it reports as notes.
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
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/charset"
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
	JSON Format = "json" // Whisper, WhisperX, whisper.cpp, OpenAI, Podcasting 2.0
)

// Media types of what WriteVTT, WriteSRT, WriteJSON and WriteText write.
const (
	VTTType  = "text/vtt"
	SRTType  = "application/x-subrip"
	JSONType = "application/json"
	TextType = "text/plain"
)

// A Transcript is a file as it was read.
type Transcript struct {
	// Cues are in the order in which they begin. They may overlap: people talk at
	// once.
	Cues     []Cue
	Format   Format
	Encoding string // by its name at IANA, such as "UTF-8"
	Notes    []Note // what was changed to read it, and by Fit
}

// Options say how to read a file.
type Options struct {
	Encoding string // any name of an encoding; empty to find out
}

// ErrNone means that a file has no words.
var ErrNone = errors.New("the transcript has no words")

const (
	maxFile = 64 << 20 // bytes; a day of speech with a time for each word has a tenth of it
	maxTime = 1 << 25  // seconds, a year and more
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
// fits it to it. What is wrong with its content is an *InvalidError.
func ReadFile(name string, o Options, seconds float64) (*Transcript, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ReadNamed(name, f, o, seconds)
}

// ReadNamed is ReadFile of a file that is open.
func ReadNamed(name string, r io.Reader, o Options, seconds float64) (*Transcript, error) {
	t, err := Parse(r, o)
	if err == nil {
		err = t.Fit(seconds)
	}
	if err != nil {
		return nil, &InvalidError{name, err}
	}
	return t, nil
}

// Parse reads a transcript in whichever form and encoding it is, lines that end
// in any way. Cues without words are left out. Markup is taken off; who speaks,
// where the file says it, is kept. Errors name the line or the cue.
func Parse(r io.Reader, o Options) (*Transcript, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("the file is larger than %d MiB, too large for a transcript", maxFile>>20)
	}
	p := &parser{}
	t, err := p.whisperCPP(b, o)
	if t == nil && err == nil {
		t, err = p.text(b, o)
	}
	if err != nil {
		return nil, err
	}
	t.Cues = p.tidy()
	t.Notes = p.notes
	if len(t.Cues) == 0 {
		return nil, ErrNone
	}
	return t, nil
}

// A parser collects the cues of a file.
type parser struct {
	cues       []Cue        // as they stand in the file; without an end, End is NaN
	underlined map[int]Word // one that is underlined, by the number of the cue
	unreadable Note         // characters that were lost before
	notes      []Note
}

// text reads a transcript of any form.
func (p *parser) text(b []byte, o Options) (*Transcript, error) {
	text, err := charset.Decode(b, o.Encoding)
	if err != nil {
		return nil, err
	}
	t := &Transcript{Format: SRT, Encoding: text.Encoding}
	// Lines are counted from the beginning of the file, so only its end is cut.
	b = bytes.TrimRightFunc(text.Bytes, unicode.IsSpace)
	switch first := bytes.TrimSpace(b); {
	case len(first) > 0 && (first[0] == '{' || first[0] == '['):
		t.Format = JSON
		err = p.json(b)
	case isVTT(first):
		t.Format = VTT
		err = p.blocks(string(b), true)
	default:
		err = p.blocks(string(b), false)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot be read as %s: %w", t.Format, err)
	}
	if text.Found {
		note := Note{Kind: Decoded, N: len(p.cues), Encoding: text.Encoding, Text: text.Sample}
		for _, c := range p.cues {
			if strings.ContainsFunc(c.Text, func(r rune) bool { return r >= utf8.RuneSelf }) {
				note.At, note.Text = c.Start, short(c.Text)
				break
			}
		}
		p.notes = append(p.notes, note)
	}
	return t, nil
}

// add adds a cue with tidy text, if it has any.
func (p *parser) add(c Cue) {
	if n := strings.Count(c.Text+c.Speaker, lost); n > 0 {
		if p.unreadable.N == 0 {
			p.unreadable = Note{Kind: Unreadable, At: round(c.Start), Text: short(c.Text)}
		}
		p.unreadable.N += n
	}
	var lines []string
	for line := range strings.Lines(c.Text) {
		if line = oneLine(line); line != "" {
			lines = append(lines, line)
		}
	}
	c.Text, c.Speaker = strings.Join(lines, "\n"), oneLine(c.Speaker)
	if c.Text != "" {
		c.Start, c.End = round(c.Start), round(c.End)
		p.cues = append(p.cues, c)
	}
}

// lost stands where a character was lost before the file was written (U+FFFD):
// recognizers that cut between the bytes of a character write it.
const lost = string(utf8.RuneError)

// oneLine returns s without control characters and lost ones, and without space
// at its ends or twice in it.
func oneLine(s string) string {
	s = strings.ReplaceAll(s, lost, "")
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

func round(seconds float64) float64 { return math.Round(seconds*1000) / 1000 }

// short returns as much of s as a message has room for.
func short(s string) string {
	const most = 40
	s = oneLine(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
