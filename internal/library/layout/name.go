package layout

import (
	"path"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"

	"github.com/rivo/uniseg"
	"golang.org/x/text/unicode/norm"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// The names of folders and files are built here from what is known of a
// Space, never taken from an archive. They hold on Windows, macOS and Linux
// alike, so that a library can be copied anywhere.
const (
	// maxTitleBytes bounds the title part of a name.
	maxTitleBytes = 80
	// maxPath is the longest path below the library in UTF-16 units. Windows
	// allows 260 for a whole path.
	maxPath = 200
	// longestInside is the longest path we write inside a recording's folder
	// whose length does not depend on the title: a packet index.
	longestInside = len("/"+Own+"/") + 64 + len(".idx")
)

var link = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`https?://\S+`)
})

// Folder returns the folder of a recording below the library:
// recordings/2021/2021-06-14 Title [id].
func Folder(r *space.Recording) string {
	year, date := "undated", ""
	if !r.StartedAt.IsZero() {
		day := r.StartedAt.UTC().Format("2006-01-02")
		year, date = day[:4], day+" "
	}
	before := Recordings + "/" + year + "/" + date
	after := " [" + r.ID + "]"
	title := "Space"
	if r.TitleSource != space.TitleDate {
		title = titlePart(r.Title, maxPath-len(before)-len(after)-longestInside)
	}
	return before + title + after
}

// FileName returns the name without extension of the playable file in a
// recording's folder.
func FileName(r *space.Recording, folder string) string {
	title := r.Title
	if r.TitleSource == space.TitleDate {
		title = "Space"
		if !r.StartedAt.IsZero() {
			title += r.StartedAt.UTC().Format(" 2006-01-02")
		}
	}
	// Room for "/", a number when there are several files, and an extension.
	return titlePart(title, maxPath-units(folder)-len("/ (10).flac"))
}

// SafeName makes a text fit for the name of a file on Windows, macOS and
// Linux, of at most max UTF-16 units. It never returns an empty one.
func SafeName(text string, max int) string { return titlePart(text, max) }

// titlePart makes a title fit for a file name: NFC, without links and without
// what any file system forbids, at most maxTitleBytes bytes and max UTF-16
// units, cut between graphemes.
func titlePart(title string, max int) string {
	title = norm.NFC.String(strings.ToValidUTF8(link().ReplaceAllString(title, " "), " "))
	title = strings.Map(func(r rune) rune {
		switch {
		case r == '#' || r == '@':
			return -1 // the word behind it stays
		case strings.ContainsRune(`<>:"/\|?*`, r), unicode.IsControl(r), unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Bidi_Control, r), r == '\uFEFF', r == '\uFFFD', unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, title)
	title = strings.Join(strings.Fields(title), " ")
	title = strings.Trim(cut(title, maxTitleBytes, max), " .")
	if title == "" {
		return "Space"
	}
	if reserved(title) {
		title += "_"
	}
	return title
}

// cut shortens s to at most so many bytes and UTF-16 units, between graphemes.
func cut(s string, bytes, utf16 int) string {
	end, n, state := 0, 0, -1
	for rest := s; rest != ""; {
		var g string
		g, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		n += units(g)
		if end+len(g) > bytes || n > utf16 {
			return s[:end]
		}
		end += len(g)
	}
	return s
}

// units is the length of s in UTF-16 units, in which Windows counts.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

var device = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])$`)
})

// reserved reports whether Windows takes name for a device, whatever its
// extension.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	return device().MatchString(strings.TrimSpace(stem))
}

var extension = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\.[a-z0-9]{1,5}$`)
})

// OriginalName builds the name under which an original is kept: for a loose
// file its own name made safe, for a member of an archive
// space-<id>_<piece>.ts.
func OriginalName(member string) string {
	base := path.Base(strings.ReplaceAll(member, `\`, "/"))
	ext := strings.ToLower(path.Ext(base))
	if !extension().MatchString(ext) {
		ext = ""
	}
	stem := titlePart(base[:len(base)-len(ext)], 60)
	return stem + ext
}

// Names are what the names of folders and files say of a recording: that of its
// folder, the title in it, and the file to play.
func Names(r *space.Recording) []string {
	folder := Folder(r)
	title := strings.TrimSuffix(path.Base(folder), " ["+r.ID+"]")
	if !r.StartedAt.IsZero() {
		_, title, _ = strings.Cut(title, " ")
	}
	return []string{path.Base(folder), title, FileName(r, folder)}
}

// idInFolder finds the id in a folder's name, also when the host has renamed
// the rest.
var idInFolder = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\[([0-9A-Za-z]{10,16})\]`)
})

// IDs returns what stands in the name of a recording's folder, or of what was
// kept of a removed one, where its id does.
func IDs(folder string) (ids []string) {
	for _, m := range idInFolder().FindAllStringSubmatch(path.Base(folder), -1) {
		ids = append(ids, m[1])
	}
	return ids
}
