package wire

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spaces-cli/spaces/internal/spell"
)

// What an answer or a failure can mean. None of them is tried again.
var (
	ErrNotExist  = errors.New("not found")
	ErrDenied    = errors.New("access denied")
	ErrFull      = errors.New("no space left at the target")
	ErrUntrusted = errors.New("the server's identity is not trusted")
)

// longestWait is what a server may ask to wait for; who asks for more gets an
// error that says so.
const longestWait = 5 * time.Minute

// mostBackoff bounds the waits that nobody asked for.
const mostBackoff = 30 * time.Second

// Try calls f until it succeeds, fails with what trying again does not mend, or
// has been tried often enough. It waits between the tries: longer each time,
// with some chance in it so that many do not come back at once, and at least as
// long as a server asks with Retry-After. Errors are put into words, without
// secrets. HTTP requests of f must be made with
// its context and this package's transport for that.
func (o Options) Try(ctx context.Context, f func(ctx context.Context) error) error {
	tries := cmp.Or(o.Tries, 6)
	for n := 1; ; n++ {
		var asked atomic.Int64
		err := o.Redact.Error(Explain(f(context.WithValue(ctx, askedKey{}, &asked))))
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !Retryable(err) {
			return err
		}
		most := tries
		if isLocked(err) {
			most *= 2 // who holds a lock lets go of it in minutes, not in moments
		}
		if n >= most {
			if most > 1 {
				err = fmt.Errorf("tried %d times: %w", n, err)
			}
			return err
		}
		wait := backoff(cmp.Or(o.Backoff, 500*time.Millisecond), n)
		if a := time.Duration(asked.Load()); a > longestWait {
			return Permanent(fmt.Errorf("the server asks to retry in %s: %w", spell.Short(a.Round(time.Second).Seconds()), err))
		} else if a > wait {
			wait = a + time.Duration(rand.Int64N(int64(a)/10+1))
		}
		if o.Retried != nil {
			o.Retried(err, wait)
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
}

// backoff is the wait after the nth try: between half and all of base·2ⁿ⁻¹.
func backoff(base time.Duration, n int) time.Duration {
	d := min(base<<min(n-1, 20), mostBackoff)
	return d/2 + time.Duration(rand.Int64N(int64(d/2)+1))
}

type askedKey struct{}

// noteRetryAfter tells the Try that a request belongs to how long its server
// asks to wait.
func noteRetryAfter(ctx context.Context, wait time.Duration) {
	if asked, ok := ctx.Value(askedKey{}).(*atomic.Int64); ok && wait > 0 {
		asked.Store(int64(wait))
	}
}

type marked struct {
	error
	retry bool
}

func (m *marked) Unwrap() error { return m.error }

// Permanent marks an error as one that trying again does not mend.
func Permanent(err error) error { return mark(err, false) }

// Temporary marks an error as one that trying again may mend.
func Temporary(err error) error { return mark(err, true) }

func mark(err error, retry bool) error {
	if err == nil {
		return nil
	}
	return &marked{err, retry}
}

// Retryable reports whether what failed may succeed when it is tried again:
// broken connections, time-outs and the answers that say "later". What was
// marked is as it was marked.
func Retryable(err error) bool {
	var m *marked
	var status *StatusError
	var redirect *RedirectError
	var local *fs.PathError
	var dns *net.DNSError
	var op *net.OpError
	var idle *IdleError
	var request *url.Error
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &m):
		return m.retry
	case errors.Is(err, ErrNotExist), errors.Is(err, ErrDenied), errors.Is(err, ErrFull), errors.Is(err, ErrUntrusted):
		return false
	case errors.As(err, &status):
		return RetryableStatus(status.Status)
	case errors.As(err, &redirect), errors.As(err, &local), isUntrusted(err), isTLS(err):
		return false
	case errors.As(err, &dns):
		return !dns.IsNotFound
	case errors.As(err, &op), errors.As(err, &idle):
		return true
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return true
	case errors.As(err, &request):
		// A request that failed without an answer, for what reason ever: it
		// could not be sent, or the answer was broken.
		return request.URL != "" && request.Op != "parse"
	}
	return false
}

// RetryableStatus reports whether an HTTP status means that the same request
// may succeed later.
func RetryableStatus(code int) bool {
	switch code {
	case http.StatusRequestTimeout, http.StatusLocked, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// isLocked reports whether a server says that something is locked.
func isLocked(err error) bool {
	var status *StatusError
	return errors.As(err, &status) && status.Status == http.StatusLocked
}

// isUntrusted reports whether a certificate was not accepted.
func isUntrusted(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}

// isTLS reports whether two ends cannot agree on how to talk.
func isTLS(err error) bool {
	var alert tls.AlertError
	var record tls.RecordHeaderError
	return errors.As(err, &alert) || errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch)
}
