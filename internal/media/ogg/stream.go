package ogg

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/vorbis"
)

// A stream is what the first packet of a logical stream says, and what of it
// has been read.
type stream struct {
	config track.Config
	skip   int64 // samples before those to be played
	trims  bool  // the last page's position says where the sound ends
	// headers is how many header packets are still to come, or −1 if those are
	// headers that look like one.
	headers  int
	isHeader func(packet []byte) bool
	comments func(packet []byte) map[string]string
	samples  func(packet []byte) (n int, ok bool)
	wrong    error // why packets cannot be understood, known after the headers

	serial uint32
	next   uint32 // the number of its next page
	units  int64
	over   bool // its last page was read

	// Positions count samples of the stream (RFC 3533 §6, RFC 7845 §4).
	position int64 // at the end of the last page on which a packet ends
	known    bool  // position is set
	last     int64 // samples of the last unit
	surplus  int64 // samples beyond the stream's end
}

// errOther means that a stream is not sound, errVideo that it is pictures.
var (
	errOther = errors.New("not sound")
	errVideo = errors.New("pictures")
)

// identify returns the stream that begins with a packet. The error is ErrCodec
// of sound that is not read, errVideo or errOther.
func identify(packet []byte) (*stream, error) {
	is := func(word string) bool { return bytes.HasPrefix(packet, []byte(word)) }
	switch {
	case is("OpusHead"):
		return opusStream(packet)
	case is("\x7FFLAC"):
		return flacStream(packet)
	case is("fLaC"):
		return nil, fmt.Errorf("%w: FLAC in Ogg as programs of before 2003 wrote it", ErrCodec)
	case is("\x01vorbis"):
		return vorbisStream(packet)
	case is("Speex   "):
		return nil, fmt.Errorf("%w: Speex", ErrCodec)
	case is("CELT    "):
		return nil, fmt.Errorf("%w: CELT", ErrCodec)
	case is("PCM     "):
		return nil, fmt.Errorf("%w: PCM in Ogg", ErrCodec)
	case is("\x80theora"), is("BBCD\x00"), is("OVP80"), is("\x80daala"), is("\x01video"):
		return nil, errVideo
	}
	return nil, errOther
}

// opusStream reads the identification header of Opus (RFC 7845 §5.1).
func opusStream(packet []byte) (*stream, error) {
	h, err := opus.ParseHead(packet)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCodec, err)
	}
	return &stream{
		config:  h.Config(),
		skip:    int64(h.PreSkip),
		trims:   true,
		headers: 1,
		comments: func(packet []byte) map[string]string {
			fields, ok := bytes.CutPrefix(packet, []byte("OpusTags"))
			if !ok {
				return nil
			}
			return flac.Comments(fields)
		},
		samples: opus.Samples,
	}, nil
}

// flacStream reads the header of FLAC in Ogg (RFC 9639 §10.1): a version, how
// many header packets follow, and what a FLAC file begins with.
func flacStream(packet []byte) (*stream, error) {
	const signature, version, block = len("\x7FFLAC"), 4, 4
	b := packet[signature:]
	if len(b) < version+block+block || b[0] != 1 || string(b[version:][:4]) != "fLaC" || b[version+4]&0x7F != 0 {
		return nil, fmt.Errorf("%w: FLAC without STREAMINFO", ErrCodec)
	}
	config, err := flac.ConfigOf(b[version+block+block:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCodec, err)
	}
	const frame, vorbisComment = 0xFF, 4
	s := &stream{
		config:   config,
		headers:  int(b[2])<<8 | int(b[3]),
		isHeader: func(packet []byte) bool { return len(packet) > 0 && packet[0] != frame },
		comments: func(packet []byte) map[string]string {
			if len(packet) < block || packet[0]&0x7F != vorbisComment {
				return nil
			}
			return flac.Comments(packet[block:])
		},
		samples: flac.FrameSamples,
	}
	if s.headers == 0 { // not known
		s.headers = -1
	}
	return s, nil
}

// vorbisStream reads the first header of Vorbis. Two more follow, of which the
// last one says how packets are read (Vorbis I specification, §4.2 and §A.2).
func vorbisStream(packet []byte) (*stream, error) {
	h, err := vorbis.ParseIdentification(packet)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCodec, err)
	}
	s := &stream{config: h.Config(), trims: true, headers: 2, isHeader: vorbis.IsHeader, wrong: fmt.Errorf("%w: Vorbis without setup header", ErrCodec)}
	s.samples = func([]byte) (int, bool) { return 0, false }
	s.comments = func(packet []byte) map[string]string {
		if !vorbis.IsSetup(packet) {
			return flac.Comments(vorbis.Comments(packet))
		}
		if err := h.AddSetup(packet); err != nil {
			s.wrong = fmt.Errorf("%w: %w", ErrCodec, err)
			return nil
		}
		s.config, s.samples, s.wrong = h.Config(), vorbis.NewClock(h).Samples, nil
		return nil
	}
	return s, nil
}

// header takes a packet as a header of the stream. ok is false if it is sound.
func (s *stream) header(packet []byte) (tags map[string]string, ok bool) {
	if s.headers == 0 {
		return nil, false
	}
	if s.isHeader != nil && !s.isHeader(packet) {
		s.headers = 0
		return nil, false
	}
	if s.headers > 0 {
		s.headers--
	}
	return s.comments(packet), true
}

// endPage notes that a page ends at a position, with packets that last so many
// samples on it, and returns how many samples are missing before it.
func (s *stream) endPage(position, samples int64, last bool) (missing int64) {
	s.surplus = 0
	from := s.position
	if !s.known {
		// A stream may begin at any position (RFC 7845 §4.3); the first page of
		// one that is over at once begins at 0.
		from = max(0, position-samples)
		if last {
			from = 0
		}
	}
	switch end := from + samples; {
	case position < end && last && s.trims:
		s.surplus = end - position
	case position > end && s.known:
		missing = position - end
	}
	s.position, s.known = position, true
	return missing
}
