package cli

import (
	"encoding/binary"
	"encoding/json"
	"encoding/xml"
	"image/png"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdPicture is "picture FILE WIDTH HEIGHT": it wants a PNG or SVG of that
// size, whole, with more than one colour.
func cmdPicture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: picture FILE WIDTH HEIGHT")
	}
	width, err := strconv.Atoi(args[1])
	ts.Check(err)
	height, err := strconv.Atoi(args[2])
	ts.Check(err)
	content := ts.ReadFile(args[0])
	if filepath.Ext(args[0]) == ".svg" {
		var svg struct {
			Width  int        `xml:"width,attr"`
			Height int        `xml:"height,attr"`
			Paths  []struct{} `xml:"path"`
		}
		ts.Check(xml.Unmarshal([]byte(content), &svg))
		if svg.Width != width || svg.Height != height || len(svg.Paths) == 0 {
			ts.Fatalf("%s has %dx%d and %d paths", args[0], svg.Width, svg.Height, len(svg.Paths))
		}
		return
	}
	img, err := png.Decode(strings.NewReader(content))
	ts.Check(err)
	if b := img.Bounds(); b.Dx() != width || b.Dy() != height {
		ts.Fatalf("%s has %v", args[0], b)
	}
	colours := make(map[any]bool)
	for x := range width {
		colours[img.At(x, height/2)] = true
	}
	if len(colours) < 2 {
		ts.Fatalf("%s shows nothing", args[0])
	}
}

// cmdWaveformData is "waveformdata FILE": it reads the audiowaveform formats,
// version 2, as their documentation has them, and wants as many values as the
// header promises, within its bits, least before greatest, not all zero.
func cmdWaveformData(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waveformdata FILE")
	}
	var w struct {
		Version  int
		Channels int
		Rate     int `json:"sample_rate"`
		PerPixel int `json:"samples_per_pixel"`
		Bits     int
		Length   int
		Data     []int
	}
	content := ts.ReadFile(args[0])
	if filepath.Ext(args[0]) == ".json" {
		ts.Check(json.Unmarshal([]byte(content), &w))
	} else {
		r := strings.NewReader(content)
		var h struct{ Version, Flags, Rate, PerPixel, Length, Channels uint32 }
		ts.Check(binary.Read(r, binary.LittleEndian, &h))
		w.Version, w.Channels, w.Rate, w.PerPixel, w.Length = int(h.Version), int(h.Channels), int(h.Rate), int(h.PerPixel), int(h.Length)
		w.Bits = 16
		if h.Flags&1 != 0 {
			w.Bits = 8
		}
		rest, err := io.ReadAll(r)
		ts.Check(err)
		for i := 0; i+w.Bits/8 <= len(rest); i += w.Bits / 8 {
			if w.Bits == 8 {
				w.Data = append(w.Data, int(int8(rest[i])))
			} else {
				w.Data = append(w.Data, int(int16(binary.LittleEndian.Uint16([]byte(rest)[i:]))))
			}
		}
	}
	if w.Version != 2 || w.Channels != 1 || w.Rate != 48000 || w.Length == 0 || len(w.Data) != 2*w.Length*w.Channels {
		ts.Fatalf("%s: version %d, %d channels, %d Hz, %d values for %d pixels", args[0], w.Version, w.Channels, w.Rate, len(w.Data), w.Length)
	}
	loud := false
	for i := 0; i < len(w.Data); i += 2 {
		low, high := w.Data[i], w.Data[i+1]
		if most := 1 << (w.Bits - 1); low > high || low < -most || high >= most {
			ts.Fatalf("%s: pixel %d is %d to %d", args[0], i/2, low, high)
		}
		loud = loud || low < high
	}
	if !loud {
		ts.Fatalf("%s is silent", args[0])
	}
}
