package layer2

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// decoded returns the samples of a file.
func decoded(t testing.TB, b []byte) (samples []int32, tr *track.Track) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := NewDecoder()
	if _, err := readertest.Read(t, r, func(p *track.Packet) {
		before := len(samples)
		samples, err = d.Decode(samples, p.Data)
		if err != nil || len(samples)-before != p.Samples*r.Track().Runs[p.Run].Channels {
			t.Fatalf("%d samples of %d, %v", len(samples)-before, p.Samples, err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	return samples, r.Track()
}

func TestLayerIISoundsAsFFmpegDecodesIt(t *testing.T) {
	list := []struct{ rate, channels, kbits int }{
		{32000, 1, 48}, {32000, 2, 384}, {44100, 1, 32}, {44100, 2, 64}, {44100, 2, 160}, {44100, 2, 192}, {44100, 2, 384},
		{48000, 1, 48}, {48000, 2, 224}, {16000, 1, 8}, {22050, 2, 64}, {24000, 2, 160},
	}
	if os.Getenv("SPACES_LONG") != "" {
		list = append(list, []struct{ rate, channels, kbits int }{
			{32000, 1, 32}, {32000, 1, 56}, {32000, 2, 96}, {32000, 2, 192}, {44100, 1, 64}, {44100, 1, 96}, {44100, 2, 256}, {48000, 1, 56},
			{48000, 1, 192}, {48000, 2, 112}, {48000, 2, 320}, {48000, 2, 384}, {16000, 1, 64}, {16000, 2, 160}, {22050, 1, 32}, {22050, 2, 128},
			{24000, 1, 160}, {24000, 2, 96},
		}...)
	}
	for _, c := range list {
		t.Run(fmt.Sprintf("%d Hz %d ch %d kb", c.rate, c.channels, c.kbits), func(t *testing.T) {
			source := fmt.Sprintf("aevalsrc=0.4*sin(700*t)*lt(mod(t\\,0.5)\\,0.1)+0.1*random(0)+0.2*sin(9000*t*t)|0.5*sin(1100*t)+0.1*random(1):s=%d:d=0.5", c.rate)
			name := readertest.Make(t, "a.mp2", "-f", "lavfi", "-i", source, "-ac", fmt.Sprint(c.channels), "-c:a", "mp2", "-b:a", fmt.Sprintf("%dk", c.kbits))
			compare(t, name, "mp2float", c.channels)
		})
	}
}

// compare compares the samples of a file with those of ffmpeg before they are rounded:
// rounding to 16 bits alone makes a difference of 0.29 rms.
func compare(t *testing.T, name, decoder string, channels int) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	got, tr := decoded(t, b)
	if tr.Damage.Count > 0 || len(tr.Runs) != 1 || tr.Runs[0].Channels != channels {
		t.Errorf("%+v", tr)
	}
	want := readertest.FFmpeg(t, "-c:a", decoder, "-i", name, "-f", "f32le", "-")
	if len(want) != 4*len(got) || len(got) == 0 {
		t.Fatalf("%d samples, ffmpeg %d", len(got), len(want)/4)
	}
	var squares, loud float64
	worst := 0.0
	for i, v := range got {
		w := float64(math.Float32frombits(binary.LittleEndian.Uint32([]byte(want[4*i:4*i+4])))) * (1 << 15)
		w = max(math.MinInt16, min(math.MaxInt16, w))
		diff := float64(v) - w
		squares += diff * diff
		loud += w * w
		worst = max(worst, math.Abs(diff))
	}
	if rms := math.Sqrt(squares / float64(len(got))); rms > 0.3 || worst > 0.6 || loud == 0 {
		t.Errorf("samples differ by %.3f rms, up to %.3f", rms, worst)
	}
}
