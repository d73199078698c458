package site

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"

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
	Pages  map[string]string `json:"pages"` // SHA-256 by name
}

// readSiteList reads the list of the pages of a show. What is no such list, or
// that of another show, has none.
func readSiteList(out *os.Root, show string) (map[string]string, error) {
	var l siteList
	f, err := out.Open(siteFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if json.NewDecoder(io.LimitReader(f, maxList)).Decode(&l) != nil || l.Schema != schema || l.Show != show {
		return nil, nil
	}
	return l.Pages, nil
}

func writeSiteList(out *os.Root, show string, pages map[string]string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(siteList{schema, show, pages}); err != nil { // maps are written in order
		return err
	}
	_, err := durable.Update(out, siteFile, b.Bytes())
	return err
}

// listed are the pages that were written, by name, together with those of the
// list that was there before.
func listed(out *os.Root, show string, written map[string]string) (map[string]string, error) {
	all, err := readSiteList(out, show)
	if err != nil {
		return nil, err
	}
	if all == nil {
		all = map[string]string{}
	}
	for name, sum := range written {
		all[name] = sum
	}
	return all, writeSiteList(out, show, all)
}

// tidy removes the pages in all that were not written now: those of episodes
// that are gone. One that somebody has changed is theirs, and stays.
func tidy(out *os.Root, show string, all, written map[string]string) (gone []string, err error) {
	for name, sum := range all {
		if _, ok := written[name]; ok || !feed.IsFileName(name) {
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
	return gone, writeSiteList(out, show, written)
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
