package episode

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/mp4"
)

// tags are those of the episode, as far as the request says nothing else.
func (q *Request) tags(rec *Record) (mp4.Tags, error) {
	t := mp4.Tags{Title: rec.Title, Genre: "Podcast", Encoder: rec.WrittenBy, Description: rec.Description}
	if rec.Host != nil {
		t.Artist = rec.Host.Handle
	}
	if !rec.Date.IsZero() {
		t.Date = rec.Date.UTC().Format("2006-01-02")
	}
	t.Free = []mp4.Pair{{Name: "SPACE_ID", Value: rec.ID}}
	for _, s := range rec.Source {
		t.Free = append(t.Free, mp4.Pair{Name: "SPACE_SHA256", Value: s.SHA256})
	}
	text := map[string]*string{
		"title": &t.Title, "artist": &t.Artist, "album_artist": &t.AlbumArtist, "album": &t.Album, "genre": &t.Genre,
		"date": &t.Date, "comment": &t.Comment, "description": &t.Description,
	}
	for _, p := range q.Set {
		name := strings.ToLower(p.Name)
		switch field := text[name]; {
		case field != nil:
			*field = p.Value
		case name == "track":
			n, err := strconv.ParseUint(p.Value, 10, 16)
			if err != nil {
				return t, problem(BadRequest, "", "track %q is no number", p.Value)
			}
			t.TrackNumber = int(n)
		case name == "" || strings.ContainsAny(name, "=\x00\n"):
			return t, problem(BadRequest, "", "there can be no tag called %q", p.Name)
		default:
			t.Free = append(t.Free, mp4.Pair{Name: strings.ToUpper(p.Name), Value: p.Value})
		}
	}
	return t, nil
}

// tagSum tells tags and cover from others. Which version of the program wrote
// them makes no difference.
func tagSum(t mp4.Tags, cover []byte) string {
	t.Encoder = ""
	b, err := json.Marshal(t)
	if err != nil {
		panic(err) // it is strings and a number
	}
	sum := sha256.Sum256(append(b, cover...))
	return hex.EncodeToString(sum[:])
}

// describe makes a description of what is known.
func describe(rec *Record) string {
	var b strings.Builder
	b.WriteString("A conversation on X Spaces")
	if !rec.Date.IsZero() {
		fmt.Fprintf(&b, ", recorded live on %s", rec.Date.UTC().Format("2 January 2006"))
	}
	b.WriteString(".")
	if rec.Host != nil && rec.Host.Handle != "" {
		fmt.Fprintf(&b, " Host: @%s.", rec.Host.Handle)
	}
	var guests []string
	for _, s := range rec.Speakers {
		if s.Handle != "" && s.Role != "host" {
			guests = append(guests, "@"+s.Handle)
		}
	}
	if len(guests) > 0 {
		fmt.Fprintf(&b, " With %s.", strings.Join(guests, ", "))
	}
	return b.String()
}

// notes are what a host pastes into a form.
func notes(rec *Record) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", strings.Join(strings.Fields(rec.Title), " "))
	if !rec.Date.IsZero() {
		fmt.Fprintf(&b, "%s · ", rec.Date.UTC().Format("2 January 2006"))
	}
	fmt.Fprintf(&b, "%s\n\n%s\n", clock(rec.Duration), rec.Description)
	if len(rec.Speakers) > 0 {
		b.WriteString("\n## People\n\n")
		for _, s := range rec.Speakers {
			if s.Handle != "" {
				fmt.Fprintf(&b, "- @%s (%s)\n", s.Handle, s.Role)
			}
		}
	}
	if len(rec.Chapters) > 0 {
		b.WriteString("\n## Chapters\n\n")
		for _, c := range rec.Chapters {
			fmt.Fprintf(&b, "%s %s\n", clock(c.Start), c.Title)
		}
	}
	fmt.Fprintf(&b, "\nSource: https://x.com/i/spaces/%s\n", rec.ID)
	return b.String()
}

// clock writes seconds as 1:02:03 or 02:03.
func clock(seconds float64) string {
	s := int(seconds)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%02d:%02d", s/60, s%60)
}
