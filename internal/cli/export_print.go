package cli

import (
	"fmt"
	"math"
	"path/filepath"

	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// printExported tells of an episode: what was measured before and after.
func (a *App) printExported(r *episode.Result, verbose bool) error {
	if a.Settings.JSON {
		remarks := r.Notes
		if remarks == nil {
			remarks = []string{}
		}
		return app.WriteJSON(a.Out, exported{r.Record, r.Path, r.Status, remarks})
	}
	text := fmt.Sprintf("%s  %s  %s", terminal.Safe(a.Shorten(r.Path)), spell.Length(r.Duration), spell.Size(r.Bytes))
	how := "not re-encoded"
	if r.ReEncoded {
		how = "re-encoded"
	}
	if r.Status == episode.Done {
		how = "(already there, " + how + ")"
	}
	text += "  " + how
	if r.Before != nil && r.After != nil {
		text += fmt.Sprintf("\n  LUFS %s → %s · range %s → %s LU · true peak %s → %s",
			levelOf(r.Before.Integrated), levelOf(r.After.Integrated), levelOf(r.Before.Range), levelOf(r.After.Range),
			truePeak(r.Before, r.After), truePeak(r.After, nil))
	}
	if verbose && r.Gain != nil {
		text += "\n  " + gained(r.Gain) + "\n  levels after it computed from the decoded recording and the gains"
	}
	if len(r.Omitted) > 0 {
		text += "\n  " + omitted(r.Omitted)
	}
	if r.ChapterDraft != "" {
		text += "\n  " + proposal(a.Shorten(filepath.Join(filepath.Dir(r.Path), r.ChapterDraft)), r)
	}
	if _, err := fmt.Fprintln(a.Out, text); err != nil {
		return err
	}
	for _, n := range r.Notes {
		a.Warn("%s: %s", terminal.Safe(r.File), n)
	}
	if r.MissedLoudness() && r.Intro == nil && r.Outro == nil {
		a.Say("spaces: hint: %s", missedHint(*r.After.Integrated))
	}
	return nil
}

// missedHint says what to do where a loudness was not reached.
func missedHint(reached float64) string {
	const least = -40 // that --loudness takes
	if next := math.Floor(reached); next >= least {
		return fmt.Sprintf("ask for a loudness that can be reached: --loudness %.0f", next)
	}
	return "keep the level as it is: --loudness off"
}

// gained says how the gains of sound were changed that was not re-encoded.
func gained(s *clips.Shift) string {
	text := raisedBy(s)
	if s.Changes == 0 {
		return text + " throughout"
	}
	text += fmt.Sprintf(" · %s, %d of them in loud sound", spell.Count(s.Changes, "change"), s.LoudChanges)
	if s.Damage == nil {
		return text + " · no noise added"
	}
	text += fmt.Sprintf(" · added noise %.0f dB below the sound", *s.Damage)
	if s.Worst != nil {
		text += fmt.Sprintf(", %.0f dB at the worst change", *s.Worst)
	}
	return text
}

// raisedBy says by how much gains were changed.
func raisedBy(s *clips.Shift) string {
	if s.Least == s.Most {
		return fmt.Sprintf("gain %+.1f dB", s.Least)
	}
	return fmt.Sprintf("gain %+.1f to %+.1f dB", s.Least, s.Most)
}

// truePeak is the true peak of l. The unit is left out where next, which comes
// after it, gives it.
func truePeak(l, next *episode.Levels) string {
	switch {
	case l.TruePeakAtLeast && next != nil && !next.TruePeakAtLeast:
		return "0 or more"
	case l.TruePeakAtLeast:
		return "0 dBTP or more"
	case next != nil && !next.TruePeakAtLeast:
		return levelOf(l.TruePeak)
	}
	return levelOf(l.TruePeak) + " dBTP"
}

func levelOf(v *float64) string {
	if v == nil {
		return "–"
	}
	return fmt.Sprintf("%.1f", *v)
}
