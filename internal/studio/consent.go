package studio

import (
	"context"
	"time"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/library"
)

// agreed asks the gate about a use of a recording, with the host's reason to go
// on without the consent of some, or "". It returns the handles of those who
// have not agreed where it may be done all the same.
func (s *Server) agreed(ctx context.Context, lib *library.Library, act consent.Action, u gate.Use, reason string) ([]string, error) {
	g, err := gate.Open(gate.Options{Library: lib, Policy: s.o.Consent, Me: s.o.Me, Reason: reason, Wait: s.o.Library.LockWait, Now: time.Now})
	if err != nil {
		return nil, err
	}
	defer g.Close()
	f, err := g.Check(ctx, act, u)
	if err != nil {
		return nil, err
	}
	return f.Handles(), nil
}

// maxReason is how many bytes a reason may have.
const maxReason = 2000

func checkReason(reason string) error {
	if len(reason) > maxReason {
		return badRequest("the reason is too long")
	}
	return nil
}
