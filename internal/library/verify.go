package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/unithash"
	"github.com/spaces-cli/spaces/internal/stream"
)

// A FindingKind says what sort of thing Verify found. The words appear in
// JSON.
type FindingKind string

const (
	Changed    FindingKind = "changed"    // other bytes than those that were kept
	Lost       FindingKind = "missing"    // a file that should be there
	Extra      FindingKind = "extra"      // a file that nobody knows of
	Unreadable FindingKind = "unreadable" // cannot be read, or makes no sense
	Leftover   FindingKind = "leftover"   // of a command that was killed; the next one that writes removes it
)

// A Finding is one thing that is not as it should be.
type Finding struct {
	ID      string // of the Space, where known
	Kind    FindingKind
	Path    string // below the library
	Message string
	Made    bool // of a clip or an episode: no archive brings it back
	Said    bool // of a transcript: likewise
	Index   bool // of an index, which can be built again
}

// VerifyStats counts what Verify looked at.
type VerifyStats struct {
	Recordings, Files int
	Bytes             int64
	// Unchecked are clips and episodes without a record, of older programs or
	// the host's own; Edited are notes, chapters and transcripts that the host
	// has edited since they were written. Neither is a finding.
	Unchecked, Edited []string
}

// Verify reads every file of the recordings with these ids (or of all, when
// there are none), clips and episodes too, and compares it with the hash that
// was kept, and with all what was removed and can be brought back. It tells found
// of what differs, is missing or does not belong there, and goes on.
func (l *Library) Verify(ctx context.Context, ids []string, p stream.Progress, found func(Finding)) (VerifyStats, error) {
	v := &verifier{lib: l, ctx: ctx, progress: p, found: found}
	if v.progress == nil {
		v.progress = stream.NoProgress{}
	}
	folders, err := v.folders(ids)
	if err != nil {
		return v.stats, err
	}
	for _, f := range folders {
		if err := v.recording(f); err != nil {
			return v.stats, err
		}
	}
	if len(ids) == 0 {
		if err := v.removed(); err != nil {
			return v.stats, err
		}
	}
	return v.stats, l.Leftovers(ctx, func(name string, info fs.FileInfo) error {
		i := slices.IndexFunc(folders, func(f string) bool { return strings.HasPrefix(name, f+"/") })
		if i >= 0 || len(ids) == 0 {
			v.report("", Leftover, name, "%d bytes left by an interrupted command", info.Size())
		}
		return nil
	})
}

type verifier struct {
	lib      *Library
	ctx      context.Context
	progress stream.Progress
	found    func(Finding)
	stats    VerifyStats

	ofMade    bool            // a clip or an episode is being verified
	elsewhere map[string]bool // hashes of what was written elsewhere, once they were asked for
}

// folders lists what is to be verified and how much it is. When that is the
// whole library, folders without a sidecar and recordings that only the
// catalogue knows are told too.
func (v *verifier) folders(ids []string) ([]string, error) {
	var list []string
	for _, id := range ids {
		f, err := v.lib.folder(id)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	if len(ids) == 0 {
		for f, err := range v.lib.folders() {
			if err != nil {
				return nil, err
			}
			list = append(list, f)
		}
		if err := v.strays(list); err != nil {
			return nil, err
		}
	}
	for _, f := range list {
		s, err := v.lib.load(f)
		if err != nil {
			continue // told when it is its turn
		}
		for _, p := range s.Pieces {
			v.progress.Expect(p.Bytes)
		}
		for _, dir := range layout.ByHost {
			sh, err := v.lib.disk.shelf(path.Join(f, dir))
			if err != nil {
				continue
			}
			for _, m := range sh.files {
				v.progress.Expect(max(m.bytes, 0))
			}
		}
	}
	return list, nil
}

// strays tells of what lies among the recordings and is none, and of
// recordings that have gone.
func (v *verifier) strays(known []string) error {
	years, err := v.lib.disk.readDir(layout.Recordings)
	if err != nil {
		return err
	}
	for _, y := range years {
		year := path.Join(layout.Recordings, y.Name())
		if !y.IsDir() {
			v.report("", Extra, year, "not a folder of recordings")
			continue
		}
		entries, err := v.lib.disk.readDir(year)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if name := path.Join(year, e.Name()); !slices.Contains(known, name) {
				v.report("", Extra, name, "not the folder of a recording: it has no "+layout.Sidecar)
			}
		}
	}
	for row, err := range v.lib.cat.List(v.ctx, catalog.Query{}) {
		if err != nil {
			return err
		}
		if !slices.Contains(known, row.Folder) {
			v.report(row.ID, Lost, row.Folder, "the catalogue lists this recording, but its folder is missing")
		}
	}
	return nil
}

func (v *verifier) report(id string, kind FindingKind, name, format string, args ...any) {
	v.found(Finding{ID: id, Kind: kind, Path: name, Message: fmt.Sprintf(format, args...), Made: v.ofMade})
}

// recording verifies one folder. The error is that of the context.
func (v *verifier) recording(folder string) error {
	v.stats.Recordings++
	s, err := v.lib.load(folder)
	if err != nil {
		v.report("", Unreadable, layout.SidecarIn(folder), "%v", err)
		return nil
	}
	v.stats.Files++
	known := map[string]bool{layout.Sidecar: true}
	// What was said is text that the host corrects: package transcripts looks
	// whether it fits the recording.
	for _, name := range []string{layout.TranscriptIn(""), layout.CaptionsIn(""), layout.TextIn(""), layout.RawIn("")} {
		known[name] = true
	}
	file := func(name string, size int64, sha string, progress stream.Progress) error {
		known[name] = true
		return v.file(s.ID, path.Join(folder, name), size, sha, progress)
	}
	for _, p := range s.Pieces {
		for _, f := range p.Originals() {
			known[layout.OriginalIn("", f.Name)] = true
		}
	}
	for _, e := range s.Earlier {
		known[layout.OriginalIn("", e.Name)] = true
	}
	if err := v.originals(s, v.progress); err != nil {
		return err
	}
	for i, f := range s.Files {
		name := strings.TrimPrefix(f, folder+"/")
		if err := file(name, -1, s.FileSHA256[i], stream.NoProgress{}); err != nil {
			return err
		}
		v.index(s, i, layout.IndexIn(folder, s.FileSHA256[i]))
		v.length(s, i)
		v.soundIndex(s, layout.SoundIn(folder, i))
	}
	for _, dir := range layout.ByHost {
		if err := v.shelf(s.ID, path.Join(folder, dir)); err != nil {
			return err
		}
	}
	return v.extras(s.ID, folder, known)
}

// file compares one file with its size (unless that is negative) and hash.
func (v *verifier) file(id, name string, size int64, want string, progress stream.Progress) error {
	got, n, err := v.hash(name, progress)
	switch {
	case isGone(err):
		v.report(id, Lost, name, "the file is missing")
		return nil
	case v.ctx.Err() != nil:
		return v.ctx.Err()
	case err != nil:
		v.report(id, Unreadable, name, "%v", err)
	case size >= 0 && n != size:
		v.report(id, Changed, name, "it has %d bytes instead of %d", n, size)
	case got != want:
		v.report(id, Changed, name, "the content has changed: its SHA-256 is %s instead of %s", got, want)
	}
	v.stats.Files++
	v.stats.Bytes += n
	return nil
}

// Whole reports whether Verify would find nothing wrong with the originals of a
// recording and, if so, with its playable files and their indexes. The error is
// that of ctx.
func (l *Library) Whole(ctx context.Context, s *space.Space) (originals, files bool, err error) {
	whole := l.intact(s)
	v := &verifier{lib: l, ctx: ctx, found: func(Finding) { whole = false }}
	for _, p := range s.Pieces {
		for _, f := range p.Originals() {
			if whole && err == nil {
				err = v.file(s.ID, layout.OriginalIn(s.Folder, f.Name), f.Bytes, f.SHA256, stream.NoProgress{})
			}
		}
	}
	originals = whole
	for i, f := range s.Files {
		if whole && err == nil {
			err = v.file(s.ID, f, -1, s.FileSHA256[i], stream.NoProgress{})
			v.index(s, i, layout.IndexIn(s.Folder, s.FileSHA256[i]))
			v.length(s, i)
			v.soundIndex(s, layout.SoundIn(s.Folder, i))
		}
	}
	return originals, whole, err
}

// hash reads a file.
func (v *verifier) hash(name string, progress stream.Progress) (sum string, n int64, err error) {
	f, err := v.lib.disk.root.Open(name)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	in := stream.NewReader(v.ctx, f, progress)
	if _, err = io.Copy(h, in); err == nil {
		err = in.Err()
	}
	return hex.EncodeToString(h.Sum(nil)), in.Bytes(), err
}

// index checks that a packet index can be used. It can be made again, so only
// its form is checked.
func (v *verifier) index(s *space.Space, file int, name string) {
	f, err := v.lib.disk.root.Open(name)
	if err != nil {
		v.report(s.ID, Lost, name, "the packet index is missing")
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil {
		var x *track.Index
		if x, err = track.OpenIndex(f, info.Size()); err == nil && !fits(x, s, file) {
			err = errors.New("the packet index has no frame lengths: " + anew)
		}
	}
	if err != nil {
		v.report(s.ID, Changed, name, "%v", err)
	}
	v.stats.Files++
}

// soundIndex checks that a sound index can be used, if there is one: earlier
// programs made none.
func (v *verifier) soundIndex(s *space.Space, name string) {
	b, err := v.lib.disk.root.ReadFile(name)
	if isGone(err) {
		return
	}
	if err == nil {
		_, err = unithash.Parse(b)
	}
	if err != nil {
		v.report(s.ID, Changed, name, "%v", err)
	}
	v.stats.Files++
}

// anew is what helps where an earlier version of the program wrote a file that
// says too little, or what is not so, of itself.
const anew = "remove the recording and extract it again"

// length holds what a FLAC file says of its length against the timeline. An
// earlier version left it as the source had it.
func (v *verifier) length(s *space.Space, file int) {
	if track.Codec(s.Configs[file].Codec) != track.FLAC {
		return
	}
	name := s.Files[file]
	f, err := v.lib.disk.root.Open(name)
	if err != nil {
		return // told already
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return
	}
	rd, err := flac.NewReader(f, info.Size(), track.Options{})
	if err != nil {
		v.report(s.ID, Unreadable, name, "%v", err)
		return
	}
	samples := fileSamples(s, file)
	if told := rd.StreamInfo().Samples; told != samples && samples < 1<<36 {
		v.report(s.ID, Unreadable, name, "its header says %d samples, but its frames have %d: %s", told, samples, anew)
	}
}

// extras tells of files in a recording's folder that nobody knows of. What
// else the host keeps with clips and episodes and what can be made again (.spaces) is
// no stray.
func (v *verifier) extras(id, folder string, known map[string]bool) error {
	return fs.WalkDir(v.lib.disk.root.FS(), folder, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			v.report(id, Unreadable, name, "%v", err)
			return nil
		}
		if err := v.ctx.Err(); err != nil {
			return err
		}
		rel := strings.TrimPrefix(strings.TrimPrefix(name, folder), "/")
		if e.IsDir() {
			if rel == layout.Own || slices.Contains(layout.ByHost, rel) {
				return fs.SkipDir
			}
			return nil
		}
		if !known[rel] && !durable.IsLeftover(e.Name()) && !isSystems(e.Name()) {
			v.report(id, Extra, name, "unknown file")
		}
		return nil
	})
}
