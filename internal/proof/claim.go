package proof

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dhowden/tag"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

// claim reads what a clip says of itself in its tags: of which recording and
// which stretch it is. Clips that were written elsewhere have nothing else.
// That alone proves nothing.
func (p *Prover) claim(name string) (*found, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tags := freeTags(f)
	id := tags["SPACE_ID"]
	s, err := p.Library.Load(id)
	if id == "" || errors.Is(err, library.ErrNotFound) || errors.Is(err, catalog.ErrNotFound) {
		return nil, ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	t := &found{kind: Clip, space: s, tags: tags}
	t.clip, err = stretch(tags["SPACE_SPAN"])
	if errors.Is(err, ErrUnknown) && tags["SPACE_SPAN"] == "" && s.Samples != nil && s.Audio != nil {
		// An episode does not say which stretches are in it: all of them, perhaps.
		t.kind, t.guess, err = Episode, true, nil
		t.clip = &clip.Provenance{Samples: *s.Samples, Rate: s.Audio.SampleRate, Length: float64(*s.Samples) / float64(s.Audio.SampleRate)}
	}
	if err != nil {
		return nil, err
	}
	c := t.clip
	c.Recording, c.File, c.Title = id, filepath.Base(name), tags["TITLE"]
	c.Format = formatOf(name)
	if text := tags[clip.SettingsTag]; text != "" && json.Unmarshal([]byte(text), &c.Settings) != nil {
		c.Settings = clip.Settings{} // somebody else's words
	}
	if c.Title != s.Title {
		c.Settings.Title = c.Title
	}
	return t, nil
}

// formatOf is what a file is called and, where its name does not tell, what it
// is by its content.
func formatOf(name string) format.Format {
	if f, ok := format.Of(name, format.All()); ok {
		return f
	}
	if isOgg(name) {
		return format.Opus
	}
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	rd, err := media.Open(f, info.Size(), track.Options{})
	if err != nil {
		return ""
	}
	return format.OfTrack(rd.Track())
}

// tagsOf returns the tags of a file, or none.
func tagsOf(name string) map[string]string {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	return freeTags(f)
}

// stretch reads the tag in which a clip says which stretch it is.
func stretch(tag string) (*clip.Provenance, error) {
	c := new(clip.Provenance)
	var end int64
	if n, err := fmt.Sscanf(tag, "%d-%d@%d", &c.Start, &end, &c.Rate); n != 3 || err != nil || c.Start < 0 || end <= c.Start || c.Rate < 1 {
		return nil, ErrUnknown
	}
	c.Samples = end - c.Start
	c.At, c.Length = float64(c.Start)/float64(c.Rate), float64(c.Samples)/float64(c.Rate)
	return c, nil
}

// freeTags returns the tags that programs name themselves, in capitals, with
// the title as TITLE.
func freeTags(f *os.File) (list map[string]string) {
	list = make(map[string]string)
	// The package indexes into what it reads without looking at the lengths.
	defer func() {
		if recover() != nil {
			clear(list)
		}
	}()
	m, err := tag.ReadFrom(f)
	if err != nil {
		return list
	}
	for name, value := range m.Raw() {
		switch v := value.(type) {
		case string:
			list[strings.ToUpper(name)] = strings.Trim(v, "\x00") // version and locale of MP4 are zeros
		case *tag.Comm:
			list[strings.ToUpper(v.Description)] = v.Text
		}
	}
	list["TITLE"] = m.Title()
	return list
}

// checkClaim looks whether a file is what its tags say: its frames are those of
// the recording, or what the same settings make of it. Only what contradicts
// the tags fails.
func (p *Prover) checkClaim(ctx context.Context, proof *Proof, t *found, r *recording.Recording, name string) error {
	span := recording.Span{Start: proof.Start, Samples: proof.Samples}
	if !t.guess && p.otherOriginal(proof, t, r, span) {
		return nil
	}
	if whole, err := p.whole(ctx, proof, t, name); err != nil || !whole {
		return err
	}
	before := len(proof.Checks)
	var gains Check // that nothing explains, of frames that are the recording's
	if native := clip.Native(r, span); clip.Copies(r, span, native) && (t.clip.Format == native || native == format.M4A && (t.clip.Format == format.AAC || t.clip.Format == format.MP4) || clip.Copies(r, span, t.clip.Format)) {
		what, err := p.units(ctx, proof, t, r, span, name)
		if err != nil {
			return err
		}
		switch {
		case what == modified || what == theSame && proof.Failed() > 0 && proof.Gain != nil && !t.guess:
			return nil
		case what == unexplained:
			gains = proof.last()
		case proof.Failed() == 0:
			proof.Lossless = true
			if native == format.MP3 {
				return p.delay(ctx, proof, t, p.request(t.clip, r, true), before, name)
			}
			return nil
		}
		proof.Checks, proof.Gain = proof.Checks[:before], nil // it may be one that was encoded anew
	}
	if t.guess && gains.What == "" {
		proof.check("units", t.clip.File, NotChecked, "could not be verified: no record says which part of the recording it holds, and its frames do not match the whole recording")
		return nil
	}
	guesses := []clip.Request{p.request(t.clip, r, true)}
	if e := guesses[0].Effects; e.Normalize != nil || e.Level {
		byGain := guesses[0]
		byGain.ReEncode = false
		guesses = append(guesses, byGain)
	}
	if t.tags[clip.SettingsTag] == "" {
		strict := p.request(t.clip, r, true)
		strict.Strict, strict.NoSettings = true, true
		guesses = append(guesses, strict)
	}
	if t.guess {
		guesses = nil
	}
	for _, q := range guesses {
		if decided, err := p.tryRemake(ctx, proof, t, q, name); decided || err != nil {
			return err
		}
	}
	if gains.What != "" {
		proof.Checks = append(proof.Checks, gains)
		return nil
	}
	return p.compareSound(ctx, proof, t, r, name, false, t.tags[clip.SettingsTag] != "")
}

// delay looks whether an .mp3 plays the samples of its frames that it would if it
// were cut again: the delay in its first frame alone says which these are.
func (p *Prover) delay(ctx context.Context, proof *Proof, t *found, q clip.Request, before int, name string) error {
	q.Effects = clip.Effects{} // of which there are gains at most
	m, err := p.remake(ctx, q)
	if err != nil {
		return p.noteUnchecked(ctx, proof, "frames", t.place(), "cannot cut it again", err)
	}
	defer m.remove()
	d, err := compare(ctx, name, m.file)
	if err != nil {
		return p.noteUnchecked(ctx, proof, "frames", t.place(), "cannot read it", err)
	}
	if !d.plays {
		proof.Checks = proof.Checks[:before]
		proof.check("frames", t.place(), NotChecked, "could not be verified: its frames match the recording, but it plays different samples of them")
	}
	return nil
}

// whole reads all of a file, and reports whether nothing in it is damaged.
func (p *Prover) whole(ctx context.Context, proof *Proof, t *found, name string) (bool, error) {
	var err error
	damaged := int64(0)
	if isOgg(name) {
		_, _, err = packetsOf(ctx, name)
	} else {
		var tr *track.Track
		if tr, err = scan(ctx, name, track.Options{}, nil); err == nil {
			damaged = tr.Damage.Count
		}
	}
	switch {
	case err != nil:
		return false, p.noteUnchecked(ctx, proof, "frames", t.place(), "cannot read it", err)
	case damaged > 0:
		proof.check("frames", t.place(), Fails, "the file is damaged")
		return false, nil
	}
	more, err := surplus(name)
	switch {
	case err != nil:
		return false, p.noteUnchecked(ctx, proof, "frames", t.place(), "cannot read it", err)
	case more > 0:
		proof.check("frames", t.place(), NotChecked, "could not be verified: %d bytes of the file were not compared", more)
		return false, nil
	}
	return true, nil
}

// surplus returns how many bytes of a file could be anything, if they are more
// than what programs leave free in headers that they write anew.
func surplus(name string) (int64, error) {
	const free = 4 << 10
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if _, _, err := mp4.MediaStart(f, info.Size()); err != nil {
		return 0, nil // another format: its reader names what is between the frames
	}
	more, err := mp4.Surplus(f, info.Size())
	if more <= free {
		return 0, err
	}
	return more, err
}

// otherOriginal looks whether the original that a file names in its tags is one
// that its stretch comes from, and reports whether it is not.
func (p *Prover) otherOriginal(proof *Proof, t *found, r *recording.Recording, span recording.Span) bool {
	said := t.tags["SPACE_SHA256"]
	if len(said) != 2*sha256.Size || slices.ContainsFunc(r.Space.Earlier, func(e space.Earlier) bool { return e.SHA256 == said }) ||
		slices.ContainsFunc(r.Sources(span), func(s recording.Source) bool { return s.SHA256 == said }) {
		return false
	}
	proof.check("record", t.clip.File, Fails, "its tags name an original with SHA-256 %s, which is not the source of this part of the recording", said)
	return true
}
