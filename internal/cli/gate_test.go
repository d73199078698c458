package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/studio"
)

// answersOf lists what the guest of a stage can have said to a purpose, as the
// ledger keeps it, and whether that is consent.
func answersOf(purpose consent.Purpose) []answerCase {
	entry := func(rest string) string {
		return `{"schema":1,"kind":"consent","at":"2021-06-01T00:00:00.000Z","handle":"guest",` + rest + "}\n"
	}
	var other []string
	for _, p := range consent.Purposes {
		if p != purpose {
			other = append(other, `"`+string(p)+`"`)
		}
	}
	return []answerCase{
		{"unknown", "", false},
		{"granted", entry(`"answer":"granted"`), true},
		{"granted for this", entry(`"answer":"granted","for":["` + string(purpose) + `"]`), true},
		{"granted for other things", entry(`"answer":"granted","for":[` + strings.Join(other, ",") + `]`), false},
		{"declined", entry(`"answer":"declined"`), false},
		{"withdrawn", entry(`"answer":"granted"`) + entry(`"answer":"withdrawn"`), false},
		{"expired", entry(`"answer":"granted","until":"2021-06-10T00:00:00Z"`), false},
	}
}

type answerCase struct {
	name, ledger string
	agreed       bool
}

// A roof does an action for a reason, "" being none, under a policy. It
// reports whether it was done, and if not, what was said.
type roof struct {
	name    string
	actions []consent.Action
	do      func(t *testing.T, act consent.Action, mode consent.Mode, reason string) (done bool, said string)
}

// Every action, under every policy, with every answer, with and without a
// reason, has the same outcome under both roofs. Without SPACES_LONG=1 only the
// policy that refuses meets every answer, and only a refusal a blank reason.
func TestGate(t *testing.T) {
	if testing.Short() {
		t.Skip("encodes 300 times")
	}
	long := os.Getenv("SPACES_LONG") != ""
	s := newStage(t)
	s.ok(t, "config", "set", "me", "@hostess")
	// A recognizer on another computer gets what is left of a recording when who
	// has not agreed is muted: its rules are tested with it.
	actions := slices.DeleteFunc(slices.Clone(consent.Actions[:]), func(a consent.Action) bool { return a == consent.Transcribing })
	for _, act := range actions {
		s.ok(t, "config", "set", settings.ConsentKey(act), "off")
	}
	film := filepath.Join(s.dir, "film.mp4")
	s.ok(t, "video", "latest", "--at", "3.5", "--length", "1", "-o", film)
	s.ok(t, "export", "latest", "--preset", "archive", "--format", "flac", "--publish")
	s.ok(t, "feed", "init", "--title", "Show", "--base-url", "https://example.com/show/")
	ledger := filepath.Join(s.Home, "Spaces", "consent", "ledger.jsonl")
	roofs := []roof{
		{"command line", actions, func(t *testing.T, act consent.Action, mode consent.Mode, reason string) (bool, string) {
			t.Setenv(settings.EnvName(settings.ConsentKey(act)), string(mode))
			code, _, stderr := run(s.App, append(s.commandOf(t, act, film), "--override-consent", reason)...)
			if code != app.ExitDone && code != app.ExitFailed {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			return code == app.ExitDone, stderr
		}},
		{"studio", []consent.Action{consent.Clipping, consent.Exporting}, s.studio},
	}
	for _, r := range roofs {
		for _, act := range r.actions {
			for _, mode := range []consent.Mode{consent.Off, consent.Warn, consent.Require} {
				for _, answer := range answersOf(act.Purpose()) {
					plain := answer.name == "granted" || answer.name == "declined"
					if !long && mode != consent.Require && !plain {
						continue
					}
					for _, reason := range []string{"", "  ", "they told me"} {
						if !long && reason == "  " && answer.name != "declined" {
							continue
						}
						t.Run(fmt.Sprintf("%s/%s/%s/%s/%q", r.name, act, mode, answer.name, reason), func(t *testing.T) {
							s.write(t, ledger, []byte(answer.ledger))
							done, said := r.do(t, act, mode, reason)
							given := reason == "they told me"
							if want := mode != consent.Require || answer.agreed || given; done != want {
								t.Fatalf("done: %v, want %v: %s", done, want, said)
							}
							way := "spaces consent set @guest granted --for " + string(act.Purpose())
							if r.name == "studio" { // a page names no commands
								way = "Record the answer of @guest"
							}
							// No answer is suggested for who has refused.
							denied := strings.Contains(said, "(declined)") || strings.Contains(said, "(withdrawn)")
							if !done && (!strings.Contains(said, "@guest") || strings.Contains(said, way) == denied) {
								t.Errorf("it was said: %s", said)
							}
							b, err := os.ReadFile(ledger)
							if err != nil {
								t.Fatal(err)
							}
							noted := strings.Contains(string(b), `"kind":"override"`)
							if want := given && !answer.agreed && mode != consent.Off; noted != want {
								t.Errorf("a reason was entered: %v, want %v: %s", noted, want, b)
							}
						})
					}
				}
			}
		}
	}
}

// commandOf is the command line of an action in which the guest is heard.
func (s *stage) commandOf(t *testing.T, act consent.Action, film string) []string {
	switch act {
	case consent.Clipping:
		return []string{"clip", "latest", "--at", "3.5", "--length", "1", "-o", filepath.Join(t.TempDir(), "a.wav")}
	case consent.Exporting:
		return []string{"export", "latest", "--preset", "archive", "-o", filepath.Join(t.TempDir(), "a.flac")}
	case consent.SendingOwn:
		return []string{"upload", film, "file://" + filepath.ToSlash(t.TempDir())}
	case consent.SendingAll:
		return []string{"upload", film, "file://" + filepath.ToSlash(t.TempDir()), "--public", "--yes"}
	case consent.Feeding:
		return []string{"feed", "build", "--out", filepath.Join(t.TempDir(), "feed.xml")}
	case consent.Posting:
		return []string{"post", film, "--text", "hello", "--copy"}
	}
	t.Fatalf("no command does %s", act)
	return nil
}

// studio does an action in the studio.
func (s *stage) studio(t *testing.T, act consent.Action, mode consent.Mode, reason string) (bool, string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := studio.New(t.Context(), l, studio.Options{
		Library: library.Options{Dir: filepath.Join(s.Home, "Spaces"), Version: "test"}, Zone: s.Zone, Jobs: 1,
		Consent: consent.Policy{act: mode}, Me: []string{"hostess"},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, l) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	entry, err := http.Get(u.String())
	if err != nil {
		t.Fatal(err)
	}
	entry.Body.Close()
	cookie := entry.Cookies()[0]
	ask := func(method, path, body string) string {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+u.Host+strings.TrimSuffix(cookie.Path, "/")+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.AddCookie(cookie)
		r.Header.Set("Origin", "http://"+u.Host)
		r.Header.Set("X-Spaces-Studio", "1")
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	path, body := "/clips", fmt.Sprintf(`{"start":%d,"samples":%d,"format":"wav","force":true,"reason":%q}`, 7*stageRate/2, stageRate, reason)
	if act == consent.Exporting {
		path, body = "/export", fmt.Sprintf(`{"preset":"archive","format":"flac","force":true,"reason":%q}`, reason)
	}
	id := strings.TrimSpace(s.ok(t, "list", "--json"))
	var rec struct{ ID string }
	if err := json.Unmarshal([]byte(id), &rec); err != nil {
		t.Fatal(err)
	}
	text := ask("POST", "/api/recordings/"+rec.ID+path, body)
	var first struct{ Task string }
	if err := json.Unmarshal([]byte(text), &first); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if first.Task != "" {
		_, text, _ = strings.Cut(ask("GET", "/api/tasks/"+first.Task+"/events", ""), "event: end\ndata: ")
	}
	var outcome struct {
		Error *struct{ Kind, Message, Hint string }
	}
	if err := json.Unmarshal([]byte(text), &outcome); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	switch e := outcome.Error; {
	case e == nil:
		return true, ""
	case e.Kind != "consent":
		t.Fatalf("%s: %s", e.Kind, e.Message)
		return false, ""
	default:
		return false, e.Message + "\n" + e.Hint
	}
}
