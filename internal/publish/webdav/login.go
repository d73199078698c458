package webdav

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// A login says who we are, in the way that the server asked for: Digest (RFC
// 7616) rather than Basic (RFC 7617), and nothing before it asked.
type login struct {
	user, password string

	mu    sync.Mutex
	way   *challenge
	count uint32 // how often the challenge's nonce was used
}

// A challenge is a way of saying who one is that a server offers.
type challenge struct {
	scheme string // "basic" or "digest"
	params map[string]string
}

// answer takes the server's challenges, of 401. It reports whether one of them
// can be met.
func (l *login) answer(headers []string) bool {
	if l.user == "" && l.password == "" {
		return false
	}
	var best *challenge
	for _, h := range headers {
		for _, c := range parseChallenges(h) {
			if best == nil || rank(&c) > rank(best) {
				best = &c
			}
		}
	}
	if rank(best) == 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.way, l.count = best, 0
	return true
}

// rank orders challenges by how well they keep the password; 0 cannot be met.
func rank(c *challenge) int {
	switch {
	case c == nil:
	case c.scheme == "basic":
		return 1
	case c.scheme == "digest" && c.newHash() != nil && (c.params["qop"] == "" || c.offers("auth")):
		if strings.HasPrefix(strings.ToUpper(c.params["algorithm"]), "SHA") {
			return 3
		}
		return 2
	}
	return 0
}

func (c *challenge) offers(qop string) bool {
	return slices.Contains(strings.FieldsFunc(strings.ToLower(c.params["qop"]), func(r rune) bool { return r == ',' || r == ' ' }), qop)
}

// newHash returns what makes the hash of the challenge, or nil.
func (c *challenge) newHash() func() hash.Hash {
	switch strings.TrimSuffix(strings.ToUpper(c.params["algorithm"]), "-SESS") {
	case "", "MD5":
		return md5.New
	case "SHA-256":
		return sha256.New
	}
	return nil
}

// authorize adds to a request what the server asked for last.
func (l *login) authorize(r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.way == nil:
	case l.way.scheme == "basic":
		r.SetBasicAuth(l.user, l.password)
	default:
		l.count++
		var b [16]byte
		rand.Read(b[:])
		r.Header.Set("Authorization", l.digest(r.Method, r.URL.RequestURI(), hex.EncodeToString(b[:])))
	}
}

// digest makes the header of RFC 7616, 3.4.
func (l *login) digest(method, uri, cnonce string) string {
	p := l.way.params
	h := func(text string) string {
		sum := l.way.newHash()()
		sum.Write([]byte(text))
		return hex.EncodeToString(sum.Sum(nil))
	}
	a1 := h(l.user + ":" + p["realm"] + ":" + l.password)
	if strings.HasSuffix(strings.ToUpper(p["algorithm"]), "-SESS") {
		a1 = h(a1 + ":" + p["nonce"] + ":" + cnonce)
	}
	a2 := h(method + ":" + uri)
	var out strings.Builder
	fmt.Fprintf(&out, "Digest username=%s, realm=%s, nonce=%s, uri=%s", quote(l.user), quote(p["realm"]), quote(p["nonce"]), quote(uri))
	if p["qop"] == "" { // RFC 2069
		fmt.Fprintf(&out, ", response=\"%s\"", h(a1+":"+p["nonce"]+":"+a2))
	} else {
		nc := fmt.Sprintf("%08x", l.count)
		fmt.Fprintf(&out, ", qop=auth, nc=%s, cnonce=\"%s\", response=\"%s\"", nc, cnonce, h(a1+":"+p["nonce"]+":"+nc+":"+cnonce+":auth:"+a2))
	}
	if a := p["algorithm"]; a != "" {
		out.WriteString(", algorithm=" + a)
	}
	if o := p["opaque"]; o != "" {
		out.WriteString(", opaque=" + quote(o))
	}
	return out.String()
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// parseChallenges reads a WWW-Authenticate header, which may hold several (RFC
// 9110, 11.6.1): commas part both challenges and the parameters of one.
func parseChallenges(header string) []challenge {
	var list []challenge
	for _, item := range splitQuoted(header) {
		name, value, isParam := strings.Cut(item, "=")
		// "Digest realm=x" begins a challenge with its first parameter.
		if scheme, first, ok := strings.Cut(strings.TrimSpace(name), " "); ok || !isParam {
			list = append(list, challenge{strings.ToLower(scheme), make(map[string]string)})
			name = first
		}
		if len(list) > 0 && isParam {
			list[len(list)-1].params[strings.ToLower(strings.TrimSpace(name))] = unquote(strings.TrimSpace(value))
		}
	}
	return list
}

// splitQuoted splits at commas outside quotes; empty items are left out.
func splitQuoted(s string) []string {
	var list []string
	start, quoted := 0, false
	add := func(item string) {
		if item = strings.TrimSpace(item); item != "" {
			list = append(list, item)
		}
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			add(s[start:i])
			start = i + 1
		}
	}
	add(s[min(start, len(s)):])
	return list
}

func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	var out strings.Builder
	for i := 1; i < len(s)-1; i++ {
		if s[i] == '\\' && i+1 < len(s)-1 {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
