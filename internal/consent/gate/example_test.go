package gate_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// The same recording, two stretches: one in which only people speak who have
// agreed, and one in which somebody speaks who has declined.
func ExampleGate_Check() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	if err := fixture.Unpack(dir, "../../../testdata/libraries/2026-11-30.zip"); err != nil {
		fmt.Println(err)
		return
	}

	lib, err := library.Open(ctx, library.Options{Dir: filepath.Join(dir, "library")})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer lib.Close()
	g, err := gate.Open(gate.Options{
		Library: lib,
		Policy:  consent.Policy{consent.SendingAll: consent.Require},
		Now:     func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer g.Close()

	for _, part := range []space.Stretch{{Start: 1, End: 4}, {Start: 0, End: 38}} {
		_, err := g.Check(ctx, consent.SendingAll, gate.Use{Recording: "1ypKdEXvkMLGW", Parts: []space.Stretch{part}})
		var refused *consent.Refused
		switch {
		case errors.As(err, &refused):
			fmt.Println("refused:", refused.Handles())
		case err != nil:
			fmt.Println(err)
		default:
			fmt.Println("everybody who is heard has agreed")
		}
	}
	// Output:
	// everybody who is heard has agreed
	// refused: [mika_prod]
}
