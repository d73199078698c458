package archive

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"time"
)

// A Manifest is what data/manifest.js says about the archive. It is a hint:
// what an archive holds is told by its listing.
type Manifest struct {
	Present     bool // there is a manifest, and it could be read
	AccountID   string
	Handle      string // without @
	DisplayName string
	Generated   time.Time // when X made the archive; zero if unknown
	Partial     bool      // X has split the archive into several ZIPs
	SizeBytes   int64     // of all parts, as X has it
	MaxPartSize int64
	Types       []ManifestType // ordered by name
}

// A ManifestType is one kind of data that the manifest lists.
type ManifestType struct {
	Name           string   // camelCase: "spacesMetadata"
	Files          []string // names only, without folders
	Count          int64    // of records as stated; counts lie. -1 if not stated
	MediaDirectory string   // name only, or ""
}

// PartOf returns a key that all parts of one archive share: the account and
// the day (UTC) X made it. It is empty if either is unknown.
func (m Manifest) PartOf() string {
	if m.AccountID == "" || m.Generated.IsZero() {
		return ""
	}
	return m.AccountID + "@" + m.Generated.UTC().Format(time.DateOnly)
}

// A TypeSummary counts what an archive holds of one type of data.
type TypeSummary struct {
	Name  string // as in the manifest: "tweets", "spacesMedia"
	Files int    // listed, scripts and media
	Count int64  // records, as the manifest states; -1 if it does not
	Bytes int64  // unpacked
}

// Manifest returns what the manifest says.
func (a *Archive) Manifest() Manifest { return a.manifest }

// Types returns what the archive holds type by type, ordered by name.
func (a *Archive) Types() []TypeSummary {
	merged := map[string]TypeSummary{}
	for name, t := range a.types {
		merged[name] = *t
	}
	for _, mt := range a.manifest.Types {
		sum := TypeSummary{Name: showName(mt.Name), Count: mt.Count}
		take := func(listed string) {
			if t, ok := merged[listed]; ok {
				sum.Files += t.Files
				sum.Bytes += t.Bytes
				delete(merged, listed)
			}
		}
		take(mt.Name)
		for _, f := range mt.Files {
			if stem, _, ok := scriptName(f); ok {
				take(typeName(stem))
			}
		}
		// Spaces audio is told by itself, whatever type it is filed under.
		if mt.MediaDirectory != "" && !isSpacesFolder(mt.MediaDirectory) {
			take(typeName(mt.MediaDirectory))
		}
		merged[mt.Name] = sum
	}
	types := make([]TypeSummary, 0, len(merged))
	for _, t := range merged {
		types = append(types, t)
	}
	slices.SortFunc(types, func(x, y TypeSummary) int { return strings.Compare(x.Name, y.Name) })
	return types
}

func (a *Archive) readManifest(ctx context.Context, warn Warn) error {
	for _, f := range a.scripts[scriptManifest] {
		_, err := a.each(ctx, f, warn, func(e []byte) error {
			v, _ := decodeValue(e)
			if m, ok := v.(map[string]any); ok && !a.manifest.Present {
				a.manifest = newManifest(fold(m))
			}
			return nil
		})
		if err != nil {
			return err
		}
		if !a.manifest.Present {
			warn.problem(BadJSON, showName(f.name), "the manifest could not be read; only the list of members was used")
		}
	}
	return nil
}

func newManifest(o object) Manifest {
	user := o.object("userinfo")
	info := o.object("archiveinfo")
	m := Manifest{
		Present:     true,
		AccountID:   user.id("accountid", "userid", "id"),
		Handle:      strings.TrimPrefix(user.text("username", "screenname"), "@"),
		DisplayName: user.text("displayname", "name"),
		Partial:     info.truth("ispartialarchive"),
		SizeBytes:   info.count("sizebytes"),
		MaxPartSize: info.count("maxpartsizebytes"),
	}
	m.Generated, _ = parseTime(info.get("generationdate"))
	types, _ := o.get("datatypes").(map[string]any)
	for name, v := range types {
		t, ok := newObject(v)
		if !ok || len(m.Types) >= maxTypes {
			continue
		}
		mt := ManifestType{Name: name, Count: -1, MediaDirectory: lastElement(t.text("mediadirectory"))}
		for _, v := range t.list("files") {
			f, ok := newObject(v)
			if !ok {
				continue
			}
			mt.Files = append(mt.Files, lastElement(f.text("filename")))
			if n := f.count("count"); n >= 0 {
				mt.Count = max(mt.Count, 0) + n
			}
		}
		m.Types = append(m.Types, mt)
	}
	slices.SortFunc(m.Types, func(x, y ManifestType) int { return strings.Compare(x.Name, y.Name) })
	return m
}

func lastElement(name string) string {
	if name == "" {
		return ""
	}
	return path.Base(strings.ReplaceAll(name, `\`, "/"))
}

// A Set is the parts of one archive that X split.
type Set struct {
	Key      string // Manifest.PartOf, or "" if that is unknown
	Archives []*Archive
	// Missing says that there must be another part: the archive is marked as
	// partial, and this is the only part given. How many X made is not told
	// anywhere.
	Missing bool
}

// Group puts the parts of one archive together, in the order in which they
// were given.
func Group(archives []*Archive) []Set {
	var sets []Set
	for _, a := range archives {
		key := a.manifest.PartOf()
		i := slices.IndexFunc(sets, func(s Set) bool { return key != "" && s.Key == key })
		if i < 0 {
			i = len(sets)
			sets = append(sets, Set{Key: key})
		}
		sets[i].Archives = append(sets[i].Archives, a)
	}
	for i, s := range sets {
		sets[i].Missing = len(s.Archives) == 1 && s.Archives[0].manifest.Partial
	}
	return sets
}

// An Account is what account.js, profile.js and the manifest say about the
// owner of the archive.
type Account struct {
	ID          string
	Handle      string // without @
	DisplayName string
	Bio         string
	Website     string
	Created     time.Time // zero if unknown
}

// Account returns whose archive it is.
func (a *Archive) Account() Account { return a.account }

func (a *Archive) readAccount(ctx context.Context, warn Warn) error {
	acc := &a.account
	err := a.eachOf(ctx, scriptAccount, warn, func(e []byte) error {
		if o, ok := decodeObject(e); ok && acc.ID == "" {
			acc.ID = o.id("accountid", "id")
			acc.Handle = strings.TrimPrefix(o.text("username", "screenname"), "@")
			acc.DisplayName = o.text("accountdisplayname", "displayname", "name")
			acc.Created, _ = parseTime(o.get("createdat"))
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = a.eachOf(ctx, scriptProfile, warn, func(e []byte) error {
		// A profile of nothing but a description is unwrapped to that.
		if o, ok := decodeObject(e); ok && acc.Bio == "" {
			if d := o.object("description"); d != nil {
				o = d
			}
			acc.Bio, acc.Website = o.text("bio"), o.text("website")
		}
		return nil
	})
	m := &a.manifest
	acc.ID = cmp.Or(acc.ID, m.AccountID)
	acc.Handle = cmp.Or(acc.Handle, m.Handle)
	acc.DisplayName = cmp.Or(acc.DisplayName, m.DisplayName)
	m.AccountID = cmp.Or(m.AccountID, acc.ID)
	m.Handle = cmp.Or(m.Handle, acc.Handle)
	m.DisplayName = cmp.Or(m.DisplayName, acc.DisplayName)
	return err
}
