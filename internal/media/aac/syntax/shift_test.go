package syntax_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
	"github.com/spaces-cli/spaces/internal/media/adts"
)

// frames calls do for each unit of an ADTS stream, in place.
func frames(t testing.TB, stream []byte, do func(unit []byte)) {
	t.Helper()
	for n := 0; len(stream) >= 7; n++ {
		size := int(stream[3]&3)<<11 | int(stream[4])<<3 | int(stream[5]>>5)
		head := 7
		if stream[1]&1 == 0 {
			head = 9
		}
		if stream[0] != 0xff || size < head || size > len(stream) {
			t.Fatalf("frame %d: not an ADTS frame", n)
		}
		do(stream[head:size])
		stream = stream[size:]
	}
}

func parser(t testing.TB, stream []byte) *syntax.Parser {
	t.Helper()
	h, err := adts.ParseHeader(stream)
	if err != nil {
		t.Fatal(err)
	}
	p, err := syntax.NewParser(2, h.RateIndex)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shifted returns an ADTS stream with all units shifted.
func shifted(t testing.TB, stream []byte, steps int) []byte {
	t.Helper()
	p, out := parser(t, stream), bytes.Clone(stream)
	n := 0
	frames(t, out, func(unit []byte) {
		if err := p.Shift(unit, steps); err != nil {
			t.Fatalf("unit %d: %v", n, err)
		}
		n++
	})
	return out
}

// heard decodes an ADTS stream with ffmpeg to floats.
func heard(t testing.TB, stream []byte) []float32 {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	cmd := exec.Command(path, "-hide_banner", "-loglevel", "error", "-f", "aac", "-i", "-", "-f", "f32le", "-")
	cmd.Stdin = bytes.NewReader(stream)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	samples := make([]float32, len(out)/4)
	for i := range samples {
		samples[i] = math.Float32frombits(binary.LittleEndian.Uint32(out[4*i:]))
	}
	return samples
}

// below returns by how many decibels the difference of got and factor × want
// lies below what was wanted.
func below(t testing.TB, got, want []float32, factor float64) float64 {
	t.Helper()
	if len(got) != len(want) || len(got) == 0 {
		t.Fatalf("%d samples, want %d", len(got), len(want))
	}
	var sound, wrong float64
	for i, v := range want {
		w := factor * float64(v)
		sound += w * w
		wrong += (float64(got[i]) - w) * (float64(got[i]) - w)
	}
	return 10 * math.Log10(sound/wrong)
}

const attacks = "aevalsrc=0.8*sin(2*PI*900*t)*lt(mod(t\\,0.2)\\,0.004)|0.7*sin(2*PI*1300*t)*lt(mod(t\\,0.17)\\,0.003):s=48000:d=2"

// Arguments that make ffmpeg's encoder use a tool.
const (
	shortArgs     = "-b:a 128k"
	intensityArgs = "-af pan=stereo|c0=c0|c1=0.5*c0 -aac_is 1 -aac_ms 0 -b:a 32k"
	noiseArgs     = "-ac 2 -aac_pns 1 -aac_is 0 -b:a 40k"
)

// ffmpeg's decoder makes of shifted units exactly 2^(steps/4) times the sound.
func TestShiftIsExact(t *testing.T) {
	streams := map[string][]byte{}
	for _, name := range []string{"guest", "host", "mono44", "pause"} {
		b, err := os.ReadFile("../../../fixture/testdata/" + name + ".aac")
		if err != nil {
			t.Fatal(err)
		}
		streams[name] = b
	}
	if !testing.Short() {
		for _, c := range []struct{ name, source, args string }{
			{"mono", music, "-ac 1 -b:a 64k"},
			{"stereo", music, "-b:a 160k"},
			{"short windows", attacks, shortArgs},
			{"middle and side", music, "-af pan=stereo|c0=c0|c1=0.9*c0+0.1*c1 -aac_ms 1 -aac_is 0 -b:a 128k"},
			{"intensity", music, intensityArgs},
			{"noise", loud, noiseArgs},
			{"no noise", music, "-aac_pns 0 -b:a 96k"},
			{"TNS", attacks, "-aac_tns 1 -b:a 64k"},
			{"5.1", music, "-ac 6 -b:a 384k"},
		} {
			streams[c.name] = ffmpeg(t, c.source, strings.Fields(c.args)...)
		}
	}
	for name, b := range streams {
		t.Run(name, func(t *testing.T) {
			want := heard(t, b)
			for _, steps := range []int{-9, -1, 1, 4, 8} {
				db := below(t, heard(t, shifted(t, b, steps)), want, math.Pow(2, float64(steps)/4))
				if !(db >= 120) {
					t.Errorf("%d steps: the error is %.1f dB below the sound", steps, db)
				}
			}
		})
	}
}

// The streams of the test above make use of the tools that they are named for.
func TestStreamsHaveTheirTools(t *testing.T) {
	if testing.Short() {
		t.Skip("encodes three streams")
	}
	count := func(source, args string) (noise, intensity, short int) {
		b := ffmpeg(t, source, strings.Fields(args)...)
		p := parser(t, b)
		var u syntax.Unit
		frames(t, b, func(unit []byte) {
			if err := p.Parse(unit, &u); err != nil {
				t.Fatal(err)
			}
			n, i := p.Tools()
			for _, c := range []struct {
				is bool
				n  *int
			}{{n, &noise}, {i, &intensity}, {u.Streams[0].Sequence == syntax.EightShort, &short}} {
				if c.is {
					*c.n++
				}
			}
		})
		return noise, intensity, short
	}
	if _, _, short := count(attacks, shortArgs); short < 5 {
		t.Errorf("%d units of short windows", short)
	}
	if _, intensity, _ := count(music, intensityArgs); intensity < 5 {
		t.Errorf("%d units with intensity stereo", intensity)
	}
	if noise, _, _ := count(loud, noiseArgs); noise < 5 {
		t.Errorf("%d units with noise", noise)
	}
}

// Shifting changes the fields global_gain and nothing else, and shifting back
// gives the bytes back.
func TestShiftIsUndone(t *testing.T) {
	b, err := os.ReadFile("../../../fixture/testdata/host.aac")
	if err != nil {
		t.Fatal(err)
	}
	p := parser(t, b)
	for _, steps := range []int{-12, -1, 0, 1, 7} {
		out := shifted(t, b, steps)
		if bytes.Equal(out, b) != (steps == 0) {
			t.Errorf("%d steps: equal is %v", steps, steps != 0)
		}
		if !bytes.Equal(shifted(t, out, -steps), b) {
			t.Errorf("%d steps and back are not the same bytes", steps)
		}
		var all [][]byte
		frames(t, out, func(unit []byte) { all = append(all, unit) })
		var was, is syntax.Unit
		frames(t, bytes.Clone(b), func(unit []byte) {
			if err := p.Parse(unit, &was); err != nil {
				t.Fatal(err)
			}
			if err := p.Parse(all[0], &is); err != nil {
				t.Fatal(err)
			}
			for i, s := range was.Streams {
				want := int(s.Value)
				if s.Coded {
					want += steps
				}
				if int(is.Streams[i].Value) != want {
					t.Fatalf("global_gain %d became %d", s.Value, is.Streams[i].Value)
				}
				for k := s.Gain; k < s.Gain+8; k++ { // mask it
					unit[k>>3] &^= 0x80 >> (k & 7)
					all[0][k>>3] &^= 0x80 >> (k & 7)
				}
			}
			if !bytes.Equal(unit, all[0]) {
				t.Fatal("other bits have changed")
			}
			all = all[1:]
		})
	}
}

// coded is a single_channel_element with bands of codebook 11 all zero: its
// gain, then a difference of scalefactors of the given index of codeword.
func coded(gain int, rest ...int) []int {
	return append([]int{0, 3, 0, 4, gain, 8, 0, 1, 0, 2, 0, 1, 1, 6, 0, 1}, rest...)
}

func TestShiftRefuses(t *testing.T) {
	end := []int{7, 3}
	// One band of codebook 1, no difference of scalefactors, no tools, and one
	// codeword "0" that stands for four coefficients of 0.
	factor := []int{1, 4, 1, 5, 0, 1, 0, 3, 0, 1}
	// One band of noise of an energy of its own, no tools.
	noise := func(energy int) []int { return []int{13, 4, 1, 5, energy, 9, 0, 3} }
	for _, c := range []struct {
		name  string
		put   [][]int
		steps int
		want  error
	}{
		{"nothing coded", [][]int{silent, end}, 200, nil},
		{"up to the end", [][]int{coded(200, factor...), end}, 55, nil},
		{"beyond it", [][]int{coded(200, factor...), end}, 56, syntax.ErrRange},
		{"down to 0", [][]int{coded(10, factor...), end}, -10, nil},
		{"below 0", [][]int{coded(10, factor...), end}, -11, syntax.ErrRange},
		{"noise", [][]int{coded(200, noise(256)...), end}, 45, nil},
		{"noise that is cut off", [][]int{coded(200, noise(256)...), end}, 46, syntax.ErrRange},
		{"little noise", [][]int{coded(20, noise(256-25)...), end}, -5, nil},
		{"too little noise", [][]int{coded(20, noise(256-25)...), end}, -6, syntax.ErrRange},
		{"noise out of range", [][]int{coded(20, noise(256-31)...), end}, 5, syntax.ErrRange},
		{"SBR", [][]int{coded(100, factor...), {6, 3, 2, 4, 13, 4, 0, 12}, end}, 1, syntax.ErrSBR},
		{"DRC", [][]int{coded(100, factor...), {6, 3, 2, 4, 11, 4, 0, 4, 9, 8}, end}, 1, syntax.ErrDRC},
		{"data behind", [][]int{coded(100, factor...), end, {0, 8, 1, 8}}, 1, syntax.ErrBehind},
		{"zeros behind", [][]int{coded(100, factor...), end, {0, 8, 0, 8}}, 1, nil},
		{"coupling", [][]int{coded(100, factor...), {2, 3, 0, 4}}, 1, syntax.ErrCoupling},
		{"prediction", [][]int{silent[:len(silent)-8], {1, 1}}, 1, syntax.ErrMain},
		{"gain control", [][]int{silent[:len(silent)-2], {1, 1}}, 1, syntax.ErrSSR},
		{"no END", [][]int{coded(100, factor...)}, 1, syntax.ErrCut},
		{"empty", nil, 1, syntax.ErrCut},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w bit
			for _, part := range c.put {
				w.put(part...)
			}
			p, err := syntax.NewParser(2, 3)
			if err != nil {
				t.Fatal(err)
			}
			was := bytes.Clone(w.b)
			if err := p.Shift(w.b, c.steps); !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if c.want != nil && !bytes.Equal(w.b, was) {
				t.Error("the unit has changed")
			}
			if c.want == nil {
				if err := p.Shift(w.b, -c.steps); err != nil || !bytes.Equal(w.b, was) {
					t.Errorf("not undone: %v", err)
				}
			}
		})
	}
}

// Units that are cut are refused and left as they are.
func TestShiftOfDamagedUnits(t *testing.T) {
	b, err := os.ReadFile("../../../fixture/testdata/guest.aac")
	if err != nil {
		t.Fatal(err)
	}
	p := parser(t, b)
	all, _ := units(t, b)
	for _, unit := range all[:10] {
		for n := range len(unit) - 1 {
			cut := bytes.Clone(unit[:n])
			if err := p.Shift(cut, 1); err == nil || !bytes.Equal(cut, unit[:n]) {
				t.Fatalf("%d of %d bytes: %v", n, len(unit), err)
			}
		}
	}
}

func FuzzShift(f *testing.F) {
	b, err := os.ReadFile("../../../fixture/testdata/host.aac")
	if err != nil {
		f.Fatal(err)
	}
	all, rate := units(f, b)
	for i := 0; i < len(all); i += 40 {
		f.Add(all[i], byte(rate), int8(i-60))
	}
	f.Fuzz(func(t *testing.T, unit []byte, rate byte, steps int8) {
		p, err := syntax.NewParser(2, int(rate%13))
		if err != nil {
			t.Fatal(err)
		}
		was := bytes.Clone(unit)
		if p.Shift(unit, int(steps)) != nil {
			if !bytes.Equal(unit, was) {
				t.Fatal("refused and changed")
			}
			return
		}
		var before, after syntax.Unit
		if err := errors.Join(p.Parse(was, &before), p.Parse(unit, &after)); err != nil {
			t.Fatal(err)
		}
		if len(before.Streams) != len(after.Streams) || before.End != after.End {
			t.Fatalf("%+v became %+v", before, after)
		}
		for i, s := range before.Streams {
			if s.Coded {
				s.Value += byte(steps)
				s.Low, s.High, s.Down, s.Up = s.Low+int(steps), s.High+int(steps), s.Down+int(steps), s.Up-int(steps)
			}
			if s != after.Streams[i] {
				t.Errorf("stream %d: %s", i, fmt.Sprint(after.Streams[i], " want ", s))
			}
		}
		if err := p.Shift(unit, -int(steps)); err != nil || !slices.Equal(unit, was) {
			t.Errorf("not undone: %v", err)
		}
	})
}
