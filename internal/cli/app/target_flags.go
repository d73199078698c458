package app

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/publish/all"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/spell"
)

// BackendFlags are the flags of the settings that the kinds of targets have.
type BackendFlags struct {
	Set  *pflag.FlagSet
	list []all.Flag
}

// Add registers the flags: all, or those that can be set for one upload.
func (b *BackendFlags) Add(f *pflag.FlagSet, once bool) {
	b.Set = f
	for _, flag := range all.Flags() {
		if once && !flag.Once {
			continue
		}
		b.list = append(b.list, flag)
		title := strings.Join(flag.Backends, " and ")
		if flag.Switch() {
			f.Bool(flag.Name(), false, flag.Usage)
		} else {
			f.String(flag.Name(), "", flag.Usage)
		}
		manual.Group(f, title, flag.Name())
	}
}

// Given returns the settings that stand on the command line, for a target of a
// kind.
func (b *BackendFlags) Given(d *all.Description) ([]settings.Setting, error) {
	var list []settings.Setting
	for _, flag := range b.list {
		given := b.Set.Lookup(flag.Name())
		if !given.Changed {
			continue
		}
		if !slices.Contains(flag.Backends, d.Backend.Name) {
			return nil, Usage("--%s applies to %s targets, not to %s", flag.Name(), spell.Or(flag.Backends), d.URL)
		}
		var value any = given.Value.String()
		switch {
		case flag.Switch():
			value = given.Value.String() == "true"
		case flag.List:
			value = strings.Split(given.Value.String(), ",")
		}
		list = append(list, settings.Setting{Key: flag.Key, Value: value})
	}
	return list, nil
}

// Apply gives a target those settings for this run.
func (b *BackendFlags) Apply(t *named.Target) error {
	list, err := b.Given(t.Is)
	if err != nil {
		return err
	}
	over := make(map[string]string)
	for _, s := range list {
		switch v := s.Value.(type) {
		case bool:
			over[s.Key] = strconv.FormatBool(v)
		case string:
			over[s.Key] = v
		}
	}
	if err := t.Configure(over); err != nil {
		return Usage("%s: %w", t.URL, err)
	}
	return nil
}
