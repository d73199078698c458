package mp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrNoVideo means that a file has no track of moving pictures.
var ErrNoVideo = errors.New("no pictures in the file")

// Pictures are what a file says of its moving pictures.
type Pictures struct {
	// Coding is the kind of the sample entry (§8.5.2): "avc1" or "avc3" for
	// H.264, "hvc1" for H.265 …
	Coding        string
	Width, Height int     // of a coded picture, in pixels
	Seconds       float64 // how long the track lasts
	Frames        int64   // that the tables list
	// Profile is H.264's profile_idc, Level ten times its level (ISO/IEC
	// 14496-15, 5.3.3.1.2); 0 for other codings.
	Profile, Level int
}

// Rate returns how many frames are shown in a second, 0 if that is not known.
func (p *Pictures) Rate() float64 {
	if p.Seconds <= 0 {
		return 0
	}
	return float64(p.Frames) / p.Seconds
}

// ReadPictures reads what a file of size bytes says about its first track of
// moving pictures. Of the pictures themselves it reads none. The errors are
// ErrNotMP4, ErrNoMoov and ErrNoVideo, and those of r.
func ReadPictures(r io.ReaderAt, size int64) (*Pictures, error) {
	p, err := (&window{r: r, size: size, ahead: headerAhead}).pictures()
	if err != nil {
		return nil, fmt.Errorf("mp4: %w", err)
	}
	return p, nil
}

func (w *window) pictures() (*Pictures, error) {
	first, ok, err := w.box(0, w.size)
	if err != nil {
		return nil, err
	}
	if !ok || !first.is("ftyp") && !first.is("moov") && !first.is("mdat") && !first.is("wide") && !first.is("free") {
		return nil, ErrNotMP4
	}
	moov, err := w.child("moov", 0, w.size)
	if err != nil {
		return nil, err
	}
	if !moov.exists() || moov.cut {
		return nil, ErrNoMoov
	}
	for b, err := range w.boxes(moov) {
		if err != nil {
			return nil, err
		}
		if !b.is("trak") {
			continue
		}
		t, err := w.readTrak(b)
		if err != nil {
			return nil, err
		}
		if t.is("vide") && !t.stillPicture() {
			return w.describePictures(b, t)
		}
	}
	return nil, ErrNoVideo
}

// describePictures reads what the boxes of a track say.
func (w *window) describePictures(trak box, t *trak) (*Pictures, error) {
	p := &Pictures{Coding: strings.TrimRight(string(t.coding[:]), "\x00")}
	mdhd, err := w.path(trak.body, trak.end, "mdia", "mdhd")
	if err != nil {
		return nil, err
	}
	if p.Seconds, err = w.mediaSeconds(mdhd); err != nil {
		return nil, err
	}
	// §8.7.3: version and flags, the size of all samples or 0, their number.
	c, err := w.content(t.stsz, 12)
	if err != nil {
		return nil, err
	}
	if len(c) == 12 {
		p.Frames = int64(binary.BigEndian.Uint32(c[8:]))
	}
	entry, ok, err := w.box(t.stsd.body+8, t.stsd.end)
	if err != nil || !ok {
		return p, err
	}
	// VisualSampleEntry (§12.1.3): the size of the pictures stands at 24, the
	// boxes that depend on the coding begin at 78.
	const ext = 78
	if c, err = w.content(entry, 28); err != nil {
		return nil, err
	}
	if len(c) == 28 {
		p.Width, p.Height = int(binary.BigEndian.Uint16(c[24:])), int(binary.BigEndian.Uint16(c[26:]))
	}
	config, err := w.child("avcC", entry.body+ext, entry.end)
	if err != nil || !config.exists() {
		return p, err
	}
	if c, err = w.content(config, 4); err != nil {
		return nil, err
	}
	if len(c) == 4 {
		p.Profile, p.Level = int(c[1]), int(c[3])
	}
	return p, nil
}

// mediaSeconds reads how long a track lasts from its mdhd box (§8.4.2).
func (w *window) mediaSeconds(mdhd box) (float64, error) {
	scale, err := w.timescale(mdhd)
	if err != nil || scale == 0 {
		return 0, err
	}
	c, err := w.content(mdhd, 32)
	switch {
	case err != nil:
		return 0, err
	case len(c) == 32 && c[0] == 1:
		return float64(binary.BigEndian.Uint64(c[24:])) / float64(scale), nil
	case len(c) >= 20 && c[0] == 0:
		return float64(binary.BigEndian.Uint32(c[16:])) / float64(scale), nil
	}
	return 0, nil
}
