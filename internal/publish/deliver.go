package publish

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spaces-cli/spaces/internal/stream"
)

// Deliver has a target take an object, and compares what arrived with what was
// sent; full reads all of it back. What does not match is sent a second time,
// and again is told of that. verified says what was compared; see Receipt.
func Deliver(ctx context.Context, t Target, u *Upload, full bool, again func(err error)) (there Remote, verified []string, err error) {
	const tries = 2 // a second time only if the target lost something on the way
	for n := 1; ; n++ {
		put, err := t.Put(ctx, u)
		if err == nil {
			there, verified, err = verify(ctx, t, u, put, full)
		}
		if err == nil || n == tries || ctx.Err() != nil || !errors.Is(err, ErrMismatch) {
			return there, verified, err
		}
		again(err)
		u.State = nil
	}
}

// verify asks the target what it has, and compares.
func verify(ctx context.Context, t Target, u *Upload, put Remote, full bool) (there Remote, verified []string, err error) {
	there, err = t.Stat(ctx, u.Name)
	if errors.Is(err, ErrNotExist) {
		return there, nil, fmt.Errorf("%w: it was sent, but is not at the target: %w", ErrMismatch, err)
	}
	if err != nil {
		return there, nil, fmt.Errorf("it was sent, but could not be checked: %w", err)
	}
	if there.Size != u.Size {
		return there, nil, fmt.Errorf("%w: the target has %d of %d bytes", ErrMismatch, there.Size, u.Size)
	}
	there.URL = cmp.Or(there.URL, put.URL)
	verified = []string{"size"}
	for _, r := range []Remote{put, there} {
		if r.SHA256 != "" && r.SHA256 != hex.EncodeToString(u.SHA256[:]) {
			return there, nil, fmt.Errorf("%w: its SHA-256 at the target is %s", ErrMismatch, r.SHA256)
		}
		if r.SHA256Computed && !slices.Contains(verified, "sha256") {
			verified = append(verified, "sha256")
		}
	}
	for name := range put.Checks {
		verified = append(verified, name)
	}
	slices.Sort(verified[1:])
	if full {
		same, err := Same(ctx, t, u.Name, u.Size, u.SHA256)
		if err != nil {
			return there, nil, err
		}
		if !same {
			return there, nil, fmt.Errorf("%w: reading it back gave different bytes", ErrMismatch)
		}
		verified = append(verified, "read-back")
	}
	return there, verified, nil
}

// Same reads an object back and compares its bytes.
func Same(ctx context.Context, t Target, name string, size int64, sum [32]byte) (bool, error) {
	r, err := t.Open(ctx, name)
	if err != nil {
		return false, err
	}
	defer r.Close()
	h := sha256.New()
	n, err := io.Copy(h, stream.Until(ctx, io.LimitReader(r, size+1), nil))
	if err != nil {
		return false, fmt.Errorf("reading it back: %w", err)
	}
	return n == size && [32]byte(h.Sum(nil)) == sum, nil
}
