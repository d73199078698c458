package chapters

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/library/space"
)

func TestParse(t *testing.T) {
	intro := []Chapter{{0, "Intro"}, {90.5, "Zweiter Teil"}, {3661, "Ende"}}
	for _, c := range []struct {
		name, in string
		format   Format
		want     []Chapter
	}{
		{"Podlove", "00:00:00.000 Intro\n00:01:30.500 Zweiter Teil <https://example.com/a?b=c>\n01:01:01.000 Ende\n", Text, intro},
		{"video description", "0:00 Intro\n1:30.5 Zweiter Teil\n1:01:01 Ende", Text, intro},
		{"brackets", "(00:00) Intro\n[01:30.5] Zweiter Teil\n(61:01) Ende", Text, intro},
		{"dashes", "0:00 - Intro\n1:30,5 – Zweiter Teil\n61:01: Ende", Text, intro},
		{"comments, space and CRLF", "# list\r\n\r\n  00:00 \t Intro  \r\n\r\n01:30.500 Zweiter\u00a0 Teil\r\n01:01:01 Ende\r\n\r\n", Text, intro},
		{"CR", "0:00 Intro\r1:30.5 Zweiter Teil\r61:01 Ende\r", Text, intro},
		{"byte order mark", "\ufeff0:00 Intro\n1:30.5 Zweiter Teil\n61:01 Ende", Text, intro},
		{"twice", "0:00 Intro\n0:00 Intro\n1:30.5 Zweiter Teil\n61:01 Ende\n61:01 Ende", Text, intro},
		{"title with signs", "0:00 -5 °C <b> 1:2 & co", Text, []Chapter{{0, "-5 °C <b> 1:2 & co"}}},
		{"JSON", `{"version":"1.2.0","chapters":[{"startTime":0,"title":"Intro"},{"startTime":90.5,"title":"Zweiter Teil","endTime":99,
			"img":"x","url":"y"},{"startTime":95,"title":"picture","toc":false},{"startTime":100},{"startTime":3661,"title":"Ende","toc":true}],"title":"x"}`, JSON, intro},
		{"JSON out of order", ` {"chapters":[{"startTime":3661,"title":"Ende"},{"startTime":"90.5","title":"Zweiter\nTeil"},{"startTime":0.0001,"title":"Intro"}]}`, JSON, intro},
		{"labels", "0.000000\t0.000000\tIntro\n\\\t100.0\t200.0\n90.500000\t100.0\tZweiter Teil\n3661.000000\t3661.0\tEnde\n", Labels, intro},
		{"labels with commas", "\n0,000000\t0,000000\tIntro\r\n90,500000\t100,0\tZweiter Teil\r\n3661,000000\t3661,0\tEnde\r\n", Labels, intro},
		{"labels out of order", "90.5\t100.0\tZweiter Teil\n3661\t3661\tEnde\n0\t5\tIntro\n", Labels, intro},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, in := range []string{c.in, wide(c.in, false), wide(c.in, true)} {
				if strings.Contains(c.name, "invalid") && in != c.in {
					continue
				}
				got, format, err := Parse(strings.NewReader(in), 4000)
				if err != nil || format != c.format || !slices.Equal(got, c.want) {
					t.Errorf("%s: %v as %s, %v", c.name, got, format, err)
				}
			}
		})
	}
}

// wide returns s in UTF-16 with a byte order mark.
func wide(s string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + strings.TrimPrefix(s, "\ufeff"))) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "no chapters in the file"},
		{"# nothing\n", "no chapters in the file"},
		{`{"chapters":[]}`, "no chapters in the file"},
		{"0:00 a\n0:05 \xffb", "line 2: byte FF is not valid UTF-8"},
		{"0:00 a\nIntro\n", `line 2: "Intro" does not begin with a time (try 00:12:30)`},
		{"0:00 a\n\n1:05\n", "line 3: the chapter at 00:01:05.000 has no title"},
		{"0:00 a\n1:75 b", "line 2: 1:75 is not a valid time"},
		{"1:60:00 b", "line 1: 1:60:00 is not a valid time"},
		{"58:00 a\n1:05 b", "line 2: 00:01:05.000 comes after 00:58:00.000 on line 1; times must ascend (hours, minutes, seconds: 1:05:00)"},
		{"0:00 a\n0:10 b\n0:10 c", "line 3: another chapter begins at 00:00:10.000, “b”"},
		{"0:00 a\n1:06:40 b", "line 2: 01:06:40.000 is past the end of the recording (01:06:40.000)"},
		{"0.0\t1.0\ta\nb\n", `line 2: "b" is not a label (start, end and text, separated by tabs)`},
		{"0.0\t1.0\n", "line 1: the label at 00:00:00.000 has no text"},
		{"99999999999.0\t1.0\ta", "line 1: 99999999999.0 is not a valid time in seconds"},
		{"{\n\n]", "line 3: not JSON chapters: invalid character ']' looking for beginning of object key string"},
		{`{"chapters":[{"startTime":0,"title":"a"},{"startTime":-1,"title":"b"}]}`, `chapter 2: startTime "-1" is not a time in seconds`},
		{`{"chapters":[{"title":"a"}]}`, `chapter 1: startTime "" is not a time in seconds`},
		{`{"chapters":[{"startTime":1e300,"title":"a"}]}`, `chapter 1: startTime "1e300" is not a time in seconds`},
		{`{"chapters":[{"startTime":5000,"title":"a"}]}`, "chapter 1: 01:23:20.000 is past the end of the recording (01:06:40.000)"},
		{strings.Repeat("0:00 a\n", MaxFile), "the file is larger than 4 MiB, too large for a list of chapters"},
	} {
		t.Run(c.in, func(t *testing.T) {
			_, _, err := Parse(strings.NewReader(c.in), 4000)
			if err == nil || err.Error() != c.want {
				t.Errorf("%.60q: %v, want %s", c.in, err, c.want)
			}
		})
	}
	if _, _, err := Parse(strings.NewReader("9:00:00 a"), 0); err != nil {
		t.Errorf("of unknown duration: %v", err)
	}
}

func TestWriteJSON(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJSON(&b, []Chapter{{0, "Intro & <more>"}, {90.5004, "Ende"}}); err != nil {
		t.Fatal(err)
	}
	const want = `{
  "version": "1.2.0",
  "chapters": [
    {
      "startTime": 0,
      "title": "Intro & <more>"
    },
    {
      "startTime": 90.5,
      "title": "Ende"
    }
  ]
}
`
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
	b.Reset()
	if err := WriteJSON(&b, nil); err != nil || !strings.Contains(b.String(), `"chapters": []`) {
		t.Errorf("%s, %v", b.String(), err)
	}
}

func TestVorbisComments(t *testing.T) {
	got := VorbisComments([]Chapter{{0, "a"}, {3661.9996, "b"}})
	want := [][2]string{{"CHAPTER000", "00:00:00.000"}, {"CHAPTER000NAME", "a"}, {"CHAPTER001", "01:01:02.000"}, {"CHAPTER001NAME", "b"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if VorbisComments(make([]Chapter, 1001)) != nil || len(VorbisComments(make([]Chapter, 1000))) != 2000 {
		t.Error("a thousand chapters are the most")
	}
}

func TestMove(t *testing.T) {
	// Kept are 10 to 20 and 30 to 40.
	locate := func(at float64) (float64, bool) {
		switch {
		case at < 10:
			return 0, false
		case at < 20:
			return at - 10, true
		case at < 30:
			return 10, false
		case at < 40:
			return at - 20, true
		}
		return 20, false
	}
	in := []Chapter{{0, "cut"}, {5, "begins late"}, {12, "moved"}, {22, "gone"}, {25, "after the cut"}, {35, "last"}, {40, "behind"}}
	want := []Chapter{{0, "begins late"}, {2, "moved"}, {10, "after the cut"}, {15, "last"}}
	if got := Move(in, locate, 20); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestFromTurns(t *testing.T) {
	for _, c := range []struct {
		name  string
		turns []space.Turn
		want  []Chapter
	}{
		{"none", nil, []Chapter{}},
		{"one", []space.Turn{{Handle: "a", Start: 5, End: 10}}, []Chapter{{0, "@a"}}},
		{"no name", []space.Turn{{Start: 5, End: 100}}, []Chapter{{0, "Unknown speaker"}}},
		{"two", []space.Turn{{Handle: "a", Start: 5, End: 100}, {Handle: "b", Start: 101, End: 200}}, []Chapter{{0, "@a"}, {101, "@b"}}},
		{"thrown in", []space.Turn{{Handle: "a", Start: 0, End: 100}, {Handle: "b", Start: 100, End: 103}, {Handle: "a", Start: 103, End: 200}}, []Chapter{{0, "@a"}, {100, "With @a and @b"}}},
		{"short at the start", []space.Turn{{Handle: "a", Start: 0, End: 10}, {Handle: "b", Start: 10, End: 100}}, []Chapter{{0, "With @b and @a"}}},
		{"short at the end", []space.Turn{{Handle: "a", Start: 0, End: 90}, {Handle: "b", Start: 90, End: 100}}, []Chapter{{0, "With @a and @b"}}},
		{"one has no name", []space.Turn{{Handle: "a", Start: 0, End: 90}, {Start: 90, End: 100}}, []Chapter{{0, "With @a"}}},
		{"many", []space.Turn{{Handle: "a", Start: 0, End: 9}, {Handle: "b", Start: 9, End: 17}, {Handle: "c", Start: 17, End: 24}, {Handle: "d", Start: 24, End: 30},
			{Handle: "e", Start: 30, End: 35}, {Handle: "f", Start: 35, End: 39}}, []Chapter{{0, "With @a, @b, @c, @d and 2 more"}}},
		{"pause counts", []space.Turn{{Handle: "a", Start: 0, End: 20}, {Handle: "b", Start: 70, End: 200}}, []Chapter{{0, "@a"}, {70, "@b"}}},
		{"empty and overlapping", []space.Turn{{Handle: "a", Start: 0, End: 80}, {Handle: "c", Start: 30, End: 30}, {Handle: "b", Start: 70, End: 200}},
			[]Chapter{{0, "@a"}, {70, "With @b and @a"}}},
		{"exchange", []space.Turn{{Handle: "a", Start: 0, End: 10}, {Handle: "b", Start: 10, End: 35}, {Handle: "a", Start: 35, End: 45}, {Handle: "c", Start: 45, End: 65},
			{Handle: "d", Start: 65, End: 300}}, []Chapter{{0, "With @b, @a and @c"}, {65, "@d"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := FromTurns(c.turns, 60, languages.All()[0]); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		})
	}
}

// Whatever is said, no chapter is shorter than asked for, and in every second of
// it who speaks is among those whom its title names, and nobody else is named.
func TestFromManyTurns(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		people := []string{"", "a", "b", "c", "d"}[:2+seed%4]
		var turns []space.Turn
		at := 0.0
		for range 40 + rnd.IntN(1000) {
			length := rnd.ExpFloat64() * float64(5+rnd.IntN(40))
			turns = append(turns, space.Turn{Handle: people[rnd.IntN(len(people))], Start: at, End: at + length})
			at = max(at, at+length+rnd.Float64()*4-1) // some talk over each other
		}
		slices.SortStableFunc(turns, func(a, b space.Turn) int { return cmp.Compare(a.Start, b.Start) })
		list := FromTurns(turns, 60, languages.All()[0])
		if len(list) < 2 || list[0].Start != 0 {
			t.Fatalf("seed %d: %d chapters", seed, len(list))
		}
		for i, c := range list {
			end := turns[len(turns)-1].Start + 1e6
			if i+1 < len(list) {
				end = list[i+1].Start
			}
			if end-c.Start < 60 {
				t.Errorf("seed %d: chapter %d lasts %v", seed, i, end-c.Start)
			}
			var speak []string
			for _, turn := range turns {
				if turn.Start < end && turn.End > c.Start && turn.End > turn.Start && turn.Handle != "" && !slices.Contains(speak, "@"+turn.Handle) {
					speak = append(speak, "@"+turn.Handle)
				}
			}
			named := regexp.MustCompile(`@\w+`).FindAllString(c.Title, -1)
			slices.Sort(speak)
			slices.Sort(named)
			if !slices.Equal(named, speak) {
				t.Errorf("seed %d: chapter %d of %v to %v is %q, and %q speak", seed, i, c.Start, end, c.Title, speak)
			}
		}
	}
}

func TestFromClips(t *testing.T) {
	in := []Clip{{50, "b"}, {10, ""}, {10, "same"}, {90, " c\n"}}
	want := []Chapter{{10, "Clip 1"}, {50, "b"}, {90, "c"}}
	if got := FromClips(in); !slices.Equal(got, want) || in[0].Start != 50 {
		t.Errorf("%v, want %v", got, want)
	}
}

// FuzzParse reads any bytes. What is taken is in order, inside the sound, and
// comes back from JSON as it was.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"00:00:00.000 Intro\n1:30.5 - b <http://x>\n", "0.0\t1.0\ta\n\\\t1\t2\n5,5\t6\tb", "(0:00) a\r\n[1:00] b", "\ufeff0:01 x", "\ufeff0:01 x\xaf",
		`{"version":"1.2.0","chapters":[{"startTime":0.0004,"title":"a"},{"startTime":"1e1","title":"b","toc":true}]}`, wide("0:00 a\n0:01 b", true),
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		const duration = 100000
		list, format, err := Parse(bytes.NewReader(in), duration)
		if err != nil {
			if list != nil {
				t.Fatalf("%v and %v", list, err)
			}
			return
		}
		last := -1.0
		for _, c := range list {
			if !(c.Start > last) || c.Start >= duration || c.Title == "" || c.Title != cleanTitle(c.Title) {
				t.Fatalf("%s: %v", format, list)
			}
			last = c.Start
		}
		var b bytes.Buffer
		if err := WriteJSON(&b, list); err != nil {
			t.Fatal(err)
		}
		again, format, err := Parse(&b, duration)
		if err != nil || format != JSON || !slices.Equal(again, list) {
			t.Fatalf("%v became %v, %v", list, again, err)
		}
	})
}

// Titles are in the language of those who read them.
func TestTitlesInLanguages(t *testing.T) {
	turn := func(at float64, who string) space.Turn { return space.Turn{Start: at, End: at + 10, Handle: who} }
	few := []space.Turn{turn(0, "a"), turn(10, "b"), turn(20, "c")}
	many := append(slices.Clone(few), turn(30, "d"), turn(40, "e"), turn(50, "f"))
	for tag, want := range map[string][2]string{
		"en": {"With @a, @b and @c", "With @a, @b, @c, @d and 2 more"},
		"fr": {"Avec @a, @b et @c", "Avec @a, @b, @c, @d et 2 autres"},
		"ja": {"出演：@a、@b、@c", "出演：@a、@b、@c、@d、ほか2人"},
	} {
		l, _ := languages.For(tag)
		if got := [2]string{FromTurns(few, 600, l)[0].Title, FromTurns(many, 600, l)[0].Title}; got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}
