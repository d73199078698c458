package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func newAuthCmd(a *App) *cobra.Command {
	var o xLoginOptions
	cmd := &cobra.Command{
		Use:   "auth [list | set TARGET | remove TARGET | x]",
		Short: "Keep the credentials of targets",
		Long: `Keep what a target asks for to let you in: the access key and secret key of S3, of the
Internet Archive too, user and password of WebDAV, password of SFTP and passphrase of its key.
"set" asks for them; in scripts they come from standard input, one a line. They are kept in the
system's keyring or, where none runs (or with SPACES_KEYRING=file), in credentials.json beside the
settings, which only you may read. TARGET is the name of a target in the settings, or its URL.
Without them, S3 takes AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or the files in ~/.aws,
and WebDAV ~/.netrc.

"x" signs in to X for spaces post: it prints the address of a page at X on which you agree, and
waits until X sends the browser back to this computer. docs/posting.md tells what to set up first.`,
		Example: `  spaces auth set show
  spaces auth list
  printf '%s\n' "$KEY" "$SECRET" | spaces auth set s3://my-bucket
  spaces auth x --open`,
		Annotations: manual.Exits(map[int]string{exitNotFound: "no such target, or nothing is kept for it"}),
		Args:        takes(0, 2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			none := cobra.ShellCompDirectiveNoFileComp
			if len(args) == 0 {
				return []string{"list", "set", "remove", "x"}, none
			}
			all, err := a.targets()
			if len(args) > 1 || err != nil {
				return nil, none
			}
			var names []string
			for name := range all {
				names = append(names, name)
			}
			slices.Sort(names)
			return names, none
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 1 && args[0] == "x":
				return a.authX(cmd.Context(), o)
			case o != xLoginOptions{}:
				return usage("--open, --paste and --remove are for spaces auth x")
			case len(args) == 0, len(args) == 1 && args[0] == "list":
				return a.authList()
			case len(args) == 2 && args[0] == "set":
				return a.authSet(cmd.Context(), args[1])
			case len(args) == 2 && args[0] == "remove":
				return a.authRemove(args[1])
			}
			return hinted(usage("not understood: auth %s", args[0]), "see spaces auth --help")
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&o.open, "open", false, "x: open the page in the browser")
	f.BoolVar(&o.paste, "paste", false, "x: ask for the address that the browser ends at, wherever it runs")
	f.BoolVar(&o.remove, "remove", false, "x: sign out, as spaces auth remove x.com does")
	return cmd
}

// authLine is a line of JSON about the credentials of a target.
type authLine struct {
	Schema int    `json:"schema"`
	Target string `json:"target"`
	Where  string `json:"where"`
}

func (a *App) authList() error {
	list, err := a.secrets().List()
	if err != nil {
		return authError(err)
	}
	var t terminal.Table
	for _, e := range list {
		if a.set.JSON {
			if err := writeJSON(a.Out, authLine{space.Schema, e.Target, e.Where}); err != nil {
				return err
			}
		}
		t.Add(terminal.Safe(e.Target), e.Where)
	}
	if !a.set.JSON {
		t.Write(a.Out, 0)
	}
	return nil
}

func (a *App) authSet(ctx context.Context, word string) error {
	t, err := a.target(word)
	if err != nil {
		return err
	}
	list := t.settings.Questions(t.is.URL)
	if list == nil {
		return usage("%s asks for no credentials", t.URL)
	}
	in := bufio.NewReader(io.LimitReader(a.In, 64<<10))
	secret := make(keyring.Secret)
	for _, q := range list {
		text, err := a.askSecret(ctx, in, q)
		if err != nil {
			return err
		}
		if text == "" && !q.Optional {
			return usage("%s: nothing was said", strings.ToLower(q.Text))
		}
		if text != "" {
			secret[q.Key] = text
		}
	}
	if len(secret) == 0 {
		return usage("nothing was said")
	}
	where, err := a.secrets().Set(t.account(), secret)
	if err != nil {
		return authError(err)
	}
	if a.set.JSON {
		return writeJSON(a.Out, authLine{space.Schema, t.account(), where})
	}
	if where == keyring.InFile {
		a.say("The credentials of %s are kept in %s, since no keyring runs here: only you may read it", terminal.Safe(t.account()), terminal.Safe(a.shortenHome(a.secrets().File)))
		return nil
	}
	a.say("The credentials of %s are kept in the system's keyring", terminal.Safe(t.account()))
	return nil
}

// askSecret reads one answer: from the terminal, without showing what is
// secret, or a line of standard input.
func (a *App) askSecret(ctx context.Context, in *bufio.Reader, q publish.Question) (string, error) {
	f, isFile := a.In.(*os.File)
	if a.InTTY && isFile && !a.set.JSON {
		fmt.Fprintf(a.Err, "%s: ", q.Text)
		if q.Hidden {
			return terminal.ReadSecret(f, a.Err)
		}
	}
	line, err := in.ReadString('\n')
	if errors.Is(err, io.EOF) && line != "" {
		err = nil
	}
	if errors.Is(err, io.EOF) {
		return "", hinted(usage("standard input ends before the %s", strings.ToLower(q.Text)), "it wants one line for each answer")
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return strings.TrimSpace(line), err
}

func (a *App) authRemove(word string) error {
	account := word
	if t, err := a.target(word); err == nil {
		account = t.account()
	} // else its credentials have outlived the target
	if err := a.secrets().Remove(account); err != nil {
		return authError(err)
	}
	if a.set.JSON {
		return writeJSON(a.Out, authLine{space.Schema, account, ""})
	}
	a.say("The credentials of %s are forgotten", terminal.Safe(account))
	return nil
}

// authError gives the errors of the keyring their codes and hints.
func authError(err error) error {
	var open *keyring.PermissionError
	switch {
	case errors.Is(err, keyring.ErrNone):
		return &failure{exitNotFound, "no-credentials", "see what there is: spaces auth list", err}
	case errors.As(err, &open):
		return &failure{exitFailed, "open-secrets", "chmod 600 " + open.File + ", and change what it holds if somebody may have read it", err}
	}
	return err
}
