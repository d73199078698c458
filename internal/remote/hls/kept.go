package hls

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"

	"github.com/spaces-cli/spaces/internal/durable"
)

// Names in the folder of a download.
const (
	lockName   = ".lock"
	partSuffix = ".part"  // a chunk that is being fetched
	keptSuffix = ".chunk" // one that is whole
)

// headSize is how many bytes of a kept chunk's file are before the chunk: what
// is known of it, as JSON with blanks behind.
const headSize = 512

// kept is what is known of a chunk that is on the disk.
type kept struct {
	ID        string  `json:"id"`
	Length    int64   `json:"length"`
	SHA256    string  `json:"sha256"`
	Encrypted *Source `json:"encrypted,omitempty"`
}

// findKept returns what is known of a chunk if its file is whole, else nil.
// Its bytes are checked when they are joined: nothing is flushed to the medium
// while chunks are fetched, so after a power cut a file may hold anything.
func findKept(work *os.Root, id string, encrypted bool) *kept {
	f, err := work.Open(id + keptSuffix)
	if err != nil {
		return nil
	}
	defer f.Close()
	var head [headSize]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return nil
	}
	var k kept
	info, err := f.Stat()
	if err != nil || json.Unmarshal(head[:], &k) != nil || k.ID != id || k.Length <= 0 || info.Size() != headSize+k.Length {
		return nil
	}
	if (k.Encrypted != nil) != encrypted {
		return nil
	}
	return &k
}

// A partFile is a chunk on its way to the disk.
type partFile struct {
	d   *download
	id  string
	f   *os.File
	buf *bufio.Writer
}

func (d *download) create(id string) (*partFile, error) {
	name := id + partSuffix
	if err := d.o.Trace.Step("create", name); err != nil {
		return nil, &localError{err}
	}
	f, err := d.work.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, &localError{err}
	}
	p := &partFile{d: d, id: id, f: f}
	p.buf = bufio.NewWriterSize((*unbuffered)(p), 64<<10)
	if _, err := p.Write(make([]byte, headSize)); err != nil {
		p.discard()
		return nil, err
	}
	return p, nil
}

// unbuffered is a partFile without its buffer.
type unbuffered partFile

func (p *unbuffered) Write(b []byte) (int, error) {
	if err := p.d.o.Trace.Step("write", p.id+partSuffix); err != nil {
		return 0, &localError{err}
	}
	n, err := p.f.Write(b)
	if err != nil {
		err = &localError{err}
	}
	return n, err
}

func (p *partFile) Write(b []byte) (int, error) { return p.buf.Write(b) }

// keep gives the chunk its name.
func (p *partFile) keep(k *kept) error {
	head, err := json.Marshal(k)
	if err != nil {
		return err
	}
	head = append(head, bytes.Repeat([]byte(" "), headSize-1-len(head))...)
	head = append(head, '\n')
	if err = p.buf.Flush(); err != nil {
		return err
	}
	if _, err = p.f.WriteAt(head, 0); err == nil {
		err = p.f.Close()
	}
	if err == nil {
		err = p.d.o.Trace.Step("rename", p.id+keptSuffix)
	}
	if err == nil {
		err = durable.Rename(p.d.work, p.id+partSuffix, p.id+keptSuffix)
	}
	if err != nil {
		return &localError{err}
	}
	return nil
}

// discard removes the file. After keep it does nothing.
func (p *partFile) discard() {
	p.f.Close()
	durable.Remove(p.d.work, p.id+partSuffix)
}

func sum(b []byte) string { return hex.EncodeToString(b) }
