package encode

import (
	"bufio"
	"context"
	"io"

	"github.com/spaces-cli/spaces/internal/media/mp3"
	layer3 "github.com/spaces-cli/spaces/internal/media/mp3/encode"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// layer3 writes MP3 by the encoder in this program. The Info frame, which
// stands first, tells how long the rest is, so that goes to a spool.
func (o *Options) layer3(ctx context.Context, w io.Writer, s Sound) error {
	f := s.Format()
	var units Spool
	defer units.Close()
	var sizes track.Sizes
	var crc uint16
	const skip = layer3.Delay + mp3.DecoderDelay
	enc, err := layer3.New(layer3.Options{
		SampleRate: f.SampleRate, Channels: f.Channels,
		BitRate: layer3.NearestBitRate(f.SampleRate, o.rate(f.Channels)), Jobs: o.Jobs,
	}, func(frame []byte) error {
		sizes = append(sizes, uint32(len(frame)))
		crc = mp3.CRC(crc, frame)
		if _, err := units.Write(frame); err != nil || o.Watch == nil {
			return err
		}
		if len(sizes) == 1 {
			h, err := mp3.ParseHeader(frame)
			if err != nil {
				return err
			}
			if err := o.Watch.Begin(mp3.ConfigOf(h), skip); err != nil {
				return err
			}
		}
		return o.Watch.Unit(frame)
	})
	if err != nil {
		return err
	}
	if err := s.Frames(ctx, blockFrames, enc.Write); err != nil {
		return err
	}
	stream, err := enc.Close()
	if err != nil {
		return err
	}
	tag, err := o.id3(s.Samples, f.SampleRate)
	if err != nil {
		return err
	}
	out, err := mp3.NewWriter(w, mp3.Plan{
		Tag: tag, Sizes: sizes,
		Skip: skip, Trim: int64(stream.Padding) - mp3.DecoderDelay,
		LowPass: stream.LowPass, MusicCRC: crc,
	})
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(units.Reader(), readSize)
	frame := make([]byte, mp3.MaxFrameSize)
	for _, n := range sizes {
		if _, err := io.ReadFull(in, frame[:n]); err != nil {
			return err
		}
		if err := out.WriteUnit(frame[:n]); err != nil {
			return err
		}
	}
	return out.Close()
}
