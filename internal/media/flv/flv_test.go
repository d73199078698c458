package flv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

func readAll(t testing.TB, b []byte) (*track.Track, [][]byte) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	units, err := readertest.Read(t, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.Track(), units
}

func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// ffmpeg finds the same units, with pictures or without.
func TestUnitsAreThoseOfFFmpeg(t *testing.T) {
	for _, c := range []struct {
		args  string
		want  track.Codec
		video bool
	}{
		{"-c:a aac -ar 44100 -ac 2", track.AACLC, false},
		{"-c:a libmp3lame -ar 44100 -ac 2", track.MP3, false},
		{"-c:a libmp3lame -ar 22050 -ac 1", track.MP3, false},
		{"-f lavfi -i testsrc=d=3:s=640x360:r=10 -map 0:a -map 1:v -c:v flv -b:v 4M -c:a aac", track.AACLC, true},
	} {
		t.Run(c.args, func(t *testing.T) {
			file := readertest.Make(t, "in.flv", slices.Concat([]string{"-f", "lavfi", "-i", "sine=440:duration=3.3"}, strings.Fields(c.args))...)
			tr, units := readAll(t, load(t, file))
			want := readertest.PacketHashes(t, file)
			if len(units) != len(want) || len(tr.Runs) != 1 || tr.Runs[0].Codec != c.want || tr.Video != c.video || !tr.Damage.Empty() {
				t.Fatalf("%d units, not %d; %+v", len(units), len(want), tr)
			}
			for i, u := range units {
				if readertest.Hash(u) != want[i] {
					t.Fatalf("unit %d differs", i)
				}
			}
			run := tr.Runs[0]
			decoded := readertest.FFmpeg(t, "-i", file, "-map", "0:a", "-f", "s16le", "-c:a", "pcm_s16le", "-")
			if n := int64(len(decoded) / 2 / run.Channels); n != run.Samples {
				t.Errorf("%d samples, ffmpeg decodes %d", run.Samples, n)
			}
		})
	}
}

// tagOf returns a tag.
func tagOf(kind byte, body ...byte) []byte {
	n := len(body)
	b := append([]byte{kind, byte(n >> 16), byte(n >> 8), byte(n), 0, 0, 0, 0, 0, 0, 0}, body...)
	return binary.BigEndian.AppendUint32(b, uint32(len(b)))
}

var (
	head   = []byte("FLV\x01\x04\x00\x00\x00\x09\x00\x00\x00\x00")
	config = tagOf(tagAudio, 0xAF, 0, 0x11, 0x90) // AAC-LC, 48 kHz, stereo
)

func file(units int) []byte {
	b := slices.Concat(head, tagOf(tagScript, 2, 0, 1, 'x'), config)
	for i := range units {
		b = append(b, tagOf(tagAudio, append([]byte{0xAF, 1, byte(i), byte(i >> 8)}, make([]byte, 40)...)...)...)
	}
	return b
}

func numbers(units [][]byte) (list []int) {
	for _, u := range units {
		list = append(list, int(u[0])|int(u[1])<<8)
	}
	return list
}

func without(n int, skip ...int) (list []int) {
	for i := range n {
		if !slices.Contains(skip, i) {
			list = append(list, i)
		}
	}
	return list
}

func TestDamage(t *testing.T) {
	whole := file(20)
	at := len(file(5))
	one := len(file(1)) - len(file(0))
	for _, c := range []struct {
		name   string
		change func(b []byte) []byte
		units  []int
		kind   track.DamageKind
		lost   int64
	}{
		{"zeros", func(b []byte) []byte { clear(b[at : at+2*one]); return b }, without(20, 5, 6), track.Junk, 0},
		{"another size", func(b []byte) []byte { b[at+3] += 30; return b }, without(20, 5), track.Junk, 0},
		{"a huge size", func(b []byte) []byte { b[at+1] = 0xFF; return b }, without(20, 5), track.Junk, 0},
		{"junk between tags", func(b []byte) []byte { return slices.Insert(b, at, []byte("junk")...) }, without(20), track.Junk, 0},
		{"cut in a tag", func(b []byte) []byte { return b[:len(b)-5] }, without(19), track.CutEnd, 1},
		{"cut in a header", func(b []byte) []byte { return b[:at+5] }, without(5), track.CutEnd, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, units := readAll(t, c.change(bytes.Clone(whole)))
			if got := numbers(units); !slices.Equal(got, c.units) {
				t.Errorf("units %v", got)
			}
			if d := tr.Damage; d.Count != 1 || d.Places[0].Kind != c.kind || d.Lost != c.lost {
				t.Errorf("damage %+v", d)
			}
		})
	}
	tr, _ := readAll(t, whole[:len(file(19))])
	if !tr.Damage.Empty() {
		t.Errorf("between tags a file ends well: %+v", tr.Damage)
	}
}

func TestRefuses(t *testing.T) {
	sound := func(first byte) []byte { return slices.Concat(head, tagOf(tagAudio, first, 1, 2, 3)) }
	for _, c := range []struct {
		file []byte
		want error
		says string
	}{
		{nil, ErrNotFLV, ""},
		{[]byte("FLV\x02\x05\x00\x00\x00\x09"), ErrNotFLV, ""},
		{head, ErrNoAudio, ""},
		{slices.Concat(head, tagOf(tagVideo, 1, 2, 3)), ErrNoAudio, ""},
		{sound(0x1E), ErrCodec, "Flash ADPCM"},
		{sound(0x6E), ErrCodec, "Nellymoser"},
		{sound(0xBE), ErrCodec, "Speex"},
		{sound(0x95), ErrCodec, "Enhanced RTMP"},
		{slices.Concat(head, tagOf(tagAudio, 0xAF, 0)), ErrCodec, ""},
	} {
		_, err := NewReader(bytes.NewReader(c.file), int64(len(c.file)), track.Options{})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v", c.file, err)
		}
	}
}

func check(t testing.TB, b []byte) {
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		return
	}
	total := 0
	_, err = readertest.Read(t, r, func(p *track.Packet) {
		if total += len(p.Data); p.Offset < 0 || p.Offset+int64(len(p.Data)) > int64(len(b)) || !bytes.Equal(b[p.Offset:][:len(p.Data)], p.Data) {
			t.Fatalf("the unit at %d is not there", p.Offset)
		}
	})
	if err != nil && !errors.Is(err, track.ErrTooManyRuns) {
		t.Fatal(err)
	}
	if total > len(b) {
		t.Fatalf("%d bytes of units in %d", total, len(b))
	}
}

func TestHostile(t *testing.T) {
	for _, name := range []string{"aac.flv", "mp3.flv"} {
		whole := load(t, "testdata/"+name)
		readertest.Cut(t, whole, func(b []byte) { check(t, b) })
		readertest.Flip(t, whole, func(b []byte) { check(t, b) })
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	long := file(1000)
	for range 200 {
		b := readertest.Spoil(rnd, long, func(b []byte) {
			for i := range b {
				b[i] = byte(rnd.Uint32())
			}
		})
		check(t, b)
		if !bytes.HasPrefix(b, long[:60]) { // the headers are damaged
			continue
		}
		if _, units := readAll(t, b); len(units) < 1000-readertest.Spots*18 {
			t.Fatalf("%d units are left", len(units))
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(load(f, "testdata/aac.flv"))
	f.Add(load(f, "testdata/mp3.flv"))
	f.Add(file(3))
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b) })
}
