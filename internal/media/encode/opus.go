package encode

import (
	"context"
	"encoding/base64"
	"io"

	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/ogg"
	"github.com/spaces-cli/spaces/internal/media/opus"
)

// OpusRates are the sample rates that Opus takes.
var OpusRates = []int{ogg.OpusRate}

// Opus writes Opus in Ogg. The cover is a comment: a PICTURE block of FLAC, in
// base64 (RFC 7845 §5.2 takes comments from Vorbis, and with them Xiph's
// METADATA_BLOCK_PICTURE).
func Opus(ctx context.Context, w io.Writer, s Sound, opt Options) error {
	channels := s.Format().Channels
	enc, err := opus.NewEncoder(channels, opt.rate(channels))
	if err != nil {
		return err
	}
	o := ogg.Opus{
		Channels: channels, PreSkip: enc.PreSkip(), InputRate: s.Format().SampleRate,
		Samples: s.Samples, Vendor: "spaces",
	}
	for _, c := range opt.Tags.Comments() {
		o.Comments = append(o.Comments, ogg.Comment{Name: c[0], Value: c[1]})
	}
	if len(opt.Cover) > 0 {
		picture, err := flac.Cover(opt.Cover)
		if err != nil {
			return err
		}
		o.Comments = append(o.Comments, ogg.Comment{Name: "METADATA_BLOCK_PICTURE", Value: base64.StdEncoding.EncodeToString(picture)})
	}
	out, err := ogg.NewWriter(w, o)
	if err != nil {
		return err
	}
	var written int64
	put := func(block []float32) error {
		packet, err := enc.Encode(block)
		if err != nil {
			return err
		}
		written += opus.Frame
		return out.WritePacket(packet, opus.Frame)
	}
	full := make([]float32, opus.Frame*channels)
	err = s.Frames(ctx, opus.Frame, func(block []float32) error {
		clear(full[copy(full, block):])
		return put(full)
	})
	// The last samples come out of the encoder when silence pushes them.
	clear(full)
	for err == nil && written < s.Samples+int64(o.PreSkip) {
		err = put(full)
	}
	if err != nil {
		return err
	}
	return out.Close()
}
