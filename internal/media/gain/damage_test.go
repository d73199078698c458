package gain

import (
	"bytes"
	"testing"
)

// A damaged unit stays as it is, and those around it come down to it.
func TestDamagedUnitStays(t *testing.T) {
	const bad = 200
	for name, spoil := range map[string]func(unit []byte){
		"sections": func(unit []byte) { copy(unit[4:], bytes.Repeat([]byte{0xff}, 40)) },
		"no sound": func(unit []byte) { copy(unit, bytes.Repeat([]byte{0xff}, len(unit))) },
	} {
		t.Run(name, func(t *testing.T) {
			s := speech(t, 1).clone()
			spoil(s.unit(bad))
			testDamage(t, s, bad)
		})
	}
}

func testDamage(t *testing.T, s *stream, bad int) {
	a := s.analyze(t)
	p, err := a.Plan(Options{Target: float64(a.Loudness()) + 4.5, Ceiling: 6, Damage: 45})
	if err != nil {
		t.Fatal(err)
	}
	if got := float64(p.Integrated - a.Loudness()); got < 4 || got > 5 {
		t.Errorf("raised by %.2f LU, not 4.5; %+v", got, p.Runs)
	}
	shifted := s.shift(t, p.Runs)
	if !bytes.Equal(shifted.unit(bad), s.unit(bad)) {
		t.Error("the damaged unit is another one")
	}
	if bytes.Equal(shifted.unit(bad/2), s.unit(bad/2)) || bytes.Equal(shifted.unit(bad+100), s.unit(bad+100)) {
		t.Error("units far from it are not shifted")
	}
}
