package archive

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"

	"github.com/klauspost/compress/flate"
)

// Compression methods that archive/zip does not name (APPNOTE.TXT 4.4.5).
const (
	methodDeflate64 = 9
	methodAES       = 99 // the WinZip extension: the real method is in an extra field
)

// flagEncrypted is bit 0 of the general purpose flags (APPNOTE.TXT 4.4.4).
const flagEncrypted = 1

type zipSource struct {
	f  *os.File
	zr *zip.Reader
}

// openZIP takes over f.
func openZIP(f *os.File, size int64) (source, error) {
	zr, err := zip.NewReader(f, size)
	// ErrInsecurePath comes with a usable reader; names are harmless here.
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, err
	}
	// The decompressor of klauspost/compress is a third faster.
	zr.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	return &zipSource{f, zr}, nil
}

func (z *zipSource) list() iter.Seq[listed] {
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

func (z *zipSource) file(l listed) *file {
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
	return m
}

// unreadable says why f cannot be read, or returns nil.
func unreadable(f *zip.File) *Problem {
	p := &Problem{Subject: showName(f.Name)}
	switch {
	case f.Flags&flagEncrypted != 0 || f.Method == methodAES:
		p.Kind = Encrypted
		p.Message = "it is encrypted; the ZIP wants a password"
		p.Hint = "unpack the ZIP with its password (7-Zip and The Unarchiver can), and give the folder to spaces"
	case f.Method == methodDeflate64:
		p.Kind = Deflate64
		p.Message = "it is packed with Deflate64, as Windows Explorer does with big files, and spaces cannot unpack that"
		p.Hint = "unpack the ZIP with Windows Explorer or 7-Zip, and give the folder to spaces; or give the ZIP as X sent it"
	case f.Method != zip.Store && f.Method != zip.Deflate:
		p.Kind = UnknownCompression
		p.Message = fmt.Sprintf("it is packed with method %d, which spaces cannot unpack", f.Method)
		p.Hint = "unpack the ZIP with 7-Zip, and give the folder to spaces"
	case int64(f.UncompressedSize64) < 0 || int64(f.CompressedSize64) < 0:
		p.Kind = TooBig
		p.Message = "the ZIP declares an impossible size for it"
	default:
		return nil
	}
	return p
}

// release lets go of the members that nobody has asked for: almost all of an
// archive is emoji.
func (z *zipSource) release() { z.zr.File = nil }

func (z *zipSource) Close() error { return z.f.Close() }
