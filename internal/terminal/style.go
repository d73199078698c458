package terminal

import "slices"

// A Style is how a text looks: its weight or colour, by what it says.
type Style int

// Colour repeats what words say, and never says more than they do.
const (
	Plain Style = iota
	Bold
	Dim
	Good // all is well
	Warn // somebody should look
	Bad  // something is lost
)

// codes are the parameters of SGR (ECMA-48, 8.3.117), in the 16 colours that
// every theme has.
var codes = [...]string{Bold: "1", Dim: "2", Good: "32", Warn: "33", Bad: "31"}

// When colour is used.
const (
	Auto   = "auto"
	Always = "always"
	Never  = "never"
)

// ColorModes lists when colour can be used.
func ColorModes() []string { return []string{Auto, Always, Never} }

// A Palette paints texts, or leaves them as they are: its zero value does.
type Palette struct{ on bool }

// NewPalette returns a palette for a mode of ColorModes. Auto means colour on a
// terminal, unless NO_COLOR is set (no-color.org) or TERM says that it has none.
func NewPalette(mode string, isTerminal bool, env func(string) (string, bool)) Palette {
	if !slices.Contains(ColorModes(), mode) || mode == Auto {
		none, _ := env("NO_COLOR")
		name, _ := env("TERM")
		return Palette{isTerminal && none == "" && name != "dumb"}
	}
	return Palette{mode == Always}
}

// Paint returns a text in a style.
func (p Palette) Paint(s Style, text string) string {
	if !p.on || s == Plain || text == "" {
		return text
	}
	return "\x1b[" + codes[s] + "m" + text + "\x1b[0m"
}
