package episode

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/stream"
)

// maxAgain is how often an episode whose peaks came out too high is encoded
// again.
const maxAgain = 3

// slack is how far a true peak may lie above the ceiling: meters differ by as
// much.
const slack = 0.05 // dB

// lost is how much of the loudness the encoder may take before it is made up
// for.
const lost = 0.35 // LU

var errChanged = errors.New("reading the file back gave different bytes")

// An export is one episode in the making.
type export struct {
	Request
	progress stream.Progress
	measured *library.Measurement // of the whole recording
	list     []recording.Section
	chain    chain
	rec      Record
	tags     tags.Tags
	program  encode.Program
	// units says that access units of the recording are written: as they are if
	// copied, else shifted as plan says.
	units, copied bool
	plan          *gain.Plan
	besides       []sidecar
	shared        bool // the cover is that of the show: it does not stand beside each episode
	// beyond says that the target is out of reach: to encode once more brings
	// the sound no nearer to it.
	beyond bool
	// limited says that it is for MaxGain, and not for the peaks.
	limited bool
	body    *bodyMeter // measures the recording between intro and outro
	spare   *spare
	notes   []string
	before  int // the notes that are not about the sound: every run finds them again
}

// The phases of an export. Which of them there are depends on the recording and
// on what was asked for.
const (
	Measuring = "measuring"
	Levelling = "comparing the speakers"
	Adjusting = "finding the loudness"
	Encoding  = "encoding"
	Verifying = "verifying"
)

// Phases lists the phases in their order, each with about how long it takes.
func Phases() []stream.Phase {
	return []stream.Phase{
		{Name: Measuring, Weight: 2}, {Name: Levelling, Weight: 4}, {Name: Adjusting, Weight: 4},
		{Name: Encoding, Weight: 8}, {Name: Verifying, Weight: 3},
	}
}

// Export makes an episode, unless it is there and up to date. The same
// recording and settings give the same bytes.
func Export(ctx context.Context, q Request, p stream.Progress) (*Result, error) {
	if p == nil {
		p = stream.NoProgress{}
	}
	e := &export{Request: q, progress: p}
	if err := e.settle(); err != nil {
		return nil, err
	}
	var err error
	measure := recording.MeasureGains
	if q.Encode == EncodeAlways {
		measure = recording.Measure
	}
	if m := q.Library.Measured(q.Recording.Space); m == nil || q.Encode != EncodeAlways && !q.Library.HasAnalyses(q.Recording.Space, m) {
		stream.Enter(p, Measuring)
	}
	if e.measured, err = measure(ctx, q.Library, q.Recording.Space.ID, q.Jobs, p); err != nil {
		return nil, err
	}
	if err := e.prepare(); err != nil {
		return nil, err
	}
	out, err := e.target()
	if err != nil {
		return nil, err
	}
	defer out.root.Close()
	if err := e.finishRemovals(); err != nil {
		return nil, err
	}
	if e.Dir == "" {
		e.Recording.Tidy(layout.Episodes) // what a killed export has left
	}
	res := &Result{Path: out.path, Status: Done}
	if err := e.gather(); err != nil {
		return nil, err
	}
	old, err := out.standing(e)
	if err != nil {
		return nil, err
	}
	if old != nil {
		if err := e.keep(ctx, out, old); err != nil {
			return nil, err
		}
		res.Record = *old
		res.Notes = e.notes
		return res, nil
	}
	no := false
	e.rec.Published = &no
	out.inherit(&e.rec)
	e.relist(&e.rec)
	if err := out.arrange(e); err != nil {
		return nil, err
	}
	e.before = len(e.notes)
	if err := e.work(ctx); err != nil {
		return nil, err
	}
	if err := e.write(ctx, out); err != nil {
		return nil, err
	}
	if e.Dir != "" {
		e.remember(ctx, false)
	}
	res.Record, res.Notes, res.Status = e.rec, e.notes, Written
	return res, nil
}

// note adds a remark, once: an export that plans, and then encodes, meets some
// obstacles twice.
func (e *export) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(e.notes, text) {
		e.notes = append(e.notes, text)
	}
}

// prepare works out all that needs no decoding.
func (e *export) prepare() error {
	r, k := e.Recording, e.Format.Entry()
	s := r.Space
	whole := e.sections(e.measured)
	if e.list = e.Omit.Sections(whole); len(e.list) == 0 || e.list[0].Span.Samples == 0 {
		p := recording.Problemf(BadRequest, clip.NothingLeft, "%s has no sound left after leaving speakers out", s.ID)
		p.Recording = s.ID
		return p
	}
	e.chain = chain{r: r, list: e.list, format: r.Format(k.Rates...), progress: e.progress, exact: e.Preset == Archive}
	if e.Mono {
		e.chain.format.Channels = 1
	}
	e.chain.samples = r.SectionsLength(e.list, e.chain.format.SampleRate)
	e.seat()
	e.rec = Record{
		Schema: clip.Schema, ID: s.ID, Type: k.MediaType, Title: e.Title, Date: s.StartedAt, Host: s.Host, Speakers: s.Speakers,
		Duration: e.duration(), Samples: e.chain.total(),
		SampleRate: e.chain.format.SampleRate, Channels: e.chain.format.Channels,
		ConsentMissing: e.ConsentMissing, Omitted: r.Omitted(&e.Omit, whole),
		Kept: e.kept(e.list), Chapters: []Chapter{}, Before: levels(e.measured.Loudness), WrittenBy: "spaces " + e.Version,
		Settings: Settings{
			Preset: string(e.Preset), Format: string(e.Format), Mono: e.Mono, TrimSilence: e.TrimSilence,
			CutSilence: e.CutSilence.Seconds(), KeepGaps: e.KeepGaps, Level: e.Level,
		},
	}
	e.addSides()
	if e.rec.Title == "" {
		e.rec.Title = s.Title
	}
	e.rec.Speakers = e.named(s.Speakers)
	for _, p := range s.Pieces {
		e.rec.Source = append(e.rec.Source, Original{p.Archive, p.Member, p.SHA256})
	}
	e.mark()
	if err := e.hashTranscript(); err != nil {
		return err
	}
	e.findCover()
	var err error
	if e.tags, err = e.Request.tags(&e.rec); err != nil {
		return err
	}
	set := &e.rec.Settings
	if e.ID3 == "2.4" {
		set.ID3 = e.ID3
	}
	if e.Encode != EncodeAuto {
		set.Encode = string(e.Encode)
	}
	set.Tags = tagSum(e.tags, e.Cover)
	if e.Format.Entry().Comments {
		for _, c := range chapters.VorbisComments(e.chapters()) {
			e.tags.Free = append(e.tags.Free, tags.Pair{Name: c[0], Value: c[1]})
		}
	}
	e.leaveOut()
	if !k.Lossless && e.Preset == Host {
		if set.BitRate = e.BitRate; set.BitRate == 0 {
			set.BitRate = encode.BitRate(e.rec.Channels)
		}
	}
	if !e.KeepLoudness {
		target, peak := clip.UsualLoudness(e.rec.Channels), TruePeak
		if e.Loudness != nil {
			target = *e.Loudness
		}
		if e.Request.TruePeak != nil {
			peak = *e.Request.TruePeak
		}
		set.Loudness, set.TruePeak = &target, &peak
	}
	if err := e.settleUnits(); err != nil {
		return err
	}
	if e.Format == format.MP3 && !e.copied {
		if e.program, err = encode.FindProgram(e.Encoder); err != nil {
			return recording.Problemf(NoEncoder, NoProgram, "%v", err)
		}
		set.Encoder = e.program.Name
	}
	return nil
}

// named are those of the speakers who are heard.
func (e *export) named(all []space.Speaker) []space.Speaker {
	list := []space.Speaker{}
	for _, s := range all {
		if !slices.ContainsFunc(e.Unnamed, func(h string) bool { return h != "" && (strings.EqualFold(h, s.Handle) || h == s.ID) }) {
			list = append(list, s)
		}
	}
	return list
}

// mark puts the chapters to their places in the episode.
func (e *export) mark() {
	if e.Intro != nil && e.IntroChapter != "" {
		e.rec.Chapters = append(e.rec.Chapters, Chapter{Title: e.IntroChapter})
	}
	for _, c := range chapters.Move(e.Chapters, e.rec.Locate, e.rec.Duration) {
		e.rec.Chapters = append(e.rec.Chapters, Chapter(c))
	}
	e.rec.Settings.Chapters = e.ChapterSource
}

// chapters are those of the record.
func (e *export) chapters() []chapters.Chapter {
	list := make([]chapters.Chapter, len(e.rec.Chapters))
	for i, c := range e.rec.Chapters {
		list[i] = chapters.Chapter(c)
	}
	return list
}

// options are what the file gets besides the sound.
func (e *export) options() encode.Options {
	o := encode.Options{Tags: e.tags, Cover: e.picture(), ID3Version: e.id3Version(), BitRate: e.rec.Settings.BitRate, Jobs: e.Jobs, Program: e.program}
	last := int64(-1)
	for _, c := range e.rec.Chapters {
		at := int64(math.Round(c.Start * float64(e.rec.SampleRate)))
		if at > last && at < e.rec.Samples {
			o.Chapters = append(o.Chapters, tags.Chapter{Start: at, Title: c.Title})
			last = at
		}
	}
	return o
}

// whole reports whether the episode is the recording from its start to its
// end.
func (e *export) whole() bool {
	return len(e.list) == 1 && e.list[0].Span.Samples == e.Recording.Samples && e.list[0].Gap == 0
}

// work finds the gains that the episode needs.
func (e *export) work(ctx context.Context) error {
	if err := e.findGain(ctx); err != nil {
		return err
	}
	return e.fitSides(ctx)
}

// findGain finds the gain that the recording needs.
func (e *export) findGain(ctx context.Context) error {
	set := &e.rec.Settings
	first, stop, err := e.Recording.Decode(ctx, e.list[0].Span, e.chain.format)
	if err != nil {
		return err
	}
	stop()
	e.chain.bits = first.Bits // FLAC and WAV keep more than 16
	if e.copied || !e.units && e.KeepLoudness && !e.Level {
		return nil
	}
	if e.units {
		if err := e.planLevel(ctx); err != nil || e.units {
			return err
		}
	}
	if e.Level {
		turns, err := e.Library.Turns(e.rec.ID)
		if err != nil || turns == nil || len(turns.Turns) == 0 {
			e.note("no speaking turns are known: the speakers could not be levelled")
		} else {
			stream.Enter(e.progress, Levelling)
			if err := e.chain.meetings(ctx, turns.Turns, &e.rec); err != nil {
				return err
			}
		}
	}
	if e.KeepLoudness {
		return nil
	}
	e.chain.ceiling = clip.Ceiling(e.Format, *set.TruePeak)
	return e.adjust(ctx)
}

// write makes the file, verifies it, and gives it its name with all that
// stands beside it.
func (e *export) write(ctx context.Context, out *target) error {
	var after loudness.Result
	var d *durable.File
	defer func() {
		if d != nil {
			d.Discard()
		}
	}()
	for try := 0; ; try++ {
		var err error
		if d != nil {
			d.Discard()
		}
		if d, err = durable.Create(out.root, out.file); err != nil {
			return err
		}
		stream.Enter(e.progress, Encoding)
		if e.units {
			if after, err = e.copyUnits(ctx, d); err != nil {
				return err
			}
			break
		}
		if after, err = e.render(ctx, d); err != nil {
			return fmt.Errorf("%s: %w", out.file, err)
		}
		e.rec.ReEncoded = true
		again, err := e.fitAgain(ctx, try)
		if err != nil {
			return err
		}
		if e.KeepLoudness {
			if again {
				continue
			}
			break
		}
		excess := float64(after.TruePeak) - *e.rec.Settings.TruePeak
		if after.TruePeakAtLeast { // by how much more nobody can tell
			excess = max(excess, -*e.rec.Settings.TruePeak, 2*slack)
		}
		missing := *e.rec.Settings.Loudness - float64(e.body.of(after))
		off := math.Abs(missing) > lost && !e.beyond && (missing < 0 || e.chain.gain < MaxGain)
		if excess <= slack && (!off && !again || try == maxAgain) {
			break
		}
		if try == maxAgain {
			e.beyond = true
			peak := fmt.Sprintf("%.2f dBTP", float64(after.TruePeak))
			if after.TruePeakAtLeast {
				peak = "0 dBTP or more"
			}
			e.note("the true peak is still %s after %d attempts to lower it", peak, try+1)
			break
		}
		if excess > slack {
			e.chain.ceiling -= excess
			e.chain.limit = true
		}
		if off { // MP3 leaves out the highest tones, and what lowers peaks lowers more
			e.chain.gain = min(MaxGain, e.chain.gain+missing)
			e.chain.limit = true
		}
	}
	if e.keepsCoded(after) {
		d.Discard()
		if err := e.keepCoded(ctx, after); err != nil {
			return err
		}
		return e.write(ctx, out)
	}
	e.rec.After = levels(after)
	e.noteMissed()
	e.rec.Remarks = slices.Clone(e.notes[e.before:])
	if err := e.sum(d.File); err != nil {
		return err
	}
	return out.commit(d, e)
}

// copyUnits writes the access units as they are, or with the gains that are
// planned, and looks whether they all are in the file. What was measured before,
// or planned, holds for them.
func (e *export) copyUnits(ctx context.Context, d *durable.File) (loudness.Result, error) {
	units := newUnitSum()
	var runs []gain.Run
	if e.plan != nil {
		runs = e.plan.Runs
	}
	if err := clip.Copy(ctx, d, e.Recording, e.list[0].Span, e.Format, e.options(), runs, units); err != nil {
		return loudness.Result{}, err
	}
	if err := verifyUnits(d.File, units); err != nil {
		return loudness.Result{}, fmt.Errorf("%s: %w", d.Name(), err)
	}
	switch {
	case e.plan != nil:
		return e.planned(), nil
	case e.whole():
		return e.measured.Loudness, nil
	}
	stream.Enter(e.progress, Verifying)
	return e.chain.measure(ctx, nil)
}

// sum takes down size, hash and bit rate of the file.
func (e *export) sum(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(f, 0, info.Size())); err != nil {
		return err
	}
	e.rec.Bytes, e.rec.SHA256 = info.Size(), hex.EncodeToString(h.Sum(nil))
	e.rec.BitRate = int(math.Round(float64(8*(e.rec.Bytes-e.pictureBytes())) / max(0.001, e.rec.Duration)))
	return nil
}

// target finds out where the episode goes.
func (e *export) target() (*target, error) {
	t := &target{}
	dir := e.Dir
	if dir == "" {
		dir = filepath.Join(e.Recording.Dir, layout.Episodes)
	}
	t.file = e.File
	if t.file == "" {
		name, err := fileName(e.Name, &e.rec)
		if err != nil {
			return nil, err
		}
		t.file = name + "." + string(e.Format)
	}
	var err error
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	if err := e.mayWrite(t, dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if e.own(dir) {
		e.Dir = "" // what is replaced there is put aside
	}
	if t.root, err = os.OpenRoot(dir); err != nil {
		return nil, err
	}
	t.path = filepath.Join(dir, t.file)
	if info, err := t.root.Stat(t.file); err == nil {
		for _, f := range e.Recording.Files {
			if own, err := f.Stat(); err == nil && os.SameFile(info, own) {
				t.root.Close()
				return nil, recording.Problemf(Exists, clip.OwnFile, "%s is the recording, which must not be overwritten", t.path)
			}
		}
	}
	e.rec.File = t.file
	return t, nil
}
