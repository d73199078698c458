package draw

import (
	"bufio"
	"cmp"
	"fmt"
	"html"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/spaces-cli/spaces/internal/media/lettering"
)

// SVG writes p as an SVG without scripts, fonts or references to anything.
func SVG(w io.Writer, p *Picture) error {
	if err := p.check(); err != nil {
		return err
	}
	v := &vector{w: bufio.NewWriter(w)}
	title := clean(p.Title)
	if title == "" {
		title = "Waveform"
	}
	fmt.Fprintf(v.w, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" font-family="Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif">`+"\n",
		p.Width, p.Height)
	fmt.Fprintf(v.w, "<title>%s</title>\n", escape(title))
	p.paint(v)
	v.w.WriteString("</svg>\n")
	return v.w.Flush() // a bufio.Writer keeps the first error
}

// vector is a canvas of SVG elements.
type vector struct{ w *bufio.Writer }

// width is exact for what the program's own font has, and the usual width of
// their kind for other characters: letters, or signs twice as wide.
func (v *vector) width(s string, size float64) float64 {
	lacks := lettering.Embedded().Missing(s)
	if len(lacks) == 0 {
		return lettering.Embedded().Line(s, size, lettering.Regular).Width
	}
	var known strings.Builder
	width := 0.0
	for rest, state := s, -1; rest != ""; {
		var cluster string
		var cells int
		cluster, rest, cells, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if strings.ContainsFunc(cluster, func(r rune) bool { return slices.Contains(lacks, r) }) {
			width += float64(0.6 * size * float64(cells))
		} else {
			known.WriteString(cluster)
		}
	}
	return width + lettering.Embedded().Line(known.String(), size, lettering.Regular).Width
}

func (v *vector) shorten(s string, width, size float64) string {
	if v.width(s, size) <= width {
		return s
	}
	kept := ""
	for rest, state := s, -1; rest != ""; {
		_, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		next := strings.TrimRight(s[:len(s)-len(rest)], " ") + "…"
		if v.width(next, size) > width {
			break
		}
		kept = next
	}
	return cmp.Or(kept, "…")
}

// num writes a coordinate to a tenth of a pixel.
func num(x float64) string {
	return strconv.FormatFloat(math.Round(x*10)/10+0, 'f', -1, 64) // +0 makes -0 a 0
}

func fill(c color.NRGBA) string {
	s := fmt.Sprintf(`fill="#%02x%02x%02x"`, c.R, c.G, c.B)
	if c.A != 0xFF {
		s += fmt.Sprintf(` fill-opacity="%.2f"`, float64(c.A)/255)
	}
	return s
}

func (v *vector) rect(x, y, width, height, radius float64, c color.NRGBA) {
	fmt.Fprintf(v.w, `<rect x="%s" y="%s" width="%s" height="%s"`, num(x), num(y), num(width), num(height))
	if radius > 0 {
		fmt.Fprintf(v.w, ` rx="%s"`, num(radius))
	}
	fmt.Fprintf(v.w, " %s/>\n", fill(c))
}

func (v *vector) wave(x, first, last int, top, bottom []float64, c color.NRGBA) {
	var d strings.Builder
	point := func(at, y float64) {
		fmt.Fprintf(&d, " %s %s", num(at), num(y))
	}
	// Along the upper edge and back along the lower, through the middle of
	// each column.
	from, to := first*perPixel, last*perPixel
	left, right := float64(x+first), float64(x+last)
	d.WriteByte('M')
	point(left, top[from])
	for i := from; i < to; i++ {
		point(float64(x)+float64((float64(i)+0.5)/perPixel), top[i])
	}
	point(right, top[to-1])
	point(right, bottom[to-1])
	for i := to - 1; i >= from; i-- {
		point(float64(x)+float64((float64(i)+0.5)/perPixel), bottom[i])
	}
	point(left, bottom[from])
	fmt.Fprintf(v.w, `<path %s d="%sz"/>`+"\n", fill(c), d.String())
}

func (v *vector) text(x, y, size float64, a anchor, c color.NRGBA, s string) {
	anchors := [...]string{start: "start", middle: "middle", end: "end"}
	fmt.Fprintf(v.w, `<text x="%s" y="%s" font-size="%s" text-anchor="%s" %s`, num(x), num(y), num(size), anchors[a], fill(c))
	// Whatever font the reader has, text that we can measure takes the room
	// that it was given.
	if len(lettering.Embedded().Missing(s)) == 0 {
		fmt.Fprintf(v.w, ` textLength="%s" lengthAdjust="spacingAndGlyphs"`, num(v.width(s, size)))
	}
	fmt.Fprintf(v.w, ">%s</text>\n", escape(s))
}

// escape makes s the content of an element. Text that is not plain ASCII stands
// between U+2068 and U+2069, so that names written from right to left move
// nothing but themselves.
func escape(s string) string {
	const isolate, pop = "\u2068", "\u2069"
	if strings.ContainsFunc(s, func(r rune) bool { return r > '~' }) {
		s = isolate + s + pop
	}
	return html.EscapeString(s)
}
