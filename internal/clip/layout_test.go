package clip

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

// preset imports one of the fixture's archives.
func preset(t testing.TB, name string) *recording.Recording {
	t.Helper()
	for _, p := range fixture.Presets() {
		if p.Name == name {
			file := filepath.Join(t.TempDir(), name+".zip")
			if err := p.Write(file); err != nil {
				t.Fatal(err)
			}
			l, _ := importFile(t, file)
			return open(t, l, "1ypKdEXvkMLGW")
		}
	}
	t.Fatalf("there is no preset %s", name)
	return nil
}

// unitsOf reads the units of a file and what of them is played.
func unitsOf(t testing.TB, file string) (*track.Track, [][]byte) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rd, err := media.Open(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var units [][]byte
	var p track.Packet
	for {
		if err := rd.Next(&p); err == io.EOF {
			return rd.Track(), units
		} else if err != nil {
			t.Fatal(err)
		}
		units = append(units, bytes.Clone(p.Data))
	}
}

// decodeUnits decodes units one after the other.
func decodeUnits(t testing.TB, c track.Config, units [][]byte) []float32 {
	t.Helper()
	d, err := pcm.NewDecoder(c)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, len(units)*c.UnitSamples*c.Channels)
	for i, u := range units {
		if err := d.Decode(out[i*c.UnitSamples*c.Channels:(i+1)*c.UnitSamples*c.Channels], u); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// Over the join of two pieces a clip holds the very units of both, and says
// where each comes from.
func TestOverPieces(t *testing.T) {
	r := preset(t, "two-pieces")
	runs := r.Space.Timeline
	if len(runs) != 2 {
		t.Fatalf("%d runs", len(runs))
	}
	join := runs[1].FirstSample
	s := span(join-50000, 100000)
	res, file := cut(t, Request{Recording: r, Span: s})
	if !res.Lossless {
		t.Error("encoded again")
	}
	_, got := unitsOf(t, file)
	_, all := unitsOf(t, r.Files[0].Name())
	first := s.Start/1024 - 1
	for i, u := range got {
		if !bytes.Equal(u, all[first+int64(i)]) {
			t.Fatalf("unit %d is another", i)
		}
	}
	if last := first + int64(len(got)); last != (s.End()+1023)/1024 {
		t.Errorf("%d units", len(got))
	}
	src := r.Sources(s)
	if len(src) != 2 || src[0].Piece == src[1].Piece || src[0].Samples != 50000 || src[1].Samples != 50000 ||
		src[0].Start != s.Start || src[1].Start != join || src[1].FirstUnit != 0 || src[0].FirstUnit != s.Start/1024 {
		t.Errorf("%+v", src)
	}
	if src[0].FirstUnit+src[0].Units != runs[1].FirstUnit {
		t.Errorf("the first piece ends at unit %d, not %d", src[0].FirstUnit+src[0].Units, runs[1].FirstUnit)
	}
}

// Over a change of sample rate and channels a clip is encoded anew, and holds
// exactly as many samples as were asked for.
func TestOverConfigurations(t *testing.T) {
	tool(t, "ffmpeg")
	r := preset(t, "parameters")
	runs := r.Space.Timeline
	if len(runs) != 2 || runs[1].SampleRate != 44100 {
		t.Fatalf("%+v", runs)
	}
	join := runs[1].FirstSample
	for _, n := range []int64{1, 1000, 12345, 47999} {
		s := span(join-20001, 20001+n)
		res, file := cut(t, Request{Recording: r, Span: s, Format: format.WAV})
		got := decode(t, file)
		if res.Lossless || int64(len(got)) != 2*s.Samples {
			t.Fatalf("%+v: %d samples, %+v", s, len(got)/2, res)
		}
		for i := 2 * 20001; i < len(got); i += 2 {
			if got[i] != got[i+1] {
				t.Fatalf("%+v: sample %d of the mono part differs between the channels", s, i/2)
			}
		}
		_, alone := cut(t, Request{Recording: r, Span: span(s.Start, 20001), Format: format.WAV})
		if w := worst(decode(t, alone), got); w != 0 {
			t.Errorf("%+v: the first part differs by %g", s, w)
		}
	}
}

// A span over two configurations lies in two files, and is refused.
func TestMixedConfigurations(t *testing.T) {
	r := preset(t, "parameters")
	join := r.Space.Timeline[1].FirstSample
	q := &Request{Recording: r, Span: span(join-48000, 2*48000), Format: format.M4A}
	_, err := q.plan(t.Context())
	var p *Problem
	if !errors.As(err, &p) || p.Kind != NotLossless || p.Cause != Uncopied {
		t.Errorf("%v", err)
	}
}

// Samples within the clip that the source does not play are left out by the
// edit list, and units of nothing else do not come along.
func TestInnerEdits(t *testing.T) {
	tool(t, "ffmpeg")
	file := sources[0].make(t, t.TempDir())
	l, id := importFile(t, file)
	r := open(t, l, id)
	// As if it were three pieces, with padding and priming between them: the
	// second time so much that whole units are not heard.
	a, b, c := int64(150), int64(60), int64(150) // units
	r.Space.Timeline = []space.Run{
		{SampleRate: 48000, Channels: 2, Samples: a*1024 - 300, Trim: 300},
		{SampleRate: 48000, Channels: 2, FirstUnit: a, FirstSample: a*1024 - 300, Skip: 700, Samples: b*1024 - 700},
		{SampleRate: 48000, Channels: 2, FirstUnit: a + b, FirstSample: (a+b)*1024 - 1000, Skip: 10 * 1024, Samples: (c - 10) * 1024},
	}
	r.Samples = (a+b+c-10)*1024 - 1000
	_, all := unitsOf(t, r.Files[0].Name())
	source := decodeUnits(t, r.Files[0].Config, all)
	var want []float32
	for _, run := range r.Space.Timeline {
		at := run.FirstUnit*1024 + run.Skip
		want = append(want, source[2*at:2*(at+run.Samples)]...)
	}
	for _, s := range []recording.Span{span(0, r.Samples), span(a*1024-5000, 20000), span((a+b)*1024-9000, 30000), span(a*1024-301, 2), span((a+b)*1024, 5000)} {
		list := r.Extents(s)
		x, err := excerptOf(r, list, 1)
		if err != nil {
			t.Fatal(err)
		}
		var units [][]byte
		if err := x.each(context.Background(), func(u []byte) error {
			units = append(units, bytes.Clone(u))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		samples := decodeUnits(t, x.file.Config, units)
		var got []float32
		for _, e := range x.edits {
			got = append(got, samples[2*e.Start:2*(e.Start+e.Samples)]...)
		}
		if len(got) != int(2*s.Samples) {
			t.Errorf("%+v: %d samples", s, len(got)/2)
			continue
		}
		if w := worst(got, want[2*s.Start:]); w > 1.5/(1<<15) {
			t.Errorf("%+v: differs by up to %g", s, w)
		}
		if most := s.Samples/1024 + 8; int64(len(units)) > most {
			t.Errorf("%+v: %d units", s, len(units))
		}
	}
}

// A clip in the recording's folder has its provenance beside it; the same one
// is found again, a damaged one is made again, and another is refused.
func TestClipsFolder(t *testing.T) {
	r := preset(t, "one")
	ctx := context.Background()
	q := Request{Recording: r, Span: span(48000, 96000)}
	first, err := Cut(ctx, q)
	if err != nil || first.Status != Written {
		t.Fatalf("%+v, %v", first, err)
	}
	b, err := os.ReadFile(first.File + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var p Provenance
	if err := json.Unmarshal(b, &p); err != nil || p.SHA256 != first.SHA256 || p.Start != 48000 || p.Hidden.Before != 48000%1024+1024 {
		t.Errorf("%s %v", b, err)
	}
	if strings.Contains(string(b), r.Dir) {
		t.Error("a path stands in the provenance")
	}
	clip, err := os.ReadFile(first.File)
	if err != nil || bytes.Contains(clip, []byte(r.Dir)) || bytes.Contains(clip, []byte("1234567890")) {
		t.Errorf("a path or an account stands in the clip; %v", err)
	}
	if again, err := Cut(ctx, q); err != nil || again.Status != Done || again.SHA256 != first.SHA256 || again.Bytes != first.Bytes {
		t.Errorf("%+v, %v", again, err)
	}
	other := q
	other.Span.Samples++
	var exists *Problem
	if _, err := Cut(ctx, other); !errors.As(err, &exists) || exists.Kind != Exists {
		t.Errorf("%v", err)
	}
	// Without the provenance the bytes tell that it is the same.
	os.Remove(first.File + ".json")
	if again, err := Cut(ctx, q); err != nil || again.Status != Done {
		t.Errorf("%+v, %v", again, err)
	}
	if c, err := os.ReadFile(first.File + ".json"); err != nil || !bytes.Equal(c, b) {
		t.Errorf("the provenance was not made again: %v", err)
	}
	// A changed clip is not taken for the clip.
	os.WriteFile(first.File, clip[:len(clip)-1], 0o666)
	if _, err := Cut(ctx, q); !errors.As(err, &exists) {
		t.Errorf("%v", err)
	}
	q.Force = true
	if again, err := Cut(ctx, q); err != nil || again.Status != Written || again.SHA256 != first.SHA256 {
		t.Errorf("%+v, %v", again, err)
	}
	for _, e := range entries(t, filepath.Dir(first.File)) {
		if durable.IsDraft(path.Base(e)) {
			t.Errorf("%s was left", e)
		}
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// A clip that fails or is stopped leaves nothing.
func TestFailureLeavesNothing(t *testing.T) {
	r := preset(t, "one")
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, f := range []format.Format{format.M4A, format.WAV} {
		if _, err := Cut(ctx, Request{Recording: r, Span: span(0, 48000), Format: f, File: filepath.Join(dir, "x."+string(f))}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", f, err)
		}
	}
	if left := entries(t, dir); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	// Nor is the recording overwritten by a clip of itself.
	_, err := Cut(context.Background(), Request{Recording: r, Span: span(0, 48000), File: r.Files[0].Name(), Force: true})
	var p *Problem
	if !errors.As(err, &p) || p.Kind != Exists {
		t.Errorf("%v", err)
	}
	for _, s := range []recording.Span{span(-1, 5), span(0, 0), span(r.Samples-1, 2)} {
		if _, err := Cut(context.Background(), Request{Recording: r, Span: s, Writer: io.Discard}); err == nil {
			t.Errorf("%+v was cut", s)
		}
	}
}

func TestFileName(t *testing.T) {
	r := preset(t, "awkward-title")
	for _, tt := range []struct{ template, title, want string }{
		{"", "Short", "2021-06-14 Short 1m05.5s.m4a"},
		{"{id} {at}-{end} {length}", "", "1ypKdEXvkMLGW 1m05.5s-1m08s 2.5s.m4a"},
		{"../../{title}", "a/b:c", "a b c.m4a"},
		{"{date} {clock}", "", "2021-06-14 180105Z.m4a"},
		{"con", "", "con_.m4a"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			q := &Request{Recording: r, Span: span(r.Position(65.5e9), r.Position(2.5e9)), Name: tt.template, Title: tt.title}
			got, err := q.FileName()
			if tt.template == "../../{title}" {
				got = strings.TrimLeft(got, ". ")
			}
			if err != nil || got != tt.want || strings.ContainsAny(got, `/\:`) {
				t.Errorf("%q: %q, %v; want %q", tt.template, got, err, tt.want)
			}
		})
	}
	// However long the title, the time stays in the name.
	q := &Request{Recording: r, Span: span(0, 48000)}
	got, err := q.FileName()
	if err != nil || !strings.HasPrefix(got, "2021-06-14 ") || !strings.HasSuffix(got, " 0s.m4a") || len(got) > maxName+4 {
		t.Errorf("%q, %v", got, err)
	}
	q.Name = "{nonsense}"
	if _, err := q.FileName(); err == nil {
		t.Error("{nonsense} is taken")
	}
}

func BenchmarkCut(b *testing.B) {
	r := preset(b, "one")
	q := Request{Recording: r, Span: span(48000, 8*48000), Writer: io.Discard}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Cut(context.Background(), q); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBatch500 cuts 500 clips of half a minute out of an hour, to files.
func BenchmarkBatch500(b *testing.B) {
	rec := fixture.Recording{Seed: 1, Seconds: 3600}
	file := filepath.Join(b.TempDir(), "hour.ts")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := rec.WriteTo(f); err != nil {
		b.Fatal(err)
	}
	f.Close()
	l, id := importFile(b, file)
	r := open(b, l, id)
	for b.Loop() {
		dir := b.TempDir()
		for i := range int64(500) {
			q := Request{Recording: r, Span: span(i*7*48000, 30*48000), File: filepath.Join(dir, recording.Mark(r.Time(i*7*48000))+".m4a")}
			if _, err := Cut(context.Background(), q); err != nil {
				b.Fatal(err)
			}
		}
	}
}
