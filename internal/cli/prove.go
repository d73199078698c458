package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/cli/publishing"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/proof"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type proveOptions struct {
	app.Refs
	archives []string
}

func newProveCmd(a *App) *cobra.Command {
	var o proveOptions
	cmd := &cobra.Command{
		Use:   "prove FILE|SPACE",
		Short: "Prove where a clip, an episode or a recording comes from",
		Long: `Trace a file back to what X sent: archive and member, checksums, frames and samples, time of day,
and the settings and version that made it; and forward to its uploads. Every step is checked again:
files are hashed, frames are counted, the clock is computed, and clips are cut again and compared bit
for bit with the original. A file is found by its hash, so its name does not matter. --archive also
reads the archive. What each check means, and what a proof does not show: spaces help topic proof.`,
		Example: `  spaces prove clip.m4a
  spaces prove latest --archive twitter-2021-06-17.zip
  spaces prove episode.m4a --json > proof.json`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous",
			app.ExitNotFound: "the file is not from this library, no such Space, or it has no audio", app.ExitFound: "a check failed"}),
		Args: app.Takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.prove(cmd.Context(), o)
		},
	}
	cmd.Flags().StringArrayVar(&o.archives, "archive", nil, "compare with the `ARCHIVE` that it came in; may be repeated")
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

func (a *App) prove(ctx context.Context, o proveOptions) error {
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	p := &proof.Prover{Library: lib, Version: a.Version, Skip: func(err error) { a.Warn("%v: it was passed over", err) }}
	if p.Archives, err = openArchives(ctx, o.archives); err != nil {
		return err
	}
	defer closeArchives(p.Archives)
	word := o.Words[0]
	info, err := os.Stat(word)
	isFile := err == nil && info.Mode().IsRegular() && !o.IDOnly
	id := ""
	if !isFile {
		row, err := app.ResolveOne(ctx, a.App, lib, word, o.IDOnly)
		if err != nil {
			return err
		}
		id = row.ID
	}
	bar := a.NewBar("proving").CountBytes()
	defer bar.Close()
	p.Progress = bar
	var made *proof.Proof
	if isFile {
		made, err = p.File(ctx, word)
	} else {
		made, err = p.Space(ctx, id)
	}
	bar.Close()
	if errors.Is(err, proof.ErrUnknown) {
		return app.Fail(app.ExitNotFound, "unknown-file", "an episode written elsewhere (-o) needs the record FILE.json beside it; a clip needs its tags",
			fmt.Errorf("%s: %w", word, err))
	}
	if err != nil {
		return err
	}
	if made.Kind == proof.Recording && len(made.Sources) == 0 {
		return app.Fail(app.ExitNotFound, "no-audio", "request an archive while X has its audio: spaces status", fmt.Errorf("%s has no audio to prove", made.ID))
	}
	if a.Settings.JSON {
		err = app.WriteJSON(a.Out, struct {
			Schema int `json:"schema"`
			*proof.Proof
			Failed  int           `json:"failed"`
			Verdict proof.Verdict `json:"verdict"`
		}{space.Schema, made, made.Failed(), made.Verdict()})
	} else {
		err = a.showProof(a.Out, made)
	}
	if n := made.Failed(); err == nil && n > 0 {
		hint := "see which files changed: spaces verify " + made.ID
		if isFile && !within(lib.Dir(), word) {
			hint = "the file has changed since it was made: make it again"
		}
		return app.Fail(app.ExitFound, "not-proved", hint, fmt.Errorf("%s failed", spell.Count(n, "check")))
	}
	return err
}

// openArchives opens the archives that are named; the caller closes them.
func openArchives(ctx context.Context, names []string) ([]*archive.Archive, error) {
	var list []*archive.Archive
	for _, name := range names {
		found, err := archive.OpenAll(ctx, name)
		if err != nil {
			closeArchives(list)
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

func closeArchives(list []*archive.Archive) {
	for _, ar := range list {
		ar.Close()
	}
}

// stretches lists those of a recording that are in a file.
func stretches(list []episode.Kept) string {
	var spans []string
	for _, k := range list[:min(len(list), maxStretches)] {
		spans = append(spans, space.Stretch{Start: k.Start, End: k.Start + k.Seconds}.String())
	}
	if n := len(list) - maxStretches; n > 0 {
		spans = append(spans, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(spans, ", ")
}

// maxStretches is how many a line lists; JSON has all.
const maxStretches = 20

// showProof writes a proof for people: what it is, where from, where to, and
// what was looked at.
func (a *App) showProof(w io.Writer, p *proof.Proof) error {
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "  %-9s %s\n", name, fmt.Sprintf(format, args...))
	}
	fmt.Fprintf(w, "%s %s\n", p.Kind, terminal.Safe(path.Base(filepath.ToSlash(p.File))))
	row("Space", "%s  %s", p.ID, terminal.Safe(p.Title))
	if p.SHA256 != "" {
		row("SHA-256", "%s, %d bytes", p.SHA256, p.Bytes)
	}
	if p.Samples > 0 {
		row("Samples", "%d to %d at %d Hz: %.3f s, starting at %.3f s", p.Start, p.Start+p.Samples, p.SampleRate, p.Length, p.At)
	}
	if whole := len(p.Kept) == 1 && p.Kept[0].Seconds == p.Length; len(p.Kept) > 0 && !whole {
		row("Contains", "%s", stretches(p.Kept))
		row("Length", "%.3f s", p.Duration)
	}
	for i, b := range []*episode.Added{p.Intro, p.Outro} {
		if b != nil {
			row([]string{"Intro", "Outro"}[i], "%.3f s, starting at %.3f s of the file, SHA-256 %s", b.Seconds, b.Start, b.SHA256)
		}
	}
	if len(p.Omitted) > 0 {
		row("Consent", "%s", omitted(p.Omitted))
	}
	if !p.StartedAt.IsZero() {
		row("Clock", "%s to %s", p.StartedAt, p.EndedAt)
	}
	if p.Settings != nil {
		text, err := json.Marshal(p.Settings)
		if err != nil {
			return err
		}
		row("Settings", "%s %s", map[bool]string{true: "lossless", false: "re-encoded"}[p.Lossless], terminal.Safe(string(text)))
	}
	row("Made by", "%s", terminal.Safe(p.WrittenBy))
	for _, s := range p.Sources {
		frames := ""
		if s.Units > 0 {
			frames = fmt.Sprintf(", frames %d to %d", s.FirstUnit, s.FirstUnit+s.Units-1)
		}
		row("From", "%s%s, SHA-256 %s", terminal.Safe(s.Piece), frames, s.SHA256)
		if s.Archive != "" {
			row("", "%s in %s, %s", terminal.Safe(s.Member), terminal.Safe(s.ArchiveName), space.KeyWords(s.Archive))
		}
	}
	for _, m := range p.Made {
		row("Made", "%s %s, SHA-256 %s", m.Kind, terminal.Safe(path.Base(m.File)), m.SHA256)
	}
	for _, r := range p.Receipts {
		row("Sent", "%s %s (%s)", r.At.UTC().Format("2006-01-02 15:04:05Z"), terminal.Safe(publishing.Whereabouts(r)), strings.Join(r.Verified, " "))
	}
	n := make(map[proof.Result]int)
	fmt.Fprintln(w)
	for _, c := range p.Checks {
		n[c.Result]++
		mark := map[proof.Result]string{proof.Holds: "holds", proof.Fails: "FAILS", proof.NotChecked: "–"}[c.Result]
		fmt.Fprintf(w, "%-6s %-9s %s: %s\n", mark, c.What, terminal.Safe(filepath.Base(c.Of)), terminal.Safe(c.Detail))
	}
	fmt.Fprintf(w, "%s, %d failed, %d skipped\n", spell.Plural(n[proof.Holds], "check passed", "checks passed"), n[proof.Fails], n[proof.NotChecked])
	_, err := fmt.Fprintln(w, map[proof.Verdict]string{
		proof.Proven:     "Verdict: proven",
		proof.Unverified: "Verdict: could not be verified",
		proof.Refuted:    "Verdict: FAILS: a check contradicts the record",
	}[p.Verdict()])
	return err
}

// within reports whether a file lies in a folder.
func within(dir, name string) bool {
	name, err := filepath.Abs(name)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(dir, name)
	return err == nil && filepath.IsLocal(rel)
}
