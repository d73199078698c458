package sound_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// aacConfig is that of the fixture's recordings.
func aacConfig(t *testing.T) track.Config {
	t.Helper()
	c, err := adts.ParseConfig([]byte{0x11, 0x90})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// adtsOf returns an ADTS stream of units.
func adtsOf(t *testing.T, units [][]byte) []byte {
	t.Helper()
	h, err := adts.HeaderOf(aacConfig(t))
	var b []byte
	for _, u := range units {
		if err == nil {
			b, err = h.AppendFrame(b, u)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// shifted returns units with other gains: steps says by how much unit i is shifted.
func shifted(t *testing.T, units [][]byte, steps func(i int) int) [][]byte {
	t.Helper()
	all := make([][]byte, len(units))
	for i, u := range units {
		s, err := gain.NewShifter(aacConfig(t), []gain.Run{{Steps: steps(i)}})
		if err != nil {
			t.Fatal(err)
		}
		all[i] = bytes.Clone(u)
		if err := s.Shift(all[i]); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// anyGain writes other gains into all channels of units, each its own, whether a
// decoder likes them or not.
func anyGain(t *testing.T, units [][]byte, rnd *rand.Rand) [][]byte {
	t.Helper()
	p, err := adts.NewParser(aacConfig(t).Specific)
	if err != nil {
		t.Fatal(err)
	}
	var parsed syntax.Unit
	all := make([][]byte, len(units))
	for i, u := range units {
		if err := p.Parse(u, &parsed); err != nil {
			t.Fatal(err)
		}
		u = bytes.Clone(u)
		for _, s := range parsed.Streams {
			for bit := s.Gain; bit < s.Gain+8; bit++ {
				u[bit>>3] &^= 0x80 >> (bit & 7)
				u[bit>>3] |= byte(rnd.IntN(2)) << 7 >> (bit & 7)
			}
		}
		all[i] = u
	}
	return all
}

// silentUnit is a pair of channels in which nothing is coded.
var silentUnit = []byte{0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c}

// padded returns units with a silent one before every n-th.
func padded(units [][]byte, n int) (all [][]byte) {
	for i, u := range units {
		if i%n == 0 {
			all = append(all, silentUnit)
		}
		all = append(all, u)
	}
	return all
}

// Whatever the gains of a recording's units are, it is found as if nothing had
// been done to them.
func TestGainsHideNothing(t *testing.T) {
	s := newTestLibrary(t)
	id := s.longest().ID
	rnd := rand.New(rand.NewPCG(1, 7))
	units := s.units(id, 100, 300)
	want := describe(s.find(s.m4a(units)))
	if !has(s.find(s.m4a(units)), id) {
		t.Fatal(want)
	}
	for _, test := range []struct {
		name  string
		units [][]byte
	}{
		{"louder", shifted(t, units, func(int) int { return 5 })},
		{"softer", shifted(t, units, func(int) int { return -9 })},
		{"as a plan does", shifted(t, units, func(i int) int { return 2 + i/40%3 })},
		{"each by its own", shifted(t, units, func(int) int { return rnd.IntN(17) - 8 })},
		{"shifted twice", shifted(t, shifted(t, units, func(i int) int { return i % 5 }), func(i int) int { return i % 7 })},
		{"each channel at random", anyGain(t, units, rnd)},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, b := range map[string][]byte{"m4a": s.m4a(test.units), "ADTS": adtsOf(t, test.units), "an excerpt": adtsOf(t, test.units[37:43])} {
				got := s.find(b)
				if !has(got, id) || len(got.Unknown)+len(got.Short) > 0 || name != "an excerpt" && describe(got) != want {
					t.Errorf("%s:\n%s\nas it is:\n%s", name, describe(got), want)
				}
			}
		})
	}
}

// Silence between the units does not hide them.
func TestSilenceHidesNothing(t *testing.T) {
	s := newTestLibrary(t)
	id := s.longest().ID
	rnd := rand.New(rand.NewPCG(1, 7))
	units := s.units(id, 100, 300)
	for _, n := range []int{1, 2, 3, 4, 5, 10, 33, 100} {
		t.Run(fmt.Sprintf("before every %d", n), func(t *testing.T) {
			for _, u := range [][][]byte{padded(units, n), padded(anyGain(t, units, rnd), n), padded(units[37:47], n)} {
				if got := s.find(adtsOf(t, u)); !has(got, id) || len(got.Short) > 0 {
					t.Error(describe(got))
				}
			}
		})
	}
}

// mp3gain changes the same fields of MP3, frame by frame or all alike.
func TestMP3Gain(t *testing.T) {
	if _, err := exec.LookPath("mp3gain"); err != nil {
		t.Skip("mp3gain is not installed")
	}
	for _, coding := range []string{"-b:a 96k", "-q:a 5", "-ac 2 -joint_stereo 0 -b:a 128k", "-ac 1 -ar 22050 -b:a 32k"} {
		t.Run(coding, func(t *testing.T) {
			dir := t.TempDir()
			whole, part := filepath.Join(dir, "whole.mp3"), filepath.Join(dir, "part.mp3")
			run(t, "ffmpeg", slices.Concat([]string{"-loglevel", "error", "-i", "../../fixture/testdata/host.aac", "-c:a", "libmp3lame"}, strings.Fields(coding), []string{whole})...)
			s := newTestLibrary(t, whole)
			id := s.longest().ID
			want := describe(s.find(read(t, whole)))
			run(t, "ffmpeg", "-loglevel", "error", "-ss", "0.4", "-t", "1", "-i", whole, "-c", "copy", part)
			ways := [][]string{{"-g", "3"}, {"-g", "-7"}, {"-r"}}
			if strings.Contains(coding, "-joint_stereo 0") {
				ways = append(ways, []string{"-l", "0", "5"})
			}
			for _, args := range ways {
				for _, file := range []string{whole, part} {
					run(t, "mp3gain", append(append([]string{"-q", "-c"}, args...), file)...)
					got := s.find(read(t, file))
					if !has(got, id) || len(got.Unknown)+len(got.Short) > 0 || file == whole && describe(got) != want {
						t.Errorf("mp3gain %q of %s:\n%s\nbefore:\n%s", args, filepath.Base(file), describe(got), want)
					}
				}
			}
			// Each frame and channel by its own.
			b := read(t, whole)
			rnd := rand.New(rand.NewPCG(3, 3))
			rd, err := media.Open(bytes.NewReader(b), int64(len(b)), track.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var p track.Packet
			frames := 0
			var padded []byte // with a silent frame before each
			for ; rd.Next(&p) == nil; frames++ {
				h, err := mp3.ParseHeader(p.Data)
				if err != nil {
					t.Fatal(err)
				}
				silence, err := mp3.Carrier(h, nil)
				if err != nil {
					t.Fatal(err)
				}
				padded = slices.Concat(padded, silence, p.Data)
				s, err := gain.NewShifter(rd.Track().Runs[0].Config, []gain.Run{{Steps: rnd.IntN(9) - 4}})
				if err == nil {
					err = s.Shift(b[p.Offset : p.Offset+int64(len(p.Data))])
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if got := s.find(b); frames < 40 || describe(got) != want {
				t.Errorf("%d frames by their own:\n%s\nbefore:\n%s", frames, describe(got), want)
			}
			if got := s.find(padded); !has(got, id) || len(got.Unknown)+len(got.Short) > 0 {
				t.Errorf("with silence between its frames:\n%s", describe(got))
			}
		})
	}
}
