package proof

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
)

// words looks whether the transcripts beside an episode of the library are as its
// record says, and whether their words come from the transcript that the library
// keeps, which belongs to the originals.
func (p *Prover) words(ctx context.Context, proof *Proof, t *found) error {
	if t.episode == nil || t.noted || !t.trusted || len(t.episode.Transcripts) == 0 {
		return nil
	}
	for _, file := range t.episode.Transcripts {
		sum, err := p.hashFile(ctx, p.Library.Path(path.Join(path.Dir(t.record), file)))
		want := t.episode.SidecarSHA256(file)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			proof.check("transcript", file, NotChecked, "the file no longer exists")
		case err != nil:
			proof.check("transcript", file, NotChecked, "cannot read it: %v", err)
		case want == "":
			proof.check("transcript", file, NotChecked, "the record has no hash of it")
		case sum.sha256 != want:
			proof.check("transcript", file, NotChecked, "it was edited since the export")
		default:
			proof.check("transcript", file, Holds, "its SHA-256 matches %s", path.Base(t.record))
		}
	}
	kept := p.transcript(proof, t.space)
	if kept == nil {
		return nil
	}
	for _, names := range [...]transcripts.Names{transcripts.Confirmed, transcripts.Estimated, transcripts.Nobody} {
		var e episode.Transcript
		e.Cues, e.SpeakersFrom = kept.Public(names)
		e.Language = kept.Language
		if sum, err := e.Hash(); err == nil && sum == t.episode.Settings.Transcript {
			proof.check("transcript", t.episode.File, Holds, "its words come from transcript.json")
			return nil
		}
	}
	proof.check("transcript", t.episode.File, NotChecked, "its words are not those of transcript.json as it is now: another file was given, or it has changed since the export")
	return nil
}

// transcript looks whether the transcript that the library keeps of a recording is
// of its originals, and returns it if so.
func (p *Prover) transcript(proof *Proof, s *space.Space) *transcripts.Transcript {
	name := path.Base(layout.TranscriptIn(s.Folder))
	t, err := transcripts.Read(p.Library.Root(), s)
	switch {
	case errors.Is(err, transcripts.ErrNone):
		return nil
	case err != nil:
		proof.check("transcript", name, NotChecked, "%v", err)
		return nil
	}
	by := strings.TrimSpace(t.Engine.Name + " " + t.Engine.Model)
	if t.Engine.Name == "import" {
		by = "a file that was imported, SHA-256 " + t.Engine.SHA256
	}
	proof.check("transcript", name, Holds, "it names these originals by their SHA-256; its words come from %s", by)
	return t
}
