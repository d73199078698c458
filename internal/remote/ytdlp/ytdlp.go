// Package ytdlp asks the program yt-dlp where the sound of a Space is, and what
// X says of it. The program answers for X's interfaces, which change often;
// it downloads nothing.
package ytdlp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/program"
)

// Options say how the program is run.
type Options struct {
	Program string        // "": yt-dlp on the PATH
	Cookies string        // file with the cookies of a signed-in browser, or ""
	Timeout time.Duration // 0: two minutes
}

// A Status says where a Space stands.
type Status string

const (
	Upcoming Status = "is_upcoming"
	Live     Status = "is_live"
	Ended    Status = "was_live"
	Ending   Status = "post_live" // ended, and the replay may still grow
)

// An Answer is what the program says of a Space.
type Answer struct {
	SpaceID  string
	Status   Status   // or another word, or ""
	Playlist *url.URL // nil if the Space is yet to begin
	// Header is what the server of the playlist expects.
	Header http.Header
	Title  string
	Host   archive.Participant
	Starts time.Time // when it began, or is to begin; zero if unknown
	// Facts is what is said of the Space, as JSON that archive.ParseSidecar
	// reads: without addresses, which may hold secrets.
	Facts []byte
}

// most is how many bytes the program may write: a Space of many speakers has
// some tens of kB.
const most = 16 << 20

// Ask asks the program about a Space. The error is ctx's own or an *Error.
func Ask(ctx context.Context, o Options, id string) (*Answer, error) {
	if !archive.IsSpaceID(id) {
		return nil, &Error{Cause: NotFound, Message: fmt.Sprintf("%q is not the ID of a Space", id)}
	}
	name := o.Program
	if name == "" {
		name = "yt-dlp"
	}
	path, err := program.Find(name)
	if err != nil {
		return nil, &Error{Cause: Missing, Message: "yt-dlp is not installed", Err: err}
	}
	args := []string{"-J", "--ignore-config", "--ignore-no-formats-error"}
	if o.Cookies != "" {
		// The program writes its cookies back to the file.
		copied, remove, err := lend(o.Cookies)
		if err != nil {
			return nil, &Error{Cause: BadCookies, Message: "cannot read the cookies", Err: err}
		}
		defer remove()
		args = append(args, "--cookies", copied)
	}
	// Before summer 2023 it knew the addresses of x.com only as those of any page.
	for _, host := range []string{"x.com", "twitter.com"} {
		var a *Answer
		a, err = ask(ctx, o, path, append(args, "--", "https://"+host+"/i/spaces/"+id), id)
		if problem := (*Error)(nil); !errors.As(err, &problem) || problem.Cause != Unsupported {
			return a, err
		}
	}
	return nil, err
}

func ask(ctx context.Context, o Options, path string, args []string, id string) (*Answer, error) {
	timeout := o.Timeout
	if timeout == 0 {
		timeout = 2 * time.Minute
	}
	out, said, err := program.Program{Path: path, Args: args, Most: most}.Run(ctx, timeout)
	var failed *program.Error
	switch {
	case errors.As(err, &failed):
		return nil, explain(failed)
	case err != nil:
		return nil, err
	}
	return read(out, said, id)
}

// lend copies a file with cookies to one that the program may change.
func lend(name string) (copied string, remove func(), err error) {
	const largest = 4 << 20
	info, err := os.Stat(name)
	if err != nil {
		return "", nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > largest {
		return "", nil, fmt.Errorf("%s is not a file of cookies", name)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "spaces-cookies-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(dir) }
	copied = filepath.Join(dir, "cookies.txt")
	if err := os.WriteFile(copied, text, 0o600); err != nil {
		remove()
		return "", nil, err
	}
	return copied, remove, nil
}

// A Cause is why there is no answer. The words appear in JSON.
type Cause string

const (
	Missing     Cause = "no-yt-dlp"          // the program is not installed
	BadCookies  Cause = "bad-cookies"        // the file cannot be read
	Unsupported Cause = "yt-dlp-unsupported" // the program does not know such addresses: it is old
	Outdated    Cause = "yt-dlp-outdated"    // X answers otherwise than the program expects
	NotFound    Cause = "space-not-found"    // X has no such Space, or no longer
	NotStarted  Cause = "space-not-started"  // and the program does not say more
	NoReplay    Cause = "space-no-replay"    // it has ended, and the host did not want a replay
	NotReady    Cause = "space-not-ready"    // X has no sound of it yet
	Login       Cause = "login-needed"       // X tells it to those who are signed in
	Busy        Cause = "x-busy"             // X takes no more requests for now
	Unreachable Cause = "x-unreachable"      // the program could not connect
	TimedOut    Cause = "yt-dlp-timed-out"   // it did not end
	BadOutput   Cause = "yt-dlp-bad-output"  // what it wrote is not what it promises
	Failed      Cause = "yt-dlp-failed"      // anything else
)

// An Error says why there is no answer.
type Error struct {
	Cause   Cause
	Message string
	Said    string // what the program said of it: one line
	Err     error  // or nil
}

func (e *Error) Error() string {
	text := e.Message
	switch {
	case e.Said != "":
		text += ": " + e.Said
	case e.Err != nil:
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// explain makes an error of one of the program's.
func explain(e *program.Error) *Error {
	switch e.Cause {
	case program.NotRun:
		return &Error{Cause: Missing, Message: e.Message, Err: e.Err}
	case program.TimedOut:
		return &Error{Cause: TimedOut, Message: e.Message}
	case program.TooMuch, program.Unreadable:
		return &Error{Cause: BadOutput, Message: e.Message, Err: e.Err}
	case program.Failed:
		if cause, text := causeOf(e.Said); cause != "" {
			return &Error{Cause: cause, Message: text, Said: plain(e.Said)}
		}
	}
	return &Error{Cause: Failed, Message: e.Message, Said: plain(e.Said)}
}

// A symptom is a part of what the program says, in small letters.
type symptom struct {
	part  string
	cause Cause
}

// symptoms are tried in this order: some messages hold several.
func symptoms() []symptom {
	return []symptom{
		{"unsupported url", Unsupported},
		{"[generic]", Unsupported},
		{"not started yet", NotStarted},
		{"replay is disabled", NoReplay},
		{"not downloadable yet", NotReady},
		{"no video formats", NotReady},
		{"space not found", NotFound},
		{"registered users", Login},
		{"not authorized", Login},
		{"log in", Login},
		{"login", Login},
		{"sign in", Login},
		{"--cookies", Login},
		{"could not authenticate", Login},
		{"guest token", Outdated},
		{"http error 429", Busy},
		{"too many requests", Busy},
		{"rate limit", Busy},
		{"urlopen error", Unreachable},
		{"failed to resolve", Unreachable},
		{"name or service not known", Unreachable},
		{"connection", Unreachable},
		{"timed out", Unreachable},
		{"certificate", Unreachable},
		{"http error 404", Outdated}, // X gives its questions other names now and then
		{"http error 400", Outdated},
		{"http error 403", Login},
		{"querying api", Outdated},
		{"unable to extract", Outdated},
		{"latest version", Outdated},
		{"report this issue", Outdated},
		{"keyerror", Outdated},
		{"typeerror", Outdated},
		{"unable to download", Unreachable},
	}
}

// causeOf finds out what the program's words mean.
func causeOf(said string) (Cause, string) {
	said = strings.ToLower(said)
	for _, s := range symptoms() {
		if strings.Contains(said, s.part) {
			return s.cause, messageOf(s.cause)
		}
	}
	return "", ""
}

func messageOf(c Cause) string {
	switch c {
	case Unsupported:
		return "this yt-dlp does not know the addresses of Spaces"
	case Outdated:
		return "yt-dlp does not understand the answer of X"
	case NotFound:
		return "X has no such Space, or no longer"
	case NotStarted:
		return "the Space has not started yet"
	case NoReplay:
		return "the Space has ended, and its host offers no replay"
	case NotReady:
		return "X has no sound of the Space yet"
	case Login:
		return "X shows this Space only to those who are signed in"
	case Busy:
		return "X takes no more requests for now"
	case Unreachable:
		return "yt-dlp cannot reach X"
	}
	return "yt-dlp failed"
}

// plain is what the program said without the marks of its own and without
// addresses, in whose queries secrets may stand.
func plain(said string) string {
	said = strings.TrimSpace(strings.TrimPrefix(said, "ERROR:"))
	for _, noise := range []string{"; please report this issue", " (caused by "} {
		said, _, _ = strings.Cut(said, noise)
	}
	if _, rest, ok := strings.Cut(said, "] "); ok && strings.HasPrefix(said, "[") { // "[twitter:spaces] ID: "
		if id, text, ok := strings.Cut(rest, ": "); ok && archive.IsSpaceID(id) {
			said = text
		}
	}
	words := strings.Fields(said)
	for i, w := range words {
		if at := strings.Index(w, "://"); at >= 0 {
			if u, err := url.Parse(strings.Trim(w[max(strings.LastIndexAny(w[:at], "('\"<")+1, 0):], "()'\"<>,;.")); err == nil && u.Host != "" {
				words[i] = u.Scheme + "://" + u.Hostname() + "/…"
			} else {
				words[i] = "…"
			}
		}
	}
	return strings.Join(words, " ")
}
