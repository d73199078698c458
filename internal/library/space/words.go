package space

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/spell"
)

// String sums up damage in words.
func (d *Damage) String() string {
	text := fmt.Sprintf("%s, %s skipped, %s lost", spell.Count(int(d.Places), "place"), spell.Size(d.Bytes), spell.Short(d.LostSeconds))
	var kinds []string
	for _, k := range slices.Sorted(maps.Keys(d.Kinds)) {
		kinds = append(kinds, fmt.Sprintf("%s %d", k, d.Kinds[k]))
	}
	if len(kinds) > 0 {
		text += " (" + strings.Join(kinds, ", ") + ")"
	}
	return text
}

// String says in words how the audio is coded.
func (a *Audio) String() string {
	channels := map[int]string{1: "mono", 2: "stereo"}[a.Channels]
	if channels == "" {
		channels = fmt.Sprintf("%d channels", a.Channels)
	}
	text := fmt.Sprintf("%s, %g kHz, %s, %d kb/s", a.Codec, float64(a.SampleRate)/1000, channels, (a.BitRate+500)/1000)
	if a.Video {
		text += ", with video"
	}
	if n := a.OtherTracks; n > 0 {
		text += fmt.Sprintf(", and %s more in the original", spell.Count(n, "track"))
	}
	return text
}

// Marks gives everyone on stage who is heard a letter, as Strip uses it, by
// handle.
func (s *Space) Marks(turns *Turns) map[string]rune {
	marks := make(map[string]rune)
	if turns == nil {
		return marks
	}
	next := 'A'
	for _, p := range s.Speakers {
		heard := slices.ContainsFunc(turns.Turns, func(t Turn) bool { return t.Handle == p.Handle })
		if heard && marks[p.Handle] == 0 && next <= 'Z' {
			marks[p.Handle] = next
			next++
		}
	}
	return marks
}

// What a cell of Strip says besides the letters of Marks.
const (
	StripAudio   = '=' // there is audio; who speaks is not known
	StripNobody  = '-'
	StripUnknown = '?' // somebody without a letter
	StripGap     = '|' // time is missing here
)

// Strip draws the recording in so many characters: who is heard longest in each
// stretch, and where wall-clock time is missing. It needs a duration.
func (s *Space) Strip(turns *Turns, width int) string {
	cells := []rune(strings.Repeat(string(StripAudio), width))
	seconds := *s.Duration
	if turns != nil {
		marks := s.Marks(turns)
		cell := seconds / float64(width)
		for i := range cells {
			cells[i] = mostHeard(turns.Turns, marks, float64(i)*cell, float64(i+1)*cell)
		}
	}
	for _, g := range s.Gaps() {
		cells[min(width-1, int(g.At/seconds*float64(width)))] = StripGap
	}
	return string(cells)
}

// mostHeard returns the mark of who speaks longest between two times.
func mostHeard(turns []Turn, marks map[string]rune, from, to float64) rune {
	heard := make(map[rune]float64)
	for _, t := range turns {
		if n := min(t.End, to) - max(t.Start, from); n > 0 {
			mark := marks[t.Handle]
			if mark == 0 {
				mark = StripUnknown
			}
			heard[mark] += n
		}
	}
	best := StripNobody
	for _, mark := range slices.Sorted(maps.Keys(heard)) {
		if heard[mark] > heard[best] {
			best = mark
		}
	}
	return best
}
