package cli

import (
	"os"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spaces-cli/spaces/internal/fixture"
)

// cmdCover is "cover FILE SIDE": it draws a square JPEG or PNG in RGB.
func cmdCover(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cover FILE SIDE")
	}
	side, err := strconv.Atoi(args[1])
	ts.Check(err)
	b, err := fixture.Cover(side, filepath.Ext(args[0]) == ".png")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o666))
}
