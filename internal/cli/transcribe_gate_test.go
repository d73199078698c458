package cli

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/stream"
	"github.com/spaces-cli/spaces/internal/transcript"
	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

// An eavesdropper is an engine that keeps what it hears, and says that it heard
// words all along.
type eavesdropper struct{ heard []int16 }

func (e *eavesdropper) Recognize(_ context.Context, p engine.Piece) (*engine.Result, error) {
	b, err := os.ReadFile(p.Audio)
	if err != nil {
		return nil, err
	}
	b = b[len(b)-int(p.Length*stageRate/time.Second)*2:]
	for i := 0; i+1 < len(b); i += 2 {
		e.heard = append(e.heard, int16(binary.LittleEndian.Uint16(b[i:])))
	}
	r := &engine.Result{Language: "en", Raw: []byte("WEBVTT\n"), Format: transcript.VTT}
	for at := 0.0; at+0.4 < p.Length.Seconds(); at += 0.5 {
		r.Cues = append(r.Cues, transcript.Cue{Start: at, End: at + 0.4, Text: fmt.Sprintf("at %.1f", at)})
	}
	return r, nil
}

// Who has not agreed that a service hears them is silent in what is sent, with
// the margin of the gate, whatever else they have agreed to. What stays on the
// computer has all of it.
func TestVoicesThatLeave(t *testing.T) {
	entry := func(answer, purposes string) string {
		return `{"schema":1,"kind":"consent","at":"2021-06-01T00:00:00.000Z","handle":"guest","answer":"` + answer + `"` + purposes + "}\n"
	}
	const everything = `,"for":["clip","episode","upload"]`
	host := entryOf("hostess")
	s := newStage(t)
	ledger := filepath.Join(s.Home, "Spaces", "consent", "ledger.jsonl")
	for _, c := range []struct {
		name, ledger   string
		mode           consent.Mode
		reason, server string
		mute           bool
	}{
		{"no answer", "", consent.Require, "", "api.example.com", true},
		{"declined", entry("declined", ""), consent.Require, "", "api.example.com", true},
		{"granted by an earlier program", entry("granted", ""), consent.Require, "", "api.example.com", true},
		{"granted for everything else", entry("granted", everything), consent.Require, "", "api.example.com", true},
		{"granted", entry("granted", `,"for":["transcribe"]`), consent.Require, "", "api.example.com", false},
		{"granted and taken back", entry("granted", `,"for":["transcribe"]`) + entry("withdrawn", ""), consent.Require, "", "api.example.com", true},
		{"a reason", "", consent.Require, "they told me", "api.example.com", false},
		{"a warning", "", consent.Warn, "", "api.example.com", false},
		{"off", "", consent.Off, "", "api.example.com", false},
		{"on this computer", entry("declined", ""), consent.Require, "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.write(t, ledger, []byte(host+c.ledger))
			a := s.clone()
			a.Settings.Settings = settings.Settings{Library: filepath.Join(s.Home, "Spaces"), LockWait: time.Minute, Jobs: 1, Consent: consent.Policy{consent.Transcribing: c.mode}}
			o := &transcribeOptions{Refs: app.Refs{Words: []string{"latest"}}, override: c.reason, replace: true}
			lib, rows, err := o.Open(t.Context(), a.App)
			if err != nil {
				t.Fatal(err)
			}
			defer lib.Close()
			ask, err := a.NewAsker(lib, o.override, false)
			if err != nil {
				t.Fatal(err)
			}
			defer ask.Close()
			ear := new(eavesdropper)
			rec := &recognizer{Engine: ear, name: transcripts.Engine{Name: "test"}, host: c.server, at: 1, timeout: time.Minute}
			d, err := a.transcribeSpace(t.Context(), o, rec, ask, lib, rows[0], stream.NoProgress{})
			if err != nil {
				t.Fatal(err)
			}
			if len(ear.heard) != len(s.made) {
				t.Fatalf("%d samples were sent, of %d", len(ear.heard), len(s.made))
			}
			inMargin := func(at float64) bool {
				for _, turn := range refusing {
					if turn[0]-consent.ConfirmedMargin <= at && at < turn[1]+consent.ConfirmedMargin {
						return true
					}
				}
				return false
			}
			silent, other := 0, 0
			for i, v := range ear.heard {
				switch at := float64(i) / stageRate; {
				case !inMargin(at):
					if v != s.made[i] {
						other++
					}
				case v != 0 && c.mute:
					t.Fatalf("the guest is heard at %.4f s", at)
				case v == 0:
					silent++
				}
			}
			if len(d.muted) > 0 != c.mute || !c.mute && silent > 100 {
				t.Errorf("muted %v, %d silent samples of the guest; want %v", d.muted, silent, c.mute)
			}
			if limit := 4 * stageRate / 100; other > limit { // fades at the cuts
				t.Errorf("%d samples of the host differ", other)
			}
			for _, u := range d.t.Utterances {
				for _, turn := range refusing {
					start, end := float64(u.Start)/float64(d.t.Rate), float64(u.End)/float64(d.t.Rate)
					if c.mute && turn[0] <= start && end <= turn[1] {
						t.Errorf("“%s” was heard in silence", u.Text)
					}
				}
			}
			b, err := os.ReadFile(ledger)
			if err != nil {
				t.Fatal(err)
			}
			if noted := strings.Contains(string(b), `"action":"remote"`); noted != (c.reason != "") {
				t.Errorf("the reason was entered: %v: %s", noted, b)
			}
		})
	}
}

// entryOf is the consent of somebody to everything.
func entryOf(handle string) string {
	return `{"schema":1,"kind":"consent","at":"2021-06-01T00:00:00.000Z","handle":"` + handle + `","answer":"granted","for":["clip","episode","upload","transcribe"]}` + "\n"
}
