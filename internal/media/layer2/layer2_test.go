package layer2

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

func TestParseHeader(t *testing.T) {
	for _, c := range []struct {
		b    [4]byte
		size int // 0: none
		want string
	}{
		{[4]byte{0xFF, 0xFD, 0x84, 0x64}, 384, "mp2 48000 Hz 2 ch"},
		{[4]byte{0xFF, 0xFD, 0xE2, 0xC0}, 1254, "mp2 44100 Hz 1 ch"},
		{[4]byte{0xFF, 0xFD, 0xEA, 0}, 1729, "mp2 32000 Hz 2 ch"},
		{[4]byte{0xFF, 0xF5, 0x84, 0xC0}, 384, "mp2 24000 Hz 1 ch"},
		{[4]byte{0xFF, 0xFF, 0xC0, 0}, 416, "mp1 44100 Hz 2 ch"},
		{[4]byte{0xFF, 0xFE, 0xC2, 0}, 420, "mp1 44100 Hz 2 ch"},
		{[4]byte{0xFF, 0xFB, 0x90, 0}, 0, ""},    // Layer III
		{[4]byte{0xFF, 0xFD, 0x04, 0x64}, 0, ""}, // free format
		{[4]byte{0xFF, 0xFD, 0xF4, 0x64}, 0, ""},
		{[4]byte{0xFF, 0xFD, 0x8C, 0x64}, 0, ""},
		{[4]byte{0xFF, 0xFD, 0x84, 0x66}, 0, ""}, // reserved emphasis
		{[4]byte{0xFF, 0xED, 0x84, 0x64}, 0, ""}, // MPEG-2.5
	} {
		h, err := ParseHeader(c.b[:])
		if c.size == 0 {
			if !errors.Is(err, ErrHeader) {
				t.Errorf("% x: %+v, %v", c.b, h, err)
			}
			continue
		}
		if err != nil || h.FrameSize() != c.size || h.Config().String() != c.want {
			t.Errorf("% x: %d bytes, %s, %v", c.b, h.FrameSize(), h.Config(), err)
		}
	}
}

// The tables have as many subbands, and their codes as many meanings, as the
// standards say.
func TestAllocations(t *testing.T) {
	for i, want := range []struct{ subbands, bits int }{{27, 88}, {30, 94}, {8, 26}, {12, 38}, {30, 75}} {
		subbands, bits := 0, 0
		for _, a := range allocations[i] {
			subbands += a.subbands
			bits += a.subbands * a.bits
			if len(a.steps) != 1<<a.bits {
				t.Errorf("table %d: %d codes of %d bits", i, len(a.steps), a.bits)
			}
		}
		if subbands != want.subbands || bits != want.bits {
			t.Errorf("table %d: %d subbands, %d bits", i, subbands, bits)
		}
	}
}

// The transform by halves is the matrix of the standard, and its window.
func TestBankIsThatOfTheStandard(t *testing.T) {
	var b bank
	b.init()
	rnd := rand.New(rand.NewPCG(1, 2))
	var past [1024]float64
	for range 40 {
		var in, out [subbands]float64
		for i := range in {
			in[i] = rnd.Float64() - 0.5
		}
		b.slot(&out, &in)
		copy(past[64:], past[:])
		for i := range 64 {
			past[i] = 0
			for k, s := range in {
				past[i] += s * math.Cos(float64((16+i)*(2*k+1))*math.Pi/64)
			}
		}
		for j, got := range out {
			want := 0.0
			for i := range 8 {
				want += past[128*i+j]*b.window[64*i+j] + past[128*i+96+j]*b.window[64*i+32+j]
			}
			if math.Abs(got-want) > 1e-12 {
				t.Fatalf("sample %d: %v, not %v", j, got, want)
			}
		}
	}
}

// frames returns frames of Layer II of which every number is random.
func frames(n int) []byte {
	rnd := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, 384*n)
	for i := range b {
		b[i] = byte(rnd.IntN(255)) // never a sync word
	}
	for i := range n {
		f := b[384*i:]
		copy(f, []byte{0xFF, 0xFD, 0x84, 0x64})
		// All subbands are silent but the lowest, whose allocation is 3 steps.
		clear(f[4:48])
		f[4] = 0x10
	}
	return b
}

func TestReader(t *testing.T) {
	whole := frames(10)
	tag := append([]byte("ID3\x04\x00\x00\x00\x00\x00\x0a"), make([]byte, 10)...)
	old := append([]byte("TAG"), make([]byte, 125)...)
	for _, c := range []struct {
		name  string
		b     []byte
		units int64
		kinds []track.DamageKind
	}{
		{"whole", whole, 10, nil},
		{"tags", bytes.Join([][]byte{tag, whole, old}, nil), 10, nil},
		{"a tag between", bytes.Join([][]byte{whole, tag, whole}, nil), 20, nil},
		{"cut end", whole[:9*384+100], 9, []track.DamageKind{track.CutEnd}},
		{"cut start", whole[100:], 9, []track.DamageKind{track.Junk}},
		{"junk", bytes.Join([][]byte{whole, make([]byte, 5000), whole}, nil), 20, []track.DamageKind{track.Junk}},
		{"much junk", bytes.Join([][]byte{whole, make([]byte, 100000), whole}, nil), 20, []track.DamageKind{track.Junk}},
		{"bytes missing", bytes.Join([][]byte{whole[:5*384+100], whole[6*384:]}, nil), 9, []track.DamageKind{track.Junk}},
	} {
		t.Run(c.name, func(t *testing.T) {
			samples, tr := decoded(t, c.b)
			if len(tr.Runs) != 1 || tr.Runs[0].Units != c.units || len(samples) != int(c.units)*2*1152 {
				t.Errorf("%+v", tr.Runs)
			}
			var kinds []track.DamageKind
			for _, d := range tr.Damage.Places {
				kinds = append(kinds, d.Kind)
			}
			if len(kinds) != len(c.kinds) || len(kinds) > 0 && kinds[0] != c.kinds[0] {
				t.Errorf("%+v", tr.Damage)
			}
		})
	}
	for _, b := range [][]byte{nil, make([]byte, 5000), whole[:200]} {
		if _, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{}); !errors.Is(err, ErrNoFrames) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
}

func TestDamagedFrames(t *testing.T) {
	d := NewDecoder()
	full := bytes.Repeat([]byte{0xFF}, 384)
	copy(full, []byte{0xFF, 0xFD, 0x84, 0x04}) // more bits than the frame has
	first := bytes.Repeat([]byte{0xFF}, 420)
	copy(first, []byte{0xFF, 0xFE, 0xC2, 0}) // allocations of 15
	for _, frame := range [][]byte{full, first, full[:100]} {
		if got, err := d.Decode(nil, frame); !errors.Is(err, ErrDamaged) || len(got) > 0 {
			t.Errorf("%d samples, %v", len(got), err)
		}
	}
}

// Whatever a file says, the Reader keeps what every Reader promises, and the
// decoder makes as many samples as a frame lasts, or none.
func FuzzFrames(f *testing.F) {
	f.Add(frames(3))
	f.Add(bytes.Repeat(append([]byte{0xFF, 0xFF, 0x10, 0x50, 0x22}, make([]byte, 27)...), 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
		if err != nil {
			return
		}
		d := NewDecoder()
		if _, err := readertest.Read(t, r, func(p *track.Packet) {
			got, err := d.Decode(nil, p.Data)
			if want := p.Samples * r.Track().Runs[p.Run].Channels; err == nil && len(got) != want || err != nil && len(got) > 0 {
				t.Fatalf("%d samples, not %d, %v", len(got), want, err)
			}
		}); err != nil && !errors.Is(err, track.ErrTooManyRuns) {
			t.Fatal(err)
		}
	})
}
