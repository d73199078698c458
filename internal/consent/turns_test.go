package consent

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseTurns(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"labels", "1.5\t3\t@ann\n\\\t100\t200\n0\t1\tBob\n4\t5\t\n6\t7\n", "Bob 0-1, ann 1.5-3,  4-5,  6-7"},
		{"decimal comma, CRLF, mark", "\uFEFF1,5\t3,25\tann\r\n", "ann 1.5-3.25"},
		{"JSON", `{"schema":1,"turns":[{"handle":"ann","start":1,"end":2}]}`, "ann 1-2"},
		{"beyond by little", "1\t100.5\tann\n", "ann 1-100"},
		{"beyond", "1\t102\tann\n", "error: turn 1: 102 is past the end: the recording is 100 s long"},
		{"none", "\n", "error: the file contains no turns"},
		{"backwards", "2\t1\tann", "error: turn 1: the end, 1, is not after the start, 2"},
		{"not a number", "NaN\t1\tann", "error: turn 1: the end, 1, is not after the start, NaN"},
		{"infinite", "1\t+Inf\tann", "error: turn 1: +Inf is past the end: the recording is 100 s long"},
		{"no numbers", "one\t1\tann", `error: line 1: "one" is not a number of seconds`},
		{"one cell", "hello", "error: line 1: expected a start and an end separated by a tab"},
		{"no handle", "1\t2\tAnn Host", `error: turn 1: "Ann Host" is not a valid handle`},
		{"broken JSON", `{"turns":[`, "error: unexpected end of JSON input"},
	} {
		t.Run(test.name, func(t *testing.T) {
			list, err := ParseTurns(strings.NewReader(test.text), 100)
			var words []string
			for _, u := range list {
				words = append(words, fmt.Sprintf("%s %g-%g", u.Handle, u.Start, u.End))
			}
			got := strings.Join(words, ", ")
			if err != nil {
				got = "error: " + err.Error()
			}
			if got != test.want {
				t.Errorf("%s: %s; want %s", test.name, got, test.want)
			}
		})
	}
}

func FuzzParseTurns(f *testing.F) {
	f.Add("1.5\t3\t@ann\n")
	f.Add(`{"turns":[{"handle":"ann","start":1,"end":2}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := ParseTurns(strings.NewReader(text), 100)
		if err != nil {
			return
		}
		last := 0.0
		for _, u := range list {
			if !(u.Start >= last && u.End > u.Start && u.End <= 100) || u.Handle != "" && !IsHandle(u.Handle) {
				t.Fatalf("%+v", u)
			}
			last = u.Start
		}
	})
}
