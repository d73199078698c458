package publishing

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/publish/post"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/publish/x"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type postOptions struct {
	file               string
	text, alt          string
	said               bool // --text was given, if only as ""
	captions, language string
	encoding           string // of the captions
	replyTo            string
	copy, dryRun, yes  bool
	posted             string
	forget             bool
	override           string
	bandwidth          string
	limits             x.Limits

	draft   *post.Draft
	missing []string // handles of those who have not agreed
}

func Post(base *app.App) *cobra.Command {
	a := &App{base}
	o := postOptions{limits: x.Current()}
	price, withURL := dollars(o.limits.Price), dollars(o.limits.PriceWithURL)
	cmd := &cobra.Command{
		Use:   "post CLIP --text TEXT",
		Short: "Post a clip on X, or prepare a post that you send yourself",
		Long: `Post a clip on X, or prepare a post that you send yourself. CLIP is an MP4 file (spaces video).

--copy prints the file and the text, and copies the text to the clipboard. It uses no network and
costs nothing.

Without --copy, the post goes through X's API. You need a developer app of your own, and to sign in:
spaces target login x. A post costs ` + price + `, a post with a link ` + withURL + `. The clip is uploaded, then
posted once. If it is uncertain whether X made the post, spaces posts nothing more until you report
what happened: --posted or --forget-attempt. This was never tested against the live service of X:
spaces help topic posting.`,
		Example: `  spaces post clip.mp4 --text "What we said about rain" --copy
  spaces post clip.mp4 --text "What we said about rain" --alt "Two people talk" --dry-run
  spaces post clip.mp4 --text "…" --captions clip.srt --reply-to 1234567890`,
		Annotations: manual.Exits(map[int]string{app.ExitFailed: "failed, or it is uncertain whether X made the post",
			app.ExitUsage: "wrong usage, or posting was not confirmed", app.ExitNotFound: "no such file"}),
		Args: app.Takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file, o.said = args[0], cmd.Flags().Changed("text")
			return a.post(cmd.Context(), &o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.text, "text", "", "`TEXT`: text of the post, at most 280 characters as X counts")
	f.StringVar(&o.alt, "alt", "", "`TEXT`: description of the clip, for people who cannot see or hear it")
	f.StringVar(&o.captions, "captions", "", "`FILE`: captions (SubRip, WebVTT or JSON), or none (default: those that spaces video wrote beside the clip)")
	f.StringVar(&o.language, "language", "", "`LETTERS`: language of the captions, two letters (default: that of the clip's own captions, en for a file)")
	f.StringVar(&o.replyTo, "reply-to", "", "reply to the post with this `ID` or URL")
	manual.Group(f, "Post", "text", "alt", "captions", "language", "reply-to")
	app.AddEncoding(cmd, &o.encoding, "the captions", "Post")
	f.BoolVar(&o.copy, "copy", false, "post nothing: print the file and the text, and copy the text")
	f.StringVar(&o.posted, "posted", "", "report that the uncertain post did appear, with its `ID` or URL")
	f.BoolVar(&o.forget, "forget-attempt", false, "report that the uncertain post did not appear")
	f.StringVar(&o.bandwidth, "bandwidth", "", "use at most `RATE` bytes per second: 500k, 2M")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask before posting")
	f.BoolVar(&o.dryRun, "dry-run", false, "print limits, price and requests without sending them")
	manual.Group(f, "How", "copy", "posted", "forget-attempt", "bandwidth", "yes", "dry-run")
	app.AddOverride(cmd, &o.override)
	return cmd
}

// postLine is a line of JSON about a post.
type postLine struct {
	Schema int             `json:"schema"`
	Type   string          `json:"type"` // planned, copied, posted, there, forgotten
	File   string          `json:"file"`
	Bytes  int64           `json:"bytes"`
	SHA256 string          `json:"sha256"`
	ID     string          `json:"id,omitempty"` // of the Space
	Spans  []space.Stretch `json:"spans,omitempty"`
	Text   string          `json:"text"`
	Weight int             `json:"weight"`

	Price     float64   `json:"price_usd,omitempty"`
	Checks    []x.Check `json:"checks,omitempty"`
	Requests  []string  `json:"requests,omitempty"`
	Clipboard string    `json:"clipboard,omitempty"` // the program that put the text there

	Post string `json:"post,omitempty"` // its id
	URL  string `json:"url,omitempty"`

	ConsentMissing []string `json:"consent_missing,omitempty"`
}

func (o *postOptions) line(kind string) postLine {
	l := postLine{Schema: space.Schema, Type: kind, File: o.draft.File, Bytes: o.draft.Post.Size, SHA256: o.draft.Post.SHA256, Text: o.text, Weight: x.Weigh(o.text), ConsentMissing: o.missing}
	if uses := o.draft.Uses; len(uses) > 0 {
		l.ID, l.Spans = uses[0].Recording, uses[0].Parts
	}
	return l
}

func (a *App) post(ctx context.Context, o *postOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	file := o.captions
	if file == noCaptions {
		file = ""
	}
	if err := app.CheckEncoding(o.encoding, file, "--captions FILE"); err != nil {
		return err
	}
	bandwidth, err := app.ParseSize("--bandwidth", o.bandwidth)
	if err != nil {
		return err
	}
	if err := o.open(ctx); err != nil {
		return err
	}
	defer o.draft.Close()
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	root := lib.Root()
	ask, err := a.NewAsker(lib, o.override, o.dryRun)
	if err != nil {
		return err
	}
	defer ask.Close()
	if err := o.draft.Look(ctx, lib, ask.Gate); err != nil {
		return err
	}
	config, err := a.xConfig(a.WireOptions(bandwidth))
	if err != nil {
		return err
	}
	if o.settles() {
		return a.settlePost(ctx, o, root, config)
	}
	if err := o.inspect(); err != nil {
		return err
	}
	if err := o.readCaptions(ctx, a, lib); err != nil {
		return err
	}
	if err := o.draft.LookAtCaptions(ctx, ask.Gate); err != nil {
		return err
	}
	if err := o.may(ctx, ask); err != nil {
		return err
	}
	switch {
	case o.copy:
		return a.copyPost(ctx, o, o.draft.Path())
	case o.dryRun:
		return a.planPost(o, config)
	}
	return a.sendPost(ctx, o, root, config)
}

func (o *postOptions) settles() bool { return o.posted != "" || o.forget }

// planPost tells what posting would do.
func (a *App) planPost(o *postOptions, config *x.Config) error {
	requests := x.New(*config).Plan(&o.draft.Post)
	price := o.limits.PriceOf(o.text)
	if a.Settings.JSON {
		l := o.line("planned")
		l.Price, l.Checks, l.Requests = price, o.draft.Checks, requests
		if err := app.WriteJSON(a.Out, l); err != nil {
			return err
		}
		return o.over()
	}
	t := a.Table()
	for _, c := range o.draft.Checks {
		t.Add(c.What, terminal.Safe(c.Is), string(c.Result), "limit: "+c.Limit)
	}
	t.Add("text", fmt.Sprint(x.Weigh(o.text)), string(x.OK), fmt.Sprintf("limit: %d", o.limits.Text))
	if o.alt != "" {
		t.Add("alt", fmt.Sprint(utf8.RuneCountInString(o.alt)), string(x.OK), fmt.Sprintf("limit: %d", o.limits.Alt))
	}
	t.Add("price", dollars(price), "", map[bool]string{true: "with a link", false: "without a link"}[x.HasURL(o.text)])
	t.Write(a.Out, 0)
	for _, r := range requests {
		if _, err := fmt.Fprintln(a.Out, terminal.Safe(r)); err != nil {
			return err
		}
	}
	return o.over()
}

func dollars(v float64) string {
	if text := fmt.Sprintf("$%.3f", v); !strings.HasSuffix(text, "0") {
		return text
	}
	return fmt.Sprintf("$%.2f", v)
}

// openAttempt opens the post in the journal, for who is signed in.
func (a *App) openAttempt(ctx context.Context, o *postOptions, root *os.Root, config *x.Config) (client *x.Client, handle string, t *x.Attempt, err error) {
	if config.ClientID == "" {
		return nil, "", nil, a.postError(fmt.Errorf("%w: x.client_id is not set", x.ErrSignedOut), "")
	}
	token, err := config.Tokens.Load()
	if err != nil {
		return nil, "", nil, a.postError(err, "")
	}
	client = x.New(*config)
	if t, err = client.Open(ctx, root, token.Handle, &o.draft.Post, a.Settings.LockWait); err != nil {
		client.Close()
		return nil, "", nil, a.postError(err, o.file)
	}
	return client, token.Handle, t, nil
}

// sendPost posts.
func (a *App) sendPost(ctx context.Context, o *postOptions, root *os.Root, config *x.Config) error {
	if err := o.over(); err != nil {
		return err
	}
	for _, c := range o.draft.With(x.Unsure) {
		a.Warn("%s: %s. X documents %s, and may reject this", c.What, c.Is, c.Limit)
	}
	bar := (*terminal.Bar)(nil)
	config.Sent = func(n int64) { bar.Add(n) }
	config.Kept = config.Sent
	client, handle, attempt, err := a.openAttempt(ctx, o, root, config)
	if err != nil {
		return err
	}
	defer client.Close()
	defer attempt.Close()
	if r := attempt.Earlier(); r != nil {
		return a.printPost(o, "there", r)
	}
	if u := attempt.Unknown(); u != nil {
		return a.postError(u, o.file)
	}
	if !attempt.Made(&o.draft.Post) {
		if err := a.agreeToPost(ctx, o, handle); err != nil {
			return err
		}
		bar = a.NewBar(terminal.Safe(filepath.Base(o.file))).CountBytes()
		bar.Expect(o.draft.Post.Size)
	}
	r, err := client.Post(ctx, attempt, &o.draft.Post, o.draft.Receipt(client.Place(handle), a.Version))
	bar.Close()
	if err != nil {
		if ctx.Err() != nil && errors.As(err, new(*x.UnknownError)) {
			a.Warn("%v", err) // which the report of an interruption does not say
		}
		return a.postError(err, o.file)
	}
	return a.printPost(o, "posted", r)
}

// agreeToPost asks before it becomes public.
func (a *App) agreeToPost(ctx context.Context, o *postOptions, handle string) error {
	if o.yes {
		return nil
	}
	if !a.InTTY || a.Settings.JSON {
		return app.Fail(app.ExitUsage, "not-agreed", "--yes posts without asking; --dry-run shows what would be posted", errors.New("cannot ask before posting: standard input is not a terminal"))
	}
	fmt.Fprintf(a.Err, "Everybody will be able to see this post of %s. It costs %s:\n  %s\n", app.At(handle), dollars(o.limits.PriceOf(o.text)), terminal.Safe(o.draft.File))
	for line := range strings.Lines(o.text) {
		fmt.Fprintln(a.Err, "  "+terminal.Safe(strings.TrimRight(line, "\r\n")))
	}
	yes, err := a.Confirm(ctx, "Post it?")
	if err != nil {
		return err
	}
	if !yes {
		return app.Fail(app.ExitUsage, "not-agreed", "", errors.New("nothing was posted"))
	}
	return nil
}

// printPost prints where the post is.
func (a *App) printPost(o *postOptions, kind string, r *publish.Receipt) error {
	if a.Settings.JSON {
		l := o.line(kind)
		l.Text, l.Weight = r.Post.Text, x.Weigh(r.Post.Text)
		l.Post, l.URL = r.Post.ID, r.URL
		return app.WriteJSON(a.Out, l)
	}
	if kind == "there" {
		a.Say("This clip was already posted with this text, on %s. To post it again, change the text", r.At.In(a.Zone).Format("2006-01-02 15:04"))
	}
	_, err := fmt.Fprintln(a.Out, terminal.Safe(r.URL))
	return err
}

// settlePost notes what became of a post in doubt.
func (a *App) settlePost(ctx context.Context, o *postOptions, root *os.Root, config *x.Config) error {
	client, handle, attempt, err := a.openAttempt(ctx, o, root, config)
	if err != nil {
		return err
	}
	defer client.Close()
	defer attempt.Close()
	if attempt.Unknown() == nil {
		return app.Fail(app.ExitNotFound, "no-attempt", "list the posts: spaces upload log", fmt.Errorf("no post of %s by %s is uncertain", o.file, app.At(handle)))
	}
	if o.forget {
		if err := attempt.Forget(); err != nil {
			return err
		}
		if a.Settings.JSON {
			return app.WriteJSON(a.Out, o.line("forgotten"))
		}
		a.Say("Recorded that X did not make the post. The next spaces post tries again")
		return nil
	}
	r, err := client.Settle(attempt, o.posted, o.draft.Receipt(client.Place(handle), a.Version))
	if err != nil {
		return err
	}
	return a.printPost(o, "posted", r)
}

// postError gives the errors of X their codes and hints. File is the clip, or
// "".
func (a *App) postError(err error, file string) error {
	var unknown *x.UnknownError
	var limit *x.RateLimitError
	var status *wire.StatusError
	var busy *publish.BusyError
	errors.As(err, &status)
	const byHand = "post it by hand: spaces post … --copy"
	switch {
	case errors.Is(err, context.Canceled), errors.As(err, new(*app.Failure)):
		return err
	case errors.As(err, &unknown):
		return app.Fail(app.ExitFailed, "unknown-outcome", fmt.Sprintf("look at your posts on X. If it is there: spaces post %s --posted ID. If it is not: spaces post %s --forget-attempt", app.Quoted(file), app.Quoted(file)), err)
	case errors.Is(err, post.ErrNoDir):
		return app.NoHome("cannot store the token")
	case errors.Is(err, post.ErrRenewing):
		return app.Fail(app.ExitFailed, "locked", app.WaitLonger, err)
	case errors.As(err, new(*keyring.PermissionError)):
		return app.AuthError(err)
	case errors.Is(err, x.ErrSignedOut):
		return app.Fail(app.ExitFailed, "signed-out", "sign in: spaces target login x (see spaces help topic posting); or "+byHand, err)
	case errors.As(err, &limit):
		return app.Fail(app.ExitFailed, "rate-limited", "X accepts no request before "+limit.Until.In(a.Zone).Format("2006-01-02 15:04:05")+". Run the same command then", err)
	case errors.Is(err, x.ErrProcessing):
		return app.Fail(app.ExitFailed, "processing", "run the same command again, or make the clip again; or "+byHand, err)
	case errors.Is(err, publish.ErrChanged):
		return app.Fail(app.ExitFailed, "changed", "nothing was posted; run the same command again", err)
	case errors.As(err, &busy):
		return app.Fail(app.ExitFailed, "locked", app.WaitLonger, err)
	case status != nil && status.Status == http.StatusForbidden && strings.Contains(status.Message, "longer than"):
		return app.Fail(app.ExitFailed, "video-too-long", "cut a shorter one: spaces video SPACE --at 12:30 --length 30s", err)
	case status != nil && status.Status == http.StatusPaymentRequired:
		return app.Fail(app.ExitFailed, "no-credits", "buy credits in X's developer console, or "+byHand, err)
	case status != nil && status.Status == http.StatusForbidden:
		return app.Fail(app.ExitFailed, "refused", "nothing was posted. Your app may lack the permission to write: spaces help topic posting", err)
	case status != nil && status.Status/100 == 4:
		return app.Fail(app.ExitFailed, "refused", "nothing was posted; the reason above is from X", err)
	case errors.Is(err, publish.ErrUntrusted):
		return app.Fail(app.ExitFailed, "untrusted", "nothing was sent", err)
	case wire.Retryable(err):
		return app.Fail(app.ExitFailed, "connection", "check the network connection and run the same command again: nothing was posted, and the upload is used again", err)
	}
	return err
}
