// Package s3 sends files to S3 and to what speaks like it.
//
// What is larger than a part is sent as a multipart upload, parts side by side.
// An upload that was interrupted is gone on with by a later run: the target
// lists the parts that it has, and those that are the file's are kept. Its
// object appears when all parts are there, and at once.
package s3

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// What S3 says of parts (Amazon S3 User Guide, "Amazon S3 multipart upload
// limits"). The last part may be smaller.
const (
	MinPart     = 5 << 20
	MaxPart     = 5 << 30
	MaxParts    = 10_000
	DefaultPart = 16 << 20
)

// Options say where a bucket is and how to talk to it.
type Options struct {
	Bucket    string
	Prefix    string // of all keys, without the slash between
	Endpoint  string // a URL; "" is what the environment and the AWS files say, else Amazon's
	Region    string // likewise; else the endpoint is asked
	PathStyle *bool  // the bucket in the path and not in the host; nil: as the endpoint likes it
	PartSize  int64  // 0: DefaultPart; more if there would be too many
	// NoChecksums asks for no CRC-64/NVME, for servers that stumble over it.
	NoChecksums bool
	// NoACL sends no access control with public objects, for buckets whose
	// policy makes them public.
	NoACL  bool
	Public bool // objects can be fetched by everybody from the endpoint

	AccessKey, SecretKey, SessionToken string // "": those of the environment, else of the AWS files
	Profile                            string // in the AWS files; "": AWS_PROFILE, else default

	Wire    wire.Options
	Version string // of this program, for the servers' logs
}

// A Target is a bucket, or what has a prefix in it.
type Target struct {
	o      Options
	client *client
	host   *url.URL
	dns    bool // the bucket is in the host
	rt     http.RoundTripper
	denied error // why there is no point in asking
}

// New returns a target. It connects to nothing; the error says what is wrong
// with the options.
func New(o Options) (*Target, error) {
	if o.PartSize == 0 {
		o.PartSize = DefaultPart
	}
	if o.PartSize < MinPart || o.PartSize > MaxPart {
		return nil, fmt.Errorf("the part size must be from 5 MiB to 5 GiB, not %d bytes", o.PartSize)
	}
	o.Prefix = strings.Trim(o.Prefix, "/")
	p := configured(o.Profile)
	o.Endpoint, o.Region = cmp.Or(o.Endpoint, p.endpoint), cmp.Or(o.Region, p.region)
	if o.Endpoint == "" {
		o.Endpoint = "https://" + amazon
	}
	host, err := url.Parse(o.Endpoint)
	if err != nil || host.Host == "" || host.Scheme != "http" && host.Scheme != "https" || strings.Trim(host.Path, "/") != "" {
		return nil, fmt.Errorf("the endpoint %q is not a server URL (try https://s3.example.com)", o.Endpoint)
	}
	if p.bundle != "" && o.Wire.RootCAs == nil && host.Scheme == "https" {
		if o.Wire.RootCAs, err = certificates(p.bundle); err != nil {
			return nil, err
		}
	}
	if !validBucket(o.Bucket) {
		return nil, fmt.Errorf("%q is not a valid bucket name (3 to 63 letters, digits, dots and hyphens)", o.Bucket)
	}
	t := &Target{o: o, host: host, rt: o.Wire.Transport()}
	ring := &keyring{profile: o.Profile, rt: t.rt}
	if o.AccessKey != "" {
		ring.given = keys{id: o.AccessKey, secret: o.SecretKey, token: o.SessionToken}
	}
	t.client = newClient(host, o.Bucket, o.Region, staying{t.rt}, ring)
	t.client.virtual, t.dns = virtualHosted(host, o.Bucket), strings.HasSuffix(host.Hostname(), ".amazonaws.com")
	if o.PathStyle != nil {
		t.client.virtual, t.dns = !*o.PathStyle, !*o.PathStyle
	}
	k := ring.get(context.Background())
	t.o.Wire.Redact = wire.NewRedactor(k.secret, k.token, o.SecretKey, o.SessionToken)
	if k.id == "" {
		t.denied = fmt.Errorf("%w: no access key for %s was found", publish.ErrDenied, t.root())
	}
	return t, nil
}

// validBucket reports whether a server could have a bucket of this name. Some
// take capitals, underscores and colons too.
func validBucket(name string) bool {
	ends := func(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' }
	for i := range len(name) {
		if !ends(name[i]) && (i == 0 || i == len(name)-1 || !strings.ContainsRune(".-_:", rune(name[i]))) {
			return false
		}
	}
	return 3 <= len(name) && len(name) <= 63
}

// staying makes no request that a server sends on to another host.
type staying struct{ http.RoundTripper }

func (s staying) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.RoundTripper.RoundTrip(r)
	if err != nil || resp.StatusCode/100 != 3 {
		return resp, err
	}
	to, lerr := resp.Location()
	if lerr != nil || strings.EqualFold(to.Host, r.URL.Host) {
		return resp, nil
	}
	resp.Body.Close()
	return nil, &wire.RedirectError{From: r.URL.Scheme + "://" + r.URL.Host, To: to.Scheme + "://" + to.Host}
}

// Place implements publish.Target. Buckets of other endpoints than Amazon's may
// have the same name.
func (t *Target) Place() string {
	if t.host.Hostname() == amazon {
		return t.root()
	}
	return t.root() + "?endpoint=" + t.host.Scheme + "://" + t.host.Host
}

// amazon is where S3 is.
const amazon = "s3.amazonaws.com"

func (t *Target) root() string { return strings.TrimSuffix("s3://"+t.o.Bucket+"/"+t.o.Prefix, "/") }

// key is the object's name in the bucket.
func (t *Target) key(name string) string { return t.under() + name }

// under is what all keys begin with.
func (t *Target) under() string {
	if t.o.Prefix == "" {
		return ""
	}
	return t.o.Prefix + "/"
}

// url is where the object lies, for those who may read it without signing.
func (t *Target) url(name string) string {
	host, path := t.host.Host, "/"+publish.EscapePath(t.key(name))
	if t.host.Hostname() == amazon && t.o.Region != "" {
		host = "s3." + t.o.Region + ".amazonaws.com"
	}
	if t.dns {
		host = t.o.Bucket + "." + host
	} else {
		path = "/" + t.o.Bucket + path
	}
	return t.host.Scheme + "://" + host + path
}

// Close implements publish.Target.
func (t *Target) Close() error {
	if c, ok := t.rt.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
	return nil
}

// try makes a request as often as that makes sense, and puts its error into
// words.
func (t *Target) try(ctx context.Context, method, name string, f func(ctx context.Context) error) error {
	if t.denied != nil {
		return t.denied
	}
	return t.o.Wire.Try(ctx, func(ctx context.Context) error { return t.explain(method, name, f(ctx)) })
}

// Stat implements publish.Target.
func (t *Target) Stat(ctx context.Context, name string) (publish.Remote, error) {
	info, err := t.head(ctx, name)
	if err != nil {
		return publish.Remote{}, err
	}
	r := publish.Remote{Size: info.size, Modified: info.modified, SHA256: info.sha256}
	if t.o.Public {
		r.URL = t.url(name)
	}
	return r, nil
}

// An object is what the headers of an answer say of one.
type object struct {
	size     int64
	modified time.Time
	sha256   string // that was stored with it, in hex
	crc      string // CRC-64/NVME of the whole, in base64
}

func (t *Target) head(ctx context.Context, name string) (info object, err error) {
	q := call{method: http.MethodHead, key: t.key(name)}
	if !t.o.NoChecksums {
		q.header = http.Header{"X-Amz-Checksum-Mode": {"ENABLED"}}
	}
	err = t.try(ctx, http.MethodHead, name, func(ctx context.Context) error {
		resp, err := t.client.do(ctx, q)
		if err != nil {
			return err
		}
		resp.Body.Close()
		modified, err := http.ParseTime(resp.Header.Get("Last-Modified"))
		if err != nil || resp.Header.Get("ETag") == "" || resp.ContentLength < 0 {
			return wire.Temporary(errors.New("the server did not describe the object"))
		}
		info = object{size: resp.ContentLength, modified: modified.UTC(), sha256: sha256Of(resp.Header)}
		if resp.Header.Get(typeHeader) != "COMPOSITE" {
			info.crc = resp.Header.Get(crcHeader)
		}
		return nil
	})
	var status *wire.StatusError
	if errors.As(err, &status) && status.Code == "" && (status.Status == http.StatusBadRequest || status.Status == http.StatusForbidden) {
		var said *wire.StatusError
		if why := t.reason(ctx, name); errors.As(why, &said) && said.Status == status.Status {
			err = why
		}
	}
	return info, err
}

// reason asks for an object's first byte, since an answer to HEAD has no room
// for what is wrong: an expired token (400), a permission that is missing (403).
func (t *Target) reason(ctx context.Context, name string) error {
	q := call{method: http.MethodGet, key: t.key(name), header: http.Header{"Range": {"bytes=0-0"}}}
	return t.try(ctx, http.MethodGet, name, func(ctx context.Context) error {
		resp, err := t.client.do(ctx, q)
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
}

// metaSHA256 is the object's metadata that keeps the hash: of what was sent in
// parts S3 computes none itself, but one of the parts' hashes.
const metaSHA256 = "x-amz-meta-sha256"

// sha256Of is the hash that was stored with an object, in hex.
func sha256Of(h http.Header) string {
	sum := strings.ToLower(h.Get(metaSHA256))
	if b, err := hex.DecodeString(sum); err != nil || len(b) != 32 {
		return ""
	}
	return sum
}

// Open implements publish.Target.
func (t *Target) Open(ctx context.Context, name string) (r io.ReadCloser, err error) {
	err = t.try(ctx, http.MethodGet, name, func(ctx context.Context) error {
		resp, err := t.client.do(ctx, call{method: http.MethodGet, key: t.key(name)})
		if err == nil {
			r = resp.Body
		}
		return err
	})
	return r, err
}

// Remove implements publish.Target. In a bucket that keeps versions the object is
// hidden, and its versions stay until the bucket's rules remove them.
func (t *Target) Remove(ctx context.Context, name string, was publish.Remote) error {
	there, err := t.Stat(ctx, name)
	if err == nil {
		err = there.Unchanged(was)
	}
	if err != nil {
		return err
	}
	return t.delete(ctx, name, nil)
}

// Plan implements publish.Target.
func (t *Target) Plan(u *publish.Upload) []string {
	at := t.url(u.Name)
	var list []string
	if t.o.Region == "" {
		bucket := strings.TrimSuffix(t.url(""), publish.EscapePath(t.under()))
		list = append(list, "GET "+strings.TrimSuffix(bucket, "/")+"/?location=  (the region, unless the settings name it)")
	}
	list = append(list, "HEAD "+at)
	part := partSize(u.Size, t.o.PartSize)
	if u.Size <= part {
		list = append(list, fmt.Sprintf("PUT %s  (%d bytes)", at, u.Size))
	} else {
		list = append(list, "POST "+at+"?uploads")
		n := (u.Size + part - 1) / part
		for i := range n {
			// A few stand for thousands.
			if n > 20 && i == 3 {
				list = append(list, fmt.Sprintf("PUT … parts 4 to %d likewise", n-1))
			}
			if n > 20 && i >= 3 && i < n-1 {
				continue
			}
			list = append(list, fmt.Sprintf("PUT %s?partNumber=%d&uploadId=…  (%d bytes)", at, i+1, min(part, u.Size-i*part)))
		}
		list = append(list, "POST "+at+"?uploadId=…")
	}
	return append(list, "HEAD "+at, "HEAD "+at) // Put looks, and Stat
}

// explain puts an answer of S3 into words and says what it means.
func (t *Target) explain(method, name string, err error) error {
	var a *answer
	if !errors.As(err, &a) {
		return err
	}
	status := &wire.StatusError{Method: method, URL: t.root() + "/" + name, Status: a.Status, Code: wire.Plain(a.Code, 100), Message: wire.Plain(a.Message, 300)}
	switch a.Code {
	case "NoSuchKey", "NoSuchBucket", "NoSuchUpload":
		return mean(publish.ErrNotExist, status)
	case "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired",
		"AuthorizationHeaderMalformed", "AuthorizationQueryParametersError", "RequestTimeTooSkewed", "AccountProblem", "AllAccessDisabled", "InvalidSecurity", "NotSignedUp",
		"XAdminUserNotFound": // versitygw's word for an access key that it does not know, with 404
		return mean(publish.ErrDenied, status)
	case "QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "InsufficientCapacity", "StorageFull":
		return mean(publish.ErrFull, status)
	case "RequestTimeout", "BadDigest", "XAmzContentSHA256Mismatch", "IncompleteBody", "SlowDown", "InternalError", "OperationAborted":
		// The request was damaged or too slow on its way, or the server is busy.
		return wire.Temporary(status)
	}
	return status
}

// mean says what an answer means if its status alone does not.
func mean(what error, status *wire.StatusError) error {
	if errors.Is(status, what) {
		return status
	}
	return &meaning{status, what}
}

type meaning struct {
	*wire.StatusError
	what error
}

func (m *meaning) Unwrap() error { return m.what } // and not what the status alone would mean

func (m *meaning) As(target any) bool {
	status, ok := target.(**wire.StatusError)
	if ok {
		*status = m.StatusError
	}
	return ok
}

func encode(crc []byte) string { return base64.StdEncoding.EncodeToString(crc) }
