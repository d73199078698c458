package clip

import (
	"context"
	"io"
	"sync"
)

// An Outcome is what became of a line of a batch.
type Outcome struct {
	Line   Line
	Result Result
	Err    error
}

// RunBatch cuts the clips of a batch, up to jobs at a time, and gives what
// became of each to emit, in the order of the batch and as soon as it is
// known. It holds no more than a few lines at once. An error of emit ends it;
// cut is called by several goroutines.
func RunBatch(ctx context.Context, b *Batch, jobs int, cut func(context.Context, Line) (Result, error), emit func(Outcome) error) error {
	ctx, cancel := context.WithCancel(ctx)
	type task struct {
		Outcome
		done chan struct{}
	}
	var (
		todo    = make(chan *task)
		inOrder = make(chan *task, 4*jobs)
		readErr error
		workers sync.WaitGroup
	)
	go func() {
		defer close(inOrder)
		defer close(todo)
		for {
			line, err := b.Next()
			if err != nil {
				if err != io.EOF {
					readErr = err
				}
				return
			}
			t := &task{Outcome: Outcome{Line: line}, done: make(chan struct{})}
			select {
			case inOrder <- t:
			case <-ctx.Done():
				return
			}
			select {
			case todo <- t:
			case <-ctx.Done():
				return
			}
		}
	}()
	for range jobs {
		workers.Go(func() {
			for {
				select {
				case t, ok := <-todo:
					if !ok {
						return
					}
					if t.Err = t.Line.Err; t.Err == nil {
						t.Result, t.Err = cut(ctx, t.Line)
					}
					close(t.done)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	// A reader that waits for its input cannot be stopped, and is left alone;
	// clips that are being cut are stopped and clean up.
	defer workers.Wait()
	defer cancel()
	for {
		var t *task
		var ok bool
		select {
		case t, ok = <-inOrder:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !ok {
			return readErr
		}
		select {
		case <-t.done:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := emit(t.Outcome); err != nil {
			return err
		}
	}
}
