package archive

import (
	"bytes"
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// A Post is a post of the owner that links a Space or mentions somebody.
type Post struct {
	ID       string
	Time     time.Time // zero if unknown
	Text     string    // its HTML entities resolved, its t.co links as they stand
	Long     bool      // from note-tweet.js, which holds the full text of long posts
	Repost   bool      // not the owner's own words
	Reply    Reply
	Spaces   []SpaceLink
	Mentions []Mention
	Hashtags []string // without #, as the post lists them
}

// A SpaceLink is a link to a Space as it stands in a post.
type SpaceLink struct {
	SpaceID string
	URL     string // in the text: a t.co link, or the address itself
}

// A Reply says whether a post answers another. The words of one that does are the
// less likely to be the title of a Space.
type Reply int

const (
	NoReply    Reply = iota
	OwnThread        // it goes on with a thread of the owner
	ToSomebody       // it answers somebody else
)

// A Mention names a user.
type Mention struct {
	UserID string
	Handle string // without @
	Name   string
}

// Posts reads note-tweet.js, tweets.js, or tweet.js as it was called until 2022,
// and community-tweet.js, in all their parts, and hands visit each post that links a
// Space or mentions somebody. Of a post that only mentions, nothing but
// Mentions is filled. Posts come in the order of the files, which is not that
// of time. The error is one of visit or of ctx.
//
// The other posts are passed over undecoded: this runs at the speed of
// unpacking, however much there is.
func (a *Archive) Posts(ctx context.Context, visit func(*Post) error, warn Warn) error {
	for _, stem := range []string{scriptNotes, scriptTweets, scriptTweet, scriptCommunity} {
		for _, f := range a.scripts[stem] {
			undecodable := 0
			_, err := a.each(ctx, f, warn, func(e []byte) error {
				p, ok := decodePost(e, a.account)
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
func decodePost(e []byte, owner Account) (*Post, bool) {
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
	return newPost(o, owner), true
}

func newPost(o object, owner Account) *Post {
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
	p.Repost = strings.HasPrefix(p.Text, "RT @") || o.get("retweetedstatus", "retweetedstatusid", "retweetedstatusidstr") != nil
	p.Reply = replyOf(o, p.Text, owner)
	for _, v := range entities.list("urls") {
		u, ok := newObject(v)
		if !ok {
			continue
		}
		id, ok := spaceInURL(u.text("expandedurl", "expanded"))
		if far := u.object("unwoundurl"); !ok && far != nil { // behind another service's short link
			id, ok = spaceInURL(far.text("url"))
		}
		if ok {
			p.Spaces = append(p.Spaces, SpaceLink{id, u.text("url", "shorturl")})
		}
	}
	p.Spaces = append(p.Spaces, spacesInText(p.Text)...)
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

// replyOf tells what a post answers.
func replyOf(o object, text string, owner Account) Reply {
	to, handle := o.id("inreplytouseridstr", "inreplytouserid"), o.text("inreplytoscreenname")
	switch {
	case to != "" && to == owner.ID, to == "" && handle != "" && strings.EqualFold(handle, owner.Handle):
		return OwnThread
	case to != "", handle != "", strings.HasPrefix(text, "@") && len(Mentions(text[:strings.IndexAny(text+" ", " \n\t")])) > 0:
		return ToSomebody
	case o.id("inreplytostatusidstr", "inreplytostatusid") != "": // its author is gone
		return ToSomebody
	}
	return NoReply
}

// spaceInURL returns the id of the Space that url leads to:
// https://twitter.com/i/spaces/<id> or the same at x.com.
func spaceInURL(url string) (id string, ok bool) {
	id = space.PageID(url)
	return id, id != ""
}

// pageInText finds addresses of Spaces in text, with what people leave off and what
// apps append.
var pageInText = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[^0-9a-z@._/-])((?:https?://)?(?:(?:www|m|mobile)\.)?(?:twitter|x)\.com/i/spaces/[^\s"'<>()\[\]“”«»]+)`)
})

// spacesInText returns the links to Spaces that stand in a text in full.
func spacesInText(text string) (links []SpaceLink) {
	if !strings.Contains(text, "i/spaces/") {
		return nil
	}
	for _, m := range pageInText().FindAllStringSubmatch(text, -1) {
		url := strings.TrimRight(m[1], ".,;:!?…*_~")
		if id, ok := spaceInURL(url); ok {
			links = append(links, SpaceLink{id, url})
		} else if at := strings.Index(url, "/i/spaces/") + len("/i/spaces/"); IsSpaceID(url[at : at+alnumPrefix(url[at:])]) {
			id = url[at : at+alnumPrefix(url[at:])]
			links = append(links, SpaceLink{id, url[:at+len(id)]}) // what follows is no part of it
		}
	}
	return links
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
	Reply    Reply
}

// Before reports whether t is to be the title of a Space rather than u: the words of
// a post that answers nobody, and of those the earliest.
func (t Title) Before(u Title) bool {
	if t.Reply != u.Reply {
		return t.Reply < u.Reply
	}
	return earlier(t, u)
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

// maxNotes bounds how many long posts are kept of one Space.
const maxNotes = 1000

// PostFacts reads the posts once, and keeps for each Space the words of the
// announcement: the earliest post that links it, has words and answers nobody;
// where there is none, of the earliest reply. If note-tweet.js has the full text of
// that post, those.
func (a *Archive) PostFacts(ctx context.Context, warn Warn) (PostFacts, error) {
	return a.posts.recall(a, warn, func(warn Warn) (PostFacts, error) { return a.readPostFacts(ctx, warn) })
}

func (a *Archive) readPostFacts(ctx context.Context, warn Warn) (PostFacts, error) {
	facts := PostFacts{Titles: map[string]Title{}, Handles: map[string]string{}, Links: map[string]time.Time{}}
	if a.account.ID != "" && a.account.Handle != "" {
		facts.Handles[a.account.ID] = a.account.Handle
	}
	notes := map[string][]Title{} // Posts yields them first
	take := func(id string, t Title) {
		if old, ok := facts.Titles[id]; !ok || t.Before(old) {
			facts.Titles[id] = t
		}
	}
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
			id := link.SpaceID
			if p.Long {
				if len(notes[id]) < maxNotes {
					notes[id] = append(notes[id], t)
				}
				continue
			}
			// The note's own id leads nowhere, and what it answers it does not say.
			i := slices.IndexFunc(notes[id], func(n Title) bool {
				return !n.Time.IsZero() && !t.Time.IsZero() && n.Time.Sub(t.Time).Abs() <= sameMoment
			})
			if i >= 0 {
				n := notes[id][i]
				n.PostID, n.Time, n.Reply = t.PostID, t.Time, t.Reply
				notes[id] = slices.Delete(notes[id], i, i+1)
				take(id, n)
				continue
			}
			take(id, t)
		}
		return nil
	}, warn)
	for id, left := range notes {
		for _, n := range left {
			take(id, n)
		}
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
	t := Title{Title: p.Title(), PostID: p.ID, Time: p.Time, Reply: p.Reply}
	t.Hashtags = Hashtags(t.Title)
	for _, h := range p.Hashtags {
		if h = strings.ToLower(h); !slices.Contains(t.Hashtags, h) {
			t.Hashtags = append(t.Hashtags, h)
		}
	}
	t.Mentions = Mentions(t.Title)
	return t
}
