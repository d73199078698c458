package mp4

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
)

var allTags = tags.Tags{
	Title: "Débat d’été", Artist: "@hostess", AlbumArtist: "Hostess", Album: "X Spaces", Genre: "Podcast",
	Date: "2021-06-14", Comment: "Space 1ypKdEXvkMLGW", Description: strings.Repeat("été, ", 60),
	Encoder: "spaces 1.0", TrackNumber: 3, Free: []tags.Pair{{Name: "SPACE_ID", Value: "1ypKdEXvkMLGW"}},
}

func TestRoundTrip(t *testing.T) {
	for _, c := range []struct {
		name   string
		units  int
		config track.Config
		edits  []Edit
		want   []Edit
	}{
		{"one unit", 1, stereo48, nil, []Edit{{0, 1024}}},
		{"a chunk", 47, stereo48, nil, []Edit{{0, 47 * 1024}}},
		{"chunks and a rest", 1000, stereo48, nil, []Edit{{0, 1000 * 1024}}},
		{"whole chunks", 94, stereo48, nil, []Edit{{0, 94 * 1024}}},
		{"trimmed", 300, stereo48, []Edit{{1024, 200*1024 + 1}}, []Edit{{1024, 200*1024 + 1}}},
		{"two pieces", 300, stereo48, []Edit{{1024, 100 * 1024}, {103 * 1024, 100 * 1024}}, []Edit{{1024, 100 * 1024}, {103 * 1024, 100 * 1024}}},
		{"HE-AAC", 200, track.Config{Codec: track.HEAAC, SampleRate: 48000, Channels: 2, UnitSamples: 2048, Specific: "\x2b\x11\x88\x00"},
			[]Edit{{2048, 100000}}, []Edit{{2048, 100000}}},
		{"96 kHz", 200, track.Config{Codec: track.AACLC, SampleRate: 96000, Channels: 1, UnitSamples: 1024, Specific: "\x10\x08"}, nil, []Edit{{0, 200 * 1024}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			units := randomUnits(c.units)
			m := movieOf(c.config, units)
			m.Edits = c.edits
			m.Tags = allTags
			file := write(t, m, units)
			if again := write(t, m, units); !bytes.Equal(file, again) {
				t.Error("the same input gives other bytes")
			}
			r, got := readAll(t, file)
			sameUnits(t, got, units)
			if !slices.Equal(r.Edits(), c.want) {
				t.Errorf("edits %v, want %v", r.Edits(), c.want)
			}
			tr := r.Track()
			if len(tr.Runs) != 1 || tr.Runs[0].Config != c.config {
				t.Fatalf("runs %+v, want %+v", tr.Runs, c.config)
			}
			last := c.want[len(c.want)-1]
			if run := tr.Runs[0]; run.Skip != c.want[0].Start || run.Samples-run.Trim != last.Start+last.Samples {
				t.Errorf("run %+v, want %v", run, c.want)
			}
			if !tr.Damage.Empty() || tr.Video || tr.Tags["title"] != allTags.Title || tr.Tags["date"] != allTags.Date {
				t.Errorf("%+v", tr)
			}
			off, n, err := MediaStart(bytes.NewReader(file), int64(len(file)))
			if err != nil || off%mediaAlign != 0 || !bytes.Equal(file[off:], bytes.Join(units, nil)) || off+n != int64(len(file)) {
				t.Errorf("media at %d, %d bytes of %d, %v", off, n, len(file), err)
			}
		})
	}
}

// The boxes of a file, in order, and what stands in those that nothing else
// here looks at.
func TestStructure(t *testing.T) {
	units := randomUnits(100)
	m := movieOf(stereo48, units)
	m.Tags.Title = "title"
	file := write(t, m, units)
	w := &window{r: bytes.NewReader(file), size: int64(len(file)), ahead: headerAhead}
	var list []string
	content := make(map[string]string)
	var walk func(pos, end int64, path string)
	walk = func(pos, end int64, path string) {
		for pos < end {
			b, ok, err := w.box(pos, end)
			if err != nil || !ok || b.cut {
				t.Fatalf("%s: no box at %d: %+v, %v", path, pos, b, err)
			}
			pos = b.end
			name := path + string(b.kind[:])
			list = append(list, name)
			content[string(b.kind[:])] = string(file[b.body:b.end])
			switch string(b.kind[:]) {
			case "moov", "trak", "edts", "mdia", "minf", "stbl", "dinf", "udta":
				walk(b.body, b.end, name+"/")
			}
		}
	}
	walk(0, w.size, "")
	want := strings.Fields(`ftyp moov moov/mvhd moov/trak moov/trak/tkhd moov/trak/edts moov/trak/edts/elst moov/trak/mdia
		moov/trak/mdia/mdhd moov/trak/mdia/hdlr moov/trak/mdia/minf moov/trak/mdia/minf/smhd moov/trak/mdia/minf/dinf
		moov/trak/mdia/minf/dinf/dref moov/trak/mdia/minf/stbl moov/trak/mdia/minf/stbl/stsd moov/trak/mdia/minf/stbl/stts
		moov/trak/mdia/minf/stbl/stsc moov/trak/mdia/minf/stbl/stsz moov/trak/mdia/minf/stbl/stco moov/trak/mdia/minf/stbl/sgpd
		moov/trak/mdia/minf/stbl/sbgp moov/udta moov/udta/meta free mdat`)
	if !slices.Equal(list, want) {
		t.Errorf("boxes %v, want %v", list, want)
	}
	for kind, want := range map[string]string{
		"ftyp": "M4A \x00\x00\x02\x00M4A isommp42",
		"elst": "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x01\x90\x00\x00\x00\x00\x00\x00\x01\x00\x00",
		"sgpd": "\x01\x00\x00\x00roll\x00\x00\x00\x02\x00\x00\x00\x01\xFF\xFF",
		"sbgp": "\x00\x00\x00\x00roll\x00\x00\x00\x01\x00\x00\x00\x64\x00\x00\x00\x01",
		"stsc": "\x00\x00\x00\x00\x00\x00\x00\x02" + "\x00\x00\x00\x01\x00\x00\x00\x2F\x00\x00\x00\x01" + "\x00\x00\x00\x03\x00\x00\x00\x06\x00\x00\x00\x01",
		"mdhd": "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xBB\x80\x00\x01\x90\x00\x55\xC4\x00\x00",
		"mdat": string(bytes.Join(units, nil)),
	} {
		if content[kind] != want {
			t.Errorf("%s is % x, want % x", kind, content[kind], want)
		}
	}
	if n := len(content["tkhd"]); n != 84 {
		t.Errorf("tkhd has %d bytes", n)
	}
	if n := len(content["mvhd"]); n != 100 {
		t.Errorf("mvhd has %d bytes", n)
	}
}

func TestWriterRefuses(t *testing.T) {
	units := randomUnits(3)
	for name, change := range map[string]func(m *Movie){
		"MP3":                 func(m *Movie) { m.Config.Codec = track.MP3 },
		"no config":           func(m *Movie) { m.Config.Specific = "" },
		"no rate":             func(m *Movie) { m.Config.SampleRate = 0 },
		"no length of a unit": func(m *Movie) { m.Config.UnitSamples = 0 },
		"no units":            func(m *Movie) { m.Units = 0 },
		"too many units":      func(m *Movie) { m.Units = 1 << 40 },
		"empty unit":          func(m *Movie) { m.Size = func(int64) int { return 0 } },
		"huge unit":           func(m *Movie) { m.Size = func(int64) int { return 1 << 16 } },
		"edit before":         func(m *Movie) { m.Edits = []Edit{{-1, 10}} },
		"edit behind":         func(m *Movie) { m.Edits = []Edit{{3000, 100}} },
		"empty edit":          func(m *Movie) { m.Edits = []Edit{{0, 0}} },
		"GIF cover":           func(m *Movie) { m.Cover = []byte("GIF89a") },
	} {
		m := movieOf(stereo48, units)
		change(m)
		var b bytes.Buffer
		if _, err := NewWriter(&b, m); err == nil || !strings.HasPrefix(err.Error(), "mp4: ") || b.Len() > 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, b.Len())
		}
	}
}

func TestWriterHoldsPlan(t *testing.T) {
	units := randomUnits(3)
	open := func() *Writer {
		w, err := NewWriter(io.Discard, movieOf(stereo48, units))
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := open()
	if err := w.WriteUnit(make([]byte, len(units[0])+1)); err == nil || w.Close() == nil {
		t.Error("a unit of another size was taken")
	}
	w = open()
	w.WriteUnit(units[0])
	if err := w.Close(); err == nil {
		t.Error("closed with units missing")
	}
	w = open()
	for _, u := range units {
		w.WriteUnit(u)
	}
	if err := w.WriteUnit(units[0]); err == nil {
		t.Error("one unit too many was taken")
	}
}

var errFull = errors.New("no space left on device")

// A full is a writer with room for so many bytes.
type full int

func (f *full) Write(p []byte) (int, error) {
	n := min(len(p), int(*f))
	*f -= full(n)
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func TestWriterReportsFullDisk(t *testing.T) {
	units := randomUnits(2000)
	whole := len(write(t, movieOf(stereo48, units), units))
	for room := 0; room < whole; room += whole / 23 {
		f := full(room)
		w, err := NewWriter(&f, movieOf(stereo48, units))
		if err == nil {
			for _, u := range units {
				if err = w.WriteUnit(u); err != nil {
					break
				}
			}
			if err == nil {
				err = w.Close()
			}
		}
		if !errors.Is(err, errFull) {
			t.Errorf("room for %d of %d bytes: error %v", room, whole, err)
		}
	}
}

// A discard counts bytes, and keeps the first ones.
type discard struct {
	head []byte
	n    int64
}

func (d *discard) Write(p []byte) (int, error) {
	if room := 8<<20 - len(d.head); room > 0 {
		d.head = append(d.head, p[:min(room, len(p))]...)
	}
	d.n += int64(len(p))
	return len(p), nil
}

// sparse is a file that begins with head and is zeros otherwise.
type sparse struct {
	head []byte
	size int64
}

func (s *sparse) ReadAt(p []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), s.size-off))
	clear(p[:n])
	if off < int64(len(s.head)) {
		copy(p[:n], s.head[off:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Beyond 4 GiB the chunk offsets and the media box need 64 bits. The units
// themselves are never written here: only what stands before them counts.
func TestBeyond4GiB(t *testing.T) {
	const size, units = 60000, 75000
	m := movieOf(stereo48, nil)
	m.Units, m.Size = units, func(int64) int { return size }
	d := &discard{}
	w, err := NewWriter(d, m)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.w.Flush(); err != nil {
		t.Fatal(err)
	}
	start := w.MediaStart()
	if d.n != start {
		t.Fatalf("%d bytes before the media, which is to start at %d", d.n, start)
	}
	file := &sparse{d.head, start + size*units}
	off, n, err := MediaStart(file, file.size)
	if off != start || n != size*units || err != nil {
		t.Fatalf("media at %d, %d bytes, %v", off, n, err)
	}
	r, err := NewReader(file, file.size, track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(units) {
		s, err := r.sample()
		if err != nil || s.offset != start+i*size || s.size != size {
			t.Fatalf("unit %d is %+v, %v", i, s, err)
		}
	}
	if _, err := r.sample(); err != io.EOF {
		t.Error(err)
	}
}

// After 24 h at 48 kHz times need 64 bits.
func TestLongTimes(t *testing.T) {
	const units = 1<<32/1024 + 1000
	m := movieOf(stereo48, nil)
	m.Units, m.Size = units, func(int64) int { return 1 }
	m.Edits = []Edit{{0, 5}, {1 << 31, 1 << 31}}
	m.Created = time.Date(2021, 6, 14, 18, 0, 0, 0, time.UTC)
	d := &discard{}
	w, err := NewWriter(d, m)
	if err != nil {
		t.Fatal(err)
	}
	w.w.Flush()
	if i := bytes.Index(d.head, []byte("mdhd")); d.head[i+4] != 1 || binary.BigEndian.Uint64(d.head[i+28:]) != units*1024 {
		t.Errorf("mdhd % x", d.head[i:][:40])
	}
	if i := bytes.Index(d.head, []byte("mvhd")); d.head[i+4] != 1 && binary.BigEndian.Uint32(d.head[i+8:]) != 3706538400 {
		t.Errorf("mvhd % x", d.head[i:][:40])
	}
	win := &window{r: bytes.NewReader(d.head), size: int64(len(d.head)), ahead: headerAhead}
	elst, err := win.path(0, win.size, "moov", "trak", "edts", "elst")
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := win.readEdits(elst, 48000, 48000); !slices.Equal(got, m.Edits) || err != nil {
		t.Errorf("edits %v, %v", got, err)
	}
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcdef", 5, "ab…"}, {"éééé", 6, "é…"}} {
		t.Run(c.in, func(t *testing.T) {
			if got := shorten(c.in, c.n); got != c.want {
				t.Errorf("shorten(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
			}
		})
	}
}

// The bit rates of the decoder configuration, read from the file's bytes.
func TestBitRates(t *testing.T) {
	sizes := append(bytes.Repeat([]byte{100}, 470), bytes.Repeat([]byte{200}, 470)...)
	m := movieOf(stereo48, nil)
	m.Units, m.Size = int64(len(sizes)), func(i int64) int { return int(sizes[i]) }
	d := &discard{}
	w, err := NewWriter(d, m)
	if err != nil {
		t.Fatal(err)
	}
	w.w.Flush()
	i := bytes.Index(d.head, []byte{tagDecoderConfig, 0x80, 0x80, 0x80})
	c := d.head[i+5:]
	if c[0] != 0x40 || c[1] != 0x15 {
		t.Errorf("decoder configuration % x", c[:20])
	}
	got := [3]uint32{binary.BigEndian.Uint32(c[1:]) & 0xFFFFFF, binary.BigEndian.Uint32(c[5:]), binary.BigEndian.Uint32(c[9:])}
	if want := [3]uint32{200, 75000, 56250}; got != want {
		t.Errorf("buffer size, peak and average rate %v, want %v", got, want)
	}
}

// The type of a cover says how it is coded (QuickTime File Format,
// "Well-known types"): players that do not look at the picture go by it.
func TestCoverType(t *testing.T) {
	units := randomUnits(3)
	for image, want := range map[string]uint32{"\xFF\xD8\xFF\xE0JFIF": 13, "\x89PNG\r\n\x1A\n": 14} {
		m := movieOf(stereo48, units)
		m.Cover = []byte(image)
		file := write(t, m, units)
		i := bytes.Index(file, []byte("covr"))
		data := file[i+4:]
		if n := binary.BigEndian.Uint32(data); string(data[4:8]) != "data" || binary.BigEndian.Uint32(data[8:]) != want || string(data[16:n]) != image {
			t.Errorf("%q: % x, want type %d", image, data[:n], want)
		}
	}
}
