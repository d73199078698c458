package title

import (
	"path"
	"regexp"
	"strings"
	"sync"
	"unicode"
)

var (
	// ownName is a file's name that other programs make up without a title.
	ownName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:(?:audio[-_ ])?space[-_ ]|chunk_|playlist|master_playlist|replay[-_ ]?\d|index[-_.]?\d*$)`)
	})
	// plainName is a name that says nothing about what is in the file.
	plainName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^(?:new |my |the |twitter |x )*(?:audio|recording|rec|voice|record|video|movie|sound|track|file|untitled|unnamed|download|output|out|space|spaces|twitter|talk|test)?(?:[-_ .]*(?:\d|copy|final|part)+)*$`)
	})
	// codedName is what names for machines look like: no space, and digits.
	codedName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[0-9A-Za-z_-]*\d[0-9A-Za-z_-]*$`)
	})
	// formatCode is what yt-dlp adds to a name of several formats.
	formatCode = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\.f\d{1,4}$`)
	})
	// creator is how twspace-dl begins a name: (creator)title-id.
	creator = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\([^()]{1,60}\)\s*`)
	})
	// copied is what browsers and file managers add.
	copied = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)(?: ?\(\d{1,3}\)| - copy(?: \(\d{1,3}\))?)$`)
	})
)

// InName returns the title that yt-dlp, twspace-dl or a person put into a
// file's name, or "". An id in brackets or at the end is no part of it.
func InName(member, id string) string {
	stem := member
	if e := path.Ext(member); len(e) > 1 && len(e) <= 6 && !strings.Contains(e, " ") {
		stem = strings.TrimSuffix(member, e)
	}
	stem = formatCode().ReplaceAllString(copied().ReplaceAllString(stem, ""), "")
	if ownName().MatchString(stem) {
		return ""
	}
	if i := strings.LastIndex(stem, id); i >= 0 && id != "" {
		before, after := stem[:i], stem[i+len(id):]
		switch {
		case strings.HasSuffix(before, "[") && strings.HasPrefix(after, "]"):
			stem = strings.TrimSuffix(before, "[") + strings.TrimPrefix(after, "]")
		case strings.HasSuffix(before, "(") && strings.HasPrefix(after, ")"):
			stem = strings.TrimSuffix(before, "(") + strings.TrimPrefix(after, ")")
		case strings.Trim(after, "-_ 0123456789") == "":
			stem = creator().ReplaceAllString(before, "")
		default:
			stem = before + " " + after
		}
	}
	title := strings.Join(strings.Fields(strings.ToValidUTF8(stem, "\uFFFD")), " ")
	title = strings.Trim(title, " -_.·–|")
	if plainName().MatchString(title) || codedName().MatchString(title) || strings.Count(title, "") < 4 || !strings.ContainsFunc(title, unicode.IsLetter) {
		return ""
	}
	if !strings.Contains(title, " ") {
		title = strings.Join(strings.FieldsFunc(title, func(r rune) bool { return r == '_' }), " ")
	}
	return title
}
