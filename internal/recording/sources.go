package recording

import (
	"iter"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// A Source is a stretch of an original file that sounds in what is made of a
// recording.
type Source struct {
	Archive   string `json:"archive,omitempty"` // SHA-256
	Member    string `json:"member,omitempty"`  // of the archive
	Piece     string `json:"piece"`             // name of the original
	SHA256    string `json:"sha256"`            // of the original
	FirstUnit int64  `json:"first_unit"`        // access units of the original
	Units     int64  `json:"units"`
	Start     int64  `json:"start"` // position in the recording
	Samples   int64  `json:"samples"`
}

// Sources lists the stretches of the originals in a span.
func (r *Recording) Sources(span Span) []Source {
	var list []Source
	for i, before := range r.joined() {
		run := &r.Space.Timeline[i]
		from, to := r.within(run, span)
		if from < to && run.Piece >= 0 && run.Piece < len(r.Space.Pieces) {
			p := &r.Space.Pieces[run.Piece]
			first, end := r.units(i, run.Skip+from, run.Skip+to)
			list = append(list, Source{
				Archive: p.Archive, Member: p.Member, Piece: p.Name, SHA256: p.SHA256,
				FirstUnit: before + first, Units: end - first,
				Start: max(span.Start, run.FirstSample), Samples: Rescale(to-from, r.Rate, run.SampleRate),
			})
		}
	}
	return list
}

// Units finds where in which playable file n units of an original begin. The
// file is -1 if they are in none.
func (r *Recording) Units(sha256 string, first, n int64) (file int, unit int64) {
	for i, before := range r.joined() {
		run := &r.Space.Timeline[i]
		if run.Piece < 0 || run.Piece >= len(r.Space.Pieces) {
			return -1, 0
		}
		if r.Space.Pieces[run.Piece].SHA256 == sha256 && first >= before && first+n <= before+r.unitsOf(i) {
			return run.File, run.FirstUnit + first - before
		}
	}
	return -1, 0
}

// joined yields the runs in turn, by their index, with how many units of the
// same original stand before each.
func (r *Recording) joined() iter.Seq2[int, int64] {
	return func(yield func(int, int64) bool) {
		var before int64
		for i := range r.Space.Timeline {
			run := &r.Space.Timeline[i]
			if i == 0 || run.Piece != r.Space.Timeline[i-1].Piece {
				before = run.PieceUnit
			}
			if !yield(i, before) {
				return
			}
			before += r.unitsOf(i)
		}
	}
}

// unitsOf is how many units run i consists of.
func (r *Recording) unitsOf(i int) int64 {
	run := &r.Space.Timeline[i]
	_, units := r.units(i, 0, run.Skip+run.Samples+run.Trim)
	return units
}

// units returns which units of run i hold its samples from up to to. Units and
// samples are counted from where the run begins in its file.
func (r *Recording) units(i int, from, to int64) (first, end int64) {
	first, end, err := r.UnitsIn(i, from, to)
	if err != nil { // the index cannot be read: whoever decodes will say so
		return 0, 0
	}
	before := r.Space.Timeline[i].FirstUnit
	return first - before, end - before
}

// Pieces returns the original files that a span was made from.
func (r *Recording) Pieces(span Span) []space.Piece {
	var list []space.Piece
	last := -1
	for i := range r.Space.Timeline {
		run := &r.Space.Timeline[i]
		if from, to := r.within(run, span); from < to && run.Piece != last && run.Piece < len(r.Space.Pieces) {
			list = append(list, r.Space.Pieces[run.Piece])
			last = run.Piece
		}
	}
	return list
}
