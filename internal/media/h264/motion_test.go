package h264

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// bars are like those of a spectrum: they grow and shrink at both ends, all at
// once, over a ground with some letters on it.
type bars struct {
	img     *image.RGBA
	heights []int
	step    int
	seed    float64
}

func newBars(width, height, step int, seed float64) *bars {
	b := &bars{img: image.NewRGBA(image.Rect(0, 0, width, height)), heights: make([]int, (width-step)/step), step: step, seed: seed}
	letters(b.img, 0, 0, width, height, uint64(seed))
	draw.Draw(b.img, image.Rect(0, height/3, width, height), image.NewUniform(color.RGBA{18, 24, 40, 255}), image.Point{}, draw.Src)
	return b
}

// next draws picture i into p.
func (b *bars) next(p *Picture, i int) (changed []image.Rectangle, moves []Move) {
	middle := b.img.Rect.Max.Y * 2 / 3
	if i == 0 {
		changed = append(changed, b.img.Rect)
	}
	for k := range b.heights {
		most := float64(b.img.Rect.Max.Y) / 4
		h := 6 + int(most*math.Abs(math.Sin(b.seed+float64(k)/3+float64(i)/7)*math.Sin(float64(k*k)+float64(i)/3)))&^1
		old := b.heights[k]
		b.heights[k] = h
		x, reach := (k+1)*b.step, max(h, old)+1
		r := image.Rect(x, middle-reach, x+b.step/2, middle+reach)
		draw.Draw(b.img, r, image.NewUniform(color.RGBA{18, 24, 40, 255}), image.Point{}, draw.Src)
		draw.Draw(b.img, image.Rect(x, middle-h, x+b.step/2, middle+h), image.NewUniform(color.RGBA{90, 160, 255, 255}), image.Point{}, draw.Src)
		for _, y := range []int{middle - h, middle + h - 1} { // soft ends
			draw.Draw(b.img, image.Rect(x+1, y, x+b.step/2-1, y+1), image.NewUniform(color.RGBA{50, 90, 150, 255}), image.Point{}, draw.Src)
		}
		changed = append(changed, r)
		if h != old && i > 0 {
			moves = append(moves, Move{image.Rect(x, middle-reach, x+b.step/2, middle), image.Pt(0, h-old)},
				Move{image.Rect(x, middle, x+b.step/2, middle+reach), image.Pt(0, old-h)})
		}
	}
	for _, r := range changed {
		p.Draw(b.img, r)
	}
	return changed, moves
}

// What has moved is coded as that, in a part of the bytes that the differences
// take, and decoders see what the encoder does; also over the edges of slices,
// beside macroblocks that are skipped or predicted otherwise.
func TestMoves(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		Config
		step   int
		frames int
		part   float64 // of the bytes without moves, at most
	}{
		{"wide", Config{Width: 640, Height: 360, Frames: 25, Ticks: 1, KeyInterval: 20}, 16, 45, 0.5},
		{"coarse", Config{Width: 640, Height: 360, Frames: 30, Ticks: 1, PSNR: 38}, 32, 30, 0.5},
		{"between macroblocks", Config{Width: 402, Height: 290, Frames: 25, Ticks: 1}, 24, 30, 1},
		{"low level", Config{Width: 176, Height: 144, Frames: 15, Ticks: 1, Level: 11}, 16, 20, 1},
		{"many", Config{Width: 1280, Height: 720, Frames: 30, Ticks: 1, KeyInterval: 5}, 16, 12, 0.85},
	} {
		t.Run(c.name, func(t *testing.T) {
			size := [2]int{}
			for with := range 2 {
				scene := newBars(c.Width, c.Height, c.step, 3)
				e, err := New(c.Config)
				if err != nil {
					t.Fatal(err)
				}
				s := &stream{Encoder: e, worst: math.Inf(1)}
				p := NewPicture(c.Width, c.Height)
				for i := range c.frames {
					changed, moves := scene.next(p, i)
					if with == 0 {
						moves = nil
					}
					unit, key, err := e.Frame(p, changed, moves...)
					if err != nil {
						t.Fatal(err)
					}
					size[with] += len(unit)
					s.units, s.keys = append(s.units, bytes.Clone(unit)), append(s.keys, key)
					s.frames = append(s.frames, raw(e.decoded, c.Width, c.Height))
					s.worst = min(s.worst, psnr(raw(p, c.Width, c.Height)[:c.Width*c.Height], s.frames[i][:c.Width*c.Height]))
				}
				if with == 0 {
					continue
				}
				moved := 0
				for _, p := range s.check(t) {
					moved += p.moved
				}
				if (moved == 0) != (c.Level > 0 && c.Level < 21) {
					t.Errorf("%d macroblocks have moved", moved)
				}
				if want := max(c.PSNR, 38); s.worst < want {
					t.Errorf("a picture has %.1f dB", s.worst)
				}
				file := filepath.Join(t.TempDir(), "video.264")
				if err := os.WriteFile(file, s.annexB(), 0o600); err != nil {
					t.Fatal(err)
				}
				t.Run("ffmpeg", func(t *testing.T) { s.same(t, decodeFFmpeg(t, file)) })
				t.Run("OpenH264", func(t *testing.T) { s.same(t, decodeOpenH264(t, file)) })
			}
			if part := float64(size[1]) / float64(size[0]); part > c.part {
				t.Errorf("%d bytes with moves, %d without", size[1], size[0])
			}
			t.Logf("%d bytes with moves, %d without", size[1], size[0])
		})
	}
}
