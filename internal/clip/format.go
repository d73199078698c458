package clip

import (
	"fmt"
	"path/filepath"
	"slices"
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
	MP4  Format = "mp4" // a video: the sound, and what Request.Film makes
)

// Formats lists those of sound.
var Formats = [...]Format{M4A, AAC, MP3, WAV, FLAC, Opus}

// ParseFormat reads the name or extension of one of Formats, or of more. The
// empty text is the empty Format, which means that of the recording.
func ParseFormat(s string, more ...Format) (Format, error) {
	name := Format(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "."))
	if name == "" {
		return "", nil
	}
	list := append(Formats[:len(Formats):len(Formats)], more...)
	if slices.Contains(list, name) {
		return name, nil
	}
	var names []string
	for _, f := range list {
		names = append(names, string(f))
	}
	return "", problem(BadRequest, fmt.Sprintf("there is no format %q", s), "it is one of "+strings.Join(names, ", "))
}

// FormatOf returns the format that a file's name asks for; ok is false if it
// has no extension that says one of Formats, or of more.
func FormatOf(name string, more ...Format) (f Format, ok bool) {
	f, err := ParseFormat(filepath.Ext(name), more...)
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
	case AAC, MP4: // ADTS cannot say what HE-AAC and the like need; not all who take videos take these
		return c == track.AACLC
	case MP3:
		return c == track.MP3
	case WAV:
		return c == track.PCM
	}
	return false
}

// isAAC reports whether codec is AAC of any kind.
func isAAC(c track.Codec) bool {
	return c == track.AACLC || c == track.HEAAC || c == track.AACOther
}
