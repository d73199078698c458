package archive

import (
	"context"
	"errors"
	"io"

	"github.com/spaces-cli/spaces/internal/archive/ytd"
	"github.com/spaces-cli/spaces/internal/stream"
)

// each hands the elements of one script to visit and tells warn what is wrong
// with the script. It returns how many elements there were. Its error is one
// of visit or of ctx; a script that cannot be read is a problem, not an error.
func (a *Archive) each(ctx context.Context, f *file, warn Warn, visit func([]byte) error) (n int, err error) {
	subject := showName(f.name)
	src, err := f.Open(ctx)
	if err != nil {
		return 0, warn.report(err, subject)
	}
	defer src.Close()
	in := io.Reader(src)
	if a.far != nil && a.far.Progress != nil {
		a.far.Progress.Expect(f.size)
		in = stream.Until(ctx, src, a.far.Progress)
	}
	r := ytd.NewReader(in)
	for {
		e, err := r.Next()
		if err == io.EOF {
			break
		}
		if errors.Is(err, ytd.ErrNoJSON) {
			warn.problem(BadJSON, subject, "not a data file from X: it contains no JSON")
			return n, nil
		}
		if err != nil {
			if err := warn.report(err, subject); err != nil {
				return n, err
			}
			break
		}
		n++
		if err := visit(e); err != nil {
			return n, err
		}
	}
	d := r.Damage()
	if d.Broken > 0 {
		warn.problem(BadJSON, subject, "%d entries are not valid JSON and were skipped", d.Broken)
	}
	if d.TooLong+d.TooDeep > 0 {
		warn.problem(TooBig, subject, "%d entries are too long or too deeply nested and were skipped", d.TooLong+d.TooDeep)
	}
	if d.Cut {
		warn.problem(CutJSON, subject, "the file is cut off; everything before the cut was read")
	}
	if d.Replaced {
		warn.problem(BadText, subject, "some bytes are not valid text and were replaced")
	}
	return n, nil
}

// eachOf hands the elements of all scripts of one stem to visit.
func (a *Archive) eachOf(ctx context.Context, stem string, warn Warn, visit func([]byte) error) error {
	for _, f := range a.scripts[stem] {
		if _, err := a.each(ctx, f, warn, visit); err != nil {
			return err
		}
	}
	return nil
}
