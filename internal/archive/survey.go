package archive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/archive/series"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/playlist/saved"
)

// A Found is a file or folder that holds sound, or may hold some.
type Found struct {
	Path   string // with that of the folder that was looked through
	Kind   PathKind
	Bytes  int64
	Series *series.Chunks // of a ChunkFolder: the files that are joined
}

// Apart lists the files of a series as recordings of their own.
func (f *Found) Apart() (list []Found) {
	for _, c := range f.Series.Files {
		list = append(list, Found{Path: filepath.Join(f.Path, c.Name), Kind: AudioFile, Bytes: c.Size})
	}
	return list
}

// A Survey says what a folder and those in it hold.
type Survey struct {
	Found []Found // in order of their paths
	// Others are files that are neither sound nor go with any, as far as the
	// folder itself is no archive: their number, and the first of them.
	Others int
	Other  string
	// Problems are what was not looked into.
	Problems []Problem
}

// Recordings reports whether the folder is one of recordings, or an archive:
// nothing else lies in it, so that there is no doubt what is meant.
func (s *Survey) Recordings() bool { return s.Others == 0 }

const (
	maxSurveyDepth = 16
	maxSurveyed    = 200_000 // files looked at
)

// LookThrough looks through the folder at dir and those in it for archives and
// recordings. What a file is its content says.
func LookThrough(ctx context.Context, dir string) (*Survey, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fileProblem(err, dir)
	}
	if !info.IsDir() {
		return nil, &Problem{Kind: Unreadable, Subject: dir, Message: "not a folder"}
	}
	s := surveyor{ctx: ctx, survey: new(Survey), claimed: make(map[string]bool)}
	err = s.folder(dir, 0)
	s.survey.Problems = s.reported.list(dir)
	return s.survey, err
}

type surveyor struct {
	ctx      context.Context
	survey   *Survey
	reported tally
	claimed  map[string]bool // files that belong to a playlist
	looked   int
	full     bool
}

func (s *surveyor) problem(kind ProblemKind, name, message, hint string) {
	s.reported.add(Problem{Kind: kind, Subject: name, Message: message, Hint: hint})
}

// folder looks through one folder. The error is that of the context, or that
// the topmost folder cannot be read.
func (s *surveyor) folder(dir string, depth int) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		p := fileProblem(err, dir)
		if depth == 0 {
			return p
		}
		s.reported.add(*p)
		return nil
	}
	if slices.ContainsFunc(entries, isLibraryFile) {
		s.problem("is-library", dir, "skipped: this is a spaces library", "give spaces this folder to merge it into yours")
		return nil
	}
	if isRecordingFolder(entries) {
		s.problem("is-library", dir, "skipped: this is a recording of a spaces library", "give spaces the folder of that library to merge it into yours")
		return nil
	}
	if holdsArchive(dir, entries) {
		s.survey.Found = append(s.survey.Found, Found{Path: dir, Kind: ArchiveFolder})
		return nil
	}
	if depth > maxSurveyDepth {
		s.problem(Unreadable, dir, "skipped: the folder is nested too deeply", "give spaces this folder")
		return nil
	}
	listed := s.playlists(dir, entries)
	parts := s.series(dir, entries)
	var stems []string // of what is sound here
	var rest []string
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		switch mode := e.Type(); {
		case isIgnored([]string{e.Name()}) || mode.IsDir() && isSystemFolder(e.Name()):
		case mode.IsDir():
			if err := s.folder(name, depth+1); err != nil {
				return err
			}
		case mode&fs.ModeSymlink != 0:
			if media.ExtensionOfSound(e.Name()) {
				s.problem(Symlink, name, "symbolic links are not followed", "give spaces the file itself")
			}
		case !mode.IsRegular() || parts[e.Name()] || s.claimed[name]:
		default:
			sound, err := s.file(name)
			if err != nil {
				return err
			}
			if sound {
				stems = append(stems, strings.TrimSuffix(e.Name(), path.Ext(e.Name())))
			} else {
				rest = append(rest, e.Name())
			}
		}
	}
	for _, name := range rest {
		if !goesWith(name, stems) && !((listed || len(parts) > 0) && goesWithChunks(name)) {
			if s.survey.Others++; s.survey.Other == "" {
				s.survey.Other = filepath.Join(dir, name)
			}
		}
	}
	return nil
}

// playlists adds the playlists whose chunks lie beside them, and reports whether
// there is any. Of several that list the same chunks it is the one that lists
// most.
func (s *surveyor) playlists(dir string, entries []fs.DirEntry) bool {
	var list []*saved.Playlist
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		ext := strings.ToLower(filepath.Ext(plainName(e.Name())))
		if !e.Type().IsRegular() || isIgnored([]string{e.Name()}) || s.claimed[name] || ext != ".m3u8" && ext != ".m3u" {
			continue
		}
		if kind, _, err := DetectFile(name); err != nil || kind != PlaylistFile {
			continue
		}
		if p, err := saved.Open(name); err == nil && p.Present > 0 {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b *saved.Playlist) int { return cmp.Compare(len(b.Files()), len(a.Files())) })
	for _, p := range list {
		news := false
		for _, name := range p.Files() {
			name = filepath.Join(dir, filepath.FromSlash(name))
			news = news || !s.claimed[name]
			s.claimed[name] = true
		}
		if news && !s.claimed[p.Path] {
			s.survey.Found = append(s.survey.Found, Found{Path: p.Path, Kind: PlaylistFile, Bytes: p.Bytes})
		}
		s.claimed[p.Path] = true
	}
	return len(list) > 0
}

// plainName is the name of a file without the query of the address that it came
// from: playlist.m3u8?type=replay.
func plainName(name string) string {
	if i := strings.Index(strings.ToLower(name), ".m3u8"); i >= 0 {
		return name[:i+len(".m3u8")]
	}
	return name
}

// series adds the chunks of streams that the folder holds, and returns their
// names.
func (s *surveyor) series(dir string, entries []fs.DirEntry) map[string]bool {
	parts := make(map[string]bool)
	ignored := func(name string) bool { return isIgnored([]string{name}) || s.claimed[filepath.Join(dir, name)] }
	for _, c := range series.Find(dir, entries, ignored) {
		s.survey.Found = append(s.survey.Found, Found{Path: dir, Kind: ChunkFolder, Bytes: c.Bytes(), Series: c})
		for _, name := range c.Names() {
			parts[name] = true
		}
	}
	return parts
}

// file looks at one file, and reports whether it holds sound or is an archive.
func (s *surveyor) file(name string) (bool, error) {
	if err := s.ctx.Err(); err != nil {
		return false, err
	}
	if s.looked++; s.looked > maxSurveyed {
		if !s.full {
			s.full = true
			s.problem(Unreadable, filepath.Dir(name), fmt.Sprintf("more than %d files; some were skipped", maxSurveyed),
				"give spaces its subfolders one by one")
		}
		return false, nil
	}
	kind, size, err := DetectFile(name)
	if err != nil {
		if media.ExtensionOfSound(name) || strings.EqualFold(filepath.Ext(name), ".zip") {
			p := new(Problem)
			if !errors.As(err, &p) {
				p = fileProblem(err, name)
			}
			s.reported.add(*p)
			return true, nil
		}
		return false, nil
	}
	switch kind {
	case ArchiveZIP:
		if !s.ours(name) {
			return false, nil
		}
	case AudioFile:
	default:
		return false, nil
	}
	s.survey.Found = append(s.survey.Found, Found{Path: name, Kind: kind, Bytes: size})
	return true, nil
}

// ours reports whether a ZIP is one of X's, or may have been one before
// something happened to it.
func (s *surveyor) ours(name string) bool {
	list, err := OpenAll(s.ctx, name)
	if closeAll(list); err == nil {
		return true
	}
	var p *Problem
	return !errors.As(err, &p) || p.Kind != NotAnXArchive && p.Kind != NotAnArchive && p.Kind != EmptyArchive &&
		strings.Contains(strings.ToLower(filepath.Base(name)+path.Base(p.Subject)), "twitter")
}

// isRecordingFolder reports whether a folder is one that a library has for a
// recording: its files are originals and what is made of them, in a library that
// may have lost its marks.
func isRecordingFolder(entries []fs.DirEntry) bool {
	sidecar := slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == layout.Sidecar && e.Type().IsRegular() })
	return sidecar && slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() && (e.Name() == layout.Original || e.Name() == layout.Own) })
}

func isLibraryFile(e fs.DirEntry) bool { return e.Name() == layout.Marks && e.Type().IsRegular() }

// holdsArchive reports whether dir is an unzipped archive: its data folder, or
// the folder around that.
func holdsArchive(dir string, entries []fs.DirEntry) bool {
	for _, e := range entries {
		if isArchivePart(e.Name(), e.IsDir()) {
			return true
		}
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.EqualFold(e.Name(), "data") {
			continue
		}
		inner, err := os.ReadDir(filepath.Join(dir, e.Name()))
		if err == nil && slices.ContainsFunc(inner, func(e fs.DirEntry) bool { return isArchivePart(e.Name(), e.IsDir()) }) {
			return true
		}
	}
	return false
}

// isSystemFolder reports whether systems, and not people, make such folders.
func isSystemFolder(name string) bool {
	switch strings.ToLower(name) {
	case "__macosx", ".git", ".trash", ".trashes", ".spotlight-v100", ".fseventsd", "@eadir", "$recycle.bin", "system volume information":
		return true
	}
	return strings.HasPrefix(strings.ToLower(name), ".trash-")
}

// goesWith reports whether a file that is no sound lies beside sound for its
// sake: named like it (sidecars, captions, covers), or as notes and covers of
// a whole folder are.
func goesWith(name string, stems []string) bool {
	if len(stems) == 0 {
		return false
	}
	for _, stem := range stems {
		if strings.HasPrefix(name, stem) {
			return true
		}
	}
	return goesWithChunks(name)
}

func goesWithChunks(name string) bool {
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch stem {
	case "cover", "folder", "thumbnail", "poster", "readme", "notes", "info", "metadata", "sha256sums", "md5sums", "checksums":
		return true
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".m3u8", ".m3u", ".json":
		return true
	}
	return false
}

// DetectFile says what the file at name is, by its content, and its size.
func DetectFile(name string) (PathKind, int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return Unrelated, 0, fileProblem(err, name)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Unrelated, 0, fileProblem(err, name)
	}
	if !info.Mode().IsRegular() {
		return Unrelated, 0, nil
	}
	head := make([]byte, media.SniffLen)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return Unrelated, 0, fileProblem(err, name)
	}
	what := sniff(head[:min(n, headSize)])
	ext := strings.ToLower(filepath.Ext(name))
	switch {
	case saved.IsHLS(head[:n]):
		return PlaylistFile, info.Size(), nil
	case what.zip, ext == ".zip":
		return ArchiveZIP, info.Size(), nil
	case what.audio, audioExtensions()[ext]:
		return AudioFile, info.Size(), nil
	case what.other:
		return Unrelated, info.Size(), nil
	case media.Sniff(head[:n], info.Size()).Sound():
		return AudioFile, info.Size(), nil
	case hasDirectoryEnd(f, info.Size()): // something stands before the ZIP
		return ArchiveZIP, info.Size(), nil
	}
	return Unrelated, info.Size(), nil
}
