package media

import (
	"bytes"
	"encoding/binary"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/id3"
	"github.com/spaces-cli/spaces/internal/media/layer2"
	"github.com/spaces-cli/spaces/internal/media/mp3"
)

// A FileType says what the content of a file is. The words appear in JSON; those
// of audio are also track.Formats.
type FileType string

const (
	ADTS      FileType = "adts"
	MPEGTS    FileType = "mpegts"
	MP4       FileType = "mp4"
	MP3       FileType = "mp3"
	WAV       FileType = "wav"
	FLAC      FileType = "flac"
	AIFF      FileType = "aiff"
	MPEGLayer FileType = "mpeg-layer-1-2"
	// Of these, what can be decoded is read.
	Ogg      FileType = "ogg"
	Matroska FileType = "matroska" // WebM too
	FlashFLV FileType = "flv"
	CAF      FileType = "caf"
	AU       FileType = "au"
	W64      FileType = "w64"
	AVI      FileType = "avi"

	// Sound that is not read.
	AMR       FileType = "amr"
	ASF       FileType = "asf" // WMA, WMV
	MPEGPS    FileType = "mpeg-ps"
	APE       FileType = "ape"
	WavPack   FileType = "wavpack"
	DSD       FileType = "dsd"
	TTA       FileType = "tta"
	Musepack  FileType = "musepack"
	RealMedia FileType = "realmedia"
	AC3       FileType = "ac3"
	LATM      FileType = "latm" // AAC in LOAS frames
	EAC3      FileType = "e-ac3"
	DTS       FileType = "dts"
	TAK       FileType = "tak"
	Shorten   FileType = "shorten"
	OptimFROG FileType = "optimfrog"

	// Notes, of which a player makes sound.
	MIDI   FileType = "midi"
	Module FileType = "module" // of a tracker

	ZIP      FileType = "zip"
	HTML     FileType = "html"
	JSON     FileType = "json"
	Playlist FileType = "playlist" // M3U8
	Text     FileType = "text"
	Zeros    FileType = "zeros"
	Empty    FileType = "empty"
	Unknown  FileType = "unknown"
)

// Sound reports whether a file of this kind holds sound, or pictures that
// most likely come with sound, be it read here or not.
func (k FileType) Sound() bool {
	switch k {
	case ZIP, HTML, JSON, Playlist, Text, Zeros, Empty, Unknown, MIDI, Module:
		return false
	}
	return true
}

// ExtensionOfSound reports whether files whose names end as this one does are
// to hold sound. It is for those that cannot be looked into.
func ExtensionOfSound(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".ts", ".aac", ".adts", ".m4a", ".m4b", ".mp4", ".m4v", ".mov", ".mp3", ".mp2", ".wav", ".flac", ".ogg", ".oga", ".opus",
		".mpegts", ".m2ts", ".mts", ".webm", ".weba", ".mkv", ".mka", ".aif", ".aiff", ".aifc", ".amr", ".3gp", ".3g2", ".wma", ".wmv",
		".asf", ".caf", ".au", ".snd", ".avi", ".flv", ".mpg", ".mpeg", ".ape", ".wv", ".dsf", ".dff", ".tta", ".mpc", ".ra", ".rm",
		".ac3", ".eac3", ".ec3", ".dts", ".w64", ".tak", ".shn", ".ofr", ".spx", ".mp1", ".mpa", ".qt":
		return true
	}
	return false
}

// SniffLen is how many bytes of a file Sniff makes use of.
const SniffLen = 64 << 10

// Sniff tells from its first bytes what a file of size bytes holds; head is
// SniffLen bytes, or all of a shorter file. The size is -1 if it is not known.
// Names and extensions play no part: X's .ts files are not MPEG-TS, and old
// downloaders wrote ADTS into .m4a.
func Sniff(head []byte, size int64) FileType {
	head = head[:min(len(head), SniffLen)]
	whole := size >= 0 && int64(len(head)) >= size
	switch {
	case len(head) == 0:
		return Empty
	case len(bytes.TrimLeft(head, "\x00")) == 0:
		return Zeros
	}
	if kind := magic(head); kind != Unknown {
		return kind
	}
	if flacBehindTags(head) {
		return FLAC
	}
	// Before ADTS and MP3: frames are found inside transport packets too.
	if transport(head) {
		return MPEGTS
	}
	if kind := frames(head, whole); kind != Unknown {
		return kind
	}
	return text(head)
}

// magic knows the formats that begin with words of their own.
func magic(b []byte) FileType {
	at := func(i int, words ...string) bool {
		for _, w := range words {
			if len(b) >= i+len(w) && string(b[i:i+len(w)]) == w {
				return true
			}
		}
		return false
	}
	switch {
	case at(0, "RIFF", "RF64", "BW64") && at(8, "WAVE"):
		return WAV
	case at(0, "fLaC"):
		return FLAC
	case at(0, "OggS"):
		return Ogg
	case at(0, "\x1a\x45\xdf\xa3"): // EBML (RFC 8794 §8)
		return Matroska
	case at(0, "FORM") && at(8, "AIFF", "AIFC"):
		return AIFF
	case at(0, "#!AMR"): // RFC 4867 §5; AMR-WB too
		return AMR
	case at(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"):
		return ASF
	case at(0, "caff\x00"):
		return CAF
	case at(0, ".snd\x00"):
		return AU
	case at(0, "RIFF") && at(8, "AVI "):
		return AVI
	case at(0, "FLV\x01"):
		return FlashFLV
	case at(0, "\x00\x00\x01\xba"):
		return MPEGPS
	case at(0, "MAC "):
		return APE
	case at(0, "wvpk"):
		return WavPack
	case at(0, "DSD ", "FRM8"):
		return DSD
	case at(0, "TTA1", "TTA2"):
		return TTA
	case at(0, "MPCK", "MP+"):
		return Musepack
	case at(0, ".RMF", ".ra\xfd"):
		return RealMedia
	case at(0, "riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\x00\x00"):
		return W64
	case at(0, "tBaK"):
		return TAK
	case at(0, "ajkg"):
		return Shorten
	case at(0, "OFR "):
		return OptimFROG
	case at(0, "DTSHDHDR", "\x7f\xfe\x80\x01", "\xfe\x7f\x01\x80", "\x1f\xff\xe8\x00", "\xff\x1f\x00\xe8"): // ETSI TS 102 114 §5.3
		return DTS
	case at(0, "MThd"):
		return MIDI
	case at(0, "Extended Module: ", "IMPM"), at(44, "SCRM"), at(1080, "M.K.", "M!K!", "FLT4", "4CHN", "6CHN", "8CHN"):
		return Module
	case at(0, "PK\x03\x04", "PK\x05\x06", "PK\x07\x08"):
		return ZIP
	// Boxes that a file may begin with (ISO/IEC 14496-12 §4.3, §8.16; QuickTime).
	case at(4, "ftyp", "styp", "moov", "moof", "mdat", "sidx", "free", "skip", "wide", "pnot", "uuid"):
		// From 0x20202020 on, the size is more likely four letters of text.
		if n := binary.BigEndian.Uint32(b); n <= 1 || n >= 8 && n < 0x20202020 || at(4, "mdat") {
			return MP4
		}
	}
	return Unknown
}

// flacBehindTags reports whether b begins with ID3v2 tags and a FLAC file behind
// them. Such tags are no part of FLAC, but some programs write them.
func flacBehindTags(b []byte) bool {
	for {
		h, ok := id3.ParseHeader(b)
		if !ok || h.Len() >= len(b) {
			return false
		}
		if b = b[h.Len():]; magic(b) == FLAC {
			return true
		}
	}
}

// transport reports whether b holds MPEG-TS packets: of 188 bytes (ISO/IEC
// 13818-1 §2.4.3.2), with a time stamp of 4 bytes before each (M2TS, 192), or
// with 16 bytes of Reed-Solomon code after each (204). The first packet may be
// cut.
func transport(b []byte) bool {
	const (
		sync     = 0x47
		wanted   = 8 // sync bytes in a row
		fewest   = 3 // in a file that has no more
		leadSpan = 4096
	)
	for _, size := range []int{188, 192, 204} {
		for i := 0; i < min(leadSpan, len(b)); i++ {
			if b[i] != sync {
				continue
			}
			n, j, frames := 0, i, 0
			for ; n < wanted && j < len(b) && b[j] == sync; j += size {
				n++
				if mpegFrameEnds(b[:j+1], size) {
					frames++
				}
			}
			if n > 0 && frames == n {
				continue
			}
			if n == wanted || n >= fewest && j >= len(b) && i < size {
				return true
			}
		}
	}
	return false
}

// mpegFrameEnds reports whether b ends with the header of an MP3 frame of so
// many bytes. In joint stereo with emphasis, a header's last byte is the sync
// byte of a transport packet, and at 64 kb/s and 24 kHz one comes every 192
// bytes.
func mpegFrameEnds(b []byte, size int) bool {
	if len(b) < mp3.HeaderSize {
		return false
	}
	n, _ := mpegFrame(b[len(b)-mp3.HeaderSize:])
	return n == size
}

// frames tells ADTS from MP3 by the first frames in b that follow on one
// another; both begin with eleven set bits, but their layers differ. Tags
// before and between the frames are stepped over, and so is the remainder of a
// frame or tag that the file begins with. If whole is set, b is all of the
// file and frames may also be confirmed by its end.
func frames(b []byte, whole bool) FileType {
	for i := 0; i < len(b); {
		if h, ok := id3.ParseHeader(b[i:]); ok && h.Len() <= len(b)-i {
			i += h.Len()
			continue
		}
		for _, f := range framings {
			if chain(b[i:], whole, f.frame) {
				return f.kind
			}
		}
		i++
	}
	return Unknown
}

// framings are the formats that are nothing but frames.
var framings = []struct {
	kind  FileType
	frame framing
}{
	{ADTS, adtsFrame}, {MP3, mpegFrame}, {MPEGLayer, layerFrame}, {AC3, ac3Frame}, {EAC3, eac3Frame}, {LATM, latmFrame},
}

// A framing returns the length of the frame whose header begins b, and the
// bits of the header that all frames of a stream share; or 0.
type framing func(b []byte) (length int, fixed uint32)

// chain reports whether b begins with frames that follow on one another: as
// many as prove the format, or as many as there are.
func chain(b []byte, whole bool, frame framing) bool {
	const proof = 4
	n, bits := frame(b)
	if n == 0 || bits == weak && len(b) < proof*n {
		return false
	}
	for count := 1; ; count++ {
		switch {
		case count == proof:
			return true
		case n == len(b):
			return whole || count > 1
		case n > len(b):
			// The window, or the file, ends in this frame.
			return count > 2
		}
		b = b[n:]
		for {
			h, ok := id3.ParseHeader(b)
			if !ok {
				break
			}
			if h.Len() >= len(b) {
				return count > 1 || h.Len() == len(b) && whole
			}
			b = b[h.Len():]
		}
		const id3v1 = 128
		if whole && len(b) == id3v1 && string(b[:3]) == "TAG" {
			return count > 1
		}
		var next uint32
		if n, next = frame(b); n == 0 || next != bits {
			// Of the last frame perhaps not even the header is left.
			return count > 1 && len(b) < adts.HeaderLen
		}
	}
}

func adtsFrame(b []byte) (int, uint32) {
	if len(b) == 0 || b[0] != 0xff {
		return 0, 0
	}
	h, err := adts.ParseHeader(b)
	if err != nil {
		return 0, 0
	}
	return h.Length, uint32(h.ObjectType<<8 | h.RateIndex<<4 | h.Channels)
}

func mpegFrame(b []byte) (int, uint32) {
	if len(b) == 0 || b[0] != 0xff {
		return 0, 0
	}
	h, err := mp3.ParseHeader(b)
	if err != nil {
		return 0, 0
	}
	return h.FrameSize(), uint32(h.Version)<<24 | uint32(h.SampleRate) // the mode may change
}

// weak marks frames whose headers say little: of these it takes several to
// tell anything.
const weak = 1 << 31

// layerFrame knows the headers of MPEG audio Layer I and II.
func layerFrame(b []byte) (int, uint32) {
	h, err := layer2.ParseHeader(b)
	if err != nil {
		return 0, 0
	}
	return h.FrameSize(), uint32(h.Layer<<28 | h.Channels<<24 | h.SampleRate)
}

// ac3Frame knows the syncinfo of AC-3 (ATSC A/52 §5.3.1 and table 5.18).
func ac3Frame(b []byte) (int, uint32) {
	if len(b) < 6 || b[0] != 0x0b || b[1] != 0x77 {
		return 0, 0
	}
	code, rate := int(b[4]&0x3f), int(b[4]>>6)
	if code >= 38 || rate == 3 || b[5]>>3 > 8 {
		return 0, 0
	}
	kbit := [...]int{32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640}[code/2]
	switch rate {
	case 0:
		return 4 * kbit, weak
	case 1:
		return 2 * (320*kbit/147 + code%2), weak
	}
	return 6 * kbit, weak
}

// eac3Frame knows the syncinfo of E-AC-3 (ATSC A/52 annex E, §2.3.1).
func eac3Frame(b []byte) (int, uint32) {
	if len(b) < 6 || b[0] != 0x0b || b[1] != 0x77 || b[5]>>3 <= 10 || b[5]>>3 > 16 {
		return 0, 0
	}
	return 2 * (int(b[2]&7)<<8 + int(b[3]) + 1), weak
}

// latmFrame knows AudioSyncStream (ISO/IEC 14496-3 §1.7.2).
func latmFrame(b []byte) (int, uint32) {
	if len(b) < 3 || b[0] != 0x56 || b[1]&0xe0 != 0xe0 {
		return 0, 0
	}
	return 3 + int(b[1]&0x1f)<<8 + int(b[2]), weak
}

// text tells kinds of text apart by how they begin.
func text(b []byte) FileType {
	if bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return Text // UTF-16
	}
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	if !printable(b) {
		return Unknown
	}
	b = bytes.TrimSpace(b)
	start := bytes.ToLower(b[:min(len(b), 512)])
	for len(start) > 0 && bytes.HasPrefix(start, []byte("<!--")) {
		_, start, _ = bytes.Cut(start, []byte("-->"))
		start = bytes.TrimSpace(start)
	}
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<script", "<title", "<meta"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return HTML
		}
	}
	switch {
	case bytes.HasPrefix(start, []byte("<?xml")) && bytes.Contains(start, []byte("<html")):
		return HTML
	case bytes.HasPrefix(start, []byte("#extm3u")):
		return Playlist
	case bytes.HasPrefix(start, []byte("{")), bytes.HasPrefix(start, []byte("[")):
		return JSON
	}
	return Text
}

// printable reports whether b is UTF-8 text, of which the last character may
// be cut.
func printable(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			return len(b) < utf8.UTFMax && !utf8.FullRune(b)
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != 0x1b:
			return false
		}
		b = b[n:]
	}
	return true
}
