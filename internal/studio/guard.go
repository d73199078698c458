package studio

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A guard lets in the browser that was given the token, and pages that came
// from this server. Each of its rules would do alone against some attack:
//
//   - The Host must be this server: a foreign name that resolves to 127.0.0.1
//     (DNS rebinding) is refused.
//   - All but the entrance, and the answer that there is no favicon.ico, lies in a folder whose name nobody can guess, and
//     wants the session's cookie. That is HttpOnly and SameSite=Strict, so that
//     no script reads it and no other site's page sends it. It holds for the
//     folder alone: browsers send cookies to all ports of an address, so that
//     other servers there would get it.
//   - What changes something wants the right Origin and a header of our own,
//     which other origins could only send after a preflight, which fails.
//   - What the browser says of a request (Sec-Fetch-Site) must not be that it
//     comes from another site.
type guard struct {
	port    string
	host    string // with the port, as in URLs
	network bool
	cookie  string // name: cookies know no ports, so each server has its own
	folder  string // "/NAME/"
	token   string
	session string

	mu   sync.Mutex
	once map[string]bool // tokens that serve once
}

const (
	// ownHeader is what the page's own requests bear.
	ownHeader, ownValue = "X-Spaces-Studio", "1"
	// maxBody is how much a request may send.
	maxBody = 64 << 10
)

func newGuard(addr net.Addr, network bool) *guard {
	g := &guard{network: network, token: rand.Text(), session: rand.Text() + rand.Text(), once: make(map[string]bool)}
	host, port, _ := net.SplitHostPort(addr.String())
	g.port = port
	if ip, err := netip.ParseAddr(host); err == nil && ip.IsUnspecified() {
		host = ownAddress()
	}
	g.host = net.JoinHostPort(host, port)
	g.cookie = "spaces-studio-" + port
	g.folder = "/" + rand.Text() + "/"
	return g
}

// ownAddress is an address under which others find this machine.
func ownAddress() string {
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			return n.IP.String()
		}
	}
	return "127.0.0.1"
}

func (g *guard) enter(token string) string {
	u := url.URL{Scheme: "http", Host: g.host, Path: "/enter", RawQuery: url.Values{"token": {token}}.Encode()}
	return u.String()
}

// wrap puts the rules before a handler.
func (g *guard) wrap(next http.Handler) http.Handler {
	next = http.StripPrefix(strings.TrimSuffix(g.folder, "/"), next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime))
		if !g.knows(r.Host) {
			refuse(w, http.StatusMisdirectedRequest, "This server has a different name.")
			return
		}
		if r.URL.Path == "/enter" {
			g.letIn(w, r)
			return
		}
		if r.URL.Path == "/favicon.ico" && g.foreign(r) == "" {
			// Browsers ask for it unasked: no icon is no error in their console.
			w.WriteHeader(http.StatusNoContent)
			return
		}
		c, err := r.Cookie(g.cookie)
		if err != nil || !same(c.Value, g.session) || !strings.HasPrefix(r.URL.Path, g.folder) {
			refuse(w, http.StatusForbidden, "Open the address that spaces studio shows in the terminal.")
			return
		}
		if why := g.foreign(r); why != "" {
			refuse(w, http.StatusForbidden, why)
			return
		}
		if !g.streams(r) { // what a file may have is known to its handler
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		}
		next.ServeHTTP(w, r)
	})
}

// setHeaders tells the browser what the page may do: load its own files, and
// nothing else. No inline script or style, no frame around it.
func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "+
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// refuse answers in plain text.
func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, why)
}

// knows reports whether a Host header names this server. Addresses cannot be
// bound to another one, so that on a network any of them will do.
func (g *guard) knows(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.Trim(host, "[]"), "80"
	}
	if port != g.port {
		return false
	}
	if strings.EqualFold(name, "localhost") || host == g.host {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && (g.network || ip.IsLoopback())
}

// foreign says why a request is not one of our page's, or "".
func (g *guard) foreign(r *http.Request) string {
	site := r.Header.Get("Sec-Fetch-Site")
	if site != "" && site != "same-origin" && site != "none" {
		return "This request comes from another site."
	}
	origin := r.Header.Get("Origin")
	if origin != "" && origin != "http://"+r.Host {
		return "This request comes from another origin."
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return ""
	}
	if origin == "" || r.Header.Get(ownHeader) != ownValue {
		return "This request does not come from the studio's page."
	}
	if mediaTypeOf(r) != "application/json" && !g.streams(r) {
		return "This request is not JSON."
	}
	return ""
}

// letIn takes a token and gives the cookie for it. It answers with a page
// instead of a redirection: what follows is then a request of our own site,
// with which a strict cookie is sent, wherever the first one came from.
func (g *guard) letIn(w http.ResponseWriter, r *http.Request) {
	// The method comes first: what only looks at an address, as HEAD does, must
	// not use it up.
	if r.Method != http.MethodGet || !g.accept(r.URL.Query().Get("token")) {
		refuse(w, http.StatusForbidden, "This address is not valid, or was opened before. Open the address that the terminal shows.")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: g.session, Path: g.folder, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=%[1]s"><title>spaces studio</title><a href="%[1]s">spaces studio</a></html>`, g.folder)
}

// accept reports whether a token lets in. One that serves once has done so then.
func (g *guard) accept(token string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	ok := same(token, g.token)
	for t := range g.once {
		if same(token, t) {
			delete(g.once, t)
			ok = true
		}
	}
	return ok
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// number reads a query parameter between two bounds.
func number(r *http.Request, name string, least, most, otherwise int64) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, newProblem(http.StatusBadRequest, "bad-request", fmt.Sprintf("%s must be a number from %d to %d", name, least, most), "")
	}
	return cmp.Or(n, 0), nil
}
