// Package chapters reads lists of chapters in the forms that podcasters have
// them in, makes lists from what is known of a recording, and writes the forms
// that players ask for.
package chapters

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/spaces-cli/spaces/internal/charset"
)

// A Chapter is a mark in the sound; it lasts until the next one or the end.
type Chapter struct {
	Start float64 `json:"start"` // seconds
	Title string  `json:"title"`
}

// A Format is a form in which chapters are written down.
type Format string

const (
	Text   Format = "text"   // a time and a title on each line, as Podlove, mp4chaps and video descriptions have them
	JSON   Format = "json"   // Podcasting 2.0, "JSON Chapters" 1.0 to 1.2
	Labels Format = "labels" // Audacity's label track: start, end and text with tabs between
)

// ErrNone means that a file has no chapters.
var ErrNone = errors.New("no chapters in the file")

// MaxFile is how many bytes a list of chapters may have: ten thousand chapters
// have a tenth of it.
const MaxFile = 4 << 20

const (
	maxTime = 1 << 25 // seconds, a year and more
	// sameTime is how near to each other two marks are one, in seconds: players
	// know milliseconds at most, and so do the lists that Parse returns.
	sameTime = 0.0005
)

// Parse reads a list of chapters, in order of time, in whichever form it is:
// UTF-8, or UTF-16 with a byte order mark, lines that end in any way. Marks
// that are there twice are taken once. Unless duration, that of the sound in
// seconds, is 0, all chapters must begin before it.
//
// In a list of lines, which people type, a time before that of the line above
// is refused: it is nearly always a slip such as 1:05 for 1:05:00. Errors name
// the line, in JSON the number of the chapter.
func Parse(r io.Reader, duration float64) ([]Chapter, Format, error) {
	b, err := io.ReadAll(io.LimitReader(charset.NewReader(r), MaxFile+1))
	if err != nil {
		return nil, "", err
	}
	if len(b) > MaxFile {
		return nil, "", fmt.Errorf("the file is larger than %d MiB, too large for a list of chapters", MaxFile>>20)
	}
	var marks []mark
	format := Text
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(b), []byte("{")):
		format = JSON
		marks, err = parseJSON(b)
	case isLabels(b):
		format = Labels
		marks, err = parseLabels(b)
	default:
		marks, err = parseText(b)
	}
	if err != nil {
		return nil, format, err
	}
	list, err := tidy(marks, duration)
	return list, format, err
}

// A mark is a chapter with the place in the file that says so.
type mark struct {
	Chapter
	place string // "line 3"
}

// tidy puts marks in order and makes chapters of them.
func tidy(marks []mark, duration float64) ([]Chapter, error) {
	slices.SortStableFunc(marks, func(a, b mark) int { return cmp.Compare(a.Start, b.Start) })
	var list []Chapter
	for _, m := range marks {
		m.Start = math.Round(m.Start*1000) / 1000
		if duration > 0 && m.Start >= duration {
			return nil, fmt.Errorf("%s: %s is past the end of the recording (%s)", m.place, Clock(m.Start), Clock(duration))
		}
		if n := len(list); n > 0 && m.Start-list[n-1].Start < sameTime {
			if m.Title == list[n-1].Title {
				continue
			}
			return nil, fmt.Errorf("%s: another chapter begins at %s, “%s”", m.place, Clock(m.Start), list[n-1].Title)
		}
		list = append(list, m.Chapter)
	}
	if len(list) == 0 {
		return nil, ErrNone
	}
	return list, nil
}

// WriteText writes chapters as Parse reads them: a time and a title a line, with
// lines before them that begin with #.
func WriteText(w io.Writer, list []Chapter, comments ...string) error {
	var b bytes.Buffer
	for _, c := range comments {
		b.WriteString("# " + cleanTitle(c) + "\n")
	}
	for _, c := range list {
		b.WriteString(Clock(c.Start) + " " + c.Title + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// cleanTitle returns a title on one line without space at its ends.
func cleanTitle(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// Clock returns a position as "00:00:00.000", to the nearest millisecond.
func Clock(seconds float64) string {
	ms := int64(math.Round(max(0, seconds) * 1000))
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3600000, ms/60000%60, ms/1000%60, ms%1000)
}

// Move returns the list with each mark where locate says that it is, such as
// from the recording to the episode that was cut from it. Where the beginning
// of a chapter was cut out, it begins at the cut; chapters of which nothing is
// left are left out. duration is that of the result.
func Move(list []Chapter, locate func(float64) (at float64, kept bool), duration float64) []Chapter {
	var out []Chapter
	for _, c := range list {
		c.Start, _ = locate(c.Start)
		if n := len(out); n > 0 && c.Start-out[n-1].Start < sameTime {
			out = out[:n-1] // nothing is left of the one before
		}
		if c.Start < duration-sameTime {
			out = append(out, c)
		}
	}
	return out
}

// VorbisComments returns the names and values of comments that say the
// chapters in FLAC, Opus and Vorbis (Xiph's "Chapter Extension"). It numbers
// chapters with three digits; of more than a thousand it returns none.
func VorbisComments(list []Chapter) [][2]string {
	if len(list) > 1000 {
		return nil
	}
	var out [][2]string
	for i, c := range list {
		name := fmt.Sprintf("CHAPTER%03d", i)
		out = append(out, [2]string{name, Clock(c.Start)}, [2]string{name + "NAME", c.Title})
	}
	return out
}
