package transcript

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"
)

// FuzzParse reads any bytes. What is taken has words and times that fit the
// sound, and comes back from WebVTT as it was.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"1\n00:00:01,000 --> 00:00:02,500\n<i>a</i> &amp; b\n\nc\n\n2\n01:01:01,250 --> 01:01:03,000\nd\r\ne\n",
		"WEBVTT\n\nNOTE x\n\nid\n00:01.000 --> 00:02.500 align:start\n<v.x A B>a <00:00:01.500>&lt;<c>b</c>\n<v C>d</v>",
		"WEBVTT\n\n00:01.000 --> 00:02.000\n \na<00:00:01.500><c> b</c>\n\n00:02.000 --> 00:02.010\na b\n \n\n00:02.010 --> 00:04.000\na b\nc<00:00:03.000><c> d</c>\n",
		"1\n00:00:01,000 --> 00:00:02,000\n<u>a</u> b\n2\n00:00:02,000 --> 00:00:03,000\na <u>b</u>\n",
		"-0:01 --> 0:01\n[A]: a\n\n0:05 --> 0:04\n(speaker ?) b\n\n0:02 --> 0:03\nc\n",
		`{"segments":[{"start":1.0004,"end":2.5,"text":" a\nb","speaker":"x > y","words":[{"word":"a","start":1,"end":2,"score":0.5},{"word":"b"}]}]}`,
		`{"transcription":[{"offsets":{"from":1000,"to":2500},"text":" a","tokens":[{"text":" \xe2","offsets":{"from":1,"to":2},"p":0.5},{"text":"\x82\xac"}]}]}`,
		`[{"startTime":1,"endTime":2,"body":"--> & <v x>"},{"startTime":1,"body":"a\n"},{"startTime":2,"body":"b."},{"startTime":2,"speaker":1,"body":"c"}]`,
		`{"words":[{"word":"a","start":1,"end":2},{"word":"b","start":2,"end":1},{"word":"c","start":2,"end":3},{"word":"d","start":9,"end":9}]}`,
		wide("1\n0:01 --> 0:02\na", true), "1\n0:01 --> 0:02\ncaf\xe9",
	} {
		f.Add([]byte(s), "")
	}
	f.Add([]byte("1\n0:01 --> 0:02\n\x82\xa0"), "sjis")
	f.Fuzz(func(t *testing.T, in []byte, encoding string) {
		read, err := Parse(bytes.NewReader(in), Options{Encoding: encoding})
		if err != nil {
			if read != nil {
				t.Fatalf("%+v and %v", read, err)
			}
			return
		}
		sound(t, read.Cues, maxTime*2)
		for _, n := range read.Notes {
			if n.Kind == "" || n.N < 1 || strings.Contains(n.Text, lost) {
				t.Fatalf("%+v", n)
			}
		}
		var b bytes.Buffer
		if err := WriteSRT(&b, read.Cues); err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(&b, Options{}); err == nil && len(again.Cues) > len(read.Cues) {
			t.Fatalf("%d cues became %d of SubRip", len(read.Cues), len(again.Cues))
		}
		b.Reset()
		if err := WriteVTT(&b, read.Cues); err != nil {
			t.Fatal(err)
		}
		plain := make([]Cue, len(read.Cues))
		for i, c := range read.Cues {
			c.Words = nil // WebVTT has none of ours
			plain[i] = c
		}
		if again, err := Parse(&b, Options{}); err != nil || again.Format != VTT || len(again.Notes) == 0 && !reflect.DeepEqual(again.Cues, plain) {
			t.Fatalf("%+v became %+v, %v", plain, again, err)
		}
		if read.Fit(100) == nil {
			sound(t, read.Cues, 100)
		}
	})
}

// sound fails unless cues are in order and have words, and their times are
// within a recording.
func sound(t *testing.T, cues []Cue, end float64) {
	t.Helper()
	last := 0.0
	for _, c := range cues {
		if c.Text == "" || strings.Contains(c.Text, "\n\n") || strings.Contains(c.Text+c.Speaker, lost) {
			t.Fatalf("%+v", c)
		}
		if !(c.Start >= last && c.End > c.Start && c.End <= end) || math.IsNaN(c.End) {
			t.Fatalf("%+v after %g", c, last)
		}
		last = c.Start
		for i, w := range c.Words {
			if w.Text == "" || !(w.Start >= 0 && w.End >= w.Start && w.End <= end) || i > 0 && w.Start < c.Words[i-1].Start {
				t.Fatalf("%+v in %+v", w, c)
			}
		}
	}
}
