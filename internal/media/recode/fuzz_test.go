package recode

import (
	"os"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/ogg"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// Whatever units say, frames come out that keep what every Reader promises.
func FuzzUnits(f *testing.F) {
	cookie := string([]byte{0, 0, 0x10, 0, 0, 16, 40, 10, 14, 1, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1F, 0x40})
	f.Add(true, cookie, 1, 8000, uint16(4096), int64(5), int64(7), []byte{0, 0, 2}, []byte{0x20, 0, 4, 0, 0, 0x99})
	file, err := os.Open("../vorbis/testdata/tiny.ogg")
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		f.Fatal(err)
	}
	r, err := ogg.NewReader(file, info.Size(), track.Options{})
	if err != nil {
		f.Fatal(err)
	}
	packets, err := readertest.Read(f, r, nil)
	if err != nil {
		f.Fatal(err)
	}
	c := r.Track().Runs[0].Config
	f.Add(false, c.Specific, c.Channels, c.SampleRate, uint16(576), int64(0), int64(300), packets[1], packets[2])
	f.Fuzz(func(t *testing.T, lossless bool, specific string, channels, rate int, samples uint16, skip, trim int64, first, second []byte) {
		config := track.Config{Codec: track.Vorbis, SampleRate: rate, Channels: channels, Specific: specific}
		if lossless {
			config.Codec, config.UnitSamples = track.ALAC, int(samples)
		}
		u := &units{config: config, length: int(samples % (1 << 14)), trim: max(0, trim), list: [][]byte{first, second, first}}
		u.track.Runs = []track.Run{{Config: config, Skip: max(0, skip)}}
		r, err := New(u)
		if err != nil {
			return
		}
		if _, err := readertest.Read(t, r, nil); err != nil {
			t.Fatal(err)
		}
		for _, run := range r.Track().Runs {
			if run.Skip < 0 || run.Trim < 0 || run.Skip+run.Trim > run.Samples {
				t.Fatalf("%+v", run)
			}
		}
	})
}
