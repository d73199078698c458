package gain

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// keep analyzes a stream as measuring does, of which some stretches are heard.
func (s *stream) keep(t testing.TB, heard ...Span) *Analysis {
	t.Helper()
	a, err := NewKeptAnalyzer(s.config)
	if err != nil {
		t.Fatal(err)
	}
	d, err := pcm.NewDecoder(s.config)
	if err != nil {
		t.Fatal(err)
	}
	m, err := loudness.NewMeter(s.config.SampleRate, s.config.Channels)
	if err != nil {
		t.Fatal(err)
	}
	var cells []float32
	m.OnCell = func(energy float64) { cells = append(cells, float32(energy)) }
	n, channels := int64(s.config.UnitSamples), int64(s.config.Channels)
	samples := make([]float32, n*channels)
	for i := range s.at {
		if err := d.Decode(samples, s.unit(i)); err != nil {
			t.Fatal(err)
		}
		if err := a.Add(s.unit(i), samples); err != nil {
			t.Fatal(err)
		}
		at := int64(i) * n
		for _, h := range heard {
			if from, to := max(at, h.Start), min(at+n, h.End); from < to {
				m.Write(samples[(from-at)*channels : (to-at)*channels])
			}
		}
	}
	analysis := a.Analysis()
	a.Weigh(heard, cells)
	return analysis
}

// A kept analysis says of a recording what one that is made for a plan does.
func TestKeptAnalysis(t *testing.T) {
	for name, s := range map[string]*stream{
		"X":      speech(t, 2),
		"stereo": encoded(t, tones, "-b:a", "96k"),
		"MP3":    encoded(t, attacks, "lame", "-V", "3"),
	} {
		t.Run(name, func(t *testing.T) {
			n := int64(s.config.UnitSamples)
			all := int64(len(s.at)) * n
			direct := s.analyze(t)
			audio := [32]byte{1, 2, 3}
			for _, heard := range [][]Span{{{0, all}}, {{n + 77, 20*n + 5}, {21 * n, all - n/2}}} {
				made := s.keep(t, heard...)
				b := made.Append([]byte("x"), audio)[1:]
				if int64(len(b)) != KeptBytes(int64(len(s.at))) {
					t.Fatalf("%d bytes", len(b))
				}
				a, err := ParseAnalysis(b, audio, s.config, int64(len(s.at)))
				if err != nil {
					t.Fatal(err)
				}
				if a.Floor() != KeptFloor || a.Units() != int64(len(s.at)) {
					t.Errorf("floor %v, %d units", a.Floor(), a.Units())
				}
				for _, x := range [][2]int64{{0, a.Units()}, {40, 90}} {
					a, direct := a.Range(x[0], x[1]), direct.Range(x[0], x[1])
					was, want := a.tally(make([]int8, a.Units())), direct.tally(make([]int8, a.Units()))
					if math.Abs(float64(was.Integrated-want.Integrated)) > 0.03 || was.TruePeak < want.TruePeak-0.01 || was.TruePeak > want.TruePeak+0.01 && (x[0] == 0 || was.TruePeak > want.TruePeak+1) {
						t.Errorf("%v: %.3f LUFS, %.3f dBTP; analyzed for a plan %.3f and %.3f", x, float64(was.Integrated), float64(was.TruePeak), float64(want.Integrated), float64(want.TruePeak))
					}
					o := Options{Target: float64(want.Integrated) + 5, Ceiling: float64(want.TruePeak) + 3, Damage: 45}
					p, err := a.Plan(o)
					q, qerr := direct.Plan(o)
					if err != nil || qerr != nil {
						t.Fatal(err, qerr)
					}
					// The direct analysis tallies the other's plan.
					checked := direct.tally(stepsOf(p.Runs, a.Units()))
					if math.Abs(float64(checked.Integrated-p.Integrated)) > 0.06 || checked.TruePeak > loudness.Level(o.Ceiling) {
						t.Errorf("%v: planned %.3f LUFS and %.3f dBTP, and comes to %.3f and %.3f", x, float64(p.Integrated), float64(p.TruePeak), float64(checked.Integrated), float64(checked.TruePeak))
					}
					if math.Abs(float64(p.Integrated-q.Integrated)) > 0.3 {
						t.Errorf("%v: a plan of %.2f LUFS, and of %.2f", x, float64(p.Integrated), float64(q.Integrated))
					}
				}
			}
			two := direct.Range(0, 50).Join(direct.Range(50, int64(len(s.at))))
			if !slices.Equal(two.blocks, direct.blocks) {
				t.Error("two parts are not the whole")
			}
		})
	}
}

func stepsOf(runs []Run, units int64) []int8 {
	steps := make([]int8, units)
	for _, r := range runs {
		for f := r.First; f < units; f++ {
			steps[f] = int8(r.Steps)
		}
	}
	return steps
}

// Whatever is wrong with a kept analysis, nothing of it is used.
func TestKeptAnalysisOfOthers(t *testing.T) {
	s := speech(t, 1)
	units := int64(len(s.at))
	audio := [32]byte{9}
	b := s.keep(t, Span{0, units * int64(s.config.UnitSamples)}).Append(nil, audio)
	for at := range b {
		if at > 200 && at < len(b)-100 && at%97 != 0 {
			continue
		}
		wrong := bytes.Clone(b)
		wrong[at] ^= 4
		if _, err := ParseAnalysis(wrong, audio, s.config, units); !errors.Is(err, ErrKept) {
			t.Fatalf("byte %d: %v", at, err)
		}
		if err := CheckAnalysis(bytes.NewReader(wrong), int64(len(wrong)), audio); !errors.Is(err, ErrKept) {
			t.Fatalf("byte %d: checked: %v", at, err)
		}
	}
	for _, n := range []int{0, 8, 20, keptHeader, len(b) - 1} {
		if _, err := ParseAnalysis(b[:n], audio, s.config, units); !errors.Is(err, ErrKept) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	if err := CheckAnalysis(bytes.NewReader(b), int64(len(b)), audio); err != nil {
		t.Error(err)
	}
	for _, size := range []int64{0, 20, int64(len(b)) - 1, int64(len(b)) + keptUnit} {
		if err := CheckAnalysis(bytes.NewReader(b), size, audio); !errors.Is(err, ErrKept) {
			t.Errorf("%d bytes: checked: %v", size, err)
		}
	}
	if _, err := ParseAnalysis(b, [32]byte{8}, s.config, units); !errors.Is(err, ErrKept) {
		t.Errorf("other audio: %v", err)
	}
	if _, err := ParseAnalysis(b, audio, s.config, units+1); !errors.Is(err, ErrKept) {
		t.Errorf("another length: %v", err)
	}
}

// What a file says that is whole but not of this program breaks no plan.
func TestPlansOfForgedAnalyses(t *testing.T) {
	s := speech(t, 1)
	audio := [32]byte{7}
	const units = 40
	whole := s.analyze(t).Range(0, units).Append(nil, audio)
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		b := bytes.Clone(whole)
		body := b[keptHeader : len(b)-sha256.Size]
		for range 1 + round {
			value := uint8(rnd.UintN(256))
			if rnd.UintN(2) == 0 {
				value = [...]uint8{0, 127, 128, 255}[rnd.UintN(4)]
			}
			body[rnd.IntN(len(body))] = value
		}
		sum := sha256.Sum256(b[:len(b)-sha256.Size])
		copy(b[len(b)-sha256.Size:], sum[:])
		a, err := ParseAnalysis(b, audio, s.config, units)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{{Target: -16, Ceiling: -1, Damage: 45}, {Target: -5, Ceiling: -20, Damage: 45, MaxGain: 20}, {Target: -40, Ceiling: -1, Damage: 45, Levels: []Level{{0, 10}, {5000, -10}}}} {
			if p, err := a.Plan(o); err == nil && (len(p.Runs) == 0 || p.Runs[0].First != 0) {
				t.Fatalf("%+v", p)
			}
		}
	}
}

func FuzzParseAnalysis(f *testing.F) {
	s := speech(f, 1)
	a := s.analyze(f).Range(0, 20)
	audio := [32]byte{}
	b := a.Append(nil, audio)
	f.Add(b, int64(20))
	f.Add(b[:keptHeader+32], int64(0))
	f.Fuzz(func(t *testing.T, b []byte, units int64) {
		a, err := ParseAnalysis(b, audio, s.config, units)
		if err != nil {
			return
		}
		again, err := ParseAnalysis(a.Append(nil, audio), audio, s.config, units)
		if err != nil || again.Units() != a.Units() {
			t.Fatal(err)
		}
		if a.Units() > 0 {
			a.Plan(Options{Target: -16, Ceiling: -1, Damage: 45})
		}
	})
}
