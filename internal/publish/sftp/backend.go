package sftp

import (
	"errors"
	"fmt"
	"net/url"
	"os/user"
	"path/filepath"

	"github.com/spaces-cli/spaces/internal/publish"
)

// Backend is that of folders on servers that are reached over SSH:
// sftp://user@host/folder.
func Backend() publish.Backend {
	return publish.Backend{
		Name: "SFTP", About: "folder on a server with SSH (SFTP)", Schemes: []string{"sftp"},
		Flags: []publish.Flag{
			{Key: "user", Usage: "log in as `USER`"},
			{Key: "keys", Usage: "`FILES`: private keys to log in with, separated by commas", List: true},
			{Key: "known_hosts", Usage: "check host keys against `FILE` (default ~/.ssh/known_hosts)"},
			{Key: "accept_new_host_key", Usage: "trust an SFTP server that known_hosts does not list, and save its key", Once: true},
		},
		Asked: []publish.Question{
			{Key: "host", Text: "Server (HOST or HOST:PORT)"},
			{Key: "folder", Text: "Folder on the server (~/NAME: in the home folder)"},
			{Key: "user", Text: "User (empty: as on this computer)", Optional: true},
		},
		URL: func(answers map[string]string, _ string) (*url.URL, error) {
			return &url.URL{Scheme: "sftp", Host: answers["host"], Path: publish.Folder(answers["folder"])}, nil
		},
		New: func() publish.Settings { return new(settings) },
	}
}

type settings struct {
	User       string   `yaml:"user"`
	Keys       []string `yaml:"keys"`        // files of private keys
	KnownHosts string   `yaml:"known_hosts"` // file
	AcceptNew  bool     `yaml:"accept_new_host_key"`
}

func (*settings) Questions(*url.URL) []publish.Question { // a passphrase is not sent to the server
	return []publish.Question{
		{Key: "password", Text: "Password (empty: none)", Hidden: true, Optional: true},
		{Key: "passphrase", Text: "Passphrase of the key file (empty: none)", Hidden: true, Optional: true},
	}
}

// Open takes the keys and known hosts that ssh itself takes unless the
// settings name others.
func (s *settings) Open(o *publish.Opening) (publish.Target, error) {
	if o.URL.Host == "" {
		return nil, fmt.Errorf("%s has no host name", o.URL)
	}
	own := func(name string) string {
		if o.Home == "" {
			return "" // never a file of the current folder
		}
		return filepath.Join(o.Home, ".ssh", name)
	}
	c := Config{
		URL: o.URL.String(), User: s.User, Password: o.Secret["password"], Passphrase: o.Secret["passphrase"],
		KnownHosts: []string{own("known_hosts")}, Agent: o.Env("SSH_AUTH_SOCK"), Wire: o.Wire,
	}
	if c.User == "" {
		c.User = o.Secret["user"]
	}
	if c.User == "" {
		if me, err := user.Current(); err == nil {
			c.User = me.Username
		}
	}
	for _, name := range []string{"id_ed25519", "id_ecdsa", "id_rsa"} {
		if file := own(name); file != "" {
			c.KeyFiles = append(c.KeyFiles, file)
		}
	}
	if s.Keys != nil {
		c.KeyFiles = nil
		for _, name := range s.Keys {
			c.KeyFiles = append(c.KeyFiles, o.Path(name))
		}
	}
	if s.KnownHosts != "" {
		c.KnownHosts[0] = o.Path(s.KnownHosts)
	}
	c.AcceptNew = func(e *HostKeyError) bool {
		if s.AcceptNew {
			o.Warn("%s is now trusted: saved its host key %s %s in %s", e.Host, e.Type, e.Fingerprint, c.KnownHosts[0])
			return true
		}
		return o.Trust(e)
	}
	return New(c)
}

// Advise implements publish.Advisor.
func (*settings) Advise(err error) *publish.Advice {
	var host *HostKeyError
	if errors.As(err, &host) && !host.Changed && !host.Revoked {
		return &publish.Advice{Word: "untrusted", Flag: "accept-new-host-key", Hint: "compare the key with the server's, then accept it"}
	}
	return nil
}
