package cli

import (
	"bytes"
	"fmt"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

// propose finds chapters in what is said, without the words of those who are left
// out, and has them written down for the host to edit.
func (o *exportOptions) propose(a *App, q *episode.Request, s *space.Space) error {
	heard := *q
	if o.transcript == noTranscript { // it is not published, and can be read all the same
		kept := *o
		kept.transcript = ""
		var err error
		if heard.Transcript, err = kept.transcriptOf(a, q.Library, s, length(q)); err != nil {
			return err
		}
	}
	var said []chapters.Said
	for _, c := range heard.Heard() {
		said = append(said, chapters.Said{Start: c.Start, End: c.End, Text: c.Text})
	}
	q.Chapters = chapters.FromTopics(said, heard.Transcript.Language, chapters.LeastTopic, length(q))
	if len(q.Chapters) == 0 {
		return app.Fail(app.ExitNotFound, "no-words", "make a transcript (spaces transcribe "+s.ID+"), or list the chapters in a file: --chapters FILE",
			fmt.Errorf("there is no transcript of %s to find topics in", s.ID))
	}
	if len(q.Chapters) == 1 { // all of it
		q.Chapters = nil
		a.Warn("%s: no change of topic was found, so the episode has no chapters", s.ID)
		return nil
	}
	var b bytes.Buffer
	err := chapters.WriteText(&b, q.Chapters,
		"Proposed chapters, found by their words. Times are those of the whole recording.",
		"Edit this file, and export with it: spaces export "+s.ID+" --force --chapters THIS_FILE")
	q.ChapterDraft = b.Bytes()
	return err
}

// proposal says that the chapters of an episode are a proposal, and where it can
// be edited.
func proposal(draft string, r *episode.Result) string {
	return fmt.Sprintf("proposed %s, found by their words; to change them, edit %s and export with --force --chapters %s",
		spell.Count(len(r.Chapters), "chapter"), terminal.Safe(draft), app.Quoted(draft))
}
