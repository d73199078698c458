package sound

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/unithash"
)

// A query is the file whose recordings are looked for.
type query struct {
	config  track.Config
	codecs  []track.Codec
	hashes  []unithash.Hash
	sizes   []uint16 // of the units, capped
	covered []bool   // units that a match holds
	need    int      // distinct units that make a match
	others  int      // tracks of sound beside these units
	aside   int64    // bytes of the file that are no unit and no tag

	at      map[unithash.Hash][]int32 // selected units, by their hash
	matches []Match
}

// maxPlaces is how many places of a hash in the file are followed up. What
// repeats more often tells less.
const maxPlaces = 16

// read hashes all units of a file.
func read(ctx context.Context, r io.ReaderAt, size int64) (*query, error) {
	rd, err := media.Open(r, size, track.Options{})
	if err != nil {
		return nil, err
	}
	q := &query{at: make(map[unithash.Hash][]int32)}
	run := -1
	var hasher *unithash.Hasher
	var p track.Packet
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := rd.Next(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Run != run {
			run = p.Run
			c := rd.Track().Runs[run].Config
			if hasher, err = unithash.New(c); err != nil {
				return nil, err
			}
			if run == 0 {
				q.config = c
			}
			if !slices.Contains(q.codecs, c.Codec) {
				q.codecs = append(q.codecs, c.Codec)
			}
		}
		q.hashes = append(q.hashes, hasher.Hash(p.Data))
		q.sizes = append(q.sizes, uint16(min(len(p.Data), track.MaxUnitSize)))
	}
	q.others, q.aside = rd.Track().OtherTracks, rd.Track().Damage.Bytes
	q.covered = make([]bool, len(q.hashes))
	different := make(map[unithash.Hash]bool)
	for i, h := range q.hashes {
		if h != unithash.Silence && len(different) < least {
			different[h] = true
		}
		if unithash.Selects(h) && len(q.at[h]) < maxPlaces {
			q.at[h] = append(q.at[h], int32(i))
		}
	}
	q.need = len(different)
	return q, nil
}

// comparable reports whether units of codec c may be among those of the file.
func (q *query) comparable(c track.Codec) bool {
	return slices.ContainsFunc(q.codecs, func(have track.Codec) bool { return family(have) == family(c) })
}

// A place is a unit of the file and one of a recording that have one hash.
type place struct{ here, there int64 }

// shared lists the units that a sound index and the file have in common.
func (q *query) shared(x *unithash.Index) (list []place) {
	for _, e := range x.Entries {
		for _, here := range q.at[e.Hash] {
			list = append(list, place{int64(here), int64(e.Unit)})
		}
	}
	return list
}

// family is the coding whose units are alike whatever a container calls them.
func family(c track.Codec) track.Codec {
	switch c {
	case track.HEAAC, track.AACOther:
		return track.AACLC
	}
	return c
}

// left divides what no match holds into stretches: long enough to tell, and
// too short. Silence at their ends is no part of them.
func (q *query) left() (long, short []Stretch) {
	for i := 0; i < len(q.hashes); {
		if q.covered[i] || q.hashes[i] == unithash.Silence {
			i++
			continue
		}
		last, different := i, make(map[unithash.Hash]bool)
		k := i
		for ; k < len(q.hashes) && !q.covered[k]; k++ {
			if h := q.hashes[k]; h != unithash.Silence {
				last = k
				if len(different) < q.need {
					different[h] = true
				}
			}
		}
		s := Stretch{int64(i), int64(last - i + 1)}
		if len(different) < q.need || len(different) < least && len(q.matches) > 0 {
			short = append(short, s)
		} else {
			long = append(long, s)
		}
		i = k
	}
	return long, short
}

func (q *query) result() *Result {
	r := &Result{Config: q.config, Units: int64(len(q.hashes)), Matches: q.matches, Others: q.others, Aside: q.aside}
	for _, h := range q.hashes {
		if h != unithash.Silence {
			r.Sounding++
		}
	}
	slices.SortFunc(r.Matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(a.Stretch.First, b.Stretch.First), cmp.Compare(a.Recording, b.Recording), cmp.Compare(a.First, b.First))
	})
	r.Unknown, r.Short = q.left()
	return r
}
