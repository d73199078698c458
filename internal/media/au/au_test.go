package au

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
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

// The samples are those that ffmpeg finds, in the order of WAV.
func TestSamplesAreThoseOfFFmpeg(t *testing.T) {
	for coding, same := range map[string]string{
		"pcm_mulaw": "s16le", "pcm_alaw": "s16le", "pcm_s8": "u8", "pcm_s16be": "s16le", "pcm_s24be": "s24le", "pcm_s32be": "s32le",
		"pcm_f32be": "f32le", "pcm_f64be": "f64le",
	} {
		t.Run(coding, func(t *testing.T) {
			file := readertest.Make(t, "in.au", "-f", "lavfi", "-i", "sine=440:duration=0.3:sample_rate=44100", "-af", "aeval=val(0)|-val(0)/2", "-c:a", coding)
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			tr, got := readAll(t, b)
			if want := readertest.FFmpeg(t, "-i", file, "-f", same, "-c:a", "pcm_"+same, "-"); got != want {
				t.Errorf("%d bytes of samples, not the %d of ffmpeg", len(got), len(want))
			}
			if tr.Runs[0].Samples != 13230 || tr.Runs[0].Channels != 2 || !tr.Damage.Empty() {
				t.Errorf("%+v", tr)
			}
		})
	}
}

func file(start, length, encoding, rate, channels int, body ...byte) []byte {
	b := []byte(".snd")
	for _, v := range []int{start, length, encoding, rate, channels} {
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return append(b, body...)
}

func TestLayoutsAndDamage(t *testing.T) {
	for _, c := range []struct {
		name   string
		file   []byte
		want   string
		damage track.DamageKind
	}{
		{"whole", file(24, 4, 3, 8000, 1, 1, 2, 3, 4), "\x02\x01\x04\x03", ""},
		{"annotation", file(28, 2, 3, 8000, 1, 'n', 'o', 't', 'e', 1, 2), "\x02\x01", ""},
		{"length unknown", file(24, 0xFFFFFFFF, 3, 8000, 1, 1, 2), "\x02\x01", ""},
		{"never filled in", file(24, 0, 3, 8000, 1, 1, 2), "\x02\x01", track.BadIndex},
		{"cut", file(24, 400, 3, 8000, 1, 1, 2), "\x02\x01", track.CutEnd},
		{"cut in a sample", file(24, 3, 3, 8000, 1, 1, 2, 3), "\x02\x01", track.CutEnd},
		{"more behind", file(24, 2, 3, 8000, 1, 1, 2, 9, 9), "\x02\x01", track.Junk},
		{"start beyond the end", file(999, 2, 3, 8000, 1, 0, 0, 0, 0, 1, 2), "\x02\x01", track.BadIndex},
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
		says string
	}{
		{nil, ErrNotAU, ""},
		{file(24, 2, 3, 0, 1, 1, 2), ErrNoData, ""},
		{file(24, 2, 3, 8000, 0, 1, 2), ErrNoData, ""},
		{file(24, 2, 23, 8000, 1, 1, 2), ErrCompressed, "G.721"},
		{file(24, 2, 99, 8000, 1, 1, 2), ErrCompressed, "encoding 99"},
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
	if _, err := readertest.Read(t, r, nil); err != nil {
		t.Fatal(err)
	}
}

func TestHostile(t *testing.T) {
	whole := file(28, 40, 5, 8000, 2, make([]byte, 44)...)
	readertest.Cut(t, whole, func(b []byte) { check(t, b) })
	readertest.Flip(t, whole, func(b []byte) { check(t, b) })
}

func FuzzReader(f *testing.F) {
	f.Add(file(24, 4, 3, 8000, 1, 1, 2, 3, 4))
	f.Add(file(28, 0xFFFFFFFF, 1, 8000, 2, 1, 2, 3, 4, 5, 6))
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b) })
}
