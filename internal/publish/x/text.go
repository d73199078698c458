package x

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
)

// urlWeight is what a link counts for, however long it is: X puts one of its
// own in its place.
const urlWeight = 23

// Weigh counts a text as X does (its counting rules, configuration 3): letters
// of the scripts up to U+10FF and common punctuation count 1, all else, such
// as CJK and an emoji with all its parts, 2; a link counts 23.
func Weigh(text string) int {
	text = norm.NFC.String(text)
	n, from := 0, 0
	for _, u := range links(text) {
		n += weighWords(text[from:u[0]]) + urlWeight
		from = u[1]
	}
	return n + weighWords(text[from:])
}

func weighWords(text string) (n int) {
	for state := -1; text != ""; {
		var cluster string
		cluster, text, _, state = uniseg.FirstGraphemeClusterInString(text, state)
		if isEmoji(cluster) {
			n += 2
			continue
		}
		for _, r := range cluster {
			n += weighRune(r)
		}
	}
	return n
}

// weighRune is what a character counts for that is no emoji.
func weighRune(r rune) int {
	switch {
	case r <= 0x10FF, r >= 0x2000 && r <= 0x200D, r >= 0x2010 && r <= 0x201F, r >= 0x2032 && r <= 0x2037:
		return 1
	}
	return 2
}

// isEmoji reports whether what readers see as one character is an emoji of
// several: with a skin colour, a flag, a keycap, joined ones.
func isEmoji(cluster string) bool {
	if utf8.RuneCountInString(cluster) < 2 {
		return false // counts 2 by itself
	}
	return strings.ContainsFunc(cluster, func(r rune) bool {
		return r == 0xFE0F || r == 0x20E3 || r >= 0x1F000 && r <= 0x1FAFF
	})
}

// HasURL reports whether X makes a link of a part of the text.
func HasURL(text string) bool { return len(links(text)) > 0 }

// link is what may be one: a host, with or without a scheme, and what follows.
var link = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(https?://)?((?:[\p{L}\p{N}](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)+(?:xn--[a-z0-9-]+|\p{L}{2,63}))(:\d+)?([/?#][^\s<>"]*)?`)
})

// links finds where links stand in a text.
func links(text string) (list [][]int) {
	for _, m := range link().FindAllStringSubmatchIndex(text, -1) {
		start, end := m[0], m[1]
		scheme, host := m[2] >= 0, strings.ToLower(text[m[4]:m[5]])
		before, _ := utf8.DecodeLastRuneInString(text[:start])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if strings.ContainsRune("@#$_-/.", before) && start > 0 || after == '@' {
			continue // an address of mail, a tag, a part of something
		}
		// Without a scheme only what ends like a name of the web.
		suffix, icann := publicsuffix.PublicSuffix(host)
		if !scheme && (host == suffix || !icann && !strings.Contains(suffix, ".") || !ascii(host)) {
			continue
		}
		end = start + len(strings.TrimRight(text[start:end], `.,;:!?'")`))
		list = append(list, []int{start, end})
	}
	return list
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// PriceOf is what a post with this text costs, in US dollars.
func (l *Limits) PriceOf(text string) float64 {
	if HasURL(text) {
		return l.PriceWithURL
	}
	return l.Price
}
