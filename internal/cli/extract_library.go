package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/merge"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// sortLibraries parts the paths that are libraries from those that are archives
// or recordings. A folder of a library is neither: its files are recordings of a
// library already.
func (a *App) sortLibraries(ctx context.Context, paths []string) (libraries, others []string, err error) {
	for _, p := range paths {
		if holdsLibrary(p) {
			libraries = append(libraries, p)
			continue
		}
		on, err := a.librariesOn(ctx, p)
		if err != nil {
			return nil, nil, err
		}
		if len(on) > 0 {
			libraries = append(libraries, on...)
			continue
		}
		if of := libraryAround(p); of != "" {
			return nil, nil, app.Hinted(app.Usage("%s is a folder of the library %s", p, of), "to merge that library into yours: spaces extract "+of)
		}
		others = append(others, p)
	}
	return libraries, others, nil
}

// libraryAround returns the library among whose recordings a folder lies, or "".
func libraryAround(p string) string {
	info, err := os.Stat(p)
	if err != nil || !info.IsDir() {
		return ""
	}
	dir, err := filepath.Abs(p)
	if err != nil {
		return ""
	}
	for {
		up := filepath.Dir(dir)
		if filepath.Base(dir) == layout.Recordings && merge.Is(up) {
			return up
		}
		if up == dir {
			return ""
		}
		dir = up
	}
}

// extractLibraries merges libraries into that of the user.
func (a *App) extractLibraries(ctx context.Context, o extractOptions, dirs []string) error {
	if len(o.titles) > 0 || o.startedAt != "" {
		return app.Usage("--title and --started-at cannot be combined with a library; use spaces edit afterwards")
	}
	var failed error
	for _, dir := range dirs {
		extract := a.extractLibrary
		if !merge.Is(dir) {
			extract = a.extractBackup
		}
		if err := extract(ctx, o, dir); err != nil {
			if ctx.Err() != nil {
				return err
			}
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

func (a *App) extractLibrary(ctx context.Context, o extractOptions, dir string) error {
	if err := merge.Apart(a.Settings.Library, dir); err != nil {
		return mergeError(err, dir)
	}
	other, err := merge.Open(dir, func(text string) { a.Warn("%s: %s", dir, terminal.Safe(text)) })
	if err != nil {
		return mergeError(err, dir)
	}
	defer other.Close()
	lib, done, err := a.mergeInto(ctx, o.dryRun)
	if err != nil {
		return err
	}
	defer done()
	x := &merging{extraction: extraction{Report: intake.Report{DryRun: o.dryRun}, app: a, lib: lib}, dir: dir}
	bar := a.NewBar("merging")
	sum, err := merge.Merge(ctx, lib, other, merge.Options{DryRun: o.dryRun, Wait: a.Settings.LockWait, Now: a.Now, Progress: bar}, x.event)
	bar.Close()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	x.sum = sum
	if err != nil {
		err = mergeError(err, dir)
	}
	if err := errors.Join(err, x.finish(ctx)); err != nil {
		return err
	}
	return x.verdict()
}

// mergeInto opens the library that takes things in. In a dry run it is not
// changed, and made somewhere else where there is none.
func (a *App) mergeInto(ctx context.Context, dryRun bool) (*library.Library, func(), error) {
	o := a.LibraryOptions()
	clean := func() {}
	open := library.OpenWrite
	if dryRun {
		open = library.Open
		if !merge.Is(o.Dir) {
			dir, err := os.MkdirTemp("", "spaces-dry-run-")
			if err != nil {
				return nil, nil, err
			}
			clean = func() { os.RemoveAll(dir) }
			o.Dir, open = dir, library.OpenWrite
		}
	}
	lib, err := open(ctx, o)
	if err != nil {
		clean()
		return nil, nil, err
	}
	if err := a.Opened(lib, nil); err != nil {
		return nil, nil, err
	}
	if !dryRun {
		a.EmptyOld(ctx, lib)
	}
	return lib, func() { lib.Close(); clean() }, nil
}

// mergeError gives what ends a merge its code and hint.
func mergeError(err error, dir string) error {
	switch {
	case errors.Is(err, merge.ErrSame):
		return app.Fail(app.ExitUsage, "same-library", "name another library, or choose yours with --library DIR", err)
	case errors.Is(err, merge.ErrInside):
		return app.Fail(app.ExitUsage, "nested-library", "move one of them, so that neither lies in the other", err)
	case errors.Is(err, library.ErrNewer):
		return app.Fail(app.ExitFailed, "newer", "update spaces: that library was written by a newer version; nothing was merged", err)
	}
	return err
}

// A merging prints what a merge tells.
type merging struct {
	extraction
	dir       string
	sum       merge.Summary
	conflicts []merge.Conflict
}

type conflictLine struct {
	Schema int    `json:"schema"`
	Type   string `json:"type"`
	merge.Conflict
}

type mergeLine struct {
	Schema      int     `json:"schema"`
	Type        string  `json:"type"`
	DryRun      bool    `json:"dry_run"`
	From        string  `json:"from"`
	Library     string  `json:"library"`
	Changed     bool    `json:"changed"`
	Added       int     `json:"added"`
	Updated     int     `json:"updated"`
	Unchanged   int     `json:"unchanged"`
	Removed     int     `json:"removed"`
	Failed      int     `json:"failed"`
	Bytes       int64   `json:"bytes"`
	Duration    float64 `json:"duration"`
	Clips       int     `json:"clips"`
	Episodes    int     `json:"episodes"`
	Transcripts int     `json:"transcripts"`
	Turns       int     `json:"turns"`
	Chapters    int     `json:"chapters"`
	Answers     int     `json:"answers"`
	Receipts    int     `json:"receipts"`
	Made        int     `json:"made"`
	Archives    int     `json:"archives"`
	Forgotten   int     `json:"forgotten"`
	Show        bool    `json:"show"`
	Withheld    int     `json:"withheld"`
	LeftRemoved int     `json:"left_removed"`
	Conflicts   int     `json:"conflicts"`
	Problems    int     `json:"problems"`
}

func (x *merging) event(e merge.Event) {
	var line any
	switch {
	case e.Recording != nil:
		line = recordingLine{"recording", e.Action, *e.Recording}
		if e.Action != intake.Failed {
			x.Add(intake.Event{Recording: e.Recording, Action: e.Action, Was: e.Was})
		}
	case e.Conflict != nil:
		x.conflicts = append(x.conflicts, *e.Conflict)
		line = conflictLine{space.Schema, "conflict", *e.Conflict}
	case e.Problem != nil:
		p := e.Problem
		x.Add(intake.Event{Problem: p, Failed: true})
		line = problemLine{space.Schema, "problem", string(p.Kind), p.Subject, p.Message, p.Hint, true}
	}
	if x.app.Settings.JSON {
		x.err = errors.Join(x.err, app.WriteJSON(x.app.Out, line))
	}
}

func (x *merging) finish(ctx context.Context) error {
	a, s := x.app, &x.sum
	if a.Settings.JSON {
		return errors.Join(x.err, app.WriteJSON(a.Out, mergeLine{space.Schema, "merge", x.DryRun, x.dir, a.Settings.Library, s.Changed(),
			s.Added, s.Updated, s.Unchanged, s.Removed, s.Failed, s.Bytes, s.Seconds, s.Clips, s.Episodes, s.Transcripts, s.Turns, s.Chapters,
			s.Answers, s.Receipts, s.Made, s.Archives, s.Forgotten, s.Show, s.Withheld, s.LeftRemoved, s.Conflicts, s.Problems}))
	}
	var text strings.Builder
	z := spell.Zones{Location: a.Zone}
	t := x.table(ctx, &z)
	fmt.Fprintf(&text, "From the library %s", terminal.Safe(a.Shorten(x.dir)))
	if z.Any() {
		fmt.Fprintf(&text, " · times in %s", z.String())
	}
	fmt.Fprintln(&text)
	t.Write(&text, a.Columns)
	for _, line := range x.lines() {
		fmt.Fprintln(&text, terminal.Safe(line))
	}
	_, err := io.WriteString(a.Out, text.String())
	for _, c := range x.conflicts {
		about := ""
		if c.Recording != "" {
			about = c.Recording + ": "
		}
		fmt.Fprintf(a.Err, "spaces: conflict: %s\n", terminal.SafeLines(about+c.Message))
		if c.Other != "" && c.Kind != merge.OfConsent {
			fmt.Fprintf(a.Err, "spaces: the other: %s\n", terminal.Safe(a.Shorten(c.Other)))
		}
		if hint := conflictHint(c); hint != "" {
			fmt.Fprintf(a.Err, "spaces: hint: %s\n", terminal.Safe(hint))
		}
	}
	x.printProblems()
	return err
}

// conflictHint is what to do where the host wants it otherwise.
func conflictHint(c merge.Conflict) string {
	switch {
	case c.Kind == merge.OfTitle:
		return "to change the title: spaces edit " + c.Recording + " --title \"…\""
	case c.Kind == merge.OfNote:
		return "to change the note: spaces edit " + c.Recording + " --note \"…\""
	case c.Kind == merge.OfTranscript && strings.HasPrefix(c.Other, layout.Removed+"/"):
		return "to use the other one: spaces restore " + strings.TrimPrefix(c.Other, layout.Removed+"/")
	case c.Kind == merge.OfConsent && c.Kept != merge.Both:
		return "if they have changed their mind since, record it: spaces consent set HANDLE granted"
	case c.Kind == merge.OfFeed:
		return "to publish it: spaces episodes publish NAME"
	case c.Kind == merge.OfForgotten:
		return "to take out the name: spaces people forget HANDLE --names"
	}
	return ""
}

// lines say in plain words how it went.
func (x *merging) lines() []string {
	s := &x.sum
	var list, parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	saved, updated := "saved", "updated"
	if x.DryRun {
		saved, updated = "new", "would be updated"
	}
	if s.Added > 0 {
		what := saved + " (" + spell.Size(s.Bytes)
		if !x.DryRun && s.Problems == 0 {
			what += ", every byte verified"
		}
		add(s.Added, what+")")
	}
	add(s.Updated, updated)
	add(s.Unchanged, "already here")
	add(s.Removed, "removed by you")
	add(s.Failed, "failed")
	if len(parts) > 0 {
		list = append(list, strings.Join(parts, " · "))
	}
	if words := s.Words(); words != "" {
		list = append(list, "With them: "+words)
	}
	if s.Removed > 0 {
		list = append(list, "What you removed here stays removed; to bring it back: spaces restore")
	}
	if s.LeftRemoved > 0 {
		list = append(list, spell.Count(s.LeftRemoved, "removed item")+" of the other library stayed there")
	}
	switch {
	case x.DryRun:
		list = append(list, "Nothing was written")
	case !s.Changed() && s.Problems == 0:
		list = append(list, "Nothing has changed: all that could be merged is here")
	}
	return list
}

// verdict is the error that the command ends with.
func (x *merging) verdict() error {
	if x.sum.Problems == 0 {
		return nil
	}
	kind := string(archive.Unreadable)
	for _, p := range x.Problems {
		kind = string(p.Kind)
		break
	}
	if x.sum.Added+x.sum.Updated+x.sum.Unchanged == 0 {
		return app.Fail(app.ExitFailed, kind, "", errors.New("nothing could be merged"))
	}
	return app.Fail(app.ExitPartly, "partly", "the other library still has what could not be merged; run the same command again once the listed problems are fixed",
		fmt.Errorf("%s, listed above; everything else was merged", spell.Count(x.sum.Problems, "problem")))
}
