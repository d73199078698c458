package languages

import (
	"regexp"
	"sync"

	"golang.org/x/text/language"
)

// tie keeps signs on the line of what they belong to, so that translators type
// plain spaces: a number and its unit, and in French the word and the sign behind
// it, which stand a narrow space apart.
func tie(tag language.Tag, s string) string {
	s = units().ReplaceAllString(s, "$1\u00a0$2")
	if base, _ := tag.Base(); base.String() == "fr" {
		s = frenchSigns().ReplaceAllString(s, "\u202f$1")
		s = frenchOpening().ReplaceAllString(s, "«\u202f")
	}
	return s
}

var (
	units         = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([\d}]) ((?:s|ms|dB|h|min|%|kB|MB|LUFS)\b|%)`) })
	frenchSigns   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[ \x{a0}]([:;?!»])`) })
	frenchOpening = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`«[ \x{a0}]`) })
)
