package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/library/find"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/all"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
	"github.com/spf13/cobra"
)

// targets is where targets and their credentials are kept.
func (a *App) targets() *named.Store {
	return &named.Store{Folder: a.folder(), Secrets: a.secrets(), Netrc: a.netrc()}
}

// target finds what a word on the command line means: a URL, or a target of
// the config file.
func (a *App) target(word string) (*named.Target, error) {
	t, err := a.targets().Find(word)
	return t, a.targetError(err)
}

// targetError gives the errors of package named their codes and hints.
func (a *App) targetError(err error) error {
	var unknown *named.UnknownError
	var wrong *named.Error
	var file *settings.TargetError
	var described *all.DescriptionError
	switch {
	case errors.As(err, &unknown):
		f := fail(exitNotFound, "no-such-target", "add it: spaces target add "+unknown.Name, err)
		switch {
		case unknown.Name == find.Latest:
			f.hint = "the target comes last: spaces upload " + find.Latest + " TARGET"
		case len(unknown.Known) > 0:
			f.hint = cmp.Or(didYouMean(unknown.Name, unknown.Known), "the targets are: "+strings.Join(unknown.Known, ", "))
		case unknown.Folder != "":
			f.code, f.kind, f.hint = exitUsage, "usage", "write the folder as a URL: "+unknown.Folder
		case slices.Contains(all.Schemes(), unknown.Name):
			f.hint = "write its URL, " + unknown.Name + "://…, or add one by name: spaces target add NAME"
		case strings.ContainsAny(unknown.Name, `./\`):
			f.hint = "write a URL, such as file:///media/disk/folder or sftp://USER@HOST/folder"
		}
		return f
	case errors.As(err, &file) && file.Secret != "":
		return hinted(usage("%w", err), "remove it from there, and store it with: spaces target login "+file.Target)
	case errors.As(err, &file):
		return usage("%w", err)
	case errors.Is(err, settings.ErrTargetExists):
		return hinted(usage("%w", err), "--force replaces it; spaces target list shows it")
	case !errors.As(err, &wrong):
		return authError(settingError(err))
	}
	where := "the target"
	if wrong.Name != "" {
		where += " " + wrong.Name
	}
	if !errors.As(err, &described) {
		return usage("%s: %w", where, err)
	}
	switch described.Fault {
	case all.NoURL:
		return hinted(usage("%s: %q is not a URL", where, described.Value), "write s3://bucket/folder or file:///media/disk/folder; for % and spaces write %25 and %20")
	case all.HasPassword:
		return hinted(usage("%s has a password in its URL, where others may read it", where), "remove it, and store it with: spaces target login "+cmp.Or(wrong.Name, described.Value))
	case all.Unsupported:
		hint := ""
		if strings.HasPrefix(described.Value, "http") {
			hint = "a WebDAV server is written webdavs://HOST/folder"
		}
		return hinted(usage("%s: %w (use %s)", where, err, spell.Or(all.Schemes())), hint)
	case all.HasQuery:
		return hinted(usage("%s has a ? or # in its URL", where), "if they are part of a name, write %3F and %23")
	case all.BadBaseURL:
		return usage("%s: base_url must be a web address, not %q", where, described.Value)
	}
	return usage("%s: access must be private or public, not %q", where, described.Value)
}

// wireOptions say how to talk to targets.
func (a *App) wireOptions(bandwidth int64) wire.Options {
	return wire.Options{
		Limit:     wire.NewLimiter(bandwidth),
		UserAgent: "spaces/" + a.Version,
		Retried: func(err error, wait time.Duration) {
			if a.OnRetry != nil {
				a.OnRetry(err, wait)
				return
			}
			a.warn("%v; trying again in %s", err, wait.Round(100*time.Millisecond))
		},
	}
}

// secrets is where credentials are kept.
func (a *App) secrets() *keyring.Store {
	kept, _ := a.Env("SPACES_KEYRING")
	return &keyring.Store{File: a.folder().In("credentials.json"), FileOnly: kept == "file"}
}

// netrc is the file in which other programs keep passwords of hosts.
func (a *App) netrc() string {
	name, _ := a.Env("NETRC")
	switch {
	case name != "" || a.Home == "":
		return name
	case runtime.GOOS == "windows":
		return filepath.Join(a.Home, "_netrc")
	}
	return filepath.Join(a.Home, ".netrc")
}

// openTarget makes a target; nothing is connected to.
func (a *App) openTarget(t *named.Target, w wire.Options) (publish.Target, error) {
	target, err := a.targets().Open(t, publish.Opening{
		Wire: w, Version: a.Version, Warn: a.warn, Trust: a.trustHost,
		Env: func(name string) string { v, _ := a.Env(name); return v },
	})
	return target, a.targetError(err)
}

// trustHost asks whether to trust a server that nobody has vouched for.
func (a *App) trustHost(unknown error) bool {
	if !a.InTTY || a.set.JSON {
		return false
	}
	fmt.Fprintln(a.Err, terminal.SafeLines(unknown.Error()))
	yes, err := a.confirm(context.Background(), "Trust this server, and remember its key?")
	return yes && err == nil
}

// parseSize reads the number of bytes that a flag gives.
func parseSize(what, text string) (int64, error) {
	n, err := wire.ParseSize(text)
	if err != nil {
		return 0, usage("%s: %w", what, err)
	}
	return n, nil
}

// completeTargets completes the names of targets, and other words.
func completeTargets(a *App, others ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var words []string
		list, _ := a.targets().List()
		for _, t := range list {
			if t.URL != "" {
				words = append(words, t.Target+"\t"+terminal.Safe(t.URL))
			}
		}
		return append(words, others...), cobra.ShellCompDirectiveNoFileComp
	}
}

// authError gives the errors of the keyring their codes and hints.
func authError(err error) error {
	var open *keyring.PermissionError
	switch {
	case errors.Is(err, keyring.ErrNone):
		return fail(exitNotFound, "no-credentials", "see what is stored: spaces target list", err)
	case errors.As(err, &open):
		return fail(exitFailed, "open-secrets", "run chmod 600 "+open.File+"; if others may have read it, change the credentials", err)
	}
	return err
}
