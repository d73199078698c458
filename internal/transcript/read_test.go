package transcript

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// What recognizers, editors and converters really write.
func TestReal(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []Cue
		notes    []Note
	}{
		{"VTT without empty lines between cues", "WEBVTT\n00:01.000 --> 00:02.000\na\nb\n00:02.000 --> 00:03.000\nc\n",
			[]Cue{{Start: 1, End: 2, Text: "a\nb"}, {Start: 2, End: 3, Text: "c"}}, nil},
		{"VTT with spaces in what should be empty lines", "WEBVTT\n \n1\n00:01.000 --> 00:02.000\na\n \n2\n00:02.000 --> 00:03.000\nb\n \n",
			[]Cue{{Start: 1, End: 2, Text: "a"}, {Start: 2, End: 3, Text: "b"}}, nil},
		{"VTT with a comment before times", "WEBVTT\n\nNOTE x\n00:01.000 --> 00:02.000\na", []Cue{{Start: 1, End: 2, Text: "a"}}, nil},
		{"SRT without empty lines between cues", "1\n00:00:01,000 --> 00:00:02,000\n1999\n2\n00:00:02,000 --> 00:00:03,000\nb\n",
			[]Cue{{Start: 1, End: 2, Text: "1999"}, {Start: 2, End: 3, Text: "b"}}, nil},
		{"SRT whose words have an arrow", "1\n00:00:01,000 --> 00:00:02,000\na --> b\n", []Cue{{Start: 1, End: 2, Text: "a --> b"}}, nil},
		{"SRT with line ends that were written twice", "1\r\r\n00:00:01,000 --> 00:00:02,000\r\r\na\r\r\n\r\r\n2\r\r\n00:00:02,000 --> 00:00:03,000\r\r\nb\r\r\n",
			[]Cue{{Start: 1, End: 2, Text: "a"}, {Start: 2, End: 3, Text: "b"}}, nil},
		{"SRT of an old Mac", "1\r00:00:01,000 --> 00:00:02,000\ra\r\r2\r00:00:02,000 --> 00:00:03,000\rb\r",
			[]Cue{{Start: 1, End: 2, Text: "a"}, {Start: 2, End: 3, Text: "b"}}, nil},
		{"SRT of WhisperX", "1\n00:00:01,000 --> 00:00:02,000\n[SPEAKER_00]: Hello [laughs]: you\n", []Cue{{Start: 1, End: 2, Speaker: "SPEAKER_00", Text: "Hello [laughs]: you"}}, nil},
		{"SRT of whisper.cpp", "1\n00:00:01,000 --> 00:00:02,000\n(speaker 1) Hello\n\n2\n00:00:02,000 --> 00:00:03,000\n(speaker ?) you\n",
			[]Cue{{Start: 1, End: 2, Speaker: "1", Text: "Hello"}, {Start: 2, End: 3, Text: "you"}}, nil},
		{"words underlined in turn", "WEBVTT\n\n00:01.000 --> 00:01.500\n<u>And</u> so\n\n00:01.500 --> 00:01.700\nAnd so\n\n00:01.700 --> 00:02.000\nAnd <u>so</u>\n\n00:02.000 --> 00:03.000\nAnd so\n\n00:05.000 --> 00:06.000\n<u>Yes</u>\n",
			[]Cue{{Start: 1, End: 3, Text: "And so", Words: []Word{{1, 1.5, "And", 0}, {1.7, 2, "so", 0}}}, {Start: 5, End: 6, Text: "Yes"}},
			[]Note{{Kind: Folded, N: 3, At: 1.5, Text: "And so"}}},
		{"a word underlined for weight", "1\n00:00:01,000 --> 00:00:02,000\nI <u>mean</u> it\n", []Cue{{Start: 1, End: 2, Text: "I mean it"}}, nil},
		{"words said twice", "1\n00:00:01,000 --> 00:00:02,000\nYes.\n\n2\n00:00:02,000 --> 00:00:03,000\nYes.\n\n3\n00:00:03,000 --> 00:00:04,000\nYes.\n",
			[]Cue{{Start: 1, End: 2, Text: "Yes."}, {Start: 2, End: 3, Text: "Yes."}, {Start: 3, End: 4, Text: "Yes."}}, nil},
		{"rolling captions made SubRip", "1\n00:00:01,000 --> 00:00:03,990\n \nhello everybody\n\n2\n00:00:03,990 --> 00:00:04,000\nhello everybody\n \n\n3\n00:00:04,000 --> 00:00:05,990\nhello everybody\nyes\n\n" +
			"4\n00:00:05,990 --> 00:00:06,000\nyes\n \n\n5\n00:00:06,000 --> 00:00:08,000\nyes\nyes\n\n6\n00:00:20,000 --> 00:00:21,000\nyes\n",
			[]Cue{{Start: 1, End: 3.99, Text: "hello everybody"}, {Start: 4, End: 5.99, Text: "yes"}, {Start: 6, End: 8, Text: "yes"}, {Start: 20, End: 21, Text: "yes"}},
			[]Note{{Kind: Folded, N: 4, At: 3.99, Text: "hello everybody"}}},
		{"one line twice, where captions do not roll", "1\n00:00:01,000 --> 00:00:02,000\na\n\n2\n00:00:02,000 --> 00:00:03,000\na\nb\n\n3\n00:00:03,000 --> 00:00:04,000\nc\n\n4\n00:00:04,000 --> 00:00:05,000\nd\n",
			[]Cue{{Start: 1, End: 2, Text: "a"}, {Start: 2, End: 3, Text: "a\nb"}, {Start: 3, End: 4, Text: "c"}, {Start: 4, End: 5, Text: "d"}}, nil},
		{"two at once", "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Host>hello\n\n00:01.000 --> 00:04.000\n<v Guest>hi\n\n00:02.000 --> 00:03.000\nand a third\n",
			[]Cue{{Start: 1, End: 4, Speaker: "Host", Text: "hello"}, {Start: 1, End: 4, Speaker: "Guest", Text: "hi"}, {Start: 2, End: 3, Text: "and a third"}}, nil},
		{"two in a cue", "WEBVTT\n\n00:01.000 --> 00:04.000\n(noise) <v Host>hello <00:02.000>you</v> - <v Guest>hi</v>\n<v Guest>there\n",
			[]Cue{{Start: 1, End: 4, Text: "(noise)"}, {Start: 1, End: 4, Speaker: "Host", Text: "hello you", Words: []Word{{1, 2, "hello", 0}, {2, 4, "you", 0}}},
				{Start: 1, End: 4, Text: "-"}, {Start: 1, End: 4, Speaker: "Guest", Text: "hi\nthere"}}, nil},
		{"one in a cue, and a noise", "WEBVTT\n\n00:01.000 --> 00:04.000\n(noise) <v Host>hello</v> (noise)\n", []Cue{{Start: 1, End: 4, Speaker: "Host", Text: "(noise) hello (noise)"}}, nil},
		{"cues out of order", "1\n00:00:05,000 --> 00:00:06,000\nc\n\n2\n00:00:01,000 --> 00:00:02,000\na\n\n3\n00:00:02,000 --> 00:00:03,000\nb\n",
			[]Cue{{Start: 1, End: 2, Text: "a"}, {Start: 2, End: 3, Text: "b"}, {Start: 5, End: 6, Text: "c"}}, []Note{{Kind: Sorted, N: 2, At: 1, Text: "a"}}},
		{"no length", "1\n00:00:01,000 --> 00:00:01,000\na\n\n2\n00:00:01,500 --> 00:00:01,500\nb\n\n3\n00:00:01,500 --> 00:00:04,000\nc\n\n4\n00:00:04,000 --> 00:00:04,000\n" + strings.Repeat("long ", 6) + "\n",
			[]Cue{{Start: 1, End: 1.5, Text: "a"}, {Start: 1.5, End: 2.5, Text: "b"}, {Start: 1.5, End: 4, Text: "c"}, {Start: 4, End: 6.9, Text: strings.TrimSpace(strings.Repeat("long ", 6))}},
			[]Note{{Kind: Lengthened, N: 3, At: 1, Text: "a"}}},
		{"ends before it begins", "1\n00:00:03,000 --> 00:00:02,000\na\n\n2\n00:00:03,050 --> 00:00:05,000\nb\n",
			[]Cue{{Start: 3, End: 4, Text: "a"}, {Start: 3.05, End: 5, Text: "b"}}, []Note{{Kind: Lengthened, N: 1, At: 3, Text: "a"}}},
		{"before the beginning", "1\n-00:00:03,000 --> -00:00:01,000\na\n\n2\n-00:00:00,500 --> 00:00:01,000\nb\n\n3\n00:00:01,000 --> 00:00:02,000\nc\n",
			[]Cue{{Start: 0, End: 1, Text: "b"}, {Start: 1, End: 2, Text: "c"}}, []Note{{Kind: BeforeStart, N: 1, At: -3, Text: "a"}, {Kind: CutAtStart, N: 1, At: -0.5, Text: "b"}}},
		{"Whisper before the beginning", `[{"start":-0.02,"end":2,"text":"a"}]`, []Cue{{Start: 0, End: 2, Text: "a"}}, []Note{{Kind: CutAtStart, N: 1, At: -0.02, Text: "a"}}},
		{"characters that were lost", "1\n00:00:01,000 --> 00:00:02,000\nso \ufffd a\ufffdb\n\n2\n00:00:02,000 --> 00:00:03,000\n\ufffd\n",
			[]Cue{{Start: 1, End: 2, Text: "so ab"}}, []Note{{Kind: Unreadable, N: 3, At: 1, Text: "so ab"}}},
		{"characters that JSON lost", `[{"start":1,"end":2,"text":"a\ud800b","words":[{"word":"a\ufffdb","start":1,"end":2}]}]`,
			[]Cue{{Start: 1, End: 2, Text: "ab", Words: []Word{{1, 2, "ab", 0}}}}, []Note{{Kind: Unreadable, N: 1, At: 1, Text: "ab"}}},
		{"Podcasting 2.0 without ends", `{"version":"1.0.0","segments":[{"startTime":1,"body":"Hello you there"},{"startTime":2,"body":"Hi"}]}`,
			[]Cue{{Start: 1, End: 2, Text: "Hello you there"}, {Start: 2, End: 3, Text: "Hi"}}, []Note{{Kind: Lengthened, N: 2, At: 1, Text: "Hello you there"}}},
		{"Podcasting 2.0, a segment for each word", `{"version":"1.0.0","segments":[
			{"speaker":"Darth Vader","startTime":0.5,"endTime":0.75,"body":"I"},{"speaker":"Darth Vader","startTime":1,"endTime":1.25,"body":"am"},
			{"speaker":"Darth Vader","startTime":1.5,"endTime":2.0,"body":"your"},{"speaker":"Darth Vader","startTime":2.25,"endTime":2.50,"body":"father.\n"},
			{"speaker":"Luke","startTime":2.75,"endTime":3.0,"body":"Nooooo"}]}`,
			[]Cue{{Start: 0.5, End: 2.5, Speaker: "Darth Vader", Text: "I am your father.", Words: []Word{{0.5, 0.75, "I", 0}, {1, 1.25, "am", 0}, {1.5, 2, "your", 0}, {2.25, 2.5, "father.", 0}}},
				{Start: 2.75, End: 3, Speaker: "Luke", Text: "Nooooo", Words: []Word{{2.75, 3, "Nooooo", 0}}}},
			[]Note{{Kind: Joined, N: 5, At: 0.5, Text: "I"}}},
		{"whisper.cpp, a segment for each token", `{"transcription":[{"offsets":{"from":0,"to":0},"text":""},{"offsets":{"from":0,"to":200},"text":" Hel"},{"offsets":{"from":200,"to":400},"text":"lo"},
			{"offsets":{"from":400,"to":450},"text":"."},{"offsets":{"from":500,"to":700},"text":" You"},{"offsets":{"from":3000,"to":3500},"text":" there"}]}`,
			[]Cue{{Start: 0, End: 0.45, Text: "Hello.", Words: []Word{{0, 0.45, "Hello.", 0}}}, {Start: 0.5, End: 0.7, Text: "You", Words: []Word{{0.5, 0.7, "You", 0}}},
				{Start: 3, End: 3.5, Text: "there", Words: []Word{{3, 3.5, "there", 0}}}},
			[]Note{{Kind: Joined, N: 5, At: 0, Text: "Hel"}}},
		{"OpenAI, words only", `{"task":"transcribe","text":"Hello there you two","words":[{"word":"Hello","start":0.1,"end":0.4},{"word":"there","start":0.4,"end":0.8},{"word":"you","start":2,"end":2.2},{"word":"two","start":2.2,"end":2.5}]}`,
			[]Cue{{Start: 0.1, End: 0.8, Text: "Hello there", Words: []Word{{0.1, 0.4, "Hello", 0}, {0.4, 0.8, "there", 0}}}, {Start: 2, End: 2.5, Text: "you two", Words: []Word{{2, 2.2, "you", 0}, {2.2, 2.5, "two", 0}}}},
			[]Note{{Kind: Joined, N: 4, At: 0.1, Text: "Hello"}}},
		{"a segment for each sentence of Japanese", `[{"start":0,"end":1,"text":"今日は。"},{"start":1,"end":2,"text":"はい"},{"start":2,"end":3,"text":"はい"},{"start":3,"end":4,"text":"では"}]`,
			[]Cue{{Start: 0, End: 1, Text: "今日は。"}, {Start: 1, End: 2, Text: "はい"}, {Start: 2, End: 3, Text: "はい"}, {Start: 3, End: 4, Text: "では"}}, nil},
		{"speakers that are numbers", `[{"start":0,"end":1,"text":"a","speaker":1},{"start":1,"end":2,"text":"b","speaker":null}]`,
			[]Cue{{Start: 0, End: 1, Speaker: "1", Text: "a"}, {Start: 1, End: 2, Text: "b"}}, nil},
		{"whisper.cpp, characters in two tokens", `{"transcription":[{"offsets":{"from":0,"to":2000},"text":" 10 € ja","tokens":[{"text":" 10","offsets":{"from":0,"to":500},"p":0.5},
			{"text":" ` + "\xe2\x82" + `","offsets":{"from":500,"to":800},"p":0.5},{"text":"` + "\xac" + `","offsets":{"from":800,"to":1000},"p":1},{"text":" ja","offsets":{"from":1000,"to":2000},"p":0.5}]},
			{"offsets":{"from":2000,"to":3000},"text":" x","tokens":[{"text":" ` + "\xe2\x82" + `","offsets":{"from":2000,"to":3000},"p":0.5}]}]}`,
			[]Cue{{Start: 0, End: 2, Text: "10 € ja", Words: []Word{{0, 0.5, "10", 0.5}, {0.5, 1, "€", 0.75}, {1, 2, "ja", 0.5}}}, {Start: 2, End: 3, Text: "x"}}, nil},
		{"Windows-1252", "1\n00:00:01,000 --> 00:00:02,000\ncaf\xe9\n", []Cue{{Start: 1, End: 2, Text: "café"}}, []Note{{Kind: Decoded, N: 1, At: 1, Encoding: "windows-1252", Text: "café"}}},
		{"Shift_JIS", "1\n00:00:01,000 --> 00:00:02,000\n\x8d\xa1\x93\xfa\x82\xcd\x81A\x83J\x83\x81\x83\x89\n", []Cue{{Start: 1, End: 2, Text: "今日は、カメラ"}}, []Note{{Kind: Decoded, N: 1, At: 1, Encoding: "Shift_JIS", Text: "今日は、カメラ"}}},
		{"UTF-16 without a mark", wide("1\n00:00:01,000 --> 00:00:02,000\ncafé\n", false)[2:], []Cue{{Start: 1, End: 2, Text: "café"}}, []Note{{Kind: Decoded, N: 1, At: 1, Encoding: "UTF-16LE", Text: "café"}}},
		{"JSON in Windows-1252", "[{\"start\":1,\"end\":2,\"text\":\"caf\xe9 du coin\",\"tokens\":[1]}]", []Cue{{Start: 1, End: 2, Text: "café du coin"}},
			[]Note{{Kind: Decoded, N: 1, At: 1, Encoding: "windows-1252", Text: "café du coin"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse(strings.NewReader(c.in), Options{})
			if err != nil || !reflect.DeepEqual(got.Cues, c.want) {
				t.Fatalf("%+v, %v\nwant %+v", got, err, c.want)
			}
			if !reflect.DeepEqual(got.Notes, c.notes) {
				t.Errorf("%+v, want %+v", got.Notes, c.notes)
			}
		})
	}
}

// Files that were once refused or garbled, with a recording of 20.032 s.
func TestCases(t *testing.T) {
	for _, c := range []struct {
		name  string
		want  []Cue
		notes []Kind
	}{
		{"talk-cp1252.srt", []Cue{{Start: 1, End: 4, Text: "café à la plage"}}, []Kind{Decoded}},
		{"sjis.srt", []Cue{{Start: 1, End: 4, Text: "今日は、カメラの話です。"}, {Start: 5, End: 5.5, Text: "写真を撮りましょう。"}}, []Kind{Decoded}},
		{"utf16.srt", []Cue{{Start: 1, End: 4, Text: "café à la plage"}, {Start: 5, End: 5.5, Text: "l’été"}}, []Kind{Decoded}},
		{"utf16-bom.srt", []Cue{{Start: 1, End: 4, Text: "café à la plage"}, {Start: 5, End: 5.5, Text: "l’été"}}, nil},
		{"whisper.srt", []Cue{{Start: 1, End: 4, Text: "hello"}, {Start: 13, End: 20.032, Text: "the last words"}}, []Kind{CutAtEnd}},
		{"auto.en.vtt", []Cue{{Start: 1, End: 3.99, Text: "hello everybody", Words: []Word{{1, 1.5, "hello", 0}, {1.5, 3.99, "everybody", 0}}},
			{Start: 4, End: 6, Text: "and welcome", Words: []Word{{4, 4.5, "and", 0}, {4.5, 6, "welcome", 0}}}}, []Kind{Folded}},
		{"two.srt", []Cue{{Start: 1, End: 4, Text: "Host: hello"}, {Start: 1, End: 4, Text: "Guest: hi"}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadFile(filepath.Join("testdata", c.name), Options{}, 20.032)
			if err != nil || !reflect.DeepEqual(got.Cues, c.want) {
				t.Fatalf("%+v, %v\nwant %+v", got, err, c.want)
			}
			var kinds []Kind
			for _, n := range got.Notes {
				kinds = append(kinds, n.Kind)
			}
			if !reflect.DeepEqual(kinds, c.notes) {
				t.Errorf("%v, want %v", kinds, c.notes)
			}
		})
	}
}

func TestReadFileErrors(t *testing.T) {
	name := filepath.Join("testdata", "talk-cp1252.srt")
	for _, c := range []struct {
		encoding string
		seconds  float64
		want     string
	}{
		{"", 20, filepath.Join("testdata", "cp1251.srt") + ": line 3: byte D1 is not UTF-8, and the encoding of the file was not recognized"},
		{"utf-8", 20, name + ": line 3: byte E9 is not valid UTF-8"},
		{"utf-9", 20, name + `: unknown encoding "utf-9"`},
		{"", 1, name + ": 1 of 1 cues begin after the end of the recording (00:00:01.000), the first at 00:00:01.000, “café à la plage”"},
	} {
		t.Run(c.want, func(t *testing.T) {
			name, _, _ := strings.Cut(c.want, ": ")
			_, err := ReadFile(name, Options{Encoding: c.encoding}, c.seconds)
			if !errors.As(err, new(*InvalidError)) || err.Error() != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestFit(t *testing.T) {
	words := []Word{{8, 9.9, "a", 0}, {9.9, 10.5, "b", 0}, {11, 12, "c", 0}}
	for _, c := range []struct {
		name     string
		cues     []Cue
		duration float64
		want     []Cue
		notes    []Note
		err      string
	}{
		{"fits", []Cue{{Start: 9, End: 10, Text: "a"}}, 10, []Cue{{Start: 9, End: 10, Text: "a"}}, nil, ""},
		{"fits but for half a millisecond", []Cue{{Start: 9, End: 10.001, Text: "a"}}, 10.0006, []Cue{{Start: 9, End: 10, Text: "a"}}, []Note{{Kind: CutAtEnd, N: 1, At: 9, Text: "a"}}, ""},
		{"unknown duration", []Cue{{Start: 9, End: 10000, Text: "a"}}, 0, []Cue{{Start: 9, End: 10000, Text: "a"}}, nil, ""},
		{"cut, with its words", []Cue{{Start: 8, End: 4000, Text: "a b c", Words: words}}, 10, []Cue{{Start: 8, End: 10, Text: "a b c", Words: []Word{{8, 9.9, "a", 0}, {9.9, 10, "b", 0}}}},
			[]Note{{Kind: CutAtEnd, N: 1, At: 8, Text: "a b c"}}, ""},
		{"past", []Cue{{Start: 1, End: 2, Text: "a"}, {Start: 10, End: 11, Text: "b"}}, 10, []Cue{{Start: 1, End: 2, Text: "a"}}, []Note{{Kind: PastEnd, N: 1, At: 10, Text: "b"}}, ""},
		{"another recording", []Cue{{Start: 1, End: 2, Text: "a"}, {Start: 10, End: 11, Text: "b"}, {Start: 3700, End: 3701, Text: strings.Repeat("long ", 20)}}, 10, nil, nil,
			"2 of 3 cues begin after the end of the recording (00:00:10.000), the first at 00:00:10.000, “b”"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := &Transcript{Cues: c.cues}
			err := got.Fit(c.duration)
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Errorf("%v, want %s", err, c.err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got.Cues, c.want) || !reflect.DeepEqual(got.Notes, c.notes) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	if words[1].End != 10.5 {
		t.Error("the words that were given were changed")
	}
}

// Twice the cues take twice the steps: allocations are counted, because time is
// not the same twice.
func TestLinear(t *testing.T) {
	forms := map[string]func(n int) string{
		"SRT": func(n int) string {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, "%d\n%s --> %s\nsome words\n\n", i+1, clock(float64(i), ','), clock(float64(i+2), ','))
			}
			return b.String()
		},
		"VTT, rolling": func(n int) string {
			var b strings.Builder
			b.WriteString("WEBVTT\n\n")
			for i := range n {
				fmt.Fprintf(&b, "%s --> %s\nline %d\nline<%s> %d\n\n", clock(float64(i), '.'), clock(float64(i+1), '.'), i, clock(float64(i)+0.5, '.'), i+1)
			}
			return b.String()
		},
		"JSON, words": func(n int) string {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, `,{"startTime":%d,"endTime":%d,"body":"word%d"}`, 3*(n-i), 3*(n-i), i)
			}
			return "[" + b.String()[1:] + "]"
		},
	}
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			steps := func(n int) float64 {
				in := []byte(form(n))
				return testing.AllocsPerRun(1, func() {
					read, err := Parse(bytes.NewReader(in), Options{})
					if err != nil || len(read.Cues) < n/2 {
						t.Fatalf("%v", err)
					}
				})
			}
			if small, large := steps(1000), steps(8000); large > 10*small {
				t.Errorf("%g allocations for 1,000 cues, %g for 8,000", small, large)
			}
		})
	}
}
