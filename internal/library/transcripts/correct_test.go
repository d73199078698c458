package transcripts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// debate is a transcript of two people, in seconds.
func debate(t *testing.T) *Transcript {
	t.Helper()
	turns := &space.Turns{Turns: []space.Turn{{Handle: "lea_durand", Start: 0, End: 5}, {Handle: "tomokafor", Start: 5, End: 10}}}
	return New(aSpace(), rate, 60*rate, turns, []transcript.Cue{cue(1, 5, "Bonsoir a tous merci"), cue(5, 9, "de rien shop ify"), cue(20, 22, "C’est la fin")})
}

func edit(t *testing.T, tr *Transcript, change func(text string) string) (*Transcript, *Correction) {
	t.Helper()
	var b bytes.Buffer
	if err := tr.WriteEdit(&b, []string{"How it works", ""}); err != nil {
		t.Fatal(err)
	}
	e, err := ParseEdit(strings.NewReader(change(b.String())))
	if err != nil {
		t.Fatal(err)
	}
	next, c := tr.Correct(aSpace(), nil, e)
	if err := next.check(); err != nil {
		t.Fatal(err)
	}
	return next, c
}

// times writes utterances with the tenths of a second of their words.
func times(tr *Transcript) string {
	var lines []string
	for _, u := range tr.Utterances {
		line := fmt.Sprintf("%d-%d %s:", u.Start*10/rate, u.End*10/rate, u.Who())
		for _, w := range u.Words {
			line += fmt.Sprintf(" %s %d", w.Text, w.Start*10/rate)
		}
		if u.Corrected {
			line += " C"
		}
		if u.SpeakerCorrected {
			line += " S"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func TestCorrect(t *testing.T) {
	const unchanged = "10-50 @lea_durand: Bonsoir 10 a 20 tous 30 merci 40\n50-90 @tomokafor: de 50 rien 60 shop 70 ify 80\n200-220 : C’est 200 la 206 fin 213"
	if got := times(debate(t)); got != unchanged {
		t.Fatalf("made\n%s", got)
	}
	replace := func(pairs ...string) func(string) string {
		return func(s string) string {
			r := strings.NewReplacer(pairs...).Replace(s)
			if r == s {
				panic("nothing to replace: " + s)
			}
			return r
		}
	}
	line := strings.Split(unchanged, "\n")
	for _, tt := range []struct {
		name   string
		change func(string) string
		want   string
		says   string
	}{
		{"nothing", func(s string) string { return s }, unchanged, "{{11 0 0 0} 0 0 0 []}"},
		{"Windows line ends, blank lines and comments", func(s string) string { return "\ufeff" + strings.ReplaceAll(s+"\n\n# more\n", "\n", "\r\n") }, unchanged, "{{11 0 0 0} 0 0 0 []}"},
		{"an accent", replace(" a ", " à "), "10-50 @lea_durand: Bonsoir 10 à 20 tous 30 merci 40 C\n" + line[1] + "\n" + line[2], "{{11 0 0 0} 1 0 0 []}"},
		{"two words become one", replace("shop ify", "Shopify"), line[0] + "\n50-90 @tomokafor: de 50 rien 60 Shopify 70 C\n" + line[2], "{{9 1 0 1} 0 0 0 []}"},
		{"another speaker", replace("@tomokafor", "@lea_durand"), line[0] + "\n" + strings.Replace(line[1], "@tomokafor", "@lea_durand", 1) + " S\n" + line[2], "{{11 0 0 0} 0 1 0 []}"},
		{"a handle as people write it", replace("@tomokafor", "TomOkafor"), unchanged, "{{11 0 0 0} 0 0 0 []}"},
		{"somebody unknown", replace("@tomokafor", "@caller"), line[0] + "\n" + strings.Replace(line[1], "@tomokafor", "@caller", 1) + " S\n" + line[2], "{{11 0 0 0} 0 1 0 [@caller]}"},
		{"two at once", replace("@tomokafor", "@tomokafor, lea_durand"), line[0] + "\n" + strings.Replace(line[1], "@tomokafor", "@tomokafor, @lea_durand", 1) + " S\n" + line[2], "{{11 0 0 0} 0 1 0 []}"},
		{"who was not known", replace("0:20.0", "0:20.0  @tomokafor"), line[0] + "\n" + line[1] + "\n" + strings.Replace(line[2], " :", " @tomokafor:", 1) + " S", "{{11 0 0 0} 0 1 0 []}"},
		{"a speaker without a time", replace("rien shop", "rien\n@lea_durand\nshop"), line[0] + "\n50-70 @tomokafor: de 50 rien 60 C\n70-90 @lea_durand: shop 70 ify 80 C S\n" + line[2], "{{11 0 0 0} 0 1 2 []}"},
		{"words go to another speaker", func(s string) string {
			return strings.Replace(strings.Replace(s, " merci", "", 1), "de rien", "Merci de rien", 1)
		}, "10-40 @lea_durand: Bonsoir 10 a 20 tous 30 C\n40-90 @tomokafor: Merci 40 de 50 rien 60 shop 70 ify 80 C S\n" + line[2], "{{11 0 0 0} 1 1 1 []}"},
		{"an utterance goes", replace("C’est la fin\n", ""), line[0] + "\n" + line[1], "{{8 0 0 3} 0 0 0 []}"},
		{"no speakers at all", func(s string) string { return "Bonsoir a tous merci\nde rien\nshop ify\nC’est la fin" }, line[0] + "\n50-70 @tomokafor: de 50 rien 60 C\n70-90 @tomokafor: shop 70 ify 80 C\n" + line[2], "{{11 0 0 0} 0 0 2 []}"},
		{"an utterance is added", replace("\n0:20.0", "Pas de quoi.\n\n0:20.0"), line[0] + "\n" + line[1] + "\n90-96 @tomokafor: Pas 90 de 92 quoi. 93 C\n" + line[2], "{{11 0 3 0} 0 0 0 []}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next, c := edit(t, debate(t), tt.change)
			if got := times(next); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if got := fmt.Sprint(*c); got != tt.says {
				t.Errorf("changes %s, want %s", got, tt.says)
			}
			if c.Any() == (tt.want == unchanged) {
				t.Errorf("changes: %v", c.Any())
			}
		})
	}
}

// A transcript whose words have no times gets none.
func TestCorrectWithoutWords(t *testing.T) {
	tr := New(aSpace(), rate, 60*rate, nil, []transcript.Cue{{Start: 1, End: 3, Text: "one\ntoo"}, {Start: 4, End: 8, Text: "three four"}})
	same, c := edit(t, tr, func(s string) string { return s })
	if c.Any() || same.Utterances[0].Text != "one\ntoo" {
		t.Errorf("%+v, %q", c, same.Utterances[0].Text)
	}
	next, _ := edit(t, tr, func(s string) string {
		return strings.NewReplacer("too", "two", "three four", "three\nfour").Replace(s)
	})
	if got, want := times(next), "10-30 : C\n40-62 : C\n62-80 : C"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if text := text(t, next); text != "0:01\none two\nthree\nfour\n" {
		t.Errorf("%q", text)
	}
}

// What looks like a comment or a speaker stays what was said.
func TestEditIsExact(t *testing.T) {
	var cues []transcript.Cue
	for i, s := range []string{"# one", "10:30", "@lea_durand", "1:00:00 now", `\ back`, "10:30 sharp", "東京の夜", "…", "a , b"} {
		cues = append(cues, transcript.Cue{Start: float64(2 * i), End: float64(2*i + 1), Text: s})
	}
	tr := New(aSpace(), rate, 60*rate, nil, cues)
	next, c := edit(t, tr, func(s string) string { return s })
	a, _ := json.Marshal(tr)
	b, _ := json.Marshal(next)
	if c.Any() || !bytes.Equal(a, b) {
		t.Errorf("%+v\n%s\n%s", c, a, b)
	}
}

func TestParseEditRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, says string }{
		{"empty", "", "has no words"},
		{"comments only", "# one\n\n0:01.0  @lea_durand\n", "has no words"},
		{"a time that is none", "0:01.0\none\n\n0:75.0  @lea_durand\ntwo", `line 4: "0:75.0" is not a valid time`},
		{"binary", "one\n\x00two", "line 2: not text"},
		{"not UTF-8", "one\n\xfftwo", "line 2: not text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseEdit(strings.NewReader(tt.text))
			if e := new(EditError); !errors.As(err, &e) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want %q", err, tt.says)
			}
		})
	}
}

func TestState(t *testing.T) {
	tr := debate(t)
	was, err := tr.State()
	if err != nil {
		t.Fatal(err)
	}
	e, err := ParseEdit(strings.NewReader("# state: " + was + "\nx"))
	if err != nil || e.State != was {
		t.Errorf("%v, state %q, want %q", err, e.State, was)
	}
	tr.Utterances[0].Text = "other"
	if is, _ := tr.State(); is == was {
		t.Error("another transcript has the same state")
	}
}

// Confirmed turns change the speakers, but not those that the host has set.
func TestRespeak(t *testing.T) {
	tr := debate(t)
	turns := &space.Turns{Method: library.ByHost, Turns: []space.Turn{{Handle: "tomokafor", Start: 0, End: 3}, {Handle: "lea_durand", Start: 3, End: 30}}}
	next, changed := tr.Respeak(turns)
	want := "10-30 @tomokafor: Bonsoir 10 a 20\n30-90 @lea_durand: tous 30 merci 40 de 50 rien 60 shop 70 ify 80\n200-220 @lea_durand: C’est 200 la 206 fin 213"
	if got := times(next); got != want || !changed || next.SpeakersFrom != FromTurns {
		t.Errorf("%v, from %q\n%s\nwant\n%s", changed, next.SpeakersFrom, got, want)
	}
	if _, changed := next.Respeak(turns); changed {
		t.Error("the same turns change something")
	}
	levels := &space.Turns{Turns: []space.Turn{{Handle: "lea_durand", Start: 0, End: 5}, {Handle: "tomokafor", Start: 5, End: 10}}}
	if back, _ := next.Respeak(levels); times(back) != times(tr) {
		t.Errorf("back to levels\n%s\nwant\n%s", times(back), times(tr))
	}
	if none, _ := next.Respeak(nil); none.SpeakersFrom != "" || len(none.Utterances[0].Speakers) > 0 {
		t.Errorf("without turns: %s", times(none))
	}

	set, _ := edit(t, tr, func(s string) string {
		return strings.NewReplacer("@tomokafor", "@caller", " tous", " toutes").Replace(s)
	})
	next, _ = set.Respeak(turns)
	want = "10-30 @tomokafor: Bonsoir 10 a 20 C\n30-50 @lea_durand: toutes 30 merci 40 C\n50-90 @caller: de 50 rien 60 shop 70 ify 80 S\n200-220 @lea_durand: C’est 200 la 206 fin 213"
	if got := times(next); got != want {
		t.Errorf("corrected\n%s\nwant\n%s", got, want)
	}

	file := New(aSpace(), rate, 60*rate, nil, []transcript.Cue{{Start: 1, End: 2, Speaker: "Ann", Text: "One."}})
	if _, changed := file.Respeak(turns); changed {
		t.Error("speakers of a file were replaced")
	}
}

func FuzzEdit(f *testing.F) {
	f.Add("0:01.0  @lea_durand\nBonsoir à tous merci\n\n@tomokafor\nde rien")
	f.Add("# state: 0\n0:05.0  x, y\n\\# said\n1:2:3\n")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseEdit(strings.NewReader(text))
		if err != nil {
			return
		}
		tr := debate(t)
		next, _ := tr.Correct(aSpace(), nil, e)
		if err := next.check(); err != nil {
			t.Fatal(err)
		}
		// What was written is read as it was.
		var b bytes.Buffer
		if err := next.WriteEdit(&b, nil); err != nil {
			t.Fatal(err)
		}
		again, err := ParseEdit(&b)
		if err != nil {
			t.Fatal(err)
		}
		if last, c := next.Correct(aSpace(), nil, again); c.Any() {
			t.Fatalf("%+v\n%s\n%s", c, times(next), times(last))
		}
	})
}

// A killed run may have left the captions and the text as they were before.
func TestOpenMendsForms(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	s := aSpace()
	if _, err := Open(root, s); !errors.Is(err, ErrNone) {
		t.Errorf("without a transcript: %v", err)
	}
	if err := Write(root, s, debate(t)); err != nil {
		t.Fatal(err)
	}
	want, err := root.ReadFile(layout.CaptionsIn(s.Folder))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(root.WriteFile(layout.CaptionsIn(s.Folder), []byte("WEBVTT\n"), 0o644), root.Remove(layout.TextIn(s.Folder))); err != nil {
		t.Fatal(err)
	}
	tr, err := Open(root, s)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := root.ReadFile(layout.CaptionsIn(s.Folder)); !bytes.Equal(got, want) {
		t.Errorf("captions %q", got)
	}
	if got, _ := root.ReadFile(layout.TextIn(s.Folder)); string(got) != text(t, tr) {
		t.Errorf("text %q", got)
	}
}

func TestMayReplace(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	s := aSpace()
	if err := MayReplace(root, s); err != nil {
		t.Errorf("none: %v", err)
	}
	tr := debate(t)
	if err := Write(root, s, tr); err != nil {
		t.Fatal(err)
	}
	if err := MayReplace(root, s); err != nil {
		t.Errorf("as the engine wrote it: %v", err)
	}
	tr.Utterances[1].SpeakerCorrected = true
	if err := Write(root, s, tr); err != nil {
		t.Fatal(err)
	}
	if err := MayReplace(root, s); !errors.Is(err, ErrCorrected) {
		t.Errorf("corrected: %v", err)
	}
	if err := root.WriteFile(layout.TranscriptIn(s.Folder), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := MayReplace(root, s); !errors.Is(err, ErrCorrected) {
		t.Errorf("nobody can tell: %v", err)
	}
}
