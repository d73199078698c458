package clip

import (
	"context"
	"io"
	"slices"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/ogg"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A plan is a clip worked out, but not written.
type plan struct {
	span recording.Span // what is heard: the span asked for, or whole frames
	// hidden samples stand in the file before and after what is heard, for
	// the decoder's sake or because units cannot be divided.
	hidden   Hidden
	lossless bool
	gain     *Shift
	after    *Loudness // of a clip that is brought to one
	uneven   bool      // its speakers were raised by different amounts
	write    func(ctx context.Context, w io.Writer) error
}

// lossless works out a clip of units as they are.
func (q *Request) lossless() (*plan, error) {
	r := q.Recording
	list := r.Extents(q.Span)
	if len(list) == 0 {
		return nil, notLossless("the recording has no sound in that range")
	}
	switch q.Format {
	case format.AAC:
		return q.bareFrames(list)
	case format.MP3:
		return q.mp3Frames(list)
	case format.WAV:
		return q.pcmBlocks(list)
	}
	x, err := excerptOf(r, list, preroll(r.Files[list[0].File].Config))
	if err != nil {
		return nil, err
	}
	x.runs, x.sum = q.runs, q.sum
	if q.Format == format.Opus && (len(x.edits) > 1 || x.edits[0].Start > ogg.MaxPreSkip) {
		return nil, notLossless("the clip contains hidden samples, which Ogg cannot mark")
	}
	s := &plan{span: q.Span, lossless: true}
	s.hidden.Before, s.hidden.After = x.hidden()
	s.write = func(ctx context.Context, w io.Writer) error {
		video, stop, err := q.render(ctx, x.played(), x.file.Config.SampleRate)
		if err != nil {
			return err
		}
		defer stop()
		out, err := q.Format.NewUnitWriter(w, &format.Units{
			Config: x.file.Config, Sizes: x.sizes, Lengths: x.lengths, Samples: x.samples, Edits: x.edits,
			Tags: q.settled(), Cover: q.attached(), Chapters: q.chapters(), Video: video,
		})
		if err != nil {
			return err
		}
		if err := x.write(ctx, out.WriteUnit); err != nil {
			return err
		}
		return out.Close()
	}
	return s, nil
}

// bareFrames works out a clip in ADTS, which has no way to hide samples: it
// begins and ends on whole frames.
func (q *Request) bareFrames(list []recording.Extent) (*plan, error) {
	r := q.Recording
	f := r.Files[list[0].File]
	unit := int64(f.Config.UnitSamples)
	before := wholeUnits(list, unit)
	x, err := excerptOf(r, list, 0)
	if err != nil {
		return nil, err
	}
	x.runs, x.sum = q.runs, q.sum
	if _, err := adts.HeaderOf(f.Config); err != nil {
		return nil, notLossless("%v", err)
	}
	s := &plan{lossless: true, span: recording.Span{
		Start:   q.Span.Start - recording.Rescale(before, r.Rate, f.Config.SampleRate),
		Samples: recording.Rescale(x.units()*unit, r.Rate, f.Config.SampleRate),
	}}
	s.write = func(ctx context.Context, w io.Writer) error {
		out, err := format.AAC.NewUnitWriter(w, &format.Units{Config: f.Config, Sizes: x.sizes})
		if err != nil {
			return err
		}
		return x.write(ctx, out.WriteUnit)
	}
	return s, nil
}

// wholeUnits extends the first extent to the start of a unit, and the last to the
// end of one. It returns by how many samples the first begins earlier.
func wholeUnits(list []recording.Extent, unit int64) (before int64) {
	first, last := &list[0], &list[len(list)-1]
	before = first.Start % unit
	first.Start -= before
	first.Samples += before
	last.Samples += (unit - (last.Start+last.Samples)%unit) % unit
	return before
}

// pcmBlocks works out a clip of PCM: the very samples.
func (q *Request) pcmBlocks(list []recording.Extent) (*plan, error) {
	r := q.Recording
	f := r.Files[list[0].File]
	align, err := blockAlign(f.Config)
	if err != nil {
		return nil, err
	}
	var total int64
	for _, s := range list {
		if s.File != list[0].File {
			return nil, notLossless("the audio changes from %v to %v within the clip", f.Config, r.Files[s.File].Config)
		}
		total += s.Samples
	}
	s := &plan{span: q.Span, lossless: true}
	s.write = func(ctx context.Context, w io.Writer) error {
		out, err := format.WAV.NewUnitWriter(w, &format.Units{Config: f.Config, Samples: total})
		if err != nil {
			return err
		}
		buf := make([]byte, min(readSize, total*align))
		for _, s := range list {
			in := io.NewSectionReader(f, f.Start+s.Start*align, s.Samples*align)
			for n := in.Size(); n > 0; n -= int64(len(buf)) {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				buf = buf[:min(n, int64(cap(buf)))]
				if _, err := io.ReadFull(in, buf); err != nil {
					return err
				}
				if q.sum != nil {
					q.sum.Write(buf)
				}
				if err := out.WriteUnit(buf); err != nil {
					return err
				}
			}
		}
		return out.Close()
	}
	return s, nil
}

// mp3Frames works out a clip of MP3. What comes before the first sample is
// declared as the encoder's delay, which players leave out.
func (q *Request) mp3Frames(list []recording.Extent) (*plan, error) {
	r := q.Recording
	f := r.Files[list[0].File]
	x, err := excerptOf(r, list, preroll(f.Config))
	if err != nil {
		return nil, err
	}
	x.runs, x.sum = q.runs, q.sum
	if len(x.edits) > 1 {
		return nil, notLossless("the clip contains hidden samples, which MP3 cannot mark")
	}
	if err := x.findLead(); err != nil {
		return nil, err
	}
	s := &plan{span: q.Span, lossless: true}
	s.hidden.Before, s.hidden.After = x.hidden()
	sizes := x.sizes
	if x.lead != nil {
		s.hidden.Before += int64(f.Config.UnitSamples)
		sizes = slices.Concat(track.Sizes{uint32(len(x.lead))}, sizes)
	}
	s.write = func(ctx context.Context, w io.Writer) error {
		samples := int64(len(sizes)) * int64(f.Config.UnitSamples)
		u := &format.Units{
			Config: f.Config, Sizes: sizes, Samples: samples, Encoder: f.Encoder, Tags: q.settled(), Cover: q.Cover, Chapters: q.chapters(),
			Edits: []mp4.Edit{{Start: s.hidden.Before, Samples: samples - s.hidden.Before - s.hidden.After}},
		}
		if q.own != nil {
			u.ID3Version = q.own.ID3Version
		}
		out, err := format.MP3.NewUnitWriter(w, u)
		if err != nil {
			return err
		}
		if x.lead != nil {
			if err := out.WriteUnit(x.lead); err != nil {
				return err
			}
		}
		if err := x.write(ctx, out.WriteUnit); err != nil {
			return err
		}
		return out.Close()
	}
	return s, nil
}

// findLead makes the frame that holds what the first of the excerpt's frames
// takes from those before it. It takes up less time than these would, so that
// the delay fits into LAME's tag, and holds no sound that is not needed.
//
// Without such a need there is a frame of silence where nothing else covers
// the delay of the decoder, which players leave out too, and where the first
// frame differs so much from the second that players would drop it.
func (x *excerpt) findLead() error {
	first := x.ranges[0].first
	frames, err := x.frames(first, min(2, x.ranges[0].end-first))
	if err != nil {
		return err
	}
	h, err := mp3.ParseHeader(frames[0])
	if err != nil {
		return err
	}
	needs, err := mp3.Reservoir(frames[0])
	if err != nil {
		return err
	}
	reservoir, err := x.mainData(first, needs)
	if err != nil {
		return err
	}
	dropped := len(frames) > 1 && !mp3.Alike(frames[0], frames[1])
	if len(reservoir) > 0 || x.edits[0].Start < mp3.DecoderDelay || dropped {
		x.lead, err = mp3.Carrier(h, reservoir)
	}
	return err
}

// Hidden is how many samples a file holds that are not heard.
type Hidden struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
}

// tags are what a clip says of itself: no paths, and nothing of the account.
func (q *Request) tags() tags.Tags {
	r := q.Recording
	if q.own != nil {
		return q.own.Tags
	}
	s := r.Space
	t := tags.Tags{Title: q.Title, Album: s.Title, Comment: "Space " + s.ID}
	if t.Title == "" {
		t.Title = s.Title
	}
	if s.Host != nil {
		t.Artist = s.Host.Handle
	}
	if !s.StartedAt.IsZero() {
		t.Date = s.StartedAt.UTC().Format("2006-01-02")
	}
	t.Free = []tags.Pair{
		{Name: "SPACE_ID", Value: s.ID},
		{Name: "SPACE_SPAN", Value: spanText(r, q.Span)},
	}
	for _, p := range r.Pieces(q.Span) {
		t.Free = append(t.Free, tags.Pair{Name: "SPACE_SHA256", Value: p.SHA256})
	}
	return t
}
