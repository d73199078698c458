package cli

import (
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// heUnit is an access unit of AAC at 24 kHz, two channels without sound, and in
// a fill element SBR data: HE-AAC of which no header tells.
var heUnit = []byte{0x20, 0x64, 0x00, 0x01, 0x90, 0x00, 0x0c, 0x9a, 0, 0, 0, 0x1c}

// cmdHEAAC is "heaac FILE UNITS": it writes an ADTS file of such units, each of
// which lasts 2048 samples at 48 kHz.
func cmdHEAAC(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: heaac FILE UNITS")
	}
	units, err := strconv.Atoi(args[1])
	ts.Check(err)
	n := 7 + len(heUnit)
	frame := append([]byte{0xff, 0xf1, 1<<6 | 6<<2, 2 << 6, byte(n >> 3), byte(n<<5) | 0x1f, 0xfc}, heUnit...)
	var b []byte
	for range units {
		b = append(b, frame...)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o666))
}
