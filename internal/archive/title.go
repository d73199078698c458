package archive

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// maxTitle bounds a title that comes from a long post, in bytes.
const maxTitle = 2000

// Title returns the words of the post as the title of a Space: without the
// links to it and without t.co links at the end, on one line. A post of links
// only has none.
func (p *Post) Title() string {
	text := p.Text
	for _, link := range p.Spaces {
		if link.URL != "" {
			text = removeWord(text, link.URL)
		}
	}
	words := strings.Fields(text)
	for len(words) > 0 && isShortLink(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	text = strings.Join(words, " ")
	if len(text) <= maxTitle {
		return text
	}
	cut := maxTitle
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	if space := strings.LastIndexByte(text[:cut], ' '); space > 0 {
		cut = space
	}
	return text[:cut] + "…"
}

// removeWord takes w out of s where no letter or digit follows: one t.co link
// may be the beginning of another.
func removeWord(s, w string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, w)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		after := s[i+len(w):]
		b.WriteString(s[:i])
		if alnumPrefix(after) > 0 {
			b.WriteString(w)
		}
		s = after
	}
}

func isShortLink(word string) bool {
	rest, ok := strings.CutPrefix(word, "https://t.co/")
	if !ok {
		rest, ok = strings.CutPrefix(word, "http://t.co/")
	}
	return ok && alnumPrefix(rest) == len(rest)
}

// htmlEntities are the three that X writes into the text of posts. Anything else
// that looks like one was typed.
var htmlEntities = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")
})

func unescape(s string) string { return htmlEntities().Replace(s) }

func foldSpace(s string) string { return strings.Join(strings.Fields(s), " ") }

// Hashtags returns the hashtags in text: without #, in lower case, each once,
// in order. A number alone is none.
func Hashtags(text string) []string {
	return marked(text, "#＃", func(r rune) bool {
		return r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
	}, func(tag string) string {
		if !strings.ContainsFunc(tag, unicode.IsLetter) {
			return ""
		}
		return strings.ToLower(tag)
	})
}

// Mentions returns the handles that text mentions: without @, each once, in
// order.
func Mentions(text string) []string {
	return marked(text, "@＠", func(r rune) bool {
		return r == '_' || r < utf8.RuneSelf && alnumPrefix(string(r)) > 0
	}, func(handle string) string {
		if len(handle) > 15 {
			return ""
		}
		return handle
	})
}

// marked returns the words of text that begin with one of marks and are not
// the tail of another word, made of what isPart accepts; keep may change or
// refuse them.
func marked(text, marks string, isPart func(rune) bool, keep func(string) string) (found []string) {
	before := ' '
	for i, r := range text {
		inWord := unicode.IsLetter(before) || unicode.IsNumber(before) || before == '_' || before == '&' || before == '/'
		before = r
		if inWord || !strings.ContainsRune(marks, r) {
			continue
		}
		word := text[i+utf8.RuneLen(r):]
		if end := strings.IndexFunc(word, func(r rune) bool { return !isPart(r) }); end >= 0 {
			word = word[:end]
		}
		if word = keep(word); word != "" && !slices.Contains(found, word) {
			found = append(found, word)
		}
	}
	return found
}
