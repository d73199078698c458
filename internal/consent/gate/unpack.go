package gate

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path"
)

const (
	// maxUnpacked is how many bytes are unpacked of one file.
	maxUnpacked = 8 << 30
	// maxDepth is how many archives may lie in each other.
	maxDepth = 8
	// maxMembers is how many files may lie in an archive.
	maxMembers = 100_000
	// maxBetween is how many bytes of a ZIP may belong to none of its members,
	// and maxNote how many may stand in a comment or the like: a few seconds of
	// speech have more.
	maxBetween = 2 << 10
	maxNote    = 512
	// zipEntry is how many bytes tell of a member at both places, names apart
	// (APPNOTE 4.3.7, 4.3.9 and 4.3.12), with room for what aligns them.
	zipEntry = 30 + 24 + 46 + 64
	// tarBlock is what a tape archive consists of; a member has one before it,
	// and up to six more for long names and the like.
	tarBlock = 512
	tarEntry = 7 * tarBlock
	// tarEnd is how many bytes of nothing may follow the last member.
	tarEnd = 20*tarBlock + 2*tarBlock
)

// unpack looks into a file in which others are packed. It reports whether it
// is one.
func (l *fileScan) unpack(name string, r io.ReaderAt, size int64, depth int) (bool, error) {
	head := make([]byte, 512)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return false, err
	}
	head = head[:n]
	if z, err := zip.NewReader(r, size); err == nil && len(z.File) > 0 {
		return true, l.zip(z, r, size, depth)
	}
	section := io.NewSectionReader(r, 0, size)
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		l.unknown("the ZIP cannot be read")
		return true, nil
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		in, err := gzip.NewReader(section)
		if err != nil {
			return false, nil
		}
		if len(in.Extra)+len(in.Comment)+len(in.Name) > maxNote {
			l.unknown("it contains data besides the compressed file")
		}
		return true, l.stream(name, in, depth)
	case bytes.HasPrefix(head, []byte("BZh")):
		return true, l.stream(name, bzip2.NewReader(section), depth)
	case len(head) == 512 && string(head[257:262]) == "ustar":
		return true, l.tar(tar.NewReader(section), size, depth)
	}
	return false, nil
}

// zip looks at the members of a ZIP, and that there is nothing between them.
func (l *fileScan) zip(z *zip.Reader, r io.ReaderAt, size int64, depth int) error {
	if depth >= maxDepth || len(z.File) > maxMembers {
		l.unknown("it contains too much to check completely")
		return nil
	}
	var members int64
	for _, m := range z.File {
		members += int64(m.CompressedSize64) + zipEntry + 2*int64(len(m.Name)) + 2*min(maxNote, int64(len(m.Extra))) + min(maxNote, int64(len(m.Comment)))
		if m.FileInfo().IsDir() {
			continue
		}
		if m.Method == zip.Store && m.CompressedSize64 == m.UncompressedSize64 {
			if at, err := m.DataOffset(); err == nil && m.Flags&1 == 0 {
				if err := l.at(path.Base(m.Name), io.NewSectionReader(r, at, int64(m.UncompressedSize64)), int64(m.UncompressedSize64), depth+1); err != nil {
					return err
				}
				continue
			}
		}
		in, err := m.Open()
		if err != nil || m.Flags&1 != 0 { // encrypted, or packed in another way
			l.unknown("a file in it cannot be read")
			continue
		}
		err = l.stream(path.Base(m.Name), in, depth)
		in.Close()
		if err != nil {
			return err
		}
	}
	if size-members > maxBetween {
		l.unknown("it contains data besides the compressed files")
	}
	return nil
}

// tar looks at the members of a tape archive, and that there is nothing behind
// them.
func (l *fileScan) tar(in *tar.Reader, size int64, depth int) error {
	members := int64(tarEnd)
	for n := 0; ; n++ {
		m, err := in.Next()
		switch {
		case err == io.EOF:
			if size > members {
				l.unknown("it contains data besides the compressed files")
			}
			return nil
		case err != nil || depth >= maxDepth || n > maxMembers:
			l.unknown("its contents cannot be read to the end")
			return nil
		}
		members += (m.Size+tarBlock-1)/tarBlock*tarBlock + tarEntry
		switch m.Typeflag {
		case tar.TypeDir, tar.TypeLink, tar.TypeSymlink, tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
			continue
		}
		if err := l.stream(path.Base(m.Name), in, depth); err != nil {
			return err
		}
	}
}

// errSpool is an error of the disk, and not of what is read.
type errSpool struct{ error }

func (e errSpool) Unwrap() error { return e.error }

// stream looks at what is unpacked, which it keeps in a file meanwhile.
func (l *fileScan) stream(name string, in io.Reader, depth int) error {
	if depth >= maxDepth {
		l.unknown("it contains too much to check completely")
		return nil
	}
	f, err := os.CreateTemp("", "spaces-look-*")
	if err != nil {
		return err
	}
	defer func() {
		f.Close()
		os.Remove(f.Name())
	}()
	var n int64
	for err == nil && n <= l.left {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		var more int64
		more, err = io.CopyN(spool{f}, in, 1<<20)
		n += more
	}
	var disk errSpool
	switch l.left -= n; {
	case errors.As(err, &disk):
		return disk.error
	case l.left < 0:
		l.unknown("it contains too much to check completely")
		return nil
	case err != io.EOF:
		l.unknown("its contents cannot be read to the end")
	}
	return l.at(name, f, n, depth+1)
}

// A spool marks the errors of writing.
type spool struct{ io.Writer }

func (s spool) Write(b []byte) (int, error) {
	n, err := s.Writer.Write(b)
	if err != nil {
		err = errSpool{err}
	}
	return n, err
}
