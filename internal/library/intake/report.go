package intake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/spell"
)

// A Report collects what an import tells, and says what became of it in words
// for people.
type Report struct {
	DryRun   bool
	Rows     []Row
	Archives []space.Archive
	Problems []ReportedProblem
	Summary  Summary // what Import returned
}

// A Row is a recording in a Report.
type Row struct {
	ID, Title string
	Untitled  bool // Title is only the date
	Started   time.Time
	Seconds   float64 // negative if unknown
	Lost      float64 // seconds
	State     space.State
	Action    Action
	Failed    bool          // something of it could not be saved
	Better    bool          // the library has a better copy
	Kept      bool          // an original is saved that cannot be played
	Was       *removed.Item // the host removed it, and it is left removed
}

// A ReportedProblem is a problem, and whether it cost something.
type ReportedProblem struct {
	archive.Problem
	Failed bool
}

// Add takes in an event.
func (r *Report) Add(e Event) {
	switch {
	case e.Archive != nil:
		r.Archives = append(r.Archives, *e.Archive)
	case e.Problem != nil:
		r.Problems = append(r.Problems, ReportedProblem{*e.Problem, e.Failed})
	case e.Recording != nil:
		s := e.Recording
		row := Row{ID: s.ID, Title: s.Title, Untitled: s.TitleSource == space.TitleDate, Started: s.StartedAt.Time, Seconds: -1,
			State: s.State, Action: e.Action, Failed: e.Failed, Kept: e.Kept, Better: e.Better, Was: e.Was}
		if s.Duration != nil {
			row.Seconds = *s.Duration
		}
		if s.Damage != nil {
			row.Lost = s.Damage.LostSeconds
		}
		r.Rows = append(r.Rows, row)
	}
}

// Done counts the Spaces that are in the library now.
func (r *Report) Done() int { return r.Summary.Added + r.Summary.Updated + r.Summary.Unchanged }

// gone reports whether a recording was known before, and has lost its playable
// file.
func (row *Row) gone() bool { return row.State == space.Missing && row.Action == Unchanged }

// Gone counts recordings that were known before and have lost their playable
// files.
func (r *Report) Gone() int {
	n := 0
	for _, row := range r.Rows {
		if row.gone() {
			n++
		}
	}
	return n
}

// Words says what became of a recording that was not removed.
func (r *Report) Words(row Row) string {
	switch {
	case row.State == space.NoAudio && row.Kept:
		return "kept, cannot be played"
	case row.State == space.NoAudio && row.Failed:
		return "audio not saved"
	case row.State == space.NoAudio:
		if slices.ContainsFunc(r.Archives, func(a space.Archive) bool { return a.Kind == "zip" }) {
			return "no audio in ZIP"
		}
		return "no audio"
	}
	words := map[Action]string{Added: "saved", Updated: "updated", Unchanged: "already here"}[row.Action]
	if r.DryRun {
		words = map[Action]string{Added: "new", Updated: "would be updated", Unchanged: "already here"}[row.Action]
	}
	if row.Better {
		words = "already here, better copy"
	}
	if row.gone() {
		words = "its file is missing"
	}
	if row.State == space.NoRecord {
		words += ", no record"
	}
	switch {
	case row.Lost > 0:
		words += ", " + spell.Short(row.Lost) + " lost"
	case row.State == space.Damaged:
		words += ", damaged"
	}
	return words
}

// Counts is one line of numbers.
func (r *Report) Counts() string {
	s := r.Summary
	heard := r.Done() - s.NoAudio
	var parts []string
	add := func(n int, format string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf(format, n))
		}
	}
	if r.DryRun {
		size := ""
		if s.Bytes > 0 { // a playlist does not say how large its chunks are
			size = " (" + spell.Size(s.Bytes) + ")"
		}
		add(heard, "%d with audio"+size+"; nothing was written")
	} else {
		saved := s.Added + s.Updated
		for _, row := range r.Rows {
			if row.State == space.NoAudio && row.Action != Unchanged && row.Action != Failed && row.Was == nil {
				saved--
			}
		}
		words := "%d saved"
		if saved == heard {
			words += " (" + spell.Size(s.Bytes) + ")"
		}
		if s.Problems == 0 {
			words += ", every byte verified"
		}
		add(saved, words)
		add(heard-saved-s.Better-r.Gone(), "%d already here")
		add(s.Better, "%d already here in a better copy, which was kept")
		add(r.Gone(), "%d already here, but without a playable file")
	}
	add(s.NoAudio, "%d without audio")
	add(s.Removed, "%d removed by you")
	add(s.Failed, "%d failed")
	return strings.Join(parts, " · ")
}

// Remarks are sentences about what an archive did not hold.
func (r *Report) Remarks() (lines []string) {
	s := r.Summary
	if s.NoRecord > 0 {
		lines = append(lines, r.unrecorded())
	}
	kept := slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Kept })
	if done := r.Done(); done > 0 && s.NoAudio == done && !kept {
		lines = append(lines, "The archive has the records of these Spaces, but no audio: they were not recorded, or X no longer keeps them.")
	}
	for _, ar := range r.Archives {
		if ar.Records > 0 || ar.Media > 0 || ar.Partial {
			continue
		}
		switch ar.Section {
		case string(archive.SectionNone):
			lines = append(lines, ar.Name+" has no Spaces section: X included no data about Spaces.")
		case string(archive.SectionEmpty):
			lines = append(lines, ar.Name+" has an empty Spaces section: X lists no Spaces of this account.")
		}
	}
	return lines
}

// unrecorded says what dates the recordings of which X has no record.
func (r *Report) unrecorded() string {
	s := r.Summary
	text := spell.Count(s.NoRecord, "recording")
	if len(r.Archives) > 0 {
		text += " without a record in the archive: "
	} else {
		text += " without a record from X: "
	}
	they, dates := "they", "their dates come"
	if s.NoRecord == 1 {
		they, dates = "it", "its date comes"
	}
	switch {
	case r.DryRun:
		return text + they + " will be kept."
	case s.ByClock == s.NoRecord:
		return text + "kept; " + dates + " from the clock in the audio."
	case s.Undated == s.NoRecord:
		return text + "kept, without a date."
	}
	text += "kept"
	if s.ByClock > 0 {
		text += fmt.Sprintf(", %d with a date from the clock in the audio", s.ByClock)
	}
	if s.Undated > 0 {
		text += fmt.Sprintf(", %d without a date", s.Undated)
	}
	return text + "."
}

// Told returns the problems in the order in which people should read them: what
// cost something first, each note once.
func (r *Report) Told() (list []ReportedProblem) {
	seen := make(map[[2]string]bool)
	for _, failed := range [...]bool{true, false} {
		for _, p := range r.Problems {
			about := [2]string{string(p.Kind), p.Subject}
			if p.Failed != failed || !failed && seen[about] {
				continue
			}
			seen[about] = true
			list = append(list, p)
		}
	}
	return list
}

// A Verdict is how an import ended as a whole.
type Verdict int

const (
	Saved   Verdict = iota // all that was offered
	Partly                 // some could not be saved
	Nothing                // everything failed
	NoInput                // there is nothing at the paths
	NoSpace                // no Space was found
)

// Verdict returns how the import ended, and the kind of the first problem that
// cost something.
func (r *Report) Verdict() (v Verdict, first string) {
	missing := true
	for _, p := range r.Problems {
		if !p.Failed {
			continue
		}
		if first == "" {
			first = string(p.Kind)
		}
		missing = missing && p.Kind == archive.NotFound
	}
	switch {
	case r.Summary.Problems > 0 && r.Done() > 0:
		return Partly, first
	case r.Summary.Problems > 0 && missing:
		return NoInput, first
	case r.Summary.Problems > 0:
		return Nothing, first
	case r.Done()+r.Summary.Removed == 0:
		return NoSpace, first
	}
	return Saved, first
}
