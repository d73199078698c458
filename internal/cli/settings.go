package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library"
)

const defaultLockWait = time.Minute

// settings are what holds for every command. All but JSON can also be set in
// the environment and in the config file.
type settings struct {
	Library    string // absolute
	Quiet      bool
	NoProgress bool
	LockWait   time.Duration
	Jobs       int // 0: one for each core
	Window     string
	JSON       bool
	Consent    consent.Policy
	Me         []string // the host's own handles or ids
	XClientID  string   // of the host's developer app at X
	XPort      int      // to which X sends the browser back
}

// A setting is one key of the config file. Its flag has the same name, its
// variable is SPACES_ and the name in capitals. What stands before a dot in a
// key is a list of keys in the file.
type setting struct {
	key   string
	about string
	check func(value string) error
}

// settingList lists the keys in the order in which they are shown.
func settingList() []setting {
	aBool := func(v string) error {
		_, err := strconv.ParseBool(v)
		return wrong(err, "true or false", v)
	}
	list := []setting{
		{"library", "folder of the library", func(v string) error {
			if strings.TrimSpace(v) == "" {
				return fmt.Errorf("it wants the name of a folder")
			}
			return nil
		}},
		{"lock-wait", "how long to wait for another program that changes the library", func(v string) error {
			d, err := time.ParseDuration(v)
			if err == nil && d < 0 {
				err = errors.New("negative")
			}
			return wrong(err, "a time such as 90s or 5m", v)
		}},
		{"jobs", "how many things to do at once; 0 is one for each core", func(v string) error {
			n, err := strconv.Atoi(v)
			if err == nil && n < 0 {
				err = errors.New("negative")
			}
			return wrong(err, "a number from 0", v)
		}},
		{"window", "for how many days X is taken to keep the audio of a Space", func(v string) error {
			_, err := parseWindow(v)
			return wrong(err, "a number of days such as 30", v)
		}},
		{"quiet", "say nothing but results and errors", aBool},
		{"no-progress", "show no progress bars", aBool},
	}
	for _, act := range consent.Actions {
		list = append(list, setting{consentKey(act), "what becomes of what somebody has not agreed to: off, warn, require", func(v string) error {
			_, err := consent.ParseMode(v)
			return wrong(err, "off, warn or require", v)
		}})
	}
	return append(list,
		setting{"me", "your own handle on X, or several between commas: nobody has to agree to your own voice", func(v string) error {
			for _, word := range handles(v) {
				if !consent.IsHandle(word) {
					return wrong(errors.New("odd"), "handles such as @ann, with commas between", v)
				}
			}
			return nil
		}},
		setting{"x.client_id", "client id of your developer app at X", func(v string) error {
			if strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
				return wrong(errors.New("odd"), "the client id as X shows it", v)
			}
			return nil
		}},
		setting{"x.redirect_port", "port of this computer to which X sends the browser back", func(v string) error {
			n, err := strconv.Atoi(v)
			if err == nil && (n < 1024 || n > 65535) {
				err = errors.New("out of range")
			}
			return wrong(err, "a port from 1024 to 65535", v)
		}})
}

// handles splits a list of handles or ids.
func handles(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// consentKey is the setting that says which mode holds for an action.
func consentKey(a consent.Action) string { return "consent." + string(a) }

func wrong(err error, want, got string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("it wants %s, not %q", want, got)
}

// envName is the variable that sets a key.
func envName(key string) string {
	return "SPACES_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(key))
}

// A value is what a setting is, and why.
type value struct {
	text   string
	source string // "flag --x", "SPACES_X", the config file's path, or "default"
}

// configFile is the path of the config file, which need not exist; "" if it is
// not known where that would be.
func (a *App) configFile() string { return a.inConfigDir("config.yaml") }

func (a *App) inConfigDir(name string) string {
	if a.ConfigDir == "" {
		return ""
	}
	return filepath.Join(a.ConfigDir, name)
}

// noHome is the error of what needs a folder of the user's.
func noHome(what string) error {
	return &failure{exitFailed, "no-home", "set HOME (on Windows USERPROFILE and AppData), or name the folder: --library DIR, SPACES_LIBRARY",
		fmt.Errorf("%s: the home folder is not known", what)}
}

// resolveSettings finds the value of each key: flags before the environment
// before the config file before the defaults. The second result lists the
// keys of the file that mean nothing.
func (a *App) resolveSettings(cmd *cobra.Command) (map[string]value, []string, error) {
	v := viper.New()
	v.SetConfigType("yaml")
	v.SetDefault("library", "")
	if a.Home != "" {
		v.SetDefault("library", filepath.Join(a.Home, "Spaces"))
	}
	v.SetDefault("lock-wait", defaultLockWait.String())
	v.SetDefault("jobs", 0)
	v.SetDefault("window", defaultWindow)
	v.SetDefault("quiet", false)
	v.SetDefault("no-progress", false)
	v.SetDefault("me", "")
	v.SetDefault("x.client_id", "")
	v.SetDefault("x.redirect_port", 8420)
	for _, act := range consent.Actions {
		v.SetDefault(consentKey(act), string(consent.Policy(nil).Mode(act)))
	}
	var content []byte
	if name := a.configFile(); name != "" {
		var err error
		if content, err = os.ReadFile(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, err
		}
	}
	if err := v.ReadConfig(bytes.NewReader(content)); err != nil {
		return nil, nil, hinted(fmt.Errorf("%s: %w", a.configFile(), err), "it is YAML: one line \"key: value\" for each key; see spaces config --help")
	}

	all := make(map[string]value)
	for _, s := range settingList() {
		from := value{v.GetString(s.key), "default"}
		if v.InConfig(s.key) {
			from.source = a.configFile()
		}
		if env, ok := a.Env(envName(s.key)); ok && env != "" {
			from = value{env, envName(s.key)}
		}
		if f := cmd.Flags().Lookup(s.key); f != nil && f.Changed {
			from = value{f.Value.String(), "flag --" + s.key}
		}
		if s.key == "library" && from.text == "" && from.source == "default" {
			all[s.key] = from
			continue
		}
		if err := s.check(from.text); err != nil {
			return nil, nil, usage("%s (from %s): %w", s.key, from.source, err)
		}
		all[s.key] = from
	}
	var unknown []string
	for _, key := range v.AllKeys() {
		if _, ok := all[key]; !ok && !strings.HasPrefix(key, "targets.") {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	return all, unknown, nil
}

// loadSettings fills a.set.
func (a *App) loadSettings(cmd *cobra.Command) error {
	a.set.JSON, _ = cmd.Flags().GetBool("json")
	all, unknown, err := a.resolveSettings(cmd)
	if err != nil {
		return err
	}
	for _, key := range unknown {
		a.warn("%s: there is no setting %q", a.configFile(), key)
	}
	// The texts have been checked.
	a.set.Quiet, _ = strconv.ParseBool(all["quiet"].text)
	a.set.NoProgress, _ = strconv.ParseBool(all["no-progress"].text)
	a.set.LockWait, _ = time.ParseDuration(all["lock-wait"].text)
	a.set.Jobs, _ = strconv.Atoi(all["jobs"].text)
	a.set.Consent = make(consent.Policy)
	for _, act := range consent.Actions {
		a.set.Consent[act], _ = consent.ParseMode(all[consentKey(act)].text)
	}
	a.set.Me = handles(all["me"].text)
	a.set.Window = all["window"].text
	a.set.XClientID = all["x.client_id"].text
	a.set.XPort, _ = strconv.Atoi(all["x.redirect_port"].text)
	dir := all["library"].text
	if dir == "" {
		return nil // told when it is needed
	}
	if a.Home == "" && a.expandHome(dir) != dir {
		return noHome("the library " + dir)
	}
	a.set.Library, err = filepath.Abs(a.expandHome(dir))
	return err
}

// expandHome replaces a leading ~, which no shell does in a config file.
func (a *App) expandHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		return a.Home + rest
	}
	return path
}

// shortenHome is for showing: the user's home folder as ~.
func (a *App) shortenHome(path string) string {
	if rest, ok := strings.CutPrefix(path, a.Home); ok && a.Home != "" && (rest == "" || os.IsPathSeparator(rest[0])) {
		return "~" + rest
	}
	return path
}

// saveSetting writes a key to the config file. All else in it stays as it is,
// comments too.
func (a *App) saveSetting(key, text string) error {
	name := a.configFile()
	if name == "" {
		return noHome("the setting cannot be kept")
	}
	content, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(content, &doc); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if doc.Kind == 0 {
		doc = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("%s is not a list of keys and values", name)
	}
	val := new(yaml.Node)
	val.SetString(text)
	if key != "library" && key != "x.client_id" && key != "me" { // numbers and truth values without quotes
		val.Tag, val.Style = "", 0
	}
	putSetting(root, key, val)
	content, err = yaml.Marshal(&doc)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	dir, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	return durable.Options{Perm: 0o600}.WriteFile(dir, filepath.Base(name), content)
}

// putSetting sets a key in a list of keys and values. One with a dot goes into
// the list that is called as what stands before it.
func putSetting(list *yaml.Node, key string, val *yaml.Node) {
	section, rest, dotted := strings.Cut(key, ".")
	for i := 0; i+1 < len(list.Content); i += 2 {
		name, old := list.Content[i].Value, list.Content[i+1]
		switch {
		case strings.EqualFold(name, key):
			val.LineComment = old.LineComment
			list.Content[i+1] = val
			return
		case dotted && strings.EqualFold(name, section) && old.Kind == yaml.MappingNode:
			putSetting(old, rest, val)
			return
		}
	}
	k := new(yaml.Node)
	k.SetString(key)
	if dotted {
		k.SetString(section)
		inner := &yaml.Node{Kind: yaml.MappingNode}
		putSetting(inner, rest, val)
		val = inner
	}
	list.Content = append(list.Content, k, val)
}

// libraryOptions are the options to open the library with.
func (a *App) libraryOptions() library.Options {
	return library.Options{Dir: a.set.Library, LockWait: a.set.LockWait, Version: a.Version}
}
