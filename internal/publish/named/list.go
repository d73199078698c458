package named

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/publish/post"
)

// A Summary is a target as lists show it, with keys as JSON has them.
type Summary struct {
	Target      string         `json:"target"`
	Kind        string         `json:"kind"`
	URL         string         `json:"url"`
	Access      string         `json:"access"`
	BaseURL     string         `json:"base_url,omitempty"`
	Settings    map[string]any `json:"settings"`
	Credentials string         `json:"credentials"` // where they are kept, or ""

	Err error `json:"-"` // what is wrong with it
}

// Summary returns what lists show of a target.
func (s *Store) Summary(t *Target) (Summary, error) {
	l := Summary{Target: t.Name, URL: t.URL, Access: t.Access, BaseURL: t.BaseURL, Settings: t.Own()}
	account := t.Name
	if t.Is != nil {
		l.Kind, l.Access, account = t.Is.Backend.Name, "private", t.Account()
		if t.Is.Public {
			l.Access = "public"
		}
	}
	var err error
	l.Credentials, err = s.Where(account)
	return l, err
}

// List returns the targets of the settings by their names, and then the
// credentials that are kept for none of them.
func (s *Store) List() ([]Summary, error) {
	targets, wrong, err := s.targets()
	if err != nil {
		return nil, err
	}
	secrets, err := s.Secrets.List()
	if err != nil {
		return nil, err
	}
	var list []Summary
	for _, t := range targets {
		l, err := s.Summary(t)
		if err != nil {
			return nil, err
		}
		l.Err = wrong[t.Name]
		list = append(list, l)
		secrets = slices.DeleteFunc(secrets, func(e keyring.Entry) bool { return e.Target == t.Name })
	}
	for _, e := range secrets {
		list = append(list, Summary{Target: e.Target, Settings: map[string]any{}, Credentials: e.Where})
	}
	return list, nil
}

// Public returns the targets of the settings that everybody may read, also those
// that are otherwise not what they have to be.
func (s *Store) Public() ([]*Target, error) {
	targets, _, err := s.targets()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(targets, func(t *Target) bool {
		return t.BaseURL == "" && t.Access != "public" && (t.Is == nil || !t.Is.Public)
	}), nil
}

// Place returns where the target lies, as far as the settings say: an endpoint is
// named only where it is not Amazon's.
func (t *Target) Place() string {
	endpoint, _ := t.Own()["endpoint"].(string)
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || strings.HasSuffix(u.Hostname(), ".amazonaws.com") {
		return t.URL
	}
	return t.URL + "?endpoint=" + u.Scheme + "://" + u.Host
}

// X is the word for X where targets are named: it takes posts, no files.
const X = "x"

// A Removal is what goes when a target is removed.
type Removal struct {
	Account string // whose credentials go
	Kept    bool   // there are some
	Named   string // the name that the settings lose, or ""
}

// Removal finds what there is of a target that a word means: also of one that
// is not what it has to be, and credentials that have outlived theirs. The error
// wraps keyring.ErrNone if there is nothing to remove.
func (s *Store) Removal(word string, onlyCredentials bool) (*Removal, error) {
	r := &Removal{Account: word}
	t, err := s.Find(word)
	switch {
	case word == X:
		r.Account = post.Account
	case t != nil && t.Name != "":
		r.Named = t.Name
	case err == nil:
		r.Account = t.Account()
	}
	where, kept := s.Where(r.Account)
	switch {
	case kept != nil:
		return nil, kept
	case err != nil && where == "" && r.Named == "" && word != X:
		return nil, err
	case onlyCredentials:
		r.Named = ""
	}
	if r.Kept = where != ""; !r.Kept && r.Named == "" {
		return nil, fmt.Errorf("%w for %s", keyring.ErrNone, r.Account)
	}
	return r, nil
}

// Remove removes it.
func (s *Store) Remove(r *Removal) error {
	if r.Kept {
		if err := s.Secrets.Remove(r.Account); err != nil {
			return err
		}
	}
	if r.Named == "" {
		return nil
	}
	_, err := s.Folder.RemoveTarget(r.Named)
	return err
}
