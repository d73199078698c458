package webdav

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/spaces-cli/spaces/internal/remote/guard"
	"github.com/spaces-cli/spaces/internal/remote/ranges"
)

// Source implements publish.Ranged. The server's redirects to other hosts are
// followed where those are on the internet: it must not have this computer ask
// machines that only it can reach, and take the answer for the file.
func (t *Target) Source(name string) ranges.Source {
	s := &source{t: t, name: name}
	strangers, err := guard.Strangers(guard.Options{Wire: t.wire})
	if err != nil {
		s.err = err
		return s
	}
	s.client = &http.Client{CheckRedirect: t.client.CheckRedirect, Transport: &split{t.root.Hostname(), t.client.Transport, strangers.Transport}}
	return s
}

// A split sends requests of the user's own server to one transport and all
// others to another.
type split struct {
	host        string
	own, others http.RoundTripper
}

func (s *split) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.EqualFold(r.URL.Hostname(), s.host) {
		return s.own.RoundTrip(r)
	}
	return s.others.RoundTrip(r)
}

type source struct {
	t      *Target
	name   string
	client *http.Client
	err    error // why there is none
}

func (s *source) Get(ctx context.Context, offset, length int64, was *ranges.Object) (*ranges.Part, error) {
	if s.err != nil {
		return nil, s.err
	}
	header := http.Header{}
	ranges.Ask(header, offset, length, was)
	resp, err := s.t.do(ctx, request{method: http.MethodGet, url: s.t.url(s.name), header: header, client: s.client})
	if err != nil {
		return nil, err
	}
	p, err := ranges.Answer(resp, was)
	var e *ranges.Error
	if errors.As(err, &e) {
		e.What = s.t.wire.Redact.Text(e.What) // some servers repeat what they were sent
	}
	return p, err
}
