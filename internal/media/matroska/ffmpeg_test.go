package matroska

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

func open(t testing.TB, b []byte) *Reader {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func readAll(t testing.TB, b []byte) (*track.Track, [][]byte) {
	t.Helper()
	r := open(t, b)
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

// ffmpeg finds the same units in the files that it and browsers' muxers write,
// and decodes as many samples as the Reader says are played.
func TestUnitsAreThoseOfFFmpeg(t *testing.T) {
	for _, c := range []struct {
		name, args string
		want       track.Codec
		channels   int
	}{
		{"opus.webm", "-c:a libopus -ac 2", track.Opus, 2},
		{"opus60.mka", "-c:a libopus -frame_duration 60 -ac 1", track.Opus, 1},
		{"live.webm", "-c:a libopus -live 1 -cluster_time_limit 300 -ac 1", track.Opus, 1},
		{"dash.webm", "-c:a libopus -dash 1 -cluster_time_limit 300 -ac 1", track.Opus, 1},
		{"aac.mkv", "-c:a aac -ar 44100 -ac 2", track.AACLC, 2},
		{"mp3.mkv", "-c:a libmp3lame -q:a 4 -ac 2", track.MP3, 2},
		{"lsf.mkv", "-c:a libmp3lame -ar 22050 -ac 1", track.MP3, 1},
		{"flac.mka", "-c:a flac -ac 2", track.FLAC, 2},
		{"s16.mkv", "-c:a pcm_s16le -ac 2", track.PCM, 2},
		{"s24.mkv", "-c:a pcm_s24le -ac 1", track.PCM, 1},
		{"u8.mkv", "-c:a pcm_u8 -ac 1", track.PCM, 1},
		{"f32.mkv", "-c:a pcm_f32le -ac 2", track.PCM, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := readertest.Make(t, c.name, slices.Concat([]string{"-f", "lavfi", "-i", "sine=440:duration=3.3:sample_rate=48000"}, strings.Fields(c.args))...)
			tr, units := readAll(t, load(t, file))
			if !tr.Damage.Empty() || len(tr.Runs) != 1 || tr.OtherTracks != 0 || tr.Video {
				t.Fatalf("%+v", tr)
			}
			run := tr.Runs[0]
			if run.Codec != c.want || run.Channels != c.channels {
				t.Fatalf("%+v", run.Config)
			}
			if run.Codec == track.PCM {
				sound := readertest.FFmpeg(t, "-i", file, "-c", "copy", "-f", "data", "-map", "0:a", "-")
				if string(bytes.Join(units, nil)) != sound {
					t.Fatal("other samples")
				}
				for _, u := range units[:len(units)-1] {
					if len(u) != len(units[0]) {
						t.Fatalf("a unit of %d bytes", len(u))
					}
				}
			} else {
				want := readertest.PacketHashes(t, file)
				if len(want) < 10 || len(units) != len(want) {
					t.Fatalf("%d units, not %d", len(units), len(want))
				}
				for i, u := range units {
					if readertest.Hash(u) != want[i] {
						t.Fatalf("unit %d differs", i)
					}
				}
			}
			decoded := readertest.FFmpeg(t, "-i", file, "-f", "s16le", "-c:a", "pcm_s16le", "-")
			if n := int64(len(decoded) / 2 / run.Channels); n != run.Played() {
				t.Errorf("%d samples are played, ffmpeg decodes %d; skip %d, trim %d", run.Played(), n, run.Skip, run.Trim)
			}
		})
	}
}

// PCM in the order of bytes that only the Reader turns: ffmpeg writes no such
// file, but converts to both.
func TestBigEndian(t *testing.T) {
	little := load(t, readertest.Make(t, "le.mkv", "-f", "lavfi", "-i", "sine=440:duration=0.5", "-c:a", "pcm_s16le"))
	_, want := readAll(t, little)
	big := bytes.Clone(little)
	for i, c := range []byte("BIG") {
		at := bytes.Index(little, []byte("A_PCM/INT/LIT")) + len("A_PCM/INT/")
		big[at+i] = c
	}
	tr, got := readAll(t, big)
	if tr.Runs[0].Config.Codec != track.PCM || len(got) != len(want) {
		t.Fatalf("%d units", len(got))
	}
	for i := range got {
		for j := 0; j < len(got[i]); j += 2 {
			if got[i][j] != want[i][j+1] || got[i][j+1] != want[i][j] {
				t.Fatalf("unit %d differs", i)
			}
		}
	}
}

// The track that is played by default is read, past pictures and other tracks.
func TestTracks(t *testing.T) {
	args := []string{"-f", "lavfi", "-i", "testsrc=d=3:s=320x180:r=10", "-f", "lavfi", "-i", "sine=440:duration=3", "-f", "lavfi", "-i", "sine=220:duration=3",
		"-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:v", "mpeg4"}
	for _, c := range []struct {
		name, args string
		stream     string
	}{
		{"first", "-c:a aac -disposition:a:0 default -disposition:a:1 0", "0:a:0"},
		{"default", "-c:a aac -disposition:a:0 0 -disposition:a:1 default", "0:a:1"},
		{"known coding", "-c:a:0 ac3 -c:a:1 aac -disposition:a:0 default -disposition:a:1 0", "0:a:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := readertest.Make(t, "video.mkv", slices.Concat(args, strings.Fields(c.args))...)
			tr, units := readAll(t, load(t, file))
			want := readertest.FFmpeg(t, "-i", file, "-map", c.stream, "-c", "copy", "-f", "data", "-")
			if string(bytes.Join(units, nil)) != want || len(want) == 0 {
				t.Error("other units")
			}
			if !tr.Video || tr.OtherTracks != 1 || !tr.Damage.Empty() {
				t.Errorf("%+v", tr)
			}
		})
	}
}

// A cluster whose CRC-32 is wrong is told; where the sum is right, and between
// pictures, nothing is.
func TestSums(t *testing.T) {
	sound := []string{"-f", "lavfi", "-i", "sine=440:duration=3"}
	whole := load(t, readertest.Make(t, "a.mka", append(sound, "-c:a", "aac", "-cluster_time_limit", "1000")...))
	tr, units := readAll(t, whole)
	if !tr.Damage.Empty() {
		t.Fatalf("%+v", tr.Damage)
	}
	at := bytes.Index(whole, units[70])
	whole[at+len(units[70])/2] ^= 1
	tr, got := readAll(t, whole)
	if d := tr.Damage; len(got) != len(units) || d.Count != 1 || d.Places[0].Kind != track.BadUnit || d.Lost != 0 {
		t.Errorf("%d units, %+v", len(got), d)
	}
	video := load(t, readertest.Make(t, "a.mkv", append(sound, "-f", "lavfi", "-i", "testsrc=d=3:s=160x90:r=10", "-c:a", "aac", "-c:v", "mpeg4")...))
	_, units = readAll(t, video)
	at = bytes.Index(video, units[70])
	video[at+len(units[70])/2] ^= 1
	if tr, _ := readAll(t, video); !tr.Damage.Empty() {
		t.Errorf("%+v", tr.Damage)
	}
}
