package clip

import (
	"bufio"
	"context"
	"errors"
	"io"

	aac "github.com/tphakala/go-aac"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// encodeAAC writes AAC-LC in an .m4a whose edit list leaves out what the
// encoder puts before and after the sound.
func encodeAAC(ctx context.Context, w io.Writer, s *sound, tags mp4.Tags, cover []byte) error {
	channels := s.Format().Channels
	enc, err := aac.NewEncoder(aac.EncoderConfig{SampleRate: s.Format().SampleRate, Channels: channels, Bitrate: bitRate(channels)})
	if err != nil {
		return err
	}
	config, err := adts.ParseConfig(enc.AudioSpecificConfig())
	if err != nil {
		return err
	}
	var units spool
	defer units.Close()
	var sizes track.Sizes
	var unit []byte
	planes := make([][]float32, channels)
	put := func(planes [][]float32) error {
		if unit, err = enc.EncodeFrame(unit[:0], planes); err != nil || len(unit) == 0 {
			return err
		}
		if len(unit) > track.MaxUnitSize {
			return errors.New("the AAC encoder made an access unit that is too long")
		}
		sizes = append(sizes, uint16(len(unit)))
		_, err := units.Write(unit)
		return err
	}
	err = s.frames(ctx, aac.FrameSize, func(block []float32) error {
		for c := range planes {
			planes[c] = planes[c][:0]
			for i := c; i < len(block); i += channels {
				planes[c] = append(planes[c], max(-1, min(1, block[i])))
			}
		}
		return put(planes)
	})
	for err == nil && !enc.Drained() {
		err = put(nil)
	}
	if err != nil {
		return err
	}
	out, err := mp4.NewWriter(w, &mp4.Movie{
		Config: config, Units: int64(len(sizes)),
		Size:  func(i int64) int { return int(sizes[i]) },
		Edits: []mp4.Edit{{Start: int64(enc.Delay()), Samples: s.samples}},
		Tags:  tags, Cover: cover,
	})
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(units.reader(), readSize)
	for _, n := range sizes {
		unit = append(unit[:0], make([]byte, n)...)
		if _, err := io.ReadFull(in, unit); err != nil {
			return err
		}
		if err := out.WriteUnit(unit); err != nil {
			return err
		}
	}
	return out.Close()
}
