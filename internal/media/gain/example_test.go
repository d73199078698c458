package gain_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A recording is decoded once, planned, and its units are shifted one by one.
func Example() {
	file, err := os.ReadFile("../../fixture/testdata/host.aac")
	if err != nil {
		log.Fatal(err)
	}
	units := func(do func(c track.Config, unit []byte)) {
		r := adts.NewReader(bytes.NewReader(file), track.Options{})
		for {
			var p track.Packet
			if err := r.Next(&p); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				log.Fatal(err)
			}
			do(r.Track().Runs[0].Config, p.Data)
		}
	}

	var analyzer *gain.Analyzer
	var decoder *pcm.Decoder
	var samples []float32
	units(func(c track.Config, unit []byte) {
		if analyzer == nil {
			if analyzer, err = gain.NewAnalyzer(c, gain.DefaultFloor); err != nil {
				log.Fatal(err)
			}
			if decoder, err = pcm.NewDecoder(c); err != nil {
				log.Fatal(err)
			}
			samples = make([]float32, c.UnitSamples*c.Channels)
		}
		if err := decoder.Decode(samples, unit); err != nil {
			log.Fatal(err)
		}
		if err := analyzer.Add(unit, samples); err != nil {
			log.Fatal(err)
		}
	})
	analysis := analyzer.Analysis()
	plan, err := analysis.Plan(gain.Options{Target: -16, Ceiling: -1, Damage: 45})
	if err != nil {
		log.Fatal(err)
	}

	var shifter *gain.Shifter
	shifted := 0
	units(func(c track.Config, unit []byte) {
		if shifter == nil {
			if shifter, err = gain.NewShifter(c, plan.Runs); err != nil {
				log.Fatal(err)
			}
		}
		if err := shifter.Shift(unit); err != nil { // in place
			log.Fatal(err)
		}
		shifted++
	})
	fmt.Printf("%.0f LUFS become %.0f; %d units, at most %.0f dBTP\n", float64(analysis.Loudness()), float64(plan.Integrated), shifted, float64(plan.TruePeak))
	// Output: -20 LUFS become -16; 573 units, at most -1 dBTP
}
