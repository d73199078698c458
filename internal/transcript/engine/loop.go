package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode"

	"github.com/spaces-cli/spaces/internal/media/silence"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/wav"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// Sample rate of a piece.
const Rate = 16_000

const (
	leastLoop = 3   // times that the same line is heard in a row
	quiet     = 0.9 // part of a cue in which nothing is heard
)

func isSpoken(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

// leaveOutLoops leaves out lines that an engine repeats where nothing is heard.
// Whisper does that in silence ("Thank you. Thank you. …"); what people say
// again and again is heard.
func (r *Result) leaveOutLoops(p Piece) error {
	loops := loops(r.Cues)
	if loops == nil {
		return nil
	}
	pauses, err := pausesOf(p.Audio)
	if err != nil {
		return err
	}
	var kept []transcript.Cue
	for i, c := range r.Cues {
		if loops[i] && isQuiet(c, pauses) {
			r.Repeated++
			continue
		}
		kept = append(kept, c)
	}
	r.Cues = kept
	return nil
}

// loops reports which cues are among several in a row that say the same, or say
// the same several times themselves; nil if none is.
func loops(cues []transcript.Cue) []bool {
	found := make([]bool, len(cues))
	some := false
	for from := 0; from < len(cues); {
		line := fold(cues[from].Text)
		to := from + 1
		for to < len(cues) && fold(cues[to].Text) == line {
			to++
		}
		if to-from >= leastLoop || isLoop(line) {
			some = true
			for i := from; i < to; i++ {
				found[i] = true
			}
		}
		from = to
	}
	if !some {
		return nil
	}
	return found
}

// isLoop reports whether a line is made of one phrase again and again.
func isLoop(line string) bool {
	s := []rune(line)
	if len(s) < 3*leastLoop {
		return false
	}
	// The shortest period of s, by its borders (Knuth, Morris, Pratt).
	border := make([]int, len(s)+1)
	for i, k := 1, 0; i < len(s); i++ {
		for k > 0 && s[i] != s[k] {
			k = border[k]
		}
		if s[i] == s[k] {
			k++
		}
		border[i+1] = k
	}
	return (len(s)-border[len(s)])*leastLoop <= len(s)
}

func isQuiet(c transcript.Cue, pauses []silence.Pause) bool {
	from, to := int64(c.Start*Rate), int64(c.End*Rate)
	var n int64
	for _, p := range pauses {
		n += max(0, min(p.To, to)-max(p.From, from))
	}
	return to > from && float64(n) >= quiet*float64(to-from)
}

// pausesOf returns the silences of a piece.
func pausesOf(name string) ([]silence.Pause, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	r, err := wav.NewReader(f, info.Size(), track.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	find, err := silence.NewFinder(Rate, 1, silence.Options{})
	if err != nil {
		return nil, err
	}
	var block []float32
	var p track.Packet
	for {
		err := r.Next(&p)
		if errors.Is(err, io.EOF) {
			return find.Pauses(), nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if 2*p.Samples != len(p.Data) {
			return nil, fmt.Errorf("%s: expected mono samples of 16 bits", name)
		}
		block = block[:0]
		for b := p.Data; len(b) > 0; b = b[2:] {
			block = append(block, float32(int16(binary.LittleEndian.Uint16(b)))/(1<<15))
		}
		find.Write(block)
	}
}
