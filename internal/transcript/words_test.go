package transcript

import (
	"reflect"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     [][]Word // of each cue
	}{
		{"Whisper", `{"segments":[{"start":1,"end":3,"text":" Hello there.","tokens":[50364,2425,456,13],"words":[
			{"word":" Hello","start":1.0004,"end":1.5,"probability":0.9},{"word":" there.","start":1.6,"end":3,"probability":0.75}]}]}`,
			[][]Word{{{1, 1.5, "Hello", 0.9}, {1.6, 3, "there.", 0.75}}}},
		{"WhisperX with words that it could not align", `{"segments":[{"start":1,"end":5,"text":"In 19 84 we","words":[
			{"word":"In","start":1,"end":1.5,"score":0.5},{"word":"19"},{"word":"84"},{"word":"we","start":3.5,"end":4,"score":0.25,"speaker":"A"}]},
			{"start":6,"end":8,"text":"1 2","words":[{"word":"1"},{"word":"2","start":7,"end":7.5}]},
			{"start":8,"end":9,"text":"2 3","words":[{"word":"2","start":8,"end":8.5},{"word":"3"}]},
			{"start":9,"end":10,"text":"4","words":[{"word":"4"}]}],"word_segments":[]}`,
			[][]Word{{{1, 1.5, "In", 0.5}, {1.5, 2.5, "19", 0}, {2.5, 3.5, "84", 0}, {3.5, 4, "we", 0.25}}, {{6, 7, "1", 0}, {7, 7.5, "2", 0}}, {{8, 8.5, "2", 0}, {8.5, 9, "3", 0}}, nil}},
		{"whisper-timestamped", `{"segments":[{"start":1,"end":2,"text":"Hello","words":[{"text":"Hello","start":1,"end":2,"confidence":0.5}]}]}`,
			[][]Word{{{1, 2, "Hello", 0.5}}}},
		{"whisper.cpp, full", `{"transcription":[{"offsets":{"from":1000,"to":3000},"text":" Hello, you","tokens":[
			{"text":"[_BEG_]","offsets":{"from":1000,"to":1000},"id":50363,"p":0.9},{"text":" Hel","offsets":{"from":1000,"to":1200},"p":0.5},{"text":"lo","offsets":{"from":1200,"to":1500},"p":1},
			{"text":",","offsets":{"from":1500,"to":1600},"p":0.75},{"text":" you","offsets":{"from":1700,"to":3000},"p":0.5},{"text":"[_TT_150]","offsets":{"from":3000,"to":3000},"p":0.1}]}]}`,
			[][]Word{{{1, 1.6, "Hello,", 0.75}, {1.7, 3, "you", 0.5}}}},
		{"whisper.cpp in Japanese", `{"transcription":[{"offsets":{"from":0,"to":2000},"text":"今日は。","tokens":[
			{"text":"今日","offsets":{"from":0,"to":1000},"p":0.5},{"text":"は","offsets":{"from":1000,"to":1500},"p":0.5},{"text":"。","offsets":{"from":1500,"to":2000},"p":0.5}]}]}`,
			[][]Word{{{0, 1, "今日", 0.5}, {1, 2, "は。", 0.5}}}},
		{"OpenAI, words beside segments", `{"task":"transcribe","duration":4,"text":"Hello. You there","segments":[{"id":0,"start":0,"end":1.5,"text":" Hello."},{"id":1,"start":1.5,"end":4,"text":" You there"}],
			"words":[{"word":"Hello","start":0.2,"end":1.4},{"word":"You","start":1.4,"end":2},{"word":"there","start":2,"end":4.5}]}`,
			[][]Word{{{0.2, 1.4, "Hello", 0}}, {{1.4, 2, "You", 0}, {2, 4.5, "there", 0}}}},
		{"tokens of whisper.cpp's server", `{"segments":[{"start":1,"end":2,"text":" Grüße an","words":[{"word":" Gr","start":1,"end":1.2,"probability":0.5},{"word":"üße","start":1.2,"end":1.5,"probability":1},{"word":" an","start":1.5,"end":2,"probability":1}]}]}`,
			[][]Word{{{1, 1.5, "Grüße", 0.75}, {1.5, 2, "an", 1}}}},
		{"times that cannot be", `[{"start":1,"end":2,"text":"a b","words":[{"word":"a","start":-1,"end":1.5},{"word":"b","start":1.5,"end":1.2},{"word":" "}]}]`,
			[][]Word{{{1, 1.5, "a", 0}, {1.5, 1.5, "b", 0}}}},
		{"WhisperX, a score that is none", `{"segments":[{"start":1,"end":3,"text":"NaN, \"NaN\": NaN","words":[{"word":"NaN","start":1,"end":2,"score":NaN},{"word":"x","start":NaN,"end":-Infinity,"score":0.5}]}]}`,
			[][]Word{{{1, 2, "NaN", 0}, {2, 3, "x", 0.5}}}},
		{"none", `[{"start":1,"end":2,"text":"a b","words":null,"tokens":[]}]`, [][]Word{nil}},
	} {
		t.Run(c.name, func(t *testing.T) {
			read, err := Parse(strings.NewReader(c.in), Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got [][]Word
			for _, c := range read.Cues {
				got = append(got, c.Words)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v\nwant %v", got, c.want)
			}
		})
	}
}

func TestMoveWords(t *testing.T) {
	// 2 to 3 was cut out.
	cues := Move([]Cue{{Start: 1, End: 4, Text: "a b c d", Words: []Word{{1, 1.5, "a", 0}, {1.5, 2.25, "b", 0}, {2.25, 2.75, "c", 0}, {2.75, 4, "d", 0.5}}}},
		func(at float64) (float64, bool) {
			switch {
			case at < 2:
				return at, true
			case at < 3:
				return 2, false
			}
			return at - 1, true
		})
	want := []Word{{1, 1.5, "a", 0}, {1.5, 2, "b", 0}, {2, 3, "d", 0.5}}
	if len(cues) != 1 || !reflect.DeepEqual(cues[0].Words, want) {
		t.Errorf("%v, want %v", cues, want)
	}
}
