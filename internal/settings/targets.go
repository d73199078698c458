package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// targetsSection is the section of the config file in which targets have
// names.
const targetsSection = "targets"

// secretKeys are what people write into a target and the file must not hold:
// others may read it.
var secretKeys = []string{"password", "passphrase", "accesskey", "accesskeyid", "secretkey", "secretaccesskey", "sessiontoken", "secret", "token"}

// isSecret reports whether a key is one of those, however it is written.
func isSecret(key string) bool {
	return slices.Contains(secretKeys, strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(strings.ToLower(key)))
}

// hasPassword reports whether a value is a URL with a password, though it may be
// no valid one.
func hasPassword(value string) bool {
	_, rest, _ := strings.Cut(value, "://")
	host, _, _ := strings.Cut(rest, "/")
	i := strings.LastIndex(host, "@")
	return i >= 0 && strings.Contains(host[:i], ":")
}

var errPassword = errors.New("the URL contains a password, which others may read")

// A Target is what the config file says of a target: what every target has,
// and the keys that only its kind knows.
type Target struct {
	URL     string
	Access  string // private or public, or ""
	BaseURL string // where everybody finds what lies at the target's root

	own *yaml.Node
}

// A Setting is a key of a target and its value: a string, a bool or a list of
// strings.
type Setting struct {
	Key   string
	Value any
}

// Own returns what stands under the keys that only the target's kind knows.
func (t *Target) Own() map[string]any {
	list := make(map[string]any)
	if t.own != nil && t.own.Decode(&list) != nil {
		return nil
	}
	return list
}

// ErrTargetExists says that there is a target of a name.
var ErrTargetExists = errors.New("a target with that name exists already")

// CheckTargetName says what is wrong with a name of a target: on a command line
// it must not look like a URL, a flag or a path.
func CheckTargetName(name string) error {
	odd := strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	})
	if name == "" || odd || strings.HasPrefix(name, "-") || strings.HasPrefix(name, ".") {
		return fmt.Errorf("the name of a target can contain only letters, digits, - and _, not %q", name)
	}
	return nil
}

// SaveTarget writes a target to the config file. The error is ErrTargetExists
// if there is one of that name and it is not to be replaced; what then stands
// there goes.
func (f Folder) SaveTarget(name string, list []Setting, replace bool) error {
	if err := CheckTargetName(name); err != nil {
		return err
	}
	for _, s := range list {
		if isSecret(s.Key) {
			return &TargetError{Path: f.File(), Target: name, Secret: s.Key}
		}
		if text, ok := s.Value.(string); ok && hasPassword(text) {
			return &TargetError{Path: f.File(), Target: name, Err: fmt.Errorf("%s: %w", s.Key, errPassword)}
		}
	}
	target, err := mapping(list)
	if err != nil {
		return err
	}
	return f.edit(func(root *yaml.Node) error {
		all := section(root, targetsSection)
		switch {
		case all == nil:
			all = &yaml.Node{Kind: yaml.MappingNode}
			key := new(yaml.Node)
			key.SetString(targetsSection)
			root.Content = append(root.Content, key, all)
		case all.Kind == yaml.ScalarNode && all.Tag == "!!null": // "targets:" and nothing
			all.Kind, all.Tag, all.Value = yaml.MappingNode, "", ""
		case all.Kind != yaml.MappingNode:
			return &FileError{f.File(), errors.New("targets must be a list of names")}
		}
		all.Style = 0 // a line each, though it was {}
		if old := section(all, name); old != nil {
			if !replace {
				return ErrTargetExists
			}
			*old = *target
			return nil
		}
		key := new(yaml.Node)
		key.SetString(name)
		all.Content = append(all.Content, key, target)
		return nil
	})
}

// mapping writes settings as YAML.
func mapping(list []Setting) (*yaml.Node, error) {
	node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, s := range list {
		key, value := new(yaml.Node), new(yaml.Node)
		key.SetString(s.Key)
		if err := value.Encode(s.Value); err != nil {
			return nil, err
		}
		node.Content = append(node.Content, key, value)
	}
	return node, nil
}

// NewTarget returns a target of these settings, as it would be read.
func NewTarget(list []Setting) (*Target, error) {
	node, err := mapping(list)
	if err != nil {
		return nil, err
	}
	t := new(Target)
	return t, t.UnmarshalYAML(node)
}

// RemoveTarget takes a target out of the config file, and reports whether there
// was one.
func (f Folder) RemoveTarget(name string) (was bool, err error) {
	known, err := f.Targets()
	if err != nil || known[name] == nil {
		return false, err
	}
	return true, f.edit(func(root *yaml.Node) error {
		all := section(root, targetsSection)
		for i := 0; i+1 < len(all.Content); i += 2 {
			if all.Content[i].Value == name {
				all.Content = slices.Delete(all.Content, i, i+2)
				break
			}
		}
		if len(all.Content) == 0 {
			all.Style = yaml.FlowStyle
		}
		return nil
	})
}

// section returns what stands under a key in a list of keys, or nil.
func section(list *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(list.Content); i += 2 {
		if list.Content[i].Value == key {
			return list.Content[i+1]
		}
	}
	return nil
}

// A TargetError says that a target of the config file is not what it has to
// be.
type TargetError struct {
	Path   string // of the file
	Target string
	Secret string // the key that does not belong there, or ""
	Err    error
}

func (e *TargetError) Error() string {
	if e.Secret != "" {
		return fmt.Sprintf("%s: target %s: %s must not be stored here, where others may read it", e.Path, e.Target, e.Secret)
	}
	return fmt.Sprintf("%s: the target %s: %v", e.Path, e.Target, e.Err)
}

func (e *TargetError) Unwrap() error { return e.Err }

// Targets reads the targets of the config file, by their names.
func (f Folder) Targets() (map[string]*Target, error) {
	content, err := f.read()
	if err != nil {
		return nil, err
	}
	var doc struct {
		Targets map[string]yaml.Node `yaml:"targets"`
	}
	if err := yaml.Unmarshal(content, &doc); err != nil {
		return nil, &FileError{f.File(), err}
	}
	list := make(map[string]*Target)
	for name, node := range doc.Targets {
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i].Value
			if isSecret(key) {
				return nil, &TargetError{Path: f.File(), Target: name, Secret: key}
			}
			if key != "url" && hasPassword(node.Content[i+1].Value) { // that is checked with the rest of it
				return nil, &TargetError{Path: f.File(), Target: name, Err: fmt.Errorf("%s: %w", key, errPassword)}
			}
		}
		t := new(Target)
		if err := node.Decode(t); err != nil {
			return nil, &TargetError{Path: f.File(), Target: name, Err: plain(err)}
		}
		list[name] = t
	}
	return list, nil
}

// UnmarshalYAML implements yaml.Unmarshaler. The keys that only a backend knows
// are left for it: which one it is, the URL says.
func (t *Target) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return errors.New("it must be a list of keys (for example url: s3://bucket/folder)")
	}
	t.own = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		var err error
		switch key.Value {
		case "url":
			err = value.Decode(&t.URL)
		case "access":
			err = value.Decode(&t.Access)
		case "base_url":
			err = value.Decode(&t.BaseURL)
		default:
			t.own.Content = append(t.own.Content, key, value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Decode reads the keys that only the target's kind knows, and in place of
// those that over names what stands there.
func (t *Target) Decode(into any, over map[string]string) error {
	node := yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	if t.own != nil {
		for i := 0; i+1 < len(t.own.Content); i += 2 {
			if _, ok := over[t.own.Content[i].Value]; !ok {
				node.Content = append(node.Content, t.own.Content[i:i+2]...)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(over)) {
		node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, &yaml.Node{Kind: yaml.ScalarNode, Value: over[key]})
	}
	text, err := yaml.Marshal(&node)
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil && !errors.Is(err, io.EOF) {
		return plain(err)
	}
	return nil
}

// plain says what is wrong without the words of Go.
func plain(err error) error {
	var types *yaml.TypeError
	if !errors.As(err, &types) {
		return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	_, text, _ := strings.Cut(types.Errors[0], ": ") // the line is one of the target, not of the file
	if key, ok := strings.CutPrefix(text, "field "); ok {
		key, _, _ = strings.Cut(key, " ")
		return errors.New("unknown key " + key)
	}
	return errors.New(text)
}
