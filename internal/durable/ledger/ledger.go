// Package ledger keeps records in files that are only ever appended to, one JSON
// object a line: what must not be lost, and what several programs write at once.
//
// A record that Append has acknowledged is on the medium. A program that is
// killed while it appends can leave a part of a line at the end; that part was
// never acknowledged. Readers pass it over and say so, the next writer cuts it
// off.
package ledger

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/spell"
)

// MaxLine is the most bytes that a line may have. Longer ones are not ours.
const MaxLine = 1 << 20

// A File is a ledger below a folder. The zero value is not ready for use.
type File struct {
	root *os.Root
	name string
	wait time.Duration

	Trace durable.Trace // for tests; nil otherwise
}

// New returns the ledger of that name below root, which need not exist yet;
// its folder must. Writers wait for each other up to wait.
func New(root *os.Root, name string, wait time.Duration) *File {
	return &File{root: root, name: name, wait: wait}
}

// Append adds records in one piece: all of them or, if it fails, none. The torn
// end of a killed run is cut off before; mended is how many bytes it had.
func (f *File) Append(ctx context.Context, records ...any) (mended int64, err error) {
	var lines bytes.Buffer
	for _, r := range records {
		line, err := json.Marshal(r)
		if err != nil {
			return 0, err
		}
		if len(line) >= MaxLine {
			return 0, fmt.Errorf("%s: a record of %d bytes is too long", f.name, len(line))
		}
		lines.Write(line)
		lines.WriteByte('\n')
	}
	unlock, err := f.lock(ctx)
	if err != nil {
		return 0, err
	}
	defer unlock()
	file, err := f.root.OpenFile(f.name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	size, end, err := whole(file)
	if err != nil {
		return 0, err
	}
	if err := f.write(file, lines.Bytes(), end, size == 0); err != nil {
		// Nobody may find a record that was not acknowledged.
		return 0, errors.Join(err, file.Truncate(end))
	}
	return size - end, nil
}

// write puts lines at the end of a ledger and flushes them.
func (f *File) write(file *os.File, lines []byte, end int64, isNew bool) error {
	if err := f.Trace.Step("write", f.name); err != nil {
		return err
	}
	if _, err := file.WriteAt(lines, end); err != nil {
		return err
	}
	// A tail that was longer than what took its place.
	if err := file.Truncate(end + int64(len(lines))); err != nil {
		return err
	}
	if err := f.Trace.Step("fsync", f.name); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if isNew {
		return f.options().SyncDir(f.root, path.Dir(f.name))
	}
	return nil
}

func (f *File) options() durable.Options { return durable.Options{Trace: f.Trace} }

// whole returns how long a file is, and how much of that are whole lines.
func whole(file *os.File) (size, end int64, err error) {
	size, err = file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, 0, err
	}
	block := make([]byte, 4096)
	for end = size; end > 0; {
		n := min(int64(len(block)), end)
		if _, err := file.ReadAt(block[:n], end-n); err != nil {
			return 0, 0, err
		}
		if i := bytes.LastIndexByte(block[:n], '\n'); i >= 0 {
			return size, end - n + int64(i) + 1, nil
		}
		end -= n
	}
	return size, 0, nil
}

// Read calls fn with each line, without its end, and its number from 1; fn
// must not keep the line. A ledger that is not there has none. torn is how many
// bytes of an unfinished line stand at the end.
func (f *File) Read(fn func(number int, line []byte) error) (torn int64, err error) {
	file, err := f.root.Open(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer file.Close()
	// What is appended meanwhile can be half there: it is not read.
	_, end, err := whole(file)
	if err != nil {
		return 0, err
	}
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	scan := bufio.NewScanner(io.NewSectionReader(file, 0, end))
	scan.Buffer(nil, MaxLine)
	for n := 1; scan.Scan(); n++ {
		if len(bytes.TrimSpace(scan.Bytes())) == 0 {
			continue
		}
		if err := fn(n, scan.Bytes()); err != nil {
			return 0, err
		}
	}
	if errors.Is(scan.Err(), bufio.ErrTooLong) {
		return 0, fmt.Errorf("%s: a line has more than %d bytes", f.name, MaxLine)
	}
	return size - end, scan.Err()
}

// Rewrite replaces the ledger by what edit makes of all its lines, in one step
// between the appends of others. It is for what must be forgotten, and for what
// nobody needs any more.
func (f *File) Rewrite(ctx context.Context, edit func(lines [][]byte) ([][]byte, error)) error {
	unlock, err := f.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	var lines [][]byte
	if _, err := f.Read(func(_ int, line []byte) error {
		lines = append(lines, bytes.Clone(line))
		return nil
	}); err != nil {
		return err
	}
	if lines, err = edit(lines); err != nil {
		return err
	}
	var out bytes.Buffer
	for _, line := range lines {
		out.Write(line)
		out.WriteByte('\n')
	}
	return f.options().WriteFile(f.root, f.name, out.Bytes())
}

// lock takes the lock of the ledger's writers. It is held on a file of its own:
// on Windows nobody could read a file that is locked.
func (f *File) lock(ctx context.Context) (unlock func() error, err error) {
	file, err := f.root.OpenFile(f.name+".lock", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := flock.Wait(ctx, file, f.wait); err != nil {
		file.Close()
		if errors.Is(err, flock.ErrHeld) {
			err = fmt.Errorf("%s: another program has been writing it for %s", f.name, spell.Short(f.wait.Seconds()))
		}
		return nil, err
	}
	return file.Close, nil
}
