package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func newConfigCmd(a *App) *cobra.Command {
	return &cobra.Command{
		Use:   "config [get KEY | set KEY VALUE | path]",
		Short: "Show or change the settings",
		Long: `Show every setting with its value and where that comes from; get or set one; or print the path of
the config file. A flag comes before the environment variable, that before the config file, and that
before the default.

` + aboutSettings(),
		Example: `  spaces config
  spaces config set library /media/disk/Spaces
  spaces config get library`,
		Annotations: manual.Exits(map[int]string{exitNotFound: "there is no such setting"}),
		Args:        takes(0, 3),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			switch {
			case len(args) == 0:
				return []string{"get", "set", "path"}, cobra.ShellCompDirectiveNoFileComp
			case len(args) == 1 && args[0] != "path":
				return completeKeys(), cobra.ShellCompDirectiveNoFileComp
			case len(args) == 2 && strings.HasPrefix(args[1], "consent."):
				return []string{"off", "warn", "require"}, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := a.folder().Resolve(cmd.Flags())
			if err != nil {
				return settingError(err)
			}
			switch {
			case len(args) == 0:
				return a.showSettings(all.ByKey)
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
		return hinted(usage("spaces config: unknown command %q", args[0]), "to show a setting: spaces config get "+args[0])
	}
	switch {
	case args[0] == "get" && len(args) < 2:
		return hinted(usage("spaces config get needs KEY"), see)
	case args[0] == "set" && len(args) < 3:
		return hinted(usage("spaces config set needs KEY VALUE"), see)
	case args[0] == "get", args[0] == "path":
		return hinted(usage("spaces config %s got %q too", args[0], args[len(args)-1]), see)
	}
	return hinted(usage("spaces config: unknown command %q", args[0]), cmp.Or(didYouMean(args[0], []string{"get", "set", "path"}), see))
}

// A settingLine is a setting in JSON.
type settingLine struct {
	Schema int    `json:"schema"`
	Key    string `json:"key"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

func (a *App) showSettings(all map[string]settings.Value) error {
	t := a.table(terminal.Column{Title: "KEY"}, terminal.Column{Title: "VALUE"}, terminal.Column{Title: "FROM"})
	for _, k := range settings.Keys() {
		v := all[k.Name]
		source := sourceWords(v.Source)
		if a.set.JSON {
			if err := writeJSON(a.Out, settingLine{space.Schema, k.Name, v.Text, source}); err != nil {
				return err
			}
		}
		t.Add(k.Name, terminal.Safe(v.Text), "("+a.shortenHome(terminal.Safe(source))+")")
	}
	if !a.set.JSON {
		t.Write(a.Out, 0)
	}
	return nil
}

func (a *App) showConfigPath() error {
	if a.configFile() == "" {
		return noHome("there is no config file")
	}
	if a.set.JSON {
		return writeJSON(a.Out, struct {
			Schema int    `json:"schema"`
			Path   string `json:"path"`
		}{space.Schema, a.configFile()})
	}
	_, err := fmt.Fprintln(a.Out, a.configFile())
	return err
}

func (a *App) getSetting(all map[string]settings.Value, key string) error {
	v, ok := all[key]
	if !ok {
		return noSetting(key)
	}
	if a.set.JSON {
		return writeJSON(a.Out, settingLine{space.Schema, key, v.Text, sourceWords(v.Source)})
	}
	_, err := fmt.Fprintln(a.Out, v.Text)
	return err
}

func (a *App) setSetting(name, text string) error {
	key, ok := settings.Lookup(name)
	if !ok {
		return noSetting(name)
	}
	text, err := a.folder().Save(key, text)
	if err != nil {
		return settingError(err)
	}
	if a.set.JSON {
		return writeJSON(a.Out, settingLine{space.Schema, name, text, a.configFile()})
	}
	a.say("%s is now %s (%s)", name, terminal.Safe(text), a.shortenHome(a.configFile()))
	return nil
}

func noSetting(key string) error {
	var names []string
	for _, k := range settings.Keys() {
		names = append(names, k.Name)
	}
	return fail(exitNotFound, "no-such-setting", cmp.Or(didYouMean(key, names), "see what there is: spaces config"), fmt.Errorf("there is no setting %q", key))
}
