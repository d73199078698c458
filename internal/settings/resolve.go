package settings

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/transcript/glossary"
)

// A Layer is a kind of place where a value can come from. A later one comes
// before an earlier one.
type Layer int

const (
	Default Layer = iota
	File
	Environment
	Flag
)

// A Source is where a value comes from.
type Source struct {
	Layer Layer
	Name  string // of the file, the variable or the flag
}

// A Value is what a key is set to, and why.
type Value struct {
	Text   string
	Source Source
}

// A ValueError says that a key is set to what it cannot be.
type ValueError struct {
	Key    string
	Source Source
	Err    error
}

func (e *ValueError) Error() string { return e.Key + ": " + e.Err.Error() }
func (e *ValueError) Unwrap() error { return e.Err }

// Values are the values of all keys.
type Values struct {
	ByKey   map[string]Value
	Unknown []string // keys of the file that mean nothing
}

// Resolve finds the value of each key. flags are those of the command that
// runs; it may be nil.
func (f Folder) Resolve(flags *pflag.FlagSet) (*Values, error) {
	content, err := f.read()
	if err != nil {
		return nil, err
	}
	v := viper.New()
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(content)); err != nil {
		return nil, &FileError{f.File(), err}
	}
	v.SetEnvPrefix(envPrefix)
	v.SetEnvKeyReplacer(words())
	for _, k := range Keys() {
		v.SetDefault(k.Name, k.preset)
		if err := v.BindEnv(k.Name); err != nil {
			return nil, err
		}
		if flag := k.flag(flags); flag != nil {
			if err := v.BindPFlag(k.Name, flag); err != nil {
				return nil, err
			}
		}
	}
	if f.Home != "" {
		v.SetDefault(libraryKey, filepath.Join(f.Home, "Spaces"))
	}

	all := &Values{ByKey: make(map[string]Value)}
	for _, k := range Keys() {
		source := f.source(v, k.flag(flags), k.Name)
		text, err := textOf(v, k)
		if err == nil && (text != "" || source.Layer != Default) { // that of the library may not be known
			err = k.check(text)
		}
		if err != nil {
			return nil, &ValueError{k.Name, source, err}
		}
		all.ByKey[k.Name] = Value{text, source}
	}
	for _, key := range v.AllKeys() {
		if name, ok := PresetOf(key); ok {
			k := presetKey(name)
			text, err := textOf(v, k)
			if err == nil {
				err = k.check(text)
			}
			if err != nil {
				return nil, &ValueError{k.Name, Source{File, f.File()}, err}
			}
			all.ByKey[key] = Value{text, Source{File, f.File()}}
			continue
		}
		if _, ok := all.ByKey[key]; !ok && !strings.HasPrefix(key, targetsSection+".") {
			all.Unknown = append(all.Unknown, key)
		}
	}
	slices.Sort(all.Unknown)
	return all, nil
}

// textOf is the value that viper has for a key, as a text. A list of texts is one
// with commas between them.
func textOf(v *viper.Viper, k Key) (string, error) {
	switch value := v.Get(k.Name).(type) {
	case nil: // in the file, the section has a value of its own in place of keys
		section, _, _ := strings.Cut(k.Name, ".")
		return "", fmt.Errorf("%s must be a section with its own keys", section)
	case map[string]any:
		return "", errors.New("must be one value, not a section")
	case []any:
		if !k.many {
			return "", errors.New("must be one value, not a list")
		}
		var list []string
		for _, item := range value {
			text := fmt.Sprint(item)
			if _, section := item.(map[string]any); section || strings.Contains(text, ",") {
				return "", errors.New("must be a list of texts without commas")
			}
			list = append(list, text)
		}
		return strings.Join(list, ", "), nil
	}
	return v.GetString(k.Name), nil
}

// source says which layer viper took a key's value from, which it does not
// tell itself.
func (f Folder) source(v *viper.Viper, flag *pflag.Flag, key string) Source {
	if flag != nil && flag.Changed {
		return Source{Flag, key}
	}
	if os.Getenv(EnvName(key)) != "" {
		return Source{Environment, EnvName(key)}
	}
	section, _, _ := strings.Cut(key, ".")
	if v.InConfig(key) || v.Get(key) == nil && v.InConfig(section) {
		return Source{File, f.File()}
	}
	return Source{Layer: Default}
}

// flag is that of a key among the flags of a command, or nil.
func (k Key) flag(flags *pflag.FlagSet) *pflag.Flag {
	if flags == nil || k.alone {
		return nil
	}
	return flags.Lookup(k.Name)
}

// Settings are what holds for every command.
type Settings struct {
	Library    string // absolute; "" if it is not known
	Quiet      bool
	NoProgress bool
	LockWait   time.Duration
	Jobs       int           // 0: one for each core
	Window     time.Duration // how long X is taken to keep audio
	Consent    consent.Policy
	Language   string   // a tag, or "" for that of the system
	Me         []string // the host's own handles or ids
	Glossary   *glossary.Glossary
	VideoFont  string // a family or a file; "" for the program's own
	XClientID  string // of the host's developer app at X
	XPort      int    // to which X sends the browser back
	Transcribe Transcribe
	Export     Export
	Presets    map[string]string // flags of export, by name
	Video      Video
}

// Export is what goes around episodes.
type Export struct {
	Intro, Outro string // paths of files; "" is none
	Fade         string // how long they and the recording fade into each other; "" is the default
}

// Settings reads the values. Their texts have been checked by Resolve.
func (f Folder) Settings(v *Values) (Settings, error) {
	text := func(key string) string { return v.ByKey[key].Text }
	s := Settings{Consent: make(consent.Policy), Me: handles(text(meKey)), XClientID: text(xClientIDKey)}
	s.Quiet, _ = strconv.ParseBool(text(quietKey))
	s.NoProgress, _ = strconv.ParseBool(text(noProgressKey))
	s.LockWait, _ = time.ParseDuration(text(lockWaitKey))
	s.Jobs, _ = strconv.Atoi(text(jobsKey))
	s.Window, _ = parseWindow(text(windowKey))
	s.XPort, _ = strconv.Atoi(text(xPortKey))
	s.Language = text(languageKey)
	s.Glossary, _ = glossary.Parse(text(glossaryKey))
	s.VideoFont = f.Expand(text(videoFontKey))
	s.Transcribe = f.transcribe(text)
	s.Presets = presets(v)
	s.Video = f.video(v)
	s.Export = Export{Intro: f.Expand(text(introKey)), Outro: f.Expand(text(outroKey)), Fade: text(fadeKey)}
	for _, act := range consent.Actions {
		s.Consent[act], _ = consent.ParseMode(text(ConsentKey(act)))
	}
	dir := text(libraryKey)
	if dir == "" {
		return s, nil // told when it is needed
	}
	if f.Home == "" && f.Expand(dir) != dir {
		return s, fmt.Errorf("the library %s: %w", dir, ErrNoHome)
	}
	var err error
	s.Library, err = filepath.Abs(f.Expand(dir))
	return s, err
}
