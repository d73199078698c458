package webdav

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A request is one to be made, with its body as often as it takes.
type request struct {
	method string
	url    *url.URL
	header http.Header
	size   int64
	body   func() io.Reader // nil: none
	client *http.Client     // nil: the target's
}

// do makes a request. If the server asks who we are, it is told and the request
// made again.
func (t *Target) do(ctx context.Context, q request) (*http.Response, error) {
	for again := false; ; again = true {
		r, err := http.NewRequestWithContext(ctx, q.method, q.url.String(), nil)
		if err != nil {
			return nil, err
		}
		for name, values := range q.header {
			if values[0] != "" {
				r.Header[name] = values
			}
		}
		if q.body != nil {
			r.ContentLength = q.size
			r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(q.body()), nil }
			r.Body, _ = r.GetBody()
			if q.size == 0 {
				// A reader of nothing would go chunked, which servers refuse.
				// It is still read, for what it says of the file.
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					return nil, err
				}
				r.Body, r.GetBody = http.NoBody, nil
			} else if q.size > 64<<10 {
				r.Header.Set("Expect", "100-continue") // what is refused need not be sent
			}
		}
		t.login.authorize(r)
		resp, err := cmp.Or(q.client, t.client).Do(r)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusUnauthorized || again || !t.login.answer(resp.Header.Values("Www-Authenticate")) {
			return resp, nil
		}
		discard(resp)
	}
}

// discard reads a short answer to its end, so that its connection can be used
// again.
func discard(r *http.Response) error {
	defer r.Body.Close()
	_, err := io.CopyN(io.Discard, r.Body, 1<<20)
	if err == io.EOF {
		err = nil
	}
	return err
}

// An entry is a file or folder as a server tells of it.
type entry struct {
	name     string // the last element of its path
	folder   bool
	size     int64 // -1: not told
	modified time.Time

	path string
}

func (e entry) remote() publish.Remote { return publish.Remote{Size: e.size, Modified: e.modified} }

const propfindBody = `<?xml version="1.0" encoding="utf-8"?>` + "\n" +
	`<propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/></prop></propfind>`

// propfind asks for what is at a URL (depth "0"), and in it ("1"). What is at
// the URL comes first.
func (t *Target) propfind(ctx context.Context, u *url.URL, depth string) ([]entry, error) {
	r, err := t.do(ctx, request{
		method: "PROPFIND",
		url:    u,
		size:   int64(len(propfindBody)),
		body:   func() io.Reader { return strings.NewReader(propfindBody) },
		header: http.Header{"Depth": {depth}, "Content-Type": {`application/xml; charset="utf-8"`}},
	})
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	if r.StatusCode == http.StatusMethodNotAllowed || r.StatusCode == http.StatusNotImplemented {
		return nil, wire.Permanent(fmt.Errorf("%s: the server does not support WebDAV there (PROPFIND: %s)", wire.RedactURL(u), r.Status))
	}
	if err := wire.CheckStatus(r, http.StatusMultiStatus); err != nil {
		return nil, err
	}
	list, err := parseMultistatus(r.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: invalid reply to PROPFIND: %w", wire.RedactURL(u), err)
	}
	return list, nil
}

// A multistatus answer may be that long and tell of so many things; servers
// that send more are not asked to again.
const (
	mostAnswer  = 64 << 20
	mostEntries = 200_000
)

var errTooLong = wire.Permanent(errors.New("the reply is too long"))

// multistatus is a response element (RFC 4918, 14.24).
type multistatus struct {
	Href     string `xml:"DAV: href"`
	Status   string `xml:"DAV: status"`
	Propstat []struct {
		Status string `xml:"DAV: status"`
		Prop   struct {
			Type struct {
				Collection *struct{} `xml:"DAV: collection"`
			} `xml:"DAV: resourcetype"`
			Length   string `xml:"DAV: getcontentlength"`
			Modified string `xml:"DAV: getlastmodified"`
		} `xml:"DAV: prop"`
	} `xml:"DAV: propstat"`
}

// parseMultistatus reads the answer to PROPFIND, with the shortest path first:
// that is what was asked for, also where a server between puts another folder
// before all paths. An answer that tells of nothing is broken.
func parseMultistatus(r io.Reader) ([]entry, error) {
	limited := &io.LimitedReader{R: r, N: mostAnswer}
	d := xml.NewDecoder(limited)
	var list []entry
	for whole := false; ; {
		token, err := d.Token()
		if limited.N <= 0 || len(list) > mostEntries {
			return nil, errTooLong
		}
		if err == io.EOF && whole && len(list) > 0 {
			break
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, wire.Temporary(err) // most likely it was cut off
		}
		switch e := token.(type) {
		case xml.EndElement:
			whole = whole || e.Name.Local == "multistatus"
		case xml.StartElement:
			if e.Name != (xml.Name{Space: "DAV:", Local: "response"}) {
				continue
			}
			var m multistatus
			if err := d.DecodeElement(&m, &e); err != nil {
				return nil, wire.Temporary(err)
			}
			if one, ok := m.entry(); ok {
				list = append(list, one)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b entry) int { return len(a.path) - len(b.path) })
	return list, nil
}

// entry reads what a response tells. It is not ok if that is of nothing, or
// only an error.
func (m *multistatus) entry() (e entry, ok bool) {
	u, err := url.Parse(strings.TrimSpace(m.Href))
	if err != nil || u.Path == "" {
		return e, false
	}
	e.path = strings.TrimSuffix(u.Path, "/")
	e.name = path.Base(u.Path)
	e.size = -1
	if m.Status != "" && !succeeded(m.Status) {
		return e, false
	}
	for _, p := range m.Propstat {
		if !succeeded(p.Status) {
			continue
		}
		ok = true
		e.folder = e.folder || p.Prop.Type.Collection != nil
		if n, err := strconv.ParseInt(strings.TrimSpace(p.Prop.Length), 10, 64); err == nil && n >= 0 {
			e.size = n
		}
		if t, err := http.ParseTime(strings.TrimSpace(p.Prop.Modified)); err == nil {
			e.modified = t
		}
	}
	return e, ok && e.name != "." && e.name != ".." && (e.name != "/" || e.folder)
}

// succeeded reads a status line: HTTP/1.1 200 OK.
func succeeded(line string) bool {
	_, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	return strings.HasPrefix(strings.TrimSpace(rest), "2")
}
