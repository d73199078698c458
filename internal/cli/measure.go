package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/stream"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type measureOptions struct{ app.Refs }

func newMeasureCmd(a *App) *cobra.Command {
	var o measureOptions
	cmd := &cobra.Command{
		Use:   "measure SPACE...",
		Short: "Measure loudness, peaks, silence and damage",
		Long: `Measure the audio of Spaces: loudness as EBU R 128 defines it (integrated, range, momentary and
short-term maxima), true peak and sample peak, clipping, silence (below -50 dBFS for half a second or
more) and audio that cannot be decoded. Podcast hosts and stations ask for -16 to -23 LUFS and a true
peak of at most -1 dBTP. The audio is decoded once; the result is kept in the library, with the waveform.
--json lists every silence.

SPACE is an id or the beginning of one, its address on X, "latest", or a part of the title;
"-" reads ids, or JSON Lines with an "id", from standard input.`,
		Example: `  spaces measure latest
  spaces list --since 2021 --json | spaces measure -
  spaces measure 1ypK --json`,
		Annotations: manual.Exits(map[int]string{
			app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitPartly: "some could not be measured; they are listed",
			app.ExitNotFound: "no such Space, or none of them has audio"}),
		Args: app.Takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.measure(cmd.Context(), o)
		},
	}
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

// measureLine is a line of JSON about a Space that was measured.
type measureLine struct {
	Schema   int             `json:"schema"`
	ID       string          `json:"id"`
	Title    string          `json:"title"`
	Duration *float64        `json:"duration"`
	Samples  *int64          `json:"samples"`
	Loudness loudness.Result `json:"loudness"`

	Silence        []space.Stretch `json:"silence"`
	SilentSeconds  float64         `json:"silent_seconds"`
	LongestSilence float64         `json:"longest_silence"`

	LostUnits   int64         `json:"lost_units"`
	LostSeconds float64       `json:"lost_seconds"`
	Damage      *space.Damage `json:"damage,omitempty"`
}

func (a *App) measure(ctx context.Context, o measureOptions) error {
	lib, rows, err := o.Open(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	t := a.Table(
		terminal.Column{Title: "ID"},
		terminal.Column{Title: "LUFS", Right: true},
		terminal.Column{Title: "RANGE", Right: true, Yield: 1},
		terminal.Column{Title: "TRUE PEAK", Right: true, Yield: 5},
		terminal.Column{Title: "CLIPPED", Right: true, Yield: 3},
		terminal.Column{Title: "SILENT", Right: true, Yield: 2},
		terminal.Column{Title: "LOST", Right: true, Yield: 4},
		terminal.Column{Title: "TITLE", Min: app.TitleRoom})
	err = a.EachSpace(ctx, "measuring", rows, []stream.Phase{{Weight: 1}}, "unmeasured", "measured", func(row catalog.Row, p stream.Progress) (func() error, error) {
		s, m, err := a.measureSpace(ctx, lib, row, p)
		return func() error {
			switch {
			case a.Settings.JSON:
				return app.WriteJSON(a.Out, measureLine{
					space.Schema, s.ID, s.Title, s.Duration, s.Samples, m.Loudness,
					m.Silence, m.SilentSeconds, m.LongestSilence().Seconds(), m.LostUnits, m.LostSeconds, s.Damage})
			case len(rows) == 1:
				return showMeasurement(a.Out, s, m)
			}
			t.Add(s.ID, level(m.Loudness.Integrated), level(m.Loudness.Range), peakColumn(m.Loudness),
				fmt.Sprint(m.Loudness.ClippedRuns), spell.Length(m.SilentSeconds), spell.Short(lostOf(s, m)), titleOf(row))
			return nil
		}, err
	})
	t.Write(a.Out, a.Columns)
	return err
}

// measureSpace measures one Space.
func (a *App) measureSpace(ctx context.Context, lib *library.Library, row catalog.Row, p stream.Progress) (*space.Space, *library.Measurement, error) {
	if _, err := pathOf(lib, row, false); err != nil {
		return nil, nil, err
	}
	s, err := lib.Load(row.ID)
	if err != nil {
		return nil, nil, err
	}
	stream.Enter(p, "")
	m, err := recording.Measure(ctx, lib, row.ID, a.jobs(), p)
	return s, m, soundError(lib, s, err)
}

// jobs is how many things are done at once.
func (a *App) jobs() int {
	if a.Settings.Jobs > 0 {
		return a.Settings.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// soundError says what to do about audio that cannot be decoded.
func soundError(lib *library.Library, s *space.Space, err error) error {
	if !errors.Is(err, pcm.ErrUnsupported) {
		return err
	}
	return app.Fail(app.ExitFailed, "unsupported",
		fmt.Sprintf("decode it with ffmpeg, and extract the result: ffmpeg -i \"%s\" decoded.wav, then spaces extract decoded.wav", lib.Path(s.File)), err)
}

// peakColumn is a true peak in a table.
func peakColumn(l loudness.Result) string {
	if l.TruePeakAtLeast {
		return "0 or more"
	}
	return level(l.TruePeak)
}

// showMeasurement prints the measurement of one Space.
func showMeasurement(w io.Writer, s *space.Space, m *library.Measurement) error {
	var b strings.Builder
	fact := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s %s\n", label, fmt.Sprintf(format, args...))
	}
	l := m.Loudness
	fmt.Fprintf(&b, "%s\n%s · %s\n\n", terminal.Safe(s.Title), s.ID, s.State)
	fact("Loudness", "%s LUFS, range %s LU", level(l.Integrated), level(l.Range))
	fact("Loudest", "%s LUFS in 3 s (short-term), %s LUFS in 0.4 s (momentary)", level(l.MaxShortTerm), level(l.MaxMomentary))
	if l.TruePeakAtLeast {
		fact("Peak", "0 dBFS or more: the decoder limits this sound to full scale")
	} else {
		fact("Peak", "%s dBTP true peak, %s dBFS sample peak", level(l.TruePeak), level(l.SamplePeak))
	}
	clipping := "none"
	if l.Clipped > 0 {
		clipping = fmt.Sprintf("%s in %s", spell.Count(int(l.Clipped), "sample"), spell.Count(int(l.ClippedRuns), "place"))
	}
	fact("Clipping", "%s", clipping)
	silence := "none (of at least 0.5 s)"
	if n := len(m.Silence); n > 0 {
		longest := m.LongestSilence()
		silence = fmt.Sprintf("%s, %s in total, the longest %s at %s",
			spell.Count(n, "pause"), spell.Length(m.SilentSeconds), spell.Short(longest.Seconds()), spell.Position(longest.Start))
	}
	fact("Silence", "%s", silence)
	if m.LostUnits > 0 {
		fact("Lost", "%s of the audio cannot be decoded and are silent, %s", spell.Count(int(m.LostUnits), "unit"), spell.Short(m.LostSeconds))
	}
	if s.Damage != nil {
		fact("Damage", "%s", s.Damage)
	}
	if m.LostUnits == 0 && s.Damage == nil {
		fact("Damage", "none")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// lostOf is how many seconds of a Space were lost: in the archive, and because
// they do not decode.
func lostOf(s *space.Space, m *library.Measurement) float64 {
	if s.Damage == nil {
		return m.LostSeconds
	}
	return m.LostSeconds + s.Damage.LostSeconds
}

// level writes a loudness or peak level with one decimal; "–" for that of
// silence.
func level(l loudness.Level) string {
	if math.IsInf(float64(l), -1) {
		return "–"
	}
	return fmt.Sprintf("%.1f", float64(l))
}
