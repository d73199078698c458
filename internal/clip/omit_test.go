package clip

import (
	"context"
	"io"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

func TestOmission(t *testing.T) {
	out := []Span{{10, 5}, {30, 10}}
	all := []Section{{Span: Span{0, 50}}}
	for _, test := range []struct {
		name string
		list []Section
		out  []Span
		mute bool
		want []Section
		gone []Span
	}{
		{"nothing", all, nil, false, all, nil},
		{"beside", []Section{{Span: Span{15, 15}}}, out, false, []Section{{Span: Span{15, 15}}}, nil},
		{"cut", all, out, false, []Section{{Span: Span{0, 10}}, {Span: Span{15, 15}}, {Span: Span{40, 10}}}, out},
		{"muted", all, out, true, []Section{{Span: Span{0, 10}}, {5, Span{15, 15}}, {10, Span{40, 10}}}, out},
		{"at both ends", []Section{{Span: Span{12, 20}}}, out, false, []Section{{Span: Span{15, 15}}}, []Span{{12, 3}, {30, 2}}},
		{"muted at both ends", []Section{{Span: Span{12, 20}}}, out, true, []Section{{3, Span{15, 15}}, {Gap: 2}}, []Span{{12, 3}, {30, 2}}},
		{"all", []Section{{Span: Span{31, 5}}}, out, false, nil, []Span{{31, 5}}},
		{"all muted", []Section{{Span: Span{31, 5}}}, out, true, []Section{{Gap: 5}}, []Span{{31, 5}}},
		{"with gaps", []Section{{Span: Span{0, 12}}, {7, Span{12, 8}}}, out, false, []Section{{Span: Span{0, 10}}, {7, Span{15, 5}}}, []Span{{10, 2}, {12, 3}}},
		{"with gaps, muted", []Section{{Span: Span{0, 12}}, {7, Span{12, 8}}}, out, true, []Section{{Span: Span{0, 10}}, {12, Span{15, 5}}}, []Span{{10, 2}, {12, 3}}},
	} {
		o := Omission{Spans: test.out, Mute: test.mute}
		if got := o.Sections(test.list); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, not %v", test.name, got, test.want)
		}
		if got := o.Within(test.list); !slices.Equal(got, test.gone) {
			t.Errorf("%s: without %v, not %v", test.name, got, test.gone)
		}
		if none := o.none(test.list[0].Span) && o.none(test.list[len(test.list)-1].Span); none != (test.gone == nil) {
			t.Errorf("%s: nothing is left out: %v", test.name, none)
		}
	}
}

// A reel is as long as it says, and ends with silence if that was asked for.
func TestReel(t *testing.T) {
	r := preset(t, "two-pieces")
	f := r.Format()
	for _, list := range [][]Section{
		{{Span: Span{1000, 2000}}},
		{{Gap: 500, Span: Span{1000, 2000}}, {Gap: 300, Span: Span{r.Samples - 700, 700}}, {Gap: 100}},
		{{Gap: 10}},
		{{Span: Span{0, r.Samples}}},
	} {
		var ticks int64
		reel := r.Reel(context.Background(), list, f, true, func(n int64) { ticks += n })
		got := samplesOf(t, reel)
		reel.Close()
		frames := int64(len(got) / f.Channels)
		if want := r.ReelLength(list, f.SampleRate); frames != want || ticks != want {
			t.Errorf("%v: %d frames, %d told, not %d", list, frames, ticks, want)
		}
		if end := list[len(list)-1]; end.Span.Samples == 0 {
			for _, v := range got[len(got)-int(end.Gap)*f.Channels:] {
				if v != 0 {
					t.Fatalf("%v: no silence at the end", list)
				}
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Reel(ctx, []Section{{Span: Span{0, 100}}}, f, false, func(int64) {}).Read(make([]float32, 64)); err != context.Canceled {
		t.Errorf("stopped: %v", err)
	}
}

func samplesOf(t *testing.T, src pcm.Source) []float32 {
	t.Helper()
	var all []float32
	buf := make([]float32, 4096*src.Format().Channels)
	for {
		n, err := src.Read(buf)
		all = append(all, buf[:n*src.Format().Channels]...)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// What is left out stands in no unit that is copied, even where an edit list
// would hide it.
func TestOmissionBeside(t *testing.T) {
	r := preset(t, "two-pieces")
	span := Span{48000, 48000}
	for _, test := range []struct {
		name  string
		omit  Span
		plain bool // the units are copied
	}{
		{"in the unit before", Span{48000 - 100, 100}, false},
		{"in the unit of the end", Span{96000, 10}, false},
		{"far before", Span{1000, 2000}, true},
		{"far behind", Span{110000, 2000}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := Request{Recording: r, Span: span, Format: M4A, Omit: Omission{Spans: []Span{test.omit}}, Writer: io.Discard}
			res, err := Cut(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if res.Lossless != test.plain {
				t.Errorf("copied: %v, want %v", res.Lossless, test.plain)
			}
		})
	}
	held, err := r.Held(Request{Recording: r, Span: span})
	if err != nil {
		t.Fatal(err)
	}
	if held.Start >= span.Start || held.Start < span.Start-2*1024 || held.End() < span.End() || held.End() > span.End()+1024 {
		t.Errorf("a lossless clip of %v holds %v", span, held)
	}
	if held, err := r.Held(Request{Recording: r, Span: span, Strict: true}); err != nil || held != span {
		t.Errorf("a clip that is encoded anew holds %v, %v", held, err)
	}
}
