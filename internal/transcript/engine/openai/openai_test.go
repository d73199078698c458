package openai

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/transcript/engine"
	"github.com/spaces-cli/spaces/internal/transcript/engine/conform"
)

const key = "s3cr3t-Wort/+%&=?äö"

// verbose writes lines as OpenAI does: words apart from segments.
func verbose(language string, lines []conform.Line) []byte {
	names := map[string]string{"de": "german", "en": "english"}
	var text string
	var segments, words []string
	for i, l := range lines {
		text += " " + l.Text
		segments = append(segments, fmt.Sprintf(`{"id":%d,"seek":0,"start":%f,"end":%f,"text":%s,"tokens":[50364,1],"temperature":0.0,"avg_logprob":-0.3}`,
			i, l.From, l.To, conform.Quote(" "+l.Text)))
		list := strings.Split(l.Text, " ")
		step := (l.To - l.From) / float64(len(list))
		for j, w := range list {
			words = append(words, fmt.Sprintf(`{"word":%s,"start":%f,"end":%f}`, conform.Quote(w), l.From+float64(j)*step, l.From+float64(j+1)*step))
		}
	}
	return fmt.Appendf(nil, `{"task":"transcribe","language":%s,"duration":8.47,"text":%s,"segments":[%s],"words":[%s]}`,
		conform.Quote(names[language]), conform.Quote(text), strings.Join(segments, ","), strings.Join(words, ","))
}

// serve starts a server that behaves as told, and returns its address.
func serve(t *testing.T, b conform.Behaviour) string {
	t.Helper()
	if b.Missing {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return "http://" + l.Addr().String()
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		switch {
		case b.Hangs:
			<-r.Context().Done()
			return
		case b.Fails:
			w.WriteHeader(http.StatusInternalServerError)
			io.WriteString(w, b.Said)
			return
		case b.Nothing:
			return
		case b.Chatter:
			for range 1000 { // answers that say nothing yet
				w.WriteHeader(http.StatusProcessing)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_, err := w.Write(b.Output)
		for err == nil && b.Endless {
			_, err = w.Write(b.Output)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func open(t *testing.T, o Options) *Engine {
	t.Helper()
	o.Wire.Backoff, o.Wire.Tries = time.Millisecond, 3
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestConformance(t *testing.T) {
	conform.Run(t, conform.Kind{
		Make: func(t *testing.T, b conform.Behaviour) engine.Engine {
			return open(t, Options{Address: serve(t, b), Model: "whisper-1", Key: key})
		},
		Write: verbose,
		Tells: true, Words: true, Named: true,
		Failed:  engine.ServerFails,
		Missing: engine.Unreachable,
		Secret:  key,
	})
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		address, want string // the whole address, or
		cause         engine.Cause
		local         bool
	}{
		{"https://api.openai.com", "https://api.openai.com/v1/audio/transcriptions", "", false},
		{"https://api.openai.com/", "https://api.openai.com/v1/audio/transcriptions", "", false},
		{"https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1/audio/transcriptions", "", false},
		{"https://h/v1/audio/transcriptions/", "https://h/v1/audio/transcriptions", "", false},
		{"https://h/a?api-version=2#x", "https://h/a/audio/transcriptions?api-version=2", "", false},
		{"http://127.0.0.1:8080/inference", "http://127.0.0.1:8080/inference", "", true},
		{"http://localhost:8080", "http://localhost:8080/v1/audio/transcriptions", "", true},
		{"http://[::1]:8080", "http://[::1]:8080/v1/audio/transcriptions", "", true},
		{"http://192.168.1.2:8080", "", engine.NotSecure, false},
		{"http://localhost.evil.com", "", engine.NotSecure, false},
		{"http://127.0.0.1.evil.com", "", engine.NotSecure, false},
		{"http://0.0.0.0:8080", "", engine.NotSecure, false},
		{"api.openai.com", "", engine.BadAddress, false},
		{"ftp://h", "", engine.BadAddress, false},
		{"https://", "", engine.BadAddress, false},
		{"https://user:pw@h", "", engine.BadAddress, false},
		{"", "", engine.BadAddress, false},
	} {
		t.Run(c.address, func(t *testing.T) {
			e, err := New(Options{Address: c.address})
			var problem *engine.Error
			if c.cause != "" {
				if !errors.As(err, &problem) || problem.Cause != c.cause || !problem.Persists() || strings.Contains(err.Error(), "pw") {
					t.Errorf("error %v", err)
				}
			} else if err != nil || e.url.String() != c.want || e.Local() != c.local {
				t.Errorf("%+v, error %v, want %s", e, err, c.want)
			}
		})
	}
}

// What is sent: the sound byte for byte, under a name that says nothing, and no
// field that was not asked for.
func TestRequest(t *testing.T) {
	p := conform.Piece(t, "secret title.wav", 1, 0, 1)
	sound, err := os.ReadFile(p.Audio)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, path, model, key, language, prompt string
		want                                     string
	}{
		{"least", "", "", "", "", "", "response_format=verbose_json timestamp_granularities[]=segment timestamp_granularities[]=word"},
		{"most", "", "whisper-1", key, "pt-BR", "Glossary", "language=pt model=whisper-1 prompt=Glossary response_format=verbose_json timestamp_granularities[]=segment timestamp_granularities[]=word"},
		{"whisper.cpp", "/inference", "", "", "", "", "language=auto no_language_probabilities=true response_format=verbose_json split_on_word=true timestamp_granularities[]=segment timestamp_granularities[]=word"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			var file []byte
			var auth, name string
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := r.ParseMultipartForm(1 << 20); err != nil {
					t.Error(err)
					return
				}
				for k, list := range r.MultipartForm.Value {
					for _, v := range list {
						got = append(got, k+"="+v)
					}
				}
				f := r.MultipartForm.File["file"][0]
				name, auth = f.Filename, r.Header.Get("Authorization")
				in, _ := f.Open()
				file, _ = io.ReadAll(in)
				w.Write(verbose("en", nil))
			}))
			defer srv.Close()
			p := p
			p.Language, p.Prompt = c.language, c.prompt
			if _, err := open(t, Options{Address: srv.URL + c.path, Model: c.model, Key: c.key}).Recognize(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			slices.Sort(got)
			if strings.Join(got, " ") != c.want {
				t.Errorf("fields %q\nwant   %q", strings.Join(got, " "), c.want)
			}
			if !bytes.Equal(file, sound) || name != "piece.wav" {
				t.Errorf("the file %q of %d bytes was sent, want piece.wav of %d", name, len(file), len(sound))
			}
			if c.key == "" && auth != "" || c.key != "" && auth != "Bearer "+c.key {
				t.Errorf("authorization %q", auth)
			}
		})
	}
}

func TestStatuses(t *testing.T) {
	for _, c := range []struct {
		name, body string
		status     int
		header     string
		want       engine.Cause
		calls      int32
		said       string
	}{
		{"401", `{"error":{"message":"Incorrect API key provided: ` + key + `","code":"invalid_api_key"}}`, 401, "", engine.Denied, 1, "Incorrect API key provided"},
		{"403", "", 403, "", engine.Denied, 1, ""},
		{"404", `{"detail":"Not Found"}`, 404, "", engine.NoService, 1, "Not Found"},
		{"413", "<html><h1>413 Request Entity Too Large</h1></html>", 413, "", engine.TooLarge, 1, ""},
		{"400", `{"error":"no 'file' field in the request"}`, 400, "", engine.Refused, 1, "no 'file' field"},
		{"422", `{"detail":[{"loc":["body"],"msg":"bad"}]}`, 422, "", engine.Refused, 1, `{"detail"`},
		{"429", `{"error":{"message":"Rate limit reached"}}`, 429, "", engine.Busy, 3, "Rate limit reached"},
		{"429 for an hour", "", 429, "3600", engine.Busy, 1, ""},
		{"429 without credit", `{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}`, 429, "", engine.NoCredit, 1, "You exceeded"},
		{"500", "Internal Server Error", 500, "", engine.ServerFails, 3, "Internal Server Error"},
		{"501", "", 501, "", engine.ServerFails, 1, ""},
		{"502 with a page", "<!DOCTYPE html><html><title>502</title></html>", 502, "", engine.ServerFails, 3, ""},
		{"503", "", 503, "", engine.Busy, 3, ""},
		{"204", "", 204, "", engine.Refused, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var calls atomic.Int32
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				io.Copy(io.Discard, r.Body)
				if c.header != "" {
					w.Header().Set("Retry-After", c.header)
				}
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			}))
			defer srv.Close()
			_, err := open(t, Options{Address: srv.URL, Key: key}).Recognize(t.Context(), conform.Piece(t, "piece.wav", 1, 0, 1))
			var problem *engine.Error
			if !errors.As(err, &problem) {
				t.Fatalf("error %v", err)
			}
			if problem.Cause != c.want || problem.Status != c.status || calls.Load() != c.calls {
				t.Errorf("%d calls, error %#v", calls.Load(), problem)
			}
			if !strings.HasPrefix(problem.Said, c.said) || c.said == "" && problem.Said != "" {
				t.Errorf("the error says %q, want %q", problem.Said, c.said)
			}
			if text := err.Error(); strings.Contains(text, "s3cr3t") || strings.Contains(text, "<") {
				t.Errorf("error %s", text)
			}
		})
	}
}

func TestServerThatRecovers(t *testing.T) {
	var calls atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		if n != r.ContentLength || n < 32_000 {
			t.Errorf("%d bytes of %d were sent", n, r.ContentLength)
		}
		if calls.Add(1) < 3 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		w.Write(verbose("en", []conform.Line{{From: 0, To: 1, Text: "hello"}}))
	}))
	defer srv.Close()
	r, err := open(t, Options{Address: srv.URL}).Recognize(t.Context(), conform.Piece(t, "piece.wav", 1, 0, 1))
	if err != nil || len(r.Cues) != 1 || calls.Load() != 3 {
		t.Errorf("result %+v after %d calls, error %v", r, calls.Load(), err)
	}
}

// The sound goes nowhere but to the host that was named.
func TestRedirects(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		elsewhere.Add(1)
		w.Write(verbose("en", nil))
	}))
	defer other.Close()
	for _, c := range []struct {
		name, location string
		status         int
		want           engine.Cause
	}{
		{"307 to another host", other.URL, 307, engine.Redirected},
		{"308 to another host", other.URL, 308, engine.Redirected},
		{"302 to another host", other.URL, 302, engine.Redirected},
		{"303 to a page of the host", "/login", 303, engine.Redirected},
		{"307 on the host", "/here", 307, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n, _ := io.Copy(io.Discard, r.Body)
				if r.URL.Path == "/here" && n > 32_000 {
					w.Write(verbose("en", nil))
					return
				}
				http.Redirect(w, r, c.location, c.status)
			}))
			defer srv.Close()
			_, err := open(t, Options{Address: srv.URL, Key: key}).Recognize(t.Context(), conform.Piece(t, "piece.wav", 1, 0, 1))
			var problem *engine.Error
			if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &problem) || problem.Cause != c.want || !problem.Persists()) {
				t.Errorf("error %v", err)
			}
			if elsewhere.Load() != 0 {
				t.Error("another host was asked")
			}
		})
	}
}

func TestPage(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "Welcome to the hotel's network")
	}))
	defer srv.Close()
	_, err := open(t, Options{Address: srv.URL}).Recognize(t.Context(), conform.Piece(t, "piece.wav", 1, 0, 1))
	var problem *engine.Error
	if !errors.As(err, &problem) || problem.Cause != engine.BadOutput || !strings.Contains(err.Error(), "web page") {
		t.Errorf("error %v", err)
	}
}

func TestCertificate(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	_, err := open(t, Options{Address: srv.URL, Key: key}).Recognize(t.Context(), conform.Piece(t, "piece.wav", 1, 0, 1))
	var problem *engine.Error
	if !errors.As(err, &problem) || problem.Cause != engine.Untrusted || !errors.Is(err, wire.ErrUntrusted) {
		t.Errorf("error %v", err)
	}
}

// A server that sends a byte now and then never stands still, but the timeout
// of the piece is for all of it.
func TestDrip(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		for r.Context().Err() == nil {
			io.WriteString(w, " ")
			w.(http.Flusher).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	}))
	defer srv.Close()
	p := conform.Piece(t, "piece.wav", 1, 0, 1)
	p.Timeout = 500 * time.Millisecond
	_, err := open(t, Options{Address: srv.URL}).Recognize(t.Context(), p)
	var problem *engine.Error
	if !errors.As(err, &problem) || problem.Cause != engine.TimedOut || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// whisper.cpp's server has its service at another path, and says who it is.
func TestWhisperServerIsFound(t *testing.T) {
	var paths []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		w.Header().Set("Server", "whisper.cpp")
		if r.URL.Path != "/inference" {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprintf(w, "File Not Found (%s)", r.URL.Path)
			return
		}
		w.Write([]byte(`{"task":"transcribe","language":"german","segments":[{"id":0,"text":" Grüße an alle","start":0.5,"end":0.9,
			"words":[{"word":" Gr","start":0.5,"end":0.6,"probability":0.5},{"word":"üße","start":0.6,"end":0.7,"probability":1},
			{"word":" an","start":0.7,"end":0.8,"probability":1},{"word":" alle","start":0.8,"end":0.9,"probability":1}]}]}`))
	}))
	defer srv.Close()
	p := conform.Piece(t, "piece.wav", 1, 0, 1)
	r, err := open(t, Options{Address: srv.URL}).Recognize(t.Context(), p)
	if err != nil || len(r.Cues) != 1 || r.Language != "de" || !slices.Equal(paths, []string{"/v1/audio/transcriptions", "/inference"}) {
		t.Fatalf("result %+v after %q, error %v", r, paths, err)
	}
	var words []string
	for _, w := range r.Cues[0].Words {
		words = append(words, w.Text)
	}
	if strings.Join(words, "|") != "Grüße|an|alle" {
		t.Errorf("words %q", words)
	}
	// Who names the path is taken at their word.
	_, err = open(t, Options{Address: srv.URL + "/v1"}).Recognize(t.Context(), p)
	var problem *engine.Error
	if !errors.As(err, &problem) || problem.Cause != engine.NoService {
		t.Errorf("error %v", err)
	}
}
