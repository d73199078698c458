package mp4

import (
	"encoding/binary"
	"fmt"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/alac"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// maxEntries bounds how many sample entries of a track are read. Files have
// one, seldom a few.
const maxEntries = 256

// maxUnitSamples is longer than any access unit of the codings that we know;
// the longest are the blocks of FLAC.
const maxUnitSamples = 1 << 16

// A description is a sample entry: how samples are coded (§8.5.2). Those of
// MP3 have no config: the frames themselves say it.
type description struct {
	config  track.Config
	preSkip int64 // of Opus, in samples
	pcm     *pcm  // of PCM
	err     error // if the coding is none that we know
}

// descriptions reads the sample entries of an audio track.
func (w *window) descriptions(stsd box) ([]description, error) {
	if !stsd.exists() {
		return nil, nil
	}
	head, err := w.content(stsd, 8)
	if err != nil || len(head) < 8 {
		return nil, err
	}
	version := head[0]
	var all []description
	for pos := stsd.body + 8; len(all) < maxEntries; {
		b, ok, err := w.box(pos, stsd.end)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		d, err := w.description(b, version)
		if err != nil {
			return nil, err
		}
		all = append(all, d)
		pos = b.end
	}
	return all, nil
}

// description reads an AudioSampleEntry (§12.2.3) or a QuickTime sound sample
// description; version is that of the box around it.
func (w *window) description(b box, version byte) (d description, err error) {
	kind := string(b.kind[:])
	c, err := w.content(b, 28)
	if err != nil {
		return d, err
	}
	if len(c) < 28 {
		d.err = fmt.Errorf("%w: the sample entry %q is too short", ErrCodec, kind)
		return d, nil
	}
	// The extension boxes follow the fixed fields, which QuickTime made longer
	// in its versions 1 and 2 of them. ISO files use version 1 too, but only
	// in an stsd of version 1, and without more fields.
	ext, longer := b.body+28, uint16(0)
	if version == 0 {
		longer = binary.BigEndian.Uint16(c[8:])
		switch longer {
		case 1:
			ext += 16
		case 2:
			ext += 36
		}
	}
	if ext > b.end {
		d.err = fmt.Errorf("%w: the sample entry %q is too short", ErrCodec, kind)
		return d, nil
	}
	switch kind {
	case "mp4a":
		return w.mpegEntry(ext, b.end)
	case ".mp3", "ms\x00\x55":
		d.config.Codec = track.MP3
	case "fLaC":
		return w.flacEntry(ext, b.end)
	case "alac":
		return w.alacEntry(ext, b.end)
	case "Opus":
		return w.opusEntry(ext, b.end)
	case "twos", "sowt", "lpcm", "raw ", "NONE", "in24", "in32", "fl32", "fl64", "ulaw", "alaw", "ipcm", "fpcm":
		return w.linearEntry(kind, longer, append([]byte(nil), c...), ext, b.end)
	case "enca", "drms":
		d.err = ErrEncrypted
	default:
		d.err = fmt.Errorf("%w: %s", ErrCodec, codingName(kind))
	}
	return d, nil
}

// mpegEntry reads the extensions of an MPEG-4 audio sample entry (ISO/IEC
// 14496-14, 6.7.2).
func (w *window) mpegEntry(pos, end int64) (d description, err error) {
	esds, err := w.child("esds", pos, end)
	if err == nil && !esds.exists() { // QuickTime puts it into another box
		esds, err = w.path(pos, end, "wave", "esds")
	}
	if err != nil {
		return d, err
	}
	if !esds.exists() {
		d.err = fmt.Errorf("%w: the sample entry mp4a has no decoder configuration (esds)", ErrCodec)
		return d, nil
	}
	c, err := w.content(esds, headerAhead)
	if err != nil {
		return d, err
	}
	object, asc := parseESDS(c)
	switch object {
	case 0x40, 0x66, 0x67, 0x68: // MPEG-4 audio; MPEG-2 AAC Main, LC, SSR
		if len(asc) == 0 {
			d.err = fmt.Errorf("%w: the track says AAC without AudioSpecificConfig", ErrCodec)
			return d, nil
		}
		config, err := adts.ParseConfig(asc)
		switch {
		case err != nil:
			d.err = fmt.Errorf("%w: %w", ErrCodec, err)
		case config.UnitSamples < 1 || config.UnitSamples > maxUnitSamples:
			d.err = fmt.Errorf("%w: access units of %d samples", ErrCodec, config.UnitSamples)
		}
		d.config = config
		return d, nil
	case 0x69, 0x6B: // MPEG-2 and MPEG-1 audio
		d.config.Codec = track.MP3
	default:
		d.err = fmt.Errorf("%w: %s", ErrCodec, objectName(object))
	}
	return d, nil
}

// Tags of the descriptors in an esds box (ISO/IEC 14496-1, 7.2.2.1).
const (
	tagES             = 3
	tagDecoderConfig  = 4
	tagDecoderSpecial = 5
	tagSLConfig       = 6
)

// parseESDS returns the objectTypeIndication and the DecoderSpecificInfo from
// the content of an esds box (ISO/IEC 14496-1, 7.2.6.5 and 7.2.6.6), or what
// of them is there.
func parseESDS(c []byte) (object byte, special []byte) {
	if len(c) < 4 {
		return 0, nil
	}
	tag, c := descriptor(c[4:])
	if tag != tagES || len(c) < 3 {
		return 0, nil
	}
	flags := c[2]
	skip := 3
	if flags&0x80 != 0 { // depends on another stream
		skip += 2
	}
	if flags&0x40 != 0 && len(c) > skip { // URL
		skip += 1 + int(c[skip])
	}
	if flags&0x20 != 0 { // clock reference stream
		skip += 2
	}
	if len(c) < skip {
		return 0, nil
	}
	tag, c = descriptor(c[skip:])
	if tag != tagDecoderConfig || len(c) < 13 {
		return 0, nil
	}
	object = c[0]
	if tag, c = descriptor(c[13:]); tag == tagDecoderSpecial {
		special = c
	}
	return object, special
}

// descriptor returns the tag and content of the descriptor at the start of c
// (ISO/IEC 14496-1, 8.3.3), or what there is of the content.
func descriptor(c []byte) (tag byte, content []byte) {
	if len(c) < 2 {
		return 0, nil
	}
	tag, c = c[0], c[1:]
	n := 0
	for i := 0; i < 4 && len(c) > 0; i++ {
		b := c[0]
		c = c[1:]
		n = n<<7 | int(b&0x7F)
		if b&0x80 == 0 {
			break
		}
	}
	return tag, c[:min(n, len(c))]
}

// flacEntry reads the extension of a FLAC sample entry ("Encapsulation of
// FLAC in ISO Base Media File Format", 3.3.2).
func (w *window) flacEntry(pos, end int64) (d description, err error) {
	b, err := w.child("dfLa", pos, end)
	if err != nil {
		return d, err
	}
	var c []byte
	if b.exists() {
		if c, err = w.content(b, 4+4+34); err != nil {
			return d, err
		}
	}
	if len(c) < 42 || c[4]&0x7F != 0 {
		d.err = fmt.Errorf("%w: fLaC without STREAMINFO", ErrCodec)
		return d, nil
	}
	info := c[8:]
	d.config = track.Config{
		Codec:      track.FLAC,
		SampleRate: int(binary.BigEndian.Uint32(info[10:]) >> 12),
		Channels:   int(info[12]>>1&7) + 1,
		Specific:   string(info),
	}
	if least, most := binary.BigEndian.Uint16(info), binary.BigEndian.Uint16(info[2:]); least == most {
		d.config.UnitSamples = int(most)
	}
	if d.config.SampleRate == 0 {
		d.err = fmt.Errorf("%w: fLaC with sample rate 0", ErrCodec)
	}
	return d, nil
}

// opusEntry reads the extension of an Opus sample entry ("Encapsulation of
// Opus in ISO Base Media File Format", 4.3.2). Specific becomes the
// identification header of RFC 7845, 5.1, which decoders know.
func (w *window) opusEntry(pos, end int64) (d description, err error) {
	b, err := w.child("dOps", pos, end)
	if err != nil {
		return d, err
	}
	var c []byte
	if b.exists() {
		if c, err = w.content(b, 11+2+255); err != nil {
			return d, err
		}
	}
	if len(c) < 11 || c[1] == 0 {
		d.err = fmt.Errorf("%w: Opus without OpusSpecificBox", ErrCodec)
		return d, nil
	}
	head := append([]byte("OpusHead"), 1, c[1])
	head = binary.LittleEndian.AppendUint16(head, binary.BigEndian.Uint16(c[2:]))
	head = binary.LittleEndian.AppendUint32(head, binary.BigEndian.Uint32(c[4:]))
	head = binary.LittleEndian.AppendUint16(head, binary.BigEndian.Uint16(c[8:]))
	h, err := opus.ParseHead(append(head, c[10:]...))
	if err != nil {
		d.err = fmt.Errorf("%w: %w", ErrCodec, err)
		return d, nil
	}
	d.config, d.preSkip = h.Config(), int64(h.PreSkip)
	return d, nil
}

// alacEntry reads the cookie of Apple Lossless, which stands in a box of the same
// name, in QuickTime in a box wave.
func (w *window) alacEntry(pos, end int64) (d description, err error) {
	const version, cookie = 4, 24
	b, err := w.path(pos, end, "wave", "alac")
	if err == nil && !b.exists() {
		b, err = w.child("alac", pos, end)
	}
	if err != nil {
		return d, err
	}
	var c []byte
	if b.exists() {
		if c, err = w.content(b, version+cookie); err != nil {
			return d, err
		}
	}
	if d.config, err = alac.TrackConfig(c[min(version, len(c)):]); err != nil {
		d.err = fmt.Errorf("%w: %w", ErrCodec, err)
	}
	return d, nil
}
