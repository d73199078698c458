package h264

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture/browser"
	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// sound returns a part of a recording that begins and ends inside units.
func sound(t *testing.T, samples int64) (*mp4.Movie, [][]byte) {
	t.Helper()
	b, err := os.ReadFile("../../fixture/testdata/host.aac")
	if err != nil {
		t.Fatal(err)
	}
	r := adts.NewReader(bytes.NewReader(b), track.Options{})
	var units [][]byte
	for p := (track.Packet{}); ; {
		if err := r.Next(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		units = append(units, bytes.Clone(p.Data))
	}
	units = units[100:][:(samples+1234+1023)/1024]
	return &mp4.Movie{
		Config: r.Track().Runs[0].Config, Units: int64(len(units)),
		Size:  func(i int64) int { return len(units[i]) },
		Edits: []mp4.Edit{{Start: 1234, Samples: samples}},
	}, units
}

// A recording is a file of a scene and a piece of sound.
type recording struct {
	dir, name string
	samples   int64
	*stream
}

func newRecording(t *testing.T, c Config, samples int64, s scene) *recording {
	t.Helper()
	m, units := sound(t, samples)
	k := &recording{t.TempDir(), "clip.mp4", samples, nil}
	k.stream = encode(t, c, int(mp4.FrameCount(samples, m.Config.SampleRate, c.Frames, c.Ticks)), s)
	var file, alone bytes.Buffer
	w, err := mp4.NewVideoWriter(&file, m, &mp4.Video{
		Width: c.Width, Height: c.Height, SPS: k.SPS(), PPS: k.PPS(), Frames: c.Frames, Ticks: c.Ticks,
		Units: int64(len(k.units)),
		Size:  func(i int64) int { return len(k.units[i]) },
		Key:   func(i int64) bool { return k.keys[i] },
		Read:  func(i int64) ([]byte, error) { return k.units[i], nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := mp4.NewWriter(&alone, m)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		if err := w.WriteUnit(u); err != nil {
			t.Fatal(err)
		}
		if err := a.WriteUnit(u); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{k.name: file.Bytes(), "alone.m4a": alone.Bytes()} {
		if err := os.WriteFile(filepath.Join(k.dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// output runs a program where the file is; the test is skipped without it.
func (k *recording) output(t *testing.T, program, args string) []byte {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip(program + " is not installed")
	}
	cmd := exec.Command(program, strings.Fields(args)...)
	cmd.Dir = k.dir
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Fatalf("%s %s: %v\n%s", program, args, err, &complaints)
	}
	return out.Bytes()
}

const strict = "-v warning -nostdin -err_detect explode -xerror -i "

// Other programs read from a file what was put into it.
func TestFile(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		samples       int64
		width, height int
		frames, ticks int
		level         string
	}{
		{"720p", 48000 + 17, 1280, 720, 25, 1, "31"},
		{"square", 48000 + 900, 720, 720, 30, 1, "31"},
		{"portrait", 48000, 720, 1280, 25, 1, "31"},
		{"NTSC", 48000*2 - 1, 322, 182, 30000, 1001, "30"},
		{"one frame", 700, 64, 32, 25, 1, "30"},
	} {
		if c.width == 720 && !long {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			k := newRecording(t, Config{Width: c.width, Height: c.height, Frames: c.frames, Ticks: c.ticks, KeyInterval: 40}, c.samples, player(c.width, c.height))
			rate := fmt.Sprintf("%d/%d", c.frames, c.ticks)
			if len(k.units) == 1 { // it has nothing but the length of the file
				rate = "480/7"
			}
			t.Run("ffprobe", func(t *testing.T) {
				k.probe(t, map[string]string{
					"codec_name": "h264", "profile": "Constrained Baseline", "level": c.level, "codec_tag_string": "avc1",
					"width": strconv.Itoa(c.width), "height": strconv.Itoa(c.height), "has_b_frames": "0", "refs": "1",
					"pix_fmt": "yuv420p", "color_range": "tv", "color_space": "bt709", "color_transfer": "bt709", "color_primaries": "bt709",
					"chroma_location": "center", "field_order": "progressive", "sample_aspect_ratio": "1:1", "is_avc": "true",
					"r_frame_rate": rate, "start_pts": "0",
					"nb_frames": strconv.Itoa(len(k.units)), "nb_read_frames": strconv.Itoa(len(k.units)),
				})
			})
			t.Run("pictures", func(t *testing.T) {
				k.same(t, k.output(t, "ffmpeg", strict+"clip.mp4 -map 0:v -fps_mode passthrough -f rawvideo -pix_fmt yuv420p -"))
			})
			t.Run("sound", func(t *testing.T) {
				got := k.output(t, "ffmpeg", strict+"clip.mp4 -map 0:a -f s16le -")
				want := k.output(t, "ffmpeg", strict+"alone.m4a -map 0:a -f s16le -")
				// It leaves out what comes before the first edit, but ends with a unit.
				if !bytes.Equal(got, want) || int64(len(got)) < 4*k.samples || int64(len(got)) >= 4*(k.samples+1024) {
					t.Errorf("%d bytes of sound for %d samples; as in a file of sound: %v", len(got), k.samples, bytes.Equal(got, want))
				}
			})
			t.Run("mediainfo", func(t *testing.T) { k.mediainfo(t) })
		})
	}
}

// probe compares what ffprobe says of the pictures, and how long all lasts.
func (k *recording) probe(t *testing.T, want map[string]string) {
	var got struct {
		Streams []map[string]any
		Format  map[string]any
	}
	if err := json.Unmarshal(k.output(t, "ffprobe", "-v warning -count_frames -show_streams -show_format -of json clip.mp4"), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Streams) != 2 {
		t.Fatalf("%d streams", len(got.Streams))
	}
	for name, v := range want {
		if s := fmt.Sprint(got.Streams[0][name]); s != v {
			t.Errorf("%s is %s, want %s", name, s, v)
		}
	}
	seconds := float64(k.samples) / 48000
	for what, v := range map[string]any{"pictures": got.Streams[0]["duration"], "sound": got.Streams[1]["duration"], "file": got.Format["duration"]} {
		s, err := strconv.ParseFloat(fmt.Sprint(v), 64)
		if err != nil || math.Abs(s-seconds) > 2e-6 {
			t.Errorf("the %s last %v s, want %.6f", what, v, seconds)
		}
	}
}

func (k *recording) mediainfo(t *testing.T) {
	var got struct {
		Media struct {
			Track []map[string]any
		}
	}
	if err := json.Unmarshal(k.output(t, "mediainfo", "--Output=JSON clip.mp4"), &got); err != nil {
		t.Fatal(err)
	}
	for _, m := range got.Media.Track {
		ms := fmt.Sprintf("%.3f", float64(k.samples)/48000)
		for name, want := range map[string]string{"Duration": ms, "IsStreamable": "Yes"} {
			if v, ok := m[name]; ok && fmt.Sprint(v) != want {
				t.Errorf("%s: %s is %v, want %s", m["@type"], name, v, want)
			}
		}
		if m["@type"] == "Video" {
			for name, want := range map[string]string{"Format": "AVC", "Format_Profile": "Constrained Baseline", "FrameCount": strconv.Itoa(len(k.units)),
				"colour_range": "Limited", "matrix_coefficients": "BT.709", "Format_Settings_RefFrames": "1", "Format_Settings_CABAC": "No"} {
				if fmt.Sprint(m[name]) != want {
					t.Errorf("%s is %v, want %s", name, m[name], want)
				}
			}
		}
	}
}

// Chromium plays it all, and shows at a time what was to be seen then.
func TestChromiumShows(t *testing.T) {
	t.Parallel()
	const width, height = 640, 360
	k := newRecording(t, Config{Width: width, Height: height, Frames: 25, Ticks: 1, KeyInterval: 10}, 48000+100, player(width, height))
	times := []float64{0.02, 0.9, 0.5}
	got := browser.Show(t, k.dir, k.name, times...)
	if math.Abs(got.Duration-float64(k.samples)/48000) > 2e-6 || got.Width != width || got.Height != height {
		t.Errorf("%v s of %d×%d", got.Duration, got.Width, got.Height)
	}
	if got.Decoded == 0 {
		t.Error("nothing was played")
	}
	for i, at := range times {
		// Converted to red, green and blue and back.
		mean, n := 0.0, width*height
		want := k.frames[int(at*25)]
		for p := range n {
			f := got.Frames[i][4*p:]
			d := float64(luma(f[0], f[1], f[2])) - float64(want[p])
			mean += d * d / float64(n)
		}
		if mean > 8 {
			t.Errorf("at %v s the luma differs by %.1f on average", at, math.Sqrt(mean))
		}
	}
}
