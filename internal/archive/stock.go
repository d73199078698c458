package archive

import (
	"archive/zip"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxProblems = 100  // told of one listing, one by one
	maxRoots    = 1000 // folders considered as the data folder
	maxTypes    = 1000 // types of data told apart
	// Recordings, and scripts that are read, of one archive. X splits archives
	// long before.
	maxMedia   = 10_000
	maxScripts = 10_000
)

// takeStock goes through the listing, keeps the members that matter and counts
// the rest by type. It returns the number of files listed.
func (a *Archive) takeStock() (count int) {
	var told tally
	warn := Warn(told.add)
	root := a.findRoot(warn)
	parts := map[*file]int{}
	tooMany := 0
	for l := range a.src.list() {
		count++
		elems, odd := splitName(l.name)
		if isIgnored(elems) {
			continue
		}
		below, inData := root.below(elems)
		m, isMedia := mediaMember(below, inData, elems)
		stem, part, isScript := "", 0, false
		if inData && len(below) == 1 {
			stem, part, isScript = scriptName(below[0])
		}
		wanted := isMedia || isScript && rootWeight()[stem] > 0
		if wanted && l.link {
			warn(Problem{Kind: Symlink, Subject: showName(l.name), Message: "symbolic links are not followed",
				Hint: "replace the link with the file itself"})
			continue
		}
		switch {
		case isMedia:
			a.count("spaces_media", l.size)
		case isScript:
			a.count(stem, l.size)
		case inData && len(below) > 1:
			a.count(below[0], l.size)
		}
		if !wanted {
			a.stray(l, elems, below, inData, warn)
			continue
		}
		if isMedia && len(a.media) >= maxMedia || !isMedia && len(parts) >= maxScripts {
			tooMany++
			continue
		}
		if odd {
			warn.problem(OddName, showName(l.name), "archives from X have no such name; the file was read, but its name is not used")
		}
		f := a.src.file(l)
		if f.misnamed == "" && m.SpaceID == "" && !isPrintable(l.name) {
			f.misnamed = "it contains invalid characters"
		}
		if isMedia && f.misnamed != "" {
			warn(Problem{Kind: DamagedName, Subject: showName(l.name),
				Message: "its name in the ZIP's directory is damaged (" + f.misnamed + "): its recording is uncertain",
				Hint:    "download the archive again"})
		}
		if isMedia {
			a.addMedia(m, f, warn)
			continue
		}
		a.scripts[stem] = append(a.scripts[stem], f)
		parts[f] = part
		if f.problem != nil {
			warn(*f.problem)
		}
	}
	for _, files := range a.scripts {
		slices.SortStableFunc(files, func(x, y *file) int {
			return cmp.Or(cmp.Compare(parts[x], parts[y]), cmp.Compare(x.name, y.name))
		})
	}
	a.sortMedia(warn)
	a.problems = append(a.problems, told.list(a.path)...)
	if tooMany > 0 {
		a.problems = append(a.problems, Problem{Kind: TooMany, Subject: a.path,
			Message: fmt.Sprintf("more than %d recordings or %d data files, the limit for one archive; %d were not read", maxMedia, maxScripts, tooMany),
			Hint:    "unpack it and give spaces several smaller folders"})
	}
	return count
}

// isPrintable reports whether a name is text without control characters.
func isPrintable(name string) bool {
	return utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}

// mediaMember reports whether a file is Spaces audio, by its name alone.
func mediaMember(below []string, inData bool, elems []string) (m Member, ok bool) {
	base := elems[len(elems)-1]
	inMedia := inData && len(below) > 1 && isSpacesFolder(below[0])
	m.elems = elems[len(elems)-1:]
	if inMedia {
		m.elems = below[1:]
	}
	if m.SpaceID, m.Piece, ok = ParseMediaName(base); ok {
		return m, true // wherever it lies
	}
	if !inMedia {
		return m, false
	}
	return m, !notAudio()[strings.ToLower(path.Ext(base))]
}

func (a *Archive) addMedia(m Member, f *file, warn Warn) {
	m.Name = showName(f.name)
	m.Size, m.CRC32, m.HasCRC, m.Modified = f.size, f.crc, f.hasCRC, f.modified
	m.Compressed = f.hasCRC && f.method != zip.Store
	if f.problem == nil && f.size == 0 {
		f.problem = &Problem{Kind: EmptyMember, Subject: m.Name, Message: "the recording is empty (0 bytes)",
			Hint: "download the archive again; X may have kept no audio of this Space"}
	}
	if f.problem != nil {
		warn(*f.problem)
	}
	m.Problem, m.file = f.problem, f
	a.media = append(a.media, m)
}

// count adds one file to the summary of its type.
func (a *Archive) count(stem string, size int64) {
	name := typeName(stem)
	t := a.types[name]
	if t == nil {
		if len(a.types) >= maxTypes {
			name = "other"
		}
		if t = a.types[name]; t == nil {
			t = &TypeSummary{Name: showName(name), Count: -1}
			a.types[name] = t
		}
	}
	t.Files++
	if size > 0 {
		t.Bytes += size
	}
}

// A dataRoot is where the data folder lies: its elements, folded. A nil one is
// nowhere.
type dataRoot []string

// findRoot returns where the data folder is, judged by the scripts and media
// folders in it: below any number of parents, or at the very top.
func (a *Archive) findRoot(warn Warn) dataRoot {
	weights := map[string]int{}
	for l := range a.src.list() {
		elems, _ := splitName(l.name)
		if isIgnored(elems) || len(elems) > maxParents+3 {
			continue
		}
		n := len(elems)
		weight := 0
		if stem, _, ok := scriptName(elems[n-1]); ok {
			weight = rootWeight()[stem]
		}
		if n > 1 && isSpacesFolder(elems[n-2]) {
			n, weight = n-1, 4
		}
		if weight == 0 {
			continue
		}
		dir := rootKey(elems[:n-1])
		if _, known := weights[dir]; known || len(weights) < maxRoots {
			weights[dir] |= weight
		}
	}
	var dirs []string
	for dir := range weights {
		dirs = append(dirs, dir)
	}
	slices.SortFunc(dirs, func(x, y string) int {
		return cmp.Or(
			-cmp.Compare(weights[x], weights[y]),
			cmp.Compare(strings.Count(x, "/"), strings.Count(y, "/")),
			cmp.Compare(x, y),
		)
	})
	if len(dirs) == 0 {
		return nil
	}
	for _, other := range dirs[1:] {
		if weights[other] >= rootWeight()[scriptManifest] {
			warn(Problem{Kind: SeveralArchives, Subject: showName(other),
				Message: "a second archive inside it was not read",
				Hint:    "give spaces each archive separately"})
		}
	}
	return dataRoot(strings.Split(dirs[0], "/")[1:])
}

// rootKey returns a folder's elements as one string, each behind a slash.
func rootKey(elems []string) string {
	var b strings.Builder
	for _, e := range elems {
		b.WriteByte('/')
		b.WriteString(strings.ToLower(e))
	}
	return b.String()
}

// below returns the elements of a name that come after the data folder, and
// reports whether it is in there.
func (r dataRoot) below(elems []string) ([]string, bool) {
	if r == nil || len(elems) <= len(r) {
		return nil, false
	}
	for i, e := range r {
		if strings.ToLower(elems[i]) != e {
			return nil, false
		}
	}
	return elems[len(r):], true
}
