package lettering

import (
	"strings"
	"unicode"

	"github.com/go-text/typesetting/language"
)

// A writing is a script as people call it, and the families that write it best,
// the best first: Noto's, then those of macOS and Windows.
type writing struct {
	name     string
	families []string
}

// writingOf tells of a script; in a language, where one script is written in
// several ways.
func writingOf(script language.Script, lang string) writing {
	switch script {
	case language.Arabic:
		if primary(lang) == "ur" {
			// Readers prefer Nastaliq, but go-text v0.3.5 puts the letters of Noto's
			// at other heights than HarfBuzz does.
			return writing{"Urdu", []string{"Noto Naskh Arabic", "Noto Sans Arabic", "Geeza Pro", "Segoe UI"}}
		}
		return writing{"Arabic", []string{"Noto Sans Arabic", "Noto Naskh Arabic", "SF Arabic", "Geeza Pro", "Segoe UI", "Arial"}}
	case language.Hebrew:
		return writing{"Hebrew", []string{"Noto Sans Hebrew", "SF Hebrew", "Arial Hebrew", "Segoe UI", "Arial"}}
	case language.Devanagari:
		return writing{"Devanagari", []string{"Noto Sans Devanagari", "Kohinoor Devanagari", "Nirmala UI", "Mangal"}}
	case language.Bengali:
		return writing{"Bengali", []string{"Noto Sans Bengali", "Kohinoor Bangla", "Nirmala UI", "Vrinda"}}
	case language.Tamil:
		return writing{"Tamil", []string{"Noto Sans Tamil", "Tamil Sangam MN", "Nirmala UI", "Latha"}}
	case language.Telugu:
		return writing{"Telugu", []string{"Noto Sans Telugu", "Kohinoor Telugu", "Nirmala UI", "Gautami"}}
	case language.Gujarati:
		return writing{"Gujarati", []string{"Noto Sans Gujarati", "Kohinoor Gujarati", "Nirmala UI", "Shruti"}}
	case language.Gurmukhi:
		return writing{"Gurmukhi", []string{"Noto Sans Gurmukhi", "Gurmukhi MN", "Nirmala UI", "Raavi"}}
	case language.Kannada:
		return writing{"Kannada", []string{"Noto Sans Kannada", "Kannada Sangam MN", "Nirmala UI", "Tunga"}}
	case language.Malayalam:
		return writing{"Malayalam", []string{"Noto Sans Malayalam", "Malayalam Sangam MN", "Nirmala UI", "Kartika"}}
	case language.Sinhala:
		return writing{"Sinhala", []string{"Noto Sans Sinhala", "Sinhala Sangam MN", "Nirmala UI", "Iskoola Pota"}}
	case language.Thai:
		return writing{"Thai", []string{"Noto Sans Thai", "Noto Looped Thai", "Thonburi", "Leelawadee UI", "Tahoma"}}
	case language.Lao:
		return writing{"Lao", []string{"Noto Sans Lao", "Noto Looped Lao", "Lao Sangam MN", "Leelawadee UI"}}
	case language.Khmer:
		return writing{"Khmer", []string{"Noto Sans Khmer", "Khmer Sangam MN", "Leelawadee UI", "Khmer UI"}}
	case language.Myanmar:
		return writing{"Burmese", []string{"Noto Sans Myanmar", "Myanmar Sangam MN", "Myanmar Text"}}
	case language.Georgian:
		return writing{"Georgian", []string{"Noto Sans Georgian", "Helvetica Neue", "Segoe UI", "Sylfaen"}}
	case language.Armenian:
		return writing{"Armenian", []string{"Noto Sans Armenian", "Mshtakan", "Segoe UI", "Sylfaen"}}
	case language.Ethiopic:
		return writing{"Ethiopic", []string{"Noto Sans Ethiopic", "Kefa", "Ebrima", "Nyala"}}
	case language.Tibetan:
		return writing{"Tibetan", []string{"Noto Serif Tibetan", "Kailasa", "Microsoft Himalaya"}}
	case language.Mongolian:
		return writing{"Mongolian", []string{"Noto Sans Mongolian", "Mongolian Baiti"}}
	case language.Hiragana, language.Katakana, language.Katakana_Or_Hiragana:
		return writing{"Japanese", japanese()}
	case language.Hangul:
		return writing{"Korean", korean()}
	case language.Bopomofo:
		return writing{"Chinese", traditional()}
	case language.Han:
		switch region := strings.ToLower(lang); {
		case primary(lang) == "ja":
			return writing{"Japanese", japanese()}
		case primary(lang) == "ko":
			return writing{"Korean", korean()}
		case strings.Contains(region, "hant"), strings.HasSuffix(region, "-tw"), strings.HasSuffix(region, "-hk"), strings.HasSuffix(region, "-mo"), primary(lang) == "yue":
			return writing{"Chinese", traditional()}
		}
		return writing{"Chinese", []string{"Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "Heiti SC", "WenQuanYi Zen Hei", "SimSun", "Droid Sans Fallback"}}
	case language.Common, language.Inherited, language.Unknown:
		return writing{"signs", []string{"Noto Sans Symbols", "Noto Sans Symbols 2", "Noto Sans Math", "Apple Symbols", "Segoe UI Symbol", "DejaVu Sans"}}
	}
	name := scriptName(script)
	return writing{name, []string{"Noto Sans " + name, "Noto Serif " + name, "Noto Sans", "DejaVu Sans", "Segoe UI Historic"}}
}

func japanese() []string {
	return []string{"Noto Sans CJK JP", "Noto Sans JP", "Source Han Sans", "Source Han Sans JP", "Hiragino Sans", "Hiragino Kaku Gothic ProN", "Yu Gothic", "Meiryo", "MS Gothic", "IPAexGothic"}
}

func korean() []string {
	return []string{"Noto Sans CJK KR", "Noto Sans KR", "Source Han Sans KR", "Apple SD Gothic Neo", "Malgun Gothic", "NanumGothic"}
}

func traditional() []string {
	return []string{"Noto Sans CJK TC", "Noto Sans TC", "Noto Sans CJK HK", "Source Han Sans TC", "PingFang TC", "Microsoft JhengHei", "Heiti TC"}
}

// emojiFamilies have pictures in colour.
func emojiFamilies() []string {
	return []string{"Noto Color Emoji", "Apple Color Emoji", "Segoe UI Emoji", "Twitter Color Emoji", "JoyPixels"}
}

// primary is the language of a tag, without its script and region.
func primary(tag string) string {
	p, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return p
}

// scriptName is what Unicode calls a script.
func scriptName(script language.Script) string {
	tag := script.String()
	for name, table := range unicode.Scripts {
		var first rune
		switch {
		case len(table.R16) > 0:
			first = rune(table.R16[0].Lo)
		case len(table.R32) > 0:
			first = rune(table.R32[0].Lo)
		}
		if first != 0 && language.LookupScript(first) == script {
			return strings.ReplaceAll(name, "_", " ")
		}
	}
	return tag
}

// languageOf is the language that tells how Han characters of a text are
// written: kana are Japanese, and Hangul is Korean, whatever the show is in.
func languageOf(text []rune, lang string) string {
	for _, r := range text {
		switch language.LookupScript(r) {
		case language.Hiragana, language.Katakana:
			return "ja"
		case language.Hangul:
			if p := primary(lang); p != "ja" && p != "zh" {
				lang = "ko"
			}
		}
	}
	return lang
}

// emoji reports whether a cluster is a picture in colour: one that Unicode
// shows so (UTS #51, Emoji_Presentation), or that a variation selector asks for.
// Of those beyond the Basic Multilingual Plane X shows all in colour, and people
// type them without a selector.
func emoji(cluster []rune) bool {
	for i, r := range cluster {
		switch {
		case r == '\uFE0F':
			return true
		case i+1 < len(cluster) && cluster[i+1] == '\uFE0E':
			return false
		case r >= 0x1F1E6 && r <= 0x1F1FF, r >= 0x1F300 && r <= 0x1FAFF:
			return true
		case unicode.Is(inColour, r):
			return true
		}
	}
	return false
}

// inColour are those of the Basic Multilingual Plane that have
// Emoji_Presentation, and the two of the Supplementary one below its blocks.
var inColour = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x231A, 0x231B, 1}, {0x23E9, 0x23EC, 1}, {0x23F0, 0x23F3, 3}, {0x25FD, 0x25FE, 1}, {0x2614, 0x2615, 1},
		{0x2648, 0x2653, 1}, {0x267F, 0x2693, 0x14}, {0x26A1, 0x26AA, 9}, {0x26AB, 0x26BD, 0x12}, {0x26BE, 0x26C4, 6},
		{0x26C5, 0x26CE, 9}, {0x26D4, 0x26EA, 0x16}, {0x26F2, 0x26F3, 1}, {0x26F5, 0x26FA, 5}, {0x26FD, 0x2705, 8},
		{0x270A, 0x270B, 1}, {0x2728, 0x274C, 0x24}, {0x274E, 0x2753, 5}, {0x2754, 0x2755, 1}, {0x2757, 0x2795, 0x3E},
		{0x2796, 0x2797, 1}, {0x27B0, 0x27BF, 15}, {0x2B1B, 0x2B1C, 1}, {0x2B50, 0x2B55, 5},
	},
	R32: []unicode.Range32{{0x1F004, 0x1F0CF, 0xCB}, {0x1F18E, 0x1F18E, 1}, {0x1F191, 0x1F19A, 1}, {0x1F201, 0x1F201, 1},
		{0x1F21A, 0x1F22F, 0x15}, {0x1F232, 0x1F236, 1}, {0x1F238, 0x1F23A, 1}, {0x1F250, 0x1F251, 1}},
}

// cjkFamilies are those that write a language with Chinese characters.
func cjkFamilies(lang string) []string {
	switch primary(lang) {
	case "ja":
		return japanese()
	case "ko":
		return korean()
	case "zh", "yue":
		return writingOf(language.Han, lang).families
	}
	return nil
}
