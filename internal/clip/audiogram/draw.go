package audiogram

import (
	"image"
	"image/color"
	"math"
	"slices"
	"unicode/utf8"

	"golang.org/x/image/draw"

	"github.com/spaces-cli/spaces/internal/media/lettering"
)

// flat lays a colour over a part of a picture.
func flat(dst *image.RGBA, r image.Rectangle, c color.NRGBA) {
	draw.Draw(dst, r, image.NewUniform(c), image.Point{}, draw.Over)
}

// fill fills a rectangle with round corners.
func (s *scene) fill(dst *image.RGBA, r image.Rectangle, radius float64, c color.NRGBA) {
	draw.DrawMask(dst, r, image.NewUniform(c), image.Point{}, rounded(r.Size(), radius), image.Point{}, draw.Over)
}

// picture draws a picture with round corners.
func (s *scene) picture(dst *image.RGBA, r image.Rectangle, radius float64, src *image.RGBA) {
	draw.DrawMask(dst, r, fill(src, r.Size()), image.Point{}, rounded(r.Size(), radius), image.Point{}, draw.Over)
}

// rounded is a rectangle with round corners.
func rounded(size image.Point, radius float64) *image.Alpha {
	m := image.NewAlpha(image.Rectangle{Max: size})
	w, h := float64(size.X), float64(size.Y)
	radius = min(radius, w/2, h/2)
	for y := range size.Y {
		for x := range size.X {
			// From the nearest of the points that the corners are drawn around,
			// or of the lines between them.
			px, py := float64(x)+0.5, float64(y)+0.5
			far := math.Hypot(px-min(max(px, radius), w-radius), py-min(max(py, radius), h-radius))
			m.Pix[y*m.Stride+x] = uint8(float64(255*min(1, max(0, radius+0.5-far))) + 0.5)
		}
	}
	return m
}

// drawLogo draws the logo in the upper corner at the end of the lines, and takes
// its room off the row that is there.
func (s *scene) drawLogo() {
	logo := s.style.logo
	if logo == nil {
		return
	}
	size := logo.Rect.Size()
	row := s.layout.head
	at := image.Pt(row.Max.X-size.X, row.Min.Y+(row.Dy()-size.Y)/2)
	switch {
	case s.hero.Empty() && s.rtl && !s.centred:
		at.X = row.Min.X
		s.layout.head.Min.X = at.X + size.X + s.style.px(28)
	case s.hero.Empty():
		s.layout.head.Max.X = at.X - s.style.px(28)
	case s.style.cover != nil && s.centred:
		return // the cover stands there
	case s.style.cover != nil && s.rtl:
		at = row.Min
	case s.style.cover != nil:
		at.Y = row.Min.Y
	case s.centred:
		at = image.Pt((row.Min.X+row.Max.X-size.X)/2, row.Min.Y)
	case s.rtl:
		at.Y = row.Min.Y
	default:
		at = row.Min
	}
	draw.Draw(s.still, image.Rectangle{Min: at, Max: at.Add(size)}, logo, image.Point{}, draw.Over)
}

// drawHead draws the small row of cover, title, host and date.
func (s *scene) drawHead() {
	st := s.style
	room := s.layout.head
	size := float64(st.measure.title * st.scale)
	side := st.px(64)
	text := room
	if st.cover != nil {
		text.Min.X += side + st.px(18)
	}
	width := float64(text.Dx())
	lines := balanced(st.fonts, s.heading.title, width, size)
	if n := st.measure.titleLines; len(lines) > n {
		lines = st.fonts.Wrap(s.heading.title, width, size, lettering.Bold)
		lines = append(lines[:n-1:n-1], st.shorten(s.heading.title[lines[n-1].Offset:], width, size, lettering.Bold))
	}
	meta := s.meta(width, metaSize*st.scale)
	height := int(float64(float64(len(lines))*size) * 1.22)
	if meta.Text != "" {
		height += int(metaSize * st.scale * 1.35)
	}
	widest := meta.Width
	for _, l := range lines {
		widest = max(widest, l.Width)
	}
	// The group of cover and words stands at the beginning of the row, or in the
	// middle.
	shift := 0
	if s.centred && st.logo == nil {
		shift = int(max(0, width-widest) / 2)
	}
	rtl := s.rtl && !s.centred
	if st.cover != nil {
		x := room.Min.X + shift
		if rtl {
			x = room.Max.X - side
			text = image.Rect(room.Min.X, text.Min.Y, room.Max.X-side-st.px(18), text.Max.Y)
		}
		y := room.Min.Y + max(0, min(height, room.Dy())-side)/2
		s.picture(s.still, image.Rect(x, y, x+side, y+side), float64(st.px(12)), st.cover)
	}
	y := room.Min.Y
	for _, l := range lines {
		row := image.Rect(text.Min.X, y, text.Max.X, y+int(size*1.22))
		l.Draw(s.still, s.rowStart(l, text, shift, rtl), s.baseline(row, size), st.colours.text)
		y = row.Max.Y
	}
	row := image.Rect(text.Min.X, y, text.Max.X, y+int(metaSize*st.scale*1.35))
	meta.Draw(s.still, s.rowStart(meta, text, shift, rtl), s.baseline(row, metaSize*st.scale), st.colours.muted)
}

// meta sets the host and the date, or the host alone if there is no room for both.
func (s *scene) meta(width, size float64) lettering.Line {
	fonts := s.style.fonts
	line := fonts.Line(s.heading.meta(), size, lettering.Regular)
	if line.Width > width && s.heading.host != "" {
		return fonts.Shorten(s.heading.host, width, size, lettering.Regular)
	}
	return fonts.Shorten(line.Text, width, size, lettering.Regular)
}

// rowStart is where a line of the head begins.
func (s *scene) rowStart(l lettering.Line, room image.Rectangle, shift int, rtl bool) float64 {
	switch {
	case s.centred && s.style.cover == nil && s.style.logo == nil:
		return s.place(l, room)
	case rtl:
		return float64(room.Max.X) - math.Ceil(l.Width)
	}
	return float64(room.Min.X + shift)
}

// drawHero draws the title in large letters, with the cover, and the host and the
// date below.
func (s *scene) drawHero() {
	st := s.style
	room := s.hero
	meta := metaSize * 1.25 * st.scale
	gap := st.px(22)
	metaHeight := int(meta * 1.4)
	side := 0
	if st.cover != nil {
		side = min(st.px(st.measure.cover), room.Dy()-st.px(16))
		if st.measure.aside {
			defer func(centred bool) { s.centred = centred }(s.centred)
			s.centred = false
			y := room.Min.Y + (room.Dy()-side)/2
			x := room.Min.X
			if s.rtl {
				x = room.Max.X - side
				room.Max.X = x - st.px(48)
			} else {
				room.Min.X += side + st.px(48)
			}
			s.picture(s.still, image.Rect(x, y, x+side, y+side), float64(st.px(24)), st.cover)
			side = 0
			if st.logo != nil && s.card.Empty() {
				room.Min.Y += st.logo.Rect.Dy()
			}
		} else {
			side = min(side, room.Dy()-metaHeight-gap-int(2*minTitle*leading*st.scale)-st.px(28))
		}
	}
	above := 0
	if side > 0 {
		above = side + st.px(28)
	}
	lines, size := st.fit(s.heading.title, float64(room.Dx()), float64(room.Dy()-metaHeight-gap-above), st.measure.hero*st.scale, minTitle*st.scale, heroLines)
	leads := int(size * 1.14)
	height := above + len(lines)*leads + gap + metaHeight
	y := room.Min.Y + max(0, room.Dy()-height)/2
	if side > 0 {
		x := room.Min.X
		switch {
		case s.centred:
			x = (room.Min.X + room.Max.X - side) / 2
		case s.rtl:
			x = room.Max.X - side
		}
		s.picture(s.still, image.Rect(x, y, x+side, y+side), float64(st.px(24)), st.cover)
		y += above
	}
	for _, l := range lines {
		row := image.Rect(room.Min.X, y, room.Max.X, y+leads)
		l.Draw(s.still, s.place(l, row), s.baseline(row, size), st.colours.text)
		y += leads
	}
	y += gap
	row := image.Rect(room.Min.X, y, room.Max.X, y+metaHeight)
	line := s.meta(float64(room.Dx()), meta)
	line.Draw(s.still, s.place(line, row), s.baseline(row, meta), st.colours.muted)
}

// mostFaces is how many of those who speak at once are shown.
const mostFaces = 3

// showNames shows who speaks: faces or initials, and names.
func (s *scene) showNames(names []string) {
	s.names = slices.Clone(names)
	st := s.style
	r := s.who
	s.clean(r)
	var known []string
	for _, name := range names {
		if written(name) != "" {
			known = append(known, name)
		}
	}
	if len(known) == 0 {
		return
	}
	shown := known[:min(len(known), mostFaces)]
	side := st.px(disc)
	overlap := st.px(6)
	faces := side + (len(shown)-1)*(side-overlap)
	gap := st.px(16)
	size := nameSize * st.scale
	text := ""
	for i, name := range known {
		if i > 0 {
			text += ", "
		}
		text += written(name)
	}
	line := st.fonts.Shorten(text, float64(r.Dx()-faces-gap), size, lettering.Bold)
	x, words := r.Min.X, float64(r.Min.X+faces+gap)
	switch {
	case s.centred:
		x += int((float64(r.Dx()-faces-gap) - line.Width) / 2)
		words = float64(x + faces + gap)
	case s.rtl:
		x = r.Max.X - faces
		words = float64(x-gap) - math.Ceil(line.Width)
	}
	for i := len(shown) - 1; i >= 0; i-- {
		s.drawFace(image.Pt(x+i*(side-overlap), r.Min.Y), side, shown[i], len(shown) > 1)
	}
	line.Draw(s.frame, words, s.baseline(r, size), st.colours.text)
}

// drawFace draws the picture of a speaker, or initials, in a disc.
func (s *scene) drawFace(at image.Point, side int, name string, ring bool) {
	st := s.style
	r := image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}
	if ring {
		s.fill(s.frame, r, float64(side)/2, st.colours.surface)
		r = r.Inset(st.px(2))
	}
	radius := float64(r.Dx()) / 2
	if face := st.faces[handleOf(name)]; face != nil {
		s.picture(s.frame, r, radius, face)
		return
	}
	s.fill(s.frame, r, radius, st.colours.mark)
	size := 0.42 * float64(side)
	letters := initials(name)
	if ring { // beside others
		_, n := utf8.DecodeRuneInString(letters)
		letters = letters[:n]
	}
	line := st.fonts.Line(letters, size, lettering.Bold)
	line.Draw(s.frame, float64((float64(r.Min.X+r.Max.X)-line.Width)/2), s.baseline(r, size), st.colours.onMark)
}

// drawEnd draws the card at the end: the cover or the logo, the title, and where
// to listen.
func (s *scene) drawEnd() {
	st := s.style
	all := s.frame.Rect
	draw.Draw(s.frame, all, st.background, image.Point{}, draw.Src)
	s.changed = append(s.changed, all)
	if !s.layout.card.Empty() {
		s.fill(s.frame, s.layout.card, float64(st.px(36)), st.colours.surface)
	}
	room := s.progress
	room.Min.Y = st.px(st.measure.safe[1])
	room.Max.Y = min(room.Max.Y, st.px(st.measure.letters))
	title, size := st.fit(s.heading.title, float64(room.Dx()), float64(room.Dy())/3, 52*st.scale, 28*st.scale, 2)
	address := written(st.config.Address)
	big := 34 * st.scale
	pad := st.px(26)
	for big > 22*st.scale && st.fonts.Line(address, big, lettering.Bold).Width > float64(room.Dx()-2*pad) {
		big -= st.scale
	}
	link := st.fonts.Shorten(address, float64(room.Dx()-2*pad), big, lettering.Bold)
	linkHeight := 0
	if address != "" {
		linkHeight = st.px(72)
	}
	gap := st.px(32)
	lines := int(float64(len(title)) * size * leading)
	picture := st.cover
	side := 0
	if picture != nil {
		side = min(st.px(340), room.Dy()-lines-linkHeight-2*gap, room.Dx())
	}
	height := lines
	if side > 0 {
		height += side + gap
	}
	if linkHeight > 0 {
		height += linkHeight + gap
	}
	if picture == nil && st.logo != nil {
		height += st.logo.Rect.Dy() + gap
	}
	y := room.Min.Y + max(0, room.Dy()-height)/2
	middle := (room.Min.X + room.Max.X) / 2
	switch {
	case side > 0:
		s.picture(s.frame, image.Rect(middle-side/2, y, middle-side/2+side, y+side), float64(st.px(28)), picture)
		y += side + gap
	case picture == nil && st.logo != nil:
		n := st.logo.Rect.Size()
		draw.Draw(s.frame, image.Rect(middle-n.X/2, y, middle-n.X/2+n.X, y+n.Y), st.logo, image.Point{}, draw.Over)
		y += n.Y + gap
	}
	for _, l := range title {
		row := image.Rect(room.Min.X, y, room.Max.X, y+int(size*leading))
		l.Draw(s.frame, float64(middle)-math.Floor(l.Width/2), s.baseline(row, size), st.colours.text)
		y = row.Max.Y
	}
	if linkHeight > 0 {
		y += gap
		half := int(link.Width/2) + pad
		r := image.Rect(middle-half, y, middle+half, y+linkHeight)
		s.fill(s.frame, r, float64(linkHeight)/2, st.colours.mark)
		link.Draw(s.frame, float64(middle)-float64(link.Width/2), s.baseline(r, big), st.colours.onMark)
	}
}
