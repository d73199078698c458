package engine

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/transcript"
)

func TestRepairJSON(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
	}{
		{"sound", `{"a": [1, -2.5e-3, true, null, "x\n\"\u00e4"]}`, `{"a": [1, -2.5e-3, true, null, "x\n\"\u00e4"]}`},
		{"numbers that do not exist", `[nan, -nan, NaN, Infinity, -Infinity, inf, -nan(ind), "nan"]`, `[null, null, null, null, null, null, null(ind), "nan"]`},
		{"control characters", "{\"a\":\t\"x\ty\nz\x00\"}\r\n", `{"a": "x y z "}  `},
		{"half a string", `{"a": "x`, `{"a": "x`},
		{"half an escape", `"x\`, `"x\`},
		{"escaped control", "\"x\\\ny\"", `"x\ y"`},
		{"not UTF-8", "\"a\xe5\xad\"", "\"a\U0010fee5\U0010fead\""},
		{"byte outside", "{\xff}", "{ }"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := repairJSON([]byte(c.in)); string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// JSON that is right is not changed.
func TestRepairLeavesJSON(t *testing.T) {
	in := []byte(`{"transcription": [{"offsets": {"from": 0, "to": 1e3}, "text": "字幕 \"\\ \/ \u0041", "p": -0.5e+2}], "x": false}`)
	got := repairJSON(in)
	if string(got) != string(in) || !json.Valid(got) {
		t.Errorf("got %s", got)
	}
}

func TestLoops(t *testing.T) {
	for line, want := range map[string]bool{
		"youyouyouyou":    true,
		"thankyou":        false,
		"hahaha":          false, // as people laugh
		"danke":           false,
		"字幕字幕字幕字幕字幕":      true,
		"abcabcabcab":     true,
		"abcabcabcx":      false,
		"onetwothreefour": false,
		"":                false,
	} {
		t.Run(line, func(t *testing.T) {
			if got := isLoop(line); got != want {
				t.Errorf("%q: %t", line, got)
			}
		})
	}
}

func TestLanguage(t *testing.T) {
	for name, want := range map[string]string{
		"german": "de", "German": "de", "de": "de", "de-DE": "de", "pt_BR": "pt", "haw": "haw", "cantonese": "yue",
		"": "", "auto-detect": "", "klingon": "", "x": "", "d3": "",
	} {
		t.Run(name, func(t *testing.T) {
			if got := Language(name); got != want {
				t.Errorf("%q: %q, want %q", name, got, want)
			}
		})
	}
}

func TestComplaint(t *testing.T) {
	for text, want := range map[string]string{
		`{"error": {"message": "no\ncredit", "code": 1}}`: "no credit",
		`{"error": "no file"}`:                            "no file",
		`{"detail": "Not Found"}`:                         "Not Found",
		`{"message": "busy"}`:                             "busy",
		`{"error": null}`:                                 "",
		`<html>`:                                          "",
	} {
		t.Run(text, func(t *testing.T) {
			if got := Complaint([]byte(text)); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

// Whoever speaks at the same time as another keeps their time.
func TestSpeakersMayOverlap(t *testing.T) {
	r := &Result{}
	r.mend([]transcript.Cue{{Start: 0, End: 5, Speaker: "A", Text: "a"}, {Start: 2, End: 4, Speaker: "B", Text: "b"}, {Start: 4.5, End: 6, Speaker: "A", Text: "c"}}, 10)
	if len(r.Cues) != 3 || r.Cues[0].End != 4.5 || r.Cues[1].End != 4 || r.Mended != 1 {
		t.Errorf("%+v", r)
	}
}

// FuzzRead holds what is read of any output to what Result promises.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		`{"result":{"language":"de"},"transcription":[{"offsets":{"from":0,"to":1000},"text":" a","tokens":[{"text":" a","offsets":{"from":0,"to":10},"id":1,"p":-nan}]}]}`,
		`{"language":"german","text":"a b","segments":[{"start":0,"end":2,"text":"a b"}],"words":[{"word":"a","start":-1,"end":1},{"word":"b","start":1,"end":2}]}`,
		`{"segments":[{"start":0,"end":9,"text":"a b","words":[{"word":"a"},{"word":"b","start":3,"end":1,"score":NaN}]}]}`,
		"1\n-00:00:01,000 --> 00:00:02,000\nGr\xfc\xdfe\n\n2\n00:00:01,000 --> 00:00:09,000\nyou you you you you\n",
		"WEBVTT\n\n00:00.000 --> 00:01.000\n<v Ann>hello</v>\n",
		"\xef\xbb\xbf{\"error\":\"x\"}", "<html>", "[]", "{}", "", "\xff\xfeW\x00",
	} {
		f.Add([]byte(s))
	}
	p := Piece{Audio: filepath.Join(f.TempDir(), "piece.wav"), Length: 5 * time.Second}
	if err := os.WriteFile(p.Audio, silent(5*Rate), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := Read(raw, p)
		if err != nil {
			if _, ok := err.(*Error); !ok || r != nil {
				t.Fatalf("result %v, error %v", r, err)
			}
			return
		}
		last := map[string]float64{}
		begun := 0.0
		for _, c := range r.Cues {
			if c.Start < begun || c.Start < last[c.Speaker] || !(c.End >= c.Start) || c.End > 5 {
				t.Errorf("cue %+v after %v", c, last)
			}
			begun, last[c.Speaker] = c.Start, c.End
			if strings.TrimSpace(c.Text) == "" || !utf8.ValidString(c.Text) || strings.ContainsFunc(c.Text, isStrange) {
				t.Errorf("text %q", c.Text)
			}
			at := c.Start
			for _, w := range c.Words {
				if w.Start < at || !(w.End >= w.Start) || w.End > c.End || math.IsNaN(w.Confidence) || w.Text == "" || strings.ContainsFunc(w.Text, isStrange) {
					t.Errorf("word %+v after %v in %+v", w, at, c)
				}
				at = w.Start
			}
		}
	})
}

// silent is a WAV file of silence.
func silent(samples int) []byte {
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data")
	size := 2 * samples
	b = append(b, byte(size), byte(size>>8), byte(size>>16), byte(size>>24))
	return append(b, make([]byte, size)...)
}
