package judge_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/mp3/judge"
)

// everything says that tests take the whole set of recordings.
var everything = os.Getenv("SPACES_LONG") != ""

// corpus returns the set of recordings, no more than so many unless the
// environment has SPACES_LONG=1, or skips the test.
func corpus(t *testing.T, most int) []judge.Item {
	t.Helper()
	for _, program := range []string{"lame", "ffmpeg", "espeak-ng"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	if everything {
		most = 0
	}
	items, missing, err := judge.Corpus(t.Context(), t.TempDir(), most)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range missing {
		t.Log("without", m)
	}
	return items
}

// To try any encoder:
//
//	MP3_ENCODER=/path/to/program go test ./internal/media/mp3/judge -run AgainstLAME -v
//
// The program is called as PROGRAM in.wav out.mp3 kbps channels. A test of
// an encoder in Go does what this one does, with an Encoder of its own:
//
//	ours := judge.Encoder{Name: "ours", Encode: func(ctx context.Context, in, out string, kbps, channels int) error { … }}
//	rows, err := judge.Match(t.Context(), items, ours, judge.LAME("-q", "3"))
//	t.Log("\n" + judge.Table(rows))
//	for _, s := range judge.Shortfalls(rows) { t.Error(s) }
func TestAgainstLAME(t *testing.T) {
	program := os.Getenv("MP3_ENCODER")
	if program == "" {
		t.Skip("MP3_ENCODER names no program")
	}
	rows, err := judge.Match(t.Context(), corpus(t, 3), judge.Program(program), judge.LAME("-q", "3"))
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + judge.Table(rows))
	for _, s := range judge.Shortfalls(rows) {
		t.Error(s)
	}
}

// shine is an encoder that has long blocks only, and no model of hearing; it is
// in most builds of ffmpeg.
func shine(t *testing.T) judge.Encoder {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-v", "error", "-encoders").Output()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out, []byte("libshine")) {
		t.Skip("ffmpeg has no libshine")
	}
	return judge.Encoder{Name: "shine", Encode: func(ctx context.Context, in, out string, kbps, _ int) error {
		return exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-i", in,
			"-c:a", "libshine", "-b:a", fmt.Sprint(kbps, "k"), out).Run()
	}}
}

// report has an item encoded and logs what the judge says.
func report(t *testing.T, e judge.Encoder, i judge.Item, kbps int) judge.Report {
	t.Helper()
	r, err := e.Judge(t.Context(), i, kbps)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%-22s %3d %-9s NMR %5.1f over %4.1f%% disturbed %3.0f%% worst %5.1f; segSNR %4.1f; %2d attacks %5.1f dB, NMR %5.1f, worst %5.1f; gain %+.2f lag %d, %d longer",
		i.Name, kbps, e.Name, r.NMR, 100*r.Over, 100*r.Disturbed, r.Worst, r.SegSNR,
		r.PreEcho.Attacks, r.PreEcho.Level, r.PreEcho.NMR, r.PreEcho.Worst, r.Gain, r.Lag, r.Longer)
	return r
}

// What is known of encoders is the proof that the judge can tell them apart.
func TestKnowsWhatIsKnown(t *testing.T) {
	items := corpus(t, 1)
	t.Run("more bits are better", func(t *testing.T) { moreBits(t, items) })
	t.Run("careless encoders are worse", func(t *testing.T) {
		if !everything {
			t.Skip("takes a minute: SPACES_LONG=1 runs it")
		}
		careless(t, items)
	})
}

func moreBits(t *testing.T, items []judge.Item) {
	lame := judge.LAME("-q", "3")
	for _, i := range items {
		better := func(i judge.Item, kbps ...int) {
			for n := range len(kbps) - 1 {
				low, high := report(t, lame, i, kbps[n]), report(t, lame, i, kbps[n+1])
				if low.SegSNR > 60 {
					continue // so simple that no more bits are used
				}
				if high.NMR > low.NMR-1 || high.SegSNR < low.SegSNR+1 {
					t.Errorf("%s: %d kbit/s is no better than %d", i.Name, kbps[n+1], kbps[n])
				}
				if low.Lag != 0 || low.Longer != 0 || high.Lag != 0 || high.Longer != 0 {
					t.Errorf("%s: LAME's file is not as long as the original", i.Name)
				}
			}
		}
		mono, err := i.Mono()
		if err != nil {
			t.Fatal(err)
		}
		if i.Rate < 32000 {
			better(mono, 64, 128)
			continue
		}
		better(mono, 64, 128)
		if len(i.Samples) > 1 && everything {
			better(i, 128, 320)
		}
	}
}

// An encoder without a model of hearing is worse, however good it makes the
// SNR, and one without short blocks has pre-echo.
func careless(t *testing.T, items []judge.Item) {
	lame, quick, long := judge.LAME("-q", "3"), judge.LAME("-q", "9"), shine(t)
	var over, shines, n float64
	for _, i := range items {
		if i.Rate < 32000 {
			continue // shine has no fitting rates
		}
		a := report(t, lame, i, 128)
		if !i.Attacks {
			over += report(t, quick, i, 128).Over - a.Over
		}
		c := report(t, long, i, 128)
		if i.Attacks && (c.PreEcho.NMR < a.PreEcho.NMR+10 || c.PreEcho.Level < a.PreEcho.Level+10) {
			t.Errorf("%s: no more pre-echo without short blocks", i.Name)
		}
		shines += c.NMR - a.NMR
		n++
	}
	t.Logf("shine's NMR is %.1f dB worse in the mean; with -q 9, %.2f%% more of the bands are over threshold", shines/n, 100*over/float64(len(items)))
	if shines/n < 1 {
		t.Error("shine is no worse than LAME")
	}
	if over <= 0 {
		t.Error("-q 9 is no worse than -q 3")
	}
}
