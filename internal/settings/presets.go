package settings

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// presetSection is the section of the config file in which flags of an export have a
// name.
const presetSection = "preset"

// presetName is what a preset can be called: viper knows keys in small letters only,
// and a dot would be a section.
var presetName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`) })

// PresetOf is the name of the preset that a key sets.
func PresetOf(key string) (name string, ok bool) {
	section, name, dotted := strings.Cut(key, ".")
	return name, dotted && strings.EqualFold(section, presetSection)
}

// CheckPresetName says what is wrong with the name of a preset.
func CheckPresetName(name string) error {
	if !presetName().MatchString(name) {
		return fmt.Errorf("the name of a preset can contain only small letters, digits, - and _, not %q", name)
	}
	return nil
}

// presetKey is the key of a preset. Which flags there are is for the command that has
// them.
func presetKey(name string) Key {
	return Key{Name: presetSection + "." + name, About: "flags of an export, under the name " + name, text: true, alone: true,
		check: func(string) error { return CheckPresetName(name) }}
}

// Presets are the names of the presets, in order.
func (v *Values) Presets() []string {
	var names []string
	for key := range v.ByKey {
		if name, ok := PresetOf(key); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// PresetKey is the name of the key of a preset.
func PresetKey(name string) string { return presetKey(name).Name }

// Known are the keys that have a value: those that every program has, and the presets
// of the config file.
func (v *Values) Known() []Key {
	list := Keys()
	for _, name := range v.Presets() {
		list = append(list, presetKey(name))
	}
	return list
}

// removePreset takes a preset out of the config file.
func (f Folder) removePreset(name string) error {
	return f.edit(func(root *yaml.Node) error {
		for i := 0; i+1 < len(root.Content); i += 2 {
			key, all := root.Content[i].Value, root.Content[i+1]
			if strings.EqualFold(key, presetKey(name).Name) {
				root.Content = slices.Delete(root.Content, i, i+2)
				return nil
			}
			if !strings.EqualFold(key, presetSection) || all.Kind != yaml.MappingNode {
				continue
			}
			for j := 0; j+1 < len(all.Content); j += 2 {
				if strings.EqualFold(all.Content[j].Value, name) {
					all.Content = slices.Delete(all.Content, j, j+2)
					break
				}
			}
			if len(all.Content) == 0 {
				root.Content = slices.Delete(root.Content, i, i+2)
				return nil
			}
		}
		return nil
	})
}

// presets are the flags of each preset.
func presets(v *Values) map[string]string {
	list := make(map[string]string)
	for _, name := range v.Presets() {
		list[name] = v.ByKey[PresetKey(name)].Text
	}
	return list
}
