package library

import (
	"context"
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/made"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/stream"
)

// recordSchema is the newest version of the records beside clips and episodes
// that this program reads.
const recordSchema = 1

// A madeRecord is what the records beside clips and episodes have in common:
// the hashes of their files.
type madeRecord struct {
	Schema   int    `json:"schema"`
	File     string `json:"file"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
	Cover    string `json:"cover"`
	Sidecars []struct {
		File   string `json:"file"`
		SHA256 string `json:"sha256"`
	} `json:"sidecars"`
}

// A madeFile is one whose hash a record has.
type madeFile struct {
	path   string // below the library
	bytes  int64  // -1 if unknown
	sha256 string
	text   bool // notes, chapters, transcript: the host may edit them, and an export keeps that
}

// parseMade reads a record; ok is false for other JSON, such as chapters, and
// for records of newer programs.
func parseMade(b []byte) (r madeRecord, ok bool, err error) {
	if err := json.Unmarshal(b, &r); err != nil {
		return r, false, err
	}
	return r, r.Schema > 0 && r.Schema <= recordSchema && isName(r.File) && r.SHA256 != "", nil
}

// isName reports whether a record names a file of its own folder.
func isName(file string) bool { return file != "" && file != "." && file == path.Base(file) }

// files lists what a record in the folder dir has the hashes of, the audio first.
func (r *madeRecord) files(dir string) []madeFile {
	list := []madeFile{{path: path.Join(dir, r.File), bytes: r.Bytes, sha256: r.SHA256}}
	for _, s := range r.Sidecars {
		if isName(s.File) && s.SHA256 != "" {
			list = append(list, madeFile{path.Join(dir, s.File), -1, s.SHA256, s.File != r.Cover})
		}
	}
	return list
}

// A shelf is a folder of clips or episodes as its records describe it.
type shelf struct {
	files      []madeFile        // each once
	unrecorded []string          // sound and video without a record
	broken     map[string]string // records that cannot be read, and why
}

// shelf reads the records in the folder dir.
func (d *disk) shelf(dir string) (*shelf, error) {
	entries, err := d.readDir(dir)
	if isGone(err) {
		return &shelf{}, nil
	}
	if err != nil {
		return nil, err
	}
	s := &shelf{broken: make(map[string]string)}
	known := make(map[string]bool)
	isMade := func(name string) bool { _, ok := format.Of(name, format.All()); return ok }
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.IsDir() || path.Ext(name) != ".json" || strings.HasPrefix(e.Name(), ".") || durable.IsLeftover(e.Name()) {
			continue
		}
		b, err := d.root.ReadFile(name)
		r, ok := madeRecord{}, false
		if err == nil {
			r, ok, err = parseMade(b)
		}
		if audio := strings.TrimSuffix(name, ".json"); err != nil && isMade(audio) {
			s.broken[name], known[audio] = err.Error(), true
		}
		if !ok {
			continue
		}
		for _, f := range r.files(dir) {
			if !known[f.path] {
				known[f.path] = true
				s.files = append(s.files, f)
			}
		}
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.Type().IsRegular() && isMade(e.Name()) && !known[name] && !strings.HasPrefix(e.Name(), ".") && !durable.IsLeftover(e.Name()) {
			s.unrecorded = append(s.unrecorded, name)
		}
	}
	return s, nil
}

// shelf verifies the clips or the episodes of a recording.
func (v *verifier) shelf(id, dir string) error {
	v.ofMade = true
	defer func() { v.ofMade = false }()
	s, err := v.lib.disk.shelf(dir)
	if err != nil {
		v.report(id, Unreadable, dir, "%v", err)
		return nil
	}
	for name, why := range s.broken {
		v.report(id, Unreadable, name, "the record cannot be read: %s", why)
	}
	for _, f := range s.files {
		if err := v.made(id, f.path, f); err != nil {
			return err
		}
	}
	for _, name := range s.unrecorded {
		if err := v.unrecorded(name); err != nil {
			return err
		}
	}
	return nil
}

// made verifies a file of a clip or an episode, which may lie elsewhere than its
// record says: it may have been removed.
func (v *verifier) made(id, name string, f madeFile) error {
	if !f.text {
		var p stream.Progress = stream.NoProgress{}
		if f.bytes >= 0 && f.path == name {
			p = v.progress
		}
		return v.file(id, name, f.bytes, f.sha256, p)
	}
	found := v.found
	defer func() { v.found = found }()
	v.found = func(x Finding) {
		if x.Kind == Changed {
			v.stats.Edited = append(v.stats.Edited, name)
			return
		}
		found(x)
	}
	return v.file(id, name, f.bytes, f.sha256, stream.NoProgress{})
}

// unrecorded notes a clip or an episode without a record, unless the library
// keeps its hash among those of what was written elsewhere.
func (v *verifier) unrecorded(name string) error {
	if v.elsewhere == nil {
		v.elsewhere = make(map[string]bool)
		err := made.Entries(v.lib.disk.root, func(e *made.Entry) bool { v.elsewhere[e.SHA256] = true; return true })
		if err != nil {
			v.report("", Unreadable, layout.MadeLedger, "%v", err)
		}
	}
	if len(v.elsewhere) > 0 {
		got, _, err := v.hash(name, stream.NoProgress{})
		if v.ctx.Err() != nil {
			return v.ctx.Err()
		}
		if err == nil && v.elsewhere[got] {
			v.stats.Files++
			return nil
		}
	}
	v.stats.Unchecked = append(v.stats.Unchecked, name)
	return nil
}

// Notes says what Verify looked at and did not compare, or found and does not
// count as a finding.
func (s *VerifyStats) Notes() (lines []string) {
	note := func(what, after string, names []string) {
		if len(names) > 0 {
			lines = append(lines, what+": "+spell.Count(len(names), "file")+after+" ("+spell.First(names, 3)+")")
		}
	}
	note("not checked", " without a record", s.Unchecked)
	note("edited by hand and kept", "", s.Edited)
	return lines
}

// removedMade verifies a clip or an episode that was removed and can be brought
// back. here says where a file of it lies now, "" if it was left.
func (v *verifier) removedMade(id, folder string, records []string, here func(name string) string) error {
	v.ofMade = true
	defer func() { v.ofMade = false }()
	for _, record := range records {
		b, err := v.lib.disk.root.ReadFile(here(record))
		if err != nil {
			continue // told already
		}
		r, ok, err := parseMade(b)
		if err != nil || !ok {
			continue
		}
		for _, f := range r.files(folder) {
			name := here(f.path)
			if name == "" || !v.lib.disk.exists(name) {
				continue // another episode's too, or told already
			}
			v.stats.Files-- // counted as there already
			if err := v.made(id, name, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// Losses counts the files that are not as their records have them.
type Losses struct {
	Missing, Changed int
	// Wanted are the SHA-256 that they had.
	Wanted []string
	kinds  []string
}

// Losses compares what records have with the hashes that sum returns of the
// files there. What a host may edit counts only if it is gone.
func (l *Library) Losses(ctx context.Context, sum func(name string) (sha256 string, ok bool)) (Losses, error) {
	var n Losses
	count := func(kind, name, want string, text bool) {
		got, ok := sum(name)
		switch {
		case !ok:
			n.Missing++
		case got != want && !text:
			n.Changed++
		default:
			return
		}
		n.Wanted = append(n.Wanted, want)
		if !slices.Contains(n.kinds, kind) {
			n.kinds = append(n.kinds, kind)
		}
	}
	for folder, err := range l.folders() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return n, err
		}
		s, err := l.load(folder)
		if err != nil {
			continue // verify tells
		}
		for _, p := range s.Pieces {
			for _, f := range p.Originals() {
				count("original", layout.OriginalIn(folder, f.Name), f.SHA256, false)
			}
		}
		for _, e := range s.Earlier {
			count("original", layout.OriginalIn(folder, e.Name), e.SHA256, false)
		}
		for i, f := range s.Files {
			count("playable file", f, s.FileSHA256[i], false)
		}
		for _, dir := range layout.ByHost {
			sh, err := l.disk.shelf(path.Join(folder, dir))
			if err != nil {
				continue // verify tells
			}
			for _, f := range sh.files {
				count(strings.TrimSuffix(dir, "s"), f.path, f.sha256, f.text)
			}
		}
	}
	return n, nil
}

// String says what was lost: "1 clip is missing, 1 changed since it was made",
// or "" for nothing.
func (n Losses) String() string {
	one := "file"
	if len(n.kinds) == 1 {
		one = n.kinds[0]
	}
	noun := func(n int, verb, verbs string) string {
		return spell.Count(n, one) + map[bool]string{true: verb, false: verbs}[n == 1]
	}
	made := func(n int) string { return map[bool]string{true: "it was made", false: "they were made"}[n == 1] }
	switch {
	case n.Missing == 0 && n.Changed == 0:
		return ""
	case n.Changed == 0:
		return noun(n.Missing, " is missing", " are missing")
	case n.Missing == 0:
		return noun(n.Changed, " has", " have") + " changed since " + made(n.Changed)
	}
	return noun(n.Missing, " is missing", " are missing") + ", " + strconv.Itoa(n.Changed) + " changed since " + made(n.Changed)
}
