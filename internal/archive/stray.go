package archive

import (
	"context"
	"io"
	"path"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/media"
)

// maxStrays bounds how many members are looked into that nothing is known of.
const maxStrays = 2000

// silentExtensions are those of files that X's archives are full of and that
// hold no sound.
var silentExtensions = sync.OnceValue(func() map[string]bool {
	return map[string]bool{
		".js": true, ".json": true, ".html": true, ".htm": true, ".txt": true, ".md": true, ".csv": true, ".xml": true, ".css": true,
		".jpg": true, ".jpeg": true, ".png": true, ".gif": true, ".webp": true, ".svg": true, ".pdf": true, ".ico": true,
		".woff": true, ".woff2": true, ".ttf": true, ".map": true, ".vtt": true, ".srt": true,
	}
})

// stray tells of a member that holds sound and does not lie where the audio of
// Spaces does. The media of posts and messages, in folders of their own, are
// what they are.
func (a *Archive) stray(l listed, elems, below []string, inData bool, warn Warn) {
	if l.link || l.size == 0 || inData && len(below) > 1 && strings.HasSuffix(foldKey(below[0]), "media") && !isSpacesFolder(below[0]) {
		return
	}
	base := elems[len(elems)-1]
	inSpaces := inData && len(below) > 1 && isSpacesFolder(below[0])
	if silentExtensions()[strings.ToLower(path.Ext(base))] && !inSpaces {
		return
	}
	if a.far != nil {
		// To look into each would cost a request.
		if media.ExtensionOfSound(base) {
			warn(Problem{Kind: NotTaken, Subject: showName(l.name), Message: "skipped: by its name it contains sound, but it is not in a folder for Spaces audio",
				Hint: "if it is a recording of a Space, unpack it and give spaces the file"})
		}
		return
	}
	if a.strays++; a.strays > maxStrays && !media.ExtensionOfSound(base) {
		return
	}
	f := a.src.file(l)
	if a.strays <= maxStrays && !holdsSound(f) && (f.problem == nil || !media.ExtensionOfSound(base)) {
		return
	}
	p := Problem{Kind: NotTaken, Subject: showName(l.name), Message: "skipped: it contains sound but is not in a folder for Spaces audio",
		Hint: "if it is a recording of a Space, unpack it and give spaces the file"}
	if f.misnamed != "" {
		p.Message += "; its name in the ZIP's directory is damaged (" + f.misnamed + ")"
	}
	warn(p)
}

// holdsSound looks at the first bytes of f.
func holdsSound(f *file) bool {
	r, err := f.Open(context.Background())
	if err != nil {
		return false
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, media.SniffLen))
	return (err == nil || len(head) > 0) && media.Sniff(head, f.size).Sound()
}
