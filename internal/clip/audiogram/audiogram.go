// Package audiogram makes the pictures of clips that are posted as videos: the
// title, the date and the host, the waveform with a playhead that moves over
// it, how much time has passed, and, if they are given, who speaks and what is
// said.
//
// What stands still is drawn once. Of each picture only what differs from the
// one before is drawn and encoded. The same clip, style and words always give
// the same video.
package audiogram

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // covers and backgrounds
	_ "image/png"  // likewise
	"math"
	"strconv"
	"sync"
	"time"

	"golang.org/x/image/draw"
)

// A Shape is how wide pictures are to their height.
type Shape string

const (
	Wide   Shape = "wide"   // 1280×720
	Square Shape = "square" // 720×720
	Tall   Shape = "tall"   // 720×1280
)

// size returns the pixels of a shape.
func (s Shape) size() (image.Point, bool) {
	switch s {
	case Wide:
		return image.Pt(1280, 720), true
	case Square:
		return image.Pt(720, 720), true
	case Tall:
		return image.Pt(720, 1280), true
	}
	return image.Point{}, false
}

// A Theme is what the colours are chosen for.
type Theme string

const (
	Dark  Theme = "dark"
	Light Theme = "light"
)

// A Config says how pictures look. The zero value is ready to use.
type Config struct {
	Shape  Shape  // "" is Wide
	Theme  Theme  // "" is Dark
	Accent string // what has been played, "#rrggbb"; "" is a blue
	FPS    int    // 25 or 30 pictures a second; 0 is 25
	// Cover is shown beside the title, Background behind everything: JPEG or
	// PNG, or empty.
	Cover, Background []byte
	Zone              *time.Location // of the date; nil is UTC
}

// ErrConfig means that no pictures can be made as a Config says.
var ErrConfig = errors.New("cannot render the video")

// A ConfigError says which field of a Config is wrong. It wraps ErrConfig.
type ConfigError struct {
	Field string // shape, theme, fps or accent
	Must  string // what the field must be: "must be 25 or 30, not 24"
}

func (e *ConfigError) Error() string {
	return ErrConfig.Error() + ": the " + e.Field + " " + e.Must
}

func (e *ConfigError) Unwrap() error { return ErrConfig }

// wrong is the error of a field.
func wrong(field, must string, args ...any) error {
	return &ConfigError{field, fmt.Sprintf(must, args...)}
}

// What cannot be shown, if it is a picture that the Config has.
var (
	ErrCover      = errors.New("the cover")
	ErrBackground = errors.New("the background")
)

// A Style is a Config made ready. It may be used by several goroutines.
type Style struct {
	config     Config
	size       image.Point
	colours    palette
	cover      *image.RGBA // or nil
	background *image.RGBA // of the whole picture
}

// New returns a Style. The error is a ConfigError, or wraps ErrConfig and
// ErrCover or ErrBackground.
func New(c Config) (*Style, error) {
	if c.Shape == "" {
		c.Shape = Wide
	}
	if c.Theme == "" {
		c.Theme = Dark
	}
	if c.FPS == 0 {
		c.FPS = 25
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	s := &Style{config: c}
	var ok bool
	if s.size, ok = c.Shape.size(); !ok {
		return nil, wrong("shape", "must be wide, square or tall, not %q", c.Shape)
	}
	if s.colours, ok = palettes()[c.Theme]; !ok {
		return nil, wrong("theme", "must be dark or light, not %q", c.Theme)
	}
	if c.FPS != 25 && c.FPS != 30 {
		return nil, wrong("fps", "must be 25 or 30, not %d", c.FPS)
	}
	if c.Accent != "" {
		if s.colours.accent, ok = parseColour(c.Accent); !ok {
			return nil, wrong("accent", "must be a colour such as #1d9bf0, not %q", c.Accent)
		}
		if contrast(s.colours.accent, s.colours.background) < minContrast {
			return nil, wrong("accent", "must differ more from the %s background than %s", c.Theme, c.Accent)
		}
	}
	s.colours.head = s.colours.accent
	return s, s.load()
}

// load decodes and scales the pictures.
func (s *Style) load() (err error) {
	if len(s.config.Cover) > 0 {
		if s.cover, err = load(s.config.Cover, image.Pt(maxCover, maxCover)); err != nil {
			return fmt.Errorf("%w: %w: %w", ErrConfig, ErrCover, err)
		}
	}
	all := image.Rectangle{Max: s.size}
	if len(s.config.Background) == 0 {
		s.background = image.NewRGBA(all)
		draw.Draw(s.background, all, image.NewUniform(s.colours.background), image.Point{}, draw.Src)
		return nil
	}
	if s.background, err = load(s.config.Background, s.size); err != nil {
		return fmt.Errorf("%w: %w: %w", ErrConfig, ErrBackground, err)
	}
	// Greys and colours would be lost in what is behind.
	s.colours.head, s.colours.muted, s.colours.rest = s.colours.text, s.colours.text, s.colours.text
	s.colours.rest.A = 0x66
	veil := s.colours.background
	veil.A = s.colours.veil
	draw.Draw(s.background, all, image.NewUniform(veil), image.Point{}, draw.Over)
	return nil
}

// maxCover is the side of the largest cover that any layout shows.
const maxCover = 480

// A palette is the colours of a theme.
type palette struct {
	background, text, muted, accent color.NRGBA
	head                            color.NRGBA // of the line above the title
	rest                            color.NRGBA // of the waveform, not yet played
	veil                            uint8       // how much of a picture behind is covered
}

// Text has a contrast of at least 4.5:1 to the background (WCAG 2, AA), also
// over the lightest and the darkest picture under the veil.
var palettes = sync.OnceValue(func() map[Theme]palette {
	return map[Theme]palette{
		Dark: {
			background: rgb(0x0F141A), text: rgb(0xF4F7FA), muted: rgb(0xB3BDC9), accent: rgb(0x4C9DFF),
			rest: rgb(0x3C4857), veil: 0xBC,
		},
		Light: {
			background: rgb(0xF7F8FA), text: rgb(0x141920), muted: rgb(0x535D6A), accent: rgb(0x1565D8),
			rest: rgb(0xC3CAD3), veil: 0xC8,
		},
	}
})

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}
}

// parseColour reads "#rrggbb", also without the sign, which shells take for
// the beginning of a comment.
func parseColour(s string) (color.NRGBA, bool) {
	if len(s) == 7 && s[0] == '#' {
		s = s[1:]
	}
	v, err := strconv.ParseUint(s, 16, 24)
	return rgb(uint32(v)), err == nil && len(s) == 6
}

// hex writes a colour as parseColour reads it.
func hex(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// minContrast is what a playhead is hard to see with.
const minContrast = 1.4

// contrast returns the contrast of two colours, 1 to 21 (WCAG 2.2, "contrast
// ratio").
func contrast(a, b color.NRGBA) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.NRGBA) float64 {
	linear := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return float64(0.2126*linear(c.R)) + float64(0.7152*linear(c.G)) + float64(0.0722*linear(c.B))
}
