package gate

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/spaces-cli/spaces/internal/episode"
)

// Kept says what a file of the library holds, of which the library has a record.
// The record counts as long as the file has the hash that stands in it; a file
// that was put in its place is looked into as any other, and what the record
// says is a hint. In a text that somebody has edited, words that are in no
// transcript are taken for corrections.
func (g *Gate) Kept(ctx context.Context, name, sha256 string, u Use) ([]Use, error) {
	same, err := hasHash(ctx, name, sha256)
	if err != nil || same {
		return []Use{u}, err
	}
	found, err := g.File(ctx, name)
	found = slices.DeleteFunc(found, func(u Use) bool { return u.words })
	return append(found, u), err
}

// KeptEpisode says what an episode of the library holds, with the transcripts
// beside it. path returns the path of a file of its.
func (g *Gate) KeptEpisode(ctx context.Context, r *episode.Record, path func(file string) string) ([]Use, error) {
	list := []Use{OfEpisode(r)}
	for _, file := range r.Transcripts {
		found, err := g.Kept(ctx, path(file), r.SidecarSHA256(file), list[0])
		if errors.Is(err, fs.ErrNotExist) {
			continue // nothing of it can go anywhere
		}
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

func hasHash(ctx context.Context, name, sha256 string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	sum, err := hash(ctx, f)
	return sum == sha256, err
}
