package site

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
)

// testShow is a show that has everything.
func testShow() *feed.Show {
	s := &feed.Show{
		Title: "Open Mic & Friends", Description: "Our Spaces, recorded.\n\nEvery <Monday>.", BaseURL: "https://example.com/show",
		Author: "Ann Höst", Email: "ann@example.com", Language: "en-GB", Category: []string{"News > Politics", "Technology"},
		Image: "https://example.com/show/cover.jpg", Copyright: "© 2026 Ann Höst",
		People: []feed.Person{{Handle: "guest1", Name: "Bob <Guest>"}, {Handle: "cohost", Name: "Cleo", Role: "guest", URL: "https://example.com/cleo"}, {Name: "Eve Editor", Role: "editor"}},
	}
	s.Complete()
	return s
}

// testLibrary makes a folder like a library's, with one recording of an hour that
// has an episode and clips.
func testLibrary(t *testing.T) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	r := record("1ypKdEXvkMLGW", "2021-06-14-debat.mp3", time.Date(2021, 6, 14, 18, 0, 0, 391e6, time.UTC))
	r.Title, r.Description = "Débat : l’été <des> médias", "First & last.\n\nSecond\nline."
	r.ChapterFile, r.Transcripts, r.Cover = "2021-06-14-debat.chapters.json", []string{"2021-06-14-debat.srt", "2021-06-14-debat.vtt", "2021-06-14-debat.transcript.json", "2021-06-14-debat.txt"}, "2021-06-14-debat.jpg"
	r.TranscriptLanguage, r.TranscriptSpeakers = "fr", episode.SpeakersEstimated
	r.Chapters = []episode.Chapter{{Start: 0, Title: "Hello"}, {Start: 75.5, Title: "On <air>"}}
	r.Host = &space.Person{ID: "1234567890", Handle: "hostess"}
	r.Speakers = []space.Speaker{{ID: "1234567890", Handle: "hostess", Role: "host"}, {Handle: "cohost", Role: "co-host"},
		{ID: "555", Handle: "Guest1", Role: "speaker"}, {ID: "666", Handle: "silent", Role: "speaker"}, {ID: "777", Role: "speaker"}}
	// Ten seconds were trimmed at the beginning, and five cut out at 60.
	r.Kept = []episode.Kept{{Start: 10, Seconds: 50, At: 0}, {Start: 65, Seconds: 3550, At: 50}}
	r.Duration = 3600
	put(t, root, "2021-06-14 Débat [1ypKdEXvkMLGW]", r)
	for _, c := range []clip.Provenance{
		{File: "a.m4a", At: 20, Length: 30, Settings: clip.Settings{Title: "The <best> of it"}},
		{File: "a.mp3", At: 20, Length: 30},
		{File: "b.m4a", At: 3585, Length: 30}, // ends with the episode
		{File: "c.m4a", At: 5, Length: 30},    // begins in what was trimmed
		{File: "d.m4a", At: 50, Length: 30},   // across the cut
		{File: "e.m4a", At: 3600, Length: 30}, // beyond the end
		{File: "f.m4a", At: 20, Length: 5, Recording: "another000000"},
	} {
		c.Schema, c.Samples = clip.Schema, 1
		if c.Recording == "" {
			c.Recording = r.ID
		}
		writeJSON(t, root, "recordings/2021/2021-06-14 Débat [1ypKdEXvkMLGW]/clips/"+c.File+".json", c)
	}
	return root
}

func record(id, file string, date time.Time) *episode.Record {
	return &episode.Record{
		Schema: 1, ID: id, File: file, Type: format.MediaType(filepath.Ext(file)), Title: "Space " + id, Date: space.Time{Time: date}, Duration: 1800,
		Speakers: []space.Speaker{}, Kept: []episode.Kept{{Start: 0, Seconds: 1800}}, Settings: episode.Settings{Preset: "host"},
	}
}

// testWords is a transcript with the times of words.
const testWords = `{"version": "1.0.0", "segments": [
	{"speaker": "@guest1, @cohost", "startTime": 1.5, "endTime": 3, "body": "Hello & “<welcome>” là.", "words": [
		{"word": "Hello", "start": 1.5, "end": 2}, {"word": "“<welcome>”", "start": 2, "end": 2.5}, {"word": "là.", "start": 2.5, "end": 3}]},
	{"speaker": "@guest1, @cohost", "startTime": 4, "endTime": 5, "body": "Again."},
	{"speaker": "@other", "startTime": 3602, "endTime": 3603, "body": "Łódź, Straße\nand İstanbul."}]}`

// put writes an episode: audio (of the size that goes with its length, at
// 8 kb/s), record, and whatever the record names.
func put(t *testing.T, root *os.Root, folder string, r *episode.Record) string {
	t.Helper()
	dir := "recordings/" + r.Date.UTC().Format("2006") + "/" + folder + "/episodes"
	audio := bytes.Repeat([]byte(r.ID), int(r.Duration)*1000/len(r.ID))
	sum := sha256.Sum256(audio)
	r.Bytes, r.SHA256 = int64(len(audio)), hex.EncodeToString(sum[:])
	write(t, root, dir+"/"+r.File, audio)
	if r.ChapterFile != "" {
		write(t, root, dir+"/"+r.ChapterFile, []byte(`{"version":"1.2.0","chapters":[]}`))
	}
	for _, file := range r.Transcripts {
		text := "1\n00:00:01,500 --> 00:00:03,000\nHello & <i>welcome</i>.\n\n2\n00:01:02,000 --> 00:01:03,000\nFrom <b>SRT</b>.\n"
		switch filepath.Ext(file) {
		case ".json":
			text = testWords
		case ".vtt":
			text = "WEBVTT\n\nNOTE nothing\n\n00:01.500 --> 00:03.000 align:start\n<v Ann>Hello &amp; <i>welcome</i>.\n\nlast\n01:00:02.000 --> 01:00:03.000\nBye,\nall.\n"
		}
		write(t, root, dir+"/"+file, []byte(text))
	}
	if r.Cover != "" {
		write(t, root, dir+"/"+r.Cover, []byte("a picture"))
	}
	name := dir + "/" + strings.TrimSuffix(r.File, filepath.Ext(r.File)) + ".json"
	writeJSON(t, root, name, r)
	return name
}

func write(t *testing.T, root *os.Root, name string, content []byte) {
	t.Helper()
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := root.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func writeJSON(t *testing.T, root *os.Root, name string, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	write(t, root, name, b)
}

// build builds a feed into a new folder.
func build(t *testing.T, lib *os.Root, s *feed.Show) (*feed.Built, *os.Root, string) {
	t.Helper()
	out, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	b, err := feed.Build(context.Background(), lib, out, s, feed.Options{Site: New(Options{})})
	if err != nil {
		t.Fatal(err)
	}
	text, err := out.ReadFile(filepath.Base(b.URL))
	if err != nil {
		t.Fatal(err)
	}
	return b, out, string(text)
}

// rgb reads a colour.
func rgb(s string) color.NRGBA {
	var c color.NRGBA
	fmt.Sscanf(s, "#%02x%02x%02x", &c.R, &c.G, &c.B)
	c.A = 0xff
	return c
}
