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
	for run, before := range r.joined() {
		unit := max(1, int64(r.Files[run.File].Config.UnitSamples))
		from, to := r.within(run, span)
		if from < to && run.Piece >= 0 && run.Piece < len(r.Space.Pieces) {
			p := &r.Space.Pieces[run.Piece]
			first, end := (run.Skip+from)/unit, (run.Skip+to+unit-1)/unit
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
	for run, before := range r.joined() {
		if r.Files[run.File].Config.UnitSamples < 1 || run.Piece < 0 || run.Piece >= len(r.Space.Pieces) {
			return -1, 0
		}
		if r.Space.Pieces[run.Piece].SHA256 == sha256 && first >= before && first+n <= before+r.unitsOf(run) {
			return run.File, run.FirstUnit + first - before
		}
	}
	return -1, 0
}

// joined yields the runs in turn, with how many units of the same original stand
// before it.
func (r *Recording) joined() iter.Seq2[*space.Run, int64] {
	return func(yield func(*space.Run, int64) bool) {
		var before int64
		for i := range r.Space.Timeline {
			run := &r.Space.Timeline[i]
			if i == 0 || run.Piece != r.Space.Timeline[i-1].Piece {
				before = run.PieceUnit
			}
			if !yield(run, before) {
				return
			}
			before += r.unitsOf(run)
		}
	}
}

// unitsOf is how many units a run consists of.
func (r *Recording) unitsOf(run *space.Run) int64 {
	unit := max(1, int64(r.Files[run.File].Config.UnitSamples))
	return (run.Skip + run.Samples + run.Trim + unit - 1) / unit
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
