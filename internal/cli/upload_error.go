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
	const again = "run the same command again: files that arrived are not sent again"
	var status *wire.StatusError
	var busy *publish.BusyError
	var redirect *wire.RedirectError
	var op *net.OpError
	var local *fs.PathError
	errors.As(err, &status)
	auth := "change them: spaces target login " + t.Account()
	if errors.Is(err, context.Canceled) || errors.As(err, new(*failure)) {
		return err
	}
	if advisor, ok := t.Settings.(publish.Advisor); ok {
		if advice := advisor.Advise(err); advice != nil {
			hint := advice.Hint
			if advice.Flag != "" {
				hint += ": --" + advice.Flag
			}
			return fail(exitFailed, advice.Word, hint, err)
		}
	}
	switch {
	case status != nil && status.Code == "RequestTimeTooSkewed":
		return fail(exitFailed, "clock", "correct the clock of this computer", err)
	case status != nil && (status.Status == http.StatusRequestEntityTooLarge || status.Code == "EntityTooLarge"):
		return fail(exitFailed, "too-large", tooLargeHint, err)
	case status != nil && status.Status == http.StatusLocked:
		return fail(exitFailed, "locked", "another program uses that file on the server. Later, "+again, err)
	case errors.Is(err, publish.ErrDenied) && t.Is.URL.Scheme == "file":
		return fail(exitFailed, "denied", "check the permissions of the folder", err)
	case errors.Is(err, publish.ErrDenied):
		return fail(exitFailed, "denied", "the credentials are wrong or expired, or do not allow this; "+auth, err)
	case errors.Is(err, publish.ErrFull) && !library.IsFull(err):
		return fail(exitFailed, "target-full", "free some space there; "+again, err)
	case errors.Is(err, publish.ErrUntrusted):
		return fail(exitFailed, "untrusted", "nothing was sent. Check that it is your server: spaces help topic uploading", err)
	case errors.Is(err, publish.ErrDiffers):
		return fail(exitFailed, "differs", "the file there was not changed; --force overwrites it", err)
	case errors.Is(err, publish.ErrChanged):
		return fail(exitFailed, "changed", "the target does not show an incomplete file; run the same command again", err)
	case errors.Is(err, publish.ErrMismatch):
		return fail(exitFailed, "mismatch", "do not rely on that copy: send it again with --force, and check the target", err)
	case errors.Is(err, publish.ErrHeld), errors.Is(err, publish.ErrStopped):
		return fail(exitFailed, "held", "", err)
	case errors.As(err, &busy):
		return fail(exitFailed, "locked", waitLonger, err)
	case errors.As(err, &redirect), status != nil && status.Status/100 == 3:
		return fail(exitFailed, "redirect", "if the target has moved, change its URL", err)
	case errors.Is(err, publish.ErrNotExist):
		return fail(exitNotFound, "no-such-target", "create the bucket or folder, or check its name", err)
	case status != nil && wire.RetryableStatus(status.Status):
		return fail(exitFailed, "server", "the server has a problem. Later, "+again, err)
	case status != nil:
		return fail(exitFailed, "refused", "nothing was changed there. What a target needs: spaces help topic uploading", err)
	case errors.As(err, &op), errors.As(err, new(*wire.IdleError)), wire.Retryable(err):
		return fail(exitFailed, "connection", "check the network connection; "+again, err)
	case errors.As(err, &local) && errors.Is(err, fs.ErrNotExist):
		return fail(exitNotFound, "no-such-file", "", err)
	}
	return err
}
