package caf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/alac"
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

func mk(t testing.TB, args ...string) (string, []byte) {
	t.Helper()
	file := readertest.Make(t, "in.caf", append([]string{"-f", "lavfi", "-i", "sine=440:duration=1.3:sample_rate=44100", "-af", "aeval=val(0)|-val(0)/2,aformat=channel_layouts=stereo", "-metadata", "title=A title"}, args...)...)
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return file, b
}

// The samples are those that ffmpeg finds, in the order of WAV.
func TestSamplesAreThoseOfFFmpeg(t *testing.T) {
	for coding, same := range map[string]string{
		"pcm_s8": "u8", "pcm_s16be": "s16le", "pcm_s16le": "s16le", "pcm_s24be": "s24le", "pcm_s24le": "s24le", "pcm_s32le": "s32le",
		"pcm_f32be": "f32le", "pcm_f32le": "f32le", "pcm_f64le": "f64le", "pcm_mulaw": "s16le", "pcm_alaw": "s16le",
	} {
		t.Run(coding, func(t *testing.T) {
			file, b := mk(t, "-c:a", coding)
			tr, units := readAll(t, b)
			want := readertest.FFmpeg(t, "-i", file, "-f", same, "-c:a", "pcm_"+same, "-")
			if got := string(bytes.Join(units, nil)); got != want {
				t.Errorf("%d bytes of samples, not the %d of ffmpeg", len(got), len(want))
			}
			if run := tr.Runs[0]; run.Samples != 57330 || run.SampleRate != 44100 || run.Channels != 2 || !tr.Damage.Empty() || tr.Tags["title"] != "A title" {
				t.Errorf("%+v", tr)
			}
		})
	}
}

// The packets are those that ffmpeg finds.
func TestPacketsAreThoseOfFFmpeg(t *testing.T) {
	for coding, want := range map[string]track.Config{
		"aac":  {Codec: track.AACLC, SampleRate: 44100, Channels: 2, UnitSamples: 1024},
		"alac": {Codec: track.ALAC, SampleRate: 44100, Channels: 2, UnitSamples: 4096},
	} {
		t.Run(coding, func(t *testing.T) {
			file, b := "", []byte(nil)
			if coding == "aac" { // which ffmpeg does not write
				b = advanced(t)
				file = filepath.Join(t.TempDir(), "aac.caf")
				if err := os.WriteFile(file, b, 0o600); err != nil {
					t.Fatal(err)
				}
			} else {
				file, b = mk(t, "-c:a", coding)
			}
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
			run := tr.Runs[0]
			run.Config.Specific = ""
			if len(tr.Runs) != 1 || run.Config != want || !tr.Damage.Empty() || coding == "alac" && run.Played() != 57330 || coding == "aac" && run.Played() != run.Samples-1324 {
				t.Errorf("%+v", tr)
			}
		})
	}
}

// advanced makes a CAF file of AAC as Apple's programs do.
func advanced(t testing.TB) []byte {
	adtsFile := readertest.Make(t, "in.aac", "-f", "lavfi", "-i", "sine=440:duration=1.3:sample_rate=44100", "-ac", "2", "-c:a", "aac")
	b, err := os.ReadFile(adtsFile)
	if err != nil {
		t.Fatal(err)
	}
	r := adts.NewReader(bytes.NewReader(b), track.Options{})
	units, err := readertest.Read(t, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	asc := r.Track().Runs[0].Specific
	decoder := append([]byte{4, 0x80, 0x80, 0x80, byte(13 + 2 + len(asc)), 0x40, 0x15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, byte(len(asc))}, asc...)
	cookie := append([]byte{3, 0x80, 0x80, 0x80, byte(3 + len(decoder)), 0, 0, 0}, decoder...)
	var sizes []byte
	for _, u := range units {
		if len(u) > 127 {
			sizes = append(sizes, 0x80|byte(len(u)>>7))
		}
		sizes = append(sizes, byte(len(u)&0x7F))
	}
	return form(desc(44100, "aac ", 0, 0, 1024, 2, 0), ck("kuki", cookie...), data(bytes.Join(units, nil)...), pakt(len(units), 1024, 300, sizes...))
}

func ck(id string, body ...byte) []byte {
	return append(binary.BigEndian.AppendUint64([]byte(id), uint64(len(body))), body...)
}

func desc(rate float64, format string, fields ...uint32) []byte {
	b := append(binary.BigEndian.AppendUint64(nil, math.Float64bits(rate)), format...)
	for _, v := range fields { // flags, bytes, frames, channels, bits
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return ck("desc", b...)
}

func form(chunks ...[]byte) []byte {
	return append([]byte("caff\x00\x01\x00\x00"), bytes.Join(chunks, nil)...)
}

func data(b ...byte) []byte { return ck("data", append(make([]byte, 4), b...)...) }

func pakt(count, priming, rest int, sizes ...byte) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(count))
	b = binary.BigEndian.AppendUint64(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(priming))
	return ck("pakt", append(binary.BigEndian.AppendUint32(b, uint32(rest)), sizes...)...)
}

func pcm16() []byte { return desc(8000, "lpcm", 0, 2, 1, 1, 16) }

// Opus as a phone's messages have it: 20 ms at 24 kHz.
func phone(sizes ...byte) []byte {
	packets := bytes.Repeat([]byte{0x09 << 3, 1}, 10) // 20 ms of SILK
	return form(desc(24000, "opus", 0, 0, 480, 1, 0), pakt(10, 120, 60, sizes...), data(packets...))
}

func TestLayoutsAndDamage(t *testing.T) {
	open := data(1, 2, 3, 4)
	copy(open[4:], "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")
	for _, c := range []struct {
		name    string
		file    []byte
		samples int64
		played  int64
		damage  track.DamageKind
		lost    int64
	}{
		{"whole", form(pcm16(), data(1, 2, 3, 4)), 2, 2, "", 0},
		{"to the end of the file", form(pcm16(), open), 2, 2, "", 0},
		{"cut", form(pcm16(), data(make([]byte, 6000)...))[:1000], 466, 466, track.CutEnd, 3},
		{"Opus", phone(bytes.Repeat([]byte{2}, 10)...), 9600, 9240, "", 0},
		{"Opus, cut", phone(bytes.Repeat([]byte{2}, 10)...)[:116], 960, 720, track.CutEnd, 9},
		{"the table is short", phone(2, 2, 2), 2880, 2520, track.BadIndex, 7},
		{"a packet of nothing", phone(2, 0, 2), 1920, 1560, track.BadUnit, 8},
		{"a packet beyond the end", phone(2, 0x83, 0x00, 2), 960, 720, track.CutEnd, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, _ := readAll(t, c.file)
			var n, played int64
			for _, r := range tr.Runs {
				n, played = n+r.Samples, played+r.Played()
			}
			if d := tr.Damage; n != c.samples || played != c.played || (c.damage == "") != d.Empty() || c.damage != "" && d.Places[0].Kind != c.damage || d.Lost != c.lost {
				t.Errorf("%d samples, %d played, %+v, size %d", n, played, d, len(c.file))
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
		{nil, ErrNotCAF, ""},
		{form(), ErrNoData, ""},
		{form(pcm16()), ErrNoData, ""},
		{form(data(1, 2)), ErrNoData, ""},
		{form(desc(math.NaN(), "lpcm", 0, 2, 1, 1, 16), data(1, 2)), ErrNoData, ""},
		{form(desc(8000, "lpcm", 0, 4, 1, 1, 16), data(1, 2)), ErrCodec, "packets of 4 bytes"},
		{form(desc(8000, "ima4", 0, 34, 64, 1, 0), data(1, 2)), ErrCodec, "IMA ADPCM"},
		{form(desc(8000, "aac ", 0, 0, 1024, 1, 0), data(1, 2)), ErrCodec, ""},
		{form(desc(48000, "opus", 0, 0, 960, 6, 0), data(1, 2)), ErrCodec, "6 channels"},
		{form(desc(48000, "opus", 0, 0, 960, 1, 0), data(1, 2)), ErrNoTable, "not finished"},
		{form(desc(8000, "....", 0, 0, 0, 1, 0), data(1, 2)), ErrCodec, `"...."`},
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
	if _, err := readertest.Read(t, r, nil); err != nil && !errors.Is(err, track.ErrTooManyRuns) {
		t.Fatal(err)
	}
}

func lossless() []byte {
	cookie := []byte("\x00\x00\x10\x00\x00\x10\x28\x0A\x0E\x02\x00\xFF\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xAC\x44")
	if _, err := alac.TrackConfig(cookie); err != nil {
		panic(err)
	}
	return form(desc(44100, "alac", 1, 0, 4096, 2, 0), ck("kuki", cookie...), data(bytes.Repeat([]byte{0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 3)...), pakt(3, 0, 0, 12, 12, 12))
}

func TestHostile(t *testing.T) {
	for _, whole := range [][]byte{form(pcm16(), ck("info", []byte("\x00\x00\x00\x01title\x00x\x00")...), data(1, 2, 3, 4)), phone(bytes.Repeat([]byte{2}, 10)...), lossless()} {
		readertest.Cut(t, whole, func(b []byte) { check(t, b) })
		readertest.Flip(t, whole, func(b []byte) { check(t, b) })
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	aac := advanced(t)
	for range 50 {
		check(t, readertest.Spoil(rnd, aac, func(b []byte) { clear(b) }))
	}
}

func FuzzReader(f *testing.F) {
	f.Add(form(pcm16(), data(1, 2, 3, 4)))
	f.Add(phone(bytes.Repeat([]byte{2}, 10)...))
	f.Add(lossless())
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b) })
}
