package pcm

import (
	"bytes"
	"fmt"

	"github.com/mewkiz/flac/frame"

	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// flacDecoder decodes FLAC frames, each of which stands for itself. Up to 24
// bits come out exactly.
type flacDecoder struct {
	info flac.StreamInfo
	in   bytes.Reader
}

func newFLAC(c track.Config) (*flacDecoder, error) {
	info, err := flac.ParseStreamInfo([]byte(c.Specific))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %v", ErrUnsupported, c, err)
	}
	const widest = 24
	if info.Bits > widest || info.Channels != c.Channels || info.SampleRate != c.SampleRate {
		return nil, fmt.Errorf("%w: %s with %d bits, %d Hz %d ch", ErrUnsupported, c, info.Bits, info.SampleRate, info.Channels)
	}
	return &flacDecoder{info: info}, nil
}

func (f *flacDecoder) reset()       {}
func (f *flacDecoder) prime([]byte) {}

func (f *flacDecoder) decode(dst []float32, unit []byte) error {
	fr, err := f.parse(unit)
	if err == nil && (len(fr.Subframes) != f.info.Channels || int(fr.BlockSize)*f.info.Channels != len(dst)) {
		err = fmt.Errorf("%w: %d samples of %d channels", ErrDamaged, fr.BlockSize, len(fr.Subframes))
	}
	if err != nil {
		clear(dst)
		return err
	}
	scale := 1 / float32(int(1)<<(fr.BitsPerSample-1))
	for c, sub := range fr.Subframes {
		for i, v := range sub.Samples {
			dst[i*f.info.Channels+c] = float32(v) * scale
		}
	}
	return nil
}

// parse decodes a frame to integers.
func (f *flacDecoder) parse(unit []byte) (fr *frame.Frame, err error) {
	defer recovered(&err)
	f.in.Reset(unit)
	if fr, err = frame.New(&f.in); err == nil {
		if fr.BitsPerSample == 0 { // as in STREAMINFO
			fr.BitsPerSample = uint8(f.info.Bits)
		}
		err = fr.Parse()
	}
	if err == nil && f.in.Len() > 0 {
		err = fmt.Errorf("%d bytes were left over", f.in.Len())
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	return fr, nil
}
