// Package feed publishes the episodes of a library as a podcast: the show and
// what its owner says of it, the RSS feed, and a check
// of feeds, one's own or another's, against the rules of Apple, Spotify and the
// podcast namespace.
//
// A feed is made of the show and of the records beside the exported episodes
// (see episode.Record) and nothing else: the same files give the same bytes.
package feed

import (
	"crypto/sha1"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/format"
)

// Schema is the version of the JSON of this package.
const Schema = 1

// ErrNoShow means that the library has no show yet.
var ErrNoShow = errors.New("the library has no show yet")

// A Show is what its owner says of a podcast, kept as show.json.
type Show struct {
	Name        string   `json:"-"` // in the library; "" is the first show
	Schema      int      `json:"schema"`
	GUID        string   `json:"guid"` // podcast:guid; made once, never changed
	Title       string   `json:"title"`
	Description string   `json:"description"` // plain text, paragraphs parted by empty lines
	BaseURL     string   `json:"base_url"`    // of the folder that the feed and its files go to; ends in a slash
	Link        string   `json:"link"`        // the show's page; "" stands for BaseURL
	Author      string   `json:"author"`
	Email       string   `json:"email,omitempty"`
	Language    string   `json:"language"` // RFC 5646
	Category    []string `json:"category"` // of Apple's: "Technology" or "News > Politics"
	Explicit    bool     `json:"explicit"`
	Image       string   `json:"image"`           // URL of a cover that is kept elsewhere
	Cover       string   `json:"cover,omitempty"` // name of a cover in the folder of the feed; Image is "" then
	Copyright   string   `json:"copyright,omitempty"`
	// Type is Serial for a show that is heard from its first episode on; "" is
	// Episodic.
	Type string `json:"type,omitempty"`
	// Site says that the show has pages beside its feed.
	Site bool `json:"site,omitempty"`
	// NewFeedURL tells apps where the feed has moved to.
	NewFeedURL string `json:"new_feed_url,omitempty"`
	Places
	// Unlocked lets other hosts import the feed without asking the owner.
	Unlocked bool `json:"unlocked,omitempty"`
	// Prefer is the extension of the episode to publish when a Space has
	// several: "mp3", "m4a" …; "" prefers MP3, as shows made before 2026-12 did.
	Prefer string   `json:"prefer,omitempty"`
	People []Person `json:"people"` // whom the owner has named; nobody else but the host is

	picture []byte // the new Cover, before Save
}

// A Person is somebody whom the show's owner names to the public.
type Person struct {
	// Handle is the person's on X, without the @. A person without one takes
	// part in every episode.
	Handle string `json:"handle,omitempty"`
	Name   string `json:"name"`
	Role   string `json:"role,omitempty"` // of the Podcast Taxonomy, such as "guest"; "" is the part in the Space
	URL    string `json:"url,omitempty"`
}

// The types of a show, as itunes:type has them.
const (
	Episodic = "episodic" // newest first
	Serial   = "serial"   // oldest first
)

// namespace is that of podcast:guid: UUIDs of version 5 (RFC 9562 §5.5) of
// feed URLs.
var namespace = [16]byte{0xea, 0xd4, 0xc2, 0x36, 0xbf, 0x58, 0x58, 0xc6, 0xa2, 0xc6, 0xa6, 0xb2, 0x8d, 0x12, 0x8c, 0xb6}

// GUID returns the podcast:guid of a feed at a URL: neither the scheme nor
// slashes at the end count.
func GUID(feedURL string) string {
	_, rest, ok := strings.Cut(feedURL, "://")
	if !ok {
		rest = feedURL
	}
	h := sha1.New()
	h.Write(namespace[:])
	h.Write([]byte(strings.TrimRight(rest, "/")))
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0f | 0x50
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

var (
	guidPattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	})
	languagePattern = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	})
)

// URL returns the address of a file of the feed.
func (s *Show) URL(file string) string { return s.BaseURL + file }

// page is the address of the show's page.
func (s *Show) page() string {
	if s.Link != "" {
		return s.Link
	}
	return s.BaseURL
}

// Complete fills in what can be derived: the slash that ends the base URL, and
// the GUID of a show that has none yet. A GUID that is there stays, also when
// the show moves.
func (s *Show) Complete() {
	s.Schema = Schema
	if s.BaseURL != "" && !strings.HasSuffix(s.BaseURL, "/") {
		s.BaseURL += "/"
	}
	if s.GUID == "" && s.BaseURL != "" {
		s.GUID = GUID(s.BaseURL + layout.FeedFile)
	}
	if s.Category == nil {
		s.Category = []string{}
	}
	if s.People == nil {
		s.People = []Person{}
	}
}

// Check returns what makes a feed of the show impossible, as an error, and
// what podcast directories will mind.
func (s *Show) Check() (warnings []string, err error) {
	warn := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	switch {
	case strings.TrimSpace(s.Title) == "":
		return nil, errors.New("the show has no title")
	case s.BaseURL == "":
		return nil, errors.New("the show has no base URL")
	case !guidPattern().MatchString(s.GUID):
		return nil, fmt.Errorf("%q is not a valid show GUID (a lower-case UUID)", s.GUID)
	}
	for _, field := range s.texts() {
		if i := strings.IndexFunc(*field, func(r rune) bool { return !inXML(r) }); i >= 0 || !utf8.ValidString(*field) {
			return nil, fmt.Errorf("%q has a character that XML does not allow", *field)
		}
	}
	addresses := []struct{ what, text string }{{"base URL", s.BaseURL}, {"link", s.Link}, {"image", s.Image}, {"new address of the feed", s.NewFeedURL}}
	for _, p := range s.places() {
		addresses = append(addresses, struct{ what, text string }{"address of " + p.name, *p.url})
	}
	for _, u := range addresses {
		if u.text == "" {
			continue
		}
		parsed, err := webURL(u.text)
		if err != nil {
			return nil, fmt.Errorf("the %s: %w", u.what, err)
		}
		if u.what == "base URL" && (parsed.RawQuery != "" || parsed.Fragment != "" || strings.ContainsAny(u.text, "?#")) {
			return nil, fmt.Errorf("the base URL %s must not have a query or fragment, because file names are appended to it", u.text)
		}
		if parsed.Scheme != "https" {
			warn("the %s %s is not https: Apple and others reject it", u.what, u.text)
		}
	}
	if s.Cover != "" && !coverPattern().MatchString(s.Cover) {
		return nil, fmt.Errorf("%q is not the name of a cover", s.Cover)
	}
	if s.Language != "" && !languagePattern().MatchString(s.Language) {
		return nil, fmt.Errorf("%q is not a valid language code (try en, de or pt-BR)", s.Language)
	}
	if s.Email != "" {
		if a, err := mail.ParseAddress(s.Email); err != nil || a.Address != s.Email {
			return nil, fmt.Errorf("%q is not a valid e-mail address", s.Email)
		}
	}
	if s.Prefer != "" && formatRank("."+s.Prefer, "") < 0 {
		return nil, fmt.Errorf("unsupported episode format %q", s.Prefer)
	}
	if s.Type != "" && s.Type != Serial && s.Type != Episodic {
		return nil, fmt.Errorf("the type of a show must be episodic or serial, not %q", s.Type)
	}
	for _, c := range s.Category {
		if err := checkCategory(c); err != nil {
			return nil, err
		}
	}
	for _, p := range s.People {
		if strings.TrimSpace(p.Name) == "" || utf8.RuneCountInString(p.Name) > maxName {
			return nil, fmt.Errorf("a person's name must have 1 to %d characters, not %q", maxName, p.Name)
		}
	}
	for _, want := range []struct {
		what  string
		there bool
	}{
		{"a description", s.Description != ""},
		{"an author", s.Author != ""},
		{"an e-mail address (Spotify and others use it to verify the owner)", s.Email != ""},
		{"a language", s.Language != ""},
		{"a category", len(s.Category) > 0},
		{"an image (square, 1400 to 3000 pixels)", s.ImageURL() != ""},
	} {
		if !want.there {
			warn("the show has no %s", strings.TrimPrefix(strings.TrimPrefix(want.what, "a "), "an "))
		}
	}
	if len(s.Description) > maxDescription {
		warn("the description has %d bytes; Apple takes %d", len(s.Description), maxDescription)
	}
	return warnings, nil
}

// texts lists the fields that go into the feed as they are.
func (s *Show) texts() []*string {
	list := []*string{&s.Title, &s.Description, &s.BaseURL, &s.Link, &s.Author, &s.Email, &s.Language, &s.Image, &s.Copyright, &s.NewFeedURL}
	for _, p := range s.places() {
		list = append(list, p.url)
	}
	for i := range s.People {
		list = append(list, &s.People[i].Name, &s.People[i].Role, &s.People[i].URL)
	}
	return list
}

// webURL parses an absolute URL of the web.
func webURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, err
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, fmt.Errorf("%q is not a web address (try https://example.com/show/)", s)
	case u.User != nil:
		return nil, fmt.Errorf("%q contains a user name, which everyone would see", u.Redacted())
	}
	return u, nil
}

// Load reads a show of a library by its name, "" for the first.
func Load(root *os.Root, name string) (*Show, error) {
	file := layout.ShowOf(name)
	b, err := root.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if name != "" {
			return nil, &NoShowError{name}
		}
		return nil, ErrNoShow
	}
	if err != nil {
		return nil, err
	}
	s := &Show{Name: name}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if s.Schema > Schema {
		return nil, fmt.Errorf("%s was written by a newer version of spaces", file)
	}
	s.Complete()
	return s, nil
}

// A NoShowError means that the library has no show of a name. It wraps ErrNoShow.
type NoShowError struct{ Name string }

func (e *NoShowError) Error() string { return fmt.Sprintf("the library has no show %q", e.Name) }
func (e *NoShowError) Unwrap() error { return ErrNoShow }

// Names lists the shows of a library, "" for the first.
func Names(root *os.Root) ([]string, error) {
	found, err := fs.Glob(root.FS(), layout.ShowOf("*"))
	if err != nil {
		return nil, err
	}
	var list []string
	for _, file := range found {
		if name := path.Base(path.Dir(file)); layout.IsShowName(name) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	if _, err := root.Stat(layout.Show); err == nil {
		list = slices.Insert(list, 0, "")
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return list, nil
}

// Folder is the folder of the show's feed in the library.
func (s *Show) Folder() string { return layout.FeedOf(s.Name) }

// An InvalidError means that no feed can be made of the show as it is described.
type InvalidError struct {
	Name string // of the show
	Err  error
}

func (e *InvalidError) Error() string { return layout.ShowOf(e.Name) + ": " + e.Err.Error() }
func (e *InvalidError) Unwrap() error { return e.Err }

// LoadValid reads a show of a library, of which a feed can be made.
func LoadValid(root *os.Root, name string) (*Show, error) {
	s, err := Load(root, name)
	if err != nil {
		return nil, err
	}
	if _, err := s.Check(); err != nil {
		return nil, &InvalidError{name, err}
	}
	if s.Cover != "" {
		if _, err := root.Stat(s.coverPath()); errors.Is(err, fs.ErrNotExist) {
			return nil, &ProblemError{s.coverPath(), "the file is missing", NoCover}
		} else if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Save writes the show of a library. Whoever reads it meanwhile sees the old
// one or the new: a new cover is written before, an old one removed after.
func (s *Show) Save(root *os.Root) error {
	b, err := space.Marshal(s)
	if err != nil {
		return err
	}
	file := layout.ShowOf(s.Name)
	if err := root.MkdirAll(path.Dir(file), 0o755); err != nil {
		return err
	}
	if err := s.saveCover(root); err != nil {
		return err
	}
	if _, err = durable.Update(root, file, b); err != nil {
		return err
	}
	return s.removeOldCovers(root)
}

// named returns the person whom the owner has named for a handle.
func (s *Show) named(handle string) *Person {
	i := slices.IndexFunc(s.People, func(p Person) bool { return p.Handle != "" && strings.EqualFold(p.Handle, handle) })
	if i < 0 {
		return nil
	}
	return &s.People[i]
}

// ParsePerson reads a person as written on a command line: [HANDLE=]NAME[,ROLE].
func ParsePerson(text string) (Person, error) {
	var p Person
	handle, rest, ok := strings.Cut(text, "=")
	if !ok {
		handle, rest = "", text
	}
	p.Handle = strings.TrimPrefix(strings.TrimSpace(handle), "@")
	name, role, _ := strings.Cut(rest, ",")
	p.Name, p.Role = strings.TrimSpace(name), strings.ToLower(strings.TrimSpace(role))
	if p.Name == "" {
		return p, fmt.Errorf("%q is not a person (write HANDLE=NAME or HANDLE=NAME,ROLE)", text)
	}
	return p, nil
}

// extensions are those that episodes have, best first for a feed: MP3 plays
// everywhere, M4A nearly; Apple takes none of the others.
func extensions() []string {
	list := []string{format.MP3.Ext(), format.M4A.Ext()}
	for _, f := range format.Encoded() {
		if !slices.Contains(list, f.Ext()) {
			list = append(list, f.Ext())
		}
		if f == format.Opus {
			list = append(list, ".ogg") // its older name
		}
	}
	return list
}

// formatRank orders formats: the lower the better; -1 for one that is unknown.
func formatRank(file, prefer string) int {
	ext, list := strings.ToLower(path.Ext(file)), extensions()
	if prefer != "" && ext == "."+prefer && slices.Contains(list, ext) {
		return 0
	}
	i := slices.Index(list, ext)
	if i < 0 {
		return -1
	}
	return i + 1
}
