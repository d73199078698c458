package studio

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
)

// send uploads files and returns the name of the upload.
func (c *client) send(files map[string][]byte) string {
	c.t.Helper()
	var list []sentFile
	for name, b := range files {
		list = append(list, sentFile{name, int64(len(b))})
	}
	q, _ := json.Marshal(map[string]any{"files": list})
	status, text, _ := c.ask("POST", "/api/incoming", string(q), nil)
	var begun struct{ Upload string }
	if err := json.Unmarshal([]byte(text), &begun); status != 200 || err != nil {
		c.t.Fatalf("%d, %s", status, text)
	}
	for i, f := range list {
		if status, text := c.stream(begun.Upload, i, files[f.Name]); status != 200 {
			c.t.Fatalf("%d, %s", status, text)
		}
	}
	return begun.Upload
}

// stream sends one file of an upload.
func (c *client) stream(upload string, n int, b []byte) (int, string) {
	c.t.Helper()
	status, text, _ := c.ask("POST", fmt.Sprintf("/api/incoming/%s/files/%d", upload, n), string(b), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/octet-stream")
	})
	return status, text
}

// take asks for something to be taken in.
func (c *client) take(body string) (v struct {
	Result taken
	Error  *problem
}) {
	c.t.Helper()
	_, text, _ := c.ask("POST", "/api/intake", body, nil)
	var first struct{ Task string }
	json.Unmarshal([]byte(text), &first)
	if first.Task != "" {
		_, text, _ = c.ask("GET", "/api/tasks/"+first.Task+"/events", "", nil)
		_, text, _ = strings.Cut(text, "event: end\ndata: ")
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		c.t.Fatalf("%v: %s", err, text)
	}
	return v
}

// What is sent is taken in as the command does, and nothing else of it stays.
func TestTakeIn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "library")
	c := enter(t, serveTest(t, dir))
	zip := read(t, sampleZIP)
	u := c.send(map[string][]byte{"twitter.zip": zip})
	got := c.take(`{"upload":"` + u + `"}`)
	if got.Error != nil || got.Result.Saved != 2 || got.Result.NoAudio != 1 || len(got.Result.Rows) != 3 || got.Result.Account == "" {
		t.Fatalf("%+v, %+v", got.Result, got.Error)
	}
	if _, err := os.Stat(filepath.Join(dir, ".downloads")); err == nil {
		t.Error("what was sent still lies in the library")
	}
	if got := c.take(`{"upload":"` + u + `"}`); got.Error == nil || got.Error.Kind != "no-such-upload" {
		t.Errorf("the same once more: %+v", got.Error)
	}
	path, _ := filepath.Abs(sampleZIP)
	quoted, _ := json.Marshal(map[string]string{"address": `"` + path + `"`})
	if got := c.take(string(quoted)); got.Error != nil || got.Result.Unchanged != 3 || got.Result.Saved != 0 {
		t.Errorf("from its path: %+v, %+v", got.Result, got.Error)
	}
	away := httptest.NewServer(http.FileServer(http.Dir("../../testdata")))
	defer away.Close()
	if got := c.take(`{"address":"` + away.URL + `/sample-archive.zip"}`); got.Error != nil || len(got.Result.Rows) != 3 {
		t.Errorf("from an address: %+v, %+v", got.Result, got.Error)
	}
	mixed := t.TempDir()
	os.WriteFile(filepath.Join(mixed, "a.zip"), zip, 0o600)
	os.WriteFile(filepath.Join(mixed, "tool.exe"), []byte("MZ\x00\x01binary"), 0o600)
	for what, tt := range map[string]struct{ address, kind string }{
		"a folder with other files": {mixed, "mixed-folder"},
		"a library":                 {dir, "is-library"},
		"nothing there":             {away.URL + "/other.zip", "extract-not-found"},
		"no such path":              {filepath.Join(mixed, "b.zip"), "no-path"},
		"nothing":                   {"  ", "no-address"},
		"another scheme":            {"gopher://x/y", "bad-address"},
		"a page of X":               {"https://x.com/settings", "x-page"},
		"no archive":                {filepath.Join(mixed, "tool.exe"), "extract-not-an-archive"},
	} {
		q, _ := json.Marshal(map[string]string{"address": tt.address})
		if got := c.take(string(q)); got.Error == nil || got.Error.Kind != tt.kind {
			t.Errorf("%s: %+v, %+v", what, got.Error, got.Result)
		}
	}
	if got := c.take(fmt.Sprintf(`{"address":%q,"all":true}`, mixed)); got.Error != nil || got.Result.Unchanged != 3 {
		t.Errorf("all of a folder: %+v, %+v", got.Result, got.Error)
	}
}

// Uploads that break off, are given up or come from elsewhere leave nothing.
func TestUploads(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "library")
	c := enter(t, serveTest(t, dir))
	begin := func(body string) (int, string) {
		status, text, _ := c.ask("POST", "/api/incoming", body, nil)
		var v struct{ Upload string }
		json.Unmarshal([]byte(text), &v)
		if v.Upload != "" {
			text = v.Upload
		}
		return status, text
	}
	left := func() (n int) {
		filepath.WalkDir(filepath.Join(dir, ".downloads"), func(_ string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				n++
			}
			return nil
		})
		return n
	}
	for _, body := range []string{`{"files":[]}`, `{"files":[{"name":"a","size":-1}]}`, `{"files":[{"name":"a","size":1e18}]}`} {
		if status, text := begin(body); status != 400 {
			t.Errorf("%s: %d, %s", body, status, text)
		}
	}
	if status, text := begin(`{"files":[{"name":"a.zip","size":1099511627776}]}`); status != 507 || !strings.Contains(text, "disk-full") {
		t.Errorf("a file larger than the disk: %d, %s", status, text)
	}
	_, u := begin(`{"files":[{"name":"a.zip","size":4}]}`)
	if status, _ := c.stream("other", 0, []byte("abcd")); status != 404 {
		t.Errorf("to another upload: %d", status)
	}
	if got := c.take(`{"upload":"` + u + `"}`); got.Error == nil || got.Error.Kind != "bad-request" {
		t.Errorf("before all has come: %+v", got.Error)
	}
	if status, text := c.stream(u, 0, []byte("abcdefgh")); status != 400 || !strings.Contains(text, `"not-whole"`) || left() > 0 {
		t.Errorf("more than was announced: %d, %s, %d files are left", status, text, left())
	}
	_, u = begin(`{"files":[{"name":"a.zip","size":4}]}`)
	if status, _ := c.stream(u, 0, []byte("abcd")); status != 200 || left() != 2 { // with its lock
		t.Errorf("%d, %d files", status, left())
	}
	if status, _, _ := c.ask("POST", "/api/incoming/"+u+"/discard", `{}`, nil); status != 200 || left() > 0 {
		t.Errorf("given up: %d, %d files are left", status, left())
	}
	for what, change := range map[string]func(*http.Request){
		"another origin":    func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") },
		"no header of ours": func(r *http.Request) { r.Header.Del(ownHeader) },
		"a form":            func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data") },
	} {
		status, _, _ := c.ask("POST", "/api/incoming/"+u+"/files/0", "abcd", func(r *http.Request) {
			r.Header.Set("Content-Type", "application/octet-stream")
			change(r)
		})
		if status != 403 {
			t.Errorf("%s: %d", what, status)
		}
	}
	if status, _, _ := c.ask("POST", "/api/intake", strings.Repeat("x", maxBody), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/octet-stream")
	}); status != 403 {
		t.Errorf("a stream that is no upload: %d", status)
	}
	lib, err := library.OpenWrite(t.Context(), library.Options{Dir: dir, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	if status, text := begin(`{"files":[{"name":"a.zip","size":4}]}`); status != 409 || !strings.Contains(text, `"locked"`) {
		t.Errorf("while another program changes the library: %d, %s", status, text)
	}
	lib.Close()
}

// drop puts a file on the page as a mouse does.
func (b *browser) drop(path string) {
	b.t.Helper()
	b.do(chromedp.Evaluate[chromedp.Void](`{ const i = document.createElement("input"); i.type = "file"; i.id = "test-file"; document.body.append(i); }`),
		chromedp.SetUploadFiles(chromedp.ID("test-file"), []string{path}))
	b.do(chromedp.Evaluate[chromedp.Void](`{
		const i = document.getElementById("test-file"), dataTransfer = new DataTransfer();
		dataTransfer.items.add(i.files[0]);
		i.remove();
		for (const type of ["dragenter", "dragover", "drop"]) document.getElementById("main").dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer}));
	}`))
}

// What is dropped on an empty page is there when it has been taken in, and plays.
func TestDrop(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "library")
	b := visit(t, serveTest(t, dir))
	b.until("the place for files", `document.getElementById("add").checkVisibility() && document.getElementById("add").classList.contains("large")`)
	b.screenshot("add-empty")
	b.set("add-address", "/nowhere/at all.zip\r")
	b.until("what is wrong with the path, at the field", `document.getElementById("add-wrong").textContent.includes("cannot") &&
		document.activeElement.id === "add-address" && document.activeElement.getAttribute("aria-describedby") === "add-wrong"`)
	path, err := filepath.Abs(sampleZIP)
	if err != nil {
		t.Fatal(err)
	}
	b.drop(path)
	b.until("what was found", `document.querySelectorAll("#taken-rows li").length === 3 && document.querySelectorAll("#rows a").length === 3`)
	if got := b.text("h-taken"); got != "2 recordings added" {
		t.Errorf("the heading is %q", got)
	}
	b.screenshot("add-taken")
	b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#taken-rows a").click()`))
	b.until("the recording", `document.getElementById("title").textContent.length > 3 && performance.getEntriesByName("wave-drawn").length > 0`)
}

// A playlist's chunks are downloaded, and those that are missing are told.
func TestTakeReplay(t *testing.T) {
	t.Parallel()
	www := t.TempDir()
	r := fixture.ReplayOf(fixture.Short())
	r.Marked = []int{1}
	if _, err := r.WriteFolder(www); err != nil {
		t.Fatal(err)
	}
	away := httptest.NewServer(http.FileServer(http.Dir(www)))
	defer away.Close()
	dir := filepath.Join(t.TempDir(), "library")
	c := enter(t, serveTest(t, dir))
	got := c.take(`{"address":"` + away.URL + "/" + r.Playlist() + `"}`)
	if got.Error != nil || len(got.Result.Rows) != 1 || got.Result.Rows[0].Lost == 0 || len(got.Result.Problems) == 0 {
		t.Fatalf("%+v, %+v", got.Result, got.Error)
	}
	if got := c.take(`{"address":"` + away.URL + `/gone.m3u8"}`); got.Error == nil || got.Error.Kind != "extract-expired" || got.Error.Hint == "" {
		t.Errorf("a playlist that is gone: %+v", got.Error)
	}
}
