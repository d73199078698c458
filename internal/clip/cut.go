// Package clip cuts excerpts out of the recordings in a library: exact to the
// sample, and without decoding where nothing asks for it.
//
// A clip costs what its own length costs: the packet index says where its
// access units lie, whatever the length of the recording. Nothing in here
// takes the library's lock, so any number of clips can be cut at once.
package clip

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A Request says what to cut, and where to put it.
type Request struct {
	Recording  *recording.Recording
	Span       recording.Span
	Shortened  bool          // Span is less than was asked for
	Format     format.Format // "" is the one that needs no re-encoding
	Title      string        // of the clip; "" is that of the Space
	Cover      []byte        // JPEG or PNG, or empty
	Renderer   Renderer      // makes the pictures of an MP4
	Captions   []byte        // SubRip, to stand beside an MP4, or empty
	CaptionsOf string        // the file that they come from, or none
	Language   string        // code of that of the captions, or "" if it is not known

	Effects
	// Omit is left out, and with it every sample that is not kept.
	Omit recording.Omission
	// Turns are the speaking turns of the recording, for Level.
	Turns []Turn
	// Strict re-encodes what could be copied, so that the file holds not a
	// sample more than is asked for.
	Strict bool
	// ReEncode re-encodes wherever levels change, as versions before 2026-12 did.
	ReEncode bool

	// Writer, if set, gets the clip, and nothing else is written.
	Writer io.Writer
	// Note has the library keep a note of what Writer gets, as it keeps one of
	// every File.
	Note bool
	// File, if set, is the path of the file to write. Without it the clip goes
	// into the recording's folder "clips", under the name that Name makes.
	File  string
	Name  string // a template; "" is DefaultName
	Force bool   // replace another file of that name
	// DryRun works everything out and writes nothing.
	DryRun bool

	// NoSettings leaves the settings out of the tags, as versions did before
	// they had any.
	NoSettings bool

	own  *encode.Options // tags and chapters in place of a clip's own
	runs []gain.Run      // by how much access units that are copied are shifted
	sum  hash.Hash       // if set, gets all access units that are written
}

// Effects change the sound. Most of them mean re-encoding; levels of AAC and MP3
// can be changed without, as far as UnitsOf and PlanLevel allow.
type Effects struct {
	Fade time.Duration // at the start and at the end
	// Normalize, if set, is the integrated loudness to bring the clip to, in
	// LUFS.
	Normalize *float64
	// Level brings the speakers of Request.Turns nearer to each other.
	Level bool
	Mono  bool
}

// none reports whether nothing is to be changed.
func (e Effects) none() bool { return e == Effects{} }

// A Status says what Cut did. The words appear in JSON.
type Status string

const (
	Written Status = "written"
	Done    Status = "done" // the same clip was there already
	Failed  Status = "failed"
	Planned Status = "planned" // a dry run
)

// A Result says what a clip became.
type Result struct {
	Recording string  `json:"recording"`
	At        float64 `json:"at"`     // seconds
	Length    float64 `json:"length"` // seconds
	Start     int64   `json:"start"`  // position, in samples
	Samples   int64   `json:"samples"`
	// WholeFrames says that the format cannot begin and end on any sample, so
	// that At and Length are those of whole frames around what was asked for.
	WholeFrames bool `json:"whole_frames,omitempty"`
	// Shortened says that the recording ends before the clip would have.
	Shortened bool          `json:"shortened,omitempty"`
	Late      bool          `json:"-"` // Shortened because the recording starts there
	Format    format.Format `json:"format"`
	File      string        `json:"file,omitempty"`     // absolute
	Captions  string        `json:"captions,omitempty"` // likewise: the .srt beside it
	Bytes     int64         `json:"bytes"`
	SHA256    string        `json:"sha256"`
	Lossless  bool          `json:"lossless"`
	Gain      *Shift        `json:"gain,omitempty"` // by which its level was changed without re-encoding
	// After is the loudness of a clip that is brought to one.
	After  *Loudness `json:"after,omitempty"`
	Target float64   `json:"-"` // the loudness to bring it to, with After
	// Even says that there was nothing to do to level its speakers.
	Even   bool   `json:"-"`
	Status Status `json:"status"`
	// Omitted are the stretches of it that were left out.
	Omitted []recording.Omitted `json:"omitted,omitempty"`
	// Unnoted says why the library could not keep a note of a File.
	Unnoted error `json:"-"`
}

// Cut makes a clip. If the same clip is there already, that is found out and
// nothing is written; if another file has its name, the error is a *Problem.
func Cut(ctx context.Context, q Request) (Result, error) {
	r := q.Recording
	if q.Span.Samples < 1 || q.Span.Start < 0 || q.Span.End() > r.Samples {
		return Result{}, fmt.Errorf("samples %d to %d are outside the recording, which has %d", q.Span.Start, q.Span.End(), r.Samples)
	}
	if q.Format == "" {
		q.Format = Native(r, q.Span)
	}
	if q.Format == format.MP4 && q.Renderer == nil {
		return Result{}, recording.Problemf(BadRequest, NoFilm, "cannot render video on this system")
	}
	if err := q.checkOmission(); err != nil {
		return Result{}, err
	}
	if err := q.mayWrite(); err != nil {
		return Result{}, err
	}
	s, err := q.plan(ctx)
	if err != nil {
		return Result{}, err
	}
	res := Result{
		Recording: r.Space.ID,
		At:        r.Seconds(s.span.Start), Length: r.Seconds(s.span.Samples),
		Start: s.span.Start, Samples: s.span.Samples, WholeFrames: s.span != q.Span, Shortened: q.Shortened,
		Late:   q.Shortened && q.Span.Start == 0 && q.Span.End() < r.Samples,
		Format: q.Format, Lossless: s.lossless, Gain: s.gain, Status: Written,
		After: s.after, Even: q.Level && !s.uneven,
		Omitted: r.Omitted(&q.Omit, []recording.Section{{Span: q.Span}}),
	}
	if q.Normalize != nil {
		res.Target = *q.Normalize
	}
	switch {
	case q.DryRun:
		res.Status = Planned
		res.File, err = q.path()
	case q.Writer != nil:
		out := newCounter(q.Writer)
		err = s.write(ctx, out)
		out.fill(&res)
		if err == nil && q.Note {
			res.Unnoted = q.note(ctx, s, &res)
		}
	case q.File != "":
		if err = q.writeFile(ctx, s, &res); err == nil {
			res.Unnoted = q.note(ctx, s, &res)
		}
	default:
		err = q.writeClip(ctx, s, &res)
	}
	return res, err
}

// mayWrite refuses a File that is the library's own business.
func (q *Request) mayWrite() error {
	if q.File == "" || q.Writer != nil {
		return nil
	}
	own := filepath.Join(q.Recording.Dir, layout.Clips)
	err := MayWrite(q.Recording.Library, q.File, own, q.Force)
	if err == nil && len(q.Captions) > 0 {
		err = MayWrite(q.Recording.Library, captionsName(q.File), own, q.Force)
	}
	return err
}

// path returns where a clip goes, absolute.
func (q *Request) path() (string, error) {
	r := q.Recording
	if q.Writer != nil {
		return "", nil
	}
	if q.File != "" {
		return filepath.Abs(q.File)
	}
	name, err := q.FileName()
	return filepath.Join(r.Dir, layout.Clips, name), err
}

// plan works out a clip: of units as they are wherever that is possible. Units
// with samples that are to be left out are not copied, even where a player
// would hide those.
func (q *Request) plan(ctx context.Context) (*plan, error) {
	if q.shiftable() {
		if s, err := q.shifted(ctx); s != nil || err != nil {
			return s, err
		}
	}
	if !q.copied() {
		return q.encoded(ctx)
	}
	s, err := q.lossless()
	if err == nil && !q.Omit.None(held(q.Recording, s)) {
		q.Strict = true
		return q.encoded(ctx)
	}
	return s, err
}

// copied reports whether a clip consists of units as they are.
func (q *Request) copied() bool {
	r := q.Recording
	for _, s := range r.Extents(q.Span) {
		if !q.Effects.none() || !q.Omit.None(q.Span) || q.Strict && r.Files[s.File].Config.Codec != "pcm" || !q.Format.Keeps(r.Files[s.File].Config.Codec) {
			return false
		}
	}
	return q.Format != format.MP4 || Copies(r, q.Span, format.MP4)
}

// writeFile writes a clip where the host wants it.
func (q *Request) writeFile(ctx context.Context, s *plan, res *Result) error {
	r := q.Recording
	file, err := filepath.Abs(q.File)
	if err != nil {
		return err
	}
	res.File = file
	if info, err := os.Stat(file); err == nil {
		if !info.Mode().IsRegular() && !info.IsDir() { // a pipe or a device
			return writeDevice(ctx, file, s, res)
		}
		for _, f := range r.Files {
			if own, err := f.Stat(); err == nil && os.SameFile(info, own) {
				return recording.Problemf(Exists, OwnFile, "%s is the recording, which must not be overwritten", file)
			}
		}
	}
	root, name, err := split(file)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := q.checkCaptions(root, name); err != nil {
		return err
	}
	aside := func() (func() error, error) { return nil, nil }
	if sameFolder(root.Name(), filepath.Join(r.Dir, layout.Clips)) {
		aside = func() (func() error, error) { return q.putReplaced(name) }
	}
	err = draw(ctx, root, name, q.Force, aside, s, res)
	if errors.Is(err, fs.ErrExist) {
		return recording.Problemf(Exists, FileTaken, "%s exists and is a different file", file)
	}
	if err != nil {
		return err
	}
	return q.writeCaptions(root, name, res)
}

func writeDevice(ctx context.Context, file string, s *plan, res *Result) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	out := newCounter(f)
	err = s.write(ctx, out)
	out.fill(res)
	return errors.Join(err, f.Close())
}

// writeClip writes a clip into the recording's folder, with its provenance
// beside it.
func (q *Request) writeClip(ctx context.Context, s *plan, res *Result) error {
	r := q.Recording
	root, err := r.Root()
	if err != nil {
		return err
	}
	name, err := q.FileName()
	if err != nil {
		return err
	}
	file := path.Join(layout.Clips, name)
	res.File = filepath.Join(r.Dir, filepath.FromSlash(file))
	p := q.provenance(s)
	p.File = name
	if old, err := readProvenance(root, file); err == nil && old.same(p) && intact(root, file, old) {
		res.Bytes, res.SHA256, res.Status = old.Bytes, old.SHA256, Done
		return q.writeCaptions(root, file, res)
	}
	if err := root.Mkdir(layout.Clips, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	r.Tidy(layout.Clips)
	if err := q.finishRemovals(); err != nil {
		return err
	}
	if err := q.checkCaptions(root, file); err != nil {
		return err
	}
	err = draw(ctx, root, file, q.Force, func() (func() error, error) { return q.putReplaced(name) }, s, res)
	if errors.Is(err, fs.ErrExist) {
		return recording.Problemf(Exists, NameTaken, "%s exists and is another clip", res.File)
	}
	if err != nil {
		return err
	}
	if err := q.writeCaptions(root, file, res); err != nil {
		return err
	}
	p.Bytes, p.SHA256 = res.Bytes, res.SHA256
	return p.write(root, file)
}

// intact reports whether a clip still is the file that its provenance tells
// of.
func intact(root *os.Root, file string, p *Provenance) bool {
	f, err := root.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return err == nil && n == p.Bytes && hex.EncodeToString(h.Sum(nil)) == p.SHA256
}

// draw writes a clip to the file name, which comes into being when all of it
// is there. With force aside makes room for it, and returns how to bring back
// what was there, or nil.
func draw(ctx context.Context, root *os.Root, name string, force bool, aside func() (back func() error, err error), s *plan, res *Result) error {
	d, err := durable.Create(root, name)
	if err != nil {
		return err
	}
	defer d.Discard()
	out := newCounter(d)
	if err := s.write(ctx, out); err != nil {
		return err
	}
	out.fill(res)
	if d.Same(name) {
		res.Status = Done
		return nil
	}
	var back func() error
	if force {
		if err := d.Sync(); err != nil { // before anything moves
			return err
		}
		if back, err = aside(); err != nil {
			return err
		}
	}
	if err := d.Commit(force); err != nil {
		if back != nil {
			err = errors.Join(err, back())
		}
		return err
	}
	return durable.SyncDir(root, path.Dir(name))
}

// A counter counts and hashes what goes through it.
type counter struct {
	w io.Writer
	h hash.Hash
	n int64
}

func newCounter(w io.Writer) *counter { return &counter{w: w, h: sha256.New()} }

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.h.Write(p[:n])
	c.n += int64(n)
	return n, err
}

func (c *counter) fill(res *Result) {
	res.Bytes, res.SHA256 = c.n, hex.EncodeToString(c.h.Sum(nil))
}

// spanText names a span inside a file: "first sample-sample after it@rate".
func spanText(r *recording.Recording, s recording.Span) string {
	return fmt.Sprintf("%d-%d@%d", s.Start, s.End(), r.Rate)
}

// wallSpan is the wall clock of a span's first sample and of its end.
func wallSpan(r *recording.Recording, s recording.Span) (from, to space.Time) {
	from, to = r.Wall(s.Start), r.Wall(s.End()-1)
	if !to.IsZero() {
		to.Time = to.Add(r.Time(1))
	}
	return from, to
}

// split divides the path of an output file into an opened folder and a name
// in it. The folder must exist.
func split(file string) (*os.Root, string, error) {
	dir, name := filepath.Split(file)
	if dir == "" {
		dir = "."
	}
	root, err := os.OpenRoot(dir)
	return root, name, err
}
