package adts

import (
	"bytes"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// A frame that is written is read again as it was.
func TestAppendFrame(t *testing.T) {
	unit := bytes.Repeat([]byte{0xA5}, 1000)
	for rate := range sampleRates {
		for _, channels := range []int{1, 2, 6} {
			want := Header{ObjectType: 2, RateIndex: rate, Channels: channels, Blocks: 1, Length: HeaderLen + len(unit), HeaderLen: HeaderLen}
			h, err := HeaderOf(want.Config())
			if err != nil {
				t.Fatal(err)
			}
			frame, err := h.AppendFrame([]byte("before"), unit)
			if err != nil {
				t.Fatal(err)
			}
			frame = bytes.TrimPrefix(frame, []byte("before"))
			got, err := ParseHeader(frame)
			if err != nil || got != want || !bytes.Equal(frame[HeaderLen:], unit) {
				t.Errorf("%+v, %v; want %+v", got, err, want)
			}
		}
	}
	h, err := HeaderOf(Header{ObjectType: 2, RateIndex: 3, Channels: 2}.Config())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.AppendFrame(nil, make([]byte, MaxFrame)); err == nil {
		t.Error("a unit too long is framed")
	}
	for _, specific := range []string{"", "\x11", "\x2b\x11\x88\x00", "\xf8\xe6\x20\x00"} { // cut; SBR; an escaped type
		if _, err := HeaderOf(track.Config{Specific: specific}); err == nil {
			t.Errorf("%x has a header", specific)
		}
	}
}
