package library

import (
	"errors"
	"io/fs"
	"path"
	"slices"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// turnsDir holds the turns that hosts have confirmed, one file a Space: beside
// the recordings, so that no import that replaces one takes them away.
const turnsDir = "turns"

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
	b, err := marshal(c)
	if err != nil {
		return err
	}
	if err := l.disk.mkdirAll(turnsDir); err != nil {
		return err
	}
	name := path.Join(turnsDir, s.ID+".json")
	return l.disk.writeBeside(name, name+".new", b)
}

// WithdrawTurns takes back what ConfirmTurns kept.
func (l *Library) WithdrawTurns(s *space.Space) error {
	return l.disk.remove(path.Join(turnsDir, s.ID+".json"))
}

// confirmedTurns returns the turns that the host has confirmed, or nil.
func (l *Library) confirmedTurns(s *space.Space) (*space.Turns, error) {
	var c confirmed
	err := l.disk.readJSON(path.Join(turnsDir, s.ID+".json"), &c)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil || !slices.Equal(c.Pieces, pieceHashes(&s.Recording)) {
		return nil, err
	}
	return &c.Turns, nil
}
