package removed

import (
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"golang.org/x/text/cases"
)

// Latest is the word for what was removed last.
const Latest = "latest"

// Match returns what a word means of what was removed, the latest first: the
// name of an audio or a folder, the id of a Space or at least 4 characters of its
// beginning, or a part of a title or name. If the same thing was removed several
// times, that is the latest of it; its place (removed/...) means one only.
func Match(list []Item, word string) []Item {
	if word == Latest && len(list) > 0 {
		return list[:1]
	}
	if place, ok := strings.CutPrefix(word, layout.Removed+"/"); ok {
		for i := range list {
			if list[i].Place == place {
				return list[i : i+1]
			}
		}
	}
	fold := cases.Fold()
	part := fold.String(word)
	for _, means := range []func(it *Item) bool{
		func(it *Item) bool { return it.Place == word || it.Name == word },
		func(it *Item) bool { return it.Kind == Space && it.ID == word },
		func(it *Item) bool {
			return it.Kind == Space && len(word) >= 4 && strings.HasPrefix(strings.ToLower(it.ID), strings.ToLower(word))
		},
		func(it *Item) bool { return it.ID == word || strings.TrimSuffix(it.Name, path.Ext(it.Name)) == word },
		func(it *Item) bool {
			return part != "" && (strings.Contains(fold.String(it.Title), part) || strings.Contains(fold.String(it.Name), part))
		},
	} {
		type thing struct {
			kind     Kind
			id, name string
		}
		seen := make(map[thing]bool)
		var found []Item
		for _, it := range list {
			t := thing{it.Kind, it.ID, it.Name}
			if it.Kind == Space {
				t.name = ""
			}
			if means(&it) && (!seen[t] || it.Place == word && it.Name != word) {
				seen[t] = true
				found = append(found, it)
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}
