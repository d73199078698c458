package studio

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A task is something that may take long: it goes on when the page that asked
// for it is closed, and tells how far it is.
type task struct {
	id     string
	key    string
	cancel context.CancelFunc
	ended  chan struct{}

	mu          sync.Mutex
	done, total int64
	phase       string  // what is done now, where the page has a word for it
	outcome     outcome // when ended is closed
}

// An outcome is what became of a task: one of the two.
type outcome struct {
	Result any      `json:"result,omitempty"`
	Error  *problem `json:"error,omitempty"`
}

// Expect and Add make a task a stream.Progress.
func (t *task) Expect(n int64) { t.mu.Lock(); t.total += n; t.mu.Unlock() }
func (t *task) Add(n int64)    { t.mu.Lock(); t.done += n; t.mu.Unlock() }

// Close makes a task an extract.Bar: the next phase begins anew.
func (t *task) Close() {}

// begin begins a phase, whose progress is counted by itself.
func (t *task) begin(phase string) *task {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done, t.total, t.phase = 0, 0, phase
	return t
}

func (t *task) progress() (done, total int64) {
	done, total, _ = t.state()
	return done, total
}

func (t *task) state() (done, total int64, phase string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.done, t.total, t.phase
}

// tasks are those under way, and the last ones that ended.
type tasks struct {
	mu    sync.Mutex
	ctx   context.Context // nil until begin, and after wait
	list  map[string]*task
	ended []string
	work  sync.WaitGroup
	// patience is how long an answer waits for a task, so that what is quick
	// needs no second request.
	patience time.Duration
}

const (
	maxTasks = 8  // under way at once
	keepDone = 32 // tasks whose outcome can still be asked for
	patience = 400 * time.Millisecond
)

func (ts *tasks) begin(ctx context.Context) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.ctx = ctx
}

// wait waits for all tasks; no new ones begin.
func (ts *tasks) wait() {
	ts.mu.Lock()
	ts.ctx = nil
	ts.mu.Unlock()
	ts.work.Wait()
}

// start begins a task, unless one with that key is under way, which is
// returned then.
func (ts *tasks) start(key string, do func(context.Context, *task) (any, error)) (*task, error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.ctx == nil {
		return nil, context.Canceled
	}
	for _, t := range ts.list {
		select {
		case <-t.ended:
		default:
			if t.key == key {
				return t, nil
			}
		}
	}
	if len(ts.list)-len(ts.ended) >= maxTasks {
		return nil, newProblem(http.StatusTooManyRequests, "busy", "too many tasks are running; wait for one to finish", "")
	}
	ctx, cancel := context.WithCancel(ts.ctx)
	t := &task{id: rand.Text(), key: key, cancel: cancel, ended: make(chan struct{})}
	ts.list[t.id] = t
	ts.work.Go(func() {
		defer cancel()
		result, err := safely(ctx, t, do)
		t.mu.Lock()
		if t.outcome.Result = result; err != nil {
			t.outcome = outcome{Error: explain(err)}
		}
		t.mu.Unlock()
		close(t.ended)
		ts.forget(t.id)
	})
	return t, nil
}

// workOn reports whether a task under way is about something: the words of its
// key name it.
func (ts *tasks) workOn(id string) bool { return ts.about(id) != "" }

// about returns the id of such a task, or "".
func (ts *tasks) about(id string) string {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for _, t := range ts.list {
		select {
		case <-t.ended:
		default:
			if slices.Contains(strings.Fields(t.key), id) {
				return t.id
			}
		}
	}
	return ""
}

// safely does the work of a task. A panic is an error of that task: outside of
// net/http's handlers nothing else keeps it from ending the program.
func safely(ctx context.Context, t *task, do func(context.Context, *task) (any, error)) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, newProblem(http.StatusInternalServerError, "failed", fmt.Sprintf("a bug in spaces stopped this task: %v", p),
				"please report the bug and what you were doing; everything else keeps running")
		}
	}()
	return do(ctx, t)
}

// forget keeps a task that has ended for a while, in place of the oldest such.
func (ts *tasks) forget(id string) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.ended = append(ts.ended, id); len(ts.ended) > keepDone {
		delete(ts.list, ts.ended[0])
		ts.ended = ts.ended[1:]
	}
}

func (ts *tasks) find(id string) (*task, error) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if t := ts.list[id]; t != nil {
		return t, nil
	}
	return nil, newProblem(http.StatusNotFound, "no-such-task", "this task no longer exists", "")
}

// run starts a task and answers with its outcome if it is quick, else with
// {"task": id}, whose events tell the rest. It reports whether the task began.
func (s *Server) run(w http.ResponseWriter, r *http.Request, key string, do func(context.Context, *task) (any, error)) bool {
	t, err := s.tasks.start(key, do)
	if err != nil {
		answer(w, nil, err)
		return false
	}
	wait := time.NewTimer(s.tasks.patience)
	defer wait.Stop()
	select {
	case <-t.ended:
		if p := t.outcome.Error; p != nil {
			answer(w, nil, p)
			break
		}
		answer(w, t.outcome, nil)
	case <-wait.C:
		answer(w, map[string]string{"task": t.id}, nil)
	case <-r.Context().Done():
	}
	return true
}

const (
	eventTime = 200 * time.Millisecond
	aliveTime = 15 * time.Second
)

// taskEvents tells how a task gets on, as server-sent events (WHATWG HTML,
// 9.2): "progress" with done and total, in the end "end" with its outcome.
func (s *Server) taskEvents(w http.ResponseWriter, r *http.Request) {
	t, err := s.tasks.find(r.PathValue("task"))
	if err != nil {
		answer(w, nil, err)
		return
	}
	rc := http.NewResponseController(w)
	rc.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(event string, v any) bool {
		b, err := json.Marshal(v)
		if err != nil {
			return false
		}
		rc.SetWriteDeadline(time.Now().Add(answerTime))
		_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, b)
		return err == nil && rc.Flush() == nil
	}
	type progress struct {
		Done  int64  `json:"done"`
		Total int64  `json:"total"`
		Phase string `json:"phase,omitempty"`
	}
	tick := time.NewTicker(eventTime)
	defer tick.Stop()
	last, told := progress{Done: -1}, time.Now()
	for {
		var now progress
		now.Done, now.Total, now.Phase = t.state()
		if now != last || time.Since(told) > aliveTime {
			if !send("progress", now) {
				return
			}
			last, told = now, time.Now()
		}
		select {
		case <-t.ended:
			send("end", t.outcome)
			return
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// stopTask ends a task.
func (s *Server) stopTask(w http.ResponseWriter, r *http.Request) {
	t, err := s.tasks.find(r.PathValue("task"))
	if err == nil {
		t.cancel()
	}
	answer(w, struct{}{}, err)
}
