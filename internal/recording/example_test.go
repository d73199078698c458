package recording_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A recording of a library is opened by its id. Places in it are found as people
// write them, and its timeline tells what time it was there.
func ExampleOpen() {
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
	r, err := recording.Open(lib, "1RDxlaZNRDLJL", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	fmt.Printf("%.3f s at %d Hz\n", r.Seconds(r.Samples), r.Rate)
	for _, gap := range r.Space.Gaps() {
		fmt.Printf("%.1f s are missing at %.1f s\n", gap.Seconds, gap.At)
	}

	span, _, err := r.Find(recording.Place{At: "0:14", Length: "4s"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Time(span.Start), r.Wall(span.Start).UTC().Format(time.TimeOnly))

	// The span reaches over the gap, which takes no time in it.
	sound, stop, err := r.Decode(ctx, span, r.Format())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()
	fmt.Println(sound.Samples, "samples of", sound.Format().Channels, "channels")
	// Output:
	// 26.005 s at 48000 Hz
	// 17.5 s are missing at 16.0 s
	// 14s 19:26:19
	// 192000 samples of 2 channels
}
