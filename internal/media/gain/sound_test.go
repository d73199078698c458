package gain

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A stream is a coded file of which the units can be changed in place.
type stream struct {
	format string // of ffmpeg's
	bytes  []byte
	config track.Config
	at     []int // where each unit begins
	size   []int
}

func open(t testing.TB, format string, b []byte) *stream {
	t.Helper()
	s := &stream{format: format, bytes: b}
	var r track.Reader = adts.NewReader(bytes.NewReader(b), track.Options{})
	if format == "mp3" {
		var err error
		if r, err = mp3.NewReader(bytes.NewReader(b), int64(len(b)), track.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	for {
		var p track.Packet
		if err := r.Next(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		at := int(p.Offset)
		if format == "aac" {
			at += 7
		}
		if !bytes.Equal(b[at:at+len(p.Data)], p.Data) {
			t.Fatal("the units do not lie where they are looked for")
		}
		s.at, s.size = append(s.at, at), append(s.size, len(p.Data))
	}
	s.config = r.Track().Runs[0].Config
	return s
}

func (s *stream) unit(i int) []byte { return s.bytes[s.at[i] : s.at[i]+s.size[i]] }

func (s *stream) clone() *stream {
	c := *s
	c.bytes = bytes.Clone(s.bytes)
	return &c
}

// analyze returns the analysis of a stream.
func (s *stream) analyze(t testing.TB) *Analysis {
	t.Helper()
	return s.analyzeFrom(t, DefaultFloor)
}

func (s *stream) analyzeFrom(t testing.TB, floor float64) *Analysis {
	t.Helper()
	a, err := NewAnalyzer(s.config, floor)
	if err != nil {
		t.Fatal(err)
	}
	d, err := pcm.NewDecoder(s.config)
	if err != nil {
		t.Fatal(err)
	}
	samples := make([]float32, s.config.UnitSamples*s.config.Channels)
	for i := range s.at {
		if err := d.Decode(samples, s.unit(i)); err != nil && !errors.Is(err, pcm.ErrDamaged) {
			t.Fatal(err)
		}
		if err := a.Add(s.unit(i), samples); err != nil {
			t.Fatal(err)
		}
	}
	return a.Analysis()
}

// shift shifts all units as a plan says.
func (s *stream) shift(t testing.TB, runs []Run) *stream {
	t.Helper()
	out := s.clone()
	shifter, err := NewShifter(s.config, runs)
	if err != nil {
		t.Fatal(err)
	}
	for i := range out.at {
		if err := shifter.Shift(out.unit(i)); err != nil {
			t.Fatalf("unit %d: %v", i, err)
		}
	}
	return out
}

// heard decodes a stream with ffmpeg, one slice a channel.
func (s *stream) heard(t testing.TB) [][]float32 {
	t.Helper()
	cmd := exec.Command(tool(t, "ffmpeg"), "-v", "error", "-flags2", "+skip_manual", "-f", s.format, "-i", "-", "-f", "f32le", "-c:a", "pcm_f32le", "-")
	cmd.Stdin = bytes.NewReader(s.bytes)
	b, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	planes := make([][]float32, s.config.Channels)
	for i := 0; i+4 <= len(b); i += 4 {
		c := i / 4 % len(planes)
		planes[c] = append(planes[c], math.Float32frombits(binary.LittleEndian.Uint32(b[i:])))
	}
	return planes
}

func tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// speech is X's recorder's: two voices in turns.
func speech(t testing.TB, rounds int) *stream {
	t.Helper()
	var b []byte
	for range rounds {
		for _, name := range []string{"host", "guest"} {
			part, err := os.ReadFile("../../fixture/testdata/" + name + ".aac")
			if err != nil {
				t.Fatal(err)
			}
			b = append(b, part...)
		}
	}
	return open(t, "aac", b)
}

// encoded is what an encoder makes of one of ffmpeg's sources.
func encoded(t testing.TB, source string, args ...string) *stream {
	t.Helper()
	format := "aac"
	if len(args) > 0 && args[0] == "lame" {
		format = "mp3"
		wav := filepath.Join(t.TempDir(), "a.wav")
		if out, err := exec.Command(tool(t, "ffmpeg"), "-v", "error", "-f", "lavfi", "-i", source, wav).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		b, err := exec.Command(tool(t, "lame"), append(append([]string{"--quiet"}, args[1:]...), wav, "-")...).Output()
		if err != nil {
			t.Fatal(err)
		}
		return open(t, format, b)
	}
	b, err := exec.Command(tool(t, "ffmpeg"), append(append([]string{"-v", "error", "-f", "lavfi", "-i", source, "-c:a", "aac"}, args...), "-f", "adts", "-")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return open(t, format, b)
}

// model returns what a stream sounds like whose units are shifted by steps, by
// the formula of the package, and the energies of its aliasing.
func model(t testing.TB, s *stream, x [][]float32, steps []int8) (y [][]float32, alias float64, kinds [slopes]int) {
	t.Helper()
	coding, err := newCoding(s.config)
	if err != nil {
		t.Fatal(err)
	}
	var last shape
	y = make([][]float32, len(x))
	for c := range x {
		y[c] = make([]float32, len(x[c]))
	}
	n := coding.samples
	for f := range s.at {
		rises := last.falls
		if _, _, err := coding.look(s.unit(f), &last); err != nil {
			t.Fatal(err)
		}
		g, h := Factor(int(steps[max(0, f-1)])), Factor(int(steps[f]))
		for c := range x {
			kind := rises[c]
			if !coding.exact {
				kind = hybrid
			}
			kinds[kind]++
			o := newOverlap(kind, n)
			at := f*n + coding.lead
			for i := range n {
				if at+i >= len(x[c]) {
					break
				}
				rise := float64(o.rise[i])
				rest := 0.0
				if at+n-1-i < len(x[c]) {
					rest = (g - h) * float64(o.cross[i]) * float64(x[c][at+n-1-i])
				}
				y[c][at+i] = float32((g*(1-rise)+h*rise)*float64(x[c][at+i]) + rest)
				alias += rest * rest
			}
		}
	}
	return y, alias, kinds
}

func energyOf(planes [][]float32) (sum float64) {
	for _, p := range planes {
		for _, v := range p {
			sum += float64(v) * float64(v)
		}
	}
	return sum
}

func difference(t testing.TB, a, b [][]float32) float64 {
	t.Helper()
	if len(a) != len(b) || len(a[0]) != len(b[0]) || len(a[0]) == 0 {
		t.Fatalf("%d and %d samples", len(a[0]), len(b[0]))
	}
	var sum float64
	for c := range a {
		for i := range a[c] {
			d := float64(a[c][i]) - float64(b[c][i])
			sum += d * d
		}
	}
	return sum
}

const (
	attacks = "aevalsrc=0.5*sin(2*PI*900*t)*lt(mod(t\\,0.2)\\,0.004)+0.05*sin(2*PI*300*t)|0.5*sin(2*PI*1300*t)*lt(mod(t\\,0.17)\\,0.003):s=48000:d=3"
	tones   = "aevalsrc=0.2*sin(2*PI*(200+80*t)*t)+0.05*random(0)|0.15*sin(2*PI*330*t):s=44100:d=3"
)

func runsOf(steps []int8) (runs []Run) {
	for f, s := range steps {
		if f == 0 || steps[f-1] != s {
			runs = append(runs, Run{int64(f), int(s)})
		}
	}
	return runs
}

// What a decoder makes of units that are shifted each by other steps is what the
// formula says, for every kind of window.
func TestAliasingIsAsTheFormulaSays(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var seen [slopes]int
	for _, c := range []struct {
		name   string
		stream func() *stream
	}{
		{"X", func() *stream { return speech(t, 1) }},
		{"attacks", func() *stream { return encoded(t, attacks, "-b:a", "128k") }},
		{"tones", func() *stream { return encoded(t, tones, "-b:a", "96k") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.stream()
			steps := make([]int8, len(s.at))
			for f := range steps {
				steps[f] = int8(random.IntN(7) - 3)
			}
			x := s.heard(t)
			want, _, kinds := model(t, s, x, steps)
			got := s.shift(t, runsOf(steps)).heard(t)
			if db := 10 * math.Log10(energyOf(want)/difference(t, got, want)); !(db >= 100) {
				t.Errorf("the formula is wrong by what is %.1f dB below the sound", db)
			}
			for k, n := range kinds {
				seen[k] += n
			}
		})
	}
	t.Logf("units by slope: %v", seen)
	if seen[longSine]+seen[longKBD] == 0 || seen[shortSine]+seen[shortKBD] == 0 {
		t.Errorf("units of each kind: %v", seen)
	}
}

// Of MP3 the formula gives the smooth cross-fade and the energy of the aliasing,
// which lies in the subbands.
func TestAliasingOfMP3(t *testing.T) {
	for _, args := range []string{"lame -b 96", "lame -b 64 -m m", "lame -b 40 --resample 22.05 -m m"} {
		s := encoded(t, tones, strings.Fields(args)...)
		steps := make([]int8, len(s.at))
		for f := range steps {
			steps[f] = int8(f / 5 % 2)
		}
		x := s.heard(t)
		got := s.shift(t, runsOf(steps)).heard(t)
		with, alias, _ := model(t, s, x, steps)
		// Without the rest: the mirrored sound is taken out of the model again.
		smooth := make([][]float32, len(x))
		for c := range x {
			smooth[c] = make([]float32, len(x[c]))
		}
		o := newOverlap(hybrid, s.config.UnitSamples)
		for f := range s.at {
			g, h := Factor(int(steps[max(0, f-1)])), Factor(int(steps[f]))
			for c := range x {
				for i, rise := range o.rise {
					if at := f*s.config.UnitSamples + mp3Lead + i; at < len(x[c]) {
						smooth[c][at] = float32((g*(1-float64(rise)) + h*float64(rise)) * float64(x[c][at]))
					}
				}
			}
		}
		rest := difference(t, got, smooth)
		if db := 10 * math.Log10(rest/alias); math.Abs(db) > 1 {
			t.Errorf("%s: the aliasing is %.2f dB more than predicted", args, db)
		}
		if db := 10 * math.Log10(energyOf(with)/energyOf(got)); math.Abs(db) > 0.1 {
			t.Errorf("%s: the energy is %.2f dB more than predicted", args, -db)
		}
	}
}

// measured is what ffmpeg's decoder and our meter make of a stream.
func (s *stream) measured(t testing.TB) loudness.Result {
	t.Helper()
	x := s.heard(t)
	m, err := loudness.NewMeter(s.config.SampleRate, len(x))
	if err != nil {
		t.Fatal(err)
	}
	block := make([]float32, 0, 2*len(x[0]))
	for i := range x[0] {
		for c := range x {
			block = append(block, x[c][i])
		}
	}
	m.Write(block)
	return m.Result()
}

// ebur128 is what ffmpeg measures, in tenths.
func (s *stream) ebur128(t testing.TB) (integrated, peak float64) {
	t.Helper()
	cmd := exec.Command(tool(t, "ffmpeg"), "-hide_banner", "-nostats", "-f", s.format, "-i", "-", "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-")
	cmd.Stdin = bytes.NewReader(s.bytes)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	integrated, peak = math.NaN(), math.NaN()
	for _, line := range strings.Split(string(out), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[0] == "I:" {
			integrated, _ = strconv.ParseFloat(fields[1], 64)
		}
		if len(fields) == 3 && fields[0] == "Peak:" {
			peak, _ = strconv.ParseFloat(fields[1], 64)
		}
	}
	return integrated, peak
}

// The predicted loudness and true peak are those of the shifted file, and units
// outside the changes are the recording's times a power of 2^(1/4).
func TestPlansComeTrue(t *testing.T) {
	for _, c := range []struct {
		name   string
		stream func() *stream
	}{
		{"X", func() *stream { return speech(t, 2) }},
		{"attacks", func() *stream { return encoded(t, attacks, "-b:a", "128k") }},
		{"tones", func() *stream { return encoded(t, tones, "-b:a", "96k") }},
		{"MP3", func() *stream { return encoded(t, attacks, "lame", "-V", "3") }},
		{"MP3 mono", func() *stream { return encoded(t, tones, "lame", "-b", "64", "-m", "m") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.stream()
			a := s.analyze(t)
			was := a.tally(make([]int8, len(a.blocks)))
			if r := s.measured(t); math.Abs(float64(r.Integrated-was.Integrated)) > 0.1 || math.Abs(float64(r.TruePeak-was.TruePeak)) > 0.2 {
				t.Errorf("%.2f LUFS, %.2f dBTP; the meter says %.2f and %.2f", was.Integrated, was.TruePeak, r.Integrated, r.TruePeak)
			}
			o := Options{Target: float64(was.Integrated) + 6.5, Ceiling: float64(was.TruePeak) + 3.4, Damage: 45}
			p, err := a.Plan(o)
			if err != nil {
				t.Fatal(err)
			}
			out := s.shift(t, p.Runs)
			r := out.measured(t)
			t.Logf("%.1f LUFS %.1f dBTP to %.2f of %.2f LUFS, %.2f of %.2f dBTP, %.1f dB, worst %.1f, %.0f changes a minute, %d loud",
				was.Integrated, was.TruePeak, p.Integrated, o.Target, p.TruePeak, o.Ceiling, p.Damage, p.Worst, p.PerMinute, p.LoudChanges)
			if math.Abs(float64(r.Integrated-p.Integrated)) > 0.1 {
				t.Errorf("%.2f LUFS, predicted %.2f", r.Integrated, p.Integrated)
			}
			if d := float64(r.Range - p.Range); math.Abs(d) > 0.2 {
				t.Errorf("loudness range %.2f LU, predicted %.2f", r.Range, p.Range)
			}
			if math.Abs(float64(r.MaxShortTerm-p.MaxShortTerm)) > 0.2 || math.Abs(float64(r.MaxMomentary-p.MaxMomentary)) > 0.4 {
				t.Errorf("at most %.2f and %.2f LUFS, predicted %.2f and %.2f", r.MaxShortTerm, r.MaxMomentary, p.MaxShortTerm, p.MaxMomentary)
			}
			if float64(r.TruePeak) > o.Ceiling || r.TruePeak > p.TruePeak+0.05 {
				t.Errorf("%.2f dBTP, predicted %.2f under %.2f", r.TruePeak, p.TruePeak, o.Ceiling)
			}
			bound := p.TruePeak
			if out.settleUnits(t, p); math.Abs(float64(r.TruePeak-p.TruePeak)) > 0.2 || p.TruePeak > bound {
				t.Errorf("%.2f dBTP, predicted %.2f, at most %.2f", r.TruePeak, p.TruePeak, bound)
			}
			if i, peak := out.ebur128(t); !(math.Abs(i-float64(p.Integrated)) <= 0.15 && peak <= o.Ceiling+0.1) {
				t.Errorf("ffmpeg measures %.1f LUFS and %.1f dBTP", i, peak)
			}
			if p.Damage < 45 || p.Worst < 20 {
				t.Errorf("damage %.1f dB below the sound, %.1f at worst", p.Damage, p.Worst)
			}
			comesTrue(t, s, out, p)
		})
	}
}

// comesTrue compares each unit outside a change with the recording.
func comesTrue(t *testing.T, s, out *stream, p *Plan) {
	t.Helper()
	x, y := s.heard(t), out.heard(t)
	steps := make([]int8, len(s.at))
	for i, r := range p.Runs {
		end := int64(len(steps))
		if i+1 < len(p.Runs) {
			end = p.Runs[i+1].First
		}
		for f := r.First; f < end; f++ {
			steps[f] = int8(r.Steps)
		}
	}
	if s.format != "aac" {
		return // the filter bank of MP3 spreads a change into the units beside
	}
	var sound, wrong float64
	n := s.config.UnitSamples
	for f := 1; f < len(steps); f++ {
		if steps[f] != steps[f-1] {
			continue
		}
		for c := range x {
			for i := f * n; i < (f+1)*n; i++ {
				want := Factor(int(steps[f])) * float64(x[c][i])
				sound += want * want
				wrong += (want - float64(y[c][i])) * (want - float64(y[c][i]))
			}
		}
	}
	if db := 10 * math.Log10(sound/wrong); !(db >= 120) {
		t.Errorf("outside the changes the error is %.1f dB below the sound", db)
	}
}

// Peaks above full scale are those that ffmpeg's decoder gives as floats, and all
// other samples those of the decoder below.
func TestPeaksAboveFullScale(t *testing.T) {
	for name, s := range map[string]*stream{
		"AAC": encoded(t, "aevalsrc=1.3*sin(2*PI*(200+40*t)*t)*lt(mod(t\\,0.6)\\,0.2)+0.1*sin(2*PI*330*t):s=48000:d=4", "-b:a", "96k"),
		"MP3": encoded(t, "aevalsrc=0.99*sin(2*PI*(200+40*t)*t)*lt(mod(t\\,0.6)\\,0.2)+0.3*lt(mod(t\\,0.01)\\,0.0002)|0.1*sin(2*PI*330*t):s=44100:d=4", "lame", "-b", "96"),
	} {
		t.Run(name, func(t *testing.T) {
			s = s.shift(t, []Run{{0, 5}}) // nothing that an encoder would cut off
			x := s.heard(t)
			d, err := pcm.NewDecoder(s.config)
			if err != nil {
				t.Fatal(err)
			}
			n, channels := s.config.UnitSamples, s.config.Channels
			got := make([]float32, n*channels)
			var wrong, peak, want float64
			over := 0
			for f := range s.at {
				if err := d.Decode(got, s.unit(f)); err != nil {
					t.Fatal(err)
				}
				for i, v := range got {
					w := x[i%channels][f*n+i/channels]
					if math.Abs(float64(w)) >= 1 {
						over++
						wrong = max(wrong, math.Abs(float64(v-w)))
					}
					peak, want = max(peak, math.Abs(float64(v))), max(want, math.Abs(float64(w)))
				}
			}
			if over < 100 || want < 1.5 {
				t.Fatalf("%d samples beyond full scale, up to %v", over, want)
			}
			if db := 20 * math.Log10(peak/want); math.Abs(db) > 0.2 || wrong > 64.0/32768 {
				t.Errorf("peak %.3f, ffmpeg's %.3f; samples are wrong by up to %.1f LSB", peak, want, wrong*32768)
			}
		})
	}
}

// A speaker who is softer is raised from the onset of their voice on, wherever
// near it the tag stands.
func TestSpeakersAreLeveled(t *testing.T) {
	host, guest := speech(t, 1), 0
	var all []byte
	for i, name := range []string{"host", "pause", "guest"} {
		b, err := os.ReadFile("../../fixture/testdata/" + name + ".aac")
		if err != nil {
			t.Fatal(err)
		}
		if i == 2 {
			s := open(t, "aac", b)
			guest = len(open(t, "aac", all).at)
			b = s.shift(t, []Run{{0, -8}}).bytes
		}
		all = append(all, b...)
	}
	s := open(t, "aac", all)
	a := s.analyze(t)
	unit := int64(host.config.UnitSamples)
	tag := int64(guest)*unit + 24000 // the tag comes half a second late
	end := int64(len(s.at)) * unit
	first, second := a.Loudness(Span{0, int64(guest) * unit}), a.Loudness(Span{int64(guest) * unit, end})
	if d := float64(first - second); d < 9 || d > 15 {
		t.Fatalf("the guest is %.1f LU softer", d)
	}
	p, err := a.Plan(Options{Target: float64(first), Ceiling: -1, Damage: 45, Levels: []Level{{tag, float64(first - second)}}})
	if err != nil {
		t.Fatal(err)
	}
	b := s.shift(t, p.Runs).analyze(t)
	if d := float64(b.Loudness(Span{0, int64(guest) * unit}) - b.Loudness(Span{int64(guest) * unit, end})); math.Abs(d) > 1 {
		t.Errorf("the host is still %.1f LU louder: %v", d, p.Runs)
	}
	if p.Damage < 60 {
		t.Errorf("damage %.1f dB below the sound", p.Damage)
	}
}
