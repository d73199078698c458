package library

import (
	"errors"
	"io/fs"
	"slices"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// ByHost is the method of turns that the host has confirmed.
const ByHost = "confirmed by the host"

// confirmed is the content of turns/<id>.json.
type confirmed struct {
	space.Turns
	// Pieces are the SHA-256 of the originals that the times belong to: other
	// audio makes them worthless.
	Pieces []string `json:"pieces"`
}

func pieceHashes(r *space.Recording) []string {
	var list []string
	for _, p := range r.Pieces {
		list = append(list, p.SHA256)
	}
	return list
}

// ConfirmTurns keeps turns as the host's own word for who speaks when. From
// then on Turns returns them, as long as the audio is the same.
func (l *Library) ConfirmTurns(s *space.Space, turns []space.Turn) error {
	c := confirmed{space.Turns{Schema: space.Schema, Method: ByHost, Turns: turns}, pieceHashes(&s.Recording)}
	b, err := space.Marshal(c)
	if err != nil {
		return err
	}
	if err := l.disk.mkdirAll(layout.Confirmed); err != nil {
		return err
	}
	name := layout.ConfirmedOf(s.ID)
	return l.disk.writeBeside(name, name+".new", b)
}

// WithdrawTurns takes back what ConfirmTurns kept.
func (l *Library) WithdrawTurns(s *space.Space) error {
	return l.disk.remove(layout.ConfirmedOf(s.ID))
}

// confirmedTurns returns the turns that the host has confirmed, or nil.
func (l *Library) confirmedTurns(s *space.Space) (*space.Turns, error) {
	var c confirmed
	err := l.disk.readJSON(layout.ConfirmedOf(s.ID), &c)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil || !slices.Equal(c.Pieces, pieceHashes(&s.Recording)) {
		return nil, err
	}
	return &c.Turns, nil
}
