package clip

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"os"
	"slices"

	"github.com/spaces-cli/spaces/internal/library/layout"
)

// List returns the clips that lie in the folder "clips" of the recording
// whose folder is dir, in the order in which they begin. Files there that are
// no provenance of a clip are passed over: the folder is the host's.
func List(dir string) ([]Provenance, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	names, err := fs.Glob(root.FS(), layout.Clips+"/*.json")
	if err != nil {
		return nil, err
	}
	var list []Provenance
	for _, name := range names {
		b, err := root.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var p Provenance
		if json.Unmarshal(b, &p) == nil && p.Schema == Schema && p.File != "" && p.Samples > 0 {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b Provenance) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Samples, b.Samples))
	})
	return list, nil
}
