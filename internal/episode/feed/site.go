package feed

import (
	"bytes"
	"cmp"
	"embed"
	"math"
	"os"
	"path"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/media/peaks"
	"github.com/spaces-cli/spaces/internal/media/peaks/draw"
)

//go:embed site/*
var siteFiles embed.FS

// pageFile is the name of an episode's page: like its GUID it never changes.
func pageFile(e *Episode) string { return PageOf(e.ID) }

// PageOf is the name of the page of a Space's episode.
func PageOf(id string) string { return id + ".html" }

// Page is the name of the episode's page.
func (e *Episode) Page() string { return pageFile(e) }

// waveFile names the picture of an episode's waveform.
func waveFile(e *Episode, dark bool) string {
	if dark {
		return e.ID + ".dark.svg"
	}
	return e.ID + ".svg"
}

// Wave and WaveDark are the names of the pictures.
func (e *Episode) Wave() string     { return waveFile(e, false) }
func (e *Episode) WaveDark() string { return waveFile(e, true) }

// writeSite writes the pages: one of the show, and one of each episode with
// player, waveform, chapters, clips and transcript. They load nothing but what
// lies beside them. It returns the names of the files, and their hashes.
func writeSite(lib, out *os.Root, s *Show, episodes []*Episode, feed string) (names []string, sums map[string]string, err error) {
	style, err := siteFiles.ReadFile("site/style.css")
	if err != nil {
		return nil, nil, err
	}
	script, err := siteFiles.ReadFile("site/player.js")
	if err != nil {
		return nil, nil, err
	}
	sums = map[string]string{}
	write := func(name string, content []byte) error {
		names = append(names, name)
		sums[name] = sumOf(content)
		_, err := writeFile(out, name, content)
		return err
	}
	for _, e := range episodes {
		p := &page{Show: s, Feed: feed, Style: string(style), Script: string(script), Episode: e, Persons: s.personsOf(e)}
		if p.Transcript, p.Captions, err = s.transcriptOf(lib, e); err != nil {
			return nil, nil, err
		}
		p.Language, p.Estimated = cmp.Or(e.TranscriptLanguage, s.Language), e.TranscriptSpeakers == episode.SpeakersEstimated
		wave := waveform(lib, e)
		p.Waveform = wave != nil
		for _, dark := range []bool{false, true} {
			if wave == nil {
				break
			}
			wave.Dark = dark
			var b bytes.Buffer
			if err := draw.SVG(&b, wave); err != nil {
				return nil, nil, err
			}
			if err := write(waveFile(e, dark), b.Bytes()); err != nil {
				return nil, nil, err
			}
		}
		if err := write(pageFile(e), p.episodePage()); err != nil {
			return nil, nil, err
		}
	}
	index := &page{Show: s, Feed: feed, Style: string(style), Episodes: episodes, Persons: s.persons()}
	return names, sums, write("index.html", index.showPage())
}

// The size of a page's waveform.
const waveWidth, waveHeight = 960, 160

// waveform is the picture of an episode, from the peaks that measuring the
// Space has left; nil when it has not been measured, or changed since.
func waveform(lib *os.Root, e *Episode) *draw.Picture {
	var m library.Measurement
	dir := path.Join(e.Folder, layout.Own)
	if readSidecar(lib, path.Join(dir, "measure.json"), &m) != nil || e.Duration <= 0 {
		return nil
	}
	for _, src := range e.Source {
		if !slices.Contains(m.Pieces, src.SHA256) {
			return nil
		}
	}
	f, err := lib.Open(path.Join(dir, "peaks"))
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	x, err := peaks.Open(f, info.Size())
	if err != nil {
		return nil
	}
	columns := draw.Columns(waveWidth, waveHeight)
	shape := make([]peaks.Peak, columns)
	at := func(seconds float64) int { return int(math.Round(seconds / e.Duration * float64(columns))) }
	for _, k := range e.Kept {
		first, end := max(0, min(columns, at(k.At))), max(0, min(columns, at(k.At+k.Seconds)))
		if first >= end {
			continue
		}
		rate := float64(x.SampleRate)
		w, err := x.Window(int64(k.Start*rate), int64((k.Start+k.Seconds)*rate), end-first)
		if err != nil {
			return nil
		}
		copy(shape[first:end], peaks.Mix(w, x.Tracks))
	}
	p := &draw.Picture{Width: waveWidth, Height: waveHeight, Peaks: shape, To: duration(e.Duration)}
	for _, c := range e.Clips {
		p.Clips = append(p.Clips, draw.Clip{From: duration(c.Start), To: duration(c.Start + c.Seconds), Name: c.Title})
	}
	return p
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
