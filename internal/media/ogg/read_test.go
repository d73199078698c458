package ogg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

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

func load(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// ffmpeg finds the same units, and decodes as many samples as the Reader says
// are played.
func TestUnitsAreThoseOfFFmpeg(t *testing.T) {
	for _, c := range []struct {
		name, args string
		want       track.Codec
	}{
		{"mono.opus", "-c:a libopus -ac 1", track.Opus},
		{"stereo.ogg", "-c:a libopus -ac 2 -b:a 160k", track.Opus},
		{"short.opus", "-c:a libopus -t 0.1", track.Opus},
		{"long frames.opus", "-c:a libopus -frame_duration 60", track.Opus},
		{"short frames.opus", "-c:a libopus -frame_duration 2.5 -application lowdelay", track.Opus},
		{"pages.opus", "-c:a libopus -page_duration 20000", track.Opus},
		{"flac.oga", "-c:a flac -ac 2", track.FLAC},
		{"large.oga", "-c:a flac -ac 2 -frame_size 32768 -sample_fmt s32 -filter:a aeval=random(0):c=same", track.FLAC},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := readertest.Make(t, c.name, slices.Concat([]string{"-f", "lavfi", "-i", "sine=440:duration=3.3:sample_rate=48000"}, strings.Fields(c.args), []string{"-metadata", "title=Débat"})...)
			tr, units := readAll(t, load(t, file))
			if !tr.Damage.Empty() || len(tr.Runs) != 1 || tr.OtherTracks != 0 || tr.Tags["title"] != "Débat" {
				t.Fatalf("%+v", tr)
			}
			run := tr.Runs[0]
			want := readertest.PacketHashes(t, file)
			if run.Codec != c.want || len(units) != len(want) {
				t.Fatalf("%d units, not %d; %v", len(units), len(want), run.Config)
			}
			for i, u := range units {
				if readertest.Hash(u) != want[i] {
					t.Fatalf("unit %d differs", i)
				}
			}
			decoded := readertest.FFmpeg(t, "-i", file, "-f", "s16le", "-c:a", "pcm_s16le", "-")
			if n := int64(len(decoded) / 2 / run.Channels); n != run.Played() {
				t.Errorf("%d samples are played, ffmpeg decodes %d; skip %d, trim %d", run.Played(), n, run.Skip, run.Trim)
			}
		})
	}
}

// Of files with pictures and several streams the first one that can be read is
// read.
func TestStreams(t *testing.T) {
	file := readertest.Make(t, "video.ogv", "-f", "lavfi", "-i", "testsrc=d=2:s=160x90:r=10", "-f", "lavfi", "-i", "sine=440:duration=2", "-f", "lavfi", "-i", "sine=220:duration=2",
		"-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:v", "libtheora", "-c:a:0", "libspeex", "-ar:a:0", "16000", "-c:a:1", "libopus")
	tr, units := readAll(t, load(t, file))
	want := readertest.FFmpeg(t, "-i", file, "-map", "0:a:1", "-c", "copy", "-f", "data", "-")
	if string(bytes.Join(units, nil)) != want || !tr.Video || tr.OtherTracks != 1 || !tr.Damage.Empty() {
		t.Errorf("%d units, %+v", len(units), tr)
	}
}

func TestRefuses(t *testing.T) {
	first := func(packet string) []byte {
		var b bytes.Buffer
		p := pages{w: &b, serial: 5}
		if err := p.writePacket(flagFirst, 0, []byte(packet)); err != nil {
			t.Fatal(err)
		}
		if err := p.writePacket(flagLast, 0, []byte("packet")); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for _, c := range []struct {
		file []byte
		want error
		says string
	}{
		{nil, ErrNotOgg, ""},
		{[]byte("OggS and something else"), ErrNotOgg, ""},
		{first("\x80theora"), ErrNoAudio, ""},
		{first("fishead\x00"), ErrNoAudio, ""},
		{first("\x01vorbis..."), ErrCodec, "Vorbis"},
		{first("Speex   1.2"), ErrCodec, "Speex"},
		{first("OpusHead"), ErrCodec, ""},
		{first("\x7FFLAC\x01\x00\x00\x00fLaC"), ErrCodec, "STREAMINFO"},
		{slices.Concat(first("fishead\x00"), first("\x01vorbis...")), ErrNoAudio, ""}, // the second one is joined, not beside it
	} {
		_, err := NewReader(bytes.NewReader(c.file), int64(len(c.file)), track.Options{})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%.20q: %v", c.file, err)
		}
	}
}

// sound returns a file of so many packets, whose bytes tell them apart.
func sound(t testing.TB, packets, first int, size func(i int) int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, Opus{Channels: 1, PreSkip: 312, InputRate: OpusRate, Samples: int64(packets)*frameSamples - 500, Comments: []Comment{{"TITLE", "Débat"}}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range packets {
		data := append([]byte{0xF8, byte(first + i), byte((first + i) >> 8)}, make([]byte, size(i))...)
		if err := w.WritePacket(data, frameSamples); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func numbers(units [][]byte) (list []int) {
	for _, u := range units {
		list = append(list, int(u[1])|int(u[2])<<8)
	}
	return list
}

func span(from, to int) (list []int) {
	for i := from; i < to; i++ {
		list = append(list, i)
	}
	return list
}

// What the Writer writes comes back, and so do files that are joined.
func TestChain(t *testing.T) {
	a := sound(t, 130, 0, func(i int) int { return i })
	b := sound(t, 70, 130, func(i int) int { return 40 })
	tr, units := readAll(t, a)
	if run := tr.Runs[0]; !slices.Equal(numbers(units), span(0, 130)) || run.Skip != 312 || run.Trim != 500-312 || !tr.Damage.Empty() || tr.Tags["title"] != "Débat" {
		t.Fatalf("%+v", tr)
	}
	other := bytes.Clone(b)
	for at := 0; at < len(other); { // another serial number
		n := 27 + int(other[at+26])
		for _, v := range other[at+27 : at+n] {
			n += int(v)
		}
		binary.LittleEndian.PutUint32(other[at+14:], 99)
		clear(other[at+22 : at+26])
		binary.LittleEndian.PutUint32(other[at+22:], crc(other[at:at+n]))
		at += n
	}
	for _, b := range [][]byte{b, other} {
		tr, units = readAll(t, slices.Concat(a, b))
		if len(tr.Runs) != 2 || !slices.Equal(numbers(units), span(0, 200)) || !tr.Damage.Empty() {
			t.Fatalf("%+v", tr)
		}
		for i, want := range []int64{130, 70} {
			if run := tr.Runs[i]; run.Units != want || run.Skip != 312 || run.Trim != 500-312 || run.Played() != want*frameSamples-500 {
				t.Errorf("run %d: %+v", i, run)
			}
		}
	}
	// As a live stream is recorded: its positions do not begin at 0.
	list := readPages(t, a)
	var live bytes.Buffer
	p := pages{w: &live, serial: 1}
	for i, page := range list {
		if i == 2 {
			continue
		}
		position := page.position
		if i > 2 {
			position += 1e9
		}
		lacing := []byte{}
		for j, packet := range page.packets {
			if lacing = appendLacing(lacing, len(packet)); j == len(page.packets)-1 && !page.ends {
				lacing = lacing[:len(lacing)-1]
			}
		}
		if err := p.write(page.flags, position, lacing, bytes.Join(page.packets, nil)); err != nil {
			t.Fatal(err)
		}
	}
	tr, units = readAll(t, live.Bytes())
	if run := tr.Runs[0]; run.Units != 130-50 || run.Trim != 500-312 || !tr.Damage.Empty() {
		t.Errorf("%d units, %+v", len(units), tr)
	}
}

func TestDamage(t *testing.T) {
	whole := sound(t, 500, 0, func(i int) int { return 100 })
	var at []int // of pages
	for i := 0; i < len(whole); {
		at = append(at, i)
		n := 27 + int(whole[i+26])
		for _, v := range whole[i+27 : i+n] {
			n += int(v)
		}
		i += n
	}
	if len(at) != 12 {
		t.Fatalf("%d pages", len(at))
	}
	without := func(from, to int) []int { return slices.Concat(span(0, from), span(to, 500)) }
	for _, c := range []struct {
		name   string
		change func(b []byte) []byte
		units  []int
		kind   track.DamageKind
		lost   int64
	}{
		{"a bit", func(b []byte) []byte { b[at[4]+500] ^= 4; return b }, without(100, 150), track.LostPackets, 50},
		{"no page", func(b []byte) []byte { return slices.Delete(b, at[4], at[5]) }, without(100, 150), track.LostPackets, 50},
		{"zeros", func(b []byte) []byte { clear(b[at[4]:at[5]]); return b }, without(100, 150), track.Junk, 50},
		{"junk between pages", func(b []byte) []byte { return slices.Insert(b, at[4], []byte("OggX junk OggS")...) }, span(0, 500), track.Junk, 0},
		{"cut in a page", func(b []byte) []byte { return b[:len(b)-1] }, span(0, 450), track.CutEnd, 1},
		{"cut in the header of a page", func(b []byte) []byte { return b[:at[11]+10] }, span(0, 450), track.CutEnd, 1},
		{"cut between pages", func(b []byte) []byte { return b[:at[11]] }, span(0, 450), track.CutEnd, 0},
		{"a frame that is none", func(b []byte) []byte {
			n := at[5] - at[4]
			i := bytes.Index(b, []byte{0xF8, 101, 0})
			copy(b[i:], []byte{0xFB, 0})
			clear(b[at[4]+22 : at[4]+26])
			binary.LittleEndian.PutUint32(b[at[4]+22:], crc(b[at[4]:at[4]+n]))
			return b
		}, without(101, 102), track.BadUnit, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			tr, units := readAll(t, c.change(bytes.Clone(whole)))
			if got := numbers(units); !slices.Equal(got, c.units) {
				t.Errorf("%d units, %v", len(got), got)
			}
			if d := tr.Damage; d.Count != 1 || d.Places[0].Kind != c.kind || d.Lost != c.lost {
				t.Errorf("damage %+v", d)
			}
			if cut := c.kind == track.CutEnd; cut == (tr.Runs[0].Trim == 500-312) {
				t.Errorf("trim %d", tr.Runs[0].Trim)
			}
		})
	}
}

// Packets across pages, of which one is lost, take no other packet with them.
func TestLargePackets(t *testing.T) {
	var b bytes.Buffer
	p := pages{w: &b, serial: 1}
	write := func(flags byte, packet []byte) {
		if err := p.writePacket(flags, noPosition, packet); err != nil {
			t.Fatal(err)
		}
	}
	write(flagFirst, []byte("OpusHead\x01\x01\x00\x00\x80\xBB\x00\x00\x00\x00\x00"))
	write(0, []byte("OpusTags\x00\x00\x00\x00\x00\x00\x00\x00"))
	for i := range 4 {
		write(0, append([]byte{0xF8, byte(i), 0}, make([]byte, 200000)...))
	}
	whole := b.Bytes()
	_, units := readAll(t, whole)
	if got := numbers(units); !slices.Equal(got, span(0, 4)) || len(units[2]) != 200003 {
		t.Fatalf("%v", got)
	}
	at := bytes.Index(whole, []byte{0xF8, 1, 0})
	for n := 10; n < 200000; n += 1000 {
		damaged := bytes.Clone(whole)
		damaged[at+n] ^= 1
		tr, units := readAll(t, damaged)
		if got := numbers(units); !slices.Equal(got, []int{0, 2, 3}) {
			t.Fatalf("%d: units %v, %+v", n, got, tr.Damage)
		}
	}
}

// check reads any bytes.
func check(t testing.TB, b []byte) {
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		return
	}
	total := 0
	_, err = readertest.Read(t, r, func(p *track.Packet) {
		total += len(p.Data)
		if p.Offset < 0 || p.Offset >= int64(len(b)) {
			t.Fatalf("a unit at %d of %d", p.Offset, len(b))
		}
	})
	if err != nil && !errors.Is(err, track.ErrTooManyRuns) {
		t.Fatal(err)
	}
	if total > len(b) {
		t.Fatalf("%d bytes of units in %d", total, len(b))
	}
}

func seeds(t testing.TB) [][]byte {
	short := sound(t, 4, 0, func(i int) int { return 10 })
	return [][]byte{load(t, "testdata/flac.oga"), load(t, "testdata/opus.opus"), short, slices.Concat(short, short)}
}

func TestHostile(t *testing.T) {
	for _, whole := range seeds(t) {
		readertest.Cut(t, whole[:min(len(whole), 2000)], func(b []byte) { check(t, b) })
		readertest.Flip(t, whole[:min(len(whole), 3000)], func(b []byte) { check(t, b) })
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	long := sound(t, 2000, 0, func(i int) int { return i % 90 })
	for range 100 {
		b := readertest.Spoil(rnd, long, func(b []byte) {
			for i := range b {
				b[i] = byte(rnd.Uint32())
			}
		})
		check(t, b)
		if !bytes.HasPrefix(b, long[:200]) { // the headers are damaged
			continue
		}
		if _, units := readAll(t, b); len(units) < 2000-readertest.Spots*2*50 {
			t.Fatalf("%d units are left", len(units))
		}
	}
	// What only looks like pages is not summed up over and over.
	like := append([]byte("OggS\x00\x00"), make([]byte, 20)...)
	like = append(like, 255)
	b := bytes.Repeat(append(like, bytes.Repeat([]byte{255}, 5)...), 1<<17)
	if _, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{}); !errors.Is(err, ErrNotOgg) {
		t.Errorf("%v", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		check(t, b)
		// Pages with the right CRC get further.
		b = bytes.Clone(b)
		for i := 0; i+27 <= len(b); i++ {
			if h, whole := parsePage(b[i:]); whole {
				clear(b[i+22 : i+26])
				binary.LittleEndian.PutUint32(b[i+22:], crc(b[i:i+h.size]))
				i += h.size - 1
			}
		}
		check(t, b)
	})
}
