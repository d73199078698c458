package cli

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/publish"
)

// A takeDown removes from a target what people have withdrawn from. An episode
// that was made without them takes the place of the one in which they are heard;
// nothing else is added to the feed.
type takeDown struct {
	w        *withdrawal
	stays    map[string]bool // records of the episodes that the feed is going to have
	replaces map[string]bool // those of them that take the place of another
	unfit    map[string]bool // records of those in which somebody is heard who has withdrawn
	keep     map[string]bool // objects that the feed and its episodes need
}

// chooser is what feed.Choose is given; without a take-down it is nil, or what
// is published.
func (d *takeDown) chooser() func(*feed.Episode) bool {
	if d == nil {
		return func(e *feed.Episode) bool { return e.IsPublished() }
	}
	return func(e *feed.Episode) bool { return d.stays[e.Sidecar] }
}

// sends reports whether an episode of the feed is to be sent: in a take-down
// those that are there already are left alone.
func (d *takeDown) sends(e *feed.Episode) bool {
	if d == nil {
		return true
	}
	for _, name := range append(e.Files(), e.Page(), e.Wave(), e.WaveDark()) {
		d.keep[name] = true
	}
	return d.replaces[e.Sidecar]
}

// takeDown runs upload --feed --take-down.
func (a *App) takeDown(ctx context.Context, g *gatherer, t *targetConfig) error {
	ledger, err := a.openLedger(g.lib)
	if err != nil {
		return err
	}
	defer ledger.Close()
	d := &takeDown{stays: map[string]bool{}, replaces: map[string]bool{}, unfit: map[string]bool{}, keep: map[string]bool{}}
	if d.w, err = a.newWithdrawal(ctx, g.lib, g.root, ledger); err != nil {
		return err
	}
	g.down = d
	all, err := feed.List(ctx, g.root)
	if err != nil {
		return err
	}
	if err := d.choose(ctx, g, all); err != nil {
		return err
	}
	items, err := g.gather(ctx)
	if err != nil {
		return err
	}
	for _, it := range items {
		it.Replace, d.keep[it.Name] = true, true
	}
	gone, replaced, err := d.plan(g)
	if err != nil {
		return err
	}
	stale, err := d.stale(ctx, g, items)
	if err != nil {
		return err
	}
	replaced = append(replaced, stale...)
	if len(gone)+len(replaced) == 0 {
		a.say("nothing at %s holds the voice of somebody who has withdrawn, by the receipts", safe(g.s.Target.Place()))
		return nil
	}
	if err := d.agree(ctx, g, gone, replaced); err != nil || g.o.dryRun {
		return err
	}
	for _, e := range all {
		if d.replaces[e.Sidecar] != e.IsPublished() && (d.replaces[e.Sidecar] || d.unfit[e.Sidecar]) {
			if err := episode.SetPublished(g.root, e.Sidecar, d.replaces[e.Sidecar]); err != nil {
				return err
			}
		}
	}
	events := &uploadEvents{a: a, s: g.s, t: t, many: true}
	g.s.Events, a.uploading = events, events
	sum, err := g.s.Send(ctx, items)
	events.close()
	if err != nil {
		return err
	}
	gone, kept, err := d.plan(g)
	if err != nil {
		return err
	}
	left, err := d.remove(ctx, g, t, append(gone, kept...)) // what could not be replaced goes too
	if err != nil {
		return uploadError(err, t)
	}
	if left > 0 {
		return &failure{exitPartly, "not-removed", "look at what is left, and remove it there yourself; the next run tries again", fmt.Errorf("%s could not be removed from %s", count(left, "file"), g.s.Target.Place())}
	}
	return events.finish(sum, len(items))
}

// choose finds the episodes that stay in the feed at the target: of those that
// are there, the ones in which nobody is heard who has withdrawn, else one that
// was made without them.
func (d *takeDown) choose(ctx context.Context, g *gatherer, all []*feed.Episode) error {
	there, err := d.standing(g)
	if err != nil {
		return err
	}
	for _, r := range there {
		if r.Kind != publish.Episode {
			continue
		}
		var fit []*feed.Episode
		for _, e := range all {
			if e.ID != r.ID || !e.IsPublished() && len(e.Omitted) == 0 {
				continue
			}
			said, err := d.w.of(gate.OfEpisode(&e.Record))
			if err != nil {
				return err
			}
			if len(said) == 0 {
				fit = append(fit, e)
			} else {
				d.unfit[e.Sidecar] = true
			}
		}
		// What is there already stays as it is.
		if i := slices.IndexFunc(fit, func(e *feed.Episode) bool {
			return slices.ContainsFunc(there, func(o *publish.Receipt) bool { return o.SHA256 == e.SHA256 && o.Object == e.File }) && e.IsPublished()
		}); i >= 0 {
			d.stays[fit[i].Sidecar] = true
			continue
		}
		if published := slices.DeleteFunc(slices.Clone(fit), func(e *feed.Episode) bool { return !e.IsPublished() }); len(published) > 0 {
			fit = published
		}
		best := feed.Best(fit, r.ID, "")
		said, err := d.w.heard(r)
		if err != nil {
			return err
		}
		if best == nil {
			continue
		}
		d.stays[best.Sidecar] = len(said) == 0 // it was made anew since, and nothing is wrong with it
		if err := d.mayReplace(ctx, g, best); err != nil {
			var refused *consent.Refused
			if !errors.As(err, &refused) {
				return err
			}
			g.a.warn("%s takes no place: %v", best.File, err)
			continue
		}
		d.stays[best.Sidecar], d.replaces[best.Sidecar] = true, true
	}
	return nil
}

// mayReplace asks the gate of what is going to be sent.
func (d *takeDown) mayReplace(ctx context.Context, g *gatherer, e *feed.Episode) error {
	for _, act := range []consent.Action{g.act(), consent.Feeding} {
		if _, err := g.ask.Check(ctx, act, gate.OfEpisode(&e.Record)); err != nil {
			return err
		}
	}
	return nil
}

// standing are the receipts of what is at the target.
func (d *takeDown) standing(g *gatherer) ([]*publish.Receipt, error) {
	list, err := publish.Standing(g.root)
	return slices.DeleteFunc(list, func(r *publish.Receipt) bool { return r.Place != g.s.Target.Place() }), err
}

// plan finds what is to go and what is replaced: everything in which somebody
// is heard who has withdrawn, and what stands beside such an episode.
func (d *takeDown) plan(g *gatherer) (gone, replaced []*publish.Receipt, err error) {
	there, err := d.standing(g)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range there {
		beside := false
		probe := *r
		switch r.Kind {
		case publish.Feed:
			continue
		case publish.Extra:
			beside = true
		case publish.Page:
			beside = true
			probe.ID, _, _ = strings.Cut(r.Object, ".")
		}
		if beside {
			if d.keep[r.Object] || probe.ID == "" {
				continue
			}
			probe.SHA256 = "" // it is of the whole
		}
		said, err := d.w.heard(&probe)
		switch {
		case err != nil:
			return nil, nil, err
		case len(said) == 0:
		case d.keep[r.Object]:
			replaced = append(replaced, r)
		default:
			gone = append(gone, r)
		}
	}
	slices.SortStableFunc(gone, func(a, b *publish.Receipt) int { return cmp.Compare(soundless(a), soundless(b)) }) // voices first
	return gone, replaced, nil
}

// soundless is 1 for what stands beside a sound, and 0 for the sound.
func soundless(r *publish.Receipt) int {
	if r.Kind == publish.Extra || r.Kind == publish.Page {
		return 1
	}
	return 0
}

// stale returns the receipt of the feed if it is to be another than the one that
// was sent last: a run was killed, or refused, before it could send it.
func (d *takeDown) stale(ctx context.Context, g *gatherer, items []*publish.Item) ([]*publish.Receipt, error) {
	there, err := d.standing(g)
	if err != nil {
		return nil, err
	}
	var list []*publish.Receipt
	for _, it := range items {
		if it.Kind != publish.Feed {
			continue
		}
		b, err := contentOf(it)
		if err != nil {
			return nil, err
		}
		sum := fmt.Sprintf("%x", sha256.Sum256(b))
		for _, r := range there {
			if r.Object == it.Name && r.SHA256 != sum {
				list = append(list, r)
			}
		}
	}
	return list, ctx.Err()
}

// agree lists what is going to happen, and asks.
func (d *takeDown) agree(ctx context.Context, g *gatherer, gone, replaced []*publish.Receipt) error {
	a := g.a
	for _, list := range []struct {
		word     string
		receipts []*publish.Receipt
	}{{"removed", gone}, {"replaced", replaced}} {
		for _, r := range list.receipts {
			if a.set.JSON {
				if g.o.dryRun {
					if err := writeJSON(a.Out, takenDownLine{space.Schema, "planned-" + list.word, r.Object, r.ID, r.URL, nil}); err != nil {
						return err
					}
				}
				continue
			}
			where := cmp.Or(r.URL, strings.TrimSuffix(r.Place, "/")+"/"+r.Object)
			if g.o.dryRun {
				if _, err := fmt.Fprintf(a.Out, "%s  would be %s\n", safe(where), list.word); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(a.Err, "  %s  is %s\n", safe(where), list.word)
		}
	}
	if g.o.yes || g.o.dryRun {
		return nil
	}
	if !a.InTTY || a.set.JSON {
		return &failure{exitUsage, "not-agreed", "say --yes to take it down, or --dry-run to see what would go", errors.New("cannot ask: standard input is not a terminal")}
	}
	yes, err := a.confirm(ctx, "Take this down? Subscribers and caches keep their copies.")
	if err == nil && !yes {
		err = &failure{exitUsage, "not-agreed", "", errors.New("nothing was taken down")}
	}
	return err
}

// A takenDownLine is a line of JSON about an object that is taken down.
type takenDownLine struct {
	Schema int        `json:"schema"`
	Type   string     `json:"type"`
	Object string     `json:"object"`
	ID     string     `json:"id,omitempty"`
	URL    string     `json:"url,omitempty"`
	Error  *jsonError `json:"error,omitempty"`
}

// remove removes objects, and returns how many are left.
func (d *takeDown) remove(ctx context.Context, g *gatherer, t *targetConfig, gone []*publish.Receipt) (left int, err error) {
	a := g.a
	var werr error
	err = g.s.TakeDown(ctx, gone, func(r *publish.Receipt, became publish.Removal, err error) {
		var f *failure
		if err != nil {
			left++
			f = classify(uploadError(err, t))
			f.err = fmt.Errorf("%s: %w", r.Object, f.err)
			if became == publish.Left {
				f.hint = "it is not what was sent, and is left: look at it"
			}
		}
		switch {
		case a.set.JSON:
			l := takenDownLine{space.Schema, string(became), r.Object, r.ID, r.URL, nil}
			if f != nil {
				j := f.json()
				l.Error = &j
			}
			werr = errors.Join(werr, writeJSON(a.Out, l))
		case f != nil:
			werr = errors.Join(werr, a.printFailureOf(r.ID, f))
		default:
			_, err := fmt.Fprintf(a.Out, "%s  %s\n", safe(r.Object), map[publish.Removal]string{publish.Removed: "removed", publish.Gone: "was gone already"}[became])
			werr = errors.Join(werr, err)
		}
	})
	return left, errors.Join(err, werr)
}
