package app

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
	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/words"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/settings"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/suggest"
	"github.com/spaces-cli/spaces/internal/terminal"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// The exit codes. Scripts rely on them: they never change their meaning.
const (
	ExitDone        = 0
	ExitFailed      = 1
	ExitUsage       = 2
	ExitPartly      = 3
	ExitNotFound    = 4
	ExitFound       = 5
	ExitInterrupted = 130
)

// ExitCodes says what each code means where a command says nothing else.
func ExitCodes() map[int]string {
	return map[int]string{
		ExitDone:        "done",
		ExitFailed:      "failed",
		ExitUsage:       "wrong usage",
		ExitPartly:      "partly done; failures are listed",
		ExitNotFound:    "not found",
		ExitFound:       "a check found problems",
		ExitInterrupted: "interrupted",
	}
}

// A Failure is an error with what a user and a script need besides.
type Failure struct {
	Code int
	Kind string // a stable word for scripts
	Hint string // what to do next, or ""
	Err  error
}

func (f *Failure) Error() string { return spell.Error(f.Err) }
func (f *Failure) Unwrap() error { return f.Err }

// A JSONError is a failure as scripts see it.
type JSONError struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (f *Failure) JSON() JSONError { return JSONError{f.Kind, f.Error(), f.Hint} }

// Fail is an error with its exit code, its word for scripts and what to do next.
func Fail(code int, kind, hint string, err error) *Failure {
	return &Failure{code, kind, hint, err}
}

// Usage is the error of a command line that cannot be meant.
func Usage(format string, args ...any) error {
	return &Failure{Code: ExitUsage, Kind: "usage", Err: fmt.Errorf(format, args...)}
}

// Hinted gives an error another hint.
func Hinted(err error, hint string) error {
	f := Classify(err)
	f.Hint = hint
	return f
}

// OneOf is the error of a flag or an argument that takes some words only; it
// is nil if the text is one of them, or empty.
func OneOf(name, text string, list []string) error {
	if text == "" || slices.Contains(list, text) {
		return nil
	}
	return Hinted(Usage("%s must be %s, not %q", name, spell.Or(list), text), DidYouMean(text, list))
}

// DidYouMean is the hint where text may be a word of the list mistyped, or "".
func DidYouMean(text string, list []string) string {
	if near := suggest.Closest(text, list); near != "" {
		return "did you mean: " + near
	}
	return ""
}

func unknownFormatHint(e *format.UnknownError) string {
	if f, _ := format.Parse(e.Name, format.All()); f == format.MP4 {
		return "to make a video: spaces video"
	}
	return DidYouMean(e.Name, Words(e.Known))
}

// CheckName is the hint where there is no file of a name.
const CheckName = "check the name; put a name with spaces in quotes"

// Classify finds the exit code, kind and hint of an error.
func Classify(err error) *Failure {
	var f *Failure
	var locked *library.LockedError
	var asked *recording.Problem
	var entry *feed.ProblemError
	var broken *consent.BrokenError
	var problem *archive.Problem
	var unknown *format.UnknownError
	var file *fs.PathError
	switch {
	case errors.As(err, &f):
		return Fail(f.Code, f.Kind, f.Hint, err)
	case errors.Is(err, context.Canceled):
		return Fail(ExitInterrupted, "interrupted", "", errors.New("stopped"))
	case errors.As(err, &locked):
		return Fail(ExitFailed, "locked", WaitLonger, err)
	case errors.As(err, &asked) && asked.Cause == episode.MadeOtherwise:
		return Fail(ExitUsage, string(asked.Kind), ProblemHint(asked), err)
	case errors.As(err, &asked):
		return Fail(problemCode(asked.Kind), string(asked.Kind), ProblemHint(asked), err)
	case wordsError(err) != nil:
		return wordsError(err)
	case errors.Is(err, library.ErrNoAudio):
		return Fail(ExitNotFound, "no-audio", "", err)
	case errors.As(err, &entry):
		return Fail(ExitFailed, "bad-episode", feedHint(entry.Cause), err)
	case errors.As(err, new(*clips.BrokenError)):
		return Fail(ExitFailed, "bad-clip", "restore the record from a backup; or delete it and the clip, and cut the clip again", err)
	case errors.As(err, new(*feed.InvalidError)):
		return Fail(ExitFailed, "failed", "change the show: spaces feed init --help", err)
	case errors.Is(err, feed.ErrNoShow):
		return Fail(ExitNotFound, "no-show", "describe the show first: spaces feed init --help", err)
	case errors.Is(err, feed.ErrNoEpisodes):
		return Fail(ExitNotFound, "no-episodes", "make an episode: spaces export latest --format mp3", err)
	case errors.As(err, new(*feed.NoneDueError)):
		return Fail(ExitNotFound, "no-episodes", "build the feed again then; or publish one now: spaces episodes publish SPACE --at now", err)
	case errors.Is(err, feed.ErrNonePublished):
		return Fail(ExitNotFound, "no-episodes", "publish an episode: spaces episodes publish latest", err)
	case errors.As(err, &broken):
		return Fail(ExitFailed, "broken-ledger", broken.Hint(), err)
	case errors.As(err, new(*durable.TakenError)):
		return Fail(ExitFailed, "exists", "choose another name with -o, or replace the file with --force", err)
	case engineFailure(err) != nil:
		return engineFailure(err)
	case IsBadText(err):
		return badText(err)
	case errors.As(err, new(*transcript.InvalidError)):
		return Fail(ExitUsage, "bad-transcript", "use a .srt or .vtt, or the .json of a recognizer, with the times of the whole recording", err)
	case errors.As(err, &unknown):
		return Fail(ExitUsage, "bad-request", unknownFormatHint(unknown), err)
	case consentError(err) != nil:
		return consentError(err)
	case errors.As(err, &problem):
		if problem.Kind == archive.NotFound {
			return Fail(ExitNotFound, string(problem.Kind), cmp.Or(problem.Hint, CheckName), err)
		}
		return Fail(ExitFailed, string(problem.Kind), problem.Hint, err)
	case errors.Is(err, library.ErrNoLibrary):
		return Fail(ExitNotFound, "no-library", "make a library from your archive (spaces extract ARCHIVE.zip) or from a backup (spaces backup restore TARGET), or name another folder with --library", err)
	case errors.Is(err, library.ErrForeign):
		return Fail(ExitFailed, "failed", "name a library or an empty folder: --library DIR", err)
	case errors.Is(err, library.ErrNoFolder), errors.Is(err, settings.ErrNoHome):
		return Fail(ExitFailed, "no-home", homeHint, err)
	case errors.Is(err, library.ErrNotFound), errors.Is(err, catalog.ErrNotFound):
		return Fail(ExitNotFound, "no-such-space", "list the Spaces: spaces list", err)
	case errors.Is(err, library.ErrNewer), errors.Is(err, catalog.ErrNewer), errors.Is(err, words.ErrNewer):
		return Fail(ExitFailed, "newer-version", "use the newer version of spaces for this library", err)
	case errors.Is(err, catalog.ErrCorrupt), errors.Is(err, catalog.ErrOlder), errors.Is(err, catalog.ErrOther), errors.Is(err, catalog.ErrNotExist):
		return Fail(ExitFailed, "catalogue", "rebuild the catalogue from the folders: spaces reindex", err)
	case library.IsFull(err), errors.Is(err, catalog.ErrFull), errors.Is(err, words.ErrFull):
		return Fail(ExitFailed, "disk-full", "free some disk space and run the same command again; nothing is lost", err)
	case isReadOnly(err):
		return Fail(ExitFailed, "read-only", "copy the library to a writable disk, and name it with --library", err)
	case errors.Is(err, fs.ErrPermission):
		return Fail(ExitFailed, "no-permission", "check the permissions of the folder, or name another one with --library", err)
	case errors.Is(err, said.ErrNoIndex):
		return Fail(ExitFailed, "transcript-index", "build the index of what was said again: spaces reindex", err)
	case errors.Is(err, fs.ErrNotExist) && errors.As(err, &file) && strings.Contains(filepath.ToSlash(file.Path), layout.Recordings+"/"):
		return Fail(ExitFailed, "failed", "find the missing files: spaces verify", err)
	case errors.Is(err, fs.ErrNotExist):
		return Fail(ExitNotFound, "no-such-file", CheckName, err)
	case errors.Is(err, syscall.ENOTDIR), strings.HasSuffix(err.Error(), "not a directory"):
		return Fail(ExitFailed, "failed", "name a folder", err)
	case errors.Is(err, syscall.EISDIR):
		return Fail(ExitFailed, "failed", "name a file", err)
	}
	return Fail(ExitFailed, "failed", "", err)
}

// Report tells an error on stderr and returns the exit code.
func (a *App) Report(ctx context.Context, err error, asJSON bool) int {
	if err == nil {
		return ExitDone
	}
	f := Classify(err)
	if ctx.Err() != nil && f.Code != ExitDone {
		f = Fail(ExitInterrupted, "interrupted", "run the same command again to finish", errors.New("stopped"))
	}
	if asJSON {
		WriteJSON(a.Err, struct {
			Schema int       `json:"schema"`
			Error  JSONError `json:"error"`
			Exit   int       `json:"exit"`
		}{space.Schema, f.JSON(), f.Code})
		return f.Code
	}
	if f.Kind == "interrupted" {
		fmt.Fprintln(a.Err, "spaces: "+strings.TrimSuffix("stopped; "+f.Hint, "; "))
		return f.Code
	}
	fmt.Fprintln(a.Err, "spaces: error: "+terminal.SafeLines(a.ShortenIn(f.Error())))
	a.printHint(f.Hint)
	return f.Code
}

// printHint prints each alternative of a hint on its own line, and the command
// line with a flag that would be added to it.
func (a *App) printHint(hint string) {
	list := strings.Split(hint, " · ")
	for _, way := range list {
		what, flag, ok := strings.Cut(way, ": --")
		if ok && len(list) > 1 && len(a.Args) > 0 && !slices.Contains(a.Args, "--") {
			way = what + ": spaces"
			for _, arg := range a.Args {
				way += " " + Quoted(arg)
			}
			way += " --" + flag
		}
		if way != "" {
			fmt.Fprintln(a.Err, "spaces: hint: "+terminal.SafeLines(way))
		}
	}
}

// PrintFailure prints why one thing of several failed.
func (a *App) PrintFailure(err error) {
	f := Classify(err)
	if a.Settings.JSON {
		WriteJSON(a.Err, struct {
			Schema int       `json:"schema"`
			Error  JSONError `json:"error"`
		}{space.Schema, f.JSON()})
		return
	}
	fmt.Fprintln(a.Err, "spaces: error: "+terminal.SafeLines(a.ShortenIn(f.Error())))
	a.printHint(f.Hint)
}

// Skipped prints what is wrong with things that could not be read, and returns the
// error of a command that has done the rest; nil if there are none.
func Skipped[E error](a *App, broken []E) error {
	for _, err := range broken {
		a.PrintFailure(err)
	}
	if len(broken) == 0 {
		return nil
	}
	return Fail(ExitPartly, "unreadable", "see all that is damaged: spaces verify", fmt.Errorf("%s not be read", spell.Plural(len(broken), "record could", "records could")))
}

// Warn tells something that stops nothing.
func (a *App) Warn(format string, args ...any) {
	for i, arg := range args {
		if err, ok := arg.(error); ok {
			args[i] = spell.Error(err)
		}
	}
	message := fmt.Sprintf(format, args...)
	if a.Settings.JSON {
		WriteJSON(a.Err, struct {
			Schema  int    `json:"schema"`
			Warning string `json:"warning"`
		}{space.Schema, message})
		return
	}
	fmt.Fprintln(a.Err, "spaces: warning: "+terminal.SafeLines(a.ShortenIn(message)))
}

// Say tells how things go, unless --quiet or --json was asked for.
func (a *App) Say(format string, args ...any) {
	if !a.Settings.Quiet && !a.Settings.JSON {
		fmt.Fprintln(a.Err, terminal.SafeLines(fmt.Sprintf(format, args...)))
	}
}

// IsNoLibrary reports whether an error says that the folder is no library.
func IsNoLibrary(err error) bool { return errors.Is(err, library.ErrNoLibrary) }

// WriteJSON writes one JSON document on a line of its own.
func WriteJSON(w interface{ Write([]byte) (int, error) }, v any) error {
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
	Error  JSONError `json:"error"`
}

// PrintFailureOf prints why one thing of several failed: a line among the results as JSON.
func (a *App) PrintFailureOf(id string, f *Failure) error {
	if a.Settings.JSON {
		return WriteJSON(a.Out, failedLine{space.Schema, id, f.JSON()})
	}
	_, err := fmt.Fprintf(a.Err, "spaces: error: %s\n", terminal.SafeLines(a.ShortenIn(f.Error())))
	if f.Hint != "" {
		_, err = fmt.Fprintf(a.Err, "spaces: hint: %s\n", terminal.SafeLines(f.Hint))
	}
	return err
}

// Quoted is a file's name for a command line.
func Quoted(name string) string {
	if strings.ContainsAny(name, " '\"$&()[]{}*?!;<>|\\`~#\t") {
		return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	return name
}
