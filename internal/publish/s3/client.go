package s3

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// A client makes signed requests of one bucket.
type client struct {
	http    *http.Client
	host    *url.URL
	bucket  string
	virtual bool // the bucket is in the host and not in the path
	keys    *keyring

	mu     sync.Mutex
	region string // "": not asked for yet
}

// newClient returns a client. A region of "" is asked for, unless the endpoint's
// name has it.
func newClient(host *url.URL, bucket, region string, rt http.RoundTripper, k *keyring) *client {
	// A port that goes without saying is not sent, and so not signed.
	at := *host
	if at.Scheme == "http" && at.Port() == "80" || at.Scheme == "https" && at.Port() == "443" {
		at.Host = strings.TrimSuffix(at.Host, ":"+at.Port())
	}
	if named, ok := regional(at.Hostname()); ok {
		region = cmp.Or(region, named)
	}
	return &client{
		http: &http.Client{Transport: rt, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		host: &at, bucket: bucket, keys: k, region: region,
	}
}

// regional reports whether a host is S3 itself, in which case the bucket's
// region decides to which one of its hosts requests go, and the region that the
// name has: s3.amazonaws.com, s3.REGION.amazonaws.com.
func regional(host string) (region string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(host, ".cn"), "s3.")
	if !ok {
		return "", false
	}
	rest = strings.TrimPrefix(rest, "dualstack.")
	if rest == "amazonaws.com" {
		return "", true
	}
	region, ok = strings.CutSuffix(rest, ".amazonaws.com")
	return region, ok && !strings.Contains(region, ".")
}

// virtualHosted reports whether buckets are named in the host by themselves: at
// Amazon, Google and Alibaba. A dot in a bucket's name fits no certificate.
func virtualHosted(host *url.URL, bucket string) bool {
	if host.Scheme == "https" && strings.Contains(bucket, ".") {
		return false
	}
	name := host.Hostname()
	return name == "storage.googleapis.com" || slices.ContainsFunc([]string{".amazonaws.com", ".amazonaws.com.cn", ".aliyuncs.com"},
		func(end string) bool { return strings.HasSuffix(name, end) })
}

// A call is a request of an object, or of the bucket if key is "".
type call struct {
	method, key string
	query       url.Values
	header      http.Header
	body        io.Reader
	size        int64  // of the body
	payload     string // the body's hash, or unsigned; "" without a body
}

// url is where a call goes.
func (c *client) url(key, region string, query url.Values) *url.URL {
	u := url.URL{Scheme: c.host.Scheme, Host: c.host.Host, Path: "/" + key}
	if _, ok := regional(c.host.Hostname()); ok && region != "" {
		u.Host = "s3.dualstack." + region + "." + domain(region)
	}
	if c.virtual {
		u.Host = c.bucket + "." + u.Host
	} else {
		u.Path = "/" + c.bucket + u.Path
	}
	u.RawPath = escape(u.Path, true)
	var list []string
	for name, values := range query {
		for _, v := range values {
			list = append(list, escape(name, false)+"="+escape(v, false))
		}
	}
	slices.Sort(list)
	u.RawQuery = strings.Join(list, "&")
	return &u
}

// do makes a request. What is no success is an answer as an error.
func (c *client) do(ctx context.Context, q call) (*http.Response, error) {
	region, err := c.home(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := c.send(ctx, q, region, c.url(q.key, region, q.query))
	var a *answer
	if errors.As(err, &a) && a.misplaced() && a.region != "" {
		c.mu.Lock()
		if c.region != "" && c.region == region && c.region != a.region {
			c.region = a.region // for the next request
		}
		c.mu.Unlock()
	}
	return resp, err
}

func (c *client) send(ctx context.Context, q call, region string, to *url.URL) (*http.Response, error) {
	req := &http.Request{Method: q.method, URL: to, Host: to.Host, Header: q.header.Clone(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if q.size > 0 {
		req.Body, req.ContentLength = io.NopCloser(q.body), q.size
	}
	if k := c.keys.get(ctx); k.id != "" && k.secret != "" {
		sign(req, k, region, cmp.Or(q.payload, nothing), time.Now())
	}
	resp, err := c.http.Do(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusNoContent, http.StatusPartialContent:
		return resp, nil
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	return nil, newAnswer(resp, text, q.key != "")
}

// home is the bucket's region (Amazon S3 API Reference, "GetBucketLocation").
func (c *client) home(ctx context.Context) (string, error) {
	c.mu.Lock()
	region := c.region
	c.mu.Unlock()
	if region != "" {
		return region, nil
	}
	const first = "us-east-1" // which says of all buckets where they are
	query := url.Values{"location": {""}}
	resp, err := c.send(ctx, call{method: http.MethodGet, query: query}, first, c.url("", "", query))
	var a *answer
	switch {
	case errors.As(err, &a) && a.Code == "NotImplemented" && a.server == "cloudflare":
		region = first
	case errors.As(err, &a) && a.misplaced():
		region = cmp.Or(a.region, first) // who may send need not be allowed to ask
	case err != nil:
		return "", err
	default:
		var where struct {
			Name string `xml:",chardata"`
		}
		if err := read200(resp, "LocationConstraint", &where); err != nil {
			return "", err
		}
		region = cmp.Or(strings.TrimSpace(where.Name), first)
		if region == "EU" { // as buckets of before 2010 say
			region = "eu-west-1"
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.region = region
	return region, nil
}

// maxAnswer is more than a page of a list takes, or an error.
const maxAnswer = 5 << 20

// read200 reads the XML of a success, whose root has a name that begins so: some
// servers name it after the request and not after the result. An answer may
// begin as a success and be an error in the end (Amazon S3 API Reference,
// "CompleteMultipartUpload").
func read200(resp *http.Response, root string, to any) error {
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return err
	}
	var head struct{ XMLName xml.Name }
	if xml.Unmarshal(text, &head) != nil || !strings.HasPrefix(head.XMLName.Local, root) {
		if head.XMLName.Local == "Error" {
			return newAnswer(resp, text, true)
		}
		return errNoObject
	}
	if to == nil {
		return nil
	}
	return xml.Unmarshal(text, to)
}

// An answer is what S3 says instead of doing what it was asked for (Amazon S3
// API Reference, "REST error responses").
type answer struct {
	XMLName       xml.Name `xml:"Error"`
	Status        int      `xml:"-"`
	Code, Message string   // Code is "" if the answer has none, nor does its status mean one
	Region        string
	region        string // where the bucket is, if that is what was wrong
	server        string
}

func (a *answer) Error() string {
	return cmp.Or(a.Message, fmt.Sprintf("the server answered %d (%s)", a.Status, a.Code))
}

// misplaced reports whether a request may have gone to another region than the
// bucket's.
func (a *answer) misplaced() bool {
	return slices.Contains([]string{"AuthorizationHeaderMalformed", "InvalidRegion", "AccessDenied"}, a.Code)
}

func newAnswer(resp *http.Response, text []byte, object bool) *answer {
	a := &answer{}
	if xml.Unmarshal(text, a) != nil || a.Code == "" {
		*a = answer{}
		switch resp.StatusCode { // answers to HEAD have no body
		case http.StatusNotFound:
			a.Code, a.Message = "NoSuchBucket", "The specified bucket does not exist"
			if object {
				a.Code, a.Message = "NoSuchKey", "The specified key does not exist."
			}
		case http.StatusForbidden:
			a.Code, a.Message = "AccessDenied", "Access Denied."
		}
	}
	a.Status, a.server = resp.StatusCode, resp.Header.Get("Server")
	a.region = cmp.Or(strings.TrimSpace(a.Region), resp.Header.Get("X-Amz-Bucket-Region"))
	if code := resp.Header.Get("X-Minio-Error-Code"); code != "" { // MinIO says it to HEAD
		a.Code, a.Message = code, cmp.Or(strings.Trim(resp.Header.Get("X-Minio-Error-Desc"), `"`), a.Message)
	}
	return a
}
