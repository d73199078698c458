package app

import (
	"context"
	"fmt"
	"os"

	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/stream"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// ProgressJSON is the value of --progress that writes lines for programs.
const ProgressJSON = "json"

// progressLine is a line of --progress json.
type progressLine struct {
	Schema      int      `json:"schema"`
	Type        string   `json:"type"` // "progress"
	Job         string   `json:"job"`
	Phase       string   `json:"phase"`
	Done        int64    `json:"done"` // of the phase
	Total       int64    `json:"total"`
	Share       float64  `json:"share"`        // of the job, from 0 to 1
	SecondsLeft *float64 `json:"seconds_left"` // null while it is not known
}

// NewBar returns a bar for a job on stderr, if somebody watches it and wants it,
// or one that writes lines of JSON there.
func (a *App) NewBar(what string, phases ...stream.Phase) *terminal.Bar {
	width := func() int {
		if f, ok := a.Err.(*os.File); ok {
			return terminal.Columns(f)
		}
		return a.Columns
	}
	if a.Settings.Progress == ProgressJSON {
		return terminal.NewBar(a.Err, width, a.Now, what, phases...).Report(func(s terminal.State) {
			line := progressLine{space.Schema, "progress", s.Job, s.Phase, s.Done, s.Total, s.Share, nil}
			if left := s.Left.Seconds(); left >= 0 {
				line.SecondsLeft = &left
			}
			WriteJSON(a.Err, line)
		})
	}
	if !a.ErrTTY || a.Settings.NoProgress || a.Settings.Quiet || a.Settings.Progress == terminal.Never {
		return nil
	}
	return terminal.NewBar(a.Err, width, a.Now, what, phases...)
}

// EachSpace makes something of each of several Spaces, with one bar for all of
// them, and prints it. A Space that fails does not stop the others; with one
// Space its error is that of the command. unable says what could not be done.
func (a *App) EachSpace(ctx context.Context, what string, rows []catalog.Row, phases []stream.Phase,
	kind, unable string, work func(row catalog.Row, p stream.Progress) (print func() error, err error)) error {
	job := func(i int) stream.Job {
		if len(rows) == 1 {
			return stream.Job{}
		}
		return stream.Job{Name: fmt.Sprintf("%d of %d", i+1, len(rows))}
	}
	var all []stream.Phase
	for i, row := range rows {
		for _, p := range phases {
			all = append(all, stream.Phase{Name: job(i).PhaseName(p.Name), Weight: p.Weight * max(1, row.Duration)})
		}
	}
	bar := a.NewBar(what, all...)
	defer bar.Close()
	var failures []*Failure
	for i, row := range rows {
		print, err := work(row, stream.Job{Progress: bar, Name: job(i).Name})
		bar.Close() // for the lines that follow
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && len(rows) == 1:
			return err
		case err != nil:
			f := Classify(err)
			failures = append(failures, f)
			err = a.PrintFailureOf(row.ID, f)
		default:
			err = print()
		}
		if err != nil {
			return err
		}
	}
	if len(failures) == 0 {
		return nil
	}
	code := ExitPartly
	if len(failures) == len(rows) {
		code = failures[0].Code
		for _, f := range failures {
			if f.Code != code {
				code = ExitFailed
			}
		}
	}
	return Fail(code, kind, "", fmt.Errorf("%d of %s could not be %s", len(failures), spell.Count(len(rows), "Space"), unable))
}
