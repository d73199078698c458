package mp4

import (
	"encoding/binary"
	"fmt"
)

// A movie is what the movie box says about a file, as far as we use it.
type movie struct {
	box       box
	timescale int64 // units per second of the edits' lengths
	video     bool
	audio     *trak
	sounds    int // tracks of sound
	tags      map[string]string
	gapless   *Edit // what iTunes says in place of an edit list
}

// A trak is a track of a movie (§8.3).
type trak struct {
	id        uint32
	enabled   bool
	handler   [4]byte       // the kind of track (§8.4.3)
	timescale int64         // units per second of its own timeline
	coding    [4]byte       // the kind of its first sample entry
	entries   []description // of an audio track

	// The boxes of its tables, zero if missing.
	stsd, stts, stsc, stsz, stco, elst box
}

func (t *trak) is(handler string) bool { return string(t.handler[:]) == handler }

// maxDepth is how deep boxes that are read stand in a track: trak, mdia,
// minf, stbl.
const maxDepth = 4

// readMovie finds the movie box and reads it, but none of its tables.
func (w *window) readMovie() (*movie, error) {
	first, ok, err := w.box(0, w.size)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrNotMP4
	}
	switch string(first.kind[:]) {
	case "ftyp", "styp", "moov", "mdat", "moof", "free", "skip", "wide", "pnot", "sidx", "uuid", "emsg", "prft":
	default:
		return nil, ErrNotMP4
	}
	moov, err := w.child("moov", 0, w.size)
	if err != nil {
		return nil, err
	}
	if !moov.exists() {
		return nil, ErrNoMoov
	}
	return w.parseMovie(moov)
}

// parseMovie reads a movie box, but none of its tables.
func (w *window) parseMovie(moov box) (*movie, error) {
	m := &movie{box: moov, tags: map[string]string{}}
	var unusable error // of the first audio track that we cannot read
	for b, err := range w.boxes(moov) {
		if err != nil {
			return nil, err
		}
		switch string(b.kind[:]) {
		case "mvhd":
			m.timescale, err = w.timescale(b)
		case "trak":
			var t *trak
			if t, err = w.readTrak(b); err != nil {
				return nil, err
			}
			if why := m.consider(t); unusable == nil {
				unusable = why
			}
		case "udta":
			err = w.readUserData(b, m)
		case "meta":
			err = w.readMeta(b, m)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case m.audio == nil && moov.cut:
		return nil, ErrNoMoov
	case m.audio == nil && unusable != nil:
		return nil, unusable
	case m.audio == nil:
		return nil, ErrNoAudio
	}
	return m, nil
}

// consider makes t the movie's audio track if it is the best so far: one that
// can be read and, if possible, is enabled. It returns why an audio track
// cannot be read.
func (m *movie) consider(t *trak) error {
	if t.is("vide") && !t.stillPicture() {
		m.video = true
	}
	if !t.is("soun") {
		return nil
	}
	m.sounds++
	switch {
	case len(t.entries) == 0:
		return fmt.Errorf("%w: the audio track does not say how it is coded", ErrCodec)
	case t.entries[0].err != nil:
		return t.entries[0].err
	case t.timescale == 0:
		return fmt.Errorf("%w: the audio track has no timescale", ErrCodec)
	}
	if m.audio == nil || t.enabled && !m.audio.enabled {
		m.audio = t
	}
	return nil
}

// stillPicture reports whether a track of pictures shows stills, as the
// chapter pictures of podcasts are.
func (t *trak) stillPicture() bool {
	switch string(t.coding[:]) {
	case "jpeg", "png ", "mjpg":
		return true
	}
	return false
}

func (w *window) readTrak(b box) (*trak, error) {
	t := &trak{}
	if err := w.readTrakBoxes(t, b, 1); err != nil {
		return nil, err
	}
	first, _, err := w.box(t.stsd.body+8, t.stsd.end)
	if err != nil {
		return nil, err
	}
	t.coding = first.kind
	if t.is("soun") {
		t.entries, err = w.descriptions(t.stsd)
	}
	return t, err
}

// readTrakBoxes reads the boxes inside parent. Of boxes that stand twice the
// first one counts.
func (w *window) readTrakBoxes(t *trak, parent box, depth int) error {
	for b, err := range w.boxes(parent) {
		if err != nil {
			return err
		}
		switch string(b.kind[:]) {
		case "mdia", "minf", "stbl", "edts":
			if depth < maxDepth {
				err = w.readTrakBoxes(t, b, depth+1)
			}
		case "tkhd":
			err = w.readTrackHeader(t, b)
		case "mdhd":
			t.timescale, err = w.timescale(b)
		case "hdlr":
			err = w.readHandler(t, b)
		case "stsd":
			keep(&t.stsd, b)
		case "stts":
			keep(&t.stts, b)
		case "stsc":
			keep(&t.stsc, b)
		case "stsz", "stz2":
			keep(&t.stsz, b)
		case "stco", "co64":
			keep(&t.stco, b)
		case "elst":
			keep(&t.elst, b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func keep(first *box, b box) {
	if !first.exists() {
		*first = b
	}
}

// timescale reads the timescale from a movie or media header (§8.2.2, §8.4.2),
// which begin alike.
func (w *window) timescale(b box) (int64, error) {
	c, err := w.content(b, 24)
	switch {
	case err != nil:
		return 0, err
	case len(c) >= 24 && c[0] == 1:
		return int64(binary.BigEndian.Uint32(c[20:])), nil
	case len(c) >= 16 && c[0] == 0:
		return int64(binary.BigEndian.Uint32(c[12:])), nil
	}
	return 0, nil
}

// readTrackHeader reads a tkhd box (§8.3.2).
func (w *window) readTrackHeader(t *trak, b box) error {
	c, err := w.content(b, 24)
	if err != nil || len(c) < 16 {
		return err
	}
	t.enabled = c[3]&1 != 0
	t.id = binary.BigEndian.Uint32(c[12:])
	if c[0] == 1 && len(c) >= 24 {
		t.id = binary.BigEndian.Uint32(c[20:])
	}
	return nil
}

// readHandler reads the hdlr box of a track (§8.4.3). QuickTime has a second
// one in minf, for how the data is stored.
func (w *window) readHandler(t *trak, b box) error {
	c, err := w.content(b, 12)
	if err != nil || len(c) < 12 || t.handler != [4]byte{} {
		return err
	}
	t.handler = [4]byte(c[8:])
	return nil
}
