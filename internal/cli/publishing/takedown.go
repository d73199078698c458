package publishing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/publish/withdrawal"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// takeDown runs upload --feed --take-down.
func (a *App) takeDown(ctx context.Context, g *gatherer, t *named.Target) error {
	ledger, err := a.OpenLedger(g.Library)
	if err != nil {
		return err
	}
	defer ledger.Close()
	finder, err := withdrawal.NewFinder(ctx, g.Library, ledger, a.Now)
	if err != nil {
		return err
	}
	show, err := feed.Load(g.Library.Root(), g.Show)
	if err != nil {
		return app.ShowError(g.Library, err)
	}
	down, err := finder.NewTakeDown(show, g.s.Target.Place(), func(e *feed.Episode) error { return g.MayPublish(ctx, e) })
	if err != nil {
		return err
	}
	for _, r := range down.Refused {
		a.Warn("%s does not replace the removed episode: %v", r.Episode.File, r.Err)
	}
	episodes, err := g.feed(ctx, down)
	if err != nil {
		return err
	}
	down.Send(episodes, g.List)
	gone, replaced, err := down.Plan()
	if err != nil {
		return err
	}
	stale, err := down.Stale(g.List)
	if err != nil {
		return err
	}
	replaced = append(replaced, stale...)
	if len(gone)+len(replaced) == 0 {
		a.Say("According to the receipts, nothing at %s has the voice of a person who withdrew", terminal.Safe(g.s.Target.Place()))
		return nil
	}
	if err := g.agreeToTakeDown(ctx, gone, replaced); err != nil || g.o.dryRun {
		return err
	}
	if err := down.Publish(); err != nil {
		return err
	}
	events := &uploadEvents{a: a, s: g.s, t: t, many: true}
	g.s.Events, a.OnRetry = events, events.retried
	sum, err := g.s.Send(ctx, g.List)
	events.close()
	if err != nil {
		return err
	}
	gone, kept, err := down.Plan()
	if err != nil {
		return err
	}
	left, err := g.remove(ctx, t, append(gone, kept...)) // what could not be replaced goes too
	if err != nil {
		return app.UploadError(err, t)
	}
	if left > 0 {
		return app.Fail(app.ExitPartly, "not-removed", "the next run tries again; or remove the remaining objects there yourself", fmt.Errorf("%s could not be removed from %s", spell.Count(left, "file"), g.s.Target.Place()))
	}
	return events.finish(sum, len(g.List))
}

// agreeToTakeDown lists what is going to happen, and asks.
func (g *gatherer) agreeToTakeDown(ctx context.Context, gone, replaced []*publish.Receipt) error {
	a := g.a
	for _, list := range []struct {
		word     string
		receipts []*publish.Receipt
	}{{"removed", gone}, {"replaced", replaced}} {
		for _, r := range list.receipts {
			if a.Settings.JSON {
				if g.o.dryRun {
					if err := app.WriteJSON(a.Out, takenDownLine{space.Schema, "planned-" + list.word, r.Object, r.ID, r.URL, nil}); err != nil {
						return err
					}
				}
				continue
			}
			where := cmp.Or(r.URL, strings.TrimSuffix(r.Place, "/")+"/"+r.Object)
			if g.o.dryRun {
				if _, err := fmt.Fprintf(a.Out, "%s  would be %s\n", terminal.Safe(where), list.word); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(a.Err, "  %s  will be %s\n", terminal.Safe(where), list.word)
		}
	}
	if g.o.yes || g.o.dryRun {
		return nil
	}
	if !a.InTTY || a.Settings.JSON {
		return app.Fail(app.ExitUsage, "not-agreed", "--yes does not ask; --dry-run lists what would be taken down", errors.New("cannot ask: standard input is not a terminal"))
	}
	yes, err := a.Confirm(ctx, "Take this down? Subscribers and caches keep their copies.")
	if err == nil && !yes {
		err = app.Fail(app.ExitUsage, "not-agreed", "", errors.New("nothing was taken down"))
	}
	return err
}

// A takenDownLine is a line of JSON about an object that is taken down.
type takenDownLine struct {
	Schema int            `json:"schema"`
	Type   string         `json:"type"`
	Object string         `json:"object"`
	ID     string         `json:"id,omitempty"`
	URL    string         `json:"url,omitempty"`
	Error  *app.JSONError `json:"error,omitempty"`
}

// remove removes objects, and returns how many are left.
func (g *gatherer) remove(ctx context.Context, t *named.Target, gone []*publish.Receipt) (left int, err error) {
	a := g.a
	var werr error
	err = g.s.TakeDown(ctx, gone, func(r *publish.Receipt, became publish.Removal, err error) {
		var f *app.Failure
		if err != nil {
			left++
			f = app.Classify(app.UploadError(err, t))
			f.Err = fmt.Errorf("%s: %w", r.Object, f.Err)
			if became == publish.Left {
				f.Hint = "it was not removed, because it is not the file that was sent; check it"
			}
		}
		switch {
		case a.Settings.JSON:
			l := takenDownLine{space.Schema, string(became), r.Object, r.ID, r.URL, nil}
			if f != nil {
				j := f.JSON()
				l.Error = &j
			}
			werr = errors.Join(werr, app.WriteJSON(a.Out, l))
		case f != nil:
			werr = errors.Join(werr, a.PrintFailureOf(r.ID, f))
		default:
			_, err := fmt.Fprintf(a.Out, "%s  %s\n", terminal.Safe(r.Object), map[publish.Removal]string{publish.Removed: "removed", publish.Gone: "already gone"}[became])
			werr = errors.Join(werr, err)
		}
	})
	return left, errors.Join(err, werr)
}
