package pcm_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// collector keeps what an encoder tells of, and what a Feed makes of it.
type collector struct {
	t      *testing.T
	jobs   int
	config track.Config
	units  [][]byte
	feed   *pcm.Feed
	out    []float32
}

func (c *collector) Begin(config track.Config, skip int64) (err error) {
	c.config = config
	c.feed, err = pcm.NewFeed(config, c.jobs, func(samples []float32) error {
		c.out = append(c.out, samples...)
		return nil
	})
	return err
}

func (c *collector) Unit(unit []byte) error {
	c.units = append(c.units, bytes.Clone(unit))
	return c.feed.Put(unit)
}

// Whatever number of stretches it decodes at once, a Feed hands out what one
// decoder makes of all units, except for the noise that AAC substitutes, of which
// tones have none.
func TestFeedIsOneDecoder(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	const frames = 700 * 1024
	in := make([]float32, frames*f.Channels)
	for i := range in {
		at := float64(i / 2)
		in[i] = float32(0.3*math.Sin(at*0.05+float64(i%2)) + 0.2*math.Sin(at*at*1e-7))
	}
	for name, encoder := range map[string]func(w io.Writer, s encode.Sound, o encode.Options) error{
		"m4a": func(w io.Writer, s encode.Sound, o encode.Options) error { return encode.M4A(t.Context(), w, s, o) },
		"mp3": func(w io.Writer, s encode.Sound, o encode.Options) error { return encode.MP3(t.Context(), w, s, o) },
	} {
		for _, jobs := range []int{1, 3} {
			if testing.Short() && (jobs == 1 || name != "m4a") {
				continue
			}
			c := &collector{t: t, jobs: jobs}
			file, err := os.Create(filepath.Join(t.TempDir(), "a."+name))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			sound := encode.Sound{Reader: &memoryReader{format: f, rest: in, piece: 4096}, Samples: frames}
			if err := encoder(file, sound, encode.Options{Jobs: 2, Watch: c}); err != nil {
				t.Fatal(err)
			}
			lost, cut, err := c.feed.Close()
			if err != nil || lost > 0 || cut > 0 {
				t.Fatalf("%s: %d units lost, %d cut off: %v", name, lost, cut, err)
			}
			dec, err := pcm.NewDecoder(c.config)
			if err != nil {
				t.Fatal(err)
			}
			size := c.config.UnitSamples * f.Channels
			if len(c.out) != size*len(c.units) {
				t.Fatalf("%s: %d samples of %d units", name, len(c.out), len(c.units))
			}
			want := make([]float32, size)
			for n, unit := range c.units {
				if err := dec.Decode(want, unit); err != nil {
					t.Fatal(err)
				}
				for i, v := range want {
					if d := c.out[n*size+i] - v; math.Abs(float64(d)) > 1.01/32768 {
						t.Fatalf("%s, %d jobs: sample %d of unit %d is %g, not %g", name, jobs, i, n, c.out[n*size+i], v)
					}
				}
			}
		}
	}
}

// What the one who listens says ends a Feed, and nothing runs on.
func TestFeedEndsWithItsSink(t *testing.T) {
	stop := errors.New("enough")
	config := track.Config{Codec: track.MP3, SampleRate: 48000, Channels: 2, UnitSamples: 1152}
	feed, err := pcm.NewFeed(config, 2, func([]float32) error { return stop })
	if err != nil {
		t.Fatal(err)
	}
	for range 5000 {
		if err = feed.Put([]byte("no frame")); err != nil {
			break
		}
	}
	if !errors.Is(err, stop) {
		t.Errorf("Put says %v", err)
	}
	feed.Stop()
}
