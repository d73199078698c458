package settings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/spaces-cli/spaces/internal/consent"
)

// folder is that of a user whose config file has a content. No variable of
// whoever runs the tests is seen.
func folder(t *testing.T, content string) Folder {
	t.Helper()
	for _, k := range Keys() {
		t.Setenv(EnvName(k.Name), "")
	}
	home := t.TempDir()
	f := Folder{Home: home, Dir: filepath.Join(home, "config")}
	if content == "" {
		return f
	}
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.File(), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

// flags are those that the command line has for settings.
func flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("spaces", pflag.ContinueOnError)
	f.String("library", "", "")
	f.Bool("quiet", false, "")
	f.Bool("no-progress", false, "")
	f.Duration("lock-wait", LockWait, "")
	f.Int("jobs", 0, "")
	f.String("language", "de", "") // that of a command, which is no setting
	return f
}

// Whatever the sources say of a key, the highest one is what counts, and it is
// named.
func TestPrecedence(t *testing.T) {
	for _, c := range []struct {
		key                  string
		preset               string
		line                 string // in the file; %s is the value
		file, variable, flag string // the flag is "" for keys without one
	}{
		{"library", "HOME/Spaces", "library: %s", "/file", "/env", "/flag"},
		{"lock-wait", "1m0s", "lock-wait: %s", "2m0s", "3m0s", "4m0s"},
		{"jobs", "0", "jobs: %s", "2", "3", "4"},
		{"window", "30", "window: %s", "10", "20d", ""},
		{"quiet", "false", "quiet: %s", "true", "false", "true"},
		{"no-progress", "false", "no-progress: %s", "true", "false", "true"},
		{"consent.clip", "warn", "consent:\n  clip: %s", "off", "require", ""},
		{"consent.feed", "require", "consent.feed: %s", "warn", "off", ""},
		{"consent.post", "require", "Consent: {POST: %s}", "warn", "off", ""},
		{"me", "", "me: %s", "ann", "@bob, carl", ""},
		{"language", "", "language: %s", "fr", "pt-BR", ""},
		{"x.client_id", "", "x:\n  client_id: %s", "abc", "007", ""},
		{"x.redirect_port", "8420", "x:\n  redirect_port: %s", "8421", "8422", ""},
		{"export.intro", "", "export:\n  intro: %s", "/show/in.wav", "in.wav", ""},
		{"export.outro", "", "export.outro: %s", "/show/out.wav", "none", ""},
		{"export.fade", "1s", "export: {fade: %s}", "0s", "2.5", ""},
		{"video.shape", "wide", "video:\n  shape: %s", "square", "tall", ""},
		{"video.size", "720", "video: {size: %s}", "1080", "720", ""},
		{"video.look", "clean", "video.look: %s", "bold", "card", ""},
		{"video.theme", "dark", "video.theme: %s", "light", "dark", ""},
		{"video.accent", "", "video.accent: '%s'", "#1d9bf0", "d1481c", ""},
		{"video.fps", "25", "video.fps: %s", "30", "60", ""},
		{"video.cover", "", "video.cover: %s", "/show/cover.png", "none", ""},
		{"video.logo", "", "video.logo: %s", "/show/logo.png", "logo.png", ""},
		{"video.background", "", "video.background: %s", "/show/photo.jpg", "none", ""},
		{"video.pictures", "", "video.pictures: '%s'", "@ann=/a.png, @bob=/b.png", "ann=a.png", ""},
		{"video.speakers", "false", "video.speakers: %s", "true", "false", ""},
		{"video.address", "", "video.address: %s", "example.com/show", "example.org", ""},
		{"video.end_card", "", "video.end_card: %s", "true", "false", ""},
		{"glossary", "", "glossary: %s", "shop if i=Shopify", "a=b, WebVTT", ""},
		{"video.font", "", "video:\n  font: %s", "Inter", "/fonts/Own.ttf", ""},
		{"transcribe.engine", "", "transcribe:\n  engine: %s", "whisper", "openai", ""},
		{"transcribe.model", "", "transcribe: {model: %s}", "base.en", "small", ""},
		{"transcribe.remote", "ask", "transcribe.remote: %s", "allow", "ask", ""},
	} {
		for set := range 8 {
			inFile, inEnv, inFlag := set&1 != 0, set&2 != 0, set&4 != 0
			if inFlag && c.flag == "" {
				continue
			}
			t.Run(fmt.Sprintf("%s/file=%v,environment=%v,flag=%v", c.key, inFile, inEnv, inFlag), func(t *testing.T) {
				content := "# nothing\n"
				if inFile {
					content = fmt.Sprintf(c.line, c.file) + "\n"
				}
				f := folder(t, content)
				want := Value{strings.Replace(c.preset, "HOME", f.Home, 1), Source{}}
				if inFile {
					want = Value{c.file, Source{File, f.File()}}
				}
				if inEnv {
					t.Setenv(EnvName(c.key), c.variable)
					want = Value{c.variable, Source{Environment, EnvName(c.key)}}
				}
				line := flags()
				if inFlag {
					if err := line.Set(c.key, c.flag); err != nil {
						t.Fatal(err)
					}
					want = Value{c.flag, Source{Flag, c.key}}
				}
				all, err := f.Resolve(line)
				if err != nil {
					t.Fatal(err)
				}
				if got := all.ByKey[c.key]; got != want {
					t.Errorf("got %+v, want %+v", got, want)
				}
				for _, k := range Keys() {
					if got := all.ByKey[k.Name]; k.Name != c.key && got.Source.Layer != Default {
						t.Errorf("%s comes from %+v, and nobody has set it", k.Name, got.Source)
					}
				}
			})
		}
	}
}

// A switch that a flag turns off is off, whatever the others say.
func TestFlagTurnsOff(t *testing.T) {
	f := folder(t, "quiet: true\n")
	t.Setenv("SPACES_QUIET", "true")
	line := flags()
	if err := line.Parse([]string{"--quiet=false"}); err != nil {
		t.Fatal(err)
	}
	all, err := f.Resolve(line)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := all.ByKey["quiet"], (Value{"false", Source{Flag, "quiet"}}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestEnvName(t *testing.T) {
	for key, want := range map[string]string{
		"library": "SPACES_LIBRARY", "lock-wait": "SPACES_LOCK_WAIT",
		"consent.private": "SPACES_CONSENT_PRIVATE", "x.client_id": "SPACES_X_CLIENT_ID",
	} {
		t.Run(key, func(t *testing.T) {
			if got := EnvName(key); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	f := folder(t, `library: ~/Audio
lock-wait: 90s
jobs: 3
window: 7d
quiet: true
no-progress: true
consent: {clip: off, public: WARN}
me: "@ann, bob"
x: {client_id: id, redirect_port: 9000}
`)
	all, err := f.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Settings(all)
	if err != nil {
		t.Fatal(err)
	}
	if s.Library != f.Home+string(filepath.Separator)+"Audio" && s.Library != f.Home+"/Audio" {
		t.Errorf("Library: %s", s.Library)
	}
	if s.LockWait != 90*time.Second || s.Jobs != 3 || s.Window != 7*24*time.Hour || !s.Quiet || !s.NoProgress {
		t.Errorf("%+v", s)
	}
	if s.Consent.Mode(consent.Clipping) != consent.Off || s.Consent.Mode(consent.SendingAll) != consent.Warn || s.Consent.Mode(consent.Posting) != consent.Require {
		t.Errorf("Consent: %v", s.Consent)
	}
	if !slices.Equal(s.Me, []string{"@ann", "bob"}) || s.XClientID != "id" || s.XPort != 9000 {
		t.Errorf("%+v", s)
	}
}

// Keys that mean nothing are named; what stands below targets is for others.
func TestUnknownKeys(t *testing.T) {
	f := folder(t, "colour: red\nconsent: {sing: off}\nx:\n  secret: 1\ntargets:\n  show:\n    url: file:///show\n    sse: aws:kms\n")
	all, err := f.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"colour", "consent.sing", "x.secret"}; !slices.Equal(all.Unknown, want) {
		t.Errorf("got %v, want %v", all.Unknown, want)
	}
}

// A glossary may be a list in the file.
func TestGlossaryIsAList(t *testing.T) {
	f := folder(t, "glossary:\n  - shop if i=Shopify\n  - WebVTT\n  - 2021\n")
	all, err := f.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := all.ByKey["glossary"].Text, "shop if i=Shopify, WebVTT, 2021"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s, err := f.Settings(all)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Glossary.Terms(); len(got) != 3 {
		t.Errorf("terms %q", got)
	}
}

// A value that cannot be is refused, and it is said where it stands.
func TestRefusedValues(t *testing.T) {
	for _, c := range []struct{ key, content, variable, says string }{
		{"library", "library: \"\"", "", "must be the name of a folder"},
		{"lock-wait", "lock-wait: 90", "", `must be a duration such as 90s or 5m, not "90"`},
		{"lock-wait", "", "-1s", `must be a duration such as 90s or 5m, not "-1s"`},
		{"jobs", "", "many", `must be a number, 0 or more, not "many"`},
		{"jobs", "jobs: -1", "", `must be a number, 0 or more, not "-1"`},
		{"window", "window: 0", "", `must be a number of days such as 30, not "0"`},
		{"quiet", "quiet: maybe", "", `must be true or false, not "maybe"`},
		{"consent.clip", "consent: {clip: maybe}", "", `must be off, warn or require, not "maybe"`},
		{"consent.clip", "consent: off", "", "consent must be a section with its own keys"},
		{"me", "me: a b-c", "", `must be handles such as @ann, separated by commas, not "a b-c"`},
		{"me", "me: [ann, bob]", "", "must be one value, not a list"},
		{"glossary", "glossary: [a=b=c]", "", `"a=b=c" has more than one =`},
		{"glossary", "glossary: [{a: b}]", "", "must be a list of texts without commas"},
		{"glossary", "glossary: {a: b}", "", "must be one value, not a section"},
		{"glossary", "", "=b", `"=b" has no word before the =`},
		{"x.client_id", "", "a b", `must be the client ID as X shows it, not "a b"`},
		{"x.client_id", "x: 5", "", "x must be a section with its own keys"},
		{"x.redirect_port", "x: {redirect_port: 80}", "", `must be a port from 1024 to 65535, not "80"`},
		{"transcribe.engine", "transcribe: {engine: vosk}", "", `must be whisper, openai or command, not "vosk"`},
		{"transcribe.language", "transcribe: {language: ponies!}", "", `must be a language code such as en or pt-BR, not "ponies!"`},
		{"transcribe.remote", "transcribe: {remote: true}", "", `must be ask or allow, not "true"`},
		{"transcribe.address", "transcribe: {address: 'https://user:secret@host'}", "", `must not contain a password or a query`},
	} {
		t.Run(c.content+c.variable, func(t *testing.T) {
			f := folder(t, c.content)
			want := Source{File, f.File()}
			if c.variable != "" {
				t.Setenv(EnvName(c.key), c.variable)
				want = Source{Environment, EnvName(c.key)}
			}
			_, err := f.Resolve(nil)
			var wrong *ValueError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v", err)
			}
			if wrong.Key != c.key || wrong.Source != want || wrong.Err.Error() != c.says {
				t.Errorf("got %s from %+v: %v", wrong.Key, wrong.Source, wrong.Err)
			}
		})
	}
}

func TestMalformedFile(t *testing.T) {
	for _, content := range []string{"library: [\n", "\tquiet: true\n", "- a\n- b\n", "just words\n"} {
		t.Run(content, func(t *testing.T) {
			f := folder(t, content)
			_, err := f.Resolve(nil)
			var wrong *FileError
			if !errors.As(err, &wrong) || wrong.Path != f.File() {
				t.Errorf("Resolve: %v", err)
			}
			key, _ := Lookup("quiet")
			if _, err := f.Save(key, "true"); !errors.As(err, &wrong) {
				t.Errorf("Save: %v", err)
			}
			if b, err := os.ReadFile(f.File()); err != nil || string(b) != content {
				t.Errorf("the file was changed: %q, %v", b, err)
			}
		})
	}
}

// Without a home folder nothing comes from the current one.
func TestNoHome(t *testing.T) {
	folder(t, "")
	var f Folder
	all, err := f.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := all.ByKey["library"]; got != (Value{}) {
		t.Errorf("the library is %+v", got)
	}
	if s, err := f.Settings(all); err != nil || s.Library != "" {
		t.Errorf("the library is %q, %v", s.Library, err)
	}
	t.Setenv("SPACES_LIBRARY", "~/Spaces")
	if all, err = f.Resolve(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Settings(all); !errors.Is(err, ErrNoHome) {
		t.Errorf("~ without a home folder: %v", err)
	}
	key, _ := Lookup("quiet")
	if _, err := f.Save(key, "true"); !errors.Is(err, ErrNoHome) {
		t.Errorf("Save: %v", err)
	}
}
