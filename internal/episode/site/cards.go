package site

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/episode/card"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/media/lettering"
	"github.com/spaces-cli/spaces/internal/spell"
)

// drawCard writes the picture of a link, unless what is there was drawn of the
// same.
func (m *maker) drawCard(name string, c card.Card, of cover) error {
	if of.large == "" {
		of = m.showCover
	}
	if c.Quote != "" {
		c.Quote = m.language.Say("site.quote", "text", c.Quote)
	}
	c.Fonts, c.Above, c.RTL, c.Accent = m.fonts, m.show.Title, m.direction == "rtl", m.accent
	if c.Title == c.Above {
		c.Above = m.show.Author
	}
	missing := c.Missing()
	for _, r := range missing {
		if !slices.Contains(m.site.missing, r) {
			m.site.missing = append(m.site.missing, r)
		}
	}
	key := sumOf([]byte(strings.Join([]string{"card 1", c.Above, c.Title, c.Quote, c.Below, string(c.Bars), m.site.written[of.large], fmt.Sprint(c.Accent, c.RTL), string(missing)}, "\x00")))
	_, err := m.made(name, key, func() ([]byte, error) {
		b, err := m.out.ReadFile(of.large)
		if err != nil {
			return nil, err
		}
		decoded, err := jpeg.Decode(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		c.Cover = image.NewRGBA(decoded.Bounds())
		draw.Draw(c.Cover, c.Cover.Rect, decoded, decoded.Bounds().Min, draw.Src)
		return card.JPEG(c.Draw(), 84)
	})
	return err
}

// findFonts opens the fonts for the pictures of links: the program's own, and the
// system's for what it lacks.
func (m *maker) findFonts() (err error) {
	m.fonts, err = lettering.Find(lettering.Options{System: true, Language: m.show.Language})
	return err
}

// showCardOf draws the card of the show.
func (m *maker) drawShowCard(newest []byte) error {
	m.showCard = "show.card.jpg"
	below := ""
	if n := len(m.episodes); n > 0 {
		below = m.language.Say("site.nEpisodes", "n", n)
	}
	return m.drawCard(m.showCard, card.Card{Title: m.show.Title, Below: below, Bars: newest}, m.showCover)
}

// below is the line at the bottom of a card.
func (m *maker) below(e *feed.Episode, seconds float64) string {
	return m.language.Date(m.show.Date(e).UTC()) + " · " + spell.Length(seconds)
}
