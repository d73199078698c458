package cli

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/consent/gate"
	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/library/erase"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/recording"
)

// An omitter is the flags of commands that leave out who has not agreed.
type omitter struct {
	only, mute, reviewed bool
	margin               string
	seconds              float64 // of the margin; negative: by how well the turns are known
}

// maxMargin is the widest that --margin may be, in seconds.
const maxMargin = 10.0

// addOmitter adds the flags.
func addOmitter(cmd *cobra.Command, o *omitter) {
	f := cmd.Flags()
	f.BoolVar(&o.only, "consented-only", false, "leave out speakers without consent")
	f.BoolVar(&o.mute, "silence", false, "with --consented-only: silence these speakers instead of cutting them out")
	f.BoolVar(&o.reviewed, "reviewed", false, "with --consented-only: I have reviewed the cuts; write the file")
	f.StringVar(&o.margin, "margin", "", "with --consented-only: also leave out `T` on both sides of each turn (default 0.25 s; 1.25 s if the turns are estimates)")
	manual.Group(f, "Consent", "consented-only", "silence", "reviewed", "margin")
}

// check refuses flags that do not go together.
func (o *omitter) check(override string) error {
	o.seconds = -1
	switch {
	case !o.only && (o.mute || o.reviewed || o.margin != ""):
		return app.Usage("--silence, --reviewed and --margin need --consented-only")
	case o.only && override != "":
		return app.Usage("--consented-only cannot be combined with --override-consent")
	case o.margin == "":
		return nil
	}
	t, err := recording.ParseTime(o.margin)
	if err != nil || t < 0 || t.Seconds() > maxMargin {
		return app.Usage("--margin must be 0 to %g s, not %q", maxMargin, o.margin)
	}
	o.seconds = t.Seconds()
	return nil
}

// An omission is what is left out of a recording, in words.
type omission struct{ gate.Omission }

// omission finds what must be left out of a recording for an action.
func (o *omitter) omission(q *app.Asker, act consent.Action, r *recording.Recording) (*omission, error) {
	out, err := q.Omission(act, r, o.seconds, o.mute)
	if err != nil {
		return nil, err
	}
	return &omission{*out}, nil
}

// unnamed are the chapters that name nobody who is left out.
func (o *omission) unnamed(list []chapters.Chapter) []chapters.Chapter {
	if o == nil {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(c chapters.Chapter) bool {
		for i := range o.Missing {
			if handle := strings.TrimPrefix(o.Missing[i].Who().Handle, "@"); handle != "" && erase.New(handle).Text(c.Title) != c.Title {
				return true
			}
		}
		return false
	})
}

// text says what is left out of a part of the recording, or nothing.
func (o *omission) text(s recording.Span) string {
	var list []string
	for _, part := range o.Parts(s) {
		list = append(list, part.String())
	}
	if len(list) == 0 {
		return ""
	}
	what := "left out"
	if o.Mute {
		what = "silent"
	}
	text := fmt.Sprintf("%s, for %s: %s (%g s more on both sides", what, strings.Join(o.Names(), ", "), strings.Join(list, ", "), o.Margin)
	if o.Guessed {
		text += "; the turns are estimates"
	}
	return text + ")"
}

// omitted says what was left out of an episode.
func omitted(list []recording.Omitted) string {
	var spans []string
	for _, o := range list {
		spans = append(spans, space.Stretch{Start: o.Start, End: o.Start + o.Seconds}.String())
	}
	what := "left out: "
	if list[0].Muted {
		what = "silent: "
	}
	return what + strings.Join(spans, ", ")
}

// notReviewed is the error of a command that was not told to write what it
// has listed.
func notReviewed(id string, lines []string) error {
	text := strings.Join(append([]string{"nothing was written: review the cuts first"}, lines...), "\n  ")
	return app.Fail(app.ExitUsage, "not-reviewed",
		"to write the file, add --reviewed; to correct wrong turns: spaces speakers confirm "+cmp.Or(id, "SPACE")+" --turns FILE", errors.New(text))
}
