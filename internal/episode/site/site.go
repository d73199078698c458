// Package site writes the pages that stand beside a podcast's feed: one of the
// show, one of each episode with player, waveform, chapters, clips and
// transcript, and one of each clip. They load nothing but what lies beside them,
// and work as files and without scripts. The same episodes give the same bytes.
package site

import (
	"cmp"
	"context"
	"embed"
	"image/color"
	"os"
	"strings"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/card"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/media/lettering"
)

//go:embed files/*
var files embed.FS

// Index is the name of the show's page.
const Index = "index.html"

// Options say what a site shows.
type Options struct {
	// Clip says whether a clip may be heard on the site; nil: none may. Those that
	// may have a page of their own, and their files are copied beside it.
	Clip func(ctx context.Context, e *feed.Episode, p *clip.Provenance) (bool, error)
	// Skip, if it is set, is told of clips that cannot be published as they are;
	// otherwise that is the error of Write.
	Skip func(*feed.ProblemError)
}

// A Site writes the pages beside one feed: see feed.Site.
type Site struct {
	o       Options
	show    string            // its GUID
	written map[string]string // SHA-256 of the files, by name
	made    map[string]string // what costly ones were made of
	heard   map[string]string // bars of waveforms, in base64, by the SHA-256 of the sound
	all     map[string]string // SHA-256 of those of earlier builds too
	missing []rune            // what no font has, and pictures therefore leave out
}

// New returns a site for one build of a feed.
func New(o Options) *Site {
	return &Site{o: o, written: make(map[string]string), made: make(map[string]string), heard: make(map[string]string)}
}

// A maker makes the pages of one show.
type maker struct {
	site     *Site
	lib, out *os.Root
	show     *feed.Show
	episodes []*feed.Episode
	feed     string // name of the feed
	before   siteList
	language *languages.Language
	foreign  bool // the language is not that of the show

	direction          string
	tone               tone
	accent             color.NRGBA
	fonts              *lettering.Set
	style, styleHash   string
	player, playerHash string
	icon, touch        string // names of the show's icons, "" without a cover
	showCover          cover
	showCard           string
	names              []string
	newest             []listedClip // clips, of the newest episodes
}

// A page is what is being written.
type page struct {
	*maker
	document
	script, scriptHash string

	episode *feed.Episode
	sound   sound
	cover   cover // the episode's own
	card    string
	clips   []*excerpt
}

// A sound is what the player of a page plays.
type sound struct {
	file, mime string
	seconds    float64
	heights    []byte // of the waveform
	chapters   []episode.Chapter
	voices     []voice
}

// playerPage is a page with a player, of an episode or of a clip of it.
func (m *maker) playerPage(e *feed.Episode) *page {
	return &page{maker: m, script: m.player, scriptHash: m.playerHash, episode: e}
}

// newestClips is how many clips the front page shows.
const newestClips = 6

// A listedClip stands on the front page.
type listedClip struct {
	episode *feed.Episode
	*excerpt
}

// say is the text of a key in the show's language.
func (m *maker) say(key string, places ...any) markup {
	return text(m.language.Say("site."+key, places...))
}

// words is say inside an element: where the program has no words in the show's
// language, they are marked as English.
func (m *maker) words(key string) markup {
	if m.foreign {
		return `<span lang="en">` + m.say(key) + "</span>"
	}
	return m.say(key)
}

// Write is that of feed.Site.
func (st *Site) Write(ctx context.Context, lib, out *os.Root, s *feed.Show, episodes []*feed.Episode, feedFile string) ([]string, error) {
	m := &maker{site: st, lib: lib, out: out, show: s, episodes: episodes, feed: feedFile}
	own := false
	m.language, own = languages.For(s.Language)
	m.direction = "ltr"
	if s.Language != "" {
		m.foreign = !own
		m.direction = languages.Direction(s.Language)
	}
	st.show = s.GUID
	var err error
	if m.before, err = readSiteList(out, s.GUID); err != nil {
		return nil, err
	}
	if err := m.prepare(); err != nil {
		return nil, err
	}
	shapes := make(map[*feed.Episode][]byte)
	for i, e := range episodes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if shapes[e], err = m.outline(ctx, e); err != nil {
			return nil, err
		}
		if err := m.writeEpisode(ctx, i, shapes[e]); err != nil {
			return nil, err
		}
	}
	var newest []byte
	if len(episodes) > 0 {
		newest = shapes[episodes[0]]
	}
	if err := m.drawShowCard(newest); err != nil {
		return nil, err
	}
	if err := m.write(Index, m.indexPage(shapes)); err != nil {
		return nil, err
	}
	if err := m.write("sitemap.xml", m.sitemap()); err != nil {
		return nil, err
	}
	st.all, err = listed(out, m.before, st)
	return m.names, err
}

// Missing are the characters that no font has: the pictures of links leave them
// out.
func (st *Site) Missing() []rune { return st.missing }

// Tidy is that of feed.Site.
func (st *Site) Tidy(out *os.Root) (gone []string, err error) {
	return tidy(out, st)
}

// write writes a file of the site.
func (m *maker) write(name string, content []byte) error {
	m.names = append(m.names, name)
	m.site.written[name] = sumOf(content)
	_, err := durable.Update(m.out, name, content)
	return err
}

// prepare makes what all pages share.
func (m *maker) prepare() error {
	style, err := files.ReadFile("files/style.css")
	if err != nil {
		return err
	}
	player, err := files.ReadFile("files/player.js")
	if err != nil {
		return err
	}
	if err := m.showPictures(); err != nil {
		return err
	}
	if m.accent = m.showCover.accent; m.accent.A == 0 {
		m.accent = plainAccent
	}
	m.tone = toneOf(m.accent)
	if err := m.findFonts(); err != nil {
		return err
	}
	m.style = m.tone.styled(string(style))
	m.styleHash = hashOf(m.style)
	m.player = string(player)
	m.playerHash = hashOf(m.player)
	return nil
}

// title is what an episode is called, as in the feed.
func (m *maker) title(e *feed.Episode) string { return m.show.TitleOf(e) }

// sitemap lists the pages (sitemaps.org, protocol 0.9).
func (m *maker) sitemap() []byte {
	var d document
	d.put(`<?xml version="1.0" encoding="UTF-8"?>`, "\n", `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`, "\n")
	for _, name := range m.names {
		if name == Index {
			name = ""
		} else if !strings.HasSuffix(name, ".html") {
			continue
		}
		d.put("<url><loc>", link(m.show.URL(name)), "</loc></url>\n")
	}
	d.put("</urlset>\n")
	return d.html.Bytes()
}

// writeEpisode writes the page of an episode, and those of its clips.
func (m *maker) writeEpisode(ctx context.Context, i int, heights []byte) error {
	e := m.episodes[i]
	p := m.playerPage(e)
	p.sound = sound{file: e.File, mime: m.mime(e.File, e.Type), seconds: e.Duration, heights: heights, chapters: e.Chapters, voices: m.voices(e)}
	said, captions, err := transcriptOf(m.lib, m.show, e)
	if err != nil {
		return err
	}
	w := words{said, captions, cmp.Or(e.TranscriptLanguage, m.show.Language), e.TranscriptSpeakers == episode.SpeakersEstimated}
	if p.cover, err = m.episodeCover(e); err != nil {
		return err
	}
	if p.clips, err = m.excerpts(ctx, e, said, e.TranscriptSpeakers == episode.SpeakersConfirmed); err != nil {
		return err
	}
	p.card = e.ID + ".card.jpg"
	if err := m.drawCard(p.card, card.Card{Title: m.title(e), Below: m.below(e, e.Duration), Bars: heights}, p.cover); err != nil {
		return err
	}
	if err := m.write(e.Page(), p.episodePage(i, w)); err != nil {
		return err
	}
	for _, x := range p.clips {
		x.heights = m.outlineOf(e, x)
		if err := m.drawCard(x.card, card.Card{Title: m.clipTitle(e, x), Quote: x.quote, Below: m.below(e, x.Seconds), Bars: x.heights}, p.cover); err != nil {
			return err
		}
		c := m.playerPage(e)
		c.cover, c.clips = p.cover, p.clips
		if err := m.write(x.name+".html", c.clipPage(x)); err != nil {
			return err
		}
		if len(m.newest) < newestClips {
			m.newest = append(m.newest, listedClip{e, x})
		}
	}
	return nil
}
