package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mattn/go-shellwords"
	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/spell"
)

// builtIn are the presets that every program has.
func builtIn() []string {
	return []string{string(episode.Host), string(episode.Untouched), string(episode.Archive)}
}

// presetNames are the presets that there are.
func (a *App) presetNames(cmd *cobra.Command) []string {
	if a.LoadSettings(cmd) != nil {
		return builtIn()
	}
	return append(builtIn(), a.ownPresets()...)
}

// ownPresets are the names of the host's own presets, in order.
func (a *App) ownPresets() []string {
	var names []string
	for name := range a.Settings.Presets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// presetKeys are the keys of the host's own presets, for the Tab key.
func (a *App) presetKeys() []string {
	all, err := a.Folder().Resolve(nil)
	if err != nil {
		return nil
	}
	var list []string
	for _, name := range all.Presets() {
		list = append(list, settings.PresetKey(name))
	}
	return list
}

// checkPreset refuses flags that cannot be those of a preset, before they are saved.
func (a *App) checkPreset(name, text string) error {
	if slices.Contains(builtIn(), name) {
		return app.Hinted(app.Usage("%s is built in: it cannot be changed", name), "choose another name, and begin its flags with --preset "+name)
	}
	if err := settings.CheckPresetName(name); err != nil || text == "" {
		return app.SettingError(wrapped(err))
	}
	cmd, o, err := a.parsePreset(name, text)
	if err != nil {
		return err
	}
	if _, err := o.request(a); err != nil {
		return inPreset(name, err)
	}
	if err := o.omit.check(""); err != nil {
		return inPreset(name, err)
	}
	if _, err := parseFade(o.fade); err != nil {
		return inPreset(name, err)
	}
	return wholePaths(name, app.Given(cmd))
}

// wrapped is an error of a value that is about to be saved.
func wrapped(err error) error {
	if err == nil {
		return nil
	}
	return app.Usage("%w", err)
}

// inPreset says which preset an error is about.
func inPreset(name string, err error) error {
	var f *app.Failure
	if errors.As(err, &f) {
		return app.Hinted(app.Usage("the preset %s: %w", name, err), f.Hint)
	}
	return app.Usage("the preset %s: %w", name, err)
}

// parsePreset reads the flags of a preset as those of an export. The words are parted
// as a POSIX shell does it without expansions: by spaces, with single and double quotes and
// backslashes.
func (a *App) parsePreset(name, text string) (*cobra.Command, *exportOptions, error) {
	split := shellwords.NewParser()
	words, err := split.Parse(text)
	switch {
	case err != nil:
		return nil, nil, app.Hinted(app.Usage("the preset %s has a quote that is not closed, or a parenthesis: %s", name, text), "put values with spaces or signs in quotes")
	case split.Position >= 0:
		return nil, nil, app.Hinted(app.Usage("the preset %s contains an operator of the shell: %s", name, text), "put values with ; & | < or > in quotes")
	}
	var o exportOptions
	cmd := exportCommand(a, &o)
	if err := cmd.Flags().Parse(words); err != nil {
		return nil, nil, inPreset(name, app.FlagError(cmd, err))
	}
	if rest := cmd.Flags().Args(); len(rest) > 0 {
		return nil, nil, inPreset(name, app.Usage("it can contain flags only, not %q", rest[0]))
	}
	for _, never := range []string{"override-consent", "reviewed", "help"} {
		if f := cmd.Flags().Lookup(never); f != nil && f.Changed {
			return nil, nil, inPreset(name, app.Usage("--%s must be given each time", never))
		}
	}
	if !slices.Contains(builtIn(), o.preset) {
		return nil, nil, inPreset(name, app.Usage("--preset must be %s in a preset, not %q", spell.Or(builtIn()), o.preset))
	}
	for _, flag := range fileFlags() {
		if f := cmd.Flags().Lookup(flag); f != nil && f.Changed {
			if err := f.Value.Set(a.Folder().Expand(f.Value.String())); err != nil {
				return nil, nil, inPreset(name, err)
			}
		}
	}
	return cmd, &o, nil
}

// fileFlags are the flags of an export that can name a file.
func fileFlags() []string {
	return []string{"intro", "outro", "cover", "chapters", "transcript", "output", "encoder"}
}

// wholePaths refuses files without their folder: a preset is used from any folder.
func wholePaths(name string, given map[string]string) error {
	for _, flag := range fileFlags() {
		if value, ok := given[flag]; ok && !filepath.IsAbs(value) && !isWord(flag, value) {
			return app.Hinted(app.Usage("the preset %s: --%s %s needs the whole path of the file", name, flag, value),
				fmt.Sprintf("a preset is used from any folder; write --%s ~/%s", flag, value))
		}
	}
	return nil
}

// isWord reports whether a value of a flag is a word and no file.
func isWord(flag, value string) bool {
	switch flag {
	case "chapters":
		return slices.Contains([]string{"turns", "clips", "topics", "kept", "none"}, value)
	case "encoder":
		return !strings.ContainsRune(value, filepath.Separator)
	}
	return value == "none"
}

// applyPreset sets the flags of the preset that is asked for which the command line
// does not set itself.
func (a *App) applyPreset(cmd *cobra.Command, o *exportOptions) error {
	name := o.preset
	if slices.Contains(builtIn(), name) {
		return nil
	}
	text, ok := a.Settings.Presets[name]
	if !ok {
		all := append(builtIn(), a.ownPresets()...)
		return app.Hinted(app.Usage("unknown preset %q (use %s)", name, spell.Or(all)),
			cmp.Or(app.DidYouMean(name, all), "save one: spaces config set "+settings.PresetKey("NAME")+` "--trim-silence --mono"`))
	}
	from, p, err := a.parsePreset(name, text)
	if err != nil {
		return err
	}
	o.preset = p.preset
	return app.Underlay(cmd, from)
}

// presetApart puts the flags that are the value of a preset in config set behind a
// double dash, because they are not those of config.
func presetApart(args []string) []string {
	for i := range args {
		if i+3 >= len(args) || args[i] != "config" || args[i+1] != "set" || !strings.HasPrefix(args[i+3], "-") || args[i+3] == "--" {
			continue
		}
		if _, is := settings.PresetOf(args[i+2]); is {
			return slices.Concat(args[:i+3], args[i+4:], []string{"--", args[i+3]})
		}
	}
	return args
}

// asOfNow is the App with the presets and files of exports that the config file has by
// now: the studio runs for days.
func (a *App) asOfNow() (*App, error) {
	all, err := a.Folder().Resolve(nil)
	if err != nil {
		return nil, app.SettingError(err)
	}
	now, err := a.Folder().Settings(all)
	if err != nil {
		return nil, err
	}
	b := *a.App
	b.Settings.Presets, b.Settings.Export = now.Presets, now.Export
	return &App{&b}, nil
}

// studioPresets are the host's own presets, for the page.
func (a *App) studioPresets() []string {
	b, err := a.asOfNow()
	if err != nil {
		return nil
	}
	return b.ownPresets()
}

// studioEpisode is what the page exports with a preset.
func (a *App) studioEpisode(ctx context.Context, lib *library.Library, r *recording.Recording, preset string) (q episode.Request, done func(), err error) {
	b, err := a.asOfNow()
	if err != nil {
		return q, nil, err
	}
	o := new(exportOptions)
	exportCommand(b, o) // the defaults of its flags
	o.preset = preset
	if text, ok := b.Settings.Presets[preset]; ok {
		if _, o, err = b.parsePreset(preset, text); err != nil {
			return q, nil, err
		}
	}
	if o.omit.only {
		return q, nil, app.Usage("the preset %s leaves speakers out, which needs the command line", preset)
	}
	if q, err = o.request(b); err != nil {
		return q, nil, err
	}
	if err := o.place(&q, false); err != nil {
		return q, nil, err
	}
	q.Library, q.Recording = lib, r
	if q.Transcript, err = o.transcriptOf(b, lib, r.Space, length(&q)); err != nil {
		return q, nil, err
	}
	if err := o.mark(b, &q, r.Space, new(omission)); err != nil {
		return q, nil, err
	}
	done, err = o.openBumpers(ctx, b, &q)
	return q, done, err
}
