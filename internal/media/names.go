package media

import (
	"errors"
	"sync"

	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/mpegts"
	"github.com/spaces-cli/spaces/internal/media/recode"
	"github.com/spaces-cli/spaces/internal/media/wav"
)

// names are what people call the formats that hold sound and are not read, or
// not always.
var names = sync.OnceValue(func() map[FileType]string {
	return map[FileType]string{
		WAV: "a WAV file", Ogg: "an Ogg file", Matroska: "a Matroska or WebM file", AIFF: "an AIFF file", AMR: "an AMR file (the voice coding of phones)",
		ASF: "a Windows Media file (WMA, WMV)", CAF: "a Core Audio file (CAF)", AU: "an AU file", AVI: "an AVI file",
		FlashFLV: "a Flash video", MPEGPS: "an MPEG program stream (VOB, MPG)", APE: "a Monkey's Audio file", WavPack: "a WavPack file",
		DSD: "a DSD file", TTA: "a TTA file (True Audio)", Musepack: "a Musepack file", RealMedia: "a RealMedia file",
		AC3: "Dolby Digital (AC-3)", EAC3: "Dolby Digital Plus (E-AC-3)", DTS: "DTS, the sound of films",
		LATM: "AAC in LATM frames, as broadcasters send it", MPEGLayer: "MPEG audio Layer I or II (MP2, as broadcasters use it)",
		W64: "a Wave64 file (W64)", TAK: "a TAK file", Shorten: "a Shorten file", OptimFROG: "an OptimFROG file",
		MIDI: "a MIDI file", Module: "a tracker module (MOD, XM, S3M, IT)",
	}
})

// One command converts what is not read: what is coded with loss becomes AAC, and
// what is not becomes FLAC.
const (
	convert         = "convert it first: ffmpeg -i IN -c:a aac -vn OUT.m4a"
	convertLossless = "convert it first, which loses nothing: ffmpeg -i IN -vn OUT.flac"
	// again is the hint for what no recording is like.
	again = "download the recording again and check that it plays"
)

// converting returns the hint for sound of a kind that is not read.
func converting(kind FileType) string {
	switch kind {
	case APE, WavPack, TTA, TAK, Shorten, W64, AU, CAF, AIFF:
		return convertLossless
	case DSD:
		return "convert it first: ffmpeg -i IN -ar 48000 -sample_fmt s32 OUT.flac"
	case OptimFROG:
		return "convert it to WAV with the program that made it"
	case MIDI, Module:
		return "it holds notes, not a recording: have a player write it as WAV"
	}
	return convert
}

// Hint returns what the user may do about an error of Open or of a Reader, or "".
func Hint(err error) string {
	var not *NotAudioError
	if errors.As(err, &not) {
		return not.Hint()
	}
	for _, coding := range []error{mp4.ErrCodec, mpegts.ErrNoAudio, mpegts.ErrLATM, recode.ErrUnsupported, wav.ErrCompressed} {
		if errors.Is(err, coding) {
			return convert
		}
	}
	return ""
}

// notAudio returns the error for each Kind that cannot be read.
func notAudio(kind FileType) error {
	e := &NotAudioError{Kind: kind}
	switch kind {
	case ZIP:
		e.What, e.hint = "a ZIP archive, not audio", "give spaces the archive itself, or unpack it and give the recording in it"
	case HTML:
		e.What, e.hint = "an HTML page, not audio: the download failed", again
	case JSON:
		e.What, e.hint = "JSON data, not audio", "if it was meant to be a recording, the download failed: "+again
	case Playlist:
		e.What, e.hint = "a playlist (M3U8), not audio: it lists where the audio is", "download the listed audio while X still has it, for example with yt-dlp"
	case Text:
		e.What, e.hint = "text, not audio", ""
	case Zeros:
		e.What, e.hint = "only zero bytes: the download or the disk failed", again
	case Empty:
		e.What, e.hint = "an empty file", again
	case Unknown:
		e.What, e.hint = "an unknown audio format", convert
	default:
		e.What, e.hint = names()[kind]+": spaces does not support this format", converting(kind)
	}
	return e
}
