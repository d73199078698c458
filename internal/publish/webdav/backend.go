package webdav

import (
	"fmt"
	"net/url"

	"github.com/spaces-cli/spaces/internal/publish"
)

// Backend is that of folders on WebDAV servers: webdavs://host/folder.
func Backend() publish.Backend {
	return publish.Backend{Name: "WebDAV", Schemes: []string{"webdav", "webdavs"}, New: func() publish.Settings { return new(settings) }}
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
		return nil, fmt.Errorf("%s does not name a host", o.URL)
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
