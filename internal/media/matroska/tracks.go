package matroska

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/alac"
	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/vorbis"
	"github.com/spaces-cli/spaces/internal/media/wav"
)

const (
	// maxTracks bounds how many tracks are looked at.
	maxTracks = 256
	// maxPrivate bounds CodecPrivate: FLAC may have a cover in it.
	maxPrivate = 64 << 10
	// maxPrefix bounds what was taken off the beginning of each frame.
	maxPrefix = 256

	typeVideo = 1
	typeAudio = 2
)

// A trackEntry is what a TrackEntry says (RFC 9559 §5.1.4.1).
type trackEntry struct {
	number, kind  int64
	enabled, main bool // FlagEnabled, FlagDefault
	codec         string
	private       []byte
	delay         int64 // CodecDelay, in ns
	preSkip       int64 // of Opus, in samples
	rate          float64
	channels      int64
	bits          int64
	prefix        []byte // that stands before each frame (§5.1.4.1.31.7)
	err           error  // why its frames cannot be read

	clock  *vorbis.Clock // of Vorbis
	config track.Config  // none of MP3: the frames say it themselves
	align  int           // bytes of a sample of PCM
	swap   int           // bytes of a number of PCM that is big-endian, or 0
}

// trackEntries reads the track entries of a Tracks element.
func (w *window) trackEntries(tracks element) (list []trackEntry, err error) {
	err = w.children(tracks, func(e element) error {
		if e.id != idTrackEntry || len(list) == maxTracks {
			return nil
		}
		t, err := w.trackEntry(e)
		list = append(list, t)
		return err
	})
	return list, err
}

func (w *window) trackEntry(entry element) (trackEntry, error) {
	t := trackEntry{enabled: true, main: true, rate: 8000, channels: 1} // §5.1.4.1: the defaults
	err := w.children(entry, func(e element) (err error) {
		var flag int64
		switch e.id {
		case idTrackNumber:
			t.number, err = w.number(e)
		case idTrackType:
			t.kind, err = w.number(e)
		case idFlagEnabled:
			flag, err = w.number(e)
			t.enabled = flag != 0
		case idFlagDefault:
			flag, err = w.number(e)
			t.main = flag != 0
		case idCodecID:
			t.codec, err = w.text(e)
		case idCodecDelay:
			t.delay, err = w.number(e)
		case idCodecPrivate:
			var b []byte
			b, err = w.content(e, maxPrivate)
			t.private = bytes.Clone(b)
		case idAudio:
			err = w.audio(e, &t)
		case idContentEncodings:
			err = w.encodings(e, &t)
		}
		return err
	})
	if err == nil && t.kind == typeAudio && t.err == nil {
		t.err = t.describe()
	}
	return t, err
}

func (w *window) audio(audio element, t *trackEntry) error {
	return w.children(audio, func(e element) (err error) {
		switch e.id {
		case idSamplingRate:
			t.rate, err = w.float(e)
		case idChannels:
			t.channels, err = w.number(e)
		case idBitDepth:
			t.bits, err = w.number(e)
		}
		return err
	})
}

// encodings reads how frames were changed before they were stored (§5.1.4.1.31).
// What was taken off the beginning of each one can be put back.
func (w *window) encodings(encodings element, t *trackEntry) error {
	return w.children(encodings, func(encoding element) error {
		if encoding.id != idContentEncoding {
			return nil
		}
		const frames, stripped = 1, 3 // ContentEncodingScope, ContentCompAlgo
		var scope, kind, algorithm int64 = frames, 0, 0
		var settings []byte
		err := w.children(encoding, func(e element) (err error) {
			switch e.id {
			case idContentScope:
				scope, err = w.number(e)
			case idContentType:
				kind, err = w.number(e)
			case idContentCompression:
				err = w.children(e, func(e element) (err error) {
					switch e.id {
					case idContentAlgorithm:
						algorithm, err = w.number(e)
					case idContentSettings:
						settings, err = w.content(e, maxPrefix+1)
						settings = bytes.Clone(settings)
					}
					return err
				})
			}
			return err
		})
		switch {
		case err != nil || scope&frames == 0:
		case kind != 0:
			t.err = ErrEncrypted
		case algorithm != stripped || len(settings) > maxPrefix || t.prefix != nil:
			t.err = fmt.Errorf("%w: the frames are compressed a second time", ErrCodec)
		default:
			t.prefix = settings
		}
		return err
	})
}

// describe sets how the frames of an audio track are decoded (RFC 9559 and the
// Matroska codec specification). The error is ErrCodec.
func (t *trackEntry) describe() error {
	codec, _, _ := strings.Cut(t.codec, "\x00")
	switch {
	case codec == "A_OPUS":
		return t.describeOpus()
	case codec == "A_MPEG/L3":
		t.config.Codec = track.MP3
		return nil
	case codec == "A_FLAC":
		return t.describeFLAC()
	case codec == "A_VORBIS":
		h, err := vorbis.ParsePrivate(t.private)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrCodec, err)
		}
		t.config, t.clock = h.Config(), vorbis.NewClock(h)
		return nil
	case codec == "A_ALAC":
		config, err := alac.TrackConfig(t.private)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrCodec, err)
		}
		t.config = config
		return nil
	case codec == "A_AAC" || strings.HasPrefix(codec, "A_AAC/"):
		if len(t.private) == 0 {
			return fmt.Errorf("%w: the track says AAC without AudioSpecificConfig", ErrCodec)
		}
		config, err := adts.ParseConfig(t.private)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", ErrCodec, err)
		case config.UnitSamples < 1:
			return fmt.Errorf("%w: access units of %d samples", ErrCodec, config.UnitSamples)
		}
		t.config = config
		return nil
	case codec == "A_PCM/INT/LIT", codec == "A_PCM/INT/BIG", codec == "A_PCM/FLOAT/IEEE":
		const maxRate = 1 << 24
		if t.rate < 1 || t.rate > maxRate || t.channels < 1 || t.channels > 255 {
			return fmt.Errorf("%w: %d channels at %g Hz", ErrCodec, t.channels, t.rate)
		}
		f := wav.Format{Float: codec == "A_PCM/FLOAT/IEEE", Channels: int(t.channels), SampleRate: int(t.rate + 0.5), Bits: int(min(t.bits, 255))}
		config := f.Config()
		if _, err := wav.ParseFormat([]byte(config.Specific)); err != nil || f.Bits%8 != 0 {
			return fmt.Errorf("%w: PCM of %d bits", ErrCodec, t.bits)
		}
		if codec == "A_PCM/INT/BIG" && f.Bits > 8 {
			t.swap = f.Bits / 8
		}
		t.config, t.align = config, f.BlockAlign()
		return nil
	}
	return fmt.Errorf("%w: %s", ErrCodec, codecName(codec))
}

func (t *trackEntry) describeOpus() error {
	h, err := opus.ParseHead(t.private)
	if len(t.private) == 0 && (t.channels == 1 || t.channels == 2) { // as early encoders left it out
		b := append([]byte("OpusHead\x01"), byte(t.channels), 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0) // 48 kHz
		h, err = opus.ParseHead(b)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCodec, err)
	}
	t.config, t.preSkip = h.Config(), int64(h.PreSkip)
	return nil
}

// describeFLAC finds STREAMINFO in what a FLAC file begins with.
func (t *trackEntry) describeFLAC() error {
	const marker, blockHeader = 4, 4
	b := bytes.TrimPrefix(t.private, []byte("fLaC"))
	if len(b) != len(t.private)-marker || len(b) < blockHeader || b[0]&0x7F != 0 {
		return fmt.Errorf("%w: FLAC without STREAMINFO", ErrCodec)
	}
	config, err := flac.ConfigOf(b[blockHeader:])
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCodec, err)
	}
	t.config = config
	return nil
}

// skip returns how many samples at a rate a decoder makes of this track before
// those to be played. Of Opus its own header says it to the sample (RFC 7845
// §4.2), of all others CodecDelay does.
func (t *trackEntry) skip(rate int) int64 {
	if t.preSkip > 0 {
		return t.preSkip
	}
	return samplesOf(t.delay, rate)
}

// samplesOf returns how many samples at a rate last so many ns.
func samplesOf(ns int64, rate int) int64 {
	const second = 1_000_000_000
	if ns < 0 || ns > 1000*second { // longer than any delay
		return 0
	}
	return (ns*int64(rate) + second/2) / second
}

// choose returns the audio track to read: the first of those that are enabled
// and whose coding is known, with preference for what the file plays by default.
// It is nil if there is none, and the error tells why.
func choose(list []trackEntry) (chosen *trackEntry, sounds int, video bool, err error) {
	rank := func(t *trackEntry) (n int) {
		if t.err == nil {
			n += 4
		}
		if t.enabled {
			n += 2
		}
		if t.main {
			n++
		}
		return n
	}
	err = ErrNoAudio
	for i := range list {
		t := &list[i]
		video = video || t.kind == typeVideo
		if t.kind != typeAudio {
			continue
		}
		sounds++
		if chosen == nil || rank(t) > rank(chosen) {
			chosen = t
		}
	}
	if chosen != nil {
		err = chosen.err
	}
	return chosen, sounds, video, err
}

// codecName returns what people call the coding with a codec ID.
func codecName(id string) string {
	for _, c := range [...]struct{ prefix, name string }{
		{"A_EAC3", "Dolby Digital Plus (E-AC-3)"}, {"A_AC3", "Dolby Digital (AC-3)"}, {"A_AC4", "Dolby AC-4"},
		{"A_TRUEHD", "Dolby TrueHD"}, {"A_MLP", "Meridian Lossless Packing"}, {"A_DTS", "DTS"},
		{"A_MPEG/L1", "MPEG audio Layer I"}, {"A_MPEG/L2", "MPEG audio Layer II"},
		{"A_WAVPACK4", "WavPack"}, {"A_TTA1", "TTA"}, {"A_REAL", "RealAudio"},
		{"A_QUICKTIME", "a QuickTime codec"}, {"A_MS/ACM", "a Windows codec (ACM)"}, {"A_ATRAC", "ATRAC"},
	} {
		if strings.HasPrefix(id, c.prefix) {
			return c.name
		}
	}
	const longest = 32
	return fmt.Sprintf("%q", id[:min(len(id), longest)])
}
