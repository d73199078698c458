package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/spaces-cli/spaces/internal/durable"
)

// ErrNoHome says that a folder of the user's is needed and not known.
var ErrNoHome = errors.New("the home folder is unknown")

// A Folder is where the user's settings are kept.
type Folder struct {
	Home string // the user's home folder, "" if it is not known
	Dir  string // the folder of config.yaml, likewise
}

// In is the path of a file in the folder, "" if that is not known.
func (f Folder) In(name string) string {
	if f.Dir == "" {
		return ""
	}
	return filepath.Join(f.Dir, name)
}

// File is the path of the config file, which need not exist; "" if it is not
// known where that would be.
func (f Folder) File() string { return f.In("config.yaml") }

// Expand replaces a leading ~, which no shell does in a config file.
func (f Folder) Expand(path string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		return f.Home + rest
	}
	return path
}

// Shorten is for showing a path: relative to the first of some folders in which
// it lies, or with the home folder as ~.
func (f Folder) Shorten(path string, in ...string) string {
	for _, dir := range in {
		if rel, err := filepath.Rel(dir, path); dir != "" && err == nil && rel != "." && filepath.IsLocal(rel) {
			return rel
		}
	}
	if rest, ok := strings.CutPrefix(path, f.Home); ok && f.Home != "" && (rest == "" || os.IsPathSeparator(rest[0])) {
		return "~" + rest
	}
	return path
}

// A FileError says that the config file is no YAML, or not what it has to be.
type FileError struct {
	Path string
	Err  error
}

func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

// read returns what the config file holds: nothing if there is none.
func (f Folder) read() ([]byte, error) {
	name := f.File()
	if name == "" {
		return nil, nil
	}
	content, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return content, err
}

// Save writes a key to the config file and returns the text that stands there.
// All else in the file stays as it is, comments too.
func (f Folder) Save(k Key, text string) (string, error) {
	if err := k.Check(text); err != nil {
		return "", &ValueError{Key: k.Name, Err: err}
	}
	if name, ok := PresetOf(k.Name); ok && text == "" {
		return "", f.removePreset(name)
	}
	text, val, err := k.node(text)
	if err != nil {
		return "", err
	}
	return text, f.edit(func(root *yaml.Node) error {
		put(root, k.Name, val)
		return nil
	})
}

// SaveAll writes several keys at once: all of them, or none if one of the texts
// cannot be the value of its key.
func (f Folder) SaveAll(list map[string]string) error {
	names := slices.Sorted(maps.Keys(list))
	nodes := make([]*yaml.Node, len(names))
	for i, name := range names {
		k, ok := Lookup(name)
		if !ok {
			return &ValueError{Key: name, Err: errNoSetting}
		}
		err := k.Check(list[name])
		if err != nil {
			return &ValueError{Key: name, Err: err}
		}
		if _, nodes[i], err = k.node(list[name]); err != nil {
			return err
		}
	}
	return f.edit(func(root *yaml.Node) error {
		for i, name := range names {
			put(root, name, nodes[i])
		}
		return nil
	})
}

var errNoSetting = errors.New("there is no such setting")

// node is a text that was checked as it stands in the config file.
func (k Key) node(text string) (string, *yaml.Node, error) {
	if (k.Name == libraryKey || k.path && text != "" && text != "none") && !strings.HasPrefix(text, "~") {
		// The folder is meant from here, not from where the next command will
		// run.
		abs, err := filepath.Abs(text)
		if err != nil {
			return "", nil, err
		}
		text = abs
	}
	if k.files {
		var err error
		if text, err = absolutePictures(text); err != nil {
			return "", nil, err
		}
	}
	val := new(yaml.Node)
	val.SetString(text)
	if !k.text { // numbers and truth values without quotes
		val.Tag, val.Style = "", 0
	}
	return text, val, nil
}

// edit changes the config file. What change leaves alone stays as it is,
// comments too.
func (f Folder) edit(change func(root *yaml.Node) error) error {
	name := f.File()
	if name == "" {
		return fmt.Errorf("cannot save the setting: %w", ErrNoHome)
	}
	content, err := f.read()
	if err != nil {
		return err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(content, &doc); err != nil {
		return &FileError{name, err}
	}
	var comments []byte
	if doc.Kind == 0 { // the YAML package drops comments that stand alone
		comments = bytes.TrimSpace(content)
		doc = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}, HeadComment: doc.HeadComment}
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return &FileError{name, errors.New("not a list of keys and values")}
	}
	if err := change(root); err != nil {
		return err
	}
	if content, err = yaml.Marshal(&doc); err != nil {
		return err
	}
	if len(comments) > 0 {
		content = slices.Concat(comments, []byte("\n"), content)
	}
	// What could not be read again would stop every command.
	if err := yaml.Unmarshal(content, new(map[string]any)); err != nil {
		return &FileError{name, err}
	}
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return err
	}
	// A link stays one: the file that it leads to is written.
	if info, err := os.Lstat(name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return err
		}
	}
	dir, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer dir.Close()
	return durable.Options{Perm: 0o600}.WriteFile(dir, filepath.Base(name), content)
}

// put sets a key in a list of keys and values. One with a dot goes into the
// section that is called as what stands before it.
func put(list *yaml.Node, key string, val *yaml.Node) {
	section, rest, dotted := strings.Cut(key, ".")
	for i := 0; i+1 < len(list.Content); i += 2 {
		name, old := list.Content[i].Value, list.Content[i+1]
		switch {
		case strings.EqualFold(name, key):
			val.LineComment = old.LineComment
			list.Content[i+1] = val
			return
		case dotted && strings.EqualFold(name, section) && (old.Kind == yaml.MappingNode || old.Tag == "!!null"):
			if old.Tag == "!!null" { // the section and nothing in it
				old.Kind, old.Tag, old.Value = yaml.MappingNode, "", ""
			}
			put(old, rest, val)
			return
		}
	}
	k := new(yaml.Node)
	k.SetString(key)
	if dotted {
		k.SetString(section)
		inner := &yaml.Node{Kind: yaml.MappingNode}
		put(inner, rest, val)
		val = inner
	}
	list.Content = append(list.Content, k, val)
}
