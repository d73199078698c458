package cli

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type showOptions struct {
	app.Refs
	wave, details bool
}

func newShowCmd(a *App) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show SPACE...",
		Short: "Show a Space: date, length, people, clips and episodes",
		Long: `Show a Space: date, length, the people on stage and how long each spoke, the timeline of the
recording with gaps and damage, the playable file, clips and episodes. --details adds exact times,
the original files with their checksums, and the source of each fact. Speaking turns are
approximate, because they are estimated from the levels that X recorded.

SPACE is an id or the beginning of one, its address on X, "latest", or a part of the title;
"-" reads ids, or JSON Lines with an "id", from standard input.`,
		Example: `  spaces show latest
  spaces show "médias sociaux" --wave
  spaces show 1ypK --details`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or SPACE is ambiguous", app.ExitNotFound: "no such Space"}),
		Args:        app.Takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Words = args
			return a.show(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.details, "details", false, "also show exact times, original files, checksums and sources")
	cmd.Flags().BoolVar(&o.wave, "wave", false, "draw the waveform; the first time, this measures the audio")
	app.AddIDOnly(cmd, &o.Refs)
	return cmd
}

func (a *App) show(ctx context.Context, o showOptions) error {
	if o.wave && a.Settings.JSON {
		return app.Hinted(app.Usage("--wave cannot be combined with --json"), "for programs: spaces waveform SPACE --format json -o -")
	}
	lib, rows, err := o.Open(ctx, a.App)
	if err != nil {
		return err
	}
	defer lib.Close()
	episodes, broken, err := listEpisodeItems(ctx, lib)
	if err != nil {
		return err
	}
	folders := make(map[string]bool) // that are shown
	var failed []error
	for i, row := range rows {
		s, err := lib.Load(row.ID)
		if err != nil && len(rows) == 1 {
			return err
		}
		if err != nil {
			failed = append(failed, err) // the others can be shown
			continue
		}
		folders[row.Folder] = true
		turns, err := lib.Turns(row.ID)
		if err != nil {
			failed = append(failed, err)
		}
		kept, err := chapters.Kept(lib, s)
		if err != nil {
			failed = append(failed, err)
		}
		cut, bad, err := listClips(ctx, lib, row.ID)
		if err != nil {
			return err
		}
		failed = append(failed, bad...)
		exported := matching(episodes, func(m *madeItem) bool { return m.id == row.ID })
		if a.Settings.JSON {
			err = app.WriteJSON(a.Out, shown{*s, turns, lines(cut), lines(exported), saidOf(lib, s), kept})
		} else {
			wave := ""
			if o.wave {
				if wave, err = a.wave(ctx, lib, s); ctx.Err() != nil {
					return ctx.Err()
				} else if err != nil {
					a.Warn("no waveform: %v", err) // all else can be shown
				}
			}
			if i > 0 {
				fmt.Fprintln(a.Out)
			}
			err = a.showSpace(a.Out, lib, s, turns, wave, o.details)
			if err == nil {
				err = a.showChapters(kept)
			}
			if err == nil {
				err = a.showMade(cut, exported)
			}
		}
		if err != nil {
			return err
		}
	}
	for _, b := range broken {
		if folders[path.Dir(path.Dir(b.Path))] {
			failed = append(failed, b)
		}
	}
	return app.Skipped(a.App, failed)
}

// showChapters lists the chapters that the host has edited.
func (a *App) showChapters(list []chapters.Chapter) error {
	if len(list) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(a.Out, "Chapters   (edited)"); err != nil {
		return err
	}
	t := terminal.NewTable(terminal.Column{Right: true}, terminal.Column{})
	for _, c := range list {
		t.Add("  "+spell.Position(c.Start), terminal.Safe(c.Title))
	}
	t.Write(a.Out, a.Columns)
	return nil
}

// chart is how many characters wide bars and timelines are.
const chart = 60

// showSpace prints a Space as label and text, one fact a line, with the wave
// that was drawn of it, if any.
func (a *App) showSpace(w io.Writer, lib *library.Library, s *space.Space, turns *space.Turns, wave string, details bool) error {
	var b strings.Builder
	fact := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s %s\n", label, fmt.Sprintf(format, args...))
	}
	title := terminal.Safe(s.Title)
	if s.TitleSource == space.TitleDate {
		title += fmt.Sprintf("  (no title: spaces edit %s --title \"…\")", s.ID)
	}
	fmt.Fprintf(&b, "%s\n%s · %s\n\n", title, s.ID, s.State)
	a.showTimes(fact, s, details)
	if s.Host != nil {
		fact("Host", "%s", app.Person(s.Host))
	}
	if s.Account != nil && details {
		fact("Account", "%s", app.Person(s.Account))
	}
	if len(s.Hashtags) > 0 {
		fact("Hashtags", "#%s", terminal.Safe(strings.Join(s.Hashtags, " #")))
	}
	if len(s.Mentions) > 0 {
		fact("Mentions", "@%s", terminal.Safe(strings.Join(s.Mentions, " @")))
	}
	if s.Note != "" {
		fact("Note", "%s", terminal.Safe(s.Note))
	}
	showStage(&b, s, turns)
	a.showTimeline(&b, s, turns)
	b.WriteString(wave)
	for _, p := range s.Pieces {
		if p.Damage != nil {
			fact("Damage", "%s in %s", p.Damage, terminal.Safe(p.Name))
		}
	}
	if details {
		if s.Audio != nil {
			fact("Audio", "%s", s.Audio)
		}
		showPieces(&b, s)
		showEarlier(&b, s)
		showSources(&b, s)
	}
	if said := saidOf(lib, s); said != nil {
		fact("Transcript", "%s", said)
	}
	fact("Folder", "%s", terminal.Safe(a.ShortenHome(lib.Path(s.Folder))))
	for _, f := range s.Files {
		fact("File", "%s", terminal.Safe(strings.TrimPrefix(f, s.Folder+"/")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (a *App) showTimes(fact func(string, string, ...any), s *space.Space, details bool) {
	layout, length := "Mon 2 Jan 2006 15:04 ", ""
	if details {
		layout = "Mon 2 Jan 2006 15:04:05.000 "
		if s.Duration != nil && s.Samples != nil && s.Audio != nil {
			length = fmt.Sprintf("  (%s s, %d samples at %d Hz)", decimal(*s.Duration), *s.Samples, s.Audio.SampleRate)
		}
	}
	when := func(t space.Time) string {
		local := t.In(a.Zone)
		return local.Format(layout) + spell.Zone(local)
	}
	if !s.StartedAt.IsZero() {
		fact("Started", "%s", when(s.StartedAt))
	}
	if !s.EndedAt.IsZero() && details {
		fact("Ended", "%s", when(s.EndedAt))
	}
	if s.Duration != nil {
		fact("Length", "%s%s", spell.Length(*s.Duration), length)
	}
}

// showStage lists the people on stage with a bar of how long each spoke.
func showStage(b *strings.Builder, s *space.Space, turns *space.Turns) {
	if len(s.Speakers) == 0 {
		return
	}
	most := 0.0
	for _, p := range s.Speakers {
		if p.TalkSeconds != nil {
			most = max(most, *p.TalkSeconds)
		}
	}
	b.WriteString("On stage")
	if most > 0 {
		b.WriteString("   (how long each spoke is approximate)")
	}
	b.WriteByte('\n')
	marks := s.Marks(turns)
	t := terminal.NewTable(terminal.Column{}, terminal.Column{}, terminal.Column{}, terminal.Column{Right: true})
	for _, p := range s.Speakers {
		mark := " "
		if m := marks[p.Handle]; m != 0 && p.Handle != "" {
			mark = string(m)
		}
		name := app.Person(&space.Person{ID: p.ID, Handle: p.Handle})
		if p.TalkSeconds == nil || most == 0 {
			t.Add("  "+mark, name, p.Role)
			continue
		}
		bar := strings.Repeat("█", int(float64(*p.TalkSeconds/most*30)+0.5))
		t.Add("  "+mark, name, p.Role, spell.Length(*p.TalkSeconds), bar)
	}
	t.Write(b, 0)
}

// showTimeline draws the recording as one line: who is heard most in each
// stretch, and where wall-clock time is missing.
func (a *App) showTimeline(b *strings.Builder, s *space.Space, turns *space.Turns) {
	if s.Duration == nil || *s.Duration <= 0 {
		return
	}
	line := s.Strip(turns, chart)
	fmt.Fprintf(b, "Timeline   0:00 %s %s\n", line, spell.Length(*s.Duration))
	legend := "= audio"
	if turns != nil {
		legend = "letters: who speaks, approximate · - nobody"
	}
	if strings.ContainsRune(line, space.StripGap) {
		legend += " · | lost time"
	}
	fmt.Fprintf(b, "           (%s)\n", legend)
	for _, g := range s.Gaps() {
		fmt.Fprintf(b, "Gap        %s were lost at %s\n", spell.Short(g.Seconds), spell.Position(g.At))
	}
}

// showPieces lists the original files and what is wrong with them.
func showPieces(b *strings.Builder, s *space.Space) {
	if len(s.Pieces) == 0 {
		return
	}
	archives := make(map[string]string)
	for _, o := range s.Provenance {
		archives[o.Archive] = o.Name
	}
	b.WriteString("Originals\n")
	t := terminal.NewTable(terminal.Column{}, terminal.Column{Right: true}, terminal.Column{Right: true})
	for _, p := range s.Pieces {
		from := ""
		if name := archives[p.Archive]; name != "" {
			from = "from " + terminal.Safe(name)
		}
		if p.Playlist != nil {
			from = "from " + terminal.Safe(p.Member)
			if p.Playlist.Host != "" {
				from += " at " + terminal.Safe(p.Playlist.Host)
			}
		}
		t.Add("  "+terminal.Safe(p.Name), spell.Size(p.Bytes), spell.Length(p.Duration), terminal.Safe(p.Format), from)
	}
	t.Write(b, 0)
	if s.Order == "clock" {
		b.WriteString("  The pieces were joined by the clock in the audio, which contradicts their numbers\n")
	}
	for _, p := range s.Pieces {
		fmt.Fprintf(b, "  SHA-256 %s  %s\n", p.SHA256, terminal.Safe(p.Name))
		if p.Overlap > 0 {
			fmt.Fprintf(b, "  The first %s of %s repeat an earlier piece, and are played once\n", spell.Short(p.Overlap), terminal.Safe(p.Name))
		}
	}
}

// showEarlier lists the originals that better ones have replaced.
func showEarlier(b *strings.Builder, s *space.Space) {
	if len(s.Earlier) == 0 {
		return
	}
	b.WriteString("Earlier\n")
	for _, e := range s.Earlier {
		fmt.Fprintf(b, "  %s  %s  %s\n", terminal.Safe(e.Name), spell.Size(e.Bytes), terminal.Safe(e.Reason))
	}
}

// showSources says where each fact comes from.
func showSources(b *strings.Builder, s *space.Space) {
	if len(s.Sources) == 0 {
		return
	}
	b.WriteString("Sources\n")
	t := new(terminal.Table)
	for _, fact := range slices.Sorted(maps.Keys(s.Sources)) {
		t.Add("  "+terminal.Safe(fact), terminal.Safe(s.Sources[fact]))
	}
	t.Write(b, 0)
}
