// Package keyring keeps what targets ask for to let somebody in: in the
// operating system's keyring or, where none runs, in a file that nobody else may
// read. It also reads netrc files, which are other programs'.
package keyring

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	system "github.com/zalando/go-keyring"

	"github.com/spaces-cli/spaces/internal/durable"
)

// ErrNone means that nothing is kept for a target.
var ErrNone = errors.New("no credentials are stored")

// Where secrets are kept. The words appear in JSON.
const (
	System = "keyring"
	InFile = "file"
)

// service is the name under which the system's keyring shows our entries.
const service = "spaces"

// A Secret is what a target asks for, by names of the target's own:
// "access_key", "secret_key", "user", "password" …
type Secret map[string]string

// A Store keeps the secrets of targets.
type Store struct {
	// File lists for which targets there are secrets, and holds those that the
	// system's keyring could not take.
	File string
	// FileOnly leaves the system's keyring alone.
	FileOnly bool

	trace durable.Trace // for tests
}

// An Entry is a target that has secrets.
type Entry struct {
	Target string
	Where  string // System or InFile
}

// ErrNoFile means that the Store has no file: nothing is kept.
var ErrNoFile = errors.New("no folder for credentials: neither HOME nor a settings folder is set")

// content is what File holds.
type content struct {
	Schema  int              `json:"schema"`
	Targets map[string]entry `json:"targets"`
}

type entry struct {
	Where  string `json:"where"`
	Secret Secret `json:"secret,omitempty"` // if it is in the file
}

// Set keeps the secret of a target in place of an older one, and returns where.
func (s *Store) Set(target string, secret Secret) (where string, err error) {
	if s.File == "" {
		return "", ErrNoFile
	}
	c, err := s.read()
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(secret)
	if err != nil {
		return "", err
	}
	if !s.FileOnly && system.Set(service, target, string(text)) == nil {
		// A keyring may say that it took it and forget it at once, as some do
		// that run without a session.
		if back, err := system.Get(service, target); err == nil && back == string(text) {
			c.Targets[target] = entry{Where: System}
			return System, s.write(c)
		}
	}
	c.Targets[target] = entry{InFile, secret}
	return InFile, s.write(c)
}

// HasSystem reports whether the system has a keyring that answers, and it is to
// be used.
func (s *Store) HasSystem() bool {
	if s.FileOnly {
		return false
	}
	_, err := system.Get(service, "")
	return err == nil || errors.Is(err, system.ErrNotFound)
}

// Get returns the secret of a target. The error wraps ErrNone if there is none.
func (s *Store) Get(target string) (Secret, error) {
	c, err := s.read()
	if err != nil {
		return nil, err
	}
	e, ok := c.Targets[target]
	switch {
	case !ok:
		return nil, fmt.Errorf("%w for %s", ErrNone, target)
	case e.Where == InFile:
		return e.Secret, nil
	}
	text, err := system.Get(service, target)
	if errors.Is(err, system.ErrNotFound) {
		return nil, fmt.Errorf("%w for %s: the system keyring no longer has them", ErrNone, target)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot open the system keyring: %w", err)
	}
	var secret Secret
	if json.Unmarshal([]byte(text), &secret) != nil {
		return nil, fmt.Errorf("the entry for %s in the system keyring was not written by spaces", target)
	}
	return secret, nil
}

// Remove forgets the secret of a target. The error wraps ErrNone if there is
// none.
func (s *Store) Remove(target string) error {
	c, err := s.read()
	if err != nil {
		return err
	}
	e, ok := c.Targets[target]
	if !ok {
		return fmt.Errorf("%w for %s", ErrNone, target)
	}
	if e.Where == System {
		if err := system.Delete(service, target); err != nil && !errors.Is(err, system.ErrNotFound) {
			return fmt.Errorf("the system keyring: %w", err)
		}
	}
	delete(c.Targets, target)
	return s.write(c)
}

// List returns the targets that have secrets, by name.
func (s *Store) List() ([]Entry, error) {
	c, err := s.read()
	if err != nil {
		return nil, err
	}
	list := make([]Entry, 0, len(c.Targets))
	for _, name := range slices.Sorted(maps.Keys(c.Targets)) {
		list = append(list, Entry{name, c.Targets[name].Where})
	}
	return list, nil
}

// A PermissionError means that others may read the file.
type PermissionError struct {
	File string
	Mode fs.FileMode
}

func (e *PermissionError) Error() string {
	return fmt.Sprintf("%s holds secrets, and others may read it (%v)", e.File, e.Mode)
}

func (s *Store) read() (*content, error) {
	c := &content{Schema: 1, Targets: make(map[string]entry)}
	f, err := os.Open(s.File)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := private(f, s.File); err != nil {
		return nil, err
	}
	if err := json.NewDecoder(f).Decode(c); err != nil {
		return nil, fmt.Errorf("%s: %w", s.File, err)
	}
	if c.Schema != 1 {
		return nil, fmt.Errorf("%s was written by a newer version of spaces", s.File)
	}
	if c.Targets == nil {
		c.Targets = make(map[string]entry)
	}
	return c, nil
}

func (s *Store) write(c *content) error {
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if s.File == "" {
		return ErrNoFile
	}
	dir := filepath.Dir(s.File)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	durable.SweepDir(root, ".") // a secret that a killed run has left
	o := durable.Options{Perm: 0o600, Trace: s.trace}
	return o.WriteFile(root, filepath.Base(s.File), append(b, '\n'))
}
