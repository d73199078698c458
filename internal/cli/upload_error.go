package cli

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// tooLargeHint says what to change where a server refuses a request for its
// size.
const tooLargeHint = "raise the server's limit on request bodies (nginx: client_max_body_size, Apache: LimitRequestBody, IIS: maxAllowedContentLength, PHP: upload_max_filesize and post_max_size), " +
	"or send a smaller file (export --format mp3)"

// uploadError gives the errors of targets their codes and hints.
func uploadError(err error, t *named.Target) error {
	const again = "run the same command again: what has arrived is not sent again"
	var status *wire.StatusError
	var busy *publish.BusyError
	var redirect *wire.RedirectError
	var op *net.OpError
	var local *fs.PathError
	errors.As(err, &status)
	auth := "set or change them: spaces target login " + t.Account()
	if errors.Is(err, context.Canceled) || errors.As(err, new(*failure)) {
		return err
	}
	if advisor, ok := t.Settings.(publish.Advisor); ok {
		if advice := advisor.Advise(err); advice != nil {
			hint := advice.Hint
			if advice.Flag != "" {
				hint += ": --" + advice.Flag
			}
			return &failure{exitFailed, advice.Word, hint, err}
		}
	}
	switch {
	case status != nil && status.Code == "RequestTimeTooSkewed":
		return &failure{exitFailed, "clock", "set this computer's clock", err}
	case status != nil && (status.Status == http.StatusRequestEntityTooLarge || status.Code == "EntityTooLarge"):
		return &failure{exitFailed, "too-large", tooLargeHint, err}
	case status != nil && status.Status == http.StatusLocked:
		return &failure{exitFailed, "locked", "another program is using that file on the server; later, " + again, err}
	case errors.Is(err, publish.ErrDenied) && t.Is.URL.Scheme == "file":
		return &failure{exitFailed, "denied", "look at the permissions of the folder", err}
	case errors.Is(err, publish.ErrDenied):
		return &failure{exitFailed, "denied", "the credentials are wrong, have ended or do not allow it; " + auth, err}
	case errors.Is(err, publish.ErrFull) && !library.IsFull(err):
		return &failure{exitFailed, "target-full", "make room there; " + again, err}
	case errors.Is(err, publish.ErrUntrusted):
		return &failure{exitFailed, "untrusted", "nothing was sent; make sure that it is your server, and see docs/uploading.md", err}
	case errors.Is(err, publish.ErrDiffers):
		return &failure{exitFailed, "differs", "it is left as it is; --force overwrites it", err}
	case errors.Is(err, publish.ErrChanged):
		return &failure{exitFailed, "changed", "nothing of it is shown there; run the same command again", err}
	case errors.Is(err, publish.ErrMismatch):
		return &failure{exitFailed, "mismatch", "do not rely on it; send it again with --force, and look at the target", err}
	case errors.Is(err, publish.ErrHeld), errors.Is(err, publish.ErrStopped):
		return &failure{exitFailed, "held", "", err}
	case errors.As(err, &busy):
		return &failure{exitFailed, "locked", waitLonger, err}
	case errors.As(err, &redirect), status != nil && status.Status/100 == 3:
		return &failure{exitFailed, "redirect", "if the target has moved, change its URL", err}
	case errors.Is(err, publish.ErrNotExist):
		return &failure{exitNotFound, "no-such-target", "make the bucket or folder first, or look for mistakes in its name", err}
	case status != nil && wire.RetryableStatus(status.Status):
		return &failure{exitFailed, "server", "that is the server's trouble; later, " + again, err}
	case status != nil:
		return &failure{exitFailed, "refused", "nothing of it is shown there; docs/uploading.md tells what a target needs", err}
	case errors.As(err, &op), errors.As(err, new(*wire.IdleError)), wire.Retryable(err):
		return &failure{exitFailed, "connection", "look at the network; " + again, err}
	case errors.As(err, &local) && errors.Is(err, fs.ErrNotExist):
		return &failure{exitNotFound, "no-such-file", "", err}
	}
	return err
}
