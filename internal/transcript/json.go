package transcript

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/charset"
)

// A segment is one of a recognizer's. Who made the file decides which fields
// it has.
type segment struct {
	// Whisper and those that took after it.
	Start   *float64 `json:"start"` // seconds
	End     *float64 `json:"end"`
	Text    string   `json:"text"`
	Speaker name     `json:"speaker"` // Podcasting 2.0 too
	Words   []timed  `json:"words"`

	// whisper.cpp.
	Offsets *struct {
		From float64 `json:"from"` // milliseconds
		To   float64 `json:"to"`
	} `json:"offsets"`
	Tokens json.RawMessage `json:"tokens"`

	// Podcasting 2.0 (podcast namespace, "Transcripts", JSON 1.0.0). The end may be
	// missing.
	StartTime *float64 `json:"startTime"` // seconds
	EndTime   *float64 `json:"endTime"`
	Body      string   `json:"body"`
}

// A name is a speaker's, or their number.
type name string

func (n *name) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err == nil {
		*n = name(s)
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(b, &number); err != nil {
		return fmt.Errorf("the speaker %s is neither a name nor a number", short(string(b)))
	}
	*n = name(number)
	return nil
}

// span finds the times of a segment, in seconds. Without an end it is NaN.
func (s *segment) span() (start, end float64, ok bool) {
	end = math.NaN()
	switch {
	case s.Offsets != nil:
		start, end = s.Offsets.From/1000, s.Offsets.To/1000
	case s.StartTime != nil:
		start = *s.StartTime
		if s.EndTime != nil {
			end = *s.EndTime
		}
		s.Text = s.Body
	case s.Start != nil && s.End != nil:
		start, end = *s.Start, *s.End
	default:
		return 0, 0, false
	}
	return start, end, math.Abs(start) <= maxTime && !(math.Abs(end) > maxTime)
}

// json reads a file with segments, or a list of them.
func (p *parser) json(b []byte) error {
	var file struct {
		Segments      []segment `json:"segments"`
		Transcription []segment `json:"transcription"` // whisper.cpp
		Words         []timed   `json:"words"`         // OpenAI
	}
	read := func(b []byte) error {
		if bytes.HasPrefix(bytes.TrimSpace(b), []byte("[")) {
			return json.Unmarshal(b, &file.Segments)
		}
		return json.Unmarshal(b, &file)
	}
	err := read(b)
	if errors.As(err, new(*json.SyntaxError)) && read(withoutNaN(b)) == nil {
		err = nil
	}
	if err != nil {
		return jsonError(b, err)
	}
	list := file.Segments
	if len(list) == 0 {
		list = file.Transcription
	}
	if len(list) == 0 {
		list = segments(file.Words)
	}
	if singleWords(list) {
		return p.join(list)
	}
	for i := range list {
		if err := p.addSegment(i, &list[i]); err != nil {
			return err
		}
	}
	if len(file.Words) > 0 && !slices.ContainsFunc(p.cues, func(c Cue) bool { return c.Words != nil }) {
		spread(p.cues, file.Words)
	}
	return nil
}

// withoutNaN returns JSON with null for numbers that are none: Python writes
// NaN and Infinity, as WhisperX for the score of what it could not align, and C
// writes nan and inf.
func withoutNaN(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); {
		from := i
		if b[i] == '"' {
			for i++; i < len(b) && b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			i = min(i+1, len(b))
		} else if n := noNumber(b[i:]); n != nil {
			i += len(n)
			out = append(out, "null"...)
			continue
		} else {
			i++
		}
		out = append(out, b[from:i]...)
	}
	return out
}

// noNumber returns what of b begins it and is no number, or nil.
func noNumber(b []byte) []byte {
	if bytes.IndexByte([]byte("-NnIi"), b[0]) < 0 {
		return nil
	}
	return nan().Find(b)
}

// nan matches a number that is none.
var nan = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?(?:NaN|nan|Infinity|inf)\b`) })

// jsonError says on which line a file is no JSON.
func jsonError(b []byte, err error) error {
	at := int64(-1)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at, err = kind.Offset, fmt.Errorf("unexpected %s as %q", kind.Value, kind.Field)
	}
	if at < 0 || at > int64(len(b)) {
		return err
	}
	return fmt.Errorf("line %d: %w", bytes.Count(b[:at], []byte("\n"))+1, err)
}

// addSegment adds segment i as a cue.
func (p *parser) addSegment(i int, s *segment) error {
	start, end, ok := s.span()
	if !ok {
		return fmt.Errorf("segment %d, “%s”: missing start or end in seconds", i+1, short(s.Text))
	}
	if s.Words == nil {
		tokens, err := parseTokens(s.Tokens)
		if err != nil {
			return fmt.Errorf("segment %d, “%s”: %w", i+1, short(s.Text), err)
		}
		s.Words = wordsOfTokens(tokens)
	}
	p.add(Cue{Start: start, End: end, Speaker: string(s.Speaker), Text: s.Text, Words: wordsOf(s.Words, start, end)})
	return nil
}

// singleWords reports whether a file has a segment for each word: Podcasting
// 2.0 shows that as its example, and whisper.cpp writes it if lines are to have
// one letter at most.
func singleWords(list []segment) bool {
	single := 0
	for _, s := range list {
		text := oneLine(s.Text + s.Body)
		if text != "" && strings.ContainsFunc(text, isUnspaced) {
			return false
		}
		if !strings.Contains(text, " ") {
			single++
		}
	}
	return len(list) >= 4 && single*10 >= len(list)*9
}

// isUnspaced reports whether a letter is of a script that has no space between
// words.
func isUnspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// Where segments of one word are joined to a cue, it has at most so much, as
// captions have.
const (
	joinedLetters = 84
	joinedSeconds = 7
	joinedPause   = 1.0 // seconds without a word
)

// join joins segments of one word to cues, which end with a sentence, in a pause,
// at the end of a line, and where another person speaks.
func (p *parser) join(list []segment) error {
	// If words begin with a space, segments without one are parts of words.
	spaced := slices.ContainsFunc(list, func(s segment) bool { return strings.HasPrefix(s.Text, " ") })
	var cue Cue
	note := Note{Kind: Joined}
	flush := func() {
		p.add(cue)
		cue = Cue{}
	}
	ends := false // the cue
	for i := range list {
		s := &list[i]
		start, end, ok := s.span()
		if !ok {
			return fmt.Errorf("segment %d, “%s”: missing start or end in seconds", i+1, short(s.Text))
		}
		text := oneLine(s.Text)
		if text == "" {
			continue
		}
		if note.N++; note.N == 1 {
			note.At, note.Text = round(start), text
		}
		part := spaced && !strings.HasPrefix(s.Text, " ") && cue.Text != ""
		last := cue.End
		if math.IsNaN(last) {
			last = cue.Words[len(cue.Words)-1].Start
		}
		switch {
		case cue.Text == "":
		case string(s.Speaker) != cue.Speaker || start-last > joinedPause || start < last-joinedPause,
			!part && (ends || end-cue.Start > joinedSeconds || utf8.RuneCountInString(cue.Text+text) >= joinedLetters):
			flush()
			part = false
		}
		if cue.Text == "" {
			cue = Cue{Start: start, Speaker: string(s.Speaker)}
		}
		cue.End = end
		w := Word{Start: round(start), End: round(end), Text: text}
		if !(w.End > w.Start) {
			w.End = w.Start
		}
		if n := len(cue.Words); part && n > 0 {
			cue.Text += text
			cue.Words[n-1].Text += text
			cue.Words[n-1].End = max(w.End, cue.Words[n-1].End)
		} else {
			cue.Text = strings.TrimSpace(cue.Text + " " + text)
			cue.Words = append(cue.Words, w)
		}
		ends = strings.HasSuffix(s.Text, "\n") || strings.ContainsAny(text[len(text)-1:], ".?!") || strings.HasSuffix(text, "…")
	}
	flush()
	p.notes = appendNotes(p.notes, note)
	return nil
}

// segments makes a segment of each word of a file that has nothing else.
func segments(words []timed) []segment {
	list := make([]segment, 0, len(words))
	for _, w := range words {
		if w.Text = w.Word + w.Text; w.Start != nil && w.End != nil {
			list = append(list, segment{Start: w.Start, End: w.End, Text: w.Text})
		}
	}
	return list
}

// whisperCPP reads the full JSON of whisper.cpp if it is no UTF-8: its tokens are
// parts of words, which can end between the bytes of a character. Only the words
// that they are joined to have to be whole. It returns nil if the file is anything
// else.
func (p *parser) whisperCPP(b []byte, o Options) (*Transcript, error) {
	if o.Encoding != "" || !bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")) || !bytes.Contains(b, []byte(`"tokens"`)) || utf8.Valid(b) {
		return nil, nil
	}
	var file struct {
		Transcription []segment `json:"transcription"`
	}
	if json.Unmarshal(hide(b), &file) != nil || len(file.Transcription) == 0 {
		return nil, nil
	}
	for i := range file.Transcription {
		s := &file.Transcription[i]
		if strings.ContainsFunc(s.Text+string(s.Speaker), isHidden) {
			p.cues = nil
			return nil, nil
		}
		if err := p.addSegment(i, s); err != nil {
			return nil, err
		}
	}
	for i := range p.cues {
		for j := range p.cues[i].Words {
			w := &p.cues[i].Words[j]
			if w.Text = unhide(w.Text); !utf8.ValidString(w.Text) {
				p.cues[i].Words = nil
				break
			}
		}
	}
	return &Transcript{Format: JSON, Encoding: charset.UTF8}, nil
}

// hidden is the first of 256 characters of a private plane that stand for bytes
// while a file is parsed that is not UTF-8.
const hidden = 0x10fe00

func isHidden(r rune) bool { return hidden <= r && r <= hidden+0xff }

// hide replaces what is no UTF-8.
func hide(b []byte) []byte {
	out := make([]byte, 0, len(b)+64)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			out = utf8.AppendRune(out, hidden+rune(b[0]))
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return out
}

// unhide puts the bytes back.
func unhide(s string) string {
	if !strings.ContainsFunc(s, isHidden) {
		return s
	}
	var out []byte
	for _, r := range s {
		if isHidden(r) {
			out = append(out, byte(r-hidden))
		} else {
			out = utf8.AppendRune(out, r)
		}
	}
	return string(out)
}
