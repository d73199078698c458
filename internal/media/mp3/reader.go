package mp3

import (
	"bytes"
	"io"

	"github.com/spaces-cli/spaces/internal/media/id3"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/window"
)

const (
	bufferSize = 256 << 10
	// confirmSize is enough to see a frame and the frame and headers after it
	// that confirm it.
	confirmSize = 2*MaxFrameSize + id3v1Size + apeSize
	// judgeSize is enough to confirm any frame that begins within one.
	judgeSize = MaxFrameSize + confirmSize
	// scanSize is how much is searched for a frame in one go.
	scanSize = 32 << 10
)

// minFrameSize is the length of the shortest frame: 8 kb/s at 24 kHz.
const minFrameSize = 24

// A Reader walks through the frames of an MP3 file. It is a track.Reader;
// Packet.Data is a whole frame, header included.
//
// A frame counts as one when it stands where the frame before it ends, or when
// the next headers confirm it. Bytes that are neither frame nor tag are
// damage. The Xing, Info or VBRI frame at the start is no unit; what it
// declares of encoder delay and padding is in the Run's Skip and Trim, in the
// way of ffmpeg and mpg123: played samples are those that went into the
// encoder.
type Reader struct {
	opts track.Options
	in   *window.Reader
	held int // bytes of the last packet, still in in

	id3    id3.Parser
	events []track.Event // that wait for the next frame

	track    track.Track
	info     *Info
	config   track.Config // of the last frame
	size     int          // of the last frame
	declared int64        // bytes of tags and of the Info frame
	done     bool
}

// NewReader returns a Reader of the size bytes in r. It reads the tags and
// looks for the first frame: the error is ErrNoFrames if there is none,
// ErrFreeFormat if the bit rate is left out of the headers, or comes from r.
func NewReader(r io.ReaderAt, size int64, opts track.Options) (*Reader, error) {
	end, err := AudioEnd(r, size)
	if err != nil {
		return nil, err
	}
	m := &Reader{
		opts:     opts,
		in:       window.New(r, 0, end, bufferSize),
		declared: size - end,
		track:    track.Track{Format: track.MP3File, Bytes: size},
	}
	if err := m.start(); err != nil {
		return nil, err
	}
	return m, nil
}

// Info returns what the Xing, Info or VBRI frame says, or nil if the file has
// none.
func (r *Reader) Info() *Info { return r.info }

// Track returns what has been seen so far.
func (r *Reader) Track() *track.Track { return &r.track }

// start goes to the first frame, and past it if it is an Info frame.
func (r *Reader) start() error {
	if err := r.skipTags(); err != nil {
		return err
	}
	b, last, err := r.in.Peek(scanSize)
	if err != nil {
		return err
	}
	if isFreeFormat(b) {
		return ErrFreeFormat
	}
	for r.findFrame(b, 0, last) != 0 {
		if r.in.Pos == r.in.End {
			return ErrNoFrames
		}
		if err := r.resync(0); err != nil {
			return err
		}
		if err := r.skipTags(); err != nil {
			return err
		}
		if b, last, err = r.in.Peek(judgeSize); err != nil {
			return err
		}
	}
	h, err := ParseHeader(b)
	if err != nil {
		return err
	}
	if info, ok := ParseInfo(h, b[:min(len(b), h.FrameSize())]); ok {
		r.info = &info
		r.track.Encoder = info.Encoder
		n := int64(min(len(b), h.FrameSize()))
		r.declared += n
		return r.in.Skip(n)
	}
	return nil
}

// Next puts the next frame into p.
func (r *Reader) Next(p *track.Packet) error {
	if err := r.in.Skip(int64(r.held)); err != nil {
		return err
	}
	r.held = 0
	for {
		b, last, err := r.in.Peek(judgeSize)
		if err != nil {
			return err
		}
		if len(b) == 0 {
			if err := r.sendEvents(max(0, len(r.track.Runs)-1)); err != nil {
				return err
			}
			r.finish()
			return io.EOF
		}
		if len(b) < HeaderSize && b[0] == 0xFF && b[len(b)-1] >= 0xE0 {
			if err := r.damage(track.CutEnd, int64(len(b)), 1); err != nil {
				return err
			}
			continue
		}
		h, err := ParseHeader(b)
		if err != nil {
			before := r.in.Pos
			if err := r.skipTags(); err != nil {
				return err
			}
			if r.in.Pos == before {
				if err := r.resync(0); err != nil {
					return err
				}
			}
			continue
		}
		size := h.FrameSize()
		switch r.judge(h, b, last) {
		case good:
			return r.deliver(p, h, b[:size])
		case bad:
			err = r.damage(track.BadUnit, int64(size), 1)
		case cut:
			err = r.damage(track.CutEnd, int64(len(b)), 1)
		case lost:
			err = r.resync(1)
		}
		if err != nil {
			return err
		}
	}
}

// deliver puts a frame into p and notes it.
func (r *Reader) deliver(p *track.Packet, h Header, frame []byte) error {
	if r.config.SampleRate != h.SampleRate || r.config.Channels != h.Channels() || len(r.track.Runs) == 0 {
		r.config = ConfigOf(h)
	}
	if len(r.events) > 0 {
		next := len(r.track.Runs)
		if next > 0 && r.track.Runs[next-1].Config == r.config {
			next--
		}
		if err := r.sendEvents(next); err != nil {
			return err
		}
	}
	run, err := r.track.AddUnit(r.config, r.config.UnitSamples, len(frame))
	if err != nil {
		return err
	}
	if r.info != nil && r.info.Gapless && r.track.Runs[0].Units == 1 {
		r.track.Runs[0].Skip = int64(r.info.Delay + DecoderDelay)
	}
	r.size, r.held = len(frame), len(frame)
	*p = track.Packet{Offset: r.in.Pos, Data: frame, Run: run, Samples: r.config.UnitSamples}
	return nil
}

// ConfigOf returns what a header says of its stream.
func ConfigOf(h Header) track.Config {
	return track.Config{
		Codec:       track.MP3,
		SampleRate:  h.SampleRate,
		Channels:    h.Channels(),
		UnitSamples: h.Samples(),
	}
}

// A verdict is what judge makes of a header where a frame is due.
type verdict int

const (
	good verdict = iota // a frame
	bad                 // a frame's length of something that is not in place
	cut                 // a frame that the end of the file cuts
	lost                // nothing to rely on
)

// judge says whether the frame with header h that b starts with is one. last
// says that b ends where the audio does.
func (r *Reader) judge(h Header, b []byte, last bool) verdict {
	size := h.FrameSize()
	same := len(r.track.Runs) == 0 || r.config == ConfigOf(h)
	if len(b) < size {
		if r.findFrame(b, 1, last) >= 0 {
			return lost
		}
		return cut
	}
	if !same {
		// One flipped bit must not start a new run: new parameters count when
		// frames that share them follow.
		switch {
		case follows(b, last, 2):
			return good
		case r.resumes(b[size:]):
			return bad
		}
		return lost
	}
	if follows(b, last, 1) {
		return good
	}
	// The next frame is not where this one says. If it begins within, this
	// one is cut; if it comes later, junk follows a whole frame.
	if i := r.findFrame(b, 1, last); i >= 0 && i < size {
		return lost
	}
	return good
}

// resumes reports whether b starts with a header of the present run.
func (r *Reader) resumes(b []byte) bool {
	h, err := ParseHeader(b)
	return err == nil && ConfigOf(h) == r.config
}

// sameStream reports whether two headers agree in what hardly ever changes
// within a stream: sync word, version, layer, sample rate and channels.
func sameStream(a, b []byte) bool {
	return a[0] == b[0] && (a[1]^b[1])&0xFE == 0 && (a[2]^b[2])&0x0C == 0 &&
		(a[3]>>6 == byte(Mono)) == (b[3]>>6 == byte(Mono))
}

// follows reports whether the frame that b starts with is followed by want
// more headers like its own, or before that by a tag or the end of the audio.
func follows(b []byte, last bool, want int) bool {
	first := b
	for ; want > 0; want-- {
		h, err := ParseHeader(b)
		if err != nil || len(b) < h.FrameSize() {
			return false
		}
		b = b[h.FrameSize():]
		if len(b) == 0 && last || tagSize(b) > 0 || isID3v1(b) {
			return true
		}
		if _, err := ParseHeader(b); err != nil || !sameStream(first, b) {
			return false
		}
	}
	return true
}

// findFrame returns where in b, from the index from on, a frame begins that
// the frames after it confirm: two if its parameters are new, else one. It
// returns −1 if there is none. Unless last says that the audio ends with b,
// candidates too close to the end of b to be confirmed are left out.
func (r *Reader) findFrame(b []byte, from int, last bool) int {
	limit := len(b)
	if !last {
		limit -= confirmSize
	}
	for i := from; i < limit; i++ {
		n := bytes.IndexByte(b[i:limit], 0xFF)
		if n < 0 {
			break
		}
		i += n
		h, err := ParseHeader(b[i:])
		if err != nil {
			continue
		}
		want := 2
		if len(r.track.Runs) > 0 && ConfigOf(h) == r.config {
			want = 1
		}
		if follows(b[i:], last, want) {
			return i
		}
	}
	return -1
}

// resync goes to the next confirmed frame or tag, or to the end of the audio,
// from the byte from of what is to come, and notes what it skips.
func (r *Reader) resync(from int) error {
	start, skipped := r.in.Pos, int64(0)
	for {
		b, last, err := r.in.Peek(scanSize)
		if err != nil {
			return err
		}
		n := r.findFrame(b, from, last)
		found := n >= 0
		if !found {
			n = max(0, len(b)-confirmSize)
			if last {
				n = len(b)
			}
		}
		if i, err := r.findTag(b[:n], from); err != nil {
			return err
		} else if i >= 0 {
			n, found = i, true
		}
		if err := r.in.Skip(int64(n)); err != nil {
			return err
		}
		skipped += int64(n)
		from = 0
		if found || last {
			break
		}
	}
	if skipped == 0 {
		return nil
	}
	d := track.Damage{Kind: track.Junk, Offset: start, Bytes: skipped, Unit: r.track.Units()}
	short := skipped >= minFrameSize && skipped <= MaxFrameSize
	switch {
	case d.Unit == 0 && start == 0 && skipped <= MaxFrameSize && r.in.Pos < r.in.End:
		d.Kind, d.Lost = track.CutStart, 1
	case d.Unit > 0 && short:
		// No longer than a frame, where a frame was due: that frame.
		d.Kind, d.Lost = track.BadUnit, 1
	}
	r.track.Damage.Add(d)
	return nil
}

// findTag returns where in b, which begins here, an ID3v2 tag begins, from the
// index from on, or −1.
func (r *Reader) findTag(b []byte, from int) (int, error) {
	for i := from; i < len(b); i++ {
		n := bytes.Index(b[i:], []byte("ID3"))
		if n < 0 {
			break
		}
		i += n
		if size, err := r.tagAt(r.in.Pos+int64(i), b[i:]); size > 0 || err != nil {
			return i, err
		}
	}
	return -1, nil
}

// skipTags goes past all tags that begin here.
func (r *Reader) skipTags() error {
	for {
		b, _, err := r.in.Peek(id3v1Size + apeSize)
		if err != nil {
			return err
		}
		n, err := r.tagAt(r.in.Pos, b)
		if err != nil || n == 0 {
			return err
		}
		if b[0] == 'I' {
			if err := r.readTag(n); err != nil {
				return err
			}
		}
		r.declared += n
		if err := r.in.Skip(n); err != nil {
			return err
		}
	}
}

// tagAt returns the length of the tag at off, where b begins, or 0 if there is
// none. Behind the first frame a tag's size is believed only if a frame,
// another tag or the end follows it, or else one broken length would swallow
// hours of sound.
func (r *Reader) tagAt(off int64, b []byte) (int64, error) {
	if isID3v1(b) {
		return id3v1Size, nil
	}
	n := tagSize(b)
	if n == 0 || n > r.in.End-off {
		return 0, nil
	}
	if n == r.in.End-off || len(r.track.Runs) == 0 && off == 0 {
		return n, nil
	}
	var next [apeSize]byte
	k, err := r.in.ReadAt(next[:min(apeSize, r.in.End-off-n)], off+n)
	if err != nil && err != io.EOF {
		return 0, err
	}
	if _, err := ParseHeader(next[:k]); err != nil && tagSize(next[:k]) == 0 {
		return 0, nil
	}
	return n, nil
}

// damage notes n bytes from here as damaged and goes past them.
func (r *Reader) damage(kind track.DamageKind, n, lost int64) error {
	r.track.Damage.Add(track.Damage{Kind: kind, Offset: r.in.Pos, Bytes: n, Unit: r.track.Units(), Lost: lost})
	return r.in.Skip(n)
}

// finish settles, once the last frame is seen, what the Info frame declares.
func (r *Reader) finish() {
	if r.done {
		return
	}
	r.done = true
	if r.info == nil || r.info.Frames == 0 || len(r.track.Runs) != 1 {
		return
	}
	run := &r.track.Runs[0]
	trim := int64(0)
	if r.info.Gapless {
		trim = max(0, int64(r.info.Padding-DecoderDelay))
	}
	// Some encoders count the Info frame among the frames.
	missing := r.info.Frames - run.Units - r.track.Damage.Lost
	switch {
	case missing > 1:
		r.track.Damage.Add(track.Damage{Kind: track.CutEnd, Offset: r.in.End, Unit: run.Units, Lost: missing})
	case missing < -1:
		// Something was appended: the padding is no longer at the end.
		r.track.Damage.Add(track.Damage{Kind: track.BadIndex, Offset: r.in.End, Unit: run.Units})
		trim = 0
	}
	if missing > 0 {
		trim -= missing * int64(run.UnitSamples)
	}
	run.Trim = max(0, trim)
}

// isFreeFormat reports whether b starts with a free-format frame: a header
// without bit rate that another one follows.
func isFreeFormat(b []byte) bool {
	if _, err := ParseHeader(b); err != ErrFreeFormat {
		return false
	}
	const longest = 8192 // no decoder takes longer frames
	for i := 1; i < min(len(b)-HeaderSize, longest); i++ {
		if _, err := ParseHeader(b[i:]); err == ErrFreeFormat && sameStream(b, b[i:]) {
			return true
		}
	}
	return false
}
