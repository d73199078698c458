package site

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/episode/card"
	"github.com/spaces-cli/spaces/internal/episode/feed"
)

// A cover is a square picture in the sizes in which pages show it.
type cover struct {
	large, middle, small string // names of the files; the zero cover has none
	accent               color.NRGBA
}

// The sizes of covers in pixels: for screens with two to a point.
const (
	largeCover  = 640
	middleCover = 320
	smallCover  = 96
)

// maxCover bounds a cover that is read, in bytes.
const maxCover = 64 << 20

// made writes a file that is costly to make, unless the one that is there was
// made of the same: key says of what.
func (m *maker) made(name, key string, make func() ([]byte, error)) ([]byte, error) {
	if m.before.Made[name] == key {
		if b, err := m.out.ReadFile(name); err == nil && sumOf(b) == m.before.Pages[name] {
			m.site.made[name] = key
			return b, m.write(name, b)
		}
	}
	b, err := make()
	if err != nil {
		return nil, err
	}
	m.site.made[name] = key
	return b, m.write(name, b)
}

// showPictures makes the covers and the icons of the show. One without a cover
// gets a tile in its colour.
func (m *maker) showPictures() error {
	name, file := "show", path.Join(m.show.Folder(), m.show.Cover)
	if m.show.Cover == "" {
		file = ""
	} else {
		name = strings.TrimSuffix(m.show.Cover, path.Ext(m.show.Cover))
	}
	c, err := m.coverOf(name, file)
	if err != nil {
		return err
	}
	m.showCover = c
	m.icon, m.touch = name+"-64.png", name+"-180.png"
	for size, icon := range map[int]string{64: m.icon, 180: m.touch} {
		large, err := m.out.ReadFile(c.large)
		if err != nil {
			return err
		}
		if _, err := m.made(icon, "icon 1 "+sumOf(large), func() ([]byte, error) {
			square, err := card.Square(large, size)
			if err != nil {
				return nil, err
			}
			return card.PNG(square)
		}); err != nil {
			return err
		}
	}
	return nil
}

// episodeCover are the sizes of an episode's own cover, the zero cover if it has
// none or one that is no picture.
func (m *maker) episodeCover(e *feed.Episode) (cover, error) {
	if e.Cover == "" {
		return cover{}, nil
	}
	return m.coverOf(e.ID, e.Path(e.Cover))
}

// coverOf makes the sizes of a picture of the library; with no file, of a tile.
func (m *maker) coverOf(name, file string) (cover, error) {
	c := cover{large: fmt.Sprintf("%s-%d.jpg", name, largeCover), middle: fmt.Sprintf("%s-%d.jpg", name, middleCover), small: fmt.Sprintf("%s-%d.jpg", name, smallCover)}
	key := "tile 1"
	var source []byte
	if file != "" {
		f, err := m.lib.Open(file)
		if err != nil {
			return cover{}, err
		}
		source, err = io.ReadAll(io.LimitReader(f, maxCover))
		f.Close()
		if err != nil {
			return cover{}, err
		}
		key = "cover 1 " + sumOf(source)
	}
	var square *image.RGBA
	make := func(size, quality int) func() ([]byte, error) {
		return func() ([]byte, error) {
			if square == nil {
				if file == "" {
					square = card.Tile(plainAccent, largeCover)
				} else {
					var err error
					if square, err = card.Square(source, largeCover); err != nil {
						return nil, err
					}
				}
			}
			return card.JPEG(card.Shrunk(square, size), quality)
		}
	}
	if _, err := m.made(c.large, key, make(largeCover, 82)); err != nil {
		if file != m.show.Cover && file != "" { // nothing that a cover of an episode need be
			return cover{}, nil
		}
		return cover{}, err
	}
	if _, err := m.made(c.middle, key, make(middleCover, 82)); err != nil {
		return cover{}, err
	}
	small, err := m.made(c.small, key, make(smallCover, 85))
	if err != nil {
		return cover{}, err
	}
	if file == "" {
		c.accent = plainAccent
		return c, nil
	}
	decoded, err := jpeg.Decode(bytes.NewReader(small))
	if err != nil {
		return cover{}, err
	}
	rgba := image.NewRGBA(decoded.Bounds())
	draw.Draw(rgba, rgba.Rect, decoded, image.Point{}, draw.Src)
	c.accent = card.Accent(rgba)
	return c, nil
}

// How wide pages show covers, as the sizes of an image say it.
const (
	inBar      = ""
	inHero     = "(min-width: 46rem) 18rem, 11rem"
	inTitle    = "(min-width: 46rem) 13rem, 7rem"
	inReturned = "5rem"
)

// picture writes a cover. It has no text: what stands beside it says the same.
func (p *page) picture(c cover, sizes markup) {
	if c.large == "" {
		return
	}
	file, size := c.middle, middleCover
	if sizes == inBar {
		file, size = c.small, smallCover
	}
	p.put(`<img class="cover" src="`, link(file))
	if sizes != inBar {
		p.put(`" srcset="`, link(c.middle), " ", text(fmt.Sprint(middleCover)), "w, ", link(c.large), " ", text(fmt.Sprint(largeCover)), `w" sizes="`, sizes)
	}
	p.put(`" width="`, text(fmt.Sprint(size)), `" height="`, text(fmt.Sprint(size)), `" alt="">`, "\n")
}
