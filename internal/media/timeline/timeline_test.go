package timeline

import (
	"fmt"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/media/track"
)

var (
	stereo = track.Config{Codec: track.AACLC, SampleRate: 48000, Channels: 2, UnitSamples: 1024}
	mono   = track.Config{Codec: track.AACLC, SampleRate: 44100, Channels: 1, UnitSamples: 1024}
	epoch  = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
)

// file makes a track of runs of so many units.
func file(runs ...track.Run) *track.Track {
	t := new(track.Track)
	var first int64
	for _, r := range runs {
		r.FirstUnit = first
		r.Samples = r.Units * int64(r.UnitSamples)
		first += r.Units
		t.Runs = append(t.Runs, r)
	}
	return t
}

func run(c track.Config, units int64) track.Run { return track.Run{Config: c, Units: units} }

// ticks makes an anchor about every second of run r: at sample 0 the clock
// shows start, and from sample at on it is ahead by jump.
func ticks(r int, c track.Config, units int64, start time.Duration, at int64, jump time.Duration) []Anchor {
	var list []Anchor
	for u := int64(0); u < units; u += 47 {
		s := u * int64(c.UnitSamples)
		clock := start + duration(s, c.SampleRate)
		if s >= at {
			clock += jump
		}
		list = append(list, Anchor{Run: r, Sample: s, Clock: clock})
	}
	return list
}

const never = 1 << 60

func TestOnePiece(t *testing.T) {
	start := 100 * time.Second
	tl := Build([]Piece{{Track: file(run(stereo, 470)), Anchors: ticks(0, stereo, 470, start, never, 0), Epoch: epoch}})
	if len(tl.Runs) != 1 || tl.Samples != 470*1024 || tl.SampleRate != 48000 {
		t.Fatalf("%+v", tl)
	}
	r := tl.Runs[0]
	if !r.Start.Equal(epoch.Add(start)) || r.Gap != 0 || r.Anchors != 10 || r.Units != 470 {
		t.Errorf("%+v", r)
	}
	if want := duration(470*1024, 48000); tl.Duration() != want {
		t.Errorf("duration %v, want %v", tl.Duration(), want)
	}
}

func TestGapBetweenPieces(t *testing.T) {
	first := file(run(stereo, 470))
	end := 100*time.Second + duration(470*1024, 48000)
	for _, c := range []struct{ pause, want time.Duration }{
		{0, 0},
		{300 * time.Millisecond, 0}, // jitter
		{17500 * time.Millisecond, 17500 * time.Millisecond},
		{-3 * time.Second, 0}, // pieces that overlap
	} {
		t.Run(fmt.Sprint(c.pause), func(t *testing.T) {
			tl := Build([]Piece{
				{Track: first, Anchors: ticks(0, stereo, 470, 100*time.Second, never, 0), Epoch: epoch},
				{Track: file(run(stereo, 94)), Anchors: ticks(0, stereo, 94, end+c.pause, never, 0), Epoch: epoch},
			})
			if len(tl.Runs) != 2 || tl.Runs[1].Gap.Round(time.Microsecond) != c.want || tl.Runs[1].First != 470*1024 {
				t.Errorf("pause %v: %+v", c.pause, tl.Runs)
			}
		})
	}
}

func TestGapInsideAPiece(t *testing.T) {
	at := int64(235 * 1024) // the sixth tag
	p := Piece{Track: file(run(stereo, 470)), Anchors: ticks(0, stereo, 470, 100*time.Second, at, 5*time.Second), Epoch: epoch}
	tl := Build([]Piece{p})
	if len(tl.Runs) != 2 {
		t.Fatalf("%d runs", len(tl.Runs))
	}
	r := tl.Runs[1]
	if r.Gap.Round(time.Microsecond) != 5*time.Second || r.First != at || r.FirstUnit != 235 || r.Units != 235 || tl.Samples != 470*1024 {
		t.Errorf("%+v", r)
	}
	if want := epoch.Add(105*time.Second + duration(at, 48000)); !r.Start.Round(time.Microsecond).Equal(want.Round(time.Microsecond)) {
		t.Errorf("second run starts %v, want %v", r.Start, want)
	}

	// Damage between the two tags is where the gap must be.
	p.Track.Damage.Add(track.Damage{Kind: track.Junk, Unit: 200})
	if tl := Build([]Piece{p}); tl.Runs[1].FirstUnit != 200 {
		t.Errorf("cut at unit %d, want 200", tl.Runs[1].FirstUnit)
	}
}

func TestOneOddTagMakesNoGap(t *testing.T) {
	anchors := ticks(0, stereo, 470, 100*time.Second, never, 0)
	anchors[5].Clock += time.Hour
	tl := Build([]Piece{{Track: file(run(stereo, 470)), Anchors: anchors, Epoch: epoch}})
	if len(tl.Runs) != 1 || !tl.Runs[0].Start.Equal(epoch.Add(100*time.Second)) {
		t.Errorf("%+v", tl.Runs)
	}
}

func TestSlowDriftMakesNoGap(t *testing.T) {
	const units = 47 * 3600 * 4
	anchors := ticks(0, stereo, units, 0, never, 0)
	for i := range anchors { // 200 ppm: 2.9 s in four hours
		anchors[i].Clock += anchors[i].Clock / 5000
	}
	tl := Build([]Piece{{Track: file(run(stereo, units)), Anchors: anchors, Epoch: epoch}})
	if len(tl.Runs) != 1 {
		t.Errorf("%d runs", len(tl.Runs))
	}
}

func TestRelativeClockShowsGapsInsideOnly(t *testing.T) {
	p := Piece{Track: file(run(stereo, 470)), Anchors: ticks(0, stereo, 470, 0, 235*1024, 5*time.Second)}
	q := Piece{Track: file(run(stereo, 94)), Anchors: ticks(0, stereo, 94, time.Hour, never, 0)}
	tl := Build([]Piece{p, q})
	if len(tl.Runs) != 3 || tl.Runs[1].Gap.Round(time.Microsecond) != 5*time.Second || tl.Runs[2].Gap != 0 {
		t.Errorf("%+v", tl.Runs)
	}
	for _, r := range tl.Runs {
		if !r.Start.IsZero() {
			t.Errorf("a clock without an epoch told the time %v", r.Start)
		}
	}
}

func TestParametersChange(t *testing.T) {
	tl := Build([]Piece{{Track: file(run(stereo, 100), run(mono, 50))}})
	if len(tl.Runs) != 2 || tl.Runs[1].First != 100*1024 {
		t.Fatalf("%+v", tl.Runs)
	}
	if want := int64(100*1024) + rescale(50*1024, 48000, 44100); tl.Samples != want {
		t.Errorf("%d samples, want %d", tl.Samples, want)
	}
	if got, want := tl.Position(0, 1, 10*1024), int64(100*1024)+rescale(10*1024, 48000, 44100); got != want {
		t.Errorf("position %d, want %d", got, want)
	}
}

func TestSkipAndTrimAreNotHeard(t *testing.T) {
	r := run(stereo, 100)
	r.Skip, r.Trim = 2112, 500
	tl := Build([]Piece{{Track: file(r)}, {Track: file(r)}})
	played := int64(100*1024 - 2612)
	if tl.Samples != 2*played || tl.Runs[1].First != played {
		t.Errorf("%+v", tl)
	}
	for _, c := range []struct {
		piece  int
		sample int64
		want   int64
	}{
		{0, 0, 0}, {0, 2112, 0}, {0, 2113, 1}, {0, 100 * 1024, played},
		{1, 0, played}, {1, 2112 + 77, played + 77},
	} {
		t.Run(fmt.Sprintf("sample %d of piece %d", c.sample, c.piece), func(t *testing.T) {
			if got := tl.Position(c.piece, 0, c.sample); got != c.want {
				t.Errorf("sample %d of piece %d is at %d, want %d", c.sample, c.piece, got, c.want)
			}
		})
	}
}
