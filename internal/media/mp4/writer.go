package mp4

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Movie says all of an .m4a file but its access units.
type Movie struct {
	// Config is that of AAC of any kind, or of Opus. Specific is needed, and of
	// AAC UnitSamples.
	Config track.Config
	// Units is the number of access units. All of them last UnitSamples, or as
	// Lengths says, which Opus needs.
	Units   int64
	Lengths track.Lengths
	// Size returns the size in bytes of unit i, 0 ≤ i < Units, at most
	// track.MaxUnitSize. It is called several times for each.
	Size func(i int64) int
	// Edits are what is played, one after the other; none means all. A file
	// joined from pieces that begin with priming has an edit for each piece.
	Edits []Edit
	Tags  tags.Tags
	Cover []byte // JPEG or PNG, or empty
	// Chapters are in order, each later than the one before it.
	Chapters []tags.Chapter
	// Created goes into the headers. The zero time gives the same file every
	// time.
	Created time.Time
}

// A Writer writes an .m4a file front to back: its index first, so that it
// plays while it is still being loaded. The same Movie and units always give
// the same bytes.
type Writer struct {
	w     *bufio.Writer
	units int64
	size  func(i int64) int
	next  int64  // index of the unit expected next
	start int64  // where the media begins
	tail  []byte // what stands behind it
	err   error
}

// NewWriter writes everything that stands before the media. The file gets a
// movie timescale equal to the sample rate, an edit list, also where it plays
// everything, and a sample group that tells players how many access units to
// decode before the one they seek to. It keeps m.Size and nothing else of m.
func NewWriter(w io.Writer, m *Movie) (*Writer, error) {
	p, err := m.plan()
	if err != nil {
		return nil, err
	}
	return p.begin(w)
}

// begin writes everything that stands before the media.
func (p *plan) begin(w io.Writer) (*Writer, error) {
	b := &builder{}
	if p.video == nil {
		b.fileType()
	} else {
		b.videoFileType()
	}
	if err := b.movie(p); err != nil {
		return nil, err
	}
	if b.err != nil {
		return nil, b.err
	}
	var free int64
	p.start, free = mediaStart(b.size(), p.bytes)
	wr := &Writer{w: bufio.NewWriterSize(w, 64<<10), units: p.Units, size: p.Size, start: p.start}
	if len(p.text) > 0 {
		wr.tail = append(mediaHeader(int64(len(p.text))), p.text...)
	}
	if err := b.writeTo(wr.w); err != nil {
		return nil, fmt.Errorf("mp4: %w", err)
	}
	if err := writeFree(wr.w, free); err != nil {
		return nil, fmt.Errorf("mp4: %w", err)
	}
	if _, err := wr.w.Write(mediaHeader(p.bytes)); err != nil {
		return nil, fmt.Errorf("mp4: %w", err)
	}
	return wr, nil
}

// MediaStart returns where in the file the first access unit begins.
func (w *Writer) MediaStart() int64 { return w.start }

// WriteUnit writes the next access unit. It fails if the unit is not as long
// as planned or there is one too many; the Writer is of no use after an error.
func (w *Writer) WriteUnit(data []byte) error {
	if w.err != nil {
		return w.err
	}
	if w.next >= w.units {
		w.err = fmt.Errorf("mp4: more than the %d access units that were planned", w.units)
		return w.err
	}
	if n := w.size(w.next); len(data) != n {
		w.err = fmt.Errorf("mp4: access unit %d has %d bytes; %d were planned", w.next, len(data), n)
		return w.err
	}
	w.next++
	if _, err := w.w.Write(data); err != nil {
		w.err = fmt.Errorf("mp4: %w", err)
	}
	return w.err
}

// Close completes the file; it does not close what it writes to. It fails if
// units are missing.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if w.next < w.units {
		return fmt.Errorf("mp4: %d of %d planned access units were written", w.next, w.units)
	}
	w.err = errors.New("mp4: the file is complete already")
	if _, err := w.w.Write(w.tail); err != nil {
		return fmt.Errorf("mp4: %w", err)
	}
	if err := w.w.Flush(); err != nil {
		return fmt.Errorf("mp4: %w", err)
	}
	return nil
}

// A plan is a Movie with what follows from it.
type plan struct {
	*Movie
	edits    []Edit
	duration int64 // of the media, in samples
	played   int64 // of all edits
	bytes    int64 // of the media
	largest  int   // unit, in bytes
	bitRate  int64 // on average, bits per second
	peakRate int64 // over one second
	perChunk int64 // units
	unit     int64 // how many samples most units last
	times    []sampleRun
	chunkAt  []int64 // when each chunk begins, of units that last differently
	roll     int64   // units to decode before the one that is sought
	long     bool    // chunk offsets need 64 bits
	created  int64
	start    int64      // where the media begins; known when all else is built
	text     []byte     // samples of the chapter track
	video    *videoPlan // or nil
}

// maxUnits keeps the sample size table below 1 GiB: two months of AAC.
const maxUnits = 1 << 28

// longSlack is how far below 4 GiB a file must end to get chunk offsets of 32
// bits, so that they stay in range when larger tags take the place of these.
const longSlack = 64 << 20

// plan checks m.
func (m *Movie) plan() (*plan, error) {
	c := m.Config
	switch c.Codec {
	case track.AACLC, track.HEAAC, track.AACOther, track.Opus:
	default:
		return nil, fmt.Errorf("mp4: cannot write %q", c.Codec)
	}
	unit := c.Usual()
	if c.SampleRate < 1 || c.Channels < 1 || unit < 1 || unit > maxUnitSamples || c.Specific == "" || len(c.Specific) > 1024 {
		return nil, fmt.Errorf("mp4: cannot write a track of %v, %d samples a unit, with %d bytes of configuration",
			c, unit, len(c.Specific))
	}
	if m.Units < 1 || m.Units > maxUnits {
		return nil, fmt.Errorf("mp4: cannot write a track of %d access units", m.Units)
	}
	p := &plan{
		Movie:    m,
		edits:    m.Edits,
		unit:     int64(unit),
		perChunk: max(1, int64((c.SampleRate+unit-1)/unit)), // about one second
	}
	if err := p.lengths(); err != nil {
		return nil, err
	}
	if len(p.edits) == 0 {
		p.edits = []Edit{{Samples: p.duration}}
	}
	for _, e := range p.edits {
		if e.Start < 0 || e.Samples < 1 || e.Start > p.duration || e.Samples > p.duration-e.Start {
			return nil, fmt.Errorf("mp4: the edit of %d samples at %d lies outside the track, which has %d", e.Samples, e.Start, p.duration)
		}
		p.played = addTicks(p.played, e.Samples)
	}
	if !m.Created.IsZero() {
		// Times count from 1904 (§8.2.2).
		p.created = max(0, m.Created.Unix()-time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC).Unix())
	}
	if err := p.measure(); err != nil {
		return nil, err
	}
	if err := p.chapterText(); err != nil {
		return nil, err
	}
	p.long = p.bytes+int64(len(p.text)) > math.MaxUint32-longSlack
	return p, nil
}

// measure adds up the sizes and finds the bit rates.
func (p *plan) measure() error {
	var window, peak int64 // bytes of the last perChunk units
	for i := range p.Units {
		n := p.Size(i)
		if n < 1 || n > track.MaxUnitSize {
			return fmt.Errorf("mp4: cannot write access unit %d of %d bytes", i, n)
		}
		p.bytes += int64(n)
		p.largest = max(p.largest, n)
		window += int64(n)
		if i >= p.perChunk {
			window -= int64(p.Size(i - p.perChunk))
		}
		peak = max(peak, window)
	}
	rate := int64(p.Config.SampleRate)
	p.bitRate = rescale(8*p.bytes, rate, p.duration)
	n := min(p.perChunk, p.Units)
	p.peakRate = rescale(8*peak, rate, n*p.unit)
	return nil
}

// chunks returns how many chunks there are.
func (p *plan) chunks() int64 { return (p.Units + p.perChunk - 1) / p.perChunk }

// writeOffsets writes the entries of the stco or co64 box.
func (p *plan) writeOffsets(w *bufio.Writer) error {
	var b []byte
	at := p.start
	var seen cursor // of the video between the chunks
	for i := range p.Units {
		if i%p.perChunk == 0 {
			at += p.video.pass(&seen, p.chunkTime(i))
			b = p.appendOffset(b[:0], at)
			if _, err := w.Write(b); err != nil {
				return err
			}
		}
		at += int64(p.Size(i))
	}
	return nil
}

// writeTextOffset writes the one entry of the chapter track's.
func (p *plan) writeTextOffset(w *bufio.Writer) error {
	_, err := w.Write(p.appendOffset(nil, p.textStart()))
	return err
}

func (p *plan) appendOffset(b []byte, at int64) []byte {
	if p.long {
		return binary.BigEndian.AppendUint64(b, uint64(at))
	}
	return binary.BigEndian.AppendUint32(b, uint32(at))
}
