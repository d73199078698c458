package pcm

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestAACAgainstFFmpeg(t *testing.T) {
	if testing.Short() {
		t.Skip("decodes for long")
	}
	for _, rate := range []int{44100, 48000} {
		for channels := 1; channels <= 2; channels++ {
			for _, pns := range []string{"0", "1"} {
				t.Run(fmt.Sprint(rate, channels, "pns", pns), func(t *testing.T) {
					file := encode(t, "a.aac", rate, channels, 4, "-c:a", "aac", "-b:a", fmt.Sprint(48000*channels), "-aac_pns", pns)
					got, bad := read(t, file).linear(t)
					if len(bad) > 0 {
						t.Errorf("units %v could not be decoded", bad)
					}
					peak, rms := difference(t, got, heard(t, file))
					if peak > rounding {
						t.Errorf("differs by %.2f steps at most, %.3f rms", peak, rms)
					}
				})
			}
		}
	}
}

// rounding is how far, in steps of 16 bits, samples may be from those of a
// decoder that does not round to 16 bits: half a step, and the other's own way
// to add.
const rounding = 1.3

// lame's bit rates, among them those for which frames are padded.
var mp3Modes = []string{"-b:a 32k", "-b:a 64k", "-b:a 128k", "-b:a 320k", "-q:a 0", "-q:a 4", "-q:a 9"}

// TestMP3AgainstMPG123 does not ask ffmpeg, which at 24 kHz is alone with the
// width of one scale factor band.
func TestMP3AgainstMPG123(t *testing.T) {
	if testing.Short() {
		t.Skip("decodes for long")
	}
	for i, rate := range []int{16000, 22050, 24000, 32000, 44100, 48000} {
		for j, mode := range mp3Modes {
			if (i+j)%3 != 0 && os.Getenv("SPACES_LONG") == "" {
				continue // every mode at two of the rates
			}
			if rate < 32000 && mode == "-b:a 320k" {
				mode = "-b:a 80k"
			}
			t.Run(fmt.Sprint(rate, mode), func(t *testing.T) {
				againstMPG123(t, rate, 1, rounding, mode)
				if rate >= 44100 {
					againstMPG123(t, rate, 2, rounding, mode+" -joint_stereo 0")
				}
			})
		}
	}
}

// In frames of joint stereo with short blocks go-mp3 is off: see mp3Decoder.
func TestMP3JointStereo(t *testing.T) {
	if testing.Short() {
		t.Skip("decodes for long")
	}
	for _, rate := range []int{22050, 44100, 48000} {
		for _, mode := range []string{"-b:a 64k", "-b:a 128k", "-q:a 2"} {
			againstMPG123(t, rate, 2, 300, mode)
		}
	}
}

// againstMPG123 fails the test if the decoded MP3 differs by more than limit
// steps of 16 bits, or by more than 5 in the root mean square.
func againstMPG123(t *testing.T, rate, channels int, limit float64, mode string) {
	t.Helper()
	file := encode(t, "a.mp3", rate, channels, 2, strings.Fields(mode)...)
	rec := read(t, file)
	got, bad := rec.linear(t)
	if len(bad) > 0 {
		t.Errorf("%d Hz %s: frames %v of %d could not be decoded", rate, mode, bad, len(rec.units))
	}
	got = got[rec.Skip*int64(channels) : (rec.Samples-rec.Trim)*int64(channels)]
	if peak, rms := difference(t, got, mpg123(t, file, rate)); peak > limit || rms > 5 {
		t.Errorf("%d Hz %d ch %s: differs by %.2f steps at most, %.3f rms", rate, channels, mode, peak, rms)
	}
}
