package site

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"math"
	"os"

	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/stream"
)

// outline finds the bars of an episode: from the peaks that measuring its
// recording has left, or else by hearing parts of the episode, once: the list of
// the site keeps what was heard. It is nil where neither can be done. An episode
// with an intro or an outro is heard, because they are not in the recording.
func (m *maker) outline(ctx context.Context, e *feed.Episode) ([]byte, error) {
	shape := peaksOf(m.lib, e)
	if shape != nil && e.Intro == nil && e.Outro == nil {
		return scaled(shape), nil
	}
	known, err := base64.StdEncoding.DecodeString(m.before.Heard[e.SHA256])
	if err != nil || len(known) != bars {
		known = nil
		sound, err := hear(ctx, m.lib, e)
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		if err == nil && sound != nil {
			known = scaled(sound)
		}
	}
	if known == nil && shape != nil {
		return scaled(shape), nil
	}
	if known != nil {
		m.site.heard[e.SHA256] = base64.StdEncoding.EncodeToString(known)
	}
	return known, nil
}

// A bar is heard in so many places, and in each of them so many units are decoded
// after those that a decoder needs to find its way.
const (
	placesInBar = 4
	leadUnits   = 2
	heardUnits  = 4
)

// hear reads an episode and decodes a little of each bar, so that an hour takes a
// second. The bars are how loud the sound is there (RMS).
func hear(ctx context.Context, lib *os.Root, e *feed.Episode) ([]float64, error) {
	f, err := lib.Open(e.Path(e.File))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rd, err := media.Open(&stream.ReaderAt{Context: ctx, File: f}, e.Bytes, track.Options{})
	if err != nil {
		return nil, err
	}
	var (
		packet  track.Packet
		dec     *pcm.Decoder
		samples []float32
		sums    [bars]float64
		counts  [bars]int
		at      int64
		place   = -1
		units   int // of this place
		lead    int // of them are decoded for those that follow
		skipped bool
		run     = -1
		rate    float64
		width   int // channels
	)
	for {
		err := rd.Next(&packet)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if packet.Run != run {
			if run = packet.Run; run > 0 {
				break // another configuration: episodes have one
			}
			c := rd.Track().Runs[run].Config
			if dec, err = pcm.NewDecoder(c); err != nil {
				return nil, err
			}
			rate, width = float64(c.SampleRate), c.Channels
		}
		seconds := float64(at) / rate
		now := min(bars*placesInBar-1, int(float64(seconds/e.Duration)*bars*placesInBar))
		if now != place {
			if place, units, lead = now, 0, 0; skipped {
				dec.Reset()
				lead, skipped = leadUnits, false
			}
		}
		at += int64(packet.Samples)
		if units++; units > lead+heardUnits {
			skipped = true
			continue
		}
		if n := packet.Samples * width; cap(samples) < n {
			samples = make([]float32, n)
		} else {
			samples = samples[:n]
		}
		if dec.Decode(samples, packet.Data) != nil || units <= lead {
			continue
		}
		for _, v := range samples {
			sums[place/placesInBar] += float64(v * v)
		}
		counts[place/placesInBar] += len(samples)
	}
	shape, any := make([]float64, bars), false
	for i := range shape {
		if counts[i] > 0 {
			shape[i], any = math.Sqrt(sums[i]/float64(counts[i])), true
		} else if i > 0 {
			shape[i] = shape[i-1] // shorter than a unit
		}
	}
	if !any {
		return nil, nil
	}
	return shape, nil
}
