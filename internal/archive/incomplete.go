package archive

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/spaces-cli/spaces/internal/archive/ytd"
)

// explainZIP says what is wrong with a file that archive/zip refuses with err.
func explainZIP(ctx context.Context, f io.ReaderAt, size int64, path string, err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) { // reading failed, whatever it is
		return fileProblem(err, path)
	}
	head := make([]byte, headSize)
	n, readErr := f.ReadAt(head, 0)
	if readErr != nil && readErr != io.EOF {
		return fileProblem(readErr, path)
	}
	what := sniff(head[:n])
	hasEnd := hasDirectoryEnd(f, size)
	p := &Problem{Subject: path, Err: err}
	switch {
	case hasEnd:
		p.Kind = DamagedZIP
		p.Message = "the ZIP is damaged: its list of members cannot be read"
		p.Hint = "download the archive again"
	case !what.zip || what.hint != "":
		p.Kind = NotAnArchive
		p.Message = "this is " + what.words + ", not an archive from X"
		p.Hint = what.hint
	default:
		s := localScan{r: f, size: size}
		if err := s.run(ctx); err != nil {
			return err
		}
		p.Kind = IncompleteDownload
		p.Message = s.message()
		p.Hint = "download the archive again and wait until the browser has finished"
	}
	return p
}

const (
	maxScanned      = 64 << 20 // bytes read of an incomplete ZIP
	maxLocalHeaders = 200_000
	maxManifest     = 1 << 20

	localHeaderSize = 30 // APPNOTE.TXT 4.3.7
	flagDescriptor  = 8  // sizes follow the data (APPNOTE.TXT 4.4.4, bit 3)
)

var localHeaderMark = []byte("PK\x03\x04")

// A localScan goes through the members of a ZIP whose central directory is
// missing, from one local header to the next.
type localScan struct {
	r       io.ReaderAt
	size    int64
	scanned int64 // bytes read

	members int   // that are there to their ends
	spaces  int   // of them, pieces of Spaces audio
	ours    bool  // X made it
	atLeast int64 // where the last member would end, or 0
	stated  int64 // the size that the manifest states, or 0
}

// localHeader is what matters of one.
type localHeader struct {
	name   string
	method uint16
	body   int64 // where the data begins
	packed int64 // its size; -1 if that follows the data
}

func (s *localScan) message() string {
	what := "this ZIP"
	if s.ours {
		what = "this archive"
	}
	sizes := byteCount(s.size) + " on disk"
	switch total := max(s.stated, s.atLeast); {
	case total <= s.size:
	case total == s.stated:
		sizes += fmt.Sprintf(" of about %s", byteCount(total))
	default:
		sizes += fmt.Sprintf(" of more than %s", byteCount(total))
	}
	inside := fmt.Sprintf("%d complete members", s.members)
	if s.spaces > 0 {
		inside += fmt.Sprintf(", of which %d are Spaces audio", s.spaces)
	}
	return fmt.Sprintf("the download of %s is incomplete: %s (%s); the list of members at its end is missing", what, sizes, inside)
}

func (s *localScan) run(ctx context.Context) error {
	var at int64
	for range maxLocalHeaders {
		if err := ctx.Err(); err != nil {
			return err
		}
		h, ok, err := s.header(at)
		if err != nil || !ok {
			return err
		}
		elems, _ := splitName(h.name)
		base := ""
		if len(elems) > 0 {
			base = elems[len(elems)-1]
		}
		_, _, isSpace := ParseMediaName(base)
		s.ours = s.ours || isSpace || base == "Your archive.html" || strings.HasSuffix(h.name, "data/manifest.js")
		if base == "manifest.js" {
			s.readManifest(h)
		}
		end := h.body + h.packed
		if h.packed < 0 {
			if end, err = s.nextHeader(h.body); err != nil || end < 0 {
				return err
			}
		}
		if end > s.size {
			s.atLeast = end
			return nil
		}
		s.members++
		if isSpace {
			s.spaces++
		}
		at = end
	}
	return nil
}

// readAt reads what there is of len(p) bytes.
func (s *localScan) readAt(p []byte, at int64) (int, error) {
	n, err := s.r.ReadAt(p, at)
	s.scanned += int64(n)
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// header reads the local header at an offset, and reports whether there is a
// whole one.
func (s *localScan) header(at int64) (h localHeader, ok bool, err error) {
	b := make([]byte, localHeaderSize)
	n, err := s.readAt(b, at)
	if n < len(b) || !bytes.HasPrefix(b, localHeaderMark) || s.scanned > maxScanned {
		return h, false, err
	}
	u16 := func(i int) int { return int(binary.LittleEndian.Uint16(b[i:])) }
	u32 := func(i int) int64 { return int64(binary.LittleEndian.Uint32(b[i:])) }
	h.method = uint16(u16(8))
	h.packed = u32(18)
	full := u32(22)
	rest := make([]byte, u16(26)+u16(28))
	n, err = s.readAt(rest, at+localHeaderSize)
	if n < len(rest) {
		return h, false, err
	}
	h.name = string(rest[:u16(26)])
	h.body = at + localHeaderSize + int64(len(rest))
	if u16(6)&flagDescriptor != 0 && (h.packed == 0 || h.packed == 1<<32-1) {
		h.packed = -1
		return h, true, nil
	}
	if h.packed == 1<<32-1 {
		h.packed = zip64Packed(rest[u16(26):], full == 1<<32-1)
	}
	return h, true, nil
}

// zip64Packed returns the packed size in the Zip64 extra field (APPNOTE.TXT
// 4.5.3), -1 if there is none. It stands behind the full size, if that is
// there too.
func zip64Packed(extra []byte, full bool) int64 {
	for len(extra) >= 4 {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		extra = extra[4:]
		if size > len(extra) {
			break
		}
		field := extra[:size]
		extra = extra[size:]
		if id != 1 {
			continue
		}
		if full && len(field) >= 8 {
			field = field[8:]
		}
		if len(field) >= 8 {
			if n := int64(binary.LittleEndian.Uint64(field)); n >= 0 && n < 1<<60 {
				return n
			}
		}
		break
	}
	return -1
}

// nextHeader looks for the local header after a body whose size is not told.
// It returns -1 if there is none in reach.
func (s *localScan) nextHeader(at int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for s.scanned < maxScanned {
		n, err := s.readAt(buf, at)
		if err != nil {
			return -1, err
		}
		if i := bytes.Index(buf[:n], localHeaderMark); i >= 0 {
			return at + int64(i), nil
		}
		if n < len(buf) {
			break
		}
		at += int64(n - len(localHeaderMark) + 1)
	}
	return -1, nil
}

// readManifest takes the size of the archive from its manifest, if that is
// there as a whole.
func (s *localScan) readManifest(h localHeader) {
	var src io.Reader = io.NewSectionReader(s.r, h.body, min(maxManifest, s.size-h.body))
	switch {
	case h.method == 8:
		src = flate.NewReader(src)
	case h.method != 0 || h.packed < 0:
		return
	default:
		src = io.LimitReader(src, h.packed)
	}
	e, err := ytd.NewReader(io.LimitReader(src, maxManifest)).Next()
	if err != nil && !errors.Is(err, io.EOF) {
		return // it is only a hint
	}
	if v, _ := decodeValue(e); v != nil {
		if m, ok := v.(map[string]any); ok {
			s.ours = true
			s.stated = newManifest(fold(m)).SizeBytes
		}
	}
}
