package hls

import (
	"slices"

	"github.com/spaces-cli/spaces/internal/playlist"
	"github.com/spaces-cli/spaces/internal/playlist/manifest"
)

// Listed says what the manifest of a playlist would be, as far as the playlist
// alone tells: without bytes and hashes.
func Listed(m *playlist.Media) *Manifest {
	list := &Manifest{Version: manifest.Version, Ended: m.Ended, Seconds: m.Duration().Seconds(), Chunks: []Chunk{}, Gaps: []Gap{}}
	for i := range m.Segments {
		s := &m.Segments[i]
		if s.Gap {
			list.Gaps = append(list.Gaps, Gap{
				Name: baseName(s.URI), Sequence: s.Sequence, Start: s.Start.Seconds(), Seconds: s.Duration.Seconds(),
				Time: known(s.Time), Reason: "marked", Detail: errMarked.Error(),
			})
			continue
		}
		list.Chunks = append(list.Chunks, Chunk{
			Name: baseName(s.URI), Sequence: s.Sequence, Range: byteRange(s.Range),
			Start: s.Start.Seconds(), Seconds: s.Duration.Seconds(), Time: known(s.Time),
		})
	}
	return list
}

// Lists reports whether a playlist lists what a manifest has, no more and no
// less, and says as much of its end. A chunk that could not be had before counts
// as one that is not there.
func Lists(m *playlist.Media, have *Manifest) bool {
	want := Listed(m)
	chunks := slices.DeleteFunc(slices.Clone(have.Chunks), func(c Chunk) bool { return c.Map })
	sameChunk := func(a, b Chunk) bool {
		return a.Name == b.Name && a.Sequence == b.Sequence && a.Seconds == b.Seconds &&
			(a.Range == nil) == (b.Range == nil) && (a.Range == nil || *a.Range == *b.Range)
	}
	sameGap := func(a, b Gap) bool { return a.Sequence == b.Sequence && a.Reason == b.Reason }
	return m.Ended == have.Ended && slices.EqualFunc(chunks, want.Chunks, sameChunk) && slices.EqualFunc(have.Gaps, want.Gaps, sameGap)
}
