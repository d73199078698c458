package site

import (
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/peaks"
)

// bars is how many bars the waveform of an episode has.
const bars = 240

// The size of a waveform in its own units: it is stretched to the page.
const (
	waveWidth  = 960
	waveHeight = 100
	barStep    = waveWidth / bars
	barWidth   = barStep - 1.5
)

// peaksOf are the loudest samples of each bar, from the peaks that measuring the
// Space has left; nil when it has not been measured, or changed since.
func peaksOf(lib *os.Root, e *feed.Episode) []float64 {
	var measured library.Measurement
	if durable.ReadJSON(lib, layout.MeasurementIn(e.Folder), maxList, &measured) != nil || e.Duration <= 0 {
		return nil
	}
	for _, src := range e.Source {
		if !slices.Contains(measured.Pieces, src.SHA256) {
			return nil
		}
	}
	f, err := lib.Open(layout.PeaksIn(e.Folder))
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
	shape := make([]float64, bars)
	at := func(seconds float64) int {
		return max(0, min(bars, int(math.Round(float64(seconds/e.Duration)*bars))))
	}
	for _, k := range e.Kept {
		first, end := at(k.At), at(k.At+k.Seconds)
		if first >= end {
			continue
		}
		// A bar is as high as the loud half of its parts: the peak of a minute
		// says only that somebody spoke in it.
		const parts = 16
		rate := float64(x.SampleRate)
		w, err := x.Window(int64(float64(k.Start*rate)), int64(float64((k.Start+k.Seconds)*rate)), (end-first)*parts)
		if err != nil {
			return nil
		}
		mixed := peaks.Mix(w, x.Tracks)
		for i := range end - first {
			sum := 0.0
			for _, p := range mixed[i*parts : (i+1)*parts] {
				v := float64(max(int(p.Max), -int(p.Min)))
				sum += float64(v * v)
			}
			shape[first+i] = math.Sqrt(sum / parts)
		}
	}
	return shape
}

// scaled brings bars to the height of the picture: the loudest tenth reach the
// top, silence stays low.
func scaled(shape []float64) []byte {
	sorted := slices.Sorted(slices.Values(shape))
	top := sorted[len(sorted)*95/100]
	heights := make([]byte, len(shape))
	if top <= 0 {
		top = sorted[len(sorted)-1]
	}
	for i, v := range shape {
		if top > 0 {
			heights[i] = byte(math.Round(255 * min(1, v/top)))
		}
	}
	return heights
}

// A voice is somebody who is named on the page, and when they are heard.
type voice struct {
	name   string
	number int // of the colour
	turns  []span
}

// A span is a stretch of the episode, in seconds.
type span struct{ from, to float64 }

// voices are the people of an episode whose names are public, with their turns
// where the host has confirmed who speaks when. Nobody else has a lane.
func (m *maker) voices(e *feed.Episode) []voice {
	turns := confirmedTurns(m.lib, e)
	if len(turns) == 0 || e.Duration <= 0 {
		return nil
	}
	var list []voice
	for _, t := range turns {
		name := m.publicName(e, t.Handle)
		if name == "" {
			continue
		}
		i := slices.IndexFunc(list, func(v voice) bool { return v.name == name })
		if i < 0 {
			i = len(list)
			list = append(list, voice{name: name, number: i})
		}
		list[i].turns = append(list[i].turns, heard(e, t.Start, t.End)...)
	}
	list = slices.DeleteFunc(list, func(v voice) bool { return len(v.turns) == 0 })
	credits := m.show.Credits(e)
	place := func(v voice) int {
		return slices.IndexFunc(credits, func(c feed.Credit) bool { return c.Name == v.name })
	}
	slices.SortStableFunc(list, func(a, b voice) int { return place(a) - place(b) }) // the host has one colour in all episodes
	for i := range list {
		list[i].turns, list[i].number = joined(list[i].turns, e.Duration/300), i
	}
	if len(list) > colours {
		list = list[:colours]
	}
	return list
}

// colours is how many people have a colour of their own.
const colours = 6

// publicName is the name of somebody whom the feed names: the show's owner has
// named them, or they are the host.
func (m *maker) publicName(e *feed.Episode, handle string) string {
	if handle == "" {
		return ""
	}
	if name := m.show.NameOf(handle); name != "" {
		return name
	}
	if e.Host != nil && strings.EqualFold(e.Host.Handle, handle) {
		return "@" + e.Host.Handle
	}
	return ""
}

// confirmedTurns are the turns of the recording that its host has confirmed for
// the audio that the episode is made of.
func confirmedTurns(lib *os.Root, e *feed.Episode) []space.Turn {
	var c struct {
		space.Turns
		Pieces []string `json:"pieces"`
	}
	if durable.ReadJSON(lib, layout.ConfirmedOf(e.ID), maxList, &c) != nil {
		return nil
	}
	for _, src := range e.Source {
		if !slices.Contains(c.Pieces, src.SHA256) {
			return nil
		}
	}
	return c.Turns.Turns
}

// heard are the parts of a stretch of the recording that are in the episode.
func heard(e *feed.Episode, from, to float64) []span {
	var list []span
	for _, k := range e.Kept {
		a, b := max(from, k.Start), min(to, k.Start+k.Seconds)
		if a < b {
			list = append(list, span{k.At + a - k.Start, k.At + b - k.Start})
		}
	}
	return list
}

// joined are spans in order, those that are closer than gap as one.
func joined(list []span, gap float64) []span {
	slices.SortFunc(list, func(a, b span) int { return int(math.Copysign(1, a.from-b.from)) })
	var out []span
	for _, s := range list {
		if n := len(out); n > 0 && s.from <= out[n-1].to+gap {
			out[n-1].to = max(out[n-1].to, s.to)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// unit writes a length of the picture.
func unit(v float64) markup {
	return markup(strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64))
}

// barPath draws those bars that are wanted, around the middle of the picture.
func barPath(heights []byte, want func(i int) bool) markup {
	var b strings.Builder
	step := float64(waveWidth) / float64(len(heights))
	width := step * barWidth / barStep
	for i, h := range heights {
		if !want(i) {
			continue
		}
		half := max(1.2, float64(h)/255*waveHeight/2)
		b.WriteString("M" + string(unit(float64(i)*step)) + "," + string(unit(waveHeight/2-half)) +
			"h" + string(unit(width)) + "v" + string(unit(2*half)) + "h-" + string(unit(width)) + "z")
	}
	return markup(b.String())
}

// wave is the waveform that one can click, with chapters, and below it a lane
// for each voice. Those who cannot see it have the list of chapters, the
// transcript and the player.
func (p *page) wave() {
	s := &p.sound
	if len(s.heights) == 0 || s.seconds <= 0 {
		return
	}
	x := func(seconds float64) float64 { return min(waveWidth, float64(seconds/s.seconds)*waveWidth) }
	p.put(`<div class="wave" aria-hidden="true">`, "\n", `<svg class="sound" viewBox="0 0 960 100" preserveAspectRatio="none">`, "\n",
		`<defs><clipPath id="played"><rect class="played" width="0" height="100"/></clipPath><g id="bars">`)
	p.barsBy()
	p.put("</g></defs>\n", `<use class="rest" href="#bars"/><use class="own" href="#bars" clip-path="url(#played)"/>`, "\n")
	chapters := s.chapters
	for i, c := range chapters {
		end := s.seconds
		if i+1 < len(chapters) {
			end = chapters[i+1].Start
		}
		if c.Start >= s.seconds || end <= c.Start {
			continue
		}
		p.put(`<a href="`, link(s.file), "#t=", text(decimal(c.Start)), `" data-at="`, text(decimal(c.Start)), `" tabindex="-1"><title>`, text(c.Title),
			`</title><rect class="part" x="`, unit(x(c.Start)), `" width="`, unit(x(end)-x(c.Start)), `" height="100"/></a>`)
		if i > 0 {
			p.put(`<path class="edge" vector-effect="non-scaling-stroke" d="M`, unit(x(c.Start)), `,0V100"/>`)
		}
		p.put("\n")
	}
	p.put(`<path class="at" vector-effect="non-scaling-stroke" d="M0,0"/>`, "\n</svg>\n")
	if len(s.voices) > 0 {
		p.put(`<div class="lanes">`, "\n")
		for _, v := range s.voices {
			p.put(`<div class="lane"><span>`, text(v.name), `</span><svg class="s`, text(strconv.Itoa(v.number)), `" viewBox="0 0 960 10" preserveAspectRatio="none">`)
			for _, t := range v.turns {
				p.put(`<a href="`, link(s.file), "#t=", text(decimal(t.from)), `" data-at="`, text(decimal(t.from)), `" tabindex="-1"><rect x="`, unit(x(t.from)),
					`" width="`, unit(max(2, x(t.to)-x(t.from))), `" height="10" fill="currentColor"/></a>`)
			}
			p.put("</svg></div>\n")
		}
		p.put("</div>\n")
	}
	p.put("</div>\n")
}

// barsBy draws the bars in the colours of those who speak.
func (p *page) barsBy() {
	s := &p.sound
	whose := make([]int, len(s.heights))
	for i := range whose {
		whose[i] = -1
		at := (float64(i) + 0.5) / float64(len(s.heights)) * s.seconds
		for _, v := range s.voices {
			if slices.ContainsFunc(v.turns, func(t span) bool { return t.from <= at && at < t.to }) {
				whose[i] = v.number
			}
		}
	}
	for n := -1; n < len(s.voices); n++ {
		d := barPath(s.heights, func(i int) bool { return whose[i] == n })
		if d == "" {
			continue
		}
		p.put("<path")
		if n >= 0 {
			p.put(` class="s`, text(strconv.Itoa(n)), `"`)
		}
		p.put(` fill="currentColor" d="`, d, `"/>`)
	}
}

// strip is a small waveform, for lists.
func (d *document) strip(heights []byte, count int) {
	if len(heights) == 0 {
		return
	}
	few := make([]byte, count)
	for i := range few {
		from, to := i*len(heights)/count, max(i*len(heights)/count+1, (i+1)*len(heights)/count)
		sum := 0
		for _, h := range heights[from:to] {
			sum += int(h)
		}
		few[i] = byte(sum / (to - from))
	}
	d.put(`<svg viewBox="0 0 960 100" preserveAspectRatio="none" aria-hidden="true"><path fill="currentColor" d="`, barPath(few, func(int) bool { return true }), `"/></svg>`, "\n")
}
