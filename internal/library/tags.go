package library

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A Tag is one reading of the levels, as X's recorder noted it between the
// frames.
type Tag struct {
	Piece, Run int        // run of one set of parameters in that piece
	Sample     int64      // of that run
	Position   int64      // in the recording, at its first sample rate
	At         float64    // the same in seconds
	Wall       space.Time // at that position, by the recording's clock
	NTP        space.Time // by the clock tag before it; zero if there was none
	Levels     []int      // the host's, then those of Stage
	Stage      []string   // handles
}

// A tagLine is a line of the file that the timed tags of a piece are kept in.
type tagLine struct {
	Run    int      `json:"run"`
	Sample int64    `json:"sample"`
	NTP    float64  `json:"ntp,omitempty"` // seconds since 1900
	Levels []int    `json:"levels"`
	Stage  []string `json:"stage,omitempty"` // where it differs from the line before
}

// Tags calls visit with the timed tags that were kept of a recording, in the
// order of its timeline. Pieces without tags have none.
func (l *Library) Tags(ctx context.Context, s *space.Space, visit func(*Tag) error) error {
	for i := range s.Pieces {
		if err := l.tags(ctx, s, i, visit); err != nil {
			return err
		}
	}
	return nil
}

func (l *Library) tags(ctx context.Context, s *space.Space, piece int, visit func(*Tag) error) error {
	if !slices.ContainsFunc(s.Timeline, func(r space.Run) bool { return r.Piece == piece }) {
		return nil // other pieces hold all of it
	}
	name := layout.TagsIn(s.Folder, piece)
	f, err := l.disk.root.Open(name)
	if isGone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	const longest = 1 << 20 // hundreds of people on stage make a few kB
	lines.Buffer(nil, longest)
	var stage []string
	for n := 1; lines.Scan(); n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		var t tagLine
		if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
			return fmt.Errorf("%s: line %d: %w", name, n, err)
		}
		if t.Stage != nil || len(t.Levels) < 2 { // a stage that empties is not written
			stage = t.Stage
		}
		tag := Tag{Piece: piece, Run: t.Run, Sample: t.Sample, Levels: t.Levels, Stage: stage}
		if t.NTP > 0 {
			tag.NTP = space.Time{Time: hydra.NTPEpoch.Add(time.Duration(float64(t.NTP*1000)+0.5) * time.Millisecond)}
		}
		tag.Position, tag.Wall = s.PositionOf(piece, t.Run, t.Sample)
		if len(s.Timeline) > 0 {
			tag.At = space.Seconds(float64(tag.Position) / float64(max(1, s.Timeline[0].SampleRate)))
		}
		if err := visit(&tag); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// writeTags writes what the timed tags of a piece say, one JSON object a line:
// the position in the piece, the clock, the levels, and who is on stage when
// that changes.
func writeTags(w io.Writer, tags *hydra.Tags) error {
	bw := bufio.NewWriter(w)
	var stage *hydra.Stage
	for _, t := range tags.Ticks {
		l := tagLine{Run: t.Run, Sample: t.Sample, NTP: float64(t.Clock.Milliseconds()) / 1000}
		for _, v := range t.Levels {
			l.Levels = append(l.Levels, int(v))
		}
		if t.Stage != stage {
			stage = t.Stage
			l.Stage = []string{}
			for _, q := range stage.Participants {
				l.Stage = append(l.Stage, q.UserName)
			}
		}
		line, err := space.Line(l)
		if err != nil {
			return err
		}
		if _, err := bw.Write(line); err != nil {
			return err
		}
	}
	return bw.Flush()
}
