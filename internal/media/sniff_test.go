package media

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// noise returns n bytes that repeat nothing.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// adtsFrames returns n frames of random payload.
func adtsFrames(n int) []byte {
	var b []byte
	for i := range n {
		size := 200 + 7*i%50
		f := noise(size)
		copy(f, []byte{0xff, 0xf1, 0x4c, 0x80, byte(size >> 3), byte(size<<5) | 0x1f, 0xfc})
		b = append(b, f...)
	}
	return b
}

// mp3Frames returns n frames of 128 kb/s at 48 kHz.
func mp3Frames(n int) []byte {
	f := noise(384)
	copy(f, []byte{0xff, 0xfb, 0x94, 0x64})
	return bytes.Repeat(f, n)
}

// ac3Frames returns n frames of 384 kb/s at 48 kHz: 768 16-bit words.
func ac3Frames(n int) []byte {
	f := noise(1536)
	copy(f, []byte{0x0b, 0x77, 0, 0, 0x1c, 0x40})
	return bytes.Repeat(f, n)
}

// latmFrames returns n AudioSyncStream elements of 300 bytes.
func latmFrames(n int) []byte {
	f := noise(303)
	copy(f, []byte{0x56, 0xe0 | 300>>8, 300 & 0xff})
	return bytes.Repeat(f, n)
}

// mp2Frames returns n frames of Layer II, 128 kb/s at 48 kHz.
func mp2Frames(n int) []byte {
	f := noise(384)
	copy(f, []byte{0xff, 0xfd, 0x84, 0x64})
	return bytes.Repeat(f, n)
}

// tsPackets returns n packets of size bytes, the sync byte at lead.
func tsPackets(n, size, lead int) []byte {
	b := noise(n * size)
	for i := lead; i < len(b); i += size {
		b[i] = 0x47
	}
	return b
}

// id3Tag returns a tag with a body of n bytes.
func id3Tag(n int) []byte {
	body := noise(n)
	for i := range body {
		body[i] &= 0x7f
	}
	return append([]byte{'I', 'D', '3', 4, 0, 0, byte(n >> 21), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}, body...)
}

// mp3LikeTransport returns n frames of 64 kb/s at 24 kHz, in joint stereo with
// emphasis: every 192 bytes stands what a transport packet begins with.
func mp3LikeTransport(n int) []byte {
	b := noise(192 * n)
	for i := 0; i < len(b); i += 192 {
		copy(b[i:], []byte{0xff, 0xf3, 0x84, 0x47})
	}
	return b
}

func box(name string, n uint32) []byte {
	return append(append(binary.BigEndian.AppendUint32(nil, n), name...), make([]byte, 24)...)
}

func TestSniff(t *testing.T) {
	join := slices.Concat[[]byte]
	cases := []struct {
		name string
		in   []byte
		want FileType
	}{
		{"frames", adtsFrames(20), ADTS},
		{"frames, more than is looked at", adtsFrames(500), ADTS},
		{"one frame", adtsFrames(1), ADTS},
		{"frames, the last cut", adtsFrames(4)[:700], ADTS},
		{"tag first", join(id3Tag(63), adtsFrames(5)), ADTS},
		{"tags first and between", join(id3Tag(63), id3Tag(300), adtsFrames(1), id3Tag(200), adtsFrames(1), id3Tag(99), adtsFrames(3)), ADTS},
		{"mid-frame", adtsFrames(20)[50:], ADTS},
		{"mid-tag", join(id3Tag(500)[100:], adtsFrames(20)), ADTS},
		{"junk first", join(noise(5000), adtsFrames(20)), ADTS},
		{"MP3 with a sync byte of transport packets in its headers", mp3LikeTransport(60), MP3},
		{"the same behind a tag", join(id3Tag(300), mp3LikeTransport(60)), MP3},
		{"zeros first", join(make([]byte, 5000), adtsFrames(20)), ADTS},
		{"an MP3 frame header in the payload", join(adtsFrames(1)[:100], mp3Frames(1), adtsFrames(9)), ADTS},

		{"transport stream", tsPackets(100, 188, 0), MPEGTS},
		{"starts mid-packet", tsPackets(100, 188, 0)[100:], MPEGTS},
		{"M2TS", tsPackets(100, 192, 4), MPEGTS},
		{"204 bytes", tsPackets(100, 204, 0), MPEGTS},
		{"few packets", tsPackets(3, 188, 0), MPEGTS},
		{"ADTS in transport packets", func() []byte {
			b := tsPackets(50, 188, 0)
			for i := 0; i+188 <= len(b); i += 188 {
				for j := 4; j+8 <= 188; j += 8 { // eight whole frames of silence
					copy(b[i+j:], []byte{0xff, 0xf1, 0x4c, 0x80, 1, 0x1f, 0xfc, 0})
				}
			}
			return b
		}(), MPEGTS},

		{"MP3", mp3Frames(20), MP3},
		{"MP3 with tag", join(id3Tag(3000), mp3Frames(20)), MP3},
		{"MP3, the last frame cut", mp3Frames(20)[:384*4+5], MP3},
		{"MP3 after junk", join(noise(3000), mp3Frames(20)), MP3},

		{"MP4", box("ftyp", 32), MP4},
		{"moov first", box("moov", 5000), MP4},
		{"fragment", box("styp", 24), MP4},
		{"moof", box("moof", 240), MP4},
		{"box of 64-bit size", box("mdat", 1), MP4},
		{"text where a box name would be", []byte("the moov box is text"), Text},

		{"WAV", []byte("RIFF\x24\x00\x00\x00WAVEfmt "), WAV},
		{"RF64", []byte("RF64\xff\xff\xff\xffWAVEds64"), WAV},
		{"AVI", []byte("RIFF\x24\x00\x00\x00AVI LIST"), AVI},
		{"WebM", []byte("\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01"), Matroska},
		{"AIFF", []byte("FORM\x00\x01\x02\x03AIFFCOMM"), AIFF},
		{"AIFC", []byte("FORM\x00\x01\x02\x03AIFCFVER"), AIFF},
		{"AMR", []byte("#!AMR\n\x3c\x08"), AMR},
		{"AMR-WB", []byte("#!AMR-WB\n\x3c\x08"), AMR},
		{"WMA", []byte("\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9"), ASF},
		{"CAF", []byte("caff\x00\x01\x00\x00desc"), CAF},
		{"AU", []byte(".snd\x00\x00\x00\x18"), AU},
		{"FLV", []byte("FLV\x01\x05\x00\x00\x00\x09"), FlashFLV},
		{"MPEG program stream", []byte("\x00\x00\x01\xba\x44\x00"), MPEGPS},
		{"AC-3", ac3Frames(6), AC3},
		{"LATM", latmFrames(6), LATM},
		{"MP2", mp2Frames(6), MPEGLayer},
		{"short MP2 and ID3v1", append(append(mp2Frames(3), "TAG"...), make([]byte, 125)...), MPEGLayer},
		{"FLAC", []byte("fLaC\x00\x00\x00\x22"), FLAC},
		{"Ogg", []byte("OggS\x00\x02"), Ogg},
		{"ZIP", []byte("PK\x03\x04\x14\x00"), ZIP},
		{"empty ZIP", []byte("PK\x05\x06\x00\x00"), ZIP},

		{"HTML", []byte("\ufeff\n <!DOCTYPE html><html lang=en>"), HTML},
		{"HTML after a comment", []byte("<!-- saved --><HTML>"), HTML},
		{"JSON", []byte(`{"errors":[{"message":"Not Found"}]}`), JSON},
		{"JSON array", []byte("\n[1]"), JSON},
		{"playlist", []byte("#EXTM3U\n#EXT-X-VERSION:3\n"), Playlist},
		{"text", []byte("Access denied.\r\n"), Text},
		{"accents, cut in a letter", []byte("Été d\xc3"), Text},
		{"UTF-16", []byte("\xff\xfea\x00b\x00"), Text},

		{"zeros", make([]byte, 100), Zeros},
		{"empty", nil, Empty},
		{"noise", noise(60000), Unknown},
		{"all bits set", bytes.Repeat([]byte{0xff}, 60000), Unknown},
		{"only a tag", id3Tag(100), Unknown},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Sniff(c.in, int64(len(c.in))); got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
			if len(c.in) > 2000 {
				if got := Sniff(c.in, -1); got != c.want {
					t.Errorf("%s, of unknown size: %s, want %s", c.name, got, c.want)
				}
			}
		})
	}
}

// Files that ffmpeg writes are known for what they are.
func TestSniffFFmpeg(t *testing.T) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	for _, c := range []struct {
		args string
		want FileType
	}{
		{"-c:a aac -f adts", ADTS},
		{"-c:a aac -write_id3v2 1 -metadata title=x -f adts", ADTS},
		{"-c:a aac -f mpegts", MPEGTS},
		{"-c:a aac -mpegts_m2ts_mode 1 -f mpegts", MPEGTS},
		{"-c:a aac -movflags frag_keyframe+empty_moov -f mp4", MP4},
		{"-c:a libmp3lame -f mp3", MP3},
		{"-c:a libmp3lame -id3v2_version 0 -ar 11025 -f mp3", MP3},
		{"-c:a pcm_s16le -f wav", WAV},
		{"-c:a flac -f flac", FLAC},
		{"-c:a libopus -f ogg", Ogg},
	} {
		t.Run(c.args, func(t *testing.T) {
			args := "-v error -f lavfi -i anoisesrc=a=0.1:d=1:r=48000:c=pink " + c.args + " -"
			out, err := exec.Command(path, strings.Fields(args)...).Output()
			if err != nil {
				t.Errorf("ffmpeg %s: %v", args, err)
				return
			}
			if got := Sniff(out[:min(len(out), SniffLen)], int64(len(out))); got != c.want {
				t.Errorf("%s: %s, want %s", c.args, got, c.want)
			}
		})
	}
}

func FuzzSniff(f *testing.F) {
	f.Add(adtsFrames(3), false)
	f.Add(slices.Concat(id3Tag(50), mp3Frames(2)), true)
	f.Add(tsPackets(4, 188, 0), false)
	f.Add([]byte("<!-- x --><html>"), true)
	f.Fuzz(func(t *testing.T, head []byte, more bool) {
		size := int64(len(head))
		if more {
			size = -1
		}
		kind := Sniff(head, size)
		if kind == "" || (kind == Empty) != (len(head) == 0) {
			t.Errorf("%d bytes are %q", len(head), kind)
		}
		if kind == ADTS && Sniff(append([]byte("fLaC"), head...), -1) != FLAC {
			t.Error("a magic number does not count")
		}
	})
}
