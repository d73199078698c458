package site

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/episode/feed"
)

// siteFile, in the folder of a site, lists the pages that were written there.
// It is how a page of an episode that is gone is told from what its owner has
// put into the folder.
const siteFile = ".spaces-site.json"

// schema is the version of that list, maxList bounds one that is read.
const (
	schema  = 1
	maxList = 64 << 20
)

// A siteList is the content of siteFile.
type siteList struct {
	Schema int               `json:"schema"`
	Show   string            `json:"show"`  // its GUID
	Pages  map[string]string `json:"pages"` // SHA-256 of pages, pictures and clips, by name
	// Made says of those files that are costly to make what they were made of: the
	// next build makes only what is made of something else.
	Made map[string]string `json:"made,omitempty"`
	// Heard are the waveforms of episodes whose recording nobody has measured.
	Heard map[string]string `json:"heard,omitempty"`
}

// readSiteList reads the list of the pages of a show. What is no such list, or
// that of another show, has none.
func readSiteList(out *os.Root, show string) (siteList, error) {
	none := siteList{Schema: schema, Show: show}
	var l siteList
	f, err := out.Open(siteFile)
	if errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	if err != nil {
		return none, err
	}
	defer f.Close()
	if json.NewDecoder(io.LimitReader(f, maxList)).Decode(&l) != nil || l.Schema != schema || l.Show != show {
		return none, nil
	}
	return l, nil
}

func writeSiteList(out *os.Root, l siteList) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(l); err != nil { // maps are written in order
		return err
	}
	_, err := durable.Update(out, siteFile, b.Bytes())
	return err
}

// Files lists the files of a site that lie in the folder of the feed, but not
// those of other episodes than these.
func Files(out *os.Root, show string, episodes []*feed.Episode) ([]string, error) {
	l, err := readSiteList(out, show)
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{"": true}
	for _, e := range episodes {
		wanted[e.ID] = true
	}
	var list []string
	for name := range l.Pages {
		if _, err := out.Stat(name); err == nil && wanted[EpisodeOf(name)] && isPage(name) {
			list = append(list, name)
		}
	}
	slices.SortFunc(list, func(a, b string) int { // the front page last: it links the others
		switch {
		case a == Index:
			return 1
		case b == Index:
			return -1
		}
		return cmp.Compare(a, b)
	})
	return list, nil
}

// isPage reports whether a file is a page or a picture, and no sound: those of
// clips are what Clips lists.
func isPage(name string) bool {
	return slices.Contains([]string{".html", ".jpg", ".png", ".xml"}, path.Ext(name))
}

// EpisodeOf is the id of the Space that a file of a site is of, "" if it is of
// the whole show.
func EpisodeOf(name string) string {
	id, _, _ := strings.Cut(name, ".")
	id, _, _ = strings.Cut(id, "-")
	if len(id) < 10 || len(id) > 16 || strings.ContainsFunc(id, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		return "" // index, show, cover, sitemap
	}
	return id
}

// IsOfClip reports whether a file of a site is of a clip: its page, its picture or
// its sound.
func IsOfClip(name string) bool {
	id := EpisodeOf(name)
	rest, ok := strings.CutPrefix(name, id+".")
	return id != "" && ok && rest != "" && rest[0] >= '0' && rest[0] <= '9'
}

// listed are the files that were written, by name, together with those of the
// list that was there before.
func listed(out *os.Root, before siteList, st *Site) (map[string]string, error) {
	all := make(map[string]string)
	maps.Copy(all, before.Pages)
	maps.Copy(all, st.written)
	return all, writeSiteList(out, siteList{schema, st.show, all, st.made, st.heard})
}

// tidy removes the files that earlier builds wrote and this one did not: those of
// episodes that are gone. One that somebody has changed is theirs, and stays.
func tidy(out *os.Root, st *Site) (gone []string, err error) {
	for name, sum := range st.all {
		if _, ok := st.written[name]; ok || !feed.IsFileName(name) {
			continue
		}
		info, err := out.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err != nil {
			return gone, err
		}
		content, err := out.ReadFile(name)
		if err != nil {
			return gone, err
		}
		if sumOf(content) != sum {
			continue
		}
		if err := durable.Remove(out, name); err != nil {
			return gone, err
		}
		gone = append(gone, name)
	}
	return gone, writeSiteList(out, siteList{schema, st.show, st.written, st.made, st.heard})
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
