package remote

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"
)

// maxSecrets bounds files of header lines and cookies. A browser's whole jar has
// some hundred kilobytes.
const maxSecrets = 4 << 20

// A LineError is a line of a file of secrets that cannot be used. It does not
// repeat the line.
type LineError struct {
	File string
	Line int // from 1 on
	What string
}

func (e *LineError) Error() string { return fmt.Sprintf("%s, line %d: %s", e.File, e.Line, e.What) }

// ErrNoCookies means that a file of cookies has none for the address.
var ErrNoCookies = errors.New("the file has no cookies for this address, or they have expired")

// ReadHeader reads a file with one header line a line, as curl takes it (Name:
// value); empty lines and those that begin with # are skipped.
func ReadHeader(name string) (http.Header, error) {
	h := http.Header{}
	err := eachLine(name, func(line string) string {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			return ""
		}
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok:
			return "a header line must be \"Name: value\""
		case !httpguts.ValidHeaderFieldName(key) || !httpguts.ValidHeaderFieldValue(value):
			return "the line has characters that a header line cannot have"
		case framing(key):
			return "the program sets this header line itself"
		}
		h.Add(key, value)
		return ""
	})
	return h, err
}

// framing reports whether a header line is one that says where a message ends
// and whom it is for (RFC 9110, 7.6.1), or which part of a file is meant.
func framing(key string) bool {
	switch http.CanonicalHeaderKey(key) {
	case "Host", "Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Upgrade", "Te", "Expect", "Range", "If-Range", "Accept-Encoding", "Proxy-Authorization":
		return true
	}
	return false
}

// ReadCookies reads a file of cookies in the form of Netscape's, which browsers'
// extensions, curl and yt-dlp write, and returns the value of the header line
// Cookie for a request of u. The rules are those of RFC 6265, section 5.4.
func ReadCookies(name string, u *url.URL, now time.Time) (string, error) {
	var pairs []string
	some := false
	err := eachLine(name, func(line string) string {
		line, _ = strings.CutPrefix(line, "#HttpOnly_")
		if strings.TrimSpace(line) == "" || line[0] == '#' {
			return ""
		}
		f := strings.Split(line, "\t")
		if len(f) != 7 {
			return "a cookie must have seven fields with tabs between them"
		}
		expires, err := strconv.ParseFloat(f[4], 64)
		if err != nil {
			return "the time at which a cookie ends must be a number"
		}
		some = true
		switch {
		case !inDomain(u.Hostname(), f[0], strings.EqualFold(f[1], "TRUE")),
			!belowPath(u.EscapedPath(), f[2]),
			strings.EqualFold(f[3], "TRUE") && u.Scheme != "https",
			expires != 0 && expires <= float64(now.Unix()):
			return ""
		case !httpguts.ValidHeaderFieldValue(f[5]+"="+f[6]) || strings.ContainsAny(f[5]+f[6], ";"):
			return "the cookie has characters that it cannot have"
		}
		pairs = append(pairs, f[5]+"="+f[6])
		return ""
	})
	switch {
	case err != nil:
		return "", err
	case !some || len(pairs) == 0:
		return "", ErrNoCookies
	}
	return strings.Join(pairs, "; "), nil
}

// Secrets are what must not be told of header lines: their values, and the parts
// of them that a server may repeat alone, such as a token or one cookie.
func Secrets(h http.Header) (list []string) {
	const least = 8 // bytes; shorter ones are words, such as Basic
	for _, values := range h {
		for _, value := range values {
			list = append(list, value)
			for _, part := range strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ';' || r == ',' }) {
				_, after, _ := strings.Cut(part, "=")
				for _, s := range []string{part, strings.Trim(after, `"`)} {
					if len(s) >= least {
						list = append(list, s)
					}
				}
			}
		}
	}
	// The longest first: what a part leaves of it would be told.
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
	return list
}

// inDomain reports whether a cookie of domain is for host (RFC 6265, 5.1.3).
func inDomain(host, domain string, below bool) bool {
	host, domain = strings.ToLower(host), strings.ToLower(strings.TrimPrefix(domain, "."))
	return domain != "" && (host == domain || below && strings.HasSuffix(host, "."+domain))
}

// belowPath reports whether a cookie of path is for a request of asked (RFC
// 6265, 5.1.4).
func belowPath(asked, path string) bool {
	if asked == "" {
		asked = "/"
	}
	rest, ok := strings.CutPrefix(asked, path)
	return ok && (rest == "" || strings.HasSuffix(path, "/") || rest[0] == '/')
}

// eachLine calls take with each line of a file, until one is wrong. take says
// what is wrong with it, or "".
func eachLine(name string, take func(line string) (wrong string)) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSecrets+1))
	switch {
	case err != nil:
		return err
	case len(text) > maxSecrets:
		return &LineError{name, 1, "the file is too large for one with header lines or cookies"}
	}
	s := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	s.Buffer(nil, maxSecrets+1)
	for n := 1; s.Scan(); n++ {
		if wrong := take(s.Text()); wrong != "" {
			return &LineError{name, n, wrong}
		}
	}
	return s.Err()
}
