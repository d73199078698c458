package webdav

import (
	"fmt"
	"net/url"

	"github.com/spaces-cli/spaces/internal/publish"
)

// Backend is that of folders on WebDAV servers: webdavs://host/folder.
func Backend() publish.Backend {
	return publish.Backend{
		Name: "WebDAV", About: "folder on a WebDAV server, such as Nextcloud", Schemes: []string{"webdav", "webdavs"},
		Flags: []publish.Flag{{Key: "user", Usage: "log in as `USER`"}},
		Asked: []publish.Question{
			{Key: "address", Text: "Web address of the folder (https://…)"},
			{Key: "user", Text: "User", Optional: true},
		},
		URL: address,
		New: func() publish.Settings { return new(settings) },
	}
}

// address makes the URL of a target of the web address that servers show.
func address(answers map[string]string, _ string) (*url.URL, error) {
	u, err := url.Parse(answers["address"])
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q is not a web address", answers["address"])
	}
	switch u.Scheme {
	case "https":
		u.Scheme = "webdavs"
	case "http":
		u.Scheme = "webdav"
	}
	return u, nil
}

type settings struct {
	User string `yaml:"user"`
}

func (s *settings) Questions(u *url.URL) []publish.Question {
	password := publish.Question{Key: "password", Text: "Password", Hidden: true}
	if s.User != "" || u.User.Username() != "" {
		return []publish.Question{password}
	}
	return []publish.Question{{Key: "user", Text: "User"}, password}
}

func (s *settings) Open(o *publish.Opening) (publish.Target, error) {
	if o.URL.Host == "" {
		return nil, fmt.Errorf("%s has no host name", o.URL)
	}
	c := Config{User: o.URL.User.Username(), Password: o.Secret["password"], Wire: o.Wire}
	if c.User == "" {
		c.User = s.User
	}
	if c.User == "" {
		c.User = o.Secret["user"]
	}
	if c.Password == "" {
		login, password, err := o.Netrc(o.URL.Hostname(), c.User)
		if err != nil {
			return nil, err
		}
		c.Password = password
		if c.User == "" {
			c.User = login
		}
	}
	u := *o.URL
	u.User = nil
	c.URL = u.String()
	return New(c)
}
