package archive

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// A Post is a post of the owner that links a Space or mentions somebody.
type Post struct {
	ID       string
	Time     time.Time // zero if unknown
	Text     string    // its HTML entities resolved, its t.co links as they stand
	Long     bool      // from note-tweet.js, which holds the full text of long posts
	Repost   bool      // not the owner's own words
	Spaces   []SpaceLink
	Mentions []Mention
	Hashtags []string // without #, as the post lists them
}

// A SpaceLink is a link to a Space as it stands in a post.
type SpaceLink struct {
	SpaceID string
	URL     string // the t.co link in the text
}

// A Mention names a user.
type Mention struct {
	UserID string
	Handle string // without @
	Name   string
}

// Posts reads tweets.js, or tweet.js as it was called until 2022, and
// note-tweet.js, in all their parts, and hands visit each post that links a
// Space or mentions somebody. Of a post that only mentions, nothing but
// Mentions is filled. Posts come in the order of the files, which is not that
// of time. The error is one of visit or of ctx.
//
// The other posts are passed over undecoded: this runs at the speed of
// unpacking, however much there is.
func (a *Archive) Posts(ctx context.Context, visit func(*Post) error, warn Warn) error {
	for _, stem := range []string{scriptNotes, scriptTweets, scriptTweet} {
		for _, f := range a.scripts[stem] {
			undecodable := 0
			_, err := a.each(ctx, f, warn, func(e []byte) error {
				p, ok := decodePost(e)
				if !ok {
					undecodable++
				}
				if p == nil {
					return nil
				}
				p.Long = stem == scriptNotes
				return visit(p)
			})
			if err != nil {
				return err
			}
			if undecodable > 0 {
				warn.problem(BadJSON, showName(f.name), "%d posts are not valid JSON and were skipped", undecodable)
			}
		}
	}
	return nil
}

// What the bytes of a post must contain to be worth decoding.
var (
	linkMark        = []byte("i/spaces/")
	escapedLinkMark = []byte(`i\/spaces\/`)
	mentionMark     = []byte(`"user_mentions"`)
)

// decodePost decodes an element of tweets.js or note-tweet.js. It returns nil
// for a post that neither links a Space nor mentions anybody, and false for
// one that should have been decoded and could not be.
func decodePost(e []byte) (*Post, bool) {
	if !bytes.Contains(e, linkMark) && !bytes.Contains(e, escapedLinkMark) {
		if m := findMentions(e); len(m) > 0 {
			return &Post{Mentions: m}, true
		}
		return nil, true
	}
	o, ok := decodeObject(e)
	if !ok {
		return nil, false
	}
	return newPost(o), true
}

func newPost(o object) *Post {
	p := &Post{ID: o.id("idstr", "id", "notetweetid")}
	p.Time, _ = parseTime(o.get("createdat"))
	body := o
	if core := o.object("core"); core != nil { // note-tweet.js
		body = core
	}
	entities := body
	if e := o.object("entities"); e != nil {
		entities = e
	}
	p.Text = unescape(body.text("fulltext", "text"))
	p.Repost = strings.HasPrefix(p.Text, "RT @")
	for _, v := range entities.list("urls") {
		u, ok := newObject(v)
		if !ok {
			continue
		}
		if id, ok := spaceInURL(u.text("expandedurl", "expanded")); ok {
			p.Spaces = append(p.Spaces, SpaceLink{id, u.text("url", "shorturl")})
		}
	}
	p.Mentions = newMentions(entities.list("usermentions", "mentions"))
	for _, v := range entities.list("hashtags") {
		tag, ok := scalar(v)
		if h, isObject := newObject(v); isObject {
			tag, ok = h.text("text", "tag"), true
		}
		if tag = strings.TrimPrefix(tag, "#"); ok && tag != "" {
			p.Hashtags = append(p.Hashtags, tag)
		}
	}
	return p
}

// spaceInURL returns the id of the Space that url leads to:
// https://twitter.com/i/spaces/<id> or the same at x.com.
func spaceInURL(url string) (id string, ok bool) {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return "", false
	}
	host, path, _ := strings.Cut(rest, "/")
	switch strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(host), "www."), "mobile.") {
	case "twitter.com", "x.com":
	default:
		return "", false
	}
	rest, ok = strings.CutPrefix(path, "i/spaces/")
	if !ok {
		return "", false
	}
	id = rest[:alnumPrefix(rest)]
	after := rest[len(id):]
	return id, IsSpaceID(id) && (after == "" || strings.ContainsAny(after[:1], "/?#"))
}

// findMentions decodes nothing of a post but its mentions.
func findMentions(e []byte) []Mention {
	i := bytes.Index(e, mentionMark)
	if i < 0 {
		return nil
	}
	rest := bytes.TrimLeft(e[i+len(mentionMark):], " \t\r\n:")
	if len(rest) == 0 || rest[0] != '[' || bytes.HasPrefix(bytes.TrimLeft(rest[1:], " \t\r\n"), []byte("]")) {
		return nil // most posts mention nobody
	}
	v, _ := decodePrefix(rest)
	list, _ := v.([]any)
	return newMentions(list)
}

func newMentions(list []any) (mentions []Mention) {
	for _, v := range list {
		o, ok := newObject(v)
		if !ok {
			continue
		}
		m := Mention{
			UserID: o.id("idstr", "userid", "id"),
			Handle: strings.TrimPrefix(o.text("screenname", "username"), "@"),
			Name:   o.text("name"),
		}
		if m.UserID != "" && m.Handle != "" {
			mentions = append(mentions, m)
		}
	}
	return mentions
}

// A Title is what the owner's own post says about a Space.
type Title struct {
	Title    string
	PostID   string
	Time     time.Time
	Hashtags []string // in the title or listed by the post: without #, in lower case
	Mentions []string // in the title: handles without @
}

// PostFacts is what the owner's posts say about Spaces and people.
type PostFacts struct {
	Titles  map[string]Title  // by Space id
	Handles map[string]string // by user id, without @; the owner's too
	// Links tells by Space id when it was first linked, with words or without;
	// the time is zero if that is unknown.
	Links map[string]time.Time
}

// sameMoment is how far apart a long post may stand in tweets.js, where its
// text is cut, and in note-tweet.js.
const sameMoment = time.Minute

// PostFacts reads the posts once, and keeps for each Space the words of the
// earliest post that links it and has words. If note-tweet.js has the full
// text of that post, those.
func (a *Archive) PostFacts(ctx context.Context, warn Warn) (PostFacts, error) {
	facts := PostFacts{Titles: map[string]Title{}, Handles: map[string]string{}, Links: map[string]time.Time{}}
	if a.account.ID != "" && a.account.Handle != "" {
		facts.Handles[a.account.ID] = a.account.Handle
	}
	short, long := map[string]Title{}, map[string][]Title{}
	err := a.Posts(ctx, func(p *Post) error {
		for _, m := range p.Mentions {
			if facts.Handles[m.UserID] == "" {
				facts.Handles[m.UserID] = m.Handle
			}
		}
		if p.Repost {
			return nil
		}
		for _, link := range p.Spaces {
			if was, ok := facts.Links[link.SpaceID]; !ok || was.IsZero() || !p.Time.IsZero() && p.Time.Before(was) {
				facts.Links[link.SpaceID] = p.Time
			}
		}
		t := p.title()
		if t.Title == "" {
			return nil
		}
		for _, link := range p.Spaces {
			if p.Long {
				long[link.SpaceID] = append(long[link.SpaceID], t)
			} else if old, ok := short[link.SpaceID]; !ok || earlier(t, old) {
				short[link.SpaceID] = t
			}
		}
		return nil
	}, warn)
	for id, t := range short {
		facts.Titles[id] = t
	}
	for id, notes := range long {
		best, ok := facts.Titles[id]
		for _, n := range notes {
			same := !n.Time.IsZero() && !best.Time.IsZero() && n.Time.Sub(best.Time).Abs() <= sameMoment
			switch {
			case ok && same:
				n.PostID, n.Time = best.PostID, best.Time // the note's own id leads nowhere
				best = n
			case !ok || earlier(n, best):
				best, ok = n, true
			}
		}
		facts.Titles[id] = best
	}
	return facts, err
}

// earlier reports whether a is the earlier post; one without a time is later
// than all others, and of two at one time that with the smaller id is first.
func earlier(a, b Title) bool {
	if a.Time.IsZero() != b.Time.IsZero() {
		return b.Time.IsZero()
	}
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(len(a.PostID), len(b.PostID)), cmp.Compare(a.PostID, b.PostID)) < 0
}

func (p *Post) title() Title {
	t := Title{Title: p.Title(), PostID: p.ID, Time: p.Time}
	t.Hashtags = Hashtags(t.Title)
	for _, h := range p.Hashtags {
		if h = strings.ToLower(h); !slices.Contains(t.Hashtags, h) {
			t.Hashtags = append(t.Hashtags, h)
		}
	}
	t.Mentions = Mentions(t.Title)
	return t
}
