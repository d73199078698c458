package studio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
)

// A problem is an error as the page sees it. Kind is the word that the
// command line's JSON has for it.
type problem struct {
	status  int
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	// Consent is what the message and the hint say of a refusal, for the page to
	// say in its own language.
	Consent *refusal `json:"consent,omitempty"`
}

func newProblem(status int, kind, message, hint string) *problem {
	return &problem{status: status, Kind: kind, Message: message, Hint: hint}
}

func (p *problem) Error() string { return p.Message }

func badRequest(format string, args ...any) error {
	return newProblem(http.StatusBadRequest, "bad-request", fmt.Sprintf(format, args...), "")
}

// explain makes a problem of an error.
func explain(err error) *problem {
	var known *problem
	var asked *recording.Problem
	var refused *consent.Refused
	var turns *gate.TurnsError
	var broken *consent.BrokenError
	var locked *library.LockedError
	var large *http.MaxBytesError
	var look *LookError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &look):
		return newProblem(http.StatusUnprocessableEntity, "bad-look", spell.Error(err), "")
	case intakeProblem(err) != nil:
		return intakeProblem(err)
	case errors.As(err, &asked):
		return newProblem(http.StatusUnprocessableEntity, string(asked.Kind), spell.Error(err), problemHint(asked))
	case errors.As(err, new(*format.UnknownError)):
		return newProblem(http.StatusUnprocessableEntity, "bad-request", spell.Error(err), "")
	case errors.As(err, &refused):
		p := newProblem(http.StatusUnprocessableEntity, "consent", spell.Error(err), waysOn(refused))
		p.Consent = newRefusal(refused)
		return p
	case errors.As(err, &turns):
		return newProblem(http.StatusUnprocessableEntity, "bad-turns", spell.Error(err), "Confirm the speaking turns again on the command line")
	case errors.As(err, &broken):
		return newProblem(http.StatusInternalServerError, "broken-ledger", spell.Error(err), broken.Hint())
	case errors.As(err, &locked):
		return newProblem(http.StatusConflict, "locked", spell.Error(err), "Try again when it has finished")
	case errors.As(err, &large):
		return newProblem(http.StatusRequestEntityTooLarge, "too-large", "the request is too large", "")
	case errors.Is(err, library.ErrPresent):
		return newProblem(http.StatusConflict, "present", spell.Error(err), "Remove the Space that is in the library first, on the command line")
	case errors.Is(err, library.ErrNoOtherTitle):
		return newProblem(http.StatusConflict, "no-title", spell.Error(err), "Extract the archive again first")
	case errors.Is(err, library.ErrNoPlace):
		return newProblem(http.StatusNotFound, "no-place", spell.Error(err), "Restore the Space first")
	case errors.Is(err, library.ErrNotFound), errors.Is(err, catalog.ErrNotFound):
		return newProblem(http.StatusNotFound, "no-such-space", spell.Error(err), "")
	case errors.Is(err, library.ErrNoLibrary):
		return newProblem(http.StatusNotFound, "no-library", "there is no library yet", "Extract an archive first")
	case errors.Is(err, library.ErrNoAudio):
		return newProblem(http.StatusNotFound, "no-audio", spell.Error(err), "")
	case errors.Is(err, fs.ErrPermission):
		return newProblem(http.StatusForbidden, "no-permission", spell.Error(err), "Check the permissions of the folder")
	case errors.Is(err, fs.ErrNotExist):
		return newProblem(http.StatusNotFound, "missing", spell.Error(err), "")
	case errors.Is(err, pcm.ErrUnsupported):
		return newProblem(http.StatusUnprocessableEntity, "unsupported", spell.Error(err), "")
	case errors.Is(err, context.Canceled):
		return newProblem(http.StatusServiceUnavailable, "interrupted", "stopped", "")
	case library.IsFull(err):
		return newProblem(http.StatusInsufficientStorage, "disk-full", spell.Error(err), "")
	case errors.Is(err, catalog.ErrSort):
		return newProblem(http.StatusBadRequest, "bad-request", spell.Error(err), "")
	}
	return newProblem(http.StatusInternalServerError, "failed", spell.Error(err), "")
}

// answer writes v as JSON, or what is wrong.
func answer(w http.ResponseWriter, v any, err error) {
	status := http.StatusOK
	if err != nil {
		p := explain(err)
		status, v = p.status, map[string]*problem{"error": p}
	}
	b, err := json.Marshal(v)
	if err != nil {
		status, b = http.StatusInternalServerError, []byte(`{"error":{"kind":"failed","message":"no JSON"}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b)
}

// body reads the JSON of a request into v.
func body(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if errors.As(err, new(*http.MaxBytesError)) {
		return err
	}
	if err != nil {
		return badRequest("cannot read the request: %v", err)
	}
	if d.More() {
		return badRequest("the request contains more than one document")
	}
	return nil
}
