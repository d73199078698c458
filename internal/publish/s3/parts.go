package s3

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A part of a file that is being sent.
type part struct {
	number int
	off, n int64
	crc    uint64
	sha256 string // hex; "" if nobody needs it
}

// A donePart is a part as the request names it that makes the object of them
// (Amazon S3 API Reference, "CompleteMultipartUpload").
type donePart struct {
	PartNumber        int
	ETag              string
	ChecksumCRC64NVME string `xml:",omitempty"`
}

// A multipart is an upload in parts.
type multipart struct {
	*Target
	u    *publish.Upload
	s    state
	have map[int]sentPart // from earlier runs
	crc  uint64           // of all parts that were read

	mu   sync.Mutex
	done []donePart // by number, from 1
}

// putParts sends an object in parts and returns its CRC.
func (t *Target) putParts(ctx context.Context, u *publish.Upload, size int64) ([]byte, error) {
	m := &multipart{Target: t, u: u}
	if err := m.resume(ctx); err != nil {
		return nil, err
	}
	if m.s.Upload == "" {
		if err := m.begin(ctx, size); err != nil {
			return nil, err
		}
	}
	n := int((u.Size + m.s.Part - 1) / m.s.Part)
	m.done = make([]donePart, n)
	if err := m.send(ctx); err != nil {
		if errors.Is(err, publish.ErrChanged) || tooLarge(err) {
			// What was sent is of no use to anybody: the file is another one by
			// now, or the next run has to send smaller parts.
			if m.abort(context.WithoutCancel(ctx), u.Name, m.s.Upload) == nil {
				u.Save(nil)
			}
		}
		return nil, err
	}
	whole := binary.BigEndian.AppendUint64(nil, m.crc)
	return whole, m.complete(ctx, encode(whole))
}

// resume finds what an earlier run has left. If that is of no use, a new upload
// will be begun.
func (m *multipart) resume(ctx context.Context) error {
	if len(m.u.State) == 0 || json.Unmarshal(m.u.State, &m.s) != nil {
		m.s = state{}
		return nil
	}
	if m.s.Upload == "" {
		err := m.abortBegun(ctx, m.u.Name, m.s.Since)
		m.s = state{}
		return err
	}
	if m.s.Part < MinPart || m.s.Part > MaxPart || (m.u.Size+m.s.Part-1)/m.s.Part > MaxParts {
		err := m.abort(ctx, m.u.Name, m.s.Upload)
		m.s = state{}
		return err
	}
	var err error
	m.have, err = m.parts(ctx, m.u.Name, m.s.Upload)
	switch {
	case err == nil:
	case errors.Is(err, publish.ErrNotExist):
		m.s, err = state{}, nil // somebody aborted it, or the bucket's rules did
	case unsupported(err) || errors.Is(err, publish.ErrDenied):
		// Which parts are there cannot be found out: all are sent again, to a
		// new upload. With wrong credentials the abort fails too, and what was
		// sent waits for the right ones.
		aborted := m.abort(ctx, m.u.Name, m.s.Upload)
		if aborted == nil || unsupported(aborted) {
			m.s, err = state{}, nil
		}
	}
	return err
}

// tooLarge reports whether a server takes no parts of this size.
func tooLarge(err error) bool {
	var status *wire.StatusError
	return errors.As(err, &status) && (status.Status == http.StatusRequestEntityTooLarge || status.Code == "EntityTooLarge")
}

// unsupported reports whether a server does not know a request that S3 knows:
// 405 and 501 say so, and some answer 400 to what they cannot read.
func unsupported(err error) bool {
	var status *wire.StatusError
	if !errors.As(err, &status) || errors.Is(err, publish.ErrDenied) {
		return false
	}
	switch status.Status {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	}
	return false
}

// begin begins an upload. That it is about to is kept before, so that no killed
// run leaves one that nobody knows of.
func (m *multipart) begin(ctx context.Context, size int64) error {
	intent := state{Since: time.Now().UTC().Truncate(time.Second)}
	if err := m.save(intent); err != nil {
		return err
	}
	m.s = state{Part: size, CRC: !m.o.NoChecksums}
	create := func() error {
		q := call{method: http.MethodPost, key: m.key(m.u.Name), query: url.Values{"uploads": {""}}, header: m.headers(m.u)}
		if m.s.CRC {
			q.header.Set("X-Amz-Checksum-Algorithm", "CRC64NVME")
			q.header.Set(typeHeader, fullObject)
		}
		return m.try(ctx, http.MethodPost, m.u.Name, func(ctx context.Context) error {
			var begun struct {
				UploadID string `xml:"UploadId"`
			}
			err := m.list(ctx, q, "Initiate", &begun)
			if err == nil && begun.UploadID == "" {
				return errNoObject
			}
			m.s.Upload = begun.UploadID
			return err
		})
	}
	err := create()
	var status *wire.StatusError
	if m.s.CRC && errors.As(err, &status) && (status.Status == http.StatusBadRequest || status.Status == http.StatusNotImplemented) && !errors.Is(err, publish.ErrDenied) {
		m.s.CRC = false // it does not know this checksum
		err = create()
	}
	if err != nil {
		return err
	}
	return m.save(m.s)
}

func (m *multipart) save(s state) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return m.u.Save(b)
}

// send sends the parts that the target does not have. One goroutine reads the
// file from one end to the other and computes its hash and those of the parts;
// others send behind it.
func (m *multipart) send(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan part)
	var senders sync.WaitGroup
	for range m.u.Jobs {
		senders.Go(func() {
			for p := range queue {
				if err := m.sendPart(ctx, p); err != nil {
					cancel(err)
				}
			}
		})
	}
	err := m.read(ctx, queue)
	close(queue)
	senders.Wait() // also if reading failed: what is on its way need not be sent again
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// read hashes the file, and passes on the parts that have to be sent.
func (m *multipart) read(ctx context.Context, queue chan<- part) error {
	whole, buf := sha256.New(), make([]byte, block)
	for i := range m.done {
		p := part{number: i + 1, off: int64(i) * m.s.Part}
		p.n = min(m.s.Part, m.u.Size-p.off)
		crc := newCRC()
		to := []io.Writer{whole, crc}
		there, listed := m.have[p.number]
		var sum, etag hash.Hash
		if listed && there.ChecksumCRC64NVME == "" {
			etag = md5.New()
			to = append(to, etag)
		}
		if m.signsParts() {
			sum = sha256.New()
			to = append(to, sum)
		}
		if err := read(ctx, m.u.Body, p.off, p.n, buf, to...); err != nil {
			return err
		}
		p.crc = crc.Sum64()
		m.crc = joinCRC(m.crc, p.crc, p.n)
		sent := encode(crc.Sum(nil))
		if i == len(m.done)-1 && [32]byte(whole.Sum(nil)) != m.u.SHA256 {
			return publish.ErrChanged
		}
		if listed && there.Size == p.n && (there.ChecksumCRC64NVME == sent ||
			etag != nil && strings.EqualFold(there.ETag, hex.EncodeToString(etag.Sum(nil)))) {
			m.finish(p, there.ETag)
			if m.u.Kept != nil {
				m.u.Kept(p.n)
			}
			continue
		}
		if sum != nil {
			p.sha256 = hex.EncodeToString(sum.Sum(nil))
		}
		select {
		case queue <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// signsParts says that the hash of a part is in its signature: where neither
// TLS nor a checksum would tell of damage on the way.
func (m *multipart) signsParts() bool { return !m.s.CRC || m.host.Scheme != "https" }

func (m *multipart) finish(p part, etag string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := donePart{PartNumber: p.number, ETag: etag}
	if m.s.CRC {
		c.ChecksumCRC64NVME = encode(binary.BigEndian.AppendUint64(nil, p.crc))
	}
	m.done[p.number-1] = c
}

func (m *multipart) sendPart(ctx context.Context, p part) error {
	q := call{
		method: http.MethodPut, key: m.key(m.u.Name), query: url.Values{"partNumber": {strconv.Itoa(p.number)}, "uploadId": {m.s.Upload}},
		header: http.Header{}, size: p.n, payload: cmp.Or(p.sha256, unsigned),
	}
	if m.s.CRC {
		q.header.Set(crcHeader, encode(binary.BigEndian.AppendUint64(nil, p.crc)))
	}
	return m.try(ctx, http.MethodPut, m.u.Name, func(ctx context.Context) error {
		body := &partBody{ctx: ctx, u: m.u, p: p, crc: newCRC()}
		q := q
		q.body = body
		resp, err := m.client.do(ctx, q)
		if berr := body.err(); berr != nil {
			return berr
		}
		if err != nil {
			return err
		}
		resp.Body.Close()
		etag := strings.Trim(resp.Header.Get("ETag"), `"`)
		if etag == "" {
			return errNoObject
		}
		m.finish(p, etag)
		return nil
	})
}

// A partBody reads a part once more, to be sent. Its last bytes come only if it
// still is what was hashed.
type partBody struct {
	ctx  context.Context
	u    *publish.Upload
	p    part
	off  int64
	crc  hash.Hash64
	mu   sync.Mutex
	fail error
}

func (b *partBody) Read(q []byte) (int, error) {
	if err := b.err(); err != nil {
		return 0, err
	}
	q = q[:min(int64(len(q)), b.p.n-b.off)]
	if len(q) == 0 {
		return 0, io.EOF
	}
	if err := read(b.ctx, b.u.Body, b.p.off+b.off, int64(len(q)), q, b.crc); err != nil {
		return 0, b.stop(err)
	}
	b.off += int64(len(q))
	if b.off == b.p.n && b.crc.Sum64() != b.p.crc {
		return 0, b.stop(wire.Permanent(publish.ErrChanged))
	}
	if b.u.Sent != nil {
		b.u.Sent(int64(len(q)))
	}
	return len(q), nil
}

func (b *partBody) stop(err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fail = err
	return err
}

func (b *partBody) err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.fail
}

// complete makes the object of its parts.
func (m *multipart) complete(ctx context.Context, crc string) error {
	text, err := xml.Marshal(struct {
		XMLName xml.Name   `xml:"http://s3.amazonaws.com/doc/2006-03-01/ CompleteMultipartUpload"`
		Part    []donePart `xml:"Part"`
	}{Part: m.done})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	q := call{
		method: http.MethodPost, key: m.key(m.u.Name), query: url.Values{"uploadId": {m.s.Upload}},
		header: http.Header{"Content-Type": {"application/xml"}}, size: int64(len(text)), payload: hex.EncodeToString(sum[:]),
	}
	if m.s.CRC {
		q.header.Set(crcHeader, crc)
		q.header.Set(typeHeader, fullObject)
	}
	err = m.try(ctx, http.MethodPost, m.u.Name, func(ctx context.Context) error {
		q := q
		q.body = bytes.NewReader(text)
		return m.list(ctx, q, "Complete", nil)
	})
	if err == nil {
		return nil
	}
	// The answer to the first try may have been lost: then the upload is not
	// there any more, and the object is.
	if ctx.Err() == nil {
		if there, herr := m.Stat(ctx, m.u.Name); herr == nil && there.Size == m.u.Size && there.SHA256 == hex.EncodeToString(m.u.SHA256[:]) {
			return m.abort(ctx, m.u.Name, m.s.Upload)
		}
	}
	if errors.Is(err, publish.ErrNotExist) {
		return fmt.Errorf("another program ended the upload of %s: %w", m.u.Name, err)
	}
	return err
}
