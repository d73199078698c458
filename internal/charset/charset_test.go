package charset

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// encode returns a text in the encoding with that name.
func encode(t *testing.T, text, name string) string {
	t.Helper()
	if name == UTF16LE || name == UTF16BE {
		var b []byte
		for _, r := range text {
			if r > 0xffff {
				t.Fatal("not needed here")
			}
			if name == UTF16BE {
				b = append(b, byte(r>>8), byte(r))
			} else {
				b = append(b, byte(r), byte(r>>8))
			}
		}
		return string(b)
	}
	e, _, err := find(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const (
	french  = "1\r\n00:00:01,000 --> 00:00:04,000\r\ncafé à la plage – l’été, où l’on a créé « tout » pour 10 €\r\n"
	german  = "Größe, Maß & Übermut: „so“ sagt man’s in 10 °C…"
	nordic  = "Blåbærsyltetøy på Ærø og Åland, ö ä å é"
	spanish = "¿Qué año? ¡Mañana! Señor Muñoz, 1.º piso"
	island  = "Það er þó ýmislegt sem ég á, æ, ö"
	english = "He said – “don’t”"
	tokyo   = "1\n00:00:01,000 --> 00:00:04,000\n今日は、カメラの話です。\n"
	chinese = "1\n00:00:01,000 --> 00:00:04,000\n今天我们谈谈照相机\n"
	russian = "1\n00:00:01,000 --> 00:00:04,000\nСегодня мы говорим о картах\n"
	czech   = "Příliš žluoučký kůň úpěl ďábelské ódy, řekl děda"
	hungary = "Az erdő szélén űr, őz és tűz, több öröm, üveg"
	turkish = "Bugün şarkı söyledik, ağaç ve çiçek, güneş doğdu"
	polish  = "Dzisiaj rozmawiamy o mapach, że są piękne, gęś, żółw, łódź, królową"
)

func TestFound(t *testing.T) {
	for _, c := range []struct{ name, text, encoding string }{
		{"ASCII", "plain", UTF8},
		{"nothing", "", UTF8},
		{"UTF-8", french, UTF8},
		{"UTF-16, little-endian", french, UTF16LE},
		{"UTF-16, big-endian", french, UTF16BE},
		{"UTF-16 of Japanese", tokyo, UTF16LE},
		{"UTF-16 of Chinese, big-endian", chinese, UTF16BE},
		{"French", french, Windows1252},
		{"German", german, Windows1252},
		{"Danish", nordic, Windows1252},
		{"Spanish", spanish, Windows1252},
		{"Icelandic", island, Windows1252},
		{"quotation marks only", english, Windows1252},
		{"capitals", "L’ÉTÉ À LA MER, ÇA VA", Windows1252},
		{"Japanese", tokyo, ShiftJIS},
		{"Japanese of Unix", tokyo, EUCJP},
		{"Japanese of mails", tokyo, ISO2022JP},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := encode(t, c.text, c.encoding)
			got, err := Decode([]byte(in), "")
			if err != nil || string(got.Bytes) != c.text || got.Encoding != c.encoding || got.Found != (c.encoding != UTF8) {
				t.Errorf("%+v, %v", got, err)
			}
			if got, err = Decode([]byte(in), strings.ToLower(c.encoding)); err != nil || string(got.Bytes) != c.text || got.Found {
				t.Errorf("named: %+v, %v", got, err)
			}
		})
	}
}

// Text of other encodings is not taken for text of those that are recognized.
func TestNotFound(t *testing.T) {
	for _, c := range []struct{ name, text, encoding string }{
		{"Chinese", chinese, "gbk"},
		{"Chinese of Taiwan", "1\n今天我們談談照相機\n", "big5"},
		{"Korean", "1\n오늘은 카메라 이야기입니다\n", "euc-kr"},
		{"Russian", russian, "windows-1251"},
		{"Russian of Unix", russian, "koi8-r"},
		{"Greek", "Σήμερα μιλάμε για χάρτες", "windows-1253"},
		{"Czech", czech, "windows-1250"},
		{"Hungarian", hungary, "windows-1250"},
		{"Polish", polish, "windows-1250"},
		{"Turkish", turkish, "windows-1254"},
		{"French of the old Mac", french, "macintosh"},
		{"French of DOS", "café à la plage, été créé", "ibm850"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := encode(t, c.text, c.encoding)
			got, err := Decode([]byte(in), "")
			if e := new(Error); !errors.As(err, &e) || !e.Unknown {
				t.Errorf("%+v, %v", got, err)
			}
			got, err = Decode([]byte(in), c.encoding)
			if err != nil || string(got.Bytes) != c.text || got.Found {
				t.Errorf("named: %+v, %v", got, err)
			}
		})
	}
}

// A batch that was saved by a spreadsheet.
func TestSpreadsheet(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "clips-cp1252.csv"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b, "")
	if err != nil || !strings.HasSuffix(string(got.Bytes), "1ypK,0:02,3,Été à la mer\n") || got.Encoding != Windows1252 || got.Sample != "1ypK,0:02,3,Été à la mer" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestMarks(t *testing.T) {
	for _, c := range []struct{ name, in, named, encoding string }{
		{"UTF-8", "\ufeffé", "", UTF8},
		{"UTF-8, named", "\ufeffé", "utf8", UTF8},
		{"little", "\xff\xfe\xe9\x00", "", UTF16LE},
		{"little, named", "\xff\xfe\xe9\x00", "UTF-16", UTF16LE},
		{"big", "\xfe\xff\x00\xe9", "", UTF16BE},
		{"big, named by half", "\xfe\xff\x00\xe9", "utf-16", UTF16BE},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Decode([]byte(c.in), c.named)
			if err != nil || string(got.Bytes) != "é" || got.Encoding != c.encoding || got.Found {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ name, in, named, want string }{
		{"damaged UTF-8", "é\nè\nà\xe9\n", "", "line 3: byte E9 is not valid UTF-8"},
		{"no UTF-8, named", "a\r\xe9", "utf-8", "line 2: byte E9 is not valid UTF-8"},
		{"marked, and no UTF-8", "\ufeffa\n\xe9", "", "line 2: byte E9 is not valid UTF-8"},
		{"not known", "a\n\xc0\xe0\xe8\xea", "", "line 2: byte C0 is not UTF-8, and the encoding of the file was not recognized"},
		{"undefined", "a\nb\n\xe9\x81", "windows-1252", "line 3: byte 81 is not valid windows-1252"},
		{"half a kanji", "a\n\x82\xa0\x82", "shift_jis", "line 2: byte 82 is not valid Shift_JIS"},
		{"half a unit", "a\x00\n\x00b", "", "line 2: byte 62 is not valid UTF-16LE"},
		{"half a pair", "\xfe\xff\x00a\xd8\x00\x00a", "", "line 1: byte D8 is not valid UTF-16BE"},
		{"pair the wrong way", "\xfe\xff\xdc\x00\xd8\x00", "", "line 1: byte DC is not valid UTF-16BE"},
		{"zero", "a\nb\x00c\n", "utf-8", "line 2: zero byte in UTF-8 text"},
		{"zeros", "\x00\x00\x00\x00", "", "line 1: zero byte in UTF-16LE text"},
		{"another mark", "\ufeffa", "shift_jis", "the file begins with the byte order mark of UTF-8, not Shift_JIS"},
		{"another order", "\xff\xfea\x00", "utf-16be", "the file begins with the byte order mark of UTF-16LE, not UTF-16BE"},
		{"no encoding", "a", "latin-99", `unknown encoding "latin-99"`},
		{"an encoding of nothing", "a", "replacement", `unknown encoding "replacement"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Decode([]byte(c.in), c.named)
			if err == nil || err.Error() != c.want {
				t.Errorf("%+v, %v, want %s", got, err, c.want)
			}
		})
	}
}

func TestName(t *testing.T) {
	for name, want := range map[string]string{
		"latin1": Windows1252, "CP1252": Windows1252, "sjis": ShiftJIS, "cp932": ShiftJIS, "utf16": "UTF-16", " UTF-8 ": UTF8,
		"cp437": "IBM437", "koi8-r": "KOI8-R", "gb18030": "GB18030", "utf-16le": UTF16LE, "cp1251": "windows-1251",
	} {
		if got, err := Name(name); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestSample(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"plain", ""},
		{"a\r\n café \r\nb", "café"},
		{"é" + strings.Repeat("x", 60), "é" + strings.Repeat("x", 39) + "…"},
		{strings.Repeat("x", 60) + "é" + strings.Repeat("y", 60), "…" + strings.Repeat("x", 20) + "é" + strings.Repeat("y", 19) + "…"},
	} {
		if got := sample([]byte(c.in)); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

// FuzzDecode decodes any bytes. What is taken is UTF-8, and nothing in it
// stands in the place of what could not be decoded.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{"plain", "é\xe9", "caf\xe9", "\xff\xfea\x00", "a\x00b\x00", "\x82\xa0\x82\xa2", "\x1b$B$3\x1b(B", "\xd8\x00"} {
		for _, name := range []string{"", "utf-16", "windows-1252", "shift_jis", "gb18030"} {
			f.Add([]byte(s), name)
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, name string) {
		got, err := Decode(in, name)
		if err != nil {
			if got != nil {
				t.Fatalf("%+v and %v", got, err)
			}
			return
		}
		if !utf8.Valid(got.Bytes) || !utf8.ValidString(got.Sample) {
			t.Fatalf("%q", got.Bytes)
		}
		if got.Encoding != UTF8 && got.Encoding != UTF16LE && got.Encoding != UTF16BE && strings.ContainsRune(string(got.Bytes), utf8.RuneError) {
			t.Fatalf("%s: %q", got.Encoding, got.Bytes)
		}
	})
}
