package episode_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/recording"
)

// An episode is brought to the loudness that podcasts ask for, encoded, and
// measured again: After is what the file itself says.
func ExampleExport() {
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
	r, err := recording.Open(lib, "f122689347231", "example 1")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()

	e, err := episode.Export(ctx, episode.Request{
		Recording: r, Library: lib, Version: "example 1",
		Preset: episode.Host, Dir: dir, Jobs: 2,
	}, quiet{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.Status, filepath.Base(e.Path), e.Type)
	fmt.Printf("%.3f s, %d channel, %.0f LUFS\n", e.Duration, e.Channels, *e.After.Integrated)
	// Output:
	// written 2021-05-03-Memo.m4a audio/x-m4a
	// 2.000 s, 1 channel, -19 LUFS
}

// A quiet progress tells nobody how far the work has got.
type quiet struct{}

func (quiet) Expect(int64) {}
func (quiet) Add(int64)    {}
