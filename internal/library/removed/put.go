package removed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// Put moves what a record names out of its folder. Files that are not there are
// left out of the record.
func (s Store) Put(r Record) (*Item, error) {
	r.Schema = space.Schema
	if err := s.mkdir(layout.Removed, false); err != nil {
		return nil, err
	}
	if r.Kind != Space {
		r.Bytes = 0
		there := []File{}
		for _, f := range r.Files {
			info, err := s.Root.Lstat(f.Name)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			there = append(there, File{f.Name, info.Size()})
			r.Bytes += info.Size()
		}
		if r.Files = there; len(there) == 0 {
			return nil, fmt.Errorf("%s: %w", path.Join(r.Folder, r.Name), fs.ErrNotExist)
		}
	}
	it := &Item{Record: r}
	err := s.reserve(r.Name, func(place string) error {
		it.Place = place
		m := &moves{Keep: &r}
		if r.Kind == Space {
			m.Moves = []move{{From: r.Folder, To: layout.RemovedIn(place)}}
		}
		for _, f := range r.Files {
			if r.Kind != Space {
				m.Moves = append(m.Moves, move{From: f.Name, To: it.Here(f.Name)})
			}
		}
		return s.make(place, m)
	})
	if err != nil {
		return nil, err
	}
	return it, nil
}

// PutFrom moves the files of a record, which lie in another folder of the library
// than it says, to where Put would move them.
func (s Store) PutFrom(r Record, dir string) (*Item, error) {
	r.Schema = space.Schema
	if err := s.mkdir(layout.Removed, false); err != nil {
		return nil, err
	}
	r.Bytes = 0
	there := []File{}
	for _, f := range r.Files {
		info, err := s.Root.Lstat(path.Join(dir, path.Base(f.Name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		there = append(there, File{f.Name, info.Size()})
		r.Bytes += info.Size()
	}
	r.Files = there
	it := &Item{Record: r}
	err := s.reserve(r.Name, func(place string) error {
		it.Place = place
		m := &moves{Keep: &r}
		for _, f := range r.Files {
			m.Moves = append(m.Moves, move{From: path.Join(dir, path.Base(f.Name)), To: it.Here(f.Name)})
		}
		return s.make(place, m)
	})
	if err != nil {
		return nil, err
	}
	return it, nil
}

// Renamed says what the files of a clip or an episode are called once its audio
// has another name.
func Renamed(files []string, audio, name string) map[string]string {
	return renamed(files, audio, name)
}

// Reworded is JSON that names files, with their new names.
func Reworded(content []byte, names map[string]string) ([]byte, error) {
	words, err := rewording(names)
	if err != nil || words == nil {
		return content, err
	}
	return []byte(words.Replace(string(content))), nil
}

// taken reports whether a place is another item's.
func (s Store) taken(place string) bool {
	return s.exists(layout.RemovedIn(place)) || s.exists(layout.RemovedRecord(place)) || s.exists(layout.RemovedMoves(place))
}

// reserve calls fn with a place that is free: the name, or that with a number.
// If another program takes it meanwhile, fn returns fs.ErrExist and is called
// with the next.
func (s Store) reserve(name string, fn func(place string) error) error {
	for n := 1; n < 10000; n++ {
		place := name
		if n > 1 {
			place = fmt.Sprintf("%s (%d)", name, n)
		}
		if s.taken(place) {
			continue
		}
		err := fn(place)
		if errors.Is(err, fs.ErrExist) && s.taken(place) {
			continue
		}
		return err
	}
	return fmt.Errorf("too many folders named %s", path.Join(layout.Removed, name))
}

// Restore moves a Space back to a folder that is free, or the files of a clip or
// an episode into a folder that may have files of their names: then they get
// others. It returns the name of the Space's folder or of the audio.
func (s Store) Restore(it *Item, folder string) (name string, err error) {
	if it.Kind == Space {
		return path.Base(folder), s.make(it.Place, &moves{Moves: []move{{From: layout.RemovedIn(it.Place), To: folder}}})
	}
	name, to, err := s.free(it.Kind, it.names(), it.Name, folder)
	if err != nil {
		return "", err
	}
	list, err := s.list(layout.RemovedIn(it.Place), folder, it.names(), to)
	if err != nil {
		return "", err
	}
	return name, s.make(it.Place, &moves{Moves: list})
}

// names are those of its files, without the folder.
func (it *Item) names() []string {
	var list []string
	for _, f := range it.Files {
		list = append(list, path.Base(f.Name))
	}
	return list
}

// Move gives what lies at a place another one, of that name.
func (s Store) Move(it *Item, name string) error {
	return s.reserve(name, func(place string) error {
		m := &moves{Moves: []move{{From: layout.RemovedIn(it.Place), To: layout.RemovedIn(place)}}}
		if !it.Bare {
			b, err := space.Marshal(&it.Record)
			if err != nil {
				return err
			}
			m.Keep = &it.Record
			m.Moves = append(m.Moves, move{From: layout.RemovedRecord(it.Place), To: layout.RemovedRecord(place), Content: string(b)})
		}
		return s.make(place, m)
	})
}

// Rename gives files of a folder, which belong to one clip or episode, the names
// that follow from another one for the audio. The error is fs.ErrExist if one of
// them is another file's.
func (s Store) Rename(folder, audio, name string, files []string) error {
	to := renamed(files, audio, name)
	for _, was := range files {
		if to[was] != was && s.exists(path.Join(folder, to[was])) {
			return fmt.Errorf("%s: %w", path.Join(folder, to[was]), fs.ErrExist)
		}
	}
	list, err := s.list(folder, folder, files, to)
	if err != nil {
		return err
	}
	if err := s.mkdir(layout.Removed, false); err != nil {
		return err
	}
	return s.reserve(audio, func(place string) error { return s.make(place, &moves{Moves: list}) })
}

// free finds names that nothing in a folder has: those that the files had, or
// ones with a number.
func (s Store) free(kind Kind, files []string, audio, folder string) (name string, to map[string]string, err error) {
	number := " (%d)"
	if kind == Episode {
		number = "-%d" // its name is part of an address on the web
	}
	ext := path.Ext(audio)
	for n := 1; n < 10000; n++ {
		name = audio
		if n > 1 {
			name = strings.TrimSuffix(audio, ext) + fmt.Sprintf(number, n) + ext
		}
		to = renamed(files, audio, name)
		taken := false
		for was, is := range to {
			if n > 1 && is == was { // not called after the audio
				is = strings.TrimSuffix(was, path.Ext(was)) + fmt.Sprintf(number, n) + path.Ext(was)
				to[was] = is
			}
			taken = taken || s.exists(path.Join(folder, is))
		}
		if !taken {
			return name, to, nil
		}
	}
	return "", nil, fmt.Errorf("too many files named %s", path.Join(folder, audio))
}

// renamed says what the files of a clip or an episode are called once its audio
// has another name: those that are called after it follow.
func renamed(files []string, audio, name string) map[string]string {
	stem, to := strings.TrimSuffix(audio, path.Ext(audio)), strings.TrimSuffix(name, path.Ext(name))
	list := make(map[string]string)
	for _, was := range files {
		list[was] = was
		if rest, ok := strings.CutPrefix(was, audio); ok {
			list[was] = name + rest
		} else if rest, ok := strings.CutPrefix(was, stem+"."); ok {
			list[was] = to + "." + rest
		}
	}
	return list
}

// list makes the moves of files from one folder to another. JSON among them that
// names files gets their new names.
func (s Store) list(from, to string, files []string, names map[string]string) ([]move, error) {
	words, err := rewording(names)
	if err != nil {
		return nil, err
	}
	var list []move
	for _, was := range files {
		mv := move{From: path.Join(from, was), To: path.Join(to, names[was])}
		if mv.From == mv.To || !s.exists(mv.From) {
			continue
		}
		if path.Ext(was) == ".json" && words != nil {
			b, err := s.Root.ReadFile(mv.From)
			if err != nil {
				return nil, err
			}
			if is := words.Replace(string(b)); is != string(b) {
				mv.Content = is
			}
		}
		list = append(list, mv)
	}
	return list, nil
}

// rewording replaces names of files in JSON, or is nil if all stay.
func rewording(names map[string]string) (*strings.Replacer, error) {
	var pairs []string
	for was, is := range names {
		if was == is {
			continue
		}
		for _, name := range []string{was, is} {
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			if err := e.Encode(name); err != nil {
				return nil, err
			}
			pairs = append(pairs, strings.TrimSpace(b.String()))
		}
	}
	if len(pairs) == 0 {
		return nil, nil
	}
	return strings.NewReplacer(pairs...), nil
}
