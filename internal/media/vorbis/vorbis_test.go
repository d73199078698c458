package vorbis_test

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/ogg"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/vorbis"
)

// packets returns those of a small file, headers first.
func packets(t testing.TB) (list [][]byte) {
	t.Helper()
	b, err := os.ReadFile("testdata/tiny.ogg")
	if err != nil {
		t.Fatal(err)
	}
	err = ogg.EachPacket(bytes.NewReader(b), func(p []byte) error {
		list = append(list, bytes.Clone(p))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func headers(t testing.TB, id, setup []byte) *vorbis.Headers {
	t.Helper()
	h, err := vorbis.ParseIdentification(id)
	if err == nil {
		err = h.AddSetup(setup)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The clock and the decoder agree on how long every packet lasts.
func TestClock(t *testing.T) {
	list := packets(t)
	h := headers(t, list[0], list[2])
	clock, total := vorbis.NewClock(h), 0
	dec, err := vorbis.NewDecoder(h)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range list[3:] {
		n, ok := clock.Samples(p)
		got, err := dec.Decode(p)
		if !ok || err != nil || len(got) != n*h.Channels {
			t.Fatalf("packet %d: %d samples, %t; decoded %d, %v", i, n, ok, len(got)/h.Channels, err)
		}
		total += n
	}
	if total < 8000 {
		t.Errorf("%d samples", total)
	}
}

func TestConfig(t *testing.T) {
	list := packets(t)
	c := headers(t, list[0], list[2]).Config()
	if c.Codec != track.Vorbis || c.SampleRate != 32000 || c.Channels != 2 || c.UnitSamples != 0 {
		t.Errorf("%v", c)
	}
	h, err := vorbis.ParseSpecific([]byte(c.Specific))
	if err != nil || h.Config() != c {
		t.Errorf("%v", err)
	}
	private := append([]byte{2, byte(len(list[0])), byte(len(list[1]))}, bytes.Join(list[:3], nil)...)
	if h, err := vorbis.ParsePrivate(private); err != nil || h.Config() != c {
		t.Errorf("%v", err)
	}
	for cut := range private {
		if _, err := vorbis.ParsePrivate(private[:cut]); !errors.Is(err, vorbis.ErrHeader) {
			t.Fatalf("cut after %d bytes: %v", cut, err)
		}
	}
}

// Headers and packets of any kind take little memory, and an end.
func FuzzDecode(f *testing.F) {
	list := packets(f)
	f.Add(list[0], list[2], list[3], list[5])
	f.Add(list[0], list[2], list[4], []byte{})
	f.Fuzz(func(t *testing.T, id, setup, first, second []byte) {
		h, err := vorbis.ParseIdentification(id)
		if err != nil || h.AddSetup(setup) != nil {
			return
		}
		dec, err := vorbis.NewDecoder(h)
		if err != nil {
			return
		}
		clock := vorbis.NewClock(h)
		for _, p := range [][]byte{first, second, first} {
			n, ok := clock.Samples(p)
			got, err := dec.Decode(p)
			if err != nil || !ok {
				return
			}
			// Packets may contradict each other about their windows.
			const most = 8192
			if n < 0 || n > most || len(got) > most*h.Channels {
				t.Fatalf("%d samples; decoded %d of %d channels", n, len(got), h.Channels)
			}
		}
	})
}
