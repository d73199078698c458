package h264

import (
	"image"
	"testing"
)

// Half a minute of a playhead that moves over a waveform, at 1280×720 and 25
// frames a second, drawing included.
func BenchmarkPlayer(b *testing.B) {
	for range b.N {
		e, err := New(Config{Width: 1280, Height: 720, Frames: 25, Ticks: 1})
		if err != nil {
			b.Fatal(err)
		}
		p := NewPicture(1280, 720)
		scene := player(1280, 720)
		bytes := 0
		for i := range 750 {
			unit, _, err := e.Frame(p, scene(p, i))
			if err != nil {
				b.Fatal(err)
			}
			bytes += len(unit)
		}
		b.ReportMetric(float64(bytes), "bytes")
	}
}

func BenchmarkKeyFrame(b *testing.B) {
	for _, c := range []struct {
		name string
		psnr float64
		scene
	}{{"player", 45, player(1280, 720)}, {"photo", 38, photo}} {
		b.Run(c.name, func(b *testing.B) {
			e, err := New(Config{Width: 1280, Height: 720, Frames: 25, Ticks: 1, KeyInterval: 1, PSNR: c.psnr})
			if err != nil {
				b.Fatal(err)
			}
			p := NewPicture(1280, 720)
			c.scene(p, 0)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := e.Frame(p, []image.Rectangle{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(e.unit)), "bytes")
		})
	}
}

// A frame like the one before it, with and without being told so.
func BenchmarkUnchanged(b *testing.B) {
	for _, c := range []struct {
		name    string
		changed []image.Rectangle
	}{{"told", []image.Rectangle{}}, {"compared", nil}} {
		b.Run(c.name, func(b *testing.B) {
			e, err := New(Config{Width: 1280, Height: 720, Frames: 25, Ticks: 1})
			if err != nil {
				b.Fatal(err)
			}
			p := NewPicture(1280, 720)
			player(1280, 720)(p, 0)
			b.ReportAllocs()
			for b.Loop() {
				e.frame = 1 // no key frames but the first
				if _, _, err := e.Frame(p, c.changed); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDraw(b *testing.B) {
	img := image.NewRGBA(image.Rect(0, 0, 1280, 720))
	letters(img, 0, 0, 1280, 720, 1)
	p := NewPicture(1280, 720)
	for b.Loop() {
		p.Draw(img, img.Rect)
	}
}
