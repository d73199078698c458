package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/charset"
	"github.com/spaces-cli/spaces/internal/program"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// Read makes a result of what an engine wrote for a piece: SubRip, WebVTT or
// the JSON of recognizers, right or not. Nothing at all means that nothing is
// said. The error is an *Error or comes from reading the piece.
func Read(raw []byte, p Piece) (*Result, error) {
	r := &Result{Raw: raw}
	text := bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\ufeff")))
	if len(text) == 0 {
		return r, nil
	}
	isJSON := text[0] == '{' || text[0] == '['
	if isJSON {
		text = repairJSON(text)
		if err := r.about(text); err != nil {
			return nil, err
		}
	} else if isMarkup(text) {
		return nil, Problemf(BadOutput, "the output is a web page, not a transcript")
	}
	read, err := parse(text, isJSON)
	if errors.Is(err, transcript.ErrNone) {
		return r, nil
	}
	if err != nil {
		cause := BadOutput
		if !isJSON && !bytes.Contains(text, []byte("-->")) {
			cause = NoTimes
		}
		return nil, &Error{Cause: cause, Message: "the output cannot be read as a transcript", Err: err}
	}
	if err := enough(read.Cues, p); err != nil {
		return nil, err
	}
	r.Format = read.Format
	cues, garbled := restore(read.Cues)
	r.Garbled = garbled
	for _, n := range read.Notes {
		switch n.Kind {
		case transcript.Unreadable:
			r.Garbled += n.N
		case transcript.Sorted, transcript.Lengthened, transcript.CutAtStart, transcript.BeforeStart:
			r.Mended += n.N
		}
	}
	r.mend(cues, p.Length.Seconds())
	return r, r.leaveOutLoops(p)
}

// parse reads a transcript that may have bytes that are no text: engines write
// UTF-8, and what is none there is left out and counted, not taken for another
// encoding.
func parse(text []byte, isJSON bool) (*transcript.Transcript, error) {
	o := transcript.Options{Encoding: charset.UTF8}
	switch {
	case isJSON: // which was repaired
	case bytes.HasPrefix(text, []byte("\xff\xfe")), bytes.HasPrefix(text, []byte("\xfe\xff")):
		o.Encoding = "" // it names its own
	default:
		text = bytes.ToValidUTF8(bytes.ReplaceAll(text, []byte{0}, []byte(" ")), []byte("\ufffd"))
	}
	return transcript.Parse(bytes.NewReader(text), o)
}

// about reads what JSON says besides words, and reports what has none although
// something was said.
func (r *Result) about(text []byte) error {
	if text[0] == '[' {
		return nil
	}
	var file struct {
		Language any    `json:"language"`
		Text     string `json:"text"`
		Result   struct {
			Language string `json:"language"`
		} `json:"result"` // whisper.cpp
		Segments      []json.RawMessage `json:"segments"`
		Transcription []json.RawMessage `json:"transcription"`
		Error         any               `json:"error"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return &Error{Cause: BadOutput, Message: "the output is not valid JSON", Err: err}
	}
	name, _ := file.Language.(string)
	if name == "" {
		name = file.Result.Language
	}
	r.Language = Language(name)
	switch {
	case len(file.Segments)+len(file.Transcription) > 0:
	case file.Error != nil:
		e := Problemf(BadOutput, "the output is an error")
		e.Said = Complaint(text)
		return e
	case strings.TrimSpace(file.Text) != "":
		return Problemf(NoTimes, "the output has words without times")
	case file.Segments == nil && file.Transcription == nil && !bytes.Contains(text, []byte(`"text"`)):
		return Problemf(BadOutput, "the output is JSON without segments")
	}
	return nil
}

// Complaint returns what JSON says went wrong, in the ways of OpenAI,
// whisper.cpp and FastAPI; or "".
func Complaint(text []byte) string {
	var file struct {
		Error   json.RawMessage `json:"error"`
		Detail  json.RawMessage `json:"detail"`
		Message json.RawMessage `json:"message"`
	}
	if json.Unmarshal(text, &file) != nil {
		return ""
	}
	for _, raw := range []json.RawMessage{file.Error, file.Detail, file.Message} {
		var message struct {
			Message string `json:"message"`
		}
		var words string
		if json.Unmarshal(raw, &words) != nil && json.Unmarshal(raw, &message) == nil {
			words = message.Message
		}
		if words = Line(words); words != "" {
			return words
		}
	}
	return ""
}

// Line makes what another program says fit for one line of a message.
func Line(s string) string { return program.Line(s) }

// isMarkup reports whether text begins as HTML or XML does.
func isMarkup(text []byte) bool {
	start := bytes.ToLower(text[:min(len(text), 64)])
	for _, s := range []string{"<!doctype", "<html", "<head", "<?xml", "<body"} {
		if bytes.HasPrefix(start, []byte(s)) {
			return true
		}
	}
	return false
}

// Bytes that are not UTF-8 may be part of a character: engines split them
// between the tokens of a word (ggml-org/whisper.cpp#1798). Each is read as a
// character of a private plane, and put together again when words are whole.
const (
	private     = 0x10FE00
	privateLast = private + 0xFF
)

// repairJSON makes JSON of what is almost JSON: whisper.cpp writes control
// characters as they are and numbers that do not exist as nan; Python writes
// NaN and Infinity.
func repairJSON(text []byte) []byte {
	out := make([]byte, 0, len(text)+64)
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			out, i = appendString(out, text, i)
		case c == '-' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z':
			to := i + 1
			for to < len(text) && (text[to] == '+' || text[to] == '-' || text[to] == '.' ||
				text[to] >= '0' && text[to] <= '9' || text[to] >= 'A' && text[to] <= 'Z' || text[to] >= 'a' && text[to] <= 'z') {
				to++
			}
			word := text[i:to]
			switch lower := strings.ToLower(strings.TrimLeft(string(word[:min(len(word), 16)]), "-")); {
			case strings.HasPrefix(lower, "nan"), strings.HasPrefix(lower, "inf"):
				out = append(out, "null"...)
			default:
				out = append(out, word...)
			}
			i = to
		case c < ' ' || c >= utf8.RuneSelf:
			out = append(out, ' ')
			i++
		default:
			out = append(out, c)
			i++
		}
	}
	return out
}

// appendString appends the string that begins at text[i] to out, repaired, and
// returns where it ends.
func appendString(out, text []byte, i int) ([]byte, int) {
	out = append(out, '"')
	for i++; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			return append(out, c), i + 1
		case c == '\\' && i+1 < len(text) && text[i+1] >= ' ' && text[i+1] < utf8.RuneSelf:
			out = append(out, c, text[i+1])
			i += 2
		case c < ' ':
			out = append(out, ' ')
			i++
		default:
			_, n := utf8.DecodeRune(text[i:])
			if n == 1 && c >= utf8.RuneSelf {
				out = utf8.AppendRune(out, private+rune(c))
			} else {
				out = append(out, text[i:i+n]...)
			}
			i += n
		}
	}
	return out, i
}

// restore puts characters together whose bytes were apart, and leaves out the
// bytes that are none. Cues and words with nothing else vanish.
func restore(cues []transcript.Cue) (kept []transcript.Cue, garbled int) {
	plain := func(s string) string {
		if !strings.ContainsFunc(s, isStrange) {
			return s
		}
		var b []byte
		for _, r := range s {
			if r >= private && r <= privateLast {
				b = append(b, byte(r-private))
			} else {
				b = utf8.AppendRune(b, r)
			}
		}
		var out strings.Builder
		for len(b) > 0 {
			r, n := utf8.DecodeRune(b)
			if r == utf8.RuneError {
				garbled++
			} else {
				out.WriteRune(r)
			}
			b = b[n:]
		}
		return strings.TrimSpace(out.String())
	}
	for _, c := range cues {
		var words []transcript.Word
		before := garbled
		for _, w := range c.Words {
			if w.Text = plain(w.Text); w.Text != "" {
				words = append(words, w)
			}
		}
		if c.Words != nil {
			garbled = before // they are those of the text
		}
		c.Words, c.Text, c.Speaker = words, plain(c.Text), plain(c.Speaker)
		if c.Text != "" {
			kept = append(kept, c)
		}
	}
	return kept, garbled
}

func isStrange(r rune) bool { return r == utf8.RuneError || r >= private && r <= privateLast }
