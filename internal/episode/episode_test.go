package episode

import (
	"math"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/recording"
)

// hundred is a recording of 100 s at 1 kHz, with a gap of 5 s in its middle.
func hundred() *recording.Recording {
	s := &space.Space{Recording: space.Recording{ID: "1ypKdEXvkMLGW"}}
	s.Timeline = []space.Run{{SampleRate: 1000, Samples: 50000}, {SampleRate: 1000, FirstSample: 50000, Samples: 50000, GapBefore: 5}}
	return &recording.Recording{Sound: &library.Sound{Space: s}, Rate: 1000, Samples: 100000}
}

func TestSections(t *testing.T) {
	m := &library.Measurement{Silence: []space.Stretch{{Start: 0, End: 4}, {Start: 30, End: 36}, {Start: 70, End: 71}, {Start: 90, End: 100}}}
	for _, test := range []struct {
		name string
		q    Request
		want []recording.Section
	}{
		{"all", Request{}, []recording.Section{{Gap: 0, Span: recording.Span{Samples: 100000}}}},
		{"trimmed", Request{TrimSilence: true}, []recording.Section{{Gap: 0, Span: recording.Span{Start: 3800, Samples: 86400}}}},
		{"cut", Request{TrimSilence: true, CutSilence: 2 * time.Second},
			[]recording.Section{{Gap: 0, Span: recording.Span{Start: 3800, Samples: 27200}}, {Gap: 0, Span: recording.Span{Start: 35000, Samples: 55200}}}},
		{"with gaps", Request{KeepGaps: true},
			[]recording.Section{{Gap: 0, Span: recording.Span{Samples: 50000}}, {Gap: 5000, Span: recording.Span{Start: 50000, Samples: 50000}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := test.q
			q.Recording = hundred()
			got := q.sections(m)
			if len(got) != len(test.want) {
				t.Errorf("%s: %+v", test.name, got)
				return
			}
			for i := range got {
				if got[i] != test.want[i] {
					t.Errorf("%s: %+v, not %+v", test.name, got[i], test.want[i])
				}
			}
		})
	}
	silent := &library.Measurement{Silence: []space.Stretch{{Start: 0, End: 100}}}
	q := Request{Recording: hundred(), TrimSilence: true}
	if got := q.sections(silent); len(got) != 1 || got[0].Span.Samples != 100000 {
		t.Errorf("nothing but silence: %+v", got)
	}
}

// A position in the recording is found again in the episode.
func TestKeptLocates(t *testing.T) {
	m := &library.Measurement{Silence: []space.Stretch{{Start: 0, End: 4}, {Start: 30, End: 36}}}
	q := Request{Recording: hundred(), TrimSilence: true, CutSilence: time.Second, KeepGaps: true}
	rec := Record{Kept: q.kept(q.sections(m))}
	for at, want := range map[float64]float64{3.8: 0, 10: 6.2, 30: 26.2, 36: 27.2, 49: 40.2, 50: 46.2, 99: 95.2} {
		if got, ok := rec.Locate(at); !ok || math.Abs(got-want) > 1e-6 {
			t.Errorf("%g s is at %g s (%v), not %g", at, got, ok, want)
		}
	}
	if got, ok := rec.Locate(33); ok || math.Abs(got-26.7) > 1e-6 {
		t.Errorf("what was cut is at %g (%v)", got, ok)
	}
}

func TestFileNamesAreAddresses(t *testing.T) {
	date := space.Time{Time: time.Date(2021, 6, 14, 18, 5, 0, 0, time.UTC)}
	for _, test := range []struct{ template, title, want string }{
		{"", "Débat : l’été des médias #Spaces", "2021-06-14-Debat-lete-des-medias-Spaces"},
		{"", "日本語", "2021-06-14"},
		{"{title}", "日本語", "2021-06-14-1ypKdEXvkMLGW"},
		{"{host}_{time}", "x", "hostess_1805"},
		{"{title}", "../../etc/passwd", "etc-passwd"},
		{"{id} {title}", "a\x00b  c", "1ypKdEXvkMLGW-a-b-c"},
	} {
		t.Run(test.title, func(t *testing.T) {
			rec := &Record{ID: "1ypKdEXvkMLGW", Title: test.title, Date: date, Host: &space.Person{Handle: "hostess"}}
			if got, err := fileName(test.template, rec); err != nil || got != test.want {
				t.Errorf("%q of %q: %q, %v; want %q", test.template, test.title, got, err, test.want)
			}
		})
	}
	long := &Record{ID: "1ypKdEXvkMLGW", Title: "word word word word word word word word word word word word word word word word word word word", Date: date}
	if got, err := fileName("", long); err != nil || len(got) > maxName {
		t.Errorf("%q: %v", got, err)
	}
	if _, err := fileName("{what}", long); err == nil {
		t.Error("an unknown word was taken")
	}
}

func TestTags(t *testing.T) {
	q := Request{Set: []tags.Pair{{Name: "Album", Value: "Show"}, {Name: "track", Value: "7"}, {Name: "mood", Value: "calm"}, {Name: "title", Value: "T"}}}
	got, err := q.tags(&Record{ID: "1ypKdEXvkMLGW", Title: "x"})
	if err != nil || got.Album != "Show" || got.TrackNumber != 7 || got.Title != "T" || got.Free[len(got.Free)-1] != (tags.Pair{Name: "MOOD", Value: "calm"}) {
		t.Errorf("%+v, %v", got, err)
	}
	a, b := got, got
	a.Encoder = "spaces 2"
	if tagSum(a, nil) != tagSum(b, nil) {
		t.Error("the program's version makes another episode")
	}
	if b.Album = ""; tagSum(a, nil) == tagSum(b, nil) || tagSum(a, []byte{1}) == tagSum(a, nil) {
		t.Error("other tags make the same episode")
	}
}
