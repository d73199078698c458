package catalog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// newCatalog returns a new catalogue that holds the recordings.
func newCatalog(t testing.TB, recordings ...*space.Recording) *Catalog {
	t.Helper()
	c, err := Open(t.Context(), filepath.Join(t.TempDir(), "catalog.sqlite"), ReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	put(t, c, recordings...)
	return c
}

func put(t testing.TB, c *Catalog, recordings ...*space.Recording) {
	t.Helper()
	if err := c.Update(t.Context(), func(tx *Tx) error {
		for _, r := range recordings {
			if err := tx.Put(r); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// ids returns the ids of what a query yields, with spaces between.
func ids(t testing.TB, rows iter.Seq2[Row, error]) string {
	t.Helper()
	var list []string
	for r, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r.ID)
	}
	return strings.Join(list, " ")
}

func at(s string) space.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return space.Time{Time: t}
}

func seconds(s float64) *float64 { return &s }

func samples() []*space.Recording {
	return []*space.Recording{
		{
			Schema: 1, ID: "1ypKdEXvkMLGW", Title: "Débat : l’été des médias sociaux #Spaces avec @guest1", TitleSource: space.TitlePost,
			StartedAt: at("2021-06-14T18:00:00.391Z"), Duration: seconds(3894.976),
			Account: &space.Person{ID: "1234567890", Handle: "hostess"}, Host: &space.Person{ID: "1234567890", Handle: "hostess"},
			Speakers: []space.Speaker{{Handle: "hostess", Role: "host"}, {Handle: "Guest1", ID: "555000111", Role: "speaker"}},
			Hashtags: []string{"Spaces", "été"}, Mentions: []string{"guest1"},
			Pieces: []space.Piece{{Name: "a.ts", Bytes: 40}, {Name: "b.ts", Bytes: 2}}, State: space.Complete,
			Folder: "recordings/2021/x", File: "recordings/2021/x/x.m4a",
		},
		{
			Schema: 1, ID: "1eaJbNqXaXWxX", Title: "東京の夜 🎉 \"live\" AND more*", TitleSource: space.TitleHost, Note: "about jazz",
			StartedAt: at("2021-06-09T19:26:00Z"), Duration: seconds(2470), Host: &space.Person{ID: "77"},
			Speakers: []space.Speaker{{ID: "77", Role: "host"}, {Handle: "hostess", Role: "co-host"}},
			State:    space.Damaged, Damage: &space.Damage{LostSeconds: 3},
		},
		{Schema: 1, ID: "1eaxYzzzzzzzz", Title: "ΆΝΟΙΞΗ jazz Straße", StartedAt: at("2021-06-02T18:00:00Z"), State: space.NoAudio},
		{Schema: 1, ID: "1EAQqqqqqqqqq", Title: "ﬁne ＦＵＬＬ", State: space.NoRecord},
	}
}

func TestList(t *testing.T) {
	c := newCatalog(t, samples()...)
	const a, b, d, e = "1ypKdEXvkMLGW", "1eaJbNqXaXWxX", "1eaxYzzzzzzzz", "1EAQqqqqqqqqq"
	join := func(s ...string) string { return strings.Join(s, " ") }
	for _, tt := range []struct {
		q    Query
		want string
	}{
		{Query{}, join(a, b, d, e)},
		{Query{Limit: 2}, join(a, b)},
		{Query{Sort: "date"}, join(a, b, d, e)},
		{Query{Sort: "-date"}, join(e, d, b, a)},
		{Query{Sort: "title"}, join(a, e, d, b)},
		{Query{Sort: "-title"}, join(b, d, e, a)},
		{Query{Sort: "length"}, join(a, b, d, e)},
		{Query{Since: at("2021-06-09T19:26:00Z").Time}, join(a, b)},
		{Query{Until: at("2021-06-09T19:26:00Z").Time}, d},
		{Query{Speaker: "@GUEST1"}, a},
		{Query{Speaker: "555000111"}, a},
		{Query{Speaker: "hostess"}, join(a, b)},
		{Query{Host: "hostess"}, join(a, b)},
		{Query{Host: "77"}, b},
		{Query{Account: "HostEss"}, a},
		{Query{Tag: "ETE"}, a},
		{Query{Tag: "#spaces"}, a},
		{Query{Tag: "space"}, ""},
		{Query{State: space.NoAudio}, d},
		{Query{Words: "debat SOC"}, a},
		{Query{Words: "deb ete"}, a},
		{Query{Words: "debat jazz"}, ""},
		{Query{Words: "jaz"}, join(b, d)},
		{Query{Words: "jazz", State: space.Damaged}, b},
		{Query{Words: "guest1"}, a},
		{Query{Words: "@guest1 #spaces"}, a},
		{Query{Words: "東京"}, b},
		{Query{Words: "京の夜"}, b},
		{Query{Words: "東夜"}, ""},
		{Query{Words: "🎉"}, b},
		{Query{Words: "🎉 live"}, b},
		{Query{Words: "🎉 debat"}, ""},
		{Query{Words: "ανοιξη"}, d},
		{Query{Words: "STRASSE"}, d},
		{Query{Words: "fine full"}, e},
		{Query{Words: `"live" AND`}, b},
		{Query{Words: "l'ete"}, a},
		{Query{Words: "  \t"}, join(a, b, d, e)},
	} {
		t.Run(fmt.Sprintf("%+v", tt.q), func(t *testing.T) {
			if got := ids(t, c.List(t.Context(), tt.q)); got != tt.want {
				t.Errorf("%+v:\n got %s\nwant %s", tt.q, got, tt.want)
			}
		})
	}
	for _, err := range c.List(t.Context(), Query{Sort: "size"}) {
		if !errors.Is(err, ErrSort) {
			t.Errorf("unknown order: %v", err)
		}
	}
}

func TestRow(t *testing.T) {
	c := newCatalog(t, samples()...)
	rows, err := c.Find(t.Context(), "1ypKdEXvkMLGW")
	if err != nil || len(rows) != 1 {
		t.Fatal(rows, err)
	}
	want := Row{
		ID: "1ypKdEXvkMLGW", Title: "Débat : l’été des médias sociaux #Spaces avec @guest1", TitleSource: "post",
		StartedAt: at("2021-06-14T18:00:00.391Z").Time, Duration: 3894.976, Host: "hostess", Account: "hostess",
		Speakers: "hostess Guest1", Hashtags: "Spaces été", State: "complete", Pieces: 2, Bytes: 42,
		Folder: "recordings/2021/x", File: "recordings/2021/x/x.m4a",
	}
	if got := rows[0]; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	rows, err = c.Find(t.Context(), "1EAQqqqqqqqqq")
	if err != nil || len(rows) != 1 || rows[0].Duration >= 0 || !rows[0].StartedAt.IsZero() {
		t.Errorf("what is unknown: %+v, %v", rows, err)
	}
	r, err := c.Get(t.Context(), "1ypKdEXvkMLGW")
	if err != nil || r.Title != want.Title || *r.Duration != 3894.976 {
		t.Errorf("Get: %+v, %v", r, err)
	}
	if _, err := c.Get(t.Context(), "1ypK"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Get of nothing: %v", err)
	}
}

func TestSearch(t *testing.T) {
	c := newCatalog(t,
		&space.Recording{ID: "inNote", Title: "A", Note: "jazz jazz"},
		&space.Recording{ID: "inTag", Title: "B", Hashtags: []string{"jazz"}},
		&space.Recording{ID: "inTitle", Title: "Jazz"},
		&space.Recording{ID: "begins", Title: "C jazzband"},
		&space.Recording{ID: "twoWords", Title: "Free Jazz Now", Note: "now"},
	)
	for words, want := range map[string]string{
		"jazz ":     "inTitle begins twoWords inTag inNote",
		"JAZZ fre":  "twoWords",
		"jaz now":   "",
		"jazzb":     "begins",
		"":          "",
		`"`:         "",
		`a" OR "b`:  "",
		"NEAR(a b)": "",
		"title:A":   "",
		"*":         "",
	} {
		if got := ids(t, c.Search(t.Context(), Query{Words: words})); got != want {
			t.Errorf("%q: got %q, want %q", words, got, want)
		}
	}
	if got := ids(t, c.Search(t.Context(), Query{Words: "jazz", Limit: 2})); got != "inTitle begins" {
		t.Errorf("limit: %q", got)
	}
}

func TestFind(t *testing.T) {
	c := newCatalog(t, append(samples(),
		&space.Recording{ID: "1aaaaaaaaaaaa", Title: "Jazz"},
		&space.Recording{ID: "1bbbbbbbbbbbb", Title: "jazz 100% _ 'q'"})...)
	for ref, want := range map[string]string{
		"1ypKdEXvkMLGW":  "1ypKdEXvkMLGW",
		"1yp":            "1ypKdEXvkMLGW",
		"1YPK":           "1ypKdEXvkMLGW",
		"1eaJ":           "1eaJbNqXaXWxX",
		"1ea":            "1eaJbNqXaXWxX 1eaxYzzzzzzzz",
		"1EA":            "1EAQqqqqqqqqq",
		"1eA":            "1eaJbNqXaXWxX 1eaxYzzzzzzzz 1EAQqqqqqqqqq",
		"latest":         "1ypKdEXvkMLGW",
		"medias SOCIAUX": "1ypKdEXvkMLGW",
		"dias s":         "1ypKdEXvkMLGW",
		"JAZZ":           "1aaaaaaaaaaaa",
		"JAZ":            "1eaxYzzzzzzzz 1bbbbbbbbbbbb 1aaaaaaaaaaaa",
		"100%":           "1bbbbbbbbbbbb",
		"%":              "1bbbbbbbbbbbb",
		"'q'":            "1bbbbbbbbbbbb",
		"🎉":              "1eaJbNqXaXWxX",
		"nothing":        "",
		"":               "",
		" ":              "",
	} {
		rows, err := c.Find(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, r.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: got %q, want %q", ref, got, want)
		}
	}
}

// dump returns all that the catalogue says.
func dump(t testing.TB, c *Catalog) string {
	t.Helper()
	var b strings.Builder
	for r, err := range c.List(t.Context(), Query{JSON: true}) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%+v %s\n", r, r.JSON)
	}
	for _, words := range []string{"a", "jazz", "1", "h"} {
		fmt.Fprintln(&b, ids(t, c.Search(t.Context(), Query{Words: words})), "/", ids(t, c.List(t.Context(), Query{Words: words, Speaker: "hostess"})))
	}
	archives, err := c.Archives(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "%+v", archives)
	return b.String()
}

// Whatever was put, changed and deleted before: a rebuild in any order gives
// the same catalogue as a fresh one.
func TestRebuild(t *testing.T) {
	all := samples()
	archives := []space.Archive{{SHA256: "aa", Name: "a.zip", Made: at("2021-06-17T00:00:00Z")}, {SHA256: "bb", Name: "b.zip"}}
	build := func(tx *Tx, order []int) error {
		for _, i := range order {
			if err := tx.Put(all[i]); err != nil {
				return err
			}
		}
		for _, i := range order[:2] {
			if err := tx.PutArchive(archives[i%2]); err != nil {
				return err
			}
		}
		return nil
	}
	fresh := newCatalog(t)
	if err := fresh.Update(t.Context(), func(tx *Tx) error { return build(tx, []int{0, 1, 2, 3}) }); err != nil {
		t.Fatal(err)
	}
	c := newCatalog(t, &space.Recording{ID: "gone", Title: "jazz", Host: &space.Person{Handle: "hostess"}}, all[2],
		&space.Recording{ID: all[0].ID, Title: "jazz, another title", Hashtags: []string{"old"}})
	if err := c.Update(t.Context(), func(tx *Tx) error { return tx.Delete("gone") }); err != nil {
		t.Fatal(err)
	}
	if got := ids(t, c.List(t.Context(), Query{Words: "another"})); got != all[0].ID {
		t.Fatalf("before: %q", got)
	}
	put(t, c, all...)
	if got := ids(t, c.List(t.Context(), Query{Words: "another"})) + ids(t, c.List(t.Context(), Query{Tag: "old"})); got != "" {
		t.Errorf("an earlier text is still found: %q", got)
	}
	if err := c.Update(t.Context(), func(tx *Tx) error {
		if err := tx.Clear(); err != nil {
			return err
		}
		return build(tx, []int{3, 2, 1, 0})
	}); err != nil {
		t.Fatal(err)
	}
	if got, want := dump(t, c), dump(t, fresh); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, check := range []string{"INSERT INTO words (words) VALUES ('integrity-check')", "PRAGMA integrity_check"} {
		if _, err := c.db.Exec(check); err != nil {
			t.Errorf("%s: %v", check, err)
		}
	}
}

func TestUpdateRollsBack(t *testing.T) {
	c := newCatalog(t, samples()...)
	before := dump(t, c)
	failure := errors.New("failure")
	err := c.Update(t.Context(), func(tx *Tx) error {
		if err := tx.Clear(); err != nil {
			return err
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Error(err)
	}
	if after := dump(t, c); after != before {
		t.Errorf("got\n%s\nwant\n%s", after, before)
	}
}

// A query inside the loop over another does not wait for it.
func TestNestedQueries(t *testing.T) {
	c := newCatalog(t, samples()...)
	n := 0
	for r, err := range c.List(t.Context(), Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range c.List(t.Context(), Query{}) {
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Get(t.Context(), r.ID); err != nil {
				t.Fatal(err)
			}
			n++
		}
	}
	if n != 16 {
		t.Errorf("%d rows", n)
	}
}

func TestCancel(t *testing.T) {
	c := newCatalog(t, samples()...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range c.List(ctx, Query{}) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("after cancelling: %v", last)
	}
}

func TestSortedLikeASort(t *testing.T) {
	list := many(500)
	c := newCatalog(t, list...)
	slices.SortFunc(list, func(a, b *space.Recording) int { return b.StartedAt.Compare(a.StartedAt.Time) })
	i := 0
	for r, err := range c.List(t.Context(), Query{}) {
		if err != nil || r.ID != list[i].ID {
			t.Fatalf("row %d: %s, %v; want %s", i, r.ID, err, list[i].ID)
		}
		i++
	}
	if i != len(list) {
		t.Errorf("%d rows", i)
	}
}

func BenchmarkList10000(b *testing.B) {
	c := newCatalog(b, many(10000)...)
	for _, q := range []struct {
		name string
		Query
	}{{"all", Query{}}, {"json", Query{JSON: true}}, {"title", Query{Sort: "title", JSON: true}}, {"words", Query{Words: "debat guest1"}}, {"speaker", Query{Speaker: "guest5"}}} {
		b.Run(q.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, err := range c.List(b.Context(), q.Query) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkOpenToFirstRow(b *testing.B) {
	c := newCatalog(b, many(10000)...)
	c.Close()
	for b.Loop() {
		r, err := Open(b.Context(), c.path, ReadOnly)
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range r.List(b.Context(), Query{}) {
			if err != nil {
				b.Fatal(err)
			}
			break
		}
		r.Close()
	}
}

func BenchmarkRebuild10000(b *testing.B) {
	list := many(10000)
	c := newCatalog(b, list...)
	for b.Loop() {
		if err := c.Update(b.Context(), (*Tx).Clear); err != nil {
			b.Fatal(err)
		}
		put(b, c, list...)
	}
}
