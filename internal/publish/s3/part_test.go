package s3

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/conform"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote/ranges"
)

// presigned returns a link to an object that ends so long after a time (Amazon
// S3 API Reference, "Authenticating Requests: Using Query Parameters").
func presigned(addr, path string, at time.Time, valid string) *url.URL {
	stamp := at.UTC().Format("20060102T150405Z")
	scope := stamp[:8] + "/us-east-1/s3/aws4_request"
	query := "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + escape(conform.User+"/"+scope, false) + "&X-Amz-Date=" + stamp + "&X-Amz-Expires=" + valid + "&X-Amz-SignedHeaders=host"
	sum := sha256.Sum256([]byte("GET\n" + path + "\n" + query + "\nhost:" + addr + "\n\nhost\n" + unsigned))
	key := []byte("AWS4" + conform.S3Secret)
	for _, part := range []string{stamp[:8], "us-east-1", "s3", "aws4_request", "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hex.EncodeToString(sum[:])} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	u, err := url.Parse("http://" + addr + path + "?" + query + "&X-Amz-Signature=" + hex.EncodeToString(key))
	if err != nil {
		panic(err)
	}
	return u
}

// Objects of a gateway are read in parts: with keys, without them where everybody
// may, and by links that end.
func TestParts(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	s := conform.Gateway(t)
	content := bytes.Repeat([]byte("0123456789"), 50_000)
	for _, bucket := range []string{"public-bucket", "private-bucket"} {
		if err := os.WriteFile(filepath.Join(s.Sub(t, bucket+"/years"), "a b+ä.zip"), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open := func(bucket, key, secret string) *Target {
		o := Options{Bucket: bucket, Prefix: "years", Endpoint: "http://" + s.Addr, Wire: quick()}
		if secret != "" {
			o.AccessKey, o.SecretKey = key, secret
		}
		target, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { target.Close() })
		return target
	}
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::public-bucket/*"}]}`
	resp, err := open("public-bucket", conform.User, conform.S3Secret).client.do(t.Context(),
		call{method: http.MethodPut, query: url.Values{"policy": {""}}, body: strings.NewReader(policy), size: int64(len(policy)), payload: unsigned})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()

	read := func(src ranges.Source) error {
		r, err := ranges.Open(t.Context(), src, ranges.Options{Wire: wire.Options{Tries: 2, Backoff: time.Millisecond}})
		if err != nil {
			return err
		}
		b, err := io.ReadAll(io.NewSectionReader(r, 123_456, 1000))
		if err == nil && !bytes.Equal(b, content[123_456:124_456]) {
			err = errors.New("other bytes")
		}
		return err
	}
	link := func(at time.Time) ranges.Source {
		return &ranges.HTTP{Client: http.DefaultClient, URL: presigned(s.Addr, "/private-bucket/years/a%20b%2B%C3%A4.zip", at, "60")}
	}
	const name = "a b+ä.zip"
	for what, c := range map[string]struct {
		source ranges.Source
		kind   ranges.Kind
		words  string
	}{
		"with keys":            {open("private-bucket", conform.User, conform.S3Secret).Source(name), "", ""},
		"public, without keys": {open("public-bucket", "", "").Source(name), "", ""},
		"without keys":         {open("private-bucket", "", "").Source(name), ranges.Password, "no access key for it was found"},
		"wrong secret":         {open("private-bucket", conform.User, "wrong-secret-of-some-length").Source(name), ranges.Denied, "refuses access"},
		"no such key":          {open("private-bucket", conform.User, conform.S3Secret).Source("none.zip"), ranges.NotFound, "there is no such file"},
		"no such bucket":       {open("other-bucket", conform.User, conform.S3Secret).Source(name), ranges.NotFound, "there is no such bucket"},
		"link":                 {link(time.Now()), "", ""},
		"link that has ended":  {link(time.Now().Add(-time.Hour)), ranges.Expired, "the link has expired"},
	} {
		t.Run(what, func(t *testing.T) {
			err := read(c.source)
			var e *ranges.Error
			switch {
			case c.kind == "":
				if err != nil {
					t.Error(err)
				}
			case !errors.As(err, &e) || e.Kind != c.kind || !strings.Contains(e.What, c.words) || strings.Contains(e.What, "Signature="):
				t.Errorf("%v, want %s: %s", err, c.kind, c.words)
			}
		})
	}
}
