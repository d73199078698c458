package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// AddOverride adds the flag of commands that stop where consent is missing.
func AddOverride(cmd *cobra.Command, reason *string) {
	cmd.Flags().StringVar(reason, "override-consent", "", "`REASON`: continue without consent; the ledger records the reason")
	manual.Group(cmd.Flags(), "Consent", "override-consent")
}

// An Asker asks the gate for a command, and warns of who has not agreed where
// something is done all the same. It may be used by several goroutines.
type Asker struct {
	*gate.Gate
	a       *App
	library *library.Library
	Late    bool // warnings wait for tell

	mu    sync.Mutex
	found map[string]*consent.Finding // by what was asked about, with all who are missing
	order []string
}

// NewAsker opens the gate of a library, for a command that goes on with a
// reason if there is one, or that only plans. The caller closes it.
func (a *App) NewAsker(lib *library.Library, reason string, plan bool) (*Asker, error) {
	g, err := gate.Open(gate.Options{
		Library: lib, Policy: a.Settings.Consent, Me: a.Settings.Me, Reason: reason, Plan: plan, Wait: a.Settings.LockWait, Now: a.Now,
	})
	if err != nil {
		return nil, err
	}
	a.WarnTorn(g.Torn())
	return &Asker{Gate: g, a: a, library: lib, found: make(map[string]*consent.Finding)}, nil
}

// Ask asks about one use. It returns the handles of those who have not agreed
// where it may be done all the same.
func (q *Asker) Ask(ctx context.Context, act consent.Action, u gate.Use) ([]string, error) {
	f, err := q.Check(ctx, act, u)
	if err != nil {
		return nil, err
	}
	q.note(f)
	return f.Handles(), nil
}

// AskAll asks about several uses.
func (q *Asker) AskAll(ctx context.Context, act consent.Action, uses []gate.Use) (missing []string, err error) {
	found, err := q.CheckAll(ctx, act, uses)
	if err != nil {
		return nil, err
	}
	return q.NoteAll(found), nil
}

// NoteAll notes who is missing, and returns their handles.
func (q *Asker) NoteAll(found []*consent.Finding) (missing []string) {
	for _, f := range found {
		q.note(f)
		for _, name := range f.Handles() {
			if !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
	}
	return missing
}

// Episodes asks whether episodes may stand in a feed.
func (q *Asker) Episodes(ctx context.Context, list []*feed.Episode) ([]string, error) {
	var uses []gate.Use
	for _, e := range list {
		if !q.Requires(consent.Feeding) {
			uses = append(uses, gate.OfEpisode(&e.Record))
			continue
		}
		kept, err := q.KeptEpisode(ctx, &e.Record, func(file string) string { return q.library.Path(e.Path(file)) })
		if err != nil {
			return nil, err
		}
		uses = append(uses, kept...)
	}
	return q.AskAll(ctx, consent.Feeding, uses)
}

// Clip asks whether a clip, whose file lies at a path below the library, may be
// heard on the pages of a show. Without the consent of all who are heard it may
// not be, and nothing stops.
func (q *Asker) Clip(ctx context.Context, file string, p *clip.Provenance) (bool, error) {
	uses := []gate.Use{gate.OfClip(p)}
	if q.Requires(consent.Feeding) {
		kept, err := q.Kept(ctx, q.library.Path(file), p.SHA256, uses[0])
		if errors.Is(err, fs.ErrNotExist) {
			return true, nil // whoever copies it finds out
		}
		if err != nil {
			return false, err
		}
		uses = kept
	}
	if no, err := q.Declines(consent.Clipping, uses); no || err != nil { // to the whole, but not to excerpts
		return false, err
	}
	_, err := q.AskAll(ctx, consent.Feeding, uses)
	if gate.IsRefusal(err) {
		return false, nil
	}
	return err == nil, err
}

// note warns of who is missing, once for each recording or file.
func (q *Asker) note(f *consent.Finding) {
	if len(f.Missing) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	all, ok := q.found[f.About()]
	if !ok {
		first := *f
		first.Missing = slices.Clip(f.Missing)
		q.found[f.About()], q.order = &first, append(q.order, f.About())
		if !q.Late {
			q.warn(f)
		}
		return
	}
	for _, m := range f.Missing {
		if !slices.ContainsFunc(all.Missing, func(o consent.Missing) bool { return strings.EqualFold(o.Name(), m.Name()) }) {
			all.Missing = append(all.Missing, m)
		}
	}
}

func (q *Asker) warn(f *consent.Finding) {
	if q.a.Settings.JSON { // which says so itself
		return
	}
	about := f.About()
	if f.Recording != nil && f.Recording.TitleSource != space.TitleDate {
		about = terminal.Truncate(terminal.Safe(f.Recording.Title), 40) + " · " + about
	}
	q.a.Warn("%s: %s", about, f.Warning())
	if way := (&consent.Refused{Finding: *f}).Ways()[0]; way.Kind != consent.GiveReason && !q.a.Settings.Quiet {
		fmt.Fprintln(q.a.Err, "spaces: hint: "+terminal.SafeLines(wayOn(way)))
	}
}

// PrintWarnings prints the warnings that have waited.
func (q *Asker) PrintWarnings() {
	for _, about := range q.order {
		if q.Late {
			q.warn(q.found[about])
		}
	}
}

// consentError gives the errors of the gate their codes and hints, or returns
// nil if it is none of them.
func consentError(err error) *Failure {
	var one *consent.Refused
	var several gate.Refusals
	var turns *gate.TurnsError
	var untold *gate.UnknownTurnsError
	switch {
	case errors.As(err, &one):
		return Fail(ExitFailed, "consent", waysOn(one), err)
	case errors.As(err, &several):
		return Fail(ExitFailed, "consent", waysOn(several...), err)
	case errors.As(err, &turns):
		return Fail(ExitFailed, "bad-turns", fmt.Sprintf("confirm them again: spaces speakers confirm %s --turns FILE; or discard your confirmation: spaces speakers unconfirm %[1]s", turns.Recording), err)
	case errors.As(err, &untold) && untold.Who == nil:
		hint := "confirm who speaks when: spaces speakers confirm " + untold.Recording + " --turns FILE"
		return Fail(ExitNotFound, "no-turns", hint+instead(untold), err)
	case errors.As(err, &untold):
		ask := "or ask: spaces consent ask " + untold.Recording
		if untold.Who.Handle == "" {
			ask = "or record their answer: spaces consent set " + untold.Who.ID + " granted --recording " + untold.Recording
		}
		return Fail(ExitNotFound, "no-turns", "if you know all turns, confirm them: spaces speakers confirm "+untold.Recording+" --turns FILE · "+ask+instead(untold), err)
	}
	return nil
}

// instead is what else can be done where somebody cannot be left out.
func instead(e *gate.UnknownTurnsError) string {
	if e.Action != consent.Transcribing {
		return ""
	}
	return " · " + stayLocal(e.Recording) + " · or continue and record a reason: --override-consent \"…\""
}

func stayLocal(recording string) string {
	return "or use a recognizer on this computer: spaces transcribe " + recording + " --engine whisper"
}

// waysOn tells the ways on from refusals, the written reason last.
func waysOn(list ...*consent.Refused) string {
	var ways []string
	for _, kind := range []bool{false, true} {
		for _, e := range list {
			for _, w := range e.Ways() {
				if way := wayOn(w); (w.Kind == consent.GiveReason) == kind && !slices.Contains(ways, way) {
					ways = append(ways, way)
				}
			}
		}
	}
	return strings.Join(ways, " · ")
}

func wayOn(w consent.Way) string {
	switch w.Kind {
	case consent.AskThem:
		return "ask them: spaces consent ask " + w.Recording
	case consent.RecordAnswer:
		name := w.Who.ID
		if w.Who.Handle != "" {
			name = At(w.Who.Handle)
		}
		only := ""
		if w.Recording != "" {
			only = " --recording " + w.Recording
		}
		return fmt.Sprintf("record it with: spaces consent set %s granted --for %s%s", name, w.Purpose, only)
	case consent.AnotherStretch:
		return fmt.Sprintf("post a passage without them: spaces video %s --at T", w.Recording)
	case consent.LeaveThemOut:
		switch {
		case w.Film:
			return fmt.Sprintf("cut the audio without them: spaces clip %s --at T --consented-only", w.Recording)
		case !w.Made:
			return "leave them out: --consented-only"
		case w.Clip:
			return fmt.Sprintf("leave them out: spaces clip %s --at T --consented-only", w.Recording)
		}
		return fmt.Sprintf("leave them out: spaces export %s --consented-only", w.Recording)
	case consent.StayLocal:
		return stayLocal(w.Recording)
	case consent.ConfirmTurns:
		return fmt.Sprintf("confirm who speaks when: spaces speakers confirm %s --turns FILE", w.Recording)
	}
	return "or continue and record a reason: --override-consent \"…\""
}

// WarnTorn tells of an entry that was never finished.
func (a *App) WarnTorn(bytes int64) {
	if bytes > 0 {
		a.Warn("the last entry of the consent ledger (%d bytes) is incomplete; it is ignored, and the next entry replaces it", bytes)
	}
}
