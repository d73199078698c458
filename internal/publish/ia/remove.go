package ia

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
)

// Remove implements publish.Target. The Archive removes with a task, as it does
// all else; what it has derived from the file goes too. If the file still shows
// after a while the error is ErrPending.
func (t *Target) Remove(ctx context.Context, name string, was publish.Remote) error {
	there, err := t.Stat(ctx, name)
	if err == nil {
		err = there.Unchanged(was)
	}
	if err != nil {
		return err
	}
	if t.c.Access == "" || t.c.Secret == "" {
		return fmt.Errorf("%w: no access key for the Internet Archive was found", publish.ErrDenied)
	}
	err = t.c.Wire.Try(ctx, func(ctx context.Context) error {
		q, err := http.NewRequestWithContext(ctx, http.MethodDelete, t.object(name), nil)
		if err != nil {
			return err
		}
		q.Header.Set("Authorization", "LOW "+t.c.Access+":"+t.c.Secret)
		q.Header.Set("X-Archive-Cascade-Delete", "1")
		r, err := t.client.Do(q)
		if err != nil {
			return err
		}
		defer r.Body.Close()
		return answer(r)
	})
	if err != nil {
		return err
	}
	return t.poll(ctx, name, func(f *file) bool { return f == nil })
}

// poll looks at a file until it is as it should be.
func (t *Target) poll(ctx context.Context, name string, done func(*file) bool) error {
	const longest = time.Minute
	end := time.Now().Add(t.c.Wait)
	for pause := t.c.Poll; ; pause = min(2*pause, longest) {
		f, _, err := t.look(ctx, name)
		if err != nil || done(f) {
			return err
		}
		if time.Now().Add(pause).After(end) {
			return fmt.Errorf("%s in the item %s: %w: its tasks are at %s", t.folder+name, t.item, ErrPending, join(t.c.Site, "history/"+t.item))
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}
