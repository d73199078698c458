package publish

import (
	"net/url"
	"os"
	"strings"

	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A Backend is one kind of target: how its URLs begin, what the settings may say
// of it, what it asks for at login, and how it is opened. Each package of a
// target has one; publish/all lists them.
type Backend struct {
	Name    string   // for people: "S3", "WebDAV"
	About   string   // a phrase: what it is a place on
	Schemes []string // of its URLs
	// Public means that everyone can read whatever is sent there.
	Public bool
	// OneAccount means that all targets of the kind share one login; otherwise
	// each host has its own.
	OneAccount bool
	// Lasting means that what is written makes something that stays after it is
	// removed, as an item of the Internet Archive does: no test writes there.
	Lasting bool
	// Flags are the settings, which commands can set.
	Flags []Flag
	// Asked are the questions to somebody who adds a target. Answers whose keys
	// are settings become those; URL makes the target's URL of the others.
	Asked []Question
	// URL gets the user's home folder too, "" if it is not known.
	URL func(answers map[string]string, home string) (*url.URL, error)
	// New returns the settings of one target, to be filled in.
	New func() Settings
}

// Settings are what the configuration says of one target beyond its URL,
// access and base URL: a pointer to a struct with yaml tags.
type Settings interface {
	// Questions are what the target at a URL asks for at login, in order, or nil.
	Questions(u *url.URL) []Question
	// Open makes the target. It connects to nothing.
	Open(o *Opening) (Target, error)
}

// An Advisor is Settings that know what to do about some errors of their
// target. Words that are the same for all backends are the caller's.
type Advisor interface {
	// Advise returns nil if it has nothing to say about an error.
	Advise(err error) *Advice
}

// Advice is what to do about an error.
type Advice struct {
	Word string // for scripts: "too-large"
	Hint string
	Flag string // the name of the Flag that does it, or ""
}

// A Flag is a key of the settings as a command sets it.
type Flag struct {
	Key string
	// Usage is a phrase; a word in back quotes names the value. A flag without
	// one is a switch.
	Usage string
	List  bool // several values, with commas between
	Once  bool // can be set for one upload too
}

// Name is the key in kebab case.
func (f Flag) Name() string { return strings.ReplaceAll(f.Key, "_", "-") }

// Switch reports whether the flag takes no value.
func (f Flag) Switch() bool { return !strings.Contains(f.Usage, "`") }

// A Question is one thing that a target asks for at login, or that somebody
// who adds one is asked.
type Question struct {
	Key      string // in the Secret or the answers
	Text     string // for people: "Access key"
	Hidden   bool   // is not shown while it is typed
	Optional bool   // may be left empty
}

// Folder is the path in a URL of a folder that somebody has typed.
func Folder(text string) string {
	if text = strings.Trim(text, "/"); text == "" {
		return ""
	}
	return "/" + text
}

// An Opening is what a target needs to be opened.
type Opening struct {
	URL    *url.URL
	Public bool // everyone may read what is sent
	// Secret holds the answers to Questions, or nothing.
	Secret map[string]string
	Home   string // the user's home folder
	// Env looks up an environment variable.
	Env func(name string) string
	// Netrc looks for a login in the file in which other programs keep them.
	// Both are empty if it has none for that host.
	Netrc func(host, user string) (login, password string, err error)
	// Trust asks the user whether to trust a server that is described by an
	// error. It is false where nobody can be asked.
	Trust func(unknown error) bool
	// Warn tells the user something.
	Warn    func(format string, args ...any)
	Wire    wire.Options
	Version string // of this program, for servers' logs
}

// Path expands ~ at the beginning of a path of the settings.
func (o *Opening) Path(path string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		return o.Home + rest
	}
	return path
}
