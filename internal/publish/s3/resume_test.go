package s3

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/conform"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// plain makes a target that asks for no CRC, as servers need that know none.
func plain(t *testing.T, base, bucket string, w wire.Options) *Target {
	t.Helper()
	s3, err := New(Options{Bucket: bucket, Prefix: "show/2026", Endpoint: base, Region: "us-east-1", PartSize: MinPart,
		AccessKey: conform.User, SecretKey: conform.S3Secret, NoChecksums: true, Wire: w})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s3.Close() })
	return s3
}

// Without CRCs the MD5 of a part, which is its ETag, tells whether it is there.
func TestConformsWithoutChecksums(t *testing.T) {
	t.Parallel()
	s := conform.Gateway(t)
	conform.Run(t, func(t *testing.T) conform.Site {
		at := site(t, s, nil)
		bucket := at.Dial(t).(*Target).o.Bucket
		at.Dial = func(t *testing.T) publish.Target { return plain(t, "http://"+s.Addr, bucket, quick()) }
		return at
	}, conform.Options{Part: MinPart, Resumes: true, Leaves: true, Secrets: []string{conform.S3Secret}, Own: own})
}

// interrupted sends two parts of three and returns the upload as the next run
// makes it.
func interrupted(t *testing.T, target publish.Target) *conform.Sending {
	t.Helper()
	const n = 2*MinPart + 1000
	up := conform.NewSending("folder/a.m4a", bytes.Repeat([]byte("sound"), n/5))
	up.Jobs = 1
	whole := up.Body
	up.Body = failsBehind{whole, 2 * MinPart}
	if _, err := target.Put(t.Context(), &up.Upload); err == nil {
		t.Fatal("no error")
	}
	return up.Next()
}

// failsBehind cannot be read behind an offset.
type failsBehind struct {
	io.ReaderAt
	end int64
}

func (f failsBehind) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.end {
		return 0, errors.New("the disk has a bad sector")
	}
	return f.ReaderAt.ReadAt(p, off)
}

// A server that cannot list parts gets all of them again, and the old upload is
// aborted.
func TestWithoutListParts(t *testing.T) {
	t.Parallel()
	s := conform.Gateway(t)
	for _, c := range []struct {
		status int
		code   string
	}{{405, "MethodNotAllowed"}, {501, "NotImplemented"}, {400, "InvalidArgument"}, {403, "AccessDenied"}} {
		t.Run(fmt.Sprint(c.status), func(t *testing.T) {
			var asked atomic.Int64
			front := conform.Front(t, s.Addr, false, func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet || !r.URL.Query().Has("uploadId") {
					return false
				}
				asked.Add(1)
				return say(c.status, c.code, "no")(w, r)
			})
			direct := site(t, s, nil)
			bucket := direct.Dial(t).(*Target).o.Bucket
			up := interrupted(t, plain(t, front.URL, bucket, quick()))
			if _, err := plain(t, front.URL, bucket, quick()).Put(t.Context(), &up.Upload); err != nil {
				t.Fatal(err)
			}
			direct.Holds(t, up.Name, up.Bytes)
			if asked.Load() == 0 {
				t.Error("the parts were not asked for")
			}
			if l, err := direct.Dial(t).Leftovers(t.Context()); err != nil || len(l) > 0 {
				t.Errorf("the old upload is still there: %v, error %v", l, err)
			}
		})
	}
}

// With wrong credentials an upload is not given up: with the right ones the
// next run goes on.
func TestDeniedKeepsTheUpload(t *testing.T) {
	t.Parallel()
	s := conform.Gateway(t)
	direct := site(t, s, nil)
	good := direct.Dial(t).(*Target)
	up := interrupted(t, good)
	if _, err := target(t, s.Addr, good.o.Bucket, "another-secret-key", quick()).Put(t.Context(), &up.Upload); !errors.Is(err, publish.ErrDenied) {
		t.Fatalf("error %v", err)
	}
	next := up.Next()
	kept := int64(0)
	next.Kept = func(n int64) { kept += n }
	if _, err := direct.Dial(t).Put(t.Context(), &next.Upload); err != nil {
		t.Fatal(err)
	}
	direct.Holds(t, up.Name, up.Bytes)
	if kept != 2*MinPart {
		t.Errorf("kept %d bytes of the first run, want %d", kept, 2*MinPart)
	}
}

// A server that takes no body of this size leaves no upload behind, so that the
// next run may send smaller parts.
func TestPartsTooLarge(t *testing.T) {
	t.Parallel()
	s := conform.Gateway(t)
	front := conform.Front(t, s.Addr, false, func(w http.ResponseWriter, r *http.Request) bool {
		if r.ContentLength <= MinPart {
			return false
		}
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return true
	})
	direct := site(t, s, nil)
	bucket := direct.Dial(t).(*Target).o.Bucket
	large := plain(t, front.URL, bucket, quick())
	large.o.PartSize = MinPart + 1<<20
	up := conform.NewSending("a.m4a", bytes.Repeat([]byte("sound"), 3*MinPart/5))
	_, err := large.Put(t.Context(), &up.Upload)
	if err == nil || !strings.Contains(err.Error(), "413") || wire.Retryable(err) {
		t.Fatalf("error %v, want a 413 that is not tried again", err)
	}
	next := up.Next()
	if _, err := plain(t, front.URL, bucket, quick()).Put(t.Context(), &next.Upload); err != nil {
		t.Fatal(err)
	}
	direct.Holds(t, up.Name, up.Bytes)
}
