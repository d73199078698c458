package timeline_test

import (
	"fmt"
	"time"

	"github.com/spaces-cli/spaces/internal/media/timeline"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// Two files of ten seconds each, of which the second begins 12.5 s after the
// first by the clock in them: 2.5 s were not recorded.
func ExampleBuild() {
	const rate = 48000
	file := func(clock time.Duration) timeline.Piece {
		c := track.Config{Codec: track.AACLC, SampleRate: rate, Channels: 2, UnitSamples: 1024}
		return timeline.Piece{
			Track:   &track.Track{Runs: []track.Run{{Config: c, Units: 469, Samples: 10 * rate}}},
			Anchors: []timeline.Anchor{{Run: 0, Sample: 0, Clock: clock}},
			Epoch:   time.Date(2021, 6, 9, 19, 0, 0, 0, time.UTC),
		}
	}
	t := timeline.Build([]timeline.Piece{file(0), file(12500 * time.Millisecond)})
	for _, run := range t.Runs {
		fmt.Printf("at %d: %v after a gap of %v\n", run.First/rate, run.Start.Format("15:04:05.0"), run.Gap)
	}
	fmt.Println(t.Seconds(), "s are heard")
	// Output:
	// at 0: 19:00:00.0 after a gap of 0s
	// at 10: 19:00:12.5 after a gap of 2.5s
	// 20 s are heard
}
