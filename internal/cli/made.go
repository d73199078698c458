package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// A madeItem is a clip or an episode in the library.
type madeItem struct {
	kind   removed.Kind
	id     string // of the Space
	folder string // of the Space, below the library
	file   string // the audio
	title  string
	line   any // of JSON
}

// dir is the folder that the audio lies in, below the library.
func (m *madeItem) dir() string {
	if m.kind == removed.Episode {
		return path.Join(m.folder, layout.Episodes)
	}
	return path.Join(m.folder, layout.Clips)
}

// path is that of the audio, absolute.
func (m *madeItem) path(lib *library.Library) string { return lib.Path(path.Join(m.dir(), m.file)) }

// files are the names of all that belongs to it.
func (m *madeItem) files(lib *library.Library) ([]string, error) {
	if m.kind == removed.Episode {
		return episode.Files(lib.Root(), m.dir(), m.file)
	}
	return clips.Files(lib.Root(), m.dir(), m.file), nil
}

// putAside moves it to what can be restored.
func (m *madeItem) putAside(lib *library.Library) (*removed.Item, error) {
	if m.kind == removed.Episode {
		return episode.PutAside(lib.Root(), m.id, m.folder, m.file, "episodes remove")
	}
	return clips.PutAside(lib.Root(), m.id, m.folder, m.file, "clips remove")
}

// listMade lists the clips or the episodes of a library, and the records that
// cannot be read.
func (a *App) listMade(ctx context.Context, lib *library.Library, kind removed.Kind) ([]madeItem, []error, error) {
	if kind == removed.Episode {
		list, broken, err := listEpisodeItems(ctx, lib)
		return list, asErrors(broken), err
	}
	return listClips(ctx, lib, "")
}

// asErrors are errors of one kind as such.
func asErrors[E error](list []E) (errs []error) {
	for _, err := range list {
		errs = append(errs, err)
	}
	return errs
}

// chooseMade finds the one clip or episode that a word means: by the name of its
// file, with or without the extension; by its Space, if that has one alone; or by
// a part of its name or title.
func (a *App) chooseMade(ctx context.Context, lib *library.Library, kind removed.Kind, word string) (*madeItem, error) {
	all, broken, err := a.listMade(ctx, lib, kind)
	if err != nil {
		return nil, err
	}
	base := filepath.Base(word)
	found := matching(all, func(m *madeItem) bool {
		return m.file == base || strings.TrimSuffix(m.file, path.Ext(m.file)) == base
	})
	if len(found) == 0 {
		row, err := app.ResolveOne(ctx, a.App, lib, word, false)
		if err != nil && !errors.Is(err, library.ErrNotFound) && len(all) > 0 && app.Classify(err).Code != app.ExitUsage {
			return nil, err
		}
		if err == nil {
			found = matching(all, func(m *madeItem) bool { return m.id == row.ID })
		}
	}
	if len(found) == 0 {
		part := strings.ToLower(word)
		found = matching(all, func(m *madeItem) bool {
			return strings.Contains(strings.ToLower(m.file), part) || strings.Contains(strings.ToLower(m.title), part)
		})
	}
	switch len(found) {
	case 0:
		for _, err := range broken {
			a.PrintFailure(err) // it may be meant
		}
		return nil, app.Fail(app.ExitNotFound, "no-such-"+string(kind), fmt.Sprintf("list all: spaces %ss", kind), fmt.Errorf("no %s named %q", kind, word))
	case 1:
		return &found[0], nil
	}
	var b strings.Builder
	for _, m := range found[:min(len(found), 10)] {
		fmt.Fprintf(&b, "\n  %s  %s", m.id, terminal.Safe(m.file))
	}
	return nil, app.Fail(app.ExitUsage, "ambiguous", "name one file", fmt.Errorf("%q can mean %d %ss:%s", word, len(found), kind, b.String()))
}

// isMissing reports whether a file of the library is gone.
func isMissing(name string) bool {
	_, err := os.Stat(name)
	return errors.Is(err, fs.ErrNotExist)
}

func matching(list []madeItem, means func(*madeItem) bool) (found []madeItem) {
	for _, m := range list {
		if means(&m) {
			found = append(found, m)
		}
	}
	return found
}

// completeMade completes the names of clips or episodes.
func completeMade(a *App, kind removed.Kind) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, toComplete string) ([]string, cobra.ShellCompDirective) {
		return a.CompleteFrom(cmd, func(lib *library.Library, add func(word, about string)) error {
			all, _, err := a.listMade(cmd.Context(), lib, kind)
			for _, m := range all {
				if strings.HasPrefix(m.file, toComplete) {
					add(m.file, terminal.Safe(m.title))
				}
			}
			return err
		})
	}
}

// addMade adds the commands that clips and episodes have alike.
func addMade(a *App, cmd *cobra.Command, kind removed.Kind, show func(lib *library.Library, m *madeItem) error) {
	word, noun := strings.ToUpper(string(kind)), string(kind)
	about := fmt.Sprintf("\n%s is the name of its file, a part of it, or the Space if that has only one.", word)
	status := manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or a name can mean several " + noun + "s", app.ExitNotFound: "no such " + noun})
	with := func(ctx context.Context, name string, do func(lib *library.Library, m *madeItem) error) error {
		lib, err := a.OpenLibrary(ctx)
		if err != nil {
			return err
		}
		defer lib.Close()
		m, err := a.chooseMade(ctx, lib, kind, name)
		if err != nil {
			return err
		}
		return do(lib, m)
	}
	add := func(c *cobra.Command) {
		c.Annotations, c.ValidArgsFunction = status, completeMade(a, kind)
		cmd.AddCommand(c)
	}
	article := map[removed.Kind]string{removed.Clip: "a ", removed.Episode: "an "}[kind] + noun
	add(&cobra.Command{
		Use: "show " + word, Short: "Show the details of " + article, Long: "Show the details of " + article + "." + about,
		Example: fmt.Sprintf("  %s show latest", "spaces "+cmd.Name()), Args: app.Takes(1, 1),
		RunE: func(c *cobra.Command, args []string) error { return with(c.Context(), args[0], show) },
	})
	var printOnly bool
	open := &cobra.Command{
		Example: fmt.Sprintf("  %s open latest", "spaces "+cmd.Name()), Use: "open " + word, Short: "Play " + article + " with the system's player", Long: "Play " + article + " with the system's player." + about,
		Args: app.Takes(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return with(c.Context(), args[0], func(lib *library.Library, m *madeItem) error {
				if a.Settings.JSON {
					if err := app.WriteJSON(a.Out, m.line); err != nil || printOnly {
						return err
					}
				} else if printOnly {
					_, err := fmt.Fprintln(a.Out, m.path(lib))
					return err
				}
				if isMissing(m.path(lib)) {
					return app.Fail(app.ExitNotFound, "missing", "find missing files: spaces verify", fmt.Errorf("the file %s is missing", m.path(lib)))
				}
				return a.Start(m.path(lib))
			})
		},
	}
	open.Flags().BoolVar(&printOnly, "print", false, "print the path and open nothing")
	add(open)
	add(&cobra.Command{
		Example: fmt.Sprintf("  %s rename latest the-best-of-it", "spaces "+cmd.Name()), Use: "rename " + word + " NAME", Short: "Give " + article + " another name",
		Long: "Give " + article + " another name. The files that belong to it are renamed too. The extension stays." + about, Args: app.Takes(2, 2),
		RunE: func(c *cobra.Command, args []string) error {
			return with(c.Context(), args[0], func(lib *library.Library, m *madeItem) error { return a.renameMade(c.Context(), lib, m, args[1]) })
		},
	})
	var dryRun bool
	remove := &cobra.Command{
		Example: fmt.Sprintf("  %s remove latest\n  spaces restore latest", "spaces "+cmd.Name()), Use: "remove " + word + "...", Short: "Remove " + noun + "s; spaces restore brings them back",
		Long: "Remove " + noun + "s with the files that belong to them. spaces restore can bring them back for 30 days." + about,
		Args: app.Takes(1, -1),
		RunE: func(c *cobra.Command, args []string) error { return a.removeMade(c.Context(), kind, args, dryRun) },
	}
	remove.Flags().BoolVar(&dryRun, "dry-run", false, "list the files and remove nothing")
	add(remove)
}

// removeMade removes clips or episodes. What the words mean is found before
// anything goes.
func (a *App) removeMade(ctx context.Context, kind removed.Kind, words []string, dryRun bool) error {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	if !dryRun {
		if _, err := lib.Store().Finish(false); err != nil {
			return err
		}
	}
	var list []*madeItem
	seen := make(map[string]bool)
	for _, word := range words {
		m, err := a.chooseMade(ctx, lib, kind, word)
		if err != nil {
			return err
		}
		if name := m.path(lib); !seen[name] {
			seen[name] = true
			list = append(list, m)
		}
	}
	for _, m := range list {
		if dryRun {
			files, err := m.files(lib)
			if err != nil {
				return err
			}
			if a.Settings.JSON {
				if err := app.WriteJSON(a.Out, m.line); err != nil {
					return err
				}
				continue
			}
			for _, f := range files {
				fmt.Fprintln(a.Out, terminal.Safe(f))
			}
			continue
		}
		it, err := m.putAside(lib)
		if err != nil {
			return err
		}
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, newRemovedLine(it, false)); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(a.Out, "Removed %s\n", terminal.Safe(m.file))
		a.Say("To bring it back: spaces restore %s", app.Quoted(m.file))
	}
	return nil
}

// renameMade gives a clip or an episode another name.
func (a *App) renameMade(ctx context.Context, lib *library.Library, m *madeItem, name string) error {
	rename := clips.Rename
	if m.kind == removed.Episode {
		rename = episode.Rename
	}
	renamed, err := rename(lib.Root(), m.dir(), m.file, name)
	var asked *recording.Problem
	if errors.As(err, &asked) && asked.Kind == clips.BadRequest {
		return app.Hinted(app.Usage("%s", asked.Message), app.ProblemHint(asked))
	}
	if err != nil {
		return err
	}
	if renamed == m.file {
		return writeMade(a, m)
	}
	if a.Settings.JSON {
		all, _, err := a.listMade(ctx, lib, m.kind)
		if err != nil {
			return err
		}
		// Files of other Spaces may have that name too.
		i := slices.IndexFunc(all, func(it madeItem) bool { return it.id == m.id && it.file == renamed })
		if i < 0 {
			return fmt.Errorf("%s: %w", renamed, fs.ErrNotExist)
		}
		return app.WriteJSON(a.Out, all[i].line)
	}
	_, err = fmt.Fprintf(a.Out, "Renamed %s to %s\n", terminal.Safe(m.file), terminal.Safe(renamed))
	return err
}

// writeMade tells of a clip or an episode that stays as it is.
func writeMade(a *App, m *madeItem) error {
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, m.line)
	}
	_, err := fmt.Fprintf(a.Out, "%s has that name already\n", terminal.Safe(m.file))
	return err
}

// A shown is a Space as show writes it in JSON.
type shown struct {
	space.Space
	Turns    *space.Turns `json:"turns,omitempty"`
	Clips    []any        `json:"clips"`
	Episodes []any        `json:"episodes"`
	Said     *shownSaid   `json:"transcript,omitempty"`
	// Chapters are those that the host has edited.
	Chapters []chapters.Chapter `json:"chapters,omitempty"`
}

// lines are those of JSON about clips or episodes.
func lines(list []madeItem) []any {
	all := []any{}
	for _, m := range list {
		all = append(all, m.line)
	}
	return all
}

// showMade lists the clips and episodes of a Space.
func (a *App) showMade(cut, exported []madeItem) error {
	var b strings.Builder
	if len(cut) > 0 {
		b.WriteString("Clips\n")
		t := a.Table(terminal.Column{Right: true}, terminal.Column{Right: true})
		for _, m := range cut {
			c := m.line.(clipLine)
			t.Add("  "+spell.Length(c.At), spell.Length(c.Length), m.file+lost(c.Missing))
		}
		t.Write(&b, 0)
	}
	if len(exported) > 0 {
		b.WriteString("Episodes\n")
		t := a.Table(terminal.Column{Right: true})
		for _, m := range exported {
			e := m.line.(episodeLine)
			t.Add("  "+spell.Length(e.Duration), map[bool]string{true: "published", false: "not published"}[e.Published], m.file+lost(e.Missing))
		}
		t.Write(&b, 0)
	}
	_, err := fmt.Fprint(a.Out, b.String())
	return err
}

// lost says beside the name of a file that it is missing.
func lost(missing bool) string {
	if missing {
		return "  (missing)"
	}
	return ""
}
