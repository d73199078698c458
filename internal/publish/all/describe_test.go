package all_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/publish/all"
)

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		name, url, base, access string
		backend, account        string
		public                  bool
		fault                   all.Fault
	}{
		{name: "S3", url: "s3://bucket/show", backend: "S3", account: "s3://bucket"},
		{name: "public", url: "s3://bucket", access: "public", backend: "S3", account: "s3://bucket", public: true},
		{name: "archive", url: "ia://item", backend: "Internet Archive", account: "ia://", public: true},
		{name: "base URL", url: "webdavs://h/a", base: "https://example.com/", access: "private", backend: "WebDAV", account: "webdavs://h"},
		{name: "a word", url: "show", fault: all.NoURL},
		{name: "broken", url: "s3://%zz", fault: all.NoURL},
		{name: "password", url: "sftp://me:SECRET@h/a", fault: all.HasPassword},
		{name: "password in the base URL", url: "s3://bucket", base: "https://me:SECRET@h/a", fault: all.HasPassword},
		{name: "scheme", url: "http://h/a", fault: all.Unsupported},
		{name: "query", url: "s3://bucket/a?b", fault: all.HasQuery},
		{name: "fragment", url: "s3://bucket/a#b", fault: all.HasQuery},
		{name: "base path", url: "s3://bucket", base: "show/", fault: all.BadBaseURL},
		{name: "access", url: "s3://bucket", access: "all", fault: all.BadAccess},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := all.Describe(c.url, c.base, c.access)
			var wrong *all.DescriptionError
			if errors.As(err, &wrong); c.fault != "" {
				if wrong == nil || wrong.Fault != c.fault || strings.Contains(err.Error(), "SECRET") {
					t.Errorf("%v, want %s", err, c.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d.Backend.Name != c.backend || d.Account() != c.account || d.Public != c.public || d.URL.String() != c.url {
				t.Errorf("%+v, account %s", d, d.Account())
			}
		})
	}
}
