package site

import (
	"strings"
	"testing"

	said "github.com/spaces-cli/spaces/internal/transcript"
)

// FuzzPassages reads any transcript. A page shows all that is said in it, and
// each word at its time.
func FuzzPassages(f *testing.F) {
	f.Add("WEBVTT\n\n00:01.500 --> 00:03.000\n<v Ann>Hello <00:02.000>&amp; <i>you\n")
	f.Add("1\r\n00:00:01,500 --> 00:00:03,000\r\nHello\r\n\r\n2\n0:1 --> x\n<")
	f.Add(testWords)
	f.Fuzz(func(t *testing.T, text string) {
		read, err := said.Parse(strings.NewReader(text), said.Options{})
		if err != nil {
			return
		}
		want, got := "", ""
		for _, c := range read.Cues {
			want += strings.ReplaceAll(c.Text, "\n", " ") + " "
		}
		last := 0.0
		for _, p := range passages(testShow(), read.Cues) {
			if p.Start < last || len(p.Words) == 0 {
				t.Fatalf("%+v", p)
			}
			last = p.Start
			for _, w := range p.Words {
				got += w.Text
			}
		}
		if got != want {
			t.Fatalf("%q became %q", want, got)
		}
	})
}
