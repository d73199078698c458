package studio

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
)

// cutOne saves a clip and returns the path of its hash and the name of its file.
func (c *client) cutOne(title string) (hash, file string) {
	c.t.Helper()
	got := c.post(sampleAPI+"/clips", `{"start":480000,"samples":96000,"format":"m4a","title":"`+title+`"}`)
	if got.Error != nil {
		c.t.Fatalf("%+v", got.Error)
	}
	return sampleAPI + "/clips/" + got.Result.SHA256, filepath.Base(got.Result.File)
}

// read asks for JSON.
func (c *client) read(path string, v any) {
	c.t.Helper()
	status, text, _ := c.ask("GET", path, "", nil)
	if err := json.Unmarshal([]byte(text), v); status != 200 || err != nil {
		c.t.Fatalf("%s: %d, %v: %s", path, status, err, text)
	}
}

// filesIn lists the names of files below a folder.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	list := []string{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			list = append(list, e.Name())
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}

// What is removed on the page lies where the command line restores it from, and
// comes back as it was, though another clip has its name by then.
func TestRemoveAndRestoreClip(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	c := enter(t, serveTest(t, dir))
	clips := filepath.Join(folderOf(t, dir), "clips")
	hash, file := c.cutOne("")
	was := read(t, filepath.Join(clips, file))
	if got := c.postText(hash+"/remove", `{"file":"`+file+`"}`); !strings.Contains(got, `"place":"`+file+`"`) {
		t.Fatal(got)
	}
	if left := filesIn(t, clips); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
	lib, err := library.Open(t.Context(), library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	items, err := lib.Removed()
	if err != nil || len(items) != 1 || items[0].By != "studio" || items[0].Name != file || len(items[0].Files) != 2 {
		t.Fatalf("%+v, %v", items, err)
	}
	var listed []removedItem
	c.read("/api/removed", &listed)
	if len(listed) != 1 || listed[0].ID != sampleID || time.Until(listed[0].KeptUntil.Time) < 29*24*time.Hour {
		t.Errorf("listed: %+v", listed)
	}
	if got := c.postText(hash+"/remove", `{"file":"`+file+`"}`); !strings.Contains(got, `"no-such-clip"`) {
		t.Errorf("removed twice: %s", got)
	}

	// The same clip is cut again: the one that comes back gets another name.
	c.cutOne("")
	got := c.post("/api/removed/restore", `{"place":"`+listed[0].Place+`"}`)
	if got.Error != nil {
		t.Fatalf("%+v", got.Error)
	}
	stem := strings.TrimSuffix(file, ".m4a")
	if left, want := filesIn(t, clips), []string{stem + " (2).m4a", stem + " (2).m4a.json", file, file + ".json"}; !slices.Equal(left, want) {
		t.Errorf("restored: %q, want %q", left, want)
	}
	if string(read(t, filepath.Join(clips, stem+" (2).m4a"))) != string(was) {
		t.Error("other bytes came back")
	}
	if got := c.post("/api/removed/restore", `{"place":"`+listed[0].Place+`"}`); got.kind() != "not-removed" {
		t.Errorf("restored twice: %+v", got.Error)
	}
	// Two files have that hash now: the name decides which one goes.
	c.postText(hash+"/remove", `{"file":"`+file+`"}`)
	if left, want := filesIn(t, clips), []string{stem + " (2).m4a", stem + " (2).m4a.json"}; !slices.Equal(left, want) {
		t.Errorf("one of two: %q, want %q", left, want)
	}
}

// postText sends a request that is answered at once.
func (c *client) postText(path, body string) string {
	c.t.Helper()
	_, text, _ := c.ask("POST", path, body, nil)
	return text
}

// The files of an episode go together, come back, and follow its name.
func TestEpisodeRemovedAndRenamed(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	c := enter(t, serveTest(t, dir))
	if got := c.post(sampleAPI+"/export", `{"preset":"untouched","format":""}`); got.Error != nil {
		t.Fatalf("%+v", got.Error)
	}
	folder := filepath.Join(folderOf(t, dir), "episodes")
	was := filesIn(t, folder)
	var d detail
	c.read(sampleAPI, &d)
	if len(d.Episodes) != 1 || d.Episodes[0].Published || d.Episodes[0].Missing || d.EpisodesError != "" {
		t.Fatalf("episodes: %+v, %s", d.Episodes, d.EpisodesError)
	}
	e := d.Episodes[0]
	path := sampleAPI + "/episodes/" + e.SHA256
	if status, text, h := c.ask("GET", path, "", nil); status != 200 || int64(len(text)) != e.Bytes || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment") {
		t.Errorf("download: %d, %d bytes, %v", status, len(text), h)
	}
	c.postText(path+"/remove", `{"file":"`+e.File+`"}`)
	if left := filesIn(t, folder); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
	if got := c.post("/api/removed/restore", `{"place":"`+e.File+`"}`); got.Error != nil {
		t.Fatalf("%+v", got.Error)
	}
	if back := filesIn(t, folder); !slices.Equal(back, was) {
		t.Errorf("restored: %q, want %q", back, was)
	}
	if got := c.postText(path+"/rename", `{"file":"`+e.File+`","name":"the-best"}`); got != `{"file":"the-best.m4a"}` {
		t.Error(got)
	}
	for i, name := range was {
		was[i] = "the-best" + strings.TrimPrefix(name, strings.TrimSuffix(e.File, ".m4a"))
	}
	if back := filesIn(t, folder); !slices.Equal(back, was) {
		t.Errorf("renamed: %q, want %q", back, was)
	}
	c.read(sampleAPI, &d)
	if len(d.Episodes) != 1 || d.Episodes[0].File != "the-best.m4a" || d.Episodes[0].SHA256 != e.SHA256 {
		t.Errorf("episodes: %+v", d.Episodes)
	}

	// A record that cannot be read takes nothing else from the page.
	if err := os.WriteFile(filepath.Join(folder, "bad.episode.json"), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	c.read(sampleAPI, &d)
	if d.ID != sampleID || !strings.Contains(d.EpisodesError, "bad.episode.json") {
		t.Errorf("a damaged record: %q", d.EpisodesError)
	}
}

func TestRenameClip(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	c := enter(t, serveTest(t, dir))
	clips := filepath.Join(folderOf(t, dir), "clips")
	_, other := c.cutOne("Other")
	hash, file := c.cutOne("One")
	for _, tt := range []struct{ name, to, want string }{
		{"a path", "../up", `"kind":"unfit-name"`},
		{"a folder", "a/b", `"kind":"unfit-name","message":"\"a/b\" is not a valid file name","hint":"a b.m4a"`},
		{"nothing", "", `"hint":"Choose another name"`},
		{"hidden", ".hidden", `"unfit-name"`},
		{"a device", "CON", `"unfit-name"`},
		{"another format", "One.mp3", `"kind":"extension-stays"`},
		{"another clip's", strings.TrimSuffix(other, ".m4a"), `"kind":"exists"`},
		{"far too long", strings.Repeat("x", 2000), `"bad-request"`},
		{"its own", file, `{"file":"` + file + `"}`},
		{"with its extension", "Ça va.m4a", `{"file":"Ça va.m4a"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := json.Marshal(map[string]string{"file": file, "name": tt.to})
			if err != nil {
				t.Fatal(err)
			}
			if got := c.postText(hash+"/rename", string(b)); !strings.Contains(got, tt.want) {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
	if got, want := filesIn(t, clips), []string{other, other + ".json", "Ça va.m4a", "Ça va.m4a.json"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What removes, renames and restores is refused to other sites and to requests
// that name a path.
func TestHostileRemovals(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	c := enter(t, serveTest(t, dir))
	hash, file := c.cutOne("")
	before := filesIn(t, dir)
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) {
			if r.Header.Set(name, value); value == "" {
				r.Header.Del(name)
			}
		}
	}
	named := `{"file":"` + file + `"}`
	for _, tt := range []struct {
		name, path, body string
		change           func(*http.Request)
		want             int
	}{
		{"from another site", hash + "/remove", named, header("Sec-Fetch-Site", "cross-site"), 403},
		{"from another origin", hash + "/remove", named, header("Origin", "http://evil.example"), 403},
		{"without an origin", hash + "/remove", named, header("Origin", ""), 403},
		{"by a form", hash + "/remove", named, header(ownHeader, ""), 403},
		{"as text", hash + "/rename", `{"file":"` + file + `","name":"x"}`, header("Content-Type", "text/plain"), 403},
		{"without a cookie", hash + "/remove", named, header("Cookie", ""), 403},
		{"restored from another origin", "/api/removed/restore", `{"place":"x"}`, header("Origin", "null"), 403},
		{"without a name", hash + "/remove", `{}`, nil, 400},
		{"another key", hash + "/remove", `{"file":"` + file + `","folder":".."}`, nil, 400},
		{"a path for a name", hash + "/remove", `{"file":"../clips/` + file + `"}`, nil, 404},
		{"the record", hash + "/remove", `{"file":"` + file + `.json"}`, nil, 404},
		{"another hash", sampleAPI + "/clips/" + strings.Repeat("0", 64) + "/remove", named, nil, 404},
		{"no hash", sampleAPI + "/clips//remove", named, nil, 307},
		{"the original", strings.Replace(hash, "/clips/", "/original/", 1) + "/remove", named, nil, 404},
		{"as an episode", strings.Replace(hash, "/clips/", "/episodes/", 1) + "/remove", named, nil, 404},
		{"of another recording", strings.Replace(hash, sampleID, shorterID, 1) + "/remove", named, nil, 404},
		{"a place above", "/api/removed/restore", `{"place":"../recordings"}`, nil, 404},
		{"no place", "/api/removed/restore", `{}`, nil, 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if status, text, _ := c.ask("POST", tt.path, tt.body, tt.change); status != tt.want {
				t.Errorf("status %d, want %d: %s", status, tt.want, text)
			}
		})
	}
	if after := filesIn(t, dir); !slices.Equal(after, before) {
		t.Errorf("files changed: %q, before %q", after, before)
	}
}

// A recording goes with all that was made of it, comes back with it, and stays
// while a task works on it.
func TestRemoveRecording(t *testing.T) {
	t.Parallel()
	dir := sample(t)
	s := serveTest(t, dir)
	c := enter(t, s)
	c.cutOne("")
	was := filesIn(t, filepath.Join(dir, "recordings"))
	for name, change := range map[string]func(*http.Request){
		"another site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"no origin":    func(r *http.Request) { r.Header.Del("Origin") },
		"a form":       func(r *http.Request) { r.Header.Del(ownHeader) },
		"no cookie":    func(r *http.Request) { r.Header.Del("Cookie") },
	} {
		if status, _, _ := c.ask("POST", sampleAPI+"/remove", "{}", change); status != 403 {
			t.Errorf("%s: status %d", name, status)
		}
	}
	release := make(chan struct{})
	if _, err := s.tasks.start("export "+sampleID, func(context.Context, *task) (any, error) { <-release; return nil, nil }); err != nil {
		t.Fatal(err)
	}
	if got := c.postText(sampleAPI+"/remove", "{}"); !strings.Contains(got, `"in-use"`) {
		t.Errorf("during a task: %s", got)
	}
	if got := filesIn(t, filepath.Join(dir, "recordings")); !slices.Equal(got, was) {
		t.Errorf("refused, but files changed: %q", got)
	}
	close(release)
	for s.tasks.workOn(sampleID) {
		time.Sleep(time.Millisecond)
	}
	var gone removedItem
	if err := json.Unmarshal([]byte(c.postText(sampleAPI+"/remove", "{}")), &gone); err != nil || gone.Kind != "space" || gone.ID != sampleID || gone.KeptUntil.IsZero() {
		t.Fatalf("%+v, %v", gone, err)
	}
	if status, _, _ := c.ask("GET", sampleAPI, "", nil); status != 404 {
		t.Errorf("removed, and shown with status %d", status)
	}
	if got := c.postText(sampleAPI+"/remove", "{}"); !strings.Contains(got, `"no-such-space"`) {
		t.Errorf("removed twice: %s", got)
	}
	if got := c.post("/api/removed/restore", `{"place":"`+gone.Place+`"}`); got.Error != nil {
		t.Fatalf("%+v", got.Error)
	}
	if got := filesIn(t, filepath.Join(dir, "recordings")); !slices.Equal(got, was) {
		t.Errorf("restored: %q, want %q", got, was)
	}
}
