package episode

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/episode/cover"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A sidecar is a file that stands beside the audio.
type sidecar struct {
	ext     string // with its dot
	content []byte
	name    string
	set     func(rec *Record, name string) // takes down its name
}

// besides are the names of the files beside the audio, but for the record.
func (r *Record) besides() []string {
	names := slices.Concat([]string{r.Cover, r.ChapterFile, r.ChapterDraft, r.Notes}, r.Transcripts)
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// gather makes what stands beside the audio.
func (e *export) gather() error {
	if len(e.Cover) > 0 && !e.shared {
		picture, err := cover.Check(e.Cover)
		if err != nil {
			return err
		}
		e.add(picture.Ext, e.Cover, func(rec *Record, name string) { rec.Cover = name })
	}
	if len(e.rec.Chapters) > 0 {
		var b bytes.Buffer
		if err := chapters.WriteJSON(&b, e.chapters()); err != nil {
			return err
		}
		e.add(".chapters.json", b.Bytes(), func(rec *Record, name string) { rec.ChapterFile = name })
	}
	if len(e.ChapterDraft) > 0 {
		e.add(".topics.txt", e.ChapterDraft, func(rec *Record, name string) { rec.ChapterDraft = name })
	}
	if err := e.addTranscripts(); err != nil {
		return err
	}
	e.add(notesExt, []byte(notes(&e.rec, e.language())), func(rec *Record, name string) { rec.Notes = name })
	return nil
}

// notesExt is what the names of notes end in.
const notesExt = ".notes.md"

func (e *export) add(ext string, content []byte, set func(*Record, string)) {
	e.besides = append(e.besides, sidecar{ext: ext, content: content, set: set})
}

// arrange finds names for what stands beside the audio: that of the audio with
// another extension or, where such a file is another's, with one more. An
// episode of another format may have been trimmed in another way, so that its
// chapters and transcript are not those of this one; and a host's own
// transcript may lie where the episode goes.
func (t *target) arrange(e *export) error {
	own, edited := map[string]bool{}, map[string]bool{}
	if old, err := t.record(); err == nil {
		for _, name := range old.besides() {
			own[name] = true
		}
		for _, s := range old.Sidecars {
			was, err := t.has(s)
			if err != nil {
				return err
			}
			own[s.File], edited[s.File] = was, !was
		}
		for _, name := range old.Transcripts {
			if t.isInput(name, e.Transcript.File) && !(e.whole() && len(e.chain.sides) == 0) {
				return recording.Problemf(BadRequest, OwnTranscript, "%s is the transcript that the export wrote; give the original transcript", e.Transcript.File)
			}
		}
	}
	others, err := t.others()
	if err != nil {
		return err
	}
	for i := range e.besides {
		s := &e.besides[i]
		free := func(name string) (bool, error) {
			same, err := t.holds(name, s.content)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return true, nil
			case err != nil || same:
				return same, err
			}
			return own[name] && !others[name] && !t.isInput(name, e.Transcript.File), nil
		}
		first := t.beside(s.ext)
		s.name = first
		ok, err := free(s.name)
		if err == nil && !ok {
			s.name = t.file + s.ext
			ok, err = free(s.name)
		}
		if err != nil {
			return err
		}
		if ok && edited[first] && s.name != first {
			e.note("%s was edited by hand and is kept; the new version is %s", first, s.name)
		}
		if !ok && (others[s.name] || !e.Force) {
			return recording.Problemf(Exists, BesideTaken, "%s exists and does not belong to this episode", filepath.Join(filepath.Dir(t.path), s.name))
		}
		s.set(&e.rec, s.name)
		sum := sha256.Sum256(s.content)
		e.rec.Sidecars = append(e.rec.Sidecars, Sidecar{s.name, hex.EncodeToString(sum[:])})
	}
	return nil
}

// has reports whether a file is as it was written. One that is gone is nobody's.
func (t *target) has(s Sidecar) (bool, error) {
	b, err := t.root.ReadFile(s.File)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]) == s.SHA256, err
}

// holds reports whether a file has such a content.
func (t *target) holds(name string, content []byte) (bool, error) {
	info, err := t.root.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(content)) {
		return false, err
	}
	old, err := t.root.ReadFile(name)
	return bytes.Equal(old, content), err
}

// others are the files that stand beside episodes of the same name in other
// formats.
func (t *target) others() (map[string]bool, error) {
	entries, err := fs.ReadDir(t.root.FS(), ".")
	if err != nil {
		return nil, err
	}
	list := map[string]bool{}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, recordExt) || !strings.HasPrefix(name, t.beside("")) {
			continue
		}
		if rec, err := t.read(name); err == nil && rec.File != t.file {
			for _, beside := range rec.besides() {
				list[beside] = true
			}
		}
	}
	return list, nil
}

// isInput reports whether a file is the one that was read.
func (t *target) isInput(name, input string) bool {
	if input == "" {
		return false
	}
	a, err := t.root.Stat(name)
	if err != nil {
		return false
	}
	b, err := os.Stat(input)
	return err == nil && os.SameFile(a, b)
}
