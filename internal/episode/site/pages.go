package site

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/spell"
)

// words are the transcript of an episode.
type words struct {
	passages  []passage
	captions  string // the file that players can show
	language  string
	estimated bool // the speakers
}

// by is the line below an episode's title.
func (p *page) by(e *feed.Episode) {
	date := p.show.Date(e).UTC()
	p.put(`<p class="by">`)
	p.numbers(e)
	p.put(`<time datetime="`, text(date.Format(time.RFC3339)), `">`, text(p.language.Date(date)), "</time><span>",
		text(spell.Length(e.Duration)), "</span></p>\n")
}

// numbers are the season and the number of an episode, and whether it is a trailer
// or a bonus, as in the feed.
func (p *page) numbers(e *feed.Episode) {
	l := p.show.Listing(e)
	put := func(said markup) {
		p.put("<span")
		if p.foreign {
			p.put(` lang="en"`)
		}
		p.put(">", said, "</span>")
	}
	switch l.EpisodeType {
	case episode.Trailer:
		put(p.say("trailer"))
	case episode.Bonus:
		put(p.say("bonus"))
	}
	switch {
	case l.Season > 0 && l.Number > 0:
		put(p.say("season.episode", "s", l.Season, "e", l.Number))
	case l.Season > 0:
		put(p.say("season", "s", l.Season))
	case l.Number > 0:
		put(p.say("number", "e", l.Number))
	}
}

// indexPage is the page of the show.
func (m *maker) indexPage(shapes map[*feed.Episode][]byte) []byte {
	s := m.show
	p := &page{maker: m}
	p.head(meta{
		title: s.Title, description: oneLine(cmp.Or(s.Description, s.Title), 200), kind: "website", card: m.showCard, alt: s.Title,
		data: map[string]any{
			"@context": "https://schema.org", "@type": "PodcastSeries", "name": s.Title, "url": s.URL(""), "description": oneLine(s.Description, 500),
			"webFeed": s.URL(m.feed), "image": s.URL(m.showCover.large), "inLanguage": s.Language,
		},
	})
	p.put("<header class=\"head\"><div class=\"wrap hero\">\n")
	p.picture(m.showCover, inHero)
	p.put("<div class=\"about\">\n<h1 dir=\"auto\">", text(s.Title), "</h1>\n")
	if s.Author != "" {
		p.put(`<p class="by" dir="auto">`, text(s.Author), "</p>\n")
	}
	if about := paragraphs(s.Description); about != "" {
		p.put(`<div class="text" dir="auto">`, about, "</div>\n")
	}
	p.follow(m)
	p.put("</div></div></header>\n<main class=\"wrap\" id=\"main\">\n<section aria-labelledby=\"episodes\">\n<h2 id=\"episodes\">", m.say("episodes"),
		` <span class="count">`, text(strconv.Itoa(len(m.episodes))), "</span></h2>\n<ol class=\"episodes\" reversed>\n")
	for _, e := range m.episodes {
		p.put("<li class=\"row\">\n<h3 dir=\"auto\"><a href=\"", link(e.Page()), `">`, text(m.title(e)), "</a></h3>\n")
		p.by(e)
		if more := oneLine(e.Description, 220); more != "" {
			p.put(`<p class="more" dir="auto">`, text(more), "</p>\n")
		}
		p.strip(shapes[e], 72)
		p.put("</li>\n")
	}
	p.put("</ol>\n</section>\n")
	if len(m.newest) > 0 {
		p.put("<section aria-labelledby=\"clips\">\n<h2 id=\"clips\">", m.words("clips"), "</h2>\n<ul class=\"clips wide\">\n")
		for _, x := range m.newest {
			p.clipItem(x.episode, x.excerpt, true)
		}
		p.put("</ul>\n</section>\n")
	}
	p.put("</main>\n")
	p.foot()
	return p.html.Bytes()
}

// follow is the row of places where listeners follow the show.
func (d *document) follow(m *maker) {
	d.put(`<ul class="follow" aria-label="`, m.say("follow"), "\">\n")
	for i, to := range places(m.show, m.feed) {
		class := markup(`<li><a class="pill" href="`)
		if i == 0 {
			class = `<li><a class="pill first" href="`
		}
		d.put(class, link(to.href), `">`, to.icon, text(to.name), "</a></li>\n")
	}
	d.put("</ul>\n")
}

// episodePage is the page of an episode, the i-th of the show.
func (p *page) episodePage(i int, w words) []byte {
	s, e := p.show, p.episode
	title := p.title(e)
	own := p.cover.large != ""
	shown := p.cover
	if !own {
		shown = p.showCover
	}
	p.head(meta{
		name: e.Page(), title: title + " – " + s.Title, description: oneLine(cmp.Or(e.Description, title+", "+s.Title), 200), kind: "article",
		card: p.card, alt: title, sound: &playable{kind: "audio", file: e.File, mime: p.sound.mime},
		data: map[string]any{
			"@context": "https://schema.org", "@type": "PodcastEpisode", "name": title, "url": s.URL(e.Page()), "description": oneLine(e.Description, 500),
			"datePublished": p.show.Date(e).UTC().Format(time.RFC3339), "duration": isoLength(e.Duration), "image": s.URL(shown.large), "inLanguage": s.Language,
			"associatedMedia": map[string]any{"@type": "AudioObject", "contentUrl": s.URL(e.File), "encodingFormat": p.sound.mime, "duration": isoLength(e.Duration)},
			"partOfSeries":    map[string]any{"@type": "PodcastSeries", "name": s.Title, "url": s.URL(""), "webFeed": s.URL(p.feed)},
		},
	})
	p.put("<header class=\"head\">\n")
	p.top()
	p.put("<div class=\"wrap\"><div class=\"title pictured\">\n")
	p.picture(shown, inTitle)
	p.put("<div>\n")
	p.heading(title)
	p.by(e)
	p.people()
	p.put(`<div class="acts"><a class="pill first begin" href="`, link(e.File), `">`, iconPlay, iconStop, p.words("listen"), "</a>",
		`<button class="pill link" type="button" hidden data-page="`, link(s.URL(e.Page())), `">`, iconLink, "<span>", p.words("link"), "</span></button>",
		`<a class="pill" href="`, link(e.File), `" download>`, iconSave, p.words("download"), `</a><span class="told" role="status"></span></div>`, "\n</div></div>\n")
	p.wave()
	p.put(`<audio class="main" controls preload="metadata" src="`, link(e.File), `" aria-label="`, text(title), `">`)
	if w.captions != "" {
		p.put("\n", `<track kind="captions" src="`, link(w.captions), `"`, lang("srclang", w.language), ` label="`, p.say("transcript"), "\">\n")
	}
	p.put("</audio>\n</div></header>\n<main class=\"wrap\" id=\"main\">\n")
	side := len(e.Chapters)+len(e.Clips) > 0
	if side {
		p.put("<div class=\"split both\">\n<div class=\"side\">\n")
		p.chapters()
		p.clipList()
		p.put("</div>\n<div class=\"main\">\n")
	} else {
		p.put("<div class=\"split\">\n<div class=\"main\">\n")
	}
	if about := paragraphs(e.Description); about != "" {
		p.put(`<section class="text" dir="auto" aria-label="`, p.say("about"), `">`, about, "</section>\n")
	}
	p.transcript(w)
	p.put("</div>\n</div>\n")
	p.beside(i)
	p.put("</main>\n")
	p.player(title)
	p.foot()
	return p.html.Bytes()
}

// heading is the title of a page, smaller where it is long.
func (p *page) heading(title string) {
	const long = 60
	if utf8.RuneCountInString(title) > long {
		p.put(`<h1 class="long" dir="auto">`, text(title), "</h1>\n")
		return
	}
	p.put(`<h1 dir="auto">`, text(title), "</h1>\n")
}

// people are those whom the feed names, with their initials.
func (p *page) people() {
	list := p.show.Credits(p.episode)
	if len(list) == 0 {
		return
	}
	p.put(`<ul class="faces" aria-label="`, p.say("people"), "\">\n")
	for _, who := range list {
		class := ""
		for _, v := range p.sound.voices {
			if v.name == who.Name {
				class = fmt.Sprintf(" s%d", v.number)
			}
		}
		p.put(`<li><span class="face`, text(class), `" aria-hidden="true">`, text(initials(who.Name)), "</span><span>")
		if who.URL != "" {
			p.put(`<a href="`, link(who.URL), `" rel="noopener">`, text(who.Name), "</a>")
		} else {
			p.put(text(who.Name))
		}
		p.put(` <span class="role">`, p.role(who.Role), "</span></span></li>\n")
	}
	p.put("</ul>\n")
}

// role is a part in the show in its language, or as its owner wrote it.
func (p *page) role(role string) markup {
	if key := "role." + role; p.language.Has("site." + key) {
		return p.say(key)
	}
	return text(role)
}

// at is a link to a time of the audio.
func (p *page) at(seconds float64) markup {
	at := text(decimal(seconds))
	return `<a href="` + link(p.sound.file) + "#t=" + at + `" data-at="` + at + `">` + text(spell.Position(seconds)) + "</a>"
}

func (p *page) chapters() {
	if len(p.episode.Chapters) == 0 {
		return
	}
	p.put("<section aria-labelledby=\"chapters\">\n<h2 id=\"chapters\">", p.words("chapters"), "</h2>\n<ol class=\"times chapters\">\n")
	for _, c := range p.episode.Chapters {
		p.put("<li>", p.at(c.Start), ` <span dir="auto">`, text(c.Title), "</span></li>\n")
	}
	p.put("</ol>\n</section>\n")
}

func (p *page) transcript(w words) {
	if len(w.passages) == 0 {
		return
	}
	p.put("<section class=\"said\" aria-labelledby=\"transcript\">\n<h2 id=\"transcript\">", p.words("transcript"), "</h2>\n")
	if w.estimated {
		p.put("<p class=\"by\">", p.words("estimated"), "</p>\n")
	}
	p.put("<form role=\"search\" hidden>\n<label>", p.say("search"), " <input type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></label>\n<output></output>\n</form>\n",
		"<ol", lang("lang", w.language), ` dir="auto">`, "\n")
	for _, said := range w.passages {
		p.put("<li>", p.at(said.Start))
		if said.Speaker != "" {
			p.put(" <b>", text(said.Speaker), "</b>")
		}
		p.put(" <p dir=\"auto\">")
		for _, w := range said.Words {
			p.put(`<span data-at="`, text(decimal(w.Start)), `">`, text(w.Text), "</span>")
		}
		p.put("</p></li>\n")
	}
	p.put("</ol>\n</section>\n")
}

// beside links the episodes before and after, and the places to follow.
func (p *page) beside(i int) {
	if len(p.episodes) > 1 {
		p.put("<nav class=\"beside\" aria-label=\"", p.say("episodes"), "\">\n")
		for _, other := range []struct {
			i          int
			class, key markup
		}{{i + 1, "older", "older"}, {i - 1, "newer", "newer"}} {
			if other.i < 0 || other.i >= len(p.episodes) {
				continue
			}
			e := p.episodes[other.i]
			p.put(`<a class="`, other.class, `" href="`, link(e.Page()), `"><span class="by">`, p.words(string(other.key)), `</span><b dir="auto">`, text(p.title(e)), "</b></a>\n")
		}
		p.put("</nav>\n")
	}
	p.put("<section aria-labelledby=\"follow\">\n<h2 id=\"follow\">", p.words("follow"), "</h2>\n")
	p.document.follow(p.maker)
	p.put("</section>\n")
}

// player is the bar that stays in view; without scripts nobody sees it.
func (p *page) player(title string) {
	e := p.sound
	p.put(`<div class="player" role="region" aria-label="`, p.say("player"), `" hidden data-length="`, text(decimal(e.seconds)), `" data-title="`, text(title), "\"><div class=\"wrap\">\n",
		`<div class="keys"><button class="back" type="button" aria-label="`, p.say("back"), `">−15</button><button class="play" type="button" aria-label="`, p.say("play"), `">`, iconPlay, iconStop,
		`</button><button class="on" type="button" aria-label="`, p.say("on"), `">+30</button></div>`, "\n",
		`<div class="where"><div class="now" dir="auto"></div><div class="line"><span class="past">0:00</span><input type="range" min="0" max="`, text(strconv.Itoa(int(math.Round(e.seconds)))),
		`" value="0" step="1" aria-label="`, p.say("position"), `"><span>`, text(spell.Length(e.seconds)), "</span></div></div>\n",
		`<button class="speed" type="button" aria-label="`, p.say("speed"), ` 1×">1×</button>`, "\n</div></div>\n")
	p.wordsFor("play", "pause", "speed", "copied", "nothing", "passages")
}

// isoLength is a length as schema.org has it (ISO 8601).
func isoLength(seconds float64) string {
	s := int(math.Round(seconds))
	return fmt.Sprintf("PT%dH%dM%dS", s/3600, s/60%60, s%60)
}
