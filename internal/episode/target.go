package episode

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/episode/cover"
)

// A target is where an episode goes: the audio, its record, and what else
// stands beside it.
type target struct {
	root *os.Root
	file string
	path string // of the audio
}

// beside returns the name of another file of the episode.
func (t *target) beside(ext string) string {
	return strings.TrimSuffix(t.file, filepath.Ext(t.file)) + ext
}

// standing returns the record of the episode if it is there and up to date. If
// what is there is something else, it must not be replaced without force.
func (t *target) standing(want *Record, force bool) (*Record, error) {
	old, err := t.record()
	switch {
	case err == nil && old.File == t.file && old.ID == want.ID:
		if reflect.DeepEqual(old.Settings, want.Settings) && reflect.DeepEqual(old.Source, want.Source) && reflect.DeepEqual(old.Kept, want.Kept) &&
			reflect.DeepEqual(old.Chapters, want.Chapters) && t.intact(old) {
			return old, nil
		}
		return nil, nil // its own episode, made in another way
	case force:
		return nil, nil
	case err == nil:
		return nil, problem(Exists, "--force replaces it; or give this one another name with --name", "%s belongs to the episode %s of %s", filepath.Join(filepath.Dir(t.path), t.beside(".json")), old.File, old.ID)
	}
	for _, name := range []string{t.file, t.beside(".json")} {
		if _, err := t.root.Lstat(name); err == nil {
			return nil, problem(Exists, "--force replaces it; or give this one another name with --name", "%s is there already, and is no episode of this Space", filepath.Join(filepath.Dir(t.path), name))
		}
	}
	return nil, nil
}

func (t *target) record() (*Record, error) {
	b, err := t.root.ReadFile(t.beside(".json"))
	if err != nil {
		return nil, err
	}
	rec := new(Record)
	if err := json.Unmarshal(b, rec); err != nil {
		return nil, err
	}
	if rec.Schema != clip.Schema || rec.ID == "" {
		return nil, errors.New("no record of an episode")
	}
	return rec, nil
}

// intact reports whether all files of an episode are there, the audio as it
// was written.
func (t *target) intact(rec *Record) bool {
	for _, name := range []string{rec.Cover, rec.ChapterFile, rec.Notes} {
		if name != "" {
			if _, err := t.root.Stat(name); err != nil {
				return false
			}
		}
	}
	f, err := t.root.Open(t.file)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return err == nil && n == rec.Bytes && hex.EncodeToString(h.Sum(nil)) == rec.SHA256
}

// commit gives the audio its name and writes what stands beside it; the record
// comes last, so that an episode without one was not finished.
func (t *target) commit(draft *clip.Draft, e *export) error {
	if len(e.Cover) > 0 {
		picture, err := cover.Check(e.Cover)
		if err != nil {
			return err
		}
		e.rec.Cover = t.beside(picture.Ext)
		if err := t.write(e.rec.Cover, e.Cover); err != nil {
			return err
		}
	}
	if len(e.rec.Chapters) > 0 {
		e.rec.ChapterFile = t.beside(".chapters.json")
		var b bytes.Buffer
		if err := chapters.WriteJSON(&b, e.chapters()); err != nil {
			return err
		}
		if err := t.write(e.rec.ChapterFile, b.Bytes()); err != nil {
			return err
		}
	}
	e.rec.Notes = t.beside(".notes.md")
	if err := t.write(e.rec.Notes, []byte(notes(&e.rec))); err != nil {
		return err
	}
	if err := t.root.Remove(t.beside(".json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := draft.Commit(true); err != nil {
		return err
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(&e.rec); err != nil {
		return err
	}
	if err := t.write(t.beside(".json"), b.Bytes()); err != nil {
		return err
	}
	return clip.SyncDir(t.root, ".")
}

func (t *target) write(name string, b []byte) error {
	d, err := clip.NewDraft(t.root, name)
	if err != nil {
		return err
	}
	defer d.Discard()
	if _, err := d.Write(b); err != nil {
		return err
	}
	return d.Commit(true)
}
