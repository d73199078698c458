package cli

import (
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spaces-cli/spaces/internal/media/h264/blank"
)

// cmdVideo is "video FILE WIDTH HEIGHT": it writes an MP4 file of a second.
func cmdVideo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: video FILE WIDTH HEIGHT")
	}
	width, err := strconv.Atoi(args[1])
	ts.Check(err)
	height, err := strconv.Atoi(args[2])
	ts.Check(err)
	clip, err := blank.Film(width, height, 0)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), clip, 0o666))
}
