package title

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A pattern is a regular expression that is compiled when it is first used.
type pattern struct {
	expr string
	once sync.Once
	re   *regexp.Regexp
}

func (p *pattern) get() *regexp.Regexp {
	p.once.Do(func() { p.re = regexp.MustCompile(p.expr) })
	return p.re
}

var (
	// formatCode is what yt-dlp adds to the name of one of several formats.
	formatCode = pattern{expr: `(?i)\.(?:f\d{1,4}|fhls-[\w-]+|temp)$`}
	// unfinished is what programs add to names while they download.
	unfinished = pattern{expr: `(?i)\.(?:part|crdownload|download|ytdl)$`}
	// creator is how twspace-dl begins a name: (creator)title-id.
	creator = pattern{expr: `^\([^()]{1,60}\)\s*`}
	// screenName is how the example in its manual begins, [handle]-title_date.
	screenName = pattern{expr: `^\[@?\w{1,15}\][-_ ]+(.*?)(?:[-_|｜ ]+\d{4}-\d\d-\d\d)?$`}
	// inPlaylist is the number in a playlist, or the date, that yt-dlp is often told
	// to begin names with.
	inPlaylist = pattern{expr: `^(?:\d{1,4}|20\d{6})(?: ?- ?|_-_|_| (?:\d{8} ?- ?)?)`}
	padded     = pattern{expr: `^0\d{1,3}(?: ?- ?|_-_)`}
	// missing is what yt-dlp writes for what it does not know.
	missing = pattern{expr: `^(?:NA(?: ?- ?|_-_))+`}
	// copied is what browsers and file managers add.
	copied = pattern{expr: `(?i)(?: ?\(\d{1,3}\)| - (?:copy|copie|kopie|copia)(?: \(\d{1,3}\))?)$`}
	// anyID is one of X's that is not the one that is known, and videoID one of
	// YouTube's, where hosts put copies.
	anyID   = pattern{expr: `[\[(]1[0-9A-Za-z]{12}[\])]$`}
	videoID = pattern{expr: `\[(?:[\w-]*[a-z][\w-]*[0-9A-Z][\w-]*|[\w-]*\d[\w-]*)\]$`}
)

// InName returns the title that yt-dlp, twspace-dl or a person put into a
// file's name, or "" where a machine made up the name. An id in brackets or at the
// end is no part of it.
func InName(member, id string) string {
	stem := strings.ToValidUTF8(member, "\uFFFD")
	stem = unfinished.get().ReplaceAllString(stem, "")
	if e := path.Ext(stem); len(e) > 1 && len(e) <= 6 && !strings.Contains(e, " ") {
		stem = strings.TrimSuffix(stem, e)
	}
	if strings.Contains(stem, "%20") {
		if plain, err := url.PathUnescape(stem); err == nil && utf8.ValidString(plain) {
			stem = plain
		}
	}
	stem = formatCode.get().ReplaceAllString(copied.get().ReplaceAllString(stem, ""), "")
	stem, named := withoutID(stem, id)
	stem = missing.get().ReplaceAllString(stem, "")
	if m := screenName.get().FindStringSubmatch(stem); m != nil {
		stem = m[1]
	}
	if number := inPlaylist.get().FindString(stem); named && number != "" && number != stem || padded.get().MatchString(stem) {
		stem = stem[len(number):]
		stem = missing.get().ReplaceAllString(stem, "")
	}
	title := strings.Join(strings.Fields(stem), " ")
	title = strings.Trim(title, " -_.·–|")
	if title == "NA" || byMachine(title) {
		return ""
	}
	if !strings.Contains(title, " ") { // yt-dlp --restrict-filenames
		title = strings.Join(strings.FieldsFunc(title, func(r rune) bool { return r == '_' }), " ")
	}
	return typed(title)
}

// withoutID takes the id of a Space out of a name, and reports whether it was there.
func withoutID(stem, id string) (rest string, named bool) {
	i := strings.LastIndex(stem, id)
	if id == "" || i < 0 {
		rest = anyID.get().ReplaceAllString(stem, "")
		if m := videoID.get().FindString(stem); len(m) == len("[dQw4w9WgXcQ]") {
			rest = strings.TrimSuffix(stem, m)
		}
		return rest, rest != stem
	}
	before, after := stem[:i], stem[i+len(id):]
	switch {
	case strings.HasSuffix(before, "[") && strings.HasPrefix(after, "]"):
		return strings.TrimRight(before[:len(before)-1], "_") + after[1:], true
	case strings.HasSuffix(before, "(") && strings.HasPrefix(after, ")"):
		return strings.TrimRight(before[:len(before)-1], "_") + after[1:], true
	case strings.Trim(after, "-_ 0123456789") == "":
		return creator.get().ReplaceAllString(before, ""), true
	}
	return before + " " + after, true
}

// substitutes are the characters that yt-dlp writes for those that file systems
// refuse, each with the one it stands for.
var substitutes = [...][2]rune{
	{'：', ':'}, {'？', '?'}, {'／', '/'}, {'＂', '"'}, {'＊', '*'}, {'｜', '|'}, {'＜', '<'}, {'＞', '>'}, {'＼', '\\'}, {'⧸', '/'}, {'⧹', '\\'},
}

// typed puts the characters back that stand for others. In Chinese and Japanese
// the full-width ones are what people type.
func typed(title string) string {
	runes := []rune(title)
	out := slices.Clone(runes)
	for i, r := range runes {
		n := slices.IndexFunc(substitutes[:], func(s [2]rune) bool { return s[0] == r })
		if n >= 0 && (r == '⧸' || r == '⧹' || !wide(runes, i, -1) && !wide(runes, i, 1)) {
			out[i] = substitutes[n][1]
		}
	}
	return string(out)
}

// wide reports whether the next letter from i on is of a script with full-width
// punctuation.
func wide(runes []rune, i, step int) bool {
	for i += step; i >= 0 && i < len(runes); i += step {
		if r := runes[i]; unicode.IsLetter(r) || unicode.IsNumber(r) {
			return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo)
		}
	}
	return false
}

// emptyWords are those of which recorders, phones and programs make up names. A name
// of these and numbers says nothing about what was said.
var emptyWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.Fields(`
		a an and at by from in le les la my new of on the to x
		audio audios aud clip film mic movie mov music mvi sound stereo mono track video vid voice wave waveform
		memo memos note record recorded recorder recording recordings rec capture captured dictaphone dvr screen
		img image pxl dsc dji gopr gopro camera phone iphone android samsung pixel
		zoom gmt utc meeting meet teams webex obs whatsapp telegram signal discord ptt wa line
		file untitled unnamed noname unknown default download downloads downloaded output out input temp tmp test sample demo
		space spaces twitter periscope pscp tweet
		chunk chunks playlist master index replay segment seg frag fragment init stream hls live dash only transcode transcoded
		full final copy part pt take edit edited export exported mix mixdown master session project sequence version ver vol
		aac adts flac m4a mka mkv mp mp3 mp4 mpeg ogg opus ts wav webm kbps khz hz
		jan feb mar apr may jun jul aug sep sept oct nov dec am pm
		january february march april june july august september october november december
		monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
		neue neuer neues aufnahme aufnahmen aufzeichnung sprachmemo sprachaufnahme datei unbenannt kopie
		nouvel nouvelle enregistrement fichier sans titre nueva nuevo grabación grabacion archivo copia nuova registrazione gravação`) {
		words[w] = true
	}
	return words
})

// MadeUp reports whether a title, in a file's tags, is one that a recorder made up.
func MadeUp(title string) bool { return byMachine(strings.TrimSpace(title)) }

// byMachine reports whether a name was made up without a title: it has no word that
// says something.
func byMachine(name string) bool {
	if utf8.RuneCountInString(name) < 2 {
		return true
	}
	split := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) && r != '\'' && r != '’'
	}
	tokens := strings.FieldsFunc(name, split)
	coded := 0
	for _, t := range tokens {
		word := strings.TrimRightFunc(t, unicode.IsNumber) // episode5
		switch {
		case word == "":
		case code(t, word):
			coded++
		case !emptyWords()[strings.ToLower(word)]:
			if strings.Contains(name, " ") || coded == 0 || utf8.RuneCountInString(word) > 3 {
				return hexadecimal(tokens)
			}
		}
	}
	return true
}

// code reports whether a token is no word: letters and digits mixed, or letters as
// chance has them. word is the token without the digits at its end.
func code(token, word string) bool {
	const longest = 5 // digits behind a word
	runes := []rune(word)
	if len(token)-len(word) > longest || len(runes) == 1 && runes[0] < utf8.RuneSelf {
		return !emptyWords()[strings.ToLower(word)]
	}
	digits, changes := 0, 0
	for i, r := range runes {
		if unicode.IsNumber(r) {
			digits++
		}
		if i > 0 && unicode.IsLower(runes[i-1]) && unicode.IsUpper(r) {
			changes++
		}
	}
	if digits > 0 { // 2nd and 3D are words
		return len(runes) > 4 || digits > 1
	}
	return len(runes) >= 8 && changes*3 > len(runes)
}

// hexadecimal reports whether tokens are parts of a UUID or a hash.
func hexadecimal(tokens []string) bool {
	digits, letters := 0, 0
	for _, t := range tokens {
		for _, r := range strings.ToLower(t) {
			switch {
			case r >= '0' && r <= '9':
				digits++
			case r >= 'a' && r <= 'f':
				letters++
			default:
				return false
			}
		}
	}
	return digits > 0 && digits+letters >= 8
}
