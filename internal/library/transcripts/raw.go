package transcripts

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
)

// A Raw is what an engine wrote for a piece of the recording, byte for byte.
type Raw struct {
	Start   int64  `json:"start"`   // of the piece, in samples of the recording
	Samples int64  `json:"samples"` // of the piece
	File    string `json:"file"`    // in the ZIP; empty if the engine was not asked
	SHA256  string `json:"sha256,omitempty"`
	Bytes   []byte `json:"-"`
}

// rawIndex is the name, in the ZIP, of the list of the pieces.
const rawIndex = "pieces.json"

// WriteRaw keeps what an engine wrote beside the recording, as transcript/raw.zip,
// in place of what is there. The transcript is made of it; what it leaves out
// or changes is still found there. The library must be open for writing.
func WriteRaw(library *os.Root, s *space.Space, e Engine, list []Raw) error {
	if err := library.MkdirAll(path.Join(s.Folder, layout.Transcript), 0o755); err != nil {
		return err
	}
	f, err := durable.Create(library, layout.RawIn(s.Folder))
	if err != nil {
		return err
	}
	defer f.Discard()
	z := zip.NewWriter(f)
	write := func(name string, b []byte) error {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate}) // without a time: the same words are the same bytes
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	}
	for i := range list {
		if list[i].File == "" {
			continue
		}
		sum := sha256.Sum256(list[i].Bytes)
		list[i].SHA256 = hex.EncodeToString(sum[:])
		if err := write(list[i].File, list[i].Bytes); err != nil {
			return err
		}
	}
	index, err := space.Marshal(struct {
		Schema int    `json:"schema"`
		ID     string `json:"id"`
		Engine Engine `json:"engine"`
		Pieces []Raw  `json:"pieces"`
	}{Schema, s.ID, e, list})
	if err == nil {
		err = write(rawIndex, index)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return err
	}
	return f.Commit(true)
}

// RemoveRaw removes what the engine wrote. It is no error if there is nothing.
func RemoveRaw(library *os.Root, s *space.Space) error {
	return durable.RemoveAll(library, layout.RawIn(s.Folder))
}

// VerifyRaw compares what the engine wrote with the hashes that were kept of it,
// and returns how many bytes it is. Without any the error is fs.ErrNotExist.
func VerifyRaw(library *os.Root, s *space.Space) (int64, error) {
	f, err := library.Open(layout.RawIn(s.Folder))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return 0, err
	}
	var index struct {
		Pieces []Raw `json:"pieces"`
	}
	sums := make(map[string]string)
	for _, m := range z.File {
		r, err := m.Open()
		if err != nil {
			return 0, err
		}
		h := sha256.New()
		in := io.TeeReader(r, h)
		if m.Name == rawIndex {
			err = json.NewDecoder(in).Decode(&index)
		}
		if _, cerr := io.Copy(io.Discard, in); err == nil {
			err = cerr // that of its CRC-32 too
		}
		r.Close()
		if err != nil {
			return 0, fmt.Errorf("%s: %w", m.Name, err)
		}
		sums[m.Name] = hex.EncodeToString(h.Sum(nil))
	}
	for _, p := range index.Pieces {
		if p.File != "" && sums[p.File] != p.SHA256 {
			return 0, fmt.Errorf("%s is not what the engine wrote", p.File)
		}
	}
	return info.Size(), nil
}
