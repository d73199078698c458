package cli

import (
	"bytes"
	"math/rand/v2"
	"os"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// cmdRegain is "regain FROM TO WAY": it writes the AAC units of FROM into the ADTS
// file TO, with other gains: "units" gives each unit one by chance for all of its
// channels, "channels" each channel its own, and "silence" leaves them and puts a
// silent unit before each.
func cmdRegain(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: regain FROM TO WAY")
	}
	from := []byte(ts.ReadFile(args[0]))
	rd, err := media.Open(bytes.NewReader(from), int64(len(from)), track.Options{})
	ts.Check(err)
	var c []track.Run
	rnd := rand.New(rand.NewPCG(5, 7))
	var p track.Packet
	var parser *syntax.Parser
	var head adts.Header
	var b []byte
	for rd.Next(&p) == nil {
		if c = rd.Track().Runs; parser == nil {
			parser, err = adts.NewParser(c[0].Specific)
			ts.Check(err)
			head, err = adts.HeaderOf(c[0].Config)
			ts.Check(err)
		}
		var u syntax.Unit
		ts.Check(parser.Parse(p.Data, &u))
		if args[2] == "silence" {
			silent := []byte{0x01, 0x18, 0x20, 0x07} // one channel
			if len(u.Streams) == 2 {
				silent = []byte{0x21, 0x10, 0x04, 0x60, 0x8c, 0x1c}
			}
			b, err = head.AppendFrame(b, silent)
			ts.Check(err)
		} else {
			by := rnd.IntN(9) - 4
			for _, s := range u.Streams {
				if args[2] == "channels" {
					by = rnd.IntN(9) - 4
				}
				v := byte(int(s.Value) + by)
				for k := range 8 {
					at := s.Gain + k
					p.Data[at>>3] = p.Data[at>>3]&^(0x80>>(at&7)) | v<<k&0x80>>(at&7)
				}
			}
		}
		b, err = head.AppendFrame(b, p.Data)
		ts.Check(err)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o666))
}
