package h264

import (
	"errors"
	"fmt"
	"image"
	"math"
	"testing"
)

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		Config
		level    Level
		interval int
	}{
		{Config{Width: 1280, Height: 720, Frames: 25, Ticks: 1}, 31, 125},
		{Config{Width: 1280, Height: 720, Frames: 30, Ticks: 1}, 31, 150},
		{Config{Width: 1280, Height: 720, Frames: 60, Ticks: 1}, 32, 300},
		{Config{Width: 720, Height: 720, Frames: 25, Ticks: 1, KeyInterval: 50}, 31, 50},
		{Config{Width: 1920, Height: 1080, Frames: 30000, Ticks: 1001, KeyInterval: 1000}, 40, 149},
		{Config{Width: 320, Height: 240, Frames: 25, Ticks: 1}, 30, 125},
		{Config{Width: 320, Height: 240, Frames: 1, Ticks: 10, Level: 12}, 12, 1},
		{Config{Width: 2, Height: 2, Frames: 172, Ticks: 1, Level: 41}, 41, 860},
	} {
		t.Run(fmt.Sprintf("%dx%d, %d pictures in %d s", c.Width, c.Height, c.Frames, c.Ticks), func(t *testing.T) {
			e, err := New(c.Config)
			if err != nil || e.config.Level != c.level || e.config.KeyInterval != c.interval {
				t.Errorf("%+v: %v, level %v, want %v; interval %d, want %d", c.Config, err, e.config.Level, c.level, e.config.KeyInterval, c.interval)
			}
		})
	}
	sound := Config{Width: 320, Height: 240, Frames: 25, Ticks: 1}
	for name, change := range map[string]func(c *Config){
		"no width":        func(c *Config) { c.Width = 0 },
		"odd width":       func(c *Config) { c.Width = 321 },
		"negative height": func(c *Config) { c.Height = -2 },
		"huge":            func(c *Config) { c.Height = 1 << 30 },
		"too large":       func(c *Config) { c.Width, c.Height = 4096, 4096 },
		"too wide":        func(c *Config) { c.Width, c.Height = 4096, 16; c.Level = 30 },
		"no rate":         func(c *Config) { c.Frames = 0 },
		"no ticks":        func(c *Config) { c.Ticks = 0 },
		"too fast":        func(c *Config) { c.Frames = 173 },
		"huge rate":       func(c *Config) { c.Frames, c.Ticks = 25<<20, 1<<20 },
		"level too low":   func(c *Config) { c.Level = 11 },
		"no such level":   func(c *Config) { c.Level = 43 },
		"too coarse":      func(c *Config) { c.PSNR = 10 },
		"too fine":        func(c *Config) { c.PSNR = 60 },
		"not a number":    func(c *Config) { c.PSNR = math.NaN() },
		"keys before":     func(c *Config) { c.KeyInterval = -1 },
	} {
		c := sound
		change(&c)
		if _, err := New(c); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for l, want := range map[Level]string{30: "3", 31: "3.1", 42: "4.2"} {
		if l.String() != want {
			t.Errorf("level %v, want %s", l, want)
		}
	}
}

func TestWrongPicture(t *testing.T) {
	e, err := New(Config{Width: 320, Height: 240, Frames: 25, Ticks: 1})
	if err != nil {
		t.Fatal(err)
	}
	short := NewPicture(320, 240)
	short.Cr = short.Cr[1:]
	for _, p := range []*Picture{NewPicture(322, 240), NewPicture(240, 320), {}, short} {
		if _, _, err := e.Frame(p, nil); err == nil {
			t.Errorf("a picture of %d×%d was taken", p.Width, p.Height)
		}
	}
	if _, _, err := e.Frame(NewPicture(320, 240), []image.Rectangle{image.Rect(-9, -9, 999, 999), {}, image.Rect(900, 0, 901, 1)}); err != nil {
		t.Errorf("rectangles outside: %v", err)
	}
}

// What the level leaves no room for in one picture comes in the next ones.
func TestCatchesUp(t *testing.T) {
	c := Config{Width: 176, Height: 144, Frames: 15, Ticks: 1, Level: 10}
	s := encode(t, c, 60, func(p *Picture, i int) []image.Rectangle {
		if i == 0 {
			noise(120)(p, 0)
		}
		return []image.Rectangle{}
	})
	s.check(t)
	first := psnr(s.frames[0][:176*144], raw(s.source, 176, 144)[:176*144])
	last := psnr(s.frames[59][:176*144], raw(s.source, 176, 144)[:176*144])
	if first >= 45 || last < 45 {
		t.Errorf("signal-to-noise ratio %.1f, at last %.1f", first, last)
	}
}

// A picture like the one before costs next to nothing, and no memory.
func TestUnchanged(t *testing.T) {
	e, err := New(Config{Width: 640, Height: 360, Frames: 25, Ticks: 1})
	if err != nil {
		t.Fatal(err)
	}
	p := NewPicture(640, 360)
	player(640, 360)(p, 0)
	for _, changed := range [][]image.Rectangle{nil, {}} {
		e.frame = 0
		if _, _, err := e.Frame(p, changed); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(20, func() {
			if unit, key, err := e.Frame(p, changed); err != nil || key || len(unit) > 16 {
				t.Errorf("%d bytes, key %v, %v", len(unit), key, err)
			}
		}); n > 0 {
			t.Errorf("%v allocations", n)
		}
	}
}
