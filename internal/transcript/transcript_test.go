package transcript

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestParse(t *testing.T) {
	two := []Cue{{Start: 1, End: 2.5, Text: "Grüße, & mehr"}, {Start: 3661.25, End: 3663, Text: "zwei\nZeilen"}}
	said := []Cue{{Start: 1, End: 2.5, Speaker: "Ann-Kathrin", Text: "Grüße, & mehr"}, two[1]}
	voiced := []Cue{said[0], {Start: 3661.25, End: 3663, Speaker: "A", Text: "zwei"}, {Start: 3661.25, End: 3663, Speaker: "B", Text: "Zeilen"}}
	voiced[0].Words = []Word{{1, 1.5, "Grüße,", 0}, {1.5, 2, "&", 0}, {2, 2.5, "mehr", 0}}
	for _, c := range []struct {
		name, in string
		format   Format
		want     []Cue
	}{
		{"SRT", "1\n00:00:01,000 --> 00:00:02,500\nGrüße, & mehr\n\n2\n01:01:01,250 --> 01:01:03,000\nzwei\nZeilen\n", SRT, two},
		{"SRT without numbers, with points and markup", "\n00:00:01.000 --> 00:00:02.5\n<i>Grüße</i>, &amp; <font color=\"red\">mehr</font>\n\n\n01:01:01,25-->01:01:03\n  zwei \n{b}Zeilen\n",
			SRT, []Cue{two[0], {Start: 3661.25, End: 3663, Text: "zwei\n{b}Zeilen"}}},
		{"SRT with empty lines in a cue", "1\n00:00:01,000 --> 00:00:02,500\nGrüße, & mehr\n\n2\n01:01:01,250 --> 01:01:03,000\nzwei\n\n\nZeilen\n", SRT, two},
		{"SRT with a place", "1\n00:00:01,000 --> 00:00:02,500  X1:1 X2:2\nGrüße, & mehr\n\n2\n01:01:01,250 --> 01:01:03,000\nzwei\nZeilen", SRT, two},
		{"SRT with a cue without words", "1\n00:00:01,000 --> 00:00:02,500\nGrüße, & mehr\n\n2\n00:00:05,000 --> 00:00:06,000\n\n3\n01:01:01,250 --> 01:01:03,000\nzwei\nZeilen", SRT, nil},
		{"SRT of what is no markup", "1\n00:00:01,000 --> 00:00:02,000\na < b > c <em> <3 <burp>\n", SRT, []Cue{{Start: 1, End: 2, Text: "a < b > c <em> <3 <burp>"}}},
		{"VTT", "WEBVTT\n\n00:01.000 --> 00:02.500\nGrüße, &amp; mehr\n\n01:01:01.250 --> 01:01:03.000\nzwei\nZeilen\n", VTT, two},
		{"VTT with all there is", "WEBVTT - title\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\nSTYLE\n::cue { color: red }\n\nREGION\nid:x\n\nNOTE\nsaid\n\nNOTE on it\n\n" +
			"intro\n00:01.000 --> 00:02.500 align:start line:0%\n<v.loud Ann-Kathrin><c.x>Grüße</c>, <00:00:01.500>&amp; <b>mehr</b></v>\n\n2\n01:01:01.250 --> 01:01:03.000\n<v A>zwei\n<v B>Zeilen\n", VTT, voiced},
		{"Whisper", `{"text":"x","segments":[{"id":0,"start":1.0,"end":2.5,"text":" Grüße, & mehr","words":[]},{"start":3,"end":4,"text":" "},{"start":3661.25,"end":3663,"text":"zwei\r\nZeilen"}],"language":"de"}`, JSON, two},
		{"whisper with speakers", `{"segments":[{"start":1.00004,"end":2.5,"text":"Grüße, & mehr","speaker":"Ann-Kathrin"},{"start":3661.25,"end":3663,"text":"zwei\n\nZeilen"}]}`, JSON, said},
		{"list of segments", ` [{"start":1,"end":2.5,"text":"Grüße, & mehr"},{"start":3661.25,"end":3663,"text":"zwei\nZeilen"}]`, JSON, two},
		{"whisper.cpp", `{"transcription":[{"timestamps":{"from":"00:00:01,000","to":"00:00:02,500"},"offsets":{"from":1000,"to":2500},"text":" Grüße, & mehr"},{"offsets":{"from":3661250,"to":3663000},"text":"zwei\nZeilen"}]}`, JSON, two},
		{"Podcasting 2.0", `{"version":"1.0.0","segments":[{"speaker":"Ann-Kathrin","startTime":1,"endTime":2.5,"body":"Grüße, & mehr"},{"startTime":3661.25,"endTime":3663,"body":"zwei\nZeilen"}]}`, JSON, said},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == nil {
				c.want = two
			}
			for _, in := range []string{
				c.in, "\ufeff" + c.in, strings.ReplaceAll(c.in, "\n", "\r\n"), wide(c.in, false), wide(c.in, true),
			} {
				got, err := Parse(strings.NewReader(in), Options{})
				if err != nil || got.Format != c.format || !reflect.DeepEqual(got.Cues, c.want) || got.Notes != nil {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
}

// wide returns s in UTF-16 with a byte order mark.
func wide(s string, big bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
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
		{"", "the transcript has no words"},
		{"WEBVTT\n\nNOTE nothing\n", "the transcript has no words"},
		{"1\n00:00:01,000 --> 00:00:02,000\n\n", "the transcript has no words"},
		{"1\n00:00:01,000 --> 00:00:02,000\n\ufffd\n", "the transcript has no words"},
		{`{"text":"x"}`, "the transcript has no words"},
		{"just words\n", `cannot be read as srt: line 1: "just words" has no times (expected 00:01:02.000 --> 00:01:04.000)`},
		{"\n\nwords\n1\n00:00:01,000 --> 00:00:02,000\na", `cannot be read as srt: line 3: "words" has no times (expected 00:01:02.000 --> 00:01:04.000)`},
		{"WEBVTT\n\n00:01.000 --> 00:02.000\na\n\nb\n", `cannot be read as vtt: line 6: "b" has no times (expected 00:01:02.000 --> 00:01:04.000)`},
		{"1\n00:00:01,000 --> soon\na", `cannot be read as srt: line 2: "00:00:01,000 --> soon" are not valid times (expected 00:01:02.000 --> 00:01:04.000)`},
		{"1\n00:00:01 --> 9999999999:00:02\na", `cannot be read as srt: line 2: "9999999999:00:02" is not a valid time`},
		{`{"segments":[{"start":1,"end":2,"text":"a"},{"start":1,"text":"b"}]}`, `cannot be read as json: segment 2, “b”: missing start or end in seconds`},
		{`{"segments":[{"start":1,"end":1e9,"text":"a"}]}`, `cannot be read as json: segment 1, “a”: missing start or end in seconds`},
		{`{"segments":[{"start":1,"end":2,"text":"a","speaker":["A"]}]}`, `cannot be read as json: the speaker ["A"] is neither a name nor a number`},
		{"{\n\"segments\":\n[", "cannot be read as json: line 3: unexpected end of JSON input"},
		{"{\n\"segments\":[{\n\"start\":\"1\"}]}", "cannot be read as json: line 3: unexpected string as \"segments.start\""},
		{"1\n00:00:01,000 --> 00:00:02,000\n\xc0\xe0\xe8\xea", "line 3: byte C0 is not UTF-8, and the encoding of the file was not recognized"},
		{strings.Repeat("a", maxFile+1), "the file is larger than 64 MiB, too large for a transcript"},
	} {
		t.Run(c.in[:min(60, len(c.in))], func(t *testing.T) {
			got, err := Parse(strings.NewReader(c.in), Options{})
			if err == nil || err.Error() != c.want {
				t.Errorf("%+v, %v, want %s", got, err, c.want)
			}
		})
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
	in := []Cue{
		{Start: 1, End: 2, Text: "cut"}, {Start: 9, End: 10.05, Text: "next to nothing left"}, {Start: 9, End: 11, Text: "begins late"}, {Start: 11, End: 12.5, Speaker: "S", Text: "moved"}, {Start: 19, End: 21, Text: "ends early"}, {Start: 21, End: 25, Text: "cut"},
		{Start: 19.5, End: 30.5, Text: "around the cut"}, {Start: 32, End: 32.02, Text: "short"}, {Start: 41, End: 41, Text: "behind"}, {Start: 50, End: 60, Text: "behind"},
	}
	want := []Cue{
		{Start: 0, End: 1, Text: "begins late"}, {Start: 1, End: 2.5, Speaker: "S", Text: "moved"}, {Start: 9, End: 10, Text: "ends early"}, {Start: 9.5, End: 10.5, Text: "around the cut"}, {Start: 12, End: 12.02, Text: "short"},
	}
	if got := Move(in, locate); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

var someCues = []Cue{{Start: 1, End: 2.5, Speaker: "Ann & Bob", Text: "Grüße <b> & mehr --> hier"}, {Start: 3661.25, End: 3663, Text: "zwei\nZeilen 🎙️"}}

func TestWrite(t *testing.T) {
	var vtt, srt bytes.Buffer
	if err := WriteVTT(&vtt, someCues); err != nil {
		t.Fatal(err)
	}
	if err := WriteSRT(&srt, someCues); err != nil {
		t.Fatal(err)
	}
	if want := "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<v Ann &amp; Bob>Grüße &lt;b&gt; &amp; mehr --&gt; hier\n\n01:01:01.250 --> 01:01:03.000\nzwei\nZeilen 🎙️\n"; vtt.String() != want {
		t.Errorf("%s", vtt.String())
	}
	if want := "1\n00:00:01,000 --> 00:00:02,500\nAnn & Bob: Grüße <b> & mehr → hier\n\n2\n01:01:01,250 --> 01:01:03,000\nzwei\nZeilen 🎙️\n"; srt.String() != want {
		t.Errorf("%s", srt.String())
	}
	if got, err := Parse(&vtt, Options{}); err != nil || got.Format != VTT || !reflect.DeepEqual(got.Cues, someCues) {
		t.Errorf("%+v, %v", got, err)
	}
}
