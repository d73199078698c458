package media

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// count reads r to its end and returns the number of its units.
func count(t *testing.T, r track.Reader) int64 {
	t.Helper()
	var n int64
	for {
		var p track.Packet
		switch err := r.Next(&p); err {
		case nil:
			n++
		case io.EOF:
			if got := r.Track().Units(); got != n {
				t.Errorf("the track has %d units, Next returned %d", got, n)
			}
			return n
		default:
			t.Fatal(err)
		}
	}
}

func TestOpen(t *testing.T) {
	path, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is not installed")
	}
	dir := t.TempDir()
	for _, c := range []struct {
		args   string
		format track.Format
		rate   int
	}{
		{"-c:a aac -f adts", track.ADTS, 48000},
		{"-c:a aac -f mpegts", track.MPEGTS, 48000},
		{"-c:a aac -f mp4", track.MP4, 48000},
		{"-c:a libmp3lame -f mp3", track.MP3File, 48000},
		{"-c:a pcm_s16le -f wav", track.WAV, 48000},
		{"-c:a pcm_mulaw -f wav", track.WAV, 48000},
		{"-c:a pcm_alaw -f wav", track.WAV, 48000},
		{"-c:a flac -f flac", track.FLACRaw, 48000},
		{"-c:a flac -f ogg", track.Ogg, 48000},
		{"-c:a aac -f matroska", track.Matroska, 48000},
		{"-c:a pcm_s24be -f aiff", track.AIFF, 48000},
		{"-c:a alac -f mov", track.MP4, 48000},
		{"-c:a pcm_s24be -f mov", track.MP4, 48000},
		{"-c:a libvorbis -f ogg", track.Ogg, 48000},
		{"-c:a libvorbis -f webm", track.Matroska, 48000},
		{"-c:a aac -f flv", track.FLV, 48000},
		{"-c:a pcm_s16le -f caf", track.CAF, 48000},
		{"-c:a alac -f caf", track.CAF, 48000},
		{"-c:a pcm_mulaw -f au", track.AU, 48000},
		{"-c:a pcm_s24le -f w64", track.W64, 48000},
		{"-c:a libmp3lame -f wav", track.WAV, 48000},
		{"-c:a libmp3lame -f avi", track.AVI, 48000},
		{"-c:a mp2 -f mp2", track.Layer12, 48000},
		{"-c:a mp2 -f wav", track.WAV, 48000},
	} {
		t.Run(c.args, func(t *testing.T) {
			// The name says nothing, as with X's own files.
			name := filepath.Join(dir, string(c.format)+".ts")
			args := "-v error -y -f lavfi -i sine=d=1:r=48000 " + c.args
			if out, err := exec.Command(path, append(strings.Fields(args), name)...).CombinedOutput(); err != nil {
				t.Errorf("ffmpeg %s: %v\n%s", args, err, out)
				return
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Open(bytes.NewReader(data), int64(len(data)), track.Options{})
			if err != nil {
				t.Errorf("%s: %v", c.format, err)
				return
			}
			units := count(t, r)
			tr := r.Track()
			if tr.Format != c.format || tr.Seconds() < 1 || tr.Seconds() > 1.1 || !tr.Damage.Empty() {
				t.Errorf("%s: %s, %v s, damage %+v", c.format, tr.Format, tr.Seconds(), tr.Damage)
			}

			s, err := NewReader(bytes.NewReader(data), track.Options{})
			if c.format != track.ADTS && c.format != track.MPEGTS {
				if err != ErrNeedsFile {
					t.Errorf("%s as a stream: %v", c.format, err)
				}
				return
			}
			if err != nil {
				t.Errorf("%s as a stream: %v", c.format, err)
				return
			}
			if n := count(t, s); n != units {
				t.Errorf("%s: %d units from a stream, %d from a file", c.format, n, units)
			}
		})
	}
}

// What follows a tag counts, however large the tag is.
func TestOpenBehindLargeTags(t *testing.T) {
	for _, n := range []int{SniffLen - 100, SniffLen, 1 << 20, 5 << 20} {
		data := slices.Concat(id3Tag(n), id3Tag(n), adtsFrames(30))
		r, err := Open(bytes.NewReader(data), int64(len(data)), track.Options{})
		if err != nil {
			t.Errorf("%d bytes of tag: %v", n, err)
		} else if got := count(t, r); got != 30 || !r.Track().Damage.Empty() {
			t.Errorf("%d bytes of tag: %d units, %+v", n, got, r.Track().Damage)
		}
		data = slices.Concat(id3Tag(n), adtsFrames(30))
		s, err := NewReader(bytes.NewReader(data), track.Options{})
		switch {
		case n > maxPeek && err == ErrNeedsFile:
		case err != nil:
			t.Errorf("%d bytes of tag in a stream: %v", n, err)
		default:
			if got := count(t, s); got != 30 {
				t.Errorf("%d bytes of tag in a stream: %d units", n, got)
			}
		}
	}
}

// Frames behind much that is none are found, and nothing in noise.
func TestOpenBehindJunk(t *testing.T) {
	for _, n := range []int{100, SniffLen + 5, 300 << 10} {
		junk := make([]byte, n)
		rand.NewChaCha8([32]byte{1}).Read(junk)
		data := slices.Concat(junk, adtsFrames(30))
		r, err := Open(bytes.NewReader(data), int64(len(data)), track.Options{})
		if err != nil {
			t.Errorf("%d bytes of junk: %v", n, err)
		} else if got := count(t, r); got != 30 || r.Track().Damage.Bytes != int64(n) {
			t.Errorf("%d bytes of junk: %d units, %+v", n, got, r.Track().Damage)
		}
		var not *NotAudioError
		if _, err := Open(bytes.NewReader(junk), int64(n), track.Options{}); !errors.As(err, &not) || not.Kind != Unknown {
			t.Errorf("noise of %d bytes: %v", n, err)
		}
	}
}

// MP3 in WAV is found where it lies.
func TestMP3InWAV(t *testing.T) {
	file := readertest.Make(t, "in.wav", "-f", "lavfi", "-i", "sine=d=1:r=48000", "-c:a", "libmp3lame", "-metadata", "title=A title")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	open := func(b []byte) (*track.Track, [][]byte) {
		r, err := Open(bytes.NewReader(b), int64(len(b)), track.Options{})
		if err != nil {
			t.Fatal(err)
		}
		units, err := readertest.Read(t, r, func(p *track.Packet) {
			if !bytes.HasPrefix(b[p.Offset:], p.Data) {
				t.Fatalf("no frame at %d", p.Offset)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return r.Track(), units
	}
	tr, units := open(data)
	hashes := readertest.PacketHashes(t, file)
	for i, u := range units {
		if len(units) != len(hashes) || readertest.Hash(u) != hashes[i] {
			t.Fatalf("%d frames, %d of ffmpeg; %d differs", len(units), len(hashes), i)
		}
	}
	if !tr.Damage.Empty() || tr.Tags["title"] != "A title" || tr.Runs[0].Codec != track.MP3 {
		t.Errorf("%+v", tr)
	}
	at := len(data) - 3000
	copy(data[at:], make([]byte, 1000))
	if tr, _ := open(data); tr.Damage.Empty() || tr.Damage.Places[0].Offset > int64(at)+1000 || tr.Damage.Places[0].Offset < int64(at)-1500 {
		t.Errorf("damage at %d: %+v", at, tr.Damage)
	}
}

func TestNotAudio(t *testing.T) {
	for _, c := range []struct {
		in   string
		kind FileType
		what string
	}{
		{"<!doctype html>", HTML, "an HTML page, not audio: the download failed"},
		{`{"error":404}`, JSON, "JSON data, not audio"},
		{"#EXTM3U\n", Playlist, "a playlist (M3U8), not audio: it lists where the audio is"},
		{"\x00\x00\x00", Zeros, "only zero bytes: the download or the disk failed"},
		{"", Empty, "an empty file"},
		{"PK\x03\x04", ZIP, "a ZIP archive, not audio"},
		{"wvpk", WavPack, "a WavPack file: spaces does not support this format"},
		{"gone", Text, "text, not audio"},
		{"\x01\x02\x03", Unknown, "an unknown audio format"},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := Open(strings.NewReader(c.in), int64(len(c.in)), track.Options{})
			_, streamErr := NewReader(strings.NewReader(c.in), track.Options{})
			for _, err := range []error{err, streamErr} {
				var not *NotAudioError
				if !errors.As(err, &not) || not.Kind != c.kind || err.Error() != c.what {
					t.Errorf("%q: %v, want %s", c.in, err, c.what)
				}
			}
		})
	}
}

// Containers are read where what is in them can be decoded; of the others it is
// said in words what is in them.
func TestUndecodable(t *testing.T) {
	for _, c := range []struct {
		args string
		kind FileType
		what string
	}{
		{"-c:a ac3 -f matroska", Matroska, "a Matroska or WebM file: unsupported audio coding: Dolby Digital (AC-3)"},
		{"-c:a libspeex -ar 16000 -f ogg", Ogg, "an Ogg file: unsupported audio coding: Speex"},
		{"-c:a adpcm_swf -ar 44100 -f flv", FlashFLV, "a Flash video: unsupported audio coding: Flash ADPCM"},
	} {
		t.Run(c.args, func(t *testing.T) {
			data, err := os.ReadFile(readertest.Make(t, "in.ts", append([]string{"-f", "lavfi", "-i", "sine=d=1:r=48000"}, strings.Fields(c.args)...)...))
			if err != nil {
				t.Fatal(err)
			}
			_, err = Open(bytes.NewReader(data), int64(len(data)), track.Options{})
			var not *NotAudioError
			if !errors.As(err, &not) || not.Kind != c.kind || err.Error() != c.what || not.Hint() == "" {
				t.Errorf("%v, want %s", err, c.what)
			}
		})
	}
	for head, what := range map[string]string{
		"OggS":                         "no complete Ogg page in the file",
		"\x1a\x45\xdf\xa3\x80":         "a Matroska or WebM file: no audio track in the file",
		"FLV\x01":                      "not an FLV file",
		"FORM\x00\x00\x00\x04AIFFxxxx": "an AIFF file: AIFF file without audio",
	} {
		_, err := Open(strings.NewReader(head), int64(len(head)), track.Options{})
		var not *NotAudioError
		if !errors.As(err, &not) || err.Error() != what {
			t.Errorf("%q: %v, want %s", head, err, what)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	f, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	var not *NotAudioError
	if _, err := Open(f, 100, track.Options{}); err == nil || errors.As(err, &not) {
		t.Errorf("a source that fails: %v", err)
	}
	if _, err := NewReader(f, track.Options{}); err == nil || errors.As(err, &not) {
		t.Errorf("a stream that fails: %v", err)
	}
}

// Whatever the input, reading ends, within bounds that follow from its size.
func FuzzOpen(f *testing.F) {
	f.Add(adtsFrames(5))
	f.Add(slices.Concat(id3Tag(50), mp3Frames(5)))
	f.Add(tsPackets(5, 188, 0))
	f.Add(box("moov", 32))
	f.Add([]byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x44\xac\x00\x00\x88\x58\x01\x00\x02\x00\x10\x00data\x04\x00\x00\x00abcd"))
	f.Fuzz(func(t *testing.T, data []byte) {
		size := int64(len(data))
		r, err := Open(bytes.NewReader(data), size, track.Options{})
		if err != nil {
			if r != nil {
				t.Error("a reader and an error")
			}
			return
		}
		var units int64
		for {
			var p track.Packet
			if err := r.Next(&p); err != nil {
				break
			}
			units++
			if units > size {
				t.Fatalf("more units than the %d bytes of the file", size)
			}
			if p.Offset < 0 || p.Offset >= size || p.Samples <= 0 || p.Run >= len(r.Track().Runs) {
				t.Fatalf("unit %d: %+v of %d bytes", units, p, size)
			}
		}
		if got := r.Track().Units(); got != units {
			t.Fatalf("the track has %d units, Next returned %d", got, units)
		}
		if err := r.Next(new(track.Packet)); err == nil {
			t.Fatal("a unit after the end")
		}
	})
}
