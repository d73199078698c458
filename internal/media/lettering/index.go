package lettering

import (
	"cmp"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/font/opentype/tables"
)

// An index is the fonts of some folders: what they are called, not yet what
// they can write. It may be used by several goroutines.
type index struct {
	entries []*entry // by family, then path

	mu   sync.Mutex
	made map[*entry]*family
}

// An entry is one font of a file.
type entry struct {
	path    string
	index   int // in the file
	family  string
	weight  int
	upright bool // and of the usual width
	varies  bool // its weight can be chosen
	colour  bool

	once  sync.Once
	chars font.Cmap // nil if it cannot be read

	load sync.Once
	face *face // in its own weight; nil if damaged
}

// The bounds of a search for fonts.
const (
	mostEntries = 20_000
	deepest     = 8
)

// folders are where a system keeps its fonts.
func folders() []string {
	home, _ := os.UserHomeDir()
	under := func(base string, parts ...string) string {
		if base == "" {
			return ""
		}
		return filepath.Join(append([]string{base}, parts...)...)
	}
	switch runtime.GOOS {
	case "windows":
		return []string{
			under(cmp.Or(os.Getenv("SystemRoot"), `C:\Windows`), "Fonts"),
			under(os.Getenv("LOCALAPPDATA"), "Microsoft", "Windows", "Fonts"),
		}
	case "darwin":
		return []string{
			"/System/Library/Fonts", "/Library/Fonts", under(home, "Library", "Fonts"),
			"/System/Library/AssetsV2/com_apple_MobileAsset_Font7", "/System/Library/AssetsV2/com_apple_MobileAsset_Font6",
		}
	}
	list := []string{under(cmp.Or(os.Getenv("XDG_DATA_HOME"), under(home, ".local", "share")), "fonts"), under(home, ".fonts")}
	for _, dir := range filepath.SplitList(cmp.Or(os.Getenv("XDG_DATA_DIRS"), "/usr/local/share:/usr/share")) {
		list = append(list, under(dir, "fonts"))
	}
	return append(list, "/usr/share/fonts", "/usr/local/share/fonts", "/run/current-system/sw/share/X11/fonts")
}

// system is the fonts of this system, read when a text first needs them.
var system = sync.OnceValue(func() *index { return readIndex(folders()) })

// readIndex reads what the fonts of some folders are called. Folders that are
// not there and damaged fonts are passed over.
func readIndex(dirs []string) *index {
	x := &index{made: make(map[*entry]*family)}
	seen := make(map[string]bool)
	for _, dir := range dirs {
		if dir != "" {
			x.read(dir, 0, seen)
		}
	}
	slices.SortStableFunc(x.entries, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(a.family, b.family), cmp.Compare(a.path, b.path), cmp.Compare(a.index, b.index))
	})
	return x
}

func (x *index) read(dir string, depth int, seen map[string]bool) {
	if depth > deepest {
		return
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil || seen[real] {
		return
	}
	seen[real] = true
	list, err := os.ReadDir(real)
	if err != nil {
		return
	}
	for _, e := range list {
		path := filepath.Join(real, e.Name())
		folder := e.IsDir()
		if e.Type()&os.ModeSymlink != 0 {
			info, err := os.Stat(path)
			folder = err == nil && info.IsDir()
		}
		switch {
		case len(x.entries) >= mostEntries:
			return
		case folder:
			x.read(path, depth+1, seen)
		case isFont(path):
			x.entries = append(x.entries, describe(path)...)
		}
	}
}

func isFont(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".ttf", ".otf", ".ttc", ".otc":
		return true
	}
	return false
}

// describe tells what the fonts of a file are called; nothing if it is damaged.
func describe(path string) (list []*entry) {
	f, err := openFile(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	careful(func() {
		fonts, err := f.fonts()
		if err != nil {
			return
		}
		for i, ld := range fonts {
			d, _ := font.Describe(ld, nil)
			e := &entry{
				path: path, index: i, family: d.Family, weight: int(d.Aspect.Weight),
				upright: d.Aspect.Style == font.StyleNormal && d.Aspect.Stretch == font.StretchNormal,
				varies:  ld.HasTable(opentype.MustNewTag("fvar")),
			}
			for _, tag := range []string{"CBDT", "sbix", "COLR"} {
				e.colour = e.colour || ld.HasTable(opentype.MustNewTag(tag))
			}
			if e.family != "" {
				list = append(list, e)
			}
		}
	})
	return list
}

// open gives the font of an entry.
func (e *entry) open(use func(*opentype.Loader)) {
	f, err := openFile(e.path)
	if err != nil {
		return
	}
	defer f.Close()
	careful(func() {
		if fonts, err := f.fonts(); err == nil && e.index < len(fonts) {
			use(fonts[e.index])
		}
	})
}

// has reports whether a font has a character, from its table of characters
// alone.
func (e *entry) has(r rune) bool {
	e.once.Do(func() {
		e.open(func(ld *opentype.Loader) {
			raw, _ := ld.RawTable(opentype.MustNewTag("OS/2"))
			os2, _, _ := tables.ParseOs2(raw)
			raw, err := ld.RawTable(opentype.MustNewTag("cmap"))
			if err != nil {
				return
			}
			table, _, err := tables.ParseCmap(raw)
			if err != nil {
				return
			}
			chars, _, err := font.ProcessCmap(table, os2.FontPage())
			if err == nil {
				e.chars = chars
			}
		})
	})
	if e.chars == nil {
		return false
	}
	found := false
	careful(func() {
		g, ok := e.chars.Lookup(r)
		found = ok && g != 0
	})
	return found
}

// read loads the whole font; nil if it is damaged.
func (e *entry) read() *face {
	e.load.Do(func() {
		e.open(func(ld *opentype.Loader) { e.face, _ = load(ld, 0) })
	})
	return e.face
}

// heavy loads a font whose weight can be chosen, in bold.
func (e *entry) heavy() (f *face) {
	e.open(func(ld *opentype.Loader) { f, _ = load(ld, 700) })
	return f
}

// load reads a font, in a weight if it varies.
func load(ld *opentype.Loader, weight float32) (*face, error) {
	if err := checkGlyphs(ld); err != nil {
		return nil, err
	}
	ft, err := font.NewFont(ld)
	if err != nil {
		return nil, err
	}
	f := font.NewFace(ft)
	if weight > 0 {
		raw, err := ld.RawTable(opentype.MustNewTag("fvar"))
		if err != nil {
			return nil, err
		}
		axes, _, err := tables.ParseFvar(raw)
		if err != nil {
			return nil, err
		}
		at := make([]float32, len(axes.Axis))
		varies := false
		for i, a := range axes.Axis {
			at[i] = a.Default
			if a.Tag == opentype.MustNewTag("wght") {
				at[i], varies = min(weight, a.Maximum), true
			}
		}
		if !varies {
			return nil, errDamaged
		}
		f.SetCoords(ft.NormalizeVariations(at))
	}
	return newFace(f)
}

// family returns the font of an entry with its bold one, the same if there is
// none; nil if it is damaged.
func (x *index) family(e *entry) *family {
	x.mu.Lock()
	defer x.mu.Unlock()
	if f, ok := x.made[e]; ok {
		return f
	}
	var f *family
	if regular := e.read(); regular != nil {
		regular.colour = e.colour
		f = &family{has: e.has, regular: regular, bold: sync.OnceValue(func() *face { return x.bold(e, regular) })}
	}
	x.made[e] = f
	return f
}

// bold returns the bold font of a family.
func (x *index) bold(e *entry, regular *face) *face {
	if e.colour || e.weight >= 600 {
		return regular
	}
	if e.varies {
		if f := e.heavy(); f != nil {
			return f
		}
	}
	best, off := (*entry)(nil), 200
	for _, other := range x.named(e.family) {
		if d := max(other.weight-700, 700-other.weight); other.upright && other.weight >= 600 && d < off {
			best, off = other, d
		}
	}
	if best != nil {
		if f := best.read(); f != nil {
			return f
		}
	}
	return regular
}

// named are the fonts of a family, whose name may be written otherwise.
func (x *index) named(name string) []*entry {
	var list []*entry
	for _, e := range x.entries {
		if sameName(e.family, name) {
			list = append(list, e)
		}
	}
	return list
}

func sameName(a, b string) bool {
	return a == b || font.NormalizeFamily(a) == font.NormalizeFamily(b)
}

// regular is the font of a family that is nearest to a weight of 400.
func (x *index) regular(name string) *entry {
	var best *entry
	rank := func(e *entry) float64 {
		d := math.Abs(float64(e.weight - 400))
		if !e.upright {
			d += 10_000
		}
		return d
	}
	for _, e := range x.named(name) {
		if best == nil || rank(e) < rank(best) {
			best = e
		}
	}
	return best
}
