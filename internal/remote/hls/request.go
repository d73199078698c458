package hls

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// What is wrong with an answer that claims to be a success. Each may be better
// the next time.
var (
	errEmpty     = errors.New("the server sent nothing")
	errPage      = errors.New("the server sent a web page")
	errShort     = errors.New("the server sent less than it should")
	errLong      = errors.New("the server sent more than it should")
	errRange     = errors.New("the server sent another part than it was asked for")
	errCut       = errors.New("what the server sent ends in the middle")
	errEncoding  = errors.New("the server compresses in a way that was not asked for")
	errEncrypted = errors.New("cannot be decrypted: the key is wrong, or the chunk is damaged")
)

// fetch gets a chunk and keeps it.
func (d *download) fetch(ctx context.Context, o wire.Options, it *item) (*kept, error) {
	var key *[16]byte
	if it.key != nil {
		k, err := d.keys.get(ctx, it.key.URI)
		if err != nil {
			return nil, fmt.Errorf("its key: %w", err)
		}
		key = &k
	}
	var got *kept
	var before string // SHA-256 of what seemed to be cut
	err := o.Try(ctx, func(ctx context.Context) (err error) {
		got, err = d.attempt(ctx, it, key, &before)
		return harmless(it.name, err)
	})
	return got, err
}

// attempt makes one request for a chunk.
func (d *download) attempt(ctx context.Context, it *item, key *[16]byte, before *string) (*kept, error) {
	resp, err := get(ctx, d.o.Client, it.uri, it.part, "identity")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	most := d.o.Limits.chunk()
	body, err := content(resp)
	if err != nil {
		return nil, err
	}
	if r := it.part; r != nil {
		if r.Length > most || resp.StatusCode == http.StatusOK && r.Offset > most {
			// Of a server without ranges all that comes before would be fetched
			// again with each chunk.
			return nil, &TooLargeError{fmt.Sprintf("%d MiB of one chunk", most>>20)}
		}
		if resp.StatusCode == http.StatusOK {
			if _, err := io.CopyN(io.Discard, body, r.Offset); err != nil {
				return nil, broken(err)
			}
			body = io.LimitReader(body, r.Length)
		}
	}

	p, err := d.create(it.id)
	if err != nil {
		return nil, err
	}
	defer p.discard()
	sent, plain := sha256.New(), sha256.New()
	look := walker{}
	clear := &counter{w: io.MultiWriter(p, plain, &look)}
	into := io.Writer(clear)
	var dec *decrypter
	if key != nil {
		dec = newDecrypter(clear, *key, it.iv)
		into = io.MultiWriter(sent, dec)
	}
	n, err := io.Copy(into, io.LimitReader(body, most+1))
	switch {
	case err != nil:
		return nil, broken(err)
	case n > most:
		return nil, &TooLargeError{fmt.Sprintf("%d MiB of one chunk", most>>20)}
	case n == 0:
		return nil, errEmpty
	case it.part != nil && n < it.part.Length:
		return nil, errShort
	case it.part != nil && n > it.part.Length:
		return nil, errLong
	}
	k := &kept{ID: it.id}
	if dec != nil {
		if err := dec.finish(); err != nil {
			return nil, err
		}
		k.Encrypted = &Source{Length: n, SHA256: sum(sent.Sum(nil))}
	}
	k.Length, k.SHA256 = clear.n, sum(plain.Sum(nil))
	switch {
	case k.Length == 0:
		return nil, errEmpty
	case look.isPage():
		return nil, errPage
	}
	if err := d.doubt.judge(look.isCut(it.duration), k.SHA256, before); err != nil {
		return nil, err
	}
	if d.stored.Add(k.Length) > d.o.Limits.total() {
		return nil, &TooLargeError{fmt.Sprintf("%d MiB of all chunks", d.o.Limits.total()>>20)}
	}
	return k, p.keep(k)
}

// get asks for a resource or a part of it. The answer is one of success; what
// it says of the part has been checked.
func get(ctx context.Context, c *http.Client, u *url.URL, part *playlist.Range, encoding string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, wire.Permanent(errors.New("the address cannot be read"))
	}
	r.Header.Set("Accept-Encoding", encoding)
	if part != nil {
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", part.Offset, part.Offset+part.Length-1))
	}
	resp, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusPartialContent {
		// RFC 9110, 15.3.7: a part that was not asked for means nothing.
		want := "bytes "
		if part != nil {
			want += fmt.Sprintf("%d-%d/", part.Offset, part.Offset+part.Length-1)
		}
		if part == nil || !strings.HasPrefix(resp.Header.Get("Content-Range"), want) || isEncoded(resp) {
			resp.Body.Close()
			return nil, errRange
		}
		return resp, nil
	}
	return resp, wire.CheckStatus(resp, http.StatusOK)
}

func isEncoded(resp *http.Response) bool {
	e := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding")))
	return e != "" && e != "identity"
}

// content reads what an answer holds. Some servers compress though they are
// asked not to.
func content(resp *http.Response) (io.Reader, error) {
	if !isEncoded(resp) {
		return resp.Body, nil
	}
	switch strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))) {
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(resp.Body)
		if err != nil {
			return nil, broken(err)
		}
		return z, nil
	}
	return nil, errEncoding
}

// broken is an error of an answer that had begun well: another try may mend it,
// unless it is one of this computer's disk.
func broken(err error) error {
	var local *localError
	switch {
	case errors.As(err, &local):
		return err
	case err == io.EOF: // where more had to come
		err = io.ErrUnexpectedEOF
	}
	return wire.Temporary(err)
}

// harmless is an error of a request without its address, whose query may be a
// secret, and says whether the request is made again. A content network may
// answer 403, 404 and 416 at one of its machines and not at the next.
func harmless(name string, err error) error {
	if err == nil {
		return nil
	}
	var status *wire.StatusError
	var request *url.Error
	var local *localError
	var large *TooLargeError
	switch {
	case errors.As(err, &local), errors.As(err, &large):
		return wire.Permanent(err)
	case errors.As(err, &status):
		clean := &wire.StatusError{Method: status.Method, URL: name, Status: status.Status}
		switch status.Status {
		case http.StatusForbidden, http.StatusNotFound, http.StatusRequestedRangeNotSatisfiable:
			return wire.Temporary(clean)
		}
		return clean
	case errors.As(err, &request):
		again := wire.Retryable(err)
		if strings.Contains(request.Err.Error(), "Location header") { // net/http quotes it
			request.Err = errors.New("the server redirects to an address that cannot be read")
		}
		if err = fmt.Errorf("%s: %w", name, wire.Explain(request.Err)); again {
			return wire.Temporary(err)
		}
		return wire.Permanent(err)
	}
	for _, e := range []error{errEmpty, errPage, errShort, errLong, errRange, errCut, errEncoding, errEncrypted, errKey} {
		if errors.Is(err, e) {
			return wire.Temporary(fmt.Errorf("%s: %w", name, err))
		}
	}
	return fmt.Errorf("%s: %w", name, err)
}

// A counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
