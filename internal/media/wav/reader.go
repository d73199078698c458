package wav

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Reader walks through the samples of a WAV file in units of track.PCMUnit
// samples, the last of which may be shorter. It is a track.Reader.
//
// Sizes in a WAV file are written last, so that a recorder which was killed
// leaves wrong ones. The Reader takes what is there, and notes the difference
// as damage.
type Reader struct {
	in     *bufio.Reader
	pos    int64 // in the file, of the next sample
	end    int64 // of the last whole sample
	held   int   // bytes of the last unit, still in in
	align  int64
	config track.Config
	ahead  []track.Damage // that comes after the last sample
	// compressed is set where the samples are not linear.
	compressed *CompressedError
	track      track.Track
}

// chunkHeader is the length of a chunk's id and size.
const chunkHeader = 8

// unknownSize stands for a size that is elsewhere, in ds64, or was not known
// when the header was written.
const unknownSize = 0xFFFFFFFF

// A chunk is one of a RIFF file.
type chunk struct {
	id   string
	off  int64 // of its body
	size int64 // of its body, as stated
}

// end returns where the next chunk begins: chunks are padded to even lengths.
func (c chunk) end() int64 { return c.off + c.size + c.size%2 }

// valid reports whether the id is of the kind that ids are: ASCII.
func (c chunk) valid() bool {
	return strings.IndexFunc(c.id, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// maxChunks bounds how many chunks are walked through. Files have a handful.
const maxChunks = 1000

// NewReader returns a Reader of the size bytes in r. The error is ErrNotWAV,
// ErrNoData or ErrCompressed, wrapped with details, or comes from r.
func NewReader(r io.ReaderAt, size int64, _ track.Options) (*Reader, error) {
	w := &Reader{track: track.Track{Format: track.WAV, Bytes: size}}
	head := make([]byte, 12)
	if n, err := r.ReadAt(head, 0); n < len(head) {
		if err == io.EOF {
			err = ErrNotWAV
		}
		return nil, err
	}
	riff := string(head[:4])
	if riff != "RIFF" && riff != "RF64" && riff != "BW64" || string(head[8:]) != "WAVE" {
		return nil, ErrNotWAV
	}
	data, err := w.chunks(r, size)
	if err == nil && w.compressed != nil && data.id != "" {
		w.compressed.Start, w.compressed.Size, w.compressed.Tags = data.off, min(data.size, size-data.off), w.track.Tags
		err = w.compressed
	}
	if err != nil {
		return nil, err
	}
	if w.config.Codec == "" || data.id == "" {
		return nil, ErrNoData
	}
	w.measure(data, size, leadsOn(r, data.end(), size))
	w.in = bufio.NewReaderSize(io.NewSectionReader(r, w.pos, w.end-w.pos), max(256<<10, track.PCMUnit*int(w.align)))
	return w, nil
}

// Track returns what has been seen so far.
func (r *Reader) Track() *track.Track { return &r.track }

// Next puts the next unit into p.
func (r *Reader) Next(p *track.Packet) error {
	if _, err := r.in.Discard(r.held); err != nil {
		return err
	}
	r.held = 0
	n := int(min(track.PCMUnit*r.align, r.end-r.pos))
	if n == 0 {
		for _, d := range r.ahead {
			d.Unit = r.track.Units()
			r.track.Damage.Add(d)
		}
		r.ahead = nil
		return io.EOF
	}
	b, err := r.in.Peek(n)
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // the source is shorter than its size says
		}
		return err
	}
	samples := n / int(r.align)
	run, err := r.track.AddUnit(r.config, samples, n)
	if err != nil {
		return err
	}
	*p = track.Packet{Offset: r.pos, Data: b, Run: run, Samples: samples}
	r.held = n
	r.pos += int64(n)
	return nil
}

// chunks walks through the chunks of a file as far as they lead, and returns
// the one with the samples.
func (r *Reader) chunks(src io.ReaderAt, size int64) (data chunk, err error) {
	var dataSize int64 // of ds64
	off := int64(12)
	for range maxChunks {
		if off+chunkHeader > size {
			break
		}
		c, err := readChunk(src, off)
		if err != nil {
			return data, err
		}
		if c.id == "data" && data.id == "" {
			if c.size == unknownSize && dataSize > 0 {
				c.size = dataSize
			}
			data = c
		}
		if !c.valid() || c.size > size-c.off {
			break
		}
		switch {
		case c.id == "ds64":
			b, err := body(src, c, 28)
			if err != nil {
				return data, err
			}
			if len(b) >= 16 {
				dataSize = int64(binary.LittleEndian.Uint64(b[8:]) & (1<<62 - 1))
			}
		case c.id == "fmt " && r.config.Codec == "":
			const longest = 4096
			b, err := body(src, c, longest)
			if err != nil {
				return data, err
			}
			f, err := ParseFormat(b)
			if errors.Is(err, ErrCompressed) && r.compressed == nil {
				r.compressed = newCompressed(b, err)
				break
			}
			if err != nil {
				return data, err
			}
			r.config, r.align = f.config(string(b)), int64(f.BlockAlign())
		case c.id == "LIST":
			const longest = 1 << 20
			b, err := body(src, c, longest)
			if err != nil {
				return data, err
			}
			r.info(b)
		}
		off = c.end()
	}
	return data, nil
}

// readChunk reads the header of the chunk at off.
func readChunk(src io.ReaderAt, off int64) (chunk, error) {
	var b [chunkHeader]byte
	if _, err := src.ReadAt(b[:], off); err != nil {
		return chunk{}, err
	}
	return chunk{string(b[:4]), off + chunkHeader, int64(binary.LittleEndian.Uint32(b[4:]))}, nil
}

// body returns up to limit bytes of the body of c.
func body(src io.ReaderAt, c chunk, limit int64) ([]byte, error) {
	b := make([]byte, min(c.size, limit))
	if n, err := src.ReadAt(b, c.off); n < len(b) {
		return nil, err
	}
	return b, nil
}

// leadsOn reports whether chunks from off on, or none, lead to the end of the
// file: then the sizes before off can be believed.
func leadsOn(src io.ReaderAt, off, size int64) bool {
	for range maxChunks {
		if off >= size {
			return off <= size+1 // the last padding byte may be missing
		}
		if size-off < chunkHeader {
			return false
		}
		c, err := readChunk(src, off)
		if err != nil {
			return false
		}
		if !c.valid() {
			return false
		}
		off = c.end()
	}
	return false
}

// measure settles where the samples are and what is damaged. believed says
// that the size of the data chunk leads to the end of the file or to chunks
// that do.
func (r *Reader) measure(data chunk, size int64, believed bool) {
	there := size - data.off
	length := data.size
	const wrap = 1 << 32
	switch {
	case data.size <= there && believed:
	case data.size == 0 || data.size == unknownSize:
		length = there // never filled in
		r.badIndex(data)
	case data.size > there:
		length = there
		unit := track.PCMUnit * r.align
		lost := (data.size-there-1)/unit + 1
		r.ahead = append(r.ahead, track.Damage{Kind: track.CutEnd, Offset: size, Lost: lost})
	case there-data.size >= wrap:
		// A writer without RF64 kept the low 32 bits only.
		length += (there - data.size) / wrap * wrap
		r.badIndex(data)
	default:
		end := data.off + data.size
		r.ahead = append(r.ahead, track.Damage{Kind: track.Junk, Offset: end, Bytes: size - end})
	}
	rest := length % r.align // of a sample that is cut
	r.pos, r.end = data.off, data.off+length-rest
	if rest > 0 {
		cut := track.Damage{Kind: track.CutEnd, Offset: r.end, Bytes: rest}
		r.ahead = slices.Insert(r.ahead, 0, cut)
	}
}

// badIndex notes that the size of the data chunk is wrong.
func (r *Reader) badIndex(data chunk) {
	r.track.Damage.Add(track.Damage{Kind: track.BadIndex, Offset: data.off - chunkHeader})
}

// info takes the tags out of a LIST chunk of type INFO (Multimedia
// Programming Interface and Data Specifications 1.0, "INFO list chunk").
func (r *Reader) info(b []byte) {
	if len(b) < 4 || string(b[:4]) != "INFO" {
		return
	}
	names := map[string]string{"INAM": "title", "IART": "artist", "IPRD": "album", "ICRD": "date", "ICMT": "comment"}
	for b = b[4:]; len(b) >= chunkHeader; {
		n := int64(binary.LittleEndian.Uint32(b[4:]))
		name := names[string(b[:4])]
		b = b[chunkHeader:]
		if n > int64(len(b)) {
			return
		}
		text, _, _ := bytes.Cut(b[:n], []byte{0})
		value := strings.TrimSpace(DecodeText(text))
		if name != "" && value != "" {
			if r.track.Tags == nil {
				r.track.Tags = make(map[string]string)
			}
			r.track.Tags[name] = value
		}
		b = b[min(n+n%2, int64(len(b))):]
	}
}

// DecodeText returns text that is UTF-8, as all write it now, or else taken
// for Latin-1.
func DecodeText(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	runes := make([]rune, len(b))
	for i, c := range b {
		runes[i] = rune(c)
	}
	return string(runes)
}
