package recording

import (
	"context"
	"io"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

func TestOmission(t *testing.T) {
	out := []Span{span(10, 5), span(30, 10)}
	all := []Section{{Span: span(0, 50)}}
	for _, test := range []struct {
		name string
		list []Section
		out  []Span
		mute bool
		want []Section
		gone []Span
	}{
		{"nothing", all, nil, false, all, nil},
		{"beside", []Section{{Span: span(15, 15)}}, out, false, []Section{{Span: span(15, 15)}}, nil},
		{"cut", all, out, false, []Section{{Span: span(0, 10)}, {Span: span(15, 15)}, {Span: span(40, 10)}}, out},
		{"muted", all, out, true, []Section{{Span: span(0, 10)}, {5, span(15, 15)}, {10, span(40, 10)}}, out},
		{"at both ends", []Section{{Span: span(12, 20)}}, out, false, []Section{{Span: span(15, 15)}}, []Span{span(12, 3), span(30, 2)}},
		{"muted at both ends", []Section{{Span: span(12, 20)}}, out, true, []Section{{3, span(15, 15)}, {Gap: 2}}, []Span{span(12, 3), span(30, 2)}},
		{"all", []Section{{Span: span(31, 5)}}, out, false, nil, []Span{span(31, 5)}},
		{"all muted", []Section{{Span: span(31, 5)}}, out, true, []Section{{Gap: 5}}, []Span{span(31, 5)}},
		{"with gaps", []Section{{Span: span(0, 12)}, {7, span(12, 8)}}, out, false, []Section{{Span: span(0, 10)}, {7, span(15, 5)}}, []Span{span(10, 2), span(12, 3)}},
		{"with gaps, muted", []Section{{Span: span(0, 12)}, {7, span(12, 8)}}, out, true, []Section{{Span: span(0, 10)}, {12, span(15, 5)}}, []Span{span(10, 2), span(12, 3)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := Omission{Spans: test.out, Mute: test.mute}
			if got := o.Sections(test.list); !slices.Equal(got, test.want) {
				t.Errorf("%s: %v, not %v", test.name, got, test.want)
			}
			if got := o.Within(test.list); !slices.Equal(got, test.gone) {
				t.Errorf("%s: without %v, not %v", test.name, got, test.gone)
			}
			if none := o.None(test.list[0].Span) && o.None(test.list[len(test.list)-1].Span); none != (test.gone == nil) {
				t.Errorf("%s: nothing is left out: %v", test.name, none)
			}
		})
	}
}

// A SectionReader is as long as it says, and ends with silence if that was asked for.
func TestReel(t *testing.T) {
	r := preset(t, "two-pieces")
	f := r.Format()
	for _, list := range [][]Section{
		{{Span: span(1000, 2000)}},
		{{Gap: 500, Span: span(1000, 2000)}, {Gap: 300, Span: span(r.Samples-700, 700)}, {Gap: 100}},
		{{Gap: 10}},
		{{Span: span(0, r.Samples)}},
	} {
		var ticks int64
		joined := r.ReadSections(context.Background(), list, f, true, func(n int64) { ticks += n })
		got := samplesOf(t, joined)
		joined.Close()
		frames := int64(len(got) / f.Channels)
		if want := r.SectionsLength(list, f.SampleRate); frames != want || ticks != want {
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
	if _, err := r.ReadSections(ctx, []Section{{Span: span(0, 100)}}, f, false, func(int64) {}).Read(make([]float32, 64)); err != context.Canceled {
		t.Errorf("stopped: %v", err)
	}
}

func samplesOf(t *testing.T, src pcm.Reader) []float32 {
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
