package mp4

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// pcmFile has ffmpeg make a QuickTime file with PCM of a coding in it.
func pcmFile(t testing.TB, coding string, more ...string) []byte {
	t.Helper()
	args := append([]string{"-f", "lavfi", "-i", "aevalsrc=0.7*sin(700*t)|0.3*sin(1100*t):s=22050:d=0.5", "-c:a", coding}, more...)
	b, err := os.ReadFile(readertest.Make(t, "a.mov", args...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// numbers returns all numbers that a file holds.
func numbers(t testing.TB, b []byte) ([]byte, *track.Track) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	units, err := readertest.Read(t, r, nil)
	if err != nil || len(units) == 0 {
		t.Fatalf("%d units, %v", len(units), err)
	}
	for i, u := range units[:len(units)-1] {
		if len(u) != len(units[0]) {
			t.Errorf("unit %d has %d bytes, the first one %d", i, len(u), len(units[0]))
		}
	}
	return bytes.Join(units, nil), r.Track()
}

func TestPCMAsFFmpegReadsIt(t *testing.T) {
	for _, c := range []struct{ coding, kind, as string }{
		{"pcm_s16le", "sowt", "s16le"}, {"pcm_s16be", "twos", "s16le"}, {"pcm_s8", "sowt", "u8"}, {"pcm_u8", "raw ", "u8"},
		{"pcm_s24le", "in24", "s24le"}, {"pcm_s24be", "in24", "s24le"}, {"pcm_s32le", "in32", "s32le"}, {"pcm_s32be", "in32", "s32le"},
		{"pcm_f32le", "fl32", "f32le"}, {"pcm_f32be", "fl32", "f32le"}, {"pcm_f64le", "fl64", "f64le"}, {"pcm_f64be", "fl64", "f64le"},
		{"pcm_mulaw", "ulaw", "s16le"}, {"pcm_alaw", "alaw", "s16le"},
	} {
		variants := []string{""}
		if c.coding == "pcm_s24le" {
			variants = []string{"", "-ac 1", "-movflags frag_keyframe+empty_moov -frag_duration 100000"}
		}
		for _, more := range variants {
			t.Run(c.coding+" "+more, func(t *testing.T) {
				b := pcmFile(t, c.coding, strings.Fields(more)...)
				if !bytes.Contains(b, []byte(c.kind)) {
					t.Fatalf("ffmpeg did not write %q", c.kind)
				}
				got, tr := numbers(t, b)
				file := t.TempDir() + "/b.mov"
				if err := os.WriteFile(file, b, 0o600); err != nil {
					t.Fatal(err)
				}
				want := readertest.FFmpeg(t, "-i", file, "-c:a", "pcm_"+c.as, "-f", c.as, "-")
				if string(got) != want {
					t.Errorf("%d bytes that differ from the %d of ffmpeg", len(got), len(want))
				}
				if len(tr.Runs) != 1 || tr.Damage.Count > 0 || tr.Runs[0].Skip+tr.Runs[0].Trim > 0 {
					t.Errorf("%+v", tr)
				}
			})
		}
	}
}

// Above 65535 Hz the rate stands in version 2 of the description.
func TestPCMOfHighRates(t *testing.T) {
	_, tr := numbers(t, pcmFile(t, "pcm_s24le", "-ar", "96000"))
	if r := tr.Runs[0]; r.SampleRate != 96000 || r.Channels != 2 || r.Samples != 48000 {
		t.Errorf("%+v", r)
	}
}

// The entries of ISO/IEC 23003-5 count bytes as they are.
func TestPCMOfISO(t *testing.T) {
	b := pcmFile(t, "pcm_s16be")
	want, _ := numbers(t, b)
	got, _ := numbers(t, bytes.Replace(b, []byte("twos"), []byte("ipcm"), 1))
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes, not the %d of twos", len(got), len(want))
	}
}

func TestPCMThatIsCut(t *testing.T) {
	b := pcmFile(t, "pcm_s16le", "-movflags", "faststart")
	whole, _ := numbers(t, b)
	got, tr := numbers(t, b[:len(b)-1001])
	if !bytes.HasPrefix(whole, got) || len(whole)-len(got) < 1001 || tr.Damage.Count == 0 {
		t.Errorf("%d of %d bytes, damage %+v", len(got), len(whole), tr.Damage)
	}
}
