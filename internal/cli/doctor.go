package cli

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/clipboard"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/publish/keyring"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

func newDoctorCmd(a *App) *cobra.Command {
	var network bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check this installation: settings, library, programs",
		Long: `Check what spaces needs on this computer: the settings, the library and its drive, the indexes, the
engine that turns speech into text and its models, the consent settings, the programs that it starts,
and where credentials are kept. Nothing is changed. A problem keeps a command from working; a warning is
worth knowing. --network also connects to the transcription server that is set; no audio is sent.
To check the files of the library: spaces verify.`,
		Example: `  spaces doctor
  spaces doctor --network
  spaces doctor --json`,
		Annotations: manual.Exits(map[int]string{app.ExitFound: "a problem was found"}),
		Args:        app.Takes(0, 0),
		// Settings that cannot be read are a finding here.
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.LoadLook(cmd) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.doctor(cmd.Context(), &doctor{a: a, cmd: cmd, network: network})
		},
	}
	cmd.Flags().BoolVar(&network, "network", false, "also connect to the transcription server; no audio is sent")
	return cmd
}

// What a check found. The words appear in JSON.
const (
	isFine    = "ok"
	isWarning = "warning"
	isProblem = "problem"
)

// A checkLine is what one check found.
type checkLine struct {
	Schema  int      `json:"schema"`
	Check   string   `json:"check"`
	State   string   `json:"state"`
	Message string   `json:"message"`
	Hints   []string `json:"hints,omitempty"`
}

// A doctor checks an installation.
type doctor struct {
	a       *App
	cmd     *cobra.Command
	network bool
	found   []checkLine
}

// note keeps what a check found.
func (d *doctor) note(check, state, message string, hints ...string) {
	hints = slices.DeleteFunc(hints, func(h string) bool { return h == "" })
	d.found = append(d.found, checkLine{space.Schema, check, state, message, hints})
}

// failed keeps an error that a check ended with.
func (d *doctor) failed(check, state string, err error) {
	f := app.Classify(err)
	d.note(check, state, f.Error(), strings.Split(f.Hint, " · ")...)
}

func (a *App) doctor(ctx context.Context, d *doctor) error {
	d.note("program", isFine, fmt.Sprintf("spaces %s, %s/%s", a.Version, runtime.GOOS, runtime.GOARCH))
	if d.settings() {
		d.library(ctx)
		d.engine(ctx)
		d.consent()
	}
	d.programs()
	d.credentials()
	if err := ctx.Err(); err != nil {
		return err
	}
	problems := 0
	for _, line := range d.found {
		if line.State == isProblem {
			problems++
		}
	}
	if err := d.print(); err != nil {
		return err
	}
	if problems > 0 {
		return app.Fail(app.ExitFound, "problems-found", "", fmt.Errorf("%s found", spell.Count(problems, "problem")))
	}
	return nil
}

// print writes the table, with what to do below each line.
func (d *doctor) print() error {
	if d.a.Settings.JSON {
		for _, line := range d.found {
			if err := app.WriteJSON(d.a.Out, line); err != nil {
				return err
			}
		}
		return nil
	}
	t := d.a.Table(terminal.Column{Title: "CHECK"}, terminal.Column{Title: "STATE", Style: foundStyle}, terminal.Column{Title: "FOUND", Min: 20})
	for _, line := range d.found {
		t.Add(line.Check, line.State, terminal.Safe(line.Message))
	}
	t.Write(d.a.Out, d.a.Columns)
	for _, line := range d.found {
		for _, hint := range line.Hints {
			fmt.Fprintf(d.a.Out, "%s: %s\n", line.Check, terminal.Safe(hint))
		}
	}
	return nil
}

// foundStyle is how the state of a check looks in colour.
func foundStyle(state string) terminal.Style {
	switch state {
	case isProblem:
		return terminal.Bad
	case isWarning:
		return terminal.Warn
	}
	return terminal.Good
}

// settings checks the config file, and reports whether the settings are known.
func (d *doctor) settings() bool {
	const check = "settings"
	a := d.a
	all, err := a.Folder().Resolve(d.cmd.Flags())
	if err != nil {
		d.failed(check, isProblem, app.SettingError(err))
		return false
	}
	if a.Settings.Settings, err = a.Folder().Settings(all); err != nil {
		d.failed(check, isProblem, err)
		return false
	}
	file := a.ConfigFile()
	switch {
	case file == "":
		d.note(check, isWarning, "no folder for the config file is known", "set HOME (on Windows USERPROFILE and AppData)")
		return true
	case len(all.Unknown) > 0:
		d.note(check, isWarning, fmt.Sprintf("%s has keys that mean nothing: %s", a.ShortenHome(file), strings.Join(all.Unknown, ", ")), "list the settings: spaces config")
		return true
	}
	set := 0
	for _, v := range all.ByKey {
		if v.Source.Layer != settings.Default {
			set++
		}
	}
	if _, err := a.Folder().Targets(); err != nil {
		d.failed(check, isProblem, err)
		return true
	}
	if _, err := os.Stat(file); err != nil {
		d.note(check, isFine, fmt.Sprintf("no config file (it would be %s), %s set elsewhere", a.ShortenHome(file), spell.Count(set, "setting")))
		return true
	}
	d.note(check, isFine, fmt.Sprintf("%s (%s set)", a.ShortenHome(file), spell.Count(set, "setting")))
	return true
}

// consent tells where somebody without consent is not looked at.
func (d *doctor) consent() {
	off := make(map[consent.Mode][]string)
	for _, act := range consent.Actions {
		mode := d.a.Settings.Consent.Mode(act)
		off[mode] = append(off[mode], string(act))
	}
	message := "every action asks for consent"
	state := isFine
	if list := off[consent.Off]; len(list) > 0 {
		message, state = "not checked for: "+strings.Join(list, ", "), isWarning
	} else if list := off[consent.Warn]; len(list) > 0 {
		message = "only a warning for: " + strings.Join(list, ", ")
	}
	if state == isWarning {
		d.note("consent", state, message, "to change that: spaces config set consent."+off[consent.Off][0]+" require")
		return
	}
	d.note("consent", state, message)
}

// programs looks for those of the system that some commands start.
func (d *doctor) programs() {
	if opener, found := terminal.Opener(); found {
		d.note("open", isFine, opener)
	} else {
		d.note("open", isWarning, opener+" is not installed: spaces open and studio --open cannot start other programs", "install it (Debian: apt install xdg-utils)")
	}
	env := func(name string) string { v, _ := d.a.Env(name); return v }
	if program := clipboard.Find(env); program != "" {
		d.note("clipboard", isFine, program)
	} else {
		d.note("clipboard", isWarning, "no program for the clipboard; texts are printed instead", "install wl-clipboard (Wayland) or xclip (X11)")
	}
}

// credentials tells where those of targets are kept.
func (d *doctor) credentials() {
	const check = "credentials"
	store := d.a.Secrets()
	list, err := store.List()
	if err != nil {
		d.failed(check, isProblem, err)
		return
	}
	inFile := 0
	for _, e := range list {
		if e.Where == keyring.InFile {
			inFile++
		}
	}
	switch {
	case store.HasSystem():
		d.note(check, isFine, fmt.Sprintf("kept in the system keyring (%s stored)", spell.Count(len(list), "target")))
	case store.File == "":
		d.note(check, isWarning, "no keyring and no folder: credentials cannot be stored", "set HOME (on Windows USERPROFILE and AppData)")
	case inFile == 0:
		d.note(check, isFine, "no system keyring, and no credentials are stored")
	default:
		d.note(check, isFine, fmt.Sprintf("no system keyring: kept in %s, which only you can read (%s stored)", d.a.ShortenHome(store.File), spell.Count(inFile, "target")))
	}
}

// reach connects to a server, without sending anything but a question for its
// front page.
func (d *doctor) reach(ctx context.Context, check, address string) {
	o := d.a.WireOptions(0)
	o.Tries = 1
	client := o.Client()
	defer client.CloseIdleConnections()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err == nil {
		var resp *http.Response
		if resp, err = client.Do(req); err == nil {
			resp.Body.Close()
			d.note(check, isFine, fmt.Sprintf("%s answers (%s)", req.URL.Host, resp.Status))
			return
		}
	}
	d.note(check, isProblem, fmt.Sprintf("cannot reach the transcription server: %v", err), "check transcribe.address and your connection")
}
