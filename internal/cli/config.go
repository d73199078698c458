package cli

import (
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
		Long: `Show every setting with its value and where that comes from; get or set one;
or print the path of the config file. A flag comes before the environment
variable, that before the config file, and that before the default.

  library      the folder of the library      SPACES_LIBRARY      (~/Spaces)
  lock-wait    how long to wait for others    SPACES_LOCK_WAIT    (1m)
  jobs         how many things at once        SPACES_JOBS         (0: every core)
  window       days that X keeps audio        SPACES_WINDOW       (30)
  quiet        say only results and errors    SPACES_QUIET        (false)
  no-progress  show no progress bars          SPACES_NO_PROGRESS  (false)

consent.clip, .export, .private (warn) and .public, .feed, .post (require) say what becomes of
what somebody has not agreed to: off, warn or require. docs/consent.md tells of them.
x.client_id and x.redirect_port (8420) are for posting on X: docs/posting.md.`,
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
				var keys []string
				for _, k := range settings.Keys() {
					keys = append(keys, k.Name+"\t"+k.About)
				}
				return keys, cobra.ShellCompDirectiveNoFileComp
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
			return hinted(usage("not understood: config %s", strings.Join(args, " ")), "see spaces config --help")
		},
	}
}

// A settingLine is a setting in JSON.
type settingLine struct {
	Schema int    `json:"schema"`
	Key    string `json:"key"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

func (a *App) showSettings(all map[string]settings.Value) error {
	var t terminal.Table
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
	return &failure{exitNotFound, "no-such-setting", "see what there is: spaces config", fmt.Errorf("there is no setting %q", key)}
}
