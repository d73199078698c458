package removed

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A list of moves is what one change consists of:
//
//	removed/<place>.moves.json   on the medium, before the first move
//	each file or folder          renamed, or written anew with other words
//	removed/<place>.json         the record of what lies there now, or nothing
//
// and then the list goes. Whoever finds a list that nobody holds makes the moves
// that are missing. A move that cannot be made takes those before it back.
type moves struct {
	Schema int    `json:"schema"`
	Moves  []move `json:"moves"`
	// Keep is the record of what lies at the place then; without it nothing
	// does.
	Keep *Record `json:"keep,omitempty"`
}

// A move gives a file or folder another name.
type move struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Content is what the file holds then, if that changes: it names other
	// files.
	Content string `json:"content,omitempty"`
}

// errHeld means that another program is making the moves.
var errHeld = errors.New("another program is moving it")

// make writes the list of moves and makes them.
func (s Store) make(place string, m *moves) error {
	m.Schema = space.Schema
	b, err := space.Marshal(m)
	if err != nil {
		return err
	}
	name := layout.RemovedMoves(place)
	d, err := s.options().Create(s.Root, name)
	if err != nil {
		return err
	}
	if _, err = d.Write(b); err == nil {
		err = d.Commit(false)
	}
	if err != nil {
		d.Discard()
		return err
	}
	if err := s.options().SyncDir(s.Root, layout.Removed); err != nil {
		return errors.Join(err, s.remove(name))
	}
	return s.finishOwn(place, m)
}

// How long another program may hold a list that this one wrote, and how often this
// one looks.
const (
	heldFor   = 30 * time.Second
	heldPause = 10 * time.Millisecond
)

// finishOwn makes the moves of a list that this program wrote. Another program
// may find the list first and make them. A program that is being started has
// copies of all open files for an instant, and holds their locks.
func (s Store) finishOwn(place string, m *moves) error {
	end := time.Now().Add(heldFor)
	err := s.finish(place)
	for ; errors.Is(err, errHeld) && time.Now().Before(end); err = s.finish(place) {
		time.Sleep(heldPause)
	}
	if err != nil {
		return err
	}
	for _, mv := range m.Moves {
		if !s.exists(mv.To) { // the other program has taken the moves back
			return fmt.Errorf("%s could not be moved to %s: %w", mv.From, mv.To, fs.ErrNotExist)
		}
	}
	return nil
}

// Finish makes the moves that killed programs have left to be made, and reports
// whether there were any. Folders of Spaces are moved only if spaces is set: the
// caller holds the library's lock then.
func (s Store) Finish(spaces bool) (found bool, err error) {
	entries, err := s.entries()
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if durable.IsDraft(e.Name()) { // of a list or a record, if its program was killed
			if _, err := durable.Sweep(s.Root, path.Join(layout.Removed, e.Name())); err != nil {
				return found, err
			}
			continue
		}
		place, ok := layout.MovesOfRemoved(e.Name())
		if !ok {
			continue
		}
		var m moves
		name := layout.RemovedMoves(place)
		if err := s.read(name, &m); err != nil {
			if err := s.skip(name, err); err != nil {
				return found, err
			}
			continue
		}
		if m.ofSpace() && !spaces {
			continue
		}
		switch err := s.finish(place); {
		case errors.Is(err, errHeld):
		case err != nil:
			return found, err
		default:
			found = true
		}
	}
	return found, nil
}

// Moving reports whether there are moves to be made, but for those in lists that
// cannot be read: nobody will ever make them.
func (s Store) Moving() (bool, error) {
	entries, err := s.entries()
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if place, ok := layout.MovesOfRemoved(e.Name()); ok && s.read(layout.RemovedMoves(place), new(moves)) == nil {
			return true, nil
		}
	}
	return false, nil
}

// Damaged returns what is wrong with the list of moves of a place: then nobody
// can tell where its files are to go. They are where the killed program left them.
func (s Store) Damaged(place string) error {
	err := s.read(layout.RemovedMoves(place), new(moves))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// ofSpace reports whether a folder of a Space is moved.
func (m *moves) ofSpace() bool {
	for _, mv := range m.Moves {
		if path.Dir(mv.From) == layout.Removed || path.Dir(mv.To) == layout.Removed {
			return true
		}
	}
	return false
}

// finish makes the moves of a list. If one cannot be made, the others are taken
// back, as far as that is possible.
func (s Store) finish(place string) error {
	name := layout.RemovedMoves(place)
	f, err := s.Root.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // somebody has finished it
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if err := flock.Own(f); errors.Is(err, flock.ErrHeld) {
		return errHeld
	}
	var m moves
	if err := s.read(name, &m); errors.Is(err, fs.ErrNotExist) {
		return nil // in the moment before it was locked
	} else if err != nil {
		return err
	}
	if err := s.rename(&m); err != nil {
		if s.takeBack(place, &m) == nil {
			s.close(f, name)
		}
		return err
	}
	for _, mv := range m.Moves {
		if mv.Content != "" {
			if err := s.remove(mv.From); err != nil {
				return err
			}
		}
	}
	if err := s.settle(place, m.Keep); err != nil {
		return err
	}
	return s.close(f, name)
}

// close removes a list that is done with.
func (s Store) close(f *os.File, name string) error {
	if runtime.GOOS == "windows" { // nothing that is open is removed there
		f.Close()
	}
	return s.remove(name)
}

// rename makes the moves, but for the removal of what was written anew.
func (s Store) rename(m *moves) error {
	for _, mv := range m.Moves {
		if !s.exists(mv.From) {
			if !s.exists(mv.To) {
				return fmt.Errorf("%s is missing", mv.From)
			}
			continue // moved before
		}
		if s.exists(mv.To) && (mv.Content == "" || !s.wrote(&mv)) {
			return fmt.Errorf("%s: %w", mv.To, fs.ErrExist)
		}
		// The folder of a year may be gone; that of a Space is not made for a
		// clip alone.
		if err := s.mkdir(path.Dir(mv.To), m.ofSpace()); err != nil {
			return err
		}
		var err error
		if mv.Content != "" {
			err = s.rewrite(&mv)
		} else {
			err = s.options().Replace(s.Root, mv.From, mv.To)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rewrite writes a file anew under its other name. It keeps its time: feeds tell
// by that of a record which of several episodes was made last.
func (s Store) rewrite(mv *move) error {
	info, err := s.Root.Stat(mv.From)
	if err != nil {
		return err
	}
	d, err := s.options().Create(s.Root, mv.To)
	if err != nil {
		return err
	}
	d.SetModified(info.ModTime())
	if _, err = d.Write([]byte(mv.Content)); err == nil {
		err = d.Commit(true)
	}
	if err != nil {
		d.Discard()
		return err
	}
	return s.options().SyncDir(s.Root, path.Dir(mv.To))
}

// wrote reports whether a file that is written anew has been.
func (s Store) wrote(mv *move) bool {
	b, err := s.Root.ReadFile(mv.To)
	return err == nil && string(b) == mv.Content
}

// takeBack undoes what rename has done.
func (s Store) takeBack(place string, m *moves) error {
	for i := len(m.Moves) - 1; i >= 0; i-- {
		mv := m.Moves[i]
		var err error
		switch {
		case !s.exists(mv.To):
		case !s.exists(mv.From):
			err = s.options().Replace(s.Root, mv.To, mv.From)
		case mv.Content != "" && s.wrote(&mv):
			err = s.remove(mv.To)
		}
		if err != nil {
			return err
		}
	}
	if m.Keep != nil {
		return s.removeEmpty(layout.RemovedIn(place)) // the folder that was made for it
	}
	return nil
}

// removeEmpty removes a folder. What somebody else has put into it stays, with
// the folder.
func (s Store) removeEmpty(name string) error {
	if left, err := fs.ReadDir(s.Root.FS(), name); err != nil || len(left) > 0 {
		return nil
	}
	return s.remove(name)
}

// settle writes the record of what lies at a place, or clears the place.
func (s Store) settle(place string, keep *Record) error {
	name := layout.RemovedRecord(place)
	if keep == nil {
		if err := s.removeEmpty(layout.RemovedIn(place)); err != nil {
			return err
		}
		if !s.exists(name) {
			return nil
		}
		return s.remove(name)
	}
	b, err := space.Marshal(keep)
	if err != nil {
		return err
	}
	return s.options().WriteFile(s.Root, name, b)
}
