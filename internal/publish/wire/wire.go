// Package wire is how the program talks to other machines: connections that
// give up when nothing moves, share one bandwidth, and never carry credentials
// to a host that was not meant; what is tried again, when, and what is not; and
// errors that hold no secrets.
package wire

import (
	"cmp"
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spaces-cli/spaces/internal/spell"
)

// Options say how to talk to a target. The zero value has sensible bounds. All
// connections of one run share one Options, by value.
type Options struct {
	Connect time.Duration // how long a connection may take to be made; 0: 30 s
	Idle    time.Duration // a connection on which nothing moves for so long is broken; 0: 2 min
	Limit   *Limiter      // what all connections together may move; nil: no limit

	Tries   int           // how often a request is made at most; 0: 6
	Backoff time.Duration // the first wait between two, doubled with each; 0: 0.5 s
	// Retried, if set, is told of each request that is going to be made again.
	Retried func(err error, wait time.Duration)
	// Redact takes the secrets of the target out of the errors of Try.
	Redact Redactor

	// Trusted are domains whose hosts a server may redirect to with all that a
	// request carries: "us.archive.org" stands for itself and what is below it.
	Trusted   []string
	RootCAs   *x509.CertPool // nil: the system's
	UserAgent string         // of HTTP requests that name none

	// Check, if set, is asked before each connection is made: the address as it
	// was asked for, with its port, and what the name in it was resolved to. An
	// error of it refuses that one. Nothing is resolved between the question and
	// the connection.
	Check    func(address string, to netip.AddrPort) error
	Resolver *net.Resolver // nil: the system's
}

func (o Options) connect() time.Duration { return cmp.Or(o.Connect, 30*time.Second) }
func (o Options) idle() time.Duration    { return cmp.Or(o.Idle, 2*time.Minute) }

// Dial connects to an address. The connection is broken when nothing moves on
// it for a time, in neither direction, and keeps to the bandwidth.
func (o Options) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: o.connect(), KeepAlive: 15 * time.Second, Resolver: o.Resolver}
	if o.Check != nil {
		d.Control = func(_, resolved string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(resolved)
			if err != nil {
				return Permanent(err)
			}
			return Permanent(o.Check(address, to))
		}
	}
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return o.watch(c), nil
}

func (o Options) watch(c net.Conn) net.Conn {
	w := &conn{Conn: c, idle: o.idle(), limit: o.Limit, closed: make(chan struct{})}
	w.moved()
	return w
}

// A conn is a connection with a time-out for standing still: what moves in one
// direction puts off the end for both, since an answer may well come after
// minutes of sending.
type conn struct {
	net.Conn
	idle   time.Duration
	limit  *Limiter
	last   atomic.Int64 // when the deadline was set, in nanoseconds of Unix time
	shut   atomic.Bool
	stood  atomic.Bool // it was still for too long
	closed chan struct{}
}

func (c *conn) moved() {
	now := time.Now()
	if last := c.last.Load(); now.UnixNano()-last < int64(c.idle/16) {
		return // so that not every read costs a change of timers
	}
	c.last.Store(now.UnixNano())
	c.SetDeadline(now.Add(c.idle))
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.limit.wait(n, c.closed)
		c.moved()
	}
	return n, c.explain(err)
}

func (c *conn) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		part := p[:min(len(p), c.limit.portion())]
		c.limit.wait(len(part), c.closed)
		c.moved()
		var k int
		k, err = c.Conn.Write(part)
		n += k
		p = p[k:]
	}
	if n > 0 {
		c.moved()
	}
	return n, c.explain(err)
}

func (c *conn) Close() error {
	if c.shut.CompareAndSwap(false, true) {
		close(c.closed)
	}
	return c.Conn.Close()
}

// explain says of a time-out what timed out. Whoever hears of it first closes
// the connection; the other direction fails for the same reason.
func (c *conn) explain(err error) error {
	if t, ok := err.(net.Error); ok && t.Timeout() {
		c.stood.Store(true)
	}
	if err != nil && c.stood.Load() {
		return &IdleError{c.RemoteAddr().String(), c.idle}
	}
	return err
}

// An IdleError means that a connection stood still.
type IdleError struct {
	Address string
	Idle    time.Duration
}

func (e *IdleError) Error() string {
	return "no data to or from " + e.Address + " for " + spell.Short(e.Idle.Seconds())
}

// Timeout and Temporary make it a net.Error.
func (e *IdleError) Timeout() bool   { return true }
func (e *IdleError) Temporary() bool { return true }
