package clip

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Format is a kind of file that clips are written as. It is the file's
// extension, without the dot.
type Format string

const (
	M4A  Format = "m4a"
	AAC  Format = "aac" // bare ADTS frames
	MP3  Format = "mp3"
	WAV  Format = "wav"
	FLAC Format = "flac"
	Opus Format = "opus"
)

// Formats lists them all.
var Formats = [...]Format{M4A, AAC, MP3, WAV, FLAC, Opus}

// ParseFormat reads a format's name or extension. The empty text is the
// empty Format, which means that of the recording.
func ParseFormat(s string) (Format, error) {
	name := Format(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "."))
	if name == "" {
		return "", nil
	}
	for _, f := range Formats {
		if f == name {
			return f, nil
		}
	}
	return "", &Problem{BadRequest, fmt.Sprintf("there is no format %q", s), "it is one of m4a, aac, mp3, wav, flac, opus"}
}

// FormatOf returns the format that a file's name asks for; ok is false if it
// has no extension that says one.
func FormatOf(name string) (f Format, ok bool) {
	f, err := ParseFormat(filepath.Ext(name))
	return f, err == nil && f != ""
}

// native is the format in which audio of a codec is cut without re-encoding.
func native(c track.Codec) Format {
	switch {
	case isAAC(c):
		return M4A
	case c == track.MP3:
		return MP3
	case c == track.FLAC:
		return FLAC
	}
	return WAV
}

// keeps reports whether f holds the access units of codec c as they are.
func (f Format) keeps(c track.Codec) bool {
	switch f {
	case M4A:
		return isAAC(c)
	case AAC: // ADTS cannot say what HE-AAC and the like need
		return c == track.AACLC
	case MP3:
		return c == track.MP3
	case WAV:
		return c == track.PCM
	}
	return false
}
