// Package h264 writes H.264 video (ISO/IEC 14496-10, ITU-T H.264) of pictures
// that stand still or change in a few places, such as a title with a moving
// playhead.
//
// It writes the Constrained Baseline profile: key frames of Intra 16x16
// macroblocks, and between them pictures in which only what has changed is
// coded, as the difference to the picture before or afresh; everything else
// is skipped. What has moved as a whole is coded as that where the caller says
// so; there is no search for motion and no deblocking. What it
// guarantees instead is that every macroblock it codes keeps a signal-to-noise
// ratio, and that every access unit keeps the limits of the stream's level, in
// which case the first gives way to the second.
//
// The same pictures always give the same bytes, on any number of cores.
//
// In comments, § is a clause of ISO/IEC 14496-10:2022.
package h264

import (
	"errors"
	"fmt"
	"math"
)

// ErrConfig means that no stream can be written as a Config says.
var ErrConfig = errors.New("h264: impossible configuration")

// A Config says what the stream is to be.
type Config struct {
	// Width and Height are those of the picture in pixels, even, at least 2.
	Width, Height int
	// Frames are shown in Ticks/Frames of a second: 25, 1 or 30000, 1001.
	Frames, Ticks int
	// KeyInterval is how many frames lie between the starts of two key frames
	// at most. Zero means five seconds of them, and so does more than that.
	KeyInterval int
	// PSNR is the peak signal-to-noise ratio in dB that the luma of every
	// macroblock keeps, if the level lets it. Zero means 45.
	PSNR float64
	// Level is the level to keep, ten times its number. Zero means the lowest
	// from 3 to 4.2 that allows this size and rate.
	Level Level
}

const (
	defaultPSNR = 45
	keySeconds  = 5
	maxTerm     = 1 << 20 // of the frame rate
)

// plan checks c and fills in what it leaves open.
func (c Config) plan() (Config, error) {
	if c.Width < 2 || c.Height < 2 || c.Width > 4096 || c.Height > 4096 || c.Width%2 != 0 || c.Height%2 != 0 {
		return c, fmt.Errorf("%w: pictures of %d×%d; sizes are even numbers up to 4096", ErrConfig, c.Width, c.Height)
	}
	if c.Frames < 1 || c.Ticks < 1 || c.Frames > maxTerm || c.Ticks > maxTerm {
		return c, fmt.Errorf("%w: %d/%d frames a second", ErrConfig, c.Frames, c.Ticks)
	}
	if c.PSNR == 0 {
		c.PSNR = defaultPSNR
	}
	if math.IsNaN(c.PSNR) || c.PSNR < 20 || c.PSNR > 50 {
		return c, fmt.Errorf("%w: a signal-to-noise ratio of %g dB; it can be 20 to 50", ErrConfig, c.PSNR)
	}
	if c.KeyInterval < 0 {
		return c, fmt.Errorf("%w: a key frame every %d frames", ErrConfig, c.KeyInterval)
	}
	most := max(1, keySeconds*c.Frames/c.Ticks)
	if c.KeyInterval == 0 || c.KeyInterval > most {
		c.KeyInterval = most
	}
	if c.Level == 0 {
		for _, l := range levels {
			if l.idc >= 30 && l.allows(c) {
				c.Level = l.idc
				break
			}
		}
		if c.Level == 0 {
			return c, fmt.Errorf("%w: %d×%d at %d/%d frames a second is more than level 4.2 allows", ErrConfig, c.Width, c.Height, c.Frames, c.Ticks)
		}
	}
	l, ok := c.Level.limits()
	if !ok {
		return c, fmt.Errorf("%w: level_idc %d is not one from 10 to 42", ErrConfig, c.Level)
	}
	if !l.allows(c) {
		return c, fmt.Errorf("%w: level %v does not allow %d×%d at %d/%d frames a second", ErrConfig, c.Level, c.Width, c.Height, c.Frames, c.Ticks)
	}
	return c, nil
}

// columns and rows return the size of the picture in macroblocks.
func (c Config) columns() int { return (c.Width + 15) / 16 }
func (c Config) rows() int    { return (c.Height + 15) / 16 }
