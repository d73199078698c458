package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func newConsentCmd(a *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "consent COMMAND",
		Short: "Record who has agreed to the reuse of their voice",
		Long: `Record who has agreed to the reuse of their voice: write messages that ask for consent, record the
answers, and list them. The ledger is append-only. The latest answer that applies decides; an answer
about one Space comes before one about all. The settings consent.clip, .export, .private, .public,
.feed, .post and .remote set what to do when a speaker has not given consent: off, warn or require.
This is a record, not legal advice: spaces help topic consent.`,
		Example: `  spaces consent ask latest --places "my podcast"
  spaces consent set @guest granted --evidence answer.png
  spaces consent log`,
		Args: app.Subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConsentSetCmd(a), newConsentAskCmd(a), newConsentLogCmd(a))
	return cmd
}

type consentSetOptions struct {
	app.Refs
	handle, answer        string
	recording, purposes   string
	account               string
	note, evidence, until string
	yes                   bool
}

func newConsentSetCmd(a *App) *cobra.Command {
	var o consentSetOptions
	cmd := &cobra.Command{
		Use:   "set HANDLE ANSWER",
		Short: "Record the answer of a person",
		Long: `Record the answer of a person: granted, declined or withdrawn; for all Spaces or one, for all
purposes or some: clip (cut an excerpt), episode (export the whole), upload (publish it), transcribe
(send it to a service that turns speech into text). The evidence, such as a screenshot of the answer, is copied into the library.
For a person without a known handle, use the id that spaces people shows. The command asks before
it records a handle that nobody in the library has.`,
		Example: `  spaces consent set @guest granted --for clip,episode --until 2027-12-31
  spaces consent set @guest declined --recording latest --note "told me on the phone"`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space, file or person"}),
		Args:        app.Takes(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.handle, o.answer = args[0], args[1]
			return a.consentSet(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.recording, "recording", "", "`SPACE`: record the answer for this Space only")
	f.StringVar(&o.purposes, "for", "", "`PURPOSES`: record the answer for these only, separated by commas: clip, episode, upload, transcribe")
	f.StringVar(&o.note, "note", "", "add the note `TEXT`")
	f.StringVar(&o.evidence, "evidence", "", "`FILE`: file that shows the answer; it is copied into the library")
	f.StringVar(&o.account, "account", "", "`HANDLE`: the host's account that the answer was given to, in a library with several")
	f.StringVar(&o.until, "until", "", "`DATE`: last day on which the answer is valid")
	f.BoolVar(&o.yes, "yes", false, "do not ask before recording an unknown handle")
	manual.Group(f, "Scope", "recording", "for", "account", "until")
	manual.Group(f, "Evidence", "note", "evidence")
	app.AddIDOnly(cmd, &o.Refs)
	manual.Group(f, "How", "yes", "id-only")
	return cmd
}

func (a *App) consentSet(ctx context.Context, o consentSetOptions) error {
	e := consent.Entry{Kind: consent.Consent, At: space.Time{Time: a.Now()}, Note: o.note}
	if !consent.IsHandle(o.handle) {
		return app.Usage("%q is not a valid handle", o.handle)
	}
	e.Handle = strings.TrimPrefix(strings.TrimSpace(o.handle), "@")
	if (consent.Who{Handle: e.Handle}).Forgotten() {
		return app.Usage("@%s stands for people who were forgotten: an answer cannot be recorded for them", e.Handle)
	}
	var err error
	if e.Answer, err = consent.ParseAnswer(o.answer); err != nil {
		hint := app.DidYouMean(o.answer, consent.Answers())
		if slices.Contains(consent.Answers(), strings.ToLower(o.handle)) {
			hint = fmt.Sprintf("the handle comes first: spaces consent set %s %s", o.answer, o.handle)
		}
		return app.Hinted(app.Usage("%w", err), hint)
	}
	if e.For, err = consent.ParsePurposes(o.purposes); err != nil {
		return app.Usage("--for: %w", err)
	}
	e.For = consent.Covers(e.Answer, e.For)
	if o.until != "" {
		end, err := a.untilEnd(o.until)
		if err != nil {
			return err
		}
		if e.Answer != consent.Granted {
			return app.Usage("--until can only be combined with granted")
		}
		e.Until = &end
	}
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	if o.recording != "" {
		row, err := app.ResolveOne(ctx, a.App, lib, o.recording, o.IDOnly)
		if err != nil {
			return err
		}
		e.Recording = row.ID
	}
	recs, err := a.recordings(ctx, lib, app.Refs{})
	if err != nil {
		return err
	}
	if who := consent.WhoIs(recs, e.Handle); consent.IsID(o.handle) && who.ID != "" {
		e.Handle, e.ID = "", who.ID
	} else if who == (consent.Who{}) {
		if err := a.askStranger(ctx, lib, recs, &e, o.yes); err != nil {
			return err
		}
	}
	ledger, err := a.OpenLedger(lib)
	if err != nil {
		return err
	}
	defer ledger.Close()
	if e.Account, err = givenTo(ledger, recs, &e, o.account); err != nil {
		return err
	}
	if o.evidence != "" {
		if e.Evidence, err = keepEvidence(ctx, ledger, o.evidence); err != nil {
			return err
		}
	}
	if err := ledger.Add(ctx, e); err != nil {
		return err
	}
	sent, err := a.sentOf(ctx, lib, ledger, &e)
	if err != nil {
		return err
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, consentSetLine{ledger.Entries()[len(ledger.Entries())-1], sent})
	}
	a.Say("%s %s", consent.Who{Handle: e.Handle, ID: e.ID}, a.answerOf(&e))
	if e.Answer == consent.Granted {
		return nil
	}
	return a.printSent(sent, &e)
}

// askStranger asks before an answer is entered for a handle that nobody has who
// was on stage or has a turn: it may be misspelled, and then it counts for
// nobody.
func (a *App) askStranger(ctx context.Context, lib *library.Library, recs []*space.Recording, e *consent.Entry, yes bool) error {
	for _, r := range recs {
		turns, err := lib.Turns(r.ID)
		if err != nil {
			return err
		}
		if turns != nil && slices.ContainsFunc(turns.Turns, func(t space.Turn) bool { return consent.Handle(t.Handle) == consent.Handle(e.Handle) }) {
			return nil
		}
	}
	nobody := fmt.Sprintf("@%s was not on stage in any Space of this library", e.Handle)
	switch {
	case yes:
		a.Warn("%s", nobody)
		return nil
	case !a.InTTY || a.Settings.JSON:
		return app.Fail(app.ExitNotFound, "no-such-person", "list the people: spaces people; --yes records the answer anyway", errors.New(nobody))
	}
	a.Warn("%s", nobody)
	sure, err := a.Confirm(ctx, "Record the answer anyway?")
	if err == nil && !sure {
		err = app.Fail(app.ExitNotFound, "no-such-person", "list the people: spaces people", errors.New("nothing was recorded"))
	}
	return err
}

// givenTo finds the account that an answer was given to.
func givenTo(ledger *consent.Ledger, recs []*space.Recording, e *consent.Entry, named string) (*space.Person, error) {
	account, err := ledger.GivenTo(recs, e, named)
	if errors.Is(err, consent.ErrNoAccount) {
		return nil, app.Usage("--account: no archive of @%s is in the library", strings.TrimPrefix(named, "@"))
	}
	if several := (*consent.AccountsError)(nil); errors.As(err, &several) {
		return nil, app.Hinted(app.Usage("%w", several), "use --account HANDLE, or --recording SPACE for one Space")
	}
	return account, err
}

// untilEnd is the end of what --until says.
func (a *App) untilEnd(text string) (time.Time, error) {
	_, end, err := spell.ParseDate(text, a.Zone)
	switch {
	case err != nil:
		return end, app.Usage("--until: %w", err)
	case end.UTC().Year() > 9999: // RFC 3339 has four digits
		return end, app.Usage("--until: %s is too far in the future", text)
	case !end.After(a.Now()):
		return end, app.Usage("--until: %s is in the past", text)
	}
	return end.UTC(), nil
}

func keepEvidence(ctx context.Context, l *consent.Ledger, name string) (*consent.Evidence, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, app.Fail(app.ExitNotFound, "no-such-file", "nothing was recorded; check the name of the file", err)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > consent.MaxEvidence {
		return nil, app.Fail(app.ExitFailed, "too-large", "nothing was recorded; use a smaller copy, or state the place of the file with --note",
			fmt.Errorf("%s: the evidence is larger than %d MB", name, consent.MaxEvidence>>20))
	}
	return l.Keep(ctx, f, filepath.Ext(name))
}

// answerOf is an answer in words.
func (a *App) answerOf(e *consent.Entry) string {
	text := string(e.Answer)
	some := e.Kind == consent.Consent && !e.General()
	if some {
		text += " for " + strings.Join(app.Words(e.Purposes()), ", ")
	}
	if e.Recording != "" {
		in := " for "
		if some {
			in = " in "
		}
		text += in + e.Recording
	}
	if e.Until != nil {
		text += " until " + a.lastDay(*e.Until)
	}
	return text
}

type consentAskOptions struct {
	app.Refs
	language, purposes, places, until string
}

func newConsentAskCmd(a *App) *cobra.Command {
	var o consentAskOptions
	cmd := &cobra.Command{
		Use:   "ask SPACE",
		Short: "Write a message to each speaker who has not answered",
		Long: `Write a message to each speaker who has not answered. It names the purposes without an answer, the
places, the period, and how to withdraw. The messages are printed, not sent. Record the answers: spaces consent set.`,
		Example: `  spaces consent ask latest --places "my podcast, on Spotify and Apple Podcasts"
  spaces consent ask 1ypK --language fr --for clip --until 2027-12-31`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space"}),
		Args:        app.Takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.consentAsk(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	app.Formerly(f, "lang", "language")
	f.StringVar(&o.language, "language", "", "write in `LANGUAGE`: "+spell.Or(languages.Tags())+" (default: the setting language, or that of the system)")
	f.StringVar(&o.purposes, "for", "", "`PURPOSES`: ask for these only, separated by commas: clip, episode, upload, transcribe")
	f.StringVar(&o.places, "places", "", "`TEXT`: places where the voice will be heard")
	f.StringVar(&o.until, "until", "", "`DATE`: last day to ask consent for (default: until they withdraw)")
	app.Complete(cmd, "language", languages.Tags()...)
	manual.Group(f, "Message", "language", "for", "places", "until")
	app.AddIDOnly(cmd, &o.Refs)
	manual.Group(f, "How", "id-only")
	return cmd
}

// languageOf is the language of a message: that of the flag, of the setting or of
// the system.
func (a *App) languageOf(flag string) (*languages.Language, error) {
	if flag != "" {
		l, ok := languages.For(flag)
		if !ok {
			return nil, app.Usage("--language: unsupported language %q (use %s)", flag, spell.Or(languages.Tags()))
		}
		return l, nil
	}
	if set := a.Settings.Language; set != "" {
		l, ok := languages.For(set)
		if !ok {
			a.Warn("messages are in English: the setting language is %s, and they can be written in %s", set, spell.Or(languages.Tags()))
		}
		return l, nil
	}
	l, _ := languages.For(languages.Locale(a.Env))
	return l, nil
}

// askLine is a message in JSON.
type askLine struct {
	Schema    int    `json:"schema"`
	Recording string `json:"recording"`
	Handle    string `json:"handle"`
	Language  string `json:"language"`
	Message   string `json:"message"`
}

func (a *App) consentAsk(ctx context.Context, o consentAskOptions) error {
	purposes, err := consent.ParsePurposes(o.purposes)
	if err != nil {
		return app.Usage("--for: %w", err)
	}
	q := consent.Request{For: purposes, Places: o.places}
	language, err := a.languageOf(o.language)
	if err != nil {
		return err
	}
	if o.until != "" {
		end, err := a.untilEnd(o.until)
		if err != nil {
			return err
		}
		q.Until = end.Add(-time.Second).In(a.Zone)
	}
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	recs, err := a.recordings(ctx, lib, o.Refs)
	if err != nil {
		return err
	}
	if len(recs) != 1 { // standard input may name none, or several
		return app.Usage("spaces consent ask takes one Space, not %d", len(recs))
	}
	rec := recs[0]
	ledger, err := a.OpenLedger(lib)
	if err != nil {
		return err
	}
	defer ledger.Close()
	q.Title, q.Date = rec.Title, rec.StartedAt.Time.In(a.Zone)
	if rec.Host != nil {
		q.Host = rec.Host.Handle
	}
	asked, nameless := 0, 0
	for _, who := range ledger.Unanswered(rec, purposes, a.Now()) {
		if who.Handle == "" {
			nameless++
			continue
		}
		q.Handle, q.For = who.Handle, who.For
		text := q.Message(language)
		if a.Settings.JSON {
			err = app.WriteJSON(a.Out, askLine{space.Schema, rec.ID, who.Handle, language.Tag(), text})
		} else {
			rule := ""
			if asked > 0 {
				rule = "\n----------------------------------------\n\n"
			}
			_, err = fmt.Fprint(a.Out, rule+terminal.SafeLines(text))
		}
		if err != nil {
			return err
		}
		asked++
	}
	if nameless > 0 {
		a.Warn("%s on stage in %s without a known handle. They count as speakers without consent until you record their answer: spaces consent set ID granted", spell.Plural(nameless, "person was", "people were"), rec.ID)
	}
	switch {
	case asked == 0 && nameless > 0:
		a.Say("All other speakers in %s have answered", rec.ID)
	case asked == 0:
		a.Say("All speakers in %s have answered", rec.ID)
	default:
		a.Say("%s. Record the answers: spaces consent set HANDLE granted|declined --recording %s", spell.Count(asked, "message"), rec.ID)
	}
	return nil
}

func newConsentLogCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:   "log [HANDLE]",
		Short: "List the recorded answers and overrides, oldest first",
		Long: `List the recorded answers, and the times you continued without consent (--override-consent), oldest
first. The ledger is in the library, in consent/ledger.jsonl.`,
		Example: `  spaces consent log
  spaces consent log @guest --json | jq -r .evidence.name`,
		Args: app.Takes(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			word := ""
			if len(args) == 1 {
				if word = args[0]; !consent.IsHandle(word) {
					return app.Usage("%q is not a valid handle", word)
				}
			}
			return a.consentLog(cmd.Context(), word)
		},
	}
}

// consentLog shows all entries, or those about the person of a handle or an id.
func (a *App) consentLog(ctx context.Context, word string) error {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	ledger, err := a.OpenLedger(lib)
	if err != nil {
		return err
	}
	defer ledger.Close()
	t := a.Table(terminal.Column{Title: "WHEN", Yield: 1}, terminal.Column{Title: "WHO"}, terminal.Column{Title: "ANSWER", Min: 30})
	for _, e := range ledger.Entries() {
		about := e.About(consent.Who{Handle: word}) || consent.IsID(word) && e.About(consent.Who{ID: word})
		if word != "" && !about {
			continue
		}
		if a.Settings.JSON {
			e.Schema = consent.Schema // of this output; that of the file is for older programs
			if err := app.WriteJSON(a.Out, e); err != nil {
				return err
			}
			continue
		}
		who, what := consent.Who{Handle: e.Handle, ID: e.ID}.String(), a.answerOf(&e)
		if e.Kind == consent.Override {
			who, what = "you", fmt.Sprintf("continued (%s) without consent of %s", e.Action, consent.Names(e.Missing))
			if in := cmp.Or(e.Recording, e.File); in != "" {
				what += " in " + terminal.Safe(in)
			}
		}
		if to := e.Account; e.Foreign && to != nil {
			what += ", to " + consent.Who{Handle: to.Handle, ID: to.ID}.String()
		} else if e.Foreign && e.Answer == consent.Granted {
			what += ", to an unknown host: counts for nothing"
		}
		if e.Evidence != nil {
			what += "  " + e.Evidence.Name
		}
		if e.Note != "" {
			what += "  " + terminal.Safe(e.Note)
		}
		t.Add(e.At.In(a.Zone).Format("2006-01-02 15:04"), who, what)
	}
	if !a.Settings.JSON {
		t.Write(a.Out, a.Columns)
		if t.Len() == 0 {
			a.Say("No answers are recorded. Record one: spaces consent set HANDLE granted")
		}
	}
	return nil
}
