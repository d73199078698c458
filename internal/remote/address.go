// Package remote says what the addresses are that people give instead of files,
// and reads the secrets that go with them. It connects to nothing.
package remote

import (
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// A Kind says what is at an address, as far as the address tells.
type Kind string

const (
	Playlist Kind = "playlist" // an HLS playlist, by its name
	Space    Kind = "space"    // the page of a Space on X
	Web      Kind = "web"      // something on the web: its first bytes tell what
	XPage    Kind = "x-page"   // another page of X, which only a browser that is signed in sees
	Stored   Kind = "stored"   // on a server of the user's own: S3, WebDAV, SFTP
)

// An Address is where something is that a command takes in.
type Address struct {
	Kind    Kind
	URL     *url.URL
	SpaceID string // of a Space's page
}

// A SchemeError is an address of a kind that nothing is taken from.
type SchemeError struct{ Scheme string }

func (e *SchemeError) Error() string {
	return fmt.Sprintf("addresses with %s:// are not supported", e.Scheme)
}

// MissingError is an address without a part that it needs.
type MissingError struct{ Part string }

func (e *MissingError) Error() string { return "the address names no " + e.Part }

var schemeName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]+://`) // one letter is a drive of Windows
})

// Is reports whether text is an address and not a path.
func Is(text string) bool {
	return schemeName().MatchString(text) || space.PageID(text) != ""
}

// Parse reads an address. An error is a *SchemeError, a *MissingError or says
// what is wrong without repeating the address, in which secrets may stand.
func Parse(text string) (Address, error) {
	if id := space.PageID(text); id != "" {
		return Address{Kind: Space, URL: &url.URL{Scheme: "https", Host: "x.com", Path: "/i/spaces/" + id}, SpaceID: id}, nil
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil {
		if inner, ok := err.(*url.Error); ok {
			err = inner.Err // without the address
		}
		return Address{}, fmt.Errorf("the address cannot be read: %w", err)
	}
	u.Scheme = strings.ToLower(u.Scheme)
	a := Address{URL: u, Kind: Stored}
	switch u.Scheme {
	case "http", "https":
		a.Kind = Web
		ext := strings.ToLower(path.Ext(u.Path))
		switch host := "." + strings.ToLower(u.Hostname()); {
		case strings.HasSuffix(host, ".x.com"), strings.HasSuffix(host, ".twitter.com"):
			a.Kind = XPage
		case ext == ".m3u8", ext == ".m3u":
			a.Kind = Playlist
		}
	case "s3", "webdav", "webdavs", "sftp":
	default:
		return Address{}, &SchemeError{u.Scheme}
	}
	switch {
	case u.Hostname() == "" && u.Scheme == "s3":
		return Address{}, &MissingError{"bucket"}
	case u.Hostname() == "":
		return Address{}, &MissingError{"host"}
	case a.Kind == Stored && strings.Trim(u.Path, "/") == "":
		return Address{}, &MissingError{"file"}
	}
	u.Fragment, u.RawFragment = "", ""
	return a, nil
}

// String is the address without what may be a secret: user, password, query.
// Only the last part of the path is shown: what is before it may be a key.
func (a Address) String() string {
	if a.Kind == Space {
		return "https://x.com/i/spaces/" + a.SpaceID
	}
	middle := "/"
	if strings.Count(a.URL.Path, "/") > 1 {
		middle = "/…/"
	}
	return a.URL.Scheme + "://" + a.URL.Host + middle + a.Name()
}

// Name is the last part of the path, as it would name a file.
func (a Address) Name() string {
	name := path.Base(path.Clean("/" + a.URL.Path))
	if name == "/" {
		return ""
	}
	return name
}
