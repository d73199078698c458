package avi

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
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
	units, err := readertest.Read(t, r, func(p *track.Packet) {
		if n := min(len(p.Data), 8); r.Track().Runs[p.Run].Codec != track.PCM && !bytes.Equal(b[p.Offset:p.Offset+int64(n)], p.Data[:n]) {
			t.Fatalf("a unit is not at %d", p.Offset)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.Track(), units
}

func mk(t testing.TB, coding string) (string, []byte) {
	t.Helper()
	file := readertest.Make(t, "in.avi", "-f", "lavfi", "-i", "testsrc=d=1:s=64x48:r=10", "-f", "lavfi", "-i", "sine=440:duration=1.3:sample_rate=44100", "-metadata", "title=A title",
		"-af", "aeval=val(0)|-val(0)/2,aformat=channel_layouts=stereo", "-c:v", "mpeg4", "-c:a", coding)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return file, b
}

// The samples are those that ffmpeg finds, between pictures.
func TestSamplesAreThoseOfFFmpeg(t *testing.T) {
	for coding, same := range map[string]string{"pcm_u8": "u8", "pcm_s16le": "s16le", "pcm_mulaw": "s16le", "pcm_alaw": "s16le"} {
		t.Run(coding, func(t *testing.T) {
			file, b := mk(t, coding)
			tr, units := readAll(t, b)
			want := readertest.FFmpeg(t, "-i", file, "-f", same, "-c:a", "pcm_"+same, "-")
			if got := string(bytes.Join(units, nil)); got != want {
				t.Errorf("%d bytes of samples, not the %d of ffmpeg", len(got), len(want))
			}
			if tr.Runs[0].Samples != 57330 || !tr.Video || tr.OtherTracks != 0 || !tr.Damage.Empty() || tr.Tags["title"] != "A title" {
				t.Errorf("%+v", tr)
			}
		})
	}
}

// The access units are those that ffmpeg finds.
func TestPacketsAreThoseOfFFmpeg(t *testing.T) {
	for coding, codec := range map[string]track.Codec{"aac": track.AACLC, "libmp3lame": track.MP3} {
		t.Run(coding, func(t *testing.T) {
			file, b := mk(t, coding)
			tr, units := readAll(t, b)
			hashes := readertest.PacketHashes(t, file)
			if len(units) != len(hashes) {
				t.Fatalf("%d packets, not %d", len(units), len(hashes))
			}
			for i := range units {
				if readertest.Hash(units[i]) != hashes[i] {
					t.Fatalf("packet %d differs", i)
				}
			}
			if len(tr.Runs) != 1 || tr.Runs[0].Codec != codec || !tr.Damage.Empty() {
				t.Errorf("%+v", tr)
			}
			cut, _ := readAll(t, b[:len(b)*2/3])
			if n := cut.Units(); n == 0 || n >= tr.Units() || cut.Damage.Empty() {
				t.Errorf("of a file that is cut, %d units and %+v", n, cut.Damage)
			}
		})
	}
}

func ck(id string, body ...byte) []byte {
	b := append(binary.LittleEndian.AppendUint32([]byte(id), uint32(len(body))), body...)
	return append(b, make([]byte, len(body)%2)...)
}

func lst(kind string, chunks ...[]byte) []byte {
	return ck("LIST", append([]byte(kind), bytes.Join(chunks, nil)...)...)
}

func riff(chunks ...[]byte) []byte {
	return ck("RIFF", append([]byte("AVI "), bytes.Join(chunks, nil)...)...)
}

func sound(tag byte) []byte {
	return lst("strl", ck("strh", []byte("auds")...), ck("strf", tag, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0))
}

// Of two tracks the one is read whose coding is known.
func TestTracks(t *testing.T) {
	file := riff(lst("hdrl", lst("strl", ck("strh", []byte("vids")...), ck("strf")), sound(0x92), sound(1)),
		lst("movi", lst("rec ", ck("00dc", 9, 9), ck("01wb", 8, 8), ck("02wb", 1, 2)), ck("02wb", 3, 4, 5)), ck("idx1", 7))
	file = append(file, ck("RIFF", append([]byte("AVIX"), lst("movi", ck("02wb", 6))...)...)...)
	tr, units := readAll(t, file)
	if got := bytes.Join(units, nil); !bytes.Equal(got, []byte{1, 2, 3, 4, 5, 6}) || !tr.Video || tr.OtherTracks != 1 || !tr.Damage.Empty() {
		t.Errorf("% x, %+v", got, tr)
	}
}

func TestRefuses(t *testing.T) {
	movi := lst("movi", ck("00wb", 1, 2))
	for _, c := range []struct {
		file []byte
		want error
		says string
	}{
		{nil, ErrNotAVI, ""},
		{riff(), ErrNoAudio, ""},
		{riff(lst("hdrl", sound(1))), ErrNoAudio, ""},
		{riff(lst("hdrl", sound(0x55)), movi), ErrNoAudio, ""},
		{riff(lst("hdrl", sound(2)), movi), ErrCodec, "Microsoft ADPCM"},
		{riff(lst("hdrl", sound(0xFF)), movi), ErrCodec, "AudioSpecificConfig"},
	} {
		if _, err := NewReader(bytes.NewReader(c.file), int64(len(c.file)), track.Options{}); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v", c.file, err)
		}
	}
}

func check(t testing.TB, b []byte) {
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		return
	}
	if _, err := readertest.Read(t, r, nil); err != nil && !errors.Is(err, track.ErrTooManyRuns) {
		t.Fatal(err)
	}
}

func TestHostile(t *testing.T) {
	whole := riff(lst("hdrl", sound(1)), lst("movi", ck("00wb", 1, 2), ck("00wb", 3, 4)), lst("INFO", ck("INAM", 'x')))
	readertest.Cut(t, whole, func(b []byte) { check(t, b) })
	readertest.Flip(t, whole, func(b []byte) { check(t, b) })
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, coding := range []string{"aac", "libmp3lame"} {
		_, file := mk(t, coding)
		for range 50 {
			check(t, readertest.Spoil(rnd, file, func(b []byte) { clear(b) }))
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(riff(lst("hdrl", sound(1)), lst("movi", ck("00wb", 1, 2), ck("00wb", 3, 4)), lst("INFO", ck("INAM", 'x'))))
	f.Add(riff(lst("hdrl", sound(0x55)), lst("movi", ck("00wb", 0xFF, 0xFB, 0x90, 0))))
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b) })
}
