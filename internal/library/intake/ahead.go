package intake

import "io"

// readAhead reads from r in a goroutine of its own, a few blocks ahead of
// whoever reads from the result: unpacking on one core, hashing and scanning
// on another. stop must be called; it waits until r is no longer read.
func readAhead(r io.Reader) (ahead io.Reader, stop func()) {
	const blocks, size = 4, 256 << 10
	a := &aheadReader{
		full:  make(chan block, blocks),
		empty: make(chan []byte, blocks),
		quit:  make(chan struct{}),
		done:  make(chan struct{}),
	}
	for range blocks {
		a.empty <- make([]byte, size)
	}
	go a.fill(r)
	return a, func() {
		close(a.quit)
		<-a.done
	}
}

type block struct {
	data []byte
	err  error
}

type aheadReader struct {
	full  chan block
	empty chan []byte
	quit  chan struct{}
	done  chan struct{}

	now  block
	left []byte // of now.data, not yet handed out
}

func (a *aheadReader) fill(r io.Reader) {
	defer close(a.done)
	for {
		var b block
		select {
		case b.data = <-a.empty:
		case <-a.quit:
			return
		}
		var n int
		b.err = guard(func() (err error) {
			n, err = io.ReadFull(r, b.data[:cap(b.data)])
			return err
		})
		if b.err == io.ErrUnexpectedEOF {
			b.err = io.EOF
		}
		b.data = b.data[:n]
		select {
		case a.full <- b:
		case <-a.quit:
			return
		}
		if b.err != nil {
			return
		}
	}
}

func (a *aheadReader) Read(p []byte) (int, error) {
	if len(a.left) == 0 {
		if a.now.err != nil {
			return 0, a.now.err
		}
		if a.now.data != nil {
			a.empty <- a.now.data
		}
		a.now = <-a.full
		a.left = a.now.data
		if len(a.left) == 0 {
			return 0, a.now.err
		}
	}
	n := copy(p, a.left)
	a.left = a.left[n:]
	return n, nil
}
