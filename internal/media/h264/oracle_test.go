package h264

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A stream is what an Encoder has made of a scene.
type stream struct {
	*Encoder
	units  [][]byte
	keys   []bool
	frames [][]byte // what is decoded, as raw planes
	worst  float64  // the lowest signal-to-noise ratio of a frame's luma
}

// encode codes n frames of a scene.
func encode(t testing.TB, c Config, n int, s scene) *stream {
	t.Helper()
	e, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	out := &stream{Encoder: e, worst: math.Inf(1)}
	p := NewPicture(c.Width, c.Height)
	for i := range n {
		changed := s(p, i)
		unit, key, err := e.Frame(p, changed)
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		out.units = append(out.units, bytes.Clone(unit))
		out.keys = append(out.keys, key)
		out.frames = append(out.frames, raw(e.decoded, c.Width, c.Height))
		out.worst = min(out.worst, psnr(raw(p, c.Width, c.Height)[:c.Width*c.Height], out.frames[i][:c.Width*c.Height]))
	}
	return out
}

// raw returns the planes of p without what lies beyond its size.
func raw(p *Picture, width, height int) (b []byte) {
	for y := range height {
		b = append(b, p.Y[y*p.Stride:][:width]...)
	}
	for _, c := range [][]byte{p.Cb, p.Cr} {
		for y := range height / 2 {
			b = append(b, c[y*p.Stride/2:][:width/2]...)
		}
	}
	return b
}

func psnr(a, b []byte) float64 {
	sum := 0
	for i := range a {
		d := int(a[i]) - int(b[i])
		sum += d * d
	}
	return 10 * math.Log10(255*255*float64(len(a))/float64(sum))
}

// annexB returns the stream with start codes.
func (s *stream) annexB() (b []byte) {
	start := []byte{0, 0, 0, 1}
	b = append(append(b, start...), s.SPS()...)
	b = append(append(b, start...), s.PPS()...)
	for _, u := range s.units {
		for _, n := range nals(u) {
			b = append(append(b, start...), n...)
		}
	}
	return b
}

// A decoder is a program that decodes a file of raw H.264 to raw pictures, and
// complains about anything that it finds.
type decoder struct {
	args []string // before the file's name
	more []string // behind it
}

var ffmpegDecoder = decoder{
	strings.Fields("ffmpeg -v warning -nostdin -threads 1 -err_detect explode -xerror -r 100 -f h264 -i"),
	strings.Fields("-fps_mode passthrough -f rawvideo -pix_fmt yuv420p -"),
}

func (d decoder) decode(file string) (pictures []byte, complaints string, err error) {
	cmd := exec.Command(d.args[0], slices.Concat(d.args[1:], []string{file}, d.more)...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err = cmd.Run()
	return out.Bytes(), said.String(), err
}

func decodeFFmpeg(t *testing.T, file string) []byte {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	return ffmpegDecoder.sound(t, file)
}

func decodeOpenH264(t *testing.T, file string) []byte {
	t.Helper()
	return openH264(t).sound(t, file)
}

// sound decodes a file with which nothing is wrong.
func (d decoder) sound(t *testing.T, file string) []byte {
	t.Helper()
	out, complaints, err := d.decode(file)
	if err != nil || complaints != "" {
		t.Errorf("%s: %v\n%s", d.args[0], err, complaints)
	}
	return out
}

// built is the program around Cisco's library, once it has been made.
var built struct {
	sync.Once
	dir, missing, trouble string
}

func openH264(t *testing.T) decoder {
	t.Helper()
	built.Do(func() {
		compiler, err := exec.LookPath("cc")
		if err != nil {
			built.missing = "no C compiler"
			return
		}
		if built.dir, err = os.MkdirTemp("", "openh264"); err != nil {
			built.trouble = err.Error()
			return
		}
		out, err := exec.Command(compiler, "-o", filepath.Join(built.dir, "decode"), "testdata/openh264.c", "-lopenh264").CombinedOutput()
		switch {
		case err != nil && strings.Contains(string(out), "wels/codec_api.h"):
			built.missing = "libopenh264-dev is not installed"
		case err != nil:
			built.trouble = string(out)
		}
	})
	if built.missing != "" {
		t.Skip(built.missing)
	}
	if built.trouble != "" {
		t.Fatal(built.trouble)
	}
	return decoder{args: []string{filepath.Join(built.dir, "decode")}}
}

func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// Decoders must see exactly what the encoder thinks they see: it builds each
// picture on the one before. No stream may break a limit, and all that have
// room for it look as well as they should.
func TestStreams(t *testing.T) {
	t.Parallel()
	list := cases
	if testing.Short() {
		list = list[:len(list)/3]
	}
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			s := encode(t, c.Config, c.frames, c.scene)
			pictures := s.check(t)
			want := c.PSNR
			if want == 0 {
				want = 45
			}
			if s.worst < want && !c.full {
				t.Errorf("signal-to-noise ratio %.2f, want %.0f", s.worst, want)
			}
			if c.name == "tiny" && pictures[0].pcm != 1 {
				t.Error("no I_PCM where it is shorter")
			}
			for i, p := range pictures {
				if !p.key && c.name == "black" && p.coded > 0 {
					t.Errorf("frame %d has %d macroblocks where nothing changes", i, p.coded)
				}
			}
			file := filepath.Join(t.TempDir(), "video.264")
			if err := os.WriteFile(file, s.annexB(), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Run("ffmpeg", func(t *testing.T) { s.same(t, decodeFFmpeg(t, file)) })
			t.Run("OpenH264", func(t *testing.T) { s.same(t, decodeOpenH264(t, file)) })
		})
	}
}

// The decoders do complain.
func TestDecodersNotice(t *testing.T) {
	s := encode(t, Config{Width: 64, Height: 64, Frames: 25, Ticks: 1}, 3, noise(50))
	cut := s.units[1][:len(s.units[1])/2]
	binary.BigEndian.PutUint32(cut, uint32(len(cut)-4))
	s.units[1] = cut
	file := filepath.Join(t.TempDir(), "video.264")
	if err := os.WriteFile(file, s.annexB(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, d := range []decoder{ffmpegDecoder, openH264(t)} {
		if _, complaints, err := d.decode(file); err == nil && complaints == "" {
			t.Errorf("%s finds nothing wrong with a damaged stream", d.args[0])
		}
	}
}

// same compares what a decoder has decoded.
func (s *stream) same(t *testing.T, got []byte) {
	t.Helper()
	for i, want := range s.frames {
		if len(got) < len(want) {
			t.Fatalf("%d of %d frames decoded", i, len(s.frames))
		}
		if at := firstDifference(got[:len(want)], want); at >= 0 {
			w := s.config.Width
			t.Fatalf("frame %d (key %v) differs at byte %d (x %d, y %d of luma if it is)", i, s.keys[i], at, at%w, at/w)
		}
		got = got[len(want):]
	}
	if len(got) > 0 {
		t.Errorf("%d bytes more than were coded", len(got))
	}
}

func firstDifference(a, b []byte) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

// A scene changes p to what frame i shows and says where; nil is anywhere.
type scene func(p *Picture, i int) []image.Rectangle

var cases = []struct {
	name string
	Config
	frames int
	scene
	full bool // there is no room in it for what is wanted
}{
	{"black", Config{Width: 320, Height: 240, Frames: 25, Ticks: 1}, 10, func(*Picture, int) []image.Rectangle { return nil }, false},
	{"player", Config{Width: 1280, Height: 720, Frames: 25, Ticks: 1, KeyInterval: 8}, 12, player(1280, 720), false},
	{"portrait", Config{Width: 720, Height: 1280, Frames: 30, Ticks: 1}, 4, player(720, 1280), false},
	{"cropped", Config{Width: 726, Height: 402, Frames: 30000, Ticks: 1001, KeyInterval: 7}, 20, player(726, 402), false},
	{"gradient", Config{Width: 320, Height: 180, Frames: 25, Ticks: 1, KeyInterval: 6}, 18, gradient, false},
	{"photo", Config{Width: 480, Height: 270, Frames: 25, Ticks: 1, KeyInterval: 6, PSNR: 38}, 10, photo, false},
	{"noise", Config{Width: 320, Height: 192, Frames: 25, Ticks: 1, KeyInterval: 6}, 12, noise(256), true},
	{"faint noise", Config{Width: 320, Height: 192, Frames: 25, Ticks: 1, KeyInterval: 6}, 12, noise(9), false},
	{"noise at level 1", Config{Width: 176, Height: 144, Frames: 15, Ticks: 1, KeyInterval: 5, Level: 10}, 20, noise(256), true},
	{"noise at level 3.1", Config{Width: 480, Height: 320, Frames: 172, Ticks: 1, Level: 31}, 5, noise(256), true},
	{"extremes", Config{Width: 64, Height: 64, Frames: 25, Ticks: 1, KeyInterval: 3, PSNR: 50}, 12, extremes, false},
	{"keys alone", Config{Width: 32, Height: 32, Frames: 25, Ticks: 1, KeyInterval: 1}, 5, noise(40), false},
	{"tiny", Config{Width: 2, Height: 2, Frames: 25, Ticks: 1, KeyInterval: 3}, 12, noise(256), false},
	{"a column", Config{Width: 16, Height: 640, Frames: 25, Ticks: 1, KeyInterval: 3}, 12, noise(100), false},
	{"long", Config{Width: 32, Height: 32, Frames: 172, Ticks: 1}, 900, noise(40), false},
}

// player is a still picture with letters, a waveform and a playhead.
func player(width, height int) scene {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	level := func(x int) int {
		return int(float64(height) / 8 * math.Abs(math.Sin(float64(x)/9)*math.Cos(float64(x)/131)))
	}
	paint := func(r image.Rectangle, head int) {
		r = r.Intersect(img.Rect)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				c := color.RGBA{18, 24, uint8(40 + 40*y/height), 255}
				switch {
				case abs(y-height/2) < level(x/4*4) && x%4 < 3 && x < head:
					c = color.RGBA{255, 120, 40, 255}
				case abs(y-height/2) < level(x/4*4) && x%4 < 3:
					c = color.RGBA{140, 150, 170, 255}
				case x == head:
					c = color.RGBA{255, 255, 255, 255}
				}
				img.SetRGBA(x, y, c)
			}
		}
	}
	return func(p *Picture, i int) []image.Rectangle {
		head := 2 * i
		r := image.Rect(head-3, height/2-height/8, head+2, height/2+height/8)
		if i == 0 {
			r = img.Rect
		}
		paint(r, head)
		if i == 0 {
			letters(img, 20, 20, width-40, height/4, 1)
		}
		changed := []image.Rectangle{r}
		if i%10 == 0 {
			r := letters(img, 20, height*7/8, 100, 22, uint64(i))
			p.Draw(img, r)
			changed = append(changed, r)
		}
		p.Draw(img, changed[0])
		return changed
	}
}

// letters draws what is as hard to code as text: strokes with soft edges.
func letters(img *image.RGBA, left, top, width, height int, seed uint64) image.Rectangle {
	r := rand.New(rand.NewPCG(seed, 2))
	area := image.Rect(left, top, left+width, top+height).Intersect(img.Rect)
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			img.SetRGBA(x, y, color.RGBA{18, 24, 40, 255})
		}
	}
	for range width * height / 200 {
		x, y := area.Min.X+r.IntN(area.Dx()), area.Min.Y+r.IntN(area.Dy())
		dx, dy := r.Float64()-0.5, r.Float64()-0.5
		for k := range 14 {
			px, py := x+int(dx*float64(k)), y+int(dy*float64(k))
			if (image.Point{px, py}).In(area) {
				v := uint8(120 + r.IntN(136))
				img.SetRGBA(px, py, color.RGBA{v, v, v, 255})
			}
		}
	}
	return area
}

func gradient(p *Picture, i int) []image.Rectangle {
	for at := range p.Y {
		x, y := at%p.Stride, at/p.Stride
		p.Y[at] = uint8(16 + (x+y+i)/4%200)
	}
	for at := range p.Cb {
		p.Cb[at], p.Cr[at] = uint8(at%p.Stride), uint8(at/p.Stride)
	}
	return nil
}

// photo has something of everything, and something that moves.
func photo(p *Picture, i int) []image.Rectangle {
	r := rand.New(rand.NewPCG(7, 7))
	for at := range p.Y {
		x, y := float64(at%p.Stride), float64(at/p.Stride)
		p.Y[at] = clip(int(128 + 60*math.Sin(x/17+y/40) + 40*math.Sin(x*y/3000+float64(i)) + 6*r.NormFloat64()))
	}
	for at := range p.Cb {
		x, y := float64(at%(p.Stride/2)), float64(at/(p.Stride/2))
		p.Cb[at], p.Cr[at] = clip(int(128+50*math.Sin(x/30))), clip(int(128+50*math.Cos(y/20+float64(i))))
	}
	return nil
}

// noise is different in every frame, by less than depth.
func noise(depth int) scene {
	return func(p *Picture, i int) []image.Rectangle {
		r := rand.New(rand.NewPCG(uint64(i), 3))
		for _, plane := range [][]uint8{p.Y, p.Cb, p.Cr} {
			for at := range plane {
				plane[at] = uint8(r.IntN(depth) + (256-depth)/2)
			}
		}
		return nil
	}
}

// extremes are the largest differences there are, as patterns that come out
// as one coefficient each.
func extremes(p *Picture, i int) []image.Rectangle {
	for _, plane := range [][]uint8{p.Y, p.Cb, p.Cr} {
		for at := range plane {
			x, y := at%p.Stride, at/p.Stride
			on := [...]bool{true, false, x%2 == 0, y%2 == 0, (x+y)%2 == 0, x%4 < 2, x&16 == 0, (x^y)&16 == 0}[i%8]
			plane[at] = 0
			if on {
				plane[at] = 255
			}
		}
	}
	return nil
}

func abs(n int) int { return max(n, -n) }

// nals splits an access unit with lengths.
func nals(unit []byte) (list [][]byte) {
	for len(unit) >= 4 {
		n := int(unit[0])<<24 | int(unit[1])<<16 | int(unit[2])<<8 | int(unit[3])
		list = append(list, unit[4:4+n])
		unit = unit[4+n:]
	}
	return list
}
