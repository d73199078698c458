package consent

import (
	"fmt"
	"strings"
)

// An Action is something that the program does with voices. The words appear
// in settings and in JSON.
type Action string

const (
	Clipping   Action = "clip"
	Exporting  Action = "export"
	SendingOwn Action = "private" // to a target that only the host can read
	SendingAll Action = "public"  // to a target that everybody can read
	Feeding    Action = "feed"    // feeds and their pages
	Posting    Action = "post"
	// Transcribing is sending voices to a recognizer on another computer.
	Transcribing Action = "remote"
)

// Actions lists them all.
var Actions = [...]Action{Clipping, Exporting, SendingOwn, SendingAll, Feeding, Posting, Transcribing}

// Purpose is what people have to agree to for the action.
func (a Action) Purpose() Purpose {
	switch a {
	case Clipping:
		return Clip
	case Exporting:
		return Episode
	case Transcribing:
		return Transcribe
	}
	return Upload
}

// A Mode says what becomes of an action that somebody has not agreed to.
type Mode string

const (
	Off     Mode = "off"     // it is done
	Warn    Mode = "warn"    // it is done, and the report says so
	Require Mode = "require" // it is not done
)

// ParseMode reads a mode.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(strings.ToLower(s)); m {
	case Off, Warn, Require:
		return m, nil
	}
	return "", fmt.Errorf("%q is not a valid consent policy (use off, warn or require)", s)
}

// A Policy says which mode holds for which action.
type Policy map[Action]Mode

// Mode is the mode that holds for an action: by default what stays with the
// host is warned of, and what goes to everybody, or to a service, needs the answer.
func (p Policy) Mode(a Action) Mode {
	if m, ok := p[a]; ok {
		return m
	}
	switch a {
	case Clipping, Exporting, SendingOwn:
		return Warn
	}
	return Require
}
