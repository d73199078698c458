package feed

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/stream"
)

// ErrNoEpisodes means that nothing has been exported yet.
var ErrNoEpisodes = errors.New("the library has no episodes yet")

// ErrNonePublished means that there are episodes, and none of them is to stand
// in the feed.
var ErrNonePublished = errors.New("no episode of the library is published")

// A ProblemError is an episode that cannot be published as it is.
type ProblemError struct {
	Path   string // of its record or file, below the library
	Reason string
	Cause  Cause
}

// A Cause is what is wrong with an episode, for those who know what can be
// done about it.
type Cause string

const (
	BadRecord      Cause = "bad-record"      // makes no sense
	NewerRecord    Cause = "newer-record"    // of a newer version of this program
	Altered        Cause = "altered"         // a file is not the one that was exported, or gone
	BadName        Cause = "bad-name"        // cannot be part of a URL
	SameAddress    Cause = "same-address"    // as another file
	NoDate         Cause = "no-date"         // the Space has none
	BadClip        Cause = "bad-clip"        // the provenance of a clip makes no sense
	BadTranscript  Cause = "bad-transcript"  // cannot be read
	LongTranscript Cause = "long-transcript" // for a page of the site
	NoCover        Cause = "no-cover"        // the show's is gone
)

func (e *ProblemError) Error() string { return e.Path + ": " + e.Reason }

// An Episode is one that is going to be published: its record, where its
// files lie, and the clips that were cut from the same Space.
type Episode struct {
	episode.Record
	Folder  string // of the recording, below the library
	Sidecar string // the record's file, below the library
	Clips   []Clip

	written time.Time // the record
}

// A Clip is an excerpt that lies within an episode.
type Clip struct {
	Start, Seconds float64           // in the episode
	Title          string            // "" when its maker gave it none
	Made           []clip.Provenance // its files: one for each format
}

// Path returns where a file of the episode lies below the library.
func (e *Episode) Path(file string) string { return layout.EpisodeIn(e.Folder, file) }

// Files lists the files of the episode that get a URL, the audio first.
func (e *Episode) Files() []string {
	files := []string{e.File}
	if e.ChapterFile != "" {
		files = append(files, e.ChapterFile)
	}
	files = append(files, e.Transcripts...)
	if e.Cover != "" {
		files = append(files, e.Cover)
	}
	return files
}

// PageOf is the name of the page of a Space's episode: like the GUID it never
// changes.
func PageOf(id string) string { return id + ".html" }

// Page is the name of the episode's page.
func (e *Episode) Page() string { return PageOf(e.ID) }

// maxSidecar bounds a sidecar that is read whole.
const maxSidecar = 64 << 20

var (
	// fileName are the names that go into URLs as they are.
	fileName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	})
	spaceID = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[0-9A-Za-z]{10,16}$`)
	})
)

// IsFileName reports whether a name goes into URLs as it is.
func IsFileName(name string) bool { return fileName().MatchString(name) }

// all finds the episodes of a library, published or not, and the records that
// cannot be used.
func all(ctx context.Context, root *os.Root) (list []*candidate, broken []*ProblemError, err error) {
	folders, err := fs.Glob(root.FS(), layout.Recordings+"/*/*/"+layout.Episodes)
	if err != nil {
		return nil, nil, err
	}
	for _, dir := range folders {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		found, bad, err := candidates(root, dir)
		if err != nil {
			return nil, nil, err
		}
		list, broken = append(list, found...), append(broken, bad...)
	}
	return list, broken, nil
}

// recorded puts the episodes of candidates into the order of their Spaces.
func recorded(list []*candidate) []*Episode {
	episodes := make([]*Episode, len(list))
	for i, c := range list {
		episodes[i] = c.Episode
	}
	slices.SortFunc(episodes, func(a, b *Episode) int {
		return cmp.Or(b.Date.Compare(a.Date.Time), cmp.Compare(a.ID, b.ID), cmp.Compare(a.File, b.File))
	})
	return episodes
}

// List returns all episodes of a library, published or not, newest first, and the
// records that cannot be used. The files of the episodes are not read.
func List(ctx context.Context, root *os.Root) ([]*Episode, []*ProblemError, error) {
	list, broken, err := all(ctx, root)
	return recorded(list), broken, err
}

// In is List for one recording, by the recording's folder.
func In(root *os.Root, folder string) ([]*Episode, []*ProblemError, error) {
	found, broken, err := candidates(root, path.Join(folder, layout.Episodes))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	return recorded(found), broken, err
}

// candidates reads the records in a recording's folder of episodes, and tells of
// those that cannot be used. Other JSON, such as chapters, has no schema of ours
// and is passed over.
func candidates(root *os.Root, dir string) (list []*candidate, broken []*ProblemError, err error) {
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return nil, nil, err
	}
	for _, entry := range entries {
		if path.Ext(entry.Name()) != ".json" || strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		c := &candidate{Episode: &Episode{Folder: path.Dir(dir), Sidecar: path.Join(dir, entry.Name())}}
		if problem := c.read(root); problem != nil {
			broken = append(broken, problem)
			continue
		}
		if c.Schema == 0 {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			return nil, nil, err
		}
		c.written = info.ModTime()
		list = append(list, c)
	}
	return list, broken, nil
}

// read reads the record and says what is wrong with it. What has no schema is
// somebody else's.
func (c *candidate) read(root *os.Root) *ProblemError {
	name := c.Sidecar
	if err := readSidecar(root, name, &c.Record); err != nil {
		if strings.HasSuffix(name, episode.TranscriptExt) {
			return nil // whoever reads it finds out
		}
		return &ProblemError{name, "cannot read the record: " + err.Error(), BadRecord}
	}
	switch {
	case c.Schema == 0:
		return nil
	case c.Schema > Schema:
		return &ProblemError{name, "the record was written by a newer version of spaces", NewerRecord}
	case !spaceID().MatchString(c.ID):
		return &ProblemError{name, fmt.Sprintf("invalid id %q", c.ID), BadRecord}
	case formatRank(c.File, "") < 0:
		return &ProblemError{name, fmt.Sprintf("%q is not an audio type that feeds support", c.File), BadRecord}
	}
	for _, file := range c.Files() {
		if !fileName().MatchString(file) {
			return &ProblemError{name, fmt.Sprintf("the name %q cannot be part of a web address (use only letters A-Z, digits, dots, - and _)", file), BadName}
		}
	}
	return nil
}

// readSidecar reads a JSON file.
func readSidecar(root *os.Root, name string, v any) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSidecar+1))
	if err != nil {
		return err
	}
	if len(b) > maxSidecar {
		return fmt.Errorf("larger than %d bytes", maxSidecar)
	}
	return json.Unmarshal(b, v)
}

// distinct sees to it that no two files get the same URL. Some servers and
// disks do not tell capitals from small letters.
func distinct(list []*Episode) error {
	seen := make(map[string]string)
	for _, e := range list {
		for _, file := range e.Files() {
			key := strings.ToLower(file)
			if other, taken := seen[key]; taken {
				return &ProblemError{e.Path(file), other + " would have the same address", SameAddress}
			}
			seen[key] = e.Path(file)
		}
	}
	return nil
}

// check reads the files of an episode: all must be there, and the audio must
// be what the record says.
func (e *Episode) check(ctx context.Context, root *os.Root, p stream.Progress) error {
	for _, file := range e.Files()[1:] {
		if info, err := root.Stat(e.Path(file)); err != nil || !info.Mode().IsRegular() {
			return &ProblemError{e.Path(file), "the file is missing", Altered}
		}
	}
	name := e.Path(e.File)
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &ProblemError{name, "the file is missing", Altered}
	}
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, stream.Until(ctx, f, p))
	if err != nil {
		return err
	}
	if sum := hex.EncodeToString(h.Sum(nil)); n != e.Bytes || sum != e.SHA256 {
		return &ProblemError{name, fmt.Sprintf("the file has changed since the export (%d bytes, SHA-256 %s; the record says %d, %s)", n, sum, e.Bytes, e.SHA256), Altered}
	}
	return nil
}

// clips finds the clips of the Space that lie in the episode as a whole, in
// order. Clips of one stretch, in several formats, count once.
func (e *Episode) clips(root *os.Root, skip func(*ProblemError) error) ([]Clip, error) {
	found, broken, err := clip.List(root, e.Folder)
	if err != nil {
		return nil, err
	}
	for _, b := range broken {
		if err := skip(&ProblemError{b.Path, "cannot read the source of the clip: " + b.Err.Error(), BadClip}); err != nil {
			return nil, err
		}
	}
	var list []Clip
	for _, p := range found {
		if start, ok := e.holds(p.At, p.Length); ok && p.Recording == e.ID {
			list = append(list, Clip{start, p.Length, p.Settings.Title, []clip.Provenance{p}})
		}
	}
	slices.SortStableFunc(list, func(a, b Clip) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Seconds, b.Seconds), -cmp.Compare(a.Title, b.Title))
	})
	var merged []Clip
	for _, c := range list {
		if n := len(merged); n > 0 && decimal(merged[n-1].Start) == decimal(c.Start) && decimal(merged[n-1].Seconds) == decimal(c.Seconds) {
			merged[n-1].Made = append(merged[n-1].Made, c.Made...)
		} else {
			merged = append(merged, c)
		}
	}
	return merged, nil
}

// holds returns where in the episode a stretch of the recording begins; ok is
// false unless all of it is there and nothing was cut out of it.
func (e *Episode) holds(at, seconds float64) (start float64, ok bool) {
	const slack = 0.001 // positions are rounded to samples
	if seconds <= 2*slack {
		return 0, false
	}
	from, ok := e.Locate(at + slack)
	if !ok {
		return 0, false
	}
	to, ok := e.Locate(at + seconds - slack)
	if d := to - from - (seconds - 2*slack); !ok || d > slack || d < -slack {
		return 0, false
	}
	heard := 0.0 // what is silent in its midst is left out as well
	for _, k := range e.Kept {
		heard += max(0, min(at+seconds, k.Start+k.Seconds)-max(at, k.Start))
	}
	if len(e.Kept) > 0 && heard < seconds-2*slack {
		return 0, false
	}
	return max(0, math.Round((from-slack)*1000)/1000), true
}
