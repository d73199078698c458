package mp4

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/alac"
	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
)

const (
	// maxUnit is the size of the largest access unit that is believed. Those
	// of FLAC reach some hundred kilobytes, those of the others a few.
	maxUnit = 1 << 20

	// Sound is read ahead as far as maxAhead where it lies in one piece. At
	// every jump, such as over the pictures of a video, reading begins anew
	// with minAhead, so that those are not read too.
	minAhead = 16 << 10
	maxAhead = 256 << 10
)

// A sampler lists the samples of a track in decoding order.
type sampler interface {
	// read returns the next sample. It ends with io.EOF.
	read() (sample, error)
	// skip passes over the samples that lie directly behind the last one.
	skip() (n, ticks int64, err error)
	// missing says, at the end, how many samples are claimed and not listed.
	missing() int64
}

// A Reader walks through the access units of the audio track of an MP4 file.
// It is a track.Reader.
//
// If a file has several audio tracks it is the first one that is enabled and
// whose coding is known. Where the tables of a file contradict it, or the
// file is cut, the units concerned are left out and noted in Track.Damage.
//
// Positions are counted from the units, as everywhere in track: time for
// which the tables have no units, such as what a live stream lost between two
// fragments, does not count. Empty edits, which delay a track against the
// others of a file, do not either.
//
// A fragmented file may have several movies, each for the fragments behind it,
// as recordings of HTTP Live Streaming have where the coding changes.
type Reader struct {
	t     track.Track
	moov  *movie // the first one of the file
	audio *trak  // that applies to the next sample
	scale int64  // units per second of all times below: of the first movie's track
	media window

	samples   sampler
	fragments *fragmentReader  // listed when samples ends, if not nil
	edits     []Edit           // in units of scale, of the first movie
	implicit  []*adts.Implicit // by sample entry: whether its AAC-LC is HE-AAC

	units   int64 // delivered
	seen    int64 // bytes of the samples listed so far
	start   int64 // of the first sample on the track's timeline
	now     int64 // where the next sample begins
	unitEnd int64 // where the last delivered unit ends if all of it plays
	linear  linearFill

	ended    bool // no more samples are listed
	finished bool // the Track is complete
}

// NewReader reads what the file of size bytes says about itself and returns a
// Reader of its audio track. Timed events are not known in this format, so
// opts.OnEvent is never called.
//
// The errors are ErrNotMP4, ErrNoMoov, ErrNoAudio, ErrEncrypted and ErrCodec,
// with details, and those of r.
func NewReader(r io.ReaderAt, size int64, opts track.Options) (*Reader, error) {
	rd, err := newReader(r, size)
	if err != nil || !rd.mayBeHE() {
		return rd, err
	}
	// A unit without SBR before those with it is to start no run of its own.
	first, err := newReader(r, size)
	if err != nil {
		return nil, err
	}
	var p track.Packet
	for range foreseen {
		if first.Next(&p) != nil {
			break // the other one will say so too
		}
	}
	rd.implicit = first.implicit
	return rd, nil
}

// foreseen is how many units tell whether a track is HE-AAC.
const foreseen = 16

func newReader(r io.ReaderAt, size int64) (*Reader, error) {
	w := &window{r: r, size: size, ahead: headerAhead}
	moov, err := w.readMovie()
	if err != nil {
		return nil, fmt.Errorf("mp4: %w", err)
	}
	rd := &Reader{
		t:     track.Track{Format: track.MP4, Bytes: size, Tags: moov.tags, Video: moov.video, OtherTracks: moov.sounds - 1},
		moov:  moov,
		audio: moov.audio,
		scale: moov.audio.timescale,
		media: window{r: r, size: size, ahead: minAhead},
	}
	if err := rd.open(w); err != nil {
		return nil, fmt.Errorf("mp4: %w", err)
	}
	rd.implicit = implicits(rd.audio)
	return rd, nil
}

func implicits(t *trak) (list []*adts.Implicit) {
	for _, e := range t.entries {
		list = append(list, adts.NewImplicit(e.config))
	}
	return list
}

// mayBeHE reports whether the sample entries leave open whether there is SBR.
func (r *Reader) mayBeHE() bool {
	return slices.ContainsFunc(r.implicit, (*adts.Implicit).Open)
}

func (r *Reader) open(w *window) error {
	defaults, fragmented, err := w.trackExtends(r.moov.box, r.audio.id)
	if err != nil {
		return err
	}
	if fragmented {
		r.fragments = w.fragmentReader(r.moov.box.start, r.audio.id, defaults)
	}
	table, err := w.sampleTable(r.audio)
	if err != nil {
		return err
	}
	r.samples = table
	if !fragmented && (!r.audio.stsz.exists() || !r.audio.stco.exists()) {
		if r.moov.box.cut {
			return ErrNoMoov
		}
		r.badIndex(r.audio.stsd.start, 0)
	}
	var dropped int64
	r.edits, dropped, err = w.readEdits(r.audio.elst, r.audio.timescale, r.moov.timescale)
	if err != nil {
		return err
	}
	if dropped > 0 {
		r.badIndex(r.audio.elst.start, 0)
	}
	if len(r.edits) == 0 && r.moov.gapless != nil {
		r.edits = []Edit{*r.moov.gapless}
	}
	return nil
}

// Codec returns how the track is coded, as its first sample entry says.
func (r *Reader) Codec() track.Codec { return r.audio.entries[0].config.Codec }

// badIndex notes a place in the tables that contradicts the file.
func (r *Reader) badIndex(offset, lost int64) {
	r.t.Damage.Add(track.Damage{Kind: track.BadIndex, Offset: offset, Unit: r.units, Lost: lost})
}

// Track returns what has been seen so far.
func (r *Reader) Track() *track.Track { return &r.t }

// Edits returns the stretches of the track that are to be played, in samples
// of its first run, as the file's edit list gives them; none if it has no
// edit list. Run.Skip and Run.Trim say the same of the start and the end; what
// is left out between two edits stands here only. It is complete once Next
// has returned io.EOF.
func (r *Reader) Edits() []Edit {
	if len(r.t.Runs) == 0 {
		return nil
	}
	rate := int64(r.t.Runs[0].SampleRate)
	edits := make([]Edit, 0, len(r.edits))
	for _, e := range r.edits {
		if e.Samples == 0 {
			e.Samples = r.now - min(e.Start, r.now)
		}
		edits = append(edits, Edit{
			Start:   rescale(e.Start, rate, r.scale),
			Samples: rescale(e.Samples, rate, r.scale),
		})
	}
	return edits
}

// Next puts the next access unit into p. See track.Reader.
func (r *Reader) Next(p *track.Packet) error {
	for {
		if ok, err := r.samplesKept(p, false); ok || err != nil {
			return err
		}
		s, err := r.sample()
		if err == io.EOF {
			if ok, err := r.samplesKept(p, true); ok || err != nil {
				return err
			}
			r.finish()
			return io.EOF
		}
		if err == nil {
			var ok bool
			if ok, err = r.unit(&s, p); ok {
				return nil
			}
		}
		if err != nil {
			return fmt.Errorf("mp4: %w", err)
		}
	}
}

// sample returns the next sample of the tables, then of the fragments. At the
// end it returns io.EOF.
func (r *Reader) sample() (sample, error) {
	for !r.ended {
		s, err := r.samples.read()
		if next := (*nextMovie)(nil); errors.As(err, &next) {
			if err := r.change(next.box); err != nil {
				return sample{}, err
			}
			continue
		}
		if err != io.EOF {
			if r.samples == sampler(r.fragments) && r.now == 0 {
				r.start = r.fragments.start
				r.now = r.start
			}
			return s, err
		}
		if n := r.samples.missing(); n > 0 {
			r.badIndex(r.audio.stsz.start, n)
		}
		if r.fragments == nil || r.samples == sampler(r.fragments) {
			r.ended = true
			break
		}
		r.samples = r.fragments
	}
	return sample{}, io.EOF
}

// unit puts the access unit of s into p, or notes why it is left out.
func (r *Reader) unit(s *sample, p *track.Packet) (ok bool, err error) {
	begin := r.now
	r.now = addTicks(r.now, rescale(s.ticks, r.scale, r.audio.timescale))
	damage := track.Damage{Kind: track.BadUnit, Offset: s.offset, Bytes: s.size, Unit: r.units, Lost: 1}
	size := r.t.Bytes
	switch {
	case s.size == 0:
		damage.Offset = max(0, min(s.offset, size))
		r.t.Damage.Add(damage)
		return false, nil
	case s.offset < 0 || s.offset > size || s.size > size-s.offset:
		// The samples behind it in the same place are outside too; a hostile
		// file claims billions of them.
		n, ticks, err := r.samples.skip()
		r.now = addTicks(r.now, rescale(ticks, r.scale, r.audio.timescale))
		damage.Kind = track.CutEnd
		damage.Offset = max(0, min(s.offset, size))
		damage.Bytes = size - damage.Offset
		damage.Lost += n
		if s.offset < 0 {
			damage.Kind, damage.Bytes = track.BadIndex, 0
		}
		r.t.Damage.Add(damage)
		return false, err
	}
	// Units of a track do not overlap. A file whose tables list more than the
	// file holds would be read for ever.
	if r.seen += s.size; r.seen > size {
		r.badIndex(r.audio.stsz.start, 0)
		r.ended = true
		return false, nil
	}
	if s.entry == 0 || int64(s.entry) > int64(len(r.audio.entries)) {
		damage.Kind = track.BadIndex
		r.t.Damage.Add(damage)
		return false, nil
	}
	if s.size > maxUnit {
		r.t.Damage.Add(damage)
		return false, nil
	}
	entry := &r.audio.entries[s.entry-1]
	if entry.err != nil {
		return false, entry.err
	}
	data, err := r.data(s.offset, int(s.size))
	if err != nil {
		return false, err
	}
	if entry.pcm != nil {
		return r.keepSamples(p, entry, s.offset, data)
	}
	config := r.implicit[s.entry-1].Config(data)
	if config.Codec == track.MP3 {
		if config, ok, err = frameConfig(data); err != nil {
			return false, err
		} else if !ok {
			r.t.Damage.Add(damage)
			return false, nil
		}
	}
	rate := int64(config.SampleRate)
	samples := int64(config.UnitSamples)
	// A frame lasts what it says, whatever the tables do.
	switch config.Codec {
	case track.FLAC:
		if n, ok := flac.FrameSamples(data); ok {
			samples = int64(n)
		}
	case track.Opus:
		n, ok := opus.Samples(data)
		if !ok {
			r.t.Damage.Add(damage)
			return false, nil
		}
		samples = int64(n)
	case track.ALAC:
		n, ok := alac.UnitSamples(data, config.UnitSamples)
		if !ok {
			r.t.Damage.Add(damage)
			return false, nil
		}
		samples = int64(n)
	}
	if samples == 0 { // as the tables say
		samples = rescale(r.now, rate, r.scale) - rescale(begin, rate, r.scale)
		if samples < 1 || samples > maxUnitSamples {
			r.t.Damage.Add(damage)
			return false, nil
		}
	}
	run, err := r.t.AddUnit(config, int(samples), len(data))
	if err != nil {
		return false, err
	}
	r.units++
	r.unitEnd = addTicks(begin, rescale(samples, r.scale, rate))
	*p = track.Packet{Offset: s.offset, Data: data, Run: run, Samples: int(samples)}
	return true, nil
}

// data returns n bytes of sound.
func (r *Reader) data(off int64, n int) ([]byte, error) {
	w := &r.media
	end := w.off + int64(len(w.buf))
	switch {
	case off < w.off || off > end: // a jump
		w.ahead = minAhead
	case off+int64(n) > end:
		w.ahead = min(2*w.ahead, maxAhead)
	}
	return w.bytes(off, n)
}

// finish completes the Track.
func (r *Reader) finish() {
	if r.finished {
		return
	}
	r.finished = true
	if len(r.edits) == 0 {
		// Opus says without an edit list how much comes before the sound, and a
		// last sample shorter than its packet where that ends.
		if d := r.audio.entries; len(d) > 0 && d[0].config.Codec == track.Opus {
			trim := int64(0)
			if r.scale == opus.Rate { // others round
				trim = max(0, r.unitEnd-r.now)
			}
			leaveOut(&r.t, rescale(d[0].preSkip, r.scale, opus.Rate), trim, r.scale)
		}
		return
	}
	from, to := playSpan(r.edits, r.now)
	// The length of an edit is in units of the movie's timescale, often
	// milliseconds. If it agrees with the end of the track as nearly as that
	// allows, the end is meant: the last sample is then declared shorter than
	// it decodes to.
	if tick := r.scale / max(1, r.moov.timescale); tick > 1 && max(to-r.now, r.now-to) <= tick {
		to = r.now
	}
	leaveOut(&r.t, max(0, from-r.start), max(0, r.unitEnd-to), r.scale)
}
