package catalog

import (
	"testing"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// People type the letters that their keyboard has.
func TestSearchAsPeopleType(t *testing.T) {
	for _, c := range []struct{ name, title, words string }{
		{"dotless i", "IŞIK gecesi", "ışık"},
		{"dotless i, capital", "ışık gecesi", "IŞIK"},
		{"Turkish without its letters", "Rakı ve balık", "raki"},
		{"i with a dot", "İstanbul", "istanbul"},
		{"Vietnamese", "Giá bất động sản", "bat dong san"},
		{"Polish", "Łódź nocą", "lodz"},
		{"Danish", "Smørrebrød på Østerbro", "smorrebrod osterbro"},
		{"German", "Straße", "STRASSE"},
		{"ligatures", "Œuvre et cætera", "oeuvre caetera"},
		{"Icelandic", "Þórður", "thordur"},
		{"Persian kaf, Arabic keyboard", "کتاب\u200cها", "كتاب"},
		{"Arabic kaf, Persian keyboard", "كتاب", "کتاب"},
		{"Persian yeh", "رادیو", "راديو"},
		{"alef with hamza", "أخبار", "اخبار"},
		{"heh for teh marbuta", "مدرسة", "مدرسه"},
		{"tatweel and vowels", "سَـلام", "سلام"},
		{"joiner", "می\u200cخواهم", "میخواهم"},
		{"digits of another script", "Room ۴۲", "room 42"},
		{"Korean inside a word", "오늘스페이스에서", "스페이스"},
		{"Korean with a particle", "한국어로 말해요", "한국어"},
		{"Korean as macOS writes it", "한국", "한국"},
		{"Japanese", "夏のメディア討論", "メディア"},
		{"soft hyphen", "Rund\u00adfunk", "rundfunk"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cat := newCatalog(t, &space.Recording{ID: "this", Title: c.title}, &space.Recording{ID: "other", Title: "Another one"})
			if got := ids(t, cat.Search(t.Context(), Query{Words: c.words})); got != "this" {
				t.Errorf("search %q found %q, want the Space called %q", c.words, got, c.title)
			}
			if got := ids(t, cat.List(t.Context(), Query{Words: c.words})); got != "this" {
				t.Errorf("list %q found %q, want the Space called %q", c.words, got, c.title)
			}
		})
	}
}

// What only looks alike stays apart.
func TestSearchKeepsLettersApart(t *testing.T) {
	for _, c := range []struct{ name, title, words string }{
		{"voiced kana", "がく", "かく"},
		{"another syllable", "한국", "한글"},
		{"another digit", "Room ۴۲", "room 43"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cat := newCatalog(t, &space.Recording{ID: "this", Title: c.title})
			if got := ids(t, cat.Search(t.Context(), Query{Words: c.words})); got != "" {
				t.Errorf("search %q found the Space called %q", c.words, c.title)
			}
		})
	}
}
