package archive

import (
	"bytes"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/archive/series"
)

// A PathKind says what a path is, so that a command knows which door it takes.
type PathKind string

const (
	ArchiveZIP    PathKind = "archive-zip"    // a ZIP, also one that Open will refuse
	ArchiveFolder PathKind = "archive-folder" // an unzipped archive
	AudioFile     PathKind = "audio-file"     // a loose recording
	AudioFolder   PathKind = "audio-folder"   // a folder of loose recordings
	ChunkFolder   PathKind = "chunk-folder"   // a folder of HLS chunks: one recording
	PlaylistFile  PathKind = "playlist"       // an HLS playlist: one recording
	Unrelated     PathKind = "unrelated"      // none of these; Open says what it is
)

// audioExtensions are those of recordings. Content decides where it can; a
// recording that begins inside a frame is told by its name alone.
var audioExtensions = sync.OnceValue(func() map[string]bool {
	return map[string]bool{
		".ts": true, ".aac": true, ".adts": true, ".m4a": true, ".mp4": true, ".m4v": true, ".mov": true, ".mp3": true,
		".wav": true, ".flac": true, ".ogg": true, ".oga": true, ".opus": true, ".mpegts": true, ".m2ts": true,
		".mkv": true, ".mka": true, ".webm": true, ".weba": true, ".aif": true, ".aiff": true, ".aifc": true, ".flv": true,
		".caf": true, ".au": true, ".snd": true, ".w64": true, ".avi": true,
	}
})

// Detect says what path is, from its first and last bytes or its list of
// files. The error is a *Problem: path cannot be read.
func Detect(path string) (PathKind, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Unrelated, fileProblem(err, path)
	}
	if info.IsDir() {
		return detectFolder(path)
	}
	kind, _, err := DetectFile(path)
	return kind, err
}

func detectFolder(path string) (PathKind, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return Unrelated, fileProblem(err, path)
	}
	defer root.Close()
	if len(findDataFolders(root)) > 0 {
		return ArchiveFolder, nil
	}
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return Unrelated, fileProblem(err, path)
	}
	parts, audio := 0, 0
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || isIgnored([]string{name}) {
			continue
		}
		if series.FromX(name) {
			parts++
		} else if audioExtensions()[strings.ToLower(filepath.Ext(name))] {
			audio++
		}
	}
	switch {
	case parts > audio:
		return ChunkFolder, nil
	case parts+audio > 0:
		return AudioFolder, nil
	}
	return Unrelated, nil
}

// headSize is how many first bytes sniff wants.
const headSize = 1024

// content is what the first bytes of a file say.
type content struct {
	words string // for a message: "a web page (HTML)"
	zip   bool
	audio bool
	other bool // certainly neither
	hint  string
}

const (
	hintDownload = "download the archive again while signed in to X"
	hintUnpack   = "unpack it and give spaces the folder"
)

var magics = []struct {
	offset int
	magic  string
	content
}{
	{0, "PK\x03\x04", content{words: "a ZIP", zip: true}},
	{0, "PK\x05\x06", content{words: "a ZIP", zip: true}},
	{0, "PK\x07\x08", content{words: "part of a ZIP that another program split", zip: true, hint: "join the parts with 7-Zip"}},
	{0, "Rar!", content{words: "a RAR archive", hint: hintUnpack}},
	{0, "7z\xbc\xaf\x27\x1c", content{words: "a 7-Zip archive", hint: hintUnpack}},
	{0, "\x1f\x8b", content{words: "a gzip file", hint: hintUnpack}},
	{0, "BZh", content{words: "a bzip2 file", hint: hintUnpack}},
	{0, "\xfd7zXZ\x00", content{words: "an xz file", hint: hintUnpack}},
	{257, "ustar", content{words: "a tar archive", hint: hintUnpack}},
	{0, "%PDF", content{words: "a PDF", other: true}},
	{0, "\x89PNG", content{words: "a picture (PNG)", other: true}},
	{0, "\xff\xd8\xff", content{words: "a picture (JPEG)", other: true}},
	{0, "GIF8", content{words: "a picture (GIF)", other: true}},
	{0, "MZ", content{words: "a Windows program", other: true}},
	{0, "SQLite format 3", content{words: "an SQLite database", other: true}},
	{0, "#EXTM3U", content{words: "a playlist (M3U8), which contains no audio", hint: "give spaces the audio file"}},
	{0, "ID3", content{words: "an audio file", audio: true}},
	{8, "WAVE", content{words: "an audio file (WAV)", audio: true}},
	{0, "fLaC", content{words: "an audio file (FLAC)", audio: true}},
	{0, "OggS", content{words: "an audio file (Ogg)", audio: true}},
	{8, "AIFF", content{words: "an audio file (AIFF)", audio: true}},
	{8, "AIFC", content{words: "an audio file (AIFF)", audio: true}},
	{0, "\x1a\x45\xdf\xa3", content{words: "an audio or video file (Matroska, WebM)", audio: true}},
	{0, "caff\x00", content{words: "an audio file (CAF)", audio: true}},
	{0, ".snd\x00", content{words: "an audio file (AU)", audio: true}},
	{0, "riff\x2e\x91\xcf\x11", content{words: "an audio file (Wave64)", audio: true}},
	{8, "AVI ", content{words: "a video (AVI)", audio: true}},
	{0, "FLV\x01", content{words: "a Flash video", audio: true}},
	{8, "heic", content{words: "a picture (HEIC)", other: true}},
	{8, "heix", content{words: "a picture (HEIC)", other: true}},
	{8, "mif1", content{words: "a picture (HEIF)", other: true}},
	{8, "avif", content{words: "a picture (AVIF)", other: true}},
	{4, "ftyp", content{words: "an audio or video file (MP4)", audio: true}},
}

// sniff says what a file is, from its first headSize bytes or fewer.
func sniff(head []byte) content {
	for _, m := range magics {
		if len(head) >= m.offset && bytes.HasPrefix(head[m.offset:], []byte(m.magic)) {
			return m.content
		}
	}
	text := bytes.TrimPrefix(bytes.TrimSpace(head), []byte("\xef\xbb\xbf"))
	lower := bytes.ToLower(text[:min(len(text), 64)])
	switch {
	case len(head) >= 16 && len(bytes.Trim(head, "\x00")) == 0:
		return content{words: "a file of zero bytes only (a failed download)", hint: hintDownload}
	case len(head) > 376 && head[0] == 0x47 && head[188] == 0x47 && head[376] == 0x47:
		return content{words: "an audio or video file (MPEG-TS)", audio: true}
	case len(head) > 2 && head[0] == 0xff && head[1]&0xe0 == 0xe0 && head[1] < 0xfe && head[2] != 0xff:
		return content{words: "an audio file (MPEG audio)", audio: true}
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<html")):
		return content{words: "a web page (HTML)", hint: hintDownload}
	case bytes.HasPrefix(lower, []byte("<")):
		return content{words: "an XML or HTML file", hint: hintDownload}
	case bytes.HasPrefix(lower, []byte("window.")):
		return content{words: "a single script from an archive", hint: "give spaces the whole archive"}
	case bytes.HasPrefix(lower, []byte("{")), bytes.HasPrefix(lower, []byte("[")):
		return content{words: "a JSON file", hint: hintDownload}
	case isText(head):
		return content{words: "a text file"}
	}
	return content{words: "a file of an unknown type"}
}

// isText reports whether b is UTF-8 without control characters. Its last
// character may be cut.
func isText(b []byte) bool {
	for range utf8.UTFMax - 1 {
		if r, size := utf8.DecodeLastRune(b); r == utf8.RuneError && size == 1 {
			b = b[:len(b)-1]
		}
	}
	return len(b) > 0 && utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f'
	})
}

// hasDirectoryEnd reports whether a file ends with the end of a ZIP's central
// directory (APPNOTE.TXT 4.3.16), which has a comment of at most 65535 bytes.
func hasDirectoryEnd(r io.ReaderAt, size int64) bool {
	tail := make([]byte, min(size, directoryEndSize+math.MaxUint16))
	n, err := r.ReadAt(tail, size-int64(len(tail)))
	return (err == nil || err == io.EOF) && n == len(tail) && lastDirectoryEnd(tail) >= 0
}
