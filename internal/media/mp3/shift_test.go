package mp3

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// shiftFile shifts all frames of a file in place, and its Info frame.
func shiftFile(t testing.TB, b []byte, steps int) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var crc uint16
	first := int64(-1)
	for {
		var p track.Packet
		if r.Next(&p) != nil {
			break
		}
		if first < 0 {
			first = p.Offset
		}
		frame := b[p.Offset : p.Offset+int64(len(p.Data))]
		if err := Shift(frame, steps); err != nil {
			t.Fatal(err)
		}
		crc = CRC(crc, frame)
	}
	if r.Info() == nil {
		return
	}
	for at := range first {
		if h, err := ParseHeader(b[at:]); err == nil && at+int64(h.FrameSize()) == first {
			if err := ShiftInfo(b[at:first], steps, crc); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("the Info frame is not found")
}

// floats decodes a file with a program that writes 32-bit floats.
func floats(t *testing.T, name string, args ...string) []float32 {
	t.Helper()
	b := tool(t, name, args...)
	samples := make([]float32, len(b)/4)
	for i := range samples {
		samples[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return samples
}

func errorBelow(t *testing.T, got, want []float32, factor float64) float64 {
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

// Each decoder makes of shifted frames exactly 2^(steps/4) times the sound, mp3val
// says of the files what it says of the originals, and shifting back gives the
// bytes back.
func TestShiftedFiles(t *testing.T) {
	dir := t.TempDir()
	wav := filepath.Join(dir, "in.wav")
	tool(t, "ffmpeg", "-v", "error", "-f", "lavfi", "-i",
		"aevalsrc=0.2*sin(2*PI*(200+80*t)*t)+0.4*random(0)*lt(mod(t\\,0.25)\\,0.01)|0.15*sin(2*PI*330*t)+0.03*random(1):s=44100:d=2",
		"-c:a", "pcm_s16le", wav)
	for _, args := range []string{
		"-V 4 -m j", "-b 128 -m s -p", "-b 64 -m m -p", "-b 32 -m j --resample 16 -p", "-b 24 -m m --resample 11.025", "-b 320", "-V 0 -m f",
	} {
		if testing.Short() && args != "-V 4 -m j" {
			continue
		}
		t.Run(args, func(t *testing.T) {
			file := filepath.Join(dir, strings.ReplaceAll(args, " ", "")+".mp3")
			tool(t, "lame", append(append([]string{"--quiet"}, strings.Fields(args)...), wav, file)...)
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			other := filepath.Join(dir, "shifted.mp3")
			decoders := map[string][]string{
				"ffmpeg": {"-v", "error", "-i", "FILE", "-f", "f32le", "-c:a", "pcm_f32le", "-"},
				"mpg123": {"-q", "-e", "f32", "-s", "FILE"},
			}
			originals := map[string][]float32{}
			for _, steps := range []int{-5, 4} {
				out := bytes.Clone(b)
				shiftFile(t, out, steps)
				if err := os.WriteFile(other, out, 0o600); err != nil {
					t.Fatal(err)
				}
				for name, args := range decoders {
					at := slices.Index(args, "FILE")
					with := func(file string) []float32 {
						args := slices.Clone(args)
						args[at] = file
						return floats(t, name, args...)
					}
					if originals[name] == nil {
						originals[name] = with(file)
					}
					if db := errorBelow(t, with(other), originals[name], math.Pow(2, float64(steps)/4)); !(db >= 120) {
						t.Errorf("%s, %d steps: the error is %.1f dB below the sound", name, steps, db)
					}
				}
				said := strings.ReplaceAll(string(tool(t, "mp3val", other)), filepath.Base(other), filepath.Base(file))
				if said != string(tool(t, "mp3val", file)) || strings.Contains(said, "CRC error") {
					t.Errorf("mp3val says more than of the original: %s", said)
				}
				checkTag(t, out)
				if steps > 0 {
					if shiftFile(t, out, -steps); !bytes.Equal(out, b) {
						t.Errorf("%d steps and back are not the same bytes", steps)
					}
				}
			}
		})
	}
}

// checkTag checks the CRCs of LAME's extension.
func checkTag(t *testing.T, b []byte) {
	t.Helper()
	h, err := ParseHeader(b)
	if err != nil {
		t.Fatal(err)
	}
	frame := b[:h.FrameSize()]
	if _, ok := ParseInfo(h, frame); !ok && h.BitRate <= 32000 {
		return // LAME writes none where the frames are too small for it
	}
	at := lameAt(h, frame)
	if at == 0 {
		t.Fatal("no extension of LAME")
	}
	if got, want := binary.BigEndian.Uint16(frame[at+lameMusicCRC:]), CRC(0, b[len(frame):]); got != want {
		t.Errorf("music CRC %04x, want %04x", got, want)
	}
	if got, want := binary.BigEndian.Uint16(frame[at+lameTagCRC:]), CRC(0, frame[:at+lameTagCRC]); got != want {
		t.Errorf("tag CRC %04x, want %04x", got, want)
	}
}

// mp3gain makes the same frames.
func TestMP3Gain(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.mp3")
	if _, err := exec.LookPath("mp3gain"); err != nil {
		t.Skip("mp3gain is not installed")
	}
	for _, args := range []string{"-V4", "-b64 -mm -p", "-b32 -mj --resample 16"} {
		tool(t, "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "anoisesrc=c=pink:a=0.3:d=2:r=44100", "-ac", "2", filepath.Join(dir, "a.wav"))
		tool(t, "lame", append(append([]string{"--quiet"}, strings.Fields(args)...), filepath.Join(dir, "a.wav"), file)...)
		ours, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		shiftFile(t, ours, 3)
		tool(t, "mp3gain", "-q", "-s", "s", "-g", "3", file)
		theirs, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, a := mustRead(t, ours)
		_, b := mustRead(t, theirs)
		if len(a) != len(b) || len(a) < 20 {
			t.Fatalf("%d and %d frames", len(a), len(b))
		}
		for i := range a {
			if !bytes.Equal(a[i], b[i]) {
				t.Errorf("%s: frame %d differs from mp3gain's", args, i)
				break
			}
		}
	}
}

func TestShiftFrames(t *testing.T) {
	made := func(h Header, values ...byte) []byte {
		head, err := h.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		frame := make([]byte, h.FrameSize())
		copy(frame, head[:])
		for i := range frame[HeaderSize:] { // whatever lies around
			frame[HeaderSize+i] = byte(i*37 + 11)
		}
		at, n, _, err := gains(frame)
		if err != nil || n != len(values) {
			t.Fatalf("%d gains, %v", n, err)
		}
		for i, g := range values {
			putByte(frame, at[i], g)
		}
		return frame
	}
	stereo := Header{Version: MPEG1, BitRate: 128000, SampleRate: 44100, Mode: JointStereo, Protected: true}
	mono := Header{Version: MPEG2, BitRate: 32000, SampleRate: 22050, Mode: Mono}
	for _, c := range []struct {
		name  string
		frame []byte
		steps int
		want  []byte
		err   error
	}{
		{"up", made(stereo, 100, 200, 120, 251), 4, []byte{104, 204, 124, 255}, nil},
		{"too far up", made(stereo, 100, 200, 120, 252), 4, nil, ErrRange},
		{"down", made(stereo, 100, 200, 120, 6), -5, []byte{95, 195, 115, 1}, nil},
		{"not to 0, which would be silence", made(stereo, 100, 200, 120, 5), -5, nil, ErrRange},
		{"silence is left alone", made(stereo, 0, 200, 0, 100), -5, []byte{0, 195, 0, 95}, nil},
		{"one granule", made(mono, 17), 8, []byte{25}, nil},
		{"cut", made(mono, 17)[:60], 8, nil, ErrHeader},
		{"not a frame", []byte("RIFF"), 1, nil, ErrHeader},
	} {
		t.Run(c.name, func(t *testing.T) {
			was := bytes.Clone(c.frame)
			if err := Shift(c.frame, c.steps); !errors.Is(err, c.err) {
				t.Fatalf("%v, want %v", err, c.err)
			}
			if c.err != nil {
				if !bytes.Equal(c.frame, was) {
					t.Error("the frame has changed")
				}
				return
			}
			at, n, end, err := gains(c.frame)
			if err != nil {
				t.Fatal(err)
			}
			for i, at := range at[:n] {
				if got := byteAt(c.frame, at); got != c.want[i] {
					t.Errorf("gain %d is %d, want %d", i, got, c.want[i])
				}
			}
			if c.frame[1]&1 == 0 { // what was wrong by so much still is
				was, is := binary.BigEndian.Uint16(was[4:])^frameCRC(was, end), binary.BigEndian.Uint16(c.frame[4:])^frameCRC(c.frame, end)
				if was != is {
					t.Errorf("the CRC is wrong by %04x, was by %04x", is, was)
				}
			}
			if err := Shift(c.frame, -c.steps); err != nil || !bytes.Equal(c.frame, was) {
				t.Errorf("not undone: %v", err)
			}
		})
	}
}

func TestShiftInfoFields(t *testing.T) {
	for _, c := range []struct {
		v     uint16
		steps int
		want  uint16
	}{
		{0, 4, 0}, // not set
		{0x2000 | 3<<10 | 32, 2, 0x2000 | 3<<10 | 2}, // 3.2 dB less 3.0
		{0x2000 | 3<<10 | 32, 4, 0x2000 | 3<<10 | 0x200 | 28},
		{0x4000 | 0x200 | 28, -4, 0x4000 | 32},
		{0x4000 | 0x200 | 500, 4, 0x4000 | 0x200 | 511},
	} {
		if got := shiftReplayGain(c.v, c.steps); got != c.want {
			t.Errorf("ReplayGain %04x by %d: %04x, want %04x", c.v, c.steps, got, c.want)
		}
	}
	if got := shiftPeak(1<<22, 2); got != 1<<23 {
		t.Errorf("fixed peak %x", got)
	}
	if got := math.Float32frombits(shiftPeak(math.Float32bits(0.25), 2)); got != 0.5 {
		t.Errorf("float peak %v", got)
	}
	for v := uint32(1); v < 1<<24; v += 4099 { // up and back
		up := math.Pow(2, 3.0/4)
		if got := shiftPeak(shiftPeak(v, up), 1/up); got != v {
			t.Fatalf("peak %d came back as %d", v, got)
		}
	}
}

func FuzzShift(f *testing.F) {
	h := Header{Version: MPEG1, BitRate: 64000, SampleRate: 48000, Mode: Mono, Protected: true}
	f.Add(frames(f, h, 1), int8(3))
	h = Header{Version: MPEG25, BitRate: 8000, SampleRate: 8000, Mode: Stereo}
	f.Add(frames(f, h, 1), int8(-3))
	f.Fuzz(func(t *testing.T, frame []byte, steps int8) {
		was := bytes.Clone(frame)
		if Shift(frame, int(steps)) != nil {
			if !bytes.Equal(frame, was) {
				t.Fatal("refused and changed")
			}
			return
		}
		if err := Shift(frame, -int(steps)); err != nil || !bytes.Equal(frame, was) {
			t.Errorf("not undone: %v", err)
		}
		if h, err := ParseHeader(frame); err == nil && ShiftInfo(frame, int(steps), 1) == nil && lameAt(h, frame) == 0 && !bytes.Equal(frame, was) {
			t.Error("a frame of sound was mended")
		}
	})
}
