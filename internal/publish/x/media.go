package x

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/spell"
)

// A medium is a file on its way to X.
type medium struct {
	kind     string // media_type
	category string // media_category
	body     io.ReaderAt
	size     int64
	sha256   string // in hex
	sent     func(n int64)
	kept     func(n int64)
}

// An uploaded is what the journal knows of a medium.
type uploaded struct {
	SHA256   string    `json:"sha256"`
	Media    string    `json:"media"` // X's id
	Expires  time.Time `json:"expires"`
	Segment  int64     `json:"segment"`         // size of the parts
	Segments int64     `json:"segments"`        // how many X has taken
	Final    bool      `json:"final,omitempty"` // X has all of it
	Ready    bool      `json:"ready,omitempty"` // and has made it ready
	Size     int64     `json:"size,omitempty"`  // as X tells it
}

// usable reports whether X still has what an earlier run sent of a medium.
func (u *uploaded) usable(m *medium, now time.Time) bool {
	const margin = 2 * time.Minute
	return u != nil && u.Media != "" && u.SHA256 == m.sha256 && u.Segment > 0 && now.Add(margin).Before(u.Expires)
}

// mediaID is the form of X's ids.
var mediaID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9]{1,19}$`)
})

// ValidID reports whether a text can be the id of a post.
func ValidID(id string) bool { return mediaID().MatchString(id) }

// segment is the size of the parts that so many bytes are sent in.
func (l *Limits) segment(size int64) int64 {
	return max(l.Segment, (size+l.Segments-1)/l.Segments)
}

// answer is what X says of a medium.
type answer struct {
	ID         string      `json:"id"`
	Expires    int64       `json:"expires_after_secs"`
	Size       int64       `json:"size"`
	Processing *processing `json:"processing_info"`
}

type processing struct {
	State      string `json:"state"`
	CheckAfter int64  `json:"check_after_secs"`
}

// upload sends a medium and waits until X has made it ready. Of what an earlier
// run has sent, in *u, it goes on from there; save is called after each step.
func (c *Client) upload(ctx context.Context, m *medium, u **uploaded, save func() error) error {
	resumed := (*u).usable(m, c.c.Now())
	if !resumed {
		*u = nil
	}
	err := c.advance(ctx, m, u, save)
	if resumed && (refused(err) || errors.Is(err, ErrProcessing)) {
		// X no longer has what the journal says that it has.
		*u = nil
		err = c.advance(ctx, m, u, save)
	}
	if errors.Is(err, ErrProcessing) || refused(err) {
		*u = nil
		err = errors.Join(err, save())
	}
	return err
}

func (c *Client) advance(ctx context.Context, m *medium, u **uploaded, save func() error) error {
	if *u == nil {
		var a answer
		if err := c.do(ctx, m.initialize(), &a); err != nil {
			return fmt.Errorf("cannot start the upload: %w", err)
		}
		if !mediaID().MatchString(a.ID) {
			//lint:ignore ST1005 X is a name
			return errors.New("X gave no id for the upload")
		}
		*u = &uploaded{SHA256: m.sha256, Media: a.ID, Segment: c.c.Limits.segment(m.size)}
		c.lives(*u, &a)
		if err := save(); err != nil {
			return err
		}
	}
	if !(*u).Final {
		if err := c.sendAll(ctx, m, *u, save); err != nil {
			return err
		}
	} else if m.kept != nil {
		m.kept(m.size)
	}
	return c.process(ctx, m, *u, save)
}

// lives notes for how long X keeps a medium.
func (c *Client) lives(u *uploaded, a *answer) {
	life := c.c.Limits.MediaLife
	if a.Expires > 0 {
		life = time.Duration(min(a.Expires, 1<<30)) * time.Second
	}
	u.Expires = c.c.Now().Add(life).UTC().Truncate(time.Second)
}

func (m *medium) initialize() call {
	return call{method: http.MethodPost, path: "/2/media/upload/initialize",
		json: struct {
			Type     string `json:"media_type"`
			Bytes    int64  `json:"total_bytes"`
			Category string `json:"media_category"`
		}{m.kind, m.size, m.category}}
}

func upload(id, step string) call {
	return call{method: http.MethodPost, path: "/2/media/upload/" + id + "/" + step}
}

// sendAll sends the parts that X has not taken, one after the other, and holds
// the file against its hash on the way.
func (c *Client) sendAll(ctx context.Context, m *medium, u *uploaded, save func() error) error {
	sum := sha256.New()
	part := make([]byte, min(u.Segment, m.size))
	for i, off := int64(0), int64(0); off < m.size; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		p := part[:min(u.Segment, m.size-off)]
		if n, err := m.body.ReadAt(p, off); n < len(p) {
			if err == io.EOF {
				err = publish.ErrChanged
			}
			return err
		}
		sum.Write(p)
		off += int64(len(p))
		if off == m.size && hex.EncodeToString(sum.Sum(nil)) != m.sha256 {
			return publish.ErrChanged // before X has all of it
		}
		if i < u.Segments {
			if m.kept != nil {
				m.kept(int64(len(p)))
			}
			continue
		}
		body, err := newParts(i, p)
		if err != nil {
			return err
		}
		r := upload(u.Media, "append")
		r.parts = body
		if err := c.do(ctx, r, nil); err != nil {
			return fmt.Errorf("part %d: %w", i+1, err)
		}
		if m.sent != nil {
			m.sent(int64(len(p)))
		}
		u.Segments = i + 1
		if err := save(); err != nil {
			return err
		}
	}
	return nil
}

// parts are a body of multipart/form-data (RFC 7578).
type parts struct {
	contentType string
	body        []byte
}

func newParts(index int64, media []byte) (*parts, error) {
	var b bytes.Buffer
	b.Grow(len(media) + 1024)
	w := multipart.NewWriter(&b)
	if err := w.WriteField("segment_index", strconv.FormatInt(index, 10)); err != nil {
		return nil, err
	}
	f, err := w.CreateFormFile("media", "part")
	if err != nil {
		return nil, err
	}
	f.Write(media) // to memory
	if err := w.Close(); err != nil {
		return nil, err
	}
	return &parts{w.FormDataContentType(), b.Bytes()}, nil
}

func status(id string) call {
	return call{method: http.MethodGet, path: "/2/media/upload", query: url.Values{"command": {"STATUS"}, "media_id": {id}}}
}

// process tells X that it has all parts, and waits until they are a video.
func (c *Client) process(ctx context.Context, m *medium, u *uploaded, save func() error) error {
	if u.Ready {
		return nil
	}
	var a answer
	if !u.Final {
		err := c.do(ctx, upload(u.Media, "finalize"), &a)
		if refused(err) {
			// A first answer that was lost on the way is told from a refusal by
			// what X knows of it.
			if c.do(ctx, status(u.Media), &a) != nil || a.Processing == nil {
				return fmt.Errorf("cannot finish the upload: %w", err)
			}
			err = nil
		}
		if err != nil {
			return fmt.Errorf("cannot finish the upload: %w", err)
		}
	} else if err := c.do(ctx, status(u.Media), &a); err != nil {
		return fmt.Errorf("cannot check the upload status: %w", err)
	}
	u.Final = true
	c.lives(u, &a)
	if err := save(); err != nil {
		return err
	}
	last := c.c.Now().Add(c.c.Limits.Processing)
	for n := 0; ; n++ {
		state := "succeeded" // what needs no work has no state
		if a.Processing != nil {
			state = a.Processing.State
		}
		switch state {
		case "succeeded":
			if a.Size > 0 && a.Size != m.size {
				return fmt.Errorf("%w: X received %d of %d bytes", publish.ErrMismatch, a.Size, m.size)
			}
			u.Ready, u.Size = true, a.Size
			return save()
		case "failed":
			return fmt.Errorf("%w: its status of the upload is %q", ErrProcessing, state)
		}
		pause := min(c.c.Poll<<min(n, 10), 10*time.Second)
		if s := a.Processing.CheckAfter; s > 0 {
			pause = time.Duration(min(s, 60)) * time.Second
		}
		if c.c.Now().Add(pause).After(last) {
			//lint:ignore ST1005 X is a name
			return wire.Permanent(fmt.Errorf("X has not finished processing it after %s", spell.Short(c.c.Limits.Processing.Seconds())))
		}
		if err := wait(ctx, pause); err != nil {
			return err
		}
		a = answer{}
		if err := c.do(ctx, status(u.Media), &a); err != nil {
			return fmt.Errorf("cannot check the upload status: %w", err)
		}
	}
}
