package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/extract"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/remote"
	"github.com/spaces-cli/spaces/internal/remote/hls"
	"github.com/spaces-cli/spaces/internal/remote/ranges"
	"github.com/spaces-cli/spaces/internal/remote/ytdlp"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// checkSource checks the flags that are for playlists, and returns the ID of the
// Space that the user gave.
func (o *extractOptions) checkSource() (spaceID string, err error) {
	if o.conns < 1 || o.conns > 64 {
		return "", app.Usage("--connections must be between 1 and 64")
	}
	if o.spaceID == "" {
		return "", nil
	}
	if spaceID = space.PageID(o.spaceID); spaceID == "" && space.ValidID(o.spaceID) {
		spaceID = o.spaceID
	}
	if spaceID == "" {
		return "", app.Usage("--space must be the ID of a Space or its address on X, not %q", o.spaceID)
	}
	return spaceID, nil
}

// checkFollow checks what is to be followed.
func (o *extractOptions) checkFollow(inputs []extract.Input) error {
	if !o.follow {
		return nil
	}
	if len(inputs)+len(o.paths) > 1 {
		return app.Usage("--follow takes one address: follow each Space with a command of its own")
	}
	if len(inputs) == 0 || inputs[0].Kind != remote.Space && inputs[0].Kind != remote.Playlist && inputs[0].Kind != remote.Web {
		return app.Usage("--follow is for the address of a Space or of a playlist")
	}
	return nil
}

// sourceError gives the errors of package extract their codes and hints.
func (a *App) sourceError(err error) error {
	var page *extract.XPageError
	var other *extract.OtherSpaceError
	var input *extract.InputError
	switch {
	case errors.As(err, &page):
		return app.Fail(app.ExitNotFound, "x-page", "the address of a Space is https://x.com/i/spaces/ID; to get your archive, download it with a browser that is signed in to X, then: spaces extract FILE.zip", err)
	case errors.As(err, &other):
		return app.Usage("--space %w", err)
	case errors.As(err, &input):
		return app.Usage("%w", err)
	case errors.Is(err, extract.ErrOneSpace):
		return app.Usage("--space is for one address: give the others in commands of their own")
	case errors.Is(err, extract.ErrStopped):
		return app.Fail(app.ExitInterrupted, "interrupted", "run the same command again to continue: the chunks that are here are kept", err)
	}
	return err
}

// onlyError is the error of a command that was about one Space, of which there is
// no sound.
func onlyError(p *archive.Problem) error {
	code := app.ExitFailed
	switch ytdlp.Cause(p.Kind) {
	case ytdlp.NotFound, ytdlp.NotStarted, ytdlp.NoReplay, ytdlp.NotReady:
		code = app.ExitNotFound
	}
	return app.Fail(code, string(p.Kind), p.Hint, fmt.Errorf("%s: %s", p.Subject, p.Message))
}

// extractHint says what to do about a problem of package extract.
func extractHint(p *archive.Problem) string {
	var far *extract.FarError
	var asked *ytdlp.Error
	switch {
	case errors.As(p.Err, &asked):
		return spaceHint(asked.Cause, p.Subject)
	case errors.As(p.Err, &far):
		return farHint(far)
	case errors.Is(p.Err, extract.ErrChunksElsewhere):
		return "give the address that the playlist came from, or save the chunks into the same folder"
	case p.Kind == extract.NeedsDownload:
		return "run the command without --dry-run"
	case p.Kind == extract.DiskFull:
		return "free some space, or use --library with a folder on another disk"
	case errors.Is(p.Err, playlist.ErrNotPlaylist):
		return freshAddress
	case errors.Is(p.Err, hls.ErrNoChunks):
		return "to wait for its beginning: run the same command with --follow"
	case errors.Is(p.Err, hls.ErrBusy):
		return "wait until it has finished"
	}
	switch p.Kind {
	case extract.Protected:
		return "such a stream plays only where its provider lets it; Spaces of X are not protected"
	case extract.Refused:
		return "the playlist, or a redirect, names a computer that is not on the internet; give the address that a browser shows"
	case extract.Denied:
		return "give it with --header @FILE or --cookies FILE"
	case extract.Expired:
		return freshAddress + "; chunks that are here already are not downloaded again"
	case extract.Unreachable:
		if dns := (*net.DNSError)(nil); errors.As(p.Err, &dns) && dns.IsNotFound {
			return "check the address and the network connection"
		}
		return "check the network connection, and run the same command again: chunks that are here are kept"
	}
	return ""
}

const freshAddress = "play the Space in a browser and copy the address of the playlist again: spaces help topic getting-your-space"

// farHint says what to do about a file on a server that cannot be read.
func farHint(e *extract.FarError) string {
	const again = "run the same command again: what is saved is not fetched again"
	login := "store the credentials: spaces target login " + e.Account
	if e.Account == "" {
		login = "use the cookies or the header of a browser that is signed in there: --cookies FILE or --header @FILE"
	}
	switch e.Err.Kind {
	case ranges.NotFound:
		return "check the address"
	case ranges.Expired:
		return "get a new link and run the command with it: what is saved is not fetched again"
	case ranges.Changed:
		return again
	case ranges.Password, ranges.Denied:
		return login
	case ranges.WebPage:
		return "open the address in a browser to see what it asks for; " + login
	case ranges.Untrusted:
		if e.URL.Scheme == "sftp" {
			return "compare the key with the server's, and connect once with: " + sshCommand(e.URL)
		}
		return "check that it is your server: spaces help topic uploading"
	case ranges.Unreachable:
		return "check the network connection, and " + again
	}
	return ""
}

// sshCommand is what a terminal logs in to the server of an address with.
func sshCommand(u *url.URL) string {
	words := []string{"ssh"}
	if port := u.Port(); port != "" && port != "22" {
		words = append(words, "-p", port)
	}
	host := u.Hostname()
	if name := u.User.Username(); name != "" {
		host = name + "@" + host
	}
	return strings.Join(append(words, app.Quoted(host)), " ")
}

func pageOf(id string) string { return "https://x.com/i/spaces/" + id }

// byHand is the way without yt-dlp, in short.
const byHand = "open the Space in a browser, press F12, choose Network, filter for m3u8, press Play, copy the address of the playlist, then: spaces extract 'ADDRESS' (step by step: spaces help topic getting-your-space)"

// spaceHint says what to do where there is no sound of a Space.
func spaceHint(cause ytdlp.Cause, id string) string {
	switch cause {
	case ytdlp.Missing:
		return "install it (pipx install yt-dlp, or https://github.com/yt-dlp/yt-dlp/releases) and run the same command again; or without it: " + byHand
	case ytdlp.Unsupported, ytdlp.Outdated:
		return "update yt-dlp: yt-dlp -U (or pipx upgrade yt-dlp); or without it: " + byHand
	case ytdlp.NotFound:
		return "check the address. X deletes replays after about 30 days; if you hosted the Space, your archive may have it: spaces help topic getting-your-space"
	case ytdlp.NotStarted:
		return "to wait for it and take it while it is on: spaces extract --follow " + pageOf(id)
	case ytdlp.NoReplay:
		return "if you hosted the Space, request your archive from X: it may have the recording although there is no replay"
	case ytdlp.NotReady:
		return "run the same command again in some minutes"
	case ytdlp.Login:
		return "save the cookies of a browser that is signed in to X to a file, then: spaces extract --cookies FILE " + pageOf(id)
	case ytdlp.Busy:
		return "wait a quarter of an hour, then run the same command again"
	case ytdlp.Unreachable, ytdlp.TimedOut:
		return "check the connection to the internet, then run the same command again"
	case ytdlp.BadOutput, ytdlp.Failed:
		return "to see all that yt-dlp says: yt-dlp -J " + pageOf(id) + " ; an old one may need yt-dlp -U; or without it: " + byHand
	}
	return ""
}

// chooseSpace asks which Space a recording is.
func (a *App) chooseSpace(ctx context.Context, q intake.Question) (string, error) {
	ambiguous := &archive.Problem{Kind: "ambiguous-space", Subject: q.Name,
		Message: "by its clock it may be " + orList(q.Candidates) + "; it was not saved",
		Hint:    "say which one: --space " + q.Candidates[0].ID + "; what is downloaded is kept. To save it as a recording of its own, give the ID of its Space"}
	if !a.InTTY || a.Settings.JSON {
		return "", ambiguous
	}
	fmt.Fprintf(a.Err, "%s (%s–%s", terminal.Safe(q.Name), q.Start.In(a.Zone).Format("2 Jan 2006 15:04"), q.End.In(a.Zone).Format("15:04"))
	if len(q.People) > 0 {
		fmt.Fprintf(a.Err, ", on stage: @%s", terminal.Safe(strings.Join(q.People, ", @")))
	}
	fmt.Fprintln(a.Err, ") may be:")
	for i, s := range q.Candidates {
		host := ""
		if s.Host != nil {
			host = "  " + app.Person(s.Host)
		}
		fmt.Fprintf(a.Err, "  %d  %s  %s%s  %s\n", i+1, s.ID, s.StartedAt.In(a.Zone).Format("2 Jan 2006 15:04"), terminal.Safe(host), terminal.Safe(s.Title))
	}
	fmt.Fprintf(a.Err, "Which one? [1–%d, 0: none of them, Enter: stop] ", len(q.Candidates))
	text, err := terminal.ReadLine(ctx, a.In, a.Err)
	if err != nil {
		return "", err
	}
	n := -1
	if _, err := fmt.Sscanf(strings.TrimSpace(text), "%d", &n); err != nil || n < 0 || n > len(q.Candidates) {
		return "", ambiguous
	}
	if n == 0 {
		return "", nil
	}
	return q.Candidates[n-1].ID, nil
}

// orList names Spaces: "1ypK… or 1RDx…".
func orList(list []*space.Space) string {
	var ids []string
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	return strings.Join(ids, " or ")
}
