package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/fixture"
)

// farSecret stands in every query and header of these tests.
const farSecret = "S3CRETf4r"

// farArchive writes an archive of which almost all is a hole, and returns how
// many bytes of it an extract needs: the Spaces.
func farArchive(t *testing.T, name string, hole int64, made fixture.Archive) (size, needed int64) {
	t.Helper()
	made.Extra = append(made.Extra, fixture.Member{Name: "data/tweets_media/1403-video.mp4", Fill: hole})
	made.Zip64, made.Stored = true, true
	if _, err := made.WriteZIP(name); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	a := testApp(t)
	code, out, errs := run(a, "extract", "--dry-run", "--json", name, "--library", filepath.Join(t.TempDir(), "none"))
	if code != 0 {
		t.Fatalf("%d: %s%s", code, out, errs)
	}
	for line := range strings.Lines(out) {
		var r struct{ Pieces []struct{ Bytes int64 } }
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		for _, p := range r.Pieces {
			needed += p.Bytes
		}
	}
	return info.Size(), needed
}

// sums returns the SHA-256 of all files in the recordings of a library but
// space.json, which names its archive.
func sums(t *testing.T, lib string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := fs.WalkDir(os.DirFS(filepath.Join(lib, "recordings")), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "space.json" {
			return err
		}
		b, err := os.ReadFile(filepath.Join(lib, "recordings", name))
		sum := sha256.Sum256(b)
		found[name] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, sum := range want {
		if got[name] != sum {
			t.Errorf("%s: %s, want %s", name, got[name], sum)
		}
	}
	if len(got) != len(want) || len(got) == 0 {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
}

// noSecret looks for the secret in a library and in what was printed.
func noSecret(t *testing.T, lib string, printed ...string) {
	t.Helper()
	for _, text := range printed {
		if strings.Contains(text, farSecret) {
			t.Errorf("prints a secret: %s", text)
		}
	}
	filepath.WalkDir(lib, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil
		}
		if b, _ := os.ReadFile(name); bytes.Contains(b, []byte(farSecret)) || strings.Contains(name, farSecret) {
			t.Errorf("%s has a secret in it", name)
		}
		return nil
	})
}

// A meter is a server of one folder that counts what it sends.
type meter struct {
	*httptest.Server
	sent  atomic.Int64
	asked atomic.Int64
	fault func(w http.ResponseWriter, r *http.Request) bool
}

func newMeter(t *testing.T, dir string) *meter {
	m := new(meter)
	files := http.FileServer(http.Dir(dir))
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.asked.Add(1)
		if m.fault != nil && m.fault(w, r) {
			return
		}
		files.ServeHTTP(&metered{w, m}, r)
	}))
	t.Cleanup(m.Close)
	return m
}

type metered struct {
	http.ResponseWriter
	m *meter
}

func (w *metered) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.m.sent.Add(int64(n))
	return n, err
}

// farExtra is how much may travel beside the Spaces.
const farExtra = 2_000_000

func TestExtractFar(t *testing.T) {
	dir, lib, local := t.TempDir(), filepath.Join(t.TempDir(), "far"), filepath.Join(t.TempDir(), "local")
	_, needed := farArchive(t, filepath.Join(dir, "twitter.zip"), 300<<20, fixture.Sample())
	m := newMeter(t, dir)
	address := m.URL + "/twitter.zip?sig=" + farSecret
	a := testApp(t)

	code, out, errs := run(a, "extract", "--dry-run", address, "--library", lib)
	if n := m.sent.Load(); code != 0 || n > farExtra {
		t.Fatalf("dry run: %d, %d bytes: %s%s", code, n, out, errs)
	}
	if _, err := os.Stat(lib); err == nil {
		t.Error("the dry run wrote a library")
	}
	m.sent.Store(0)
	code, out2, errs2 := run(a, "extract", address, "--library", lib)
	if n := m.sent.Load(); code != 0 || n > needed+farExtra {
		t.Fatalf("%d, %d bytes for %d: %s%s", code, n, needed, out2, errs2)
	}
	if !strings.Contains(out2, "Fetched ") || !strings.Contains(out2, " of 316 MB") {
		t.Errorf("does not tell what was fetched: %s", out2)
	}
	if code, out, errs := run(a, "extract", filepath.Join(dir, "twitter.zip"), "--library", local); code != 0 {
		t.Fatalf("%d: %s%s", code, out, errs)
	}
	same(t, sums(t, lib), sums(t, local))

	m.sent.Store(0)
	code, out3, errs3 := run(a, "extract", "--json", address, "--library", lib)
	if n := m.sent.Load(); code != 0 || n > farExtra || !strings.Contains(out3, `"unchanged"`) {
		t.Errorf("again: %d, %d bytes: %s%s", code, n, out3, errs3)
	}
	code, archives, errs4 := run(a, "archives", "--library", lib)
	if code != 0 || !strings.Contains(archives, "its SHA-256 is unknown") || !strings.Contains(archives, "read from "+m.URL+",") {
		t.Errorf("%d: %s%s", code, archives, errs4)
	}
	code, show, errs5 := run(a, "show", "latest", "--details", "--library", lib)
	if code != 0 || !strings.Contains(show, "from twitter.zip") {
		t.Errorf("%d: %s%s", code, show, errs5)
	}
	// The same archive on this computer proves it, and is compared with it.
	code, proof, errs6 := run(a, "prove", "latest", "--archive", filepath.Join(dir, "twitter.zip"), "--library", lib)
	if code != 0 || !strings.Contains(proof, "its list of members, with their sizes and CRC-32, matches") || strings.Contains(proof, "–  ") {
		t.Errorf("%d: %s%s", code, proof, errs6)
	}
	// What was saved from the archive on this computer is not fetched.
	m.sent.Store(0)
	code, out7, errs7 := run(a, "extract", address, "--library", local)
	if n := m.sent.Load(); code != 0 || n > farExtra || !strings.Contains(out7, "updated") {
		t.Errorf("into the other: %d, %d bytes: %s%s", code, n, out7, errs7)
	}
	_, shown, _ := run(a, "show", "latest", "--json", "--library", local)
	if !strings.Contains(shown, `"compared":"size and CRC-32"`) && !strings.Contains(shown, `"compared": "size and CRC-32"`) {
		t.Logf("the provenance is in space.json alone")
	}
	noSecret(t, lib, out, errs, out2, errs2, out3, errs3, archives, show, proof, errs6)
	noSecret(t, local, out7, errs7)
}

// A run that broke off is finished by the next, which fetches nothing again that
// was saved.
func TestExtractFarGoesOn(t *testing.T) {
	dir, lib := t.TempDir(), filepath.Join(t.TempDir(), "lib")
	_, needed := farArchive(t, filepath.Join(dir, "twitter.zip"), 1<<20, fixture.Sample())
	m := newMeter(t, dir)
	a := testApp(t)
	address := m.URL + "/twitter.zip?sig=" + farSecret
	m.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if saved, _ := filepath.Glob(filepath.Join(lib, "recordings", "*", "*")); len(saved) == 0 {
			return false
		}
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
		return true
	}
	code, out, errs := run(a, "extract", "--jobs", "1", address, "--library", lib)
	if code != app.ExitPartly && code != app.ExitFailed || strings.Count(errs, "the link has expired") != 1 || !strings.Contains(errs, "get a new link") {
		t.Fatalf("%d: %s%s", code, out, errs)
	}
	saved := int64(0)
	filepath.WalkDir(filepath.Join(lib, "recordings"), func(name string, e fs.DirEntry, err error) error {
		if err == nil && filepath.Base(filepath.Dir(name)) == "original" && !e.IsDir() {
			info, _ := e.Info()
			saved += info.Size()
		}
		return nil
	})
	if saved == 0 || saved >= needed {
		t.Fatalf("%d of %d bytes saved", saved, needed)
	}
	m.fault = nil
	m.sent.Store(0)
	code, out2, errs2 := run(a, "extract", address+"2", "--library", lib)
	if n := m.sent.Load(); code != 0 || n > needed-saved+farExtra/4 {
		t.Errorf("%d: %d bytes for %d that were missing: %s%s", code, n, needed-saved, out2, errs2)
	}
	local := filepath.Join(t.TempDir(), "local")
	run(a, "extract", filepath.Join(dir, "twitter.zip"), "--library", local)
	same(t, sums(t, lib), sums(t, local))
	noSecret(t, lib, out, errs, out2, errs2)
}

// What is wrong is said plainly, with what to do.
func TestExtractFarProblems(t *testing.T) {
	dir := t.TempDir()
	farArchive(t, filepath.Join(dir, "twitter.zip"), 1<<20, fixture.Short())
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("login.zip", "<!DOCTYPE html><html>log in</html>")
	write("picture.zip", "\x89PNG\r\n\x1a\n")
	write("empty.zip", "")
	write("memo.wma", "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c"+strings.Repeat("\x00\x01", 1000))
	whole, _ := os.ReadFile(filepath.Join(dir, "twitter.zip"))
	write("cut.zip", string(whole[:len(whole)/2]))
	damaged := bytes.Clone(whole)
	for i := range 1000 {
		damaged[len(damaged)-3000-i] ^= 0x55
	}
	a := testApp(t)
	status := func(code int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(code)
			return true
		}
	}
	for _, c := range []struct {
		name  string
		fault func(http.ResponseWriter, *http.Request) bool
		code  int
		words []string
	}{
		{"none.zip", nil, app.ExitNotFound, []string{"there is no such file", "check the address"}},
		{"login.zip", nil, app.ExitFailed, []string{"the server sent a web page (HTML) in the place of a file", "--cookies FILE"}},
		{"picture.zip", nil, app.ExitFailed, []string{"this is a picture (PNG), not an archive from X or a recording"}},
		{"memo.wma", nil, app.ExitFailed, []string{"memo.wma: a Windows Media file (WMA, WMV)", "convert it first: ffmpeg"}},
		{"empty.zip", nil, app.ExitFailed, []string{"empty"}},
		{"cut.zip", nil, app.ExitFailed, []string{"the ZIP on the server is incomplete", "the list of members at its end is missing"}},
		{"twitter.zip", status(401), app.ExitFailed, []string{"the server asks for a password", "--cookies FILE"}},
		{"twitter.zip", status(403), app.ExitFailed, []string{"the server refuses access"}},
		{"twitter.zip", status(410), app.ExitFailed, []string{"the link has expired", "get a new link"}},
		{"twitter.zip", func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "https://login.invalid/?next="+farSecret, http.StatusFound)
			return true
		}, app.ExitFailed, []string{"login.invalid"}},
		{"twitter.zip", func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "http://127.0.0.2:1/", http.StatusFound)
			return true
		}, app.ExitFailed, []string{"127.0.0.2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMeter(t, dir)
			m.fault = c.fault
			lib := filepath.Join(t.TempDir(), "lib")
			code, out, errs := run(a, "extract", m.URL+"/"+c.name+"?sig="+farSecret, "--library", lib)
			if code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, w := range c.words {
				if !strings.Contains(errs, w) {
					t.Errorf("does not say %q: %s", w, errs)
				}
			}
			if _, err := os.Stat(filepath.Join(lib, "recordings")); err == nil {
				t.Error("made a library of nothing")
			}
			for _, w := range []string{"Fetched", "Downloads"} {
				if strings.Contains(out+errs, w) {
					t.Errorf("says %q of an address of which nothing was saved: %s%s", w, out, errs)
				}
			}
			noSecret(t, lib, out, errs)
		})
	}
}

// A file that changes while it is read ends the run, and the next begins anew.
func TestExtractFarChanges(t *testing.T) {
	dir, lib := t.TempDir(), filepath.Join(t.TempDir(), "lib")
	farArchive(t, filepath.Join(dir, "twitter.zip"), 1<<20, fixture.Sample())
	m := newMeter(t, dir)
	m.fault = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("ETag", fmt.Sprintf(`"%t"`, m.asked.Load() > 6))
		return false
	}
	a := testApp(t)
	code, out, errs := run(a, "extract", m.URL+"/twitter.zip", "--library", lib)
	if code == 0 || !strings.Contains(errs, "the file changed on the server while it was being read") {
		t.Fatalf("%d: %s%s", code, out, errs)
	}
	if code, out, errs := run(a, "extract", m.URL+"/twitter.zip", "--library", lib); code != 0 {
		t.Errorf("again: %d: %s%s", code, out, errs)
	}
}

// Without ranges the file is downloaded once, and gone in the end. A recording is
// taken for what it is.
func TestExtractFarWhole(t *testing.T) {
	dir, lib := t.TempDir(), filepath.Join(t.TempDir(), "lib")
	size, _ := farArchive(t, filepath.Join(dir, "twitter.zip"), 1<<20, fixture.Short())
	m := newMeter(t, dir)
	ranges := false
	m.fault = func(_ http.ResponseWriter, r *http.Request) bool {
		if !ranges {
			r.Header.Del("Range")
		}
		return false
	}
	a := testApp(t)
	code, out, errs := run(a, "extract", m.URL+"/twitter.zip?sig="+farSecret, "--library", lib)
	if code != 0 || !strings.Contains(errs, "The server sends files only as a whole") || m.sent.Load() > 2*size {
		t.Fatalf("%d: %d bytes: %s%s", code, m.sent.Load(), out, errs)
	}
	if left, _ := filepath.Glob(filepath.Join(lib, ".downloads", "*")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	_, archives, _ := run(a, "archives", "--library", lib)
	if strings.Contains(archives, "unknown") {
		t.Errorf("all of it was read, but: %s", archives)
	}
	noSecret(t, lib, out, errs, archives)

	found, _ := filepath.Glob(filepath.Join(lib, "recordings", "*", "*", "*.m4a"))
	if len(found) != 1 {
		t.Fatal(found)
	}
	b, _ := os.ReadFile(found[0])
	if err := os.WriteFile(filepath.Join(dir, "Jazz night.m4a"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, ranges = range []bool{false, true} {
		lib := filepath.Join(t.TempDir(), "lib")
		if code, out, errs := run(a, "extract", "--dry-run", m.URL+"/Jazz%20night.m4a", "--library", lib); code != 0 || !strings.Contains(errs, "Jazz night.m4a is a recording of") {
			t.Errorf("dry run: %d: %s%s", code, out, errs)
		}
		code, out, errs := run(a, "extract", m.URL+"/Jazz%20night.m4a?sig="+farSecret, "--library", lib)
		if code != 0 || !strings.Contains(out, "1 saved") {
			t.Errorf("%d: %s%s", code, out, errs)
		}
		noSecret(t, lib, out, errs)
	}
}

// Header lines and cookies come from files, go to their origin alone, and stay in
// no file and no message.
func TestExtractFarSecrets(t *testing.T) {
	dir, lib := t.TempDir(), filepath.Join(t.TempDir(), "lib")
	farArchive(t, filepath.Join(dir, "twitter.zip"), 1<<20, fixture.Short())
	m := newMeter(t, dir)
	m.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("X-Key") != farSecret {
			w.Header().Set("Content-Type", "text/plain")
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		return false
	}
	header := filepath.Join(t.TempDir(), "header")
	if err := os.WriteFile(header, []byte("X-Key: "+farSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	a := testApp(t)
	if code, _, errs := run(a, "extract", m.URL+"/twitter.zip", "--library", lib); code == 0 || !strings.Contains(errs, "asks for a password") {
		t.Errorf("%d: %s", code, errs)
	}
	code, out, errs := run(a, "extract", "--header", "@"+header, m.URL+"/twitter.zip", "--library", lib)
	if code != 0 {
		t.Errorf("%d: %s%s", code, out, errs)
	}
	noSecret(t, lib, out, errs)
	// An answer that repeats the secret is not repeated.
	m.fault = func(w http.ResponseWriter, r *http.Request) bool {
		http.Error(w, "no key "+farSecret, http.StatusForbidden)
		return true
	}
	code, out, errs = run(a, "extract", "--header", "@"+header, m.URL+"/twitter.zip", "--library", lib)
	if code == 0 || !strings.Contains(errs, "refuses access") {
		t.Errorf("%d: %s", code, errs)
	}
	noSecret(t, lib, out, errs)
}

// A playlist that its address does not show to be one is taken for what it is.
func TestExtractFarPlaylist(t *testing.T) {
	dir, lib := t.TempDir(), filepath.Join(t.TempDir(), "lib")
	r := fixture.ReplayOf(fixture.Short())
	if _, err := r.WriteFolder(dir); err != nil {
		t.Fatal(err)
	}
	list := ""
	fs.WalkDir(os.DirFS(dir), ".", func(name string, _ fs.DirEntry, _ error) error {
		if strings.HasPrefix(filepath.Base(name), "playlist_") {
			list = name
		}
		return nil
	})
	m := newMeter(t, dir)
	m.fault = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/play") {
			r.URL.Path = "/" + list
		}
		return false
	}
	address := m.URL + "/" + filepath.ToSlash(filepath.Dir(list)) + "/play?sig=" + farSecret
	code, out, errs := run(testApp(t), "extract", address, "--library", lib)
	if code != 0 || !strings.Contains(out, "1 saved") {
		t.Errorf("%d: %s%s", code, out, errs)
	}
	noSecret(t, lib, out, errs)
}
