package named

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/all"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/settings"
)

func store(t *testing.T) *Store {
	t.Helper()
	dir := t.TempDir()
	return &Store{Folder: settings.Folder{Home: dir, Dir: filepath.Join(dir, "config")}, Secrets: &keyring.Store{File: filepath.Join(dir, "config", "credentials.json"), FileOnly: true}}
}

// The answers to the questions of each kind make a target that can be opened.
func TestAsk(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []string // empty at the end if it asks for more
		url     string
		access  string
		base    string
		own     string // region, user or collection
	}{
		{"folder", []string{"1", "~/web", "y", "https://example.com/"}, "file://HOME/web", "public", "https://example.com/", ""},
		{"S3", []string{"2", "bucket", "/a show/", "", "eu", "n"}, "s3://bucket/a%20show", "private", "", "eu"},
		{"WebDAV", []string{"3", "https://example.com/dav/show", "ann", ""}, "webdavs://example.com/dav/show", "private", "", "ann"},
		{"SFTP", []string{"4", "example.com:2222", "~/show", "", "no"}, "sftp://example.com:2222/~/show", "private", "", ""},
		{"Internet Archive", []string{"5", "my-item", "community"}, "ia://my-item", "", "", "community"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := store(t)
			d := Draft{Name: "show"}
			rest := c.answers
			err := d.Ask(s.Folder.Home, func(string) bool { return false }, func(string) {}, func(q publish.Question) (string, error) {
				if len(rest) == 0 {
					t.Fatalf("it asks more: %s", q.Text)
				}
				text := rest[0]
				rest = rest[1:]
				return text, nil
			})
			if err != nil || len(rest) > 0 {
				t.Fatal(err, rest)
			}
			want := strings.ReplaceAll(c.url, "HOME", filepath.ToSlash(s.Folder.Home))
			if d.URL != want || d.Access != c.access || d.BaseURL != c.base {
				t.Errorf("%+v, want %s", d, want)
			}
			if c.own != "" && (len(d.Own) != 1 || d.Own[0].Value != c.own) || c.own == "" && len(d.Own) > 0 {
				t.Errorf("settings %v, want %s", d.Own, c.own)
			}
			if _, err := s.Add(d); err != nil {
				t.Fatal(err)
			}
			found, err := s.Find("show")
			if err != nil || found.URL != want || found.Is.Backend.Name != c.name {
				t.Errorf("%+v, %v", found, err)
			}
		})
	}
}

// What is known is not asked, and an answer that is none ends it.
func TestAskStops(t *testing.T) {
	d := Draft{Name: "show", Access: "private"}
	var asked []string
	err := d.Ask("", func(key string) bool { return key == "region" || key == "endpoint" }, func(string) {}, func(q publish.Question) (string, error) {
		asked = append(asked, q.Key)
		return "2", nil
	})
	if err != nil || !slices.Equal(asked, []string{"", "bucket", "folder"}) {
		t.Errorf("%q, %v", asked, err)
	}
	for _, text := range []string{"0", "6", "S3"} {
		var wrong *Error
		err := new(Draft).Ask("", nil, func(string) {}, func(publish.Question) (string, error) { return text, nil })
		if !errors.As(err, &wrong) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What could never be opened is not saved.
func TestAddRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		draft Draft
		fault all.Fault
	}{
		{"a password in the URL", Draft{URL: "webdavs://ann:SECRET@example.com"}, all.HasPassword},
		{"a scheme that nobody knows", Draft{URL: "ftp://example.com"}, all.Unsupported},
		{"no bucket", Draft{URL: "s3:///folder"}, ""},
		{"a setting of another kind", Draft{URL: "s3://bucket", Own: []settings.Setting{{Key: "keys", Value: []string{"a"}}}}, ""},
		{"a part that is too small", Draft{URL: "s3://bucket", Own: []settings.Setting{{Key: "part_size", Value: "1M"}}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := store(t)
			c.draft.Name = "show"
			_, err := s.Add(c.draft)
			var described *all.DescriptionError
			if err == nil || strings.Contains(err.Error(), "SECRET") || errors.As(err, &described) != (c.fault != "") || described != nil && described.Fault != c.fault {
				t.Errorf("got %v", err)
			}
			if _, err := os.Stat(s.Folder.File()); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the config file was written: %v", err)
			}
		})
	}
}

func TestRemoval(t *testing.T) {
	s := store(t)
	if _, err := s.Add(Draft{Name: "show", URL: "s3://bucket"}); err != nil {
		t.Fatal(err)
	}
	for _, account := range []string{"show", "gone", "s3://other"} {
		if _, err := s.Secrets.Set(account, keyring.Secret{"access_key": "A"}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		word string
		only bool // the credentials
		want Removal
		none bool
	}{
		{"show", true, Removal{Account: "show", Kept: true}, false},
		{"show", true, Removal{}, true},
		{"show", false, Removal{Account: "show", Named: "show"}, false},
		{"show", false, Removal{}, true},
		{"gone", false, Removal{Account: "gone", Kept: true}, false},
		{"s3://other/folder", false, Removal{Account: "s3://other", Kept: true}, false},
		{X, false, Removal{}, true},
	} {
		t.Run(c.word, func(t *testing.T) {
			r, err := s.Removal(c.word, c.only)
			if c.none {
				if err == nil {
					t.Errorf("got %+v", r)
				}
				return
			}
			if err != nil || *r != c.want {
				t.Fatalf("%+v, %v", r, err)
			}
			if err := s.Remove(r); err != nil {
				t.Fatal(err)
			}
		})
	}
	if list, err := s.List(); err != nil || len(list) != 0 {
		t.Errorf("left: %v, %v", list, err)
	}
}

// Public are those of the settings that say so, or have a web address.
func TestPublic(t *testing.T) {
	s := store(t)
	for _, d := range []Draft{
		{Name: "private", URL: "s3://bucket/mine", Access: "private"},
		{Name: "web", URL: "s3://bucket/www", Access: "public", Own: []settings.Setting{{Key: "endpoint", Value: "https://s3.example.org/"}}},
		{Name: "site", URL: "file:///srv/www", BaseURL: "https://example.org/"},
	} {
		if _, err := s.Add(d); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Public()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list {
		got = append(got, p.Name+" "+p.Place())
	}
	if want := []string{"site file:///srv/www", "web s3://bucket/www?endpoint=https://s3.example.org"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
