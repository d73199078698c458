package lettering

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// A specimen is a text in a script, with the font of Debian's packages that
// writes it (fonts-noto-core, fonts-noto-cjk).
type specimen struct {
	name, lang, text string
	file             string // below /usr/share/fonts
	index            int
}

func specimens() []specimen {
	const noto, cjk = "truetype/noto/", "opentype/noto/NotoSansCJK-Bold.ttc"
	return []specimen{
		{"Arabic", "ar", "قال لي في عام 2025 إنّ API الجديد «سريع» جدًّا، لا بأس بالمحاولة: السَّلَامُ عَلَيْكُمْ", noto + "NotoSansArabic-Bold.ttf", 0},
		{"Arabic Naskh", "ar", "هذه حلقة عن الإعلام (12:30) والصحافة الحرّة", noto + "NotoNaskhArabic-Regular.ttf", 0},
		{"Urdu", "ur", "یہ ایک آزمائشی جملہ ہے جس میں 12 الفاظ ہیں", noto + "NotoNaskhArabic-Bold.ttf", 0},
		{"Persian", "fa", "می\u200cخواهم دربارهٔ رسانه\u200cها صحبت کنم", noto + "NotoSansArabic-Regular.ttf", 0},
		{"Hebrew", "he", "עברית עם 12 מספרים ו-Latin בפנים, שָׁלוֹם", noto + "NotoSansHebrew-Bold.ttf", 0},
		{"Devanagari", "hi", "नमस्ते दुनिया, क्षत्रिय और श्री — हिन्दी में रिकॉर्डिंग", noto + "NotoSansDevanagari-Bold.ttf", 0},
		{"Marathi", "mr", "हा कार्यक्रम मराठीत आहे, र्\u200dया", noto + "NotoSansDevanagari-Regular.ttf", 0},
		{"Bengali", "bn", "বাংলা ভাষা ক্ষুধার্ত ও কর্মব্যস্ত", noto + "NotoSansBengali-Bold.ttf", 0},
		{"Tamil", "ta", "தமிழ் மொழி வணக்கம் கொள்கை நோக்கு", noto + "NotoSansTamil-Bold.ttf", 0},
		{"Telugu", "te", "తెలుగు భాష స్వాగతం", noto + "NotoSansTelugu-Bold.ttf", 0},
		{"Malayalam", "ml", "മലയാളം സ്വാഗതം ക്രിസ്ത്യാനി", noto + "NotoSansMalayalam-Bold.ttf", 0},
		{"Thai", "th", "สวัสดีครับ นี่คือการทดสอบ น้ำ ที่ ปิ่น ฎุ ญู", noto + "NotoSansThai-Bold.ttf", 0},
		{"Khmer", "km", "ភាសាខ្មែរ សួស្តី ព្រះ", noto + "NotoSansKhmer-Bold.ttf", 0},
		{"Burmese", "my", "မြန်မာဘာသာ မင်္ဂလာပါ ကျွန်ုပ်", noto + "NotoSansMyanmar-Bold.ttf", 0},
		{"Sinhala", "si", "සිංහල භාෂාව ශ්\u200dරී ලංකා", noto + "NotoSansSinhala-Bold.ttf", 0},
		{"Japanese", "ja", "日本語の字幕。「東京」とがぎぐ、１２３・ＡＢＣ ﾊﾝｶｸ 骨", cjk, 0},
		{"Korean", "ko", "안녕하세요, 오늘의 스페이스입니다. 한글", cjk, 1},
		{"Chinese", "zh-Hans", "汉字，中国的「空间」录音。骨直海", cjk, 2},
		{"Vietnamese", "vi", "Tiếng Việt đẹp lắm, Ệ ỗ AVATAR", noto + "NotoSans-Bold.ttf", 0},
	}
}

// of opens the font of a specimen; it skips aloud where it is not installed.
func (s specimen) of(t *testing.T) *family {
	path := filepath.Join("/usr/share/fonts", s.file)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not installed (fonts-noto-core, fonts-noto-cjk)", s.file)
	}
	x := &index{made: make(map[*entry]*family)}
	f := x.family(describe(path)[s.index])
	if f == nil {
		t.Fatalf("%s cannot be read", path)
	}
	return f
}

// Glyphs, their order, places and advances are those of HarfBuzz itself, run by
// run.
func TestShapesAreThoseOfHarfBuzz(t *testing.T) {
	if _, err := exec.LookPath("hb-shape"); err != nil {
		t.Skip("hb-shape is not installed (libharfbuzz-bin)")
	}
	for _, sp := range specimens() {
		t.Run(sp.name, func(t *testing.T) {
			f := sp.of(t)
			set := newSet(sp.lang, f, embedded())
			text := printable(sp.text)
			compared := 0
			for _, r := range set.itemize(text, rightToLeft(text), Regular) {
				if r.face != f.regular { // Latin in a font that has none
					continue
				}
				direction := "ltr"
				if r.level%2 == 1 {
					direction = "rtl"
				}
				out, err := exec.Command("hb-shape", "--font-file="+filepath.Join("/usr/share/fonts", sp.file), "--face-index="+strconv.Itoa(sp.index),
					"--text="+string(text[r.from:r.to]), "--text-before="+string(text[:r.from]), "--text-after="+string(text[r.to:]),
					"--direction="+direction, "--script="+r.script.String(), "--language="+string(languageFor(sp.lang, r.script)),
					"--no-glyph-names", "--output-format=json").Output()
				if err != nil {
					t.Fatal(err)
				}
				var want []struct {
					G              uint32
					Cl, Dx, Dy, Ax int
				}
				if err := json.Unmarshal(out, &want); err != nil {
					t.Fatal(err)
				}
				got := r.face.shape(text, r, sp.lang).glyphs
				if len(got) != len(want) {
					t.Fatalf("%q: %d glyphs, want %d: %v, %v", string(text[r.from:r.to]), len(got), len(want), got, want)
				}
				for i, g := range got {
					w := want[i]
					if g.id != w.G || g.at != w.Cl || int(g.advance) != w.Ax || int(g.dx) != w.Dx || int(g.dy) != w.Dy {
						t.Errorf("%q: glyph %d is %+v, want %+v", string(text[r.from:r.to]), i, g, w)
					}
					if g.id == 0 {
						t.Errorf("%q: glyph %d is none", string(text[r.from:r.to]), i)
					}
				}
				compared += len(got)
			}
			if compared < 10 {
				t.Errorf("%d glyphs were compared", compared)
			}
		})
	}
}
