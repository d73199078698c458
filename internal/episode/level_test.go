package episode

import (
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A guest who is 9 dB softer becomes as loud as the host by gains alone, from
// the first syllable on, although the turns are told late.
func TestLevelByGain(t *testing.T) {
	const (
		turn = 5.0 // seconds
		late = 0.4
		soft = 0.35
		all  = 40.0
	)
	f := pcm.Format{SampleRate: 48000, Channels: 1}
	samples := voice(f, all, 11, func(at float64) float64 {
		into := math.Mod(at, turn)
		switch {
		case into < 0.3:
			return 0.003 // a pause
		case int(at/turn)%2 == 1:
			return 0.3 * soft
		}
		return 0.3
	})
	lib, r, name := codedAs(t, f, samples)
	var turns []space.Turn
	for at := 0.0; at < all; at += turn {
		handle := "host"
		if len(turns)%2 == 1 {
			handle = "guest"
		}
		turns = append(turns, space.Turn{Handle: handle, Start: at + late, End: min(all, at+turn+late)})
	}
	if err := lib.ConfirmTurns(r.Space, turns); err != nil {
		t.Fatal(err)
	}
	res := made(t, &Request{Library: lib, Recording: r, Version: "test", Dir: t.TempDir(), Jobs: 1, Level: true})
	if res.ReEncoded || res.Gain == nil || res.Gain.Most-res.Gain.Least < 7 {
		t.Fatalf("re-encoded: %t, gain %+v; %q", res.ReEncoded, res.Gain, res.Notes)
	}
	was, is := samplesOf(t, name), samplesOf(t, res.Path)
	// raised is by how much the stretches of every second turn are raised.
	raised := func(first int, from, to float64) float64 {
		var before, after float64
		for k := first; float64(k)*turn < all; k += 2 {
			for i := int((float64(k)*turn + from) * 48000); i < int((float64(k)*turn+to)*48000); i++ {
				before += float64(was[i]) * float64(was[i])
				after += float64(is[i]) * float64(is[i])
			}
		}
		return 10 * math.Log10(after/before)
	}
	host, guest, onset := raised(0, 0.5, turn-0.3), raised(1, 0.5, turn-0.3), raised(1, 0.4, 0.8)
	softer := -20 * math.Log10(soft)
	if d := guest - host; math.Abs(d-softer) > 1.6 {
		t.Errorf("the guest is raised by %.1f dB more than the host, and %.1f dB softer", d, softer)
	}
	if math.Abs(onset-guest) > 1.6 {
		t.Errorf("the first syllables of the guest are raised by %.1f dB, the rest by %.1f dB", onset, guest)
	}
}

// codedAs makes a library of samples that are AAC.
func codedAs(t *testing.T, f pcm.Format, samples []float32) (lib *library.Library, r *recording.Recording, name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "talk.m4a")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	err = format.M4A.Entry().Encode(t.Context(), file, encode.Sound{Reader: &memoryReader{f, samples}, Samples: int64(len(samples) / f.Channels)}, encode.Options{BitRate: 96000})
	if cerr := file.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
	lib, r = taken(t, name)
	return lib, r, name
}

// The true peak of quiet sound is told as it is, although an analysis that is kept
// only bounds it, and sound that is too short to be measured is not called silent.
func TestTruePeakOfQuietSound(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 1}
	for _, test := range []struct {
		name    string
		seconds float64
		level   float64
		raised  bool
		note    string
	}{{"quiet", 6, 0.004, true, "the gain is limited to 20 dB"}, {"short", 0.2, 0.004, false, "less than 0.4 s"}, {"silent", 2, 0, false, "is silent"}} {
		lib, r, name := codedAs(t, f, voice(f, test.seconds, 10, steady(test.level)))
		res := made(t, &Request{Library: lib, Recording: r, Version: "test", Dir: t.TempDir(), Jobs: 1, NoCover: true})
		if res.ReEncoded || (res.Gain != nil) != test.raised {
			t.Fatalf("%s: re-encoded: %t, gain %+v; %q", test.name, res.ReEncoded, res.Gain, res.Notes)
		}
		want := truePeak(t, name, f)
		if test.raised {
			if want += res.Gain.Most; math.Abs(*res.Gain.TruePeak-want) > 0.1 {
				t.Errorf("%s: the gain gives a true peak of %.2f dBTP, not of %.2f", test.name, want, *res.Gain.TruePeak)
			}
		}
		if got := res.After.TruePeak; (got == nil) != math.IsInf(want, -1) || got != nil && math.Abs(*got-want) > 0.1 {
			t.Errorf("%s: a true peak of %s dBTP is told; it is %.2f", test.name, level(got), want)
		}
		if len(res.Notes) != 1 || !strings.Contains(res.Notes[0], test.note) {
			t.Errorf("%s: %q", test.name, res.Notes)
		}
	}
}

// truePeak is that of a file in dBTP.
func truePeak(t *testing.T, name string, f pcm.Format) float64 {
	t.Helper()
	m, err := loudness.NewMeter(f.SampleRate, f.Channels)
	if err != nil {
		t.Fatal(err)
	}
	m.Write(samplesOf(t, name))
	return float64(m.Result().TruePeak)
}

// The same recording and settings give the same bytes whether it was measured
// before, long before, or never, and although what measuring keeps was removed.
func TestPlansDoNotDependOnWhatIsKept(t *testing.T) {
	var first string
	for _, test := range []struct {
		name   string
		before func(t *testing.T, l *library.Library, r *recording.Recording)
	}{
		{"never measured", func(t *testing.T, l *library.Library, r *recording.Recording) {
			if err := os.RemoveAll(l.Path(layout.MeasurementIn(r.Space.Folder))); err != nil {
				t.Fatal(err)
			}
		}},
		{"measured", func(t *testing.T, l *library.Library, r *recording.Recording) {}},
		{"analysis removed", func(t *testing.T, l *library.Library, r *recording.Recording) {
			if err := os.Remove(l.Path(layout.GainIn(r.Space.Folder, 0))); err != nil {
				t.Fatal(err)
			}
		}},
		{"analysis damaged", func(t *testing.T, l *library.Library, r *recording.Recording) {
			name := l.Path(layout.GainIn(r.Space.Folder, 0))
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			b[len(b)/2] ^= 1
			if err := os.WriteFile(name, b, 0o666); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		l, r := talk(t)
		test.before(t, l, r)
		res := made(t, &Request{Library: l, Recording: r, Version: "test", Dir: t.TempDir(), Jobs: 2, NoCover: true})
		if res.Gain == nil {
			t.Fatalf("%s: no gain was changed; %q", test.name, res.Notes)
		}
		if first == "" {
			first = res.SHA256
		}
		if res.SHA256 != first {
			t.Errorf("%s: another file", test.name)
		}
	}
}

// The true peak of a quiet recording is the one that it has, not a bound.
func TestPeakOfAQuietRecording(t *testing.T) {
	f := pcm.Format{SampleRate: 48000, Channels: 1}
	name := filepath.Join(t.TempDir(), "quiet.m4a")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	samples := voice(f, 12, 5, steady(0.02))
	err = format.M4A.Entry().Encode(t.Context(), file, encode.Sound{Reader: &memoryReader{f, samples}, Samples: int64(len(samples))}, encode.Options{BitRate: 96000})
	if cerr := file.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
	lib, r := taken(t, name)
	lufs := -40.0
	res := made(t, &Request{Library: lib, Recording: r, Version: "test", Dir: t.TempDir(), Jobs: 1, Loudness: &lufs})
	if res.Gain == nil || res.Gain.Changes > 0 {
		t.Fatalf("%+v; %q", res.Gain, res.Notes)
	}
	if d := *res.After.TruePeak - *res.Before.TruePeak - res.Gain.Least; math.Abs(d) > 0.1 {
		t.Errorf("the true peak went from %.2f to %.2f dBTP by a gain of %.2f dB", *res.Before.TruePeak, *res.After.TruePeak, res.Gain.Least)
	}
	q := clip.Request{Recording: r, Span: recording.Span{Start: 48000, Samples: 5 * 48000}, Writer: io.Discard, Effects: clip.Effects{Normalize: &lufs}}
	c, err := clip.Cut(t.Context(), q)
	if err != nil || c.Gain == nil || *c.Gain.TruePeak > *res.After.TruePeak+0.1 {
		t.Errorf("%+v, %v", c.Gain, err)
	}
}
