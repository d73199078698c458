package linear

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

func TestAppend(t *testing.T) {
	for _, c := range []struct {
		form Form
		in   string
		want string
	}{
		{Form{Bits: 8}, "\x00\x80\x7f", "\x80\x00\xff"},
		{Form{Kind: Unsigned, Bits: 8}, "\x00\x80\x7f", "\x00\x80\x7f"},
		{Form{Bits: 16, Big: true}, "\x12\x34", "\x34\x12"},
		{Form{Kind: Unsigned, Bits: 16, Big: true}, "\x80\x00\x00\x01", "\x00\x00\x01\x80"},
		{Form{Bits: 24, Big: true}, "\x12\x34\x56", "\x56\x34\x12"},
		{Form{Bits: 24}, "\x12\x34\x56", "\x12\x34\x56"},
		{Form{Kind: Float, Bits: 32, Big: true}, "\x12\x34\x56\x78", "\x78\x56\x34\x12"},
		// The ends and the middle of G.711, tables 1 and 2.
		{Form{Kind: MuLaw, Bits: 8}, "\x00\x80\x7f\xff", "\x84\x82\x7c\x7d\x00\x00\x00\x00"},
		{Form{Kind: ALaw, Bits: 8}, "\x2a\xaa\x55\xd5", "\x00\x82\x00\x7e\xf8\xff\x08\x00"},
	} {
		if got := c.form.Append([]byte("x"), []byte(c.in)); string(got) != "x"+c.want {
			t.Errorf("%+v: % x becomes % x, not % x", c.form, c.in, got[1:], c.want)
		}
	}
}

func TestFormsThatMakeNoSense(t *testing.T) {
	for _, f := range []Form{
		{Bits: 16, Channels: 0, Rate: 8000}, {Bits: 16, Channels: 1}, {Bits: 12, Channels: 1, Rate: 8000}, {Bits: 64, Channels: 1, Rate: 8000},
		{Bits: 16, Channels: 256, Rate: 8000}, {Bits: 16, Channels: 1, Rate: 1 << 25}, {Kind: ALaw, Bits: 16, Channels: 1, Rate: 8000},
	} {
		if c, err := f.Config(); !errors.Is(err, ErrForm) {
			t.Errorf("%+v: %v, %v", f, c, err)
		}
	}
}

func TestReaderOfAPart(t *testing.T) {
	const start = 5
	file := append(make([]byte, start), bytes.Repeat([]byte{1, 2}, 1500)...)
	form := Form{Bits: 16, Big: true, Channels: 1, Rate: 8000}
	r, err := Of(bytes.NewReader(file), track.Track{Bytes: int64(len(file))}, form, start, 4001)
	if err != nil {
		t.Fatal(err)
	}
	var p track.Packet
	for _, want := range []int{1024, 476} {
		if err := r.Next(&p); err != nil || p.Samples != want || len(p.Data) != 2*want || p.Data[0] != 2 {
			t.Fatalf("%d samples of %d bytes, %v", p.Samples, len(p.Data), err)
		}
	}
	if err := r.Next(&p); err != io.EOF {
		t.Fatal(err)
	}
	if d := r.Track().Damage; len(d.Places) != 1 || d.Places[0].Kind != track.CutEnd || d.Lost != 1 {
		t.Errorf("%+v", d)
	}
}
