package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
)

// Leftovers implements publish.Target: they are the unfinished multipart
// uploads.
func (t *Target) Leftovers(ctx context.Context) ([]publish.Leftover, error) {
	var list []publish.Leftover
	for key, id := "", ""; ; {
		page, err := t.uploads(ctx, "?uploads", t.under(), key, id)
		if err != nil {
			return nil, err
		}
		for _, m := range page.Uploads {
			name, ok := strings.CutPrefix(m.Key, t.under())
			if !ok {
				continue
			}
			l := publish.Leftover{Name: name, ID: m.UploadID, Since: m.Initiated.UTC()}
			parts, err := t.parts(ctx, name, m.UploadID)
			switch {
			case errors.Is(err, publish.ErrNotExist):
				continue // it has ended meanwhile
			case unsupported(err):
				l.Bytes = -1
			case err != nil:
				return nil, err
			}
			for _, p := range parts {
				l.Bytes += p.Size
			}
			l.Remove = func(ctx context.Context) error { return t.abort(ctx, name, m.UploadID) }
			list = append(list, l)
		}
		if !page.Truncated || page.NextKey == "" {
			return list, nil
		}
		if page.NextKey == key && page.NextID == id {
			return nil, fmt.Errorf("%s: the server repeats a page of its list of unfinished uploads", t.root())
		}
		key, id = page.NextKey, page.NextID
	}
}

// abort ends an upload and frees the room of its parts. One that is not there
// any more is none to abort.
func (t *Target) abort(ctx context.Context, name, id string) error {
	err := t.delete(ctx, name, url.Values{"uploadId": {id}})
	if errors.Is(err, publish.ErrNotExist) {
		return nil
	}
	return err
}

// delete removes an object, or the upload that a query names.
func (t *Target) delete(ctx context.Context, name string, query url.Values) error {
	return t.try(ctx, http.MethodDelete, name, func(ctx context.Context) error {
		resp, err := t.client.do(ctx, call{method: http.MethodDelete, key: t.key(name), query: query})
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
}

// An uploadPage is a page of the unfinished uploads (Amazon S3 API Reference,
// "ListMultipartUploads").
type uploadPage struct {
	Uploads []struct {
		Key, UploadID string
		Initiated     time.Time
	}
	Truncated       bool
	NextKey, NextID string
}

// uploads lists the uploads of keys with a prefix, after one of them. name is
// what errors are about.
func (t *Target) uploads(ctx context.Context, name, prefix, key, id string) (page uploadPage, err error) {
	// Keys come escaped: XML has no way to write some characters.
	query := url.Values{"uploads": {""}, "prefix": {prefix}, "encoding-type": {"url"}, "max-uploads": {"1000"}}
	if key != "" {
		query.Set("key-marker", key)
		query.Set("upload-id-marker", id)
	}
	var said struct {
		Upload []struct {
			Key       string
			UploadID  string `xml:"UploadId"`
			Initiated time.Time
		}
		EncodingType       string
		IsTruncated        bool
		NextKeyMarker      string
		NextUploadIDMarker string `xml:"NextUploadIdMarker"`
	}
	err = t.try(ctx, http.MethodGet, name, func(ctx context.Context) error {
		return t.list(ctx, call{method: http.MethodGet, query: query}, "List", &said)
	})
	if err != nil {
		return page, err
	}
	plain := func(key string) string {
		if said.EncodingType != "url" {
			return key
		}
		if k, err := url.QueryUnescape(key); err == nil {
			return k
		}
		return key
	}
	for _, u := range said.Upload {
		u.Key = plain(u.Key)
		page.Uploads = append(page.Uploads, struct {
			Key, UploadID string
			Initiated     time.Time
		}(u))
	}
	page.Truncated, page.NextKey, page.NextID = said.IsTruncated, plain(said.NextKeyMarker), said.NextUploadIDMarker
	return page, nil
}

// list makes a request that is answered with XML.
func (t *Target) list(ctx context.Context, q call, root string, to any) error {
	resp, err := t.client.do(ctx, q)
	if err != nil {
		return err
	}
	return read200(resp, root, to)
}

// A sentPart is a part that the target has.
type sentPart struct {
	PartNumber        int
	Size              int64
	ETag              string
	ChecksumCRC64NVME string
}

// parts lists what the target has of an upload, by number.
func (t *Target) parts(ctx context.Context, name, id string) (map[int]sentPart, error) {
	list := make(map[int]sentPart)
	for after := 0; ; {
		var page struct {
			Part                 []sentPart
			IsTruncated          bool
			NextPartNumberMarker int
		}
		query := url.Values{"uploadId": {id}, "part-number-marker": {strconv.Itoa(after)}, "max-parts": {"1000"}}
		err := t.try(ctx, http.MethodGet, name, func(ctx context.Context) error {
			return t.list(ctx, call{method: http.MethodGet, key: t.key(name), query: query}, "List", &page)
		})
		if err != nil {
			return nil, err
		}
		for _, p := range page.Part {
			p.ETag = strings.Trim(p.ETag, `"`)
			list[p.PartNumber] = p
		}
		if !page.IsTruncated || page.NextPartNumberMarker <= after {
			return list, nil
		}
		after = page.NextPartNumberMarker
	}
}
