// Package media opens audio files of any format that its sub-packages read:
// it looks at the content and hands the file to the package for it.
package media

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/aiff"
	"github.com/spaces-cli/spaces/internal/media/au"
	"github.com/spaces-cli/spaces/internal/media/avi"
	"github.com/spaces-cli/spaces/internal/media/caf"
	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/flv"
	"github.com/spaces-cli/spaces/internal/media/id3"
	"github.com/spaces-cli/spaces/internal/media/layer2"
	"github.com/spaces-cli/spaces/internal/media/linear"
	"github.com/spaces-cli/spaces/internal/media/matroska"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/mpegts"
	"github.com/spaces-cli/spaces/internal/media/ogg"
	"github.com/spaces-cli/spaces/internal/media/recode"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/w64"
	"github.com/spaces-cli/spaces/internal/media/wav"
	"github.com/spaces-cli/spaces/internal/media/within"
)

// ErrNeedsFile is returned by NewReader for audio that can only be read with
// random access, by Open.
var ErrNeedsFile = errors.New("this format cannot be read as a stream")

// A NotAudioError says that something is not audio, or not audio of a format
// that can be read.
type NotAudioError struct {
	Kind FileType
	What string // the whole message: "an HTML page, not audio: the download failed"
	hint string
}

func (e *NotAudioError) Error() string { return e.What }

// Hint returns what the user may do about it, or "".
func (e *NotAudioError) Hint() string { return e.hint }

// Open returns a Reader of the audio in r, which holds size bytes. If r holds
// no audio that can be read, the error is a *NotAudioError; other errors are
// those of r or tell what is wrong with the file.
func Open(r io.ReaderAt, size int64, opts track.Options) (track.Reader, error) {
	kind, err := sniffAt(r, size)
	if err != nil {
		return nil, err
	}
	switch kind {
	case ADTS:
		return adts.NewReader(io.NewSectionReader(r, 0, size), opts), nil
	case MPEGTS:
		return mpegts.NewReader(io.NewSectionReader(r, 0, size), opts), nil
	case MP4:
		return recoded(mp4.NewReader(r, size, opts))
	case MP3:
		return opened(mp3.NewReader(r, size, opts))
	case WAV:
		return inWAV(r, size, opts)(opened(wav.NewReader(r, size, opts)))
	case MPEGLayer:
		return contained(kind)(recoded(layer2.NewReader(r, size, opts)))
	case FLAC:
		return opened(flac.NewReader(r, size, opts))
	case AIFF:
		return contained(kind)(opened(aiff.NewReader(r, size, opts)))
	case CAF:
		return contained(kind)(recoded(caf.NewReader(r, size, opts)))
	case AU:
		return contained(kind)(opened(au.NewReader(r, size, opts)))
	case W64:
		return contained(kind)(opened(w64.NewReader(r, size, opts)))
	case AVI:
		return contained(kind)(opened(avi.NewReader(r, size, opts)))
	case FlashFLV:
		return contained(kind)(opened(flv.NewReader(r, size, opts)))
	case Matroska:
		return contained(kind)(recoded(matroska.NewReader(r, size, opts)))
	case Ogg:
		return contained(kind)(recoded(ogg.NewReader(r, size, opts)))
	}
	return nil, notAudio(kind)
}

// inWAV makes a Reader of a WAV file that holds µ-law, A-law or MPEG audio.
func inWAV(r io.ReaderAt, size int64, opts track.Options) func(track.Reader, error) (track.Reader, error) {
	return func(rd track.Reader, err error) (track.Reader, error) {
		var c *wav.CompressedError
		if !errors.As(err, &c) {
			return rd, err
		}
		t := track.Track{Format: track.WAV, Bytes: size, Tags: c.Tags}
		form := linear.Form{Kind: linear.MuLaw, Bits: 8, Channels: c.Channels, Rate: c.SampleRate}
		switch {
		case c.MP3 && c.Size > 0:
			s := within.Join(r, []within.Piece{{Off: c.Start, Size: c.Size}})
			return opened(within.Of(s, t, opts, func(opts track.Options) (track.Reader, error) {
				return opened(mp3.NewReader(s, s.Size(), opts))
			}))
		case c.MPEG && c.Size > 0:
			return contained(WAV)(recoded(layer2.Part(r, t, c.Start, min(c.Start+c.Size, size))))
		case c.MuLaw:
			return opened(linear.Of(r, t, form, c.Start, c.Size))
		case c.ALaw:
			form.Kind = linear.ALaw
			return opened(linear.Of(r, t, form, c.Start, c.Size))
		}
		return nil, err
	}
}

// recoded is opened for a container of codings of which some are read as FLAC.
func recoded[R coded](r R, err error) (track.Reader, error) {
	if err == nil && recode.Wants(r.Codec()) {
		return opened(recode.New(r))
	}
	return opened(r, err)
}

// A coded Reader says how its track is coded, as far as its file says.
type coded interface {
	track.Reader
	Codec() track.Codec
}

// refusals are the errors that tell what of a container is not read.
var refusals = []error{
	recode.ErrUnsupported,
	aiff.ErrNoData, aiff.ErrCompressed,
	au.ErrNoData, au.ErrCompressed,
	avi.ErrNoAudio, avi.ErrCodec,
	caf.ErrNoData, caf.ErrCodec, caf.ErrNoTable,
	flv.ErrNoAudio, flv.ErrCodec,
	layer2.ErrNoFrames,
	matroska.ErrNoAudio, matroska.ErrEncrypted, matroska.ErrCodec,
	ogg.ErrNoAudio, ogg.ErrCodec,
	w64.ErrNoData, wav.ErrCompressed, linear.ErrForm,
}

// mistaken are the errors of files that only begin as a container does.
var mistaken = []error{aiff.ErrNotAIFF, au.ErrNotAU, avi.ErrNotAVI, caf.ErrNotCAF, flv.ErrNotFLV, matroska.ErrNotMatroska, ogg.ErrNotOgg, w64.ErrNotW64}

// contained makes a *NotAudioError of a refusal.
func contained(kind FileType) func(track.Reader, error) (track.Reader, error) {
	return func(r track.Reader, err error) (track.Reader, error) {
		is := func(target error) bool { return errors.Is(err, target) }
		switch {
		case slices.ContainsFunc(refusals, is):
			return nil, &NotAudioError{Kind: kind, What: names()[kind] + ": " + err.Error(), hint: converting(kind)}
		case slices.ContainsFunc(mistaken, is):
			return nil, &NotAudioError{Kind: kind, What: err.Error(), hint: again}
		}
		return r, err
	}
}

// opened makes a track.Reader of a format's Reader, and nil of none.
func opened[R track.Reader](r R, err error) (track.Reader, error) {
	if err != nil {
		return nil, err
	}
	return r, nil
}

// sniffAt is Sniff for a whole file: it also looks behind tags that are too
// large for SniffLen, of which a file has one or two.
func sniffAt(r io.ReaderAt, size int64) (FileType, error) {
	const fewTags = 8
	head := make([]byte, min(size, SniffLen))
	kind := Unknown
	for off, tags := int64(0), 0; tags < fewTags; tags++ {
		n, err := r.ReadAt(head[:min(size-off, SniffLen)], off)
		if err != nil && err != io.EOF {
			return "", fmt.Errorf("cannot read the first bytes: %w", err)
		}
		kind = Sniff(head[:n], size-off)
		h, ok := id3.ParseHeader(head[:n])
		if kind != Unknown || !ok || int64(h.Len()) >= size-off {
			break
		}
		off += int64(h.Len())
	}
	if kind == Unknown && size > SniffLen {
		return behindJunk(r, size)
	}
	return kind, nil
}

// behindJunk looks for frames of ADTS or MP3 behind what Sniff cannot tell: what a
// server sent before them, or the rest of another file.
func behindJunk(r io.ReaderAt, size int64) (FileType, error) {
	const furthest, overlap = 1 << 20, SniffLen / 4
	b := make([]byte, SniffLen)
	for off := int64(SniffLen - overlap); off < min(size, furthest); off += SniffLen - overlap {
		n, err := r.ReadAt(b[:min(size-off, SniffLen)], off)
		if err != nil && err != io.EOF {
			return "", fmt.Errorf("cannot read what may be audio: %w", err)
		}
		if kind := frames(b[:n], off+int64(n) == size); kind == ADTS || kind == MP3 {
			return kind, nil
		}
	}
	return Unknown, nil
}

// maxPeek is how much of a stream NewReader looks at, if large tags make it
// necessary.
const maxPeek = 2 << 20

// NewReader returns a Reader of the stream r, if the format is one that can be
// read in a single pass from front to back (ADTS, MPEG-TS). For other audio it
// returns ErrNeedsFile, for anything else a *NotAudioError; some of r has then
// been read.
func NewReader(r io.Reader, opts track.Options) (track.Reader, error) {
	b := bufio.NewReaderSize(r, SniffLen)
	head, err := peek(b, SniffLen)
	if err != nil {
		return nil, err
	}
	h, tagged := id3.ParseHeader(head)
	if tagged && h.Len() > SniffLen/2 && h.Len() <= maxPeek-SniffLen {
		b = bufio.NewReaderSize(b, maxPeek)
		if head, err = peek(b, h.Len()+SniffLen); err != nil {
			return nil, err
		}
		head = head[min(h.Len(), len(head)):]
	}
	size := int64(-1)
	if len(head) < SniffLen {
		size = int64(len(head))
	}
	switch kind := Sniff(head, size); kind {
	case ADTS:
		return adts.NewReader(b, opts), nil
	case MPEGTS:
		return mpegts.NewReader(b, opts), nil
	case MP4, MP3, MPEGLayer, WAV, FLAC, AIFF, CAF, AU, W64, AVI, FlashFLV, Matroska, Ogg:
		return nil, ErrNeedsFile
	default:
		if tagged && kind == Unknown {
			return nil, ErrNeedsFile // to see what is behind the tags
		}
		return nil, notAudio(kind)
	}
}

// peek returns the next n bytes of b, fewer at its end.
func peek(b *bufio.Reader, n int) ([]byte, error) {
	head, err := b.Peek(n)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("cannot read the first bytes: %w", err)
	}
	return head, nil
}
