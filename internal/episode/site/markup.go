package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Pages are written here and not by html/template, because that looks methods
// up by name: the linker then keeps every exported method of every type, a
// seventh of the program. Tests put hostile texts everywhere, and compare the
// tree that a parser makes of the page with that of harmless ones.

// markup is HTML. A constant is markup as it stands; the compiler takes no
// other string for it, so that whatever comes from data passes text, link or
// paragraphs.
type markup string

// A document is what has been written of a page.
type document struct{ html bytes.Buffer }

func (d *document) put(parts ...markup) {
	for _, part := range parts {
		d.html.WriteString(string(part))
	}
}

// text is text of an element or of an attribute in double quotes. What HTML does
// not take (§3.2.4.2.5 Text content) becomes U+FFFD.
func text(s string) markup {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < ' ' && r != '\n' && r != '\t', r >= 0x7f && r < 0xa0, r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe:
			b.WriteRune('\uFFFD')
		case r < '?' && escapes[r] != "":
			b.WriteString(escapes[r])
		default:
			b.WriteRune(r)
		}
	}
	return markup(b.String())
}

var escapes = [...]string{'"': "&#34;", '&': "&amp;", '\'': "&#39;", '+': "&#43;", '<': "&lt;", '>': "&gt;"}

// link is a URL in an attribute in double quotes: what runs a script is none,
// and what no URL may have is written as %XX (RFC 3986 §2.1).
func link(s string) markup {
	if scheme, _, ok := strings.Cut(s, ":"); ok && !strings.Contains(scheme, "/") {
		switch strings.ToLower(scheme) {
		case "http", "https", "mailto", "overcast", "pktc":
		default:
			return "#"
		}
	}
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~!#$&*+,/:;=?@", c) >= 0,
			c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return text(b.String())
}

func isHex(c byte) bool { return strings.IndexByte("0123456789abcdefABCDEF", c) >= 0 }

// lang is the attribute for a language, if one is known.
func lang(name markup, language string) markup {
	if language == "" {
		return ""
	}
	return " " + name + `="` + text(language) + `"`
}

// decimal writes seconds to the millisecond.
func decimal(seconds float64) string {
	return strconv.FormatFloat(math.Round(seconds*1000)/1000, 'f', -1, 64)
}

// paragraphs makes HTML of plain text.
func paragraphs(s string) markup {
	var b strings.Builder
	s = strings.ReplaceAll(s, "\r\n", "\n")
	for block := range strings.SplitSeq(s, "\n\n") {
		if block = strings.Trim(block, "\n "); block != "" {
			b.WriteString("<p>" + strings.ReplaceAll(string(text(block)), "\n", "<br>") + "</p>")
		}
	}
	return markup(b.String())
}

// oneLine is a text without line breaks, of at most so many characters: a
// description of a page.
func oneLine(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	s = string(runes[:most-1])
	if i := strings.LastIndexByte(s, ' '); i > len(s)/2 {
		s = s[:i]
	}
	return strings.TrimRight(s, " ,;:.–-") + "…"
}

// hashOf is the source of a Content-Security-Policy that allows a style or a
// script by what it is (CSP 3 §6.7.2.3).
func hashOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
