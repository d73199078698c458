package studio

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/consent"
)

const sampleAPI = "/api/recordings/" + sampleID

// post sends a request and reads the outcome of what it began, if need be
// from its events.
func (c *client) post(path, body string) outcomeText {
	c.t.Helper()
	_, text, _ := c.ask("POST", path, body, nil)
	var first struct {
		outcomeText
		Task string
	}
	if err := json.Unmarshal([]byte(text), &first); err != nil {
		c.t.Fatalf("%v: %s", err, text)
	}
	if first.Task == "" {
		return first.outcomeText
	}
	_, text, _ = c.ask("GET", "/api/tasks/"+first.Task+"/events", "", nil)
	_, end, ok := strings.Cut(text, "event: end\ndata: ")
	if !ok {
		c.t.Fatalf("no end: %s", text)
	}
	var got outcomeText
	if err := json.Unmarshal([]byte(end), &got); err != nil {
		c.t.Fatalf("%v: %s", err, end)
	}
	return got
}

// outcomeText is what the page reads of an outcome.
type outcomeText struct {
	Result struct {
		File    string
		Status  string
		Missing []string `json:"consent_missing"`
	}
	Error *struct{ Kind, Message, Hint string }
}

func (o *outcomeText) kind() string {
	if o.Error == nil {
		return ""
	}
	return o.Error.Kind
}

func TestConsent(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	const cut = `{"start":480000,"samples":96000,"format":"m4a"}`
	const export = `{"preset":"untouched","format":""}`
	written := func() int {
		t.Helper()
		n := 0
		for _, name := range []string{"clips", "episodes"} {
			list, err := os.ReadDir(filepath.Join(folderOf(t, dir), name))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			for _, e := range list {
				if filepath.Ext(e.Name()) == ".m4a" {
					n++
				}
			}
		}
		return n
	}
	c := enter(t, serveTest(t, dir, func(o *Options) {
		o.Consent = consent.Policy{consent.Clipping: consent.Require, consent.Exporting: consent.Require}
	}))
	for path, body := range map[string]string{"/clips": cut, "/export": export} {
		got := c.post(sampleAPI+path, body)
		if got.kind() != "consent" || !strings.Contains(got.Error.Message, "@tomokafor") || got.Error.Hint == "" {
			t.Errorf("%s without consent: %+v", path, got.Error)
		}
	}
	if n := written(); n > 0 {
		t.Errorf("refused, but %d files are written", n)
	}
	c = enter(t, serveTest(t, dir))
	for path, body := range map[string]string{"/clips": cut, "/export": export} {
		got := c.post(sampleAPI+path, body)
		if got.Error != nil || len(got.Result.Missing) == 0 || got.Result.Missing[0] != "tomokafor" {
			t.Errorf("%s, warned: %+v %+v", path, got.Result, got.Error)
		}
	}
	if n := written(); n != 2 {
		t.Errorf("%d files are written, want 2", n)
	}
}

func TestReplaceClip(t *testing.T) {
	t.Parallel()
	c := enter(t, serveTest(t, sample(t)))
	for i, tt := range []struct{ body, status, kind string }{
		{`{"start":480000,"samples":96000,"format":"m4a"}`, "written", ""},
		{`{"start":480000,"samples":96000,"format":"m4a"}`, "done", ""},
		{`{"start":480000,"samples":48000,"format":"m4a"}`, "", "exists"},
		{`{"start":480000,"samples":48000,"format":"m4a","title":"Another"}`, "written", ""},
		{`{"start":480000,"samples":48000,"format":"m4a","force":true}`, "written", ""},
		{`{"start":480000,"samples":96000,"format":"m4a"}`, "", "exists"},
	} {
		got := c.post(sampleAPI+"/clips", tt.body)
		if got.kind() != tt.kind || got.Result.Status != tt.status {
			t.Errorf("step %d: %+v, error %+v", i+1, got.Result, got.Error)
		}
	}
}
