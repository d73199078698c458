package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/words"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type searchOptions struct {
	query        catalog.Query
	since, until string
	said         bool
}

func newSearchCmd(a *App) *cobra.Command {
	var o searchOptions
	cmd := &cobra.Command{
		Use:   "search WORDS...",
		Short: "Search titles, people, hashtags, notes and speech",
		Long: `List the Spaces that have all WORDS in title, names, hashtags or note, the best match first: a word in
the title counts most, a word in the note least. The beginning of the last word is enough.

Then list what was said with all WORDS in the transcripts, the newest Space first, with the position,
the speaker and the words around it; ~ marks approximate speakers. Here WORDS are whole words: word*
finds words that begin so, and "quotation marks" a phrase. Quote them for the shell: '"first words"'.

Case and accents do not matter. With --json, each line about speech is a line for
spaces clip --batch -, which skips the titles.`,
		Example: `  spaces search medias sociaux
  spaces search --said 'advertis*' --speaker guest1 --since 2021-06
  spaces search --said '"social media"' --json | spaces clip --batch - -o clips
  spaces search --json guest1 | spaces open -`,
		Annotations: manual.Exits(map[int]string{app.ExitNotFound: "nothing found, or no library"}),
		Args:        app.Takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.query.Words = strings.Join(args, " ")
			return a.search(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.said, "said", false, "search only speech")
	f.StringVar(&o.query.Speaker, "speaker", "", "search only speech of `HANDLE`, and Spaces with them on stage")
	f.StringVar(&o.since, "since", "", "search Spaces that started at `TIME` or later: 7d, yesterday, 2021-06, 2021-06-14T20:00")
	f.StringVar(&o.until, "until", "", "search Spaces that started before `TIME`; a day or month is included whole")
	f.IntVar(&o.query.Limit, "limit", 50, "list at most `N` Spaces and `N` places in speech; 0 lists all")
	manual.Group(f, "Which", "said", "speaker", "since", "until", "limit")
	return cmd
}

func (a *App) search(ctx context.Context, o searchOptions) (err error) {
	if o.query.Limit < 0 {
		return app.Usage("--limit must be 0 or more, not %d", o.query.Limit)
	}
	if o.since != "" {
		if o.query.Since, _, err = spell.ParseSince(o.since, a.Now(), a.Zone); err != nil {
			return app.Usage("--since: %w", err)
		}
	}
	if o.until != "" {
		if _, o.query.Until, err = spell.ParseSince(o.until, a.Now(), a.Zone); err != nil {
			return app.Usage("--until: %w", err)
		}
	}
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	titles := 0
	if !o.said {
		o.query.JSON = a.Settings.JSON
		rows := lib.Catalog().Search(ctx, o.query)
		if a.Settings.JSON {
			rows = asHits(rows)
		}
		if titles, err = a.writeRows(rows); err != nil {
			return err
		}
	}
	said, transcripts, err := a.searchSaid(ctx, lib, &o, titles > 0)
	if err != nil && titles > 0 && ctx.Err() == nil {
		a.Warn("%v", err)
		return nil
	}
	if err != nil || titles+said > 0 {
		return err
	}
	hint := "try fewer words, or the beginning of one; to list all: spaces list"
	if transcripts == 0 {
		hint = "to search speech, transcribe a Space first: spaces transcribe latest; to list all: spaces list"
	}
	err = fmt.Errorf("no Space has all of %q", o.query.Words)
	switch {
	case transcripts == 0 && o.said:
		err = errors.New("the library has no transcripts")
	case o.said:
		err = fmt.Errorf("no speech has all of %q", o.query.Words)
	case transcripts > 0:
		err = fmt.Errorf("no Space and no speech has all of %q", o.query.Words)
	}
	if among := o.among(); among != "" {
		err = fmt.Errorf("%w, among those that %s", err, among)
		hint = "leave out " + strings.TrimSuffix(strings.TrimSuffix(among, " selects"), " select")
	}
	return app.Fail(app.ExitNotFound, "nothing-found", hint, err)
}

// among names the flags that restrict a search: "--speaker and --since select".
func (o *searchOptions) among() string {
	var flags []string
	for _, f := range []struct{ name, value string }{{"--speaker", o.query.Speaker}, {"--since", o.since}, {"--until", o.until}} {
		if f.value != "" {
			flags = append(flags, f.name)
		}
	}
	switch len(flags) {
	case 0:
		return ""
	case 1:
		return flags[0] + " selects"
	}
	return strings.Join(flags, " and ") + " select"
}

// asHits adds to the JSON of recordings what tells them from places in speech.
func asHits(rows iter.Seq2[catalog.Row, error]) iter.Seq2[catalog.Row, error] {
	return func(yield func(catalog.Row, error) bool) {
		for row, err := range rows {
			if err == nil {
				row.JSON = append([]byte(`{"kind":"title","recording":"`+row.ID+`",`), row.JSON[1:]...)
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// saidLine is the JSON about a place in speech.
type saidLine struct {
	Kind         string     `json:"kind"` // said
	Recording    string     `json:"recording"`
	Schema       int        `json:"schema"`
	ID           string     `json:"id"`
	At           float64    `json:"at"`
	Length       float64    `json:"length"`
	Start        int64      `json:"start"`
	Samples      int64      `json:"samples"`
	Text         string     `json:"text"`
	Speaker      string     `json:"speaker"`
	Speakers     []string   `json:"speakers"`
	SpeakersFrom string     `json:"speakers_from"`
	Before       string     `json:"before"`
	After        string     `json:"after"`
	SpaceTitle   string     `json:"space_title"`
	StartedAt    space.Time `json:"started_at"`
}

// searchSaid lists what was said, and returns how many places that were and how
// many transcripts there are.
func (a *App) searchSaid(ctx context.Context, lib *library.Library, o *searchOptions, more bool) (n, transcripts int, err error) {
	index, err := said.Open(ctx, lib)
	if err != nil {
		return 0, 0, err
	}
	defer index.Close()
	if index.Behind != nil {
		a.Warn("the latest transcripts may be missing: %v", index.Behind)
	}
	if transcripts, err = index.Transcripts(ctx); err != nil {
		return 0, 0, err
	}
	q := words.Query{Words: o.query.Words, Speaker: o.query.Speaker, Since: o.query.Since, Until: o.query.Until}
	if o.query.Limit > 0 {
		q.Limit = o.query.Limit + 1
	}
	hits := index.Search(ctx, q)
	out := bufio.NewWriterSize(a.Out, 64<<10)
	defer out.Flush()
	t := a.Table()
	approximate := false
	room := 160
	if a.Columns > 0 {
		room = max(app.TitleRoom, a.Columns-36) // beside the other columns
	}
	for h, err := range hits {
		if errors.Is(err, words.ErrQuery) {
			return n, transcripts, app.Usage("%w", err)
		}
		if err != nil {
			return n, transcripts, err
		}
		if n == o.query.Limit && n > 0 {
			a.Say("More was said with these words. To list all: --limit 0")
			break
		}
		n++
		if a.Settings.JSON {
			if err := app.WriteJSON(out, lineOf(&h)); err != nil {
				return n, transcripts, err
			}
			continue
		}
		approximate = approximate || h.Approximate()
		t.Add(h.Space, spell.Position(float64(h.Start)/float64(h.Rate)), saidBy(&h), around(&h, room))
	}
	if t.Len() > 0 {
		t.Columns = []terminal.Column{
			{Title: "ID", Yield: 2},
			{Title: "AT", Right: true},
			{Title: "SPEAKER", Max: max(12, a.Columns/6), Yield: 1, Min: 8},
			{Title: "SAID", Min: app.TitleRoom},
		}
		if more {
			fmt.Fprintln(out)
		}
		t.Write(out, a.Columns)
	}
	if approximate {
		a.Say("~ approximate speaker, from the audio levels")
	}
	return n, transcripts, out.Flush()
}

func lineOf(h *said.Hit) saidLine {
	rate := float64(h.Rate)
	return saidLine{
		Kind: "said", Recording: h.Space, Schema: space.Schema, ID: h.Space,
		At: float64(h.Start) / rate, Length: float64(h.End-h.Start) / rate, Start: h.Start, Samples: h.End - h.Start,
		Text: h.Text, Speaker: strings.Join(h.Speakers, ", "), Speakers: app.OrEmpty(h.Speakers), SpeakersFrom: h.Source,
		Before: h.Before, After: h.After, SpaceTitle: h.Recording.Title, StartedAt: h.Recording.StartedAt,
	}
}

// saidBy names those who speak.
func saidBy(h *said.Hit) string {
	names := make([]string, len(h.Speakers))
	for i, name := range h.Speakers {
		if names[i] = terminal.Safe(name); h.Known(name) {
			names[i] = app.At(name)
		}
	}
	mark := ""
	if h.Approximate() {
		mark = "~"
	}
	return mark + strings.Join(names, " ")
}

// around returns the words of a hit that were looked for, with as many before
// and after them as have room.
func around(h *said.Hit, room int) string {
	before, text, after := h.Text, "", ""
	if len(h.Matches) > 0 {
		m := h.Matches[0]
		before, text, after = h.Text[:m[0]], h.Text[m[0]:m[1]], h.Text[m[1]:]
	}
	if h.Before != "" {
		before = h.Before + " / " + before
	}
	if h.After != "" {
		after += " / " + h.After
	}
	return terminal.Around(terminal.Safe(before), terminal.Safe(text), terminal.Safe(after), room)
}
