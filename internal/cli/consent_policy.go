package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/proof"
)

// addOverride adds the flag of commands that stop where consent is missing.
func addOverride(cmd *cobra.Command, reason *string) {
	cmd.Flags().StringVar(reason, "override-consent", "", "go on without the consent of some, for a `REASON` that the ledger keeps")
}

// A gate is asked before anything is made of voices or sent: it warns of who
// has not agreed, or stops what needs their consent. It may be used by several
// goroutines.
type gate struct {
	a      *App
	lib    *library.Library
	reason string // of the host, to go on all the same
	dry    bool   // nothing is done: nothing is entered
	late   bool   // warnings wait for tell

	mu     sync.Mutex
	ledger *consent.Ledger
	spaces map[string]*voices
	order  []string // ids, as they came
}

// voices are what the gate knows of a recording.
type voices struct {
	rec        *space.Recording
	turns      *space.Turns
	missing    []consent.Missing // of all that was asked about, each once
	overridden map[string]bool
}

// newGate opens the ledger of a library. The caller closes the gate.
func (a *App) newGate(lib *library.Library, reason string) (*gate, error) {
	l, err := a.openLedger(lib)
	if err != nil {
		return nil, err
	}
	return &gate{a: a, lib: lib, reason: strings.TrimSpace(reason), ledger: l, spaces: make(map[string]*voices)}, nil
}

func (g *gate) close() { g.ledger.Close() }

// voices loads what is known of a recording.
func (g *gate) voices(id string) (*voices, error) {
	if v := g.spaces[id]; v != nil {
		return v, nil
	}
	s, err := g.lib.Load(id)
	if err != nil {
		return nil, err
	}
	turns, err := g.lib.Turns(id)
	if err != nil {
		return nil, err
	}
	v := &voices{rec: &s.Recording, turns: turns, overridden: make(map[string]bool)}
	g.spaces[id] = v
	g.order = append(g.order, id)
	return v, nil
}

// check asks whether an action may be done with parts of a recording, or with
// all of it if there are none. It returns the handles of those who have not
// agreed where it may be done all the same.
func (g *gate) check(ctx context.Context, act consent.Action, id string, parts []consent.Span) ([]string, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.a.set.Consent.Mode(act) == consent.Off {
		return nil, nil
	}
	v, err := g.voices(id)
	if errors.Is(err, library.ErrNotFound) {
		return nil, nil // a record of another library's: nothing is known of it here
	}
	if err != nil {
		return nil, err
	}
	f := g.ledger.Check(g.a.set.Consent, act, consent.Use{Recording: v.rec, Turns: v.turns, Parts: parts}, g.a.Now())
	if len(f.Missing) == 0 {
		return nil, nil
	}
	if f.Stops() && g.reason == "" {
		return nil, &consent.Refused{Finding: f}
	}
	if err := g.override(ctx, v, &f); err != nil {
		return nil, err
	}
	g.note(v, &f)
	return f.Handles(), nil
}

// override enters the host's reason, once for each person and action.
func (g *gate) override(ctx context.Context, v *voices, f *consent.Finding) error {
	var names []string
	for i := range f.Missing {
		name := f.Missing[i].Who().Entered()
		if key := string(f.Action) + " " + consent.Handle(name); !v.overridden[key] {
			v.overridden[key] = true
			names = append(names, name)
		}
	}
	if g.reason == "" || g.dry || len(names) == 0 {
		return nil
	}
	return g.ledger.Add(ctx, consent.Entry{Kind: consent.Override, At: space.Time{Time: g.a.Now()},
		Recording: v.rec.ID, Action: f.Action, Missing: names, Note: g.reason})
}

// note warns of who is missing, once for each recording.
func (g *gate) note(v *voices, f *consent.Finding) {
	first := len(v.missing) == 0
	for _, m := range f.Missing {
		if !slices.ContainsFunc(v.missing, func(o consent.Missing) bool { return strings.EqualFold(o.Name(), m.Name()) }) {
			v.missing = append(v.missing, m)
		}
	}
	if first && !g.late {
		g.warn(v)
	}
}

func (g *gate) warn(v *voices) {
	if f := (consent.Finding{Missing: v.missing}); len(v.missing) > 0 && !g.a.set.JSON { // which says so itself
		g.a.warn("%s: %s", v.rec.ID, f.Warning())
	}
}

// tell sums up the warnings that have waited.
func (g *gate) tell() {
	for _, id := range g.order {
		if g.late {
			g.warn(g.spaces[id])
		}
	}
}

// checkAll asks about several recordings, and lists all that stop it.
func (g *gate) checkAll(ctx context.Context, act consent.Action, uses []voiceUse) (missing []string, err error) {
	var refused []*consent.Refused
	for _, u := range uses {
		names, err := g.check(ctx, act, u.id, u.parts)
		if r, ok := err.(*consent.Refused); ok {
			r.Clip = u.clip
			refused = append(refused, r)
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			if !slices.Contains(missing, n) {
				missing = append(missing, n)
			}
		}
	}
	switch len(refused) {
	case 0:
		return missing, nil
	case 1:
		return nil, refused[0]
	}
	var text []string
	for _, r := range refused {
		text = append(text, r.Error())
	}
	return nil, &failure{exitFailed, "consent", "ask them: spaces consent ask SPACE · " + refused[0].Leave("SPACE") + " · " +
		"or go on with a written reason: --override-consent \"…\"", &refusals{strings.Join(text, "\n")}}
}

// refusals is the error of several recordings in which somebody has not agreed.
type refusals struct{ text string }

func (e *refusals) Error() string { return e.text }

// A voiceUse is a recording of which parts are used.
type voiceUse struct {
	id    string
	parts []consent.Span // none: all of it
	clip  bool           // they are those of a clip
}

// useOfEpisode is what an episode holds of its recording.
func useOfEpisode(r *episode.Record) voiceUse {
	u := voiceUse{id: r.ID}
	for _, k := range r.Kept {
		u.parts = append(u.parts, consent.Span{Start: k.Start, End: k.Start + k.Seconds})
	}
	return u
}

// episodes asks whether episodes may stand in a feed.
func (g *gate) episodes(ctx context.Context, list []*feed.Episode) ([]string, error) {
	var uses []voiceUse
	for _, e := range list {
		uses = append(uses, useOfEpisode(&e.Record))
	}
	return g.checkAll(ctx, consent.Feeding, uses)
}

// useOfClip is what a clip holds of its recording.
func useOfClip(p *clips.Provenance) voiceUse {
	var out []consent.Span
	for _, o := range p.Omitted {
		out = append(out, consent.Span{Start: o.Start, End: o.Start + o.Seconds})
	}
	return voiceUse{p.Recording, consent.Without([]consent.Span{{Start: p.At, End: p.At + p.Length}}, out), true}
}

// useOfFile is what a file of the user's holds of a recording, if it is known:
// an episode or a clip with its record beside it, another file in the
// recording's folder of the library, what says so in its tags, or a copy of what
// the library holds or has made.
func useOfFile(ctx context.Context, lib *library.Library, root *os.Root, abs string) ([]voiceUse, error) {
	const most = 64 << 20
	var record struct {
		episode.Record
		Recording string  `json:"recording"`
		At        float64 `json:"at"`
		Length    float64 `json:"length"`
	}
	if info, err := os.Stat(abs + ".json"); err == nil && info.Size() <= most {
		b, err := os.ReadFile(abs + ".json")
		if err != nil {
			return nil, err
		}
		if json.Unmarshal(b, &record) == nil && record.File == filepath.Base(abs) {
			switch {
			case record.Recording != "":
				return []voiceUse{useOfClip(&clips.Provenance{Recording: record.Recording, At: record.At, Length: record.Length, Omitted: record.Omitted})}, nil
			case record.ID != "":
				return []voiceUse{useOfEpisode(&record.Record)}, nil
			}
		}
	}
	parts := strings.Split(filepath.ToSlash(abs), "/")
	for i := range parts {
		if !strings.HasSuffix(parts[i], "]") {
			continue
		}
		rel, err := filepath.Rel(lib.Dir(), filepath.FromSlash(strings.Join(parts[:i+1], "/")))
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		b, err := root.ReadFile(filepath.Join(rel, "space.json"))
		if err != nil {
			continue
		}
		var s space.Space
		if err := json.Unmarshal(b, &s); err == nil && s.ID != "" {
			return []voiceUse{{id: s.ID}}, nil
		}
	}
	said, err := proof.ClaimOf(abs)
	switch {
	case errors.Is(err, proof.ErrUnknown):
		return useOfCopy(ctx, lib, abs)
	case err != nil:
		return nil, err
	case said.End > said.Start:
		return []voiceUse{{said.Recording, []consent.Span{{Start: said.Start, End: said.End}}, true}}, nil
	}
	return []voiceUse{{id: said.Recording}}, nil
}

// useOfCopy is what a file holds that has the bytes of one that the library
// holds or has made.
func useOfCopy(ctx context.Context, lib *library.Library, abs string) ([]voiceUse, error) {
	known, err := (&proof.Prover{Library: lib}).Known(ctx, abs)
	switch {
	case errors.Is(err, proof.ErrUnknown):
		return nil, nil
	case err != nil:
		return nil, err
	case known.Clip != nil:
		return []voiceUse{useOfClip(known.Clip)}, nil
	case known.Episode != nil:
		return []voiceUse{useOfEpisode(known.Episode)}, nil
	}
	return []voiceUse{{id: known.Recording}}, nil
}
