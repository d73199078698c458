// Package encode encodes MPEG audio Layer III: MPEG-1 (ISO/IEC 11172-3) and the
// low sample rates of MPEG-2 (ISO/IEC 13818-3), mono and stereo.
//
// The stream is made in pieces on a fixed grid of frames, several at once.
// A piece begins with an empty bit reservoir, so that its frames stand for
// themselves, and hears what comes before and after it, so that filter bank,
// block types and thresholds are as if there were no pieces. What comes
// out depends on the samples and the options alone, not on how many pieces are
// encoded at once.
package encode

import (
	"errors"
	"fmt"
	"math"

	"github.com/spaces-cli/spaces/internal/media/mp3"
)

// Delay is how many samples of the decoded stream come before the first that was
// put in, those of the decoder (mp3.DecoderDelay) not counted.
const Delay = 576

// filterDelay is by how many samples encoder and decoder are late together; the
// rest of Delay is silence put in.
const filterDelay = 1057

// ErrSample means that a sample is not a number, or infinite.
var ErrSample = errors.New("a sample is not a finite number")

// Rates are the sample rates that can be encoded.
var Rates = []int{48000, 44100, 32000, 24000, 22050, 16000}

// Options say how to encode.
type Options struct {
	SampleRate int // one of Rates
	Channels   int // 1 or 2
	BitRate    int // bits per second, of all channels
	// Quality is for streams whose bit rate varies, from 1, with the most noise,
	// to 10. 0 means the constant BitRate; otherwise that does not matter.
	Quality int
	// Separate keeps the channels of stereo apart in every frame. Otherwise
	// their sum and difference are coded where that takes fewer bits.
	Separate bool
	// Jobs is how many pieces are encoded at once, at least one.
	Jobs int
}

// A Stream is what came out.
type Stream struct {
	Frames  int64
	Samples int64 // that were put in
	Padding int   // samples after them, as in mp3.Info
	LowPass int   // the frequency in Hz above which nothing is coded
}

// A config is what all pieces share.
type config struct {
	Options
	lsf      bool
	granules int // of a frame
	head     mp3.Header
	long     *layout
	short    *layout
	end      int // lines from here on are beyond the low-pass
	shortEnd int
	subbands int // that have lines below it
	order    [lines]uint16
	rates    []int   // of a varying bit rate, or none
	louder   float32 // then, how strong the noise is beside its thresholds

	polyphase *polyphase
	mdct      *mdct
	powers    *powers
	hearing   *hearing
}

func newConfig(o Options) (*config, error) {
	if _, ok := longBands()[o.SampleRate]; !ok {
		return nil, fmt.Errorf("MP3 does not support a sample rate of %d Hz (use one of %v)", o.SampleRate, Rates)
	}
	if o.Channels < 1 || o.Channels > 2 {
		return nil, fmt.Errorf("cannot write MP3 with %d channels (only 1 or 2)", o.Channels)
	}
	c := &config{Options: o, lsf: o.SampleRate < 32000, granules: 2, louder: 1}
	c.head = mp3.Header{Version: mp3.MPEG1, BitRate: o.BitRate, SampleRate: o.SampleRate, Mode: mp3.Mono, Original: true}
	if c.lsf {
		c.granules = 1
		c.head.Version = mp3.MPEG2
	}
	if o.Channels == 2 {
		c.head.Mode = mp3.JointStereo
	}
	if o.Quality < 0 || o.Quality > 10 {
		return nil, fmt.Errorf("the quality of variable-bit-rate MP3 must be from 1 to 10, not %d", o.Quality)
	}
	if o.Quality > 0 {
		c.rates = mp3.BitRates(c.head.Version)
		c.head.BitRate = nominal(o.Quality, o.Channels)
		if c.lsf {
			c.head.BitRate = min(c.head.BitRate, 160000)
		}
		c.louder = float32(math.Pow(10, float64(4-o.Quality)*0.2))
	}
	if _, err := c.head.Bytes(); err != nil {
		return nil, fmt.Errorf("MP3 at %d Hz does not support a bit rate of %d bit/s", o.SampleRate, o.BitRate)
	}
	c.long, c.short = newLayout(o.SampleRate, false), newLayout(o.SampleRate, true)
	c.lowPass(lowPass(c.head.BitRate, o.Channels))
	c.sortShort()
	c.polyphase, c.mdct, c.powers = newPolyphase(), newMDCT(), newPowers()
	c.hearing = newHearing(o.SampleRate, c.long, c.short)
	return c, nil
}

// NearestBitRate returns the bit rate of MP3 at a sample rate that is nearest to
// the one wanted, the higher one of two. Frames have one of 14.
func NearestBitRate(sampleRate, want int) int {
	version := mp3.MPEG1
	if sampleRate < 32000 {
		version = mp3.MPEG2
	}
	best := 0
	for _, rate := range mp3.BitRates(version) {
		if d, e := rate-want, best-want; best == 0 || d*d <= e*e {
			best = rate
		}
	}
	return best
}

// nominal returns the constant bit rate that has the low-pass of a quality.
func nominal(quality, channels int) int {
	stereo := [10]int{64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	rate := 1000 * stereo[quality-1]
	if channels == 1 {
		rate = max(rate/2, 32000)
	}
	return NearestBitRate(48000, rate)
}

// lowPass returns the frequency above which nothing is coded.
func lowPass(bitRate, channels int) int {
	perChannel := bitRate / channels
	if channels == 1 {
		perChannel = perChannel * 3 / 4 // nothing is saved by joint stereo
	}
	for _, row := range [][2]int{
		{8000, 3700}, {16000, 5500}, {20000, 7000}, {24000, 8000}, {28000, 10000}, {32000, 11200}, {40000, 13500},
		{48000, 15200}, {56000, 16000}, {64000, 17000}, {80000, 17500}, {96000, 18600}, {112000, 19400}, {128000, 19700},
	} {
		if perChannel <= row[0] {
			return row[1]
		}
	}
	return 20500
}

// lowPass sets which lines are coded.
func (c *config) lowPass(hz int) {
	c.end = min(2*lines*hz/c.SampleRate, lines)
	c.subbands = min((c.end+slots-1)/slots+1, subbands)
	// Bands of short blocks are cut as a whole, or not at all.
	c.shortEnd = 0
	for b := 0; b < c.short.n; b += 3 {
		if c.short.first[b] < c.end {
			c.shortEnd = c.short.first[b+3]
		}
	}
}

// sortShort sets where the lines of short blocks stand that the transform makes:
// line k of window w of subband sb, 6·sb+k of that window, at 18·sb+3k+w.
func (c *config) sortShort() {
	at := 0
	edges := shortBands()[c.SampleRate]
	for b := range 13 {
		for w := range 3 {
			for k := edges[b]; k < edges[b+1]; k++ {
				c.order[at] = uint16(3*k + w)
				at++
			}
		}
	}
}

// header returns the header of a frame of a constant bit rate. Whether it is
// padded depends on its number alone.
func (c *config) header(number int) mp3.Header {
	h := c.head
	slots := int64(h.Samples()/8) * int64(h.BitRate)
	rest := slots % int64(h.SampleRate)
	n := int64(number)
	h.Padded = (n+1)*rest/int64(h.SampleRate) > n*rest/int64(h.SampleRate)
	return h
}

// mainBits returns how many bits of main data a frame has room for.
func (c *config) mainBits(h mp3.Header) int {
	return 8 * (h.FrameSize() - mp3.HeaderSize - sideSize(c.lsf, c.Channels))
}

// headerFor returns the header of the smallest frame of a varying bit rate that
// has room for so many bits of main data, or of the largest.
func (c *config) headerFor(bits int) mp3.Header {
	h := c.head
	for _, h.BitRate = range c.rates {
		if c.mainBits(h) >= bits {
			break
		}
	}
	return h
}

// finite reports whether all samples are numbers that sound can have.
func finite(x []float32) bool {
	for _, v := range x {
		if !(math.Abs(float64(v)) <= math.MaxFloat32) {
			return false
		}
	}
	return true
}
