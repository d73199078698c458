package mpegts

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/track"
)

var (
	// ErrNotTS means that no transport packets were found.
	ErrNotTS = errors.New("not an MPEG transport stream")
	// ErrLATM means that the only AAC in the stream is framed as LATM.
	ErrLATM = errors.New("AAC in LATM framing (stream type 0x11) is not supported")
	// ErrNoAudio means that the transport stream holds no AAC.
	ErrNoAudio = errors.New("no AAC audio in the transport stream")
)

// separator is put into the elementary stream where packets are missing: an
// ID3v2 tag of nothing but padding. The ADTS reader accepts it between two
// frames and takes a frame that runs into it for cut; without it, it could
// take the start of one frame and the rest of another for a whole one. It is
// as long as the longest frame, so that none reaches across it.
var separator = sync.OnceValue(func() string {
	return "ID3\x04\x00\x00" + string([]byte{0, 0, adts.MaxFrame >> 7, adts.MaxFrame & 0x7F}) + strings.Repeat("\x00", adts.MaxFrame)
})

// An elementary is the elementary stream of AAC within a transport stream, as
// an io.Reader, and a record of where in the file its parts come from.
type elementary struct {
	packets packetReader
	psi     psi
	started bool

	audio struct {
		pid  int
		cc   continuity
		pes  pes
		rest []byte // payload not yet read
		off  int64  // of its packet in the file
	}
	metadata metadata

	size    int64    // bytes of the elementary stream handed out or in rest
	extents []extent // where they come from, as far as still needed
	marks   []mark   // what is to be told, likewise
	tail    string   // a separator, the part of it not yet read

	separated int64 // where the last separator ends
}

// An extent says that the elementary stream from offset es on, up to the next
// extent, comes from the transport packet at offset file.
type extent struct{ es, file int64 }

// A mark is something about the elementary stream at offset es.
type mark struct {
	es, file int64
	kind     markKind
	packets  int64 // missing, for lostPackets, modulo 16
	bytes    int64 // of the file, for junk and cutEnd
	pts      int64 // of the PES packet that starts here, or −1
}

type markKind int

const (
	pesStart    markKind = iota // a PES packet with a time stamp starts
	lostPackets                 // packets are missing, or could not be used
	junk                        // bytes of the file that are no packet
	cutEnd                      // a packet that the end of the file cuts
)

func newElementary(r io.Reader) *elementary {
	e := &elementary{}
	e.packets.src = r
	e.packets.onTag = e.metadata.tags
	e.psi.audio, e.psi.metadata = noPID, noPID
	e.audio.pid, e.metadata.pid = noPID, noPID
	return e
}

// Read implements io.Reader.
func (e *elementary) Read(p []byte) (int, error) {
	if !e.started {
		if err := e.start(); err != nil {
			return 0, err
		}
	}
	n := 0
	for n < len(p) {
		if len(e.tail) > 0 {
			k := copy(p[n:], e.tail)
			e.tail = e.tail[k:]
			n += k
			continue
		}
		if len(e.audio.rest) > 0 {
			k := copy(p[n:], e.audio.rest)
			e.audio.rest = e.audio.rest[k:]
			n += k
			continue
		}
		if err := e.step(); err != nil {
			if n > 0 && err == io.EOF {
				return n, nil
			}
			return n, err
		}
	}
	return n, nil
}

// start finds out, from the first MiB, which stream is to be read.
func (e *elementary) start() error {
	e.started = true
	for tag := true; tag; { // however long, they are not what is looked at
		var err error
		if tag, err = e.packets.tag(); err != nil {
			return err
		}
	}
	if err := e.packets.fill(probeSize, probeSize); err != nil {
		return err
	}
	probe := e.packets // what it reads is in memory
	probe.eof = true
	probe.onJunk = func(off, n int64, cut bool) {}
	probe.onTag = nil
	known := e.psi
	guess := guess{audio: noPID, metadata: noPID}
	for known.audio == noPID {
		b, _, err := probe.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		p, ok := parsePacket(b)
		if !ok {
			continue
		}
		known.packet(p.pid, p.start, p.payload)
		guess.packet(p)
	}
	switch {
	case probe.packets == 0:
		return ErrNotTS
	case known.audio != noPID:
		e.audio.pid, e.metadata.pid = known.audio, known.metadata
	case guess.audio != noPID:
		// No tables, or some that do not name it: in M2TS files ffmpeg has AAC
		// as private data.
		e.audio.pid, e.metadata.pid = guess.audio, guess.metadata
		e.psi.video = guess.video
	case bytes.IndexByte(known.types, typeLATM) >= 0:
		return ErrLATM
	case len(known.types) > 0:
		return fmt.Errorf("%w: it holds %s", ErrNoAudio, streamNames(known.types))
	default:
		return ErrNoAudio
	}
	e.packets.onJunk = func(off, n int64, cut bool) {
		m := mark{es: e.size, file: off, kind: junk, bytes: n}
		if cut {
			m.kind = cutEnd
		}
		e.marks = append(e.marks, m)
	}
	return nil
}

// A guess finds the streams where the tables are missing, as in a chunk cut
// from the middle of a stream: by what their PES packets start with.
type guess struct {
	audio, metadata int
	video           bool
}

func (g *guess) packet(p packet) {
	if !p.start || p.scrambled {
		return
	}
	var s pes
	data := s.add(true, p.payload)
	switch {
	case s.state != inData:
	case s.id>>4 == 0xE: // video
		g.video = true
	case g.metadata == noPID && bytes.HasPrefix(data, []byte("ID3")):
		g.metadata = p.pid
	case g.audio == noPID:
		if _, err := adts.ParseHeader(data); err == nil {
			g.audio = p.pid
		}
	}
}

// step takes the next transport packet.
func (e *elementary) step() error {
	b, off, err := e.packets.next()
	if err == io.EOF {
		e.metadata.flush(off)
		return err
	}
	if err != nil {
		return err
	}
	p, ok := parsePacket(b)
	if !ok {
		// A header with an error may name any PID: what is lost shows in the
		// continuity counters.
		return nil
	}
	switch p.pid {
	case e.audio.pid:
		e.takeAudio(p, off)
	case e.metadata.pid:
		e.metadata.take(p, off)
	default:
		e.psi.packet(p.pid, p.start, p.payload)
		if e.psi.audio != noPID && e.psi.audio != e.audio.pid {
			e.audio.pid, e.metadata.pid = e.psi.audio, e.psi.metadata
			e.audio.cc, e.audio.pes = continuity{}, pes{state: inBad}
			e.separate()
		} else if e.metadata.pid == noPID && e.psi.metadata != noPID {
			e.metadata.pid = e.psi.metadata
		}
	}
	return nil
}

// takeAudio takes a packet of the audio stream.
func (e *elementary) takeAudio(p packet, off int64) {
	a := &e.audio
	missing, repeated := a.cc.next(p)
	if repeated || len(p.payload) == 0 {
		return
	}
	if p.scrambled {
		missing++
	}
	if missing != 0 || p.discontinuity {
		a.pes.gap()
		e.separate()
	}
	if p.scrambled {
		e.marks = append(e.marks, mark{es: e.size, file: off, kind: lostPackets, packets: missing, pts: -1})
		return
	}
	es := a.pes.add(p.start, p.payload)
	pts := int64(-1)
	if p.start {
		pts = a.pes.pts
	}
	if missing != 0 {
		e.marks = append(e.marks, mark{es: e.size, file: off, kind: lostPackets, packets: missing, pts: pts})
	}
	if pts >= 0 {
		e.marks = append(e.marks, mark{es: e.size, file: off, kind: pesStart, pts: pts})
	}
	if len(es) == 0 {
		return
	}
	a.rest = es
	e.extents = append(e.extents, extent{e.size, off})
	e.size += int64(len(es))
	if len(e.extents) > maxRecord || len(e.marks) > maxRecord {
		e.thin()
	}
}

// maxRecord bounds how many extents and marks are kept. It is far more than
// the ADTS reader looks ahead, unless it looks for frames where there are
// none.
const maxRecord = 1 << 16

// thin makes the older half of the record coarser.
func (e *elementary) thin() {
	half := len(e.extents) / 2
	n := 0
	for i := 0; i < half; i += 2 {
		e.extents[n] = e.extents[i]
		n++
	}
	e.extents = append(e.extents[:n], e.extents[half:]...)

	half = len(e.marks) / 2
	kept := e.marks[:0]
	for i, m := range e.marks {
		if last := len(kept) - 1; i < half {
			if m.kind == pesStart {
				continue
			}
			if last >= 0 && kept[last].kind == m.kind {
				kept[last].packets += m.packets
				kept[last].bytes += m.bytes
				continue
			}
		}
		kept = append(kept, m)
	}
	e.marks = kept
}

// separate puts a separator into the stream, unless one is all that came last.
func (e *elementary) separate() {
	if e.size == e.separated {
		return
	}
	e.tail = separator()
	e.size += int64(len(e.tail))
	e.separated = e.size
}

// file returns the offset in the file of the packet from which the elementary
// stream has its byte es.
func (e *elementary) file(es int64) int64 {
	lo, hi := 0, len(e.extents)
	for lo < hi {
		mid := (lo + hi) / 2
		if e.extents[mid].es <= es {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	switch {
	case lo > 0:
		return e.extents[lo-1].file
	case len(e.extents) > 0:
		return e.extents[0].file
	}
	return 0
}

// forget drops what is known of the elementary stream before es. It keeps
// the work small by doing it seldom.
func (e *elementary) forget(es int64) {
	const often = 1024
	if len(e.extents) < 2*often || e.extents[often].es > es {
		return
	}
	n := often
	for n+1 < len(e.extents) && e.extents[n+1].es <= es {
		n++
	}
	e.extents = e.extents[:copy(e.extents, e.extents[n:])]
}

// A packet is a transport packet (ISO/IEC 13818-1, 2.4.3.2).
type packet struct {
	pid           int
	start         bool // payload_unit_start_indicator
	scrambled     bool
	discontinuity bool
	counter       byte
	payload       []byte
}

// parsePacket reads a transport packet. ok is false if it is marked as broken
// or its adaptation field does not fit.
func parsePacket(b []byte) (p packet, ok bool) {
	if b[1]&0x80 != 0 { // transport_error_indicator
		return p, false
	}
	p.pid = int(binary.BigEndian.Uint16(b[1:]) & 0x1FFF)
	p.start = b[1]&0x40 != 0
	p.scrambled = b[3]&0xC0 != 0
	p.counter = b[3] & 0x0F
	payload := b[4:packetSize]
	if b[3]&0x20 != 0 {
		n := 1 + int(payload[0])
		if n > len(payload) {
			return p, false
		}
		p.discontinuity = n > 1 && payload[1]&0x80 != 0
		payload = payload[n:]
	}
	if b[3]&0x10 != 0 {
		p.payload = payload
	}
	return p, true
}

// A continuity follows the continuity_counter of one PID. The zero value has
// seen no packet.
type continuity struct {
	seen    bool
	counter byte
	length  int
	payload [packetSize]byte
}

// next returns how many packets are missing before p, modulo 16, and whether
// p only repeats the one before it. Recorders that lose 16 packets produce
// the same counter twice as well, so the payload decides.
func (c *continuity) next(p packet) (missing int64, repeated bool) {
	if len(p.payload) == 0 {
		return 0, false // the counter stands still
	}
	if c.seen && !p.discontinuity {
		if p.counter == c.counter && bytes.Equal(p.payload, c.payload[:c.length]) {
			return 0, true
		}
		missing = int64(p.counter-c.counter-1) & 15
	}
	c.seen, c.counter, c.length = true, p.counter, copy(c.payload[:], p.payload)
	return missing, false
}

// damageKind returns the kind of damage that a mark other than pesStart is.
func (m mark) damageKind() track.DamageKind {
	switch m.kind {
	case junk:
		return track.Junk
	case cutEnd:
		return track.CutEnd
	}
	return track.LostPackets
}
