package consent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/spaces-cli/spaces/internal/library"
)

// Verify reads the evidence of the answers again, or of those about the
// recordings with these ids alone, and compares it with the hashes in the
// ledger. It tells found of what is changed or missing, and returns how many
// files it read and their bytes.
func (l *Ledger) Verify(ctx context.Context, ids []string, found func(library.Finding)) (files int, bytes int64, err error) {
	seen := make(map[Evidence]bool)
	for _, e := range l.entries {
		if e.Evidence == nil || seen[*e.Evidence] || len(ids) > 0 && !slices.Contains(ids, e.Recording) {
			continue
		}
		seen[*e.Evidence] = true
		tell := func(kind library.FindingKind, format string, args ...any) {
			found(library.Finding{ID: e.Recording, Kind: kind, Path: e.Evidence.Name, Message: fmt.Sprintf(format, args...)})
		}
		n, sum, err := l.sum(ctx, e.Evidence.Name)
		switch {
		case ctx.Err() != nil:
			return files, bytes, ctx.Err()
		case errors.Is(err, fs.ErrNotExist):
			tell(library.Lost, "the file is missing")
			continue
		case err != nil:
			tell(library.Unreadable, "%v", err)
			continue
		case sum != e.Evidence.SHA256:
			tell(library.Changed, "SHA-256 %s, but the ledger says %s", sum, e.Evidence.SHA256)
		}
		files++
		bytes += n
	}
	return files, bytes, nil
}

// sum returns the size and the SHA-256 of a file below the library.
func (l *Ledger) sum(ctx context.Context, name string) (int64, string, error) {
	info, err := l.root.Stat(name) // opening what is no file could wait for ever
	if err != nil {
		return 0, "", err
	}
	if !info.Mode().IsRegular() {
		return 0, "", &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	f, err := l.root.Open(name)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	h := sha256.New()
	var n int64
	for block := int64(1 << 20); ; {
		if err := ctx.Err(); err != nil {
			return n, "", err
		}
		m, err := io.CopyN(h, f, block)
		n += m
		if err == io.EOF {
			return n, hex.EncodeToString(h.Sum(nil)), nil
		}
		if err != nil {
			return n, "", err
		}
	}
}
