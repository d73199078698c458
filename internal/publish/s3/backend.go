package s3

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// Backend is that of buckets: s3://bucket/folder.
func Backend() publish.Backend {
	return publish.Backend{
		Name: "S3", About: "bucket at Amazon S3 or an S3-compatible server", Schemes: []string{"s3"},
		Flags: []publish.Flag{
			{Key: "endpoint", Usage: "send to the server at `URL`"},
			{Key: "region", Usage: "`REGION`: region of the bucket (default: ask the server)"},
			{Key: "profile", Usage: "`NAME`: profile in ~/.aws"},
			{Key: "path_style", Usage: "put the bucket in the path of the URL"},
			{Key: "part_size", Usage: "`SIZE`: size of the parts of large objects, 5M to 5G", Once: true},
			{Key: "checksums", Usage: "ask for CRC-64/NVME checksums (default true; false if the server fails on them)"},
			{Key: "acl", Usage: "send public objects with the ACL public-read (default true; false if the bucket policy does that)"},
		},
		Asked: []publish.Question{
			{Key: "bucket", Text: "Bucket"},
			{Key: "folder", Text: "Folder in the bucket (empty: none)", Optional: true},
			{Key: "endpoint", Text: "URL of the server (empty: Amazon)", Optional: true},
			{Key: "region", Text: "Region (empty: ask the server)", Optional: true},
		},
		URL: func(answers map[string]string, _ string) (*url.URL, error) {
			return &url.URL{Scheme: "s3", Host: answers["bucket"], Path: publish.Folder(answers["folder"])}, nil
		},
		New: func() publish.Settings { return new(settings) },
	}
}

type settings struct {
	Endpoint  string `yaml:"endpoint"`
	Region    string `yaml:"region"`
	Profile   string `yaml:"profile"`
	PathStyle *bool  `yaml:"path_style"`
	PartSize  string `yaml:"part_size"`
	Checksums *bool  `yaml:"checksums"`
	ACL       *bool  `yaml:"acl"`
}

func (*settings) Questions(*url.URL) []publish.Question {
	return []publish.Question{{Key: "access_key", Text: "Access key"}, {Key: "secret_key", Text: "Secret key", Hidden: true}}
}

func (s *settings) Open(o *publish.Opening) (publish.Target, error) {
	if o.URL.Host == "" {
		return nil, fmt.Errorf("%s has no bucket name", o.URL)
	}
	part, err := wire.ParseSize(s.PartSize)
	if err != nil {
		return nil, fmt.Errorf("part size: %w", err)
	}
	return New(Options{
		Bucket: o.URL.Host, Prefix: strings.Trim(o.URL.Path, "/"), Endpoint: s.Endpoint, Region: s.Region, Profile: s.Profile,
		PathStyle: s.PathStyle, PartSize: part, NoChecksums: s.Checksums != nil && !*s.Checksums, NoACL: s.ACL != nil && !*s.ACL,
		Public: o.Public, AccessKey: o.Secret["access_key"], SecretKey: o.Secret["secret_key"], SessionToken: o.Secret["session_token"],
		Wire: o.Wire, Version: o.Version,
	})
}

// Advise implements publish.Advisor.
func (*settings) Advise(err error) *publish.Advice {
	var status *wire.StatusError
	if errors.As(err, &status) && (status.Status == http.StatusRequestEntityTooLarge || status.Code == "EntityTooLarge") {
		return &publish.Advice{Word: "too-large", Flag: "part-size",
			Hint: "send smaller parts (for example 5M), or raise the server's limit on request bodies (nginx: client_max_body_size)"}
	}
	return nil
}
