package ia

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// An archive stands for the Internet Archive: its dialect of S3, its metadata
// and its downloads, after https://archive.org/developers/ias3.html. It refuses
// what that page does not allow.
type archive struct {
	t    *testing.T
	addr string
	dir  string // a folder an item
	lag  int    // so many looks at an item's metadata do not show what was put last

	mu      sync.Mutex
	hidden  map[string]int // by item: looks that are left
	waiting map[string][]func()
	made    map[string]http.Header // what an item was made with
	puts    int
	answers []func(w http.ResponseWriter) // to the PUTs to come, instead of taking them
}

const (
	access = "AcCeSsKeY0123456"
	secret = "s3cr3t0fTheKey99"
)

func newArchive(t *testing.T, lag int) *archive {
	a := &archive{t: t, dir: t.TempDir(), lag: lag, hidden: make(map[string]int), waiting: make(map[string][]func()), made: make(map[string]http.Header)}
	s := httptest.NewServer(a)
	t.Cleanup(s.Close)
	a.addr = s.Listener.Addr().String()
	return a
}

func (a *archive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	name, err := url.PathUnescape(rest)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	switch {
	case r.Method == http.MethodPut:
		a.put(w, r, first, name)
	case r.Method == http.MethodDelete:
		a.delete(w, r, first, name)
	case first == "metadata":
		a.metadata(w, name)
	case first == "download":
		http.ServeFile(w, r, filepath.Join(a.dir, filepath.FromSlash(name)))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<?xml version='1.0' encoding='UTF-8'?>\n<Error><Code>%s</Code><Message>%s</Message><RequestId>1</RequestId></Error>", code, message)
}

var metaHeader = regexp.MustCompile(`^X-Archive-Meta(\d\d)?-([a-z]+)$`)

// wrong says what is wrong with the headers of a PUT, or "".
func (a *archive) wrong(r *http.Request, item string) (status int, code, message string) {
	bad := func(format string, v ...any) (int, string, string) {
		return http.StatusBadRequest, "InvalidArgument", fmt.Sprintf(format, v...)
	}
	switch auth := r.Header.Get("Authorization"); {
	case !strings.HasPrefix(auth, "LOW "):
		return http.StatusForbidden, "AccessDenied", "Access Denied"
	case !strings.HasPrefix(auth, "LOW "+access+":"):
		return http.StatusForbidden, "InvalidAccessKeyId", "The access key you provided does not exist."
	case auth != "LOW "+access+":"+secret:
		return http.StatusForbidden, "SignatureDoesNotMatch", "The secret is another."
	case r.ContentLength < 0:
		return http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header."
	}
	if d := r.Header.Get("X-Archive-Queue-Derive"); d != "0" && d != "1" {
		return bad("queue-derive is %q", d)
	}
	_, exists := a.made[item]
	if !exists && r.Header.Get("X-Amz-Auto-Make-Bucket") != "1" {
		return http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist."
	}
	if hint := r.Header.Get("X-Archive-Size-Hint"); hint != "" {
		if n, err := strconv.ParseInt(hint, 10, 64); err != nil || n < r.ContentLength {
			return bad("size-hint is %q for %d bytes", hint, r.ContentLength)
		}
	}
	for name, values := range r.Header {
		lower := strings.ToLower(name)
		if !strings.HasPrefix(lower, "x-archive-meta") {
			continue
		}
		if m := metaHeader.FindStringSubmatch("X-Archive-Meta" + lower[len("x-archive-meta"):]); m == nil {
			return bad("the header %s", name)
		}
		v := values[0]
		if inner, ok := strings.CutPrefix(v, "uri("); ok {
			if decoded, err := url.PathUnescape(strings.TrimSuffix(inner, ")")); err != nil || !strings.HasSuffix(v, ")") || decoded == "" {
				return bad("the value of %s", name)
			}
		}
		for i := range len(v) {
			if v[i] < ' ' || v[i] >= 0x7f {
				return bad("%s is not ASCII", name)
			}
		}
	}
	return 0, "", ""
}

func (a *archive) put(w http.ResponseWriter, r *http.Request, item, name string) {
	a.mu.Lock()
	a.puts++
	if len(a.answers) > 0 {
		answer := a.answers[0]
		a.answers = a.answers[1:]
		a.mu.Unlock()
		answer(w)
		return
	}
	status, code, message := a.wrong(r, item)
	a.mu.Unlock()
	if status != 0 {
		refuse(w, status, code, message)
		return
	}
	b, err := io.ReadAll(r.Body)
	if err != nil || int64(len(b)) != r.ContentLength {
		refuse(w, http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
		return
	}
	sum := md5.Sum(b)
	if want := r.Header.Get("Content-Md5"); want != base64.StdEncoding.EncodeToString(sum[:]) {
		refuse(w, http.StatusBadRequest, "BadDigest", "The Content-MD5 you specified did not match what we received.")
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.made[item]; !ok {
		a.made[item] = r.Header.Clone()
	}
	show := func() {
		file := filepath.Join(a.dir, item, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			a.t.Error(err)
		}
		if err := os.WriteFile(file, b, 0o644); err != nil {
			a.t.Error(err)
		}
	}
	if a.lag == 0 {
		show()
		return
	}
	a.hidden[item] = a.lag
	a.waiting[item] = append(a.waiting[item], show)
}

// delete takes a request to remove a file, and does so after some looks.
func (a *archive) delete(w http.ResponseWriter, r *http.Request, item, name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "LOW "+access+":"+secret:
		refuse(w, http.StatusForbidden, "AccessDenied", "Access Denied")
		return
	case r.Header.Get("X-Archive-Cascade-Delete") != "1":
		refuse(w, http.StatusBadRequest, "InvalidArgument", "what was derived would stay")
		return
	}
	hide := func() {
		if err := os.Remove(filepath.Join(a.dir, item, filepath.FromSlash(name))); err != nil && !os.IsNotExist(err) {
			a.t.Error(err)
		}
	}
	w.WriteHeader(http.StatusNoContent)
	if a.lag == 0 {
		hide()
		return
	}
	a.hidden[item] = a.lag
	a.waiting[item] = append(a.waiting[item], hide)
}

func (a *archive) metadata(w http.ResponseWriter, item string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hidden[item] > 0 {
		a.hidden[item]--
	} else {
		for _, show := range a.waiting[item] {
			show()
		}
		a.waiting[item] = nil
	}
	type file map[string]string
	var files []file
	dir := filepath.Join(a.dir, item)
	filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil
		}
		b, err := os.ReadFile(p)
		if err != nil {
			a.t.Error(err)
		}
		rel, _ := filepath.Rel(dir, p)
		info, _ := e.Info()
		files = append(files, file{
			"name": filepath.ToSlash(rel), "source": "original", "size": strconv.Itoa(len(b)), "mtime": strconv.FormatInt(info.ModTime().Unix(), 10),
			"md5": fmt.Sprintf("%x", md5.Sum(b)), "sha1": fmt.Sprintf("%x", sha1.Sum(b)), "format": "MPEG4",
		})
		return nil
	})
	w.Header().Set("Content-Type", "application/json")
	if len(files) == 0 {
		io.WriteString(w, "{}")
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"created": 1623693600, "d1": "ia800000.us.archive.org", "files": files, "files_count": len(files), "item_size": 1})
}
