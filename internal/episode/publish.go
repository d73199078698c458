package episode

import (
	"fmt"
	"os"
	"path"
)

// SetPublished writes into an episode's record, which has a name below a folder,
// whether the episode enters the feed. The record keeps its time, by which feeds
// tell the latest of several episodes.
func SetPublished(folder *os.Root, name string, published bool) error {
	root, err := folder.OpenRoot(path.Dir(name))
	if err != nil {
		return err
	}
	defer root.Close()
	t := &target{root: root}
	rec, err := t.read(path.Base(name))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if rec.Published != nil && *rec.Published == published {
		return nil
	}
	rec.Published = &published
	return t.rewrite(path.Base(name), rec)
}

// inherit carries over what a record that is replaced says of publishing: the
// episode is made anew, and stays where it stands.
func (t *target) inherit(rec *Record) {
	if old, err := t.record(); err == nil && old.File == t.file && old.ID == rec.ID && old.IsPublished() {
		yes := true
		rec.Published = &yes
	}
}
