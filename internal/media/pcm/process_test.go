package pcm

import (
	"fmt"
	"io"
	"math"
	"testing"
)

// slice is a Reader of samples in memory that gives out few at a time.
type slice struct {
	format  Format
	samples []float32
	step    int
}

func (s *slice) Format() Format { return s.format }

func (s *slice) Read(dst []float32) (int, error) {
	if len(s.samples) == 0 {
		return 0, io.EOF
	}
	n := min(len(dst)/s.format.Channels, s.step, len(s.samples)/s.format.Channels)
	copy(dst[:n*s.format.Channels], s.samples)
	s.samples = s.samples[n*s.format.Channels:]
	return n, nil
}

// ramp is a Reader of frames 0, 1, 2, …: in channel c of frame i is i + c/4.
func ramp(channels, frames int) *slice {
	s := &slice{format: Format{48000, channels}, step: 7}
	for i := range frames {
		for c := range channels {
			s.samples = append(s.samples, float32(i)+float32(c)/4)
		}
	}
	return s
}

func TestCut(t *testing.T) {
	for _, c := range []struct{ span, want Span }{
		{Span{0, 100}, Span{0, 100}},
		{Span{0, 0}, Span{0, 0}},
		{Span{13, 40}, Span{13, 40}},
		{Span{99, 1}, Span{99, 1}},
		{Span{90, 40}, Span{90, 10}},
		{Span{100, 1}, Span{0, 0}},
		{Span{500, 1}, Span{0, 0}},
	} {
		t.Run(fmt.Sprint(c.span), func(t *testing.T) {
			for channels := 1; channels <= 3; channels++ {
				want := ramp(channels, 100).samples[c.want.Start*int64(channels) : (c.want.Start+c.want.Samples)*int64(channels)]
				equal(t, "cut", all(t, Cut(ramp(channels, 100), c.span)), want)
			}
		})
	}
	if n, err := Cut(ramp(2, 100), Span{10, 10}).Read(make([]float32, 1)); n != 0 || err != nil {
		t.Errorf("with no room: %d, %v", n, err)
	}
}

func TestMonoAndStereo(t *testing.T) {
	m := Mono(ramp(2, 50))
	if m.Format() != (Format{48000, 1}) {
		t.Errorf("mono is %v", m.Format())
	}
	want := make([]float32, 50)
	for i := range want {
		want[i] = float32(i) + 0.125
	}
	equal(t, "mono of stereo", all(t, m), want)
	equal(t, "mono of mono", all(t, Mono(ramp(1, 50))), ramp(1, 50).samples)
	for i := range want {
		want[i] = float32(i) + 0.25
	}
	equal(t, "mono of three", all(t, Mono(ramp(3, 50))), want)

	s := Stereo(ramp(1, 50))
	if s.Format() != (Format{48000, 2}) {
		t.Errorf("stereo is %v", s.Format())
	}
	got := all(t, s)
	for i := range 50 {
		if got[2*i] != float32(i) || got[2*i+1] != float32(i) {
			t.Fatalf("frame %d is %v", i, got[2*i:2*i+2])
		}
	}
	equal(t, "stereo of stereo", all(t, Stereo(ramp(2, 50))), ramp(2, 50).samples)
	if got := all(t, Stereo(ramp(3, 50))); len(got) != 100 || got[2] != 1.25 || got[3] != 1.25 {
		t.Errorf("stereo of three begins with %v", got[:4])
	}
}

func TestGain(t *testing.T) {
	got := all(t, Gain(ramp(2, 50), -0.5))
	for i, v := range ramp(2, 50).samples {
		if got[i] != -0.5*v {
			t.Fatalf("sample %d is %g", i, got[i])
		}
	}
	if d := Decibels(-6.0206); math.Abs(d-0.5) > 1e-6 {
		t.Errorf("-6 dB are %g", d)
	}
	if Decibels(0) != 1 {
		t.Error("0 dB are not 1")
	}
}

// ones is a Reader of frames that are all 1.
func ones(channels, frames int) *slice {
	s := ramp(channels, frames)
	for i := range s.samples {
		s.samples[i] = 1
	}
	return s
}

func TestFade(t *testing.T) {
	const frames, n = 300, 100
	in := all(t, Fade(ones(2, frames), frames, n, 0))
	out := all(t, Fade(ones(2, frames), frames, 0, n))
	for i := range frames {
		a, b := in[2*i], out[2*(frames-1-i)]
		if a != in[2*i+1] {
			t.Fatalf("frame %d: the channels differ", i)
		}
		if a != b {
			t.Fatalf("frame %d: in %g, out %g", i, a, b)
		}
		if i >= n && a != 1 {
			t.Fatalf("frame %d after the fade is %g", i, a)
		}
		if i > 0 && i < n && (a <= in[2*i-2] || a-in[2*i-2] > math.Pi/2/n*1.001) {
			t.Fatalf("frame %d is %g after %g", i, a, in[2*i-2])
		}
		// Out of one and into the next keeps the level.
		if i < n {
			if sum := a + out[2*(frames-n+i)]; math.Abs(float64(sum)-1) > 1e-6 {
				t.Fatalf("frame %d: in and out add up to %g", i, sum)
			}
		}
	}
	if in[0] <= 0 || in[0] > 0.001 {
		t.Errorf("the fade begins with %g", in[0])
	}
	// Longer than the sound: no jump, no more than 1.
	for i, v := range all(t, Fade(ones(1, 50), 50, 80, 80)) {
		if v < 0 || v >= 1 {
			t.Errorf("frame %d of a short sound is %g", i, v)
		}
	}
}

func TestReadFull(t *testing.T) {
	src := ramp(2, 50)
	buf := make([]float32, 60)
	for _, want := range []struct {
		n   int
		err error
	}{{30, nil}, {20, io.ErrUnexpectedEOF}, {0, io.EOF}} {
		if n, err := ReadFull(src, buf); n != want.n || err != want.err {
			t.Errorf("%d, %v; want %d, %v", n, err, want.n, want.err)
		}
	}
}
