package site

import (
	"encoding/json"
	"mime"
	"path"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"

	"github.com/spaces-cli/spaces/internal/media/format"
)

// initials are the first letters of the first and the last word of a name.
func initials(name string) string {
	parts := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) })
	if len(parts) == 0 {
		return "·"
	}
	letter := func(s string) string {
		cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(s, -1)
		return strings.ToUpper(cluster)
	}
	if len(parts) == 1 || !unicode.In([]rune(parts[0])[0], unicode.Latin, unicode.Greek, unicode.Cyrillic) {
		return letter(parts[0])
	}
	return letter(parts[0]) + letter(parts[len(parts)-1])
}

// mime is the type of a file.
func (m *maker) mime(file, recorded string) string {
	if t, _, err := mime.ParseMediaType(recorded); err == nil {
		return t
	}
	return format.MediaType(path.Ext(file))
}

// wordsFor hands texts to the script, those with plural forms as an object.
func (p *page) wordsFor(keys ...string) {
	all := p.language.Section("site")
	list := make(map[string]json.Marshaler)
	for _, key := range keys {
		if t := all[key]; t != nil {
			list[key] = t
		}
	}
	if b, err := json.Marshal(list); err == nil { // < is \u003c in it
		p.put(`<script type="application/json" id="words">`, markup(b), "</script>\n")
	}
}
