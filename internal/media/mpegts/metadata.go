package mpegts

import (
	"github.com/spaces-cli/spaces/internal/media/id3"
	"github.com/spaces-cli/spaces/internal/media/track"
)

const (
	// maxMetadata bounds how much of one PES packet of metadata is kept.
	maxMetadata = 1 << 20
	// maxQueue bounds how many tags, or bytes of them, wait for an audio unit.
	// Later ones are dropped: a stream of nothing but tags is no recording.
	maxQueue      = 1 << 14
	maxQueueBytes = 16 << 20
)

// metadata collects the tags of a stream of timed ID3 (Apple, "Timed Metadata
// for HTTP Live Streaming"). What it finds waits until the audio unit behind
// it is known.
type metadata struct {
	pid    int
	cc     continuity
	pes    pes
	open   bool // a PES packet is being read
	buf    []byte
	off    int64 // of its first packet
	parser id3.Parser
	want   bool // whether anybody asks for events
	queue  []timedTag
	queued int // bytes in queue
}

// A timedTag is a frame of a tag, and the offset in the file at which it was
// complete.
type timedTag struct {
	event track.Event
	end   int64
}

func (m *metadata) take(p packet, off int64) {
	missing, repeated := m.cc.next(p)
	if repeated || !m.want || len(p.payload) == 0 {
		return
	}
	if p.start {
		m.flush(off)
		m.off, m.open = off, true
	}
	if missing != 0 && !p.start || p.scrambled {
		m.open, m.buf = false, m.buf[:0] // a tag with a hole says nothing
	}
	if !m.open {
		return
	}
	data := m.pes.add(p.start, p.payload)
	if len(m.buf)+len(data) > maxMetadata {
		m.open, m.buf = false, m.buf[:0]
		return
	}
	m.buf = append(m.buf, data...)
	if m.pes.whole() {
		m.flush(off)
	}
}

// flush reads the tags of the PES packet that ends at off.
func (m *metadata) flush(off int64) {
	if m.open {
		m.parse(m.buf, m.off, off)
	}
	m.open, m.buf = false, m.buf[:0]
}

// tags reads tags that stand by themselves at off, between the packets.
func (m *metadata) tags(b []byte, off int64) {
	if m.want {
		m.parse(b, off, off)
	}
}

// parse puts the frames of the tags in b into the queue.
func (m *metadata) parse(b []byte, off, end int64) {
	for len(b) > 0 {
		h, ok := id3.ParseHeader(b)
		if !ok || h.Len() > len(b) {
			break
		}
		_ = m.parser.Frames(b[:h.Len()], func(f id3.Frame) error {
			if len(m.queue) >= maxQueue || m.queued+len(f.Value) > maxQueueBytes {
				return nil
			}
			m.queued += len(f.Value)
			m.queue = append(m.queue, timedTag{
				event: track.Event{Offset: off, ID: f.ID, Name: f.Name, Value: append([]byte(nil), f.Value...)},
				end:   end,
			})
			return nil
		})
		b = b[h.Len():]
	}
}
