package intake

import (
	"testing"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library/space"
)

func TestReportWords(t *testing.T) {
	zip := []space.Archive{{Kind: "zip"}}
	for _, tt := range []struct {
		want   string
		report Report
		row    Row
	}{
		{"saved", Report{}, Row{State: space.Complete, Action: Added}},
		{"new", Report{DryRun: true}, Row{State: space.Complete, Action: Added}},
		{"updated, 3 s lost", Report{}, Row{State: space.Damaged, Action: Updated, Lost: 3}},
		{"saved, damaged", Report{}, Row{State: space.Damaged, Action: Added}},
		{"already here, no record", Report{}, Row{State: space.NoRecord, Action: Unchanged}},
		{"already here, better copy", Report{}, Row{State: space.Complete, Action: Unchanged, Better: true}},
		{"its file is missing", Report{}, Row{State: space.Missing, Action: Unchanged}},
		{"no audio", Report{}, Row{State: space.NoAudio, Action: Added}},
		{"no audio in ZIP", Report{Archives: zip}, Row{State: space.NoAudio, Action: Added}},
		{"audio not saved", Report{Archives: zip}, Row{State: space.NoAudio, Failed: true}},
		{"kept, cannot be played", Report{Archives: zip}, Row{State: space.NoAudio, Kept: true, Failed: true}},
	} {
		t.Run(tt.want, func(t *testing.T) {
			if got := tt.report.Words(tt.row); got != tt.want {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestReportVerdict(t *testing.T) {
	gone := ReportedProblem{archive.Problem{Kind: archive.NotFound, Subject: "a.zip"}, true}
	broken := ReportedProblem{archive.Problem{Kind: archive.Unreadable, Subject: "b.zip"}, true}
	note := ReportedProblem{archive.Problem{Kind: "kept-better", Subject: "1ypK"}, false}
	for _, tt := range []struct {
		name     string
		problems []ReportedProblem
		summary  Summary
		want     Verdict
		first    string
	}{
		{"all saved", []ReportedProblem{note}, Summary{Added: 1}, Saved, ""},
		{"all removed by the host", nil, Summary{Removed: 2}, Saved, ""},
		{"nothing found", nil, Summary{}, NoSpace, ""},
		{"one of two", []ReportedProblem{note, broken}, Summary{Unchanged: 1, Problems: 1}, Partly, string(archive.Unreadable)},
		{"no such file", []ReportedProblem{gone}, Summary{Problems: 1}, NoInput, string(archive.NotFound)},
		{"no such file, and another that cannot be read", []ReportedProblem{gone, broken}, Summary{Problems: 2}, Nothing, string(archive.NotFound)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := Report{Problems: tt.problems, Summary: tt.summary}
			if got, first := r.Verdict(); got != tt.want || first != tt.first {
				t.Errorf("%d, %q", got, first)
			}
		})
	}
}

// What cost something is told first, and all of it; a note about one thing is
// told once.
func TestReportTold(t *testing.T) {
	problem := func(kind archive.ProblemKind, subject string, failed bool) ReportedProblem {
		return ReportedProblem{archive.Problem{Kind: kind, Subject: subject}, failed}
	}
	r := Report{Problems: []ReportedProblem{
		problem("odd", "a", false), problem("odd", "a", false), problem("odd", "b", false),
		problem("bad", "c", true), problem("bad", "c", true), problem("bad", "c", false),
	}}
	got := ""
	for _, p := range r.Told() {
		got += " " + string(p.Kind) + p.Subject
	}
	if got != " badc badc odda oddb" {
		t.Error(got)
	}
}
