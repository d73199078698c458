package audiogram

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/h264"
)

// openH264 builds the program around Cisco's decoder.
func openH264(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("cc"); err != nil {
		t.Skip("no C compiler")
	}
	program := filepath.Join(t.TempDir(), "decode")
	if out, err := exec.Command("cc", "-o", program, "../../media/h264/testdata/openh264.c", "-lopenh264").CombinedOutput(); err != nil {
		t.Skipf("OpenH264 is not installed: %s", out)
	}
	return program
}

// annexB encodes the first pictures of a scene, and returns the stream, with start
// codes, and the luma of what was drawn.
func annexB(t *testing.T, s *scene, pictures int) (stream []byte, drawn [][]byte) {
	t.Helper()
	fps := s.style.config.FPS
	e, err := h264.New(h264.Config{Width: s.style.size.X, Height: s.style.size.Y, Frames: fps, Ticks: 1, PSNR: plainPSNR})
	if err != nil {
		t.Fatal(err)
	}
	start := []byte{0, 0, 0, 1}
	stream = bytes.Join([][]byte{nil, e.SPS(), e.PPS()}, start)
	p := h264.NewPicture(s.style.size.X, s.style.size.Y)
	p.Draw(s.frame, s.frame.Rect)
	for i := range pictures {
		changed := s.next(0.3 + float64(i)/float64(fps))
		for _, r := range changed {
			p.Draw(s.frame, r)
		}
		unit, _, err := e.Frame(p, changed, s.moved...)
		if err != nil {
			t.Fatal(err)
		}
		for len(unit) >= 4 {
			n := int(unit[0])<<24 | int(unit[1])<<16 | int(unit[2])<<8 | int(unit[3])
			stream = append(append(stream, start...), unit[4:4+n]...)
			unit = unit[4+n:]
		}
		var luma []byte
		for y := range p.Height {
			luma = append(luma, p.Y[y*p.Stride:][:p.Width]...)
		}
		drawn = append(drawn, luma)
	}
	return stream, drawn
}

// ffmpeg and OpenH264 decode every picture of every shape, rate and look to the
// same bytes, which are near to what was drawn. Without SPACES_LONG some of them.
func TestDecoders(t *testing.T) {
	if testing.Short() {
		t.Skip("two decoders take their time under the race detector")
	}
	program := openH264(t)
	n := 0
	for _, size := range Sizes() {
		for _, shape := range Shapes() {
			for _, look := range Looks() {
				for _, fps := range Rates() {
					if n++; !long && n%13 != 1 {
						continue
					}
					t.Run(fmt.Sprint(shape, size, look, fps), func(t *testing.T) {
						s := sceneOf(style(t, Config{Shape: shape, Size: size, Look: look, FPS: fps, EndCard: long}), "Title", "hostess", someCues, someTurns)
						if long { // the end, too
							s.seconds = 0.7
						}
						pictures := 8
						if long {
							pictures = fps/2 + 4
						}
						stream, drawn := annexB(t, s, pictures)
						file := filepath.Join(t.TempDir(), "video.264")
						if err := os.WriteFile(file, stream, 0o600); err != nil {
							t.Fatal(err)
						}
						got := output(t, "ffmpeg", "-v", "warning", "-nostdin", "-err_detect", "explode", "-xerror", "-r", "100", "-f", "h264", "-i", file,
							"-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-")
						if other := output(t, program, file); !bytes.Equal(got, other) {
							t.Errorf("ffmpeg decodes %d bytes, OpenH264 %d, and they differ", len(got), len(other))
						}
						step := s.style.size.X * s.style.size.Y * 3 / 2
						if len(got) != pictures*step {
							t.Fatalf("%d bytes of pictures, want %d of %d", len(got), pictures, step)
						}
						worst := math.Inf(1)
						for i, want := range drawn {
							worst = min(worst, psnr(want, got[i*step:][:len(want)]))
						}
						if worst < 45 {
							t.Errorf("a picture has %.1f dB", worst)
						}
					})
				}
			}
		}
	}
}
