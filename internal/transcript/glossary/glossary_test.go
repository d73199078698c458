package glossary

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/transcript"
)

// timed is a cue of which each word lasts a second.
func timed(text string) transcript.Cue {
	c := transcript.Cue{Text: text}
	for i, f := range strings.Fields(text) {
		c.Words = append(c.Words, transcript.Word{Start: float64(i), End: float64(i + 1), Text: f, Confidence: 0.5})
		c.End = float64(i + 1)
	}
	return c
}

func write(c transcript.Cue) string {
	var list []string
	for _, w := range c.Words {
		list = append(list, fmt.Sprintf("%s %g-%g", w.Text, w.Start, w.End))
	}
	return c.Text + " | " + strings.Join(list, ", ")
}

func TestCorrect(t *testing.T) {
	for _, tt := range []struct {
		name, glossary, text, want string
		n                          int
	}{
		{"none", "", "a shop", "a shop | a 0-1, shop 1-2", 0},
		{"terms correct nothing", "Shopify", "a shopify", "a shopify | a 0-1, shopify 1-2", 0},
		{"one word", "shopifi=Shopify", "the Shopifi, yes", "the Shopify, yes | the 0-1, Shopify, 1-2, yes 2-3", 1},
		{"case and accents", "lea=Léa", "LEA and léa (lea)", "Léa and Léa (Léa) | Léa 0-1, and 1-2, Léa 2-3, (Léa) 3-4", 3},
		{"it is right already", "lea=Léa", "Léa", "Léa | Léa 0-1", 0},
		{"several for one", "shop if i = Shopify", "“Shop if I” rocks", "“Shopify” rocks | “Shopify” 0-3, rocks 3-4", 1},
		{"one for several", "webvtt=Web VTT", "use webvtt.", "use Web VTT. | use 0-1, Web 1-1.5, VTT. 1.5-2", 1},
		{"the longest first", "a=X, a b=Y, a b c=Z", "a b a b c a", "Y Z X | Y 0-2, Z 2-5, X 5-6", 3},
		{"a part of the right one", "open=Open AI", "open and Open AI and AI Open", "Open AI and Open AI and AI Open AI | Open 0-0.666, AI 0.666-1, and 1-2, Open 2-3, AI 3-4, and 4-5, AI 5-6, Open 6-6.666, AI 6.666-7", 2},
		{"only the spelling", "open ai=OpenAI, web vtt=Web VTT", "open ai, web vtt", "OpenAI, Web VTT | OpenAI, 0-2, Web 2-3, VTT 3-4", 2},
		{"a sentence keeps its capital", "colour=color", "Colour is colour", "Color is color | Color 0-1, is 1-2, color 2-3", 2},
		{"without spaces", "東今=東京", "私は東今です", "私は東京です | 私は東京です 0-1", 1},
		{"without spaces, over words", "東今=東京", "東 今 です", "東京 です | 東京 0-2, です 2-3", 1},
		{"a hashtag", "hash spaces=#Spaces", "at hash spaces!", "at #Spaces! | at 0-1, #Spaces! 1-3", 1},
		{"a symbol for letters", "№=номер, km=キロ", "das № 5 ㎞, ja", "das номер 5 キロ, ja | das 0-1, номер 1-2, 5 2-3, キロ, 3-4, ja 4-5", 2},
		{"a symbol that begins", "№=номер", "№ 7", "номер 7 | номер 0-1, 7 1-2", 1},
		{"a word that begins with a symbol", "tmfoo=Foo", "(™foo).", "(Foo). | (Foo). 0-1", 1},
		{"over symbols", "no tm=x", "a №, ™! b", "a x! b | a 0-1, x! 1-3, b 3-4", 1},
		{"lines", "one=1\ntwo = 2\n\n", "one two", "1 2 | 1 0-1, 2 1-2", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, err := Parse(tt.glossary)
			if err != nil {
				t.Fatal(err)
			}
			cues := []transcript.Cue{timed(tt.text), {Text: tt.text}}
			before := write(cues[0])
			got, n := g.Correct(cues)
			if s := write(got[0]); s != tt.want {
				t.Errorf("got  %s\nwant %s", s, tt.want)
			}
			if text, _, _ := strings.Cut(tt.want, " | "); got[1].Text != text {
				t.Errorf("without times %q, want %q", got[1].Text, text)
			}
			if n != 2*tt.n {
				t.Errorf("%d places, want %d", n, 2*tt.n)
			}
			if write(cues[0]) != before {
				t.Error("the cues given were changed")
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"=x": "no word before", "x=": "no word after", "x=…": "no word after", "a=b=c": "more than one =",
		strings.Repeat("long ", 50): "more than 200 bytes", strings.Repeat("x,", 2001): "at most 2000",
		strings.Repeat("ü", 150): "more than 200 bytes",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), says) || !utf8.ValidString(err.Error()) {
			t.Errorf("%.20q: %v, want %q", text, err, says)
		}
	}
}

func TestPrompt(t *testing.T) {
	g, err := Parse("shopifi=Shopify, WebVTT, web vtt=WebVTT")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := g.Prompt([]string{"@lea_durand", "Tom Okafor", "webvtt"}, "Débat"), "Débat. lea_durand, Tom Okafor, Shopify, WebVTT."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	none, _ := Parse("")
	if got := none.Prompt(nil, ""); got != "" {
		t.Errorf("of nothing: %q", got)
	}
	long, _ := Parse("first" + strings.Repeat(", x", 1) + ", last")
	if got := long.Prompt([]string{strings.Repeat("n", 700), "short"}, strings.Repeat("t", 580)); got != "short, first, x, last." {
		t.Errorf("%q", got)
	}
}

func FuzzCorrect(f *testing.F) {
	f.Add("a b=c, 東今=東京", "a B, 東今 a")
	f.Add("x=y z", "“x” x\tx")
	for _, symbol := range []string{"№", "㎞", "™", "℃", "½", "…", "́"} {
		f.Add("№=номер, km=キロ, tm=™, c=C, "+symbol+"=word", symbol+" a"+symbol+" "+symbol+"b "+symbol+symbol+", ("+symbol+")")
	}
	f.Fuzz(func(t *testing.T, glossary, text string) {
		g, err := Parse(glossary)
		if err != nil || !utf8.ValidString(text) {
			return
		}
		c := timed(text)
		got, _ := g.Correct([]transcript.Cue{c})
		last := 0.0
		for _, w := range got[0].Words {
			if w.Start < last || w.End < w.Start || w.End > c.End || w.Text == "" {
				t.Fatalf("%+v", got[0].Words)
			}
			last = w.Start
		}
	})
}
