package mpegts

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// frames returns n ADTS frames, AAC-LC of 48 kHz stereo, of about 256 bytes
// each whose content is random.
func frames(n int) [][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	out := make([][]byte, n)
	for i := range out {
		f := make([]byte, 200+rnd.IntN(112))
		for k := range f {
			f[k] = byte(rnd.Uint32())
		}
		size := len(f)
		copy(f, []byte{0xFF, 0xF1, 0x4C, 0x80 | byte(size>>11), byte(size >> 3), byte(size<<5) | 0x1F, 0xFC})
		out[i] = f
	}
	return out
}

// A muxer writes a transport stream packet by packet.
type muxer struct {
	out bytes.Buffer
	cc  map[int]byte
}

// write splits data into the packets of one payload unit.
func (m *muxer) write(pid int, data []byte) {
	for start := true; len(data) > 0; start = false {
		p := make([]byte, packetSize)
		p[0] = syncByte
		binary.BigEndian.PutUint16(p[1:], uint16(pid))
		if start {
			p[1] |= 0x40
		}
		n := min(len(data), maxPayload)
		p[3] = 0x10 | m.cc[pid]
		m.cc[pid] = (m.cc[pid] + 1) & 15
		if n < maxPayload { // adaptation field of stuffing
			p[3] |= 0x20
			p[4] = byte(maxPayload - n - 1)
			for i := 6; i < packetSize-n; i++ {
				p[i] = 0xFF
			}
		}
		copy(p[packetSize-n:], data)
		data = data[n:]
		m.out.Write(p)
	}
}

// section writes a PSI section.
func (m *muxer) section(pid int, id byte, body []byte) {
	s := []byte{id, 0xB0, byte(len(body) + 9), 0, 1, 0xC1, 0, 0}
	s = append(s, body...)
	s = binary.BigEndian.AppendUint32(s, crc32(s))
	data := append([]byte{0}, s...)
	for len(data) < maxPayload {
		data = append(data, 0xFF)
	}
	m.write(pid, data)
}

// pes writes a PES packet.
func (m *muxer) pes(pid int, id byte, pts int64, data []byte) {
	p := []byte{0, 0, 1, id, 0, 0, 0x80, 0x80, 5,
		byte(0x21 | pts>>29&0xE), byte(pts >> 22), byte(pts>>14 | 1), byte(pts >> 7), byte(pts<<1 | 1)}
	binary.BigEndian.PutUint16(p[4:], uint16(len(data)+8))
	m.write(pid, append(p, data...))
}

const (
	pmtPID, audioPID, metaPID, videoPID = 0x1000, 0x100, 0x102, 0x101
)

// stream is a description of a transport stream to write.
type stream struct {
	kind   byte // stream type of the audio
	tables bool
	video  bool
	tags   map[int][]byte // before which frame there is which timed tag
	clock  int64          // of the first frame
}

// mux writes frames, five to a PES packet.
func mux(s stream, fs [][]byte) []byte {
	m := &muxer{cc: map[int]byte{}}
	for i := 0; i < len(fs); i += 5 {
		if s.tables && i%50 == 0 {
			m.section(0, 0, []byte{0, 1, 0xE0 | pmtPID>>8, pmtPID & 0xFF})
			pmt := []byte{0xE1, 0, 0xF0, 0}
			if s.video {
				pmt = append(pmt, 0x1B, 0xE0|videoPID>>8, videoPID&0xFF, 0xF0, 0)
			}
			pmt = append(pmt, s.kind, 0xE0|audioPID>>8, audioPID&0xFF, 0xF0, 0)
			if s.tags != nil {
				pmt = append(pmt, typeMetadata, 0xE0|metaPID>>8, metaPID&0xFF, 0xF0, 15)
				pmt = append(pmt, "\x26\x0D\xFF\xFFID3 \xFFID3 \x00\x0F"...)
			}
			m.section(pmtPID, 2, pmt)
		}
		if tag := s.tags[i]; tag != nil {
			m.pes(metaPID, 0xBD, s.clock, tag)
		}
		if s.video {
			m.pes(videoPID, 0xE0, s.clock, make([]byte, 700))
		}
		m.pes(audioPID, 0xC0, (s.clock+int64(i)*1920)&(ptsRange-1), bytes.Join(fs[i:min(i+5, len(fs))], nil))
	}
	return m.out.Bytes()
}

var plain = stream{kind: typeADTS, tables: true}

// read reads all of b and checks what must hold for every input.
func read(t testing.TB, b []byte, opts track.Options) (*Reader, [][]byte, error) {
	t.Helper()
	r := NewReader(bytes.NewReader(b), opts)
	last := int64(0)
	units, err := readertest.Read(t, r, func(p *track.Packet) {
		if p.Offset < last || p.Offset >= int64(len(b)) || b[p.Offset] != syncByte {
			t.Fatalf("unit at %d: not a packet, or before %d", p.Offset, last)
		}
		last = p.Offset
	})
	if err != nil {
		return r, units, err
	}
	tr := r.Track()
	if tr.Bytes != int64(len(b)) {
		t.Fatalf("the track has %d bytes, of %d", tr.Bytes, len(b))
	}
	offset, unit := int64(0), int64(0)
	for _, d := range tr.Damage.Places {
		if d.Offset < offset || d.Offset > int64(len(b)) || d.Unit < unit || d.Bytes < 0 || d.Lost < 0 {
			t.Fatalf("damage out of order: %+v", tr.Damage.Places)
		}
		offset, unit = d.Offset, d.Unit
	}
	// The first time stamp of M2TS comes on top, and of the last packet
	// anything up to its stride may be missing.
	ps := &r.es.packets
	if n := ps.packets*int64(ps.stride) + ps.skipped + ps.tagged - int64(len(b)); n < -m2tsPrefix || n >= 204 {
		t.Fatalf("%d packets and %d bytes of junk, of %d bytes", ps.packets, ps.skipped, len(b))
	}
	return r, units, nil
}

func mustRead(t testing.TB, b []byte) (*Reader, [][]byte) {
	t.Helper()
	r, units, err := read(t, b, track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r, units
}

// same reports how many of the units are among the frames, in order.
func same(units, fs [][]byte) int {
	n, k := 0, 0
	for _, u := range units {
		for i := k; i < len(fs); i++ {
			if bytes.Equal(fs[i][7:], u) {
				n, k = n+1, i+1
				break
			}
		}
	}
	return n
}

func pad(b []byte, before, after int) []byte {
	var out []byte
	for ; len(b) >= packetSize; b = b[packetSize:] {
		out = append(out, bytes.Repeat([]byte{byte(len(b) / packetSize)}, before)...)
		out = append(out, b[:packetSize]...)
		out = append(out, make([]byte, after)...)
	}
	return out
}

func TestShapes(t *testing.T) {
	fs := frames(200)
	video := plain
	video.video = true
	bare := plain
	bare.tables = false
	bareVideo := video
	bareVideo.tables = false
	wrap := plain
	wrap.clock = ptsRange - 100*1920
	for name, b := range map[string][]byte{
		"plain":             mux(plain, fs),
		"M2TS":              pad(mux(plain, fs), 4, 0),
		"204":               pad(mux(plain, fs), 0, 16),
		"video":             mux(video, fs),
		"no tables":         mux(bare, fs),
		"video, no tables":  mux(bareVideo, fs),
		"PTS wrap":          mux(wrap, fs),
		"joined":            append(mux(plain, fs[:100]), mux(plain, fs[100:])...),
		"each packet twice": twice(mux(plain, fs)),
	} {
		t.Run(name, func(t *testing.T) {
			r, units := mustRead(t, b)
			if len(units) != 200 || same(units, fs) != 200 || !r.Track().Damage.Empty() {
				t.Errorf("%d units, %d right, damage %+v", len(units), same(units, fs), r.Track().Damage.Places)
			}
			if wantVideo := name[:1] == "v"; r.Track().Video != wantVideo {
				t.Errorf("video %v", r.Track().Video)
			}
			run := r.Track().Runs[0]
			if run.Codec != track.AACLC || run.SampleRate != 48000 || run.Channels != 2 || len(r.Track().Runs) != 1 {
				t.Errorf("%+v", r.Track().Runs)
			}
		})
	}
}

// TestTagsBesidePackets: HLS packagers write ID3v2 tags in front of the packets
// of each chunk. They are no damage, and what they say is handed on.
func TestTagsBesidePackets(t *testing.T) {
	fs := frames(200)
	tag := func(n int) []byte {
		text := strings.Repeat("x", n)
		size := 11 + n
		return append([]byte{'I', 'D', '3', 4, 0, 0, 0, byte(size >> 14), byte(size >> 7 & 0x7f), byte(size & 0x7f),
			'T', 'I', 'T', '3', 0, byte((1 + n) >> 14), byte((1 + n) >> 7 & 0x7f), byte((1 + n) & 0x7f), 0, 0, 3}, text...)
	}
	huge := append([]byte{'I', 'D', '3', 3, 0, 0, 1, 0, 0, 0}, make([]byte, 1<<21)...)
	whole := mux(plain, fs)
	cut := slices.Concat(mux(plain, fs[:100]), tag(9), tag(500), mux(plain, fs[100:]))
	for _, c := range []struct {
		name  string
		in    []byte
		tags  int
		units int // where the last tag stands
	}{
		{"one", slices.Concat(tag(9), whole), 1, 0},
		{"two", slices.Concat(tag(9), tag(50), whole), 2, 0},
		{"with a byte like a packet's", slices.Concat(tag(0x47), whole), 1, 0},
		{"long", slices.Concat(tag(200_000), whole), 1, 0},
		{"very long", slices.Concat(huge, whole), 0, 0},
		{"between chunks", cut, 2, 100},
		{"M2TS", slices.Concat(tag(9), pad(whole, 4, 0)), 1, 0},
		{"204", slices.Concat(tag(9), pad(whole, 0, 16)), 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			tags, at := 0, int64(0)
			r, units, err := read(t, c.in, track.Options{OnEvent: func(e *track.Event) error {
				tags, at = tags+1, e.Unit
				return nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			if len(units) != 200 || same(units, fs) != 200 || !r.Track().Damage.Empty() {
				t.Errorf("%d units, %d right, damage %+v", len(units), same(units, fs), r.Track().Damage.Places)
			}
			if tags != c.tags || at != int64(c.units) {
				t.Errorf("%d tags, the last before unit %d; want %d and %d", tags, at, c.tags, c.units)
			}
		})
	}
	// What only begins like a tag is damage.
	torn := slices.Concat(tag(300)[:200], whole)
	if r, units := mustRead(t, torn); len(units) != 200 || r.Track().Damage.Empty() {
		t.Errorf("half a tag: %d units, damage %+v", len(units), r.Track().Damage.Places)
	}
}

func twice(b []byte) (out []byte) {
	for ; len(b) > 0; b = b[packetSize:] {
		out = append(append(out, b[:packetSize]...), b[:packetSize]...)
	}
	return out
}

func TestNotSupported(t *testing.T) {
	latm, mp3 := plain, plain
	latm.kind, mp3.kind = typeLATM, 0x03
	other := frames(20)
	for _, f := range other {
		f[0] = 0x56 // no ADTS
	}
	m := &muxer{cc: map[int]byte{}}
	m.pes(videoPID, 0xE0, 0, make([]byte, 5000))
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"empty":  {nil, ErrNotTS},
		"zeros":  {make([]byte, 3<<20), ErrNotTS},
		"html":   {[]byte("<!DOCTYPE html><html>GGGG</html>"), ErrNotTS},
		"LATM":   {mux(latm, other), ErrLATM},
		"MP3":    {mux(mp3, other), ErrNoAudio},
		"silent": {m.out.Bytes(), ErrNoAudio},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := read(t, c.in, track.Options{}); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		})
	}
}

func TestTimedTags(t *testing.T) {
	s := plain
	tag := func(text string) []byte {
		return append([]byte{'I', 'D', '3', 4, 0, 0, 0, 0, 0, byte(11 + len(text)),
			'T', 'I', 'T', '3', 0, 0, 0, byte(1 + len(text)), 0, 0, 3}, text...)
	}
	s.tags = map[int][]byte{0: tag("first"), 50: append(tag("a"), tag("b")...), 95: bytes.Repeat(tag("long"), 60)}
	var got []string
	_, units, err := read(t, mux(s, frames(100)), track.Options{OnEvent: func(e *track.Event) error {
		got = append(got, fmt.Sprintf("%s=%s@%d/%d", e.ID, e.Value, e.Unit, e.Sample))
		return nil
	}})
	if err != nil || len(units) != 100 {
		t.Fatalf("%d units, %v", len(units), err)
	}
	want := []string{"TIT3=first@0/0", "TIT3=a@50/51200", "TIT3=b@50/51200"}
	for range 60 {
		want = append(want, "TIT3=long@95/97280")
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v", got)
	}
	stop := errors.New("stop")
	_, _, err = read(t, mux(s, frames(100)), track.Options{OnEvent: func(*track.Event) error { return stop }})
	if err != stop {
		t.Errorf("error of OnEvent becomes %v", err)
	}
}

// drop takes out the packets for which lose says so.
func drop(b []byte, lose func(i int) bool) (out []byte) {
	for i := 0; len(b) > 0; i, b = i+1, b[packetSize:] {
		if !lose(i) {
			out = append(out, b[:packetSize]...)
		}
	}
	return out
}

func TestDamage(t *testing.T) {
	fs := frames(200)
	whole := mux(plain, fs)
	edit := func(f func(b []byte)) []byte {
		b := bytes.Clone(whole)
		f(b)
		return b
	}
	at := func(i int) int { return i * packetSize }
	mid := 0 // a packet from the middle of a PES packet
	for i := 100; mid == 0; i++ {
		if b := whole[at(i):]; b[1] == audioPID>>8 && whole[at(i-1)+1] == audioPID>>8 {
			mid = i
		}
	}
	junk := bytes.Repeat([]byte("GARBAGE"), 100)
	for name, c := range map[string]struct {
		in      []byte
		atLeast int
		kind    track.DamageKind
	}{
		"one lost":         {drop(whole, func(i int) bool { return i == mid }), 197, track.LostPackets},
		"sixteen lost":     {drop(whole, func(i int) bool { return i >= mid && i < mid+18 }), 180, track.LostPackets},
		"transport error":  {edit(func(b []byte) { b[at(mid)+1] |= 0x80 }), 197, track.LostPackets},
		"scrambled":        {edit(func(b []byte) { b[at(mid)+3] |= 0x80 }), 197, track.LostPackets},
		"wrong PID":        {edit(func(b []byte) { b[at(mid)+2] ^= 1 }), 197, track.LostPackets},
		"junk":             {bytes.Join([][]byte{whole[:at(mid)], junk, whole[at(mid):]}, nil), 200, track.Junk},
		"junk before":      {append(bytes.Clone(junk), whole...), 200, track.Junk},
		"junk after":       {append(bytes.Clone(whole), junk...), 200, track.Junk},
		"cut packet":       {whole[:len(whole)-100], 199, track.CutEnd},
		"cut at start":     {whole[at(mid)+50:], 95, track.Junk},
		"cut at a packet":  {whole[at(mid):], 95, track.CutStart},
		"payload spoilt":   {edit(func(b []byte) { clear(b[at(mid)+4 : at(mid+1)]) }), 197, track.Junk},
		"a stretch zeroed": {edit(func(b []byte) { clear(b[at(mid):at(mid+9)]) }), 180, track.LostPackets},
	} {
		t.Run(name, func(t *testing.T) {
			r, units := mustRead(t, c.in)
			d := r.Track().Damage
			if same(units, fs) < c.atLeast || len(units) > 200 {
				t.Errorf("%d units, %d right", len(units), same(units, fs))
			}
			if d.Empty() || d.Places[0].Kind != c.kind {
				t.Errorf("damage %+v", d.Places)
			}
			if d.Places[0].Offset > 0 && name != "cut packet" && d.Lost != int64(200-len(units)) {
				t.Errorf("%d units lost, not %d: %+v", d.Lost, 200-len(units), d.Places)
			}
		})
	}
}

// TestPacketLoss drops packets at random: what is left has to be right, and
// nearly all.
func TestPacketLoss(t *testing.T) {
	fs := frames(3000)
	whole := mux(plain, fs)
	kept, lost := 0, int64(0)
	const seeds = 50
	for seed := range uint64(seeds) {
		rnd := rand.New(rand.NewPCG(seed, 9))
		r, units := mustRead(t, drop(whole, func(int) bool { return rnd.IntN(1000) == 0 }))
		n := same(units, fs)
		if n != len(units) {
			t.Errorf("seed %d: %d of %d units are wrong", seed, len(units)-n, len(units))
		}
		if n < 3000*99/100 || len(r.Track().Runs) != 1 {
			t.Errorf("seed %d: %d units of 3000, %d runs", seed, n, len(r.Track().Runs))
		}
		kept += n
		lost += r.Track().Damage.Lost
	}
	missing := int64(3000*seeds - kept)
	t.Logf("kept %.3f %%, lost %d, said %d", 100*float64(kept)/3000/seeds, missing, lost)
	if kept < 3000*seeds*995/1000 {
		t.Errorf("kept %d frames of %d", kept, 3000*seeds)
	}
	if lost < missing*8/10 || lost > missing*12/10 {
		t.Errorf("%d units are lost, the damage says %d", missing, lost)
	}
}

// TestSeeds spoils streams in other ways.
func TestSeeds(t *testing.T) {
	fs := frames(500)
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 4))
		b := bytes.Clone(mux(plain, fs))
		const spots = 10
		for range spots {
			at := rnd.IntN(len(b) - 1000)
			switch rnd.IntN(3) {
			case 0:
				b[at] ^= 1 << rnd.IntN(8)
			case 1:
				b = append(b[:at], b[at+1+rnd.IntN(500):]...)
			case 2:
				b = append(b[:at], append(bytes.Repeat([]byte{byte(rnd.Uint32())}, 1+rnd.IntN(500)), b[at:]...)...)
			}
		}
		_, units := mustRead(t, b)
		if n := same(units, fs); n < 500-8*spots {
			t.Errorf("seed %d: %d units of 500", seed, n)
		}
	}
}

func TestReadError(t *testing.T) {
	boom := errors.New("boom")
	b := mux(plain, frames(100))
	r := NewReader(io.MultiReader(bytes.NewReader(b), errReader{boom}), track.Options{})
	var p track.Packet
	var err error
	for err == nil {
		err = r.Next(&p)
	}
	if !errors.Is(err, boom) {
		t.Error(err)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// Wherever a file ends or lies, what is read is in order.
func TestEveryByte(t *testing.T) {
	whole := mux(plain, frames(6))
	readertest.Cut(t, whole, func(b []byte) { read(t, b, track.Options{}) })
	readertest.Flip(t, whole, func(b []byte) { read(t, b, track.Options{}) })
}

func FuzzReader(f *testing.F) {
	fs := frames(10)
	f.Add(mux(plain, fs))
	f.Add(mux(stream{kind: typeADTS}, fs))
	f.Add(mux(stream{kind: typeADTS, tables: true, video: true, tags: map[int][]byte{5: []byte("ID3\x04\x00\x00\x00\x00\x00\x00")}}, fs))
	f.Add(pad(mux(plain, fs), 4, 0))
	f.Add(pad(mux(plain, fs[:3]), 0, 16)[100:])
	f.Fuzz(func(t *testing.T, b []byte) {
		read(t, b, track.Options{OnEvent: func(e *track.Event) error {
			if e.Offset < 0 || e.Offset >= int64(len(b)) {
				t.Fatalf("event at %d", e.Offset)
			}
			return nil
		}})
	})
}

func BenchmarkReader(b *testing.B) {
	data := mux(plain, frames(40000))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(bytes.NewReader(data), track.Options{})
		var p track.Packet
		var err error
		for err == nil {
			err = r.Next(&p)
		}
	}
}
