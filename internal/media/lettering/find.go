package lettering

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/go-text/typesetting/font"
)

// Options say which fonts write a text.
type Options struct {
	// Font is a file (ttf, otf, ttc) or the name of a family of the system, and
	// is asked first; "" for none.
	Font string
	// System allows the system's fonts for what the others lack. They are read
	// when a text first needs one.
	System bool
	// Language is the tag of the text's language (BCP 47): Chinese, Japanese and
	// Korean share characters that they write in different ways.
	Language string
	// Folders, if any, are where fonts are looked for instead of where the
	// system has them.
	Folders []string
}

// Find returns the embedded face with the fonts that the options name. If Font
// is not there, or cannot be read, the error is a FontError.
func Find(o Options) (*Set, error) {
	x := system
	if len(o.Folders) > 0 {
		x = sync.OnceValue(func() *index { return readIndex(o.Folders) })
	}
	s := newSet(o.Language, embedded())
	if o.Font != "" {
		f, err := named(o.Font, o.Language, x)
		if err != nil {
			return nil, err
		}
		s.fonts = []*family{f, embedded()}
	}
	if o.System {
		s.rest = newFallback(x)
	}
	return s, nil
}

// A FontError tells why a font that was asked for cannot be used.
type FontError struct {
	Font string
	// Near are families of this system with names like it.
	Near   []string
	reason string
}

func (e *FontError) Error() string {
	return fmt.Sprintf("cannot use the font %q: %s", e.Font, e.reason)
}

// named finds a font by its file or its family.
func named(name, lang string, x func() *index) (*family, error) {
	if isFont(name) || strings.ContainsAny(name, `/`+string(filepath.Separator)) {
		return fromFile(name, lang)
	}
	all := x()
	e := all.regular(name)
	if e == nil {
		return nil, &FontError{Font: name, Near: all.near(name), reason: "no family of that name is installed, and it is not a font file (ttf, otf or ttc)"}
	}
	if f := all.family(e); f != nil {
		return f, nil
	}
	return nil, &FontError{Font: name, reason: "the file " + e.path + " is damaged"}
}

// fromFile reads a font file. The bold one of its family may lie beside it.
func fromFile(name, lang string) (*family, error) {
	info, err := os.Stat(name)
	switch {
	case os.IsNotExist(err):
		return nil, &FontError{Font: name, reason: "the file does not exist"}
	case err != nil:
		return nil, &FontError{Font: name, reason: err.Error()}
	case !info.Mode().IsRegular():
		return nil, &FontError{Font: name, reason: "it is not a regular file"}
	}
	own := describe(name)
	if len(own) == 0 {
		return nil, &FontError{Font: name, reason: "it cannot be read as a font (use ttf, otf or ttc)"}
	}
	e := own[0]
	for _, family := range slices.Backward(cjkFamilies(lang)) {
		for _, other := range own {
			if sameName(other.family, family) {
				e = other
			}
		}
	}
	x := &index{entries: own, made: make(map[*entry]*family)}
	if len(own) == 1 && !e.varies {
		for _, other := range beside(filepath.Dir(name)) {
			if sameName(other.family, e.family) {
				x.entries = append(x.entries, other)
			}
		}
	}
	f := x.family(e)
	if f == nil {
		return nil, &FontError{Font: name, reason: "the file is damaged"}
	}
	if e.weight >= 600 { // small letters need not be bold
		if r := x.regular(e.family); r.weight < 600 && r.upright {
			if regular := r.read(); regular != nil {
				heavy := f.regular
				f = &family{has: e.has, regular: regular, bold: func() *face { return heavy }}
			}
		}
	}
	return f, nil
}

// near returns families with names like one: that contain it, or its words.
func (x *index) near(name string) []string {
	var list []string
	add := func(like func(family string) bool) {
		for _, e := range x.entries {
			if len(list) < 5 && !slices.Contains(list, e.family) && like(font.NormalizeFamily(e.family)) {
				list = append(list, e.family)
			}
		}
	}
	whole := font.NormalizeFamily(name)
	add(func(family string) bool { return strings.Contains(family, whole) || strings.Contains(whole, family) })
	for _, word := range strings.Fields(strings.ToLower(name)) {
		if len(word) > 2 {
			add(func(family string) bool { return strings.Contains(family, word) })
		}
	}
	if len(whole) >= 4 {
		add(func(family string) bool { return strings.HasPrefix(family, whole[:3]) })
	}
	return list
}

// mostBeside is how many fonts of a folder are looked at for the bold one of a
// family.
const mostBeside = 500

// beside tells what the fonts of a folder, not of those within, are called.
func beside(dir string) (list []*entry) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range names {
		if isFont(e.Name()) && len(list) < mostBeside {
			list = append(list, describe(filepath.Join(dir, e.Name()))...)
		}
	}
	return list
}
