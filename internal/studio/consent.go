package studio

import (
	"context"
	"fmt"
	"strings"
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

// waysOn tells the ways on from a refusal. Most of them are commands.
func waysOn(e *consent.Refused) string {
	var list []string
	for _, w := range e.Ways() {
		switch w.Kind {
		case consent.AskThem:
			list = append(list, "Ask them: spaces consent ask "+w.Recording)
		case consent.RecordAnswer:
			name := w.Who.ID
			if w.Who.Handle != "" {
				name = "@" + strings.TrimPrefix(w.Who.Handle, "@")
			}
			list = append(list, fmt.Sprintf("Record it with: spaces consent set %s granted --for %s", name, w.Purpose))
		case consent.LeaveThemOut:
			command := "export " + w.Recording
			if w.Clip {
				command = "clip " + w.Recording + " --at T"
			}
			list = append(list, "Leave them out: spaces "+command+" --consented-only")
		case consent.ConfirmTurns:
			list = append(list, fmt.Sprintf("Tell who speaks when: spaces speakers confirm %s --turns FILE", w.Recording))
		}
	}
	return strings.Join(list, " · ")
}
