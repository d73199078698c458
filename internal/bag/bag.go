// Package bag puts recordings into bags: folders in the BagIt format 1.0
// (RFC 8493), which archives and libraries take in. Every file in a bag has its
// SHA-256 and SHA-512 in a manifest, so that whoever gets it, by whatever
// way, can see that nothing is missing or changed, with any of many programs.
//
// A bag appears whole or not at all: it is made under another name, flushed
// to the medium and renamed.
package bag

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/stream"
)

// algorithms are those of the manifests (RFC 8493, 2.4: the SHA-2 family), by
// the names that stand in the names of the files.
var algorithms = [...]struct {
	name string
	new  func() hash.Hash
}{{"sha256", sha256.New}, {"sha512", sha512.New}}

// A Sum is what a bag notes of a file.
type Sum struct {
	Bytes int64
	hex   [len(algorithms)]string
}

// SHA256 returns the file's hash in hexadecimal.
func (s *Sum) SHA256() string { return s.hex[0] }

// A Field is a line of bag-info.txt.
type Field struct{ Name, Value string }

// A Writer makes a bag.
type Writer struct {
	parent    *os.Root
	dir       *os.Root
	name, tmp string // of the bag in its parent
	payload   map[string]Sum
	folded    map[string]bool // names, as file systems that fold case see them
	bytes     int64
	trace     durable.Trace // for tests
}

// Create begins a bag that is to become the folder dir, which must not exist;
// the folder it lies in must. The caller calls Commit or Discard.
func Create(dir string) (*Writer, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	parent, err := os.OpenRoot(filepath.Dir(abs))
	if err != nil {
		return nil, err
	}
	w := &Writer{parent: parent, name: filepath.Base(abs), payload: make(map[string]Sum), folded: make(map[string]bool)}
	if err := w.free(); err != nil {
		parent.Close()
		return nil, err
	}
	w.tmp = "." + rand.Text()[:10] + ".partial"
	if err = parent.Mkdir(w.tmp, 0o755); err == nil {
		w.dir, err = parent.OpenRoot(w.tmp)
	}
	if err == nil {
		err = w.dir.Mkdir("data", 0o755)
	}
	if err != nil {
		w.Discard()
		return nil, err
	}
	return w, nil
}

// free reports whether the bag can get its name.
func (w *Writer) free() error {
	if _, err := w.parent.Lstat(w.name); err == nil {
		return &fs.PathError{Op: "create", Path: filepath.Join(w.parent.Name(), w.name), Err: fs.ErrExist}
	}
	return nil
}

// Discard removes what there is of the bag. After Commit it does nothing.
func (w *Writer) Discard() {
	if w.dir != nil {
		w.dir.Close()
	}
	durable.RemoveAll(w.parent, w.tmp)
	w.parent.Close()
}

// Add puts a file into the payload. The name is a path below data, with
// slashes.
func (w *Writer) Add(ctx context.Context, name string, r io.Reader) (Sum, error) {
	name = path.Join("data", name)
	if !fs.ValidPath(name) || !strings.HasPrefix(name, "data/") {
		return Sum{}, fmt.Errorf("%q is not a valid file name in a bag", name)
	}
	if key := strings.ToLower(name); w.folded[key] {
		return Sum{}, fmt.Errorf("%s is already in the bag", name)
	} else {
		w.folded[key] = true
	}
	if err := w.dir.MkdirAll(path.Dir(name), 0o755); err != nil {
		return Sum{}, err
	}
	sum, err := w.write(ctx, name, r)
	if err == nil {
		w.payload[name] = sum
		w.bytes += sum.Bytes
	}
	return sum, err
}

// write makes a file of the bag.
func (w *Writer) write(ctx context.Context, name string, r io.Reader) (sum Sum, err error) {
	f, err := w.options().CreatePart(w.dir, name)
	if err != nil {
		return sum, err
	}
	defer func() {
		if err != nil {
			f.Discard()
		}
	}()
	out := []io.Writer{f}
	var hashes [len(algorithms)]hash.Hash
	for i, a := range algorithms {
		hashes[i] = a.new()
		out = append(out, hashes[i])
	}
	sum.Bytes, err = io.CopyBuffer(io.MultiWriter(out...), stream.Until(ctx, r, nil), make([]byte, 256<<10))
	if err != nil {
		return sum, err
	}
	for i, h := range hashes {
		sum.hex[i] = hex.EncodeToString(h.Sum(nil))
	}
	return sum, f.Commit()
}

// Oxum returns the number of bytes and of files in the payload, in the form of
// the field Payload-Oxum (RFC 8493, 2.2.2).
func (w *Writer) Oxum() string { return fmt.Sprintf("%d.%d", w.bytes, len(w.payload)) }

// Commit writes the manifests and the other tag files, the fields of
// bag-info.txt among them, and gives the bag its name.
func (w *Writer) Commit(ctx context.Context, info []Field) error {
	defer w.Discard()
	// RFC 8493, 2.1.1: these two lines and nothing else.
	tags := []struct {
		name string
		text []byte
	}{
		{"bagit.txt", []byte("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")},
		{"bag-info.txt", infoText(append(slices.Clip(info), Field{"Payload-Oxum", w.Oxum()}))},
	}
	for i, a := range algorithms {
		tags = append(tags, struct {
			name string
			text []byte
		}{"manifest-" + a.name + ".txt", manifest(w.payload, i)})
	}
	sums := make(map[string]Sum)
	for _, t := range tags {
		sum, err := w.write(ctx, t.name, bytes.NewReader(t.text))
		if err != nil {
			return err
		}
		sums[t.name] = sum
	}
	for i, a := range algorithms {
		if _, err := w.write(ctx, "tagmanifest-"+a.name+".txt", bytes.NewReader(manifest(sums, i))); err != nil {
			return err
		}
	}
	if err := w.flush(); err != nil {
		return err
	}
	// Windows renames no folder in which something is open.
	w.dir.Close()
	if err := w.free(); err != nil {
		return err
	}
	return w.options().Replace(w.parent, w.tmp, w.name)
}

func (w *Writer) options() durable.Options { return durable.Options{Trace: w.trace} }

// flush makes the entries of all folders of the bag survive a power cut.
func (w *Writer) flush() error {
	return fs.WalkDir(w.dir.FS(), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return w.options().SyncDir(w.dir, name)
	})
}

// manifest lists files with one of their hashes, ordered by name.
func manifest(files map[string]Sum, algorithm int) []byte {
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	var b bytes.Buffer
	for _, name := range names {
		fmt.Fprintf(&b, "%s  %s\n", files[name].hex[algorithm], escape(name))
	}
	return b.Bytes()
}

// escape writes a path as a manifest wants it: line ends, and the character
// that escapes them, are percent-encoded, and nothing else is (RFC 8493, 2.1.3).
func escape(name string) string {
	return strings.NewReplacer("%", "%25", "\n", "%0A", "\r", "%0D").Replace(name)
}

// infoText writes bag-info.txt. A value stays on its line: a line end in it
// would begin another field (RFC 8493, 2.2.2).
func infoText(fields []Field) []byte {
	var b bytes.Buffer
	for _, f := range fields {
		value := strings.Join(strings.FieldsFunc(f.Value, func(r rune) bool {
			return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == ' '
		}), " ")
		fmt.Fprintf(&b, "%s: %s\n", f.Name, value)
	}
	return b.Bytes()
}
