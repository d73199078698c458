package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func newConfigCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:   "config [get KEY | set KEY VALUE | path]",
		Short: "Show or change the settings",
		Long: `Show all settings with their values and sources; show or change one; or print the path of
the config file. Flags override environment variables, which override the config file, which overrides
the defaults. preset.NAME keeps flags of spaces export under a name, for
--preset NAME; an empty value removes it.

` + aboutSettings(),
		Example: `  spaces config
  spaces config set library /media/disk/Spaces
  spaces config get library
  spaces config set preset.weekly "--trim-silence --format mp3 --intro ~/in.wav"`,
		Annotations: manual.Exits(map[int]string{app.ExitNotFound: "no such setting"}),
		Args:        app.Takes(0, 3),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			switch {
			case len(args) == 0:
				return []string{"get", "set", "path"}, cobra.ShellCompDirectiveNoFileComp
			case len(args) == 1 && args[0] != "path":
				return append(app.CompleteKeys(), a.presetKeys()...), cobra.ShellCompDirectiveNoFileComp
			case len(args) == 2 && strings.HasPrefix(args[1], "consent."):
				return []string{"off", "warn", "require"}, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := a.Folder().Resolve(cmd.Flags())
			if err != nil {
				return app.SettingError(err)
			}
			switch {
			case len(args) == 0:
				return a.showSettings(all)
			case len(args) == 1 && args[0] == "path":
				return a.showConfigPath()
			case len(args) == 2 && args[0] == "get":
				return a.getSetting(all.ByKey, args[1])
			case len(args) == 3 && args[0] == "set":
				return a.setSetting(args[1], args[2])
			}
			return configUsage(args)
		},
	}
}

// aboutSettings lists the settings for help.
func aboutSettings() string {
	var t terminal.Table
	for _, k := range settings.Keys() {
		t.Add("  "+k.Name, k.About)
	}
	var b strings.Builder
	t.Write(&b, manual.Widest)
	return b.String()
}

// configUsage says what is wrong with the arguments.
func configUsage(args []string) error {
	const see = "see spaces config --help"
	if _, ok := settings.Lookup(args[0]); ok {
		return app.Hinted(app.Usage("spaces config: unknown command %q", args[0]), "to show a setting: spaces config get "+args[0])
	}
	switch {
	case args[0] == "get" && len(args) < 2:
		return app.Hinted(app.Usage("spaces config get needs KEY"), see)
	case args[0] == "set" && len(args) < 3:
		return app.Hinted(app.Usage("spaces config set needs KEY VALUE"), see)
	case args[0] == "get", args[0] == "path":
		return app.Hinted(app.Usage("spaces config %s got %q too", args[0], args[len(args)-1]), see)
	}
	return app.Hinted(app.Usage("spaces config: unknown command %q", args[0]), cmp.Or(app.DidYouMean(args[0], []string{"get", "set", "path"}), see))
}

// A settingLine is a setting in JSON.
type settingLine struct {
	Schema int    `json:"schema"`
	Key    string `json:"key"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

func (a *App) showSettings(all *settings.Values) error {
	t := a.Table(terminal.Column{Title: "KEY"}, terminal.Column{Title: "VALUE"}, terminal.Column{Title: "FROM"})
	for _, k := range all.Known() {
		v := all.ByKey[k.Name]
		source := app.SourceWords(v.Source)
		if a.Settings.JSON {
			if err := app.WriteJSON(a.Out, settingLine{space.Schema, k.Name, v.Text, source}); err != nil {
				return err
			}
		}
		t.Add(k.Name, terminal.Safe(v.Text), "("+a.ShortenHome(terminal.Safe(source))+")")
	}
	if !a.Settings.JSON {
		t.Write(a.Out, 0)
	}
	return nil
}

func (a *App) showConfigPath() error {
	if a.ConfigFile() == "" {
		return app.NoHome("cannot find a folder for the config file")
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, struct {
			Schema int    `json:"schema"`
			Path   string `json:"path"`
		}{space.Schema, a.ConfigFile()})
	}
	_, err := fmt.Fprintln(a.Out, a.ConfigFile())
	return err
}

func (a *App) getSetting(all map[string]settings.Value, key string) error {
	v, ok := all[key]
	if !ok {
		return noSetting(key)
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, settingLine{space.Schema, key, v.Text, app.SourceWords(v.Source)})
	}
	_, err := fmt.Fprintln(a.Out, v.Text)
	return err
}

func (a *App) setSetting(name, text string) error {
	key, ok := settings.Lookup(name)
	if !ok {
		return noSetting(name)
	}
	if preset, is := settings.PresetOf(name); is {
		if err := a.checkPreset(preset, text); err != nil {
			return err
		}
	}
	text, err := a.Folder().Save(key, text)
	if err != nil {
		return app.SettingError(err)
	}
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, settingLine{space.Schema, name, text, a.ConfigFile()})
	}
	// Resolved without flags: those are gone with the next command.
	all, err := a.Folder().Resolve(nil)
	if err != nil {
		return app.SettingError(err)
	}
	if v := all.ByKey[name]; v.Source.Layer == settings.Environment {
		a.Say("saved %s as %s (%s)", name, terminal.Safe(text), a.ShortenHome(a.ConfigFile()))
		a.Warn("%s stays %s: the environment variable %s comes first; unset it to use the saved value", name, terminal.Safe(v.Text), v.Source.Name)
		return nil
	}
	if _, is := settings.PresetOf(name); is && text == "" {
		a.Say("%s is removed (%s)", name, a.ShortenHome(a.ConfigFile()))
		return nil
	}
	a.Say("%s is now %s (%s)", name, terminal.Safe(text), a.ShortenHome(a.ConfigFile()))
	return nil
}

func noSetting(key string) error {
	var names []string
	for _, k := range settings.Keys() {
		names = append(names, k.Name)
	}
	return app.Fail(app.ExitNotFound, "no-such-setting", cmp.Or(app.DidYouMean(key, names), "list the settings: spaces config"), fmt.Errorf("no setting is named %q", key))
}
