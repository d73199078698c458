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
	"strings"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/space"
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

// recordName is the name of the episode's record. It has that of the format in
// it, so that a Space can have an episode of each.
func (t *target) recordName() string { return t.file + recordExt }

const recordExt = ".json"

// maxRecord bounds a record that is read.
const maxRecord = 64 << 20

// record returns that of the episode which has the target's name: as it is
// called today, or as it used to be.
func (t *target) record() (*Record, error) {
	rec, err := t.read(t.recordName())
	if err == nil {
		return rec, nil
	}
	if old, oerr := t.read(t.beside(recordExt)); oerr == nil && old.File == t.file {
		return old, nil
	}
	return nil, err
}

func (t *target) read(name string) (*Record, error) {
	info, err := t.root.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxRecord {
		return nil, errors.New("not the record of an episode")
	}
	b, err := t.root.ReadFile(name)
	if err != nil {
		return nil, err
	}
	rec := new(Record)
	if err := json.Unmarshal(b, rec); err != nil {
		return nil, err
	}
	if rec.Schema != clip.Schema || rec.ID == "" {
		return nil, errors.New("not the record of an episode")
	}
	return rec, nil
}

// intact reports whether all files of an episode are there, the audio as it
// was written.
func (t *target) intact(rec *Record) bool {
	for _, name := range rec.besides() {
		if _, err := t.root.Stat(name); err != nil {
			return false
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

// commit writes what stands beside the audio, gives the audio its name and
// writes the record. Until that is there the one that was there before, if
// any, says of a file that it is not this one: the episode is made again. In
// the library an episode that is replaced can be restored.
func (t *target) commit(d *durable.File, e *export) error {
	if err := d.Sync(); err != nil { // before anything moves
		return err
	}
	b, err := space.Marshal(&e.rec)
	if err != nil {
		return err
	}
	var earlier *removed.Item
	if !t.begun(b) {
		if earlier, err = e.putReplaced(t); err != nil {
			return err
		}
	}
	if err = t.put(d, e, b); err != nil && earlier != nil {
		store := removed.Store{Root: e.Library.Root()}
		_, back := store.Restore(earlier, earlier.Folder)
		err = errors.Join(err, back)
	}
	return err
}

// begun reports whether all that is there of an episode is what an export with this
// record had written when it was killed: the record, but not the audio.
func (t *target) begun(record []byte) bool {
	there, err := t.root.ReadFile(t.recordName())
	if err != nil || !bytes.Equal(there, record) {
		return false
	}
	_, err = t.root.Lstat(t.file)
	return errors.Is(err, fs.ErrNotExist)
}

// put gives all files of an episode their names.
func (t *target) put(d *durable.File, e *export, b []byte) error {
	for _, s := range e.besides {
		if err := t.write(s.name, s.content); err != nil {
			return err
		}
	}
	record := func() error { return t.write(t.recordName(), b) }
	audio := func() error { return d.Commit(true) }
	if _, err := t.root.Lstat(t.file); errors.Is(err, fs.ErrNotExist) {
		// Audio without a record would be in the way of the next try; a record
		// without audio is not.
		if err := record(); err != nil {
			return err
		}
		if err := audio(); err != nil {
			return errors.Join(err, durable.Remove(t.root, t.recordName()))
		}
	} else if err := audio(); err != nil {
		return err
	} else if err := record(); err != nil {
		return err
	}
	if old, err := t.read(t.beside(recordExt)); err == nil && old.File == t.file {
		if err := durable.Remove(t.root, t.beside(recordExt)); err != nil {
			return err
		}
	}
	return durable.SyncDir(t.root, ".")
}

func (t *target) write(name string, b []byte) error {
	d, err := durable.Create(t.root, name)
	if err != nil {
		return err
	}
	defer d.Discard()
	if _, err := d.Write(b); err != nil {
		return err
	}
	return d.Commit(true)
}
