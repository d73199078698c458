package durable

import (
	"bufio"
	"cmp"
	"os"
)

// A Part is a file that is written under its own name, in a folder that gets
// its name when all of its files are whole. Writing is buffered.
type Part struct {
	root  *os.Root
	name  string
	f     *os.File
	buf   *bufio.Writer
	trace Trace
}

// CreatePart makes a file that must not exist yet.
func (o Options) CreatePart(root *os.Root, name string) (*Part, error) {
	if err := o.Trace.Step("create", name); err != nil {
		return nil, err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, cmp.Or(o.Perm, 0o644))
	if err != nil {
		return nil, err
	}
	p := &Part{root: root, name: name, f: f, trace: o.Trace}
	p.buf = bufio.NewWriterSize((*unbuffered)(p), 256<<10)
	return p, nil
}

// unbuffered is a Part without its buffer.
type unbuffered Part

func (p *unbuffered) Write(b []byte) (int, error) {
	if err := p.trace.Step("write", p.name); err != nil {
		return 0, err
	}
	return p.f.Write(b)
}

func (p *Part) Write(b []byte) (int, error) { return p.buf.Write(b) }

// Hold locks the file until it is committed or discarded, so that nobody sweeps
// it away: for one that lies among the drafts of others.
func (p *Part) Hold() bool { return Hold(p.root, p.name, p.f) }

// Flush hands what has been written to the system, so that the file can be
// read. Commit is still to come.
func (p *Part) Flush() error { return p.buf.Flush() }

// Commit writes what is left, flushes the file to the medium and closes it.
func (p *Part) Commit() error {
	err := p.buf.Flush()
	if err == nil {
		err = p.trace.Step("fsync", p.name)
	}
	if err == nil {
		err = p.f.Sync()
	}
	if cerr := p.f.Close(); err == nil {
		err = cerr
	}
	return err
}

// Discard closes and removes the file.
func (p *Part) Discard() {
	p.f.Close()
	Remove(p.root, p.name)
}
