package syntax_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/aac"
	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// units returns the access units of an ADTS stream, and its rate index.
func units(t testing.TB, stream []byte) (all [][]byte, rateIndex int) {
	t.Helper()
	h, err := adts.ParseHeader(stream)
	if err != nil {
		t.Fatal(err)
	}
	r := adts.NewReader(bytes.NewReader(stream), track.Options{})
	for {
		var p track.Packet
		if err := r.Next(&p); err == io.EOF {
			return all, h.RateIndex
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, bytes.Clone(p.Data))
	}
}

// ffmpeg returns what ffmpeg makes of its built-in sources as ADTS.
func ffmpeg(t testing.TB, source string, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	all := append([]string{"-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i", source, "-c:a", "aac"}, args...)
	out, err := exec.Command(path, append(all, "-f", "adts", "-")...).Output()
	if err != nil {
		t.Fatalf("ffmpeg %q: %v", args, err)
	}
	return out
}

// exact parses all units and reports the first that does not end on its last
// byte or has another number of channels.
func exact(t *testing.T, stream []byte, channels int) {
	t.Helper()
	all, rate := units(t, stream)
	p, err := syntax.NewParser(2, rate)
	if err != nil {
		t.Fatal(err)
	}
	var u syntax.Unit
	for i, unit := range all {
		if err := p.Parse(unit, &u); err != nil || u.Bytes != len(unit) {
			t.Fatalf("unit %d of %d: ends after %d of %d bytes, %v", i, len(all), u.Bytes, len(unit), err)
		}
		if channels > 0 && (u.Channels != channels || len(u.Streams) != channels) {
			t.Fatalf("unit %d: %d channels, %d streams; want %d", i, u.Channels, len(u.Streams), channels)
		}
	}
	if len(all) < 5 {
		t.Fatalf("%d units only", len(all))
	}
}

const (
	// music has tones, noise and attacks, in two channels that differ.
	music = "aevalsrc=0.3*sin(2*PI*(200+80*t)*t)+0.2*random(0)*lt(mod(t\\,0.25)\\,0.01)|0.2*sin(2*PI*330*t)+0.1*random(1):s=48000:d=3"
	loud  = "anoisesrc=c=white:a=1:r=48000:d=2"
)

func TestUnitsEndOnTheirLastByte(t *testing.T) {
	for _, c := range []struct {
		name, source, args string
		channels           int
	}{
		{"stereo", music, "-b:a 128k", 2},
		{"mono", music, "-ac 1 -b:a 64k", 1},
		{"loud", loud, "-ac 2 -b:a 320k", 2},
		{"loudest", loud, "-ac 1 -b:a 288k", 1},
		{"few bits", music, "-b:a 24k", 2},
		{"5.1", music, "-ac 6 -b:a 384k", 6},
		{"quad", music, "-ac 4 -b:a 200k", 4},
		{"3.0", music, "-af pan=3.0|c0=c0|c1=c1|c2=c0 -b:a 200k", 3},
		{"7.1", music, "-af pan=7.1|c0=c0|c1=c1|c2=c0|c3=c1|c4=c0|c5=c1|c6=c0|c7=c1 -b:a 500k", 8},
		{"fast", music, "-aac_coder fast -b:a 96k", 2},
		{"twoloop", music, "-aac_coder twoloop -b:a 96k", 2},
		{"no TNS", music, "-aac_tns 0 -b:a 96k", 2},
		{"no intensity", music, "-aac_is 0 -b:a 48k", 2},
		{"no noise", music, "-aac_pns 0 -b:a 48k", 2},
		{"middle and side", music, "-aac_ms 1 -b:a 96k", 2},
		{"silence", "anullsrc=r=48000:cl=stereo:d=1", "-b:a 96k", 2},
		{"quality", music, "-q:a 5", 2},
	} {
		if testing.Short() && c.channels != 1 {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			exact(t, ffmpeg(t, c.source, strings.Fields(c.args)...), c.channels)
		})
	}
	if testing.Short() {
		return
	}
	for i, rate := range []string{"96000", "88200", "64000", "48000", "44100", "32000", "24000", "22050", "16000", "12000", "11025", "8000", "7350"} {
		if i%6 != 0 && os.Getenv("SPACES_LONG") == "" {
			continue // three of the rates
		}
		t.Run(rate, func(t *testing.T) {
			exact(t, ffmpeg(t, music, "-ar", rate, "-b:a", "48k"), 2)
		})
	}
}

// The fixtures are frames as X's recorder wrote them.
func TestFixtures(t *testing.T) {
	for name, channels := range map[string]int{"guest": 2, "host": 2, "mono44": 1, "pause": 2} {
		b, err := os.ReadFile("../../../fixture/testdata/" + name + ".aac")
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { exact(t, b, channels) })
	}
}

// chirp is a second of sound that gets higher, with noise.
type chirp struct {
	format pcm.Format
	at     int
}

func (c *chirp) Format() pcm.Format { return c.format }

func (c *chirp) Read(dst []float32) (int, error) {
	n := min(len(dst)/c.format.Channels, c.format.SampleRate-c.at)
	if n == 0 {
		return 0, io.EOF
	}
	for i := range n * c.format.Channels {
		x := float64(c.at + i/c.format.Channels)
		noise := math.Mod(math.Sin(x*12.9898+float64(i))*43758.5453, 1)
		dst[i] = float32(0.4*math.Sin(x*x/9000)+0.1*noise) * float32(1+i%c.format.Channels) / 2
	}
	c.at += n
	return n, nil
}

func TestOurOwnEncoder(t *testing.T) {
	for _, rate := range aac.Rates {
		for channels := 1; channels <= 2; channels++ {
			p, err := syntax.NewParser(2, map[int]int{48000: 3, 44100: 4}[rate])
			if err != nil {
				t.Fatal(err)
			}
			var u syntax.Unit
			_, err = aac.Encode(context.Background(), &chirp{format: pcm.Format{SampleRate: rate, Channels: channels}},
				aac.Options{BitRate: 64000 * channels, Jobs: 1}, func(unit []byte) error {
					if err := p.Parse(unit, &u); err != nil || u.Bytes != len(unit) || u.Channels != channels {
						t.Errorf("%d Hz, %d channels: %d of %d bytes, %v", rate, u.Channels, u.Bytes, len(unit), err)
					}
					return nil
				})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// global_gain is where the unit says it is: a change of it there leaves all
// else as it was.
func TestGainIsFound(t *testing.T) {
	b, err := os.ReadFile("../../../fixture/testdata/host.aac")
	if err != nil {
		t.Fatal(err)
	}
	all, rate := units(t, b)
	p, err := syntax.NewParser(2, rate)
	if err != nil {
		t.Fatal(err)
	}
	var was, is syntax.Unit
	for i, unit := range all {
		if err := p.Parse(unit, &was); err != nil {
			t.Fatal(err)
		}
		for k, s := range was.Streams {
			for bit := range 8 {
				at := s.Gain + bit
				unit[at>>3] ^= 0x80 >> (at & 7)
			}
			if err := p.Parse(unit, &is); err != nil {
				t.Fatalf("unit %d: %v", i, err)
			}
			if is.Streams[k].Value != ^s.Value || is.Streams[k].Gain != s.Gain || is.Bytes != was.Bytes {
				t.Fatalf("unit %d, stream %d: %+v, was %+v", i, k, is.Streams[k], s)
			}
			if s.Coded && is.Streams[k].High-s.High != int(^s.Value)-int(s.Value) {
				t.Fatalf("unit %d: scalefactors up to %d, were %d", i, is.Streams[k].High, s.High)
			}
		}
	}
}

// bit builds units by hand.
type bit struct {
	b []byte
	n int
}

// put appends values and how many bits each has, in turns.
func (w *bit) put(pairs ...int) *bit {
	for i := 0; i < len(pairs); i += 2 {
		for k := pairs[i+1] - 1; k >= 0; k-- {
			if w.n%8 == 0 {
				w.b = append(w.b, 0)
			}
			w.b[w.n/8] |= byte(pairs[i]>>k&1) << (7 - w.n%8)
			w.n++
		}
	}
	return w
}

// silent is a single_channel_element without bands: its tag, a gain, long
// window, no bands, none of the tools.
var silent = []int{0, 3, 0, 4, 100, 8, 0, 1, 0, 2, 0, 1, 0, 6, 0, 1, 0, 1, 0, 1, 0, 1}

func TestElements(t *testing.T) {
	end := []int{7, 3}
	for _, c := range []struct {
		name string
		put  [][]int
		want string
	}{
		{"silence", [][]int{silent, end}, "1 channels"},
		{"data", [][]int{silent, {4, 3, 0, 4, 1, 1, 3, 8}, {0, 4}, {9, 8, 9, 8, 9, 8}, end}, "1 channels, 3 bytes of data"},
		{"SBR", [][]int{silent, {6, 3, 2, 4, 13, 4, 0, 12}, end}, "1 channels, SBR"},
		{"SBR with CRC", [][]int{silent, {6, 3, 15, 4, 1, 8, 14, 4}, make([]int, 0), {0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 16, 0, 4}, end}, "1 channels, SBR with CRC"},
		{"DRC", [][]int{silent, {6, 3, 2, 4, 11, 4, 0, 4, 9, 8}, end}, "1 channels, DRC"},
		{"DRC, then SBR", [][]int{silent, {6, 3, 4, 4, 11, 4, 0, 4, 9, 8, 13, 4, 0, 12}, end}, "1 channels, SBR, DRC"},
		{"padding", [][]int{silent, {6, 3, 2, 4, 0, 16}, end}, "1 channels"},
		{"LFE", [][]int{{3, 3}, silent[2:], end}, "1 channels"},
		{"program", [][]int{{5, 3, 0, 4, 1, 2, 3, 4, 1, 4, 0, 4, 0, 4, 0, 2, 0, 3, 0, 4, 0, 3, 0, 5, 0, 6, 1, 8, 33, 8}, silent, end}, "1 channels, program"},
		{"coupling", [][]int{{2, 3, 0, 4}}, "not AAC-LC: it holds a coupling channel"},
		{"prediction", [][]int{silent[:len(silent)-8], {1, 1}}, "not AAC-LC: it uses the prediction of AAC Main"},
		{"gain control", [][]int{silent[:len(silent)-2], {1, 1}}, "not AAC-LC: it uses the gain control of AAC SSR"},
		{"no END", [][]int{silent}, "damaged AAC access unit: it ends early"},
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
			var u syntax.Unit
			got := describe(p.Parse(w.b, &u), &u)
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if !strings.Contains(c.want, "AAC") && u.Bytes != len(w.b) {
				t.Errorf("ends after %d bytes of %d", u.Bytes, len(w.b))
			}
		})
	}
}

func describe(err error, u *syntax.Unit) string {
	if err != nil {
		return err.Error()
	}
	s := strings.Builder{}
	s.WriteString(string(rune('0'+u.Channels)) + " channels")
	if u.Data > 0 {
		s.WriteString(", " + string(rune('0'+u.Data)) + " bytes of data")
	}
	for _, f := range []struct {
		set  bool
		name string
	}{{u.SBR, ", SBR"}, {u.SBRCRC, " with CRC"}, {u.DRC, ", DRC"}, {u.Program, ", program"}} {
		if f.set {
			s.WriteString(f.name)
		}
	}
	return s.String()
}

func TestOtherObjectTypes(t *testing.T) {
	for object, want := range map[int]error{1: syntax.ErrMain, 3: syntax.ErrSSR, 4: syntax.ErrLTP, 5: syntax.ErrObject, 23: syntax.ErrObject} {
		if _, err := syntax.NewParser(object, 3); !errors.Is(err, want) || !errors.Is(err, syntax.ErrOther) {
			t.Errorf("object type %d: %v, want %v", object, err, want)
		}
	}
	for _, rate := range []int{-1, 13, 15} {
		if _, err := syntax.NewParser(2, rate); !errors.Is(err, syntax.ErrRate) {
			t.Errorf("rate index %d: %v", rate, err)
		}
	}
}

// A unit that is cut anywhere fails, and so does nearly each with a wrong bit
// that moves its end.
func TestDamagedUnits(t *testing.T) {
	b, err := os.ReadFile("../../../fixture/testdata/host.aac")
	if err != nil {
		t.Fatal(err)
	}
	all, rate := units(t, b)
	p, err := syntax.NewParser(2, rate)
	if err != nil {
		t.Fatal(err)
	}
	var u syntax.Unit
	for _, unit := range all[:20] {
		for n := range len(unit) - 1 {
			if err := p.Parse(unit[:n], &u); !errors.Is(err, syntax.ErrDamaged) && !errors.Is(err, syntax.ErrOther) {
				t.Fatalf("%d of %d bytes: %v", n, len(unit), err)
			}
		}
		for i := range 8 * len(unit) {
			unit[i>>3] ^= 0x80 >> (i & 7)
			if err := p.Parse(unit, &u); err == nil && u.Bytes > len(unit) {
				t.Fatalf("it ends after %d bytes of %d", u.Bytes, len(unit))
			}
			unit[i>>3] ^= 0x80 >> (i & 7)
		}
	}
}

func FuzzParse(f *testing.F) {
	b, err := os.ReadFile("../../../fixture/testdata/host.aac")
	if err != nil {
		f.Fatal(err)
	}
	all, rate := units(f, b)
	for i := 0; i < len(all); i += 40 {
		f.Add(all[i], byte(rate))
	}
	f.Fuzz(func(t *testing.T, unit []byte, rate byte) {
		p, err := syntax.NewParser(2, int(rate%13))
		if err != nil {
			t.Fatal(err)
		}
		var u syntax.Unit
		err = p.Parse(unit, &u)
		var scanned syntax.Unit
		if other := p.Scan(unit, &scanned); (err == nil) != (other == nil) || err != nil && err.Error() != other.Error() {
			t.Errorf("Parse: %v, Scan: %v", err, other)
		}
		parsed := u
		parsed.Streams = slices.Clone(u.Streams)
		for i := range parsed.Streams {
			s := &parsed.Streams[i]
			s.Low, s.High, s.Down, s.Up = 0, 0, 0, 0
		}
		if err == nil && !reflect.DeepEqual(parsed, scanned) {
			t.Errorf("Scan: %+v, want %+v", scanned, parsed)
		}
		if err == nil && (u.Bytes < 1 || u.Bytes > len(unit)) {
			t.Errorf("it ends after %d bytes of %d", u.Bytes, len(unit))
		}
		if err != nil && !errors.Is(err, syntax.ErrDamaged) && !errors.Is(err, syntax.ErrOther) {
			t.Errorf("%v", err)
		}
		for _, s := range u.Streams {
			if err == nil && s.Gain+8 > 8*len(unit) {
				t.Errorf("a gain at bit %d of %d bytes", s.Gain, len(unit))
			}
		}
	})
}
