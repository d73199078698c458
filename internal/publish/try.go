package publish

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// A Step is one thing that Try tries. The words appear in JSON.
type Step string

const (
	StepConnect Step = "connect"
	StepWrite   Step = "write"
	StepRead    Step = "read"
	StepPublic  Step = "public" // everybody gets it under its web address
	StepRemove  Step = "remove"
)

// A Trial is how a step went.
type Trial struct {
	Step    Step
	Skipped string // why it was not tried, or ""
	URL     string // of StepPublic
	Err     error
}

// A Tester tries whether a target does what sending needs.
type Tester struct {
	Target   Target
	Public   bool         // files are sent for everybody to read
	BaseURL  string       // where everybody finds the target's root, or ""
	ReadOnly string       // why nothing is to be written, or ""
	Client   *http.Client // fetches as everybody does
}

// tidyUp is how long the test file may take to be removed after an interruption.
const tidyUp = 30 * time.Second

// Try connects, writes a small file under a name of its own, reads it back and
// removes it, and tells report how each step went. A step that another one
// needs and that failed skips it.
func (t *Tester) Try(ctx context.Context, report func(Trial)) {
	content := []byte("a test: " + rand.Text() + "\n")
	name := "spaces-test-" + strings.ToLower(rand.Text()[:12]) + ".txt"
	skip := func(why string, steps ...Step) {
		for _, step := range steps {
			report(Trial{Step: step, Skipped: why})
		}
	}
	_, err := t.Target.Stat(ctx, name)
	if errors.Is(err, ErrNotExist) {
		err = nil // no bucket or folder: writing tells
	}
	report(Trial{Step: StepConnect, Err: err})
	if why := t.ReadOnly; err != nil || why != "" {
		if err != nil {
			why = "no connection"
		}
		skip(why, StepWrite, StepRead, StepRemove)
		return
	}
	_, err = t.Target.Put(ctx, &Upload{
		Name: name, Body: bytes.NewReader(content), Size: int64(len(content)), SHA256: sha256.Sum256(content), ContentType: "text/plain; charset=utf-8",
		Public: t.Public, Jobs: 1, Save: func([]byte) error { return nil }, Sent: func(int64) {}, Kept: func(int64) {},
	})
	report(Trial{Step: StepWrite, Err: err})
	// Whatever fails, the file goes.
	tidy, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyUp)
	defer cancel()
	if err != nil {
		skip("nothing was written", StepRead, StepRemove)
		if there, err := t.Target.Stat(tidy, name); err == nil { // it arrived all the same
			t.Target.Remove(tidy, name, there)
		}
		return
	}
	report(Trial{Step: StepRead, Err: t.readBack(ctx, name, content)})
	there, err := t.Target.Stat(tidy, name)
	if err == nil {
		if url := t.address(name, there); url != "" {
			report(Trial{Step: StepPublic, URL: url, Err: t.fetch(ctx, url, content)})
		}
		err = t.Target.Remove(tidy, name, there)
	}
	report(Trial{Step: StepRemove, Err: err})
}

func (t *Tester) readBack(ctx context.Context, name string, want []byte) error {
	r, err := t.Target.Open(ctx, name)
	if err != nil {
		return err
	}
	defer r.Close()
	return same(r, want)
}

// address is where everybody should get a file, or "" if nobody says so.
func (t *Tester) address(name string, there Remote) string {
	switch {
	case t.BaseURL != "":
		return strings.TrimSuffix(t.BaseURL, "/") + "/" + name
	case t.Public:
		return there.URL
	}
	return ""
}

// fetch gets a file as everybody does, without credentials.
func (t *Tester) fetch(ctx context.Context, url string, want []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := t.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s", url, resp.Status)
	}
	return same(resp.Body, want)
}

// same compares what is read with what was written.
func same(r io.Reader, want []byte) error {
	got, err := io.ReadAll(io.LimitReader(r, int64(len(want))+1))
	if err == nil && !bytes.Equal(got, want) {
		err = ErrMismatch
	}
	return err
}
