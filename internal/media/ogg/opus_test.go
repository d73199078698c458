package ogg

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// page is a page as it is read again.
type page struct {
	flags    byte
	position uint64
	packets  [][]byte // the last one may go on, the first one may continue
	open     bool     // the last one goes on
}

// parse reads pages by RFC 3533 §6, and checks all that it says.
func parse(t *testing.T, b []byte) []page {
	t.Helper()
	var list []page
	for len(b) > 0 {
		if len(b) < 27 || string(b[:5]) != "OggS\x00" {
			t.Fatalf("page %d: no header", len(list))
		}
		n := int(b[26])
		size := 27 + n
		for _, l := range b[27 : 27+n] {
			size += int(l)
		}
		raw := bytes.Clone(b[:size])
		want := binary.LittleEndian.Uint32(raw[22:])
		copy(raw[22:26], "\x00\x00\x00\x00")
		if slowCRC(raw) != want {
			t.Fatalf("page %d: wrong checksum", len(list))
		}
		if seq := binary.LittleEndian.Uint32(raw[18:]); int(seq) != len(list) {
			t.Fatalf("page %d has the number %d", len(list), seq)
		}
		p := page{flags: raw[5], position: binary.LittleEndian.Uint64(raw[6:])}
		content, packet := raw[27+n:], []byte(nil)
		for _, l := range raw[27 : 27+n] {
			packet = append(packet, content[:l]...)
			content = content[l:]
			p.open = l == 255
			if !p.open {
				p.packets = append(p.packets, packet)
				packet = nil
			}
		}
		if p.open {
			p.packets = append(p.packets, packet)
		}
		list, b = append(list, p), b[size:]
	}
	return list
}

// slowCRC is the definition, bit by bit.
func slowCRC(b []byte) uint32 {
	var c uint32
	for _, v := range b {
		for i := 7; i >= 0; i-- {
			bit := c>>31 ^ uint32(v>>i&1)
			c = c<<1 ^ bit*0x04C11DB7
		}
	}
	return c
}

func TestPages(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	var b bytes.Buffer
	o := Opus{Channels: 2, PreSkip: 312, InputRate: 44100, Samples: 960*3000 - 400, Vendor: "v",
		Comments: []Comment{{"TITLE", "Débat"}, {"COVER", strings.Repeat("x", 100000)}}}
	w, err := NewWriter(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	var packets [][]byte
	for range 3000 {
		p := make([]byte, 1+rnd.IntN(600))
		for i := range p {
			p[i] = byte(rnd.Uint32())
		}
		packets = append(packets, p)
		if err := w.WritePacket(p, 960); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var got [][]byte
	var position uint64
	pages := parse(t, b.Bytes())
	for i, p := range pages {
		if (p.flags&flagFirst != 0) != (i == 0) || (p.flags&flagLast != 0) != (i == len(pages)-1) {
			t.Errorf("page %d of %d has flags %d", i, len(pages), p.flags)
		}
		if p.flags&flagContinued != 0 {
			last := len(got) - 1
			got[last] = append(got[last], p.packets[0]...)
			p.packets = p.packets[1:]
		}
		got = append(got, p.packets...)
		if p.open != (p.position == noPosition) {
			t.Errorf("page %d ends in a packet, and is at %d", i, p.position)
		}
		if p.position != noPosition {
			if p.position < position || p.position > position+OpusRate {
				t.Errorf("page %d goes from %d to %d", i, position, p.position)
			}
			position = p.position
		}
	}
	if position != uint64(o.PreSkip)+uint64(o.Samples) {
		t.Errorf("the last page ends at %d", position)
	}
	if len(got) != len(packets)+2 {
		t.Fatalf("%d packets", len(got))
	}
	if string(got[0]) != "OpusHead\x01\x02\x38\x01\x44\xac\x00\x00\x00\x00\x00" {
		t.Errorf("%q", got[0])
	}
	if !bytes.HasPrefix(got[1], []byte("OpusTags\x01\x00\x00\x00v\x02\x00\x00\x00\x0c\x00\x00\x00TITLE=Débat")) {
		t.Errorf("%.60q", got[1])
	}
	for i, p := range packets {
		if !bytes.Equal(got[i+2], p) {
			t.Fatalf("packet %d is another", i)
		}
	}
}

func TestRefuses(t *testing.T) {
	for _, o := range []Opus{{Channels: 0}, {Channels: 3}, {Channels: 1, PreSkip: 1 << 16}, {Channels: 1, PreSkip: -1}, {Channels: 1, Samples: -1}} {
		if _, err := NewWriter(&bytes.Buffer{}, o); err == nil {
			t.Errorf("%+v is written", o)
		}
	}
	w, err := NewWriter(&bytes.Buffer{}, Opus{Channels: 1, Samples: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if w.WritePacket(nil, 960) == nil || w.WritePacket(make([]byte, maxPacket+1), 960) == nil || w.WritePacket([]byte{1}, 0) == nil {
		t.Error("an impossible packet is written")
	}
	if err := w.WritePacket([]byte{1}, 960); err != nil {
		t.Fatal(err)
	}
	if w.Close() == nil {
		t.Error("a file too short is closed")
	}
}

// ffmpeg reads what we write: its own packets, in pages of ours.
func TestAgainstFFmpeg(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	dir := t.TempDir()
	in := filepath.Join(dir, "in.opus")
	if out, err := exec.Command(ffmpeg, "-v", "error", "-f", "lavfi", "-i", "sine=d=3.5:r=48000", "-c:a", "libopus", in).CombinedOutput(); err != nil {
		t.Skipf("ffmpeg cannot write Opus: %s", out)
	}
	b, err := os.ReadFile(in)
	if err != nil {
		t.Fatal(err)
	}
	var packets [][]byte
	pages := parse(t, b)
	for _, p := range pages[2:] {
		packets = append(packets, p.packets...)
	}
	skip := int(binary.LittleEndian.Uint16(pages[0].packets[0][10:]))
	out := filepath.Join(dir, "out.opus")
	f, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	const samples = 150000
	w, err := NewWriter(f, Opus{Channels: 1, PreSkip: skip, Samples: samples})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < samples+skip; n += 960 {
		if err := w.WritePacket(packets[n/960], 960); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	decode := func(file string) []byte {
		pcm, err := exec.Command(ffmpeg, "-v", "error", "-i", file, "-f", "s16le", "-").Output()
		if err != nil {
			t.Fatal(err)
		}
		return pcm
	}
	want, got := decode(in), decode(out)
	if len(got) != 2*samples || !bytes.Equal(got, want[:len(got)]) {
		t.Errorf("%d samples come out, not %d, or others", len(got)/2, samples)
	}
}
