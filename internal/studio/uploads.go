package studio

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/durable/disk"
	"github.com/spaces-cli/spaces/internal/extract"
	"github.com/spaces-cli/spaces/internal/library"
)

// An upload is what a page sends before it is taken in. There is one at a time.
type upload struct {
	*extract.Upload
	token     string
	files     []sentFile
	arrived   []bool
	receiving bool
	used      time.Time // when something last came
}

// A sentFile is a file as the page announces it.
type sentFile struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// uploads holds the one that is under way.
type uploads struct {
	mu  sync.Mutex
	now *upload
}

const (
	maxFiles = 50
	maxSize  = 1 << 41 // of a file
)

// streams reports whether a request brings a file instead of JSON.
func (g *guard) streams(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, g.folder+"api/incoming/") &&
		strings.Contains(r.URL.Path, "/files/") && mediaTypeOf(r) == "application/octet-stream"
}

func mediaTypeOf(r *http.Request) string {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.TrimSpace(kind)
}

// errReadOnly is about a library that cannot be changed.
func errReadOnly() error {
	return newProblem(http.StatusConflict, "read-only", "the library is on a drive that cannot be written", "Copy the library to another drive")
}

func errBusy() error {
	return newProblem(http.StatusConflict, "intake-busy", "another archive is being added", "Wait until it is finished")
}

// beginUpload makes room for files: {"files": [{"name", "size"}]}. It answers
// with the name of the upload. A library is made where there is none.
func (s *Server) beginUpload(w http.ResponseWriter, r *http.Request) {
	var q struct{ Files []sentFile }
	err := body(r, &q)
	var bytes int64
	for _, f := range q.Files {
		if err == nil && (f.Size < 0 || f.Size > maxSize) {
			err = badRequest("a file has an impossible size")
		}
		bytes += f.Size
	}
	if err == nil && (len(q.Files) == 0 || len(q.Files) > maxFiles) {
		err = badRequest("an upload has 1 to %d files", maxFiles)
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	u, err := s.newUpload(r.Context(), q.Files, bytes)
	if err != nil {
		answer(w, nil, err)
		return
	}
	answer(w, map[string]string{"upload": u.token}, nil)
}

func (s *Server) newUpload(ctx context.Context, files []sentFile, bytes int64) (*upload, error) {
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	if u := s.uploads.now; s.tasks.workOn(intakeKey) || u != nil && (u.receiving || time.Since(u.used) < s.tasks.patience) {
		return nil, errBusy()
	}
	if disk.Of(s.o.Library.Dir).ReadOnly {
		return nil, errReadOnly()
	}
	// Another program that changes the library is told of now, and not when all
	// of an archive has come.
	lib, err := library.OpenWrite(ctx, s.o.Library)
	if err != nil {
		return nil, err
	}
	if err := lib.Close(); err != nil {
		return nil, err
	}
	s.uploads.discard() // that of a page that was closed
	made, err := extract.NewUpload(s.o.Library.Dir, bytes)
	if err != nil {
		return nil, err
	}
	s.uploads.now = &upload{Upload: made, token: rand.Text(), files: files, arrived: make([]bool, len(files)), used: time.Now()}
	return s.uploads.now, nil
}

// discard removes what has come of an upload. The lock is held.
func (us *uploads) discard() {
	if us.now != nil {
		us.now.Discard() // what stays is swept by the next run
		us.now = nil
	}
}

// close ends what is under way.
func (us *uploads) close() {
	us.mu.Lock()
	defer us.mu.Unlock()
	us.discard()
}

// take returns the upload of a name, which nobody else has then.
func (us *uploads) take(token string) (*upload, error) {
	us.mu.Lock()
	defer us.mu.Unlock()
	u := us.now
	if u == nil || u.receiving || !same(u.token, token) {
		return nil, errUpload()
	}
	for _, ok := range u.arrived {
		if !ok {
			return nil, badRequest("not all files have arrived")
		}
	}
	us.now = nil
	return u, nil
}

func errUpload() error {
	return newProblem(http.StatusNotFound, "no-such-upload", "the upload was canceled", "Add the file again")
}

// receiveFile takes in one file of an upload. A file that breaks off ends it.
func (s *Server) receiveFile(w http.ResponseWriter, r *http.Request) {
	us := &s.uploads
	n, err := strconv.Atoi(r.PathValue("n"))
	us.mu.Lock()
	u := us.now
	if err != nil || u == nil || !same(u.token, r.PathValue("upload")) || u.receiving || n < 0 || n >= len(u.files) || u.arrived[n] {
		us.mu.Unlock()
		answer(w, nil, errUpload())
		return
	}
	u.receiving = true
	us.mu.Unlock()
	err = u.Receive(r.Context(), u.files[n].Name, u.files[n].Size, &patientBody{r.Body, http.NewResponseController(w)})
	us.mu.Lock()
	u.receiving, u.used = false, time.Now()
	if u.arrived[n] = err == nil; err != nil {
		us.discard()
	}
	us.mu.Unlock()
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(time.Now().Add(answerTime))
	rc.SetWriteDeadline(time.Now().Add(answerTime))
	answer(w, struct{}{}, err)
}

// discardUpload removes what has come of an upload that the page gives up.
func (s *Server) discardUpload(w http.ResponseWriter, r *http.Request) {
	if err := body(r, new(struct{})); err != nil {
		answer(w, nil, err)
		return
	}
	s.uploads.mu.Lock()
	defer s.uploads.mu.Unlock()
	if u := s.uploads.now; u != nil && !u.receiving && same(u.token, r.PathValue("upload")) {
		s.uploads.discard()
	}
	answer(w, struct{}{}, nil)
}

// A patientBody may take its time in all, but not for one read.
type patientBody struct {
	body io.Reader
	rc   *http.ResponseController
}

func (b *patientBody) Read(p []byte) (int, error) {
	if err := b.rc.SetReadDeadline(time.Now().Add(answerTime)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return b.body.Read(p)
}
