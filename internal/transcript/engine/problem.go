package engine

import (
	"fmt"
	"time"
)

// A Cause is what went wrong with an engine. The words appear in JSON. What can
// be done about it depends on who asked: the roofs put it into words.
type Cause string

const (
	NoProgram   Cause = "no-program"   // Subject cannot be run
	NoModel     Cause = "no-model"     // Subject was not found; Known were
	BadModel    Cause = "bad-model"    // Subject is not a model that the engine reads
	BadLanguage Cause = "bad-language" // the engine does not know the language Subject
	BadCommand  Cause = "bad-command"  // the command does not say where the sound goes
	Failed      Cause = "failed"       // the program ended with Exit
	Killed      Cause = "killed"       // the system or somebody else ended the program
	TimedOut    Cause = "timed-out"    // it took longer than After
	NoOutput    Cause = "no-output"    // the program ended well and wrote nothing
	TooMuch     Cause = "too-much"     // more output than the piece can have words
	NoTimes     Cause = "no-times"     // words, but not when they are said
	BadOutput   Cause = "bad-output"   // cannot be read as a transcript

	BadAddress  Cause = "bad-address"  // Subject is not the address of a server
	NotSecure   Cause = "not-secure"   // the sound would go to another computer unencrypted
	Unreachable Cause = "unreachable"  // no connection to the server
	Untrusted   Cause = "untrusted"    // nobody vouches for the server's certificate
	Redirected  Cause = "redirected"   // the server sends us to another host
	Denied      Cause = "denied"       // 401, 403
	NoService   Cause = "no-service"   // 404, 405: the server has no such service or model
	TooLarge    Cause = "too-large"    // 413: the piece
	Busy        Cause = "busy"         // 429, 503
	NoCredit    Cause = "no-credit"    // the account has no credit left
	Refused     Cause = "refused"      // another 4xx
	ServerFails Cause = "server-fails" // another 5xx
)

// An Error says why an engine gave no words for a piece.
type Error struct {
	Cause   Cause
	Message string

	Engine  string        // whisper, openai, command
	Subject string        // the program, model, language, address or host it is about
	Known   []string      // what there is instead, or where it was looked for
	Exit    int           // exit code of a program
	Status  int           // HTTP status of a server
	After   time.Duration // it was given up
	Said    string        // what the program or server said of it: one line
	Err     error         // or nil
}

func (e *Error) Error() string {
	text := e.Message
	if e.Said != "" {
		text += ": " + e.Said
	} else if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Persists reports whether every other piece would fail the same way, so that
// trying the next one is of no use.
func (e *Error) Persists() bool {
	switch e.Cause {
	case NoProgram, NoModel, BadModel, BadLanguage, BadCommand, BadAddress, NotSecure, Untrusted, Redirected, Denied, NoService, NoCredit:
		return true
	}
	return false
}

// Problemf makes an Error whose message is formatted like that of fmt.Errorf.
func Problemf(c Cause, format string, args ...any) *Error {
	return &Error{Cause: c, Message: fmt.Sprintf(format, args...)}
}
