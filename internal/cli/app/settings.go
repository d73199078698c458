package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// userSettings are what holds for every command. All but JSON can also be set
// in the environment and in the config file.
type userSettings struct {
	settings.Settings
	JSON     bool
	Progress string // auto, never or json
}

func (a *App) Folder() settings.Folder { return settings.Folder{Home: a.Home, Dir: a.ConfigDir} }

// ConfigFile is the path of the config file, which need not exist; "" if it is
// not known where that would be.
func (a *App) ConfigFile() string { return a.Folder().File() }

// ShortenHome is for showing a folder of the user's: the home folder as ~.
func (a *App) ShortenHome(path string) string { return a.Folder().Shorten(path) }

// Shorten is for showing a path: relative to the current folder, or else to the
// library, if it lies in it, and with the user's home folder as ~.
func (a *App) Shorten(path string) string {
	dir, err := os.Getwd()
	if err != nil || dir == a.Home {
		dir = ""
	}
	return a.Folder().Shorten(path, dir, a.Settings.Library)
}

// ShortenIn is Shorten for the paths in a message: errors of the system name files
// by their whole path, which is longer than the rest.
func (a *App) ShortenIn(text string) string {
	dir, err := os.Getwd()
	if err != nil || dir == a.Home {
		dir = ""
	}
	for _, in := range [...]struct{ dir, as string }{{dir, ""}, {a.Settings.Library, ""}, {a.Home, "~" + string(filepath.Separator)}} {
		if filepath.IsAbs(in.dir) && in.dir != filepath.Dir(in.dir) {
			text = replacePath(text, filepath.Clean(in.dir)+string(filepath.Separator), in.as)
		}
	}
	return text
}

// replacePath replaces what begins a path: nothing of a path or a word stands before
// it, and something of the path behind it.
func replacePath(text, prefix, with string) string {
	var b strings.Builder
	before := ' '
	for {
		i := strings.Index(text, prefix)
		if i < 0 || i+len(prefix) == len(text) {
			return b.String() + text
		}
		if i > 0 {
			before, _ = utf8.DecodeLastRuneInString(text[:i])
		}
		b.WriteString(text[:i])
		text = text[i+len(prefix):]
		if strings.ContainsRune(" \t\n\"'(“„=:,", before) && strings.IndexByte(" \t\n\"':,;)", text[0]) < 0 {
			b.WriteString(with)
		} else {
			b.WriteString(prefix)
		}
		before = filepath.Separator
	}
}

// homeHint is what to do where a folder of the user's is not known.
const homeHint = "set HOME (on Windows USERPROFILE and AppData), or name the folder: --library DIR, SPACES_LIBRARY"

// NoHome is the error of what needs a folder of the user's.
func NoHome(what string) error { return fmt.Errorf("%s: %w", what, settings.ErrNoHome) }

// SourceWords says where a value comes from.
func SourceWords(s settings.Source) string {
	switch s.Layer {
	case settings.Default:
		return "default"
	case settings.Flag:
		return "flag --" + s.Name
	}
	return s.Name
}

// SettingError adds to an error of settings what a user of the command line
// does next, and how the program ends.
func SettingError(err error) error {
	var value *settings.ValueError
	var file *settings.FileError
	switch {
	case errors.As(err, &value) && value.Source == (settings.Source{}): // about to be saved
		return Usage("%w", err)
	case errors.As(err, &value):
		return Usage("%s (from %s): %w", value.Key, SourceWords(value.Source), value.Err)
	case errors.As(err, &file):
		return Hinted(err, "it is YAML: one line \"key: value\" for each key; see spaces config --help")
	}
	return err
}

// LoadSettings fills a.Settings.
func (a *App) LoadSettings(cmd *cobra.Command) error {
	if err := a.LoadLook(cmd); err != nil {
		return err
	}
	all, err := a.Folder().Resolve(cmd.Flags())
	if err != nil {
		return SettingError(err)
	}
	for _, key := range all.Unknown {
		a.Warn("%s: no setting is named %q", a.ConfigFile(), key)
	}
	a.Settings.Settings, err = a.Folder().Settings(all)
	return err
}

// LoadLook fills the settings that are flags only: how output looks.
func (a *App) LoadLook(cmd *cobra.Command) error {
	a.Settings.JSON, _ = cmd.Flags().GetBool("json")
	a.Settings.Progress, _ = cmd.Flags().GetString("progress")
	if when := []string{terminal.Auto, terminal.Never, ProgressJSON}; !slices.Contains(when, a.Settings.Progress) {
		return Usage("--progress must be %s, not %q", spell.Or(when), a.Settings.Progress)
	}
	color, _ := cmd.Flags().GetString("color")
	if !slices.Contains(terminal.ColorModes(), color) {
		return Usage("--color must be %s, not %q", spell.Or(terminal.ColorModes()), color)
	}
	if color != terminal.Auto {
		a.Palette = terminal.NewPalette(color, a.OutTTY, a.Env)
	}
	return nil
}

// LibraryOptions are the options to open the library with.
func (a *App) LibraryOptions() library.Options {
	return library.Options{Dir: a.Settings.Library, LockWait: a.Settings.LockWait, Version: a.Version, Now: a.Now,
		Warn: func(text string) { a.Warn("%s", terminal.Safe(text)) }}
}
