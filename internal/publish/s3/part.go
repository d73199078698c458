package s3

import (
	"context"
	"errors"
	"net/http"

	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote/ranges"
)

// Source implements publish.Ranged. Buckets that everybody may read are read
// without keys.
func (t *Target) Source(name string) ranges.Source { return &source{t, name} }

type source struct {
	t    *Target
	name string
}

func (s *source) Get(ctx context.Context, offset, length int64, was *ranges.Object) (*ranges.Part, error) {
	header := http.Header{}
	ranges.Ask(header, offset, length, was)
	header.Del("Accept-Encoding") // it would be signed, and some servers between change it
	resp, err := s.t.client.do(ctx, call{method: http.MethodGet, key: s.t.key(s.name), header: header})
	if err == nil {
		return ranges.Answer(resp, was)
	}
	var a *answer
	switch {
	case !errors.As(err, &a):
		return nil, err
	case errors.Is(s.t.explain(http.MethodGet, s.name, err), wire.ErrDenied) && s.t.denied != nil:
		return nil, wire.Permanent(&ranges.Error{Kind: ranges.Password, What: "the bucket is not public, and no access key for it was found"})
	case a.misplaced() && a.Code != "AccessDenied" && a.region != "":
		return nil, wire.Temporary(err) // the next request goes to the right region
	case a.Code == "NoSuchBucket":
		return nil, wire.Permanent(&ranges.Error{Kind: ranges.NotFound, What: "there is no such bucket"})
	}
	return nil, ranges.Failure(a.Status, a.Code, wire.Plain(a.Message, 120), was)
}
