package settings

import (
	"errors"
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
		}{}, nil); err == nil || err.Error() != "there is no key parts" {
			t.Errorf("got %v", err)
		}
	})
}

func TestTargetsRefused(t *testing.T) {
	for _, c := range []struct{ content, secret, says string }{
		{"targets: {show: {url: 's3://b', password: x}}", "password", "password of the target show does not belong here, where others may read it"},
		{"targets: {show: {secret_key: x}}", "secret_key", "secret_key of the target show does not belong here, where others may read it"},
		{"targets: {show: 's3://b'}", "", "the target show: it must be a list of keys, such as url: s3://bucket/folder"},
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
