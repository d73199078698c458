package mp4

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// ffmpeg puts the same units into files of every layout.
func TestReadLayouts(t *testing.T) {
	dir := t.TempDir()
	want := speech(t, dir, "in.aac", "48000", "2")
	for _, c := range []struct{ name, args string }{
		{"moovlast.m4a", ""},
		{"faststart.m4a", "-movflags faststart"},
		{"quicktime.mov", ""},
		{"fragmented.mp4", "-movflags frag_keyframe+empty_moov+delay_moov -frag_duration 700000"},
		{"defaultbase.mp4", "-movflags frag_keyframe+empty_moov+delay_moov+default_base_moof -frag_duration 700000"},
		{"omitoffset.mp4", "-movflags frag_keyframe+empty_moov+delay_moov+omit_tfhd_offset -frag_duration 700000"},
		{"sidx.mp4", "-movflags dash+delay_moov -frag_duration 700000"},
		{"hybrid.mp4", "-movflags frag_keyframe -frag_duration 700000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ffmpeg(t, dir, "-i in.aac -c copy -bsf:a aac_adtstoasc "+c.args+" "+c.name)
			r, got := readAll(t, readFile(t, filepath.Join(dir, c.name)))
			sameUnits(t, got, want)
			runs := r.Track().Runs
			if len(runs) != 1 || runs[0].Samples != int64(len(want))*1024 || runs[0].Skip != 0 || runs[0].Trim != 0 {
				t.Errorf("runs %+v", runs)
			}
			if c := runs[0].Config; c.Codec != track.AACLC || c.SampleRate != 48000 || c.Channels != 2 || c.Specific[:2] != "\x11\x90" {
				t.Errorf("config %+v", c)
			}
			if d := r.Track().Damage; !d.Empty() {
				t.Errorf("damage %+v", d)
			}
		})
	}
}

func TestReadParameters(t *testing.T) {
	dir := t.TempDir()
	for _, rate := range []string{"44100", "48000", "16000"} {
		for _, channels := range []string{"1", "2"} {
			want := speech(t, dir, "in.aac", rate, channels)
			ffmpeg(t, dir, "-i in.aac -c copy out.m4a")
			r, got := readAll(t, readFile(t, filepath.Join(dir, "out.m4a")))
			sameUnits(t, got, want)
			if c := r.Track().Runs[0].Config; strconv.Itoa(c.SampleRate) != rate || strconv.Itoa(c.Channels) != channels {
				t.Errorf("%s Hz, %s channels: read %v", rate, channels, c)
			}
		}
	}
}

// A Space with pictures: the sound lies between them, in many chunks.
func TestReadVideo(t *testing.T) {
	dir := t.TempDir()
	want := speech(t, dir, "in.aac", "48000", "2")
	for _, flags := range []string{"", "-movflags faststart", "-movflags frag_keyframe+empty_moov+delay_moov",
		"-movflags frag_keyframe+empty_moov+delay_moov+omit_tfhd_offset"} {
		ffmpeg(t, dir, "-f lavfi -i testsrc=d=5:s=160x90:r=10 -i in.aac -c:v mpeg4 -g 10 -c:a copy -bsf:a aac_adtstoasc "+flags+" out.mp4")
		r, got := readAll(t, readFile(t, filepath.Join(dir, "out.mp4")))
		sameUnits(t, got, want)
		if !r.Track().Video {
			t.Error("the pictures were not noticed")
		}
	}
}

// What an encoder adds at both ends is declared in an edit list. The file
// must then play the samples that went in, to the sample.
func TestReadPriming(t *testing.T) {
	dir := t.TempDir()
	for _, samples := range []int64{48000, 44100*2 + 17, 1024 * 40, 3000} {
		for _, flags := range []string{"", "-movie_timescale 48000"} {
			ffmpeg(t, dir, fmt.Sprintf("-f lavfi -i aevalsrc=0.2*sin(900*t):s=48000,atrim=end_sample=%d -c:a aac %s out.m4a", samples, flags))
			r, units := readAll(t, readFile(t, filepath.Join(dir, "out.m4a")))
			run := r.Track().Runs[0]
			if run.Skip != 1024 || run.Played() != samples || run.Samples != int64(len(units))*1024 {
				t.Errorf("%d samples encoded, %q: %+v plays %d", samples, flags, run, run.Played())
			}
		}
	}
}

func TestReadCodecs(t *testing.T) {
	dir := t.TempDir()
	const source = "-f lavfi -i aevalsrc=0.2*sin(900*t):s=48000:d=2 "
	const name = "out.mp4"
	for _, c := range []struct {
		args    string
		codec   track.Codec
		samples int
		played  int64 // -1: ffmpeg does not declare it
		err     error
	}{
		{"-c:a libmp3lame", track.MP3, 1152, 96000, nil},
		{"-c:a libmp3lame -ar 24000", track.MP3, 576, -1, nil},
		{"-c:a flac -strict -2", track.FLAC, 4608, 96000, nil},
		{"-c:a libopus -strict -2", track.Opus, 960, 96000, nil},
		{"-c:a alac", track.ALAC, 4096, 96000, nil},
		{"-c:a ac3", "", 0, 0, ErrCodec},
		{"-c:a mp2", "", 0, 0, ErrCodec},
	} {
		t.Run(c.args, func(t *testing.T) {
			ffmpeg(t, dir, source+c.args+" "+name)
			file := readFile(t, filepath.Join(dir, name))
			r, err := NewReader(bytes.NewReader(file), int64(len(file)), track.Options{})
			var p track.Packet
			if err == nil {
				err = r.Next(&p)
			}
			if !errors.Is(err, c.err) {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			if err != nil {
				t.Log(err)
				return
			}
			if p.Samples != c.samples {
				t.Errorf("first unit lasts %d samples, want %d", p.Samples, c.samples)
			}
			r, units := readAll(t, file)
			run := r.Track().Runs[0]
			if run.Codec != c.codec || c.played >= 0 && run.Played() != c.played {
				t.Errorf("%v: %+v plays %d, want %d", run.Config, run, run.Played(), c.played)
			}
			packets := strings.Count(ffprobe(t, dir, "-show_entries", "packet=size", "-of", "csv", name), "packet")
			if len(units) != packets {
				t.Errorf("%d units; ffprobe has %d packets", len(units), packets)
			}
		})
	}
}

func ffprobe(t *testing.T, dir string, args ...string) string {
	t.Helper()
	return run(t, dir, "ffprobe", append([]string{"-v", "error"}, args...)...)
}

func TestReadTags(t *testing.T) {
	dir := t.TempDir()
	speech(t, dir, "in.aac", "48000", "1")
	for _, name := range []string{"out.m4a", "out.mov"} {
		run(t, dir, "ffmpeg", "-v", "error", "-y", "-i", "in.aac", "-c", "copy", "-metadata", "title=Débat", "-metadata", "artist=@hostess",
			"-metadata", "album=Spaces", "-metadata", "date=2021-06-14", "-metadata", "comment=two\nlines", name)
		r, _ := readAll(t, readFile(t, filepath.Join(dir, name)))
		want := map[string]string{"title": "Débat", "artist": "@hostess", "album": "Spaces", "date": "2021-06-14", "comment": "two\nlines"}
		for k, v := range want {
			if got := r.Track().Tags[k]; got != v {
				t.Errorf("%s: %s is %q, want %q", name, k, got, v)
			}
		}
	}
}

// Our file must decode to the very samples that the ADTS file decodes to, and
// say its length to the sample.
func TestWriteDecodesAlike(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		rate, channels string
		asc            string
	}{
		{"48000", "2", "\x11\x90"},
		{"44100", "1", "\x12\x08"},
	} {
		t.Run(c.rate+" Hz", func(t *testing.T) {
			units := speech(t, dir, "in.aac", c.rate, c.channels)
			rate, _ := strconv.Atoi(c.rate)
			channels, _ := strconv.Atoi(c.channels)
			m := movieOf(track.Config{Codec: track.AACLC, SampleRate: rate, Channels: channels, UnitSamples: 1024, Specific: c.asc}, units)
			writeFile(t, filepath.Join(dir, "out.m4a"), write(t, m, units))

			probe := ffprobe(t, dir, "-show_entries", "stream=duration_ts,time_base,nb_frames,start_pts,bit_rate,codec_tag_string:format=duration", "-of", "default=nw=1", "out.m4a")
			for _, want := range []string{
				fmt.Sprintf("duration_ts=%d\n", 1024*len(units)), "time_base=1/" + c.rate + "\n",
				fmt.Sprintf("nb_frames=%d\n", len(units)), "start_pts=0\n",
				fmt.Sprintf("duration=%.6f\n", float64(1024*len(units))/float64(rate)),
			} {
				if !strings.Contains(probe, want) {
					t.Errorf("ffprobe says\n%swant %s", probe, want)
				}
			}
			if got, want := decode(t, dir, "out.m4a"), decode(t, dir, "in.aac"); !bytes.Equal(got, want) {
				t.Errorf("decodes to %d bytes, the ADTS file to %d, or to other ones", len(got), len(want))
			}
		})
	}
}

// With an edit list, decoding starts at the sample that it names.
func TestWriteEdits(t *testing.T) {
	dir := t.TempDir()
	units := speech(t, dir, "in.aac", "48000", "2")
	all := decode(t, dir, "in.aac")
	const frame = 2 * 2 // bytes of a sample of both channels
	for _, edits := range [][]Edit{
		{{Start: 1024, Samples: 100 * 1024}},
		{{Start: 1, Samples: 48000}},
		{{Start: 50*1024 + 700, Samples: 1<<16 + 5}},
		// Two pieces, each with its own priming. (Where pieces do not begin
		// and end with an access unit, ffmpeg plays up to one more or less;
		// browsers and QuickTime do not.)
		{{Start: 1024, Samples: 60 * 1024}, {Start: 62 * 1024, Samples: 100 * 1024}},
	} {
		m := movieOf(stereo48, units)
		m.Edits = edits
		file := write(t, m, units)
		writeFile(t, filepath.Join(dir, "out.m4a"), file)
		var want []byte
		for _, e := range edits {
			want = append(want, all[e.Start*frame:][:e.Samples*frame]...)
		}
		got := decode(t, dir, "out.m4a")
		// ffmpeg may play on to the end of the last access unit.
		if n := len(got) - len(want); n < 0 || n >= 1024*frame {
			t.Errorf("%+v: ffmpeg decodes %d samples", edits, len(got)/frame)
		} else if !bytes.Equal(got[:len(want)], want) {
			t.Errorf("%+v: ffmpeg decodes other samples", edits)
		}
		probe := ffprobe(t, dir, "-show_entries", "format=duration", "-of", "default=nw=1", "out.m4a")
		if want := fmt.Sprintf("duration=%.6f\n", float64(len(want)/frame)/48000); probe != want {
			t.Errorf("ffprobe says %swant %s", probe, want)
		}
		r, back := readAll(t, file)
		sameUnits(t, back, units)
		last := edits[len(edits)-1]
		if run := r.Track().Runs[0]; run.Skip != edits[0].Start || run.Samples-run.Trim != last.Start+last.Samples {
			t.Errorf("%+v: read back as %+v", edits, run)
		}
	}
}

func TestWriteTagsReadByOthers(t *testing.T) {
	dir := t.TempDir()
	units := speech(t, dir, "in.aac", "48000", "2")
	ffmpeg(t, dir, "-f lavfi -i color=red:s=64x64 -frames:v 1 cover.png")
	m := movieOf(stereo48, units)
	m.Tags = allTags
	m.Cover = readFile(t, filepath.Join(dir, "cover.png"))
	writeFile(t, filepath.Join(dir, "out.m4a"), write(t, m, units))

	probe := ffprobe(t, dir, "-show_entries", "format_tags:stream=codec_name,width", "-of", "default=nw=1", "out.m4a")
	for _, want := range []string{
		"TAG:title=Débat d’été\n", "TAG:artist=@hostess\n", "TAG:album=X Spaces\n", "TAG:album_artist=Hostess\n", "TAG:genre=Podcast\n",
		"TAG:date=2021-06-14\n", "TAG:comment=Space 1ypKdEXvkMLGW\n", "TAG:encoder=spaces 1.0\n", "TAG:track=3\n",
		"TAG:SPACE_ID=1ypKdEXvkMLGW\n", "TAG:description=" + shorten(allTags.Description, 255) + "\n",
		"TAG:synopsis=" + allTags.Description + "\n", "codec_name=png\n", "width=64\n",
	} {
		if !strings.Contains(probe, want) {
			t.Errorf("ffprobe does not say %q but\n%s", want, probe)
		}
	}
	info := run(t, dir, "mediainfo", "--Output=General;%Title%|%Performer%|%Album%|%Album/Performer%|%Track/Position%|%Cover%|%Encoded_Application%|%Genre%", "out.m4a")
	if want := "Débat d’été|@hostess|X Spaces|Hostess|3|Yes|spaces 1.0|Podcast"; strings.TrimSpace(info) != want {
		t.Errorf("mediainfo says %q, want %q", info, want)
	}
}

func decode(t *testing.T, dir, name string) []byte {
	t.Helper()
	return []byte(run(t, dir, "ffmpeg", "-v", "error", "-nostdin", "-i", name, "-map", "0:a", "-f", "s16le", "-"))
}

func writeFile(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}
