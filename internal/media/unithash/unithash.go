// Package unithash tells access units by their content: the same sound has the
// same hash in whatever file it stands, under whatever tags. What a program may
// change without decoding is left out of the hash: of AAC the ADTS header and
// every global_gain; of MP3 the CRC, every global_gain, and the header bits
// private, copyright, original and emphasis; of FLAC the frame or sample number
// and both CRCs. Of Opus nothing is left out.
//
// PCM has no units of its own: a reader cuts it into blocks from wherever a
// file begins, so that the same sound has other blocks in an excerpt. It is
// left out.
package unithash

import (
	"fmt"
	"hash/crc64"
	"sync"

	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Hash is that of one access unit: the CRC-64 (ECMA-182) of what is left of
// it. Who makes another unit with the same hash only makes a file look more like
// a recording than it is.
type Hash uint64

// Silence is the hash of all units in which no sound is coded. They are the
// same everywhere.
const Silence Hash = 0

// An UnsupportedError says that units of a coding have no hashes.
type UnsupportedError struct{ Codec track.Codec }

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s audio cannot be recognized by its access units", e.Codec)
}

// A Hasher hashes units of one configuration. It is for one goroutine at a
// time, and allocates nothing for a unit.
type Hasher struct {
	mask   func(*Hasher, []byte) ([]byte, bool)
	parser *syntax.Parser // of AAC-LC
	unit   syntax.Unit
	buf    []byte
}

// New returns a Hasher of units that c describes. The error is an
// *UnsupportedError.
func New(c track.Config) (*Hasher, error) {
	h := new(Hasher)
	switch c.Codec {
	case track.AACLC, track.HEAAC, track.AACOther:
		h.mask = (*Hasher).maskAAC
		// Units of another kind than AAC-LC are hashed as they are.
		h.parser, _ = adts.NewParser(c.Specific)
	case track.MP3:
		h.mask = (*Hasher).maskMP3
	case track.FLAC:
		h.mask = (*Hasher).maskFLAC
	case track.Opus:
		h.mask = (*Hasher).maskOpus
		if head, err := opus.ParseHead([]byte(c.Specific)); err == nil && !head.Single() {
			h.mask = (*Hasher).maskStreams
		}
	default:
		return nil, &UnsupportedError{c.Codec}
	}
	return h, nil
}

// Hash returns the hash of a unit, or Silence.
func (h *Hasher) Hash(unit []byte) Hash {
	masked, silent := h.mask(h, unit)
	if silent {
		return Silence
	}
	return max(Hash(crc64.Checksum(masked, ecma())), Silence+1)
}

var ecma = sync.OnceValue(func() *crc64.Table {
	return crc64.MakeTable(crc64.ECMA)
})

// maskAAC clears every global_gain (ISO/IEC 14496-3, 4.6.2). A unit in which no
// coefficient is coded is silent.
func (h *Hasher) maskAAC(unit []byte) (masked []byte, silent bool) {
	h.buf = append(h.buf[:0], unit...)
	if h.parser == nil || h.parser.Scan(unit, &h.unit) != nil {
		return h.buf, false
	}
	silent = true
	for _, s := range h.unit.Streams {
		clearBits(h.buf, s.Gain, 8)
		silent = silent && !s.Coded
	}
	return h.buf, silent
}

// clearBits clears n bits of b from bit at on.
func clearBits(b []byte, at, n int) {
	for i := at; i < at+n && i>>3 < len(b); i++ {
		b[i>>3] &^= 0x80 >> (i & 7)
	}
}
