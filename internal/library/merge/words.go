package merge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/stream"
)

// words takes in the transcript of a recording. A recording has one: of two, that
// of this library stays, unless only the other is of the audio that is played. The
// one that is not used lies among what was removed, and can be brought back.
func (m *merger) words(ctx context.Context, p pair, s, here *space.Space) error {
	theirs, err := m.other.Read(layout.TranscriptIn(p.there))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	where := m.other.Path(layout.TranscriptIn(p.there))
	if _, named := m.names.json(theirs); named || p.named {
		m.withheld(OfTranscript, p.id, "the transcript", where)
		return nil
	}
	t := new(transcripts.Transcript)
	if err := json.Unmarshal(theirs, t); err != nil || t.Schema > transcripts.Schema {
		if err == nil {
			err = transcripts.ErrNewer
		}
		m.fail(unreadableKind, where, err)
		return nil
	}
	var ours []byte
	if here != nil {
		ours, err = m.lib.Read(layout.TranscriptIn(here.Folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	written, err := space.Marshal(t) // as this program keeps it
	if err != nil {
		return err
	}
	switch {
	case bytes.Equal(ours, theirs), bytes.Equal(ours, written):
		if m.o.DryRun || !t.Of(s) {
			return nil
		}
		return transcripts.AddForms(m.lib.Root(), here, t) // a killed run may have left them out
	case ours == nil && t.Of(s):
		was, err := m.putAside(p.id, theirs, written)
		if err != nil {
			return err
		}
		if was != nil && was.By != byMerge {
			m.conflict(Conflict{Kind: OfTranscript, Recording: p.id, Kept: Here, Other: layout.RemovedIn(was.Place),
				Message: "the transcript was removed in this library, so it was not taken"})
			return nil
		}
		m.sum.Transcripts++
		if m.o.DryRun {
			return nil
		}
		return m.keepWords(ctx, p, here, t)
	}
	fits := false
	if ours != nil {
		var o transcripts.Transcript
		fits = json.Unmarshal(ours, &o) == nil && o.Of(s)
	}
	if ours != nil && !fits && t.Of(s) {
		return m.swapWords(ctx, p, here, t)
	}
	return m.wordsAside(ctx, p, here, theirs, ours != nil)
}

// keepWords writes a transcript where there is none.
func (m *merger) keepWords(ctx context.Context, p pair, here *space.Space, t *transcripts.Transcript) error {
	raw := layout.RawIn(here.Folder)
	if _, err := m.lib.Root().Lstat(raw); errors.Is(err, fs.ErrNotExist) {
		err := m.lib.Take(ctx, m.other, layout.RawIn(p.there), raw, "", stream.NoProgress{})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return said.Keep(ctx, m.lib, here, t)
}

// swapWords puts aside a transcript that belongs to audio that is not played, for
// one that belongs to what is.
func (m *merger) swapWords(ctx context.Context, p pair, here *space.Space, t *transcripts.Transcript) error {
	m.sum.Transcripts++
	m.conflict(Conflict{Kind: OfTranscript, Recording: p.id, Kept: There, Other: layout.RemovedIn(removed.TranscriptName(p.id)),
		Message: "two transcripts: that of the other library belongs to the audio that is played now; that of this one was put aside"})
	if m.o.DryRun {
		return nil
	}
	if _, err := said.PutAside(ctx, m.lib, here, byMerge, m.now); err != nil && !errors.Is(err, transcripts.ErrNone) {
		return err
	}
	return m.keepWords(ctx, p, here, t)
}

// byMerge is what put transcripts aside that a merge did not use.
const byMerge = "extract"

// putAside finds a transcript, in any of its forms, among what was removed, the
// latest first.
func (m *merger) putAside(id string, forms ...[]byte) (*removed.Item, error) {
	list, err := m.lib.Removed()
	if err != nil {
		return nil, err
	}
	for _, it := range list {
		if it.Kind != removed.Transcript || it.ID != id {
			continue
		}
		b, err := m.lib.Read(path.Join(layout.RemovedIn(it.Place), path.Base(layout.TranscriptIn(""))))
		if err == nil && slices.ContainsFunc(forms, func(form []byte) bool { return bytes.Equal(b, form) }) {
			return &it, nil
		}
	}
	return nil, nil
}

func (m *merger) wordsRecord(here *space.Space) removed.Record {
	r := removed.Record{Kind: removed.Transcript, ID: here.ID, Title: here.Title, Name: removed.TranscriptName(here.ID),
		Folder: path.Join(here.Folder, layout.Transcript), By: byMerge}
	for _, name := range layout.TranscriptFiles(here.Folder) {
		r.Files = append(r.Files, removed.File{Name: name})
	}
	return r
}

// wordsAside puts the transcript of the other library among what was removed, once.
func (m *merger) wordsAside(ctx context.Context, p pair, here *space.Space, theirs []byte, both bool) error {
	if here == nil {
		return nil // a dry run of a recording that is new
	}
	if was, err := m.putAside(p.id, theirs); was != nil || err != nil {
		return err
	}
	c := Conflict{Kind: OfTranscript, Recording: p.id, Kept: Here, Other: layout.RemovedIn(removed.TranscriptName(p.id)),
		Message: "two transcripts: that of this library was kept, that of the other one was put aside"}
	if !both {
		c.Message = "the transcript of the other library belongs to other audio and was put aside"
	}
	m.sum.Transcripts++
	m.conflict(c)
	if m.o.DryRun {
		return nil
	}
	sum := sha256.Sum256(theirs)
	sums := map[string]string{path.Base(layout.TranscriptIn("")): hex.EncodeToString(sum[:])}
	return m.lib.TakeAside(ctx, m.other, path.Join(p.there, layout.Transcript), m.wordsRecord(here), sums, stream.NoProgress{})
}

// An edited file is one that the host has made by hand for the audio of a
// recording: confirmed turns, chapters. Its pieces say for which audio.
type edited struct {
	kind         ConflictKind
	theirs, ours string // where it lies; no name of ours: it is not here
	aside        string // where one of ours goes that belongs to other audio, with %s for its sum
	what, was    string // "the confirmed turns", "the turns were confirmed"
	count        *int
}

// audioOf is what is read of such a file.
type audioOf struct {
	Pieces []string `json:"pieces"`
}

func (c *audioOf) is(s *space.Space) bool {
	return slices.EqualFunc(c.Pieces, s.Pieces, func(sha string, p space.Piece) bool { return sha == p.SHA256 })
}

// turns takes in the turns that the host has confirmed.
func (m *merger) turns(p pair, s *space.Space) error {
	name := layout.ConfirmedOf(p.id)
	return m.edited(p, s, edited{OfTurns, name, name, path.Join(layout.Confirmed, p.id+".earlier-%s.json"), "the confirmed turns", "the turns were confirmed", &m.sum.Turns})
}

// chapters takes in the chapters that the host has edited.
func (m *merger) chapters(p pair, s, here *space.Space) error {
	e := edited{OfChapters, layout.ChaptersIn(p.there), "", "", "the edited chapters", "the chapters were edited", &m.sum.Chapters}
	if here != nil {
		e.ours = layout.ChaptersIn(here.Folder)
		e.aside = strings.TrimSuffix(e.ours, ".json") + ".earlier-%s.json"
	}
	return m.edited(p, s, e)
}

// edited takes in a file that the host has edited. One that belongs to audio that
// is not played counts for nothing, and gives way.
func (m *merger) edited(p pair, s *space.Space, e edited) error {
	theirs, err := m.other.Read(e.theirs)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	where := m.other.Path(e.theirs)
	if _, named := m.names.json(theirs); named || p.named {
		m.withheld(e.kind, p.id, e.what, where)
		return nil
	}
	var there, here audioOf
	if err := json.Unmarshal(theirs, &there); err != nil {
		m.fail(unreadableKind, where, err)
		return nil
	}
	var ours []byte
	if e.ours != "" {
		if ours, err = m.lib.Read(e.ours); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	fits := ours != nil && json.Unmarshal(ours, &here) == nil && here.is(s)
	switch {
	case bytes.Equal(ours, theirs):
		return nil
	case !there.is(s):
		m.conflict(Conflict{Kind: e.kind, Recording: p.id, Kept: Here, Other: where,
			Message: e.what + " of the other library belong to other audio than is played"})
		return nil
	case fits:
		m.conflict(Conflict{Kind: e.kind, Recording: p.id, Kept: Here, Other: where,
			Message: e.was + " in both libraries, and differ: those of this library were kept"})
		return nil
	}
	*e.count++
	if ours != nil {
		sum := sha256.Sum256(ours)
		aside := fmt.Sprintf(e.aside, hex.EncodeToString(sum[:4]))
		m.conflict(Conflict{Kind: e.kind, Recording: p.id, Kept: There, Other: aside,
			Message: e.was + " in both libraries: those of the other one belong to the audio that is played now; those of this one were put aside"})
		if !m.o.DryRun {
			if err := m.lib.Write(aside, ours); err != nil {
				return err
			}
		}
	}
	if m.o.DryRun || e.ours == "" {
		return nil
	}
	return m.lib.Write(e.ours, theirs)
}
