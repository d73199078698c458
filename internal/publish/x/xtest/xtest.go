// Package xtest plays X for tests: a server that signs in, takes uploads and
// makes posts, and holds every request against X's OpenAPI document. It makes
// faults when it is told to.
package xtest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// What the server knows.
const (
	ClientID = "client-of-a-test"
	User     = "42"
	Handle   = "host_of_test"
)

// A Server plays X. Its fields are set before requests come, or under Do.
type Server struct {
	*httptest.Server
	t        testing.TB
	contract *contract

	// Fault, if set, is asked of each request of the API; n counts them from 1.
	Fault func(n int, r *http.Request) *Fault
	// Polls is how often a video is said to be in work after it was finalised;
	// Fails lets it fail then.
	Polls int
	Fails bool
	// Life is for how long tokens and media are good.
	Life time.Duration

	mu      sync.Mutex
	n       int
	lines   []string
	ids     int64
	media   map[string]*Medium
	posts   []Post
	access  map[string]time.Time // until when
	refresh map[string]bool
	codes   map[string]url.Values // the query of the authorize request
}

// A Fault is what becomes of a request in place of its answer.
type Fault struct {
	Late   bool   // after the work was done
	Status int    // 0: the connection is closed
	Body   string // JSON
	Header http.Header
	Hold   <-chan struct{} // if set, first of all waits for it
	Held   chan<- struct{} // is told that the request is there
}

// A Medium is something uploaded.
type Medium struct {
	Type, Category string
	Total          int64
	Parts          map[int][]byte
	Final          bool
	polls          int
	Alt            string
	Captions       string // id
	Language       string
}

// Content is what was uploaded, in order.
func (m *Medium) Content() []byte {
	var b bytes.Buffer
	for i := range len(m.Parts) {
		b.Write(m.Parts[i])
	}
	return b.Bytes()
}

// A Post is one that was made.
type Post struct {
	ID, Text, ReplyTo string
	Media             []string
}

// New starts a server.
func New(t testing.TB) *Server {
	c, err := contracts()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		t: t, contract: c, Life: 2 * time.Hour, ids: 1 << 60,
		media: make(map[string]*Medium), access: make(map[string]time.Time), refresh: make(map[string]bool), codes: make(map[string]url.Values),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /i/oauth2/authorize", s.authorize)
	mux.HandleFunc("POST /2/oauth2/token", s.token)
	mux.HandleFunc("/2/", s.api)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Server.Close)
	return s
}

// Do changes the server while it runs.
func (s *Server) Do(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Posts returns those that were made.
func (s *Server) Posts() []Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Post(nil), s.posts...)
}

// Medium returns an upload by its id.
func (s *Server) Medium(id string) *Medium {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.media[id]
}

// Lines are the requests so far, "METHOD /path".
func (s *Server) Lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.lines...)
}

// Tokens makes a pair as one that signs in gets.
func (s *Server) Tokens() (access, refresh string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newTokens()
}

func (s *Server) newTokens() (access, refresh string) {
	s.ids++
	access, refresh = fmt.Sprintf("access-SECRET-%d", s.ids), fmt.Sprintf("refresh-SECRET-%d", s.ids)
	s.access[access], s.refresh[refresh] = time.Now().Add(s.Life), true
	return access, refresh
}

// Revoke has X take no access token any more that it has given.
func (s *Server) Revoke() { s.Do(func() { clear(s.access) }) }

func (s *Server) newID() string {
	s.ids++
	return strconv.FormatInt(s.ids, 10)
}

func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != ClientID || q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43 || len(q.Get("state")) < 20 ||
		strings.Contains(r.URL.RawQuery, "+") || !strings.Contains(" "+q.Get("scope")+" ", " media.write ") {
		s.t.Errorf("authorize: %s", r.URL.RawQuery)
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.ids++
	code := fmt.Sprintf("code-SECRET-%d", s.ids)
	s.codes[code] = q
	s.mu.Unlock()
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"state": {q.Get("state")}, "code": {code}}.Encode(), http.StatusFound)
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, "POST /2/oauth2/token")
	if err := r.ParseForm(); err != nil || r.PostForm.Get("client_id") != ClientID {
		s.t.Errorf("token: %v %v", r.PostForm, err)
	}
	refused := func(why string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		// X repeats what it was given.
		fmt.Fprintf(w, `{"error":"invalid_request","error_description":%q}`, why+" "+r.PostForm.Get("refresh_token")+r.PostForm.Get("code"))
	}
	switch f := r.PostForm; f.Get("grant_type") {
	case "authorization_code":
		asked, ok := s.codes[f.Get("code")]
		delete(s.codes, f.Get("code"))
		sum := sha256.Sum256([]byte(f.Get("code_verifier")))
		if !ok || len(f.Get("code_verifier")) < 43 || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) || asked.Get("redirect_uri") != f.Get("redirect_uri") {
			refused("Value passed for the authorization code was invalid.")
			return
		}
	case "refresh_token":
		if !s.refresh[f.Get("refresh_token")] {
			refused("Value passed for the token was invalid.")
			return
		}
		delete(s.refresh, f.Get("refresh_token"))
	default:
		s.t.Errorf("token: %v", f)
	}
	access, refresh := s.newTokens()
	answer(w, http.StatusOK, map[string]any{"token_type": "bearer", "expires_in": int(s.Life.Seconds()), "access_token": access, "refresh_token": refresh})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// A problem is an answer that is no success.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(status), "detail": detail, "status": status, "type": "about:blank"})
}

// api answers what needs a token.
func (s *Server) api(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // who sent it is gone
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	s.n++
	s.lines = append(s.lines, r.Method+" "+r.URL.Path)
	var f *Fault
	if s.Fault != nil {
		f = s.Fault(s.n, r)
	}
	s.mu.Unlock()
	if f == nil {
		s.serve(w, r)
		return
	}
	if f.Late {
		r.Body = io.NopCloser(bytes.NewReader(body))
		s.serve(httptest.NewRecorder(), r)
	}
	if f.Hold != nil {
		f.Held <- struct{}{}
		<-f.Hold
	}
	if f.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	for k, v := range f.Header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	io.WriteString(w, f.Body)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	if until, ok := s.access[bearer]; !ok || time.Now().After(until) {
		problem(w, http.StatusUnauthorized, "Unauthorized "+r.Header.Get("Authorization"))
		return
	}
	if err := s.contract.request(r); err != nil {
		s.t.Errorf("%s %s breaks the contract: %v", r.Method, r.URL.Path, err)
		problem(w, http.StatusBadRequest, "One or more parameters to your request was invalid.")
		return
	}
	rec := httptest.NewRecorder()
	s.route(rec, r)
	if err := s.contract.answer(r, rec); err != nil {
		s.t.Errorf("the answer to %s %s is not what X would say: %v", r.Method, r.URL.Path, err)
	}
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(rec.Code)
	w.Write(rec.Body.Bytes())
}

func data(v map[string]any) map[string]any { return map[string]any{"data": v} }

func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	step := r.Method + " " + r.URL.Path
	if rest, ok := strings.CutPrefix(r.URL.Path, "/2/media/upload/"); ok && rest != "initialize" {
		id, what, _ := strings.Cut(rest, "/")
		m := s.media[id]
		if m == nil {
			problem(w, http.StatusNotFound, "There is no such upload.")
			return
		}
		if what == "append" {
			s.append(w, r, m)
		} else {
			s.finalize(w, id, m)
		}
		return
	}
	switch step {
	case "GET /2/users/me":
		answer(w, http.StatusOK, data(map[string]any{"id": User, "name": "Host", "username": Handle}))
	case "POST /2/media/upload/initialize":
		var q struct {
			Type     string `json:"media_type"`
			Bytes    int64  `json:"total_bytes"`
			Category string `json:"media_category"`
		}
		json.NewDecoder(r.Body).Decode(&q)
		id := s.newID()
		s.media[id] = &Medium{Type: q.Type, Category: q.Category, Total: q.Bytes, Parts: make(map[int][]byte)}
		answer(w, http.StatusOK, data(map[string]any{"id": id, "media_key": "13_" + id, "expires_after_secs": int(s.Life.Seconds())}))
	case "GET /2/media/upload":
		s.status(w, r.URL.Query().Get("media_id"))
	case "POST /2/media/metadata":
		var q struct {
			ID       string
			Metadata struct {
				Alt struct{ Text string } `json:"alt_text"`
			}
		}
		json.NewDecoder(r.Body).Decode(&q)
		if m := s.ready(w, q.ID); m != nil {
			m.Alt = q.Metadata.Alt.Text
			answer(w, http.StatusOK, data(map[string]any{"id": q.ID}))
		}
	case "POST /2/media/subtitles":
		var q struct {
			ID        string
			Subtitles struct {
				ID       string
				Language string `json:"language_code"`
			}
		}
		json.NewDecoder(r.Body).Decode(&q)
		if m := s.ready(w, q.ID); m != nil && s.ready(w, q.Subtitles.ID) != nil {
			m.Captions, m.Language = q.Subtitles.ID, q.Subtitles.Language
			answer(w, http.StatusOK, data(map[string]any{"id": q.ID}))
		}
	case "POST /2/tweets":
		s.post(w, r)
	default:
		s.t.Errorf("X knows no %s", step)
		problem(w, http.StatusNotFound, "no")
	}
}

// ready returns a medium that is all there, or answers that there is none.
func (s *Server) ready(w http.ResponseWriter, id string) *Medium {
	if m := s.media[id]; m != nil && m.Final && m.polls == 0 {
		return m
	}
	problem(w, http.StatusBadRequest, "Your media IDs are invalid.")
	return nil
}

func (s *Server) append(w http.ResponseWriter, r *http.Request, m *Medium) {
	if err := r.ParseMultipartForm(64 << 20); err != nil {
		s.t.Error(err)
	}
	index, err := strconv.Atoi(r.FormValue("segment_index"))
	f, _, ferr := r.FormFile("media")
	if err != nil || ferr != nil {
		s.t.Errorf("append: %v %v", err, ferr)
		return
	}
	part, _ := io.ReadAll(f)
	if m.Final || index > 0 && m.Parts[index-1] == nil { // out of order
		problem(w, http.StatusBadRequest, "Segments do not add up to provided total file size.")
		return
	}
	m.Parts[index] = part
	answer(w, http.StatusOK, data(map[string]any{"expires_at": time.Now().Add(s.Life).Unix()}))
}

func (s *Server) finalize(w http.ResponseWriter, id string, m *Medium) {
	if m.Final || int64(len(m.Content())) != m.Total {
		problem(w, http.StatusBadRequest, "Segments do not add up to provided total file size.")
		return
	}
	m.Final = true
	if m.Category == "tweet_video" {
		m.polls = s.Polls
	}
	s.tell(w, id, m)
}

func (s *Server) status(w http.ResponseWriter, id string) {
	m := s.media[id]
	if m == nil || !m.Final {
		problem(w, http.StatusNotFound, "There is no such upload.")
		return
	}
	m.polls = max(0, m.polls-1)
	s.tell(w, id, m)
}

// tell says how far a medium is.
func (s *Server) tell(w http.ResponseWriter, id string, m *Medium) {
	d := map[string]any{"id": id, "media_key": "13_" + id, "size": m.Total, "expires_after_secs": int(s.Life.Seconds())}
	if m.Category == "tweet_video" {
		p := map[string]any{"state": "succeeded", "progress_percent": 100}
		switch {
		case m.polls > 0:
			p = map[string]any{"state": "in_progress", "check_after_secs": 0, "progress_percent": 8}
		case s.Fails:
			p = map[string]any{"state": "failed", "progress_percent": 12}
		}
		d["processing_info"] = p
	}
	answer(w, http.StatusOK, data(d))
}

func (s *Server) post(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Text  string
		Media struct {
			IDs []string `json:"media_ids"`
		}
		Reply *struct {
			To string `json:"in_reply_to_tweet_id"`
		}
	}
	json.NewDecoder(r.Body).Decode(&q)
	for _, id := range q.Media.IDs {
		if s.ready(w, id) == nil {
			return
		}
	}
	p := Post{ID: s.newID(), Text: q.Text, Media: q.Media.IDs}
	if q.Reply != nil {
		p.ReplyTo = q.Reply.To
	}
	s.posts = append(s.posts, p)
	answer(w, http.StatusCreated, data(map[string]any{"id": p.ID, "text": p.Text, "edit_history_post_ids": []string{p.ID}}))
}
