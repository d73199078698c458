package quoted

import (
	"bytes"
	"encoding/json"
	"hash/maphash"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/library/fold"
)

// A word is one as people compare them.
type word struct {
	text     string
	unspaced bool // a character of a script that writes no spaces
}

// handles are names with their @: between the words of some forms of a
// transcript they say who speaks.
var handles = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`@[0-9A-Za-z_]+`) })

// wordsOf cuts a text into words. Numbers are left out, since they may be times.
func wordsOf(text string) []word {
	if strings.Contains(text, "@") {
		text = handles().ReplaceAllString(text, " ")
	}
	var list []word
	for w := range strings.FieldsFuncSeq(fold.Segment(fold.Text(text)), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
		if strings.Trim(w, "0123456789") == "" {
			continue
		}
		r, _ := utf8.DecodeRuneInString(w)
		list = append(list, word{w, fold.Unspaced(r)})
	}
	return list
}

// eachRun calls visit with each run of words that tells where it comes from, as
// long as visit returns true.
func eachRun(list []word, visit func(at, n int, key uint64) bool) {
	var h maphash.Hash
	h.SetSeed(seed)
	for at := range list {
		n := run
		if list[at].unspaced {
			n = runUnspaced
		}
		if at+n > len(list) {
			continue
		}
		h.Reset()
		for _, w := range list[at : at+n] {
			h.WriteString(w.text)
			h.WriteByte(' ')
		}
		if !visit(at, n, h.Sum64()) {
			return
		}
	}
}

var seed = maphash.MakeSeed()

// equal reports whether a text goes on with these words.
func equal(here, there []word) bool {
	return len(here) >= len(there) && slices.Equal(here[:len(there)], there)
}

var markup = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`<[^<>]*>`) })

// readings are the ways in which the words of a text may stand in it: as it is,
// without markup, and as the strings of a JSON document. A text that only begins
// as JSON does is read in all of these ways.
func readings(b []byte) []string {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	var list []string
	if first := bytes.TrimSpace(b); len(first) > 0 && (first[0] == '{' || first[0] == '[') {
		var whole bool
		if list, whole = jsonStrings(b); whole && len(list) > 0 {
			return list
		}
	}
	list = append(list, string(b))
	if markup().Match(b) {
		list = append(list, html.UnescapeString(markup().ReplaceAllString(string(b), " ")))
	}
	return list
}

// jsonStrings returns the strings of JSON documents that follow each other, those
// of the same key joined: some have a document, or an object, for each word. It
// reports whether the text is nothing but such documents, and whole.
func jsonStrings(b []byte) (list []string, whole bool) {
	in := json.NewDecoder(bytes.NewReader(b))
	var order []string
	texts := make(map[string]*strings.Builder)
	add := func(key, text string) {
		if texts[key] == nil {
			order, texts[key] = append(order, key), new(strings.Builder)
		}
		texts[key].WriteString(text + "\n")
	}
	type level struct {
		object bool
		key    string // of the value that comes next
		wants  bool   // a key comes next
	}
	var stack []level
	top := func() *level {
		if len(stack) == 0 {
			return &level{}
		}
		return &stack[len(stack)-1]
	}
	t, err := in.Token()
	for ; err == nil; t, err = in.Token() { // up to where it is none
		switch t := t.(type) {
		case json.Delim:
			switch t {
			case '{', '[':
				stack = append(stack, level{object: t == '{', key: top().key, wants: t == '{'})
				continue
			}
			stack = stack[:len(stack)-1]
		case string:
			if l := top(); l.object && l.wants {
				l.key, l.wants = t, false
				continue
			}
			add(top().key, t)
		}
		if l := top(); l.object {
			l.wants = true
		}
	}
	for _, key := range order {
		list = append(list, texts[key].String())
	}
	return list, err == io.EOF && len(stack) == 0
}
