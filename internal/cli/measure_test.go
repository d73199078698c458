package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/fixture/jsondoc"
)

// extractedApp is an App with a library that holds some files.
func extractedApp(t *testing.T, files ...string) *App {
	t.Helper()
	a := testApp(t)
	if code, _, stderr := run(a, append([]string{"extract", "--quiet"}, files...)...); code != 0 {
		t.Fatal(stderr)
	}
	return a
}

// one is an archive of one Space.
func one(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "one.zip")
	a := fixture.One()
	if _, err := a.WriteZIP(name); err != nil {
		t.Fatal(err)
	}
	return name
}

// Audio that nothing here decodes is no silence: the message says so and names
// a way round. The others are measured.
func TestUnsupportedAudio(t *testing.T) {
	dir := t.TempDir()
	// MPEG-2.5, 64 kb/s, 11,025 Hz, mono.
	frame := append([]byte{0xFF, 0xE3, 0x80, 0xC0}, make([]byte, 72*64000/11025-4)...)
	old := filepath.Join(dir, "old.mp3")
	if err := os.WriteFile(old, bytes.Repeat(frame, 100), 0o666); err != nil {
		t.Fatal(err)
	}
	a := extractedApp(t, old, one(t))
	_, ids, _ := run(a, "list", "--state", "no-record", "--json")
	_, id, _ := strings.Cut(ids, `"id":"`)
	id, _, _ = strings.Cut(id, `"`)

	for _, command := range []string{"measure", "waveform"} {
		code, stdout, stderr := run(a, command, id)
		if code != app.ExitFailed || stdout != "" || !strings.Contains(stderr, "MPEG-2.5") || !strings.Contains(stderr, `hint: decode it with ffmpeg`) {
			t.Errorf("%s: exit %d, %q, %q", command, code, stdout, stderr)
		}
	}
	code, stdout, stderr := run(a, "measure", id, "1ypK", "--json")
	lines := strings.SplitAfter(stdout, "\n")
	if code != app.ExitPartly || len(lines) != 3 || !strings.Contains(stderr, `"kind":"unmeasured"`) {
		t.Fatalf("exit %d, %q, %q", code, stdout, stderr)
	}
	if err := jsondoc.Check(lines[0], "measure failed"); err != nil || !strings.Contains(lines[0], `"kind":"unsupported"`) {
		t.Errorf("%v: %s", err, lines[0])
	}
	if err := jsondoc.Check(lines[1], "measure"); err != nil {
		t.Error(err)
	}
	if code, stdout, stderr := run(a, "show", id, "--wave"); code != 0 || !strings.Contains(stdout, id) || !strings.Contains(stderr, "warning: no waveform") {
		t.Errorf("show --wave: exit %d, %q, %q", code, stdout, stderr)
	}
}

// Pictures and binary data are not for terminals; text is, and as wide as
// they are. Somebody who watches sees how long it takes.
func TestWaveformInTerminal(t *testing.T) {
	a := extractedApp(t, one(t))
	a.OutTTY, a.ErrTTY, a.Columns = true, true, 40
	code, stdout, stderr := run(a, "show", "1ypK", "--wave")
	if wave := "\n0:00" + strings.Repeat(" ", 14); code != 0 || !strings.Contains(stdout, wave) {
		t.Errorf("no wave of 40 columns in\n%s", stdout)
	}
	if !strings.Contains(stderr, "measuring") || strings.Contains(stderr, "MB") || strings.Contains(stdout, "measuring") {
		t.Errorf("the bar is %q", stderr)
	}
	for _, format := range []string{"png", "dat"} {
		if code, stdout, stderr := run(a, "waveform", "1ypK", "-o", "-", "--format", format); code != app.ExitUsage || stdout != "" {
			t.Errorf("%s to a terminal: exit %d, %d bytes, %s", format, code, len(stdout), stderr)
		}
	}
	if code, stdout, stderr := run(a, "waveform", "1ypK", "-o", "-", "--format", "svg"); code != 0 || !strings.HasPrefix(stdout, "<svg") {
		t.Errorf("svg to a terminal: exit %d, %s", code, stderr)
	}
}
