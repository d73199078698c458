package unithash

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// speech returns the units of a fixture and their configuration.
func speech(t testing.TB) (units [][]byte, c track.Config) {
	t.Helper()
	b, err := os.ReadFile("../../fixture/testdata/host.aac")
	if err != nil {
		t.Fatal(err)
	}
	r := adts.NewReader(bytes.NewReader(b), track.Options{})
	for {
		var p track.Packet
		if err := r.Next(&p); errors.Is(err, io.EOF) {
			return units, r.Track().Runs[0].Config
		} else if err != nil {
			t.Fatal(err)
		}
		units = append(units, bytes.Clone(p.Data))
	}
}

func hasher(t testing.TB, c track.Config) *Hasher {
	t.Helper()
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func builder(t testing.TB, c track.Config) *Builder {
	t.Helper()
	b, err := NewBuilder(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Of all bits of a unit those of global_gain alone leave its hash as it is.
func TestAACHash(t *testing.T) {
	units, c := speech(t)
	h := hasher(t, c)
	gains := make(map[int]bool)
	unit := units[len(units)/2]
	want := h.Hash(unit)
	for _, s := range h.unit.Streams {
		for i := range 8 {
			gains[s.Gain+i] = true
		}
	}
	if len(gains) != 16 {
		t.Fatalf("%d bits of global_gain", len(gains))
	}
	for i := range 8 * len(unit) {
		unit[i>>3] ^= 0x80 >> (i & 7)
		if got := h.Hash(unit); (got == want) != gains[i] {
			t.Errorf("bit %d: hash %x, was %x", i, got, want)
		}
		unit[i>>3] ^= 0x80 >> (i & 7)
	}
}

// mp3Frame is a frame of MPEG-1, 128 kbit/s, 44.1 kHz, stereo, whose side
// information and main data are n.
func mp3Frame(protected bool) []byte {
	b := bytes.Repeat([]byte{0xa5, 0x3c, 0x96}, 139)
	copy(b, []byte{0xff, 0xfb, 0x90, 0x00})
	if protected {
		b[1] &^= 1
	}
	return b
}

func TestMP3Hash(t *testing.T) {
	h := hasher(t, track.Config{Codec: track.MP3, SampleRate: 44100, Channels: 2, UnitSamples: 1152})
	for _, protected := range []bool{false, true} {
		frame := mp3Frame(protected)
		free := []int{23, 28, 29, 30, 31} // private; copyright, original, emphasis
		side := 32
		if protected {
			for i := range 16 {
				free = append(free, 32+i)
			}
			side += 16
		}
		// Side information: main_data_begin 9, private 3, scfsi 4 for each channel;
		// then the four parts of 59 bits, global_gain after 21.
		for part := range 4 {
			for i := range 8 {
				free = append(free, side+9+3+8+59*part+21+i)
			}
		}
		want := h.Hash(frame)
		for i := 24; i < 8*len(frame); i++ {
			frame[i>>3] ^= 0x80 >> (i & 7)
			// Emphasis 2 is reserved: that is no header.
			if got := h.Hash(frame); frame[3]&3 != 2 && (got == want) != slices.Contains(free, i) {
				t.Errorf("protected %v, bit %d: hash %x, was %x", protected, i, got, want)
			}
			frame[i>>3] ^= 0x80 >> (i & 7)
		}
	}
	silent := mp3Frame(false)
	clear(silent[4:36])
	if got := h.Hash(silent); got != Silence {
		t.Errorf("a frame without main data: %x", got)
	}
}

func TestFLACHash(t *testing.T) {
	h := hasher(t, track.Config{Codec: track.FLAC, SampleRate: 48000, Channels: 2})
	body := bytes.Repeat([]byte("sound"), 20)
	frame := func(variable byte, number []byte, crc8 byte, body []byte, crc16 ...byte) []byte {
		return slices.Concat([]byte{0xff, 0xf8 | variable, 0x7a, 0x18}, number, []byte{0x0f, 0xff, crc8}, body, crc16)
	}
	want := h.Hash(frame(0, []byte{5}, 1, body, 2, 3))
	for _, number := range [][]byte{{0}, {0x7f}, {0xc4, 0x80}, {0xe1, 0x80, 0x80}, {0xf1, 0x80, 0x80, 0x80}, {0xfe, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80}} {
		if got := h.Hash(frame(1, number, 9, body, 8, 7)); got != want {
			t.Errorf("number % x: %x, want %x", number, got, want)
		}
	}
	if got := h.Hash(frame(0, []byte{5}, 1, append(bytes.Clone(body[1:]), 'x'), 2, 3)); got == want {
		t.Error("other sound has the same hash")
	}
	if got := h.Hash(frame(0, []byte{5}, 1, []byte{0, 0, 0, 0, 0, 0}, 2, 3)); got != Silence {
		t.Errorf("a frame of one value: %x", got)
	}
}

// An excerpt has the entries of the whole that lie in it.
func TestIndex(t *testing.T) {
	units, c := speech(t)
	whole, part := builder(t, c), builder(t, c)
	const from, to = 100, 300
	for i, u := range units {
		whole.Add(u)
		if i >= from && i < to {
			part.Add(u)
		}
	}
	x, err := Parse(whole.Index().Append(nil))
	if err != nil || x.Units != int64(len(units)) || !slices.Equal(x.Entries, whole.Index().Entries) {
		t.Fatalf("%+v, %v", x, err)
	}
	var want []Entry
	for _, e := range x.Entries {
		if e.Unit >= from && e.Unit < to {
			want = append(want, Entry{e.Hash, e.Unit - from})
		}
	}
	if len(want) == 0 || !slices.Equal(part.Index().Entries, want) {
		t.Errorf("%v, want %v", part.Index().Entries, want)
	}
	b := x.Append(nil)
	for i := range b {
		b[i] ^= 4
		if _, err := Parse(b); err != ErrBadIndex {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		b[i] ^= 4
		if _, err := Parse(b[:i]); err != ErrBadIndex {
			t.Fatalf("cut after %d bytes: %v", i, err)
		}
	}
}

// Batches that are hashed at once come out in their order.
func TestIndexOfManyBatches(t *testing.T) {
	units, c := speech(t)
	b, h := builder(t, c), hasher(t, c)
	var want []Entry
	n := uint32(0)
	for seed := range byte(20) { // 50 batches
		for _, u := range units {
			u[len(u)/2] ^= seed // other sound, or damage
			if hash := h.Hash(u); Selects(hash) {
				want = append(want, Entry{hash, n})
			}
			b.Add(u)
			n++
		}
	}
	got := b.Index()
	if got.Units != int64(n) || !slices.Equal(got.Entries, want) {
		t.Errorf("%d units with %d entries, want %d with %d", got.Units, len(got.Entries), n, len(want))
	}
}

// A bug that a unit uncovers stops only whoever reads this file.
func TestPanicReachesTheCaller(t *testing.T) {
	units, c := speech(t)
	b := builder(t, c)
	b.batch.hasher.mask = func(*Hasher, []byte) ([]byte, bool) { panic("a bug") }
	b.Add(units[0])
	defer func() {
		if v := recover(); v != "a bug" {
			t.Errorf("it panics with %v", v)
		}
	}()
	b.Index()
	t.Error("it does not panic")
}

// What comes again and again is not kept again and again.
func TestIndexOfRepetition(t *testing.T) {
	units, c := speech(t)
	b := builder(t, c)
	for range 50 {
		for _, u := range units {
			b.Add(u)
		}
	}
	x := b.Index()
	if x.Units != int64(50*len(units)) || len(x.Entries) > maxRepeats*len(units)/16 {
		t.Errorf("%d entries of %d units", len(x.Entries), x.Units)
	}
}

func TestUnsupported(t *testing.T) {
	for _, codec := range []track.Codec{track.PCM} {
		if _, err := New(track.Config{Codec: codec}); !errors.As(err, new(*UnsupportedError)) {
			t.Errorf("%s: %v", codec, err)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	units, c := speech(t)
	h := hasher(t, c)
	for _, u := range units {
		h.Hash(u)
	}
	if n := testing.AllocsPerRun(5, func() {
		for _, u := range units {
			h.Hash(u)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzHash(f *testing.F) {
	units, c := speech(f)
	f.Add(units[40], byte(0))
	f.Add(mp3Frame(true), byte(1))
	f.Add([]byte{0xff, 0xf8, 0x7a, 0x18, 0xfe, 0x80, 0x80}, byte(2))
	f.Fuzz(func(t *testing.T, unit []byte, codec byte) {
		configs := []track.Config{c, {Codec: track.MP3}, {Codec: track.FLAC}}
		h := hasher(t, configs[int(codec)%len(configs)])
		was := bytes.Clone(unit)
		if a, b := h.Hash(unit), h.Hash(unit); a != b || !bytes.Equal(unit, was) {
			t.Errorf("%x, then %x", a, b)
		}
		x, err := Parse(unit)
		if err == nil && !bytes.Equal(x.Append(nil), unit) {
			t.Errorf("%+v is written in another way", x)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	units, c := speech(b)
	h := hasher(b, c)
	var n int64
	for _, u := range units {
		n += int64(len(u))
	}
	b.SetBytes(n)
	b.ReportAllocs()
	for b.Loop() {
		for _, u := range units {
			h.Hash(u)
		}
	}
}
