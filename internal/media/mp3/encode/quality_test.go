package encode

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/mp3/judge"
)

// ours is the encoder of this package as the judge wants it; set is given the
// number that it is asked for.
func ours(set func(o *Options, n int)) judge.Encoder {
	return judge.Encoder{Name: "ours", Encode: func(ctx context.Context, in, out string, n, channels int) error {
		planes, rate, err := judge.Decode(ctx, in)
		if err != nil {
			return err
		}
		o := Options{SampleRate: rate, Channels: channels}
		set(&o, n)
		frames, s, err := encodeAll(o, interleave(planes))
		if err != nil {
			return err
		}
		return writeFile(out, nil, frames, s)
	}}
}

// recordings returns the judge's set, or skips the test. MP3_ITEMS picks those
// whose names begin with one of the words in it.
func recordings(t *testing.T) []judge.Item {
	t.Helper()
	picked := strings.Fields(os.Getenv("MP3_ITEMS"))
	if os.Getenv("SPACES_LONG") == "" && len(picked) == 0 {
		t.Skip("takes a minute: SPACES_LONG=1 runs it")
	}
	for _, program := range []string{"lame", "ffmpeg"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	items, missing, err := judge.Corpus(t.Context(), t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range missing {
		t.Log("without", m)
	}
	if len(picked) > 0 {
		items = slices.DeleteFunc(items, func(i judge.Item) bool {
			return !slices.ContainsFunc(picked, func(p string) bool { return strings.HasPrefix(i.Name, p) })
		})
	}
	if len(items) == 0 {
		t.Fatal("there is nothing to compare")
	}
	return items
}

func verdict(t *testing.T, rows []judge.Row) {
	t.Helper()
	t.Log("\n" + judge.Table(rows))
	for _, s := range judge.Shortfalls(rows) {
		t.Error(s)
	}
}

// The noise that hearing does not mask, the error as such and the pre-echo are
// no worse than those of LAME at its better settings.
func TestQualityAgainstLAME(t *testing.T) {
	rows, err := judge.Match(t.Context(), recordings(t),
		ours(func(o *Options, kbps int) { o.BitRate = 1000 * kbps }), judge.LAME("-q", "3"))
	if err != nil {
		t.Fatal(err)
	}
	verdict(t, rows)
}

// The same with a varying bit rate, file by file of the same length.
func TestVariableQualityAgainstLAME(t *testing.T) {
	rows, err := judge.MatchVariable(t.Context(), recordings(t), []int{3, 5, 7},
		ours(func(o *Options, quality int) { o.Quality = quality }), judge.LAMEVariable("-q", "3"))
	if err != nil {
		t.Fatal(err)
	}
	verdict(t, rows)
}
