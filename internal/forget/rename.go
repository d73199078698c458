package forget

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/durable/ledger"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/removed"
)

// maxText is how many bytes a text has at most that is rewritten.
const maxText = 256 << 20

// isJSON reports whether a file is JSON or JSON Lines, by its name.
func isJSON(name string) bool { return path.Ext(name) == ".json" || path.Ext(name) == ".jsonl" }

// isText reports whether a file can be rewritten.
func isText(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".txt", ".vtt", ".srt", ".xml", ".html", ".htm", ".svg", ".css", ".js", ".csv", ".yaml":
		return true
	}
	return isJSON(name)
}

// small returns the content of a text.
func (p *Plan) small(name string) ([]byte, error) {
	f, err := p.lib.OpenFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxText+1))
	if len(b) > maxText {
		return nil, fmt.Errorf("%s is too large to search", name)
	}
	return b, err
}

// same reports whether a file has that SHA-256.
func (p *Plan) same(name, sha string) (bool, error) {
	f, err := p.lib.OpenFile(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return false, err
	}
	return hex.EncodeToString(h.Sum(nil)) == sha, nil
}

// rename takes the name out of all that stays.
func (p *Plan) rename(ctx context.Context) error {
	if _, err := p.ledger.Forget(ctx, p.Handle, p.ids...); err != nil {
		return err
	}
	if err := p.renameRemoved(); err != nil {
		return err
	}
	var texts []string
	err := p.lib.Files(ctx, func(name string, info fs.FileInfo) error {
		if isText(name) && !strings.Contains(name, "/"+layout.Original+"/") && !isFacts(name) && info.Size() <= maxText {
			texts = append(texts, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range texts {
		if err := p.rewrite(ctx, name); err != nil {
			return err
		}
	}
	var ids []string
	for row, err := range p.lib.Catalog().List(ctx, catalog.Query{}) {
		if err != nil {
			return err
		}
		ids = append(ids, row.ID)
	}
	// These tell which ids are the person's: they come last, so that a run that
	// was killed finds the same again.
	for _, id := range ids {
		if err := p.lib.Reword(ctx, id, p.eraser.JSON, p.eraser.Text); err != nil {
			return err
		}
	}
	return nil
}

// renameRemoved takes the name out of the names of folders of removed Spaces.
func (p *Plan) renameRemoved() error {
	list, err := p.lib.Removed()
	if err != nil {
		return err
	}
	for _, it := range list {
		if name := p.eraser.Text(it.Place); name != it.Place && it.Kind == removed.Space {
			if err := p.lib.RenameRemoved(it.Place, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// isFacts reports whether a file is the facts about a recording.
func isFacts(name string) bool {
	return strings.HasPrefix(name, layout.Recordings+"/") && path.Base(name) == layout.Sidecar && strings.Count(name, "/") == 3
}

// rewrite takes the name out of a text.
func (p *Plan) rewrite(ctx context.Context, name string) error {
	b, err := p.small(name)
	if err != nil {
		return err
	}
	change := func(b []byte) []byte { return p.unnamed(name, b) }
	if bytes.Equal(change(b), b) {
		return nil
	}
	if strings.HasPrefix(name, layout.Uploads+"/") && path.Ext(name) == ".jsonl" { // others may be appending
		root := p.lib.Root()
		return ledger.New(root, name, 0).Rewrite(ctx, func(lines [][]byte) ([][]byte, error) {
			for i, line := range lines {
				lines[i] = change(line)
			}
			return lines, nil
		})
	}
	return p.lib.Replace(name, change(b))
}

// unnamed is a text of that file without the name.
func (p *Plan) unnamed(name string, b []byte) []byte {
	switch {
	case name == layout.Journal:
		return p.states(p.eraser.JSON(b))
	case isJSON(name):
		return p.eraser.JSON(b)
	}
	return []byte(p.eraser.Text(string(b)))
}

// states takes the name out of the states that the journal's lines keep for
// targets, in base64: a post of which nobody knows whether it was made has its
// text there.
func (p *Plan) states(b []byte) []byte {
	for line := range bytes.Lines(bytes.Clone(b)) {
		var step struct {
			State []byte `json:"state"`
		}
		if json.Unmarshal(line, &step) != nil || len(step.State) == 0 {
			continue
		}
		anew := p.eraser.JSON(step.State)
		if !json.Valid(step.State) {
			anew = []byte(p.eraser.Text(string(step.State)))
		}
		if !bytes.Equal(anew, step.State) {
			code := base64.StdEncoding.EncodeToString
			b = bytes.ReplaceAll(b, []byte(`"`+code(step.State)+`"`), []byte(`"`+code(anew)+`"`))
		}
	}
	return b
}

// Left lists what the person is still named in, below the library.
func (p *Plan) Left(ctx context.Context) ([]string, error) {
	var list []string
	err := p.lib.Files(ctx, func(name string, _ fs.FileInfo) error {
		if layout.IsIndex(name) { // made anew of the rest
			return nil
		}
		named, err := p.names(name)
		if named || p.eraser.Text(name) != name {
			list = append(list, name)
		}
		return err
	})
	return list, err
}
