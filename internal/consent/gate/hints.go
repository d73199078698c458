package gate

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/proof"
)

// maxRecord is how large the record of a clip or an episode can be.
const maxRecord = 64 << 20

// inName finds what can be the id of a Space in a name.
var inName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[0-9A-Za-z]{10,16}`)
})

// hints are what a file seems to be by what is said of it: by its tags, the
// record that lies beside it, and its name and place.
func (g *Gate) hints(name string) ([]Use, error) {
	var list []Use
	beside, err := recordBeside(name)
	if err != nil {
		return nil, err
	}
	list = append(list, beside...)
	said, err := proof.ClaimOf(name)
	if err == nil {
		said.Recording = strings.Trim(said.Recording, "\x00 ")
	}
	switch {
	case errors.Is(err, proof.ErrUnknown):
	case err != nil:
		return nil, err
	case said.End > said.Start:
		list = append(list, Use{Recording: said.Recording, Clip: true, Parts: []space.Stretch{{Start: said.Start, End: said.End}}})
	default:
		list = append(list, Use{Recording: said.Recording})
	}
	named, err := g.named(name)
	if err != nil {
		return nil, err
	}
	for _, u := range named {
		if !has(list, u.Recording) {
			list = append(list, u)
		}
	}
	return list, nil
}

func has(list []Use, id string) bool {
	for _, u := range list {
		if u.Recording == id {
			return true
		}
	}
	return false
}

// recordBeside reads the record of a clip or an episode beside a file.
func recordBeside(name string) ([]Use, error) {
	info, err := os.Stat(name + ".json")
	if errors.Is(err, fs.ErrNotExist) || err == nil && (info.Size() > maxRecord || !info.Mode().IsRegular()) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(name + ".json")
	if err != nil {
		return nil, err
	}
	var c clip.Provenance
	if json.Unmarshal(b, &c) == nil && c.Recording != "" {
		return []Use{OfClip(&c)}, nil
	}
	var e episode.Record
	if json.Unmarshal(b, &e) == nil && e.ID != "" {
		return []Use{OfEpisode(&e)}, nil
	}
	return nil, nil
}

// named finds the recordings of the library whose ids stand in the name of a
// file, or in those of its folders inside the library.
func (g *Gate) named(name string) ([]Use, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return nil, err
	}
	where := filepath.Base(abs)
	if rel, err := filepath.Rel(g.o.Library.Dir(), abs); err == nil && filepath.IsLocal(rel) {
		where = rel
	}
	var list []Use
	for _, id := range inName().FindAllString(strings.ReplaceAll(where, "_", " "), -1) {
		_, err := g.voices(id)
		switch {
		case isUnknown(err) || has(list, id):
		case err != nil:
			return nil, err
		default:
			list = append(list, Use{Recording: id})
		}
	}
	return list, nil
}
