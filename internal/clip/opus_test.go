package clip

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture/browser"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

// opusSources are recordings of Opus as browsers, OBS and phones make them.
var opusSources = []testSound{
	{"webm-stereo", "a.webm", 48000, strings.Fields("-ac 2 -c:a libopus -b:a 96k -live 1 -cluster_time_limit 500"), false},
	{"ogg-mono", "b.opus", 48000, strings.Fields("-ac 1 -c:a libopus -b:a 48k"), false},
	{"mp4-stereo", "c.mp4", 48000, strings.Fields("-ac 2 -c:a libopus -b:a 64k -frame_duration 60"), false},
	{"voice-mono", "d.opus", 48000, strings.Fields("-ac 1 -c:a libopus -application voip -b:a 16k -frame_duration 40"), false},
	{"mkv-short", "e.mkv", 48000, strings.Fields("-ac 2 -c:a libopus -application lowdelay -b:a 96k -frame_duration 5"), false},
}

// heardBy is what ffmpeg plays of a file with one of its two decoders of Opus.
func heardBy(t testing.TB, decoder, file string) []float32 {
	t.Helper()
	return floats(run(t, "ffmpeg", "-v", "error", "-c:a", decoder, "-i", file, "-map", "0:a", "-f", "f32le", "-ar", "48000", "pipe:1"))
}

// apartBy is how many dB the difference of got and want lies below want.
func apartBy(got, want []float32) float64 {
	var sound, diff float64
	for i, v := range want {
		d := float64(got[i]) - float64(v)
		sound += float64(v) * float64(v)
		diff += d * d
	}
	return 10 * math.Log10((sound+1e-20)/(diff+1e-20))
}

// longer reports whether got has as many values as want, or less than a packet more.
func longer(got, want []float32, channels int64) bool {
	return len(got) >= len(want) && len(got)-len(want) < 2880*int(channels)
}

// Clips of Opus that are not encoded again have the samples that were asked for,
// to the sample, in MP4 and in Ogg (of MP4 ffmpeg plays the last packet whole); and what a decoder makes of them is what it
// makes of the whole recording at that place, 30 dB below the sound in the first
// tenth of a second and 35 in all of it. The playable file is the recording to the
// bit. Both of ffmpeg's decoders are the judges. SPACES_LONG=1 takes all sources.
func TestOpusIsCopied(t *testing.T) {
	long := os.Getenv("SPACES_LONG") != ""
	for i, s := range opusSources {
		if !long && i%2 == 1 || testing.Short() && i > 0 {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			file := s.make(t, t.TempDir())
			l, id := importFile(t, file)
			r := open(t, l, id)
			c := r.Files[0].Config
			if c.Codec != track.Opus {
				t.Fatal(c)
			}
			channels := int64(c.Channels)
			for _, decoder := range []string{"libopus", "opus"} {
				if !long && i > 0 && decoder == "opus" {
					break
				}
				whole := heardBy(t, decoder, file)
				if filepath.Ext(file) == ".mp4" {
					whole = whole[:min(len(whole), sourceSeconds*48000*c.Channels)]
				}
				if want := sourceSeconds * 48000 * channels; int64(len(whole)) != want || r.Samples*channels != want {
					t.Fatalf("%s: %d values of the source, %d samples of the recording, want %d values", decoder, len(whole), r.Samples, want)
				}
				if played := heardBy(t, decoder, r.Files[0].Name()); !longer(played, whole, channels) || worst(played[:len(whole)], whole) > 0 {
					t.Errorf("%s: the playable file has %d values, the source %d", decoder, len(played), len(whole))
				}
				rnd := rand.New(rand.NewPCG(21, uint64(i)))
				for k, at := range spans(rnd, r.Samples, 9600, 4) {
					f := []format.Format{format.M4A, format.Opus}[k%2]
					res, clip := cut(t, Request{Recording: r, Span: at, Format: f})
					if !res.Lossless {
						t.Fatalf("%+v became %+v", at, res)
					}
					got := heardBy(t, decoder, clip)
					want := whole[at.Start*channels : at.End()*channels]
					if f == format.M4A && longer(got, want, channels) {
						got = got[:len(want)]
					}
					if len(got) != len(want) {
						t.Errorf("%s of %+v: %s plays %d samples", f, at, decoder, int64(len(got))/channels)
						continue
					}
					first, all := apartBy(got[:4800*channels], want[:4800*channels]), apartBy(got, want)
					if first < 30 || all < 35 {
						t.Errorf("%s of %+v: %s differs by what is %.1f dB below the sound, at first %.1f", f, at, decoder, all, first)
					}
				}
			}
		})
	}
}

// Chromium plays them from their first sample to their last.
func TestOpusPlaysInChromium(t *testing.T) {
	var dir string
	var files []string
	var want []int64
	add := func(file string, samples int64) {
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		files, want = append(files, rel), append(want, samples)
	}
	for _, s := range opusSources[:2] {
		l, id := importFile(t, s.make(t, t.TempDir()))
		r := open(t, l, id)
		for _, q := range []Request{
			{Span: span(0, r.Samples), Format: format.M4A},
			{Span: span(70001, 2*48000+5), Format: format.M4A},
			{Span: span(r.Samples-96001, 96001), Format: format.M4A},
			{Span: span(100001, 3*48000+7), Format: format.Opus},
		} {
			q.Recording = r
			q.File = filepath.Join(t.TempDir(), "clip."+string(q.Format))
			if _, err := Cut(context.Background(), q); err != nil {
				t.Fatal(err)
			}
			dir = filepath.Dir(filepath.Dir(q.File)) // TempDir makes one beside the other
			add(q.File, q.Span.Samples)
		}
	}
	for i, got := range browser.Play(t, dir, files...) {
		if got.Samples != want[i] {
			t.Errorf("%s: %d samples are decoded, want %d", files[i], got.Samples, want[i])
		}
		length := float64(want[i]) / 48000
		if filepath.Ext(files[i]) == ".opus" {
			continue // Chromium counts the pre-skip of any Opus file
		}
		if math.Abs(got.Duration-length) > 2e-6 || math.Abs(got.End-length) > 2e-6 {
			t.Errorf("%s: %+v, want %f s", files[i], got, length)
		}
	}
}

// Two recordings of one kind are joined into one file, although their encoders
// look ahead by different amounts; a clip over the joint plays both. In Ogg nothing
// can hide what lies between them.
func TestOpusOverPieces(t *testing.T) {
	dir := t.TempDir()
	a := testSound{"a", "space-1ypKdEXvkMLGW_0.opus", 48000, strings.Fields("-ac 1 -c:a libopus -b:a 48k"), false}.make(t, dir)
	b := testSound{"b", "space-1ypKdEXvkMLGW_1.webm", 48000, strings.Fields("-ac 1 -c:a libopus -b:a 32k -application lowdelay -ss 1"), false}.make(t, dir)
	l, id := importFile(t, a, b)
	r := open(t, l, id)
	if len(r.Files) != 1 || len(r.Space.Timeline) != 2 || r.Space.Timeline[0].Skip == r.Space.Timeline[1].Skip {
		t.Fatalf("%d files, timeline %+v", len(r.Files), r.Space.Timeline)
	}
	whole := append(heardBy(t, "libopus", a), heardBy(t, "libopus", b)...)
	if r.Samples != int64(len(whole)) {
		t.Fatalf("%d samples, want %d", r.Samples, len(whole))
	}
	at := recording.Span{Start: sourceSeconds*48000 - 50001, Samples: 100003}
	res, clip := cut(t, Request{Recording: r, Span: at})
	if !res.Lossless {
		t.Fatalf("%+v", res)
	}
	// ffmpeg and Chromium round inner edits to packets, so that its edits are taken
	// from what is decoded of all of it.
	l, id = importFile(t, clip)
	again := open(t, l, id)
	_, all := cut(t, Request{Recording: again, Span: span(0, again.Samples), Format: format.WAV})
	sounds := decode(t, all)
	var played []float32
	edits := editsOf(t, clip)
	for _, e := range edits {
		played = append(played, sounds[e.Start-edits[0].Start:][:e.Samples]...)
	}
	_, direct := cut(t, Request{Recording: r, Span: at, Format: format.WAV})
	for name, got := range map[string][]float32{"the clip": played, "the recording": decode(t, direct)} {
		if int64(len(got)) != at.Samples {
			t.Errorf("%s plays %d samples", name, len(got))
			continue
		}
		for _, part := range []recording.Span{{Samples: 50001}, {Start: 50001, Samples: 50002}} {
			if db := apartBy(got[part.Start:part.End()], whole[at.Start+part.Start:][:part.Samples]); db < 30 {
				t.Errorf("%s: %+v differs by what is %.1f dB below the sound", name, part, db)
			}
		}
	}
	_, err := Cut(t.Context(), Request{Recording: r, Span: at, Format: format.Opus, File: filepath.Join(dir, "c.opus")})
	if err == nil || !strings.Contains(err.Error(), "which Ogg cannot mark") {
		t.Error(err)
	}
	res, _ = cut(t, Request{Recording: r, Span: at, Format: format.Opus, Strict: true})
	if res.Lossless {
		t.Error(fmt.Sprint(res))
	}
}

// Pieces that hold a part of the same packets are joined where these end, although
// nothing but their list says how long they last.
func TestOpusPiecesThatOverlap(t *testing.T) {
	dir := t.TempDir()
	whole := testSound{"whole", "whole.opus", 48000, strings.Fields("-ac 1 -c:a libopus -b:a 48k -frame_duration 60"), false}.make(t, dir)
	a, b := filepath.Join(dir, "space-1ypKdEXvkMLGW_0.ogg"), filepath.Join(dir, "space-1ypKdEXvkMLGW_1.ogg")
	run(t, "ffmpeg", "-v", "error", "-i", whole, "-t", "5", "-c", "copy", a)
	run(t, "ffmpeg", "-v", "error", "-ss", "3", "-i", whole, "-c", "copy", b)
	l, id := importFile(t, a, b)
	r := open(t, l, id)
	_, want := unitsOf(t, whole)
	_, got := unitsOf(t, r.Files[0].Name())
	if len(r.Files) != 1 || len(got) != len(want) || r.Space.Pieces[1].Overlap == 0 {
		t.Fatalf("%d files, %d packets, want %d; %+v", len(r.Files), len(got), len(want), r.Space.Pieces)
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("packet %d differs", i)
		}
	}
	var units int64
	for _, x := range r.Space.Timeline {
		units += (x.Skip + x.Samples + x.Trim) / 2880
	}
	if last := r.Space.Timeline[1]; units != int64(len(want)) || last.Skip != 0 || r.Samples > sourceSeconds*48000 || r.Samples < sourceSeconds*48000-2880 {
		t.Errorf("%d samples, %+v", r.Samples, r.Space.Timeline)
	}
}

// editsOf returns the edit list of a file.
func editsOf(t *testing.T, file string) []mp4.Edit {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rd, err := mp4.NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var p track.Packet
	for err == nil {
		err = rd.Next(&p)
	}
	return rd.Edits()
}
