package archive

import (
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Names in an archive are claims by whoever packed it. They are taken apart
// here to find out what a member is; none of them ever becomes a path.

const (
	maxShown   = 120 // bytes of a name in a message
	maxBase    = 255 // bytes of a file name, on all systems
	maxParents = 8   // folders above the data folder
)

// splitName returns the elements of a member's name that are folders or files
// by any system's rules: no "..", no drive, no empty ones. It reports whether
// the name is one that no archiver of good will writes.
func splitName(name string) (elems []string, odd bool) {
	odd = strings.HasPrefix(name, "/") || strings.HasPrefix(name, `\`) || !utf8.ValidString(name)
	for rest := name; rest != ""; {
		i := strings.IndexAny(rest, `/\`)
		e := rest
		if i >= 0 {
			e, rest = rest[:i], rest[i+1:]
		} else {
			rest = ""
		}
		switch {
		case e == "" || e == ".":
			continue
		case e == ".." || len(e) == 2 && e[1] == ':':
			odd = true
			continue
		}
		if len(e) > maxBase || strings.ContainsFunc(e, unicode.IsControl) || strings.Contains(e, ":") {
			odd = true
		}
		elems = append(elems, e)
	}
	return elems, odd
}

// isIgnored reports whether the systems of those who re-pack an archive put
// such a file there by themselves.
func isIgnored(elems []string) bool {
	if len(elems) == 0 {
		return true
	}
	for _, e := range elems[:len(elems)-1] {
		if e == "__MACOSX" {
			return true
		}
	}
	base := elems[len(elems)-1]
	return strings.HasPrefix(base, "._") || base == ".DS_Store" ||
		strings.EqualFold(base, "Thumbs.db") || strings.EqualFold(base, "desktop.ini")
}

// showName makes a name safe to print: one line of text of bounded length.
func showName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD"))
	if len(name) <= maxShown {
		return name
	}
	cut := len(name) - maxShown // the end says more than the beginning
	for !utf8.RuneStart(name[cut]) {
		cut++
	}
	return "…" + name[cut:]
}

// IsSpaceID reports whether s has the shape of a Space id.
func IsSpaceID(s string) bool {
	if len(s) < 10 || len(s) > 16 {
		return false
	}
	return alnumPrefix(s) == len(s)
}

// alnumPrefix returns how many ASCII letters and digits s begins with.
func alnumPrefix(s string) int {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return i
		}
	}
	return len(s)
}

// ParseMediaName takes apart the file name of a piece of Spaces audio,
// `space-<id>_<n>.ts`. Any extension will do, and what browsers and file
// managers add to copies (" (1)", " - Copy"). Without a number the piece is 0.
func ParseMediaName(base string) (spaceID string, piece int, ok bool) {
	const prefix = "space-"
	if len(base) < len(prefix) || !strings.EqualFold(base[:len(prefix)], prefix) {
		return "", 0, false
	}
	rest := base[len(prefix):]
	n := alnumPrefix(rest)
	spaceID, rest = rest[:n], rest[n:]
	if !IsSpaceID(spaceID) {
		return "", 0, false
	}
	if strings.HasPrefix(rest, "_") {
		n := 1
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		number := rest[1:n]
		rest = rest[n:]
		if number == "" || len(number) > 6 {
			return "", 0, false
		}
		piece, _ = strconv.Atoi(number) // at most six digits
	}
	if alnumPrefix(rest) > 0 || rest != "" && rest[0] >= utf8.RuneSelf {
		return "", 0, false
	}
	return spaceID, piece, true
}

// isSpacesFolder reports whether dir is named as X names, or would name, the
// folder of Spaces audio: spaces_media.
func isSpacesFolder(dir string) bool {
	s := foldKey(dir)
	return strings.HasPrefix(s, "space") && strings.HasSuffix(s, "media")
}

// notAudio holds the extensions of files in a media folder that are certainly
// no recordings.
var notAudio = sync.OnceValue(func() map[string]bool {
	return map[string]bool{
		".js": true, ".json": true, ".html": true, ".htm": true, ".txt": true, ".md": true, ".csv": true, ".xml": true,
		".jpg": true, ".jpeg": true, ".png": true, ".gif": true, ".webp": true, ".svg": true, ".pdf": true, ".vtt": true, ".srt": true,
	}
})

// scriptName takes apart the file name of a data script: tweets-part12.js is
// part 12 of "tweets".
func scriptName(base string) (stem string, part int, ok bool) {
	base = strings.ToLower(base)
	stem, ok = strings.CutSuffix(base, ".js")
	if !ok || stem == "" {
		return "", 0, false
	}
	if i := strings.LastIndex(stem, "-part"); i > 0 {
		if n, err := strconv.Atoi(stem[i+len("-part"):]); err == nil && n >= 0 {
			return stem[:i], n, true
		}
	}
	return stem, 0, true
}

// Scripts of the data folder that are read, by stem. X called tweets.js
// tweet.js until autumn 2022.
const (
	scriptManifest  = "manifest"
	scriptAccount   = "account"
	scriptProfile   = "profile"
	scriptSpaces    = "spaces-metadata"
	scriptTweets    = "tweets"
	scriptTweet     = "tweet"
	scriptNotes     = "note-tweet"
	scriptCommunity = "community-tweet"
)

// rootWeight says how surely a folder that holds a script of this name is the
// data folder of an archive.
var rootWeight = sync.OnceValue(func() map[string]int {
	return map[string]int{
		scriptManifest: 8, scriptSpaces: 4, scriptTweets: 2, scriptTweet: 2, scriptNotes: 2, scriptCommunity: 2, scriptAccount: 1, scriptProfile: 1,
	}
})

// typeName turns the name of a script or media folder into the one that the
// manifest uses: spaces-metadata is spacesMetadata.
func typeName(stem string) string {
	words := strings.FieldsFunc(stem, func(r rune) bool { return r == '-' || r == '_' })
	for i, w := range words {
		if i > 0 {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}

// foldKey folds the spellings of a name into one: case, "_" and "-" do not
// count.
func foldKey(s string) string {
	folded := true
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' || c == '_' || c == '-' || c >= utf8.RuneSelf {
			folded = false
			break
		}
	}
	if folded {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}
