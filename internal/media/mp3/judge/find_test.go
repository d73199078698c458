package judge

import (
	"errors"
	"math"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestPreEcho(t *testing.T) {
	for _, rate := range rates {
		x := noise(3, 1e-4, 2, rate)
		var places []int
		for _, second := range []float64{0.3, 0.72, 1.1, 1.75} {
			at := int(second * float64(rate))
			places = append(places, at)
			for n, v := range noise(4, 0.3, 0.1, rate) {
				x[at+n] += v * float32(math.Exp(-float64(n)/(0.01*float64(rate))))
			}
		}
		wide := make([]float64, len(x))
		for n, v := range x {
			wide[n] = float64(v)
		}
		found := attacks(wide, rate)
		if len(found) != len(places) {
			t.Fatalf("at %d Hz: attacks at %v, not %v", rate, found, places)
		}
		for i := range found {
			near(t, "attack", float64(found[i]), float64(places[i]), float64(rate)/2000)
		}
		// planted adds noise so loud, from and to so many ms after the attacks.
		planted := func(rms float64, from, to int) Report {
			y := slices.Clone(x)
			for _, at := range places {
				for n, v := range noise(5, rms, float64(to-from)/1000, rate) {
					y[at+from*rate/1000+n] += v
				}
			}
			return compare(t, x, y, rate)
		}
		// The attack's first 10 ms have 0.3² (1-exp(-2))/2 of mean power.
		attack := 0.09 * (1 - math.Exp(-2)) / 2
		loud := planted(0.01, -20, -4)
		near(t, "level of a pre-echo", loud.PreEcho.Level, 10*math.Log10(1e-4/attack), 1.5)
		if p := loud.PreEcho; p.Attacks != 4 || p.NMR < 20 || p.Worst < p.NMR {
			t.Errorf("at %d Hz: %+v", rate, p)
		}
		soft := planted(0.001, -20, -4)
		near(t, "pre-echo 20 dB softer", soft.PreEcho.NMR, loud.PreEcho.NMR-20, 0.5)
		near(t, "level of it", soft.PreEcho.Level, loud.PreEcho.Level-20, 0.5)
		if p := planted(1e-5, -20, -4).PreEcho; p.NMR > 0 {
			t.Errorf("at %d Hz: a pre-echo below what was there is heard: %+v", rate, p)
		}
		// Masked by the attack itself: right before it and after it.
		for _, r := range []Report{planted(0.01, -4, -1), planted(0.01, 1, 20)} {
			if r.PreEcho.Level > -90 || r.PreEcho.NMR > -30 {
				t.Errorf("at %d Hz: what is no pre-echo is taken for it: %+v", rate, r.PreEcho)
			}
		}
	}
}

func TestNoAttacks(t *testing.T) {
	const rate = 44100
	swell := noise(1, 0.1, 1, rate)
	for n := range swell {
		swell[n] *= float32(math.Exp2(float64(n)/(0.02*rate) - 50)) // 6 dB in 20 ms
	}
	for name, x := range map[string][]float32{
		"steady": noise(1, 0.1, 1, rate), "swelling": swell, "tone": tone(60, 0.5, 1, rate), "silent": make([]float32, rate),
	} {
		t.Run(name, func(t *testing.T) {
			if p := compare(t, x, x, rate).PreEcho; p != (PreEcho{}) {
				t.Errorf("%s: %+v", name, p)
			}
		})
	}
}

func TestFindsLagLevelAndLength(t *testing.T) {
	const rate = 44100
	left, right := noise(1, 0.1, 1, rate), noise(2, 0.05, 1, rate)
	orig := [][]float32{left, right}
	for _, lag := range []int{0, 1, -528, 1105, 4096} {
		for _, gain := range []float64{1, 0.95} {
			coded := make([][]float32, 2)
			for c := range coded {
				coded[c] = make([]float32, len(left)+100)
				for n := range coded[c] {
					coded[c][n] = float32(gain) * at(orig[c], n-lag)
				}
			}
			r, err := Compare(orig, coded, rate)
			if err != nil {
				t.Fatal(err)
			}
			if r.Lag != lag || r.Longer != 100 {
				t.Errorf("late by %d, 100 longer: %d and %d found", lag, r.Lag, r.Longer)
			}
			near(t, "gain", r.Gain, -20*math.Log10(gain), 0.01)
			if r.SegSNR < 70 { // the end of what came late is lost
				t.Errorf("late by %d, times %g: %.1f dB SNR", lag, gain, r.SegSNR)
			}
		}
	}
	// Half the level is an error, not a difference of level.
	half := slices.Clone(left)
	for n := range half {
		half[n] /= 2
	}
	if r := compare(t, left, half, rate); r.Gain > 1.001 || r.SegSNR > 10 {
		t.Errorf("at half the level: gain %.2f dB, %.1f dB SNR", r.Gain, r.SegSNR)
	}
	// A tone agrees with itself one period later.
	x := tone(441, 0.5, 1, rate)
	if r := compare(t, x, plus(x, noise(1, 1e-3, 1, rate)), rate); r.Lag != 0 {
		t.Errorf("tone late by %d", r.Lag)
	}
}

func TestRefuses(t *testing.T) {
	good := noise(1, 0.1, 1, 44100)
	bad := slices.Clone(good)
	bad[100] = float32(math.NaN())
	loud := slices.Clone(good)
	loud[100] = float32(math.Inf(-1))
	for name, c := range map[string]struct {
		orig, coded [][]float32
		rate        int
		want        error
	}{
		"nothing":       {nil, nil, 44100, errChannels},
		"channels":      {[][]float32{good, good}, [][]float32{good}, 44100, errChannels},
		"ragged":        {[][]float32{good, good}, [][]float32{good, good[1:]}, 44100, errChannels},
		"not a number":  {[][]float32{good}, [][]float32{bad}, 44100, errNumber},
		"infinite":      {[][]float32{loud}, [][]float32{good}, 44100, errNumber},
		"short":         {[][]float32{good[:4000]}, [][]float32{good}, 44100, errShort},
		"no rate":       {[][]float32{good}, [][]float32{good}, 0, errShort},
		"nothing coded": {[][]float32{good}, [][]float32{{}}, 44100, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := Compare(c.orig, c.coded, c.rate)
			if !errors.Is(err, c.want) || err == nil && (r.SegSNR != 0 || r.NMR < -5) {
				t.Errorf("%s: %v, %+v", name, err, r)
			}
		})
	}
}

func TestTransform(t *testing.T) {
	const n = 64
	f := newFFT(n)
	x := make([]complex128, n)
	for i, v := range noise(1, 1, 1, n) {
		x[i] = complex(float64(v), float64(i%7))
	}
	got := slices.Clone(x)
	f.transform(got)
	for k := range n {
		var re, im float64
		for i, v := range x {
			s, c := math.Sincos(-2 * math.Pi * float64(i*k) / n)
			re += real(v)*c - imag(v)*s
			im += real(v)*s + imag(v)*c
		}
		near(t, "real part", real(got[k]), re, 1e-9)
		near(t, "imaginary part", imag(got[k]), im, 1e-9)
	}
}

func TestTableAndShortfalls(t *testing.T) {
	fine := Row{Item: "talk", Kbps: 64,
		Ours:  Report{NMR: -9.5, SegSNR: 20},
		Other: Report{NMR: -10, SegSNR: 20.5}}
	poor := Row{Item: "clicks", Kbps: 128, Attacks: true,
		Ours:  Report{NMR: -5, SegSNR: 10, Gain: -0.2, Lag: 529, Longer: -3, PreEcho: PreEcho{Attacks: 4, NMR: 3}},
		Other: Report{NMR: -8, SegSNR: 13, PreEcho: PreEcho{Attacks: 4, NMR: 2.5}}}
	if got := Shortfalls([]Row{fine}); got != nil {
		t.Errorf("nothing is short, but: %q", got)
	}
	got := Shortfalls([]Row{fine, poor})
	want := []string{
		"clicks at 128 kbit/s: 529 samples late, -3 too long",
		"clicks at 128 kbit/s: NMR 3.0 dB worse",
		"clicks at 128 kbit/s: segmental SNR 3.0 dB worse",
		"clicks at 128 kbit/s: pre-echo 0.5 dB worse",
		"**mean** at 128 kbit/s: NMR 3.0 dB worse",
		"**mean** at 128 kbit/s: segmental SNR 3.0 dB worse",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	lines := strings.Split(strings.TrimSpace(Table([]Row{fine, poor})), "\n")
	if len(lines) != 2+2+2 {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for _, l := range lines {
		if strings.Count(l, "|") != strings.Count(lines[0], "|") {
			t.Errorf("not as many columns as the head has: %s", l)
		}
	}
	if !strings.Contains(lines[3], "ours 529 samples late, ours -3 samples too long, ours +0.2 dB") {
		t.Errorf("remarks are missing: %s", lines[3])
	}
	// Files of another length are shown, and prove nothing.
	poor.Quality, poor.Share, poor.Ours.Lag, poor.Ours.Longer = 4, 0.9, 0, 0
	if got := Shortfalls([]Row{poor}); got != nil {
		t.Errorf("files of different lengths: %q", got)
	}
	if table := Table([]Row{poor}); !strings.Contains(table, "| q4: 128 |") || !strings.Contains(table, "90% of the length") {
		t.Errorf("a varying bit rate: %s", table)
	}
}

func FuzzCompare(f *testing.F) {
	f.Add(uint16(44100), uint8(2), []byte("any sound"), []byte("some other sound"))
	f.Add(uint16(8000), uint8(1), []byte{0, 0, 255, 127}, []byte{0, 0, 0, 128, 1})
	f.Fuzz(func(t *testing.T, rate uint16, channels uint8, a, b []byte) {
		// Repeated, so that a few bytes make enough samples.
		sound := func(from []byte) [][]float32 {
			x := silenceOf(int(channels%3), int(rate)/8+len(from))
			for c := range x {
				for n := range x[c] {
					if len(from) > 0 {
						x[c][n] = float32(int8(from[(n+c)%len(from)])) / 128
					}
				}
			}
			return x
		}
		r, err := Compare(sound(a), sound(b), int(rate))
		if err != nil {
			return
		}
		for _, v := range []float64{r.NMR, r.Total, r.Worst, r.Over, r.Disturbed, r.SegSNR, r.Gain, r.PreEcho.Level, r.PreEcho.NMR} {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%+v", r)
			}
		}
	})
}

// Decode gives back what a WAV file of 16 bits holds, whatever the rate and
// channels, and says what is no sound.
func TestDecode(t *testing.T) {
	dir := t.TempDir()
	for _, i := range []Item{
		{Name: "mono", Rate: 16000, Samples: [][]float32{noise(1, 0.3, 0.2, 16000)}},
		{Name: "stereo", Rate: 44100, Samples: [][]float32{noise(2, 0.3, 0.2, 44100), noise(3, 0.3, 0.2, 44100)}},
	} {
		i.File = filepath.Join(dir, i.Name+".wav")
		if err := write(&i); err != nil {
			t.Fatal(err)
		}
		x, rate, err := Decode(t.Context(), i.File)
		if errors.Is(err, exec.ErrNotFound) {
			t.Skip(err)
		}
		if err != nil || rate != i.Rate || !reflect.DeepEqual(x, i.Samples) {
			t.Errorf("%s: %v, %d Hz, %d channels", i.Name, err, rate, len(x))
		}
	}
	if _, _, err := Decode(t.Context(), filepath.Join(dir, "none.mp3")); err == nil || !strings.Contains(err.Error(), "none.mp3") {
		t.Errorf("no such file: %v", err)
	}
}
