package s3

import (
	"bytes"
	"hash/crc64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The examples are Amazon's (Amazon S3 API Reference, "Signature Calculations
// for the Authorization Header: Transferring Payload in a Single Chunk").
func TestSignatures(t *testing.T) {
	k := keys{id: "AKIAIOSFODNN7EXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
	now := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	host := &url.URL{Scheme: "https", Host: "examplebucket.s3.amazonaws.com"}
	c := &client{host: host}
	for _, x := range []struct {
		method, key   string
		query         url.Values
		header        http.Header
		payload, want string
	}{
		{"GET", "test.txt", nil, http.Header{"Range": {"bytes=0-9"}}, nothing,
			"SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{"PUT", "test$file.text", nil, http.Header{"Date": {"Fri, 24 May 2013 00:00:00 GMT"}, "X-Amz-Storage-Class": {"REDUCED_REDUNDANCY"}},
			"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
			"SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{"GET", "", url.Values{"lifecycle": {""}}, nil, nothing,
			"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{"GET", "", url.Values{"prefix": {"J"}, "max-keys": {"2"}}, nil, nothing,
			"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	} {
		u := c.url(x.key, "", x.query)
		u.Path, u.RawPath = strings.TrimPrefix(u.Path, "/"), strings.TrimPrefix(u.RawPath, "/") // the bucket is in the host
		r := &http.Request{Method: x.method, URL: u, Header: x.header}
		if r.Header == nil {
			r.Header = http.Header{}
		}
		sign(r, k, "us-east-1", x.payload, now)
		want := "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, " + x.want
		if got := r.Header.Get("Authorization"); got != want {
			t.Errorf("%s %s is signed with\n%s, want\n%s", x.method, u, got, want)
		}
	}
}

// What is signed is what is sent: servers compute the signature from the
// request line.
func TestEscaping(t *testing.T) {
	c := &client{host: &url.URL{Scheme: "https", Host: "s3.example.com"}, bucket: "b"}
	for key, want := range map[string]string{
		"show/Débat 1+2 (a).m4a": "/b/show/D%C3%A9bat%201%2B2%20%28a%29.m4a",
		"a%2Fb":                  "/b/a%252Fb",
		"a//b/../c":              "/b/a//b/../c",
		"x~-._!*'();:@&=$,?#[]":  "/b/x~-._%21%2A%27%28%29%3B%3A%40%26%3D%24%2C%3F%23%5B%5D",
	} {
		u := c.url(key, "", url.Values{"prefix": {"a b+c/é"}, "uploads": {""}})
		if got := u.EscapedPath(); got != want {
			t.Errorf("%q is %s, want %s", key, got, want)
		}
		if want := "prefix=a%20b%2Bc%2F%C3%A9&uploads="; u.RawQuery != want {
			t.Errorf("the query is %s, want %s", u.RawQuery, want)
		}
		var sent bytes.Buffer
		if err := (&http.Request{Method: "GET", URL: u}).Write(&sent); err != nil || !strings.HasPrefix(sent.String(), "GET "+want+"?") {
			t.Errorf("sent is %.80q, error %v", &sent, err)
		}
	}
}

// Requests go to the host of the bucket's region at Amazon, and elsewhere to
// the endpoint.
func TestHosts(t *testing.T) {
	for _, x := range []struct{ endpoint, bucket, region, want string }{
		{"https://s3.amazonaws.com", "my-show", "eu-west-1", "https://my-show.s3.dualstack.eu-west-1.amazonaws.com/k"},
		{"https://s3.us-east-1.amazonaws.com", "my-show", "eu-west-1", "https://my-show.s3.dualstack.eu-west-1.amazonaws.com/k"},
		{"https://s3.cn-north-1.amazonaws.com.cn", "my-show", "cn-north-1", "https://my-show.s3.dualstack.cn-north-1.amazonaws.com.cn/k"},
		{"https://s3.amazonaws.com", "my.show", "eu-west-1", "https://s3.dualstack.eu-west-1.amazonaws.com/my.show/k"},
		{"https://s3-fips.us-east-1.amazonaws.com", "my-show", "us-east-1", "https://my-show.s3-fips.us-east-1.amazonaws.com/k"},
		{"https://storage.googleapis.com:443", "my-show", "auto", "https://my-show.storage.googleapis.com/k"},
		{"https://oss-eu-central-1.aliyuncs.com", "my-show", "x", "https://my-show.oss-eu-central-1.aliyuncs.com/k"},
		{"http://minio.example.com:9000", "my-show", "us-east-1", "http://minio.example.com:9000/my-show/k"},
		{"http://[::1]:80", "my-show", "us-east-1", "http://[::1]/my-show/k"},
	} {
		host, err := url.Parse(x.endpoint)
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(host, x.bucket, "", nil, nil)
		c.virtual = virtualHosted(host, x.bucket)
		if got := c.url("k", x.region, nil).String(); got != x.want {
			t.Errorf("%s, %s: %s, want %s", x.endpoint, x.bucket, got, x.want)
		}
	}
	for host, want := range map[string]string{"s3.eu-west-1.amazonaws.com": "eu-west-1", "s3.dualstack.us-west-2.amazonaws.com": "us-west-2", "s3.amazonaws.com": "", "s3.example.com": ""} {
		if c := newClient(&url.URL{Scheme: "https", Host: host}, "b", "", nil, nil); c.region != want {
			t.Errorf("%s has the region %q, want %q", host, c.region, want)
		}
	}
}

// The check value is that of the NVM Command Set Specification 1.0c, 5.2.1.3.5,
// and of the catalogue of parametrised CRCs.
func TestCRC(t *testing.T) {
	if got := crc64.Checksum([]byte("123456789"), crcTable()); got != 0xae8b14860a799888 {
		t.Errorf("the CRC of 123456789 is %x", got)
	}
	text := bytes.Repeat([]byte("what was said in the Space "), 1000)
	for _, parts := range [][]int{{0}, {1}, {7, 1000}, {5, 5, 5, 20000}, {26999, 1}} {
		var all uint64
		rest := text
		for _, n := range append(parts, len(text)) {
			p := rest[:min(n, len(rest))]
			rest = rest[len(p):]
			all = joinCRC(all, crc64.Checksum(p, crcTable()), int64(len(p)))
		}
		if want := crc64.Checksum(text, crcTable()); all != want {
			t.Errorf("parts %v: joined CRC %x, want %x", parts, all, want)
		}
	}
}

func TestBucketNames(t *testing.T) {
	for name, want := range map[string]bool{
		"my-show": true, "a.b": true, "My_Show:1": true, strings.Repeat("a", 63): true,
		"": false, "ab": false, "-ab": false, "ab.": false, "a b": false, "a/b": false, "é.é": false, strings.Repeat("a", 64): false,
	} {
		if got := validBucket(name); got != want {
			t.Errorf("validBucket(%q) = %v", name, got)
		}
	}
}
