package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/episode/transcript"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/suggest"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// The exit codes. Scripts rely on them: they never change their meaning.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitPartly      = 3
	exitNotFound    = 4
	exitFound       = 5
	exitInterrupted = 130
)

// exitCodes says what each code means where a command says nothing else.
func exitCodes() map[int]string {
	return map[int]string{
		exitDone:        "done",
		exitFailed:      "failed",
		exitUsage:       "wrong usage",
		exitPartly:      "partly done; failures are listed",
		exitNotFound:    "not found",
		exitFound:       "a check found problems",
		exitInterrupted: "interrupted",
	}
}

// A failure is an error with what a user and a script need besides.
type failure struct {
	code int
	kind string // a stable word for scripts
	hint string // what to do next, or ""
	err  error
}

func (f *failure) Error() string { return spell.Error(f.err) }
func (f *failure) Unwrap() error { return f.err }

// A jsonError is a failure as scripts see it.
type jsonError struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (f *failure) json() jsonError { return jsonError{f.kind, f.Error(), f.hint} }

// fail is an error with its exit code, its word for scripts and what to do next.
func fail(code int, kind, hint string, err error) *failure {
	return &failure{code, kind, hint, err}
}

// usage is the error of a command line that cannot be meant.
func usage(format string, args ...any) error {
	return &failure{code: exitUsage, kind: "usage", err: fmt.Errorf(format, args...)}
}

// hinted gives an error another hint.
func hinted(err error, hint string) error {
	f := classify(err)
	f.hint = hint
	return f
}

// oneOf is the error of a flag or an argument that takes some words only; it
// is nil if the text is one of them, or empty.
func oneOf(name, text string, list []string) error {
	if text == "" || slices.Contains(list, text) {
		return nil
	}
	return hinted(usage("%s must be %s, not %q", name, spell.Or(list), text), didYouMean(text, list))
}

// didYouMean is the hint where text may be a word of the list mistyped, or "".
func didYouMean(text string, list []string) string {
	if near := suggest.Closest(text, list); near != "" {
		return "did you mean: " + near
	}
	return ""
}

func unknownFormatHint(e *format.UnknownError) string {
	if f, _ := format.Parse(e.Name, format.All()); f == format.MP4 {
		return "a clip with a picture is made with: spaces video"
	}
	return didYouMean(e.Name, words(e.Known))
}

// checkName is the hint where there is no file of a name.
const checkName = "check the name; one with spaces needs quotes"

// classify finds the exit code, kind and hint of an error.
func classify(err error) *failure {
	var f *failure
	var locked *library.LockedError
	var asked *recording.Problem
	var entry *feed.ProblemError
	var broken *consent.BrokenError
	var problem *archive.Problem
	var unknown *format.UnknownError
	var file *fs.PathError
	switch {
	case errors.As(err, &f):
		return fail(f.code, f.kind, f.hint, err)
	case errors.Is(err, context.Canceled):
		return fail(exitInterrupted, "interrupted", "", errors.New("stopped"))
	case errors.As(err, &locked):
		return fail(exitFailed, "locked", waitLonger, err)
	case errors.As(err, &asked) && asked.Cause == episode.MadeOtherwise:
		return fail(exitUsage, string(asked.Kind), problemHint(asked), err)
	case errors.As(err, &asked):
		return fail(problemCode(asked.Kind), string(asked.Kind), problemHint(asked), err)
	case errors.Is(err, library.ErrNoAudio):
		return fail(exitNotFound, "no-audio", "", err)
	case errors.As(err, &entry):
		return fail(exitFailed, "bad-episode", feedHint(entry.Cause), err)
	case errors.As(err, new(*feed.InvalidError)):
		return fail(exitFailed, "failed", "change it: see spaces feed init --help", err)
	case errors.Is(err, feed.ErrNoShow):
		return fail(exitNotFound, "no-show", "describe it first: see spaces feed init --help", err)
	case errors.Is(err, feed.ErrNoEpisodes):
		return fail(exitNotFound, "no-episodes", "make one: spaces export latest --format mp3", err)
	case errors.Is(err, feed.ErrNonePublished):
		return fail(exitNotFound, "no-episodes", "choose what enters the feed: spaces episodes publish latest", err)
	case errors.As(err, &broken):
		return fail(exitFailed, "broken-ledger", broken.Hint(), err)
	case errors.As(err, new(*durable.TakenError)):
		return fail(exitFailed, "exists", "choose another name with -o, or replace it with --force", err)
	case errors.As(err, new(*transcript.InvalidError)):
		return fail(exitUsage, "bad-transcript", "a transcript is .srt, .vtt or the .json of whisper, in the time of the whole recording", err)
	case errors.As(err, &unknown):
		return fail(exitUsage, "bad-request", unknownFormatHint(unknown), err)
	case consentError(err) != nil:
		return consentError(err)
	case errors.As(err, &problem):
		if problem.Kind == archive.NotFound {
			return fail(exitNotFound, string(problem.Kind), cmp.Or(problem.Hint, checkName), err)
		}
		return fail(exitFailed, string(problem.Kind), problem.Hint, err)
	case errors.Is(err, library.ErrNoLibrary):
		return fail(exitNotFound, "no-library", "make one from your archive: spaces extract ARCHIVE.zip; or from a backup: spaces backup restore TARGET; or name another folder with --library", err)
	case errors.Is(err, library.ErrForeign):
		return fail(exitFailed, "failed", "name a library or an empty folder: --library DIR", err)
	case errors.Is(err, library.ErrNoFolder), errors.Is(err, settings.ErrNoHome):
		return fail(exitFailed, "no-home", homeHint, err)
	case errors.Is(err, library.ErrNotFound), errors.Is(err, catalog.ErrNotFound):
		return fail(exitNotFound, "no-such-space", "see what there is: spaces list", err)
	case errors.Is(err, library.ErrNewer), errors.Is(err, catalog.ErrNewer):
		return fail(exitFailed, "newer-version", "use the newer version of spaces for this library", err)
	case errors.Is(err, catalog.ErrCorrupt), errors.Is(err, catalog.ErrOlder), errors.Is(err, catalog.ErrOther), errors.Is(err, catalog.ErrNotExist):
		return fail(exitFailed, "catalogue", "build it again from the folders: spaces reindex", err)
	case library.IsFull(err), errors.Is(err, catalog.ErrFull):
		return fail(exitFailed, "disk-full", "make room and run the same command again; nothing is lost", err)
	case isReadOnly(err):
		return fail(exitFailed, "read-only", "copy the library to a disk that can be written, and name it with --library", err)
	case errors.Is(err, fs.ErrPermission):
		return fail(exitFailed, "no-permission", "look at the permissions of the folder, or name another one with --library", err)
	case errors.Is(err, fs.ErrNotExist) && errors.As(err, &file) && strings.Contains(filepath.ToSlash(file.Path), layout.Recordings+"/"):
		return fail(exitFailed, "failed", "a file of the library is gone: spaces verify", err)
	case errors.Is(err, fs.ErrNotExist):
		return fail(exitNotFound, "no-such-file", checkName, err)
	case errors.Is(err, syscall.ENOTDIR), strings.HasSuffix(err.Error(), "not a directory"):
		return fail(exitFailed, "failed", "name a folder", err)
	case errors.Is(err, syscall.EISDIR):
		return fail(exitFailed, "failed", "name a file", err)
	}
	return fail(exitFailed, "failed", "", err)
}

// report tells an error on stderr and returns the exit code.
func (a *App) report(ctx context.Context, err error, asJSON bool) int {
	if err == nil {
		return exitDone
	}
	f := classify(err)
	if ctx.Err() != nil && f.code != exitDone {
		f = fail(exitInterrupted, "interrupted", "run the same command again to finish", errors.New("stopped"))
	}
	if asJSON {
		writeJSON(a.Err, struct {
			Schema int       `json:"schema"`
			Error  jsonError `json:"error"`
			Exit   int       `json:"exit"`
		}{space.Schema, f.json(), f.code})
		return f.code
	}
	if f.kind == "interrupted" {
		fmt.Fprintln(a.Err, "spaces: "+strings.TrimSuffix("stopped; "+f.hint, "; "))
		return f.code
	}
	fmt.Fprintln(a.Err, "spaces: error: "+terminal.SafeLines(f.Error()))
	a.printHint(f.hint)
	return f.code
}

// printHint prints each alternative of a hint on its own line, and the command
// line with a flag that would be added to it.
func (a *App) printHint(hint string) {
	list := strings.Split(hint, " · ")
	for _, way := range list {
		what, flag, ok := strings.Cut(way, ": --")
		if ok && len(list) > 1 && len(a.args) > 0 && !slices.Contains(a.args, "--") {
			way = what + ": spaces"
			for _, arg := range a.args {
				way += " " + quoted(arg)
			}
			way += " --" + flag
		}
		if way != "" {
			fmt.Fprintln(a.Err, "spaces: hint: "+terminal.SafeLines(way))
		}
	}
}

// printFailure prints why one thing of several failed.
func (a *App) printFailure(err error) {
	f := classify(err)
	if a.set.JSON {
		writeJSON(a.Err, struct {
			Schema int       `json:"schema"`
			Error  jsonError `json:"error"`
		}{space.Schema, f.json()})
		return
	}
	fmt.Fprintln(a.Err, "spaces: error: "+terminal.SafeLines(f.Error()))
	a.printHint(f.hint)
}

// warn tells something that stops nothing.
func (a *App) warn(format string, args ...any) {
	for i, arg := range args {
		if err, ok := arg.(error); ok {
			args[i] = spell.Error(err)
		}
	}
	message := fmt.Sprintf(format, args...)
	if a.set.JSON {
		writeJSON(a.Err, struct {
			Schema  int    `json:"schema"`
			Warning string `json:"warning"`
		}{space.Schema, message})
		return
	}
	fmt.Fprintln(a.Err, "spaces: warning: "+terminal.SafeLines(message))
}

// say tells how things go, unless --quiet or --json was asked for.
func (a *App) say(format string, args ...any) {
	if !a.set.Quiet && !a.set.JSON {
		fmt.Fprintln(a.Err, terminal.SafeLines(fmt.Sprintf(format, args...)))
	}
}

// isNoLibrary reports whether an error says that the folder is no library.
func isNoLibrary(err error) bool { return errors.Is(err, library.ErrNoLibrary) }

// writeJSON writes one JSON document on a line of its own.
func writeJSON(w interface{ Write([]byte) (int, error) }, v any) error {
	b, err := space.Line(v)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// failedLine is the line about a Space that could not be measured.
type failedLine struct {
	Schema int       `json:"schema"`
	ID     string    `json:"id"`
	Error  jsonError `json:"error"`
}

// printFailureOf prints why one thing of several failed: a line among the results as JSON.
func (a *App) printFailureOf(id string, f *failure) error {
	if a.set.JSON {
		return writeJSON(a.Out, failedLine{space.Schema, id, f.json()})
	}
	_, err := fmt.Fprintf(a.Err, "spaces: error: %s\n", terminal.SafeLines(f.Error()))
	if f.hint != "" {
		_, err = fmt.Fprintf(a.Err, "spaces: hint: %s\n", terminal.SafeLines(f.hint))
	}
	return err
}

// quoted is a file's name for a command line.
func quoted(name string) string {
	if strings.ContainsAny(name, " '\"$&()[]{}*?!;<>|\\`~#\t") {
		return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return name
}
