package mpegts

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Where chunks of a playlist were joined at a discontinuity, tables, packet
// identifiers and clock may be others from one packet to the next (RFC 8216,
// 4.3.2.3).
func TestJoined(t *testing.T) {
	dir := t.TempDir()
	made := func(name string, args ...string) ([]byte, [][]byte) {
		file, aac := filepath.Join(dir, name), filepath.Join(dir, "a.aac")
		ffmpeg(t, slices.Concat(args, []string{file})...)
		ffmpeg(t, "-i", file, "-map", "0:a", "-c", "copy", "-f", "adts", aac)
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return b, adtsUnits(t, aac)
	}
	sound := []string{"-f", "lavfi", "-t", "3", "-i", "anoisesrc=a=0.1:r=48000:seed=5", "-ac", "2", "-c:a", "aac"}
	picture := []string{"-f", "lavfi", "-t", "3", "-i", "testsrc=s=160x90:r=10", "-c:v", "mpeg2video"}
	first, want := made("first.ts", sound...)
	for _, c := range []struct {
		name string
		args []string
		rate int
	}{
		{"the clock starts anew", sound, 48000},
		{"another PID", join(sound, []string{"-mpegts_start_pid", "0x120"}), 48000},
		{"another program", join(sound, []string{"-mpegts_start_pid", "0x120", "-mpegts_pmt_start_pid", "0x1100", "-mpegts_service_id", "7"}), 48000},
		{"the PID of the sound is one of pictures", join(sound[:6], picture, []string{"-map", "1", "-map", "0", "-c:a", "aac", "-mpegts_pmt_start_pid", "0x1100"}), 48000},
		{"another rate", join(sound, []string{"-ar", "44100", "-mpegts_pmt_start_pid", "0x1100"}), 44100},
	} {
		t.Run(c.name, func(t *testing.T) {
			second, more := made("second.ts", c.args...)
			r, units := mustRead(t, slices.Concat(first, second, first))
			all := slices.Concat(want, more, want)
			if !slices.EqualFunc(units, all, bytes.Equal) {
				t.Fatalf("%d units, want %d and %d and %d", len(units), len(want), len(more), len(want))
			}
			if !r.Track().Damage.Empty() {
				t.Errorf("damage %+v", r.Track().Damage)
			}
			if runs := r.Track().Runs; runs[min(1, len(runs)-1)].SampleRate != c.rate {
				t.Errorf("runs %+v", runs)
			}
		})
	}
}
