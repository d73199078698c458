package feed

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/episode"
)

// An Imported feed is what another feed says of a show that moves here.
type Imported struct {
	Show   Show // what it says of the show, without an address
	Locked bool // its owner has forbidden other hosts to import it
	Items  []*ImportedItem
}

// An ImportedItem is an episode as the other feed has it.
type ImportedItem struct {
	GUID    string    `json:"guid"`
	Title   string    `json:"title"`
	Date    time.Time `json:"date"`
	Seconds float64   `json:"duration,omitempty"`
	File    string    `json:"file,omitempty"` // name of its audio

	season, number int
	kind           string
	explicit       *bool
}

// An element of a feed.
type element struct {
	XMLName xml.Name
	Attr    []xml.Attr
	Text    string
	Kids    []element
}

// is reports whether the element has a name in a namespace.
func (e *element) is(space, local string) bool {
	ns := e.XMLName.Space
	if ns == oldPodcastNS {
		ns = podcastNS
	}
	return e.XMLName.Local == local && strings.EqualFold(strings.TrimRight(ns, "/"), space)
}

func (e *element) child(space, local string) *element {
	for i := range e.Kids {
		if e.Kids[i].is(space, local) {
			return &e.Kids[i]
		}
	}
	return new(element)
}

func (e *element) text(space, local string) string {
	return clean(strings.TrimSpace(e.child(space, local).Text))
}

func (e *element) attr(name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return clean(strings.TrimSpace(a.Value))
		}
	}
	return ""
}

// ErrNoFeed means that a file is no RSS feed.
var ErrNoFeed = errors.New("this is not an RSS feed")

// Import reads the feed of a show that is to move here.
func Import(r io.Reader) (*Imported, error) {
	d := xml.NewDecoder(&guard{r: r})
	d.Strict, d.Entity, d.CharsetReader = false, xml.HTMLEntity, (&checker{}).charset
	in := new(Imported)
	inside := false
	nodes, others := 0, 0 // elements: of the item or of the channel, and of the channel without its items
	for {
		token, err := d.Token()
		switch {
		case err == io.EOF && !inside:
			return nil, ErrNoFeed
		case err == io.EOF:
			return in, nil
		case err != nil:
			return nil, fmt.Errorf("cannot read the feed: %w", err)
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok || start.Name.Local == "rss":
		case start.Name.Local == "channel" && start.Name.Space == "":
			inside = true
		case !inside:
			return nil, ErrNoFeed
		default:
			if start.Name.Space == "" && start.Name.Local == "item" {
				nodes = 0
			}
			e, err := readElement(d, start, 2, &nodes)
			if err != nil {
				return nil, fmt.Errorf("cannot read the feed: %w", err)
			}
			if e.is("", "item") {
				nodes = others
				if in.Items = append(in.Items, importItem(e)); len(in.Items) > maxItems {
					return nil, fmt.Errorf("%w: more than %d episodes", errTooLarge, maxItems)
				}
				continue
			}
			others = nodes
			in.channel(e)
		}
	}
}

// readElement reads an element that has begun, in the bounds of a feed: what is in
// memory takes many times the bytes of the file. nodes counts the elements.
func readElement(d *xml.Decoder, start xml.StartElement, depth int, nodes *int) (*element, error) {
	if *nodes++; *nodes > maxNodes {
		return nil, fmt.Errorf("%w: more than %d elements in one element", errTooLarge, maxNodes)
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("%w: elements nested %d deep", errTooLarge, maxDepth)
	}
	e := &element{XMLName: start.Name, Attr: start.Attr}
	var text strings.Builder
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			kid, err := readElement(d, t, depth+1, nodes)
			if err != nil {
				return nil, err
			}
			e.Kids = append(e.Kids, *kid)
		case xml.EndElement:
			e.Text = text.String()
			return e, nil
		}
	}
}

// channel takes in what an element says of the show.
func (in *Imported) channel(e *element) {
	s, text := &in.Show, clean(strings.TrimSpace(e.Text))
	switch {
	case e.is("", "title"):
		s.Title = text
	case e.is("", "link"):
		if _, err := webURL(text); err == nil {
			s.Link = text
		}
	case e.is("", "description"), e.is(itunesNS, "summary") && s.Description == "":
		s.Description = plain(text)
	case e.is("", "language"):
		if languagePattern().MatchString(text) {
			s.Language = text
		}
	case e.is("", "copyright"):
		s.Copyright = text
	case e.is(itunesNS, "author"):
		s.Author = text
	case e.is(itunesNS, "owner"):
		s.Email = e.text(itunesNS, "email")
	case e.is(itunesNS, "explicit"):
		s.Explicit = yes(text)
	case e.is(itunesNS, "type"):
		if strings.EqualFold(text, Serial) {
			s.Type = Serial
		}
	case e.is(itunesNS, "image"):
		if u := e.attr("href"); strings.Contains(u, "://") {
			s.Image = u
		}
	case e.is(itunesNS, "category"):
		category := e.attr("text")
		if sub := e.child(itunesNS, "category").attr("text"); sub != "" {
			category += " > " + sub
		}
		if checkCategory(category) == nil {
			s.Category = append(s.Category, category)
		}
	case e.is(podcastNS, "guid"):
		if id := strings.ToLower(text); guidPattern().MatchString(id) {
			s.GUID = id
		}
	case e.is(podcastNS, "locked"):
		in.Locked = text == "yes"
		s.Unlocked = text == "no"
	}
}

func yes(text string) bool {
	return slices.Contains([]string{"true", "yes", "explicit"}, strings.ToLower(text))
}

func importItem(e *element) *ImportedItem {
	it := &ImportedItem{GUID: e.text("", "guid"), Title: cmp.Or(e.text("", "title"), e.text(itunesNS, "title"))}
	if t, err := parseDate(e.text("", "pubDate")); err == nil {
		it.Date = t.UTC()
	}
	for part := range strings.SplitSeq(e.text(itunesNS, "duration"), ":") {
		v, ok := number(part)
		if !ok {
			it.Seconds = 0
			break
		}
		it.Seconds = float64(it.Seconds*60) + v
	}
	address := e.child("", "enclosure").attr("url")
	if u, err := url.Parse(address); err == nil {
		it.File = path.Base(u.Path)
	}
	it.GUID = cmp.Or(it.GUID, address) // RSS lets it be missing: apps take the address then
	it.season, _ = strconv.Atoi(e.text(itunesNS, "season"))
	it.number, _ = strconv.Atoi(e.text(itunesNS, "episode"))
	if kind := strings.ToLower(e.text(itunesNS, "episodeType")); slices.Contains(episode.Types(), kind) {
		it.kind = kind
	}
	if text := e.text(itunesNS, "explicit"); text != "" {
		v := yes(text)
		it.explicit = &v
	}
	return it
}

// A Matching says which items of another feed are which episodes here.
type Matching struct {
	Matched   []Match
	Ambiguous []Ambiguity
	Unmatched []*ImportedItem // that no episode here is
}

// A Match is an item with the episodes of its Space, and what they have in common:
// guid, title, file, date, duration.
type Match struct {
	Item     *ImportedItem
	Episodes []*Episode
	By       []string
}

// An Ambiguity is an item that may be one of several Spaces, or one of several
// items that may be one Space.
type Ambiguity struct {
	Item     *ImportedItem
	Episodes []*Episode // one of each Space
}

// How near dates and durations of the same episode are: it is published some time
// after the Space, and trimmed.
const (
	nearDate    = 36 * time.Hour
	nearSeconds = 15.0
)

// alike lists what an item and an episode have in common.
func (it *ImportedItem) alike(e *Episode) (by []string) {
	if it.GUID == "x-space:"+e.ID {
		return []string{"guid"}
	}
	fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
	if it.Title != "" && fold(it.Title) == fold(e.Title) {
		by = append(by, "title")
	}
	stem := func(file string) string { return strings.ToLower(strings.TrimSuffix(file, path.Ext(file))) }
	if it.File != "" && stem(it.File) == stem(e.File) {
		by = append(by, "file")
	}
	if d := it.Date.Sub(e.Date.Time); !it.Date.IsZero() && !e.Date.IsZero() && d.Abs() < nearDate {
		by = append(by, "date")
	}
	if it.Seconds > 0 && math.Abs(it.Seconds-e.Duration) <= max(nearSeconds, e.Duration*0.02) {
		by = append(by, "duration")
	}
	return by
}

// Match finds out which items are which episodes. An item is an episode if it has
// its guid, or two other things in common with it, and with no other as many; two
// items are never the same one. What is not sure is left to people.
func (in *Imported) Match(list []*Episode) Matching {
	bySpace := make(map[string][]*Episode)
	var ids []string
	for _, e := range list {
		if bySpace[e.ID] == nil {
			ids = append(ids, e.ID)
		}
		bySpace[e.ID] = append(bySpace[e.ID], e)
	}
	type claim struct {
		id string
		by []string
	}
	sure := make(map[string]int) // items that have the guid of a Space here
	for i, it := range in.Items {
		if id, ours := strings.CutPrefix(it.GUID, "x-space:"); ours {
			sure[id] = i
		}
	}
	claims := make([][]claim, len(in.Items))
	claimed := make(map[string]int) // how many items a Space may be
	for i, it := range in.Items {
		best := 2 // of those in common
		for _, id := range ids {
			if other, is := sure[id]; is && other != i {
				continue
			}
			var by []string
			for _, e := range bySpace[id] {
				if b := it.alike(e); len(b) > len(by) || slices.Equal(b, []string{"guid"}) {
					by = b
				}
			}
			n := len(by)
			if slices.Equal(by, []string{"guid"}) {
				n = math.MaxInt
			}
			if n > best {
				best, claims[i] = n, nil
			}
			if n == best {
				claims[i] = append(claims[i], claim{id, by})
			}
		}
		for _, c := range claims[i] {
			claimed[c.id]++
		}
	}
	var m Matching
	for i, it := range in.Items {
		switch c := claims[i]; {
		case len(c) == 0 || it.GUID == "":
			m.Unmatched = append(m.Unmatched, it)
		case len(c) == 1 && claimed[c[0].id] == 1:
			m.Matched = append(m.Matched, Match{it, bySpace[c[0].id], c[0].by})
		default:
			a := Ambiguity{Item: it}
			for _, c := range c {
				a.Episodes = append(a.Episodes, bySpace[c.id][0])
			}
			m.Ambiguous = append(m.Ambiguous, a)
		}
	}
	return m
}

// Relisting is what an episode here takes over from the item: the guid, so that
// apps do not download it again, its date, and its place in the show.
func (it *ImportedItem) Relisting(e *Episode, s *Show) (c episode.Relisting) {
	guid := it.GUID
	if guid == "x-space:"+e.ID {
		guid = ""
	}
	c.GUID = &guid
	if !it.Date.IsZero() && !it.Date.Equal(e.Date.Time.Truncate(time.Second)) {
		c.PublishAt = &it.Date
	}
	if it.season > 0 {
		c.Season = &it.season
	}
	if it.number > 0 {
		c.Number = &it.number
	}
	if it.kind != "" {
		c.EpisodeType = &it.kind
	}
	if it.explicit != nil && *it.explicit != s.Explicit {
		word := strconv.FormatBool(*it.explicit)
		c.Explicit = &word
	}
	return c
}

// Take fills in what the other feed says of the show and this one does not.
func (s *Show) Take(in *Imported) {
	for _, f := range []struct{ to, from *string }{
		{&s.Title, &in.Show.Title}, {&s.Description, &in.Show.Description}, {&s.Link, &in.Show.Link}, {&s.Author, &in.Show.Author},
		{&s.Email, &in.Show.Email}, {&s.Language, &in.Show.Language}, {&s.Copyright, &in.Show.Copyright}, {&s.Type, &in.Show.Type},
	} {
		*f.to = cmp.Or(*f.to, *f.from)
	}
	if s.ImageURL() == "" {
		s.Image = in.Show.Image
	}
	if len(s.Category) == 0 {
		s.Category = in.Show.Category
	}
	s.Explicit = s.Explicit || in.Show.Explicit
	s.GUID = cmp.Or(in.Show.GUID, s.GUID) // that of the show that moves, whatever this one was given
	s.Unlocked = s.Unlocked || in.Show.Unlocked
}
