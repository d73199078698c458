package episode

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/languages"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/recording"
)

// tags are those of the episode: what is known of it, unless the request says
// something else. Title and description of the record become theirs.
func (q *Request) tags(rec *Record) (tags.Tags, error) {
	t := tags.Tags{Title: rec.Title, Genre: "Podcast", Encoder: rec.WrittenBy}
	if rec.Host != nil {
		t.Artist = rec.Host.Handle
	}
	if !rec.Date.IsZero() {
		t.Date = rec.Date.UTC().Format("2006-01-02")
	}
	t.Free = []tags.Pair{{Name: "SPACE_ID", Value: rec.ID}}
	for _, s := range rec.Source {
		t.Free = append(t.Free, tags.Pair{Name: "SPACE_SHA256", Value: s.SHA256})
	}
	text := map[string]*string{
		"title": &t.Title, "artist": &t.Artist, "album_artist": &t.AlbumArtist, "album": &t.Album, "genre": &t.Genre,
		"date": &t.Date, "comment": &t.Comment, "description": &t.Description,
	}
	described := false
	for _, p := range q.Set {
		name := strings.ToLower(p.Name)
		described = described || name == "description"
		switch field := text[name]; {
		case field != nil:
			*field = p.Value
		case name == "track":
			n, err := strconv.ParseUint(p.Value, 10, 16)
			if err != nil {
				return t, recording.Problemf(BadRequest, "", "the track %q is not a number", p.Value)
			}
			t.TrackNumber = int(n)
		case name == "" || strings.ContainsAny(name, "=\x00\n"):
			return t, recording.Problemf(BadRequest, "", "%q is not a valid tag name", p.Name)
		default:
			t.Free = append(t.Free, tags.Pair{Name: strings.ToUpper(p.Name), Value: p.Value})
		}
	}
	rec.Title = t.Title
	if !described {
		var err error
		if t.Description, err = describe(q.Description, rec, q.language()); err != nil {
			return t, err
		}
	}
	rec.Description = t.Description
	return t, nil
}

// tagSum tells tags and cover from others. Which version of the program wrote
// them makes no difference.
func tagSum(t tags.Tags, cover []byte) string {
	t.Encoder = ""
	b, err := json.Marshal(t)
	if err != nil {
		panic(err) // it is strings and a number
	}
	sum := sha256.Sum256(append(b, cover...))
	return hex.EncodeToString(sum[:])
}

// describe makes the description that the template asks for. It is public: the
// one that is made without a template names the host and nobody else.
func describe(template string, rec *Record, l *languages.Language) (string, error) {
	date, host := "", ""
	if !rec.Date.IsZero() {
		date = l.Date(rec.Date.UTC())
	}
	if rec.Host != nil && rec.Host.Handle != "" {
		host = "@" + rec.Host.Handle
	}
	if template == "" {
		key, undated := "episode.talk", "episode.talk.undated"
		if sourceURL(rec) != "" {
			key, undated = "episode.space", "episode.space.undated"
		}
		if date == "" {
			key = undated
		}
		text := l.Say(key, "date", date)
		if host != "" {
			text = l.Say("episode.hosted", "about", text, "host", host)
		}
		return text, nil
	}
	text, err := expand("the description", strings.ReplaceAll(template, `\n`, "\n"), []word{
		{"date", date}, {"title", rec.Title}, {"host", host}, {"speakers", strings.Join(guests(rec), ", ")},
		{"duration", clock(rec.Duration)}, {"chapters", chapterLines(rec)}, {"source", sourceURL(rec)}, {"id", rec.ID},
	})
	for strings.Contains(text, "\n\n\n") { // where a word stood for nothing
		text = strings.ReplaceAll(text, "\n\n\n", "\n\n")
	}
	return strings.TrimSpace(text), err
}

// guests are the handles of those who spoke, without the host.
func guests(rec *Record) []string {
	var list []string
	for _, s := range rec.Speakers {
		if name := "@" + s.Handle; s.Handle != "" && s.Role != "host" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// chapterLines lists the chapters as players find them in a text.
func chapterLines(rec *Record) string {
	var lines []string
	for _, c := range rec.Chapters {
		lines = append(lines, clock(c.Start)+" "+c.Title)
	}
	return strings.Join(lines, "\n")
}

// sourceURL is where the Space was, or "" if nothing names one: audio without a
// record has an id of ours.
func sourceURL(rec *Record) string {
	if slices.ContainsFunc(rec.Source, func(s Original) bool {
		return len(s.SHA256) == 2*sha256.Size && space.ContentID(s.SHA256) == rec.ID
	}) {
		return ""
	}
	return "https://x.com/i/spaces/" + rec.ID
}

// notes are what a host pastes into a form.
func notes(rec *Record, l *languages.Language) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n", strings.Join(strings.Fields(rec.Title), " "))
	if !rec.Date.IsZero() {
		fmt.Fprintf(&b, "%s · ", l.Date(rec.Date.UTC()))
	}
	fmt.Fprintf(&b, "%s\n\n%s\n", clock(rec.Duration), rec.Description)
	if len(rec.Speakers) > 0 {
		fmt.Fprintf(&b, "\n## %s\n\n", l.Say("site.people"))
		for _, s := range rec.Speakers {
			if s.Handle != "" {
				fmt.Fprintf(&b, "- @%s (%s)\n", s.Handle, s.Role)
			}
		}
	}
	if n := len(rec.ConsentMissing); n > 0 {
		var names []string
		for _, h := range rec.ConsentMissing {
			if h == "" {
				names = append(names, "an unknown speaker")
				continue
			}
			names = append(names, "@"+h)
		}
		have := "speakers have"
		if n == 1 {
			have = "speaker has"
		}
		fmt.Fprintf(&b, "\n%d %s not given consent: %s\n", n, have, strings.Join(names, ", "))
	}
	if n := len(rec.Omitted); n > 0 {
		var sum float64
		for _, o := range rec.Omitted {
			sum += o.Seconds
		}
		what := "passages were"
		if n == 1 {
			what = "passage was"
		}
		fmt.Fprintf(&b, "\n%d %s left out, %s in total, because a speaker has not given consent.\n", n, what, clock(sum))
	}
	if lines := chapterLines(rec); lines != "" && !strings.Contains(rec.Description, lines) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", l.Say("site.chapters"), lines)
	}
	if url := sourceURL(rec); url != "" {
		fmt.Fprintf(&b, "\nSource: %s\n", url)
	}
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
