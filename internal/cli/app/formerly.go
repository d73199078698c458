package app

import "github.com/spf13/pflag"

// Formerly has a flag answer to a name that it had in earlier versions. It comes
// before the flags are declared.
func Formerly(f *pflag.FlagSet, was, is string) {
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == was {
			name = is
		}
		return pflag.NormalizedName(name)
	})
}
