package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"

	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// runBatch cuts what a file or standard input lists.
func (c *clipper) runBatch(ctx context.Context) error {
	// A reader of the results that goes away must not kill the clips that are
	// being written: it shows when the next line is.
	signal.Ignore(syscall.SIGPIPE)
	in := c.app.In
	if c.o.batch != "-" {
		f, err := os.Open(c.o.batch)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	common := c.o.recording
	if len(c.o.words) == 1 {
		common = c.o.words[0]
	}
	b, err := clips.NewBatch(in, common)
	if err != nil {
		return err
	}
	var again *failedLines
	if c.o.failed != "" {
		again = &failedLines{name: c.o.failed, header: b.Header}
		defer again.close()
	}
	jobs := c.app.set.Jobs
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	ids := newIDCache(c)
	if err := c.films.ofOneSpace(ctx, ids, common); err != nil {
		return err
	}
	c.gate.late = true
	unseen := c.o.omit.only && !c.o.omit.reviewed && !c.o.dryRun
	c.model.DryRun = c.model.DryRun || unseen
	defer c.gate.printWarnings()
	missing := new(sync.Map) // handles by the number of the line
	all, failed := 0, 0
	err = clips.RunBatch(ctx, b, jobs, func(ctx context.Context, l clips.Line) (clips.Result, error) {
		res, names, err := c.cutLine(ctx, ids, l)
		if len(names) > 0 {
			missing.Store(l.Number, names)
		}
		return res, err
	}, func(o clips.Outcome) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		all++
		if o.Err == nil {
			names, _ := missing.LoadAndDelete(o.Line.Number)
			list, _ := names.([]string)
			return c.printLine(o.Line.Number, o.Result, list)
		}
		failed++
		if err := again.add(o.Line.Raw); err != nil {
			return err
		}
		return c.printFailed(o.Line, o.Err)
	})
	if err != nil {
		return err
	}
	if err := again.close(); err != nil {
		return err
	}
	if all == 0 {
		name := terminal.Safe(c.o.batch)
		if c.o.batch == "-" {
			name = "standard input"
		}
		c.app.warn("no line of %s names a clip", name)
	}
	if unseen && all > failed {
		return notReviewed("", nil)
	}
	return partly(failed, all)
}

// cutLine cuts the clip of one line.
func (c *clipper) cutLine(ctx context.Context, ids *idCache, l clips.Line) (clips.Result, []string, error) {
	id, err := ids.find(ctx, l.Recording)
	if err != nil {
		return clips.Result{}, nil, err
	}
	r, release, err := c.pool.Get(id)
	defer release()
	if err != nil {
		return clips.Result{}, nil, err
	}
	q := c.model
	q.Recording, q.Title = r, l.Title
	if l.Format != "" {
		if q.Format, err = format.Parse(l.Format, c.o.formats); err != nil {
			return clips.Result{}, nil, err
		}
	}
	q.Span, q.Shortened, err = r.Find(recording.Place{At: l.At, Length: l.Length, End: l.End, Exact: c.o.exact, Zone: c.app.Zone})
	if err == nil && c.o.snap {
		q.Span, err = r.Snap(ctx, q.Span)
	}
	if err != nil {
		return clips.Result{}, nil, err
	}
	if l.Output == "-" {
		return clips.Result{}, nil, errors.New("a batch cannot be written to standard output")
	}
	output, err := c.inside(l.Output)
	if err != nil {
		return clips.Result{}, nil, err
	}
	if err := c.direct(&q, output, false); err != nil {
		return clips.Result{}, nil, err
	}
	if err := c.films.film(&q); err != nil {
		return clips.Result{}, nil, err
	}
	return c.cut(ctx, q)
}

// inside is where a clip of a batch goes: below the folder that -o names, or
// the current one. Who wrote the batch may be another than who runs it: no name
// in it leads out of that folder, unless that is allowed.
func (c *clipper) inside(output string) (string, error) {
	dir := c.o.output
	switch {
	case output == "" && dir == "":
		return "", nil // among the clips of the library
	case output == "":
		return dir + string(os.PathSeparator), nil
	case c.o.anywhere && (filepath.IsAbs(output) || dir == ""):
		return output, nil
	case c.o.anywhere:
		return filepath.Join(dir, output), nil
	}
	outside := func(why string) error {
		return hinted(fmt.Errorf("the output %s %s", output, why), "write it as a path below the folder that -o names, or allow every folder with --anywhere")
	}
	if !filepath.IsLocal(output) {
		return "", outside("leads out of the folder that the clips go to")
	}
	if dir == "" {
		dir = "."
	} else if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	// Links that stay inside are followed, those that lead out are not.
	for name := filepath.Clean(output); name != "."; name = filepath.Dir(name) {
		if _, err := root.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if _, err := root.Stat(name); err != nil {
			return "", outside("leads out of the folder that the clips go to, by a link")
		}
	}
	file := filepath.Join(dir, output)
	if os.IsPathSeparator(output[len(output)-1]) {
		file += string(os.PathSeparator)
	}
	return file, nil
}

// An idCache remembers what names of recordings mean, for batches that name
// the same one on every line.
type idCache struct {
	c *clipper

	mu  sync.Mutex
	ids map[string]string
}

func newIDCache(c *clipper) *idCache { return &idCache{c: c, ids: make(map[string]string)} }

// maxIDs bounds how many names are remembered.
const maxIDs = 1000

func (x *idCache) find(ctx context.Context, word string) (string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if id, ok := x.ids[word]; ok {
		return id, nil
	}
	row, err := resolveOne(ctx, x.c.app, x.c.lib, word, x.c.o.idOnly)
	if err != nil {
		return "", err
	}
	if len(x.ids) >= maxIDs {
		clear(x.ids)
	}
	x.ids[word] = row.ID
	return row.ID, nil
}

// failedLines is a file of the lines that failed. It is made when the first
// one does.
type failedLines struct {
	name   string
	header string
	f      *os.File
}

func (w *failedLines) add(line string) error {
	if w == nil || line == "" {
		return nil
	}
	if w.f == nil {
		f, err := os.Create(w.name)
		if err != nil {
			return err
		}
		w.f, line = f, w.header+line
	}
	_, err := io.WriteString(w.f, line)
	return err
}

func (w *failedLines) close() error {
	if w == nil || w.f == nil {
		return nil
	}
	err := w.f.Close()
	w.f = nil
	return err
}
