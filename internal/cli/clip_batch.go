package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"

	"github.com/spaces-cli/spaces/internal/charset"
	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// runBatch cuts what a file or standard input lists.
func (c *clipper) runBatch(ctx context.Context) error {
	// A reader of the results that goes away must not kill the clips that are
	// being written: it shows when the next line is.
	signal.Ignore(syscall.SIGPIPE)
	file, in, err := c.openBatch()
	if err != nil {
		return err
	}
	if file != nil {
		defer file.Close()
	}
	common := c.o.recording
	if len(c.o.Words) == 1 {
		common = c.o.Words[0]
	}
	b, err := clips.NewBatch(in, common)
	if err != nil {
		return err
	}
	again, err := clips.NewFailedLines(c.lib.Dir(), c.o.failed, b, file, c.o.force)
	if errors.As(err, new(*durable.TakenError)) {
		return app.Hinted(err, "choose another name with --failed, or replace it with --force")
	}
	if err != nil {
		return app.Hinted(err, "choose another file with --failed")
	}
	defer again.Close()
	jobs := c.app.Settings.Jobs
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	ids := newIDCache(c)
	if err := c.films.ofOneSpace(ctx, ids, common); err != nil {
		return err
	}
	c.gate.Late = true
	unseen := c.o.omit.only && !c.o.omit.reviewed && !c.o.dryRun
	c.model.DryRun = c.model.DryRun || unseen
	defer c.gate.PrintWarnings()
	told := new(sync.Map) // what is told besides the result, by the number of the line
	all, failed := 0, 0
	err = clips.RunBatch(ctx, b, jobs, func(ctx context.Context, l clips.Line) (clips.Result, error) {
		res, x, err := c.cutLine(ctx, ids, l)
		told.Store(l.Number, x)
		return res, err
	}, func(o clips.Outcome) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		all++
		if o.Err == nil {
			x, _ := told.LoadAndDelete(o.Line.Number)
			more, _ := x.(besides)
			return c.printLine(o.Line.Number, o.Result, more.missing, more.said)
		}
		told.Delete(o.Line.Number)
		failed++
		if err := again.Add(o.Line); err != nil {
			return err
		}
		return c.printFailed(o.Line, o.Err)
	})
	if err != nil {
		return err
	}
	if err := again.Close(); err != nil {
		return err
	}
	if b.Titles > 0 {
		c.app.Warn("skipped %s: a title has no place in the recording; to search only speech: spaces search --said", spell.Count(b.Titles, "title"))
	}
	if all == 0 {
		name := terminal.Safe(c.o.batch)
		if c.o.batch == "-" {
			name = "standard input"
		}
		c.app.Warn("%s contains no clips", name)
	}
	if unseen && all > failed {
		return notReviewed("", nil)
	}
	return partly(failed, all)
}

// openBatch opens the batch as UTF-8. Standard input is read as it comes: its
// encoding is not detected. The file is nil then.
func (c *clipper) openBatch() (*os.File, io.Reader, error) {
	const most = 64 << 20 // bytes of a file whose encoding is detected
	encoding := c.o.encoding
	if c.o.video.file() != "" {
		encoding = "" // of the captions
	}
	var file *os.File
	in := c.app.In
	if c.o.batch != "-" {
		var err error
		if file, err = os.Open(c.o.batch); err != nil {
			return nil, nil, err
		}
		in = file
	}
	if encoding == "" && file == nil {
		return nil, in, nil
	}
	b, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && len(b) > most && encoding == "" {
		return file, io.MultiReader(bytes.NewReader(b), in), nil
	}
	var text *charset.Text
	switch {
	case err != nil:
	case len(b) > most:
		err = app.Usage("%s is larger than %d MiB: save it as UTF-8", c.o.batch, most>>20)
	default:
		if text, err = charset.Decode(b, encoding); err != nil {
			err = fmt.Errorf("%s: %w", c.o.batch, err)
		}
	}
	if err != nil {
		if file != nil {
			file.Close()
		}
		return nil, nil, err
	}
	if text.Found {
		c.app.WarnDecoded(c.o.batch, text.Encoding, text.Sample, app.NameEncoding)
	}
	return file, bytes.NewReader(text.Bytes), nil
}

// besides is what is told of a line besides the result.
type besides struct {
	missing []string // handles
	said    *saying
}

// cutLine cuts the clip of one line.
func (c *clipper) cutLine(ctx context.Context, ids *idCache, l clips.Line) (res clips.Result, x besides, err error) {
	id, err := ids.find(ctx, l.Recording)
	if err != nil {
		return res, x, err
	}
	r, release, err := c.pool.Get(id)
	defer release()
	if err != nil {
		return res, x, err
	}
	q := c.model
	q.Recording, q.Title = r, l.Title
	if l.Format != "" {
		if q.Format, err = format.Parse(l.Format, c.o.formats); err != nil {
			return res, x, err
		}
	}
	p, err := c.linePlace(ctx, r, l)
	if err != nil {
		return res, x, err
	}
	q.Span, q.Shortened, x.said = p.Span, p.Shortened, p.said
	if err := c.entitle(&q, p.said); err != nil {
		return res, x, err
	}
	if l.Output == "-" {
		return res, x, errors.New("a batch cannot be written to standard output")
	}
	output, err := clips.Inside(c.lib.Dir(), c.o.output, l.Output, c.o.anywhere)
	if err != nil {
		return res, x, err
	}
	if err := c.direct(&q, output, false); err != nil {
		return res, x, err
	}
	if err := c.films.film(&q); err != nil {
		return res, x, err
	}
	res, x.missing, err = c.cut(ctx, q)
	return res, x, err
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
	row, err := app.ResolveOne(ctx, x.c.app.App, x.c.lib, word, x.c.o.IDOnly)
	if err != nil {
		return "", err
	}
	if len(x.ids) >= maxIDs {
		clear(x.ids)
	}
	x.ids[word] = row.ID
	return row.ID, nil
}
