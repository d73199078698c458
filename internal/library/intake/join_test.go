package intake

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A cutter has the bytes of a recording and where its units begin.
type cutter struct {
	b       []byte
	offsets []int64
}

func newCutter(t *testing.T, seed uint64, start time.Time, change func(*fixture.Recording)) *cutter {
	t.Helper()
	r := fixture.Conversation(seed, start, 20, "guest1")
	if change != nil {
		change(&r)
	}
	b, _, err := r.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{b: b}
	rd, err := media.Open(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var u track.Packet
	for {
		if err := rd.Next(&u); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		c.offsets = append(c.offsets, u.Offset)
	}
	c.offsets = append(c.offsets, int64(len(b)))
	return c
}

// cut returns the units from first to end, with the tags between them.
func (c *cutter) cut(first, end int) []byte { return c.b[c.offsets[first]:c.offsets[end]] }

// silent is a recording of units that are all alike.
func silent(n int) []byte {
	return bytes.Repeat([]byte{0xff, 0xf1, 0x4c, 0x80, 1, 0x1f, 0xfc, 0}, n)
}

// TestJoins takes in pieces whose clock contradicts their numbers, and pieces
// that overlap.
func TestJoins(t *testing.T) {
	start := time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC)
	talk := newCutter(t, 7, start, nil)
	bare := newCutter(t, 7, start, func(r *fixture.Recording) { r.Tags = fixture.NoTags })
	other := newCutter(t, 8, start.Add(8*time.Second), func(r *fixture.Recording) { r.Seconds = 12 })
	back := newCutter(t, 9, start, func(r *fixture.Recording) {
		r.Gaps = []fixture.Gap{{Frame: 400, Lost: -time.Hour}}
	})
	all := len(talk.offsets) - 1
	unit := 1024.0 / 48000
	whole := importPieces(t, talk.b)
	for _, c := range []struct {
		name    string
		pieces  [][]byte
		samples int
		order   string
		overlap []float64 // of the pieces as they are joined
		damage  string
		same    bool // the sound is that of the whole recording
	}{
		{"in order", [][]byte{talk.cut(0, 400), talk.cut(400, all)}, all, "", []float64{0, 0}, "", true},
		{"against their numbers", [][]byte{talk.cut(400, all), talk.cut(0, 400)}, all, "clock", []float64{0, 0}, "", true},
		{"three", [][]byte{talk.cut(700, all), talk.cut(0, 400), talk.cut(400, 700)}, all, "clock", []float64{0, 0, 0}, "", true},
		{"overlap", [][]byte{talk.cut(0, 600), talk.cut(400, all)}, all, "", []float64{0, 200 * unit}, "", true},
		{"overlap, against their numbers", [][]byte{talk.cut(400, all), talk.cut(0, 600)}, all, "clock", []float64{0, 200 * unit}, "", true},
		{"a small overlap", [][]byte{talk.cut(0, 420), talk.cut(410, all)}, all, "", []float64{0, 10 * unit}, "", true},
		{"one within the other", [][]byte{talk.cut(0, all), talk.cut(200, 500)}, all, "", []float64{0, 300 * unit}, "", true},
		{"within, and one behind", [][]byte{talk.cut(0, 600), talk.cut(200, 500), talk.cut(600, all)}, all, "", []float64{0, 300 * unit, 0}, "", true},
		{"overlap without a clock", [][]byte{bare.cut(0, 600), bare.cut(560, all)}, all, "", nil, "", false},
		{"silence without a clock", [][]byte{silent(100), silent(80)}, 180, "", []float64{0, 0}, "", false},
		// 400 to 600 of the one are 8.53 s to 12.8 s of the clock, where the
		// other, which began at 8 s, has other sound.
		{"overlap of other sound", [][]byte{talk.cut(0, 600), other.b}, 600 + len(other.offsets) - 1 - 225, "", []float64{0, 225 * unit}, overlapping, false},
		{"a clock that was set back", [][]byte{back.b}, len(back.offsets) - 1, "", []float64{0}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := importPieces(t, c.pieces...)
			s := got.space
			if c.overlap == nil { // the fixture's voices come round again: nobody can tell
				c.samples = int(*s.Samples / 1024)
			}
			if d := *s.Samples - int64(c.samples)*1024; d != 0 {
				t.Errorf("%d samples, %d too many", *s.Samples, d)
			}
			if s.Order != c.order {
				t.Errorf("order %q, want %q", s.Order, c.order)
			}
			for i, want := range c.overlap {
				if d := math.Abs(s.Pieces[i].Overlap - want); d > 1e-3 {
					t.Errorf("piece %d overlaps by %.3f s, want %.3f s", i, s.Pieces[i].Overlap, want)
				}
			}
			if damaged := s.State == space.Damaged; damaged != (c.damage != "") || damaged && s.Damage.Kinds[c.damage] == 0 {
				t.Errorf("state %s, damage %+v", s.State, s.Damage)
			}
			if s.EndedAt.Before(s.StartedAt.Time) {
				t.Errorf("it ended %v, before it started %v", s.EndedAt, s.StartedAt)
			}
			told := 0
			for _, p := range s.Pieces {
				if p.Overlap > 0 {
					told++
				}
			}
			if s.Order != "" {
				told++
			}
			if len(got.notes) != told {
				t.Errorf("%d notes, want %d: %v", len(got.notes), told, got.notes)
			}
			if !c.same {
				return
			}
			if !bytes.Equal(got.units, whole.units) {
				t.Error("the units are not those of the whole recording")
			}
			if s.StartedAt.Sub(whole.space.StartedAt.Time).Abs() > 50*time.Millisecond || s.EndedAt.Sub(whole.space.EndedAt.Time).Abs() > 50*time.Millisecond {
				t.Errorf("from %v to %v, want %v to %v", s.StartedAt, s.EndedAt, whole.space.StartedAt, whole.space.EndedAt)
			}
			for _, r := range s.Timeline {
				if r.GapBefore > 0 {
					t.Errorf("a gap of %.3f s", r.GapBefore)
				}
			}
		})
	}
}

type joinedPieces struct {
	space *space.Space
	units []byte // of the playable file
	notes []string
}

// importPieces takes in the pieces of one Space, twice, and checks what must
// hold of any.
func importPieces(t *testing.T, pieces ...[]byte) joinedPieces {
	t.Helper()
	in, dir := t.TempDir(), t.TempDir()
	var paths []string
	for i, p := range pieces {
		name := filepath.Join(in, "space-"+firstID+"_"+strconv.Itoa(i)+".ts")
		if err := os.WriteFile(name, p, 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, name)
	}
	events, _ := take(t, dir, Options{}, paths...)
	var got joinedPieces
	for _, e := range events {
		if e.Problem != nil {
			got.notes = append(got.notes, e.Problem.Error())
			if e.Failed {
				t.Errorf("problem: %v", e.Problem)
			}
		}
	}
	clean(t, dir)
	first := tree(t, dir)
	if _, sum := take(t, dir, Options{}, paths...); sum.Unchanged != 1 {
		t.Errorf("the second import: %+v", sum)
	}
	sameTree(t, tree(t, dir), first)
	l := write(t, dir)
	defer l.Close()
	var err error
	if got.space, err = l.Load(firstID); err != nil {
		t.Fatal(err)
	}
	if len(got.space.Pieces) != len(pieces) {
		t.Fatalf("%d pieces, want %d", len(got.space.Pieces), len(pieces))
	}
	if got.space.Timeline[0].Piece == 0 && got.space.EndedAt.Sub(got.space.StartedAt.Time) > time.Minute {
		t.Fatalf("%v to %v", got.space.StartedAt, got.space.EndedAt)
	}
	err = l.Tags(t.Context(), got.space, func(tag *library.Tag) error {
		if d := tag.Wall.Sub(tag.NTP.Time).Abs(); float64(tag.Sample) >= got.space.Pieces[tag.Piece].Overlap*48000 && !tag.NTP.IsZero() && d > 100*time.Millisecond {
			t.Errorf("tag of %v lies at %v", tag.NTP, tag.Wall)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(got.space.File)))
	if err != nil {
		t.Fatal(err)
	}
	rd, err := media.Open(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var u track.Packet
	for {
		if err := rd.Next(&u); err == io.EOF {
			return got
		} else if err != nil {
			t.Fatal(err)
		}
		got.units = append(got.units, u.Data...)
	}
}
