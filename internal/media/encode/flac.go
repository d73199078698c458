package encode

import (
	"bufio"
	"context"
	"crypto/md5"
	"io"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	"github.com/spaces-cli/spaces/internal/media/tags"
)

// flacBlock is how many samples a frame of FLAC has, but for the last.
const flacBlock = 4096

// FLAC writes FLAC of so many bits as the sound has. The MD5 of the samples
// stands in its header, so the whole is written to a spool first.
func FLAC(ctx context.Context, w io.Writer, s Sound, o Options) error {
	channels := s.Format().Channels
	info := &meta.StreamInfo{
		BlockSizeMin: flacBlock, BlockSizeMax: flacBlock, NSamples: uint64(s.Samples),
		SampleRate: uint32(s.Format().SampleRate), NChannels: uint8(channels), BitsPerSample: uint8(s.bits()),
	}
	var out Spool
	defer out.Close()
	buf := bufio.NewWriterSize(&out, 64<<10)
	enc, err := flac.NewEncoder(buf, info, flacBlocks(o.Tags, o.Cover)...)
	if err != nil {
		return err
	}
	sum := md5.New()
	err = s.Frames(ctx, flacBlock, func(block []float32) error {
		f := flacFrame(block, info)
		f.Hash(sum)
		return enc.WriteFrame(f)
	})
	if err != nil {
		return err
	}
	if err := buf.Flush(); err != nil {
		return err
	}
	in := bufio.NewReader(out.Reader())
	head := make([]byte, 4+4+34) // "fLaC", header, STREAMINFO (RFC 9639 §8.2)
	if _, err := io.ReadFull(in, head); err != nil {
		return err
	}
	copy(head[len(head)-16:], sum.Sum(nil))
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}

// flacFrame makes a frame of samples. The encoder tries its predictors on
// each channel.
func flacFrame(block []float32, info *meta.StreamInfo) *frame.Frame {
	channels := int(info.NChannels)
	n := len(block) / channels
	f := &frame.Frame{Header: frame.Header{
		HasFixedBlockSize: true, BlockSize: uint16(n), SampleRate: info.SampleRate,
		Channels: frame.ChannelsMono, BitsPerSample: info.BitsPerSample,
	}}
	if channels == 2 {
		f.Channels = frame.ChannelsMidSide
	}
	for c := range channels {
		samples := make([]int32, n)
		for i := range samples {
			samples[i] = integer(block[i*channels+c], int(info.BitsPerSample))
		}
		f.Subframes = append(f.Subframes, &frame.Subframe{
			SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, Samples: samples, NSamples: n,
		})
	}
	return f
}

// flacBlocks are the metadata blocks.
func flacBlocks(t tags.Tags, cover []byte) []*meta.Block {
	var comment meta.VorbisComment
	comment.Tags = t.Comments()
	blocks := []*meta.Block{{Header: meta.Header{Type: meta.TypeVorbisComment}, Body: &comment}}
	if len(cover) > 0 {
		blocks = append(blocks, &meta.Block{
			Header: meta.Header{Type: meta.TypePicture},
			Body:   &meta.Picture{Type: 3, MIME: imageType(cover), Data: cover},
		})
	}
	for _, b := range blocks {
		b.Length = blockLength(b)
	}
	return blocks
}

// blockLength is the length of a block's body, which the encoder wants to
// know beforehand (RFC 9639 §8.6 and §8.8).
func blockLength(b *meta.Block) int64 {
	switch body := b.Body.(type) {
	case *meta.VorbisComment:
		n := 4 + len(body.Vendor) + 4
		for _, t := range body.Tags {
			n += 4 + len(t[0]) + 1 + len(t[1])
		}
		return int64(n)
	case *meta.Picture:
		return int64(4 + 4 + len(body.MIME) + 4 + len(body.Desc) + 4*4 + 4 + len(body.Data))
	}
	return 0
}
