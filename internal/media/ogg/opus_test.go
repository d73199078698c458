package ogg

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// silence is 20 ms of Opus: fullband CELT, mono, one frame.
var silence = []byte{0xF8, 0xFF, 0xFE}

const frameSamples = OpusRate / 50

func writeOpus(t testing.TB, o Opus, packets int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	for range packets {
		if err := w.WritePacket(silence, frameSamples); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A foundPage is a page as RFC 3533 §6 describes it.
type foundPage struct {
	flags    byte
	position uint64
	packets  [][]byte // parts of packets on it
	ends     bool     // its last packet ends on it
}

func readPages(t *testing.T, b []byte) []foundPage {
	t.Helper()
	le := binary.LittleEndian
	var list []foundPage
	for len(b) > 0 {
		if len(b) < 27 || string(b[:4]) != "OggS" || le.Uint32(b[18:]) != uint32(len(list)) {
			t.Fatalf("page %d: % x", len(list), b[:min(27, len(b))])
		}
		p := foundPage{flags: b[5], position: le.Uint64(b[6:])}
		n := int(b[26])
		body := b[27+n:]
		size := 0
		for i, v := range b[27 : 27+n] {
			size += int(v)
			if v < 255 || i == n-1 {
				p.packets = append(p.packets, body[:size])
				p.ends = v < 255
				body, size = body[size:], 0
			}
		}
		page := bytes.Clone(b[:len(b)-len(body)])
		sum := le.Uint32(page[22:])
		clear(page[22:26])
		if crc(page) != sum {
			t.Errorf("page %d: wrong sum", len(list))
		}
		list = append(list, p)
		b = body
	}
	return list
}

// The comment header may fill many pages; those on which it does not end have
// no position.
func TestLargeComments(t *testing.T) {
	sizes := []int{0, 100, 254, 255, 1 << 20}
	const page = maxSegments * 255
	for n := range 60 { // a header that just fits, and one that just does not
		sizes = append(sizes, page-n, 2*page-n)
	}
	for _, size := range sizes {
		value := strings.Repeat("x", size)
		b := writeOpus(t, Opus{Channels: 1, PreSkip: 312, Samples: 48000, Vendor: "v", Comments: []Comment{{"A", value}}}, 60)
		pages := readPages(t, b)
		if pages[0].flags != flagFirst || len(pages[0].packets) != 1 || !bytes.HasPrefix(pages[0].packets[0], []byte("OpusHead\x01\x01")) {
			t.Fatalf("first page %+v", pages[0])
		}
		var tags []byte
		i := 1
		for ; ; i++ {
			p := pages[i]
			if len(p.packets) != 1 || p.flags&flagContinued != 0 != (i > 1) || (p.position == noPosition) == p.ends {
				t.Fatalf("%d bytes: page %d has flags %d, %d packets, position %d", len(value), i, p.flags, len(p.packets), p.position)
			}
			tags = append(tags, p.packets[0]...)
			if p.ends {
				break
			}
		}
		if want := "OpusTags\x01\x00\x00\x00v\x01\x00\x00\x00"; !strings.HasPrefix(string(tags), want) || !strings.HasSuffix(string(tags), "A="+value) || len(tags) != len(want)+4+2+len(value) {
			t.Fatalf("%d bytes of comment: a header of %d", len(value), len(tags))
		}
		last := pages[len(pages)-1]
		if last.flags != flagLast || last.position != 312+48000 {
			t.Fatalf("last page %+v", last)
		}
		if p := pages[i+1]; p.flags != 0 || !bytes.Equal(p.packets[0], silence) {
			t.Fatalf("first page of sound %+v", p)
		}
	}
}

// ffprobe and mediainfo find comments, chapters and the cover, which is as
// large as real ones are.
func TestCommentsReadByOthers(t *testing.T) {
	dir := t.TempDir()
	tool := func(name string, args ...string) string {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(err)
		}
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Stderr = t.Output()
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %v: %v", name, args, err)
		}
		return string(out)
	}
	tool("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "nullsrc=s=500x500,geq=random(1)*255:128:128", "-frames:v", "1", "cover.png")
	image, err := os.ReadFile(filepath.Join(dir, "cover.png"))
	if err != nil {
		t.Fatal(err)
	}
	// A PICTURE block of FLAC (RFC 9639 §8.8).
	be := binary.BigEndian
	picture := be.AppendUint32(nil, 3)
	picture = append(be.AppendUint32(picture, 9), "image/png"...)
	for _, v := range []int{0, 500, 500, 24, 0, len(image)} {
		picture = be.AppendUint32(picture, uint32(v))
	}
	picture = append(picture, image...)
	o := Opus{Channels: 1, PreSkip: 312, InputRate: 48000, Samples: 10 * 48000, Vendor: "spaces", Comments: []Comment{
		{"TITLE", "Débat"}, {"ARTIST", "host"},
		{"CHAPTER000", "00:00:00.000"}, {"CHAPTER000NAME", "Einführung"},
		{"CHAPTER001", "00:00:01.250"}, {"CHAPTER001NAME", "Вопрос"},
		{"METADATA_BLOCK_PICTURE", base64.StdEncoding.EncodeToString(picture)},
	}}
	file := writeOpus(t, o, 10*50+1)
	if err := os.WriteFile(filepath.Join(dir, "out.opus"), file, 0o666); err != nil {
		t.Fatal(err)
	}
	probe := tool("ffprobe", "-v", "error", "-show_chapters", "-show_entries", "stream_tags:stream=codec_name,width:format=duration", "-of", "default=nw=1", "out.opus")
	for _, want := range []string{
		"TAG:TITLE=Débat\n", "TAG:ARTIST=host\n", "codec_name=png\nwidth=500\n",
		"start_time=0.000000\n", "end_time=1.250000\nTAG:title=Einführung\n", "start_time=1.250000\n", "TAG:title=Вопрос\n",
		"duration=10.00",
	} {
		if !strings.Contains(probe, want) {
			t.Errorf("ffprobe does not say %q but\n%s", want, probe)
		}
	}
	if info := strings.TrimSpace(tool("mediainfo", "--Output=General;%Title%|%Performer%|%Cover%", "out.opus")); info != "Débat|host|Yes" {
		t.Errorf("mediainfo says %q", info)
	}
	pcm := tool("ffmpeg", "-v", "error", "-i", "out.opus", "-map", "0:a", "-f", "s16le", "-")
	if n := len(pcm) / 2; n != 10*48000 {
		t.Errorf("ffmpeg decodes %d samples", n)
	}
}

func TestWriterRefuses(t *testing.T) {
	for _, o := range []Opus{{}, {Channels: 3}, {Channels: 1, PreSkip: -1}, {Channels: 1, PreSkip: 1 << 16}, {Channels: 1, Samples: -1}} {
		if _, err := NewWriter(&bytes.Buffer{}, o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
	for _, packets := range []int{0, 1, 49} { // 50 last as long as planned
		w, err := NewWriter(&bytes.Buffer{}, Opus{Channels: 1, PreSkip: 312, Samples: 49*frameSamples + 100})
		if err != nil {
			t.Fatal(err)
		}
		for range packets {
			if err := w.WritePacket(silence, frameSamples); err != nil {
				t.Fatal(err)
			}
		}
		if w.Close() == nil {
			t.Errorf("%d packets were enough", packets)
		}
	}
}
