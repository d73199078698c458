// Package series finds out which files of a folder are the chunks of one
// recording: what browsers and downloaders leave of a stream (RFC 8216) that
// somebody saved without its playlist. Names say which files may belong
// together, and in which order; their sound says whether they do. A folder of
// separate episodes, numbered too, is not joined.
package series

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A File is one chunk.
type File struct {
	Name   string
	Size   int64
	Number int64     // its place in the order
	Time   time.Time // as the name tells, or zero
}

// Chunks are those of one recording that lie in one folder.
type Chunks struct {
	Dir   string
	Stem  string // what the names have in common before the number
	Ext   string // that of the chunks
	Map   *File  // the initialization section, or nil: chunks can be read without
	Files []File // in their order, each number once
	// Missing are the numbers between the first and the last that no file has.
	Missing []Span
	// Seconds is how long a chunk is, as far as is known.
	Seconds float64
	copies  []string // files that are there twice
	// Doubt says why it is not certain that the files are of one recording, or
	// is empty.
	Doubt string
}

// A Span is numbers that follow one another, both ends included.
type Span struct{ First, Last int64 }

// Count is how many numbers a span has.
func (s Span) Count() int64 { return s.Last - s.First + 1 }

func (s Span) String() string {
	if s.First == s.Last {
		return strconv.FormatInt(s.First, 10)
	}
	return fmt.Sprintf("%d–%d", s.First, s.Last)
}

// String names the files for people: "12 files, 0.aac to 11.aac".
func (s *Chunks) String() string {
	n := len(s.Files)
	return fmt.Sprintf("%d files, %s to %s", n, s.Files[0].Name, s.Files[n-1].Name)
}

// Lost is how many numbers are missing.
func (s *Chunks) Lost() (n int64) {
	for _, m := range s.Missing {
		n += m.Count()
	}
	return n
}

// All lists the files in the order in which they are joined: the map first.
func (s *Chunks) All() []File {
	if s.Map == nil {
		return s.Files
	}
	return append([]File{*s.Map}, s.Files...)
}

// Names lists all files, those too that are left out.
func (s *Chunks) Names() []string {
	list := slices.Clone(s.copies)
	for _, f := range s.All() {
		list = append(list, f.Name)
	}
	return list
}

// Bytes is how many all files have.
func (s *Chunks) Bytes() (n int64) {
	for _, f := range s.All() {
		n += f.Size
	}
	return n
}

// Open reads all files one after the other, one open at a time.
func (s *Chunks) Open() io.ReadCloser {
	j := &joined{dir: s.Dir}
	for _, f := range s.All() {
		j.rest = append(j.rest, f.Name)
	}
	return j
}

type joined struct {
	dir  string
	rest []string
	f    *os.File
}

func (j *joined) Read(p []byte) (int, error) {
	for {
		if j.f == nil {
			if len(j.rest) == 0 {
				return 0, io.EOF
			}
			f, err := os.Open(filepath.Join(j.dir, j.rest[0]))
			if err != nil {
				return 0, err
			}
			j.f, j.rest = f, j.rest[1:]
		}
		n, err := j.f.Read(p)
		if err != io.EOF {
			return n, err
		}
		j.f.Close()
		j.f = nil
		if n > 0 {
			return n, nil
		}
	}
}

func (j *joined) Close() error {
	if j.f == nil {
		return nil
	}
	return j.f.Close()
}

// Find returns the series among the entries of the folder dir, those with the
// most files first. Files of taken are left out. Series that are certainly not
// one recording are not returned.
func Find(dir string, entries []fs.DirEntry, taken func(name string) bool) []*Chunks {
	groups := make(map[group]*Chunks)
	var order []*Chunks
	var maps []File
	for _, e := range entries {
		if !e.Type().IsRegular() || taken != nil && taken(e.Name()) {
			continue
		}
		n, ok := parseName(e.Name())
		if !ok {
			continue
		}
		info, err := e.Info()
		if err != nil || info.Size() == 0 {
			continue
		}
		f := File{Name: e.Name(), Size: info.Size(), Number: n.number, Time: n.time}
		if n.isMap {
			maps = append(maps, f)
			continue
		}
		s := groups[n.group]
		if s == nil {
			s = &Chunks{Dir: dir, Stem: n.stem, Ext: n.ext}
			groups[n.group] = s
			order = append(order, s)
		}
		s.Files = append(s.Files, f)
	}
	var found []*Chunks
	for _, s := range order {
		s.sort()
		if s.judge(maps) {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b *Chunks) int { return cmp.Compare(len(b.Files), len(a.Files)) })
	return found
}

// sort puts the files in order, and leaves out those that are there twice: a
// download that was repeated.
func (s *Chunks) sort() {
	slices.SortFunc(s.Files, func(a, b File) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), a.Time.Compare(b.Time), cmp.Compare(len(a.Name), len(b.Name)), strings.Compare(a.Name, b.Name))
	})
	s.Files = slices.CompactFunc(s.Files, func(a, b File) bool {
		same := a.Number == b.Number && a.Time.Equal(b.Time) && PlainName(a.Name) == PlainName(b.Name)
		if same {
			s.copies = append(s.copies, b.Name)
		}
		return same
	})
	for i := 1; i < len(s.Files); i++ {
		if before, now := s.Files[i-1].Number, s.Files[i].Number; now > before+1 {
			s.Missing = append(s.Missing, Span{before + 1, now - 1})
		}
	}
}
