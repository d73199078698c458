package episode

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/ogg"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A ticker is a Reader that tells how far it has been read.
type ticker struct {
	pcm.Reader
	tick func(int64)
}

func (t *ticker) Read(dst []float32) (int, error) {
	n, err := t.Reader.Read(dst)
	t.tick(int64(n))
	return n, err
}

// measureFile decodes a file that was written, as a player does, and measures
// the samples that it plays.
func measureFile(ctx context.Context, f *os.File, kind format.Format, rec *Record, tick func(int64), onStep func(loudness.Step)) (loudness.Result, error) {
	if kind == format.Opus {
		return measureOpus(ctx, f, rec, tick, onStep)
	}
	info, err := f.Stat()
	if err != nil {
		return loudness.Result{}, err
	}
	rd, err := media.Open(f, info.Size(), track.Options{})
	if err != nil {
		return loudness.Result{}, err
	}
	s := pcm.NewStream(rd)
	run, err := s.Next()
	if err != nil {
		return loudness.Result{}, err
	}
	heard := pcm.Cut(s, pcm.Span{Start: rd.Track().Runs[run].Skip, Samples: rec.Samples})
	counted := int64(0)
	res, err := measure(ctx, &ticker{heard, func(n int64) { counted += n; tick(n) }}, onStep)
	if err == nil && (counted != rec.Samples || s.Losses().Units > 0) {
		err = fmt.Errorf("%w: %d of %d samples can be played, and %d access units cannot be decoded", errChanged, counted, rec.Samples, s.Losses().Units)
	}
	if s.CutOff() > 0 {
		res.CutOff()
	}
	return res, err
}

// measureOpus is the same for Opus, which is not read elsewhere.
func measureOpus(ctx context.Context, f *os.File, rec *Record, tick func(int64), onStep func(loudness.Step)) (loudness.Result, error) {
	dec, err := opus.NewDecoder(rec.Channels)
	if err != nil {
		return loudness.Result{}, err
	}
	m, err := loudness.NewMeter(ogg.OpusRate, rec.Channels)
	if err != nil {
		return loudness.Result{}, err
	}
	m.OnStep = onStep
	left, skip, head := rec.Samples, int64(0), 2
	err = ogg.EachPacket(io.NewSectionReader(f, 0, 1<<62), func(packet []byte) error {
		if head > 0 {
			if head--; head == 1 && len(packet) > 12 {
				skip = int64(packet[10]) | int64(packet[11])<<8 // RFC 7845 §5.1
			}
			return ctx.Err()
		}
		block, err := dec.Decode(packet)
		if err != nil {
			return err
		}
		drop := min(skip, int64(len(block)/rec.Channels))
		skip -= drop
		block = block[drop*int64(rec.Channels):]
		block = block[:min(int64(len(block)), left*int64(rec.Channels))]
		m.Write(block)
		heard := int64(len(block) / rec.Channels)
		left -= heard
		tick(heard)
		return ctx.Err()
	})
	if err == nil && left > 0 {
		err = fmt.Errorf("%w: %d samples are missing", errChanged, left)
	}
	res := m.Result()
	res.CutOff()
	return res, err
}

// A unitSum adds up access units as they are copied.
type unitSum struct {
	hash.Hash
	bytes int64
}

func newUnitSum() *unitSum { return &unitSum{Hash: sha256.New()} }

func (s *unitSum) Write(p []byte) (int, error) {
	s.bytes += int64(len(p))
	return s.Hash.Write(p)
}

// verifyUnits holds the access units of a file against the sum of those that
// were copied into it. A frame that prepares a decoder may stand before those
// of an .mp3.
func verifyUnits(f *os.File, want *unitSum) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var total int64
	sum := func(skip int64) ([]byte, error) {
		rd, err := media.Open(f, info.Size(), track.Options{})
		if err != nil {
			return nil, err
		}
		h := sha256.New()
		total = 0
		for {
			var p track.Packet
			if err := rd.Next(&p); err == io.EOF {
				return h.Sum(nil), nil
			} else if err != nil {
				return nil, err
			}
			if total >= skip {
				h.Write(p.Data)
			}
			total += int64(len(p.Data))
		}
	}
	got, err := sum(0)
	if more := total - want.bytes; err == nil && more > 0 && more < track.MaxUnitSize {
		got, err = sum(more)
	}
	if err == nil && !bytes.Equal(got, want.Sum(nil)) {
		err = errChanged
	}
	return err
}
