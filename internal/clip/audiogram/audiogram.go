// Package audiogram makes the pictures of clips that are posted as videos:
// captions in large letters with the spoken word marked, bars that follow the
// sound, who speaks, the title, the host and the date, how much has been
// played, and a card at the end.
//
// What stands still is drawn once. Of each picture only what differs from the
// one before is drawn and encoded. The same clip, style and words always give
// the same video.
package audiogram

import (
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // covers, backgrounds and logos
	_ "image/png"  // likewise
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/media/colour"
	"github.com/spaces-cli/spaces/internal/media/lettering"
)

// A Shape is how wide pictures are to their height.
type Shape string

const (
	Wide     Shape = "wide"     // 16:9
	Square   Shape = "square"   // 1:1
	Portrait Shape = "portrait" // 4:5
	Tall     Shape = "tall"     // 9:16
)

// Shapes are all there are.
func Shapes() []Shape { return []Shape{Wide, Square, Portrait, Tall} }

// A Look is how the parts of a picture are drawn.
type Look string

const (
	Clean Look = "clean" // large letters on a quiet background
	Bold  Look = "bold"  // the accent fills the picture
	Card  Look = "card"  // a card on a background in the accent or a photo
)

// Looks are all there are.
func Looks() []Look { return []Look{Clean, Bold, Card} }

// A Theme is what the colours are chosen for.
type Theme string

const (
	Dark  Theme = "dark"
	Light Theme = "light"
)

// Themes are all there are.
func Themes() []Theme { return []Theme{Dark, Light} }

// Rates are the numbers of pictures per second that there are.
func Rates() []int { return []int{25, 30, 60} }

// Sizes are the lengths of a picture's shorter side in pixels that there are.
func Sizes() []int { return []int{720, 1080} }

// A Config says how pictures look. The zero value is ready to use.
type Config struct {
	Shape  Shape  // "" is Wide
	Size   int    // pixels of the shorter side, 720 or 1080; 0 is 720
	Look   Look   // "" is Clean
	Theme  Theme  // "" is Dark
	Accent string // the one colour, "#rrggbb"; "" is a blue
	FPS    int    // 25, 30 or 60 pictures a second; 0 is 25
	// Cover is shown beside the title, Logo in a corner, Background behind
	// everything: JPEG or PNG, or empty.
	Cover, Logo, Background []byte
	// Pictures are those of speakers, by handle in lower case without @: JPEG or
	// PNG. Who has none is shown by initials.
	Pictures map[string][]byte
	Fonts    *lettering.Set // nil is the embedded face
	Font     string         // how Fonts were asked for, for the record
	// Address is shown on the card at the end, such as example.com/show.
	Address  string
	EndCard  bool           // EndSeconds with the cover and the address, after the sound
	Zone     *time.Location // of the date; nil is UTC
	Language string         // of the date; English if there are no words in it
}

// EndSeconds is how long the card at the end is shown.
const EndSeconds = 2

// Dimensions returns the pixels of a shape in a size.
func Dimensions(shape Shape, size int) (image.Point, bool) {
	m, ok := measures()[shape]
	return image.Pt(m.width*size/baseSize, m.height*size/baseSize), ok && slices.Contains(Sizes(), size)
}

// ErrConfig means that no pictures can be made as a Config says.
var ErrConfig = errors.New("cannot render the video")

// A ConfigError says which field of a Config is wrong. It wraps ErrConfig.
type ConfigError struct {
	Field string // shape, size, look, theme, fps or accent
	Must  string // what the field must be: "must be 25, 30 or 60, not 24"
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
	ErrLogo       = errors.New("the logo")
)

// A PictureError says whose picture cannot be shown. It wraps ErrConfig.
type PictureError struct {
	Handle string
	Err    error
}

func (e *PictureError) Error() string {
	return fmt.Sprintf("%v: the picture of @%s: %v", ErrConfig, e.Handle, e.Err)
}

func (e *PictureError) Unwrap() []error { return []error{ErrConfig, e.Err} }

// A Style is a Config made ready. It may be used by several goroutines.
type Style struct {
	config     Config
	measure    measure
	scale      float64
	size       image.Point
	colours    palette
	fonts      *lettering.Set
	cover      *image.RGBA // or nil
	logo       *image.RGBA // or nil, in its size
	faces      map[string]*image.RGBA
	background *image.RGBA // of the whole picture
}

// New returns a Style. The error is a ConfigError or a PictureError, or wraps
// ErrConfig and ErrCover, ErrLogo or ErrBackground.
func New(c Config) (*Style, error) {
	c = c.complete()
	s := &Style{config: c, fonts: c.Fonts}
	if err := c.check(); err != nil {
		return nil, err
	}
	s.measure = measures()[c.Shape]
	s.size, _ = Dimensions(c.Shape, c.Size)
	s.scale = float64(c.Size) / baseSize
	accent := defaultAccent()
	if c.Accent != "" {
		var ok bool
		if accent, ok = colour.Parse(c.Accent); !ok {
			return nil, wrong("accent", "must be a colour such as #1d9bf0, not %q", c.Accent)
		}
	}
	s.colours = colours(c.Look, c.Theme, accent, len(c.Background) > 0)
	return s, s.load()
}

// complete fills in what is not set.
func (c Config) complete() Config {
	if c.Shape == "" {
		c.Shape = Wide
	}
	if c.Size == 0 {
		c.Size = baseSize
	}
	if c.Look == "" {
		c.Look = Clean
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
	if c.Fonts == nil {
		c.Fonts = lettering.Embedded()
	}
	return c
}

func (c *Config) check() error {
	switch {
	case !slices.Contains(Shapes(), c.Shape):
		return wrong("shape", "must be %s, not %q", either(Shapes()), c.Shape)
	case !slices.Contains(Sizes(), c.Size):
		return wrong("size", "must be %s, not %d", either(Sizes()), c.Size)
	case !slices.Contains(Looks(), c.Look):
		return wrong("look", "must be %s, not %q", either(Looks()), c.Look)
	case !slices.Contains(Themes(), c.Theme):
		return wrong("theme", "must be %s, not %q", either(Themes()), c.Theme)
	case !slices.Contains(Rates(), c.FPS):
		return wrong("fps", "must be %s, not %d", either(Rates()), c.FPS)
	}
	return nil
}

// either names what something can be: "25, 30 or 60".
func either[T any](list []T) string {
	words := make([]string, len(list))
	for i, v := range list {
		words[i] = fmt.Sprint(v)
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// load decodes and scales the pictures.
func (s *Style) load() (err error) {
	if len(s.config.Cover) > 0 {
		side := s.px(maxCover)
		if s.cover, err = load(s.config.Cover, image.Pt(side, side)); err != nil {
			return fmt.Errorf("%w: %w: %w", ErrConfig, ErrCover, err)
		}
	}
	if len(s.config.Logo) > 0 {
		if s.logo, err = loadInside(s.config.Logo, image.Pt(s.px(s.measure.logo), s.px(logoHeight))); err != nil {
			return fmt.Errorf("%w: %w: %w", ErrConfig, ErrLogo, err)
		}
	}
	s.faces = make(map[string]*image.RGBA)
	for handle, b := range s.config.Pictures {
		side := s.px(disc)
		if s.faces[handle], err = load(b, image.Pt(side, side)); err != nil {
			return &PictureError{handle, err}
		}
	}
	all := image.Rectangle{Max: s.size}
	if len(s.config.Background) == 0 {
		s.background = image.NewRGBA(all)
		flat(s.background, all, s.colours.page)
		return nil
	}
	if s.background, err = load(s.config.Background, s.size); err != nil {
		return fmt.Errorf("%w: %w: %w", ErrConfig, ErrBackground, err)
	}
	flat(s.background, all, s.colours.veil)
	return nil
}

// Adjusted returns the colour that the video has in place of the accent that was
// asked for, which would be hard to see, or "".
func (s *Style) Adjusted() string {
	if !s.colours.adjusted || s.config.Accent == "" {
		return ""
	}
	return colour.Hex(s.colours.brand)
}

// px returns the pixels of a length that is given for pictures of baseSize.
func (s *Style) px(v float64) int { return int(math.Round(v * s.scale)) }
