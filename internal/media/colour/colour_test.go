package colour

import "testing"

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in, out string
		ok      bool
	}{{"#1d9bf0", "#1d9bf0", true}, {"1D9BF0", "#1d9bf0", true}, {"#1d9bf", "", false}, {"#1d9bfg", "", false}, {"", "", false}, {"##1d9bf", "", false}} {
		t.Run(c.in, func(t *testing.T) {
			got, ok := Parse(c.in)
			if ok != c.ok || ok && Hex(got) != c.out {
				t.Errorf("%s, %v", Hex(got), ok)
			}
		})
	}
}

// The examples of WCAG 2.2: black on white has 21, #767676 is the lightest grey that
// can be read on white.
func TestContrast(t *testing.T) {
	white := Of(0xFFFFFF)
	if got := Contrast(Of(0), white); got != 21 {
		t.Errorf("black on white has %f", got)
	}
	if a, b := Contrast(Of(0x767676), white), Contrast(white, Of(0x777777)); a < 4.5 || b >= 4.5 {
		t.Errorf("%f, %f", a, b)
	}
}
