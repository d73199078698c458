package flac

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mewkiz/flac/meta"

	mewkiz "github.com/mewkiz/flac"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// pictures returns a JPEG and a PNG of 40 by 30 pixels.
func pictures(t *testing.T) (jpg, pic []byte) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 40, 30))
	for i := range m.Pix {
		m.Pix[i] = byte(i*i) | 0x80
		if i%4 == 3 {
			m.Pix[i] = 255
		}
	}
	var j, p bytes.Buffer
	if err := errors.Join(jpeg.Encode(&j, m, nil), png.Encode(&p, m)); err != nil {
		t.Fatal(err)
	}
	return j.Bytes(), p.Bytes()
}

// rewrite writes the frames of a file with other comments and pictures.
func rewrite(t *testing.T, file []byte, comments []Comment, pictures ...[]byte) []byte {
	t.Helper()
	r, units := mustRead(t, file)
	var b bytes.Buffer
	p := Plan{Config: r.config, Comments: comments, Pictures: pictures}
	p.Lengths.Usual = r.config.UnitSamples
	for _, u := range units {
		n, _ := FrameSamples(u)
		p.Sizes = append(p.Sizes, uint32(len(u)))
		p.Lengths.Add(n)
	}
	w, err := NewWriter(&b, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		if err := w.WriteUnit(u); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var someComments = []Comment{
	{"TITLE", "Débat"}, {"ARTIST", "host"},
	{"CHAPTER000", "00:00:00.000"}, {"CHAPTER000NAME", "Einführung"},
	{"CHAPTER001", "00:00:01.250"}, {"CHAPTER001NAME", "Вопрос"},
}

func TestWriterRoundTrip(t *testing.T) {
	jpg, pic := pictures(t)
	var covers [][]byte
	for _, image := range [][]byte{jpg, pic} {
		c, err := Cover(image)
		if err != nil {
			t.Fatal(err)
		}
		covers = append(covers, c)
	}
	m := newFile(false, 20)
	for n := range 3 {
		b := rewrite(t, m.file(), someComments, covers[:n]...)
		r, units := mustRead(t, b)
		if !bytes.Equal(bytes.Join(units, nil), bytes.Join(m.frames, nil)) || !r.Track().Damage.Empty() {
			t.Errorf("%d pictures: %d frames, damage %+v", n, len(units), r.Track().Damage)
		}
		if tags := r.Track().Tags; tags["title"] != "Débat" || tags["artist"] != "host" {
			t.Errorf("%d pictures: tags %v", n, tags)
		}
		// mewkiz/flac reads the same blocks.
		s, err := mewkiz.Parse(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, block := range s.Blocks {
			switch body := block.Body.(type) {
			case *meta.Picture:
				want := [][]byte{jpg, pic}[found]
				kind := []string{"image/jpeg", "image/png"}[found]
				if body.Type != 3 || body.MIME != kind || body.Width != 40 || body.Height != 30 || body.Depth != 24 || !bytes.Equal(body.Data, want) {
					t.Errorf("picture %s of %d by %d, %d bits, %d bytes", body.MIME, body.Width, body.Height, body.Depth, len(body.Data))
				}
				found++
			case *meta.VorbisComment:
				for i, c := range someComments {
					if body.Tags[i] != [2]string{c.Name, c.Value} {
						t.Errorf("comment %v, want %v", body.Tags[i], c)
					}
				}
			}
		}
		if found != n || !s.Blocks[len(s.Blocks)-1].IsLast {
			t.Errorf("%d pictures of %d", found, n)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	m := newFile(false, 2)
	r, units := mustRead(t, m.file())
	var b bytes.Buffer
	one := Plan{Config: r.config, Sizes: track.Sizes{uint32(len(units[0]))}, Lengths: track.Lengths{Usual: r.config.UnitSamples, Units: 1}}
	plan := func(comments []Comment, pictures ...[]byte) Plan {
		p := one
		p.Comments, p.Pictures = comments, pictures
		return p
	}
	if _, err := NewWriter(&b, plan(nil, make([]byte, 1<<24))); err == nil || b.Len() > 0 {
		t.Errorf("a picture of 16 MiB: %v", err)
	}
	if _, err := NewWriter(&b, plan([]Comment{{"A", strings.Repeat("x", 1<<24)}})); err == nil || b.Len() > 0 {
		t.Errorf("a comment of 16 MiB: %v", err)
	}
	w, err := NewWriter(&b, one)
	if err != nil {
		t.Fatal(err)
	}
	if w.Close() == nil {
		t.Error("closed with a frame missing")
	}
	w, _ = NewWriter(&b, one)
	w.WriteUnit(units[0])
	if w.WriteUnit(units[1]) == nil {
		t.Error("a frame too many was taken")
	}
}

func TestCover(t *testing.T) {
	jpg, _ := pictures(t)
	if _, err := Cover([]byte("RIFF\x00\x00\x00\x00WEBP")); !errors.Is(err, ErrCover) {
		t.Error(err)
	}
	if _, err := Cover(jpg[:20]); err == nil {
		t.Error("a cut picture was taken")
	}
	palette := color.Palette{color.Black, color.White, color.RGBA{R: 255, A: 255}}
	for _, c := range []struct {
		image         image.Image
		depth, colors uint32
	}{
		{image.NewGray(image.Rect(0, 0, 5, 6)), 8, 0},
		{image.NewGray16(image.Rect(0, 0, 5, 6)), 16, 0},
		{image.NewPaletted(image.Rect(0, 0, 5, 6), palette), 8, 3},
		{image.NewNRGBA(image.Rect(0, 0, 5, 6)), 32, 0},
		{image.NewNRGBA64(image.Rect(0, 0, 5, 6)), 64, 0},
	} {
		t.Run(fmt.Sprintf("%T", c.image), func(t *testing.T) {
			var b bytes.Buffer
			if err := png.Encode(&b, c.image); err != nil {
				t.Fatal(err)
			}
			got, err := Cover(b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			f := got[4+4+len("image/png")+4:]
			be := binary.BigEndian
			if be.Uint32(f) != 5 || be.Uint32(f[4:]) != 6 || be.Uint32(f[8:]) != c.depth || be.Uint32(f[12:]) != c.colors {
				t.Errorf("%T: % x", c.image, f[:16])
			}
		})
	}
}

// ffprobe and mediainfo find what the file says.
func TestWriterReadByOthers(t *testing.T) {
	dir := t.TempDir()
	tool := func(name string, args ...string) string {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(err)
		}
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Stderr = t.Output()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %v: %v", name, args, err)
		}
		return string(out)
	}
	tool("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "sine=d=4", "in.flac")
	in, err := os.ReadFile(filepath.Join(dir, "in.flac"))
	if err != nil {
		t.Fatal(err)
	}
	jpg, pic := pictures(t)
	for codec, image := range map[string][]byte{"mjpeg": jpg, "png": pic} {
		cover, err := Cover(image)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "out.flac"), rewrite(t, in, someComments, cover), 0o666); err != nil {
			t.Fatal(err)
		}
		probe := tool("ffprobe", "-v", "error", "-show_chapters", "-show_entries", "format_tags:stream=codec_name,width,height", "-of", "default=nw=1", "out.flac")
		for _, want := range []string{
			"TAG:TITLE=Débat\n", "TAG:ARTIST=host\n", "codec_name=" + codec + "\nwidth=40\nheight=30\n",
			"start_time=0.000000\n", "end_time=1.250000\nTAG:title=Einführung\n", "start_time=1.250000\n", "TAG:title=Вопрос\n",
		} {
			if !strings.Contains(probe, want) {
				t.Errorf("ffprobe does not say %q but\n%s", want, probe)
			}
		}
		if info := strings.TrimSpace(tool("mediainfo", "--Output=General;%Title%|%Performer%|%Cover%", "out.flac")); info != "Débat|host|Yes" {
			t.Errorf("mediainfo says %q", info)
		}
	}
}
