// Package settings holds what a user sets once for all commands: the keys,
// where the value of each comes from, and the file in which they are kept.
//
// A flag comes before the environment, that before the config file, and that
// before the default. viper holds this order; nothing here looks a value up
// beside it.
package settings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/transcript/glossary"
)

// LockWait is how long a program waits for another one that changes the
// library, unless it is set.
const LockWait = time.Minute

// The keys.
const (
	libraryKey    = "library"
	lockWaitKey   = "lock-wait"
	jobsKey       = "jobs"
	windowKey     = "window"
	quietKey      = "quiet"
	noProgressKey = "no-progress"
	meKey         = "me"
	languageKey   = "language"
	glossaryKey   = "glossary"
	introKey      = "export.intro"
	outroKey      = "export.outro"
	fadeKey       = "export.fade"
	videoFontKey  = "video.font"
	xClientIDKey  = "x.client_id"
	xPortKey      = "x.redirect_port"
)

// A Key is one key of the config file. Its flag, if a command has one, is
// called the same. In the file, what stands before a dot names a section.
type Key struct {
	Name  string
	About string // a phrase

	preset string // the default; that of the library depends on the user
	text   bool   // a text in YAML, though it may look like a number
	path   bool   // a file, saved with its folder
	files  bool   // several of them, each behind a handle and =
	many   bool   // in YAML, a list of texts too
	alone  bool   // flags of the same name mean something else
	check  func(text string) error
}

// Check says what is wrong with a text as the key's value.
func (k Key) Check(text string) error { return k.check(text) }

// Keys lists the keys in the order in which they are shown.
func Keys() []Key {
	list := []Key{
		{Name: libraryKey, About: "folder of the library", text: true, check: aFolder},
		{Name: lockWaitKey, About: "how long to wait for another program that is changing the library", preset: LockWait.String(), check: aTime},
		{Name: jobsKey, About: "number of parallel jobs (0: one per core)", preset: "0", check: aCount},
		{Name: windowKey, About: "number of days that X is assumed to keep the audio of a Space", preset: "30", check: aWindow},
		{Name: quietKey, About: "print only results and errors", preset: "false", check: aSwitch},
		{Name: noProgressKey, About: "hide progress bars", preset: "false", check: aSwitch},
	}
	for _, act := range consent.Actions {
		list = append(list, Key{Name: ConsentKey(act), About: "speakers without consent in " + speakersIn()[act] + ": off, warn or require",
			preset: string(consent.Policy(nil).Mode(act)), check: aMode})
	}
	list = append(list, transcribeKeys()...)
	list = append(list, Key{Name: glossaryKey, About: "names and terms of your Spaces, and corrections as wrong=right, separated by commas", text: true, many: true, check: aGlossary})
	list = append(list, Key{Name: videoFontKey, About: "font of videos and pictures: a family or a font file", text: true, check: aFont})
	list = append(list, videoKeys()...)
	return append(list,
		Key{Name: languageKey, About: "language of new shows and of messages that ask for consent (default: that of the system for messages)", text: true, alone: true, check: aLanguage},
		Key{Name: introKey, About: "sound file before the recording in episodes (none: no file)", text: true, path: true, check: anything},
		Key{Name: outroKey, About: "sound file after the recording in episodes (none: no file)", text: true, path: true, check: anything},
		Key{Name: fadeKey, About: "how long intro, recording and outro fade into each other, such as 1.5s", preset: "1s", check: aFade},
		Key{Name: meKey, About: "your handles on X, separated by commas; your own voice needs no consent", text: true, check: someHandles},
		Key{Name: xClientIDKey, About: "client ID of your developer app on X", text: true, check: aClientID},
		Key{Name: xPortKey, About: "local port for the sign-in reply from X", preset: "8420", check: aPort})
}

// speakersIn says what the setting of an action is about.
var speakersIn = sync.OnceValue(func() map[consent.Action]string {
	return map[consent.Action]string{
		consent.Clipping:     "clips and videos",
		consent.Exporting:    "episodes",
		consent.SendingOwn:   "uploads to private targets",
		consent.SendingAll:   "uploads to public targets, and open bags",
		consent.Feeding:      "the feed",
		consent.Posting:      "posts on X",
		consent.Transcribing: "audio that is sent to a transcription service",
	}
})

// Lookup returns the key of a name.
func Lookup(name string) (Key, bool) {
	for _, k := range Keys() {
		if k.Name == name {
			return k, true
		}
	}
	if preset, ok := PresetOf(name); ok {
		return presetKey(preset), true
	}
	return Key{}, false
}

// ConsentKey is the name of the key that says which mode holds for an action.
func ConsentKey(a consent.Action) string { return "consent." + string(a) }

// words is what stands between dashes and dots in the name of a key, and
// between underscores in its variable.
var words = sync.OnceValue(func() *strings.Replacer {
	return strings.NewReplacer("-", "_", ".", "_")
})

const envPrefix = "SPACES"

// EnvName is the environment variable that sets a key.
func EnvName(key string) string { return envPrefix + "_" + strings.ToUpper(words().Replace(key)) }

func aFolder(text string) error {
	if strings.TrimSpace(text) == "" {
		return errors.New("must be the name of a folder")
	}
	return nil
}

func aTime(text string) error {
	d, err := time.ParseDuration(text)
	return must(err == nil && d >= 0, "a duration such as 90s or 5m", text)
}

// anything is the check of the name of a file, which may come later.
func anything(string) error { return nil }

func aFade(text string) error {
	const most = 30 * time.Second
	d, err := time.ParseDuration(text)
	if seconds, serr := strconv.ParseFloat(text, 64); serr == nil {
		d, err = time.Duration(seconds*float64(time.Second)), nil
	}
	return must(err == nil && d >= 0 && d <= most, "a duration from 0 to 30s, such as 1.5s", text)
}

func aCount(text string) error {
	n, err := strconv.Atoi(text)
	return must(err == nil && n >= 0, "a number, 0 or more", text)
}

func aWindow(text string) error {
	_, err := parseWindow(text)
	return must(err == nil, "a number of days such as 30", text)
}

func aSwitch(text string) error {
	_, err := strconv.ParseBool(text)
	return must(err == nil, "true or false", text)
}

func aMode(text string) error {
	_, err := consent.ParseMode(text)
	return must(err == nil, "off, warn or require", text)
}

func someHandles(text string) error {
	for _, word := range handles(text) {
		if !consent.IsHandle(word) {
			return must(false, "handles such as @ann, separated by commas", text)
		}
	}
	return nil
}

func aFont(text string) error {
	return must(strings.TrimSpace(text) != "", "the name of a font or a font file", text)
}

func aGlossary(text string) error {
	_, err := glossary.Parse(text)
	return err
}

func aClientID(text string) error {
	odd := strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f })
	return must(!odd, "the client ID as X shows it", text)
}

// aPort keeps from the ports that only the administrator may open.
func aPort(text string) error {
	n, err := strconv.Atoi(text)
	return must(err == nil && n >= 1024 && n <= 65535, "a port from 1024 to 65535", text)
}

func must(ok bool, be, text string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("must be %s, not %q", be, text)
}

// parseWindow reads a number of days: "30", "30d".
func parseWindow(text string) (time.Duration, error) {
	days, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(text), "d"), 64)
	if err == nil && !(days > 0 && days <= 36500) {
		err = errors.New("not a number of days")
	}
	return time.Duration(days * 24 * float64(time.Hour)), err
}

// handles splits a list of handles or ids.
func handles(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}
