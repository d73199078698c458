package cli

import (
	"strconv"

	"github.com/spf13/pflag"

	"github.com/spaces-cli/spaces/internal/publish/all"
)

// backendFlags are the flags that the backends of targets bring along.
type backendFlags struct{ set *pflag.FlagSet }

// add registers the flags of all backends.
func (b *backendFlags) add(f *pflag.FlagSet) {
	b.set = f
	for _, backend := range all.Backends() {
		for _, flag := range backend.Flags {
			if flag.Switch() {
				f.Bool(flag.Name, false, flag.Usage)
			} else {
				f.String(flag.Name, "", flag.Usage)
			}
		}
	}
}

func (b *backendFlags) names() []string {
	var list []string
	for _, backend := range all.Backends() {
		for _, flag := range backend.Flags {
			list = append(list, flag.Name)
		}
	}
	return list
}

// apply gives a target those settings that were set on the command line.
func (b *backendFlags) apply(t *targetConfig) error {
	over := make(map[string]string)
	for _, backend := range all.Backends() {
		for _, flag := range backend.Flags {
			given := b.set.Lookup(flag.Name)
			if !given.Changed {
				continue
			}
			if backend.Name != t.is.Backend.Name {
				return usage("--%s is for %s targets, and %s is not one", flag.Name, backend.Name, t.URL)
			}
			value := given.Value.String()
			if on, err := strconv.ParseBool(value); flag.Switch() && (err != nil || !on) {
				value = "false"
			}
			over[flag.Key] = value
		}
	}
	if err := t.configure(over); err != nil {
		return usage("%s: %w", t.URL, err)
	}
	return nil
}
