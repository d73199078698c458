package transcripts

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/spell"
)

// The text in which a host corrects a transcript is that of WriteText: a line
// with the time and who speaks, then what they say, an utterance a line. Lines
// that begin with # are comments. One that is none, and would be read as one or
// as a line of a speaker, begins with a backslash.

// State is a short word for what a transcript says now: it is another one once
// anything has changed.
func (t *Transcript) State() (string, error) {
	b, err := space.Marshal(t)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6]), nil
}

// stateLine begins the comment that says which state of the transcript a text
// was made of.
const stateLine = "# state: "

// WriteEdit writes the transcript as a text to be corrected, with comments above
// it.
func (t *Transcript) WriteEdit(w io.Writer, about []string) error {
	state, err := t.State()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, line := range about {
		b.WriteString(strings.TrimSpace("# "+line) + "\n")
	}
	b.WriteString(stateLine + state + "\n")
	for i := range t.Utterances {
		u := &t.Utterances[i]
		if i == 0 || u.Who() != t.Utterances[i-1].Who() {
			b.WriteString("\n" + strings.TrimSpace(spell.Tenths(t.seconds(u.Start))+"  "+u.Who()) + "\n")
		}
		text := oneLine(u.Text)
		if text == "" {
			continue
		}
		if _, _, speaks := speakerLine(text, true); speaks || strings.HasPrefix(text, "#") || strings.HasPrefix(text, `\`) {
			text = `\` + text
		}
		b.WriteString(text + "\n")
	}
	_, err = w.Write(b.Bytes())
	return err
}

func (t *Transcript) seconds(samples int64) float64 { return float64(samples) / float64(t.Rate) }

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// Edited is a text that somebody has corrected.
type Edited struct {
	State string // of the transcript that it was made of, or ""
	lines []editedLine
}

type editedLine struct {
	text    string
	named   bool    // a line above it says who speaks
	speaker string  // as it says, may be empty
	at      float64 // when, where that line is just above and has a time; or -1
}

// An EditError says what is wrong with an edited text.
type EditError struct {
	Line int // 0: with all of it
	Err  error
}

func (e *EditError) Error() string {
	if e.Line == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("line %d: %v", e.Line, e.Err)
}

func (e *EditError) Unwrap() error { return e.Err }

// maxEdit bounds the text that is read: a day of speech has a hundredth of it.
const maxEdit = 64 << 20

// ParseEdit reads an edited text. Errors that are not of reading are *EditError.
func ParseEdit(r io.Reader) (*Edited, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxEdit+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxEdit {
		return nil, &EditError{0, fmt.Errorf("the text has more than %s", spell.Size(maxEdit))}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	e := new(Edited)
	open := editedLine{at: -1}
	blank := true
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxEdit+1)
	for n := 1; lines.Scan(); n++ {
		raw := lines.Text()
		if !utf8.ValidString(raw) || strings.ContainsRune(raw, 0) {
			return nil, &EditError{n, errNotText}
		}
		raw = strings.TrimSpace(raw)
		if rest, ok := strings.CutPrefix(raw, `\`); ok {
			open.text = oneLine(rest)
		} else if state, ok := strings.CutPrefix(raw, stateLine); ok {
			e.State = strings.TrimSpace(state)
			continue
		} else if strings.HasPrefix(raw, "#") {
			continue
		} else if at, who, ok := speakerLine(raw, blank); ok {
			if at == bad {
				return nil, &EditError{n, fmt.Errorf("%q is not a valid time (try 1:15 or 1:02:03.5)", strings.Fields(raw)[0])}
			}
			open, blank = editedLine{named: true, speaker: who, at: at}, false
			continue
		} else {
			open.text = oneLine(raw)
		}
		if blank = open.text == ""; !blank {
			e.lines = append(e.lines, open)
			open.at = -1
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(e.lines) == 0 {
		return nil, &EditError{0, ErrEmptyEdit}
	}
	return e, nil
}

// bad is the time of a line that looks as if it had one.
const bad = -2

var (
	timedLine = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(\d+(?::\d+){1,2}(?:\.\d+)?)(?:(?:\s{2,}|\t\s*)(.*))?$`)
	})
	clockTime = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:(\d{1,4}):)?(\d{1,4}):([0-5]\d(?:\.\d{1,3})?)$`)
	})
	namesOnly = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^@\w+(?:\s*,\s*@?\w+)*$`)
	})
)

// speakerLine reads a line that says who speaks: a time and, after two spaces, a
// name; handles alone; or, above an utterance, a time alone. Without a time, at is
// -1.
func speakerLine(line string, alone bool) (at float64, who string, ok bool) {
	if namesOnly().MatchString(line) {
		return -1, line, true
	}
	m := timedLine().FindStringSubmatch(line)
	if m == nil || m[2] == "" && !alone {
		return 0, "", false
	}
	c := clockTime().FindStringSubmatch(m[1])
	if c == nil {
		return bad, "", true
	}
	h, _ := strconv.Atoi(cmp.Or(c[1], "0"))
	minutes, _ := strconv.Atoi(c[2])
	s, _ := strconv.ParseFloat(c[3], 64)
	if h > 0 && minutes > 59 {
		return bad, "", true
	}
	// Approximate speakers are printed with a ~.
	return float64(h*3600+minutes*60) + s, strings.TrimSpace(strings.TrimPrefix(m[2], "~")), true
}
