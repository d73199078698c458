package site

import (
	"cmp"
	"fmt"

	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/spell"
)

// clipPage is the page of a clip, made to be posted.
func (p *page) clipPage(x *excerpt) []byte {
	s, e := p.show, p.episode
	title := p.clipTitle(e, x)
	m := meta{
		name: x.name + ".html", title: title + " – " + s.Title, description: cmp.Or(oneLine(x.quote, 200), p.title(e)+" – "+s.Title),
		kind: "article", card: x.card, alt: title,
	}
	address := fileOf(e, cmp.Or(x.sound, x.film))
	object := "AudioObject"
	if x.film != nil {
		address, object = fileOf(e, x.film), "VideoObject"
		m.kind = "video.other"
		m.sound = &playable{kind: "video", file: address, mime: "video/mp4"}
		if v := x.film.Settings.Video; v != nil {
			m.sound.width, m.sound.height = v.Width, v.Height
		}
	} else {
		p.sound = sound{file: address, mime: p.mime(address, ""), seconds: x.Seconds, heights: x.heights}
		m.sound = &playable{kind: "audio", file: address, mime: p.sound.mime}
	}
	m.data = map[string]any{
		"@context": "https://schema.org", "@type": object, "name": title, "url": s.URL(m.name), "contentUrl": s.URL(address), "description": m.description,
		"uploadDate": p.show.Date(e).UTC().Format("2006-01-02"), "duration": isoLength(x.Seconds), "thumbnailUrl": s.URL(cmp.Or(x.card, p.showCover.large)), "inLanguage": s.Language,
		"isPartOf": map[string]any{"@type": "PodcastEpisode", "name": p.title(e), "url": s.URL(e.Page())},
	}
	if x.film != nil {
		p.script = ""
	}
	p.head(m)
	p.put("<header class=\"head\">\n")
	p.top()
	p.put("</header>\n<main class=\"wrap\" id=\"main\"><article class=\"card\">\n<p class=\"by\"><span>", p.words("clip"), "</span><span>", text(spell.Length(x.Seconds)), "</span></p>\n")
	p.heading(title)
	if x.quote != "" {
		p.put("<figure>\n<blockquote class=\"quote\" dir=\"auto\"", lang("lang", cmp.Or(e.TranscriptLanguage, s.Language)), ">", text(x.quote), "</blockquote>\n")
		if x.speaker != "" {
			p.put("<figcaption class=\"by\" dir=\"auto\">— ", text(x.speaker), "</figcaption>\n")
		}
		p.put("</figure>\n")
	}
	if x.film != nil {
		p.put(`<video class="main" controls preload="metadata" playsinline src="`, link(address), `"`)
		if x.card != "" && m.sound.width > m.sound.height {
			p.put(` poster="`, link(x.card), `"`)
		}
		p.put(` aria-label="`, text(title), "\"></video>\n")
	} else {
		p.wave()
		p.put(`<audio class="main" controls preload="metadata" src="`, link(address), `" aria-label="`, text(title), "\"></audio>\n")
	}
	p.put(`<div class="acts">`)
	if x.film == nil {
		p.put(`<a class="pill first begin" href="`, link(address), `">`, iconPlay, iconStop, p.words("listen"), "</a>",
			`<button class="pill link" type="button" hidden data-page="`, link(s.URL(m.name)), `">`, iconLink, "<span>", p.words("link"), "</span></button>")
	}
	p.put(`<a class="pill" href="`, link(address), `" download>`, iconSave, p.words("download"), `</a><span class="told" role="status"></span></div>`, "\n")
	p.put("<div class=\"from\">\n")
	shown := p.cover
	if shown.large == "" {
		shown = p.showCover
	}
	p.picture(shown, inReturned)
	p.put(`<div><span class="by">`, p.words("from"), `</span><a dir="auto" href="`, link(e.Page()), "#t=", text(decimal(x.Start)), `">`, text(p.title(e)), `</a><span class="by"><span>`,
		text(p.language.Date(p.show.Date(e).UTC())), "</span><span>", text(spell.Position(x.Start)), "</span></span></div>\n</div>\n</article>\n")
	if len(p.clips) > 1 {
		p.put("<section aria-labelledby=\"clips\">\n<h2 id=\"clips\">", p.words("more"), "</h2>\n<ul class=\"clips wide\">\n")
		for _, other := range p.clips {
			if other != x {
				p.clipItem(e, other, false)
			}
		}
		p.put("</ul>\n</section>\n")
	}
	p.put("<section aria-labelledby=\"follow\">\n<h2 id=\"follow\">", p.words("follow"), "</h2>\n")
	p.follow(p.maker)
	p.put("</section>\n</main>\n")
	if x.film == nil {
		p.player(title)
	}
	p.foot()
	return p.html.Bytes()
}

// clipList are the clips of the episode: those that have a page can be heard at
// once.
func (p *page) clipList() {
	e := p.episode
	if len(e.Clips) == 0 {
		return
	}
	p.put("<section aria-labelledby=\"clips\">\n<h2 id=\"clips\">", p.words("clips"), "</h2>\n")
	if len(p.clips) > 0 {
		p.put("<ul class=\"clips\">\n")
		for _, x := range p.clips {
			p.clipItem(e, x, false)
		}
		p.put("</ul>\n")
	}
	var rest []feed.Clip
	for _, c := range e.Clips {
		has := false
		for _, x := range p.clips {
			has = has || x.Start == c.Start && x.Seconds == c.Seconds
		}
		if !has {
			rest = append(rest, c)
		}
	}
	if len(rest) > 0 {
		p.put("<ol class=\"times\">\n")
		for _, c := range rest {
			p.put("<li>", p.at(c.Start), ` <span dir="auto">`)
			if c.Title != "" {
				p.put(text(c.Title), ", ")
			}
			p.put(text(spell.Length(c.Seconds)), "</span></li>\n")
		}
		p.put("</ol>\n")
	}
	p.put("</section>\n")
}

// clipItem is a clip in a list, which can be heard there.
func (p *page) clipItem(e *feed.Episode, x *excerpt, withEpisode bool) {
	title := p.clipTitle(e, x)
	p.put(`<li><h3 dir="auto"><a href="`, link(x.name+".html"), `">`, text(title), "</a></h3>\n<p class=\"by\">")
	if withEpisode {
		p.put(`<a href="`, link(e.Page()), "#t=", text(decimal(x.Start)), `" dir="auto">`, text(p.title(e)), "</a>")
	} else if p.sound.file == e.File {
		p.put(p.at(x.Start))
	} else {
		p.put("<span>", text(spell.Position(x.Start)), "</span>")
	}
	p.put("<span>", text(spell.Length(x.Seconds)), "</span></p>\n")
	if x.sound != nil {
		p.put(`<audio controls preload="none" src="`, link(fileOf(e, x.sound)), `" aria-label="`, text(fmt.Sprintf("%s: %s", p.language.Say("site.clip"), title)), "\"></audio>\n")
	} else {
		p.put(`<video controls preload="none" playsinline src="`, link(fileOf(e, x.film)), `"`)
		// Nothing of it is loaded before somebody plays it: without a picture it is black.
		if v := x.film.Settings.Video; x.card != "" && v != nil && v.Width > v.Height {
			p.put(` poster="`, link(x.card), `"`)
		}
		p.put(` aria-label="`, text(title), "\"></video>\n")
	}
	p.put("</li>\n")
}
