package adts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/spaces-cli/spaces/internal/media/id3"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// check reads data, in large pieces and byte by byte, and holds the result
// against the rules that any input obeys.
func check(t *testing.T, data []byte) *scan {
	t.Helper()
	got, err := readAll(t, bytes.NewReader(data))
	if err != nil {
		if errors.Is(err, track.ErrTooManyRuns) {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	if err := account(data, got); err != nil {
		t.Fatal(err)
	}
	if len(data) > 1<<20 {
		return got
	}
	again, err := readAll(t, iotest.OneByteReader(bytes.NewReader(data)))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, again) {
		t.Fatal("the result depends on how the source is read")
	}
	return got
}

// account holds that units and damaged places ascend, do not overlap and,
// with whole tags in all the gaps between them, make up the file.
func account(data []byte, s *scan) error {
	type span struct{ from, to int64 }
	var spans []span
	end := int64(-1)
	for i, u := range s.units {
		if u.Samples != s.track.Runs[u.Run].UnitSamples {
			return fmt.Errorf("unit %d lasts %d samples", i, u.Samples)
		}
		if i > 0 && u.Offset <= s.units[i-1].Offset {
			return fmt.Errorf("unit %d lies at %d, the one before it at %d", i, u.Offset, s.units[i-1].Offset)
		}
		if u.Offset < end {
			continue // a further block of a frame
		}
		h, err := ParseHeader(data[u.Offset:])
		if err != nil {
			return fmt.Errorf("unit %d at %d: %v", i, u.Offset, err)
		}
		end = u.Offset + int64(h.Length)
		spans = append(spans, span{u.Offset, end})
	}
	for _, r := range s.track.Runs {
		if r.Samples != int64(r.UnitSamples)*r.Units {
			return fmt.Errorf("%d units have %d samples", r.Units, r.Samples)
		}
	}
	d := s.track.Damage
	if d.Count > int64(len(d.Places)) {
		return nil // places beyond MaxDamage are not listed
	}
	var skipped, lost int64
	for _, p := range d.Places {
		spans = append(spans, span{p.Offset, p.Offset + p.Bytes})
		skipped += p.Bytes
		lost += p.Lost
		if want := int64(len(slices.DeleteFunc(s.offsets(), func(at int) bool { return int64(at) >= p.Offset }))); p.Unit != want {
			return fmt.Errorf("damage at %d: Unit is %d, want %d", p.Offset, p.Unit, want)
		}
	}
	if skipped != d.Bytes || lost != d.Lost {
		return fmt.Errorf("damage adds up to %d bytes, %d units; stated are %d and %d", skipped, lost, d.Bytes, d.Lost)
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.from - b.from) })
	at := int64(0)
	for _, s := range append(spans, span{int64(len(data)), int64(len(data))}) {
		for at < s.from {
			h, ok := id3.ParseHeader(data[at:])
			if !ok {
				return fmt.Errorf("bytes at %d are not accounted for", at)
			}
			at += int64(h.Len())
		}
		if at != s.from {
			return fmt.Errorf("bytes at %d are counted twice", s.from)
		}
		at = s.to
	}
	if s.track.Bytes != int64(len(data)) {
		return fmt.Errorf("Bytes is %d, want %d", s.track.Bytes, len(data))
	}
	return nil
}

func TestReader(t *testing.T) {
	cases := []struct {
		name string
		// make appends to s and returns the offsets of the units to find.
		make   func(s *stream) []int
		damage []string // kind offset bytes unit lost
		events []string
		runs   []int64 // units
	}{
		{name: "empty", make: func(s *stream) []int { return nil }},
		{name: "frames only", make: func(s *stream) []int { return s.frames(lc48stereo, 9) }, runs: []int64{9}},
		{name: "one frame", make: func(s *stream) []int { return s.frames(lc48stereo, 1) }, runs: []int64{1}},
		{name: "tags between", make: func(s *stream) []int {
			s.Write(tag("N", "v"))
			at := s.frames(lc48stereo, 2)
			s.Write(tag("N", "v"))
			s.Write(tag("N", "v"))
			at = append(at, s.frames(lc48stereo, 1)...)
			s.Write(tag("N", "v"))
			return at
		}, runs: []int64{3}, events: []string{"0 0 0 0", "? 2 0 2048", "? 2 0 2048", "? 3 0 3072"}},
		{name: "tag before a change belongs to the new run", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 2)
			s.Write(tag("N", "v"))
			return append(at, s.frames(lc44mono, 2)...)
		}, runs: []int64{2, 2}, events: []string{"? 2 1 0"}},
		{name: "change with a tag after one frame", make: func(s *stream) []int {
			at := append(s.frames(lc48stereo, 2), s.frames(lc44mono, 1)...)
			s.Write(tag("N", "v"))
			return append(at, s.frames(lc44mono, 1)...)
		}, runs: []int64{2, 2}, events: []string{"? 3 1 1024"}},
		{name: "a single frame of other parameters", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 2)
			s.Write(s.rawFrame(lc44mono, 100))
			return append(at, s.frames(lc48stereo, 2)...)
		}, runs: []int64{4}, damage: []string{"bad-unit ? 100 2 1"}},
		{name: "starts in a frame", make: func(s *stream) []int {
			s.Write(s.rawFrame(lc48stereo, 300)[50:])
			return s.frames(lc48stereo, 3)
		}, runs: []int64{3}, damage: []string{"cut-start 0 250 0 0"}},
		{name: "starts in a tag", make: func(s *stream) []int {
			s.Write(tag("N", "v")[15:])
			return s.frames(lc48stereo, 3)
		}, runs: []int64{3}, damage: []string{"cut-start 0 10 0 0"}},
		{name: "starts in a frame before a tag", make: func(s *stream) []int {
			s.Write(s.rawFrame(lc48stereo, 300)[50:])
			s.Write(tag("N", "v"))
			return s.frames(lc48stereo, 3)
		}, runs: []int64{3}, damage: []string{"cut-start 0 250 0 0"}, events: []string{"250 0 0 0"}},
		{name: "last frame cut", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 3)
			s.Write(s.rawFrame(lc48stereo, 300)[:200])
			return at
		}, runs: []int64{3}, damage: []string{"cut-end ? 200 3 1"}},
		{name: "last header cut", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 3)
			s.Write(s.rawFrame(lc48stereo, 300)[:5])
			return at
		}, runs: []int64{3}, damage: []string{"cut-end ? 5 3 1"}},
		{name: "last tag cut", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 3)
			s.Write(tag("N", "v")[:20])
			return at
		}, runs: []int64{3}, damage: []string{"cut-end ? 20 3 0"}},
		{name: "last tag cut in its header", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 3)
			s.Write(tag("N", "v")[:4])
			return at
		}, runs: []int64{3}, damage: []string{"cut-end ? 4 3 0"}},
		{name: "cut frame in the middle", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 3)
			s.Write(s.rawFrame(lc48stereo, 300)[:200])
			return append(at, s.frames(lc48stereo, 3)...)
		}, runs: []int64{6}, damage: []string{"bad-unit ? 200 3 1"}},
		{name: "cut frame before a tag", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 3)
			s.Write(s.rawFrame(lc48stereo, 300)[:200])
			s.Write(tag("N", "v"))
			return append(at, s.frames(lc48stereo, 3)...)
		}, runs: []int64{6}, damage: []string{"bad-unit ? 200 3 1"}, events: []string{"? 3 0 3072"}},
		{name: "cut tag in the middle", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 3)
			s.Write(tag("N", strings.Repeat("v", 200))[:150])
			return append(at, s.frames(lc48stereo, 3)...)
		}, runs: []int64{6}, damage: []string{"junk ? 150 3 0"}},
		{name: "junk in the middle", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 3)
			s.Write(make([]byte, 20000))
			return append(at, s.frames(lc48stereo, 3)...)
		}, runs: []int64{6}, damage: []string{"junk ? 20000 3 0"}},
		{name: "junk at the end", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 3)
			s.WriteString("TAG" + strings.Repeat(" ", 125))
			return at
		}, runs: []int64{3}, damage: []string{"junk ? 128 3 0"}},
		{name: "nothing but junk", make: func(s *stream) []int {
			s.Write(make([]byte, 70000))
			return nil
		}, damage: []string{"junk 0 70000 0 0"}},
		{name: "large tag", make: func(s *stream) []int {
			s.Write(tag("N", strings.Repeat("v", 3<<20)))
			return s.frames(lc48stereo, 3)
		}, runs: []int64{3}},
		{name: "large tag cut", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 3)
			s.Write(tag("N", strings.Repeat("v", 3<<20))[:2<<20])
			return at
		}, runs: []int64{3}, damage: []string{"cut-end ? 2097152 3 0"}},
		{name: "tag of a wrong, huge size", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 3)
			b := tag("N", "v")
			b[6] = 0x40
			s.Write(b)
			return append(at, s.frames(lc48stereo, 3)...)
		}, runs: []int64{6}, damage: []string{"junk ? 25 3 0"}},
		{name: "several blocks in a frame", make: func(s *stream) []int {
			at := s.frames(lc48stereo, 3)
			b := s.rawFrame(lc48stereo, 300)
			b[6] |= 2
			s.Write(b)
			return append(at, s.frames(lc48stereo, 3)...)
		}, runs: []int64{6}, damage: []string{"bad-unit ? 300 3 3"}},
		{name: "several blocks with positions", make: func(s *stream) []int {
			const crc = 0xfffe4c80 & 0xfff0ffff
			b := s.rawFrame(crc, 7+4+102+102)
			b[6] |= 1
			b[7], b[8] = 0, 102
			at := []int{0, 7 + 4 + 102}
			s.Write(b)
			return append(at, s.frames(crc, 3)...)
		}, runs: []int64{5}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newStream()
			want := c.make(s)
			got := check(t, s.Bytes())
			if !slices.Equal(got.offsets(), want) {
				t.Errorf("units at %v\nwant     %v", got.offsets(), want)
			}
			var damage []string
			for _, d := range got.track.Damage.Places {
				damage = append(damage, fmt.Sprintln(d.Kind, d.Offset, d.Bytes, d.Unit, d.Lost))
			}
			same(t, "damage", damage, c.damage)
			same(t, "events", got.events, c.events)
			var runs []int64
			for _, r := range got.track.Runs {
				runs = append(runs, r.Units)
			}
			if !slices.Equal(runs, c.runs) {
				t.Errorf("runs of %v units, want %v", runs, c.runs)
			}
		})
	}
}

// same compares lists of lines whose beginnings want states field by field; ?
// stands for any field.
func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	ok := len(got) == len(want)
	for i := 0; ok && i < len(got); i++ {
		g := strings.Fields(got[i])
		for j, f := range strings.Fields(want[i]) {
			ok = ok && j < len(g) && (f == "?" || f == g[j])
		}
	}
	if !ok {
		t.Errorf("%s: %q\nwant %q", what, got, want)
	}
}

// A flipped bit in a header costs that frame at most, wherever the frame is,
// and the loss is stated.
func TestFlippedBits(t *testing.T) {
	s := newStream()
	s.Write(tag("N", "v"))
	at := s.frames(lc48stereo, 4)
	s.Write(tag("N", "v"))
	at = append(at, s.frames(lc48stereo, 4)...)
	for i, off := range at {
		for bit := range 56 {
			data := bytes.Clone(s.Bytes())
			data[off+bit/8] ^= 0x80 >> (bit % 8)
			got := check(t, data)
			missing := 0
			for j, o := range at {
				if !slices.Contains(got.offsets(), o) {
					missing++
					if j != i {
						t.Errorf("bit %d of frame %d: frame %d is lost", bit, i, j)
					}
				}
			}
			if len(got.units) != len(at)-missing {
				t.Errorf("bit %d of frame %d: %d units found, %d missing of %d", bit, i, len(got.units), missing, len(at))
			}
			if lost := got.track.Damage.Lost; lost < int64(missing) && i > 0 {
				t.Errorf("bit %d of frame %d: %d lost units stated, %d missing", bit, i, lost, missing)
			}
			if len(got.track.Runs) != 1 && i != len(at)-1 {
				t.Errorf("bit %d of frame %d: %d runs", bit, i, len(got.track.Runs))
			}
		}
	}
}

// Bytes missing anywhere cost the frames that they belong to and no others.
func TestMissingBytes(t *testing.T) {
	s := newStream()
	at := s.frames(lc48stereo, 8)
	for from := at[2]; from < at[4]; from++ {
		for _, n := range []int{1, 7, 50, 188} {
			data := slices.Concat(s.Bytes()[:from], s.Bytes()[from+n:])
			got := check(t, data).offsets()
			for i, off := range at {
				end := s.Len()
				if i+1 < len(at) {
					end = at[i+1]
				}
				switch {
				case end <= from && !slices.Contains(got, off),
					off >= from+n && !slices.Contains(got, off-n):
					t.Fatalf("%d bytes missing at %d: frame %d, at %d before, is lost", n, from, i, off)
				}
			}
		}
	}
}

// A file that is cut off or wrong anywhere is read to its end, and every byte of
// it is accounted for.
func TestHostileFiles(t *testing.T) {
	s := newStream()
	s.Write(tag("N", "v"))
	s.frames(lc48stereo, 4)
	s.Write(tag("N", "v"))
	s.frames(lc44mono, 3)
	readertest.Cut(t, s.Bytes(), func(b []byte) { check(t, b) })
	readertest.Flip(t, s.Bytes(), func(b []byte) { check(t, b) })
}

// Damage in a few places costs a few frames, and is stated.
func TestSpoiledFiles(t *testing.T) {
	s := newStream()
	const frames = 300
	s.frames(lc48stereo, frames)
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		b := readertest.Spoil(rnd, s.Bytes(), func(junk []byte) {
			for i := range junk {
				junk[i] = byte(rnd.Uint32())
			}
		})
		got := check(t, b)
		if n := len(got.units); n < frames-4*readertest.Spots || n > frames || n < frames && got.track.Damage.Empty() {
			t.Errorf("%d units of %d, damage %+v", n, frames, got.track.Damage)
		}
	}
}

func TestReaderErrors(t *testing.T) {
	s := newStream()
	s.Write(tag("N", "v"))
	s.frames(lc48stereo, 3)
	broken := errors.New("broken")

	_, err := readAll(t, io.MultiReader(bytes.NewReader(s.Bytes()), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("a source that fails: %v", err)
	}
	r := NewReader(bytes.NewReader(s.Bytes()), track.Options{OnEvent: func(*track.Event) error { return broken }})
	for range 2 {
		if err := r.Next(new(track.Packet)); err != broken {
			t.Errorf("a callback that fails: %v", err)
		}
	}
	for range track.MaxRuns/2 + 1 {
		s.frames(lc44mono, 2)
		s.frames(lc48stereo, 2)
	}
	if _, err := readAll(t, s); err != track.ErrTooManyRuns {
		t.Errorf("too many runs: %v", err)
	}
}

func TestStandingTags(t *testing.T) {
	s := newStream()
	frame := append([]byte("TIT2"), safe(6)...)
	frame = append(frame, "\x00\x00\x03Été"...)
	s.Write(append(append([]byte("ID3\x04\x00\x00"), safe(len(frame))...), frame...))
	s.frames(lc48stereo, 3)
	got := check(t, s.Bytes())
	if got.track.Tags["title"] != "Été" {
		t.Errorf("tags: %q", got.track.Tags)
	}
}

// A recording of an hour with four tags a second must not allocate by the
// unit or the tag.
func TestAllocations(t *testing.T) {
	data := recording(2 << 20)
	allocs := testing.AllocsPerRun(2, func() {
		r := NewReader(bytes.NewReader(data), track.Options{OnEvent: func(*track.Event) error { return nil }})
		var p track.Packet
		for r.Next(&p) == nil {
		}
	})
	if allocs > 50 {
		t.Errorf("%v allocations", allocs)
	}
}

// recording returns about n bytes of 96 kb/s audio with a tag each second.
func recording(n int) []byte {
	s := newStream()
	for s.Len() < n {
		s.Write(tag("HydraAudioLevel", "[63,0,12]"))
		for range 47 {
			s.Write(s.rawFrame(lc48stereo, 206+s.rnd.IntN(100)))
		}
	}
	return s.Bytes()
}

func BenchmarkReader(b *testing.B) {
	data := recording(50 << 20)
	file := b.TempDir() + "/a.ts"
	if err := os.WriteFile(file, data, 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := os.Open(file)
		if err != nil {
			b.Fatal(err)
		}
		r := NewReader(f, track.Options{OnEvent: func(*track.Event) error { return nil }})
		var p track.Packet
		for err == nil {
			err = r.Next(&p)
		}
		f.Close()
		if err != io.EOF || !r.Track().Damage.Empty() {
			b.Fatal(err, r.Track().Damage)
		}
	}
}

func FuzzReader(f *testing.F) {
	s := newStream()
	s.Write(tag("N", "v"))
	at := s.frames(lc48stereo, 4)
	s.Write(tag("N", "v"))
	s.frames(lc44mono, 3)
	f.Add(s.Bytes())
	f.Add(s.Bytes()[20 : s.Len()-20])
	f.Add(slices.Concat(s.Bytes()[:at[1]+50], s.Bytes()[at[2]-9:]))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 64<<10 {
			check(t, data)
		}
	})
}
