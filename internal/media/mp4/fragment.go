package mp4

import (
	"encoding/binary"
	"io"
)

// Flags of a track fragment header (§8.8.7) and of a track run (§8.8.8).
const (
	tfhdBaseDataOffset    = 0x000001
	tfhdSampleDescription = 0x000002
	tfhdDefaultDuration   = 0x000008
	tfhdDefaultSize       = 0x000010
	tfhdBaseIsMoof        = 0x020000

	trunDataOffset       = 0x000001
	trunFirstSampleFlags = 0x000004
	trunDuration         = 0x000100
	trunSize             = 0x000200
	trunFlags            = 0x000400
	trunCompositionTime  = 0x000800
)

// sampleDefaults are what samples of a fragment have unless they say
// otherwise (§8.8.3, §8.8.7).
type sampleDefaults struct {
	entry    uint32
	duration int64
	size     int64
}

// A fragmentReader walks through the samples of one track in the movie
// fragments of a file (§8.8), in file order. Boxes sidx, mfra and the like
// only repeat what the fragments say, so it does not look at them.
type fragmentReader struct {
	w     *window
	track uint32
	trex  sampleDefaults

	pos  int64 // of the next top-level box
	moov int64 // position of the movie box that applies
	moof box
	traf box
	runs int64 // position of the next box in traf

	head    sampleDefaults // of traf
	base    int64          // what data offsets of traf count from
	dataEnd int64          // end of the data of the last run seen in moof

	run      entries // width 0: all samples are as head says
	runFlags uint32
	runNext  int64 // index of the next sample in run
	offset   int64 // where it lies

	started bool
	start   int64 // of the track's first fragment on its timeline (§8.8.12)
	lost    int64 // samples that runs claim to have and do not
}

func (w *window) fragmentReader(moov int64, track uint32, trex sampleDefaults) *fragmentReader {
	f := &fragmentReader{w: w, moov: moov, track: track, trex: trex}
	f.run.window = window{r: w.r, size: w.size, ahead: tableAhead}
	return f
}

// missing returns how many samples the runs read so far claim beyond those
// that they describe.
func (f *fragmentReader) missing() int64 { return f.lost }

// trackExtends reads the defaults for a track from the content of moov.
func (w *window) trackExtends(moov box, track uint32) (d sampleDefaults, fragmented bool, err error) {
	mvex, err := w.child("mvex", moov.body, moov.end)
	if err != nil || !mvex.exists() {
		return d, false, err
	}
	d.entry = 1
	for b, err := range w.boxes(mvex) {
		if err != nil {
			return d, true, err
		}
		if !b.is("trex") {
			continue
		}
		c, err := w.content(b, 24)
		if err != nil {
			return d, true, err
		}
		if len(c) == 24 && binary.BigEndian.Uint32(c[4:]) == track {
			d.entry = binary.BigEndian.Uint32(c[8:])
			d.duration = int64(binary.BigEndian.Uint32(c[12:]))
			d.size = int64(binary.BigEndian.Uint32(c[16:]))
			return d, true, nil
		}
	}
	return d, true, nil
}

// read returns the next sample. It ends with io.EOF.
func (f *fragmentReader) read() (sample, error) {
	for f.runNext >= f.run.n {
		if err := f.openRun(); err != nil {
			return sample{}, err
		}
	}
	s := sample{offset: f.offset, size: f.head.size, ticks: f.head.duration, entry: f.head.entry}
	if f.run.width > 0 {
		b, err := f.run.at(f.runNext)
		if err != nil {
			return sample{}, err
		}
		if f.runFlags&trunDuration != 0 {
			s.ticks = int64(binary.BigEndian.Uint32(b))
			b = b[4:]
		}
		if f.runFlags&trunSize != 0 {
			s.size = int64(binary.BigEndian.Uint32(b))
		}
	}
	f.runNext++
	f.offset = addTicks(f.offset, s.size)
	f.dataEnd = f.offset
	return s, nil
}

// skip passes over the samples that follow the last one in the same run and
// says how many there were and how long they last by default.
func (f *fragmentReader) skip() (n, ticks int64, err error) {
	n = f.run.n - f.runNext
	f.runNext = f.run.n
	return n, mulTicks(n, f.head.duration), nil
}

// openRun makes the next track run of the track the current one. It ends with
// io.EOF.
func (f *fragmentReader) openRun() error {
	for {
		b, ok, err := f.w.box(f.runs, f.traf.end)
		if err != nil {
			return err
		}
		if !ok {
			if err := f.openTraf(); err != nil {
				return err
			}
			continue
		}
		f.runs = b.end
		if b.is("trun") {
			return f.parseRun(b)
		}
	}
}

// parseRun reads the head of a trun box.
func (f *fragmentReader) parseRun(b box) error {
	f.run.n, f.runNext = 0, 0
	c, err := f.w.content(b, 12)
	if err != nil || len(c) < 8 {
		return err
	}
	f.runFlags = binary.BigEndian.Uint32(c) & 0xFFFFFF
	count := int64(binary.BigEndian.Uint32(c[4:]))
	f.offset = f.dataEnd // a run without offset follows the one before it
	f.run.first, f.run.width = b.body+8, 0
	if f.runFlags&trunDataOffset != 0 {
		if len(c) < 12 {
			return nil
		}
		f.offset = f.base + int64(int32(binary.BigEndian.Uint32(c[8:])))
		f.run.first += 4
	}
	if f.runFlags&trunFirstSampleFlags != 0 {
		f.run.first += 4
	}
	for _, flag := range [...]uint32{trunDuration, trunSize, trunFlags, trunCompositionTime} {
		if f.runFlags&flag != 0 {
			f.run.width += 4
		}
	}
	switch {
	case f.run.width > 0:
		f.run.n = max(0, min(count, (b.end-f.run.first)/int64(f.run.width)))
	case f.head.size > 0:
		f.run.n = count
	}
	f.lost += count - f.run.n
	return nil
}

// openTraf makes the next track fragment of the track the current one.
func (f *fragmentReader) openTraf() error {
	first := false
	for {
		b, ok, err := f.w.box(f.traf.end, f.moof.end)
		if err != nil {
			return err
		}
		if !ok {
			if err := f.openMoof(); err != nil {
				return err
			}
			first = true
			continue
		}
		f.traf, f.runs = b, b.end
		if !b.is("traf") {
			continue
		}
		track, err := f.parseTraf(b, first)
		if err != nil {
			return err
		}
		first = false
		f.runs = b.body
		if track == f.track {
			return nil
		}
		if err := f.passTraf(); err != nil {
			return err
		}
	}
}

// parseTraf reads the header of a track fragment and returns its track.
func (f *fragmentReader) parseTraf(traf box, first bool) (track uint32, err error) {
	b, err := f.w.child("tfhd", traf.body, traf.end)
	if err != nil || !b.exists() {
		return 0, err
	}
	c, err := f.w.content(b, 32)
	if err != nil || len(c) < 8 {
		return 0, err
	}
	flags := binary.BigEndian.Uint32(c) & 0xFFFFFF
	track = binary.BigEndian.Uint32(c[4:])
	c = c[8:]
	f.head = f.trex
	// Without a base of its own, the first fragment of a moof counts from the
	// moof and the others from the end of the data before them (§8.8.7.1).
	f.base = f.dataEnd
	if first || flags&tfhdBaseIsMoof != 0 {
		f.base = f.moof.start
	}
	if flags&tfhdBaseDataOffset != 0 && len(c) >= 8 {
		f.base = int64(min(binary.BigEndian.Uint64(c), maxTicks))
		c = c[8:]
	}
	f.dataEnd = f.base
	if flags&tfhdSampleDescription != 0 && len(c) >= 4 {
		f.head.entry = binary.BigEndian.Uint32(c)
		c = c[4:]
	}
	if flags&tfhdDefaultDuration != 0 && len(c) >= 4 {
		f.head.duration = int64(binary.BigEndian.Uint32(c))
		c = c[4:]
	}
	if flags&tfhdDefaultSize != 0 && len(c) >= 4 {
		f.head.size = int64(binary.BigEndian.Uint32(c))
	}
	if track == f.track && !f.started {
		f.started = true
		f.start, err = f.w.decodeTime(traf)
	}
	return track, err
}

// decodeTime returns what the tfdt box of a track fragment says, or 0.
func (w *window) decodeTime(traf box) (int64, error) {
	b, err := w.child("tfdt", traf.body, traf.end)
	if err != nil || !b.exists() {
		return 0, err
	}
	c, err := w.content(b, 12)
	switch {
	case err != nil:
		return 0, err
	case len(c) >= 12 && c[0] == 1:
		return int64(min(binary.BigEndian.Uint64(c[4:]), maxTicks)), nil
	case len(c) >= 8:
		return int64(binary.BigEndian.Uint32(c[4:])), nil
	}
	return 0, nil
}

// passTraf passes over a fragment of another track and finds where its data
// ends, which the next fragment may count from.
func (f *fragmentReader) passTraf() error {
	lost := f.lost
	for f.runs < f.traf.end {
		b, ok, err := f.w.box(f.runs, f.traf.end)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		f.runs = b.end
		if !b.is("trun") {
			continue
		}
		if err := f.parseRun(b); err != nil {
			return err
		}
		if f.runFlags&trunSize == 0 {
			f.dataEnd = addTicks(f.offset, mulTicks(f.run.n, f.head.size))
			continue
		}
		for f.runNext < f.run.n {
			if _, err := f.read(); err != nil {
				return err
			}
		}
	}
	f.run.n, f.lost = 0, lost
	f.runs = f.traf.end
	return nil
}

// A nextMovie means that another movie box follows, which says how the
// fragments behind it are to be read.
type nextMovie struct{ box box }

func (*nextMovie) Error() string { return "another movie follows" }

// openMoof makes the next movie fragment the current one. The error is a
// *nextMovie if a movie box stands before it: in what was recorded from HTTP
// Live Streaming, the initialization section is joined with the segments again
// where it changes (RFC 8216, 4.3.2.5).
func (f *fragmentReader) openMoof() error {
	for {
		b, ok, err := f.w.box(f.pos, f.w.size)
		if err != nil {
			return err
		}
		if !ok {
			return io.EOF
		}
		f.pos = b.end
		if b.is("moov") && b.start > f.moov {
			return &nextMovie{b}
		}
		if b.is("moof") {
			f.moof = b
			f.traf = box{end: b.body} // openTraf goes on behind it
			f.dataEnd = b.start
			return nil
		}
	}
}
