package app

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

// UploadError gives the errors of targets their codes and hints.
func UploadError(err error, t *named.Target) error {
	const again = "run the same command again: files that arrived are not sent again"
	var status *wire.StatusError
	var busy *publish.BusyError
	var redirect *wire.RedirectError
	var op *net.OpError
	var local *fs.PathError
	errors.As(err, &status)
	auth := "change them: spaces target login " + t.Account()
	if errors.Is(err, context.Canceled) || errors.As(err, new(*Failure)) {
		return err
	}
	if advisor, ok := t.Settings.(publish.Advisor); ok {
		if advice := advisor.Advise(err); advice != nil {
			hint := advice.Hint
			if advice.Flag != "" {
				hint += ": --" + advice.Flag
			}
			return Fail(ExitFailed, advice.Word, hint, err)
		}
	}
	switch {
	case status != nil && status.Code == "RequestTimeTooSkewed":
		return Fail(ExitFailed, "clock", "correct the clock of this computer", err)
	case status != nil && (status.Status == http.StatusRequestEntityTooLarge || status.Code == "EntityTooLarge"):
		return Fail(ExitFailed, "too-large", tooLargeHint, err)
	case status != nil && status.Status == http.StatusLocked:
		return Fail(ExitFailed, "locked", "another program uses that file on the server. Later, "+again, err)
	case errors.Is(err, publish.ErrDenied) && t.Is.URL.Scheme == "file":
		return Fail(ExitFailed, "denied", "check the permissions of the folder", err)
	case errors.Is(err, publish.ErrDenied):
		return Fail(ExitFailed, "denied", "the credentials are wrong or expired, or do not allow this; "+auth, err)
	case errors.Is(err, publish.ErrFull) && !library.IsFull(err):
		return Fail(ExitFailed, "target-full", "free some space there; "+again, err)
	case errors.Is(err, publish.ErrUntrusted):
		return Fail(ExitFailed, "untrusted", "nothing was sent. Check that it is your server: spaces help topic uploading", err)
	case errors.Is(err, publish.ErrDiffers):
		return Fail(ExitFailed, "differs", "the file there was not changed; --force overwrites it", err)
	case errors.Is(err, publish.ErrChanged):
		return Fail(ExitFailed, "changed", "the target does not show an incomplete file; run the same command again", err)
	case errors.Is(err, publish.ErrMismatch):
		return Fail(ExitFailed, "mismatch", "do not rely on that copy: send it again with --force, and check the target", err)
	case errors.Is(err, publish.ErrHeld), errors.Is(err, publish.ErrStopped):
		return Fail(ExitFailed, "held", "", err)
	case errors.As(err, &busy):
		return Fail(ExitFailed, "locked", WaitLonger, err)
	case errors.As(err, &redirect), status != nil && status.Status/100 == 3:
		return Fail(ExitFailed, "redirect", "if the target has moved, change its URL", err)
	case errors.Is(err, publish.ErrNotExist):
		return Fail(ExitNotFound, "no-such-target", "create the bucket or folder, or check its name", err)
	case status != nil && wire.RetryableStatus(status.Status):
		return Fail(ExitFailed, "server", "the server has a problem. Later, "+again, err)
	case status != nil:
		return Fail(ExitFailed, "refused", "nothing was changed there; for what a target needs: spaces help topic uploading", err)
	case errors.As(err, &op), errors.As(err, new(*wire.IdleError)), wire.Retryable(err):
		return Fail(ExitFailed, "connection", "check the network connection; "+again, err)
	case errors.As(err, &local) && errors.Is(err, fs.ErrNotExist):
		return Fail(ExitNotFound, "no-such-file", "", err)
	}
	return err
}
