package app

import (
	"cmp"
	"errors"
	"runtime"
	"strings"

	"github.com/spaces-cli/spaces/internal/media/lettering"
)

// FontFlag is what the help says of --font.
const FontFlag = "write with `FONT`, a font file or the name of a family, before other fonts"

// Letters returns the fonts of a picture in a language (BCP 47, or ""): that of
// --font or the setting, the program's own, and those of the system.
func (a *App) Letters(font, language string) (*lettering.Set, error) {
	s, err := lettering.Find(lettering.Options{Font: cmp.Or(font, a.Settings.VideoFont), System: true, Language: language})
	var missing *lettering.FontError
	if !errors.As(err, &missing) {
		return s, err
	}
	err = Usage("%v", err)
	switch {
	case font == "":
		return nil, Hinted(err, "the font is set by video.font: spaces config set video.font ''")
	case len(missing.Near) > 0:
		return nil, Hinted(err, "installed: "+strings.Join(missing.Near, ", "))
	}
	return nil, err
}

// WarnUnwritten tells what no font has, before anything is written, and how to
// get one. With --json it is a warning too, and the list belongs into the
// result as "unwritten".
func (a *App) WarnUnwritten(list []lettering.Unwritten) {
	if len(list) == 0 {
		return
	}
	a.Warn("%s", lettering.Warning(list))
	a.Say("spaces: hint: %s; or name a font file with --font FILE", lettering.Hint(list, runtime.GOOS))
}
