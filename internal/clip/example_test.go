package clip_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/recording"
)

// Without effects a clip keeps its access units as they are: it is exact to the
// sample, and costs what its own length costs.
func ExampleCut() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := fixture.Unpack(dir, "../../testdata/libraries/2026-11-30.zip"); err != nil {
		fmt.Println(err)
		return
	}

	lib, err := library.Open(ctx, library.Options{Dir: filepath.Join(dir, "library")})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer lib.Close()
	r, err := recording.Open(lib, "1ypKdEXvkMLGW", "example 1")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	span, _, err := r.Find(recording.Place{At: "0:12.5", Length: "4s"})
	if err != nil {
		fmt.Println(err)
		return
	}

	for range 2 { // the second time the same clip is there already
		c, err := clip.Cut(ctx, clip.Request{Recording: r, Span: span, File: filepath.Join(dir, "quote.m4a")})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(c.Status, filepath.Base(c.File), c.Samples, "samples, lossless:", c.Lossless)
	}
	// Output:
	// written quote.m4a 192000 samples, lossless: true
	// done quote.m4a 192000 samples, lossless: true
}
