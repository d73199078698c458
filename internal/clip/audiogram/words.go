package audiogram

import (
	"fmt"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/media/lettering/plain"
)

// A Cue is words to show for some time, in seconds from the clip's start.
type Cue struct {
	Start, End float64
	Text       string
}

// A SpeakerCue names who speaks from when to when, likewise.
type SpeakerCue struct {
	Start, End float64
	Name       string
}

// write returns what the font can write of a text.
func write(s string) string { return lettering.Clean(s, lettering.Bold().Writes) }

// heading is what a clip says of itself: the title, and what stands above it.
// If nothing of the title can be written, the date takes its place.
func (s *Style) heading(q *clip.Request) (title, above string) {
	space := q.Recording.Space
	title = q.Title
	if title == "" {
		title = space.Title
	}
	title = write(title)
	host := ""
	if space.Host != nil && space.Host.Handle != "" {
		host = write("@" + space.Host.Handle)
	}
	date := s.date(q)
	if title == "" {
		title, date = date, ""
	}
	if title == "" {
		title, host = host, ""
	}
	if title == "" {
		title = write("Space " + space.ID)
	}
	return title, strings.Trim(host+"  ·  "+date, " ·")
}

// date is the day of the clip, or nothing.
func (s *Style) date(q *clip.Request) string {
	wall := q.Recording.Wall(q.Span.Start)
	if wall.IsZero() {
		return ""
	}
	return wall.In(s.config.Zone).Format("2 January 2006")
}

// clock writes a time as it stands below the waveform.
func clock(seconds int) string {
	d := time.Duration(seconds) * time.Second
	h, m, sec := int(d.Hours()), int(d.Minutes())%60, seconds%60
	if h > 0 {
		return fmt.Sprintf("%d:%02d:%02d", h, m, sec)
	}
	return fmt.Sprintf("%d:%02d", m, sec)
}

// fit breaks a title into lines: in letters as large as possible, and if even
// the smallest are too large, with an ellipsis.
func fit(title string, width, height float64, largest int) (lines []string, size float64) {
	font := lettering.Bold()
	for size := float64(largest); size >= minTitle; size -= 2 {
		lines := font.Wrap(title, width, size)
		if len(lines) <= titleLines && float64(len(lines))*size*leading <= height && whole(title, lines) {
			return balance(title, lines, width, size), size
		}
	}
	lines = font.Wrap(title, width, minTitle)
	most := max(1, min(titleLines, int(height/(minTitle*leading))))
	if len(lines) > most {
		rest := strings.Join(lines[most-1:], " ")
		lines = append(lines[:most-1:most-1], shorten(rest, width))
	}
	return lines, minTitle
}

// shorten cuts the last line of a title, between words unless the last one is
// long.
func shorten(s string, width float64) string {
	short := lettering.Bold().Shorten(s, width, minTitle)
	if short == s {
		return s
	}
	kept := strings.TrimSuffix(short, "…")
	if space := strings.LastIndexByte(kept, ' '); space > len(kept)/2 && !strings.HasPrefix(s[len(kept):], " ") {
		kept = kept[:space]
	}
	return strings.TrimRight(kept, " .,:;–—-…") + "…"
}

// whole reports whether no word of a text was broken.
func whole(s string, lines []string) bool { return strings.Join(lines, " ") == s }

// balance makes lines of about the same length.
func balance(s string, lines []string, width, size float64) []string {
	for narrow := width * 0.97; narrow > width/3; narrow *= 0.97 {
		next := lettering.Bold().Wrap(s, narrow, size)
		if len(next) > len(lines) || !whole(s, next) {
			break
		}
		lines = next
	}
	return lines
}

// hold is for how many seconds the name of who spoke last stays while nobody
// does.
const hold = 2

// speaking returns who speaks at a time, by turns in the order in which they
// begin.
func speaking(turns []SpeakerCue, at float64) string {
	var now []string
	last, latest := "", at-hold
	seen := make(map[string]bool)
	for _, t := range turns {
		if t.Start > at {
			break
		}
		switch {
		case t.Name == "":
		case t.End > at:
			if !seen[t.Name] {
				seen[t.Name] = true
				now = append(now, t.Name)
			}
		case t.End > latest:
			last, latest = t.Name, t.End
		}
	}
	if len(now) == 0 {
		return last
	}
	return strings.Join(now, ", ")
}
