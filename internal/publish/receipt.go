package publish

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/durable/ledger"
	"github.com/spaces-cli/spaces/internal/library/layout"
)

// Schema is the version of the JSON of this package.
const Schema = 1

// removalSchema is the version of the receipts that say that an object was
// removed: programs that do not know of removals pass them over, instead of
// taking them for arrivals.
const removalSchema = 2

// A Receipt says that an object arrived, and how that was checked.
type Receipt struct {
	Schema int       `json:"schema"`
	At     time.Time `json:"at"`           // when it was checked
	ID     string    `json:"id,omitempty"` // of the Space
	Kind   Kind      `json:"kind"`
	File   string    `json:"file"` // below the library, or as it was named

	Target string `json:"target,omitempty"` // its name in the settings
	Place  string `json:"place"`            // the target's root: s3://bucket/prefix
	Object string `json:"object"`           // below it
	URL    string `json:"url,omitempty"`    // where everybody can get it
	Public bool   `json:"public"`           // everybody may

	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Type   string `json:"type"`
	// Sent is false for an object that was there already.
	Sent bool `json:"sent"`
	// Verified says what was compared at the target: "size", "sha256" (that it
	// computed itself), other checksums by name, "read-back" (every byte); of
	// what was there already also "stored-sha256" (the target was told it when
	// the object came) or "time" (that of an earlier receipt).
	Verified []string  `json:"verified"`
	Modified time.Time `json:"modified,omitzero"` // the target's time of the object

	Post *Post `json:"post,omitempty"` // what was said with it

	// Removed says that it was taken down: the object is not there any more.
	Removed bool `json:"removed,omitempty"`

	// Location is where it lies: Place and Object in one. Older receipts have
	// none on disk, and get it when they are read.
	Location string `json:"location,omitempty"`

	WrittenBy string `json:"written_by"`
}

// A Post is what a receipt says of a post beside its file.
type Post struct {
	ID      string `json:"id"`
	Text    string `json:"text"`
	ReplyTo string `json:"reply_to,omitempty"` // id of another
}

// locate says where an object lies: its name stands before what of the place is
// no path, such as the endpoint of S3.
func locate(place, object string) string {
	root, query, ok := strings.Cut(place, "?")
	if ok {
		query = "?" + query
	}
	return strings.TrimSuffix(root, "/") + "/" + object + query
}

// Receipts calls fn with the receipts of a library, oldest first, without those
// of objects that were taken down since.
func Receipts(root *os.Root, fn func(*Receipt) error) error {
	type key struct{ place, object string }
	var list []*Receipt
	removed := make(map[key]int) // how many of the list are from before
	err := History(root, func(r *Receipt) error {
		if r.Removed {
			removed[key{r.Place, r.Object}] = len(list)
		} else {
			list = append(list, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, r := range list {
		if i < removed[key{r.Place, r.Object}] {
			continue
		}
		if err := fn(r); err != nil {
			return err
		}
	}
	return nil
}

// History calls fn with all receipts of a library, oldest first, and with what
// says that an object was taken down. Lines of newer versions are passed over.
func History(root *os.Root, fn func(*Receipt) error) error {
	_, err := ledger.New(root, layout.Receipts, 0).Read(func(n int, line []byte) error {
		r := new(Receipt)
		if err := json.Unmarshal(line, r); err != nil {
			return fmt.Errorf("%s, line %d: %w", layout.Receipts, n, err)
		}
		if r.Schema > removalSchema {
			return nil
		}
		r.Location = locate(r.Place, r.Object)
		return fn(r)
	})
	return err
}

// Standing returns the latest receipt of each object that was not taken down,
// in the order of places and objects.
func Standing(root *os.Root) ([]*Receipt, error) {
	type key struct{ place, object string }
	latest := make(map[key]*Receipt)
	err := Receipts(root, func(r *Receipt) error {
		latest[key{r.Place, r.Object}] = r
		return nil
	})
	return slices.SortedFunc(maps.Values(latest), func(a, b *Receipt) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Object, b.Object))
	}), err
}

// receipts are those of one target's root, the latest of each object.
type receipts struct {
	file   *ledger.File
	latest map[string]*Receipt
}

func openReceipts(root *os.Root, place string, wait time.Duration) (*receipts, error) {
	if err := root.MkdirAll(layout.Uploads, 0o755); err != nil {
		return nil, err
	}
	rs := &receipts{ledger.New(root, layout.Receipts, wait), make(map[string]*Receipt)}
	err := Receipts(root, func(r *Receipt) error {
		if r.Place == place {
			rs.latest[r.Object] = r
		}
		return nil
	})
	return rs, err
}

// add keeps a receipt. It is on the medium when add returns.
func (rs *receipts) add(ctx context.Context, r *Receipt) error {
	if _, err := rs.file.Append(ctx, r); err != nil {
		return err
	}
	if rs.latest[r.Object] = r; r.Removed {
		delete(rs.latest, r.Object)
	}
	return nil
}

// describes reports whether the object is still the one of the receipt, as far
// as the target tells.
func (r *Receipt) describes(there Remote) bool {
	switch {
	case r == nil || r.Bytes != there.Size:
		return false
	case there.SHA256 != "":
		return r.SHA256 == there.SHA256
	}
	return !r.Modified.IsZero() && r.Modified.Equal(there.Modified)
}
