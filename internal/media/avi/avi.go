// Package avi reads the sound of AVI files: MP3, AAC, PCM, µ-law and A-law
// (Microsoft: AVI RIFF File Reference; OpenDML AVI File Format Extensions 1.02).
package avi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/linear"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/wav"
	"github.com/spaces-cli/spaces/internal/media/within"
)

var (
	// ErrNotAVI means that a file is not an AVI file.
	ErrNotAVI = errors.New("not an AVI file")
	// ErrNoAudio means that a file has no sound.
	ErrNoAudio = errors.New("no audio in the AVI file")
	// ErrCodec means that the sound is coded in a way that this package does not
	// know.
	ErrCodec = errors.New("unsupported audio coding")
)

const (
	chunkHeader = 8
	listHeader  = 12
	// maxPieces bounds how many chunks of sound are read: a week of pictures.
	maxPieces = 1 << 21
	maxFormat = 4096
)

// Format tags (RFC 2361).
const (
	tagALaw  = 0x0006
	tagMuLaw = 0x0007
	tagMP3   = 0x0055
	tagAAC   = 0x00FF
)

// A Reader walks through the access units of the sound of an AVI file. It is a
// track.Reader.
type Reader struct{ track.Reader }

// A stream is one of the file's.
type stream struct {
	kind   string // "auds", "vids", …
	format []byte // WAVEFORMATEX
	pieces []within.Piece
}

type file struct {
	src     io.ReaderAt
	track   track.Track
	streams []stream
	cut     bool
	movie   bool // the chunks of the pictures and the sound have begun
}

// NewReader returns a Reader of the size bytes in r. The error is ErrNotAVI,
// ErrNoAudio or ErrCodec, wrapped with details, or comes from r.
func NewReader(r io.ReaderAt, size int64, opts track.Options) (*Reader, error) {
	if size < listHeader {
		return nil, ErrNotAVI
	}
	var head [listHeader]byte
	if err := linear.ReadFull(r, head[:], 0); err != nil {
		return nil, err
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "AVI " {
		return nil, ErrNotAVI
	}
	f := &file{src: r, track: track.Track{Format: track.AVI, Bytes: size}}
	if err := f.walk(); err != nil {
		return nil, err
	}
	refused := ErrNoAudio
	for i := range f.streams {
		s := &f.streams[i]
		switch s.kind {
		case "vids":
			f.track.Video = true
		case "auds":
			f.track.OtherTracks++
		}
	}
	f.track.OtherTracks = max(0, f.track.OtherTracks-1)
	for i := range f.streams {
		s := &f.streams[i]
		if s.kind != "auds" {
			continue
		}
		rd, err := f.open(s, opts)
		switch {
		case err == nil:
			return &Reader{rd}, nil
		case !errors.Is(err, ErrCodec) && !errors.Is(err, ErrNoAudio):
			return nil, err
		case errors.Is(refused, ErrNoAudio):
			refused = err
		}
	}
	return nil, refused
}

// walk goes through the chunks of the file, and into the lists. Chunks follow on
// one another whatever list they are in, so only their headers are believed.
func (f *file) walk() error {
	size := f.track.Bytes
	pieces := 0
	for off := int64(0); size-off >= chunkHeader && pieces < maxPieces; {
		var b [chunkHeader]byte
		if err := linear.ReadFull(f.src, b[:], off); err != nil {
			return err
		}
		id, length := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		if id == "RIFF" || id == "LIST" {
			if err := f.list(off, &length); err != nil {
				return err
			}
			if length < 0 {
				off += listHeader
				continue
			}
		}
		body := off + chunkHeader
		there := min(length, size-body)
		f.cut = f.cut || there < length
		if n, ok := number(id); ok && n < len(f.streams) && f.streams[n].kind == "auds" && there > 0 {
			f.streams[n].pieces = append(f.streams[n].pieces, within.Piece{Off: body, Size: there})
			pieces++
		}
		if err := f.header(id, body, there); err != nil {
			return err
		}
		off = body + length + length%2
	}
	return nil
}

// list looks into the list at off. Its length becomes −1 if what is in it counts.
func (f *file) list(off int64, length *int64) error {
	if f.track.Bytes-off < listHeader {
		return nil
	}
	var b [4]byte
	if err := linear.ReadFull(f.src, b[:], off+chunkHeader); err != nil {
		return err
	}
	switch string(b[:]) {
	case "AVI ", "AVIX", "hdrl", "strl", "movi", "rec ", "INFO":
		*length = -1
	}
	f.movie = f.movie || string(b[:]) == "movi"
	return nil
}

// number returns the number of the stream that a chunk of sound belongs to.
func number(id string) (n int, ok bool) {
	if id[2:] != "wb" {
		return 0, false
	}
	for _, c := range id[:2] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

// header reads a chunk that describes a stream or the file.
func (f *file) header(id string, body, length int64) error {
	tags := map[string]string{"INAM": "title", "IART": "artist", "IPRD": "album", "ICRD": "date", "ICMT": "comment"}
	describes := !f.movie && (id == "strh" || id == "strf")
	if !describes && tags[id] == "" {
		return nil
	}
	const maxStreams = 100
	b := make([]byte, min(length, maxFormat))
	if err := linear.ReadFull(f.src, b, body); err != nil {
		return err
	}
	switch {
	case id == "strh" && len(b) >= 4 && len(f.streams) < maxStreams:
		f.streams = append(f.streams, stream{kind: string(b[:4])})
	case id == "strf" && len(f.streams) > 0:
		f.streams[len(f.streams)-1].format = b
	case tags[id] != "":
		f.tag(tags[id], b)
	}
	return nil
}

func (f *file) tag(name string, b []byte) {
	end := 0
	for end < len(b) && b[end] != 0 {
		end++
	}
	if end == 0 {
		return
	}
	if f.track.Tags == nil {
		f.track.Tags = make(map[string]string)
	}
	f.track.Tags[name] = wav.DecodeText(b[:end])
}

// open makes the Reader of a stream. The error is ErrCodec or ErrNoAudio, or comes
// from the source.
func (f *file) open(s *stream, opts track.Options) (track.Reader, error) {
	const whole, extra = 16, 18
	if len(s.format) < whole || len(s.pieces) == 0 {
		return nil, ErrNoAudio
	}
	le := binary.LittleEndian
	joined := within.Join(f.src, s.pieces)
	switch tag := le.Uint16(s.format); tag {
	case tagMP3:
		return within.Of(joined, f.track, opts, func(opts track.Options) (track.Reader, error) {
			r, err := mp3.NewReader(joined, joined.Size(), opts)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrNoAudio, err)
			}
			return r, nil
		})
	case tagAAC:
		config, err := adts.ParseConfig(s.format[min(extra, len(s.format)):])
		if err == nil && config.UnitSamples < 1 {
			err = fmt.Errorf("access units of %d samples", config.UnitSamples)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCodec, err)
		}
		plan := within.Plan{Config: config, Track: f.track}
		units := &units{pieces: s.pieces}
		if last := s.pieces[len(s.pieces)-1]; f.cut && last.Off+last.Size == f.track.Bytes {
			units.pieces = s.pieces[:len(s.pieces)-1] // the last one is not whole
		}
		if f.cut {
			units.damage = []track.Damage{{Kind: track.CutEnd, Offset: f.track.Bytes, Lost: 1}}
		}
		return within.NewUnits(f.src, units, plan)
	case tagALaw, tagMuLaw:
		form := linear.Form{Kind: linear.MuLaw, Bits: 8, Channels: int(le.Uint16(s.format[2:])), Rate: int(min(le.Uint32(s.format[4:]), math.MaxInt32))}
		if tag == tagALaw {
			form.Kind = linear.ALaw
		}
		return f.linear(joined, form, opts)
	}
	w, err := wav.ParseFormat(s.format)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCodec, err)
	}
	form := linear.Form{Bits: w.Bits, Valid: w.ValidBits, Channels: w.Channels, Rate: w.SampleRate}
	switch {
	case w.Float:
		form.Kind = linear.Float
	case w.Bits == 8:
		form.Kind = linear.Unsigned
	}
	return f.linear(joined, form, opts)
}

func (f *file) linear(joined *within.Source, form linear.Form, opts track.Options) (track.Reader, error) {
	return within.Of(joined, f.track, opts, func(track.Options) (track.Reader, error) {
		r, err := linear.Of(joined, track.Track{Format: track.AVI, Bytes: joined.Size()}, form, 0, joined.Size())
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCodec, err)
		}
		if f.cut {
			r.Later(track.Damage{Kind: track.CutEnd, Offset: joined.Size(), Lost: 1})
		}
		return r, nil
	})
}

// units are chunks that are an access unit each.
type units struct {
	pieces []within.Piece
	next   int
	damage []track.Damage
}

func (u *units) Rewind()                { u.next = 0 }
func (u *units) Damage() []track.Damage { return u.damage }

func (u *units) Next() (p within.Piece, ok bool, err error) {
	if u.next == len(u.pieces) {
		return p, false, nil
	}
	u.next++
	return u.pieces[u.next-1], true, nil
}
