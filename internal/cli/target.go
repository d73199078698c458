package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/all"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// A targetConfig is a target that a user named: as the config file has it, or
// by its URL alone.
type targetConfig struct {
	*settings.Target

	name     string // in the config file, or ""
	is       *all.Description
	settings publish.Settings
}

// public says that everybody may read what is sent.
func (t *targetConfig) public() bool { return t.is.Public }

// account is the name under which secrets are kept: the target's, or what in
// its URL says who lets in.
func (t *targetConfig) account() string {
	return cmp.Or(t.name, t.is.Account())
}

// configure hands the backend its settings, and over them those that flags give
// for this run.
func (t *targetConfig) configure(flags map[string]string) error {
	t.settings = t.is.Backend.New()
	return t.Decode(t.settings, flags)
}

// targets reads what the config file says of targets.
func (a *App) targets() (map[string]*settings.Target, error) {
	all, err := a.folder().Targets()
	var wrong *settings.TargetError
	switch {
	case errors.As(err, &wrong) && wrong.Secret != "":
		return nil, hinted(usage("%w", err), "take it out and type: spaces auth set "+wrong.Target)
	case errors.As(err, &wrong):
		return nil, usage("%w", err)
	}
	return all, settingError(err)
}

// target finds what a word on the command line means: a URL, or a target of
// the config file.
func (a *App) target(word string) (*targetConfig, error) {
	t := &targetConfig{Target: &settings.Target{URL: word}}
	if !strings.Contains(word, "://") {
		all, err := a.targets()
		if err != nil {
			return nil, err
		}
		if t.Target = all[word]; t.Target == nil {
			return nil, noTarget(word, all)
		}
		t.name = word
	}
	where := "the target"
	if t.name != "" {
		where = a.configFile() + ": the target " + t.name
	}
	var err error
	if t.is, err = all.Describe(t.URL, t.BaseURL, t.Access); err != nil {
		return nil, t.faultIn(where, err)
	}
	if err := t.configure(nil); err != nil {
		return nil, usage("%s: %w", where, err)
	}
	return t, nil
}

// faultIn says what is wrong with the description of a target.
func (t *targetConfig) faultIn(where string, err error) error {
	var wrong *all.DescriptionError
	if !errors.As(err, &wrong) {
		return err
	}
	switch wrong.Fault {
	case all.NoURL:
		return hinted(usage("%s is no URL", where), "such as s3://bucket/folder or file:///media/disk/folder; % and spaces in it are %25 and %20")
	case all.HasPassword:
		return hinted(usage("%s has a password in its URL, where others may read it", where), "leave it out and type: spaces auth set "+cmp.Or(t.name, wrong.Value))
	case all.Unsupported:
		return usage("%s: %w (use %s)", where, err, spell.Or(all.Schemes()))
	case all.HasQuery:
		return hinted(usage("%s has a ? or # in its URL", where), "if they are part of a name, write %3F and %23")
	case all.BadBaseURL:
		return usage("%s: base_url wants a web address, not %q", where, wrong.Value)
	}
	return usage("%s: access is private or public, not %q", where, wrong.Value)
}

func noTarget(word string, all map[string]*settings.Target) error {
	f := &failure{exitNotFound, "no-such-target", "name a URL, such as s3://bucket/folder; docs/uploading.md tells how to give it a name", fmt.Errorf("there is no target %q", word)}
	if len(all) > 0 {
		var names []string
		for name := range all {
			names = append(names, name)
		}
		slices.Sort(names)
		f.hint = "there are: " + strings.Join(names, ", ")
	} else if abs, err := filepath.Abs(word); err == nil {
		if info, err := os.Stat(abs); err == nil && info.IsDir() {
			f.code, f.kind, f.hint = exitUsage, "usage", "a folder is written so: "+fileURL(abs)
		}
	}
	return f
}

func fileURL(abs string) string {
	p := filepath.ToSlash(abs)
	if !strings.HasPrefix(p, "/") {
		p = "/" + p
	}
	return (&url.URL{Scheme: "file", Path: p}).String()
}

// wireOptions say how to talk to targets.
func (a *App) wireOptions(bandwidth int64) wire.Options {
	return wire.Options{
		Limit:     wire.NewLimiter(bandwidth),
		UserAgent: "spaces/" + a.Version,
		Retried: func(err error, wait time.Duration) {
			a.retried(err, wait)
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
	if name, _ := a.Env("NETRC"); name != "" {
		return name
	}
	if a.Home == "" {
		return ""
	}
	if runtime.GOOS == "windows" {
		return filepath.Join(a.Home, "_netrc")
	}
	return filepath.Join(a.Home, ".netrc")
}

// openTarget makes a target; nothing is connected to.
func (a *App) openTarget(t *targetConfig, w wire.Options) (publish.Target, error) {
	o := &publish.Opening{
		URL: t.is.URL, Public: t.public(), Home: a.Home, Wire: w, Version: a.Version, Warn: a.warn, Trust: a.trustHost,
		Env:   func(name string) string { v, _ := a.Env(name); return v },
		Netrc: a.netrcLogin,
	}
	if t.settings.Questions(t.is.URL) != nil {
		secret, err := a.secrets().Get(t.account())
		if err != nil && !errors.Is(err, keyring.ErrNone) {
			return nil, authError(err)
		}
		o.Secret = secret
	}
	target, err := t.settings.Open(o)
	if err != nil && !errors.As(err, new(*failure)) {
		return nil, usage("%w", err)
	}
	return target, err
}

// netrcLogin looks for a login in the user's netrc file.
func (a *App) netrcLogin(host, user string) (login, password string, err error) {
	secret, err := keyring.Netrc(a.netrc(), host, user)
	if errors.Is(err, keyring.ErrNone) {
		return "", "", nil
	}
	if err != nil {
		return "", "", classify(authError(err))
	}
	return secret["user"], secret["password"], nil
}

// trustHost asks whether to trust a server that nobody has vouched for.
func (a *App) trustHost(unknown error) bool {
	if !a.InTTY || a.set.JSON {
		return false
	}
	fmt.Fprintln(a.Err, terminal.SafeLines(unknown.Error()))
	yes, err := a.confirm(context.Background(), "Is that the server, and is its key to be remembered?")
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
