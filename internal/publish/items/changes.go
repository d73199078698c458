package items

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/publish"
)

// An UnreadableFeedError means that what has the name of a feed at a target is
// none.
type UnreadableFeedError struct {
	Name, Place string
	Err         error
}

func (e *UnreadableFeedError) Error() string {
	return fmt.Sprintf("%s at %s: %v", e.Name, e.Place, e.Err)
}
func (e *UnreadableFeedError) Unwrap() error { return e.Err }

// FeedChanges tells what a feed adds to the one that is at the target, changes
// in it and removes from it. With an *UnreadableFeedError it tells the changes
// to an empty feed.
func FeedChanges(ctx context.Context, t publish.Target, it *publish.Item) (*feed.Changes, error) {
	is, err := it.Content()
	if err != nil {
		return nil, err
	}
	was, err := fetch(ctx, t, it.Name)
	if err != nil {
		return nil, err
	}
	c, err := feed.Compare(was, is)
	if err == nil {
		return c, nil
	}
	unreadable := &UnreadableFeedError{it.Name, t.Place(), err}
	if c, err = feed.Compare(nil, is); err != nil {
		return nil, err
	}
	return c, unreadable
}

// fetch reads the feed that is at the target, nil if there is none.
func fetch(ctx context.Context, t publish.Target, name string) ([]byte, error) {
	r, err := t.Open(ctx, name)
	if errors.Is(err, publish.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	const most = 64 << 20 // a feed of thousands of episodes is smaller
	b, err := io.ReadAll(io.LimitReader(r, most+1))
	if errors.Is(err, publish.ErrNotExist) { // some tell only when they are read from
		return nil, nil
	}
	if err == nil && len(b) > most {
		err = fmt.Errorf("%s at %s is longer than %d bytes", name, t.Place(), most)
	}
	return b, err
}
