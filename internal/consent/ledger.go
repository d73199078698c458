package consent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"time"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/durable/ledger"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/forgotten"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// MaxEvidence is the most bytes that a file of evidence may have: a scan, a
// screenshot, a voice message.
const MaxEvidence = 256 << 20

// A BrokenError means that a line of the ledger makes no sense: nobody can say
// which answer holds.
type BrokenError struct {
	Name string // of the ledger, below the library
	Line int
	Err  error
}

func (e *BrokenError) Error() string { return fmt.Sprintf("%s: line %d: %v", e.Name, e.Line, e.Err) }
func (e *BrokenError) Unwrap() error { return e.Err }

// Hint tells what to do.
func (e *BrokenError) Hint() string {
	return fmt.Sprintf("restore %s from a backup, or delete line %d with a text editor", e.Name, e.Line)
}

// A Ledger is the answers in a library, as they were when it was opened, with
// what has been added since.
type Ledger struct {
	// Torn is how many bytes of an entry stand at the ledger's end that a killed
	// run has not finished. The next Add cuts them off.
	Torn int64

	// Owners are those whose voice is the host's own.
	Owners Owners

	root    *os.Root
	trace   durable.Trace // for tests
	file    *ledger.File
	entries []Entry
	answers map[string][]int // positions in entries of a person's answers, by Who.key

	forgotten *forgotten.List
}

// Open reads the ledger of a library. There need not be one yet. Writers wait
// for each other up to wait. The caller closes it.
func Open(dir string, wait time.Duration) (*Ledger, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	l := &Ledger{root: root, file: ledger.New(root, layout.Answers, wait)}
	if l.forgotten, err = forgotten.Load(root); err != nil {
		root.Close()
		return nil, err
	}
	l.Torn, err = l.file.Read(func(number int, line []byte) error {
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return &BrokenError{layout.Answers, number, err}
		}
		if e.Schema > mergedSchema {
			return fmt.Errorf("%s: line %d: %w", layout.Answers, number, library.ErrNewer)
		}
		l.append(e)
		return nil
	})
	if err != nil {
		root.Close()
		return nil, err
	}
	return l, nil
}

// Close lets go of the library's folder.
func (l *Ledger) Close() error { return l.root.Close() }

// Entries returns the entries, oldest first.
func (l *Ledger) Entries() []Entry { return l.entries }

// Add appends an entry. It is on the medium when Add returns.
func (l *Ledger) Add(ctx context.Context, e Entry) error {
	if err := l.makeFolder(); err != nil {
		return err
	}
	e.Schema = Schema
	if _, err := l.file.Append(ctx, e); err != nil {
		return err
	}
	l.Torn = 0
	l.append(e)
	// Whoever agrees after they were forgotten is known by their name again.
	if e.Kind == Consent && e.Answer == Granted && l.forgotten.Lift(e.Handle, e.ID) {
		return l.forgotten.Save(l.root)
	}
	return nil
}

func (l *Ledger) makeFolder() error { return l.root.MkdirAll(layout.Consent, 0o755) }

// append adds an entry to those in memory.
func (l *Ledger) append(e Entry) {
	if l.answers == nil {
		l.answers = make(map[string][]int)
	}
	if e.Kind == Consent {
		for _, w := range []Who{{Handle: e.Handle}, {ID: e.ID}} {
			if key := w.key(); key != "" {
				l.answers[key] = append(l.answers[key], len(l.entries))
			}
		}
	}
	l.entries = append(l.entries, e)
}

// Keep copies a file that shows an answer into the library, under a name made
// of its content's hash and ext, which is the ending of its own name.
func (l *Ledger) Keep(ctx context.Context, r io.Reader, ext string) (*Evidence, error) {
	if err := l.root.MkdirAll(layout.Evidence, 0o755); err != nil {
		return nil, err
	}
	o := durable.Options{Perm: 0o600, Trace: l.trace}
	d, err := o.Create(l.root, path.Join(layout.Evidence, "evidence"))
	if err != nil {
		return nil, err
	}
	defer d.Discard()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(d, sum), &io.LimitedReader{R: r, N: MaxEvidence + 1})
	if err == nil && n > MaxEvidence {
		err = fmt.Errorf("the evidence file is larger than %d MB", MaxEvidence>>20)
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
	hash := hex.EncodeToString(sum.Sum(nil))
	e := &Evidence{Name: path.Join(layout.Evidence, hash[:16]+safeExt(ext)), Bytes: n, SHA256: hash}
	d.SetName(e.Name)
	if err := d.Commit(true); err != nil {
		return nil, err
	}
	return e, o.SyncDir(l.root, layout.Evidence)
}

// safeExt returns ext if it is a plain one, else none.
func safeExt(ext string) string {
	if len(ext) < 2 || len(ext) > 6 || ext[0] != '.' {
		return ""
	}
	for _, c := range []byte(ext[1:]) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			return ""
		}
	}
	return ext
}

// Forget takes a person out of the ledger: their answers with their evidence,
// also those for one of their ids, and their name where others' entries list
// it. It returns how many entries that changed.
func (l *Ledger) Forget(ctx context.Context, handle string, ids ...string) (int, error) {
	handle = Handle(handle)
	// First of all: at no moment is a withdrawal neither here nor there.
	if err := l.Remember(handle, ids...); err != nil {
		return 0, err
	}
	if len(l.entries) == 0 {
		return 0, nil
	}
	changed := 0
	gone := make(map[string]bool) // evidence
	kept := make(map[string]bool)
	err := l.file.Rewrite(ctx, func(lines [][]byte) (left [][]byte, err error) {
		for _, line := range lines {
			var e Entry
			if err := json.Unmarshal(line, &e); err != nil {
				return nil, err
			}
			theirs := e.of(Who{Handle: handle}) || e.ID != "" && slices.Contains(ids, e.ID)
			if theirs && e.Kind == Consent {
				changed++
				if e.Evidence != nil {
					gone[e.Evidence.Name] = true
				}
				continue
			}
			if e.Evidence != nil {
				kept[e.Evidence.Name] = true
			}
			if e.names(handle) {
				changed++
				e.forget(handle)
				if line, err = json.Marshal(e); err != nil {
					return nil, err
				}
			}
			left = append(left, line)
		}
		return left, nil
	})
	if err != nil {
		return 0, err
	}
	for name := range gone {
		if kept[name] {
			continue // it shows another's answer as well
		}
		if err := durable.Remove(l.root, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return changed, err
		}
	}
	return changed, l.reread()
}

// reread takes in the ledger as it is now.
func (l *Ledger) reread() error {
	now, err := Open(l.root.Name(), 0)
	if err != nil {
		return err
	}
	defer now.Close()
	l.entries, l.answers, l.Torn, l.forgotten = now.entries, now.answers, now.Torn, now.forgotten
	return nil
}
