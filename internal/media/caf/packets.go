package caf

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/alac"
	"github.com/spaces-cli/spaces/internal/media/linear"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/within"
)

// tableHeader is what stands before the sizes: the number of packets, of frames
// that are played, of priming and of padding.
const tableHeader = 24

// packets makes a Reader of what is coded in packets.
func (f *file) packets() (*Reader, error) {
	config, err := f.config()
	if err != nil {
		return nil, err
	}
	plan := within.Plan{Config: config, Track: f.track}
	if f.desc.rate >= 1 && f.desc.rate <= 1<<24 {
		plan.Rate = int(f.desc.rate + 0.5)
	}
	// A damaged size tells of more packets than can be counted.
	const mostLost = 1 << 20
	f.data.size = min(f.data.size, f.track.Bytes-f.data.body+mostLost*max(1, f.desc.bytes))
	list := &table{src: f.src, data: f.data, size: f.desc.bytes, varies: f.desc.frames == 0}
	if f.table.size >= tableHeader {
		var b [tableHeader]byte
		if err := linear.ReadFull(f.src, b[:], f.table.body); err != nil {
			return nil, err
		}
		be := binary.BigEndian
		plan.Skip, plan.Trim = int64(int32(be.Uint32(b[16:]))), int64(int32(be.Uint32(b[20:])))
		list.count = int64(be.Uint64(b[:]))
		list.sizes = chunk{f.table.body + tableHeader, f.table.size - tableHeader}
	}
	if config.Codec == track.ALAC {
		plan.Trim = 0 // the last packet says itself how short it is
	}
	if list.size == 0 && list.sizes.body == 0 {
		return nil, ErrNoTable
	}
	list.Rewind()
	r, err := within.NewUnits(f.src, list, plan)
	if err != nil {
		return nil, err
	}
	return &Reader{r, config.Codec}, nil
}

// A table tells where the packets lie: they follow on one another, and either all
// have one size, or each has a number of 7 bits a byte in the pakt chunk.
type table struct {
	src    io.ReaderAt
	data   chunk
	size   int64 // of every packet, or 0
	varies bool  // behind each size stands a number of frames
	count  int64
	sizes  chunk

	in   *bufio.Reader
	next int64 // number of the next packet
	pos  int64
	bad  bool // there are fewer sizes than packets
}

func (t *table) Rewind() {
	t.in = bufio.NewReader(io.NewSectionReader(t.src, t.sizes.body, t.sizes.size))
	t.next, t.pos, t.bad = 0, t.data.body, false
}

func (t *table) Next() (p within.Piece, ok bool, err error) {
	end := t.data.body + t.data.size
	if t.size > 0 {
		if t.pos > end-t.size {
			return p, false, nil
		}
		p = within.Piece{Off: t.pos, Size: t.size}
		t.pos += t.size
		return p, true, nil
	}
	if t.next >= t.count || t.pos >= end {
		return p, false, nil
	}
	t.next++
	n, ok, err := t.number()
	if ok && t.varies {
		_, ok, err = t.number()
	}
	if !ok || err != nil {
		t.bad = !ok
		return p, false, err
	}
	p = within.Piece{Off: t.pos, Size: n}
	t.pos += n
	return p, true, nil
}

// Damage returns what is wrong behind the last packet.
func (t *table) Damage() []track.Damage {
	if !t.bad {
		return nil
	}
	end := t.sizes.body + t.sizes.size
	return []track.Damage{{Kind: track.BadIndex, Offset: end, Lost: max(0, min(t.count-t.next+1, t.data.body+t.data.size-t.pos))}}
}

// number reads a number of 7 bits a byte.
func (t *table) number() (n int64, ok bool, err error) {
	const longest = 5
	for range longest {
		b, err := t.in.ReadByte()
		if err == io.EOF {
			return 0, false, nil
		}
		if err != nil {
			return 0, false, err
		}
		n = n<<7 | int64(b&0x7F)
		if b&0x80 == 0 {
			return n, true, nil
		}
	}
	return 0, false, nil
}

// config returns how the packets are decoded.
func (f *file) config() (track.Config, error) {
	switch f.desc.format {
	case "aac ", "aach", "aacp":
		c, err := adts.ParseConfig(specific(f.cookie))
		if err == nil && c.UnitSamples < 1 {
			err = fmt.Errorf("access units of %d samples", c.UnitSamples)
		}
		if err != nil {
			return c, fmt.Errorf("%w: %w", ErrCodec, err)
		}
		return c, nil
	case "alac":
		c, err := alac.TrackConfig(f.cookie)
		if err != nil {
			return c, fmt.Errorf("%w: %w", ErrCodec, err)
		}
		return c, nil
	case "opus":
		// Apple's cookie for Opus is not public; packets of one or two channels need none.
		if n := f.desc.channels; n != 1 && n != 2 {
			return track.Config{}, fmt.Errorf("%w: Opus of %d channels", ErrCodec, n)
		}
		b := append([]byte("OpusHead\x01"), byte(f.desc.channels), 0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0) // 48 kHz
		h, err := opus.ParseHead(b)
		if err != nil {
			return track.Config{}, fmt.Errorf("%w: %w", ErrCodec, err)
		}
		return h.Config(), nil
	}
	return track.Config{}, fmt.Errorf("%w: %s", ErrCodec, formatName(f.desc.format))
}

// specific returns the AudioSpecificConfig in the cookie of AAC, which is an
// ES_Descriptor (ISO/IEC 14496-1 §7.2.6.5).
func specific(b []byte) []byte {
	const stream, decoder, info = 3, 4, 5
	if len(b) == 0 || b[0] != stream {
		return b
	}
	b = content(b)
	if len(b) < 3 {
		return nil
	}
	flags, rest := b[2], b[3:]
	skip := 0
	if flags&0x80 != 0 {
		skip += 2
	}
	if flags&0x40 != 0 && len(rest) > skip {
		skip += 1 + int(rest[skip])
	}
	if flags&0x20 != 0 {
		skip += 2
	}
	const decoderFields = 13
	rest = rest[min(skip, len(rest)):]
	if len(rest) == 0 || rest[0] != decoder {
		return nil
	}
	if rest = content(rest); len(rest) <= decoderFields || rest[decoderFields] != info {
		return nil
	}
	return content(rest[decoderFields:])
}

// content returns the content of the descriptor that b begins with, behind its tag
// and its size of up to four bytes.
func content(b []byte) []byte {
	n := 0
	for i := 1; i < min(len(b), 5); i++ {
		n = n<<7 | int(b[i]&0x7F)
		if b[i]&0x80 == 0 {
			b = b[i+1:]
			return b[:min(n, len(b))]
		}
	}
	return nil
}

// formatName returns what people call a coding.
func formatName(format string) string {
	switch format {
	case "ima4":
		return "IMA ADPCM"
	case "MAC3", "MAC6":
		return "MACE"
	case ".mp1", ".mp2":
		return "MPEG audio Layer I or II"
	case "ac-3":
		return "Dolby Digital (AC-3)"
	case "ec-3":
		return "Dolby Digital Plus (E-AC-3)"
	case "samr":
		return "AMR (the voice coding of phones)"
	case "ilbc":
		return "iLBC (a voice coding)"
	case "aacl", "aace", "aacs", "usac":
		return "AAC of another kind"
	case "agsm":
		return "GSM 6.10"
	case "flac":
		return "FLAC in CAF"
	}
	return fmt.Sprintf("%q", format)
}
