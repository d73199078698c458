package webdav

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// state is what an upload leaves for the next run: temporary files that may
// still be there, by their names below the root.
type state struct {
	Temporary []string `json:"temporary"`
	// Whole is the one of them that holds all of the file.
	Whole string `json:"whole,omitempty"`
}

// temporaryShape is what names of temporary files look like. They are short
// whatever the object is called, and say nothing of it.
const temporaryShape = ".spaces-*.part"

var isTemporary = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\.spaces-[0-9a-f]{32}\.part$`)
})

func newTemporary(folder string) string {
	var b [16]byte
	rand.Read(b[:])
	return folder + strings.Replace(temporaryShape, "*", hex.EncodeToString(b[:]), 1)
}

// folderOf is the folder of a name, with a slash at its end, or "" for the root.
func folderOf(name string) string { return name[:strings.LastIndexByte(name, '/')+1] }

// Put implements publish.Target.
func (t *Target) Put(ctx context.Context, u *publish.Upload) (publish.Remote, error) {
	r, err := t.put(ctx, u)
	if err != nil && ctx.Err() != nil && !errors.Is(err, publish.ErrChanged) {
		err = ctx.Err()
	}
	return r, err
}

func (t *Target) put(ctx context.Context, u *publish.Upload) (publish.Remote, error) {
	var none publish.Remote
	if err := publish.CheckName(u.Name); err != nil {
		return none, err
	}
	var s state
	json.Unmarshal(u.State, &s) // of what it cannot be read nothing is to be tidied
	if err := t.makeFolders(ctx, folderOf(u.Name)); err != nil {
		return none, err
	}
	if err := t.free(ctx, u.Name); err != nil {
		return none, err
	}
	temporary, err := t.arrived(ctx, u, &s)
	if err == nil && temporary == "" {
		temporary, err = t.send(ctx, u, &s)
	}
	if err == nil {
		err = t.free(ctx, u.Name)
	}
	if err == nil {
		err = t.move(ctx, temporary, u.Name)
	}
	if err == nil || s.Whole != "" && wire.Retryable(err) && !errors.Is(err, publish.ErrMismatch) {
		// It has its name by now, or keeps all of the file for the next run.
		s.Temporary = slices.DeleteFunc(s.Temporary, func(name string) bool { return name == temporary })
	}
	t.tidy(ctx, &s)
	if err != nil {
		return none, err
	}
	after, err := t.stat(ctx, u.Name)
	switch {
	case err != nil:
		return none, err
	case after.size != u.Size:
		return none, fmt.Errorf("%s: %w: the server reports %d bytes, not %d", t.url(u.Name), publish.ErrMismatch, after.size, u.Size)
	}
	return after.remote(), nil
}

// free fails if there is a folder of a name: MOVE would replace it with all that
// is in it (RFC 4918, 9.9.3).
func (t *Target) free(ctx context.Context, name string) error {
	return t.wire.Try(ctx, func(ctx context.Context) error {
		list, err := t.propfind(ctx, t.url(name), "0")
		if errors.Is(err, publish.ErrNotExist) {
			return nil
		}
		if err == nil && list[0].folder {
			err = wire.Permanent(fmt.Errorf("%s: %w: a folder has that name", t.url(name), publish.ErrDiffers))
		}
		return err
	})
}

// arrived returns the temporary file in which an earlier run has left all of
// the file, if it is still there, and removes the others.
func (t *Target) arrived(ctx context.Context, u *publish.Upload, s *state) (temporary string, err error) {
	if ours(s.Whole) && slices.Contains(s.Temporary, s.Whole) {
		e, err := t.stat(ctx, s.Whole)
		switch {
		case err == nil && e.size == u.Size:
			temporary = s.Whole
		case err != nil && !errors.Is(err, publish.ErrNotExist):
			return "", err
		}
	}
	s.Whole = temporary
	s.Temporary = slices.DeleteFunc(s.Temporary, func(name string) bool { return name == temporary })
	t.tidy(ctx, s)
	if temporary == "" {
		return "", nil
	}
	s.Temporary = append(s.Temporary, temporary)
	if u.Kept != nil {
		u.Kept(u.Size)
	}
	return temporary, nil
}

// send puts all bytes under a temporary name, another one for each try: what
// the server still does of a try that broke cannot touch those that follow.
func (t *Target) send(ctx context.Context, u *publish.Upload, s *state) (temporary string, err error) {
	err = t.wire.Try(ctx, func(ctx context.Context) error {
		t.tidy(ctx, s)
		temporary = newTemporary(folderOf(u.Name))
		s.Temporary = append(s.Temporary, temporary)
		if err := save(u, s); err != nil {
			return wire.Permanent(err)
		}
		err := t.upload(ctx, u, temporary)
		var status *wire.StatusError
		switch {
		case errors.As(err, &status) && status.Status == http.StatusGatewayTimeout:
			if !t.arrives(ctx, u, temporary) {
				return err
			}
		case err != nil:
			return err
		default:
			list, err := t.propfind(ctx, t.url(temporary), "0")
			if err != nil && !errors.Is(err, publish.ErrNotExist) {
				return err
			}
			if err != nil || list[0].size != u.Size {
				return wire.Temporary(fmt.Errorf("%s: %w", t.url(temporary), publish.ErrMismatch))
			}
		}
		s.Whole = temporary
		return wire.Permanent(save(u, s))
	})
	return temporary, err
}

// arrives waits for a file of which a gateway has lost sight (504): the server
// behind it often has all of the file and is still storing it, and the file is
// locked (423) as long. Nobody has said that it is whole: it is read back.
func (t *Target) arrives(ctx context.Context, u *publish.Upload, name string) bool {
	err := t.wire.Try(ctx, func(ctx context.Context) error {
		list, err := t.propfind(ctx, t.url(name), "0")
		if errors.Is(err, publish.ErrNotExist) || err == nil && list[0].size < u.Size {
			return wire.Temporary(fmt.Errorf("%s: %w: the gateway timed out", t.url(name), publish.ErrMismatch))
		}
		return err
	})
	if err != nil {
		return false
	}
	r, err := t.Open(ctx, name)
	if err != nil {
		return false
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, r)
	return err == nil && n == u.Size && [sha256.Size]byte(h.Sum(nil)) == u.SHA256
}

// upload makes the request that carries the file.
func (t *Target) upload(ctx context.Context, u *publish.Upload, name string) error {
	var content *publish.Content
	r, err := t.do(ctx, request{
		method: http.MethodPut,
		url:    t.url(name),
		size:   u.Size,
		body: func() io.Reader {
			content = u.Content(ctx)
			return content
		},
		header: http.Header{"Content-Type": {u.ContentType}},
	})
	// An answer can come before all is sent, and hide that the file changed.
	if content != nil && content.Err() != nil {
		if err == nil {
			r.Body.Close()
		}
		return content.Err()
	}
	if err != nil {
		return err
	}
	if err := wire.CheckStatus(r, http.StatusCreated, http.StatusNoContent, http.StatusOK); err != nil {
		return err
	}
	return discard(r)
}

// move gives the temporary file its name. Whether that was done is found out by
// looking: the temporary file is gone then. It is looked for before each further
// try, since an answer can get lost, and servers that are asked to move what is
// not there remove what it was to replace all the same (golang.org/x/net/webdav
// does, which is in many of them).
func (t *Target) move(ctx context.Context, temporary, name string) error {
	asked := false
	moved := func(ctx context.Context) (bool, error) {
		_, err := t.propfind(ctx, t.url(temporary), "0")
		if errors.Is(err, publish.ErrNotExist) {
			return true, nil
		}
		return false, err
	}
	return t.wire.Try(ctx, func(ctx context.Context) error {
		if asked {
			if done, err := moved(ctx); done || err != nil {
				return err
			}
		}
		asked = true
		var err error
		for i, destination := range t.destinations(name) {
			if i > 0 {
				if done, merr := moved(ctx); done || merr != nil {
					return merr
				}
			}
			err = t.moveTo(ctx, temporary, destination)
			var status *wire.StatusError
			if !errors.As(err, &status) || status.Status != http.StatusBadGateway && status.Status != http.StatusBadRequest {
				break
			}
		}
		if err != nil {
			return err
		}
		if done, err := moved(ctx); done || err != nil {
			return err
		}
		return wire.Temporary(fmt.Errorf("%s: %w: it could not be renamed", t.url(temporary), publish.ErrMismatch))
	})
}

// destinations are the ways to write where a file is to be moved (RFC 4918,
// 9.9). The whole URL is what all servers take, but for those behind another one
// that speaks TLS in their stead: some want their own scheme, some only a path
// (10.3).
func (t *Target) destinations(name string) []string {
	u := t.url(name)
	list := []string{u.String()}
	if u.Scheme == "https" {
		u.Scheme = "http"
		list = append(list, u.String(), u.EscapedPath())
	}
	return list
}

func (t *Target) moveTo(ctx context.Context, temporary, destination string) error {
	r, err := t.do(ctx, request{
		method: "MOVE",
		url:    t.url(temporary),
		header: http.Header{"Destination": {destination}, "Overwrite": {"T"}},
	})
	if err != nil {
		return err
	}
	if err := wire.CheckStatus(r, http.StatusCreated, http.StatusNoContent); err != nil {
		return err
	}
	return discard(r)
}

// makeFolders makes the folders of a name below the root. The root must be
// there: one that is not is more likely a slip of the pen than a wish.
func (t *Target) makeFolders(ctx context.Context, folder string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.makeFolder(ctx, folder)
}

func (t *Target) makeFolder(ctx context.Context, folder string) error {
	if t.known[folder] {
		return nil
	}
	there := func(ctx context.Context) error {
		list, err := t.propfind(ctx, t.url(folder), "0")
		if err == nil && !list[0].folder {
			err = wire.Permanent(fmt.Errorf("%s is a file, not a folder", t.url(folder)))
		}
		return err
	}
	err := t.wire.Try(ctx, there)
	if errors.Is(err, publish.ErrNotExist) {
		if folder == "" {
			return fmt.Errorf("%s: %w: the folder does not exist (create it on the server first)", t.place, publish.ErrNotExist)
		}
		if err := t.makeFolder(ctx, folderOf(strings.TrimSuffix(folder, "/"))); err != nil {
			return err
		}
		err = t.wire.Try(ctx, func(ctx context.Context) error {
			r, err := t.do(ctx, request{method: "MKCOL", url: t.url(folder)})
			if err != nil {
				return err
			}
			// 405: it is there by now (RFC 4918, 9.3.1).
			if err := wire.CheckStatus(r, http.StatusCreated, http.StatusMethodNotAllowed); err != nil {
				return err
			}
			if err := discard(r); err != nil {
				return err
			}
			if err := there(ctx); !errors.Is(err, publish.ErrNotExist) {
				return err
			}
			return wire.Temporary(fmt.Errorf("%s: the server reported the folder as created, but it does not exist", t.url(folder)))
		})
	}
	if err == nil {
		t.known[folder] = true
	}
	return err
}

// Forget removes what an upload of another version of a file has left, by the
// state that it saved.
func (t *Target) Forget(ctx context.Context, _ string, old []byte) error {
	var s state
	if json.Unmarshal(old, &s) != nil {
		return nil // nothing that we saved
	}
	for _, name := range s.Temporary {
		if !ours(name) {
			continue
		}
		if err := t.wire.Try(ctx, func(ctx context.Context) error { return t.remove(ctx, name) }); err != nil {
			return err
		}
	}
	return nil
}

// ours reports whether a name is that of a temporary file. A state is a file on
// a disk; it must not make us remove anything else.
func ours(name string) bool {
	return publish.CheckName(name) == nil && isTemporary().MatchString(path.Base(name))
}

// tidy removes temporary files, as far as that can be done: what cannot is
// found again among the leftovers. It is done also for who was interrupted.
func (t *Target) tidy(ctx context.Context, s *state) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	s.Temporary = slices.DeleteFunc(s.Temporary, func(name string) bool {
		return !ours(name) || t.wire.Try(ctx, func(ctx context.Context) error { return t.remove(ctx, name) }) == nil
	})
}

// remove removes a file, once.
func (t *Target) remove(ctx context.Context, name string) error {
	r, err := t.do(ctx, request{method: http.MethodDelete, url: t.url(name)})
	if err != nil {
		return err
	}
	// 423: the request that wrote it has not ended there yet, and is waited for.
	if err := wire.CheckStatus(r, http.StatusOK, http.StatusNoContent, http.StatusNotFound, http.StatusGone); err != nil {
		return err
	}
	return discard(r)
}

func save(u *publish.Upload, s *state) error {
	b, err := json.Marshal(s)
	if err != nil || u.Save == nil {
		return err
	}
	return u.Save(b)
}
