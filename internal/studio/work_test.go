package studio

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
		SHA256  string
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
		t.Run(tt.body, func(t *testing.T) {
			got := c.post(sampleAPI+"/clips", tt.body)
			if got.kind() != tt.kind || got.Result.Status != tt.status {
				t.Errorf("step %d: %+v, error %+v", i+1, got.Result, got.Error)
			}
		})
	}
}

// Who asks for another episode while one is made gets what was asked for.
func TestExportsAtOnce(t *testing.T) {
	t.Parallel()
	c := enter(t, serveTest(t, sample(t)))
	var made sync.WaitGroup
	for preset, ext := range map[string]string{"untouched": ".m4a", "archive": ".flac"} {
		made.Go(func() {
			got := c.post("/api/recordings/"+shorterID+"/export", fmt.Sprintf(`{"preset":%q,"format":""}`, preset))
			if got.Error != nil || filepath.Ext(got.Result.File) != ext {
				t.Errorf("%s: %+v, error %+v", preset, got.Result, got.Error)
			}
		})
	}
	made.Wait()
}

// Sound is handed out in ranges, clips for keeping.
func TestSound(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	c := enter(t, serveTest(t, dir))
	files, err := filepath.Glob(filepath.Join(dir, "recordings", "*", "*"+sampleID+"*", "*.m4a"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	want := read(t, files[0])
	for _, tt := range []struct {
		spec, got string
		status    int
	}{
		{"bytes=0-0", string(want[:1]), 206},
		{"bytes=1000-2999", string(want[1000:3000]), 206},
		{"bytes=-10", string(want[len(want)-10:]), 206},
		{"bytes=100000000-", "", 416},
		{"", string(want), 200},
	} {
		t.Run(tt.spec, func(t *testing.T) {
			status, body, h := c.ask("GET", sampleAPI+"/audio/0", "", func(r *http.Request) {
				if tt.spec != "" {
					r.Header.Set("Range", tt.spec)
				}
			})
			if status != tt.status || status < 400 && (body != tt.got || h.Get("Content-Type") != "audio/mp4") {
				t.Errorf("%s: %d, %d bytes of %s", tt.spec, status, len(body), h.Get("Content-Type"))
			}
		})
	}
	got := c.post(sampleAPI+"/clips", `{"start":480000,"samples":96000,"format":"wav","title":"Ça \"va\""}`)
	if got.Error != nil {
		t.Fatalf("%+v", got.Error)
	}
	clip := read(t, got.Result.File)
	status, body, h := c.ask("GET", sampleAPI+"/clips/"+got.Result.SHA256, "", nil)
	if status != 200 || body != string(clip) || h.Get("Content-Type") != "audio/wav" {
		t.Errorf("the clip: %d, %d bytes of %s", status, len(body), h.Get("Content-Type"))
	}
	if d := h.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment; filename*=UTF-8''2021-06-14%20%C3%87a%20va") || strings.ContainsAny(d, "\"\r\n") {
		t.Errorf("the clip is offered as %s", d)
	}
}
