package s3

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/conform"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// dialer makes buckets at a gateway; region "" has it asked for its own.
func dialer(s conform.Server, region string) conform.Dialer {
	return func(t *testing.T, base string, w wire.Options) conform.Site {
		dir, err := os.MkdirTemp(s.Dir, "bucket")
		if err != nil {
			t.Fatal(err)
		}
		return conform.Site{
			Dir: filepath.Join(dir, "show"),
			Dial: func(t *testing.T) publish.Target {
				s3, err := New(Options{
					Bucket: filepath.Base(dir), Prefix: "show", Endpoint: base, Region: region, PartSize: MinPart,
					AccessKey: conform.User, SecretKey: conform.S3Secret, Wire: w,
				})
				if err != nil {
					t.Fatal(err)
				}
				return s3
			},
		}
	}
}

func TestTroubles(t *testing.T) {
	t.Parallel()
	s := conform.Gateway(t)
	conform.Troubles(t, s.Addr, dialer(s, "us-east-1"), conform.Options{Secrets: []string{conform.S3Secret}, Own: own})
}

func TestPlan(t *testing.T) {
	s := conform.Gateway(t)
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	t.Setenv("AWS_CONFIG_FILE", "none")
	for _, region := range []string{"us-east-1", ""} {
		t.Run("region "+region, func(t *testing.T) {
			conform.Plans(t, s.Addr, dialer(s, region), conform.Options{Part: MinPart})
		})
	}
}

// say answers as S3 does (Amazon S3 API Reference, "REST error responses").
func say(status int, code, message string) conform.Hook {
	return func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message><RequestId>1</RequestId></Error>", code, message)
		}
		return true
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status  int
		code    string
		message string
		want    error // nil: none of the kinds
		again   bool
	}{
		{403, "AccessDenied", "Access Denied", publish.ErrDenied, false},
		{403, "InvalidAccessKeyId", "The access key does not exist", publish.ErrDenied, false},
		{404, "XAdminUserNotFound", "No user exists with the provided access key ID", publish.ErrDenied, false},
		{403, "SignatureDoesNotMatch", "The signature does not match", publish.ErrDenied, false},
		{400, "ExpiredToken", "The provided token has expired", publish.ErrDenied, false},
		{400, "InvalidToken", "The provided token is malformed", publish.ErrDenied, false},
		{403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", publish.ErrDenied, false},
		{404, "NoSuchBucket", "The specified bucket does not exist", publish.ErrNotExist, false},
		{507, "XMinioStorageFull", "Storage backend has reached its minimum free drive threshold.", publish.ErrFull, false},
		{400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", nil, false},
		{400, "BadDigest", "The Content-MD5 you specified did not match what we received", nil, true},
		{400, "RequestTimeout", "Your socket connection was not read from in time", nil, true},
		{500, "InternalError", "We encountered an internal error. Please try again.", nil, true},
		{503, "SlowDown", "Please reduce your request rate.", nil, true},
	} {
		for _, size := range []int64{1000, MinPart + 1} {
			t.Run(fmt.Sprint(c.code, size), func(t *testing.T) {
				t.Parallel()
				requests := 0
				front := conform.Front(t, "127.0.0.1:1", false, func(w http.ResponseWriter, r *http.Request) bool {
					requests++
					return say(c.status, c.code, c.message)(w, r)
				})
				w := quick()
				w.Tries = 2
				s3 := target(t, strings.TrimPrefix(front.URL, "http://"), "bucket", conform.S3Secret, w)
				up := conform.NewSending("a.m4a", make([]byte, size))
				_, err := s3.Put(t.Context(), &up.Upload)
				kinds := []error{publish.ErrDenied, publish.ErrNotExist, publish.ErrFull, publish.ErrChanged}
				for _, kind := range kinds {
					if errors.Is(err, kind) != (kind == c.want) {
						t.Errorf("error %v: is %q: %v", err, kind, errors.Is(err, kind))
					}
				}
				if err == nil || !strings.Contains(err.Error(), c.code) {
					t.Errorf("error %v does not say %s", err, c.code)
				}
				if want := map[bool]int{true: 2, false: 1}[c.again]; requests != want && !(size > MinPart && c.status == 400) {
					t.Errorf("%d requests, want %d", requests, want)
				}
			})
		}
	}
}

// Who may send need not be allowed to list what is there, nor to look.
func TestNotAllowedToList(t *testing.T) {
	t.Parallel()
	s := conform.Gateway(t)
	front := conform.Front(t, s.Addr, false, func(w http.ResponseWriter, r *http.Request) bool {
		q := r.URL.Query()
		if r.Method == http.MethodGet && (q.Has("uploads") || q.Has("list-type") || q.Has("location")) {
			return say(403, "AccessDenied", "Access Denied")(w, r)
		}
		return false
	})
	site := site(t, s, func(string) string { return strings.TrimPrefix(front.URL, "http://") })
	for _, size := range []int64{1000, MinPart + 1} {
		up := conform.NewSending("folder/a.m4a", make([]byte, size))
		s3 := site.Dial(t)
		if _, err := s3.Put(t.Context(), &up.Upload); err != nil {
			t.Error(err)
		}
		site.Holds(t, up.Name, up.Bytes)
		if _, err := s3.Leftovers(t.Context()); !errors.Is(err, publish.ErrDenied) {
			t.Errorf("Leftovers: %v", err)
		}
		s3.Close()
	}
}

// A server that gives the same page of its list again and again is not asked for
// ever.
func TestRepeatedPage(t *testing.T) {
	t.Parallel()
	asked := 0
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked > 100 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		io.WriteString(w, `<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>a</NextKeyMarker><NextUploadIdMarker>b</NextUploadIdMarker></ListMultipartUploadsResult>`)
	}))
	defer front.Close()
	list, err := target(t, strings.TrimPrefix(front.URL, "http://"), "bucket", conform.S3Secret, quick()).Leftovers(t.Context())
	if err == nil || !strings.Contains(err.Error(), "repeats") || asked > 3 {
		t.Errorf("%v after %d requests, error %v", list, asked, err)
	}
}
