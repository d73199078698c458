package engine

import (
	"strings"
	"sync"
)

// languages are the English names that Whisper has for languages; servers tell
// them instead of the code (openai/whisper, tokenizer.py).
var languages = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"afrikaans":      "af",
		"albanian":       "sq",
		"amharic":        "am",
		"arabic":         "ar",
		"armenian":       "hy",
		"assamese":       "as",
		"azerbaijani":    "az",
		"bashkir":        "ba",
		"basque":         "eu",
		"belarusian":     "be",
		"bengali":        "bn",
		"bosnian":        "bs",
		"breton":         "br",
		"bulgarian":      "bg",
		"cantonese":      "yue",
		"catalan":        "ca",
		"chinese":        "zh",
		"croatian":       "hr",
		"czech":          "cs",
		"danish":         "da",
		"dutch":          "nl",
		"english":        "en",
		"estonian":       "et",
		"faroese":        "fo",
		"finnish":        "fi",
		"french":         "fr",
		"galician":       "gl",
		"georgian":       "ka",
		"german":         "de",
		"greek":          "el",
		"gujarati":       "gu",
		"haitian creole": "ht",
		"hausa":          "ha",
		"hawaiian":       "haw",
		"hebrew":         "he",
		"hindi":          "hi",
		"hungarian":      "hu",
		"icelandic":      "is",
		"indonesian":     "id",
		"italian":        "it",
		"japanese":       "ja",
		"javanese":       "jw",
		"kannada":        "kn",
		"kazakh":         "kk",
		"khmer":          "km",
		"korean":         "ko",
		"lao":            "lo",
		"latin":          "la",
		"latvian":        "lv",
		"lingala":        "ln",
		"lithuanian":     "lt",
		"luxembourgish":  "lb",
		"macedonian":     "mk",
		"malagasy":       "mg",
		"malay":          "ms",
		"malayalam":      "ml",
		"maltese":        "mt",
		"maori":          "mi",
		"marathi":        "mr",
		"mongolian":      "mn",
		"myanmar":        "my",
		"nepali":         "ne",
		"norwegian":      "no",
		"nynorsk":        "nn",
		"occitan":        "oc",
		"pashto":         "ps",
		"persian":        "fa",
		"polish":         "pl",
		"portuguese":     "pt",
		"punjabi":        "pa",
		"romanian":       "ro",
		"russian":        "ru",
		"sanskrit":       "sa",
		"serbian":        "sr",
		"shona":          "sn",
		"sindhi":         "sd",
		"sinhala":        "si",
		"slovak":         "sk",
		"slovenian":      "sl",
		"somali":         "so",
		"spanish":        "es",
		"sundanese":      "su",
		"swahili":        "sw",
		"swedish":        "sv",
		"tagalog":        "tl",
		"tajik":          "tg",
		"tamil":          "ta",
		"tatar":          "tt",
		"telugu":         "te",
		"thai":           "th",
		"tibetan":        "bo",
		"turkish":        "tr",
		"turkmen":        "tk",
		"ukrainian":      "uk",
		"urdu":           "ur",
		"uzbek":          "uz",
		"vietnamese":     "vi",
		"welsh":          "cy",
		"yiddish":        "yi",
		"yoruba":         "yo",
	}
})

// Language returns the code of a language (ISO 639-1, or 639-3 where that has
// none) for what an engine calls it: "german", "de", "de-DE". What is none of
// them is "".
func Language(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if code := languages()[name]; code != "" {
		return code
	}
	code, _, _ := strings.Cut(strings.ReplaceAll(name, "_", "-"), "-")
	if len(code) < 2 || len(code) > 3 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") != "" {
		return ""
	}
	return code
}
