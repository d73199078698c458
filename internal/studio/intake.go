package studio

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/backup"
	"github.com/spaces-cli/spaces/internal/durable/disk"
	"github.com/spaces-cli/spaces/internal/extract"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/merge"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/remote"
	"github.com/spaces-cli/spaces/internal/spell"
)

// intakeKey is that of the task that takes something in: there is one at a time.
const intakeKey = "intake"

// A taken tells what came of what was given.
type taken struct {
	Rows     []takenRow     `json:"rows"`
	Problems []takenProblem `json:"problems"`
	Notes    []string       `json:"notes"` // what was said on the way
	// Account is whose archive it is, Made its date, both as far as it tells.
	Account   string     `json:"account,omitempty"`
	Made      space.Time `json:"made_at,omitzero"`
	Saved     int        `json:"saved"`
	Unchanged int        `json:"unchanged"`
	NoAudio   int        `json:"no_audio"`
	Removed   int        `json:"removed"` // left as the host removed them
	Failed    int        `json:"failed"`
	Bytes     int64      `json:"bytes"`
}

// A takenRow is a recording that was found.
type takenRow struct {
	ID       string        `json:"id"`
	Title    string        `json:"title"`
	Untitled bool          `json:"untitled,omitempty"`
	Started  space.Time    `json:"started_at"`
	Duration float64       `json:"duration"` // negative when unknown
	State    space.State   `json:"state"`
	Action   intake.Action `json:"action"`
	Lost     float64       `json:"lost_seconds,omitempty"`
	Better   bool          `json:"better,omitempty"`
	Failed   bool          `json:"failed,omitempty"`
	Removed  bool          `json:"removed,omitempty"` // by the host
}

type takenProblem struct {
	Kind    string `json:"kind"`
	Subject string `json:"subject"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	Failed  bool   `json:"failed"` // something could not be saved because of it
}

// takeIn extracts what was uploaded or lies at a path or an address, as a task:
// {"upload": name} or {"address": text}. Of a folder that holds other files too
// nothing is taken unless "all" says so.
func (s *Server) takeIn(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Upload, Address string
		All             bool
	}
	if err := body(r, &q); err != nil {
		answer(w, nil, err)
		return
	}
	g := &given{all: q.All}
	var err error
	switch {
	case s.tasks.workOn(intakeKey):
		err = errBusy()
	case q.Upload != "":
		g.upload, err = s.uploads.take(q.Upload)
	default:
		err = g.read(strings.TrimSpace(q.Address), r)
	}
	if err == nil && disk.Of(s.o.Library.Dir).ReadOnly {
		err = errReadOnly()
	}
	if err != nil {
		if g.upload != nil {
			g.upload.Discard()
		}
		answer(w, nil, err)
		return
	}
	began := s.run(w, r, intakeKey+" "+rand.Text(), func(ctx context.Context, t *task) (any, error) {
		v, err := s.extract(ctx, t, g)
		if err != nil {
			return nil, err
		}
		return v, nil
	})
	if !began && g.upload != nil {
		g.upload.Discard()
	}
}

// What a page that takes something in is doing.
const (
	reading     = "reading"     // what there is
	downloading = "downloading" // the chunks of a playlist
	takingIn    = "saving"
)

// given is what a request gives to be taken in: one of upload, path, input.
type given struct {
	upload *upload
	path   string
	input  *extract.Input
	all    bool
}

// read tells addresses from paths. Either is for whoever sits at this computer:
// with them the server reads what the page could not send.
func (g *given) read(text string, r *http.Request) error {
	switch {
	case text == "":
		return newProblem(http.StatusBadRequest, "no-address", "type an address or a path", "")
	case !fromHere(r):
		return newProblem(http.StatusForbidden, "elsewhere", "paths and addresses are only accepted from a browser on the computer that runs the studio", "Drop the file on the page")
	case !remote.Is(text):
		g.path = unquoted(text)
		if _, err := os.Stat(g.path); err != nil {
			return newProblem(http.StatusNotFound, "no-path", spell.Error(err), "Check the path; a path begins at the root of the drive")
		}
		return nil
	}
	a, err := remote.Parse(text)
	if err != nil {
		return newProblem(http.StatusBadRequest, "bad-address", spell.Error(err), "Addresses begin with https://, s3://, webdavs:// or sftp://")
	}
	g.input = &extract.Input{Address: a, Header: http.Header{}}
	return nil
}

// unquoted is a path without the quotes that file managers put around one, and
// with the user's folder in the place of a tilde.
func unquoted(text string) string {
	for _, quote := range []string{`"`, `'`} {
		if len(text) > 1 && strings.HasPrefix(text, quote) && strings.HasSuffix(text, quote) {
			text = text[1 : len(text)-1]
		}
	}
	if rest, ok := strings.CutPrefix(text, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		if home, err := os.UserHomeDir(); err == nil {
			return home + rest
		}
	}
	return text
}

// fromHere reports whether a request comes from the computer of the server.
func fromHere(r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// extract takes in what was given, through the code of the command.
func (s *Server) extract(ctx context.Context, t *task, g *given) (*taken, error) {
	var paths []string
	var inputs []extract.Input
	switch {
	case g.upload != nil:
		defer g.upload.Discard()
		paths = g.upload.Paths()
	case g.input != nil:
		inputs = []extract.Input{*g.input}
	default:
		if err := s.checkFolder(ctx, g); err != nil {
			return nil, err
		}
		paths = []string{g.path}
	}
	var notes notes
	options := extract.Options{
		Library: s.o.Library, Import: intake.Options{Jobs: s.o.Jobs, Choose: ambiguous},
		Wire: s.o.Wire, Zone: s.o.Zone, Now: time.Now, Stored: s.o.Stored, Hint: intakeHint,
		Say: notes.add, Warn: notes.add, Waiting: func(string) {},
		Bar: func() extract.Bar { return t.begin(downloading) }, Progress: t,
	}
	if s.o.Library.Now != nil {
		options.Now = s.o.Library.Now
	}
	run := extract.New(options)
	defer run.Close()
	t.begin(reading)
	if err := run.Open(ctx, inputs); err != nil {
		return nil, err
	}
	if p := run.Only(paths, inputs); p != nil {
		return nil, p
	}
	if err := run.OpenFar(ctx); err != nil {
		return nil, err
	}
	if err := run.Download(ctx, len(paths)); err != nil {
		return nil, err
	}
	s.waves.close() // Windows moves no folder in which a file is open
	lib, err := run.OpenLibrary(ctx, paths)
	if err != nil {
		return nil, err
	}
	if lib != nil {
		defer lib.Close()
	}
	t.begin(takingIn)
	var report intake.Report
	report.Summary, err = run.Import(ctx, lib, paths, report.Add)
	if err != nil {
		return nil, err
	}
	return newTaken(&report, notes.list())
}

// checkFolder refuses folders of which not all is meant.
func (s *Server) checkFolder(ctx context.Context, g *given) error {
	if merge.Is(g.path) || backup.Is(g.path) {
		return newProblem(http.StatusUnprocessableEntity, "is-library", g.path+" is a library or a backup of one", "Merge it on the command line: spaces extract")
	}
	info, err := os.Stat(g.path)
	if err != nil || !info.IsDir() || g.all {
		return err
	}
	survey, err := archive.LookThrough(ctx, g.path)
	if err != nil || len(survey.Found) == 0 || survey.Recordings() {
		return ctx.Err() // the rest is told when it is read
	}
	return newProblem(http.StatusConflict, "mixed-folder", fmt.Sprintf("the folder also contains other files; in it and its folders there %s",
		spell.Plural(len(survey.Found), "is 1 archive or recording", fmt.Sprintf("are %d archives and recordings", len(survey.Found)))), fmt.Sprint(len(survey.Found)))
}

// ambiguous is the answer to which Space a recording is: nobody is asked.
func ambiguous(_ context.Context, q intake.Question) (string, error) {
	var ids []string
	for _, c := range q.Candidates {
		ids = append(ids, c.ID)
	}
	return "", &archive.Problem{Kind: "ambiguous-space", Subject: q.Name,
		Message: "by its clock it may be " + strings.Join(ids, " or ") + "; it was not saved",
		Hint:    "Say which one on the command line; what is downloaded is kept"}
}

// newTaken is what the page shows of a report.
func newTaken(r *intake.Report, said []string) (*taken, error) {
	v := &taken{Rows: []takenRow{}, Problems: []takenProblem{}, Notes: said, NoAudio: r.Summary.NoAudio, Removed: r.Summary.Removed,
		Failed: r.Summary.Failed, Bytes: r.Summary.Bytes, Unchanged: r.Summary.Unchanged}
	for _, row := range r.Rows {
		t := takenRow{ID: row.ID, Title: row.Title, Untitled: row.Untitled, Started: space.Time{Time: row.Started}, Duration: row.Seconds,
			State: row.State, Action: row.Action, Lost: row.Lost, Better: row.Better, Failed: row.Failed, Removed: row.Was != nil}
		if (row.Action == intake.Added || row.Action == intake.Updated) && row.State != space.NoAudio {
			v.Saved++
		}
		v.Rows = append(v.Rows, t)
	}
	for _, ar := range r.Archives {
		if ar.Account != nil && ar.Account.Handle != "" {
			v.Account, v.Made = ar.Account.Handle, ar.Made
			break
		}
	}
	for _, p := range r.Told() {
		v.Problems = append(v.Problems, takenProblem{kindOf + string(p.Kind), p.Subject, spell.Error(&archive.Problem{Message: p.Message}), p.Hint, p.Failed})
	}
	switch verdict, first := r.Verdict(); {
	case verdict == intake.NoSpace && len(r.Problems) == 0:
		return nil, newProblem(http.StatusNotFound, "no-spaces", "no Spaces found", "X includes Spaces of about the last 30 days: request a new archive soon after a Space ends")
	case verdict == intake.Nothing || verdict == intake.NoInput:
		for _, p := range v.Problems {
			if p.Failed {
				return nil, newProblem(http.StatusUnprocessableEntity, kindOf+first, p.Subject+": "+p.Message, p.Hint)
			}
		}
	}
	return v, nil
}

// notes are what is said while something is taken in.
type notes struct {
	mu    sync.Mutex
	lines []string
}

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, arg := range args {
		if err, ok := arg.(error); ok {
			args[i] = spell.Error(err)
		}
	}
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

func (n *notes) list() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string{}, n.lines...)
}

// kindOf begins the kinds of problems with what was given: the same words mean
// something else where they are about what the library has.
const kindOf = "extract-"

// intakeProblem makes a problem of an error of package extract, or returns nil.
func intakeProblem(err error) *problem {
	var page *extract.XPageError
	var input *extract.InputError
	var full *extract.FullError
	var found *archive.Problem
	switch {
	case errors.As(err, &page):
		return newProblem(http.StatusUnprocessableEntity, "x-page", spell.Error(err), "The address of a Space is https://x.com/i/spaces/ID; download your archive with a browser that is signed in to X, and drop it here")
	case errors.As(err, &input):
		return newProblem(http.StatusBadRequest, "bad-address", spell.Error(err), "")
	case errors.As(err, &full):
		return newProblem(http.StatusInsufficientStorage, "disk-full", spell.Error(err), "Free some space")
	case errors.Is(err, extract.ErrNotWhole):
		return newProblem(http.StatusBadRequest, "not-whole", "the file has a different length than announced: it may have changed in the meantime", "Add the file again")
	case errors.Is(err, extract.ErrStopped):
		return newProblem(http.StatusServiceUnavailable, "interrupted", "stopped", "")
	case errors.As(err, &found):
		return newProblem(http.StatusUnprocessableEntity, kindOf+string(found.Kind), spell.Error(err), found.Hint)
	}
	return nil
}
