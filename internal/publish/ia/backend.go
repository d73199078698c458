package ia

import (
	"cmp"
	"errors"
	"net/url"

	"github.com/spaces-cli/spaces/internal/publish"
)

// Backend is that of items of the Internet Archive: ia://item.
func Backend() publish.Backend {
	return publish.Backend{
		Name: "Internet Archive", About: "item of the Internet Archive, which everybody can read", Schemes: []string{"ia"},
		Public: true, OneAccount: true, Lasting: true,
		Flags: []publish.Flag{
			{Key: "endpoint", Usage: "send to the server at `URL`"},
			{Key: "collection", Usage: "`NAME`: collection of a new item (default opensource_audio)"},
			{Key: "media_type", Usage: "`TYPE`: media type of a new item (default audio)"},
			{Key: "derive", Usage: "let the Archive make other formats (default true)"},
		},
		Asked: []publish.Question{
			{Key: "item", Text: "Item (its name in archive.org/details/NAME)"},
			{Key: "collection", Text: "Collection of a new item (empty: opensource_audio)", Optional: true},
		},
		URL: func(answers map[string]string, _ string) (*url.URL, error) {
			return &url.URL{Scheme: "ia", Host: answers["item"]}, nil
		},
		New: func() publish.Settings { return new(settings) },
	}
}

type settings struct {
	Collection string `yaml:"collection"`
	MediaType  string `yaml:"media_type"`
	Derive     *bool  `yaml:"derive"`
	Endpoint   string `yaml:"endpoint"`
}

func (*settings) Questions(*url.URL) []publish.Question {
	return []publish.Question{{Key: "access_key", Text: "Access key"}, {Key: "secret_key", Text: "Secret key", Hidden: true}}
}

func (s *settings) Open(o *publish.Opening) (publish.Target, error) {
	return New(Config{
		URL:    o.URL.String(),
		Access: cmp.Or(o.Secret["access_key"], o.Env("IA_ACCESS_KEY")), Secret: cmp.Or(o.Secret["secret_key"], o.Env("IA_SECRET_KEY")),
		Collection: s.Collection, MediaType: s.MediaType, NoDerive: s.Derive != nil && !*s.Derive,
		API: s.Endpoint, Site: s.Endpoint, Wire: o.Wire,
	})
}

// Advise implements publish.Advisor.
func (*settings) Advise(err error) *publish.Advice {
	if errors.Is(err, ErrPending) {
		return &publish.Advice{Word: "pending", Hint: "run the same command again later; the file will not be sent twice"}
	}
	return nil
}
