package s3

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A state is what is kept between runs of an upload in parts.
type state struct {
	Upload string `json:"upload,omitempty"` // its id; "": about to be begun
	Part   int64  `json:"part,omitempty"`   // size
	CRC    bool   `json:"crc,omitempty"`    // the target was asked to check CRCs, and agreed
	// Since is when the upload was about to be begun.
	Since time.Time `json:"since,omitzero"`
}

// Put implements publish.Target.
func (t *Target) Put(ctx context.Context, u *publish.Upload) (publish.Remote, error) {
	part := partSize(u.Size, t.o.PartSize)
	var crc []byte
	var err error
	if u.Size <= part {
		crc, err = t.putWhole(ctx, u)
	} else {
		crc, err = t.putParts(ctx, u, part)
	}
	if err != nil {
		return publish.Remote{}, err
	}
	return t.arrived(ctx, u, crc)
}

// partSize is the size of the parts of an object: the one asked for, or as much
// as it takes to get by with as many parts as there may be, in whole MiB.
func partSize(size, want int64) int64 {
	const unit = 1 << 20
	least := (size + MaxParts - 1) / MaxParts
	return max(want, (least+unit-1)/unit*unit)
}

// arrived asks for the object and compares it with what was sent.
func (t *Target) arrived(ctx context.Context, u *publish.Upload, crc []byte) (publish.Remote, error) {
	info, err := t.head(ctx, u.Name)
	if errors.Is(err, publish.ErrNotExist) {
		err = fmt.Errorf("%w: the server accepted %s, but it is not there: %w", publish.ErrMismatch, u.Name, err)
	}
	if err != nil {
		return publish.Remote{}, err
	}
	sum := hex.EncodeToString(u.SHA256[:])
	r := publish.Remote{Size: info.size, Modified: info.modified, SHA256: info.sha256}
	if u.Public || t.o.Public {
		r.URL = t.url(u.Name)
	}
	if info.size != u.Size {
		return r, fmt.Errorf("%w: %s has %d bytes of %d", publish.ErrMismatch, u.Name, info.size, u.Size)
	}
	if r.SHA256 != "" && r.SHA256 != sum {
		return r, fmt.Errorf("%w: another program replaced %s", publish.ErrMismatch, u.Name)
	}
	if got := info.crc; got != "" {
		if got != encode(crc) {
			return r, fmt.Errorf("%w: %s has the CRC-64 %s, not %s", publish.ErrMismatch, u.Name, got, encode(crc))
		}
		r.Checks = map[string]string{"crc64nvme": got}
	}
	return r, nil
}

// headers are those of an object.
func (t *Target) headers(u *publish.Upload) http.Header {
	h := http.Header{}
	h.Set("Content-Type", cmp.Or(u.ContentType, "application/octet-stream"))
	h.Set(metaSHA256, hex.EncodeToString(u.SHA256[:]))
	if u.Public && !t.o.NoACL {
		h.Set("X-Amz-Acl", "public-read")
	}
	return h
}

const (
	crcHeader  = "x-amz-checksum-crc64nvme"
	typeHeader = "x-amz-checksum-type"
	fullObject = "FULL_OBJECT"
)

// putWhole sends an object in one request. Its payload is signed with its
// SHA-256, so that the server takes nothing else for it.
func (t *Target) putWhole(ctx context.Context, u *publish.Upload) ([]byte, error) {
	if len(u.State) > 0 { // it was to be sent in parts
		if err := t.Forget(ctx, u.Name, u.State); err != nil {
			return nil, err
		}
	}
	sum, crc, buf := sha256.New(), newCRC(), make([]byte, block)
	if err := read(ctx, u.Body, 0, u.Size, buf, sum, crc); err != nil {
		return nil, err
	}
	if [32]byte(sum.Sum(nil)) != u.SHA256 {
		return nil, publish.ErrChanged
	}
	check := crc.Sum(nil)
	q := call{method: http.MethodPut, key: t.key(u.Name), header: t.headers(u), size: u.Size, payload: hex.EncodeToString(u.SHA256[:])}
	if !t.o.NoChecksums {
		q.header.Set(crcHeader, encode(check))
	}
	return check, t.try(ctx, http.MethodPut, u.Name, func(ctx context.Context) error {
		body := u.Content(ctx)
		q := q
		q.body = body
		resp, err := t.client.do(ctx, q)
		if berr := body.Err(); berr != nil {
			return berr
		}
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.Header.Get("ETag") == "" {
			return errNoObject
		}
		return nil
	})
}

// errNoObject means that an answer says 200 and nothing else that S3 says.
var errNoObject = wire.Temporary(errors.New("the server answered 200, but the reply is not from S3"))

// block is how much is read at once.
const block = 256 << 10

// read passes a stretch of a file on. Its errors are those of the file, and
// nothing that trying again mends.
func read(ctx context.Context, r io.ReaderAt, off, n int64, buf []byte, to ...io.Writer) error {
	for end := off + n; off < end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		b := buf[:min(int64(len(buf)), end-off)]
		k, err := r.ReadAt(b, off)
		if k < len(b) {
			if err == nil || errors.Is(err, io.EOF) {
				err = publish.ErrChanged
			}
			return wire.Permanent(err)
		}
		for _, w := range to {
			w.Write(b)
		}
		off += int64(k)
	}
	return nil
}

// Forget implements publish.Forgetter: it aborts the upload that a state tells
// of.
func (t *Target) Forget(ctx context.Context, name string, b []byte) error {
	var s state
	if json.Unmarshal(b, &s) != nil {
		return nil // not ours
	}
	if s.Upload == "" {
		return t.abortBegun(ctx, name, s.Since)
	}
	return t.abort(ctx, name, s.Upload)
}

// abortBegun aborts uploads of an object that were begun by a run that was
// killed before it could keep their id: those with no part, not older than
// that.
func (t *Target) abortBegun(ctx context.Context, name string, since time.Time) error {
	if since.IsZero() {
		return nil
	}
	const skew = 15 * time.Minute // S3 takes no requests from clocks that differ more
	page, err := t.uploads(ctx, name, t.key(name), "", "")
	if err != nil {
		if errors.Is(err, publish.ErrDenied) || unsupported(err) {
			return nil // who may send need not be allowed to list; upload --clean tells
		}
		return err
	}
	for _, m := range page.Uploads {
		if m.Key != t.key(name) || m.Initiated.Before(since.Add(-skew)) {
			continue
		}
		parts, err := t.parts(ctx, name, m.UploadID)
		if err == nil && len(parts) == 0 {
			err = t.abort(ctx, name, m.UploadID)
		}
		if err != nil && !errors.Is(err, publish.ErrNotExist) && !unsupported(err) {
			return err
		}
	}
	return nil
}
