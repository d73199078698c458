package publishing

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/all"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type targetAddOptions struct {
	named.Draft
	backend app.BackendFlags
}

func newTargetAddCmd(a *App) *cobra.Command {
	var o targetAddOptions
	cmd := &cobra.Command{
		Use:   "add NAME [URL]",
		Short: "Add a target under a name",
		Long: `Save a target under a name, in the config file (spaces config path). Without a URL, the command
asks for everything on the terminal, credentials too. With a URL, it asks for nothing: set the rest
with flags, and store the credentials with spaces target login.

  file:///folder   s3://bucket/folder   webdavs://host/folder   sftp://host/folder   ia://item`,
		Example: `  spaces target add show
  spaces target add show s3://my-bucket/show --region eu-central-1 --access public
  spaces target add backup file:///media/disk/Spaces`,
		Args:              app.Takes(1, 2),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Name = args[0]
			if len(args) > 1 {
				o.URL = args[1]
			}
			return a.addTarget(cmd.Context(), &o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.Access, "access", "", "`WHO`: who can read the files: private (only you) or public (everybody)")
	f.StringVar(&o.BaseURL, "base-url", "", "`URL`: public web address of the target")
	f.BoolVar(&o.ReplacesSame, "force", false, "replace an existing target with this name")
	manual.Group(f, "Target", "access", "base-url", "force")
	app.Complete(cmd, "access", "private", "public")
	o.backend.Add(f, false)
	return cmd
}

func (a *App) addTarget(ctx context.Context, o *targetAddOptions) error {
	if err := settings.CheckTargetName(o.Name); err != nil {
		return app.Usage("%w", err)
	}
	if o.Name == named.X {
		return app.Hinted(app.Usage("the name %q is reserved for X", named.X), "choose another name; to post on X: spaces target login x")
	}
	asks := o.URL == ""
	in := bufio.NewReader(a.In)
	if asks {
		if !a.InTTY || a.Settings.JSON {
			return app.Hinted(app.Usage("cannot ask: standard input is not a terminal"), "give the URL: spaces target add "+o.Name+" s3://bucket/folder")
		}
		given := func(key string) bool {
			f := publish.Flag{Key: key}
			return o.backend.Set.Changed(f.Name())
		}
		say := func(line string) { fmt.Fprintln(a.Err, line) }
		if err := o.Ask(a.Home, given, say, func(q publish.Question) (string, error) { return a.ask(ctx, in, q) }); err != nil {
			return a.TargetError(err)
		}
	}
	d, err := all.Describe(o.URL, o.BaseURL, o.Access)
	if err != nil {
		return a.TargetError(&named.Error{Name: o.Name, Err: err})
	}
	given, err := o.backend.Given(d)
	if err != nil {
		return err
	}
	o.Own = append(o.Own, given...)
	t, err := a.Targets().Add(o.Draft)
	if err != nil {
		return a.TargetError(err)
	}
	if a.Settings.JSON {
		l, err := a.Targets().Summary(t)
		return errors.Join(err, app.WriteJSON(a.Out, targetLine{space.Schema, l, nil}))
	}
	a.Say("Saved the target %s: %s (%s)", t.Name, terminal.Safe(t.URL), a.ShortenHome(a.ConfigFile()))
	next := "spaces target test " + t.Name
	if questions := t.Settings.Questions(t.Is.URL); questions != nil {
		if asks {
			if err := a.login(ctx, in, t, questions); err != nil {
				return err
			}
		} else {
			next = "spaces target login " + t.Name
		}
	}
	a.Say("Next: %s", next)
	return nil
}

// ask reads one answer: from the terminal, without showing what is secret, or a
// line of standard input.
func (a *App) ask(ctx context.Context, in *bufio.Reader, q publish.Question) (text string, err error) {
	f, isFile := a.In.(*os.File)
	hidden := false
	if a.InTTY && !a.Settings.JSON {
		fmt.Fprintf(a.Err, "%s: ", q.Text)
		hidden = q.Hidden && isFile
	}
	if hidden {
		text, err = terminal.ReadSecret(f, a.Err)
	} else if text, err = in.ReadString('\n'); errors.Is(err, io.EOF) {
		if err = nil; text == "" {
			return "", app.Hinted(app.Usage("standard input ends before the answer: %s", q.Text), "write one line for each answer")
		}
	}
	if text = strings.TrimSpace(text); err == nil && text == "" && !q.Optional {
		err = app.Usage("no answer: %s", q.Text)
	}
	return text, errors.Join(err, ctx.Err())
}
