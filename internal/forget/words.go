package forget

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/episode/site"
	"github.com/spaces-cli/spaces/internal/library/layout"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// An erasure is what is taken out of the transcript of a recording.
type erasure struct {
	space *space.Space
	left  *transcripts.Transcript // what stays; nil if all goes
	gone  []string                // files that go as a whole
}

// spoken says where a person may speak in a recording: in their turns, wider by
// the gate's margin, and where the transcript says so.
func (s *search) spoken(sp *space.Space, use consent.Use, t *transcripts.Transcript) *transcripts.Erasure {
	e := &transcripts.Erasure{Theirs: func(name string) bool {
		return consent.Handle(name) == s.Handle || slices.Contains(s.ids, name)
	}}
	margin := consent.Margin(use.Turns)
	if use.Turns != nil {
		for _, turn := range use.Turns.Turns {
			if e.Theirs(turn.Handle) {
				e.Spans = append(e.Spans, transcript.Span{Start: turn.Start - margin, End: turn.End + margin})
			}
		}
	}
	e.Everywhere = len(e.Spans) == 0 && use.Hears(s.Handle)
	if t != nil {
		for _, u := range t.Utterances {
			if slices.ContainsFunc(u.Speakers, e.Theirs) || u.Label != "" && e.Theirs(u.Label) {
				rate := float64(t.Rate)
				e.Spans = append(e.Spans, transcript.Span{Start: float64(u.Start) / rate, End: float64(u.End) / rate})
			}
		}
	}
	return e
}

// words looks at what was said in a recording, and what has been kept of it. It
// returns where the person may speak.
func (s *search) words(sp *space.Space, use consent.Use, gone bool) (*transcripts.Erasure, error) {
	t, err := transcripts.Read(s.lib.Root(), sp)
	none := errors.Is(err, transcripts.ErrNone)
	e := s.spoken(sp, use, t)
	heard := e.Everywhere || len(e.Spans) > 0
	if !heard {
		return e, nil
	}
	er := erasure{space: sp}
	changed := true
	if err == nil {
		changed = t.Erase(e) || !s.formsAgree(sp, t)
		if len(t.Utterances) > 0 && !gone { // its folder stays
			er.left = t
		}
	}
	forms := []string{layout.TranscriptIn(sp.Folder), layout.CaptionsIn(sp.Folder), layout.TextIn(sp.Folder)}
	chosen := gone || s.choice.Words
	f := Rewritten
	if er.left == nil {
		f = Removed
	}
	list := s.in[path.Join(sp.Folder, layout.Transcript)]
	if chosen {
		list = slices.Concat(list, s.below(layout.TranscribingOf(sp.ID)))
	}
	for _, file := range list {
		it := Item{Kind: Transcript, Recording: sp.ID, Name: file.name, Bytes: file.bytes, Voice: true, Fate: fate(chosen, Removed)}
		if slices.Contains(forms, file.name) {
			if !changed {
				continue // it is looked into for the name
			}
			if it.Fate = fate(chosen, f); gone {
				it.Fate = Removed
			}
		}
		if it.Named, err = s.names(file.name); err != nil {
			return nil, err
		}
		if it.Fate == Removed {
			er.gone = append(er.gone, file.name)
		} else if it.Fate == Stays && it.Named && s.choice.Names && isText(file.name) {
			it.Fate = Rewritten
		}
		s.found(it)
	}
	if chosen && (len(er.gone) > 0 || changed && !none) {
		s.erasures = append(s.erasures, er)
	}
	return e, nil
}

// below returns the files in a folder and those in it.
func (s *search) below(folder string) (list []file) {
	for _, f := range s.list {
		if strings.HasPrefix(f.name, folder+"/") && path.Base(f.name) != layout.TranscribingLock {
			list = append(list, f)
		}
	}
	return list
}

// formsAgree reports whether the captions and the text of a transcript are what
// is made of it: a killed run may have left more in them.
func (s *search) formsAgree(sp *space.Space, t *transcripts.Transcript) bool {
	ok, err := t.FormsAgree(s.lib.Root(), sp)
	return ok && err == nil
}

// near reports whether a person may speak in one of the stretches that are
// used; none is all.
func near(e *transcripts.Erasure, parts []space.Stretch) bool {
	if e == nil {
		return false
	}
	if e.Everywhere || len(parts) == 0 && len(e.Spans) > 0 {
		return true
	}
	return slices.ContainsFunc(e.Spans, func(s transcript.Span) bool {
		return slices.ContainsFunc(parts, func(p space.Stretch) bool { return s.Start < p.End && s.End > p.Start })
	})
}

// hasWords reports whether what was made of a recording has its words too: in a
// file beside it, or in its pictures.
func hasWords(name string, beside []string) bool {
	if path.Ext(name) == ".mp4" {
		return true
	}
	return slices.ContainsFunc(beside, isWords)
}

// isWords reports whether a file beside a clip or an episode is its transcript,
// by its name.
func isWords(name string) bool {
	ext := path.Ext(name)
	return ext == ".srt" || ext == ".vtt" || ext == ".txt" || strings.HasSuffix(name, episode.TranscriptExt)
}

// pages are the files beside a feed that have the words of what goes, by their
// names there: copies of transcripts, the pages of clips, and all pages of recordings of
// which no episode stays. The next build of the feed makes them again.
func (s *search) pages() map[string]Item {
	list := make(map[string]Item)
	for _, it := range s.Items {
		if it.Kind != Episode && it.Kind != Clip || it.Fate != Removed || !it.Voice {
			continue
		}
		whole := it.Kind == Episode && !s.plays[it.Recording]
		for _, f := range s.list {
			name, beside := layout.BesideFeed(f.name)
			if base := path.Base(name); beside && site.EpisodeOf(base) == it.Recording && (whole || site.IsOfClip(base)) {
				list[name] = it
			}
		}
		if it.Kind == Clip {
			continue
		}
		for _, name := range slices.Concat(it.beside, it.was) {
			if isWords(name) {
				list[path.Base(name)] = it
			}
		}
	}
	return list
}

// erase takes what they have said out of the transcripts, with what is not a
// transcript yet. The folder of that goes too: it says that there is work to go
// on with.
func (p *Plan) erase() error {
	root := p.lib.Root()
	for _, id := range p.unfinished() {
		if err := p.stopped(id); err != nil {
			return err
		}
		if err := durable.RemoveAll(root, layout.TranscribingOf(id)); err != nil {
			return err
		}
	}
	for i := range p.erasures {
		er := &p.erasures[i]
		for _, name := range er.gone {
			if err := durable.Remove(root, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if er.left != nil {
			if err := transcripts.Rewrite(root, er.space, er.left); err != nil {
				return err
			}
		}
	}
	return nil
}

// ErrTranscribing means that words are just being made of a recording in which
// the person is heard.
var ErrTranscribing = errors.New("the recording is being transcribed")

// unfinished are the ids of the recordings of which the work on a transcript
// goes.
func (p *Plan) unfinished() []string {
	ids := slices.Clone(p.begun)
	for _, er := range p.erasures {
		if !slices.Contains(ids, er.space.ID) {
			ids = append(ids, er.space.ID)
		}
	}
	return ids
}

// stopped fails if somebody transcribes a recording.
func (p *Plan) stopped(id string) error {
	f, err := p.lib.Root().Open(path.Join(layout.TranscribingOf(id), layout.TranscribingLock))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if err := flock.Try(f); err != nil {
		return fmt.Errorf("%s: %w", id, ErrTranscribing)
	}
	return nil
}
