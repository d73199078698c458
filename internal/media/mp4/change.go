package mp4

import (
	"errors"
	"slices"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// change has the movie at b apply to the fragments behind it. Where none of its
// tracks can be read, those fragments are left out and noted as damage: what
// comes before and after them plays.
func (r *Reader) change(b box) error {
	f := r.fragments
	m, err := f.w.parseMovie(b)
	if isUnusable(err) {
		end, err := f.passMovie()
		if err != nil {
			return err
		}
		r.t.Damage.Add(track.Damage{Kind: track.BadIndex, Offset: b.start, Bytes: end - b.start, Unit: r.units})
		f.moov = b.start
		return nil
	}
	if err != nil {
		return err
	}
	defaults, _, err := f.w.trackExtends(b, m.audio.id)
	if err != nil {
		return err
	}
	f.moov, f.track, f.trex = b.start, m.audio.id, defaults
	r.t.Video = r.t.Video || m.video
	r.t.OtherTracks = max(r.t.OtherTracks, m.sounds-1)
	// What the units before told of SBR holds on where nothing has changed.
	same := slices.EqualFunc(r.audio.entries, m.audio.entries, func(a, b description) bool { return a.config == b.config })
	if r.audio = m.audio; !same {
		r.implicit = implicits(m.audio)
	}
	return nil
}

// isUnusable reports whether err says that a movie holds nothing to play.
func isUnusable(err error) bool {
	return slices.ContainsFunc([]error{ErrNoMoov, ErrNoAudio, ErrEncrypted, ErrCodec}, func(target error) bool { return errors.Is(err, target) })
}

// passMovie passes over all fragments up to the next movie, and returns where
// they end.
func (f *fragmentReader) passMovie() (end int64, err error) {
	for {
		b, ok, err := f.w.box(f.pos, f.w.size)
		if err != nil || !ok || b.is("moov") {
			return f.pos, err
		}
		f.pos = b.end
	}
}
