package archive

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"

	"github.com/klauspost/compress/flate"
)

// Compression methods that archive/zip does not name (APPNOTE.TXT 4.4.5).
const (
	methodDeflate64 = 9
	methodAES       = 99 // the WinZip extension: the real method is in an extra field
)

// flagEncrypted is bit 0 of the general purpose flags (APPNOTE.TXT 4.4.4).
const flagEncrypted = 1

// A zipSource is the bytes of a ZIP, wherever they lie.
type zipSource interface {
	io.ReaderAt
	io.Closer
}

type zipContainer struct {
	f    zipSource
	zr   *zip.Reader
	wrap int64 // where sizes begin again at 0 without Zip64

	corrected bool // the directory is one of unwrap

	far   *Far // of a ZIP on a server
	named int  // members whose names were compared
}

// Bounds of a ZIP's central directory, all of which is held in memory. An
// archive of X with 200,000 members has one of 25 MB.
const (
	maxDirectory = 64 << 20 // bytes
	maxMembers   = maxFiles
)

// errBigDirectory is a central directory beyond these bounds.
var errBigDirectory = errors.New("the list of members is too long")

// A gauge reads a ZIP and ends the reading of its directory where that is out
// of bounds, whatever the ZIP says of its size.
type gauge struct {
	f       io.ReaderAt
	open    bool // the directory has been read
	bytes   int64
	members int
}

// ReadAt counts the headers that come by (APPNOTE.TXT 4.3.12). It misses one
// that lies across two blocks: a bound need not be exact.
func (g *gauge) ReadAt(p []byte, off int64) (int, error) {
	n, err := g.f.ReadAt(p, off)
	if g.open {
		return n, err
	}
	g.bytes += int64(n)
	g.members += bytes.Count(p[:n], []byte("PK\x01\x02"))
	if g.bytes > maxDirectory || g.members > maxMembers {
		return 0, errBigDirectory
	}
	return n, err
}

// openZIP takes over f, unless it fails.
func openZIP(f zipSource, size int64) (container, error) {
	return openWrapped(f, size, fieldWrap)
}

// openWrapped is openZIP for a ZIP whose fields begin again at wrap.
func openWrapped(f zipSource, size, wrap int64) (container, error) {
	u, err := unwrap(f, size, wrap)
	if err != nil {
		return nil, err
	}
	z := &zipContainer{f: f, wrap: wrap, corrected: u != nil}
	g := &gauge{f: f}
	if u != nil {
		g.f, size = u, u.size()
	}
	z.zr, err = zip.NewReader(g, size)
	g.open = true
	if u != nil {
		u.directory = nil // it has been read
	}
	// ErrInsecurePath comes with a usable reader; names are harmless here.
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, err
	}
	z.zr.RegisterDecompressor(zip.Deflate, inflate)
	return z, nil
}

// inflate is a third faster than the decompressor of archive/zip.
func inflate(r io.Reader) io.ReadCloser { return &lastByte{ReadCloser: flate.NewReader(r)} }

// lastByte lets io.EOF come with the last byte alone: archive/zip drops all that
// comes with it where a member is shorter than declared, and tells of a wrong
// checksum only with it, which callers may not wait for.
type lastByte struct {
	io.ReadCloser
	held byte
	end  bool
}

func (r *lastByte) Read(p []byte) (int, error) {
	if r.end && len(p) > 0 {
		p[0], r.end = r.held, false
		return 1, io.EOF
	}
	n, err := r.ReadCloser.Read(p)
	if err == io.EOF && n > 1 {
		r.held, r.end = p[n-1], true
		return n - 1, nil
	}
	return n, err
}

func (z *zipContainer) list() iter.Seq[listed] {
	return func(yield func(listed) bool) {
		for i, f := range z.zr.File {
			mode := f.Mode()
			if mode.IsDir() || mode&^(fs.ModePerm|fs.ModeSymlink) != 0 {
				continue
			}
			// A negative size is one beyond 2^63.
			l := listed{name: f.Name, size: int64(f.UncompressedSize64), link: mode&fs.ModeSymlink != 0, index: i}
			if !yield(l) {
				return
			}
		}
	}
}

func (z *zipContainer) file(l listed) *file {
	f := z.zr.File[l.index]
	m := &file{
		name:     f.Name,
		size:     int64(f.UncompressedSize64),
		packed:   int64(f.CompressedSize64),
		crc:      f.CRC32,
		hasCRC:   true,
		method:   f.Method,
		modified: f.Modified,
		open:     f.Open,
	}
	m.problem = unreadable(f)
	if z.named++; z.far == nil || z.named <= maxFarNames {
		m.misnamed = z.misnamed(f)
	}
	if z.corrected || !hasZip64(f.Extra) {
		m.unwrap(f, z.wrap)
	}
	if z.far != nil {
		m.far, m.open = z.far, z.far.expecting(f, m.open)
	}
	return m
}

// misnamed says why the name that the directory gives f is not to be trusted:
// it is not the one that stands before the member (APPNOTE.TXT 4.3.7).
func (z *zipContainer) misnamed(f *zip.File) string {
	data, err := f.DataOffset()
	if err != nil {
		return ""
	}
	// The local header ends at data; how long it is stands in it.
	const fixed, most = 30, 2048
	b := make([]byte, min(data, most))
	if _, err := z.f.ReadAt(b, data-int64(len(b))); err != nil {
		return ""
	}
	for at := len(b); at > 0; {
		if at = bytes.LastIndex(b[:at], []byte("PK\x03\x04")); at < 0 || at+fixed > len(b) {
			continue
		}
		n, extra := int(binary.LittleEndian.Uint16(b[at+26:])), int(binary.LittleEndian.Uint16(b[at+28:]))
		if at+fixed+n+extra != len(b) {
			continue
		}
		if own := string(b[at+fixed : at+fixed+n]); own != f.Name {
			return "the member's own header says " + showName(own)
		}
		return ""
	}
	return ""
}

// unreadable says why f cannot be read, or returns nil.
func unreadable(f *zip.File) *Problem {
	p := &Problem{Subject: showName(f.Name)}
	switch {
	case f.Flags&flagEncrypted != 0 || f.Method == methodAES:
		p.Kind = Encrypted
		p.Message = "encrypted; the ZIP needs a password"
		p.Hint = "unpack the ZIP with its password (for example with 7-Zip or The Unarchiver) and give spaces the folder"
	case f.Method == methodDeflate64:
		p.Kind = Deflate64
		p.Message = "unsupported compression: Deflate64 (Windows Explorer uses it for large files)"
		p.Hint = "unpack the ZIP with Windows Explorer or 7-Zip and give spaces the folder, or use the ZIP as X sent it"
	case f.Method != zip.Store && f.Method != zip.Deflate:
		p.Kind = UnknownCompression
		p.Message = fmt.Sprintf("unsupported compression: method %d", f.Method)
		p.Hint = "unpack the ZIP with 7-Zip and give spaces the folder"
	case int64(f.UncompressedSize64) < 0 || int64(f.CompressedSize64) < 0:
		p.Kind = TooBig
		p.Message = "the ZIP declares an impossible size"
	default:
		return nil
	}
	return p
}

// release lets go of the members that nobody has asked for: almost all of an
// archive is emoji.
func (z *zipContainer) release() { z.zr.File = nil }

func (z *zipContainer) Close() error { return z.f.Close() }
