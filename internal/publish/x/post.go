package x

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A Post is what is to be said, and the video that goes with it.
type Post struct {
	Body   io.ReaderAt // of an MP4 file
	Size   int64
	SHA256 string // in hex

	Text     string
	Alt      string // what is heard and seen, for those who cannot; or ""
	ReplyTo  string // id of another post, or ""
	Captions []byte // SubRip, or nil
	Language string // of the captions: two letters, "en"
}

// A state is what the journal knows of an attempt to post. It has no tokens.
type state struct {
	Video    *uploaded `json:"video,omitempty"`
	Captions *uploaded `json:"captions,omitempty"`
	Intent   *intent   `json:"intent,omitempty"` // the post may have been made
	ID       string    `json:"id,omitempty"`     // it has been
}

// An intent is a post whose request was about to be made.
type intent struct {
	At      time.Time `json:"at"`
	Text    string    `json:"text"`
	ReplyTo string    `json:"reply_to,omitempty"`
}

// An Attempt is a file that is to be in a post of an account, as the journal
// knows it.
type Attempt struct {
	*publish.Attempt
	st      state
	earlier *publish.Receipt
}

// Open opens the attempt to post a file. The caller closes it.
func (c *Client) Open(ctx context.Context, library *os.Root, handle string, p *Post, lockWait time.Duration) (*Attempt, error) {
	a, err := publish.OpenAttempt(ctx, publish.AttemptConfig{
		Library: library, Place: c.Place(handle), Object: "post/" + p.SHA256, Bytes: p.Size, SHA256: p.SHA256, Wait: lockWait, Now: c.c.Now,
	})
	if err != nil {
		return nil, err
	}
	t := &Attempt{Attempt: a}
	// Only who holds the attempt knows that nobody else is posting the same.
	if t.earlier, err = c.find(library, handle, p); err != nil {
		a.Close()
		return nil, err
	}
	if old := a.State(); len(old) > 0 {
		if err := json.Unmarshal(old, &t.st); err != nil {
			a.Close()
			return nil, fmt.Errorf("the journal of uploads is damaged: %w", err)
		}
	}
	return t, nil
}

// Unknown returns the error of an earlier run whose outcome is not known, or
// nil.
func (a *Attempt) Unknown() *UnknownError {
	if a.st.Intent == nil || a.st.ID != "" {
		return nil
	}
	return &UnknownError{At: a.st.Intent.At, Text: a.st.Intent.Text}
}

// Made reports whether an earlier run has made this post and was killed before
// it could keep the receipt. Post does that and nothing else then.
func (a *Attempt) Made(p *Post) bool {
	i := a.st.Intent
	return a.st.ID != "" && i != nil && i.Text == p.Text && i.ReplyTo == p.ReplyTo
}

// Forget notes that the post of an unknown outcome was not made. What was
// uploaded stays good.
func (a *Attempt) Forget() error {
	a.st.Intent = nil
	return a.save()
}

// Settle notes that the post was made, with this id. R is the receipt but for
// what is known here.
func (c *Client) Settle(a *Attempt, id string, r publish.Receipt) (*publish.Receipt, error) {
	a.st.ID = id
	if err := a.save(); err != nil {
		return nil, err
	}
	return c.done(a, &r)
}

func (a *Attempt) save() error {
	b, err := json.Marshal(&a.st)
	if err != nil {
		return err
	}
	return a.Save(b)
}

// Earlier returns the receipt of a post that says the same with the same file,
// or nil. Post makes no other then.
func (a *Attempt) Earlier() *publish.Receipt { return a.earlier }

// find looks for a receipt of the same post.
func (c *Client) find(library *os.Root, handle string, p *Post) (found *publish.Receipt, err error) {
	place := c.Place(handle)
	err = publish.Receipts(library, func(r *publish.Receipt) error {
		if r.Place == place && r.SHA256 == p.SHA256 && r.Post != nil && r.Post.Text == p.Text && r.Post.ReplyTo == p.ReplyTo {
			found = r
		}
		return nil
	})
	return found, err
}

// Post uploads the video and makes the post, once. R is the receipt but for what
// is known here. The error is an *UnknownError if the post may have been made,
// by this run or an earlier one.
func (c *Client) Post(ctx context.Context, a *Attempt, p *Post, r publish.Receipt) (*publish.Receipt, error) {
	if a.st.ID != "" { // the run that made it was killed before it had a receipt
		this, old := a.Made(p), r
		if got, err := c.done(a, &old); this || err != nil {
			return got, err
		}
		a.st = state{} // that one said something else
	}
	if a.earlier != nil {
		return a.earlier, nil
	}
	if u := a.Unknown(); u != nil {
		return nil, u
	}
	had := a.st.Video
	err := c.prepare(ctx, a, p)
	if err != nil {
		return nil, err
	}
	err = c.patiently(ctx, func() error { return c.create(ctx, a, p) })
	if refused(err) && had != nil && a.st.Video != nil && had.Media == a.st.Video.Media {
		// X may have thrown away what an earlier run had sent.
		a.st.Video, a.st.Captions = nil, nil
		if err := errors.Join(a.save(), c.prepare(ctx, a, p)); err != nil {
			return nil, err
		}
		err = c.patiently(ctx, func() error { return c.create(ctx, a, p) })
	}
	if err != nil {
		return nil, err
	}
	return c.done(a, &r)
}

// done keeps the receipt of a post that was made.
func (c *Client) done(a *Attempt, r *publish.Receipt) (*publish.Receipt, error) {
	r.Schema, r.At, r.Kind, r.Sent, r.Public = publish.Schema, c.c.Now().UTC().Truncate(time.Millisecond), publish.Clip, true, true
	r.Object, r.URL, r.Type, r.Verified = "status/"+a.st.ID, c.URL(a.st.ID), videoType, []string{}
	r.Post = &publish.Post{ID: a.st.ID}
	if i := a.st.Intent; i != nil {
		r.Post.Text, r.Post.ReplyTo = i.Text, i.ReplyTo
	}
	if v := a.st.Video; v != nil && v.Size == r.Bytes {
		r.Verified = append(r.Verified, "size")
	}
	if err := a.Done(r); err != nil {
		return nil, fmt.Errorf("it was posted, %s, but the receipt could not be saved in the library: %w", r.URL, err)
	}
	return r, nil
}

const (
	videoType    = "video/mp4"
	captionsType = "text/srt"
)

func (c *Client) video(p *Post) *medium {
	return &medium{kind: videoType, category: "tweet_video", body: p.Body, size: p.Size, sha256: p.SHA256, sent: c.c.Sent, kept: c.c.Kept}
}

func (p *Post) captions() *medium {
	sum := sha256.Sum256(p.Captions)
	return &medium{kind: captionsType, category: "subtitles", body: bytes.NewReader(p.Captions), size: int64(len(p.Captions)), sha256: hex.EncodeToString(sum[:])}
}

// prepare uploads all that the post needs. Done again, it sends only what X has
// not got.
func (c *Client) prepare(ctx context.Context, a *Attempt, p *Post) error {
	if err := c.upload(ctx, c.video(p), &a.st.Video, a.save); err != nil {
		return err
	}
	if p.Captions != nil {
		if err := c.upload(ctx, p.captions(), &a.st.Captions, a.save); err != nil {
			return fmt.Errorf("captions: %w", err)
		}
	}
	if p.Alt != "" {
		if err := c.do(ctx, describe(a.st.Video.Media, p.Alt), nil); err != nil {
			return fmt.Errorf("description: %w", err)
		}
	}
	if p.Captions != nil {
		if err := c.do(ctx, subtitle(a.st.Video.Media, a.st.Captions.Media, p.Language), nil); err != nil {
			return fmt.Errorf("captions: %w", err)
		}
	}
	return nil
}

func describe(id, alt string) call {
	type text struct {
		Text string `json:"text"`
	}
	type metadata struct {
		Alt text `json:"alt_text"`
	}
	return call{method: http.MethodPost, path: "/2/media/metadata", json: struct {
		ID       string   `json:"id"`
		Metadata metadata `json:"metadata"`
	}{id, metadata{text{alt}}}}
}

func subtitle(video, captions, language string) call {
	type track struct {
		ID       string `json:"id"`
		Name     string `json:"display_name"`
		Language string `json:"language_code"`
	}
	return call{method: http.MethodPost, path: "/2/media/subtitles", json: struct {
		ID       string `json:"id"`
		Category string `json:"media_category"`
		Track    track  `json:"subtitles"`
	}{video, "TweetVideo", track{captions, languageName(language), strings.ToUpper(language)}}}
}

// languageName is what viewers choose captions by.
func languageName(code string) string {
	names := map[string]string{
		"ar": "العربية", "bn": "বাংলা", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά", "en": "English", "es": "Español",
		"fa": "فارسی", "fi": "Suomi", "fr": "Français", "he": "עברית", "hi": "हिन्दी", "hu": "Magyar", "id": "Indonesia", "it": "Italiano",
		"ja": "日本語", "ko": "한국어", "nl": "Nederlands", "no": "Norsk", "pl": "Polski", "pt": "Português", "ro": "Română", "ru": "Русский",
		"sv": "Svenska", "th": "ไทย", "tr": "Türkçe", "uk": "Українська", "ur": "اردو", "vi": "Tiếng Việt", "zh": "中文",
	}
	return cmp.Or(names[strings.ToLower(code)], strings.ToUpper(code))
}

func newPost(p *Post, media string) call {
	type reply struct {
		To string `json:"in_reply_to_tweet_id"`
	}
	type attached struct {
		IDs []string `json:"media_ids"`
	}
	body := struct {
		Text  string   `json:"text"`
		Media attached `json:"media"`
		Reply *reply   `json:"reply,omitempty"`
	}{Text: p.Text, Media: attached{[]string{media}}}
	if p.ReplyTo != "" {
		body.Reply = &reply{p.ReplyTo}
	}
	return call{method: http.MethodPost, path: "/2/tweets", json: body}
}

// answerTime is how long X may take to answer to a post.
const answerTime = 2 * time.Minute

// create makes the post. The journal knows of it before X does, and forgets it
// only when X has surely not made it.
func (c *Client) create(ctx context.Context, a *Attempt, p *Post) error {
	// Before the intent is noted: a token may have to be renewed, which can fail.
	if _, err := c.token(ctx, ""); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	a.st.Intent = &intent{c.c.Now().UTC().Truncate(time.Second), p.Text, p.ReplyTo}
	if err := a.save(); err != nil {
		return err
	}
	// Who stops the program now still learns what X answers.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	r := newPost(p, a.st.Video.Media)
	var made struct{ ID string }
	var doubt error
	err := c.signedIn(ctx, func(t *Token) error {
		o := c.wire(t)
		return o.Try(ctx, func(ctx context.Context) error {
			// A connection that X has closed meanwhile would leave us in doubt.
			c.http.CloseIdleConnections()
			written, err := c.send(ctx, r, t.Access, &made)
			if err != nil && written && inDoubt(err) {
				doubt = o.Redact.Error(wire.Explain(err))
				return errInDoubt
			}
			return err
		})
	})
	switch {
	case doubt != nil:
		return &UnknownError{At: a.st.Intent.At, Text: p.Text, err: doubt}
	case err == nil && !mediaID().MatchString(made.ID):
		//lint:ignore ST1005 X is a name
		return &UnknownError{At: a.st.Intent.At, Text: p.Text, err: errors.New("X accepted the post but gave no id")}
	case err == nil:
		a.st.ID = made.ID
		if err := a.save(); err != nil {
			return fmt.Errorf("it was posted, %s, but this could not be saved in the library: %w", c.URL(made.ID), err)
		}
		return nil
	}
	a.st.Intent = nil
	return errors.Join(err, a.save())
}

// errInDoubt ends the tries to post: it is none of the errors that are tried
// again.
var errInDoubt = errors.New("the outcome is unknown")

// inDoubt reports whether X may have made the post all the same: it has not
// said that it refuses it.
func inDoubt(err error) bool {
	code := statusOf(err)
	return code/100 != 4 && code/100 != 3 || code == http.StatusRequestTimeout
}

// Plan tells the requests that posting would make, in order.
func (c *Client) Plan(p *Post) []string {
	var list []string
	add := func(r call) { list = append(list, r.line(c.c.API)) }
	media := func(m *medium, id string) {
		add(m.initialize())
		size := c.c.Limits.segment(m.size)
		appending := upload(id, "append")
		for i := range (m.size + size - 1) / size {
			list = append(list, fmt.Sprintf("%s segment_index=%d, %d bytes of %s", appending.line(c.c.API), i, min(size, m.size-i*size), m.kind))
		}
		add(upload(id, "finalize"))
		ask := status(id)
		list = append(list, ask.line(c.c.API)+", repeated until it is ready")
	}
	media(c.video(p), "VIDEO")
	if p.Captions != nil {
		media(p.captions(), "CAPTIONS")
	}
	if p.Alt != "" {
		add(describe("VIDEO", p.Alt))
	}
	if p.Captions != nil {
		add(subtitle("VIDEO", "CAPTIONS", p.Language))
	}
	add(newPost(p, "VIDEO"))
	return list
}
