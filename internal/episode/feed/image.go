package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/episode/cover"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// coverPattern are the names of covers. Directories and apps fetch a picture
// once for each address: a part of the hash in the name lets them see a new one.
var coverPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^` + layout.Cover + `-[0-9a-f]{8}\.(jpg|png)$`)
})

// ImageURL returns the address of the show's cover, "" if it has none.
func (s *Show) ImageURL() string {
	if s.Cover != "" {
		return s.URL(s.Cover)
	}
	return s.Image
}

// coverPath is where the cover lies below the library.
func (s *Show) coverPath() string { return path.Join(s.Folder(), s.Cover) }

// OwnImage returns the name below the base URL of a cover that the library does
// not have, "" if there is none such: somebody has to put it there.
func (s *Show) OwnImage() string {
	name, below := strings.CutPrefix(s.Image, s.BaseURL)
	if !below || !fileName().MatchString(name) {
		return ""
	}
	return name
}

// SetImage takes the URL of a cover, or a picture file, of which Save puts a
// copy into the library: as it is, or made to fit as the returned words say.
// crop keeps the middle of a picture that is not square.
func (s *Show) SetImage(text string, crop bool) (changes string, err error) {
	if text == "" || strings.Contains(text, "://") {
		s.Image, s.Cover, s.picture = text, "", nil
		return "", nil
	}
	f, err := os.Open(text)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, cover.MaxSource+1))
	if err != nil {
		return "", err
	}
	m, err := cover.Fit(b, crop)
	if err != nil {
		return "", fmt.Errorf("%s: %w", text, err)
	}
	sum := sha256.Sum256(m.File)
	s.Image, s.Cover, s.picture = "", layout.Cover+"-"+hex.EncodeToString(sum[:4])+m.Ext, m.File
	return m.String(), nil
}

// saveCover writes a new cover.
func (s *Show) saveCover(root *os.Root) error {
	if s.picture == nil {
		return nil
	}
	if err := root.MkdirAll(s.Folder(), 0o755); err != nil {
		return err
	}
	_, err := durable.Update(root, s.coverPath(), s.picture)
	return err
}

// removeOldCovers removes the covers that the show had before.
func (s *Show) removeOldCovers(root *os.Root) error {
	entries, err := fs.ReadDir(root.FS(), s.Folder())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if e.Name() != s.Cover && coverPattern().MatchString(e.Name()) {
			if err := root.Remove(path.Join(s.Folder(), e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
