package gate

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/library/quoted"
)

// Words finds the recordings of which words stand in a text that goes along with
// a sound, such as captions. Other words are taken for those of the sound.
func (g *Gate) Words(ctx context.Context, text []byte) ([]Use, error) {
	if len(text) == 0 {
		return nil, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.readMade(ctx); err != nil {
		return nil, err
	}
	look := &fileScan{g: g, ctx: ctx}
	err := look.text(bytes.NewReader(text), int64(len(text)))
	if err == nil && look.why != "" {
		sum := sha256.Sum256(text)
		look.heard = append(look.heard, Use{File: "the text", Why: look.why, SHA256: hex.EncodeToString(sum[:])})
	}
	return append(look.sure, look.heard...), err
}

// text looks at a text: what people have said is theirs as their voice is. One
// that an episode was written with holds what that does; any other is compared
// with the transcripts. Of captions that nobody can tell the recording of,
// somebody unknown has said the words; other texts can be anybody's own.
func (l *fileScan) text(r io.ReaderAt, size int64) error {
	text, err := isWords(l.ctx, r, size)
	if !text || err != nil {
		return err
	}
	sha, err := hash(l.ctx, io.NewSectionReader(r, 0, size))
	if err != nil {
		return err
	}
	if known := l.g.made[sha]; known != nil {
		l.sure = append(l.sure, known...)
		return nil
	}
	found, err := l.g.words.Find(l.ctx, r, size)
	switch {
	case errors.Is(err, quoted.ErrLong):
		l.unknown("it is too long to be compared with the transcripts in the library")
		return nil
	case err != nil:
		return fmt.Errorf("cannot determine whose words it contains: %w", err)
	}
	for _, m := range found.Matches {
		l.heard = append(l.heard, Use{Recording: m.Recording, Parts: m.Spans})
	}
	switch {
	case found.Rest && len(found.Matches) > 0:
		l.words = cmp.Or(l.words, "part of its words is in no transcript in the library")
	case found.Rest:
		l.words = cmp.Or(l.words, "it is a transcript, and its words are in no transcript in the library")
	}
	return nil
}
