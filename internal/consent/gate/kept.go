package gate

import (
	"context"
	"os"
)

// Kept says what a file of the library holds, of which the library has a record.
// The record counts as long as the file has the hash that stands in it; a file
// that was put in its place is looked into as any other, and what the record
// says is a hint.
func (g *Gate) Kept(ctx context.Context, name, sha256 string, u Use) ([]Use, error) {
	same, err := hasHash(ctx, name, sha256)
	if err != nil || same {
		return []Use{u}, err
	}
	found, err := g.File(ctx, name)
	return append(found, u), err
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
