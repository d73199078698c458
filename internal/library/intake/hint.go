package intake

import (
	"errors"
	"path"
	"strings"
	"unicode"

	"github.com/spaces-cli/spaces/internal/archive"
	"github.com/spaces-cli/spaces/internal/media"
)

func unreadProblem(member string, err error) archive.Problem {
	p := archive.Problem{Kind: "not-audio", Subject: member, Message: err.Error(), Hint: commandFor(media.Hint(err), member)}
	if na := new(*media.NotAudioError); !errors.As(err, na) {
		p.Kind = "unplayable"
	}
	return p
}

// commandFor puts the name of a file into a hint with a command, unless a shell
// could take it for something else.
func commandFor(hint, member string) string {
	name := path.Base(member)
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if stem == "" || strings.ContainsFunc(name, unprintable) || strings.HasPrefix(name, "-") || strings.ContainsAny(name, "\"'`$%!^&\\") {
		return hint
	}
	if strings.Contains(hint, "OUT"+strings.ToLower(ext)) {
		stem += "-converted"
	}
	quote := ""
	if strings.ContainsAny(name, " ()[]{};,|<>*?#~=") {
		quote = `"`
	}
	hint = strings.Replace(hint, " IN ", " "+quote+name+quote+" ", 1)
	before, after, ok := strings.Cut(hint, "OUT.")
	if !ok {
		return hint
	}
	return before + quote + stem + "." + after + quote
}
