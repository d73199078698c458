package cli

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// cmdPieces is "pieces PREFIX FIRST:END...": it cuts one recording of 20 s into
// the pieces PREFIX_0.ts, PREFIX_1.ts and so on, each from one access unit to
// the one before another. The recording begins at 18:00 on 14 June 2021, and an
// END that is missing is its end.
func cmdPieces(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: pieces PREFIX FIRST:END...")
	}
	r := fixture.Conversation(7, time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC), 20, "guest1")
	b, _, err := r.Bytes()
	ts.Check(err)
	offsets, err := unitOffsets(b)
	ts.Check(err)
	for i, span := range args[1:] {
		from, to, _ := strings.Cut(span, ":")
		first, err := strconv.Atoi(from)
		ts.Check(err)
		end := len(offsets) - 1
		if to != "" {
			end, err = strconv.Atoi(to)
			ts.Check(err)
		}
		ts.Check(os.WriteFile(ts.MkAbs(fmt.Sprintf("%s_%d.ts", args[0], i)), b[offsets[first]:offsets[end]], 0o666))
	}
}

// unitOffsets tells where each access unit of a recording begins, and where
// the last one ends.
func unitOffsets(b []byte) ([]int64, error) {
	rd, err := media.Open(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		return nil, err
	}
	var offsets []int64
	for {
		var u track.Packet
		if err := rd.Next(&u); err == io.EOF {
			return append(offsets, int64(len(b))), nil
		} else if err != nil {
			return nil, err
		}
		offsets = append(offsets, u.Offset)
	}
}

// cmdZip is "zip [-stored] FOLDER OUT": it packs what the folder holds.
func cmdZip(ts *testscript.TestScript, neg bool, args []string) {
	method := zip.Deflate
	if len(args) > 0 && args[0] == "-stored" {
		args, method = args[1:], zip.Store
	}
	if neg || len(args) != 2 {
		ts.Fatalf("usage: zip [-stored] FOLDER OUT")
	}
	f, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	defer f.Close()
	zw := zip.NewWriter(f)
	files := os.DirFS(ts.MkAbs(args[0]))
	ts.Check(fs.WalkDir(files, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		w, err := zw.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err == nil {
			_, err = w.Write(content)
		}
		return err
	}))
	ts.Check(zw.Close())
}
