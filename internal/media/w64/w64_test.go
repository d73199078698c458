package w64

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
	"github.com/spaces-cli/spaces/internal/media/wav"
)

func readAll(t testing.TB, b []byte) (*track.Track, string) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	units, err := readertest.Read(t, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r.Track(), string(bytes.Join(units, nil))
}

// The samples are those that ffmpeg finds.
func TestSamplesAreThoseOfFFmpeg(t *testing.T) {
	for coding, same := range map[string]string{
		"pcm_u8": "u8", "pcm_s16le": "s16le", "pcm_s24le": "s24le", "pcm_s32le": "s32le", "pcm_f32le": "f32le", "pcm_mulaw": "s16le", "pcm_alaw": "s16le",
	} {
		t.Run(coding, func(t *testing.T) {
			file := readertest.Make(t, "in.w64", "-f", "lavfi", "-i", "sine=440:duration=0.3:sample_rate=44100", "-af", "aeval=val(0)|-val(0)/2", "-c:a", coding)
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tr, got := readAll(t, b)
			if want := readertest.FFmpeg(t, "-i", file, "-f", same, "-c:a", "pcm_"+same, "-"); !strings.HasPrefix(want, got) || len(want)-len(got) > 2*7 {
				t.Errorf("%d bytes of samples, not the %d of ffmpeg", len(got), len(want))
			}
			// ffmpeg counts what fills a chunk up to 8 bytes.
			if n := tr.Runs[0].Samples; n < 13230 || n > 13230+3 || tr.Runs[0].Channels != 2 || !tr.Damage.Empty() {
				t.Errorf("%+v", tr)
			}
		})
	}
}

func ck(id string, size int, body ...byte) []byte {
	b := append(binary.LittleEndian.AppendUint64([]byte(id+rest), uint64(size)), body...)
	return append(b, make([]byte, -len(b)&7)...)
}

func file(chunks ...[]byte) []byte {
	b := append([]byte(riff), make([]byte, 8)...)
	return append(append(b, wave...), bytes.Join(chunks, nil)...)
}

func fmtOf(tag byte) []byte {
	return ck("fmt ", 40, tag, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0)
}

func TestLayoutsAndDamage(t *testing.T) {
	samples := []byte{1, 2, 3, 4}
	for _, c := range []struct {
		name   string
		file   []byte
		want   string
		damage track.DamageKind
	}{
		{"whole", file(fmtOf(1), ck("data", 28, samples...)), "\x01\x02\x03\x04", ""},
		{"another chunk", file(ck("junk", 27, 9, 9, 9), fmtOf(1), ck("data", 28, samples...)), "\x01\x02\x03\x04", ""},
		{"cut", file(fmtOf(1), ck("data", 9999, 1, 2, 3, 4, 5, 6, 7, 8)), "\x01\x02\x03\x04\x05\x06\x07\x08", track.CutEnd},
		{"never filled in", file(fmtOf(1), ck("data", 0, 1, 2, 3, 4, 5, 6, 7, 8)), "\x01\x02\x03\x04\x05\x06\x07\x08", track.BadIndex},
		{"a size beyond any", file(fmtOf(1), ck("data", -1, 1, 2, 3, 4, 5, 6, 7, 8)), "\x01\x02\x03\x04\x05\x06\x07\x08", track.CutEnd},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, got := readAll(t, c.file)
			if got != c.want || (c.damage == "") != tr.Damage.Empty() || c.damage != "" && tr.Damage.Places[0].Kind != c.damage {
				t.Errorf("% x, %+v", got, tr.Damage)
			}
		})
	}
}

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		file []byte
		want error
	}{
		{nil, ErrNotW64},
		{bytes.Repeat([]byte{1}, 100), ErrNotW64},
		{file(), ErrNoData},
		{file(fmtOf(1)), ErrNoData},
		{file(ck("data", 28, 1, 2, 3, 4)), ErrNoData},
		{file(fmtOf(2), ck("data", 28, 1, 2, 3, 4)), wav.ErrCompressed},
	} {
		if _, err := NewReader(bytes.NewReader(c.file), int64(len(c.file)), track.Options{}); !errors.Is(err, c.want) {
			t.Errorf("%q: %v", c.file, err)
		}
	}
}

func check(t testing.TB, b []byte) {
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		return
	}
	if _, err := readertest.Read(t, r, nil); err != nil {
		t.Fatal(err)
	}
}

func TestHostile(t *testing.T) {
	whole := file(fmtOf(1), ck("data", 64, make([]byte, 40)...))
	readertest.Cut(t, whole, func(b []byte) { check(t, b) })
	readertest.Flip(t, whole, func(b []byte) { check(t, b) })
}

func FuzzReader(f *testing.F) {
	f.Add(file(fmtOf(1), ck("data", 28, 1, 2, 3, 4)))
	f.Add(file(ck("junk", 27, 9, 9, 9), fmtOf(7), ck("data", 28, 1, 2, 3, 4)))
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b) })
}
