package archive

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A Sidecar is what another tool wrote about a recording that it saved:
// twspace-dl its .json, yt-dlp its .info.json.
type Sidecar struct {
	Path         string // of the file
	SpaceID      string
	Title        string
	StartedAt    time.Time // UTC; zero if not told
	EndedAt      time.Time // UTC; zero if not told
	Host         Participant
	Participants []Participant // hosts and speakers, each once
}

// A Participant is a user on stage.
type Participant struct {
	UserID string // or ""
	Handle string // without @, or ""
	Name   string
	Host   bool
}

// maxSidecar bounds a sidecar; those of large Spaces list thousands of
// listeners.
const maxSidecar = 16 << 20

// ReadSidecar reads the sidecar of the recording at path: the same name with
// .info.json or .json in place of, or after, its extension. Without one the
// error is fs.ErrNotExist; any other is a *Problem.
func ReadSidecar(path string) (Sidecar, error) {
	stem := strings.TrimSuffix(path, filepath.Ext(path))
	for _, name := range []string{stem + ".info.json", path + ".info.json", stem + ".json", path + ".json"} {
		s, err := readSidecar(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return s, err
		}
	}
	return Sidecar{}, fs.ErrNotExist
}

func readSidecar(name string) (Sidecar, error) {
	info, err := os.Stat(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return Sidecar{}, fs.ErrNotExist
		}
		return Sidecar{}, fileProblem(err, name)
	}
	if !info.Mode().IsRegular() {
		return Sidecar{}, fs.ErrNotExist
	}
	if info.Size() > maxSidecar {
		return Sidecar{}, &Problem{Kind: TooBig, Subject: name, Message: "the file is too large to describe a recording"}
	}
	f, err := os.Open(name)
	if err != nil {
		return Sidecar{}, fileProblem(err, name)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSidecar))
	if err != nil {
		return Sidecar{}, fileProblem(err, name)
	}
	s, ok := decodeSidecar(b)
	if !ok {
		return Sidecar{}, &Problem{Kind: BadJSON, Subject: name, Message: "the file does not describe a Space in a known format"}
	}
	s.Path = name
	return s, nil
}

// ParseSidecar reads what another tool says of a recording, and reports whether
// that is anything of use.
func ParseSidecar(b []byte) (Sidecar, bool) {
	if len(b) > maxSidecar {
		return Sidecar{}, false
	}
	return decodeSidecar(b)
}

// decodeSidecar reads the JSON of either tool, and reports whether it tells
// anything of use.
func decodeSidecar(b []byte) (s Sidecar, ok bool) {
	v, ok := decodeValue(b)
	m, isObject := v.(map[string]any)
	if !ok || !isObject {
		return s, false
	}
	top := fold(m)
	// twspace-dl keeps X's own answer: data.audioSpace.{metadata,participants}.
	space := top
	for _, name := range []string{"data", "audiospace"} {
		if inner, ok := space[name].(map[string]any); ok {
			space = fold(inner)
		}
	}
	meta := space
	if inner, ok := space["metadata"].(map[string]any); ok {
		meta = fold(inner)
	}

	s.SpaceID = sidecarID(meta)
	s.Title = foldSpace(meta.text("title", "fulltitle", "name"))
	s.StartedAt = firstTimeOf(meta, "startedat", "releasetimestamp", "timestamp", "createdat", "scheduledstart")
	s.EndedAt = firstTimeOf(meta, "endedat")

	s.Host.Handle = strings.TrimPrefix(meta.text("uploaderid", "channelid"), "@")
	s.Host.Name = meta.text("uploader", "channel")
	if creator := meta.object("creatorresults"); creator != nil {
		s.Host = sidecarUser(creator)
	}
	people, _ := space["participants"].(map[string]any)
	o := fold(people)
	for _, role := range []string{"admins", "speakers"} {
		for _, v := range o.list(role) {
			u, isObject := newObject(v)
			if !isObject {
				continue
			}
			p := sidecarUser(u)
			p.Host = role == "admins"
			if p.Handle != "" && !slices.ContainsFunc(s.Participants, func(q Participant) bool { return strings.EqualFold(p.Handle, q.Handle) }) {
				s.Participants = append(s.Participants, p)
			}
			if p.Host && s.Host.Handle == "" {
				s.Host = p
			}
		}
	}
	s.Host.Host = s.Host.Handle != "" || s.Host.Name != ""
	return s, s.SpaceID != "" || s.Title != "" || !s.StartedAt.IsZero()
}

// sidecarID returns the Space's id: from the address, if it is told, as yt-dlp
// has other ids for other pages.
func sidecarID(o object) string {
	for _, name := range []string{"webpageurl", "originalurl", "url"} {
		if id, ok := spaceInURL(o.text(name)); ok {
			return id
		}
	}
	if id := o.id("restid", "id", "displayid", "spaceid"); IsSpaceID(id) {
		return id
	}
	return ""
}

func firstTimeOf(o object, names ...string) time.Time {
	for _, n := range names {
		if t, ok := parseTime(o.get(n)); ok {
			return t
		}
	}
	return time.Time{}
}

// sidecarUser reads a user as X's answers have them: flat in the list of
// participants, nested in "result" and "legacy" elsewhere.
func sidecarUser(o object) Participant {
	p := Participant{
		UserID: o.id("restid", "userid"),
		Handle: o.text("twitterscreenname", "screenname"),
		Name:   o.text("displayname", "name"),
	}
	for _, name := range []string{"result", "user", "userresults", "legacy", "core"} {
		if inner := o.object(name); inner != nil {
			q := sidecarUser(inner)
			p.UserID = cmp.Or(p.UserID, q.UserID)
			p.Handle = cmp.Or(p.Handle, q.Handle)
			p.Name = cmp.Or(p.Name, q.Name)
		}
	}
	p.Handle = strings.TrimPrefix(p.Handle, "@")
	return p
}
