package conform

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A FaultKind is what can go wrong with a connection.
type FaultKind int

const (
	Refuse    FaultKind  = iota // it is closed at once
	CutUp                       // it is reset after some bytes to the server
	CutDown                     // it is reset after some bytes of answers
	EndDown                     // it ends, as if all were said, after some bytes of answers
	HangUp                      // nothing moves any more after some bytes to the server
	HangDown                    // nothing moves any more after some bytes of answers
	Slow                        // bytes go in small portions
	Status                      // HTTP: the first request is answered with Fault.Status, not by the server
	Lie                         // HTTP: the first request is answered with 200 and a length of nothing that is there
	Redirect                    // HTTP: the first request is sent to another host
	SlowDown                    // HTTP: Status 503 with Retry-After
	kinds                       // how many there are
	tcpKinds  = Slow + 1        // how many of them are for all protocols
	firstHTTP = Status
)

// A Fault is what happens to one connection.
type Fault struct {
	Kind   FaultKind
	After  int64 // bytes
	Status int
	To     string // of Redirect: the other host, as http://host:port
}

// temporary reports whether trying again right away must get behind a fault.
func (f Fault) temporary() bool {
	switch f.Kind {
	case Lie, Redirect:
		return false
	case Status:
		return f.Status >= 500
	}
	return true
}

func (f Fault) String() string {
	name := [...]string{"refuse", "cut up", "cut down", "end down", "hang up", "hang down", "slow", "status", "lie", "redirect", "slow down"}[f.Kind]
	switch {
	case f.Kind == Status:
		return fmt.Sprintf("%s %d", name, f.Status)
	case f.Kind >= CutUp && f.Kind <= HangDown:
		return fmt.Sprintf("%s after %d", name, f.After)
	}
	return name
}

// A Proxy stands between a target and its server. Connections have the faults
// that Next gave it, one each; those after them have none.
type Proxy struct {
	Addr   string
	server string

	mu     sync.Mutex
	faults []Fault
	used   int
	conns  map[net.Conn]bool
	closed bool
}

// NewProxy starts a proxy to a server.
func NewProxy(t *testing.T, server string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), server: server, conns: make(map[net.Conn]bool)}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { p.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		p.Cut()
		wg.Wait()
	})
	return p
}

// Next gives the connections to come their faults.
func (p *Proxy) Next(f ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, f...)
}

// Used is how many connections have had a fault.
func (p *Proxy) Used() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.used
}

// Calm takes back the faults that no connection has had yet.
func (p *Proxy) Calm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

// Cut breaks all connections that there are.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		reset(c)
	}
}

// own notes a connection, and says whether it may be used.
func (p *Proxy) own(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.Close()
		return false
	}
	p.conns[c] = true
	return true
}

func (p *Proxy) drop(c net.Conn) {
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
	c.Close()
}

// reset ends a connection so that the other end sees that it broke.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}

func (p *Proxy) next() (f Fault, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.faults) == 0 {
		return Fault{}, false
	}
	f, p.faults = p.faults[0], p.faults[1:]
	p.used++
	return f, true
}

func (p *Proxy) serve(client net.Conn) {
	if !p.own(client) {
		return
	}
	defer p.drop(client)
	f, faulty := p.next()
	switch {
	case !faulty:
		f.Kind = -1
	case f.Kind == Refuse:
		reset(client)
		return
	case f.Kind >= firstHTTP:
		answer(client, f)
		return
	}
	server, err := net.Dial("tcp", p.server)
	if err != nil || !p.own(server) {
		return
	}
	defer p.drop(server)

	var wg sync.WaitGroup
	both := func() { reset(client); reset(server) }
	wg.Go(func() { pipe(server, client, f, f.Kind == CutUp, false, f.Kind == HangUp, both) })
	wg.Go(func() { pipe(client, server, f, f.Kind == CutDown, f.Kind == EndDown, f.Kind == HangDown, both) })
	wg.Wait()
}

// pipe copies one direction of a connection until its fault.
func pipe(to, from net.Conn, f Fault, cut, end, hang bool, both func()) {
	b := make([]byte, 16<<10)
	if f.Kind == Slow {
		b = b[:1<<10]
	}
	left := f.After
	for {
		n, err := from.Read(b)
		if cut || end || hang {
			n = int(min(int64(n), left))
			left -= int64(n)
		}
		if _, werr := to.Write(b[:n]); werr != nil {
			err = werr
		}
		switch {
		case err == io.EOF:
			to.(*net.TCPConn).CloseWrite()
			return
		case err != nil:
			both()
			return
		case f.Kind == Slow:
			time.Sleep(100 * time.Microsecond)
		case (cut || end || hang) && left == 0:
			if hang {
				// What still comes is taken and goes nowhere, until the one who
				// sends it gives up.
				io.Copy(io.Discard, from)
				both()
				return
			}
			if end {
				to.Close()
			}
			both()
			return
		}
	}
}

// answer answers a connection's first request in the server's stead.
func answer(client net.Conn, f Fault) {
	defer reset(client)
	client.SetDeadline(time.Now().Add(10 * time.Second))
	in := bufio.NewReader(client)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	if r.Header.Get("Expect") == "" {
		io.Copy(io.Discard, r.Body)
	}
	switch f.Kind {
	case Lie:
		const text = "something else"
		head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"0\"\r\nLast-Modified: Mon, 14 Jun 2021 18:00:00 GMT\r\nConnection: close\r\n\r\n", len(text))
		if r.Method != http.MethodHead {
			head += text
		}
		io.WriteString(client, head)
	case Redirect:
		fmt.Fprintf(client, "HTTP/1.1 307 Temporary Redirect\r\nLocation: %s%s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", f.To, r.URL.RequestURI())
	case SlowDown:
		io.WriteString(client, "HTTP/1.1 503 Slow Down\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	default:
		fmt.Fprintf(client, "HTTP/1.1 %d %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", f.Status, http.StatusText(f.Status))
	}
	// A reset right behind the answer would overtake it.
	client.(*net.TCPConn).CloseWrite()
	io.Copy(io.Discard, client)
}

// An Elsewhere is a host that a redirect leads to and that should be sent
// nothing.
type Elsewhere struct {
	URL string

	mu  sync.Mutex
	bad []string // what it was sent and should not have been
}

// NewElsewhere starts one. It says yes to everything. When the test ends it
// complains if it was sent credentials or files.
func NewElsewhere(t *testing.T) *Elsewhere {
	t.Helper()
	e := new(Elsewhere)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	// Another port of 127.0.0.1 is another host to HTTP, but not to all rules
	// by which clients keep credentials: another name is.
	_, port, _ := net.SplitHostPort(l.Addr().String())
	e.URL = "http://localhost:" + port
	server := &http.Server{Handler: e}
	go server.Serve(l)
	t.Cleanup(func() {
		server.Close()
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, b := range e.bad {
			t.Error("the other host was sent " + b)
		}
	})
	return e
}

func (e *Elsewhere) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, r.Body)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, name := range []string{"Authorization", "Cookie", "X-Amz-Security-Token"} {
		if r.Header.Get(name) != "" {
			e.bad = append(e.bad, "the header "+name)
		}
	}
	if n > 0 {
		e.bad = append(e.bad, strconv.FormatInt(n, 10)+" bytes of a file")
	}
	w.WriteHeader(http.StatusOK)
}

// randomFault makes a fault for an upload of some size.
func randomFault(r *rand.Rand, size int64, http bool, elsewhere string) Fault {
	n := tcpKinds
	if http {
		n = kinds
	}
	f := Fault{Kind: FaultKind(r.IntN(int(n))), To: elsewhere}
	switch f.Kind {
	case CutUp, HangUp:
		f.After = r.Int64N(size + size/4 + 4096)
	case CutDown, HangDown, EndDown:
		f.After = r.Int64N(2048)
	case Status:
		f.Status = []int{500, 502, 503, 504, 400, 404, 403}[r.IntN(7)]
	}
	return f
}
