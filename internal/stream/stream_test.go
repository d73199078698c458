package stream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
)

// counted counts what a Progress is told.
type counted struct{ bytes atomic.Int64 }

func (*counted) Expect(int64)  {}
func (c *counted) Add(n int64) { c.bytes.Add(n) }

func TestReader(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name string
		r    io.Reader
		want string
		err  error // what the Reader remembers
	}{
		{"whole", strings.NewReader("abcdef"), "abcdef", nil},
		{"empty", strings.NewReader(""), "", nil},
		{"byte by byte", iotest.OneByteReader(strings.NewReader("abcdef")), "abcdef", nil},
		{"the last bytes come with io.EOF", iotest.DataErrReader(strings.NewReader("abcdef")), "abcdef", nil},
		{"failing", io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), "abc", broken},
		{"bytes come with the error", &failing{[]byte("abc"), broken}, "abc", broken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p counted
			s := NewReader(t.Context(), tt.r, &p)
			got, err := io.ReadAll(s)
			if string(got) != tt.want || err != nil {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
			if s.Err() != tt.err {
				t.Errorf("it remembers %v, want %v", s.Err(), tt.err)
			}
			if n := int64(len(tt.want)); s.Bytes() != n || p.bytes.Load() != n {
				t.Errorf("%d bytes counted, %d told; want %d", s.Bytes(), p.bytes.Load(), n)
			}
		})
	}
}

// failing gives its bytes and its error at once.
type failing struct {
	b   []byte
	err error
}

func (f *failing) Read(p []byte) (int, error) { return copy(p, f.b), f.err }

// A context that is done ends reading with its error, and is not taken for a
// failing source.
func TestReaderEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := NewReader(ctx, strings.NewReader("abcdef"), NoProgress{})
	if n, err := s.Read(make([]byte, 3)); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	cancel()
	if n, err := s.Read(make([]byte, 3)); n != 0 || err != context.Canceled {
		t.Errorf("%d bytes, %v after the context was done", n, err)
	}
	if s.Bytes() != 3 || s.Err() != nil {
		t.Errorf("%d bytes, error %v", s.Bytes(), s.Err())
	}
}

func TestUntil(t *testing.T) {
	const text = "abcdef"
	t.Run("passes on what comes and tells it", func(t *testing.T) {
		var p counted
		if err := iotest.TestReader(Until(t.Context(), strings.NewReader(text), &p), []byte(text)); err != nil {
			t.Error(err)
		}
		if n := p.bytes.Load(); n != int64(len(text)) {
			t.Errorf("%d bytes told, want %d", n, len(text))
		}
	})
	t.Run("tells nobody", func(t *testing.T) {
		if b, err := io.ReadAll(Until(t.Context(), strings.NewReader(text), nil)); err != nil || string(b) != text {
			t.Errorf("%q, %v", b, err)
		}
	})
	t.Run("passes on an error", func(t *testing.T) {
		broken := errors.New("broken")
		b, err := io.ReadAll(Until(t.Context(), &failing{[]byte("abc"), broken}, nil))
		if string(b) != "abc" || err != broken {
			t.Errorf("%q, %v", b, err)
		}
	})
	t.Run("ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r := Until(ctx, strings.NewReader(text), nil)
		if n, err := r.Read(make([]byte, 3)); n != 3 || err != nil {
			t.Fatal(n, err)
		}
		cancel()
		if n, err := r.Read(make([]byte, 3)); n != 0 || err != context.Canceled {
			t.Errorf("%d bytes, %v after the context was done", n, err)
		}
	})
}

func TestReaderAt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := &ReaderAt{Context: ctx, File: bytes.NewReader([]byte("abcdef"))}
	b := make([]byte, 2)
	if n, err := r.ReadAt(b, 3); n != 2 || err != nil || string(b) != "de" {
		t.Errorf("%d bytes, %q, %v", n, b, err)
	}
	cancel()
	if n, err := r.ReadAt(b, 0); n != 0 || err != context.Canceled || string(b) != "de" {
		t.Errorf("%d bytes, %q, %v after the context was done", n, b, err)
	}
}

// phased writes down what it is told.
type phased struct{ told []string }

func (p *phased) Expect(n int64)    { p.told = append(p.told, fmt.Sprint("expect ", n)) }
func (p *phased) Add(n int64)       { p.told = append(p.told, fmt.Sprint("add ", n)) }
func (p *phased) Phase(name string) { p.told = append(p.told, name) }

func TestPhases(t *testing.T) {
	var p phased
	Enter(&p, "reading")
	second := Job{&p, "2 of 3"}
	Enter(second, "encoding")
	second.Expect(7)
	second.Add(3)
	Enter(second, "")
	Enter(Job{Progress: &p}, "encoding")
	Enter(NoProgress{}, "reading") // which has no phases
	Enter(nil, "reading")
	if got := strings.Join(p.told, ", "); got != "reading, 2 of 3 · encoding, expect 7, add 3, 2 of 3, encoding" {
		t.Error(got)
	}
}
