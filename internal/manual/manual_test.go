package manual_test

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/manual"
)

// program returns a small program of two commands.
func program() (root, cut *cobra.Command) {
	root = &cobra.Command{
		Use: "tool", Short: "A tool", Long: "A tool.", Example: "  tool cut it",
		Annotations: manual.Exits(map[int]string{0: "done", 1: "failed", 2: "wrong usage", 4: "not found", 130: "interrupted"}),
	}
	root.PersistentFlags().Bool("json", false, "write JSON")
	root.AddGroup(&cobra.Group{ID: "a", Title: "Cut"})
	cut = &cobra.Command{
		Use: "cut IT", Short: "Cut something", GroupID: "a",
		Long:        "Cut something out of something else, in as many words as it takes to fill a line and more.\n\n  as it stands",
		Annotations: manual.Exits(map[int]string{4: "no such thing"}),
		Run:         func(*cobra.Command, []string) {},
	}
	f := cut.Flags()
	f.SortFlags = false
	f.String("at", "", "start at `T`")
	f.StringP("output", "o", "", "write to `FILE`")
	f.Int("jobs", 3, "do `N` at once")
	f.Bool("loose", false, "of no group")
	f.String("end", "", "end at `T`")
	manual.Group(f, "Where", "at", "end")
	manual.Group(f, "Output", "output", "jobs")
	hidden := &cobra.Command{Use: "secret", Hidden: true, Run: func(*cobra.Command, []string) {}}
	root.AddCommand(cut, hidden)
	return root, cut
}

const cutHelp = `Cut something out of something else, in
as many words as it takes to fill a line
and more.

  as it stands

Usage:
  tool cut IT [flags]

Where:
      --at T         start at T
      --end T        end at T

Output:
  -o, --output FILE  write to FILE
      --jobs N       do N at once
                     (default 3)

Other:
      --loose        of no group

Global flags (see tool help flags):
  --json

Exit status:
    0  done
    1  failed
    2  wrong usage
    4  no such thing
  130  interrupted
`

func TestHelp(t *testing.T) {
	root, cut := program()
	if got := manual.Help(cut, 40); got != cutHelp {
		t.Errorf("got\n%s\nwant\n%s", got, cutHelp)
	}
	if got := manual.Help(cut, 10); got != cutHelp {
		t.Errorf("on a terminal of 10 columns got\n%s", got)
	}
	if manual.Help(cut, 0) != manual.Help(cut, manual.Usual) || manual.Help(cut, 500) != manual.Help(cut, manual.Widest) {
		t.Error("an unknown width is not the usual one, or a wide one not the widest")
	}
	text := manual.Help(root, 80)
	for _, want := range []string{"\nCut\n  cut         Cut something\n", "--json", "tool cut it"} {
		if !strings.Contains(text, want) {
			t.Errorf("the help of the program lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "secret") {
		t.Error("the help of the program shows a hidden command")
	}
}

// The reference and the manual pages name what the help names.
func TestOneSource(t *testing.T) {
	root, cut := program()
	reference, man := manual.Reference(root), manual.Man(cut, "1.0")
	if !strings.Contains(reference, "```text\n"+manual.Help(cut, manual.Widest)) {
		t.Error("the reference lacks the help of cut")
	}
	for _, want := range []string{`\-\-at`, `\-\-output`, `\-\-loose`, ".SH WHERE", "no such thing", ".TH TOOL-CUT 1"} {
		if !strings.Contains(man, want) {
			t.Errorf("the manual page lacks %q", want)
		}
	}
	if page := manual.Man(root, "1.0"); !strings.Contains(page, `tool\-cut`) || !strings.Contains(page, `\-\-json`) || strings.Contains(page, "secret") {
		t.Errorf("the page of the program:\n%s", page)
	}
}

func TestGroupOfNoFlag(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a flag that does not exist was grouped")
		}
	}()
	_, cut := program()
	manual.Group(cut.Flags(), "Where", "nowhere")
}
