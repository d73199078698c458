package episode

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/recording"
)

// DefaultName is the template of an episode's name.
const DefaultName = "{date}-{title}"

// maxName is how long a name may be, extension left out.
const maxName = 80

// fileName expands a template: {date} and {time} of the Space's beginning in
// UTC, {title}, {host}, {id}. What comes out gets an address on the web: it
// has letters and digits of ASCII, '.', '_' and '-' alone.
func fileName(template string, rec *Record) (string, error) {
	if template == "" {
		template = DefaultName
	}
	date, clock, host := "undated", "untimed", "nobody"
	if !rec.Date.IsZero() {
		date, clock = rec.Date.UTC().Format("2006-01-02"), rec.Date.UTC().Format("1504")
	}
	if rec.Host != nil && rec.Host.Handle != "" {
		host = rec.Host.Handle
	}
	text, err := expand("the name", template, []word{
		{"date", date}, {"time", clock}, {"title", rec.Title}, {"host", host}, {"id", rec.ID},
	})
	if err != nil {
		return "", err
	}
	if name := plainFile(text); name != "" {
		return name, nil
	}
	return plainFile(date + "-" + rec.ID), nil
}

// plainFile makes a text fit for the name of an episode's file, its extension
// left out, or is "" if nothing of it is.
func plainFile(text string) string {
	name := PlainName(text)
	if len(name) > maxName {
		name = strings.TrimRight(name[:maxName], "-._")
	}
	if name == "" {
		return ""
	}
	return layout.SafeName(name, maxName)
}

// A word of a template stands for a text.
type word struct{ name, text string }

// expand puts texts in place of the words of a template, which stand in
// braces. what is the template's name in messages.
func expand(what, template string, words []word) (string, error) {
	var b strings.Builder
	for rest := template; ; {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		key, more, closed := strings.Cut(after, "}")
		i := slices.IndexFunc(words, func(w word) bool { return w.name == key })
		if !closed || i < 0 {
			var known []string
			for _, w := range words {
				known = append(known, "{"+w.name+"}")
			}
			return "", recording.Problemf(BadRequest, "", "%s has an unknown {%s} (use %s)", what, key, strings.Join(known, " "))
		}
		b.WriteString(words[i].text)
		rest = more
	}
}

// PlainName writes a text in ASCII: accents fall off letters, the rest becomes
// hyphens, of which no two stand side by side.
func PlainName(text string) string {
	var b strings.Builder
	hyphen := false
	for _, r := range norm.NFKD.String(text) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '_'):
			if hyphen && b.Len() > 0 {
				b.WriteByte('-')
			}
			hyphen = false
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’': // falls off
		default:
			hyphen = true
		}
	}
	return strings.Trim(b.String(), ".-_")
}
