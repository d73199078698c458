package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/title"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// NameSpaces asks for the titles of those Spaces that have none but their date,
// before something of them is published. The answers are kept as spaces edit
// keeps them. Where nobody can be asked, or nobody answers, it warns, and what
// comes next goes on: a date is a poor title, and scripts have published under it
// since there are feeds. It reports whether a Space has another title now, and so
// perhaps another folder.
func (a *App) NameSpaces(ctx context.Context, lib *library.Library, ids []string, yes bool) (changed bool, err error) {
	in := bufio.NewReader(a.In)
	for _, id := range ids {
		s, err := lib.Load(id)
		if errors.Is(err, library.ErrNotFound) {
			continue // an episode of a recording that was removed
		}
		if err != nil {
			return changed, err
		}
		if s.TitleSource != space.TitleDate {
			continue
		}
		answer := ""
		if a.InTTY && !a.Settings.JSON && !yes {
			when := id
			if !s.StartedAt.IsZero() {
				when = s.StartedAt.In(a.Zone).Format("2 Jan 2006 15:04") + ", " + id
			}
			fmt.Fprintf(a.Err, "The Space of %s has no title. Title (Enter leaves it without): ", when)
			if answer, err = in.ReadString('\n'); err != nil && !errors.Is(err, io.EOF) {
				return changed, err
			}
			if err := ctx.Err(); err != nil {
				return changed, err
			}
		}
		if answer = strings.TrimSpace(answer); answer == "" {
			a.Warn("%s has no title, so it is published under its date. Give it one: spaces edit %[1]s --title \"…\"", id)
			continue
		}
		if err := a.retitle(ctx, id, answer); err != nil {
			return changed, err
		}
		changed = true
	}
	return changed, nil
}

// retitle keeps a title as the host's own.
func (a *App) retitle(ctx context.Context, id, text string) error {
	lib, err := a.OpenLibraryWrite(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	r, err := lib.Edit(ctx, id, library.Edit{Title: &text})
	if err == nil {
		a.Say("%s is now %q", id, terminal.Safe(r.Title))
	}
	return err
}

// RenameEpisodes gives episodes that were exported while their Space had no title
// the one that it has by now, in their records. The tags in their audio stay as
// they were made.
func (a *App) RenameEpisodes(lib *library.Library, list []*feed.Episode) error {
	for _, e := range list {
		if e.Title != "" && e.Title != title.Dated(e.ID, e.Date.Time) {
			continue
		}
		s, err := lib.Load(e.ID)
		if errors.Is(err, library.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if s.TitleSource == space.TitleDate || s.Title == "" || s.Title == e.Title {
			continue
		}
		if err := episode.Relist(lib.Root(), e.Sidecar, "", episode.Relisting{Title: &s.Title}); err != nil {
			return err
		}
		e.Title = s.Title
		a.Say("%s is published as %q. The tags in the file keep the old title until you export it again: spaces export %s --force", e.File, terminal.Safe(s.Title), e.ID)
	}
	return nil
}

// Untitled lists the Spaces of episodes that have no title but a date.
func Untitled(list []*feed.Episode) (ids []string) {
	for _, e := range list {
		if e.Title == "" || e.Title == title.Dated(e.ID, e.Date.Time) {
			ids = append(ids, e.ID)
		}
	}
	return ids
}
