// Package format is the table of the formats that files of sound are written
// in: what they are called, what they hold, and what writes them. A new one is
// its encoder and an entry here.
package format

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Format names one: the extension of its files, without the dot. The words
// appear in JSON.
type Format string

const (
	M4A  Format = "m4a"
	AAC  Format = "aac" // bare ADTS frames
	MP3  Format = "mp3"
	Opus Format = "opus"
	FLAC Format = "flac"
	WAV  Format = "wav"
	MP4  Format = "mp4" // a video with the sound of an M4A
)

// An Entry is what is known of a format.
type Entry struct {
	Format Format
	// MediaType is what feeds and uploads call it.
	MediaType string
	// WebType is what browsers call it, where that differs.
	WebType string
	// File is what a file of it is by its content.
	File track.Format
	// Holds are the codecs whose access units it holds as they are.
	Holds []track.Codec
	// Lossless means that encoding loses nothing.
	Lossless bool
	// Cover, Tags and Chapters say what a file can hold beside the sound.
	Cover, Tags, Chapters bool
	// Comments means that chapters stand in it as Vorbis comments.
	Comments bool
	// Picture means that it is a video.
	Picture bool
	// Rates are the sample rates that Encode takes, best first; none means any.
	Rates []int
	// Encode writes samples, or is nil: a file could not say where they begin.
	Encode func(context.Context, io.Writer, encode.Sound, encode.Options) error
	// write starts a file of access units as they are, or is nil.
	write func(io.Writer, *Units) (UnitWriter, error)
}

// table is in the order in which help lists the formats.
func table() []Entry {
	return []Entry{
		{Format: M4A, File: track.MP4, MediaType: "audio/x-m4a", WebType: "audio/mp4", Holds: []track.Codec{track.AACLC, track.HEAAC, track.AACOther, track.Opus},
			Cover: true, Tags: true, Chapters: true, Rates: encode.AACRates, Encode: encode.M4A, write: writeM4A},
		{Format: MP3, File: track.MP3File, MediaType: "audio/mpeg", Holds: []track.Codec{track.MP3},
			Cover: true, Tags: true, Chapters: true, Rates: encode.MP3Rates, Encode: encode.MP3, write: writeMP3},
		{Format: Opus, File: track.Ogg, MediaType: "audio/ogg", Holds: []track.Codec{track.Opus}, write: writeOpus, Cover: true, Tags: true, Comments: true, Rates: encode.OpusRates, Encode: encode.Opus},
		// FLAC is cut by encoding it again, which loses nothing.
		{Format: FLAC, File: track.FLACRaw, MediaType: "audio/flac", Lossless: true, Cover: true, Tags: true, Comments: true, Encode: encode.FLAC, write: writeFLAC},
		{Format: WAV, File: track.WAV, MediaType: "audio/wav", Holds: []track.Codec{track.PCM}, Lossless: true, Encode: encode.WAV, write: writeWAV},
		// ADTS cannot say what HE-AAC and the like need, and not every site
		// that takes videos takes these.
		{Format: AAC, File: track.ADTS, MediaType: "audio/aac", Holds: []track.Codec{track.AACLC}, write: writeAAC},
		{Format: MP4, File: track.MP4, MediaType: "video/mp4", Holds: []track.Codec{track.AACLC}, Picture: true,
			Cover: true, Tags: true, Chapters: true, Rates: encode.AACRates, Encode: encode.M4A, write: writeM4A},
	}
}

// All returns all formats.
func All() []Format { return names(func(Entry) bool { return true }) }

// Sound returns those without pictures.
func Sound() []Format { return names(func(e Entry) bool { return !e.Picture }) }

// Encoded returns those of sound that can be encoded.
func Encoded() []Format { return names(func(e Entry) bool { return !e.Picture && e.Encode != nil }) }

func names(want func(Entry) bool) []Format {
	var list []Format
	for _, e := range table() {
		if want(e) {
			list = append(list, e.Format)
		}
	}
	return list
}

// Entry returns what is known of f; the zero Entry if it is none of All.
func (f Format) Entry() Entry {
	for _, e := range table() {
		if e.Format == f {
			return e
		}
	}
	return Entry{}
}

// Ext returns the extension of f's files, with the dot.
func (f Format) Ext() string { return "." + string(f) }

// Keeps reports whether f holds the access units of codec c as they are.
func (f Format) Keeps(c track.Codec) bool { return slices.Contains(f.Entry().Holds, c) }

// OfTrack returns the format that an opened file has by its content, or "".
func OfTrack(tr *track.Track) Format {
	for _, e := range table() {
		if e.File == tr.Format && e.Picture == tr.Video {
			return e.Format
		}
	}
	return ""
}

// Native returns the format in which sound of a codec is handed out and cut
// without losing anything; ok is false if there is none.
func Native(c track.Codec) (f Format, ok bool) {
	if c == track.FLAC {
		return FLAC, true
	}
	for _, e := range table() {
		if slices.Contains(e.Holds, c) {
			return e.Format, true
		}
	}
	return "", false
}

// An UnknownError means that a word names none of the formats in question.
type UnknownError struct {
	Name  string
	Known []Format
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("unknown format %q (use %s)", e.Name, List(e.Known))
}

// Parse reads the name or the extension of one of the formats in known. The
// empty text is the empty Format. The error is an *UnknownError.
func Parse(s string, known []Format) (Format, error) {
	f := Format(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "."))
	if f == "" || slices.Contains(known, f) {
		return f, nil
	}
	return "", &UnknownError{s, known}
}

// Of returns the format that a file's name asks for; ok is false if its
// extension is none of those known.
func Of(name string, known []Format) (f Format, ok bool) {
	f, err := Parse(path.Ext(name), known)
	return f, err == nil && f != ""
}

// List writes formats as a choice: "m4a, mp3 or opus".
func List(list []Format) string { return choice(list, "") }

// Exts writes their extensions as a choice: ".m4a, .mp3 or .opus".
func Exts(list []Format) string { return choice(list, ".") }

func choice(list []Format, before string) string {
	var b strings.Builder
	for i, f := range list {
		switch {
		case i > 0 && i == len(list)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(before + string(f))
	}
	return b.String()
}

// others are the media types of files that are sent or shown but never written
// as sound.
var others = sync.OnceValue(func() map[string]string {
	return map[string]string{".ogg": "audio/ogg", ".ts": "video/mp2t"}
})

// MediaType returns what feeds and uploads call files of an extension, or "".
func MediaType(ext string) string {
	ext = strings.ToLower(ext)
	if t := Format(strings.TrimPrefix(ext, ".")).Entry().MediaType; t != "" {
		return t
	}
	return others()[ext]
}

// WebType returns what browsers call files of an extension, or "".
func WebType(ext string) string {
	if t := Format(strings.TrimPrefix(strings.ToLower(ext), ".")).Entry().WebType; t != "" {
		return t
	}
	return MediaType(ext)
}
