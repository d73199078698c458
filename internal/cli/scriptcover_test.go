package cli

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdCover is "cover FILE SIDE": it draws a square JPEG or PNG in RGB.
func cmdCover(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cover FILE SIDE")
	}
	side, err := strconv.Atoi(args[1])
	ts.Check(err)
	b, err := coverImage(side, filepath.Ext(args[0]) == ".png")
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o666))
}

// coverImage returns a square picture as PNG or JPEG.
func coverImage(side int, isPNG bool) ([]byte, error) {
	img := image.NewNRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			img.SetNRGBA(x, y, color.NRGBA{byte(x / 8), byte(y / 8), 90, 255})
		}
	}
	var b bytes.Buffer
	if isPNG {
		err := png.Encode(&b, img)
		return b.Bytes(), err
	}
	err := jpeg.Encode(&b, img, nil)
	return b.Bytes(), err
}
