package lettering

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/font/opentype/tables"
)

// What a font file may have at most: more is damaged or meant to harm.
const (
	mostFile   = 400 << 20 // the largest of CJK fonts have 150
	mostFonts  = 128       // in a collection
	mostTables = 256       // of a font
	mostNames  = 1 << 20   // bytes of the tables that are read of every font
	mostParts  = 20_000    // of one glyph that is made of others
	mostPoints = 8_000_000 // of all glyphs
)

var errDamaged = errors.New("the font file is damaged")

// A fontFile is an open file, of which small reads come from one page.
type fontFile struct {
	file   io.ReaderAt
	size   int64
	at     int64 // of Read
	page   []byte
	paged  int64 // where the page begins; -1 if none
	closer io.Closer
}

// openFile opens a font file; only a regular one, as reading others may wait
// for ever.
func openFile(path string) (*fontFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > mostFile || info.Size() < 12 {
		return nil, errDamaged
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &fontFile{file: f, size: info.Size(), paged: -1, closer: f}, nil
}

func (f *fontFile) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// pageSize holds the directory of a font and, mostly, its names.
const pageSize = 8 << 10

func (f *fontFile) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= f.size {
		return 0, io.EOF
	}
	if len(p) > pageSize/2 {
		return f.file.ReadAt(p, off)
	}
	if f.paged < 0 || off < f.paged || off+int64(len(p)) > f.paged+int64(len(f.page)) {
		if f.page == nil {
			f.page = make([]byte, pageSize)
		}
		f.page = f.page[:cap(f.page)]
		n, err := f.file.ReadAt(f.page[:min(pageSize, f.size-off)], off)
		if err != nil && err != io.EOF {
			return 0, err
		}
		f.page, f.paged = f.page[:n], off
	}
	n := copy(p, f.page[off-f.paged:])
	if n < len(p) {
		return n, io.ErrUnexpectedEOF
	}
	return n, nil
}

func (f *fontFile) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.at)
	f.at += int64(n)
	return n, err
}

func (f *fontFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.size
	}
	if offset < 0 {
		return 0, errDamaged
	}
	f.at = offset
	return offset, nil
}

// fonts checks the directories of the file and returns its fonts: no table
// reaches past the end, so that none makes its reader allocate what the file
// does not have.
func (f *fontFile) fonts() ([]*opentype.Loader, error) {
	var head [12]byte
	if _, err := f.ReadAt(head[:], 0); err != nil {
		return nil, err
	}
	starts := []int64{0}
	if string(head[:4]) == "ttcf" {
		n := binary.BigEndian.Uint32(head[8:])
		if n == 0 || n > mostFonts {
			return nil, errDamaged
		}
		list := make([]byte, 4*n)
		if _, err := f.ReadAt(list, 12); err != nil {
			return nil, err
		}
		starts = starts[:0]
		for i := range int(n) {
			starts = append(starts, int64(binary.BigEndian.Uint32(list[4*i:])))
		}
	}
	for _, at := range starts {
		if err := f.checkDirectory(at); err != nil {
			return nil, err
		}
	}
	return opentype.NewLoaders(f)
}

func (f *fontFile) checkDirectory(at int64) error {
	var head [12]byte
	if _, err := f.ReadAt(head[:], at); err != nil {
		return err
	}
	switch string(head[:4]) {
	case "\x00\x01\x00\x00", "OTTO", "true":
	default:
		return fmt.Errorf("%w or of an unknown kind", errDamaged)
	}
	n := int(binary.BigEndian.Uint16(head[4:]))
	if n == 0 || n > mostTables {
		return errDamaged
	}
	list := make([]byte, 16*n)
	if _, err := f.ReadAt(list, at+12); err != nil {
		return err
	}
	for i := range n {
		entry := list[16*i:]
		from, length := int64(binary.BigEndian.Uint32(entry[8:])), int64(binary.BigEndian.Uint32(entry[12:]))
		if from+length > f.size {
			return errDamaged
		}
	}
	return nil
}

// checkGlyphs refuses a font with glyphs that are made of others, which are
// made of others, until they have more parts than any machine can draw.
func checkGlyphs(ld *opentype.Loader) error {
	if !ld.HasTable(opentype.MustNewTag("glyf")) {
		return nil
	}
	raw := func(tag string) []byte {
		b, err := ld.RawTable(opentype.MustNewTag(tag))
		if err != nil {
			return nil
		}
		return b
	}
	head, maxp := raw("head"), raw("maxp")
	if len(head) < 54 || len(maxp) < 6 {
		return errDamaged
	}
	loca, err := tables.ParseLoca(raw("loca"), int(binary.BigEndian.Uint16(maxp[4:])), binary.BigEndian.Uint16(head[50:]) == 1)
	if err != nil || len(loca) == 0 {
		return errDamaged
	}
	outlines := raw("glyf")
	if !fewPoints(outlines, loca) {
		return errDamaged
	}
	glyphs, err := tables.ParseGlyf(outlines, loca)
	if err != nil {
		return errDamaged
	}
	counted := make([]int, len(glyphs)) // 0: not yet, -1: being counted
	var count func(i int) int
	count = func(i int) int {
		if i >= len(glyphs) {
			return 1
		}
		if counted[i] != 0 {
			if counted[i] < 0 { // made of itself
				return mostParts + 1
			}
			return counted[i]
		}
		counted[i] = -1
		n := 1
		if made, ok := glyphs[i].Data.(tables.CompositeGlyph); ok {
			for _, part := range made.Glyphs {
				if n += count(int(part.GlyphIndex)); n > mostParts {
					break
				}
			}
		}
		counted[i] = n
		return n
	}
	for i := range glyphs {
		if count(i) > mostParts {
			return errDamaged
		}
	}
	return nil
}

// fewPoints reports whether glyphs lie one after the other, and have no more
// points than a font of all Chinese characters: a few bytes may state 65,536.
func fewPoints(outlines []byte, loca []uint32) bool {
	all := 0
	for i := 1; i < len(loca); i++ {
		from, to := loca[i-1], loca[i]
		if from > to || int64(to) > int64(len(outlines)) {
			return false
		}
		g := outlines[from:to]
		if len(g) < 12 {
			continue
		}
		contours := int(int16(binary.BigEndian.Uint16(g)))
		if contours <= 0 || 10+2*contours > len(g) {
			continue
		}
		if all += 1 + int(binary.BigEndian.Uint16(g[8+2*contours:])); all > mostPoints {
			return false
		}
	}
	return true
}
