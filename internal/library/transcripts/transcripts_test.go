package transcripts

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/transcript"
)

const rate = 48000

// aSpace is a recording of 60 s with two people on stage.
func aSpace() *space.Space {
	s := new(space.Space)
	s.ID, s.Folder = "1ypKdEXvkMLGW", "recordings/2021/A Space [1ypKdEXvkMLGW]"
	s.Host = &space.Person{Handle: "lea_durand"}
	s.Speakers = []space.Speaker{{Handle: "lea_durand", Role: "host"}, {Handle: "tomokafor", Role: "speaker"}}
	s.Pieces = []space.Piece{{SHA256: "aa"}}
	return s
}

// cue is a stretch of speech of which each word has its time, evenly.
func cue(start, end float64, text string) transcript.Cue {
	c := transcript.Cue{Start: start, End: end, Text: text}
	words := strings.Fields(text)
	n := (end - start) / float64(len(words))
	for i, w := range words {
		at := start + n*float64(i)
		c.Words = append(c.Words, transcript.Word{Start: at, End: at + n, Text: w})
	}
	return c
}

func text(t *testing.T, tr *Transcript) string {
	t.Helper()
	var b bytes.Buffer
	if err := tr.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestNew(t *testing.T) {
	confirmed := &space.Turns{Method: library.ByHost, Turns: []space.Turn{{Handle: "lea_durand", Start: 0, End: 5}, {Handle: "tomokafor", Start: 5, End: 10}}}
	for _, tt := range []struct {
		name  string
		turns *space.Turns
		cues  []transcript.Cue
		from  string
		want  string
	}{
		{"nobody knows who", nil, []transcript.Cue{cue(1, 3, "Bonsoir à tous.")}, "", "0:01\nBonsoir à tous.\n"},
		{"a cue of two people falls into two", confirmed, []transcript.Cue{cue(3, 7, "Merci beaucoup Léa bonsoir")}, FromTurns,
			"0:03  @lea_durand\nMerci beaucoup\n\n0:05  @tomokafor\nLéa bonsoir\n"},
		{"a pause ends an utterance", confirmed, []transcript.Cue{cue(1, 2, "Un."), cue(3.5, 4.5, "Deux.")}, FromTurns, "0:01  @lea_durand\nUn.\nDeux.\n"},
		{"cues without the times of words stay whole", confirmed, []transcript.Cue{{Start: 1, End: 2, Text: "Un."}, {Start: 2, End: 3, Text: "Deux."}}, FromTurns, "0:01  @lea_durand\nUn.\nDeux.\n"},
		{"the file names people", confirmed, []transcript.Cue{{Start: 1, End: 2, Speaker: "@TomOkafor", Text: "C’est moi."}, {Start: 2, End: 3, Speaker: "Caller", Text: "Et moi."}, {Start: 3, End: 4, Text: "Qui ?"}}, FromFile,
			"0:01  @tomokafor\nC’est moi.\n\n0:02  Caller\nEt moi.\n\n0:03\nQui ?\n"},
		{"no spaces in Japanese", nil, []transcript.Cue{cue(1, 3, "東京 の 夜")}, "", "0:01\n東京の夜\n"},
		{"punctuation that stands alone", nil, []transcript.Cue{cue(1, 3, "yes , sure")}, "", "0:01\nyes, sure\n"},
		{"past the end", nil, []transcript.Cue{cue(58, 64, "on and on")}, "", "0:58\non and on\n"},
		{"nothing", nil, nil, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := New(aSpace(), rate, 60*rate, tt.turns, tt.cues)
			if got := text(t, tr); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if tr.SpeakersFrom != tt.from {
				t.Errorf("speakers from %q, want %q", tr.SpeakersFrom, tt.from)
			}
			if err := tr.check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// A monologue without pauses falls into utterances that can be shown and found.
func TestUtterancesAreShort(t *testing.T) {
	var cues []transcript.Cue
	for i := range 10 {
		cues = append(cues, cue(float64(i)*5, float64(i+1)*5, strings.Repeat("mot ", 12)+"fin."))
	}
	tr := New(aSpace(), rate, 60*rate, nil, cues)
	if n := len(tr.Utterances); n < 3 || n > 5 {
		t.Errorf("%d utterances", n)
	}
	for _, u := range tr.Utterances {
		if !strings.HasSuffix(u.Text, "fin.") || len(u.Text) > 2*longest {
			t.Errorf("%d characters: %s", len(u.Text), u.Text)
		}
	}
}

// The end of a sentence ends a long utterance in every script.
func TestSentencesEnd(t *testing.T) {
	for _, end := range []string{".", "?", "!", "…", "。", "？", "！"} {
		long, next := strings.Repeat("a", longest)+end, "next"
		tr := New(aSpace(), rate, 60*rate, nil, []transcript.Cue{cue(1, 3, long+" "+next)})
		if n := len(tr.Utterances); n != 2 || tr.Utterances[0].Text != long || tr.Utterances[1].Text != next {
			t.Errorf("%s: %d utterances: %+v", end, n, tr.Utterances)
		}
	}
}

func TestWriteReadRemove(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	s := aSpace()
	if _, err := Read(root, s); !errors.Is(err, ErrNone) {
		t.Fatalf("before there is one: %v", err)
	}
	tr := New(s, rate, 60*rate, nil, []transcript.Cue{cue(1, 3, "a < b"), cue(5, 6, "and so on")})
	if err := Write(root, s, tr); err != nil {
		t.Fatal(err)
	}
	got, err := Read(root, s)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(tr)
	b, _ := json.Marshal(got)
	if !bytes.Equal(a, b) {
		t.Errorf("read\n%s\nwritten\n%s", b, a)
	}
	vtt, err := root.ReadFile(layout.CaptionsIn(s.Folder))
	if err != nil || !strings.Contains(string(vtt), "a &lt; b") {
		t.Errorf("captions: %v\n%s", err, vtt)
	}

	s.Pieces[0].SHA256 = "bb"
	if got, err := Read(root, s); !errors.Is(err, ErrOther) || got == nil {
		t.Errorf("of other sound: %v", err)
	}
	if err := Write(root, s, tr); !errors.Is(err, ErrOther) {
		t.Errorf("written for other sound: %v", err)
	}

	if err := Remove(root, s); err != nil {
		t.Fatal(err)
	}
	if err := Remove(root, s); !errors.Is(err, ErrNone) {
		t.Errorf("removed twice: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(root.Name(), filepath.FromSlash(s.Folder), layout.Transcript, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left: %q, %v", left, err)
	}
}

func TestReadRefuses(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	s := aSpace()
	if err := root.MkdirAll(filepath.Dir(filepath.FromSlash(layout.TranscriptIn(s.Folder))), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, content, says string }{
		{"no JSON", `{`, "transcript.json"},
		{"newer", `{"schema":2}`, "newer version"},
		{"no rate", `{"schema":1}`, "rate 0"},
		{"beyond the end", `{"schema":1,"rate":48000,"samples":10,"utterances":[{"start":1,"end":11,"text":"x"}]}`, "utterance 1"},
		{"out of order", `{"schema":1,"rate":48000,"samples":10,"utterances":[{"start":5,"end":6},{"start":1,"end":2}]}`, "utterance 2"},
		{"a word before the beginning", `{"schema":1,"rate":48000,"samples":10,"utterances":[{"start":1,"end":2,"words":[{"start":-1,"end":2,"text":"x"}]}]}`, "the word “x”"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := root.WriteFile(layout.TranscriptIn(s.Folder), []byte(tt.content), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(root, s); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
}

func FuzzNew(f *testing.F) {
	f.Add("WEBVTT\n\n00:01.000 --> 00:03.000\n<v Ann>Hello there.\n", int64(60*rate))
	f.Add("1\n00:00:01,000 --> 00:00:02,000\nx\n", int64(0))
	f.Fuzz(func(t *testing.T, file string, samples int64) {
		read, err := transcript.Parse(strings.NewReader(file), transcript.Options{})
		if err != nil || samples < 0 {
			return
		}
		if err := New(aSpace(), rate, samples, nil, read.Cues).check(); err != nil {
			t.Error(err)
		}
	})
}
