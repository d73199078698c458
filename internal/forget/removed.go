package forget

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	clips "github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
)

// isAside reports whether a file lies among what was removed.
func isAside(name string) bool { return strings.HasPrefix(name, layout.Removed+"/") }

// loadRemoved loads what was removed and can be brought back.
func (s *search) loadRemoved() error {
	// What cannot be read may be the person's: it is not skipped.
	store := s.lib.Store()
	store.Unreadable = nil
	list, err := store.List()
	if err != nil {
		return err
	}
	for _, it := range list {
		if it.Kind != removed.Space {
			s.parts = append(s.parts, it)
			continue
		}
		folder := layout.RemovedIn(it.Place)
		b, err := s.small(layout.SidecarIn(folder))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		sp := new(space.Space)
		if json.Unmarshal(b, sp) == nil {
			sp.Relocate(folder)
			s.kept[it.Place] = sp
		}
	}
	return nil
}

// removedSpaces looks at the Spaces that were removed.
func (s *search) removedSpaces() error {
	for _, place := range slices.Sorted(maps.Keys(s.kept)) {
		stage, err := s.recording(s.kept[place])
		if err != nil {
			return err
		}
		if stage {
			s.dropped = append(s.dropped, place)
			s.places[place] = s.choice.Originals
		}
	}
	return nil
}

// removedParts looks at the clips and episodes that were removed. Each goes as a
// whole, or stays.
func (s *search) removedParts() error {
	for _, part := range s.parts {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		if err := s.removedPart(&part); err != nil {
			return err
		}
	}
	return nil
}

func (s *search) removedPart(part *removed.Item) error {
	if part.Kind == removed.Transcript {
		return s.removedTranscript(part)
	}
	it := Item{Kind: Clip, Recording: part.ID, Name: part.Here(path.Join(part.Folder, part.Name)), place: part.Place}
	chosen := s.choice.Clips
	if part.Kind == removed.Episode {
		it.Kind, chosen = Episode, s.choice.Episodes
	}
	for _, f := range part.Files {
		it.was = append(it.was, f.Name)
		it.beside = append(it.beside, part.Here(f.Name))
	}
	stage := true // nobody knows
	it.Voice = true
	if sp := s.spaceOf(part.ID); sp != nil {
		turns, err := s.lib.TurnsOf(sp)
		if err != nil {
			return err
		}
		use := consent.Use{Recording: &sp.Recording, Turns: turns}
		stage = onStage(&sp.Recording, turns, s.Handle)
		if use.Parts, err = s.partsOf(part); err != nil {
			return err
		}
		it.Voice = stage && use.Hears(s.Handle) || hasWords(it.Name, it.beside) && near(s.spoke[part.ID], use.Parts)
	}
	around, err := s.recordOf(part, &it)
	if err != nil {
		return err
	}
	it.Voice = it.Voice || around
	for _, name := range append([]string{it.Name}, it.beside...) {
		if isText(name) {
			continue // it is rewritten
		}
		named, err := s.names(name)
		if err != nil {
			return err
		}
		it.Named = it.Named || named || path.Ext(name) == ".mp4" && it.Voice
	}
	gone := stage && s.choice.Originals
	if gone {
		s.dropped = append(s.dropped, part.Place) // also if the person is not heard in it
	}
	it.Fate = fate(gone || it.Voice && chosen || it.Named && s.choice.Names, Removed)
	s.found(it)
	s.places[part.Place] = it.Fate == Removed
	return nil
}

// removedTranscript looks at a transcript that was removed or replaced. It goes as
// a whole if the person may speak in it.
func (s *search) removedTranscript(part *removed.Item) error {
	it := Item{Kind: Transcript, Recording: part.ID, Name: part.Here(layout.TranscriptIn(path.Dir(part.Folder))), place: part.Place}
	for _, f := range part.Files {
		it.was = append(it.was, f.Name)
		it.beside = append(it.beside, part.Here(f.Name))
		it.Bytes += f.Bytes
	}
	stage := true // nobody knows
	it.Voice = true
	if sp := s.spaceOf(part.ID); sp != nil {
		turns, err := s.lib.TurnsOf(sp)
		if err != nil {
			return err
		}
		use := consent.Use{Recording: &sp.Recording, Turns: turns}
		stage = onStage(&sp.Recording, turns, s.Handle)
		b, err := s.small(it.Name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		t := new(transcripts.Transcript)
		if json.Unmarshal(b, t) == nil {
			e := s.spoken(sp, use, t)
			it.Voice = e.Everywhere || len(e.Spans) > 0
		}
	}
	for _, name := range it.beside {
		named, err := s.names(name)
		if err != nil {
			return err
		}
		it.Named = it.Named || named
	}
	if !it.Voice && !it.Named {
		return nil
	}
	gone := stage && s.choice.Originals
	if gone {
		s.dropped = append(s.dropped, part.Place)
	}
	it.Fate = fate(gone || it.Voice && s.choice.Words, Removed)
	if it.Fate == Stays && it.Named && s.choice.Names {
		it.Fate = Rewritten
	}
	s.found(it)
	s.places[part.Place] = it.Fate == Removed
	return nil
}

// spaceOf returns a Space that is in the library, or was removed, or nil.
func (s *search) spaceOf(id string) *space.Space {
	for _, sp := range s.all {
		if sp.ID == id {
			return sp
		}
	}
	for _, sp := range s.kept {
		if sp.ID == id {
			return sp
		}
	}
	return nil
}

// recordsOf hands the JSON files of a clip or an episode that was removed to found,
// until that has what it looks for.
func (s *search) recordsOf(part *removed.Item, found func(json []byte) bool) error {
	for _, f := range part.Files {
		if path.Ext(f.Name) != ".json" {
			continue
		}
		b, err := s.small(part.Here(f.Name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if found(b) {
			return nil
		}
	}
	return nil
}

// recordOf takes the hash of a clip or an episode that was removed from its record,
// by which its copies are known, and reports whether the person is heard in the intro
// or the outro of an episode.
func (s *search) recordOf(part *removed.Item, it *Item) (around bool, err error) {
	var heard error
	err = s.recordsOf(part, func(b []byte) bool {
		var file struct {
			File, SHA256 string
			Bytes        int64
		}
		if json.Unmarshal(b, &file) != nil || file.File != part.Name {
			return false
		}
		it.sha, it.Bytes = file.SHA256, file.Bytes
		var e episode.Record
		if part.Kind != removed.Episode || json.Unmarshal(b, &e) != nil {
			return false
		}
		around, heard = s.around(&e)
		return true
	})
	return around, cmp.Or(err, heard)
}

// partsOf are the stretches of its recording that a clip or an episode plays, by
// its record. Without one it may be all of it.
func (s *search) partsOf(part *removed.Item) (parts []space.Stretch, err error) {
	err = s.recordsOf(part, func(b []byte) bool {
		var c clips.Provenance
		var e episode.Record
		switch {
		case part.Kind == removed.Clip && json.Unmarshal(b, &c) == nil && c.File == part.Name && c.Length > 0:
			parts = playedBy(&c)
		case part.Kind == removed.Episode && json.Unmarshal(b, &e) == nil && e.File == part.Name && len(e.Kept) > 0:
			parts = playedIn(&e)
		default:
			return false
		}
		return true
	})
	return parts, err
}
