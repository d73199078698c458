package mp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// contentOf returns the bytes from the content of the first box of a kind on,
// to be changed in place. It goes by the name alone, as a hex editor would.
func contentOf(t testing.TB, file []byte, kind string) []byte {
	t.Helper()
	i := bytes.Index(file, []byte(kind))
	if i < 0 {
		t.Fatalf("no %q in the file", kind)
	}
	return file[i+4:]
}

func put32(b []byte, v ...uint32) {
	for i, v := range v {
		binary.BigEndian.PutUint32(b[4*i:], v)
	}
}

// check reads file to its end and checks what must be true of any file.
// It returns the reader, or why there is none.
func check(t testing.TB, file []byte) (*Reader, error) {
	t.Helper()
	size := int64(len(file))
	r, err := NewReader(bytes.NewReader(file), size, track.Options{})
	if err != nil {
		return nil, err
	}
	var n, total int64
	_, err = readertest.Read(t, r, func(p *track.Packet) {
		unit := int64(len(p.Data))
		if r.Track().Runs[p.Run].Codec == track.PCM { // converted, and joined from samples
			if n++; p.Offset < 0 || p.Offset > size || unit == 0 || unit > 2*size || p.Samples < 1 || p.Samples > track.PCMUnit {
				t.Fatalf("unit %d, %d bytes of %d samples at %d", n, unit, p.Samples, p.Offset)
			}
			return
		}
		if p.Offset < 0 || unit == 0 || p.Offset+unit > size || !bytes.Equal(p.Data, file[p.Offset:p.Offset+unit]) {
			t.Fatalf("unit %d, %d bytes at %d, is not in the file of %d bytes", n, unit, p.Offset, size)
		}
		if p.Samples < 1 || p.Samples > maxUnitSamples {
			t.Fatalf("unit %d lasts %d samples", n, p.Samples)
		}
		n++
		if total += unit; total > size {
			t.Fatalf("%d units of %d bytes from a file of %d bytes", n, total, size)
		}
	})
	tr := r.Track()
	if tr.Units() != n {
		t.Fatalf("the runs have %d units; read were %d", tr.Units(), n)
	}
	for i, run := range tr.Runs {
		if run.Skip < 0 || run.Trim < 0 || run.Skip+run.Trim > run.Samples {
			t.Fatalf("run %d: %+v", i, run)
		}
	}
	for _, d := range tr.Damage.Places {
		if d.Offset+d.Bytes > size {
			t.Fatalf("damage %+v in a file of %d bytes", d, size)
		}
	}
	for _, e := range r.Edits() {
		if e.Start < 0 || e.Samples < 0 {
			t.Fatalf("edit %+v", e)
		}
	}
	return r, err
}

// What files claim about themselves must not be believed further than their
// bytes go.
func TestDamagedFiles(t *testing.T) {
	units := randomUnits(200)
	whole := write(t, movieOf(stereo48, units), units)
	media, _, _ := MediaStart(bytes.NewReader(whole), int64(len(whole)))
	max32 := uint32(1<<32 - 1)
	for name, c := range map[string]struct {
		change func(f []byte) []byte
		err    error
		says   string // in the error
		units  int64  // that are read all the same
		damage track.DamageKind
		lost   int64 // -1: some
	}{
		"whole":             {func(f []byte) []byte { return f }, nil, "", 200, "", 0},
		"empty":             {func(f []byte) []byte { return nil }, ErrNotMP4, "", 0, "", 0},
		"HTML":              {func(f []byte) []byte { return []byte("<!DOCTYPE html><html>not found") }, ErrNotMP4, "", 0, "", 0},
		"zeros":             {func(f []byte) []byte { return make([]byte, 5000) }, ErrNotMP4, "", 0, "", 0},
		"no moov":           {func(f []byte) []byte { copy(f[bytes.Index(f, []byte("moov")):], "free"); return f }, ErrNoMoov, "incomplete", 0, "", 0},
		"only the type":     {func(f []byte) []byte { return f[:30] }, ErrNoMoov, "", 0, "", 0},
		"moov cut":          {func(f []byte) []byte { return f[:200] }, ErrNoMoov, "", 0, "", 0},
		"tables cut":        {func(f []byte) []byte { return f[:bytes.Index(f, []byte("stco"))] }, ErrNoMoov, "", 0, "", 0},
		"media missing":     {func(f []byte) []byte { return f[:media] }, nil, "", 0, track.CutEnd, 200},
		"media cut":         {func(f []byte) []byte { return f[:media+int64(len(units[0])+len(units[1])+1)] }, nil, "", 2, track.CutEnd, 198},
		"last byte cut":     {func(f []byte) []byte { return f[:len(f)-1] }, nil, "", 199, track.CutEnd, 1},
		"no sound":          {func(f []byte) []byte { copy(contentOf(t, f, "hdlr")[8:], "text"); return f }, ErrNoAudio, "", 0, "", 0},
		"encrypted":         {func(f []byte) []byte { copy(f[bytes.Index(f, []byte("mp4a")):], "enca"); return f }, ErrEncrypted, "", 0, "", 0},
		"ALAC":              {func(f []byte) []byte { copy(f[bytes.Index(f, []byte("mp4a")):], "alac"); return f }, ErrCodec, "Apple Lossless", 0, "", 0},
		"an unknown name":   {func(f []byte) []byte { copy(f[bytes.Index(f, []byte("mp4a")):], "zzzz"); return f }, ErrCodec, `"zzzz"`, 0, "", 0},
		"an unknown object": {func(f []byte) []byte { contentOf(t, f, "esds")[4+8+5] = 0xC1; return f }, ErrCodec, "0xc1", 0, "", 0},
		"no esds":           {func(f []byte) []byte { copy(f[bytes.Index(f, []byte("esds")):], "xxxx"); return f }, ErrCodec, "esds", 0, "", 0},
		"no ASC":            {func(f []byte) []byte { f[bytes.Index(f, []byte("\x05\x80\x80\x80\x02"))+4] = 0; return f }, ErrCodec, "AudioSpecificConfig", 0, "", 0},
		"AC-3 in mp4a":      {func(f []byte) []byte { contentOf(t, f, "esds")[4+8+5] = 0xA5; return f }, ErrCodec, "Dolby Digital (AC-3)", 0, "", 0},
		"no timescale":      {func(f []byte) []byte { put32(contentOf(t, f, "mdhd")[12:], 0); return f }, ErrCodec, "timescale", 0, "", 0},
		"no stsz":           {func(f []byte) []byte { copy(f[bytes.Index(f, []byte("stsz")):], "xxxx"); return f }, nil, "", 0, track.BadIndex, 0},
		"count lies":        {func(f []byte) []byte { put32(contentOf(t, f, "stsz")[8:], max32); return f }, nil, "", 200, track.BadIndex, -1},
		"units of 1 byte":   {func(f []byte) []byte { put32(contentOf(t, f, "stsz")[4:], 1, max32); return f }, nil, "", 200, track.BadIndex, -1},
		"endless chunks": {func(f []byte) []byte {
			put32(contentOf(t, f, "stsz")[4:], 1, max32)
			put32(contentOf(t, f, "stsc")[12:], max32)
			return f
		}, nil, "", int64(len(whole)) - media, track.CutEnd, -1},
		"overlapping chunks": {func(f []byte) []byte {
			put32(contentOf(t, f, "stsz")[4:], 1, max32)
			put32(contentOf(t, f, "stsc")[12:], 1<<20)
			put32(contentOf(t, f, "stco")[8:], 0, 0, 0, 0, 0)
			return f
		}, nil, "", int64(len(whole)), track.BadIndex, -1},
		"huge unit":         {func(f []byte) []byte { put32(contentOf(t, f, "stsz")[12+4*7:], max32); return f }, nil, "", -1, track.CutEnd, -1},
		"empty unit":        {func(f []byte) []byte { put32(contentOf(t, f, "stsz")[12+4*7:], 0); return f }, nil, "", 199, track.BadUnit, 1},
		"offset outside":    {func(f []byte) []byte { put32(contentOf(t, f, "stco")[8+4*1:], max32); return f }, nil, "", 153, track.CutEnd, 47},
		"chunk count lies":  {func(f []byte) []byte { put32(contentOf(t, f, "stco")[4:], max32); return f }, nil, "", 200, "", 0},
		"no chunks":         {func(f []byte) []byte { put32(contentOf(t, f, "stco")[4:], 0); return f }, nil, "", 0, track.BadIndex, 200},
		"empty chunks":      {func(f []byte) []byte { put32(contentOf(t, f, "stsc")[12:], 0); return f }, nil, "", -1, track.BadIndex, -1},
		"entry unknown":     {func(f []byte) []byte { put32(contentOf(t, f, "stsc")[16:], 2); return f }, nil, "", 12, track.BadIndex, 188},
		"no times":          {func(f []byte) []byte { put32(contentOf(t, f, "stts")[4:], 0); return f }, nil, "", 200, "", 0},
		"times lie":         {func(f []byte) []byte { put32(contentOf(t, f, "stts")[4:], max32, max32, max32); return f }, nil, "", 200, "", 0},
		"edit count lies":   {func(f []byte) []byte { put32(contentOf(t, f, "elst")[4:], max32); return f }, nil, "", 200, track.BadIndex, 0},
		"edit far outside":  {func(f []byte) []byte { put32(contentOf(t, f, "elst")[8:], max32, max32>>1); return f }, nil, "", 200, "", 0},
		"endless moov":      {func(f []byte) []byte { put32(f[bytes.Index(f, []byte("moov"))-4:], max32); return f }, nil, "", 200, "", 0},
		"junk behind":       {func(f []byte) []byte { return append(f, "TAG and so on"...) }, nil, "", 200, "", 0},
		"header of 3 bytes": {func(f []byte) []byte { put32(f, 3); return f }, ErrNotMP4, "", 0, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := check(t, c.change(slices.Clone(whole)))
			if !errors.Is(err, c.err) || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v, want %v saying %q", err, c.err, c.says)
			}
			if err != nil {
				return
			}
			d := r.Track().Damage
			if n := r.Track().Units(); n != c.units && c.units >= 0 {
				t.Errorf("%d units, want %d; damage %+v", n, c.units, d)
			}
			if c.damage == "" && !d.Empty() || c.damage != "" && !slices.ContainsFunc(d.Places, func(d track.Damage) bool { return d.Kind == c.damage }) {
				t.Errorf("damage %+v, want %q", d, c.damage)
			}
			if d.Lost != c.lost && (c.lost >= 0 || d.Lost == 0) {
				t.Errorf("%d units lost, want %d", d.Lost, c.lost)
			}
		})
	}
}

// Wherever a file ends or lies, what is read is in order.
func TestEveryByte(t *testing.T) {
	units := randomUnits(6)
	for i := range units {
		units[i] = units[i][:1+len(units[i])/10]
	}
	whole := write(t, movieOf(stereo48, units), units)
	readertest.Cut(t, whole, func(b []byte) { check(t, b) })
	readertest.Flip(t, whole, func(b []byte) { check(t, b) })
}

// Reading a file, whatever it claims, takes memory in proportion to its size
// at most.
func TestMemory(t *testing.T) {
	units := randomUnits(2000)
	whole := write(t, movieOf(stereo48, units), units)
	nested := bytes.Repeat([]byte("\x7F\xFF\xFF\xFFmdia"), 100000)
	empties := bytes.Repeat([]byte("\x00\x00\x00\x08trak"), 100000)
	head := []byte("\x00\x00\x00\x08ftyp\x7F\xFF\xFF\xFFmoov")
	for name, file := range map[string][]byte{
		"whole":   whole,
		"nested":  slices.Concat(head, []byte("\x7F\xFF\xFF\xFFtrak"), nested),
		"empties": slices.Concat(head, empties),
		"counts": func() []byte {
			f := slices.Clone(whole)
			for _, kind := range []string{"stsd", "stts", "stsc", "stco", "elst"} {
				put32(contentOf(t, f, kind)[4:], 1<<32-1)
			}
			put32(contentOf(t, f, "stsz")[8:], 1<<32-1)
			return f
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r, err := NewReader(bytes.NewReader(file), int64(len(file)), track.Options{})
			var p track.Packet
			for err == nil {
				err = r.Next(&p)
			}
			runtime.ReadMemStats(&after)
			if n := after.StackInuse - min(before.StackInuse, after.StackInuse); n > 1<<20 {
				t.Errorf("%s: the stack grew by %d bytes", name, n)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20+uint64(50*len(file)) {
				t.Errorf("%s: %d bytes allocated for a file of %d", name, n, len(file))
			}
		})
	}
}

// fragmented returns a fragmented file of units: perMoof of them in each
// fragment, behind a fragment of another track whose data comes first. Its
// timeline begins at 500, and the edit list says to play from 1024.
func fragmented(units [][]byte, perMoof int, tfhd, trun uint32) []byte {
	b := &builder{}
	b.fileType()
	p := &plan{Movie: &Movie{Config: stereo48}, edits: []Edit{{Start: 1024}}, perChunk: 1}
	b.box("moov", func() {
		b.fullBox("mvhd", 0, 0, func() { b.zero(8); b.u32(48000); b.zero(84) })
		b.box("trak", func() {
			b.trackHeader(p, audioTrack, 7)
			b.box("edts", func() { b.editList(p.edits) })
			b.box("mdia", func() { b.media(p) })
		})
		b.box("mvex", func() {
			b.fullBox("trex", 0, 0, func() {
				for _, v := range []uint32{1, 1, 1024, 0, 0} {
					b.u32(v)
				}
			})
		})
	})
	other := []byte("the pictures")
	for chunk := range slices.Chunk(units, perMoof) {
		data := bytes.Join(chunk, nil)
		start := len(b.buf)
		var offsets []int // of data offsets, to be corrected
		b.box("moof", func() {
			b.box("traf", func() {
				b.fullBox("tfhd", 0, tfhd&tfhdDefaultSize, func() {
					b.u32(2)
					if tfhd&tfhdDefaultSize != 0 {
						b.u32(uint32(len(other)))
					}
				})
				b.fullBox("trun", 0, trunDataOffset|trun&trunSize, func() {
					b.u32(1)
					offsets = append(offsets, len(b.buf))
					b.u32(0)
					if trun&trunSize != 0 {
						b.u32(uint32(len(other)))
					}
				})
			})
			b.box("traf", func() {
				b.fullBox("tfhd", 0, tfhd, func() {
					b.u32(1)
					if tfhd&tfhdBaseDataOffset != 0 {
						b.u64(uint64(start))
					}
					if tfhd&tfhdDefaultSize != 0 {
						b.u32(uint32(len(chunk[0])))
					}
				})
				b.fullBox("tfdt", 1, 0, func() { b.u64(500) })
				b.fullBox("trun", 0, trun, func() {
					b.u32(uint32(len(chunk)))
					if trun&trunDataOffset != 0 {
						if tfhd&(tfhdBaseDataOffset|tfhdBaseIsMoof) != 0 {
							offsets = append(offsets, len(b.buf))
						}
						b.u32(0)
					}
					for _, u := range chunk {
						if trun&trunDuration != 0 {
							b.u32(1024)
						}
						if trun&trunSize != 0 {
							b.u32(uint32(len(u)))
						}
					}
				})
			})
		})
		for i, at := range offsets {
			put32(b.buf[at:], uint32(len(b.buf)-start+8+i*len(other)))
		}
		b.box("mdat", func() { b.bytes(other); b.bytes(data) })
	}
	return b.buf
}

func TestFragments(t *testing.T) {
	units := randomUnits(100)
	alike := slices.Repeat([][]byte{[]byte("a unit")}, 100)
	for name, c := range map[string]struct {
		units      [][]byte
		tfhd, trun uint32
	}{
		"base of its own":              {units, tfhdBaseDataOffset, trunDataOffset | trunSize},
		"base is moof":                 {units, tfhdBaseIsMoof, trunDataOffset | trunSize | trunDuration},
		"behind the data before":       {units, 0, trunDataOffset | trunSize},
		"no offset":                    {units, 0, trunSize},
		"sizes as the header says":     {alike, tfhdDefaultSize | tfhdBaseIsMoof, trunDataOffset},
		"sizes, behind the one before": {alike, tfhdDefaultSize, 0},
	} {
		t.Run(name, func(t *testing.T) {
			file := fragmented(c.units, 7, c.tfhd, c.trun)
			r, got := readAll(t, file)
			sameUnits(t, got, c.units)
			if run := r.Track().Runs[0]; run.Skip != 524 || run.Trim != 0 || !r.Track().Damage.Empty() {
				t.Errorf("%+v, damage %+v", run, r.Track().Damage)
			}
			// Cut anywhere, what is left is read and what is missing is told.
			for n := len(file) - 1; n > 0; n -= 37 {
				if _, err := check(t, file[:n]); err != nil && !errors.Is(err, ErrNoMoov) && !errors.Is(err, ErrNotMP4) {
					t.Fatalf("cut to %d bytes: %v", n, err)
				}
			}
		})
	}
	t.Run("no sizes", func(t *testing.T) {
		r, err := check(t, fragmented(alike, 100, 0, 0))
		if err != nil || r.Track().Damage.Lost != 100 || r.Track().Units() != 0 {
			t.Errorf("%+v, %v", r.Track(), err)
		}
	})
}

// Two sample entries make two runs; the edit list reaches over both.
func TestRuns(t *testing.T) {
	units := randomUnits(94)
	m := movieOf(stereo48, units)
	m.Edits = []Edit{{2000, 94*1024 - 5000}}
	file := write(t, m, units)
	// A second sample entry, for mono, and a second entry in stsc by which
	// chunk 2 uses it. Behind them everything moves, the media too.
	w := &window{r: bytes.NewReader(file), size: int64(len(file)), ahead: headerAhead}
	stsd, err := w.path(0, w.size, "moov", "trak", "mdia", "minf", "stbl", "stsd")
	if err != nil {
		t.Fatal(err)
	}
	entry := slices.Clone(file[stsd.body+8 : stsd.end])
	mono := bytes.Replace(entry, []byte("\x11\x90"), []byte("\x11\x88"), 1)
	file = insert(t, file, int(stsd.end), mono, "moov", "trak", "mdia", "minf", "stbl", "stsd")
	put32(contentOf(t, file, "stsd")[4:], 2)
	stsc := bytes.Index(file, []byte("stsc"))
	file = insert(t, file, stsc+4+8+12, []byte{0, 0, 0, 2, 0, 0, 0, 47, 0, 0, 0, 2}, "moov", "trak", "mdia", "minf", "stbl", "stsc")
	put32(contentOf(t, file, "stsc")[4:], 2)

	r, got := readAll(t, file)
	sameUnits(t, got, units)
	runs := r.Track().Runs
	if len(runs) != 2 || runs[0].Channels != 2 || runs[1].Channels != 1 || runs[0].Units != 47 || runs[1].FirstUnit != 47 {
		t.Fatalf("runs %+v", runs)
	}
	if runs[0].Skip != 2000 || runs[0].Trim != 0 || runs[1].Skip != 0 || runs[1].Trim != 3000 {
		t.Errorf("runs %+v", runs)
	}
}

// insert puts data into a file before its media, makes the boxes longer that
// it falls into and moves both chunks back.
func insert(t *testing.T, file []byte, at int, data []byte, parents ...string) []byte {
	t.Helper()
	file = slices.Insert(file, at, data...)
	for _, kind := range parents {
		head := file[bytes.Index(file, []byte(kind))-4:]
		put32(head, binary.BigEndian.Uint32(head)+uint32(len(data)))
	}
	offsets := contentOf(t, file, "stco")[8:]
	for i := range 2 {
		put32(offsets[4*i:], binary.BigEndian.Uint32(offsets[4*i:])+uint32(len(data)))
	}
	return file
}

func TestITunSMPB(t *testing.T) {
	units := randomUnits(100)
	m := movieOf(stereo48, units)
	m.Tags.Free = []tags.Pair{{Name: "iTunSMPB", Value: " 00000000 00000840 00000170 0000000000018650 00000000 00000000"}}
	file := write(t, m, units)
	r, _ := readAll(t, file)
	if run := r.Track().Runs[0]; run.Skip != 0 || run.Trim != 0 {
		t.Errorf("with an edit list: %+v", run)
	}
	copy(file[bytes.Index(file, []byte("elst")):], "free")
	r, _ = readAll(t, file)
	if run := r.Track().Runs[0]; run.Skip != 0x840 || run.Played() != 0x18650 {
		t.Errorf("without an edit list: %+v plays %#x", run, run.Played())
	}
}

func TestRescale(t *testing.T) {
	for _, c := range []struct{ t, to, from, want int64 }{
		{1024, 48000, 48000, 1024}, {1000, 48000, 1000, 48000}, {37973, 48000, 1000, 1822704}, {1, 1, 2, 1}, {1, 1, 3, 0},
		{1 << 60, 1 << 31, 1, maxTicks}, {1 << 60, 1 << 31, 1 << 31, 1 << 60}, {-5, 1, 1, 0}, {5, 1, 0, 0},
	} {
		t.Run(fmt.Sprint(c.t, c.to, c.from), func(t *testing.T) {
			if got := rescale(c.t, c.to, c.from); got != c.want {
				t.Errorf("rescale(%d, %d, %d) = %d, want %d", c.t, c.to, c.from, got, c.want)
			}
		})
	}
}

func TestDescriptors(t *testing.T) {
	for name, c := range map[string]struct {
		esds   string
		object byte
		asc    string
	}{
		"short lengths": {"\x00\x00\x00\x00\x03\x16\x00\x00\x00\x04\x11\x40\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x02\x11\x90\x06\x01\x02", 0x40, "\x11\x90"},
		"all flags": {"\x00\x00\x00\x00\x03\x20\x00\x00\xE0\x00\x01\x02xy\x00\x02" +
			"\x04\x11\x40\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x02\x11\x90", 0x40, "\x11\x90"},
		"no special":  {"\x00\x00\x00\x00\x03\x12\x00\x00\x00\x04\x0d\x6B\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 0x6B, ""},
		"special cut": {"\x00\x00\x00\x00\x03\x7F\x00\x00\x00\x04\x7F\x40\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x20\x11", 0x40, "\x11"},
		"empty":       {"", 0, ""},
		"URL cut":     {"\x00\x00\x00\x00\x03\x7F\x00\x00\x40\xFF", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			object, asc := parseESDS([]byte(c.esds))
			if object != c.object || string(asc) != c.asc {
				t.Errorf("%s: %#x, % x", name, object, asc)
			}
		})
	}
}

func TestTagsReadBack(t *testing.T) {
	units := randomUnits(3)
	m := movieOf(stereo48, units)
	m.Tags = allTags
	r, _ := readAll(t, write(t, m, units))
	want := map[string]string{"title": allTags.Title, "artist": allTags.Artist, "album": allTags.Album, "date": allTags.Date, "comment": allTags.Comment}
	if got := r.Track().Tags; !maps.Equal(got, want) {
		t.Errorf("tags %v, want %v", got, want)
	}
}
