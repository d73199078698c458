package series

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/track"
)

const (
	fewest = 3 // files of a series that has no map
	// longest is how long a chunk can be. Those of streams last 2 to 12 seconds;
	// what lasts longer than a minute is a recording of its own.
	longest = 60 * time.Second
	// usual is how long chunks are that nobody takes for something else.
	usual = 15 * time.Second
	// largest is how large a file is looked at. A minute of sound without
	// compression has 12 MB.
	largest = 16 << 20
	// jitter is how far clocks of chunks that follow one another are apart.
	jitter = 750 * time.Millisecond
)

// judge finds out whether the files are of one recording, and reports false if
// they are certainly not.
func (s *Chunks) judge(maps []File) bool {
	if s.Files[0].fromX() {
		s.Seconds = s.typical()
		return true
	}
	for i := 1; i < len(s.Files); i++ {
		if s.Files[i].Number == s.Files[i-1].Number {
			return false // 1.aac and 01.aac
		}
	}
	if s.Lost() > int64(len(s.Files))/2 {
		return false // not numbers of one series: years, dates
	}
	head := s.head(s.Files[0].Name)
	switch {
	case isFragment(head):
		return s.judgeFragments(maps)
	case isMovie(head):
		// A whole file each, as recorders write them, unless fragments follow.
		return s.fragmented() && s.judgeFragments(nil)
	case len(s.Files) < fewest:
		return false
	}
	return s.judgeSound()
}

func (f *File) fromX() bool { return FromX(f.Name) }

// judgeFragments is judge for segments of MP4: nothing else is cut that way.
func (s *Chunks) judgeFragments(maps []File) bool {
	if s.size() > largest {
		return false
	}
	if head := s.head(s.Files[0].Name); isFragment(head) {
		s.Map = s.mapOf(maps)
		if s.Map == nil {
			return false // told when the files are read
		}
	}
	s.Seconds = s.fragmentSeconds()
	return true
}

// mapOf returns the initialization section: the only one, or the one that is
// named most like the chunks.
func (s *Chunks) mapOf(maps []File) *File {
	var best *File
	most := -1
	for i := range maps {
		if !isMovie(s.head(maps[i].Name)) {
			continue
		}
		if n := common(maps[i].Name, s.Stem); n > most {
			best, most = &maps[i], n
		}
	}
	return best
}

func common(a, b string) (n int) {
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// A look is what the sound of one chunk tells.
type look struct {
	config  track.Config
	length  time.Duration
	ntp     time.Duration // when it begins by the clock of X, or 0
	pts     time.Duration // by that of the stream (RFC 8216, 3.4)
	hasPTS  bool
	tooLong bool
	err     error
}

// judgeSound listens to the first, middle and last chunks.
func (s *Chunks) judgeSound() bool {
	if s.size() > largest {
		return false
	}
	n := len(s.Files)
	at := []int{0, 1, n / 2, n/2 + 1, n - 2, n - 1}
	slices.Sort(at)
	at = slices.Compact(slices.DeleteFunc(at, func(i int) bool { return i >= n }))
	looks := make(map[int]look)
	var lengths []time.Duration
	var first track.Config
	for _, i := range at {
		l := s.look(s.Files[i].Name)
		switch {
		case l.err != nil && (i == 0 || i == n-1):
			continue // the ends may be damaged
		case l.err != nil, l.tooLong:
			return false
		}
		if first.Codec == "" {
			first = l.config
		}
		if l.config != first {
			return false
		}
		if i != n-1 {
			lengths = append(lengths, l.length)
		}
		looks[i] = l
	}
	if len(lengths) < 2 {
		return false
	}
	slices.Sort(lengths)
	middle := lengths[len(lengths)/2]
	s.Seconds = middle.Seconds()
	if last, ok := looks[n-1]; ok && last.length > middle+middle/2+time.Second {
		return false
	}
	follow, contradict := s.clocks(looks)
	equal := lengths[0] > middle-middle/5-300*time.Millisecond && lengths[len(lengths)-1] < middle+middle/5+300*time.Millisecond
	switch {
	case follow > 0 && contradict == 0:
		return true
	case follow == 0 && contradict > 0:
		return false
	case contradict > 0:
		s.Doubt = "some of their clocks continue, and others do not"
	case s.Lost() > int64(len(s.Files))/4:
		s.Doubt = "many numbers are missing, and they have no clock"
	case !equal:
		s.Doubt = "they differ in length, and have no clock"
	case middle > usual:
		s.Doubt = "they are long for chunks, and have no clock"
	case !s.namedAsChunks():
		s.Doubt = "they are not named as chunks are, and have no clock"
	case first.Codec == track.MP3:
		s.Doubt = "they have no clock"
	}
	return true
}

// clocks counts neighbours whose clocks continue, and those whose do not.
func (s *Chunks) clocks(looks map[int]look) (follow, contradict int) {
	for i, a := range looks {
		b, ok := looks[i+1]
		if !ok || s.Files[i+1].Number != s.Files[i].Number+1 {
			continue
		}
		var off time.Duration
		switch {
		case a.ntp > 0 && b.ntp > 0:
			off = b.ntp - a.ntp - a.length
		case a.hasPTS && b.hasPTS:
			off = b.pts - a.pts - a.length
			const wrap = time.Second << 33 / 90000
			off -= time.Duration(math.Round(float64(off)/float64(wrap))) * wrap
		default:
			continue
		}
		if off.Abs() <= jitter {
			follow++
		} else {
			contradict++
		}
	}
	return follow, contradict
}

// look listens to one chunk.
func (s *Chunks) look(name string) (l look) {
	f, err := os.Open(filepath.Join(s.Dir, name))
	if err != nil {
		return look{err: err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return look{err: err}
	}
	if info.Size() > largest {
		return look{tooLong: true}
	}
	var tags hydra.Tags
	r, err := media.Open(f, info.Size(), track.Options{OnEvent: tags.Add})
	if err != nil {
		return look{err: err}
	}
	var p track.Packet
	for {
		err := r.Next(&p)
		if l.length = time.Duration(r.Track().Seconds() * float64(time.Second)); l.length > longest {
			return look{tooLong: true}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return look{err: err}
		}
	}
	runs := r.Track().Runs
	if len(runs) == 0 {
		return look{err: errors.New("no sound")}
	}
	l.config = runs[0].Config
	rate := time.Duration(l.config.SampleRate)
	if len(tags.Anchors) > 0 && tags.Anchors[0].Run == 0 {
		a := tags.Anchors[0]
		l.ntp = a.Clock - time.Duration(a.Sample)*time.Second/rate
	}
	if len(tags.PTS) > 0 && tags.PTS[0].Run == 0 {
		a := tags.PTS[0]
		l.pts, l.hasPTS = a.Clock-time.Duration(a.Sample)*time.Second/rate, true
	}
	return l
}

// size is that of a chunk in the middle.
func (s *Chunks) size() int64 {
	var sizes []int64
	for _, f := range s.Files {
		sizes = append(sizes, f.Size)
	}
	slices.Sort(sizes)
	return sizes[len(sizes)/2]
}

// typical is how long a chunk is by the times in the names.
func (s *Chunks) typical() float64 {
	var steps []float64
	for i := 1; i < len(s.Files); i++ {
		a, b := &s.Files[i-1], &s.Files[i]
		if d := b.Time.Sub(a.Time); b.Number == a.Number+1 && !a.Time.IsZero() && d > 0 && d < longest {
			steps = append(steps, d.Seconds())
		}
	}
	if len(steps) == 0 {
		return 0
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// head returns the first bytes of a file, none if it cannot be read.
func (s *Chunks) head(name string) []byte {
	f, err := os.Open(filepath.Join(s.Dir, name))
	if err != nil {
		return nil
	}
	defer f.Close()
	head := make([]byte, 8)
	n, _ := io.ReadFull(f, head)
	return head[:n]
}

// isFragment reports whether a segment of MP4 begins that has no movie of its
// own (ISO/IEC 14496-12, 8.16.2).
func isFragment(head []byte) bool {
	return len(head) == 8 && slices.Contains([]string{"styp", "moof", "sidx", "emsg", "prft"}, string(head[4:]))
}

func isMovie(head []byte) bool {
	return len(head) == 8 && (bytes.Equal(head[4:], []byte("ftyp")) || bytes.Equal(head[4:], []byte("moov")))
}

// fragmented reports whether the second file, which is a movie, has fragments.
func (s *Chunks) fragmented() bool {
	f, err := os.Open(filepath.Join(s.Dir, s.Files[len(s.Files)/2].Name))
	if err != nil {
		return false
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 1<<20))
	return err == nil && bytes.Contains(b, []byte("moof")) && bytes.Contains(b, []byte("mvex"))
}

// fragmentSeconds is how long the first segment is, with its map.
func (s *Chunks) fragmentSeconds() float64 {
	one := Chunks{Dir: s.Dir, Map: s.Map, Files: s.Files[:1]}
	r := one.Open()
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, 2*largest))
	if err != nil {
		return 0
	}
	m, err := media.Open(bytes.NewReader(b), int64(len(b)), track.Options{})
	var p track.Packet
	for err == nil {
		err = m.Next(&p)
	}
	if err != io.EOF {
		return 0
	}
	return m.Track().Seconds()
}
