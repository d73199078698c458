package archive

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"time"

	"archive/zip"

	"github.com/klauspost/compress/flate"
)

// A container lists the files of a ZIP or a folder.
type container interface {
	// list yields all files, in a stable order. It may be called again until
	// release is.
	list() iter.Seq[listed]
	// file makes the listed file ready for reading.
	file(listed) *file
	// release frees what only listing needs.
	release()
	io.Closer
}

// listed is one line of a listing.
type listed struct {
	name  string
	size  int64
	link  bool // a symbolic link
	index int  // the source's own
}

// A file is a member of the archive that may be read.
type file struct {
	name     string // as listed
	size     int64  // as declared
	packed   int64  // bytes it takes in the ZIP; 0 in a folder
	crc      uint32
	hasCRC   bool
	wrap     int64 // size is known modulo this, or 0
	method   uint16
	modified time.Time
	misnamed string   // why its name is not to be trusted, or empty
	problem  *Problem // why it cannot be read, or nil
	far      *Far     // of a ZIP on a server
	open     func() (io.ReadCloser, error)
}

// Open returns the content of the file. Reading is bounded: it fails with a
// *Problem when there is more, or less, than the declared size, when what
// comes out is out of proportion to what is in the ZIP, and, at the end, when
// the checksum is wrong.
func (f *file) Open(ctx context.Context) (io.ReadCloser, error) {
	if f.problem != nil {
		return nil, f.problem
	}
	rc, err := f.open()
	if err != nil {
		return nil, f.explain(err)
	}
	return &boundedReader{ctx: ctx, file: f, rc: rc, size: f.size}, nil
}

const (
	// maxRatio is how many bytes one packed byte may become, once a member
	// is longer than ratioFree. Deflate reaches 1032; real audio and JSON
	// stay below 50.
	maxRatio  = 100
	ratioFree = 64 << 20
)

type boundedReader struct {
	ctx  context.Context
	file *file
	rc   io.ReadCloser
	size int64 // more than that is not read
	n    int64 // bytes read
	err  error // that reading ended with
}

func (r *boundedReader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.rc.Read(p)
	f := r.file
	for f.wrap > 0 && int64(n) > r.size-r.n {
		r.size += f.wrap
	}
	if int64(n) > r.size-r.n {
		n, err = int(r.size-r.n), errTooLong
	}
	r.n += int64(n)
	if err == nil && f.packed > 0 && r.n > ratioFree && r.n/f.packed > maxRatio {
		err = errBomb
	}
	switch {
	case err == io.EOF && r.n < r.size:
		err = io.ErrUnexpectedEOF
	case errors.Is(err, zip.ErrFormat): // what archive/zip says when more comes than is declared
		err = errTooLong
	}
	if err != nil && err != io.EOF {
		err = f.explain(err)
	}
	r.err = err
	return n, err
}

func (r *boundedReader) Close() error { return r.rc.Close() }

var (
	errTooLong = errors.New("longer than its declared size")
	errBomb    = errors.New("unpacks to too much data")
)

// explain tells in words why reading f failed.
func (f *file) explain(err error) *Problem {
	subject := showName(f.name)
	if f.far != nil {
		if p := f.far.Explain(err); p != nil {
			p.Subject = subject
			return p
		}
	}
	p := &Problem{Subject: subject, Err: err}
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, zip.ErrChecksum):
		p.Kind = BadCRC
		p.Message = "the bytes do not match the ZIP's checksum"
		p.Hint = "download the archive again; the damaged recording may still play"
	case errors.Is(err, errTooLong):
		p.Kind = TooBig
		p.Message = "it is larger than the " + byteCount(f.size) + " that the archive declares"
	case errors.Is(err, errBomb):
		p.Kind = TooBig
		p.Message = byteCount(f.packed) + " unpack to far more than any recording: this is a ZIP bomb"
	case errors.Is(err, io.ErrUnexpectedEOF):
		p.Kind = CutMember
		p.Message = "it is cut off before the " + byteCount(f.size) + " that the archive declares"
		p.Hint = "download the archive again"
	case errors.Is(err, zip.ErrFormat), errors.As(err, &corrupt):
		p.Kind = DamagedMember
		p.Message = "cannot unpack it: the ZIP is damaged"
		p.Hint = "download the archive again"
	case errors.Is(err, fs.ErrNotExist):
		p.Kind = Gone
		p.Message = "it was removed after the archive was opened"
	default:
		return fileProblem(err, subject)
	}
	return p
}
