package publishing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/items"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type uploadOptions struct {
	app.Refs
	override                          string
	target                            string
	recording, original, clips, feed  bool
	clean, dryRun, force, yes, public bool
	takeDown                          bool
	verify, bandwidth, show           string
	backend                           app.BackendFlags
}

func Upload(base *app.App) *cobra.Command {
	a := &App{base}
	var o uploadOptions
	cmd := &cobra.Command{
		Use:   "upload [SPACE|FILE]... TARGET",
		Short: "Send episodes, recordings, clips, the feed or files to a target",
		Long: `Send episodes of Spaces, or files, to a target, and check that they arrived. TARGET is a name (see
spaces target) or a URL: file:///folder, s3://bucket/folder, webdavs://host/folder,
sftp://host/folder or ia://item.

A file that the target already has is not sent again. A file that differs is not
overwritten without --force. The next run resumes interrupted uploads. Each file that arrived gets
a receipt: spaces upload log. More about uploading: spaces help topic uploading.`,
		Example: `  spaces upload latest s3://my-bucket/show
  spaces upload --feed show --dry-run
  spaces upload 1ypK --original --recording file:///media/disk/backup`,
		Annotations: manual.Exits(map[int]string{
			app.ExitUsage: "wrong usage, or publishing was not confirmed", app.ExitPartly: "some files were not sent; they are listed",
			app.ExitNotFound: "no such Space, episode, file or target"}),
		Args: app.Takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words, o.target = args[:len(args)-1], args[len(args)-1]
			return a.upload(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.recording, "recording", false, "send the recording, not the episode")
	f.BoolVar(&o.original, "original", false, "send the original files, byte for byte as X delivered them")
	f.BoolVar(&o.clips, "clips", false, "send the clips")
	f.BoolVar(&o.feed, "feed", false, "send all published episodes, then the feed")
	manual.Group(f, "What", "recording", "original", "clips", "feed")
	app.AddShow(cmd, a.App, &o.show, "What")
	f.BoolVar(&o.public, "public", false, "let everybody read the files")
	f.BoolVar(&o.force, "force", false, "overwrite files that differ at the target")
	f.BoolVar(&o.takeDown, "take-down", false, "with --feed: remove recordings of people who withdrew consent")
	f.BoolVar(&o.clean, "clean", false, "remove leftovers of interrupted uploads")
	f.StringVar(&o.verify, "verify", "sum", "`HOW`: check each file by sum (checksum) or full (read it back)")
	f.StringVar(&o.bandwidth, "bandwidth", "", "use at most `RATE` bytes per second: 500k, 2M")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask before publishing or removing")
	f.BoolVar(&o.dryRun, "dry-run", false, "print the requests without sending them")
	manual.Group(f, "How", "public", "force", "take-down", "clean", "verify", "bandwidth", "yes", "dry-run")
	o.backend.Add(f, true)
	app.AddOverride(cmd, &o.override)
	app.AddIDOnly(cmd, &o.Refs)
	manual.Group(f, "How", "id-only")
	cmd.AddCommand(newUploadLogCmd(a))
	return cmd
}

func (a *App) upload(ctx context.Context, o uploadOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	t, err := a.Target(o.target)
	if err != nil {
		return err
	}
	if o.public {
		t.Is.Public = true
	}
	if err := o.backend.Apply(t); err != nil {
		return err
	}
	bandwidth, err := app.ParseSize("--bandwidth", o.bandwidth)
	if err != nil {
		return err
	}
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	root := lib.Root()
	show, err := app.ShowName(o.show)
	if err != nil {
		return err
	}
	target, err := a.OpenTarget(t, a.WireOptions(bandwidth))
	if err != nil {
		return err
	}
	defer target.Close()
	s := &publish.Sender{
		Target: target, Name: t.Name, Library: root, BaseURL: t.BaseURL, Public: t.Is.Public, Force: o.force, Full: o.verify == "full",
		Jobs: app.UploadJobs, Wait: a.Settings.LockWait, Version: a.Version, Now: a.Now,
	}
	if a.Settings.Jobs > 0 {
		s.Jobs = a.Settings.Jobs
	}
	if o.clean {
		return a.cleanTarget(ctx, &o, s, t)
	}
	ask, err := a.NewAsker(lib, o.override, o.dryRun)
	if err != nil {
		return err
	}
	defer ask.Close()
	open, err := a.isOpen(lib, t, target.Place(), o.feed)
	if err != nil {
		return err
	}
	g := &gatherer{
		items.Collector{Library: lib, Gate: ask.Gate, Open: open, Feed: o.feed, Show: show, Now: a.Now},
		a, &o, s, ask,
	}
	if err := g.sameShow(); err != nil {
		return err
	}
	if o.takeDown {
		return a.takeDown(ctx, g, t)
	}
	if o.feed {
		_, err = g.feed(ctx, nil)
	} else {
		err = g.gather(ctx)
	}
	if err != nil {
		return err
	}
	if len(g.List) > 0 {
		err = a.send(ctx, g, t)
	}
	if left := app.Skipped(a.App, g.Broken); err == nil {
		err = left
	}
	return err
}

// send sends what was gathered, or tells what it would send.
func (a *App) send(ctx context.Context, g *gatherer, t *named.Target) error {
	o, s, list := g.o, g.s, g.List
	missing, err := g.agree(ctx)
	if err != nil {
		return err
	}
	if err := publish.Check(list); err != nil {
		return app.Usage("%w", err)
	}
	events := &uploadEvents{a: a, s: s, t: t, many: len(list) > 1, missing: missing}
	s.Events = events
	if o.dryRun {
		if err := s.Plan(ctx, list); err != nil {
			return err
		}
		return cmp.Or(events.err, g.planStale())
	}
	if o.feed {
		if g.Elsewhere != "" {
			if _, err := s.Target.Stat(ctx, g.Elsewhere); errors.Is(err, publish.ErrNotExist) {
				a.Warn("%s is not at the target: spaces upload %[1]s %s", g.Elsewhere, o.target)
			}
		}
		if err := g.agreeToFeed(ctx, t); err != nil {
			return err
		}
	}
	if err := a.agreeToPublic(ctx, o, s, list); err != nil {
		return err
	}
	a.OnRetry = events.retried
	if !a.Settings.JSON {
		events.bar = a.NewBar("uploading", publish.Phases(list)...).CountBytes()
	}
	sum, err := s.Send(ctx, list)
	events.close()
	if err != nil {
		return err
	}
	if sum.Failed+sum.Held == 0 {
		if err := g.removeStale(ctx, t); err != nil {
			return err
		}
	}
	return events.finish(sum, len(list))
}

func (o *uploadOptions) check() error {
	switch what := o.recording || o.original || o.clips; {
	case o.verify != "sum" && o.verify != "full":
		return app.Usage("--verify must be sum or full, not %q", o.verify)
	case o.takeDown && !o.feed:
		return app.Usage("--take-down needs --feed")
	case o.clean && (o.feed || what || o.force || len(o.Words) > 0):
		return app.Usage("--clean can only be combined with a target")
	case o.show != "" && !o.feed:
		return app.Usage("--show needs --feed")
	case o.feed && (what || len(o.Words) > 0):
		return app.Usage("--feed sends all published episodes: give only a target")
	case !o.clean && !o.feed && len(o.Words) == 0:
		return app.Hinted(app.Usage("spaces upload needs something to send, and a target"), "for example: spaces upload latest TARGET")
	}
	return nil
}

// agreeToPublic asks before files become public.
func (a *App) agreeToPublic(ctx context.Context, o *uploadOptions, s *publish.Sender, items []*publish.Item) error {
	if !s.Public || o.yes {
		return nil
	}
	if !a.InTTY || a.Settings.JSON || slices.Contains(o.Words, "-") {
		return app.Fail(app.ExitUsage, "not-agreed", "--yes publishes without asking; --dry-run shows what would be published",
			fmt.Errorf("cannot ask before publishing at %s: standard input is not a terminal", s.Target.Place()))
	}
	fmt.Fprintf(a.Err, "Everybody will be able to read these files at %s:\n", terminal.Safe(s.Target.Place()))
	for _, it := range items {
		fmt.Fprintln(a.Err, "  "+terminal.Safe(cmp.Or(s.URL(it.Name), it.Name)))
	}
	yes, err := a.Confirm(ctx, "Publish them?")
	if err != nil {
		return err
	}
	if !yes {
		return app.Fail(app.ExitUsage, "not-agreed", "", errors.New("nothing was sent"))
	}
	return nil
}

// uploadEvents tells how sending gets on: one bar, a line a file, or
// lines of JSON.
type uploadEvents struct {
	a    *App
	s    *publish.Sender
	t    *named.Target
	many bool
	// missing are the handles of those who have not agreed.
	missing []string

	mu         sync.Mutex
	bar        *terminal.Bar
	now        *publish.Item
	bytes      int64 // of it
	sent, kept int64
	told       time.Time // when the last line about progress was written
	failures   []*app.Failure
	err        error // of writing
}

// uploadLine is a line of JSON about an item on its way.
type uploadLine struct {
	Schema   int            `json:"schema"`
	Type     string         `json:"type"`
	Object   string         `json:"object"`
	File     string         `json:"file"`
	ID       string         `json:"id,omitempty"`
	Bytes    int64          `json:"bytes"`
	Sent     *int64         `json:"sent,omitempty"`
	Kept     *int64         `json:"kept,omitempty"`
	Requests []string       `json:"requests,omitempty"`
	URL      string         `json:"url,omitempty"`
	SHA256   string         `json:"sha256,omitempty"`
	Verified []string       `json:"verified,omitempty"`
	Error    *app.JSONError `json:"error,omitempty"`
}

func (e *uploadEvents) line(kind string, it *publish.Item, bytes int64) uploadLine {
	return uploadLine{Schema: space.Schema, Type: kind, Object: it.Name, File: it.File, ID: it.Space, Bytes: bytes}
}

// write keeps the first error of writing.
func (e *uploadEvents) write(err error) {
	if e.err == nil {
		e.err = err
	}
}

func (e *uploadEvents) Start(it *publish.Item, bytes int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.now, e.bytes, e.sent, e.kept, e.told = it, bytes, 0, 0, time.Now()
	if e.a.Settings.JSON {
		e.write(app.WriteJSON(e.a.Out, e.line("started", it, bytes)))
		return
	}
	e.bar.Phase(it.Name)
	e.bar.Expect(bytes)
}

func (e *uploadEvents) Progress(it *publish.Item, sent, kept int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.sent, e.kept = e.sent+sent, e.kept+kept
	e.bar.Add(sent + kept)
	const often = time.Second
	if e.a.Settings.JSON && time.Since(e.told) >= often {
		e.told = time.Now()
		e.write(app.WriteJSON(e.a.Out, e.counted(e.line("progress", it, e.bytes))))
	}
}

func (e *uploadEvents) counted(l uploadLine) uploadLine {
	sent, kept := e.sent, e.kept
	l.Sent, l.Kept = &sent, &kept
	return l
}

func (e *uploadEvents) Again(it *publish.Item, err error) {
	e.a.Warn("%s: %v; sending it again", it.Name, err)
}

func (e *uploadEvents) Planned(it *publish.Item, bytes int64, requests []string) {
	if e.a.Settings.JSON {
		l := e.line("planned", it, bytes)
		l.Requests, l.URL = requests, e.s.URL(it.Name)
		e.write(app.WriteJSON(e.a.Out, l))
		return
	}
	_, err := fmt.Fprintf(e.a.Out, "%s  %s  from %s\n", terminal.Safe(it.Name), spell.Size(bytes), terminal.Safe(it.File))
	e.write(err)
	for _, r := range requests {
		_, err := fmt.Fprintln(e.a.Out, "  "+terminal.Safe(r))
		e.write(err)
	}
}

func (e *uploadEvents) End(it *publish.Item, out publish.Outcome, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.bar.Close() // for the lines that follow
	var f *app.Failure
	if err != nil {
		f = app.Classify(app.UploadError(err, e.t))
		f.Err = fmt.Errorf("%s: %w", it.Name, f.Err)
		if !errors.Is(err, publish.ErrHeld) && !errors.Is(err, publish.ErrStopped) {
			e.failures = append(e.failures, f)
		}
	}
	if e.a.Settings.JSON {
		l := e.line(string(out.Status), it, out.Bytes)
		if e.now == it {
			l = e.counted(l)
			l.Bytes = e.bytes
		}
		if r := out.Receipt; r != nil {
			l.URL, l.SHA256, l.Verified = r.URL, r.SHA256, out.Verified
		}
		if f != nil {
			j := f.JSON()
			l.Error = &j
		}
		e.write(app.WriteJSON(e.a.Out, l))
		return
	}
	if f != nil {
		if e.many {
			e.write(e.a.PrintFailureOf(it.Space, f))
		}
		return
	}
	r := out.Receipt
	text := fmt.Sprintf("%s  %s  %s", terminal.Safe(it.Name), spell.Size(out.Bytes), map[publish.Status]string{publish.Sent: "sent", publish.Present: "already there"}[out.Status])
	if e.kept > 0 {
		text += fmt.Sprintf(" (%s of it by an earlier run)", spell.Size(e.kept))
	}
	text += "; verified: " + strings.Join(out.Verified, ", ")
	text += "\n  " + terminal.Safe(r.Location)
	if r.URL != "" && r.URL != r.Location {
		text += "\n  " + terminal.Safe(r.URL)
	}
	_, err = fmt.Fprintln(e.a.Out, text)
	e.write(err)
}

func (e *uploadEvents) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.bar.Close()
	e.a.OnRetry = nil
}

// retried tells that a request is made again.
func (e *uploadEvents) retried(err error, wait time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.bar.Close() // the line; it comes back with the next bytes
	if e.a.Settings.JSON {
		l := e.line("retry", e.now, e.bytes)
		l.Error = &app.JSONError{Kind: "retried", Message: err.Error()}
		e.write(app.WriteJSON(e.a.Out, l))
		return
	}
	e.a.Warn("%v; trying again in %s", err, wait.Round(100*time.Millisecond))
}

// uploadSum is the last line of JSON.
type uploadSum struct {
	Schema int    `json:"schema"`
	Type   string `json:"type"`
	Place  string `json:"place"`
	Sent   int    `json:"sent"`
	There  int    `json:"there"`
	Failed int    `json:"failed"`
	Held   int    `json:"held"`
	Bytes  int64  `json:"bytes"`
	// ConsentMissing are the handles of those who have not agreed.
	ConsentMissing []string `json:"consent_missing,omitempty"`
}

// finish tells how it ended.
func (e *uploadEvents) finish(sum publish.Summary, all int) error {
	if e.err != nil {
		return e.err
	}
	if e.a.Settings.JSON {
		if err := app.WriteJSON(e.a.Out, uploadSum{space.Schema, "summary", e.s.Target.Place(), sum.Sent, sum.Present, sum.Failed, sum.Held, sum.Bytes, e.missing}); err != nil {
			return err
		}
	}
	missing := sum.Failed + sum.Held
	switch {
	case missing == 0:
		if e.many {
			e.a.Say("%d sent, %d already there, %s at %s", sum.Sent, sum.Present, spell.Size(sum.Bytes), terminal.Safe(e.s.Target.Place()))
		}
		return nil
	case all == 1:
		return e.failures[0]
	case sum.Sent+sum.Present == 0:
		return app.Fail(e.failures[0].Code, "uploads-failed", "", fmt.Errorf("none of %d files was sent", all))
	}
	return app.Fail(app.ExitPartly, "uploads-failed", "fix the cause and run the same command again: files that arrived are not sent again",
		fmt.Errorf("%d of %d files were not sent", missing, all))
}

// cleanTarget removes what interrupted uploads have left.
func (a *App) cleanTarget(ctx context.Context, o *uploadOptions, s *publish.Sender, t *named.Target) error {
	ask := !o.yes && !o.dryRun
	if ask && (!a.InTTY || a.Settings.JSON) {
		return app.Hinted(app.Usage("cannot ask: standard input is not a terminal"), "--yes removes without asking; --dry-run lists the leftovers")
	}
	n := 0
	err := s.Clean(ctx, func(l publish.Leftover) error {
		if !a.Settings.JSON {
			text := terminal.Safe(l.Name)
			if l.Bytes >= 0 {
				text += "  " + spell.Size(l.Bytes)
			}
			if !l.Since.IsZero() {
				text += "  since " + l.Since.In(a.Zone).Format("2006-01-02 15:04")
			}
			fmt.Fprintln(a.Out, text)
		}
		if ask {
			if yes, err := a.Confirm(ctx, "Remove?"); err != nil || !yes {
				return err
			}
		}
		if !o.dryRun {
			if err := l.Remove(ctx); err != nil {
				return err
			}
			n++
		}
		if a.Settings.JSON {
			return app.WriteJSON(a.Out, leftoverLine{space.Schema, "leftover", l.Name, l.ID, l.Bytes, space.Time{Time: l.Since}, !o.dryRun})
		}
		return nil
	})
	if err != nil {
		return app.UploadError(err, t)
	}
	a.Say("Removed %s", spell.Count(n, "leftover"))
	return nil
}

type leftoverLine struct {
	Schema  int        `json:"schema"`
	Type    string     `json:"type"`
	Object  string     `json:"object"`
	Upload  string     `json:"upload,omitempty"`
	Bytes   int64      `json:"bytes"`
	Since   space.Time `json:"since"`
	Removed bool       `json:"removed"`
}
