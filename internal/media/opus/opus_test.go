package opus_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/ogg"
	"github.com/spaces-cli/spaces/internal/media/opus"
)

const speech = "../../fixture/testdata/host.aac"

// ffmpeg returns what it writes to standard output.
func ffmpeg(t *testing.T, in io.Reader, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	cmd := exec.Command("ffmpeg", append([]string{"-v", "error", "-nostdin"}, args...)...)
	var talk bytes.Buffer
	cmd.Stdin, cmd.Stderr = in, &talk
	out, err := cmd.Output()
	if err != nil || talk.Len() > 0 {
		t.Fatalf("ffmpeg %s: %v %s", strings.Join(args, " "), err, &talk)
	}
	return out
}

func floats(b []byte) []float32 {
	list := make([]float32, len(b)/4)
	for i := range list {
		list[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return list
}

// apart is the ratio of the sound to what differs from it, in dB.
func apart(want, got []float32) float64 {
	var sound, diff float64
	for i, v := range want {
		d := float64(got[i]) - float64(v)
		sound += float64(v) * float64(v)
		diff += d * d
	}
	return 10 * math.Log10(sound/diff)
}

// encoded is the sound as an .opus file.
func encoded(t *testing.T, sound []float32, channels, bitRate int) []byte {
	t.Helper()
	enc, err := opus.NewEncoder(channels, bitRate)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	samples := int64(len(sound) / channels)
	w, err := ogg.NewWriter(&file, ogg.Opus{Channels: channels, PreSkip: enc.PreSkip(), InputRate: opus.Rate, Samples: samples, Vendor: "test"})
	if err != nil {
		t.Fatal(err)
	}
	frame := make([]float32, opus.Frame*channels)
	for made := int64(0); made < samples+int64(enc.PreSkip()); made += opus.Frame {
		k := copy(frame, sound)
		clear(frame[k:])
		sound = sound[k:]
		packet, err := enc.Encode(frame)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WritePacket(packet, opus.Frame); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// Files are as near to the sound as those of libopus, and as large.
func TestNotWorseThanLibopus(t *testing.T) {
	for _, c := range []struct{ channels, bitRate int }{{1, 48000}, {1, 64000}, {1, 96000}, {2, 96000}, {2, 128000}} {
		layout := []string{"-ac", strconv.Itoa(c.channels), "-ar", "48000", "-f", "f32le", "pipe:1"}
		raw := ffmpeg(t, nil, append([]string{"-i", speech}, layout...)...)
		sound := floats(raw)
		their := filepath.Join(t.TempDir(), "libopus.opus")
		ffmpeg(t, bytes.NewReader(raw), "-f", "f32le", "-ar", "48000", "-ac", strconv.Itoa(c.channels), "-i", "pipe:0",
			"-c:a", "libopus", "-vbr", "constrained", "-b:a", strconv.Itoa(c.bitRate), their)
		ours := encoded(t, sound, c.channels, c.bitRate)
		want := apart(sound, floats(ffmpeg(t, nil, append([]string{"-i", their}, layout...)...)))
		back := floats(ffmpeg(t, bytes.NewReader(ours), append([]string{"-i", "pipe:0"}, layout...)...))
		if len(back) != len(sound) {
			t.Errorf("%+v: %d samples, want %d", c, len(back), len(sound))
			continue
		}
		got := apart(sound, back)
		rate := float64(len(ours)) * 8 * opus.Rate / float64(len(sound)/c.channels)
		t.Logf("%+v: noise %.2f dB below the sound, of libopus %.2f; %.0f bit/s", c, got, want, rate)
		if got < want-1 {
			t.Errorf("%+v: noise is %.2f dB below the sound; that of libopus is %.2f", c, got, want)
		}
		if rate > 1.05*float64(c.bitRate) {
			t.Errorf("%+v: %.0f bits per second", c, rate)
		}
	}
}

// Packets of all modes decode to what libopus makes of them. (ffmpeg has a decoder
// of its own too, which resamples SILK differently.)
func TestDecodesAsLibopus(t *testing.T) {
	modes := map[string]bool{}
	for _, c := range []struct {
		channels int
		args     string
	}{
		{1, "-application voip -b:a 12k"}, {1, "-application voip -b:a 24k"}, {1, "-application audio -b:a 64k"},
		{2, "-application voip -b:a 20k"}, {2, "-application voip -b:a 36k -frame_duration 60"}, {2, "-application audio -b:a 128k -frame_duration 10"},
		{2, "-application lowdelay -b:a 128k -frame_duration 2.5"},
	} {
		file := ffmpeg(t, nil, append(append([]string{"-i", speech, "-ac", strconv.Itoa(c.channels), "-ar", "48000", "-c:a", "libopus"}, strings.Fields(c.args)...), "-f", "ogg", "pipe:1")...)
		want := floats(ffmpeg(t, bytes.NewReader(file), "-c:a", "libopus", "-i", "pipe:0", "-f", "f32le", "pipe:1"))
		dec, err := opus.NewDecoder(c.channels)
		if err != nil {
			t.Fatal(err)
		}
		var got []float32
		skip, head := 0, 2
		if err := ogg.EachPacket(bytes.NewReader(file), func(packet []byte) error {
			if head > 0 {
				if head--; head == 1 {
					skip = int(binary.LittleEndian.Uint16(packet[10:])) // RFC 7845 §5.1
				}
				return nil
			}
			switch config := packet[0] >> 3; { // RFC 6716 §3.1
			case config < 12:
				modes["SILK"] = true
			case config < 16:
				modes["hybrid"] = true
			default:
				modes["CELT"] = true
			}
			frame, err := dec.Decode(packet)
			got = append(got, frame...)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		got = got[min(len(got), skip*c.channels):]
		if len(got) < len(want) {
			t.Errorf("%s: %d samples, want %d", c.args, len(got), len(want))
			continue
		}
		if r := apart(want, got); !(r > 45) {
			t.Errorf("%s: differs by %.1f dB below the sound", c.args, r)
		} else {
			t.Logf("%s: differs by %.1f dB below the sound", c.args, r)
		}
	}
	for _, mode := range []string{"SILK", "hybrid", "CELT"} {
		if !modes[mode] {
			t.Errorf("no packet of mode %s was decoded", mode)
		}
	}
}

// What is beyond full scale is cut off and does not wrap around.
func TestCutsOff(t *testing.T) {
	loud := make([]float32, opus.Rate)
	for i := range loud {
		loud[i] = float32(1.8 * math.Sin(2*math.Pi*200*float64(i)/opus.Rate))
	}
	back := floats(ffmpeg(t, bytes.NewReader(encoded(t, loud, 1, 96000)), "-i", "pipe:0", "-f", "f32le", "pipe:1"))
	for i, v := range loud[4800:40000] {
		cut := max(-1, min(1, v))
		if got := back[4800+i]; math.Abs(float64(got-cut)) > 0.2 {
			t.Fatalf("sample %d is %g, want about %g", 4800+i, got, cut)
		}
	}
}

// Damaged packets are errors and no crash.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0xf8, 0xff, 0xfe}, 1)
	f.Add([]byte{0x78, 1, 2, 3, 4, 5, 6, 7}, 2)
	f.Add([]byte{}, 1)
	f.Fuzz(func(t *testing.T, packet []byte, channels int) {
		dec, err := opus.NewDecoder(1 + channels&1)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			frame, err := dec.Decode(packet)
			if err == nil && len(frame) > opus.MaxFrame*(1+channels&1) {
				t.Fatalf("%d samples", len(frame))
			}
		}
	})
}
