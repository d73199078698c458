package aiff

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
	"github.com/spaces-cli/spaces/internal/media/wav"
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

// The samples are those that ffmpeg finds, in the order of WAV.
func TestSamplesAreThoseOfFFmpeg(t *testing.T) {
	for _, c := range []struct {
		coding, same string // that of WAV
		bits         int
		float        bool
	}{
		{"pcm_s8", "u8", 8, false}, {"pcm_s16be", "s16le", 16, false}, {"pcm_s24be", "s24le", 24, false}, {"pcm_s32be", "s32le", 32, false},
		{"pcm_s16le", "s16le", 16, false}, {"pcm_f32be", "f32le", 32, true}, {"pcm_f64be", "f64le", 64, true},
	} {
		t.Run(c.coding, func(t *testing.T) {
			file := readertest.Make(t, "in.aiff", "-f", "lavfi", "-i", "sine=440:duration=1.3:sample_rate=44100", "-af", "aeval=val(0)|-val(0)/2", "-c:a", c.coding, "-metadata", "title=A title")
			tr, units := readAll(t, load(t, file))
			want := readertest.FFmpeg(t, "-i", file, "-f", c.same, "-c:a", "pcm_"+c.same, "-")
			if string(bytes.Join(units, nil)) != want {
				t.Error("other samples")
			}
			run := tr.Runs[0]
			f, err := wav.ParseFormat([]byte(run.Specific))
			if err != nil || f != (wav.Format{Float: c.float, Channels: 2, SampleRate: 44100, Bits: c.bits, ValidBits: c.bits}) {
				t.Errorf("%+v, %v", f, err)
			}
			if len(tr.Runs) != 1 || run.Samples != 57330 || run.SampleRate != 44100 || run.Channels != 2 || run.UnitSamples != track.PCMUnit || !tr.Damage.Empty() || tr.Tags["title"] != "A title" {
				t.Errorf("%+v", tr)
			}
			for _, u := range units[:len(units)-1] {
				if len(u) != track.PCMUnit*f.BlockAlign() {
					t.Fatalf("a unit of %d bytes", len(u))
				}
			}
		})
	}
}

func TestStoredFiles(t *testing.T) {
	for _, name := range []string{"big.aiff", "sowt.aifc"} {
		tr, _ := readAll(t, load(t, "testdata/"+name))
		if run := tr.Runs[0]; run.Samples != 1600 || run.SampleRate != 8000 || run.Channels != 1 || !tr.Damage.Empty() {
			t.Errorf("%s: %+v", name, tr)
		}
	}
	_, big := readAll(t, load(t, "testdata/big.aiff"))
	_, little := readAll(t, load(t, "testdata/sowt.aifc"))
	if !bytes.Equal(bytes.Join(big, nil), bytes.Join(little, nil)) {
		t.Error("both orders of bytes do not give the same samples")
	}
}

func ck(id string, body ...byte) []byte {
	b := append(binary.BigEndian.AppendUint32([]byte(id), uint32(len(body))), body...)
	return append(b, make([]byte, len(body)%2)...)
}

func comm(channels, frames, bits int, kind string) []byte {
	be := binary.BigEndian
	b := be.AppendUint16(nil, uint16(channels))
	b = be.AppendUint32(b, uint32(frames))
	b = be.AppendUint16(b, uint16(bits))
	b = append(b, 0x40, 0x0E, 0xAC, 0x44, 0, 0, 0, 0, 0, 0) // 44100
	if kind != "" {
		b = append(b, kind...)
		b = append(b, 0, 0)
	}
	return ck("COMM", b...)
}

func ssnd(samples ...byte) []byte { return ck("SSND", append(make([]byte, 8), samples...)...) }

func form(kind string, chunks ...[]byte) []byte {
	body := append([]byte(kind), bytes.Join(chunks, nil)...)
	return append(binary.BigEndian.AppendUint32([]byte("FORM"), uint32(len(body))), body...)
}

func TestLayouts(t *testing.T) {
	twelve := []byte{0x12, 0x30, 0xED, 0xD0}
	for _, c := range []struct {
		name string
		file []byte
		want []byte
		bits int
	}{
		{"samples first", form("AIFF", ssnd(1, 2, 3, 4), comm(1, 2, 16, "")), []byte{2, 1, 4, 3}, 16},
		{"12 bits in 16", form("AIFF", comm(1, 2, 12, ""), ssnd(twelve...)), []byte{0x30, 0x12, 0xD0, 0xED}, 12},
		{"8 bits with padding", form("AIFF", comm(1, 3, 8, ""), ssnd(0, 0x7F, 0x80)), []byte{0x80, 0xFF, 0}, 8},
		{"unsigned", form("AIFC", comm(1, 2, 8, "raw "), ssnd(0, 255)), []byte{0, 255}, 8},
		{"little", form("AIFC", comm(1, 2, 16, "sowt"), ssnd(1, 2, 3, 4)), []byte{1, 2, 3, 4}, 16},
		{"offset", form("AIFF", comm(1, 1, 16, ""), ck("SSND", 0, 0, 0, 2, 0, 0, 0, 0, 9, 9, 1, 2)), []byte{2, 1}, 16},
		{"other chunks", form("AIFC", ck("FVER", 1, 2, 3, 4), ck("ANNO", 'a'), comm(1, 1, 16, "NONE"), ck("MARK"), ssnd(1, 2), ck("NAME", 'x', 0xE9)), []byte{2, 1}, 16},
		{"in24", form("AIFC", comm(1, 1, 16, "in24"), ssnd(1, 2, 3)), []byte{3, 2, 1}, 16},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, units := readAll(t, c.file)
			f, err := wav.ParseFormat([]byte(tr.Runs[0].Specific))
			if got := bytes.Join(units, nil); !bytes.Equal(got, c.want) || err != nil || f.ValidBits != c.bits || !tr.Damage.Empty() {
				t.Errorf("% x, %+v, %v, %+v", got, f, err, tr.Damage)
			}
			if c.name == "other chunks" && (tr.Tags["title"] != "xé" || tr.Tags["comment"] != "a") {
				t.Errorf("%v", tr.Tags)
			}
		})
	}
}

func TestDamage(t *testing.T) {
	samples := bytes.Repeat([]byte{1, 2}, 3000)
	whole := form("AIFF", comm(1, 3000, 16, ""), ssnd(samples...))
	size := bytes.Index(whole, []byte("SSND")) + 4
	frames := bytes.Index(whole, []byte("COMM")) + 10
	for _, c := range []struct {
		name    string
		change  func(b []byte) []byte
		samples int64
		kind    track.DamageKind
		lost    int64
	}{
		{"cut", func(b []byte) []byte { return b[:len(b)-2000] }, 2000, track.CutEnd, 1},
		{"cut by much", func(b []byte) []byte { return b[:len(b)-5000] }, 500, track.CutEnd, 3},
		{"cut to the header", func(b []byte) []byte { return b[:size+10] }, 0, track.CutEnd, 0},
		{"never filled in", func(b []byte) []byte { clear(b[size : size+4]); clear(b[frames : frames+4]); return b }, 3000, track.BadIndex, 0},
		{"only the samples were not counted", func(b []byte) []byte { clear(b[frames : frames+4]); return b }, 3000, track.BadIndex, 0},
		{"the offset is wrong", func(b []byte) []byte { b[size+4] = 0x7F; return b }, 3000, track.BadIndex, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, _ := readAll(t, c.change(bytes.Clone(whole)))
			var n int64
			if len(tr.Runs) > 0 {
				n = tr.Runs[0].Samples
			}
			if d := tr.Damage; n != c.samples || d.Count != 1 || d.Places[0].Kind != c.kind || d.Lost != c.lost {
				t.Errorf("%d samples, %+v", n, d)
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
		{nil, ErrNotAIFF, ""},
		{form("8SVX"), ErrNotAIFF, ""},
		{form("AIFF"), ErrNoData, ""},
		{form("AIFF", comm(1, 1, 16, "")), ErrNoData, ""},
		{form("AIFF", ssnd(1, 2)), ErrNoData, ""},
		{form("AIFF", comm(0, 1, 16, ""), ssnd(1, 2)), ErrNoData, ""},
		{form("AIFF", comm(1, 1, 60, ""), ssnd(1, 2)), ErrNoData, ""},
		{form("AIFC", comm(1, 1, 16, "gsm "), ssnd(1, 2)), ErrCompressed, "GSM 6.10"},
		{form("AIFC", comm(1, 1, 16, "ima4"), ssnd(1, 2)), ErrCompressed, "IMA ADPCM"},
		{form("AIFC", comm(1, 1, 16, "zzzz"), ssnd(1, 2)), ErrCompressed, `"zzzz"`},
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
	if _, err := readertest.Read(t, r, func(p *track.Packet) { total += len(p.Data) }); err != nil {
		t.Fatal(err)
	}
	if total > len(b) {
		t.Fatalf("%d bytes of samples in %d", total, len(b))
	}
}

func TestHostile(t *testing.T) {
	for _, name := range []string{"big.aiff", "sowt.aifc"} {
		whole := load(t, "testdata/"+name)
		readertest.Cut(t, whole, func(b []byte) { check(t, b) })
		readertest.Flip(t, whole[:300], func(b []byte) { check(t, b) })
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	long := form("AIFC", comm(2, 5000, 16, "sowt"), ck("ANNO", 'a'), ssnd(make([]byte, 20000)...))
	for range 100 {
		check(t, readertest.Spoil(rnd, long, func(b []byte) { clear(b) }))
	}
}

func FuzzReader(f *testing.F) {
	f.Add(load(f, "testdata/big.aiff")[:300])
	f.Add(load(f, "testdata/sowt.aifc")[:300])
	f.Add(form("AIFC", comm(2, 2, 32, "fl32"), ssnd(make([]byte, 16)...)))
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b) })
}
