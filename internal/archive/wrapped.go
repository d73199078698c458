package archive

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"
)

// Archivers that know no Zip64 write the sizes and offsets of a ZIP of more than
// 4 GiB modulo 2^32: macOS's Archive Utility and ditto do. Where each member lies
// follows from the order of the directory and from the local headers; with that a
// directory is made which says the truth, in Zip64, and stands in the place of the
// one in the file.

// fieldWrap is where the sizes and offsets of a ZIP without Zip64 begin again at 0.
const fieldWrap = 1 << 32

const (
	directoryEndSize    = 22 // APPNOTE.TXT 4.3.16
	directoryHeaderSize = 46 // 4.3.12
	zip64LocatorSize    = 20 // 4.3.15
	zip64FieldSize      = 28 // 4.5.3, with both sizes and the offset
	zip64EndSize        = 56 // 4.3.14
)

// A wrappedEntry is what the directory says of a member, and what is true.
type wrappedEntry struct {
	header []byte // as it stands in the directory
	name   []byte
	offset int64 // of its local header
	packed int64
	full   int64
}

// An unwrapped is a ZIP whose directory has been corrected.
type unwrapped struct {
	r         io.ReaderAt
	at        int64  // where the directory begins
	directory []byte // the corrected one, with what ends it
}

func (u *unwrapped) size() int64 { return u.at + int64(len(u.directory)) }

func (u *unwrapped) ReadAt(p []byte, off int64) (n int, err error) {
	if off < u.at {
		n, err = u.r.ReadAt(p[:min(int64(len(p)), u.at-off)], off)
		if err != nil && !(err == io.EOF && off+int64(n) == u.at) || n == len(p) {
			return n, err
		}
	}
	if rest := off + int64(n) - u.at; rest < int64(len(u.directory)) {
		n += copy(p[n:], u.directory[rest:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// unwrap returns the ZIP with the directory that it should have, or nil where
// nothing in it is beyond wrap or nothing can be said with certainty: archive/zip
// then says what is wrong.
func unwrap(r io.ReaderAt, size, wrap int64) (*unwrapped, error) {
	if size < wrap {
		return nil, nil
	}
	directory, at, err := wrappedDirectory(r, size, wrap)
	if err != nil || directory == nil {
		return nil, err
	}
	entries := splitDirectory(directory)
	if entries == nil {
		return nil, nil
	}
	l := locator{r: r, end: at, wrap: wrap, entries: entries, most: maxProbes}
	if _, far := r.(farSource); far {
		l.most = maxFarProbes
	}
	if ok, err := l.locate(); err != nil || !ok {
		return nil, err
	}
	return &unwrapped{r, at, writeDirectory(entries, at)}, nil
}

// wrappedDirectory reads the central directory of a ZIP where its end gives an
// offset that has wrapped, and returns where it lies.
func wrappedDirectory(r io.ReaderAt, size, wrap int64) (directory []byte, at int64, err error) {
	tail := make([]byte, min(size, directoryEndSize+zip64LocatorSize+math.MaxUint16))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && err != io.EOF {
		return nil, 0, err
	}
	i := lastDirectoryEnd(tail)
	if i < 0 || i >= zip64LocatorSize && bytes.HasPrefix(tail[i-zip64LocatorSize:], []byte("PK\x06\x07")) {
		return nil, 0, nil
	}
	length := int64(binary.LittleEndian.Uint32(tail[i+12:]))
	said := int64(binary.LittleEndian.Uint32(tail[i+16:]))
	at = size - int64(len(tail)) + int64(i) - length
	switch {
	case length > maxDirectory:
		return nil, 0, errBigDirectory
	case at < wrap || at == said || at%wrap != said%wrap:
		return nil, 0, nil
	}
	directory = make([]byte, length)
	if _, err := r.ReadAt(directory, at); err != nil && err != io.EOF {
		return nil, 0, err
	}
	return directory, at, nil
}

// lastDirectoryEnd returns where the end of the central directory begins in the
// last bytes of a file, or -1.
func lastDirectoryEnd(tail []byte) int {
	for i := len(tail); i > 0; {
		if i = bytes.LastIndex(tail[:i], []byte("PK\x05\x06")); i < 0 {
			break
		}
		if len(tail)-i >= directoryEndSize && i+directoryEndSize+int(binary.LittleEndian.Uint16(tail[i+20:])) <= len(tail) {
			return i
		}
	}
	return -1
}

// splitDirectory takes a central directory apart, or returns nil.
func splitDirectory(b []byte) (entries []wrappedEntry) {
	le := binary.LittleEndian
	for len(b) > 0 {
		if len(b) < directoryHeaderSize || !bytes.HasPrefix(b, []byte("PK\x01\x02")) || len(entries) > maxMembers {
			return nil
		}
		name := int(le.Uint16(b[28:]))
		n := directoryHeaderSize + name + int(le.Uint16(b[30:])) + int(le.Uint16(b[32:]))
		if n > len(b) {
			return nil
		}
		entries = append(entries, wrappedEntry{header: b[:n], name: b[directoryHeaderSize : directoryHeaderSize+name]})
		b = b[n:]
	}
	return entries
}

// writeDirectory writes a central directory that begins at an offset, and what
// ends it.
func writeDirectory(entries []wrappedEntry, at int64) (b []byte) {
	le := binary.LittleEndian
	for _, e := range entries {
		name, extra := len(e.name), e.header[directoryHeaderSize+len(e.name):]
		extra = extra[:le.Uint16(e.header[30:])]
		if len(extra)+zip64FieldSize > math.MaxUint16 {
			extra = nil // nothing in it matters here
		}
		h := append([]byte(nil), e.header[:directoryHeaderSize]...)
		le.PutUint32(h[20:], math.MaxUint32)
		le.PutUint32(h[24:], math.MaxUint32)
		le.PutUint16(h[30:], uint16(zip64FieldSize+len(extra)))
		le.PutUint16(h[32:], 0)
		le.PutUint16(h[34:], 0)
		le.PutUint32(h[42:], math.MaxUint32)
		b = append(append(b, h...), e.header[directoryHeaderSize:directoryHeaderSize+name]...)
		b = append(b, 1, 0, zip64FieldSize-4, 0)
		for _, v := range []int64{e.full, e.packed, e.offset} {
			b = le.AppendUint64(b, uint64(v))
		}
		b = append(b, extra...)
	}
	length := uint64(len(b))
	b = append(b, "PK\x06\x06"...)
	b = le.AppendUint64(b, zip64EndSize-12)
	b = append(b, 45, 3, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for _, v := range []uint64{uint64(len(entries)), uint64(len(entries)), length, uint64(at)} {
		b = le.AppendUint64(b, v)
	}
	b = append(b, "PK\x06\x07\x00\x00\x00\x00"...)
	b = le.AppendUint64(b, uint64(at)+length)
	b = append(b, "\x01\x00\x00\x00PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"...)
	return b
}

// A locator finds out where members lie whose offsets have wrapped.
type locator struct {
	r       io.ReaderAt
	end     int64 // of the members
	wrap    int64
	entries []wrappedEntry
	probes  int
	most    int // probes
}

// maxProbes bounds how many local headers are looked at, each of which costs a
// seek; maxFarProbes where it costs a request. In a ZIP that is in the order of its
// directory some dozens tell.
const (
	maxProbes    = 1 << 20
	maxFarProbes = 2000
)

var errProbes = errors.New("too many offsets to try")

// locate corrects offsets and sizes, and reports whether they are certain.
func (l *locator) locate() (bool, error) {
	for _, try := range []func() (bool, error){l.inOrder, l.everywhere} {
		l.read()
		ok, err := try()
		if errors.Is(err, errProbes) {
			return false, nil
		}
		if err != nil || ok && l.measure() {
			return err == nil, err
		}
	}
	return false, nil
}

// read takes offsets and sizes from the directory.
func (l *locator) read() {
	le := binary.LittleEndian
	for i := range l.entries {
		e := &l.entries[i]
		e.packed, e.full, e.offset = int64(le.Uint32(e.header[20:])), int64(le.Uint32(e.header[24:])), int64(le.Uint32(e.header[42:]))
	}
}

// inOrder finds members that were written in the order of the directory: an offset
// that is smaller than the one before it has wrapped.
func (l *locator) inOrder() (bool, error) {
	var wraps, before int64
	for i := range l.entries {
		e := &l.entries[i]
		said := e.offset
		if said < before {
			wraps++
		}
		e.offset, before = said+wraps*l.wrap, said
	}
	if l.end%l.wrap < before {
		wraps++
	}
	// What is missing are the wraps inside members that are longer than that.
	missing := l.end/l.wrap - wraps
	if missing < 0 {
		return false, nil
	}
	return l.shift(0, len(l.entries), 0, missing)
}

// everywhere finds members in any order.
func (l *locator) everywhere() (bool, error) {
	for i := range l.entries {
		if ok, err := l.find(&l.entries[i], 0, l.end/l.wrap); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// shift adds to the offsets of entries [from, to) the wraps that lie inside
// members: least before the first of them, and most before the last. Between two
// members with the same number of them nothing needs to be read.
func (l *locator) shift(from, to int, least, most int64) (bool, error) {
	if from == to {
		return true, nil
	}
	if least == most {
		for i := from; i < to; i++ {
			l.entries[i].offset += least * l.wrap
		}
		// One header tells whether the directory is in order at all.
		return l.isHeader(&l.entries[to-1])
	}
	mid := (from + to) / 2
	before := l.entries[mid].offset
	ok, err := l.find(&l.entries[mid], least, most)
	if !ok || err != nil {
		return false, err
	}
	k := (l.entries[mid].offset - before) / l.wrap
	if ok, err := l.shift(from, mid, least, k); !ok || err != nil {
		return false, err
	}
	return l.shift(mid+1, to, k, most)
}

// find adds to the offset of e the fewest wraps with which its local header lies
// there.
func (l *locator) find(e *wrappedEntry, least, most int64) (bool, error) {
	base := e.offset
	for k := least; k <= most; k++ {
		e.offset = base + k*l.wrap
		if ok, err := l.isHeader(e); ok || err != nil {
			return ok, err
		}
	}
	e.offset = base
	return false, nil
}

// isHeader reports whether the local header of e lies at its offset.
func (l *locator) isHeader(e *wrappedEntry) (bool, error) {
	if l.probes++; l.probes > l.most {
		return false, errProbes
	}
	b := make([]byte, localHeaderSize+len(e.name))
	if e.offset+int64(len(b)) > l.end {
		return false, nil
	}
	n, err := l.r.ReadAt(b, e.offset)
	if n < len(b) && err != nil && err != io.EOF {
		return false, err
	}
	return n == len(b) && bytes.HasPrefix(b, localHeaderMark) &&
		int(binary.LittleEndian.Uint16(b[26:])) == len(e.name) && bytes.Equal(b[localHeaderSize:], e.name) &&
		bytes.Equal(b[8:10], e.header[10:12]), nil // the method
}

// measure corrects the sizes: a member reaches to the next one. It reports whether
// all of them have room.
func (l *locator) measure() bool {
	order := make([]*wrappedEntry, len(l.entries))
	for i := range l.entries {
		order[i] = &l.entries[i]
	}
	slices.SortFunc(order, func(a, b *wrappedEntry) int { return cmp.Compare(a.offset, b.offset) })
	for i, e := range order {
		next := l.end
		if i+1 < len(order) {
			next = order[i+1].offset
		}
		room := next - e.offset - localHeaderSize - int64(len(e.name)) - e.packed
		if room < 0 {
			return false
		}
		// What is left is the rest of the header and the descriptor.
		e.packed += room / l.wrap * l.wrap
		method := binary.LittleEndian.Uint16(e.header[10:])
		if method == zip.Store {
			e.full = e.packed
			continue
		}
		e.full = likelySize(e.full, e.packed, l.wrap)
	}
	return true
}

// likelySize returns the size of a deflated member that is known modulo wrap:
// deflate makes nothing longer by more than 5 bytes in 16 kB (RFC 1951, 3.2.4), and
// the smallest size with which that is so is the likely one.
func likelySize(full, packed, wrap int64) int64 {
	if least := packed - packed/1000 - 64; full < least {
		full += (least - full + wrap - 1) / wrap * wrap
	}
	return full
}

// hasZip64 reports whether the extra fields of a member have its sizes.
func hasZip64(extra []byte) bool {
	le := binary.LittleEndian
	for len(extra) >= 4 {
		if le.Uint16(extra) == 1 {
			return true
		}
		extra = extra[min(len(extra), 4+int(le.Uint16(extra[2:]))):]
	}
	return false
}

// unwrap makes a deflated member whose size is known modulo wrap readable to its
// end where it is longer than it seems. What is packed too small for that is as long
// as it says.
func (f *file) unwrap(z *zip.File, wrap int64) {
	if f.problem != nil || f.method != zip.Deflate || f.packed < wrap/maxRatio || strings.HasSuffix(f.name, "/") {
		return
	}
	f.wrap, f.size = wrap, likelySize(f.size, f.packed, wrap)
	f.open = func() (io.ReadCloser, error) {
		raw, err := z.OpenRaw()
		if err != nil {
			return nil, err
		}
		return &wrappedReader{rc: inflate(raw), file: f, sum: crc32.NewIEEE()}, nil
	}
}

// A wrappedReader checks what comes out of a deflated member: by its checksum, and
// by its size as far as that is known.
type wrappedReader struct {
	rc   io.ReadCloser
	file *file
	sum  hash.Hash32
	n    int64
}

func (r *wrappedReader) Read(p []byte) (int, error) {
	n, err := r.rc.Read(p)
	r.sum.Write(p[:n])
	r.n += int64(n)
	switch more := r.n - r.file.size; {
	case err != io.EOF:
	case more < 0 || more%r.file.wrap != 0:
		return n, io.ErrUnexpectedEOF
	case r.sum.Sum32() != r.file.crc:
		return n, zip.ErrChecksum
	}
	return n, err
}

func (r *wrappedReader) Close() error { return r.rc.Close() }
