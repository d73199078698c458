// Package site writes the pages that stand beside a podcast's feed: one of the
// show, and one of each episode with player, waveform, chapters, clips and
// transcript. They load nothing but what lies beside them, and work as files.
// The same episodes give the same bytes.
package site

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"math"
	"os"
	"path"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/media/peaks"
	"github.com/spaces-cli/spaces/internal/media/peaks/draw"
)

//go:embed files/*
var files embed.FS

// Files are the names of the files that an episode's page consists of.
func Files(e *feed.Episode) []string {
	return []string{waveFile(e, false), waveFile(e, true), e.Page()}
}

// waveFile names the picture of an episode's waveform.
func waveFile(e *feed.Episode, dark bool) string {
	if dark {
		return e.ID + ".dark.svg"
	}
	return e.ID + ".svg"
}

// A Site writes the pages beside one feed: see feed.Site.
type Site struct {
	show    string            // its GUID
	written map[string]string // SHA-256 of the pages, by name
	all     map[string]string // those of earlier builds too
}

// New returns a site for one build of a feed.
func New() *Site { return &Site{written: make(map[string]string)} }

// Write is that of feed.Site.
func (st *Site) Write(ctx context.Context, lib, out *os.Root, s *feed.Show, episodes []*feed.Episode, feedFile string) (names []string, err error) {
	style, err := files.ReadFile("files/style.css")
	if err != nil {
		return nil, err
	}
	script, err := files.ReadFile("files/player.js")
	if err != nil {
		return nil, err
	}
	st.show = s.GUID
	write := func(name string, content []byte) error {
		names = append(names, name)
		st.written[name] = sumOf(content)
		_, err := durable.Update(out, name, content)
		return err
	}
	for _, e := range episodes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p := &page{Show: s, Feed: feedFile, Style: string(style), Script: string(script), Episode: e, Persons: s.Credits(e)}
		if p.Transcript, p.Captions, err = transcriptOf(lib, s, e); err != nil {
			return nil, err
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
				return nil, err
			}
			if err := write(waveFile(e, dark), b.Bytes()); err != nil {
				return nil, err
			}
		}
		if err := write(e.Page(), p.episodePage()); err != nil {
			return nil, err
		}
	}
	index := &page{Show: s, Feed: feedFile, Style: string(style), Episodes: episodes}
	if err := write("index.html", index.showPage()); err != nil {
		return nil, err
	}
	st.all, err = listed(out, s.GUID, st.written)
	return names, err
}

// Tidy is that of feed.Site.
func (st *Site) Tidy(out *os.Root) (gone []string, err error) {
	return tidy(out, st.show, st.all, st.written)
}

// The size of a page's waveform.
const waveWidth, waveHeight = 960, 160

// waveform is the picture of an episode, from the peaks that measuring the
// Space has left; nil when it has not been measured, or changed since.
func waveform(lib *os.Root, e *feed.Episode) *draw.Picture {
	var m library.Measurement
	dir := path.Join(e.Folder, layout.Own)
	if durable.ReadJSON(lib, path.Join(dir, "measure.json"), maxList, &m) != nil || e.Duration <= 0 {
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
