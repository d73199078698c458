package publish

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// FeedAt reports whether a place lies in a folder to which, by the receipts, a
// feed was sent that is still there: then everybody may read what is sent to it.
func FeedAt(root *os.Root, place string) (bool, error) {
	standing, err := Standing(root)
	if err != nil {
		return false, err
	}
	for _, r := range standing {
		if r.Kind == Feed && Inside(place, r.Place) {
			return true, nil
		}
	}
	return false, nil
}

// AtEndpoint returns a place as it compares to one of the settings: without its
// endpoint where that one has none.
func AtEndpoint(place, set string) string {
	if !strings.Contains(set, "?") {
		place, _, _ = strings.Cut(place, "?")
	}
	return place
}

// Inside reports whether a place is the folder that another one is, or lies in
// it. Who logs in makes no difference, nor do links on the way to a folder.
func Inside(place, of string) bool {
	place, of = real(place), real(of)
	x, err := url.Parse(place)
	y, err2 := url.Parse(of)
	if err != nil || err2 != nil {
		return place == of
	}
	if x.Scheme != y.Scheme || !strings.EqualFold(x.Host, y.Host) || x.RawQuery != y.RawQuery {
		return false
	}
	a, b := path.Clean("/"+y.Path), path.Clean("/"+x.Path)
	return a == b || strings.HasPrefix(b, strings.TrimSuffix(a, "/")+"/")
}

// Local returns the folder of this computer that a place is.
func Local(place string) (dir string, ok bool) {
	u, err := url.Parse(place)
	if err != nil || u.Scheme != "file" {
		return "", false
	}
	dir = filepath.FromSlash(u.Path)
	if vol := strings.TrimPrefix(dir, string(filepath.Separator)); filepath.VolumeName(vol) != "" {
		dir = vol // file:///C:/…
	}
	return filepath.Clean(dir), true
}

// real returns a place without the links that lead to it. It may not be there yet.
func real(place string) string {
	dir, ok := Local(place)
	if !ok {
		return place
	}
	for above, below := dir, ""; ; above, below = filepath.Dir(above), filepath.Join(filepath.Base(above), below) {
		if found, err := filepath.EvalSymlinks(above); err == nil {
			dir = filepath.Join(found, below)
			break
		}
		if above == filepath.Dir(above) {
			break
		}
	}
	return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(filepath.ToSlash(dir), "/")}).String()
}
