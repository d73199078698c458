package playable

import (
	"bytes"
	"hash/crc32"
	"io"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/track"
)

func TestHear(t *testing.T) {
	for _, tt := range []struct {
		name  string
		heard [][2]int64
		want  []mp4.Edit
	}{
		{"one", [][2]int64{{5, 10}}, []mp4.Edit{{Start: 5, Samples: 10}}},
		{"adjoining", [][2]int64{{5, 10}, {15, 3}}, []mp4.Edit{{Start: 5, Samples: 13}}},
		{"apart", [][2]int64{{5, 10}, {16, 3}}, []mp4.Edit{{Start: 5, Samples: 10}, {Start: 16, Samples: 3}}},
		{"nothing between", [][2]int64{{5, 10}, {20, 0}, {15, 3}}, []mp4.Edit{{Start: 5, Samples: 13}}},
		{"less than nothing", [][2]int64{{5, -1}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var f File
			for _, h := range tt.heard {
				f.Hear(h[0], h[1])
			}
			if !slices.Equal(f.Edits, tt.want) {
				t.Errorf("%v, want %v", f.Edits, tt.want)
			}
		})
	}
}

func TestExt(t *testing.T) {
	for codec, want := range map[track.Codec]string{track.AACLC: ".m4a", track.MP3: ".mp3", track.FLAC: ".flac", track.PCM: ".wav"} {
		t.Run(string(codec), func(t *testing.T) {
			if got, err := Ext(codec); got != want || err != nil {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
		})
	}
	if ext, err := Ext("nonsense"); err == nil {
		t.Errorf("an unknown codec is handed out in %q", ext)
	}
}

// What space.json keeps of a configuration is all of it.
func TestConfigs(t *testing.T) {
	c := track.Config{Codec: track.AACLC, SampleRate: 44100, Channels: 1, UnitSamples: 1024, Specific: "\x12\x08"}
	if got := TrackConfig(SpaceConfig(c)); got != c {
		t.Errorf("%+v became %+v", c, got)
	}
}

// units is a track.Reader of two runs.
type units struct {
	data [][]byte
	runs []int
	next int
	t    track.Track
}

func (u *units) Track() *track.Track { return &u.t }

func (u *units) Next(p *track.Packet) error {
	if u.next == len(u.data) {
		return io.EOF
	}
	p.Data, p.Run, p.Samples = u.data[u.next], u.runs[u.next], 100+u.next
	u.next++
	return nil
}

func TestScan(t *testing.T) {
	rd := &units{data: [][]byte{{1}, {2, 2}, {3, 3, 3}}, runs: []int{0, 0, 1}, t: track.Track{Runs: make([]track.Run, 2)}}
	s := Scan{Hashed: true, Sizes: track.Sizes{9, 9, 9, 9}, Hashes: []uint32{9}} // of the file before
	if err := s.Read(rd); err != nil {
		t.Fatal(err)
	}
	var sums []uint32
	for _, b := range rd.data {
		sums = append(sums, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
	}
	if !slices.Equal(s.Sizes, track.Sizes{1, 2, 3}) || !slices.Equal(s.Hashes, sums) {
		t.Errorf("sizes %v, hashes %x; want %x", s.Sizes, s.Hashes, sums)
	}
	if len(s.Lengths) != 2 || s.Lengths[0].Total() != 100+101 || s.Lengths[1].Total() != 102 {
		t.Errorf("lengths %+v", s.Lengths)
	}

	large := &units{data: [][]byte{bytes.Repeat([]byte{1}, track.MaxListedSize+1)}, runs: []int{0}, t: track.Track{Runs: make([]track.Run, 1)}}
	if err := new(Scan).Read(large); err == nil {
		t.Error("a unit was taken that no index can list")
	}
}
