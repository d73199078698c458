// Package waveform writes the outline of a recording, or of a part of it: as a
// picture with its voices, clips and time of day, as data for players, or in
// the characters of a terminal.
package waveform

import (
	"fmt"
	"io"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/lettering"
	"github.com/spaces-cli/spaces/internal/media/peaks"
	"github.com/spaces-cli/spaces/internal/media/peaks/draw"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
)

// A Format is what a waveform is written as.
type Format string

const (
	PNG  Format = "png"
	SVG  Format = "svg"
	JSON Format = "json" // of audiowaveform, version 2, as peaks.js reads it
	Dat  Format = "dat"  // likewise
)

// Formats lists all formats.
func Formats() []Format { return []Format{PNG, SVG, JSON, Dat} }

// Known reports whether f is one of Formats.
func (f Format) Known() bool { return slices.Contains(Formats(), f) }

// Drawn reports whether f is a picture; the others are data.
func (f Format) Drawn() bool { return f == PNG || f == SVG }

// Text reports whether f can be read on a terminal.
func (f Format) Text() bool { return f == SVG || f == JSON }

// A Waveform is what is to be written of a recording.
type Waveform struct {
	Space *space.Space
	Peaks *peaks.File
	// From and To are the part that is written.
	From, To time.Duration
	Turns    *space.Turns      // nil for no colours
	Clips    []clip.Provenance // that are marked
	Clock    time.Time         // at position 0, zero when not known

	Format                Format
	Width, Height         int // of pictures
	Dark                  bool
	Letters               *lettering.Set // of a PNG; nil for the program's own font alone
	SamplesPerPixel, Bits int            // of data
}

// Unwritten tells what of the names and titles no font has.
func (w *Waveform) Unwritten() []lettering.Unwritten {
	if w.Format != PNG || w.Letters == nil {
		return nil
	}
	return w.Letters.Unwritten(w.picture().Texts()...)
}

// Span returns the sample frames that are asked for: for data from a whole
// pixel on, so that its values do not depend on where it begins.
func (w *Waveform) Span() (from, to int64) {
	at := func(t time.Duration) int64 {
		return min(w.Peaks.Frames, int64(math.Round(t.Seconds()*float64(w.Peaks.SampleRate))))
	}
	from, to = at(w.From), at(w.To)
	if !w.Format.Drawn() {
		from -= from % int64(w.SamplesPerPixel)
	}
	return from, max(to, from+1)
}

// Name is how a file of the waveform is called; part is set where it is not of
// the whole recording.
func (w *Waveform) Name(part bool) string {
	name := strings.TrimSuffix(path.Base(w.Space.File), path.Ext(w.Space.File))
	if part {
		name += " " + recording.Mark(w.From) + "-" + recording.Mark(w.To)
	}
	return name + "." + string(w.Format)
}

// Write writes the waveform.
func (w *Waveform) Write(out io.Writer) error {
	from, to := w.Span()
	export := peaks.Export{From: from, To: to, SamplesPerPixel: w.SamplesPerPixel, Bits: w.Bits}
	switch w.Format {
	case JSON:
		return peaks.WriteJSON(out, w.Peaks, export)
	case Dat:
		return peaks.WriteDat(out, w.Peaks, export)
	}
	columns, err := w.Peaks.Window(from, to, draw.Columns(w.Width, w.Height))
	if err != nil {
		return err
	}
	p := w.picture()
	p.Peaks = peaks.Mix(columns, w.Peaks.Tracks)
	if w.Format == SVG {
		return draw.SVG(out, p)
	}
	return draw.PNG(out, p)
}

// picture is the picture without its wave.
func (w *Waveform) picture() *draw.Picture {
	return &draw.Picture{
		Width: w.Width, Height: w.Height, Dark: w.Dark, From: w.From, To: w.To,
		Title: w.Space.Title, Turns: w.voices(), Clips: w.marks(), Clock: w.Clock, Letters: w.Letters,
	}
}

// voices are the turns of those who are known: also those outside the window,
// so that everybody has the same colour in each picture of a recording. The
// sign before a name says that the turns are estimated.
func (w *Waveform) voices() []draw.Voice {
	if w.Turns == nil {
		return nil
	}
	var list []draw.Voice
	for _, t := range w.Turns.Turns {
		if t.Handle != "" {
			list = append(list, draw.Voice{From: duration(t.Start), To: duration(t.End), Name: "≈ @" + t.Handle})
		}
	}
	return list
}

// marks are the clips, named where they have a title of their own.
func (w *Waveform) marks() []draw.Clip {
	var list []draw.Clip
	for _, m := range w.Clips {
		c := draw.Clip{From: duration(m.At), To: duration(m.At + m.Length)}
		if m.Title != w.Space.Title {
			c.Name = m.Title
		}
		list = append(list, c)
	}
	return list
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// Text draws the whole of a recording with block characters, in so many columns
// and rows, and a line with times below.
func Text(x *peaks.File, columns, rows int) (string, error) {
	p, err := x.Overview(columns)
	if err != nil {
		return "", err
	}
	seconds := float64(x.Frames) / float64(x.SampleRate)
	middle, end := spell.Length(seconds/2), spell.Length(seconds)
	axis := fmt.Sprintf("%-*s%s", columns/2-len(middle)/2, spell.Position(0), middle)
	axis += fmt.Sprintf("%*s", columns-len(axis), end)
	return strings.Join(peaks.Blocks(p, rows), "\n") + "\n" + axis + "\n", nil
}
