package intake

import (
	"encoding/json"
	"strings"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/erase"
	"github.com/spaces-cli/spaces/internal/library/forgotten"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A forgottenFilter keeps the names of people who were forgotten out of what is taken
// in. The sound is kept: in its turns they are somebody who was forgotten, and
// has not agreed to anything.
type forgottenFilter struct {
	list   *forgotten.List
	eraser *erase.Eraser
	// What an archive tells of the names of those people besides.
	handles, ids map[string]bool
}

// newForgottenFilter returns that of a library, which need not exist.
func newForgottenFilter(l *library.Library) (*forgottenFilter, error) {
	w := &forgottenFilter{list: new(forgotten.List), handles: make(map[string]bool), ids: make(map[string]bool)}
	if l != nil {
		var err error
		if w.list, err = forgotten.Load(l.Root()); err != nil {
			return nil, err
		}
	}
	w.eraser = erase.Matching(
		func(handle string) bool { return w.handles[handle] || w.list.HasHandle(handle) },
		func(id string) bool { return w.ids[id] || w.list.HasID(id) })
	return w, nil
}

// learn notes that an id and a handle are one person's: whoever was forgotten by
// one of them is not to come back by the other.
func (w *forgottenFilter) learn(id, handle string) {
	handle = strings.ToLower(strings.TrimPrefix(handle, "@"))
	if id == "" || handle == "" || w.list.Empty() {
		return
	}
	if _, ok := w.list.At(handle, id); ok {
		w.ids[id], w.handles[handle] = true, true
	}
}

// item takes the names out of all that is said of a Space.
func (w *forgottenFilter) item(it *item) {
	if w.list.Empty() {
		return
	}
	e := w.eraser
	names := make(map[string]string)
	for id, h := range it.names {
		w.learn(id, h)
	}
	if it.sidecar != nil {
		for _, p := range append([]archive.Participant{it.sidecar.Host}, it.sidecar.Participants...) {
			w.learn(p.UserID, p.Handle)
		}
	}
	for id, h := range it.names {
		names[e.Field(id)] = e.Field(h)
	}
	it.names = names
	it.account = w.person(it.account)
	it.title, it.fileTitle = e.Text(it.title), e.Text(it.fileTitle)
	if it.record != nil {
		r := *it.record
		r.CreatorID, r.HostIDs, r.InvitedIDs, r.Title = e.Field(r.CreatorID), w.fields(r.HostIDs), w.fields(r.InvitedIDs), e.Text(r.Title)
		r.Speakers = append([]archive.SpeakerSessions(nil), r.Speakers...)
		for i := range r.Speakers {
			r.Speakers[i].UserID = e.Field(r.Speakers[i].UserID)
		}
		r.Raw = e.JSON(r.Raw)
		it.record = &r
	}
	if it.sidecar != nil {
		s := *it.sidecar
		s.Title, s.Host = e.Text(s.Title), w.participant(s.Host)
		s.Participants = append([]archive.Participant(nil), s.Participants...)
		for i := range s.Participants {
			s.Participants[i] = w.participant(s.Participants[i])
		}
		it.sidecar, it.raw = &s, e.JSON(it.raw)
	}
	if it.post != nil {
		p := *it.post
		p.Title, p.Mentions = e.Text(p.Title), w.fields(p.Mentions)
		it.post = &p
	}
}

func (w *forgottenFilter) fields(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, w.eraser.Field(s))
	}
	return out
}

func (w *forgottenFilter) person(p *space.Person) *space.Person {
	if p == nil {
		return nil
	}
	return &space.Person{ID: w.eraser.Field(p.ID), Handle: w.eraser.Field(p.Handle)}
}

// participant takes the display name out with the handle.
func (w *forgottenFilter) participant(p archive.Participant) archive.Participant {
	id, handle := w.eraser.Field(p.UserID), w.eraser.Field(p.Handle)
	if id != p.UserID || handle != p.Handle {
		p.Name = ""
	}
	p.UserID, p.Handle = id, handle
	return p
}

// tags takes the names out of the timed tags of a piece, of which the turns are
// made.
func (w *forgottenFilter) tags(t *hydra.Tags) {
	if w.list.Empty() {
		return
	}
	seen := make(map[*hydra.Stage]bool)
	for i := range t.Ticks {
		if s := t.Ticks[i].Stage; s != nil && !seen[s] {
			seen[s] = true
			w.stage(s.Participants)
		}
	}
	w.stage(t.People)
}

func (w *forgottenFilter) stage(people []hydra.Participant) {
	for i, p := range people {
		if name := w.eraser.Field(p.UserName); name != p.UserName {
			people[i].UserName, people[i].UserID, people[i].ProfileURL = name, "", ""
		}
	}
}

// archive takes the names out of what is noted of an archive.
func (w *forgottenFilter) archive(a *space.Archive) error {
	if w.list.Empty() {
		return nil
	}
	b, err := space.Marshal(a)
	if err != nil {
		return err
	}
	clean := new(space.Archive)
	if err := json.Unmarshal(w.eraser.JSON(b), clean); err != nil {
		return err
	}
	*a = *clean
	return nil
}
