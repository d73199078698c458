package cli

import (
	"cmp"
	"fmt"
	"math"

	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/lettering"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// clipJSON is a line of output. What is not known of a failed clip is null.
type clipJSON struct {
	Schema    int             `json:"schema"`
	Line      int             `json:"line,omitempty"`
	Recording string          `json:"recording"`
	At        *float64        `json:"at"`
	Length    *float64        `json:"length"`
	Start     *int64          `json:"start"`
	Samples   *int64          `json:"samples"`
	Frames    bool            `json:"whole_frames,omitempty"`
	Shortened bool            `json:"shortened,omitempty"`
	Quote     string          `json:"quote,omitempty"`
	Words     *wordsJSON      `json:"words,omitempty"`
	Format    *format.Format  `json:"format"`
	File      *string         `json:"file"`
	Captions  string          `json:"captions,omitempty"`
	Bytes     *int64          `json:"bytes"`
	SHA256    *string         `json:"sha256"`
	Lossless  *bool           `json:"lossless"`
	Gain      *clips.Shift    `json:"gain,omitempty"`
	After     *clips.Loudness `json:"after,omitempty"`
	Status    clips.Status    `json:"status"`
	// ConsentMissing are the handles of those who have not agreed.
	ConsentMissing []string            `json:"consent_missing,omitempty"`
	Omitted        []recording.Omitted `json:"omitted,omitempty"`
	// Unwritten is what no font has, of all that a video says.
	Unwritten []lettering.Unwritten `json:"unwritten,omitempty"`
	Error     *clipFailure          `json:"error,omitempty"`
}

type clipFailure struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// printLine tells of a clip. If the clip itself went to standard output, that
// takes nothing else.
func (c *clipper) printLine(line int, r clips.Result, missing []string, s *saying) error {
	if r.Unnoted != nil {
		c.app.Warn("the library could not record this file, so it may not be possible to prove its origin later: %v", r.Unnoted)
	}
	c.warnLevels(r)
	if c.app.Settings.JSON {
		v := clipJSON{Schema: clips.Schema, Line: line, Recording: r.Recording, At: &r.At, Length: &r.Length, Start: &r.Start,
			Samples: &r.Samples, Frames: r.WholeFrames, Shortened: r.Shortened, Format: &r.Format, File: &r.File, Captions: r.Captions, Lossless: &r.Lossless, Gain: r.Gain, After: r.After, Status: r.Status, ConsentMissing: missing, Omitted: r.Omitted, Unwritten: c.films.unwritten(r)}
		if s != nil {
			v.Quote, v.Words = s.quote, s.json(r)
		}
		if r.Status != clips.Planned {
			v.Bytes, v.SHA256 = &r.Bytes, &r.SHA256
		}
		return app.WriteJSON(c.app.Out, v)
	}
	w, name := c.app.Out, terminal.Safe(c.app.Shorten(r.File))
	if c.o.output == "-" {
		w, name = c.app.Err, "standard output"
		if c.app.Settings.Quiet {
			return nil
		}
	}
	text := fmt.Sprintf("%s  %s s from %s", name, decimal(math.Round(1000*r.Length)/1000), spell.Moment(r.At))
	if r.Status != clips.Planned {
		text += "  " + spell.Size(r.Bytes)
	}
	if r.Captions != "" {
		text += "  with captions"
	}
	switch {
	case !r.Lossless:
		text += "  re-encoded"
	case r.Gain != nil:
		text += "  " + raisedBy(r.Gain)
	}
	if r.After != nil && r.After.Integrated != nil {
		text += fmt.Sprintf("  %.1f LUFS", *r.After.Integrated)
	}
	if r.WholeFrames {
		text += "  on whole frames"
	}
	switch {
	case r.Late:
		text += "  shortened: the recording starts there"
	case r.Shortened:
		text += "  shortened: the recording ends there"
	}
	switch r.Status {
	case clips.Done:
		text += "  (already there)"
	case clips.Planned:
		text += "  (not written)"
	}
	if s != nil {
		text += s.text()
	}
	if line := c.leftOut(r); line != "" {
		text += "\n  " + line
	}
	_, err := fmt.Fprintln(w, text)
	return err
}

// warnLevels says why the levels of a clip are not those that were asked for.
func (c *clipper) warnLevels(r clips.Result) {
	name := cmp.Or(c.app.Shorten(r.File), "standard output")
	if a := r.After; a != nil {
		switch a.Limit {
		case clips.LimitSilence:
			why := "the sound is silent"
			if a.TruePeak != nil {
				why = "the sound has less than 0.4 s above -70 LUFS"
			}
			c.app.Warn("%s: %s: its loudness was not changed", name, why)
		case clips.LimitGain:
			c.app.Warn("%s: the loudness is %.1f LUFS, not %.1f: the gain is limited to %.0f dB", name, *a.Integrated, r.Target, clips.MaxGain)
		case clips.LimitPeaks:
			next := " (try --level)"
			if c.o.level {
				next = ""
			}
			c.app.Warn("%s: the loudness is %.1f LUFS, not %.1f: its peaks allow no more%s", name, *a.Integrated, r.Target, next)
		}
	}
	if r.Even {
		c.app.Warn("%s: --level changed nothing: the speakers in the clip are about equally loud, or only one is known", name)
	}
}

// leftOut says what was left out of a clip.
func (c *clipper) leftOut(r clips.Result) string {
	c.omitMu.Lock()
	defer c.omitMu.Unlock()
	if o := c.omits[r.Recording]; o != nil {
		return o.text(recording.Span{Start: r.Start, Samples: r.Samples})
	}
	return ""
}

// omission finds what is left out of a recording with --consented-only.
func (c *clipper) omission(r *recording.Recording) (*omission, error) {
	c.omitMu.Lock()
	defer c.omitMu.Unlock()
	if o := c.omits[r.Space.ID]; o != nil {
		return o, nil
	}
	o, err := c.o.omit.omission(c.gate, consent.Clipping, r)
	if err == nil {
		c.omits[r.Space.ID] = o
	}
	return o, err
}

// printFailed tells of a clip that could not be cut.
func (c *clipper) printFailed(l clips.Line, err error) error {
	f := app.Classify(err)
	if c.app.Settings.JSON {
		return app.WriteJSON(c.app.Out, clipJSON{Schema: clips.Schema, Line: l.Number, Recording: l.Recording, Status: clips.Failed,
			Error: &clipFailure{f.Kind, f.Error(), f.Hint}})
	}
	where := "clip at " + l.At
	if l.Number > 0 {
		where = fmt.Sprintf("line %d", l.Number)
	}
	text := fmt.Sprintf("spaces: error: %s: %s", where, terminal.SafeLines(f.Error()))
	if f.Hint != "" {
		text += "\nspaces: hint: " + terminal.Safe(f.Hint)
	}
	_, werr := fmt.Fprintln(c.app.Err, text)
	return werr
}
