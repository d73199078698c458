package publishing

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func Target(base *app.App) *cobra.Command {
	a := &App{base}
	cmd := &cobra.Command{
		Use:   "target COMMAND",
		Short: "Add, list, test and remove the places that files are sent to",
		Long: `A target is a place that spaces upload sends files to: a folder, a bucket (S3), a folder on a
WebDAV or SFTP server, or an item of the Internet Archive. Give it a name once, and use the name.
Passwords and keys are kept in the system's keyring, never in the settings.`,
		Example: `  spaces target add show
  spaces target test show
  spaces upload latest show`,
		Args: app.Subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newTargetAddCmd(a), newTargetListCmd(a), newTargetTestCmd(a), newTargetLoginCmd(a), newTargetRemoveCmd(a))
	return cmd
}

// A targetLine is a target in JSON.
type targetLine struct {
	Schema int `json:"schema"`
	named.Summary
	Error *app.JSONError `json:"error,omitempty"`
}

func newTargetListCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the targets, and where their credentials are stored",
		Long: `List the targets: type, URL, who can read the files, and where the credentials are stored (the
keyring, or a file that only you may read). Credentials without a named target are listed too.`,
		Example: `  spaces target list
  spaces target list --json | jq -r .url`,
		Args: app.Takes(0, 0),
		RunE: func(*cobra.Command, []string) error { return a.listTargets() },
	}
}

func (a *App) listTargets() error {
	list, err := a.Targets().List()
	if err != nil {
		return a.TargetError(err)
	}
	t := a.Table(terminal.Column{Title: "NAME"}, terminal.Column{Title: "KIND", Yield: 2}, terminal.Column{Title: "ACCESS", Yield: 1},
		terminal.Column{Title: "CREDENTIALS", Yield: 3}, terminal.Column{Title: "URL", Min: 30})
	for _, l := range list {
		line := targetLine{space.Schema, l, nil}
		if l.Err != nil {
			f := app.Classify(a.TargetError(l.Err))
			j := f.JSON()
			line.Error = &j
			if !a.Settings.JSON {
				a.PrintFailure(f)
			}
		}
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, line); err != nil {
				return err
			}
			continue
		}
		t.Add(terminal.Safe(l.Target), l.Kind, l.Access, l.Credentials, terminal.Safe(l.URL))
	}
	switch {
	case a.Settings.JSON:
	case t.Len() == 0:
		a.Say("No targets have been added. Add one: spaces target add NAME")
	default:
		t.Write(a.Out, a.Columns)
	}
	return nil
}

func newTargetTestCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:   "test TARGET",
		Short: "Test a target: write, read back and remove a small file",
		Long: `Test a target: connect, write a small file, read it back, and remove it. If everybody can read
the target, the file is also fetched from its web address, without credentials. Nothing is written
to the Internet Archive, because an item there cannot be removed.`,
		Example: `  spaces target test show
  spaces target test s3://my-bucket/show`,
		Annotations:       manual.Exits(map[int]string{app.ExitNotFound: "no such target", app.ExitFound: "a check failed; it is listed"}),
		Args:              app.Takes(1, 1),
		ValidArgsFunction: app.CompleteTargets(a.App),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.testTarget(cmd.Context(), args[0]) },
	}
}

// A trialLine is one step of a test in JSON.
type trialLine struct {
	Schema int            `json:"schema"`
	Target string         `json:"target"`
	Check  publish.Step   `json:"check"`
	Result string         `json:"result"`
	URL    string         `json:"url,omitempty"`
	Error  *app.JSONError `json:"error,omitempty"`
}

func (a *App) testTarget(ctx context.Context, word string) error {
	t, err := a.Target(word)
	if err != nil {
		return err
	}
	options := a.WireOptions(0)
	target, err := a.OpenTarget(t, options)
	if err != nil {
		return err
	}
	defer target.Close()
	client := options.Client()
	defer client.CloseIdleConnections()
	tester := &publish.Tester{Target: target, Public: t.Is.Public, BaseURL: t.BaseURL, Client: client}
	if t.Is.Backend.Lasting {
		tester.ReadOnly = "files there cannot be removed"
	}
	failed := 0
	var werr error
	tester.Try(ctx, func(tr publish.Trial) {
		l := trialLine{Schema: space.Schema, Target: word, Check: tr.Step, Result: "ok", URL: tr.URL}
		about := tr.URL
		var f *app.Failure
		switch {
		case tr.Skipped != "":
			l.Result, about = "skipped", tr.Skipped
		case tr.Err != nil:
			failed++
			f = app.Classify(trialError(tr, t))
			j := f.JSON()
			l.Result, l.Error, about = "failed", &j, f.Error()
		}
		if a.Settings.JSON {
			werr = errors.Join(werr, app.WriteJSON(a.Out, l))
			return
		}
		_, err := fmt.Fprintln(a.Out, strings.TrimSpace(fmt.Sprintf("%-8s %-8s %s", tr.Step, l.Result, terminal.Safe(about))))
		werr = errors.Join(werr, err)
		if f != nil && f.Hint != "" {
			fmt.Fprintln(a.Err, "spaces: hint: "+terminal.SafeLines(f.Hint))
		}
	})
	switch {
	case werr != nil || ctx.Err() != nil:
		return errors.Join(werr, ctx.Err())
	case failed > 0:
		return app.Fail(app.ExitFound, "target-failed", "", fmt.Errorf("%s: %s failed", word, spell.Count(failed, "check")))
	case tester.ReadOnly == "":
		a.Say("The target works: %s", terminal.Safe(target.Place()))
	}
	return nil
}

// trialError words why a step failed.
func trialError(tr publish.Trial, t *named.Target) error {
	if tr.Step == publish.StepPublic {
		return app.Hinted(tr.Err, "check that everybody can read the target, and that base_url is the web address of its root")
	}
	return app.UploadError(tr.Err, t)
}

func newTargetLoginCmd(a *App) *cobra.Command {
	var o xLoginOptions
	cmd := &cobra.Command{
		Use:   "login TARGET|x",
		Short: "Store the credentials of a target, or sign in to X",
		Long: `Store the credentials of a target: access key and secret key for S3 and the Internet Archive, user
and password for WebDAV, password and key passphrase for SFTP. The command asks for them; scripts
write them to standard input, one a line. They are kept in the system's keyring or, where none runs
(or with SPACES_KEYRING=file), in credentials.json beside the settings, which only you may read.
TARGET is a name from the settings, or a URL. Without stored credentials, S3 uses AWS_ACCESS_KEY_ID
and AWS_SECRET_ACCESS_KEY or the files in ~/.aws, and WebDAV uses ~/.netrc.

"x" signs in to X for spaces post: it prints the address of a page at X on which you give access,
and waits until X redirects the browser to this computer. To set this up: spaces help topic posting.`,
		Example: `  spaces target login show
  printf '%s\n' "$KEY" "$SECRET" | spaces target login s3://my-bucket
  spaces target login x --open`,
		Annotations:       manual.Exits(map[int]string{app.ExitNotFound: "no such target"}),
		Args:              app.Takes(1, 1),
		ValidArgsFunction: app.CompleteTargets(a.App, named.X+"\tX, for posts"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == named.X {
				return a.loginX(cmd.Context(), o)
			}
			if o != (xLoginOptions{}) {
				return app.Usage("--open and --paste need x: spaces target login x")
			}
			t, err := a.Target(args[0])
			if err != nil {
				return err
			}
			questions := t.Settings.Questions(t.Is.URL)
			if questions == nil {
				return app.Usage("%s needs no credentials", t.URL)
			}
			return a.login(cmd.Context(), bufio.NewReader(a.In), t, questions)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.open, "open", false, "open the page in the browser")
	f.BoolVar(&o.paste, "paste", false, "for a browser on another computer: ask for the address of its last page")
	manual.Group(f, "Sign in to X", "open", "paste")
	return cmd
}

// loginLine is a line of JSON about the credentials of a target.
type loginLine struct {
	Schema int    `json:"schema"`
	Target string `json:"target"`
	Where  string `json:"where"`
}

// login asks for the credentials of a target and keeps them.
func (a *App) login(ctx context.Context, in *bufio.Reader, t *named.Target, questions []publish.Question) error {
	secret := make(keyring.Secret)
	for _, q := range questions {
		text, err := a.ask(ctx, in, q)
		if err != nil {
			return err
		}
		if text != "" {
			secret[q.Key] = text
		}
	}
	if len(secret) == 0 {
		a.Say("No credentials were stored, because every answer was empty")
		return nil
	}
	where, err := a.Secrets().Set(t.Account(), secret)
	if err != nil {
		return app.AuthError(err)
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, loginLine{space.Schema, t.Account(), where})
	}
	a.Say("Stored the credentials of %s %s", terminal.Safe(t.Account()), a.placeOfSecrets(where))
	return nil
}

// placeOfSecrets says where credentials are kept.
func (a *App) placeOfSecrets(where string) string {
	if where == keyring.InFile {
		return fmt.Sprintf("in %s, which only you may read (no keyring is running)", terminal.Safe(a.ShortenHome(a.Secrets().File)))
	}
	return "in the system's keyring"
}

func newTargetRemoveCmd(a *App) *cobra.Command {
	var yes, credentials bool
	cmd := &cobra.Command{
		Use:   "remove TARGET|x",
		Short: "Forget a target and its credentials",
		Long: `Remove a target from the settings, and its credentials. The files at the target stay.
"x" signs out of X on this computer.`,
		Example: `  spaces target remove show
  spaces target remove show --credentials`,
		Annotations:       manual.Exits(map[int]string{app.ExitNotFound: "no such target, or no credentials are stored for it"}),
		Args:              app.Takes(1, 1),
		ValidArgsFunction: app.CompleteTargets(a.App, named.X+"\tX, for posts"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.removeTarget(cmd.Context(), args[0], credentials, yes)
		},
	}
	cmd.Flags().BoolVar(&credentials, "credentials", false, "remove only the credentials")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (a *App) removeTarget(ctx context.Context, word string, credentials, yes bool) error {
	r, err := a.Targets().Removal(word, credentials)
	if err != nil {
		return a.TargetError(err)
	}
	what := "the credentials of " + terminal.Safe(r.Account)
	if r.Named != "" {
		what = "the target " + terminal.Safe(r.Named)
	}
	if !yes {
		if !a.InTTY || a.Settings.JSON {
			return app.Hinted(app.Usage("cannot ask: standard input is not a terminal"), "--yes removes without asking")
		}
		if yes, err := a.Confirm(ctx, "Remove "+what+"?"); err != nil || !yes {
			a.Say("Nothing was removed")
			return err
		}
	}
	if err := a.Targets().Remove(r); err != nil {
		return a.TargetError(err)
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, loginLine{space.Schema, r.Account, ""})
	}
	a.Say("Removed %s. Files at the target stay", what)
	return nil
}
