// Package within reads sound that lies in pieces of a file, between other things.
package within

import (
	"io"
	"slices"
	"sort"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Piece is where a part of the sound lies.
type Piece struct{ Off, Size int64 }

// A Source is the pieces of a file, joined. It is an io.ReaderAt.
type Source struct {
	src    io.ReaderAt
	pieces []Piece
	starts []int64 // of the pieces in the joined sound
	size   int64
}

// Join joins pieces of r, which are in order and not empty.
func Join(r io.ReaderAt, pieces []Piece) *Source {
	s := &Source{src: r, pieces: pieces, starts: make([]int64, len(pieces))}
	for i, p := range pieces {
		s.starts[i] = s.size
		s.size += p.Size
	}
	return s
}

// Size returns how many bytes the pieces have.
func (s *Source) Size() int64 { return s.size }

// piece returns the piece that holds the byte at off.
func (s *Source) piece(off int64) int {
	return sort.Search(len(s.starts), func(i int) bool { return s.starts[i] > off }) - 1
}

// Offset returns where in the file the byte at off of the joined sound lies.
func (s *Source) Offset(off int64) int64 {
	i := s.piece(off)
	if i < 0 {
		return off
	}
	return s.pieces[i].Off + min(off-s.starts[i], s.pieces[i].Size)
}

// ReadAt reads the joined sound.
func (s *Source) ReadAt(b []byte, off int64) (n int, err error) {
	for n < len(b) {
		at := off + int64(n)
		if at < 0 || at >= s.size {
			return n, io.EOF
		}
		i := s.piece(at)
		skip := at - s.starts[i]
		part := b[n:min(int64(len(b)), int64(n)+s.pieces[i].Size-skip)]
		got, err := s.src.ReadAt(part, s.pieces[i].Off+skip)
		n += got
		if got < len(part) {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF // the file is shorter than its size says
			}
			return n, err
		}
	}
	return n, nil
}

// A Reader reads what another one finds in a Source, as part of the file around
// it. It is a track.Reader.
type Reader struct {
	inner  track.Reader
	source *Source
	track  track.Track
	seen   track.DamageList // of inner, when track's was made
}

// Of returns the Reader that open makes of s, whose places are those of the file. t
// says what is known of the file: its format, size and tags.
func Of(s *Source, t track.Track, opts track.Options, open func(track.Options) (track.Reader, error)) (*Reader, error) {
	if each := opts.OnEvent; each != nil {
		opts.OnEvent = func(e *track.Event) error {
			moved := *e
			moved.Offset = s.Offset(e.Offset)
			return each(&moved)
		}
	}
	inner, err := open(opts)
	if err != nil {
		return nil, err
	}
	r := &Reader{inner: inner, source: s, track: t}
	r.update()
	return r, nil
}

// Track returns what has been seen so far.
func (r *Reader) Track() *track.Track { return &r.track }

// Next puts the next access unit into p.
func (r *Reader) Next(p *track.Packet) error {
	err := r.inner.Next(p)
	p.Offset = r.source.Offset(p.Offset)
	r.update()
	return err
}

func (r *Reader) update() {
	t := r.inner.Track()
	r.track.Runs, r.track.Encoder = t.Runs, t.Encoder
	for name, value := range t.Tags {
		if r.track.Tags == nil {
			r.track.Tags = make(map[string]string)
		}
		if r.track.Tags[name] == "" {
			r.track.Tags[name] = value
		}
	}
	if d := t.Damage; d.Count != r.seen.Count || d.Bytes != r.seen.Bytes || d.Lost != r.seen.Lost {
		r.seen = d
		r.track.Damage = d
		r.track.Damage.Places = slices.Clone(d.Places)
		for i := range r.track.Damage.Places {
			place := &r.track.Damage.Places[i]
			place.Offset = r.source.Offset(place.Offset)
		}
	}
}
