package linear

import (
	"errors"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// readUnits is how many units are read at once.
const readUnits = 16

// A Reader walks through the samples that lie in one piece of a file, in units of
// track.PCMUnit samples, the last of which may be shorter. It is a track.Reader.
type Reader struct {
	src    io.ReaderAt
	form   Form
	config track.Config
	pos    int64 // of the next sample in src
	end    int64
	in     []byte
	store  []byte
	out    []byte // converted samples, what is left of store
	tail   []track.Damage
	track  track.Track
}

// Of returns a Reader of length bytes of PCM from start on in a file of t.Bytes.
// More than the file has is noted as cut off. The error is ErrForm.
func Of(src io.ReaderAt, t track.Track, form Form, start, length int64) (*Reader, error) {
	config, err := form.Config()
	if err != nil {
		return nil, err
	}
	r := &Reader{src: src, form: form, config: config, pos: min(start, t.Bytes), track: t}
	align := int64(form.Align())
	there := t.Bytes - r.pos
	if length > there {
		unit := track.PCMUnit * align
		r.Later(track.Damage{Kind: track.CutEnd, Offset: t.Bytes, Lost: (length-there-1)/unit + 1})
		length = there
	}
	rest := length % align // of a sample that is cut
	r.end = r.pos + length - rest
	if rest > 0 {
		r.tail = append([]track.Damage{{Kind: track.CutEnd, Offset: r.end, Bytes: rest}}, r.tail...)
	}
	return r, nil
}

// Later notes damage that comes after the last sample.
func (r *Reader) Later(d track.Damage) { r.tail = append(r.tail, d) }

// Track returns what has been seen so far.
func (r *Reader) Track() *track.Track { return &r.track }

// Next puts the next unit into p.
func (r *Reader) Next(p *track.Packet) error {
	in, out := int64(r.form.Align()), int64(r.form.Made())
	if len(r.out) == 0 {
		n := min(readUnits*track.PCMUnit*in, r.end-r.pos)
		if n == 0 {
			for _, d := range r.tail {
				d.Unit = r.track.Units()
				r.track.Damage.Add(d)
			}
			r.tail = nil
			return io.EOF
		}
		if int64(len(r.in)) < n {
			r.in = make([]byte, n)
		}
		if err := ReadFull(r.src, r.in[:n], r.pos); err != nil {
			return fmt.Errorf("%s: %w", r.track.Format, err)
		}
		r.store = r.form.Append(r.store[:0], r.in[:n])
		r.out = r.store
	}
	samples := min(track.PCMUnit, int64(len(r.out))/out)
	run, err := r.track.AddUnit(r.config, int(samples), int(samples*out))
	if err != nil {
		return err
	}
	*p = track.Packet{Offset: r.pos, Data: r.out[: samples*out : samples*out], Run: run, Samples: int(samples)}
	r.out = r.out[samples*out:]
	r.pos += samples * in
	return nil
}

// ReadFull fills b from off. Where the source is shorter than its size said the
// error is io.ErrUnexpectedEOF.
func ReadFull(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return err
}
