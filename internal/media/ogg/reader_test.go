package ogg

import (
	"bytes"
	"errors"
	"testing"
)

func TestEachPacketFindsItsUnits(t *testing.T) {
	long := Comment{Name: "DESCRIPTION", Value: string(bytes.Repeat([]byte("x"), 100000))} // more than a page
	b := writeOpus(t, Opus{Channels: 1, PreSkip: 312, InputRate: OpusRate, Samples: 200*frameSamples - 400, Comments: []Comment{long}}, 200)
	var sizes []int
	err := EachPacket(bytes.NewReader(b), func(p []byte) error {
		sizes = append(sizes, len(p))
		return nil
	})
	if err != nil || len(sizes) != 2+200 || sizes[1] < 100000 || sizes[2] != len(silence) {
		t.Fatalf("%d packets, %v", len(sizes), err)
	}
	stop := errors.New("stop")
	if err := EachPacket(bytes.NewReader(b), func([]byte) error { return stop }); err != stop {
		t.Errorf("%v", err)
	}
	for _, damage := range []func([]byte) []byte{
		func(b []byte) []byte { return nil },
		func(b []byte) []byte { return b[:len(b)-1] },
		func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		func(b []byte) []byte { return b[47:] },
	} {
		if err := EachPacket(bytes.NewReader(damage(bytes.Clone(b))), func([]byte) error { return nil }); !errors.Is(err, ErrDamaged) {
			t.Errorf("damage was not seen: %v", err)
		}
	}
}

// FuzzEachPacket holds: whatever comes in, packets add up to no more than it.
func FuzzEachPacket(f *testing.F) {
	f.Add(writeOpus(f, Opus{Channels: 1, PreSkip: 312, Samples: 1000}, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		total := 0
		EachPacket(bytes.NewReader(data), func(p []byte) error {
			total += len(p)
			return nil
		})
		if total > len(data) {
			t.Fatalf("%d bytes of packets in %d", total, len(data))
		}
	})
}
