package webdav

import (
	"context"
	"net/http"

	"github.com/spaces-cli/spaces/internal/remote/ranges"
)

// Source implements publish.Ranged.
func (t *Target) Source(name string) ranges.Source { return &source{t, name} }

type source struct {
	t    *Target
	name string
}

func (s *source) Get(ctx context.Context, offset, length int64, was *ranges.Object) (*ranges.Part, error) {
	header := http.Header{}
	ranges.Ask(header, offset, length, was)
	resp, err := s.t.do(ctx, request{method: http.MethodGet, url: s.t.url(s.name), header: header})
	if err != nil {
		return nil, err
	}
	return ranges.Answer(resp, was)
}
