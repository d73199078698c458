package clip

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// rewrite changes the header of each frame of an MP3 file.
func rewrite(t *testing.T, file string, change func(n int, head []byte)) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := mp3.NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var places []int64
	var p track.Packet
	for r.Next(&p) == nil {
		places = append(places, p.Offset)
	}
	for n, at := range places {
		change(n, b[at:at+mp3.HeaderSize])
	}
	if r.Info() != nil {
		change(0, b[:mp3.HeaderSize])
	}
	if err := os.WriteFile(file, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// Whatever the header bits that mean nothing to a decoder are, ffmpeg and
// mpg123 play a clip that is not encoded again as they play the whole source
// at that place. SPACES_LONG=1 takes every bit with every kind of file.
func TestMP3HeaderBits(t *testing.T) {
	if testing.Short() {
		t.Skip("cuts as other tests do: the race detector has nothing more to see")
	}
	long := os.Getenv("SPACES_LONG") != ""
	tool(t, "ffmpeg")
	tool(t, "lame")
	tool(t, "mpg123")
	type variant struct {
		testSound
		change func(n int, head []byte)
	}
	var list []variant
	add := func(name string, rate int, change func(int, []byte), args ...string) {
		list = append(list, variant{testSound{name, "a.mp3", rate, args, true}, change})
	}
	for _, emphasis := range []string{"n", "5", "c"} {
		for _, flags := range [][]string{nil, {"-c"}, {"-o"}, {"-c", "-o"}} {
			if !long && (emphasis == "n") != (len(flags) == 0) {
				continue
			}
			args := append([]string{"-b", "64", "-m", "j", "-e", emphasis}, flags...)
			add(fmt.Sprint(emphasis, flags), 44100, nil, args...)
		}
	}
	for i, s := range []struct {
		name string
		rate int
		args []string
	}{
		{"mono, CRC", 48000, []string{"-b", "48", "-m", "m", "-p"}},
		{"stereo, VBR", 44100, []string{"-V", "4", "-m", "s"}},
		{"32 kHz, no Info frame", 32000, []string{"-b", "56", "-m", "j", "-t"}},
		{"MPEG-2", 22050, []string{"-b", "40", "-m", "j"}},
		{"MPEG-2, mono, VBR", 24000, []string{"-V", "5", "-m", "m"}},
		{"MPEG-2.5", 11025, []string{"-b", "24", "-m", "j"}},
		{"MPEG-2.5, mono", 8000, []string{"-b", "8", "-m", "m"}},
	} {
		if long || i%2 == 0 {
			add(s.name, s.rate, nil, append(s.args, "-c", "-o", "-e", "5")...)
		}
		if long || i%2 == 1 {
			add(s.name+", private", s.rate, func(_ int, head []byte) { head[2] |= 1 }, append(s.args, "-o")...)
		}
	}
	add("changing emphasis", 44100, func(n int, head []byte) { head[3] |= byte(n % 2) }, "-b", "64", "-m", "j")
	for i, v := range list {
		if !long && i%2 == 1 && i < len(list)-1 {
			continue
		}
		t.Run(v.name, func(t *testing.T) {
			file := v.make(t, t.TempDir())
			if v.change != nil {
				rewrite(t, file, v.change)
			}
			l, id := importFile(t, file)
			r := open(t, l, id)
			channels := int64(r.Files[0].Config.Channels)
			decoders := map[string]func(string) []float32{
				"ffmpeg": func(file string) []float32 { return decode(t, file) },
				"mpg123": func(file string) []float32 { return floats(run(t, "mpg123", "-q", "-s", "-e", "f32", file)) },
			}
			if v.name == "changing emphasis" {
				delete(decoders, "ffmpeg") // it drops the first frame of the source
			}
			whole := make(map[string][]float32)
			for name, decode := range decoders {
				whole[name] = decode(file)
			}
			rnd := rand.New(rand.NewPCG(11, uint64(i)))
			for _, s := range spans(rnd, r.Samples, 2500, 7)[5:] {
				res, clip := cut(t, Request{Recording: r, Span: s})
				if !res.Lossless {
					t.Fatalf("%+v became %+v", s, res)
				}
				for name, decode := range decoders {
					want, got := whole[name], decode(clip)
					if int64(len(got)) != s.Samples*channels {
						t.Errorf("%+v: %s plays %d samples", s, name, int64(len(got))/channels)
						continue
					}
					if w := worst(got, want[s.Start*channels:]); w > 1e-6 {
						t.Errorf("%+v: %s plays other samples, by %g", s, name, w)
					}
				}
				if v.name == "changing emphasis" {
					if got := decode(t, clip); int64(len(got)) != s.Samples*channels {
						t.Errorf("%+v: ffmpeg plays %d samples", s, int64(len(got))/channels)
					}
				}
			}
		})
	}
}

// A clip names the encoder that the recording names, if players believe what
// that says of delays.
func TestMP3NamesItsEncoder(t *testing.T) {
	tool(t, "lame")
	for _, tt := range []struct{ args, want string }{{"", "LAME3.100"}, {"-t", "Lavc"}} {
		t.Run(tt.want, func(t *testing.T) {
			args := []string{"-b", "64"}
			if tt.args != "" {
				args = append(args, tt.args)
			}
			file := testSound{"", "a.mp3", 44100, args, true}.make(t, t.TempDir())
			l, id := importFile(t, file)
			r := open(t, l, id)
			_, clip := cut(t, Request{Recording: r, Span: span(50000, 44100)})
			b, err := os.ReadFile(clip)
			if err != nil {
				t.Fatal(err)
			}
			rd, err := mp3.NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := rd.Info(); got == nil || !got.Gapless || got.Encoder != tt.want {
				t.Errorf("%s %v: %+v, want encoder %s", filepath.Base(clip), args, got, tt.want)
			}
		})
	}
}
