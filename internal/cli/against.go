package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/proof"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type differenceLine struct {
	Schema int    `json:"schema"`
	Type   string `json:"type"` // "difference"
	proof.Difference
}

type comparedLine struct {
	Schema int    `json:"schema"`
	Type   string `json:"type"` // "compared"
	proof.Comparison
}

// verifyAgainst compares the library with archives.
func (a *App) verifyAgainst(ctx context.Context, lib *library.Library, ids []string, o verifyOptions, log *os.File) error {
	p := &proof.Prover{Library: lib, Version: a.Version}
	var err error
	if p.Archives, err = openArchives(ctx, o.against); err != nil {
		return err
	}
	defer closeArchives(p.Archives)
	bar := a.NewBar("comparing").CountBytes()
	defer bar.Close()
	p.Progress = bar
	var broken error // writing what was found
	sum, err := p.Against(ctx, ids, func(d proof.Difference) {
		bar.Close()
		what := d.Member
		if what == "" {
			what = cmp.Or(d.Path, d.ID)
		}
		a.logLine(log, fmt.Sprintf("%s %s %s: %s", d.Kind, d.ID, what, d.Message))
		switch {
		case a.Settings.JSON:
			broken = errors.Join(broken, app.WriteJSON(a.Out, differenceLine{space.Schema, "difference", d}))
		case d.Kind != proof.OnlyHere || !a.Settings.Quiet:
			fmt.Fprintf(a.Out, "%-15s %s: %s\n", d.Kind, terminal.Safe(what), terminal.Safe(d.Message))
		}
	})
	bar.Close()
	if err = errors.Join(err, broken); err != nil {
		a.logLine(log, "stopped: "+err.Error())
		return err
	}
	text := fmt.Sprintf("%s, %s, %s, %s: %s", spell.Count(sum.Archives, "archive"), spell.Count(sum.Members, "audio file"), spell.Count(sum.Records, "record"), spell.Size(sum.Bytes), spell.Count(sum.Findings, "finding"))
	a.logLine(log, "compared with "+text)
	if a.Settings.JSON {
		err = app.WriteJSON(a.Out, comparedLine{space.Schema, "compared", sum})
	} else if !a.Settings.Quiet {
		_, err = fmt.Fprintln(a.Out, "Compared with "+text)
	}
	if err == nil && sum.Findings > 0 {
		return app.Fail(app.ExitFound, "differs", "to add what only the archive has: spaces extract ARCHIVE",
			fmt.Errorf("the library and the archive differ in %s", spell.Plural(sum.Findings, "place", "places")))
	}
	return err
}
