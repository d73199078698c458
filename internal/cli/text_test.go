package cli

import (
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/library/space"
)

func TestReadIDs(t *testing.T) {
	got, err := readIDs(strings.NewReader("1ypKdEXvkMLGW\n\n{\"id\":\"1eaJbNqXaXWxX\",\"x\":{}}\r\n" +
		`{"type":"recording","id":"1abcdefghijkl"}` + "\n" + `{"type":"summary"}` + "\n"))
	if want := "1ypKdEXvkMLGW 1eaJbNqXaXWxX 1abcdefghijkl"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%v, %v", got, err)
	}
	for _, in := range []string{"{", `{"ID":1}`, `{"title":"x"}`} {
		if _, err := readIDs(strings.NewReader(in)); classify(err).code != exitUsage {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestTimeline(t *testing.T) {
	turns := &space.Turns{Turns: []space.Turn{{Handle: "h", Start: 0, End: 30}, {Handle: "g", Start: 30, End: 50}}}
	s := &space.Space{Recording: space.Recording{Speakers: []space.Speaker{{Handle: "h"}, {Handle: "g"}}}}
	runs := []space.Run{{SampleRate: 10, Samples: 200}, {SampleRate: 10, Samples: 400, GapBefore: 17.5}}
	want := strings.Repeat("A", 20) + "|" + strings.Repeat("A", 9) + strings.Repeat("B", 20) + strings.Repeat("-", 10)
	if got := timeline(60, speakerMarks(s, turns), turns, (&space.Space{Timeline: runs}).Gaps()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := timeline(60, nil, nil, nil), strings.Repeat("=", 60); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
