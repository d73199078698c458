package fold

import "testing"

func TestText(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"case and accents", "ÉTÉ", "ete"},
		{"strokes", "Łódź Đà Ø", "lodz da o"},
		{"ligatures", "ﬁne Œuvre", "fine oeuvre"},
		{"full width", "ＡＢＣ", "abc"},
		{"sharp s", "Straße", "strasse"},
		{"dotless i", "ışık", "isik"},
		{"voicing makes another letter", "ｶﾞか\u3099", "ガが"},
		{"Korean apart", "\u1112\u1161\u11ab", "한"},
		{"digits of another script", "۴۲ ４２", "42 42"},
		{"tatweel, vowels, joiners", "سَـلا\u200cم", "سلام"},
		{"soft hyphen", "Rund\u00adfunk", "rundfunk"},
		{"white space", " a\u00a0\t\x00b\u3000 ", "a b"},
		{"invalid bytes", "a\xffb", "a\ufffdb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Text(c.text)
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if again := Text(got); again != got {
				t.Errorf("folded again it is %q", again)
			}
		})
	}
}

func TestSegment(t *testing.T) {
	for text, want := range map[string]string{
		"radio":  "radio",
		"夏radio": " 夏 radio",
		"討論":     " 討  論 ",
		"한국":     " 한  국 ",
	} {
		if got := Segment(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestKeys(t *testing.T) {
	if got := Handle(" @Lea_Durand"); got != "lea_durand" {
		t.Error(got)
	}
	for _, tag := range []string{"#Été", "＃ÉTÉ", "ete"} {
		if got := Tag(tag); got != "ete" {
			t.Errorf("%s: %s", tag, got)
		}
	}
}
