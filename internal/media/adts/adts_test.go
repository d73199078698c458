package adts

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/track/readertest"
)

// A stream builds ADTS streams whose frames have random payload.
type stream struct {
	bytes.Buffer
	rnd *rand.Rand
}

func newStream() *stream { return &stream{rnd: rand.New(rand.NewPCG(1, 2))} }

// The first four bytes of headers, but for the frame length.
const (
	lc48stereo = 0xfff14c80
	lc44mono   = 0xfff15040
)

// rawFrame returns a frame of n bytes in all.
func (s *stream) rawFrame(fixed uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(s.rnd.Uint32())
	}
	binary.BigEndian.PutUint32(b, fixed|uint32(n>>11))
	b[4] = byte(n >> 3)
	b[5] = byte(n<<5) | 0x1f
	b[6] = 0xfc
	return b
}

// frames appends n frames of 100 to 399 bytes and returns their offsets.
func (s *stream) frames(fixed uint32, n int) []int {
	var at []int
	for range n {
		at = append(at, s.Len())
		s.Write(s.rawFrame(fixed, 100+s.rnd.IntN(300)))
	}
	return at
}

// tag returns an ID3v2.4 tag with a TXXX frame, its sizes sync-safe.
func tag(name, value string) []byte {
	body := append([]byte{3}, name+"\x00"+value+"\x00"...)
	frame := append([]byte("TXXX"), safe(len(body))...)
	frame = append(append(frame, 0, 0), body...)
	return append(append([]byte("ID3\x04\x00\x00"), safe(len(frame))...), frame...)
}

func safe(n int) []byte {
	return []byte{byte(n >> 21 & 0x7f), byte(n >> 14 & 0x7f), byte(n >> 7 & 0x7f), byte(n & 0x7f)}
}

// A scan is what a Reader made of a stream.
type scan struct {
	units  []track.Packet // without Data
	events []string       // offset unit run sample id name value
	track  *track.Track
}

func (s *scan) offsets() []int {
	var at []int
	for _, u := range s.units {
		at = append(at, int(u.Offset))
	}
	return at
}

func readAll(t testing.TB, r io.Reader) (*scan, error) {
	t.Helper()
	s := new(scan)
	ar := NewReader(r, track.Options{OnEvent: func(e *track.Event) error {
		s.events = append(s.events, fmt.Sprintf("%d %d %d %d %s %s %s", e.Offset, e.Unit, e.Run, e.Sample, e.ID, e.Name, e.Value))
		return nil
	}})
	s.track = ar.Track()
	_, err := readertest.Read(t, ar, func(p *track.Packet) {
		u := *p
		u.Data = nil
		s.units = append(s.units, u)
	})
	return s, err
}
