package openai

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

// errWhisperServer means that whisper.cpp's server answered, which has its
// service elsewhere.
var errWhisperServer = errors.New("the server is that of whisper.cpp")

// errPage means that a web page came instead of an answer.
var errPage = errors.New("the server answered with a web page")

// mostError is how much is read of an answer that is an error.
const mostError = 64 << 10

// post sends the piece once.
func (e *Engine) post(ctx context.Context, client *http.Client, u *url.URL, p engine.Piece) ([]byte, error) {
	form, err := e.form(u, p)
	if err != nil {
		return nil, err
	}
	body, err := form.open()
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), body)
	if err != nil {
		body.Close()
		return nil, wire.Permanent(err)
	}
	req.GetBody = form.open // for redirects on the same host
	req.ContentLength = form.size
	req.Header.Set("Content-Type", form.contentType)
	req.Header.Set("Accept", "application/json")
	if e.key != "" {
		req.Header.Set("Authorization", "Bearer "+e.key)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, failure(resp)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, engine.MaxOutput+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > engine.MaxOutput {
		return nil, wire.Permanent(engine.Problemf(engine.TooMuch, "the server sent more than %d MiB for one piece", engine.MaxOutput>>20))
	}
	if isPage(resp) {
		return nil, wire.Permanent(errPage)
	}
	return raw, nil
}

// isPage reports whether an answer is HTML.
func isPage(resp *http.Response) bool {
	t, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return t == "text/html" || t == "application/xhtml+xml"
}

// failure reads an answer that is not a success.
func failure(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, mostError))
	if resp.StatusCode == http.StatusNotFound && resp.Header.Get("Server") == "whisper.cpp" {
		return wire.Permanent(errWhisperServer)
	}
	e := &wire.StatusError{Method: resp.Request.Method, URL: wire.RedactURL(resp.Request.URL), Status: resp.StatusCode, Message: engine.Complaint(text)}
	if e.Message == "" && !isPage(resp) && !bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) {
		e.Message = engine.Line(string(text))
	}
	if e.Status == http.StatusTooManyRequests && strings.Contains(string(text), "insufficient_quota") {
		e.Code = noCredit
		return wire.Permanent(e)
	}
	return e
}

// noCredit is OpenAI's word for an account without credit, which it tells with
// the status of too many requests.
const noCredit = "insufficient_quota"

// A form is the body of a request: fields, then the sound, which is read from
// its file while it is sent.
type form struct {
	contentType string
	head, tail  []byte
	audio       string
	size        int64
}

// form makes the body of the request for a piece.
func (e *Engine) form(u *url.URL, p engine.Piece) (*form, error) {
	info, err := os.Stat(p.Audio)
	if err != nil {
		return nil, err
	}
	fields := [][2]string{
		{"model", e.model},
		{"response_format", "verbose_json"},
		{"timestamp_granularities[]", "word"},
		{"timestamp_granularities[]", "segment"},
		{"language", engine.Language(p.Language)},
		{"prompt", p.Prompt},
	}
	if strings.HasSuffix(u.Path, inference) {
		// whisper.cpp's server takes English for granted, cuts segments at 60
		// characters within words, and tries all languages in a second run.
		if p.Language == "" {
			fields = append(fields, [2]string{"language", "auto"})
		}
		fields = append(fields, [2]string{"split_on_word", "true"}, [2]string{"no_language_probabilities", "true"})
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		if f[1] == "" {
			continue
		}
		if err := w.WriteField(f[0], f[1]); err != nil {
			return nil, err
		}
	}
	// The name says nothing of the recording.
	if _, err := w.CreateFormFile("file", "piece.wav"); err != nil {
		return nil, err
	}
	head := bytes.Clone(b.Bytes())
	b.Reset()
	if err := w.Close(); err != nil {
		return nil, err
	}
	return &form{
		contentType: w.FormDataContentType(),
		head:        head, tail: b.Bytes(),
		audio: p.Audio,
		size:  int64(len(head)+b.Len()) + info.Size(),
	}, nil
}

// open returns a reader of the whole body.
func (f *form) open() (io.ReadCloser, error) {
	file, err := os.Open(f.audio)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(f.head), file, bytes.NewReader(f.tail)), file}, nil
}

// hostOf returns where a request goes, in words.
func hostOf(u *url.URL) string { return fmt.Sprintf("%s://%s", u.Scheme, u.Host) }
