package intake

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library"
)

// An internalError is a panic that was caught. One recording that the program
// stumbles over must not cost the others.
type internalError struct {
	value any
	stack []byte
}

func (e *internalError) Error() string {
	return fmt.Sprintf("a bug in spaces stopped this file: %v", e.value)
}

// guard runs f and returns a panic in it as an *internalError.
func guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &internalError{v, debug.Stack()}
		}
	}()
	return f()
}

// one takes in one item. The error is for what would meet all other items as
// well: the end of ctx, or a library that cannot be written any more.
// Everything else is this item's problem, and in the outcome.
func (im *importer) one(ctx context.Context, it *item) (out *outcome, err error) {
	defer it.work.end()
	err = guard(func() error {
		if im.opts.DryRun {
			out = im.preview(it)
			return nil
		}
		out, err = im.importItem(ctx, it)
		return err
	})
	if err == nil {
		return out, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if !im.opts.DryRun {
		// What was written of it is in the way of the others on a full disk.
		im.lib.DiscardStage(it.id)
		if im.lib.Probe(ctx) != nil {
			return nil, err
		}
	}
	failed := &outcome{action: Failed}
	if out != nil {
		failed.problems = out.problems
	}
	failed.problem(itemProblem(it, err), true)
	return failed, nil
}

// itemProblem says why an item could not be taken in.
func itemProblem(it *item, err error) archive.Problem {
	if p := new(archive.Problem); errors.As(err, &p) {
		return *p
	}
	p := archive.Problem{Kind: "not-saved", Subject: it.subject(), Message: "not saved: " + err.Error(), Err: err}
	switch {
	case errors.As(err, new(*internalError)):
		p.Hint = "keep the file and report the bug to the developers of spaces"
	case library.IsFull(err):
		p.Kind = "disk-full"
		p.Hint = "free some disk space and run the command again"
	}
	return p
}

// subject names an item in a message: by its file, or by its Space.
func (it *item) subject() string {
	if len(it.originals) > 0 {
		return it.originals[0].member
	}
	return it.id
}
