package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type verifyOptions struct {
	app.Refs
	log     string
	against []string
}

func newVerifyCmd(a *App) *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify [SPACE...]",
		Short: "Check that no file is changed or missing",
		Long: `Read the whole library, or the named Spaces, and compare every file, clips, episodes and the
evidence of consent included, with the SHA-256 from when it was saved. List changed, missing and
extra files, transcripts that do not belong to the audio, and a damaged transcript index. --log adds
dated lines to a file.

--against compares the library with an archive instead, member by member: bytes, checksums, records
and durations. Give all parts of a split archive in one call.

SPACE is an id or the beginning of one, its address on X, "latest", or a part of the title;
"-" reads ids, or JSON Lines with an "id", from standard input.`,
		Example: `  spaces verify
  spaces verify latest
  spaces verify --log ~/spaces-verify.log --quiet
  spaces verify --against twitter-2021-06-17.zip`,
		Annotations: manual.Exits(map[int]string{app.ExitNotFound: "no such Space, or no library", app.ExitFound: "a file is changed, missing or extra"}),
		Args:        app.Takes(0, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.verify(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.log, "log", "", "append dated lines to `FILE`")
	cmd.Flags().StringArrayVar(&o.against, "against", nil, "compare with an `ARCHIVE`; may be repeated")
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

type findingLine struct {
	Schema  int                 `json:"schema"`
	Type    string              `json:"type"`
	ID      string              `json:"id,omitempty"`
	Kind    library.FindingKind `json:"kind"`
	Path    string              `json:"path"`
	Message string              `json:"message"`
}

type verifiedLine struct {
	Schema     int    `json:"schema"`
	Type       string `json:"type"`
	Recordings int    `json:"recordings"`
	Files      int    `json:"files"`
	Bytes      int64  `json:"bytes"`
	Findings   int    `json:"findings"`
	Unchecked  int    `json:"not_checked"`
	Edited     int    `json:"edited"`
}

func (a *App) verify(ctx context.Context, o verifyOptions) error {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	var ids []string
	if len(o.Words) > 0 {
		rows, err := o.Resolve(ctx, a.App, lib)
		if err != nil {
			return err
		}
		for _, row := range rows {
			ids = append(ids, row.ID)
		}
		if len(ids) == 0 { // standard input named none
			return nil
		}
	}
	log, err := openLog(o.log)
	if err != nil {
		return err
	}
	defer log.Close()
	if len(o.against) > 0 {
		return a.verifyAgainst(ctx, lib, ids, o, log)
	}

	bar := a.NewBar("verifying").CountBytes()
	findings, ofConsent, ofMade, ofWords, ofIndex, unknown, leftovers := 0, 0, 0, 0, 0, 0, 0
	var broken error // writing what was found
	tell := func(f library.Finding) {
		findings++
		switch {
		case f.Kind == library.Extra:
			unknown++
		case f.Kind == library.Leftover:
			leftovers++
		case f.Made:
			ofMade++
		case f.Said:
			ofWords++
		case f.Index:
			ofIndex++
		}
		bar.Close()
		a.logLine(log, fmt.Sprintf("%s %s %s: %s", f.Kind, f.ID, f.Path, f.Message))
		if a.Settings.JSON {
			broken = errors.Join(broken, app.WriteJSON(a.Out, findingLine{space.Schema, "finding", f.ID, f.Kind, f.Path, f.Message}))
		} else {
			fmt.Fprintf(a.Out, "%-10s %s: %s\n", f.Kind, terminal.Safe(f.Path), terminal.Safe(f.Message))
		}
	}
	stats, err := lib.Verify(ctx, ids, bar, tell)
	if err == nil {
		err = said.Verify(ctx, lib, ids, &stats, tell)
	}
	if err == nil {
		err = a.verifyConsent(ctx, lib, ids, &stats, func(f library.Finding) {
			ofConsent++
			tell(f)
		})
	}
	bar.Close()
	if err = errors.Join(err, broken); err != nil {
		a.logLine(log, "stopped: "+err.Error())
		return err
	}
	sum := fmt.Sprintf("%s, %s, %s: %s", spell.Count(stats.Recordings, "recording"), spell.Count(stats.Files, "file"), spell.Size(stats.Bytes), spell.Count(findings, "finding"))
	a.logLine(log, "verified "+sum)
	if err := log.Close(); err != nil && !errors.Is(err, os.ErrInvalid) {
		return err
	}
	if a.Settings.JSON {
		if err := app.WriteJSON(a.Out, verifiedLine{space.Schema, "summary", stats.Recordings, stats.Files, stats.Bytes, findings, len(stats.Unchecked), len(stats.Edited)}); err != nil {
			return err
		}
	} else if findings > 0 || !a.Settings.Quiet {
		fmt.Fprintln(a.Out, "Verified "+sum)
		for _, note := range stats.Notes() {
			a.Say("%s", terminal.Safe(note))
		}
	}
	if findings > 0 {
		var hints []string
		if findings > ofConsent+ofMade+ofWords+ofIndex+unknown+leftovers {
			hints = append(hints, "extract the archives again to repair the library: spaces extract ARCHIVE.zip")
		}
		if ofMade > 0 {
			hints = append(hints, "make the clip or episode again, or restore the library from a backup: spaces backup restore TARGET -o DIR")
		}
		if ofWords > 0 {
			hints = append(hints, "transcribe the Space again: spaces transcribe SPACE --replace; or remove the transcript: spaces transcript remove SPACE")
		}
		if ofIndex > 0 {
			hints = append(hints, "build the index again: spaces reindex")
		}
		if ofConsent > 0 {
			hints = append(hints, "restore the folder consent from a backup, or ask again and record the answer: spaces consent set HANDLE granted --evidence FILE")
		}
		if unknown > 0 {
			hints = append(hints, "spaces did not write the extra files: move them out of the library, or delete them")
		}
		if leftovers > 0 {
			hints = append(hints, "the next command that changes the library removes leftover files: spaces reindex")
		}
		return app.Fail(app.ExitFound, "findings", strings.Join(hints, " · "),
			fmt.Errorf("%s found", spell.Plural(findings, "problem was", "problems were")))
	}
	return nil
}

// verifyConsent checks the ledger of consent and its evidence.
func (a *App) verifyConsent(ctx context.Context, lib *library.Library, ids []string, stats *library.VerifyStats, found func(library.Finding)) error {
	ledger, err := a.OpenLedger(lib)
	var broken *consent.BrokenError
	if errors.As(err, &broken) {
		found(library.Finding{Kind: library.Unreadable, Path: broken.Name, Message: broken.Error()})
		return nil
	}
	if err != nil {
		return err
	}
	defer ledger.Close()
	files, bytes, err := ledger.Verify(ctx, ids, found)
	stats.Files += files
	stats.Bytes += bytes
	return err
}

// openLog opens a log for appending; nil for no name.
func openLog(name string) (*os.File, error) {
	if name == "" {
		return nil, nil
	}
	return os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
}

// logLine adds one dated line to a log.
func (a *App) logLine(log *os.File, text string) {
	if log != nil {
		fmt.Fprintf(log, "%s %s\n", a.Now().UTC().Format("2006-01-02T15:04:05Z"), terminal.Safe(text))
	}
}
