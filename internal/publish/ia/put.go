package ia

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// state is what an upload leaves for the next run: that the file was taken.
type state struct {
	Accepted time.Time `json:"accepted"`
	MD5      string    `json:"md5"`
}

// Plan implements publish.Target.
func (t *Target) Plan(u *publish.Upload) []string {
	metadata := "GET " + join(t.c.Site, "metadata/"+t.item)
	return []string{
		metadata,
		metadata,
		fmt.Sprintf("PUT %s (%d bytes), with the item's description if the item is new", t.object(u.Name), u.Size),
		metadata + " until the file appears",
		metadata,
	}
}

// object is the address that a file is sent to.
func (t *Target) object(name string) string {
	return join(t.c.API, path.Join(t.item, t.folder+name))
}

// Put implements publish.Target. If the file was taken and does not show in
// time, the error is ErrPending.
func (t *Target) Put(ctx context.Context, u *publish.Upload) (publish.Remote, error) {
	r, err := t.put(ctx, u)
	if err != nil && ctx.Err() != nil && !errors.Is(err, publish.ErrChanged) {
		err = ctx.Err()
	}
	return r, err
}

func (t *Target) put(ctx context.Context, u *publish.Upload) (r publish.Remote, err error) {
	if err := publish.CheckName(u.Name); err != nil {
		return r, err
	}
	if !u.Public {
		return r, fmt.Errorf("%s: files at the Internet Archive are public, but this target is not set to public", t.Place())
	}
	if t.c.Access == "" || t.c.Secret == "" {
		return r, fmt.Errorf("%w: no access key for the Internet Archive was found", publish.ErrDenied)
	}
	sums, err := digest(ctx, u)
	if err != nil {
		return r, err
	}
	f, item, err := t.look(ctx, u.Name)
	if err != nil {
		return r, err
	}
	var s state
	json.Unmarshal(u.State, &s) // one that cannot be read tells of nothing
	taken := s.MD5 == sums.md5 && time.Since(s.Accepted) < t.c.Forgive
	switch {
	case sums.are(f, u.Size):
		taken = true
		fallthrough
	case taken:
		u.Kept(u.Size)
	default:
		if err := t.send(ctx, u, sums, item); err != nil {
			return r, err
		}
		b, err := json.Marshal(state{time.Now().UTC(), sums.md5})
		if err == nil && u.Save != nil {
			err = u.Save(b)
		}
		if err != nil {
			return r, err
		}
	}
	if f, err = t.wait(ctx, u, sums); err != nil {
		return r, err
	}
	r = f.remote(t.download(u.Name))
	r.Checks = map[string]string{"md5": sums.md5, "sha1": sums.sha1}
	return r, nil
}

// wait looks until the file shows.
func (t *Target) wait(ctx context.Context, u *publish.Upload, sums sums) (shown *file, err error) {
	err = t.poll(ctx, u.Name, func(f *file) bool {
		shown = f
		return sums.are(f, u.Size)
	})
	return shown, err
}

// sums are the checksums that the Archive works with, in hex.
type sums struct{ md5, sha1 string }

// are reports whether a file that shows is the one of these sums.
func (s sums) are(f *file, size int64) bool {
	return f != nil && f.Size == size && f.MD5 == s.md5 && (f.SHA1 == "" || f.SHA1 == s.sha1)
}

// digest reads the file once before it is sent: the server is told its MD5
// first.
func digest(ctx context.Context, u *publish.Upload) (s sums, err error) {
	silent := *u
	silent.Sent = nil
	m, h := md5.New(), sha1.New()
	if _, err := io.Copy(io.MultiWriter(m, h), silent.Content(ctx)); err != nil {
		return s, err
	}
	return sums{hex.EncodeToString(m.Sum(nil)), hex.EncodeToString(h.Sum(nil))}, nil
}

// send makes the request that carries the file.
func (t *Target) send(ctx context.Context, u *publish.Upload, sums sums, there bool) error {
	sum, err := hex.DecodeString(sums.md5)
	if err != nil {
		return err
	}
	return t.c.Wire.Try(ctx, func(ctx context.Context) error {
		var content *publish.Content
		body := func() (io.ReadCloser, error) {
			content = u.Content(ctx)
			return io.NopCloser(content), nil
		}
		q, err := http.NewRequestWithContext(ctx, http.MethodPut, t.object(u.Name), nil)
		if err != nil {
			return err
		}
		if u.Size > 0 {
			q.ContentLength, q.GetBody = u.Size, body
			q.Body, _ = body()
		}
		q.Header = t.header(u, there)
		q.Header.Set("Content-MD5", base64.StdEncoding.EncodeToString(sum))
		if u.Size > 64<<10 {
			// What is to go to another machine, or to come later, need not be
			// sent to this one.
			q.Header.Set("Expect", "100-continue")
		}
		r, err := t.client.Do(q)
		if content != nil && content.Err() != nil {
			if err == nil {
				r.Body.Close()
			}
			return content.Err()
		}
		if err != nil {
			return err
		}
		defer r.Body.Close()
		return answer(r)
	})
}

// header describes what is sent, and the item if it is not there yet.
func (t *Target) header(u *publish.Upload, there bool) http.Header {
	h := make(http.Header)
	h.Set("Authorization", "LOW "+t.c.Access+":"+t.c.Secret)
	if u.ContentType != "" {
		h.Set("Content-Type", u.ContentType)
	}
	h.Set("X-Archive-Queue-Derive", "1")
	if t.c.NoDerive {
		h.Set("X-Archive-Queue-Derive", "0")
	}
	if there {
		return h
	}
	h.Set("X-Amz-Auto-Make-Bucket", "1")
	h.Set("X-Archive-Size-Hint", strconv.FormatInt(max(t.c.Size, u.Size), 10))
	date := ""
	if !u.Meta.Date.IsZero() {
		date = u.Meta.Date.UTC().Format(time.DateOnly)
	}
	for _, m := range []struct {
		name   string
		values []string
	}{
		{"collection", []string{t.c.Collection}},
		{"mediatype", []string{t.c.MediaType}},
		{"title", []string{u.Meta.Title}},
		{"creator", []string{u.Meta.Creator}},
		{"date", []string{date}},
		{"description", []string{asHTML(u.Meta.Description)}},
		{"language", []string{u.Meta.Language}},
		{"subject", u.Meta.Subjects},
	} {
		for i, v := range m.values {
			switch {
			case strings.TrimSpace(v) == "":
			case len(m.values) == 1:
				h.Set("X-Archive-Meta-"+m.name, headerValue(v))
			default: // several of a kind are numbered, before their name
				h.Set(fmt.Sprintf("X-Archive-Meta%02d-%s", i+1, m.name), headerValue(v))
			}
		}
	}
	return h
}

// headerValue makes a text fit for a header: what is not plain ASCII is written
// as uri(…), percent-encoded.
func headerValue(s string) string {
	plain := strings.TrimSpace(s) == s && !strings.HasPrefix(s, "uri(")
	for i := 0; i < len(s); i++ {
		plain = plain && s[i] >= ' ' && s[i] < 0x7f
	}
	if plain {
		return s
	}
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	var out strings.Builder
	out.WriteString("uri(")
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(unreserved, s[i]) >= 0 {
			out.WriteByte(s[i])
		} else {
			fmt.Fprintf(&out, "%%%02X", s[i])
		}
	}
	out.WriteByte(')')
	return out.String()
}

// asHTML writes plain text as the HTML that descriptions are.
func asHTML(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "\r\n", "\n")
	return strings.ReplaceAll(html.EscapeString(s), "\n", "<br />")
}

// answer reads the answer to a PUT or DELETE.
func answer(r *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if r.StatusCode == http.StatusOK || r.StatusCode == http.StatusNoContent {
		return err
	}
	e := &wire.StatusError{Method: r.Request.Method, URL: wire.RedactURL(r.Request.URL), Status: r.StatusCode}
	var said struct {
		Code    string `xml:"Code"`
		Message string `xml:"Message"`
	}
	if xml.Unmarshal(text, &said) == nil {
		e.Code, e.Message = wire.Plain(said.Code, 100), wire.Plain(said.Message, 300)
	}
	switch e.Code {
	case "BadDigest", "IncompleteBody":
		return wire.Temporary(fmt.Errorf("%w: %w", publish.ErrMismatch, e))
	case "RequestTimeout", "OperationAborted":
		return wire.Temporary(e)
	}
	return e
}
