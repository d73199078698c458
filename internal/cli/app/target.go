package app

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

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/library/find"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/all"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// Targets is where targets and their credentials are kept.
func (a *App) Targets() *named.Store {
	return &named.Store{Folder: a.Folder(), Secrets: a.Secrets(), Netrc: a.netrc()}
}

// Target finds what a word on the command line means: a URL, or a target of
// the config file.
func (a *App) Target(word string) (*named.Target, error) {
	t, err := a.Targets().Find(word)
	return t, a.TargetError(err)
}

// TargetError gives the errors of package named their codes and hints.
func (a *App) TargetError(err error) error {
	var unknown *named.UnknownError
	var wrong *named.Error
	var file *settings.TargetError
	var described *all.DescriptionError
	switch {
	case errors.As(err, &unknown):
		f := Fail(ExitNotFound, "no-such-target", "add it: spaces target add "+unknown.Name, err)
		switch {
		case unknown.Name == find.Latest:
			f.Hint = "the target comes last: spaces upload " + find.Latest + " TARGET"
		case DidYouMean(unknown.Name, unknown.Known) != "":
			f.Hint = DidYouMean(unknown.Name, unknown.Known)
		case unknown.Folder != "":
			f.Code, f.Kind, f.Hint = ExitUsage, "usage", "write the folder as a URL: "+unknown.Folder
		case unknown.Path != "":
			f.Hint = "write the folder as a URL: " + unknown.Path
		case slices.Contains(all.Schemes(), unknown.Name):
			f.Hint = "use a URL, " + unknown.Name + "://…, or add one by name: spaces target add NAME"
		case strings.ContainsAny(unknown.Name, `./\`):
			f.Hint = "write a URL, such as file:///media/disk/folder or sftp://USER@HOST/folder"
		case len(unknown.Known) > 0:
			f.Hint = "the targets are: " + strings.Join(unknown.Known, ", ")
		}
		return f
	case errors.As(err, &file) && file.Secret != "":
		return Hinted(Usage("%w", err), "remove it from the file, and store it with: spaces target login "+file.Target)
	case errors.As(err, &file):
		return Usage("%w", err)
	case errors.Is(err, settings.ErrTargetExists):
		return Hinted(Usage("%w", err), "replace it with --force; to see it: spaces target list")
	case !errors.As(err, &wrong):
		return AuthError(SettingError(err))
	}
	where := "the target"
	if wrong.Name != "" {
		where += " " + wrong.Name
	}
	if !errors.As(err, &described) {
		return Usage("%s: %w", where, err)
	}
	switch described.Fault {
	case all.NoURL:
		return Hinted(Usage("%s: %q is not a URL", where, described.Value), "write s3://bucket/folder or file:///media/disk/folder; for % and spaces write %25 and %20")
	case all.HasPassword:
		return Hinted(Usage("%s has a password in its URL, where others may read it", where), "remove it, and store it with: spaces target login "+cmp.Or(wrong.Name, described.Value))
	case all.Unsupported:
		hint := ""
		if strings.HasPrefix(described.Value, "http") {
			hint = "a WebDAV server is written webdavs://HOST/folder"
		}
		return Hinted(Usage("%s: %w (use %s)", where, err, spell.Or(all.Schemes())), hint)
	case all.HasQuery:
		return Hinted(Usage("%s has a ? or # in its URL", where), "if they are part of a name, write %3F and %23")
	case all.BadBaseURL:
		return Usage("%s: base_url must be a web address, not %q", where, described.Value)
	}
	return Usage("%s: access must be private or public, not %q", where, described.Value)
}

// WireOptions say how to talk to targets.
func (a *App) WireOptions(bandwidth int64) wire.Options {
	return wire.Options{
		Limit:     wire.NewLimiter(bandwidth),
		UserAgent: "spaces/" + a.Version,
		Retried: func(err error, wait time.Duration) {
			if a.OnRetry != nil {
				a.OnRetry(err, wait)
				return
			}
			a.Warn("%v; trying again in %s", err, wait.Round(100*time.Millisecond))
		},
	}
}

// Secrets is where credentials are kept.
func (a *App) Secrets() *keyring.Store {
	kept, _ := a.Env("SPACES_KEYRING")
	return &keyring.Store{File: a.Folder().In("credentials.json"), FileOnly: kept == "file"}
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

// OpenTarget makes a target; nothing is connected to.
func (a *App) OpenTarget(t *named.Target, w wire.Options) (publish.Target, error) {
	target, err := a.Targets().Open(t, publish.Opening{
		Wire: w, Version: a.Version, Warn: a.Warn, Trust: a.trustHost,
		Env: func(name string) string { v, _ := a.Env(name); return v },
	})
	return target, a.TargetError(err)
}

// trustHost asks whether to trust a server that nobody has vouched for.
func (a *App) trustHost(unknown error) bool {
	if !a.InTTY || a.Settings.JSON {
		return false
	}
	fmt.Fprintln(a.Err, terminal.SafeLines(unknown.Error()))
	yes, err := a.Confirm(context.Background(), "Trust this server, and remember its key?")
	return yes && err == nil
}

// ParseSize reads the number of bytes that a flag gives.
func ParseSize(what, text string) (int64, error) {
	n, err := wire.ParseSize(text)
	if err != nil {
		return 0, Usage("%s: %w", what, err)
	}
	return n, nil
}

// CompleteTargets completes the names of targets, and other words.
func CompleteTargets(a *App, others ...string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var words []string
		list, _ := a.Targets().List()
		for _, t := range list {
			if t.URL != "" {
				words = append(words, t.Target+"\t"+terminal.Safe(t.URL))
			}
		}
		return append(words, others...), cobra.ShellCompDirectiveNoFileComp
	}
}

// AuthError gives the errors of the keyring their codes and hints.
func AuthError(err error) error {
	var open *keyring.PermissionError
	switch {
	case errors.Is(err, keyring.ErrNone):
		return Fail(ExitNotFound, "no-credentials", "list the targets: spaces target list", err)
	case errors.As(err, &open):
		return Fail(ExitFailed, "open-secrets", "run chmod 600 "+open.File+"; if others may have read it, change the credentials", err)
	}
	return err
}

// UploadJobs is how many requests run at a time unless --jobs says otherwise:
// what holds an upload up is the distance, not the cores.
const UploadJobs = 4
