package encode

import (
	"context"
	"encoding/base64"
	"io"

	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/ogg"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/tags"
)

// OpusRates are the sample rates that Opus takes.
var OpusRates = []int{ogg.OpusRate}

// OggComments are tags and a cover as comments. The cover is a PICTURE block of
// FLAC, in base64 (RFC 7845 §5.2 takes comments from Vorbis, and with them Xiph's
// METADATA_BLOCK_PICTURE).
func OggComments(t tags.Tags, cover []byte) ([]ogg.Comment, error) {
	var list []ogg.Comment
	for _, c := range t.Comments() {
		list = append(list, ogg.Comment{Name: c[0], Value: c[1]})
	}
	if len(cover) > 0 {
		picture, err := flac.Cover(cover)
		if err != nil {
			return nil, err
		}
		list = append(list, ogg.Comment{Name: "METADATA_BLOCK_PICTURE", Value: base64.StdEncoding.EncodeToString(picture)})
	}
	return list, nil
}

// Opus writes Opus in Ogg.
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
	if o.Comments, err = OggComments(opt.Tags, opt.Cover); err != nil {
		return err
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
