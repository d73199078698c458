package encode

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/mp3/judge"
)

// ours encodes a WAV file as the judge wants it.
func ours(ctx context.Context, in, out string, kbps, channels int) error {
	planes, rate, err := judge.Decode(ctx, in)
	if err != nil {
		return err
	}
	o := Options{SampleRate: rate, Channels: channels, BitRate: 1000 * kbps}
	frames, s, err := encodeAll(o, interleave(planes))
	if err != nil {
		return err
	}
	return writeFile(out, nil, frames, s)
}

// The noise that hearing does not mask, the error as such and the pre-echo are
// no worse than those of LAME at its better settings. MP3_ITEMS picks the
// recordings whose names begin with one of the words in it.
func TestQualityAgainstLAME(t *testing.T) {
	picked := strings.Fields(os.Getenv("MP3_ITEMS"))
	long := os.Getenv("SPACES_LONG") != ""
	if !long && len(picked) == 0 {
		t.Skip("takes a minute: SPACES_LONG=1 runs it")
	}
	for _, program := range []string{"lame", "ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	all, missing, err := judge.Corpus(t.Context(), t.TempDir(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range missing {
		t.Log("without", m)
	}
	items := all
	if len(picked) > 0 {
		items = nil
		for _, i := range all {
			for _, p := range picked {
				if strings.HasPrefix(i.Name, p) {
					items = append(items, i)
				}
			}
		}
	}
	if len(items) == 0 {
		t.Fatal("there is nothing to compare")
	}
	rows, err := judge.Match(t.Context(), items, judge.Encoder{Name: "ours", Encode: ours}, judge.LAME("-q", "3"))
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + judge.Table(rows))
	for _, s := range judge.Shortfalls(rows) {
		t.Error(s)
	}
}
