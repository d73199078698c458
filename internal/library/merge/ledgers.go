package merge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/durable/ledger"
	"github.com/spaces-cli/spaces/internal/episode/feed"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/stream"
)

// archives takes in what the archives of the other library held. An archive that
// both know stays as it stands here.
func (m *merger) archives(ctx context.Context) error {
	theirs, broken, err := m.other.ReadableArchives()
	if err != nil {
		return err
	}
	for _, why := range broken {
		m.fail(unreadableKind, m.other.Path(layout.Archives), why)
	}
	ours, _, err := m.lib.ReadableArchives()
	if err != nil {
		return err
	}
	for i := range theirs {
		a := &theirs[i]
		if a.Account != nil {
			m.names.learn(a.Account.ID, a.Account.Handle)
		}
		if slices.ContainsFunc(ours, func(b space.Archive) bool { return b.SHA256 == a.SHA256 }) {
			continue
		}
		if len(a.SHA256) != 64 || strings.Trim(a.SHA256, "0123456789abcdef") != "" {
			m.fail(unreadableKind, m.other.Path(layout.Archives), fmt.Errorf("%q is not a SHA-256", a.SHA256))
			continue
		}
		m.sum.Archives++
		if m.o.DryRun {
			continue
		}
		b, err := space.Marshal(a)
		if err != nil {
			return err
		}
		clean, named := m.names.json(b)
		if named {
			a = new(space.Archive)
			if err := json.Unmarshal(clean, a); err != nil {
				return err
			}
		}
		if err := m.lib.KeepArchive(a); err != nil {
			return err
		}
	}
	return nil
}

// lines reads a ledger of JSON Lines.
func lines(l *library.Library, name string) (list [][]byte, err error) {
	_, err = ledger.New(l.Root(), name, 0).Read(func(_ int, line []byte) error {
		if !json.Valid(line) {
			return fmt.Errorf("%s: a line is not JSON", name)
		}
		list = append(list, bytes.Clone(line))
		return nil
	})
	return list, err
}

// lacking are the lines of a ledger there that this library has not.
func (m *merger) lackingLines(name string, word func([]byte) []byte) ([][]byte, error) {
	theirs, err := lines(m.other, name)
	if err != nil {
		m.fail(unreadableKind, m.other.Path(name), err)
		return nil, nil
	}
	ours, err := lines(m.lib, name)
	if err != nil {
		return nil, err
	}
	had := make(map[string]bool)
	for _, line := range ours {
		had[string(line)] = true
	}
	var list [][]byte
	for _, line := range theirs {
		if line = word(line); line != nil && !had[string(line)] {
			had[string(line)] = true
			list = append(list, line)
		}
	}
	return list, nil
}

// union writes a ledger with more lines, in the order of their times; those
// without a time stay where they are.
func (m *merger) union(ctx context.Context, name string, more [][]byte, at func([]byte) time.Time) error {
	if len(more) == 0 || m.o.DryRun {
		return nil
	}
	if err := m.lib.Root().MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	return ledger.New(m.lib.Root(), name, m.o.Wait).Rewrite(ctx, func(list [][]byte) ([][]byte, error) {
		list = slices.Concat(list, more)
		if at != nil {
			slices.SortStableFunc(list, func(a, b []byte) int { return at(a).Compare(at(b)) })
		}
		return list, nil
	})
}

// made takes in what was made of recordings and written elsewhere.
func (m *merger) made(ctx context.Context) error {
	list, err := m.lackingLines(layout.MadeLedger, func(line []byte) []byte { return line })
	if err != nil {
		return err
	}
	m.sum.Made = len(list)
	return m.union(ctx, layout.MadeLedger, list, nil)
}

// receipts takes in what was sent. A receipt names files below the library: where
// they lie here.
func (m *merger) receipts(ctx context.Context) error {
	list, err := m.lackingLines(layout.Receipts, m.receipt)
	if err != nil {
		return err
	}
	m.sum.Receipts = len(list)
	return m.union(ctx, layout.Receipts, list, func(line []byte) time.Time {
		var r struct {
			At time.Time `json:"at"`
		}
		json.Unmarshal(line, &r)
		return r.At
	})
}

// receipt is a line as it comes: with the names of files here, and without the
// names of those who were forgotten.
func (m *merger) receipt(line []byte) []byte {
	var r struct {
		File string `json:"file"`
	}
	if json.Unmarshal(line, &r) == nil {
		if to := m.here(r.File); to != r.File {
			was, werr := space.Line(r.File)
			is, ierr := space.Line(to)
			if werr == nil && ierr == nil {
				line = bytes.Replace(line, append([]byte(`"file":`), bytes.TrimSpace(was)...), append([]byte(`"file":`), bytes.TrimSpace(is)...), 1)
			}
		}
	}
	line, _ = m.names.json(line)
	return line
}

// here is where a file of the other library lies in this one.
func (m *merger) here(name string) string {
	if to, ok := m.moved[name]; ok {
		return to
	}
	for dir := path.Dir(name); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if to, ok := m.moved[dir]; ok {
			return to + strings.TrimPrefix(name, dir)
		}
	}
	return name
}

// showsDiffer reports whether both libraries have a show of a name, and not the
// same.
func (m *merger) showsDiffer(name string) (bool, error) {
	ours, err := m.lib.Read(layout.ShowOf(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	theirs, err := m.other.Read(layout.ShowOf(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && !bytes.Equal(ours, theirs), err
}

// shows takes in the shows, with their covers, that this library does not have.
func (m *merger) shows(ctx context.Context) error {
	names, err := feed.Names(m.other.Root())
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := m.show(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// show takes in a show, with its cover, if this library has none of its name. One
// that it has is never changed.
func (m *merger) show(ctx context.Context, name string) error {
	file := layout.ShowOf(name)
	theirs, err := m.other.Read(file)
	if err != nil {
		m.fail(unreadableKind, m.other.Path(file), err)
		return nil
	}
	if _, err := m.lib.Read(file); err == nil {
		differ, err := m.showsDiffer(name)
		if differ {
			m.conflict(Conflict{Kind: OfShow, Kept: Here, Other: m.other.Path(file),
				Message: "both libraries have a podcast with its settings, and they differ: those of this library were kept"})
		}
		return err
	}
	if _, named := m.names.json(theirs); named {
		m.withheld(OfShow, "", "the settings of the podcast", m.other.Path(file))
		return nil
	}
	m.sum.Show = true
	if m.o.DryRun {
		return nil
	}
	dir := layout.FeedOf(name)
	entries, err := m.other.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		to := path.Join(dir, e.Name())
		if !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), layout.Cover) {
			continue // made again by the next build
		}
		if _, err := m.lib.Root().Lstat(to); err == nil {
			continue
		}
		if err := m.lib.Take(ctx, m.other, to, to, "", stream.NoProgress{}); err != nil {
			return err
		}
	}
	return m.lib.Write(file, theirs) // last: it names the cover
}

// Words lists what came, for people.
func (s *Summary) Words() string {
	var parts []string
	add := func(n int, one string) {
		if n > 0 {
			parts = append(parts, spell.Count(n, one))
		}
	}
	add(s.Clips, "clip")
	add(s.Episodes, "episode")
	add(s.Transcripts, "transcript")
	if s.Turns > 0 {
		parts = append(parts, "confirmed turns of "+spell.Count(s.Turns, "recording"))
	}
	if s.Chapters > 0 {
		parts = append(parts, "edited chapters of "+spell.Count(s.Chapters, "recording"))
	}
	if s.Answers > 0 {
		parts = append(parts, spell.Plural(s.Answers, "entry of the consent log", "entries of the consent log"))
	}
	add(s.Receipts, "upload receipt")
	if s.Made > 0 {
		parts = append(parts, spell.Plural(s.Made, "record of a file", "records of files")+" written elsewhere")
	}
	add(s.Archives, "archive record")
	if s.Forgotten > 0 {
		parts = append(parts, spell.Plural(s.Forgotten, "forgotten person", "forgotten people"))
	}
	if s.Show {
		parts = append(parts, "the podcast's settings")
	}
	return strings.Join(parts, ", ")
}
