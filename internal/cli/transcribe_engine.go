package cli

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/transcript/engine"
	external "github.com/spaces-cli/spaces/internal/transcript/engine/command"
	"github.com/spaces-cli/spaces/internal/transcript/engine/openai"
	"github.com/spaces-cli/spaces/internal/transcript/engine/whisper"
)

// A recognizer is the engine that a command line and the settings ask for.
type recognizer struct {
	engine.Engine
	name    transcripts.Engine
	setup   string // what else makes its results others: a command line, an address
	host    string // where audio goes that leaves this computer; or ""
	at      int    // how many pieces it gets at once
	timeout time.Duration
}

// Limits of one piece, of 5 minutes at most, where --timeout sets none.
const (
	localTimeout  = time.Hour
	serverTimeout = 15 * time.Minute
	// serverPieces is how many pieces a server gets at once.
	serverPieces = 4
)

// recognizer finds the engine.
func (o *transcribeOptions) recognizer(a *App) (*recognizer, error) {
	set := a.Settings.Transcribe
	name := cmp.Or(o.engine, o.implied(), set.Engine, "whisper")
	if err := app.OneOf("--engine", name, settings.Engines()); err != nil {
		return nil, err
	}
	o.language = cmp.Or(o.language, set.Language)
	if err := o.fits(name); err != nil {
		return nil, err
	}
	rec := &recognizer{name: transcripts.Engine{Name: name}, timeout: localTimeout}
	// The model of the settings belongs to their engine.
	model := o.model
	if model == "" && name == cmp.Or(set.Engine, "whisper") {
		model = set.Model
	}
	var err error
	switch name {
	case "whisper":
		err = rec.whisper(a, o, model)
	case "openai":
		err = rec.openai(a, o, model)
	case "command":
		rec.at = a.jobs()
		rec.setup = cmp.Or(o.command, set.Command)
		rec.Engine, rec.name.Model, err = commandEngine(rec.setup)
	}
	if err != nil {
		return nil, err
	}
	if o.timeout != "" {
		if rec.timeout, err = recording.ParseTime(o.timeout); err != nil || rec.timeout <= 0 {
			return nil, app.Usage("--timeout must be a time such as 90s or 10m, not %q", o.timeout)
		}
	}
	return rec, nil
}

// implied is the engine that a flag belongs to, where none is named.
func (o *transcribeOptions) implied() string {
	switch {
	case o.command != "":
		return "command"
	case o.address != "":
		return "openai"
	}
	return ""
}

// fits refuses flags of other engines.
func (o *transcribeOptions) fits(name string) error {
	switch {
	case o.command != "" && name != "command":
		return app.Usage("--command needs --engine command")
	case o.address != "" && name != "openai":
		return app.Usage("--address needs --engine openai")
	case o.threads != 0 && name != "whisper":
		return app.Usage("--threads needs --engine whisper")
	case o.threads < 0:
		return app.Usage("--threads must be 1 or more, not %d", o.threads)
	case o.model != "" && name == "command":
		return app.Hinted(app.Usage("--model cannot be combined with --engine command"), "name the model in the command")
	}
	return nil
}

// whisper opens whisper-cli. Several at once pay off where it would leave cores
// idle: it scales to about four.
func (rec *recognizer) whisper(a *App, o *transcribeOptions, model string) error {
	cores := runtime.GOMAXPROCS(0)
	if rec.at = a.Settings.Jobs; rec.at == 0 {
		rec.at = max(1, cores/4)
	}
	w, err := whisper.New(whisper.Options{Program: a.Settings.Transcribe.Program, Model: model, Threads: cmp.Or(o.threads, max(1, cores/rec.at))})
	if err != nil {
		return err
	}
	rec.Engine, rec.name.Model = w, w.Model().Name
	return nil
}

// openai opens a server.
func (rec *recognizer) openai(a *App, o *transcribeOptions, model string) error {
	address := cmp.Or(o.address, a.Settings.Transcribe.Address)
	if address == "" {
		return app.Hinted(app.Usage("the engine openai needs the address of a server"),
			"name it: --address https://HOST; or always: spaces config set transcribe.address https://HOST")
	}
	key, err := serverKey(a)
	if err != nil {
		return err
	}
	s, err := openai.New(openai.Options{Address: address, Model: model, Key: key, Wire: a.WireOptions(0)})
	if err != nil {
		return err
	}
	rec.Engine, rec.name.Model, rec.timeout = s, model, serverTimeout
	rec.at, rec.setup = cmp.Or(a.Settings.Jobs, serverPieces), address
	if !s.Local() {
		rec.host = s.Host()
	}
	return nil
}

// keyVariable is the environment variable with the key of the server.
const keyVariable = "SPACES_TRANSCRIBE_KEY"

// serverKey returns the key of the server: from the environment, or from the
// file of the settings.
func serverKey(a *App) (string, error) {
	if key, ok := a.Env(keyVariable); ok && key != "" {
		return strings.TrimSpace(key), nil
	}
	name := a.Settings.Transcribe.KeyFile
	if name == "" {
		return "", nil
	}
	f, err := os.Open(name)
	if err != nil {
		return "", app.Hinted(err, "this is the setting transcribe.key_file; or put the key into the environment variable "+keyVariable)
	}
	defer f.Close()
	const most = 4 << 10
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	key := strings.TrimSpace(string(b))
	if err == nil && (key == "" || len(b) > most || strings.ContainsAny(key, "\r\n")) {
		err = app.Hinted(fmt.Errorf("%s does not hold a key", a.Shorten(name)), "the file must have one line, the key")
	}
	return key, err
}

// commandEngine makes an engine of a command line, whose words are separated
// by spaces and may stand in double quotes. It returns the name of its program
// too: the rest may hold secrets.
func commandEngine(line string) (engine.Engine, string, error) {
	if strings.TrimSpace(line) == "" {
		return nil, "", app.Hinted(app.Usage("the engine command needs a command"),
			"write it as: --command 'recognize {audio} {out}'; or always: spaces config set transcribe.command 'recognize {audio} {out}'")
	}
	words := csv.NewReader(strings.NewReader(line))
	words.Comma, words.TrimLeadingSpace = ' ', true
	args, err := words.Read()
	if err == nil {
		args = slices.DeleteFunc(args, func(word string) bool { return word == "" })
		_, more := words.Read()
		if more != io.EOF {
			err = fmt.Errorf("must be one line")
		}
	}
	if err != nil {
		return nil, "", app.Hinted(app.Usage("the command cannot be parsed: %w", err), "put words with spaces into double quotes")
	}
	e, err := external.New(args)
	if err != nil {
		return nil, "", err
	}
	return e, strings.TrimSuffix(filepath.Base(args[0]), ".exe"), nil
}
