package transcribe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/transcript"
	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

// Work lies in the library's .transcribing/ID: a lock, a folder for each way in
// which the recording is being transcribed, and while an engine works the pieces
// that it hears. It needs no lock of the library, and no import moves it.

const (
	lockName = layout.TranscribingLock
	// scratch is the folder of the pieces, and of what engines write beside them.
	scratch = "sound"
	// maxResult bounds the file of a result that is read.
	maxResult = 2 * engine.MaxOutput
)

// A work is the folder of a job. Its lock is held.
type work struct {
	root *os.Root // of the library
	lock *os.File
	home string // of the recording
	dir  string // of this way to transcribe it
}

// A heard is what an engine heard in a piece, as it is kept until all are done.
type heard struct {
	Schema   int              `json:"schema"`
	Raw      string           `json:"raw"` // file with the engine's output
	Language string           `json:"language"`
	Cues     []transcript.Cue `json:"cues"`
	Mended   int              `json:"mended"`
	PastEnd  int              `json:"past_end"`
	Repeated int              `json:"repeated"`
	Garbled  int              `json:"garbled"`
}

// open takes the folder of the job, and removes the sound that a killed run has
// left in it.
func (j *Job) open(plan []piece) (*work, error) {
	root := j.Library.Root()
	w := &work{root: root, home: layout.TranscribingOf(j.Recording.Space.ID)}
	w.dir = path.Join(w.home, j.key(plan))
	var err error
	if w.lock, err = lock(root, w.home); err != nil {
		if errors.Is(err, flock.ErrHeld) {
			err = fmt.Errorf("%s: %w", j.Recording.Space.ID, ErrBusy)
		}
		return nil, err
	}
	durable.SweepDir(root, w.dir)
	err = durable.RemoveAll(root, path.Join(w.home, scratch))
	if err == nil {
		err = root.MkdirAll(path.Join(w.home, scratch), 0o700)
	}
	if err == nil {
		err = root.MkdirAll(w.dir, 0o755)
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// key names a way to transcribe a recording: another engine, model, language,
// or other sound make other results.
func (j *Job) key(plan []piece) string {
	h := sha256.New()
	fmt.Fprintf(h, "1 %q %q %q %q %q %q\n", j.Name.Name, j.Name.Version, j.Name.Model, j.Setup, j.Language, j.Prompt)
	for _, p := range j.Recording.Space.Pieces {
		fmt.Fprintln(h, p.SHA256)
	}
	for _, s := range j.Mute {
		fmt.Fprintln(h, "mute", s.Start, s.Samples)
	}
	for _, p := range plan {
		fmt.Fprintln(h, p.span.Start, p.span.Samples)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// lock takes the lock of a folder, which it makes if need be.
func lock(root *os.Root, home string) (*os.File, error) {
	name := path.Join(home, lockName)
	for {
		if err := root.MkdirAll(home, 0o755); err != nil {
			return nil, err
		}
		f, err := root.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o644)
		if errors.Is(err, fs.ErrNotExist) {
			continue // whoever had the lock has removed the folder
		}
		if err != nil {
			return nil, err
		}
		if err := flock.Try(f); err != nil {
			f.Close()
			return nil, err
		}
		mine, err := f.Stat()
		if there, err2 := root.Stat(name); err == nil && err2 == nil && os.SameFile(mine, there) {
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, err
		}
	}
}

// Close lets go of the folder, and removes the sound in it; all of it, if nothing
// was done.
func (w *work) Close() error {
	err := durable.RemoveAll(w.root, path.Join(w.home, scratch))
	w.root.Remove(w.dir) // unless something is in it
	entries, readErr := fs.ReadDir(w.root.FS(), w.home)
	if errors.Is(readErr, fs.ErrNotExist) { // somebody has removed it
		readErr = nil
	}
	if err != nil || readErr != nil || len(entries) > 1 {
		return errors.Join(err, readErr, w.lock.Close())
	}
	return w.leave()
}

// Remove removes all work on the recording and lets go of it: its words are kept
// elsewhere.
func (w *work) Remove() error {
	entries, err := fs.ReadDir(w.root.FS(), w.home)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, w.lock.Close())
	}
	err = nil
	for _, e := range entries {
		if e.Name() != lockName {
			err = errors.Join(err, durable.RemoveAll(w.root, path.Join(w.home, e.Name())))
		}
	}
	return errors.Join(err, w.leave())
}

// leave removes the lock and lets go of it.
func (w *work) leave() error {
	// Where an open file cannot be removed, it goes after the lock; whoever has
	// taken that meanwhile finds that out.
	removed := w.root.Remove(path.Join(w.home, lockName))
	err := w.lock.Close()
	if removed != nil {
		if removed = durable.Remove(w.root, path.Join(w.home, lockName)); !errors.Is(removed, fs.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}
	// Another run may begin meanwhile: then the folders are not empty.
	w.root.Remove(w.home)
	w.root.Remove(path.Dir(w.home))
	return err
}

func resultName(i int) string { return fmt.Sprintf("%04d.heard.json", i+1) }

// load returns what an earlier run has kept of a piece, or nil.
func (w *work) load(i int) (*heard, error) {
	name := path.Join(w.dir, resultName(i))
	h := new(heard)
	err := durable.ReadJSON(w.root, name, maxResult, h)
	if err == nil && h.Raw != "" {
		_, err = w.root.Stat(path.Join(w.dir, h.Raw))
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil || h.Schema != space.Schema:
		return nil, durable.Remove(w.root, name) // it is made again
	}
	return h, nil
}

// save keeps what an engine heard in a piece: its output, then what was made of
// it, which says that the piece is done.
func (w *work) save(i int, r *engine.Result) (*heard, error) {
	h := &heard{Schema: space.Schema, Language: r.Language, Cues: r.Cues, Mended: r.Mended, PastEnd: r.PastEnd, Repeated: r.Repeated, Garbled: r.Garbled}
	if len(r.Raw) > 0 {
		ext := "txt"
		if r.Format != "" {
			ext = string(r.Format)
		}
		h.Raw = fmt.Sprintf("%04d.%s", i+1, ext)
		if err := durable.WriteFile(w.root, path.Join(w.dir, h.Raw), r.Raw); err != nil {
			return nil, err
		}
	}
	b, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	return h, durable.WriteFile(w.root, path.Join(w.dir, resultName(i)), b)
}

// piece has the engine recognize a piece, and keeps the result.
func (j *Job) piece(ctx context.Context, w *work, i int, p piece) (*heard, error) {
	dir := filepath.Join(j.Library.Path(w.home), scratch, fmt.Sprintf("%04d", i+1))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "piece.wav")
	seconds, err := j.write(ctx, name, p.span)
	if err != nil {
		return nil, err
	}
	r, err := j.Engine.Recognize(ctx, engine.Piece{
		Audio: name, Length: seconds, Language: j.Language, Prompt: j.Prompt, Timeout: j.Timeout,
	})
	if err != nil {
		return nil, err
	}
	return w.save(i, r)
}

// write writes a piece as engines take it, and returns how long it is. What
// must not be heard is not decoded: silence stands in its place.
func (j *Job) write(ctx context.Context, name string, span recording.Span) (time.Duration, error) {
	muted := recording.Omission{Spans: j.Mute, Mute: true}
	list := muted.Sections([]recording.Section{{Span: span}})
	mono := pcm.Format{SampleRate: engine.Rate, Channels: 1}
	samples := j.Recording.SectionsLength(list, engine.Rate)
	src := j.Recording.ReadSections(ctx, list, mono, len(list) > 1, func(int64) {})
	defer src.Close()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	err = encode.WAV(ctx, f, encode.Sound{Reader: src, Samples: samples, Bits: 16}, encode.Options{})
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	return time.Duration(samples) * time.Second / engine.Rate, nil
}
