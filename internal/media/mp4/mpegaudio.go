package mp4

import (
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// frameConfig returns the config of an MP3 frame: what sample entries say of
// MP3 is often wrong, but the frames say it themselves. ok is false if it is
// no frame; the error is ErrCodec if it is a frame of another layer.
func frameConfig(frame []byte) (c track.Config, ok bool, err error) {
	h, err := mp3.ParseHeader(frame)
	if err != nil {
		if len(frame) >= 2 && frame[0] == 0xFF && frame[1]&0xE0 == 0xE0 {
			if layer := 4 - frame[1]>>1&3; layer == 1 || layer == 2 {
				return c, false, fmt.Errorf("%w: MPEG audio layer %d", ErrCodec, layer)
			}
		}
		return c, false, nil
	}
	return track.Config{Codec: track.MP3, SampleRate: h.SampleRate, Channels: h.Channels(), UnitSamples: h.Samples()}, true, nil
}
