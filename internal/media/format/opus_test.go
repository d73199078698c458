package format

import (
	"bytes"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/ogg"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// oggOf writes packets of 20 ms to Ogg, of which all but skip samples at the start
// and trim at the end are heard.
func oggOf(units [][]byte, c track.Config, skip, trim int64) ([]byte, error) {
	u := &Units{Config: c, Samples: int64(len(units)) * 960, Tags: tags.Tags{Title: "Débat"}, Lengths: track.Lengths{Usual: 960, Units: int64(len(units))}}
	u.Edits = []mp4.Edit{{Start: skip, Samples: u.Samples - skip - trim}}
	for _, b := range units {
		u.Sizes = append(u.Sizes, uint32(len(b)))
	}
	var b bytes.Buffer
	w, err := Opus.NewUnitWriter(&b, u)
	for i := 0; err == nil && i < len(units); i++ {
		err = w.WriteUnit(units[i])
	}
	if err == nil {
		err = w.Close()
	}
	return b.Bytes(), err
}

// FuzzOpusInOgg holds that packets written to Ogg are read as they were, with what is
// heard of them, and that reading a damaged file ends.
func FuzzOpusInOgg(f *testing.F) {
	f.Add(uint16(1), int64(0), int64(0), int16(0), uint32(0), byte(0))
	f.Add(uint16(700), int64(12480), int64(959), int16(-512), uint32(2000), byte(3))
	f.Fuzz(func(t *testing.T, n uint16, skip, trim int64, gain int16, where uint32, change byte) {
		units := make([][]byte, n)
		for i := range units {
			units[i] = append([]byte{31 << 3, byte(i), byte(i >> 8)}, make([]byte, i%600)...)
		}
		head := []byte("OpusHead\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00")
		head[16], head[17] = byte(gain), byte(gain>>8)
		c := track.Config{Codec: track.Opus, SampleRate: 48000, Channels: 1, Specific: string(head)}
		total := int64(n) * 960
		file, err := oggOf(units, c, skip, trim)
		possible := n > 0 && skip >= 0 && skip <= ogg.MaxPreSkip && trim >= 0 && trim < 960 && skip+trim < total
		if err != nil {
			if possible {
				t.Fatal(err)
			}
			return
		}
		read := func(file []byte) (*track.Track, [][]byte) {
			r, err := ogg.NewReader(bytes.NewReader(file), int64(len(file)), track.Options{})
			if err != nil {
				return new(track.Track), nil
			}
			var got [][]byte
			var p track.Packet
			for r.Next(&p) == nil {
				got = append(got, bytes.Clone(p.Data))
			}
			return r.Track(), got
		}
		tr, got := read(file)
		if len(got) != len(units) || len(tr.Runs) != 1 || tr.Runs[0].Config != c || tr.Runs[0].Skip != skip || tr.Runs[0].Trim != trim || !tr.Damage.Empty() || tr.Tags["title"] != "Débat" {
			t.Fatalf("%d of %d packets, %+v; %d and %d are not heard", len(got), len(units), tr, skip, trim)
		}
		for i := range got {
			if !bytes.Equal(got[i], units[i]) {
				t.Fatalf("packet %d differs", i)
			}
		}
		file[int(where)%len(file)] ^= change
		read(file)
	})
}

func TestOpusInOgg(t *testing.T) {
	c := track.Config{Codec: track.Opus, SampleRate: 48000, Channels: 1, Specific: "OpusHead\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"}
	units := [][]byte{{31 << 3, 1}, {31 << 3, 2}}
	if _, err := oggOf(units, c, 312, 500); err != nil {
		t.Error(err)
	}
	for name, f := range map[string]func() error{
		"a damaged packet":         func() error { _, err := oggOf([][]byte{{31 << 3, 1}, {31<<3 | 3, 0}}, c, 0, 0); return err },
		"too much before":          func() error { _, err := oggOf(make([][]byte, 100), c, ogg.MaxPreSkip+1, 0); return err },
		"no identification header": func() error { c := c; c.Specific = ""; _, err := oggOf(units, c, 0, 0); return err },
	} {
		if f() == nil {
			t.Errorf("%s was written", name)
		}
	}
}
