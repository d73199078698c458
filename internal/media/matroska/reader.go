package matroska

import (
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/track"
)

const (
	// maxBlock is the size of the largest block of sound that is believed, and
	// maxUnit that of the largest frame in it.
	maxBlock = 8 << 20
	maxUnit  = track.MaxListedSize
	// maxTick bounds TimestampScale: an hour in ns.
	maxTick = 3600 * 1_000_000_000
	// usualTick is TimestampScale where a file does not state it, in ns.
	usualTick = 1_000_000
)

// A Reader walks through the frames of the audio track of a Matroska file. It
// is a track.Reader.
//
// If a file has several audio tracks it is the first one that is enabled,
// played by default and of a coding that is known. Positions are counted from
// the frames, as everywhere in track; timestamps tell only how much is missing
// where a file is damaged. PCM is given in units of track.PCMUnit samples,
// whatever the blocks have.
type Reader struct {
	t     track.Track
	w     window // of what is read
	probe window // of what is looked at from afar

	sound    trackEntry
	implicit *adts.Implicit // whether AAC-LC is HE-AAC
	fresh    bool           // sound has no unit yet

	pos        int64 // of the next element
	segmentEnd int64 // as stated, or unknownSize
	clusterEnd int64
	groupEnd   int64
	summed     int64 // up to where the sums of clusters were checked
	tick       int64 // in ns
	time       int64 // of the cluster, in ticks

	block   []byte // that the frames are in
	whole   []byte // a frame with what was taken off it
	frames  []frame
	fill    []byte // PCM, of which filled bytes have been given
	filled  int
	padding int64 // DiscardPadding of the last block, in ns
	ours    bool  // the last block was one of ours
	// Where the PCM that is left begins and ends in the file.
	fillFrom, fillEnd int64

	last     clock
	tagsSeen int
	seenErr  error // why the tracks cannot be read
	ended    bool
}

// A frame is where one is in the block.
type frame struct {
	from, to int
	offset   int64 // in the file
}

// NewReader reads what the file of size bytes says about itself, up to its
// first sound, and returns a Reader of its audio track.
//
// The errors are ErrNotMatroska, ErrNoAudio, ErrEncrypted and ErrCodec, with
// details, and those of r.
func NewReader(r io.ReaderAt, size int64, _ track.Options) (*Reader, error) {
	m, err := newReader(r, size)
	if err == nil && m.implicit != nil && m.implicit.Open() {
		// A unit without SBR before those with it is to start no run of its own.
		var first *Reader
		if first, err = newReader(r, size); err == nil {
			var p track.Packet
			for range foreseen {
				if first.Next(&p) != nil {
					break // the other one will say so too
				}
			}
			m.implicit = first.implicit
		}
	}
	return m, err
}

// foreseen is how many units tell whether a track is HE-AAC.
const foreseen = 16

func newReader(src io.ReaderAt, size int64) (*Reader, error) {
	r := &Reader{
		t:     track.Track{Format: track.Matroska, Bytes: size},
		w:     window{r: src, size: size},
		probe: window{r: src, size: size},
		tick:  usualTick, segmentEnd: unknownSize, clusterEnd: unknownSize, groupEnd: unknownSize,
	}
	if err := r.header(); err != nil {
		return nil, err
	}
	// Blocks before the track entries, as no program writes them, are skipped.
	for r.sound.kind == 0 {
		if ended, err := r.step(); err != nil {
			return nil, err
		} else if ended {
			if r.seenErr != nil {
				return nil, r.seenErr
			}
			return nil, ErrNoAudio
		}
	}
	return r, r.seenErr
}

// header reads the header of EBML (RFC 8794 §11.2.1).
func (r *Reader) header() error {
	e, ok, err := r.w.element(0)
	if err != nil {
		return err
	}
	if !ok || e.id != idEBML {
		return ErrNotMatroska
	}
	document := "matroska" // RFC 8794 has no default, old files none
	r.pos = e.end()
	err = r.w.children(e, func(e element) (err error) {
		if e.id == idDocType {
			document, err = r.w.text(e)
		}
		return err
	})
	if err == nil && (e.size == unknownSize || document != "matroska" && document != "webm") {
		err = ErrNotMatroska
	}
	return err
}

// Track returns what has been seen so far.
func (r *Reader) Track() *track.Track { return &r.t }

// Codec returns how the track is coded, as far as the file says.
func (r *Reader) Codec() track.Codec { return r.sound.config.Codec }

// Next puts the next frame into p. See track.Reader.
func (r *Reader) Next(p *track.Packet) error {
	ok, err := r.next(p)
	if err == nil && !ok {
		return io.EOF
	}
	if err != nil {
		return fmt.Errorf("matroska: %w", err)
	}
	return nil
}

func (r *Reader) next(p *track.Packet) (ok bool, err error) {
	for !r.ended {
		if r.sound.config.Codec == track.PCM {
			if ok, err = r.samples(p, false); ok || err != nil {
				return ok, err
			}
		}
		if len(r.frames) > 0 {
			f := r.frames[0]
			r.frames = r.frames[1:]
			if ok, err = r.unit(f, p); ok || err != nil {
				return ok, err
			}
			continue
		}
		ended, err := r.step()
		if err != nil {
			return false, err
		}
		if ended {
			if r.sound.config.Codec == track.PCM {
				if ok, err = r.samples(p, true); ok || err != nil {
					return ok, err
				}
			}
			r.finish()
		}
	}
	return false, nil
}

// step goes past the next element, or into it. It reads the blocks of the audio
// track and what the file says of itself.
func (r *Reader) step() (ended bool, err error) {
	if r.pos >= r.t.Bytes {
		return true, nil
	}
	e, ok, err := r.w.element(r.pos)
	if err != nil {
		return false, err
	}
	if !ok || !r.fits(e) {
		return false, r.resync(e, ok)
	}
	r.pos = e.body
	switch e.id {
	case idSegment:
		r.segmentEnd, r.clusterEnd, r.groupEnd = endOf(e), unknownSize, unknownSize
		r.tick = usualTick
		return false, nil
	case idCluster:
		r.clusterEnd, r.groupEnd, r.time = endOf(e), unknownSize, 0
		return false, r.checkSum(e)
	case idBlockGroup:
		r.groupEnd = endOf(e)
		return false, nil
	case idTimestamp:
		r.time, err = r.w.number(e)
	case idTracks:
		err = r.readTracks(e)
	case idInfo:
		err = r.readInfo(e)
	case idTags:
		err = r.readTags(e)
	case idSimpleBlock, idBlock:
		err = r.readBlock(e)
	case idDiscardPadding:
		if r.ours {
			r.padding, err = r.w.signed(e)
		}
	}
	r.pos = e.end()
	return false, err
}

// endOf returns where an element ends as it says, or unknownSize.
func endOf(e element) int64 {
	if e.size == unknownSize {
		return unknownSize
	}
	return e.end()
}

// fits reports whether an element can be where it is: it ends with what it is in
// and with the file, or is one that is entered. What is in a file beyond
// RFC 9559 counts as long as it leads to something that is known.
func (r *Reader) fits(e element) bool {
	if entered(e.id) {
		return true
	}
	if e.size == unknownSize {
		return false
	}
	limit := r.t.Bytes
	for _, end := range []int64{r.clusterEnd, r.groupEnd} {
		if end > e.start {
			limit = min(limit, end)
		}
	}
	switch {
	case e.end() > limit:
		return false
	case !known(e.id):
		return r.leads(e)
	case e.end() < limit && !r.leads(e):
		// Either its size is wrong, and there are others inside, or what follows
		// it is damaged.
		at, err := r.find(e.start+1, e.end())
		return err == nil && at == e.end()
	}
	return true
}

// leads reports whether another element begins where e ends.
func (r *Reader) leads(e element) bool {
	if e.end() == r.t.Bytes {
		return true
	}
	next, ok, err := r.peek(e.end())
	return err == nil && ok && known(next.id) && (entered(next.id) || next.size != unknownSize && next.end() <= r.t.Bytes)
}

// peek returns the element at pos, and does not move the window for it.
func (r *Reader) peek(pos int64) (element, bool, error) {
	if i := pos - r.w.off; i >= 0 && i+headerSize <= int64(len(r.w.buf)) {
		e, ok := parseElement(r.w.buf[i:][:headerSize], pos)
		return e, ok, nil
	}
	return r.probe.element(pos)
}

// readTracks chooses the track to read. Only the first segment has to have one.
func (r *Reader) readTracks(e element) error {
	list, err := r.w.trackEntries(e)
	if err != nil {
		return err
	}
	chosen, sounds, video, err := choose(list)
	r.t.Video = r.t.Video || video
	if chosen == nil || err != nil && r.sound.kind != 0 {
		if r.sound.kind == 0 && r.seenErr == nil {
			r.seenErr = err
		}
		return nil
	}
	r.seenErr = err
	r.t.OtherTracks = max(r.t.OtherTracks, sounds-1)
	r.sound, r.fresh = *chosen, true
	r.implicit, r.fill, r.filled = nil, r.fill[:0], 0
	if r.sound.config.Codec == track.AACLC {
		r.implicit = adts.NewImplicit(r.sound.config)
	}
	return nil
}

// resync goes to the next element that leads to another one, and notes what is
// between. e is what r.pos looks like, if ok says that it looks like anything.
func (r *Reader) resync(e element, ok bool) error {
	from := r.pos
	cut := ok && known(e.id) && e.size != unknownSize && e.end() > r.t.Bytes
	to, err := r.find(from+1, r.t.Bytes)
	if err != nil {
		return err
	}
	d := track.Damage{Kind: track.Junk, Offset: from, Bytes: to - from, Unit: r.t.Units()}
	if ok && (e.id == idSimpleBlock || e.id == idBlock) {
		d.Kind, d.Lost = track.BadUnit, 1
	}
	if to == r.t.Bytes && (cut || !ok && to-from < headerSize) {
		d.Kind = track.CutEnd
	}
	r.t.Damage.Add(d)
	r.last.damaged = true
	r.pos, r.groupEnd = to, unknownSize
	if r.clusterEnd < to {
		r.clusterEnd = unknownSize
	}
	return nil
}

// find returns where, from a position on, the next element begins that leads to
// another one, or end.
func (r *Reader) find(from, end int64) (int64, error) {
	const step = 16 << 10
	for from < end {
		b, err := r.w.bytes(from, step)
		if err != nil {
			return 0, err
		}
		limit := len(b)
		if from+int64(limit) < r.t.Bytes {
			limit -= headerSize
		}
		limit = int(min(int64(limit), end-from))
		for i := range limit {
			switch b[i] {
			case idCluster >> 24, idTags >> 24, idEBML >> 24, idSegment >> 24, idSimpleBlock, idBlockGroup: // of idCues too
			default:
				continue
			}
			if e, ok := parseElement(b[i:], from+int64(i)); ok && r.resumes(e, b[i:]) {
				return e.start, nil
			}
		}
		from += int64(limit)
	}
	return end, nil
}

// resumes reports whether reading can go on with e, of which b is the beginning.
// Blocks are believed if they are of the track that is read.
func (r *Reader) resumes(e element, b []byte) bool {
	switch e.id {
	case idCluster, idSegment, idEBML:
		if e.size == unknownSize {
			next, ok, err := r.peek(e.body)
			return err == nil && ok && known(next.id)
		}
		return e.size > 0
	case idTags, idCues, idBlockGroup:
		return e.size > 0 && e.end() <= r.t.Bytes && r.leads(e)
	case idSimpleBlock:
		at := int(e.body - e.start)
		if e.size < 5 || e.end() > r.t.Bytes || at >= len(b) {
			return false
		}
		number, n := vint(b[at:])
		return n > 0 && number == r.sound.number && r.leads(e)
	}
	return false
}

// finish completes the Track.
func (r *Reader) finish() {
	r.ended = true
	n := len(r.t.Damage.Places)
	cut := n > 0 && r.t.Damage.Places[n-1].Kind == track.CutEnd
	if !cut && max(r.segmentEnd, r.clusterEnd, r.groupEnd) > r.t.Bytes {
		r.t.Damage.Add(track.Damage{Kind: track.CutEnd, Offset: r.t.Bytes, Unit: r.t.Units()})
		cut = true
	}
	if len(r.t.Runs) == 0 {
		return
	}
	run := &r.t.Runs[len(r.t.Runs)-1]
	if !cut && r.padding > 0 {
		run.Trim = min(samplesOf(r.padding, run.SampleRate), run.Samples-run.Skip)
	}
}
