package studio

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// taskServer serves tasks that do what the test says, without a library.
func taskServer(t *testing.T, patience time.Duration, do func(context.Context, *task) (any, error)) *httptest.Server {
	t.Helper()
	s := &Server{}
	s.tasks.list, s.tasks.patience = make(map[string]*task), patience
	ctx, cancel := context.WithCancel(t.Context())
	s.tasks.begin(ctx)
	m := http.NewServeMux()
	m.HandleFunc("POST /work", func(w http.ResponseWriter, r *http.Request) { s.run(w, r, r.URL.RawQuery, do) })
	m.HandleFunc("GET /tasks/{task}", s.taskEvents)
	m.HandleFunc("POST /tasks/{task}/stop", s.stopTask)
	server := httptest.NewServer(m)
	t.Cleanup(func() {
		cancel()
		server.Close()
		s.tasks.wait()
	})
	return server
}

// begin starts a task that takes longer than an answer waits.
func begin(t *testing.T, url, key string) string {
	t.Helper()
	res, err := http.Post(url+"/work?"+key, "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var v struct {
		Task  string
		Error *problem
	}
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	if v.Error != nil {
		return v.Error.Kind
	}
	return v.Task
}

func TestTaskEvents(t *testing.T) {
	t.Parallel()
	begun, release := make(chan bool), make(chan bool)
	server := taskServer(t, time.Millisecond, func(ctx context.Context, k *task) (any, error) {
		k.Expect(10)
		k.Add(4)
		close(begun)
		select {
		case <-release:
			return "made", nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
	id := begin(t, server.URL, "a")
	if again := begin(t, server.URL, "a"); again != id {
		t.Errorf("the same work is done twice: %s, %s", id, again)
	}
	<-begun
	res, err := http.Get(server.URL + "/tasks/" + id)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if kind := res.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("events are %s", kind)
	}
	lines := bufio.NewScanner(res.Body)
	for _, want := range []string{"event: progress", `data: {"done":4,"total":10}`, ""} {
		if lines.Scan(); lines.Text() != want {
			t.Fatalf("got %q, want %q", lines.Text(), want)
		}
	}
	close(release)
	for _, want := range []string{"event: end", `data: {"result":"made"}`, ""} {
		if lines.Scan(); lines.Text() != want {
			t.Fatalf("got %q, want %q", lines.Text(), want)
		}
	}
	if lines.Scan() {
		t.Errorf("after the end: %q", lines.Text())
	}
}

// A panic in a task is told, and ends that task alone.
func TestTaskPanics(t *testing.T) {
	t.Parallel()
	server := taskServer(t, time.Minute, func(_ context.Context, k *task) (any, error) {
		if k.key == "bad" {
			panic("index out of range [3]")
		}
		return "made", nil
	})
	for _, tt := range []struct {
		key, want string
		status    int
	}{
		{"bad", `"error":{"kind":"failed","message":"a bug in spaces stopped this task: index out of range [3]","hint":`, 500},
		{"good", `{"result":"made"}`, 200},
		{"bad", `"error":{"kind":"failed"`, 500}, // not held to be under way
	} {
		res, err := http.Post(server.URL+"/work?"+tt.key, "application/json", nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != tt.status || !strings.Contains(string(b), tt.want) {
			t.Errorf("%s: %s %s, %v", tt.key, res.Status, b, err)
		}
	}
}

func TestTaskStop(t *testing.T) {
	t.Parallel()
	server := taskServer(t, time.Millisecond, func(ctx context.Context, _ *task) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	ids := make(chan string)
	for i := range maxTasks + 1 {
		go func() { ids <- begin(t, server.URL, string(rune('a'+i))) }()
	}
	busy, last := 0, ""
	for range maxTasks + 1 {
		if id := <-ids; id == "busy" {
			busy++
		} else {
			last = id
		}
	}
	if busy != 1 {
		t.Errorf("of %d tasks at once %d are refused, want 1", maxTasks+1, busy)
	}
	res, err := http.Post(server.URL+"/tasks/"+last+"/stop", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	res, err = http.Get(server.URL + "/tasks/" + last)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var text strings.Builder
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
	}
	if want := `data: {"error":{"kind":"interrupted"`; !strings.Contains(text.String(), want) {
		t.Errorf("a stopped task says %s", &text)
	}
}
