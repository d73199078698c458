package episode

import (
	"context"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/recording"
)

// standing returns the record of the episode if it is there and up to date. If
// what is there is something else, or was made with other settings, it must not
// be replaced without force. An episode that is not whole may be made again, and
// so may one of which only the transcript has changed that the library keeps.
// Consent is no setting: whoever gives or withdraws it does not change the audio.
func (t *target) standing(e *export) (*Record, error) {
	want, force, given := &e.rec, e.Force, e.Transcript.File != ""
	old, err := t.record()
	switch {
	case err == nil && old.File == t.file && old.ID == want.ID:
		settings := old.Settings
		if !given && want.Settings.Transcript != "" {
			settings.Transcript = want.Settings.Transcript
		}
		alike := e.shaped(old) &&
			reflect.DeepEqual(settings, want.Settings) && reflect.DeepEqual(old.Source, want.Source) && reflect.DeepEqual(old.Kept, want.Kept) &&
			reflect.DeepEqual(old.Chapters, want.Chapters) && slices.Equal(old.Omitted, want.Omitted)
		same := alike && old.Settings.Transcript == want.Settings.Transcript
		switch _, err := t.root.Lstat(t.file); {
		case same && t.intact(old):
			return old, nil
		case alike || force || err != nil:
			return nil, nil
		}
		return nil, recording.Problemf(Exists, MadeOtherwise, "%s exists and was made with other settings", t.path)
	case force:
		return nil, nil
	case err == nil:
		return nil, recording.Problemf(Exists, EpisodeTaken, "%s belongs to the episode %s of %s", filepath.Join(filepath.Dir(t.path), t.recordName()), old.File, old.ID)
	}
	for _, name := range []string{t.file, t.recordName()} {
		if _, err := t.root.Lstat(name); err == nil {
			return nil, recording.Problemf(Exists, EpisodeTaken, "%s exists and is not an episode of this Space", filepath.Join(filepath.Dir(t.path), name))
		}
	}
	return nil, nil
}

// shaped reports whether the file that old describes has as many samples as this
// episode, at its rate: as coded, or as it would be encoded.
func (e *export) shaped(old *Record) bool {
	is := func(rate, channels int, samples int64) bool {
		return old.SampleRate == rate && old.Channels == channels && old.Samples == samples
	}
	return is(e.rec.SampleRate, e.rec.Channels, e.rec.Samples) || old.ReEncoded && is(e.encoded())
}

// keep brings the record of an episode that is up to date, and its notes, to what is
// known today: who has given consent, and whether it is published. The audio stays.
func (e *export) keep(ctx context.Context, t *target, old *Record) error {
	if !slices.Equal(old.ConsentMissing, e.rec.ConsentMissing) {
		if err := t.refresh(e, old); err != nil {
			return err
		}
	}
	was := *old
	if e.relist(old); !reflect.DeepEqual(was, *old) {
		if err := t.rewrite(t.keptRecord(), old); err != nil {
			return err
		}
	}
	e.notes = append(e.notes, old.Remarks...)
	if e.rec = *old; e.Dir != "" { // a killed export may not have come that far
		e.remember(ctx, true)
	}
	return nil
}

// keptRecord is the name of the episode's record: as it is called today, or as it
// used to be.
func (t *target) keptRecord() string {
	if _, err := t.root.Stat(t.recordName()); err != nil {
		return t.beside(recordExt)
	}
	return t.recordName()
}

// refresh writes notes and record again, which say who has not given consent. The
// notes go first: until the record follows, it has the answers of before, and the
// next export refreshes both.
func (t *target) refresh(e *export, old *Record) error {
	fresh := *old
	fresh.ConsentMissing = e.rec.ConsentMissing
	fresh.Sidecars = slices.DeleteFunc(slices.Clone(old.Sidecars), func(s Sidecar) bool { return s.File == old.Notes })
	isNotes := func(s sidecar) bool { return s.ext == notesExt }
	e.besides = e.besides[slices.IndexFunc(e.besides, isNotes):][:1]
	e.rec = fresh
	if err := t.arrange(e); err != nil {
		return err
	}
	if err := t.write(e.besides[0].name, e.besides[0].content); err != nil {
		return err
	}
	*old = e.rec
	return t.rewrite(t.keptRecord(), old)
}

// rewrite writes a record again. It keeps its time, by which feeds tell the latest
// of several episodes.
func (t *target) rewrite(name string, rec *Record) error {
	info, err := t.root.Stat(name)
	if err != nil {
		return err
	}
	b, err := space.Marshal(rec)
	if err != nil {
		return err
	}
	if err := t.write(name, b); err != nil {
		return err
	}
	if err := t.root.Chtimes(name, info.ModTime(), info.ModTime()); err != nil {
		return err
	}
	return durable.SyncDir(t.root, ".")
}
