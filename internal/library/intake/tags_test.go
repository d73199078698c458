package intake

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// The clock in each tag is that of the place at which it is found, across
// pieces, gaps, changes of parameters and a clock that wraps.
func TestTagsLieOnTheTimeline(t *testing.T) {
	for name, least := range map[string]int{"one": 12, "two-pieces": 20, "gap-inside": 12, "parameters": 12, "pts-wrap": 12, "eleven-pieces": 11, "no-tags": 0} {
		dir := t.TempDir()
		take(t, dir, Options{}, preset(t, name))
		l, err := library.Open(context.Background(), library.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		s, err := l.Load(firstID)
		if err != nil {
			t.Fatal(err)
		}
		n, last := 0, int64(-1)
		err = l.Tags(t.Context(), s, func(tag *library.Tag) error {
			n++
			if tag.Position < last || tag.Position > *s.Samples {
				t.Errorf("%s: tag %d at %d, after %d, of %d", name, n, tag.Position, last, *s.Samples)
			}
			last = tag.Position
			// What the tags say differs by less than a frame from where they are.
			if off := tag.Wall.Sub(tag.NTP.Time).Abs(); tag.NTP.IsZero() || off > 30*time.Millisecond {
				t.Errorf("%s: tag %d: %s at %s", name, n, tag.NTP, tag.Wall)
			}
			if len(tag.Levels) != 1+len(tag.Stage) {
				t.Errorf("%s: tag %d: levels %v of the host and %v", name, n, tag.Levels, tag.Stage)
			}
			return nil
		})
		if err != nil || n < least || least == 0 && n > 0 {
			t.Errorf("%s: %d tags, %v", name, n, err)
		}
	}
}

// A line that is no JSON is told with its place; an error of visit ends it.
func TestDamagedTags(t *testing.T) {
	dir := t.TempDir()
	take(t, dir, Options{}, preset(t, "one"))
	l, err := library.Open(context.Background(), library.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := l.Load(firstID)
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	if err := l.Tags(t.Context(), s, func(*library.Tag) error { return enough }); err != enough {
		t.Error(err)
	}
	for _, text := range []string{"{\"run\":0}\nno JSON\n", strings.Repeat("x", 2<<20)} {
		if err := os.WriteFile(l.Path(s.Folder+"/.spaces/tags-0.jsonl"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := l.Tags(t.Context(), s, func(*library.Tag) error { return nil }); err == nil || !strings.Contains(err.Error(), "tags-0.jsonl: ") {
			t.Error(err)
		}
	}
	// Numbers that no recording has lead nowhere, and not astray.
	for _, sample := range []int64{-1 << 63, -1, 1 << 62} {
		for _, run := range []int{-1, 0, 7} {
			if p, _ := s.PositionOf(0, run, sample); p < 0 || p > *s.Samples {
				t.Errorf("sample %d of run %d at %d", sample, run, p)
			}
		}
	}
	(&space.Space{Timeline: []space.Run{{}}}).PositionOf(0, 0, 1)
}
