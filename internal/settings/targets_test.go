package settings

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// bucket is what a kind of target knows besides.
type bucket struct {
	Region string `yaml:"region"`
	Parts  int    `yaml:"parts"`
}

func TestTargets(t *testing.T) {
	f := folder(t, `quiet: true
targets:
  show: {url: "s3://bucket/show", access: public, base_url: "https://example.com/", region: eu, parts: 4}
  disk: {url: "file:///disk"}
`)
	all, err := f.Targets()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all["disk"].URL != "file:///disk" || all["disk"].Access != "" {
		t.Errorf("got %+v", all)
	}
	show := all["show"]
	if show.URL != "s3://bucket/show" || show.Access != "public" || show.BaseURL != "https://example.com/" {
		t.Errorf("got %+v", show)
	}
	for _, c := range []struct {
		name string
		over map[string]string
		want bucket
	}{
		{"as in the file", nil, bucket{"eu", 4}},
		{"one key for this run", map[string]string{"parts": "8"}, bucket{"eu", 8}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bucket
			if err := show.Decode(&b, c.over); err != nil || b != c.want {
				t.Errorf("got %+v, %v, want %+v", b, err, c.want)
			}
		})
	}
	t.Run("no keys of its own", func(t *testing.T) {
		b := bucket{Region: "preset"}
		if err := (&Target{URL: "s3://a"}).Decode(&b, nil); err != nil || b.Region != "preset" {
			t.Errorf("got %+v, %v", b, err)
		}
	})
	t.Run("a key that the kind does not know", func(t *testing.T) {
		if err := show.Decode(&struct {
			Region string `yaml:"region"`
		}{}, nil); err == nil || err.Error() != "unknown key parts" {
			t.Errorf("got %v", err)
		}
	})
}

func TestTargetsRefused(t *testing.T) {
	for _, c := range []struct{ content, secret, says string }{
		{"targets: {show: {url: 's3://b', password: x}}", "password", "target show: password must not be stored here, where others may read it"},
		{"targets: {show: {secret_key: x}}", "secret_key", "target show: secret_key must not be stored here, where others may read it"},
		{"targets: {show: {Password: x}}", "Password", "target show: Password must not be stored here, where others may read it"},
		{"targets: {show: {secret-access-key: x}}", "secret-access-key", "target show: secret-access-key must not be stored here, where others may read it"},
		{"targets: {show: {endpoint: 'http://key:SECRET@h'}}", "", "the target show: endpoint: the URL contains a password, which others may read"},
		{"targets: {show: 's3://b'}", "", "the target show: it must be a list of keys (for example url: s3://bucket/folder)"},
	} {
		t.Run(c.content, func(t *testing.T) {
			f := folder(t, c.content)
			_, err := f.Targets()
			var wrong *TargetError
			if !errors.As(err, &wrong) || wrong.Secret != c.secret || err.Error() != f.File()+": "+c.says {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a list", func(t *testing.T) {
		var wrong *FileError
		if _, err := folder(t, "targets: [a]").Targets(); !errors.As(err, &wrong) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no file", func(t *testing.T) {
		if all, err := folder(t, "").Targets(); err != nil || len(all) != 0 {
			t.Errorf("got %v, %v", all, err)
		}
	})
}

// What is saved of a target is what is read, and the rest of the file stays.
func TestSaveTarget(t *testing.T) {
	list := []Setting{{"url", "s3://bucket/show"}, {"access", "public"}, {"region", "eu"}, {"parts", "4"}}
	for _, c := range []struct{ name, before, target, after string }{
		{"no file", "", "show", "targets:\n    show:\n        url: s3://bucket/show\n        access: public\n        region: eu\n        parts: \"4\"\n"},
		{"comments stay", "# mine\njobs: 3 # three\ntargets:\n    # the disk\n    disk:\n        url: file:///disk # big\n", "show",
			"# mine\njobs: 3 # three\ntargets:\n    # the disk\n    disk:\n        url: file:///disk # big\n    show:\n        url: s3://bucket/show\n        access: public\n        region: eu\n        parts: \"4\"\n"},
		{"an empty section", "targets: {}\njobs: 1\n", "show", "targets:\n    show:\n        url: s3://bucket/show\n        access: public\n        region: eu\n        parts: \"4\"\njobs: 1\n"},
		{"a section of nothing", "targets:\njobs: 1\n", "show", "targets:\n    show:\n        url: s3://bucket/show\n        access: public\n        region: eu\n        parts: \"4\"\njobs: 1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := folder(t, c.before)
			if err := f.SaveTarget(c.target, list, false); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(f.File())
			if err != nil || string(b) != c.after {
				t.Errorf("the file is\n%s\nwant\n%s", b, c.after)
			}
			all, err := f.Targets()
			if err != nil || all[c.target] == nil || all[c.target].Access != "public" {
				t.Errorf("read back: %+v, %v", all, err)
			}
			if was, err := f.RemoveTarget(c.target); !was || err != nil {
				t.Errorf("removed: %v, %v", was, err)
			}
			if all, err := f.Targets(); err != nil || all[c.target] != nil || strings.Contains(c.before, "disk") != (all["disk"] != nil) {
				t.Errorf("after removing: %v, %v", all, err)
			}
		})
	}
}

func TestSaveTargetRefuses(t *testing.T) {
	const before = "targets:\n    show:\n        url: file:///show\n"
	for _, c := range []struct {
		name, target string
		list         []Setting
		replace      bool
		want         string
	}{
		{"a name that is taken", "show", []Setting{{"url", "s3://b"}}, false, ErrTargetExists.Error()},
		{"a name like a URL", "s3://b", nil, false, "the name of a target can contain only"},
		{"a name like a flag", "-x", nil, false, "the name of a target can contain only"},
		{"a secret", "b", []Setting{{"url", "s3://b"}, {"secret_key", "hunter2"}}, false, "target b: secret_key must not be stored here"},
		{"a password in a URL", "b", []Setting{{"url", "s3://b"}, {"endpoint", "http://key:hunter2@h"}}, false, "endpoint: the URL contains a password"},
		{"replaced", "show", []Setting{{"url", "s3://b"}}, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := folder(t, before)
			err := f.SaveTarget(c.target, c.list, c.replace)
			if c.want == "" {
				if all, _ := f.Targets(); err != nil || all["show"].URL != "s3://b" {
					t.Errorf("%v, %v", all, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if b, _ := os.ReadFile(f.File()); string(b) != before {
				t.Errorf("the file has changed:\n%s", b)
			}
		})
	}
	if was, err := folder(t, before).RemoveTarget("other"); was || err != nil {
		t.Errorf("a target that is not there: %v, %v", was, err)
	}
}
