package studio

import (
	"context"
	"errors"
	"net/http"
	"path"
	"slices"

	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/removed"
	"github.com/spaces-cli/spaces/internal/library/said"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A removedItem is something that can be brought back.
type removedItem struct {
	Place     string       `json:"place"` // names it in requests
	Kind      removed.Kind `json:"kind"`
	ID        string       `json:"id"` // of the Space
	Title     string       `json:"title"`
	Name      string       `json:"name"` // of the Space's folder or of the file
	Bytes     int64        `json:"bytes"`
	RemovedAt space.Time   `json:"removed_at"`
	// KeptUntil is null if nobody knows when it was removed: then it stays.
	KeptUntil space.Time `json:"kept_until"`
}

func newRemovedItem(it *removed.Item) removedItem {
	v := removedItem{Place: it.Place, Kind: it.Kind, ID: it.ID, Title: it.Title, Name: it.Name, Bytes: it.Bytes, RemovedAt: it.RemovedAt}
	if since := it.Since(); !since.IsZero() {
		v.KeptUntil = space.Time{Time: since.Add(library.KeepRemoved)}
	}
	return v
}

// listRemoved answers with what can be brought back, the latest first.
func (s *Server) listRemoved(w http.ResponseWriter, r *http.Request) {
	list := []removedItem{}
	lib, release, err := s.library.take(r.Context())
	if errors.Is(err, library.ErrNoLibrary) {
		answer(w, list, nil)
		return
	}
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	items, err := lib.Removed()
	for _, it := range items {
		list = append(list, newRemovedItem(&it))
	}
	answer(w, list, err)
}

// removeRecording moves a Space, with its clips and episodes, to what can be
// restored: {}. It refuses while a task works on it.
func (s *Server) removeRecording(w http.ResponseWriter, r *http.Request) {
	if err := body(r, new(struct{})); err != nil {
		answer(w, nil, err)
		return
	}
	id := r.PathValue("id")
	if s.tasks.workOn(id) {
		answer(w, nil, newProblem(http.StatusConflict, "in-use", "a task is working on this recording", "Try again when it has finished"))
		return
	}
	s.waves.drop(id) // Windows moves no folder in which a file is open
	// A change that has begun is finished, whether or not the page waits.
	ctx := context.WithoutCancel(r.Context())
	var v removedItem
	err := s.library.write(ctx, func(lib *library.Library) error {
		done, err := lib.Remove(ctx, id, false, by)
		if err != nil {
			return err
		}
		it, err := lib.Store().Find(done.Place)
		if err == nil {
			v = newRemovedItem(it)
		}
		return err
	})
	answer(w, v, err)
}

// A restored is what was brought back.
type restored struct {
	Kind    removed.Kind `json:"kind"`
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Renamed bool         `json:"renamed"` // something else had its name
}

// restoreRemoved brings back what was removed, as a task: {"place"}. A Space
// whose file to play an earlier program deleted gets one again, which takes long.
func (s *Server) restoreRemoved(w http.ResponseWriter, r *http.Request) {
	var q struct{ Place string }
	if err := body(r, &q); err != nil {
		answer(w, nil, err)
		return
	}
	s.run(w, r, "restore "+q.Place, func(ctx context.Context, t *task) (v any, err error) {
		err = s.library.write(ctx, func(lib *library.Library) error {
			items, err := lib.Removed()
			if err != nil {
				return err
			}
			i := slices.IndexFunc(items, func(it removed.Item) bool { return it.Place == q.Place })
			if i < 0 {
				return newProblem(http.StatusNotFound, "not-removed", "this was restored before, or deleted permanently", "Reload the page")
			}
			it := &items[i]
			// What has begun is finished, whether or not somebody stops the task.
			got, err := said.Restore(context.WithoutCancel(ctx), lib, it)
			if err != nil {
				return err
			}
			v = restored{it.Kind, it.ID, got.Name, got.Name != path.Base(it.Name)}
			if got.Bare {
				return intake.Remake(ctx, lib, it.ID, t)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		return v, nil
	})
}
