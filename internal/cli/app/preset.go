package app

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Given are the flags that a command was given, with their values.
func Given(cmd *cobra.Command) map[string]string {
	list := make(map[string]string)
	cmd.Flags().Visit(func(f *pflag.Flag) { list[f.Name] = f.Value.String() })
	return list
}

// Underlay sets the flags of a command that from was given and the command was not.
// Lists of both are joined: a later value of them wins over an earlier one.
func Underlay(cmd, from *cobra.Command) (err error) {
	from.Flags().Visit(func(f *pflag.Flag) {
		own := cmd.Flags().Lookup(f.Name)
		if err != nil || own == nil {
			return
		}
		list, many := f.Value.(pflag.SliceValue)
		mine, also := own.Value.(pflag.SliceValue)
		switch {
		case many && also:
			err = mine.Replace(append(list.GetSlice(), mine.GetSlice()...))
		case !own.Changed:
			err = cmd.Flags().Set(f.Name, f.Value.String())
		}
	})
	return err
}
