// Package webdav sends files to WebDAV servers (RFC 4918): Nextcloud, Apache's
// mod_dav, most boxes that people have at home.
//
// A file is sent under a temporary name in the folder where it is going to be,
// its size is asked for, and only then it is moved to its name; nothing but an
// answer to MOVE makes it visible. Neither Content-Range nor If-None-Match are
// used as guards: servers answer 201 to both and do something else. An
// interrupted upload begins again from its start, since there is no portable
// way to go on; its temporary file is removed then. Only a file that has
// arrived and could not be moved, because the server had locked it, is kept for
// the next run.
//
// The requests are made with net/http directly. What clients for WebDAV add to
// it is little, and none of those at hand take a context, tell a PUT's bytes as
// they go, or leave retries, redirects and time-outs to their caller.
package webdav

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// Config says where a target is and how to get in.
type Config struct {
	URL      string // webdav://host/folder, or webdavs:// for HTTPS; the folder must be there
	User     string // "" if the server asks nobody
	Password string
	Wire     wire.Options
}

// A Target is a folder on a WebDAV server.
type Target struct {
	root   *url.URL // http or https, ends with a slash
	place  string
	client *http.Client
	wire   wire.Options
	login  login

	mu    sync.Mutex
	known map[string]bool // folders that are there, by their names below the root
}

// New makes a target. It asks the server nothing yet.
func New(c Config) (*Target, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, fmt.Errorf("%q is not a WebDAV folder", wire.Redactor{}.Text(c.URL))
	}
	place := *u
	place.User = nil
	root := place
	switch u.Scheme {
	case "webdav":
		root.Scheme = "http"
	case "webdavs":
		root.Scheme = "https"
	default:
		return nil, fmt.Errorf("%q is not a WebDAV folder: it must begin with webdav:// or webdavs://", place.String())
	}
	if u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not a WebDAV folder (try webdavs://host/folder)", place.String())
	}
	root.Path = strings.TrimSuffix(root.Path, "/") + "/"
	root.RawPath = ""
	c.Wire.Redact = wire.NewRedactor(c.Password, c.User+":"+c.Password)
	t := &Target{
		root:   &root,
		place:  place.String(),
		client: c.Wire.Client(),
		wire:   c.Wire,
		login:  login{user: c.User, password: c.Password},
		known:  make(map[string]bool),
	}
	follow := t.client.CheckRedirect
	t.client.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		if next.Method != via[0].Method {
			return http.ErrUseLastResponse // 301 to a PROPFIND must not become a GET
		}
		return follow(next, via)
	}
	return t, nil
}

// Place implements publish.Target.
func (t *Target) Place() string { return t.place }

// Close implements publish.Target.
func (t *Target) Close() error {
	t.client.CloseIdleConnections()
	return nil
}

// url is the address of an object or folder below the root.
func (t *Target) url(name string) *url.URL {
	u := *t.root
	u.Path += name
	return &u
}

// Stat implements publish.Target.
func (t *Target) Stat(ctx context.Context, name string) (publish.Remote, error) {
	e, err := t.stat(ctx, name)
	return e.remote(), err
}

// stat asks for an object; folders are none.
func (t *Target) stat(ctx context.Context, name string) (e entry, err error) {
	if err := publish.CheckName(name); err != nil {
		return e, err
	}
	err = t.wire.Try(ctx, func(ctx context.Context) error {
		list, err := t.propfind(ctx, t.url(name), "0")
		if err != nil {
			return err
		}
		if e = list[0]; e.folder {
			return fmt.Errorf("%s: %w: a folder has that name", t.url(name), publish.ErrNotExist)
		}
		return nil
	})
	return e, err
}

// Open implements publish.Target.
func (t *Target) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	// A server may answer GET for a folder with a page of what is in it.
	if _, err := t.stat(ctx, name); err != nil {
		return nil, err
	}
	var body io.ReadCloser
	err := t.wire.Try(ctx, func(ctx context.Context) error {
		r, err := t.do(ctx, request{method: http.MethodGet, url: t.url(name)})
		if err != nil {
			return err
		}
		if err := wire.CheckStatus(r, http.StatusOK); err != nil {
			return err
		}
		body = r.Body
		return nil
	})
	return body, err
}

// Remove implements publish.Target. Folders are never removed: DELETE would take
// all that is in them (RFC 4918, 9.6.1).
func (t *Target) Remove(ctx context.Context, name string, was publish.Remote) error {
	there, err := t.Stat(ctx, name)
	if err == nil {
		err = there.Unchanged(was)
	}
	if err != nil {
		return err
	}
	return t.wire.Try(ctx, func(ctx context.Context) error { return t.remove(ctx, name) })
}

// Plan implements publish.Target.
func (t *Target) Plan(u *publish.Upload) []string {
	final := t.url(u.Name).String()
	folder := t.url(folderOf(u.Name)).String()
	temporary := t.url(folderOf(u.Name)).String() + strings.Replace(temporaryShape, "*", "…", 1)
	return []string{
		"PROPFIND " + final, // what is asked in between is whether a folder has come there
		"PROPFIND " + folder + " (MKCOL for each missing folder)",
		"PROPFIND " + final,
		fmt.Sprintf("PUT %s (%d bytes)", temporary, u.Size),
		"PROPFIND " + temporary,
		"PROPFIND " + final,
		"MOVE " + temporary + " to " + final,
		"PROPFIND " + temporary,
		"PROPFIND " + final,
		"PROPFIND " + final,
	}
}

// Leftovers implements publish.Target.
func (t *Target) Leftovers(ctx context.Context) ([]publish.Leftover, error) {
	const mostFolders, mostDeep = 20000, 40
	var found []publish.Leftover
	folders := []string{""}
	for i := 0; i < len(folders); i++ {
		if i == mostFolders {
			return found, fmt.Errorf("%s has more than %d folders: name a folder inside it", t.place, mostFolders)
		}
		folder := folders[i]
		var list []entry
		err := t.wire.Try(ctx, func(ctx context.Context) (err error) {
			list, err = t.propfind(ctx, t.url(folder), "1")
			return err
		})
		if err != nil {
			return found, err
		}
		for _, e := range list[1:] {
			name := folder + e.name
			switch {
			case e.folder && strings.Count(name, "/") < mostDeep:
				folders = append(folders, name+"/")
			case !e.folder && isTemporary().MatchString(e.name):
				found = append(found, publish.Leftover{
					Name:      name,
					Temporary: true,
					Bytes:     e.size,
					Since:     e.modified,
					Remove: func(ctx context.Context) error {
						return t.wire.Try(ctx, func(ctx context.Context) error { return t.remove(ctx, name) })
					},
				})
			}
		}
	}
	return found, nil
}
