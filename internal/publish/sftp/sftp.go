// Package sftp sends files to servers over SSH (draft-ietf-secsh-filexfer-02,
// the version 3 that OpenSSH speaks).
//
// A file is written under a temporary name in the folder where it is going to
// be and renamed when all of it is there. The temporary name is made of the
// object's name and the hash of its bytes: two runs that send the same write
// the same bytes to it, also if the server still works off what the first one
// had sent when the second one begins; and another version of a file never
// goes on where an earlier one stopped.
//
// The next run goes on behind what the server has confirmed. That is told by
// the state that the first run left, or else by the length of the temporary
// file less the window of writes that were on their way, since only there can
// holes be. Before it goes on it reads back the first block and the last one
// before that point and compares them. It does not read back all that is
// there: that would take as long as sending it on most lines, and the name
// already says which bytes they are; who wants to be sure has everything read
// back at the end.
package sftp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/pkg/sftp"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// Config says where a target is and how to get in.
type Config struct {
	// URL is sftp://user@host:port/folder. The folder counts from the server's
	// root, or, if it begins with /~/, from the one that the user logs in to;
	// it must be there.
	URL string
	// User is used if the URL names none.
	User string
	// Password, if it is not empty, is tried after the keys.
	Password string
	// KeyFiles are private keys, as ssh-keygen writes them. Those that are not
	// there are passed over.
	KeyFiles []string
	// Passphrase opens those key files that have one.
	Passphrase string
	// Agent is the socket of an SSH agent (SSH_AUTH_SOCK), or "".
	Agent string
	// KnownHosts are the files that host keys are looked up in. New ones are
	// added to the first.
	KnownHosts []string
	// AcceptNew is asked whether to trust a host that no file knows; its key is
	// recorded then. If it is nil such a host is not trusted. It is not asked
	// about a host whose key is another than the one recorded.
	AcceptNew func(*HostKeyError) bool

	Wire wire.Options
}

// A Target is a folder on a server.
type Target struct {
	c     Config
	place string
	user  string
	addr  string // host:port
	root  string

	mu   sync.Mutex // of what follows, and held while a connection is made
	keys *keyFiles  // nil: not read yet
	now  *session
	shut bool
}

// New makes a target. It connects to nothing yet.
func New(c Config) (*Target, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "sftp" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not an SFTP folder (try sftp://user@host/folder)", wire.Redactor{}.Text(c.URL))
	}
	t := &Target{c: c, user: c.User}
	t.c.Wire.Redact = wire.NewRedactor(c.Password, c.Passphrase)
	if name := u.User.Username(); name != "" {
		t.user = name
	}
	if t.user == "" {
		return nil, fmt.Errorf("%s: no user name (write sftp://USER@%s)", c.URL, u.Host)
	}
	port := u.Port()
	if port == "" {
		port = "22"
	}
	t.addr = net.JoinHostPort(u.Hostname(), port)
	u.User = url.User(t.user)
	t.place = u.String()
	t.root = path.Clean("/" + u.Path)
	if rest, ok := strings.CutPrefix(t.root+"/", "/~/"); ok {
		t.root = path.Clean(rest)
	}
	return t, nil
}

// Place implements publish.Target.
func (t *Target) Place() string { return t.place }

// path is where an object lies.
func (t *Target) path(name string) string { return path.Join(t.root, name) }

// at puts an error into words: where, and what of this program's errors it is.
func at(file string, err error) error {
	if err == nil {
		return nil
	}
	var status *sftp.StatusError
	switch {
	case errors.Is(err, os.ErrNotExist):
		err = publish.ErrNotExist
	case errors.Is(err, os.ErrPermission):
		err = fmt.Errorf("%w: the server does not permit this (%w)", publish.ErrDenied, os.ErrPermission)
	case errors.As(err, &status) && (status.Code == 14 || status.Code == 15):
		// SSH_FX_NO_SPACE_ON_FILESYSTEM and SSH_FX_QUOTA_EXCEEDED of later
		// versions, which some servers use in version 3.
		err = publish.ErrFull
	}
	return fmt.Errorf("%s: %w", file, err)
}

// Stat implements publish.Target.
func (t *Target) Stat(ctx context.Context, name string) (r publish.Remote, err error) {
	if err := publish.CheckName(name); err != nil {
		return r, err
	}
	err = t.do(ctx, func(s *session) error {
		r, err = s.stat(t.path(name))
		return err
	})
	return r, err
}

// stat asks for a file; folders are none.
func (s *session) stat(file string) (publish.Remote, error) {
	i, err := s.sftp.Stat(file)
	if err != nil {
		return publish.Remote{}, at(file, err)
	}
	if i.IsDir() {
		return publish.Remote{}, fmt.Errorf("%s: %w: a folder has that name", file, publish.ErrNotExist)
	}
	return publish.Remote{Size: i.Size(), Modified: i.ModTime()}, nil
}

// Open implements publish.Target.
func (t *Target) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := publish.CheckName(name); err != nil {
		return nil, err
	}
	var r *reader
	err := t.do(ctx, func(s *session) error {
		if _, err := s.stat(t.path(name)); err != nil {
			return err
		}
		f, err := s.sftp.Open(t.path(name))
		if err != nil {
			return at(t.path(name), err)
		}
		r = &reader{ctx: ctx, f: f, block: make([]byte, 0, 1<<20)}
		// What reads does not look at the context while it waits.
		r.stop = context.AfterFunc(ctx, func() { t.drop(s) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// A reader reads an object in blocks, so that many requests are on their way.
type reader struct {
	ctx   context.Context
	f     *sftp.File
	block []byte
	off   int
	stop  func() bool
}

func (r *reader) Read(p []byte) (int, error) {
	for r.off == len(r.block) {
		n, err := io.ReadFull(r.f, r.block[:cap(r.block)])
		r.block, r.off = r.block[:n], 0
		switch {
		case n > 0:
		case r.ctx.Err() != nil:
			return 0, r.ctx.Err()
		case err == io.EOF:
			return 0, io.EOF
		case err != nil:
			return 0, at(r.f.Name(), err)
		}
	}
	n := copy(p, r.block[r.off:])
	r.off += n
	return n, nil
}

func (r *reader) Close() error {
	r.stop()
	return r.f.Close()
}

// Remove implements publish.Target.
func (t *Target) Remove(ctx context.Context, name string, was publish.Remote) error {
	if err := publish.CheckName(name); err != nil {
		return err
	}
	asked := false
	return t.do(ctx, func(s *session) error {
		there, err := s.stat(t.path(name))
		if asked && errors.Is(err, publish.ErrNotExist) {
			return nil // the answer to the first try was lost
		}
		if err == nil {
			err = there.Unchanged(was)
		}
		if err != nil {
			return err
		}
		asked = true
		return s.remove(t.path(name))
	})
}

// Plan implements publish.Target.
func (t *Target) Plan(u *publish.Upload) []string {
	final := t.path(u.Name)
	part := t.path(temporary(u))
	return []string{
		"log in to " + t.addr + " as " + t.user,
		"stat " + final,
		"stat " + path.Dir(final) + " (mkdir for each missing folder)",
		"stat " + part + " (to resume an earlier run)",
		fmt.Sprintf("write %s (%d bytes)", part, u.Size),
		"rename " + part + " to " + final,
		"stat " + part,
		"stat " + final,
		"stat " + final,
	}
}

// isTemporary knows the names of temporary files. They are short whatever the
// object is called.
var isTemporary = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\.spaces-[0-9a-f]{32}\.part$`)
})

// temporary is the name below the root that an object has until all of it is
// there.
func temporary(u *publish.Upload) string {
	sum := sha256.New()
	sum.Write(u.SHA256[:])
	io.WriteString(sum, u.Name)
	return path.Join(path.Dir(u.Name), ".spaces-"+hex.EncodeToString(sum.Sum(nil)[:16])+".part")
}

// Leftovers implements publish.Target.
func (t *Target) Leftovers(ctx context.Context) (found []publish.Leftover, err error) {
	err = t.do(ctx, func(s *session) error {
		found, err = t.leftovers(ctx, s)
		return err
	})
	return found, err
}

func (t *Target) leftovers(ctx context.Context, s *session) ([]publish.Leftover, error) {
	const mostFolders, mostDeep = 20000, 40
	var found []publish.Leftover
	folders := []string{""}
	for i := 0; i < len(folders); i++ {
		if i == mostFolders {
			return nil, fmt.Errorf("%s has more than %d folders: name a folder inside it", t.place, mostFolders)
		}
		list, err := s.sftp.ReadDirContext(ctx, t.path(folders[i]))
		if errors.Is(err, os.ErrPermission) && i > 0 {
			continue // nothing of ours was written where one may not even look
		}
		if err != nil {
			return nil, at(t.path(folders[i]), err)
		}
		for _, e := range list {
			name := path.Join(folders[i], e.Name())
			switch {
			case strings.Contains(e.Name(), "/"):
			case e.IsDir() && strings.Count(name, "/") < mostDeep:
				folders = append(folders, name)
			case e.Mode().IsRegular() && isTemporary().MatchString(e.Name()):
				found = append(found, publish.Leftover{
					Name: name, Temporary: true, Bytes: e.Size(), Since: e.ModTime(),
					Remove: func(ctx context.Context) error {
						return t.do(ctx, func(s *session) error { return s.remove(t.path(name)) })
					},
				})
			}
		}
	}
	return found, nil
}

// Forget removes what an upload of another version of a file has left, by the
// state that it saved.
func (t *Target) Forget(ctx context.Context, _ string, old []byte) error {
	var s state
	if json.Unmarshal(old, &s) != nil || !s.valid() {
		return nil // nothing that we saved
	}
	return t.do(ctx, func(c *session) error { return c.remove(t.path(s.Part)) })
}

// remove removes a file; that it is gone already is as good.
func (s *session) remove(file string) error {
	if err := s.sftp.Remove(file); !errors.Is(err, os.ErrNotExist) {
		return at(file, err)
	}
	return nil
}
