package s3

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Signature Version 4 (Amazon S3 API Reference, "Authenticating Requests: Using
// the Authorization Header").

const (
	// unsigned stands in the place of a body's hash where the body is not signed.
	unsigned = "UNSIGNED-PAYLOAD"
	// nothing is the hash of a body of no bytes.
	nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

	payloadHeader = "X-Amz-Content-Sha256"
)

// sign signs a request with all headers that it has. payload is the SHA-256 of
// the body in hex, or unsigned.
func sign(r *http.Request, k keys, region, payload string, now time.Time) {
	stamp := now.UTC().Format("20060102T150405Z")
	day := stamp[:8]
	r.Header.Set(payloadHeader, payload)
	r.Header.Set("X-Amz-Date", stamp)
	if k.token != "" {
		r.Header.Set("X-Amz-Security-Token", k.token)
	}
	names := []string{"host"}
	for name := range r.Header {
		names = append(names, strings.ToLower(name))
	}
	slices.Sort(names)
	var request strings.Builder
	request.WriteString(r.Method + "\n" + r.URL.EscapedPath() + "\n" + r.URL.RawQuery + "\n")
	for _, name := range names {
		values := r.Header.Values(name)
		if name == "host" {
			values = []string{r.URL.Host}
		}
		for i, v := range values {
			values[i] = strings.Join(strings.Fields(v), " ")
		}
		request.WriteString(name + ":" + strings.Join(values, ",") + "\n")
	}
	signed := strings.Join(names, ";")
	request.WriteString("\n" + signed + "\n" + payload)

	scope := day + "/" + region + "/s3/aws4_request"
	sum := sha256.Sum256([]byte(request.String()))
	key := []byte("AWS4" + k.secret)
	for _, part := range []string{day, region, "s3", "aws4_request", "AWS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hex.EncodeToString(sum[:])} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+k.id+"/"+scope+", SignedHeaders="+signed+", Signature="+hex.EncodeToString(key))
}

// escape writes a path or a value of a query as it is signed: all bytes but
// letters, digits and -._~ (and, in paths, slashes) as %XX.
func escape(s string, slash bool) string {
	const hexadecimal = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 || slash && c == '/' {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hexadecimal[c>>4], hexadecimal[c&15]})
	}
	return b.String()
}
