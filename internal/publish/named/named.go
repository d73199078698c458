// Package named finds the targets that a user means, by their names in the
// settings or by their URLs, and adds, opens and removes them. It holds no
// words of a command line: what is wrong comes back as an error of a type.
package named

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/all"
	"github.com/spaces-cli/spaces/internal/publish/folder"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/settings"
)

// A Store is where targets and their credentials are kept.
type Store struct {
	Folder  settings.Folder
	Secrets *keyring.Store
	Netrc   string // the file in which other programs keep passwords of hosts, or ""
}

// A Target is a target that a user named: as the config file has it, or by its
// URL alone.
type Target struct {
	*settings.Target

	Name     string // in the config file, or ""
	Is       *all.Description
	Settings publish.Settings
}

// Account is the name under which secrets are kept: the target's, or what in
// its URL says who lets in.
func (t *Target) Account() string { return cmp.Or(t.Name, t.Is.Account()) }

// Configure hands the backend its settings, and over them those that hold for
// this run.
func (t *Target) Configure(over map[string]string) error {
	t.Settings = t.Is.Backend.New()
	return t.Decode(t.Settings, over)
}

// describe checks what is known of a target.
func (t *Target) describe() (err error) {
	if t.Is, err = all.Describe(t.URL, t.BaseURL, t.Access); err != nil {
		return &Error{t.Name, err}
	}
	if err := t.Configure(nil); err != nil {
		return &Error{t.Name, err}
	}
	return nil
}

// An Error says that a target is not what it has to be.
type Error struct {
	Name string // of the target, or "" if it is a URL
	Err  error  // often an *all.DescriptionError
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// An UnknownError says that no target has a name.
type UnknownError struct {
	Name   string
	Known  []string // the names that there are
	Folder string   // the URL of the folder that is called so, or ""
	Path   string   // that of the folder that the word names, as a path; it need not exist
}

func (e *UnknownError) Error() string { return fmt.Sprintf("no target is named %q", e.Name) }

// Find returns the target that a word means: a URL, or a name in the settings.
func (s *Store) Find(word string) (*Target, error) {
	t := &Target{Target: &settings.Target{URL: word}}
	if !strings.Contains(word, "://") {
		known, err := s.Folder.Targets()
		if err != nil {
			return nil, err
		}
		if t.Target = known[word]; t.Target == nil {
			return nil, unknown(word, known)
		}
		t.Name = word
	}
	return t, t.describe()
}

// ErrQuery means that the address of a file has a query, which no target takes.
var ErrQuery = errors.New("the address has a query")

// Holding returns the target that a file on a server belongs to, and its name
// there: of the settings that which goes farthest down, or else the folder that
// it lies in.
func (s *Store) Holding(u *url.URL) (t *Target, name string, err error) {
	list, err := s.List()
	if err != nil {
		return nil, "", err
	}
	best := ""
	for _, l := range list {
		at, err := url.Parse(l.URL)
		if err != nil || l.Err != nil || at.Scheme != u.Scheme || !strings.EqualFold(at.Host, u.Host) || at.User.String() != u.User.String() && u.User != nil {
			continue
		}
		folder := strings.TrimSuffix(at.Path, "/") + "/"
		if rest, ok := strings.CutPrefix(u.Path, folder); ok && rest != "" && (best == "" || len(rest) < len(name)) {
			best, name = l.Target, rest
		}
	}
	if best == "" {
		dir := *u
		dir.Path, name = path.Split(u.Path)
		dir.RawPath = ""
		best = dir.String()
	}
	t, err = s.Find(best)
	if err == nil && u.RawQuery != "" {
		err = ErrQuery
	}
	return t, name, err
}

func unknown(word string, known map[string]*settings.Target) error {
	e := &UnknownError{Name: word, Known: slices.Sorted(maps.Keys(known))}
	if abs, err := filepath.Abs(word); err == nil {
		there := folder.URL(abs).String()
		if info, err := os.Stat(abs); err == nil && info.IsDir() {
			e.Folder = there
		}
		if filepath.IsAbs(word) || strings.HasPrefix(filepath.ToSlash(word), "./") || strings.HasPrefix(filepath.ToSlash(word), "../") {
			e.Path = there
		}
	}
	return e
}

// targets returns those of the settings by their names. Those that are not what
// they have to be have an error each.
func (s *Store) targets() ([]*Target, map[string]error, error) {
	known, err := s.Folder.Targets()
	if err != nil {
		return nil, nil, err
	}
	var list []*Target
	wrong := make(map[string]error)
	for _, name := range slices.Sorted(maps.Keys(known)) {
		t := &Target{Target: known[name], Name: name}
		if err := t.describe(); err != nil {
			wrong[name] = err
		}
		list = append(list, t)
	}
	return list, wrong, nil
}

// A Draft is a target that is to be added.
type Draft struct {
	Name         string
	URL          string
	Access       string // private or public, or ""
	BaseURL      string
	Own          []settings.Setting // what only its kind knows
	ReplacesSame bool               // one of that name may be replaced
}

// Add checks a target and writes it to the settings.
func (s *Store) Add(d Draft) (*Target, error) {
	if _, err := all.Describe(d.URL, d.BaseURL, d.Access); err != nil {
		return nil, &Error{d.Name, err}
	}
	list := []settings.Setting{{Key: "url", Value: d.URL}}
	for _, more := range []settings.Setting{{Key: "access", Value: d.Access}, {Key: "base_url", Value: d.BaseURL}} {
		if more.Value != "" {
			list = append(list, more)
		}
	}
	own, err := settings.NewTarget(append(list, d.Own...))
	if err != nil {
		return nil, err
	}
	t := &Target{Target: own, Name: d.Name}
	if err := t.describe(); err != nil {
		return nil, err
	}
	// What cannot be opened now cannot be later: a URL without a bucket.
	target, err := t.Settings.Open(&publish.Opening{
		URL: t.Is.URL, Public: t.Is.Public, Home: s.Folder.Home,
		Env:   func(string) string { return "" },
		Netrc: func(string, string) (string, string, error) { return "", "", nil },
	})
	if err != nil {
		return nil, &Error{d.Name, err}
	}
	target.Close()
	return t, s.Folder.SaveTarget(d.Name, append(list, d.Own...), d.ReplacesSame)
}

// Open makes a target; nothing is connected to. The Opening's URL, Public,
// Home, Secret and Netrc are filled in.
func (s *Store) Open(t *Target, o publish.Opening) (publish.Target, error) {
	o.URL, o.Public, o.Home, o.Netrc = t.Is.URL, t.Is.Public, s.Folder.Home, s.netrc
	if t.Settings.Questions(t.Is.URL) != nil {
		secret, err := s.Secrets.Get(t.Account())
		if err != nil && !errors.Is(err, keyring.ErrNone) {
			return nil, err
		}
		o.Secret = secret
	}
	target, err := t.Settings.Open(&o)
	if err != nil && !errors.As(err, new(*keyring.PermissionError)) {
		return nil, &Error{t.Name, err}
	}
	return target, err
}

// netrc looks for a login in the user's netrc file.
func (s *Store) netrc(host, user string) (login, password string, err error) {
	secret, err := keyring.Netrc(s.Netrc, host, user)
	if errors.Is(err, keyring.ErrNone) {
		return "", "", nil
	}
	return secret["user"], secret["password"], err
}

// Where says where the credentials of an account are kept: keyring.System,
// keyring.InFile, or "".
func (s *Store) Where(account string) (string, error) {
	list, err := s.Secrets.List()
	for _, e := range list {
		if e.Target == account {
			return e.Where, nil
		}
	}
	return "", err
}
