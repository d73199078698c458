package sftp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/pkg/sftp"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// Writes are that large, which is what every server takes, and so many are on
// their way at a time: enough for 4 MiB to be between here and there.
const (
	packet = 32 << 10
	window = 128
)

// sample is how much is compared on each side before going on.
const sample = 256 << 10

// state is what an upload leaves for the next run.
type state struct {
	Part  string `json:"part"`  // the temporary file, by its name below the root
	Acked int64  `json:"acked"` // bytes of it that the server has confirmed, without a gap
}

// valid reports whether a state names a temporary file. A state is a file on a
// disk; it must not make us remove anything else.
func (s state) valid() bool {
	return publish.CheckName(s.Part) == nil && isTemporary().MatchString(path.Base(s.Part))
}

// A putting is one call of Put.
type putting struct {
	*Target
	u     *publish.Upload
	state state
	told  int64 // bytes that Sent or Kept were told of
	moved bool  // the server was asked to rename
}

// Put implements publish.Target.
func (t *Target) Put(ctx context.Context, u *publish.Upload) (r publish.Remote, err error) {
	if err := publish.CheckName(u.Name); err != nil {
		return r, err
	}
	p := &putting{Target: t, u: u, state: state{Part: temporary(u)}}
	var old state
	if json.Unmarshal(u.State, &old) == nil && old.Part == p.state.Part {
		p.state = old
	}
	if err := p.save(); err != nil {
		return r, err
	}
	for {
		before := p.state.Acked
		err = t.do(ctx, func(s *session) error {
			r, err = p.once(ctx, s, old)
			return err
		})
		// A line that breaks now and then is no reason to give up on a large
		// file as long as it gets on.
		if err == nil || ctx.Err() != nil || !wire.Retryable(err) || p.state.Acked < before+8<<20 {
			break
		}
	}
	if err != nil {
		if serr := p.save(); serr != nil {
			err = errors.Join(err, serr)
		}
		return publish.Remote{}, err
	}
	return r, nil
}

func (p *putting) save() error {
	b, err := json.Marshal(p.state)
	if err != nil || p.u.Save == nil {
		return err
	}
	return p.u.Save(b)
}

// once does all of it on one connection.
func (p *putting) once(ctx context.Context, s *session, old state) (publish.Remote, error) {
	final, part := p.path(p.u.Name), p.path(p.state.Part)
	if p.moved {
		// The answer may have got lost.
		if r, done, err := p.renamed(s, part, final); done || err != nil {
			return r, err
		}
	}
	if err := p.makeFolders(s, path.Dir(p.u.Name)); err != nil {
		return publish.Remote{}, err
	}
	if old.Part != p.state.Part && old.valid() {
		// That of another version of the file. What cannot be removed is found
		// again among the leftovers.
		s.remove(p.path(old.Part))
	}
	if err := p.write(ctx, s, part); err != nil {
		return publish.Remote{}, err
	}
	if err := ctx.Err(); err != nil {
		return publish.Remote{}, err
	}
	p.moved = true
	if err := s.rename(part, final); err != nil {
		return publish.Remote{}, err
	}
	r, done, err := p.renamed(s, part, final)
	if err == nil && !done {
		err = fmt.Errorf("%s: %w: it could not be renamed", part, publish.ErrMismatch)
	}
	return r, err
}

// renamed reports whether the object has its name: the temporary file is gone
// and the other has its size.
func (p *putting) renamed(s *session, part, final string) (publish.Remote, bool, error) {
	if _, err := s.stat(part); !errors.Is(err, publish.ErrNotExist) {
		return publish.Remote{}, false, err
	}
	r, err := s.stat(final)
	if errors.Is(err, publish.ErrNotExist) {
		return r, false, nil
	}
	if err == nil && r.Size != p.u.Size {
		err = fmt.Errorf("%s: %w: the server reports %d bytes, not %d", final, publish.ErrMismatch, r.Size, p.u.Size)
	}
	return r, err == nil, err
}

// makeFolders makes the folders of a name below the root. The root must be
// there: one that is not is more likely a slip of the pen than a wish.
func (p *putting) makeFolders(s *session, folder string) error {
	file := p.path(folder)
	i, err := s.sftp.Stat(file)
	if err == nil && !i.IsDir() {
		return fmt.Errorf("%s is a file, not a folder", file)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return at(file, err)
	}
	if folder == "." {
		return fmt.Errorf("%s: %w: the folder does not exist (create it on the server first)", p.place, publish.ErrNotExist)
	}
	if err := p.makeFolders(s, path.Dir(folder)); err != nil {
		return err
	}
	if err := s.sftp.Mkdir(file); err != nil {
		if i, serr := s.sftp.Stat(file); serr != nil || !i.IsDir() { // else another was faster
			return at(file, err)
		}
	}
	return nil
}

// write brings the temporary file to its full length, and to the disk if the
// server can be asked to.
func (p *putting) write(ctx context.Context, s *session, part string) (err error) {
	f, err := s.sftp.OpenFile(part, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return at(part, err)
	}
	closed := false
	defer func() {
		if !closed {
			f.Close()
		}
	}()
	from, err := p.resume(f)
	if err != nil {
		return at(part, err)
	}
	content := p.u.Content(ctx)
	if err := content.Skip(from); err != nil {
		return p.changed(s, part, err)
	}
	if from > p.told {
		p.u.Kept(from - p.told)
		p.told = from
	}
	p.state.Acked = from
	acked, err := send(f, content, from)
	p.state.Acked = max(p.state.Acked, acked)
	p.told = max(p.told, acked)
	if err := content.Err(); err != nil {
		return p.changed(s, part, err)
	}
	if err != nil {
		return s.full(part, err)
	}
	if _, ok := s.sftp.HasExtension("fsync@openssh.com"); ok {
		if err := f.Sync(); err != nil {
			return s.full(part, err)
		}
	}
	if p.u.Public {
		if err := f.Chmod(0o644); err != nil {
			return at(part, err)
		}
	}
	i, err := f.Stat()
	if err != nil {
		return at(part, err)
	}
	if i.Size() != p.u.Size {
		s.remove(part)
		return wire.Temporary(fmt.Errorf("%s: %w: the server reports %d bytes, not %d", part, publish.ErrMismatch, i.Size(), p.u.Size))
	}
	closed = true
	if err := f.Close(); err != nil { // some servers write only now
		return s.full(part, err)
	}
	return nil
}

// changed throws the temporary file away if what failed is that the local file
// changed: nothing of it can be used any more.
func (p *putting) changed(s *session, part string, err error) error {
	if errors.Is(err, publish.ErrChanged) {
		s.remove(part)
		p.state.Acked = 0
	}
	return err
}

// resume finds where to go on.
func (p *putting) resume(f *sftp.File) (from int64, err error) {
	i, err := f.Stat()
	if err != nil {
		return 0, err
	}
	size := i.Size()
	if size > p.u.Size {
		return 0, f.Truncate(0) // nothing that we wrote
	}
	from = max(size-window*packet, p.state.Acked, 0)
	if from > size {
		from = 0
	}
	for _, off := range []int64{0, max(from-sample, 0)} {
		same, err := p.same(f, off, min(off+sample, from))
		if err != nil {
			return 0, err
		}
		if !same {
			return 0, f.Truncate(0)
		}
	}
	return from, nil
}

// same compares a stretch of what is there with what is here.
func (p *putting) same(f *sftp.File, from, to int64) (bool, error) {
	if from >= to {
		return true, nil
	}
	here, there := make([]byte, to-from), make([]byte, to-from)
	switch _, err := io.ReadFull(io.NewSectionReader(p.u.Body, from, to-from), here); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return false, nil // it is shorter than it was, as reading all of it will show
	case err != nil:
		return false, wire.Permanent(err)
	}
	if _, err := io.ReadFull(io.NewSectionReader(f, from, to-from), there); err != nil {
		return false, err
	}
	return bytes.Equal(here, there), nil
}

// send writes what content still has, from an offset on, with many writes on
// their way. A write is only made when the one a window before it was
// confirmed, so that holes can only be in the last window. It returns up to
// where all was confirmed.
func send(f *sftp.File, content io.Reader, off int64) (acked int64, err error) {
	type write struct {
		end  int64
		done chan error
	}
	var under []write // in the order of their offsets
	acked = off
	oldest := func() {
		w := under[0]
		under = under[1:]
		if werr := <-w.done; werr != nil && err == nil {
			err = werr
		}
		if err == nil {
			acked = w.end
		}
	}
	free := make(chan []byte, window)
	for err == nil {
		if len(under) == window {
			oldest()
			continue
		}
		var b []byte
		select {
		case b = <-free:
		default:
			b = make([]byte, packet)
		}
		n, rerr := content.Read(b)
		if n > 0 {
			w := write{off + int64(n), make(chan error, 1)}
			under = append(under, w)
			go func(off int64) {
				_, err := f.WriteAt(b[:n], off)
				w.done <- err
				select {
				case free <- b:
				default:
				}
			}(off)
			off = w.end
		}
		if rerr == io.EOF {
			break
		}
		if rerr != nil {
			// What is on its way still arrives, and need not be sent again.
			for len(under) > 0 {
				oldest()
			}
			return acked, rerr
		}
	}
	for len(under) > 0 {
		oldest()
	}
	return acked, err
}

// full finds out whether a write failed for want of room. OpenSSH says only
// that it failed.
func (s *session) full(file string, err error) error {
	var status *sftp.StatusError
	if !errors.As(err, &status) || errors.Is(at(file, err), publish.ErrFull) {
		return at(file, err)
	}
	if _, ok := s.sftp.HasExtension("statvfs@openssh.com"); ok {
		if v, verr := s.sftp.StatVFS(path.Dir(file)); verr == nil && v.Bavail*v.Frsize < 1<<20 {
			return fmt.Errorf("%s: %w", file, publish.ErrFull)
		}
	}
	return fmt.Errorf("%s: the server could not write the file and gave no reason (the quota may be used up): %w", file, err)
}

// rename gives a file another's name, at once where the server can.
func (s *session) rename(from, to string) error {
	if _, ok := s.sftp.HasExtension("posix-rename@openssh.com"); ok {
		return at(to, s.sftp.PosixRename(from, to))
	}
	err := s.sftp.Rename(from, to)
	if err == nil || broken(err) {
		return at(to, err)
	}
	// Version 3 renames to nothing that is there. Between the two steps there
	// is nothing of that name; what is to have it is complete.
	if _, serr := s.stat(to); serr != nil {
		return at(to, err)
	}
	if err := s.remove(to); err != nil {
		return err
	}
	return at(to, s.sftp.Rename(from, to))
}
