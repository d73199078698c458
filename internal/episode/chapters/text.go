package chapters

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// timeOnLine matches a line that begins with a time: hours if any, minutes,
// seconds and a fraction, in brackets or not, and a dash before the title or
// not.
var timeOnLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[(\[]?(?:(\d{1,4}):)?(\d{1,4}):(\d{2})([.,]\d{1,9})?[)\]]?(?:\s+[-–—:]\s+|\s*[:–—-]\s+|\s+|$)(.*)$`)
})

// link matches the address that may end a line of Podlove's.
var link = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\s*<[a-zA-Z][a-zA-Z0-9+.-]*:[^<>\s]*>$`)
})

// parseText reads lines that begin with a time. Empty lines do not count,
// neither do those that begin with #.
func parseText(b []byte) ([]mark, error) {
	var marks []mark
	for i, line := range lines(b) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		place := fmt.Sprintf("line %d", i+1)
		m := timeOnLine().FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%s: %q does not begin with a time (try 00:12:30)", place, short(line))
		}
		start, err := clockTime(m[1], m[2], m[3], m[4])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", place, err)
		}
		title := cleanTitle(link().ReplaceAllString(m[5], ""))
		if title == "" {
			return nil, fmt.Errorf("%s: the chapter at %s has no title", place, Clock(start))
		}
		if n := len(marks); n > 0 && start < marks[n-1].Start {
			return nil, fmt.Errorf("%s: %s comes after %s on %s; times must ascend (hours, minutes, seconds: 1:05:00)",
				place, Clock(start), Clock(marks[n-1].Start), marks[n-1].place)
		}
		marks = append(marks, mark{Chapter{start, title}, place})
	}
	return marks, nil
}

// clockTime returns the seconds of a time in parts; hours and the fraction
// with its point may be empty. Without hours there may be more than 59
// minutes.
func clockTime(hours, minutes, seconds, fraction string) (float64, error) {
	h, _ := strconv.Atoi(hours) // digits, as the pattern says
	m, _ := strconv.Atoi(minutes)
	s, _ := strconv.Atoi(seconds)
	if s > 59 || hours != "" && m > 59 {
		return 0, fmt.Errorf("%s is not a valid time", strings.TrimPrefix(hours+":"+minutes+":"+seconds, ":"))
	}
	t := float64(h*3600 + m*60 + s)
	if fraction != "" {
		f, _ := strconv.ParseFloat("0."+fraction[1:], 64)
		t += f
	}
	return t, nil
}

// label matches a line of Audacity's label track. Some versions write the
// comma of their language.
var label = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\d+(?:[.,]\d+)?)\t(\d+(?:[.,]\d+)?)(?:\t(.*))?$`)
})

// isLabels reports whether the first line that is not empty is a label.
func isLabels(b []byte) bool {
	for _, line := range lines(b) {
		if strings.TrimSpace(line) != "" {
			return label().MatchString(line)
		}
	}
	return false
}

// parseLabels reads Audacity's labels. Lines that begin with a backslash tell
// of frequencies.
func parseLabels(b []byte) ([]mark, error) {
	var marks []mark
	for i, line := range lines(b) {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, `\`) {
			continue
		}
		place := fmt.Sprintf("line %d", i+1)
		m := label().FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%s: %q is not a label (start, end and text, separated by tabs)", place, short(line))
		}
		start, err := strconv.ParseFloat(strings.Replace(m[1], ",", ".", 1), 64)
		if err != nil || start > maxTime {
			return nil, fmt.Errorf("%s: %s is not a valid time in seconds", place, short(m[1]))
		}
		title := cleanTitle(m[3])
		if title == "" {
			return nil, fmt.Errorf("%s: the label at %s has no text", place, Clock(start))
		}
		marks = append(marks, mark{Chapter{start, title}, place})
	}
	return marks, nil
}

// lines returns the lines of a text, however they end.
func lines(b []byte) []string {
	s := strings.ReplaceAll(string(b), "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(s, "\r", "\n"), "\n")
}

// short returns as much of s as a message has room for.
func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
