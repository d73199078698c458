// Package guard makes HTTP clients for addresses that strangers name. The author
// of a playlist, or of a redirect, must not be able to have this computer ask
// machines that only it can reach, nor to get what was meant for another server.
package guard

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// Options say how a client connects.
type Options struct {
	Wire wire.Options // its Check is the guard's
	// Header is sent to the origin that the user named, and to no other: there
	// go cookies and credentials.
	Header    http.Header
	Redirects int // how many of them a request follows; 0: 5
	// Public says that the named address may not be private either, because
	// another program or a file has named it.
	Public bool
}

// A RefusedError means that something was not asked for because of where it
// is. Trying again does not help.
type RefusedError struct {
	Host string // as a playlist or redirect names it
	What string // what it is: "a private address"
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("refused to connect to %s: %s, and a playlist or redirect led there", e.Host, e.What)
}

// Client returns a client for an address that the user named, and for what it
// leads to. It connects to public addresses only, over HTTP and HTTPS. The
// origin of the named address (RFC 6454: scheme, host and port) may be private:
// then it stays at the addresses that it had first, and one that was public does
// not become private. The owner of a name decides at each question what it
// means (DNS rebinding), so the address of each connection is checked.
func Client(named *url.URL, o Options) (*http.Client, error) {
	if err := checkScheme(named); err != nil {
		return nil, err
	}
	g := &guard{
		scheme: strings.ToLower(named.Scheme), address: hostPort(named), public: o.Public,
		header: o.Header.Clone(), resolver: cmp.Or(o.Wire.Resolver, net.DefaultResolver),
	}
	if password, has := named.User.Password(); has && g.header.Get("Authorization") == "" {
		if g.header == nil {
			g.header = http.Header{}
		}
		g.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(named.User.Username()+":"+password)))
	}
	o.Wire.Check = g.check
	o.Wire.Trusted = nil
	c := o.Wire.Client()
	g.base = c.Transport
	rules, most := c.CheckRedirect, cmp.Or(o.Redirects, 5)
	c.Transport = g
	c.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if err := checkScheme(next.URL); err != nil {
			return err
		}
		if len(via) > most {
			return wire.Permanent(fmt.Errorf("more than %d redirects", most))
		}
		return rules(next, via)
	}
	return c, nil
}

// Strangers returns a client for addresses none of which the user named: those
// of a playlist on a disk. It connects to public addresses only.
func Strangers(o Options) (*http.Client, error) {
	o.Header, o.Public = nil, true
	return Client(&url.URL{Scheme: "https", Host: "nobody.invalid"}, o) // RFC 6761, 6.4: there is no such host
}

// checkScheme refuses what is not on the web: file:, data:, ftp:.
func checkScheme(u *url.URL) error {
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if u.Hostname() != "" {
			return nil
		}
	}
	return wire.Permanent(&RefusedError{cmp.Or(u.Hostname(), u.Scheme+":"), "not an address of the web"})
}

// hostPort is the address that a connection for a URL is made to.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		switch strings.ToLower(u.Scheme) {
		case "https":
			port = "443"
		case "socks5", "socks5h": // of proxies
			port = "1080"
		default:
			port = "80"
		}
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

type guard struct {
	scheme, address string // of the origin that the user named
	public          bool   // it is not to be private
	header          http.Header
	resolver        *net.Resolver
	base            http.RoundTripper

	mu      sync.Mutex
	pinned  bool
	private []netip.Addr // what the named host is at, if it is not public
	proxies []string     // addresses of those that the user set
}

// RoundTrip makes one request: redirects pass here one by one.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := checkScheme(r.URL); err != nil {
		return nil, err
	}
	ours := strings.EqualFold(r.URL.Scheme, g.scheme) && hostPort(r.URL) == g.address
	mayBePrivate := ours && !g.public
	if mayBePrivate {
		if err := g.pin(r.Context()); err != nil {
			return nil, err
		}
	} else if what := notPublicName(r.URL.Hostname()); what != "" {
		// A proxy would connect there, and no connection of ours be asked about.
		return nil, wire.Permanent(&RefusedError{r.URL.Hostname(), what})
	}
	if err := g.throughProxy(r, mayBePrivate); err != nil {
		return nil, err
	}
	next := r.Clone(r.Context())
	if next.URL.User != nil { // the header carries it, where it may
		u := *r.URL
		u.User = nil
		next.URL = &u
	}
	for name, values := range g.header {
		// What a redirect carried over from the first request goes, too.
		next.Header.Del(name)
		if ours {
			next.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	if !ours {
		for _, name := range []string{"Authorization", "Cookie", "Referer"} {
			next.Header.Del(name)
		}
	}
	return g.base.RoundTrip(next)
}

// CloseIdleConnections is what http.Client looks for.
func (g *guard) CloseIdleConnections() {
	if c, ok := g.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// pin finds out where the named host is, once. A host counts as private only if
// all of its addresses are: one that has both kinds is reached at the public
// ones.
func (g *guard) pin(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.pinned {
		return nil
	}
	host, _, err := net.SplitHostPort(g.address)
	if err != nil {
		return wire.Permanent(err)
	}
	addrs, err := g.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		var dns *net.DNSError
		if errors.As(err, &dns) && ctx.Err() == nil && viaProxy(g.scheme, g.address) != nil {
			return nil // the proxy may know it
		}
		return err
	}
	for i, a := range addrs {
		addrs[i] = a.WithZone("").Unmap()
	}
	g.pinned = true
	if !slices.ContainsFunc(addrs, func(a netip.Addr) bool { return notPublic(a) == "" }) {
		g.private = addrs
	}
	return nil
}

// check is asked of every connection, with the address that it goes to.
func (g *guard) check(address string, to netip.AddrPort) error {
	a := to.Addr().WithZone("").Unmap()
	what := notPublic(a)
	if what == "" {
		return nil
	}
	address = strings.ToLower(address)
	g.mu.Lock()
	defer g.mu.Unlock()
	if slices.Contains(g.proxies, address) || address == g.address && slices.Contains(g.private, a) {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	return &RefusedError{host, what}
}

// throughProxy lets connections to the proxy of a request pass: the user has
// set it. The proxy resolves names by itself, so those that mean a private
// address here are refused before, unless they may.
func (g *guard) throughProxy(r *http.Request, mayBePrivate bool) error {
	proxy := viaProxy(r.URL.Scheme, r.URL.Host)
	if proxy == nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		if !mayBePrivate && slices.Contains(g.proxies, hostPort(r.URL)) {
			return wire.Permanent(&RefusedError{r.URL.Hostname(), "the proxy itself"})
		}
		return nil
	}
	at := hostPort(proxy)
	g.mu.Lock()
	if !slices.Contains(g.proxies, at) {
		g.proxies = append(g.proxies, at)
	}
	g.mu.Unlock()
	if mayBePrivate {
		return nil
	}
	addrs, err := g.resolver.LookupNetIP(r.Context(), "ip", r.URL.Hostname())
	if err != nil {
		return nil // only the proxy knows it
	}
	for _, a := range addrs {
		if what := notPublic(a); what != "" {
			return wire.Permanent(&RefusedError{r.URL.Hostname(), what})
		}
	}
	return nil
}

// viaProxy returns the proxy for an address, if the environment names one.
func viaProxy(scheme, host string) *url.URL {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: scheme, Host: host}})
	if err != nil {
		return nil
	}
	return proxy
}
