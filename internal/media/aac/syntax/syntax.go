// Package syntax reads the syntax of AAC-LC: it walks through an access unit
// (a raw_data_block, ISO/IEC 14496-3, 4.4.2.1) to the last bit of its spectral
// data and says what is in it, and where. It decodes no sound.
//
// Clauses and tables named in this package are those of ISO/IEC 14496-3.
package syntax

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Reasons for which Parse fails. They come wrapped, with what was found.
var (
	// ErrDamaged means that the unit breaks the rules of the syntax.
	ErrDamaged = errors.New("damaged AAC access unit")
	// ErrCut means that the unit ends before its END element. It is an
	// ErrDamaged too.
	ErrCut error = &reason{ErrDamaged, "it ends early"}
	// ErrOther means that the unit makes use of a tool that AAC-LC lacks; the
	// errors below say which.
	ErrOther = errors.New("not AAC-LC")

	ErrMain     error = &reason{ErrOther, "it uses the prediction of AAC Main"}
	ErrSSR      error = &reason{ErrOther, "it uses the gain control of AAC SSR"}
	ErrLTP      error = &reason{ErrOther, "it uses the prediction of AAC LTP"}
	ErrCoupling error = &reason{ErrOther, "it holds a coupling channel"}
	ErrObject   error = &reason{ErrOther, "another audio object type"}
	ErrFrame    error = &reason{ErrOther, "its units last 960 samples"}
	ErrRate     error = &reason{ErrOther, "no such sampling frequency index"}
)

// A reason is a case of another error. (fmt.Errorf would make them whenever the
// program starts.)
type reason struct {
	of   error
	text string
}

func (r *reason) Error() string { return r.of.Error() + ": " + r.text }
func (r *reason) Unwrap() error { return r.of }

// MaxUnit is the size in bytes of the largest unit that is parsed: 48 channels
// of 6144 bits (4.5.3.1) and data elements.
const MaxUnit = 1 << 16

// MaxStreams is how many individual channel streams of a unit are told apart.
const MaxStreams = 64

// Audio object types (1.5.1.1).
const (
	objectMain = 1
	objectLC   = 2
	objectSSR  = 3
	objectLTP  = 4
)

// A Stream is an individual_channel_stream: the sound of one channel.
type Stream struct {
	Gain int // where its global_gain lies, in bits from the start of the unit
	// Value is the global_gain, Low and High the lowest and the highest
	// scalefactor that it is the base of (intensity positions apart). They are
	// 0, 0 and 0 where there is no sound at all.
	Value     uint8
	Low, High int
	// Down and Up are by how many steps global_gain can be lowered and raised
	// before it, a scalefactor or a noise energy leaves its range. They are below
	// 0 where one is out of its range already, and 0 where nothing is coded.
	Down, Up int
	Coded    bool  // some coefficients or noise are coded
	Sequence uint8 // window_sequence: OnlyLong, LongStart, EightShort, LongStop
	KBD      bool  // window_shape: Kaiser-Bessel-derived, else a half sine
}

// Window sequences (table 4.128).
const (
	OnlyLong = iota
	LongStart
	EightShort
	LongStop
)

// A Unit says what an access unit holds.
type Unit struct {
	Streams  []Stream // at most MaxStreams; its array is used again
	Channels int      // that the elements carry, low-frequency ones included
	SBR      bool     // a fill element carries spectral band replication
	SBRCRC   bool     // and that has a CRC
	DRC      bool     // a fill element carries dynamic range control
	Program  bool     // it holds a program_config_element
	Data     int      // bytes in data_stream_elements
	Fill     int      // bytes in fill elements
	End      int      // where the END element begins, in bits
	Bytes    int      // up to which it reaches; Parse alone cannot say what is behind
}

// A Parser parses units of one configuration. It allocates nothing for a unit
// once it has seen the largest, and is for one goroutine at a time.
type Parser struct {
	books       *books
	long, short []uint16 // scale factor bands

	values bool   // those of scalefactors are asked for
	buf    []byte // the unit and padding
	pos    int    // in bits
	end    int    // of the unit, in bits

	unit *Unit
	ics  [2]ics
	own  Unit // of Shift
}

// padding is how many bytes behind a unit may be looked at: eight, and as far
// as the longest run of codewords can go beyond the end before it is noticed.
const padding = 16

// NewParser returns a Parser of units of an audio object type and a sampling
// frequency index, as an AudioSpecificConfig or an ADTS header gives them. The
// error is ErrMain, ErrSSR, ErrLTP, ErrObject or ErrRate.
func NewParser(objectType, rateIndex int) (*Parser, error) {
	switch objectType {
	case objectLC:
	case objectMain:
		return nil, ErrMain
	case objectSSR:
		return nil, ErrSSR
	case objectLTP:
		return nil, ErrLTP
	default:
		return nil, ErrObject
	}
	if rateIndex < 0 || rateIndex >= len(bandsOf) {
		return nil, ErrRate
	}
	bands := bandsOf[rateIndex]
	return &Parser{books: theBooks(), long: longBands[bands.long], short: shortBands[bands.short]}, nil
}

// Parse says in u what unit holds. Where it fails, u holds what came before.
// The caller compares u.Bytes with the length of the unit: bytes behind END
// are allowed in some containers and a sign of damage in others.
func (p *Parser) Parse(unit []byte, u *Unit) error { return p.parse(unit, u, true) }

// Scan does what Parse does, with the same error, and is faster: it leaves
// Low, High, Down and Up of the streams 0.
func (p *Parser) Scan(unit []byte, u *Unit) error { return p.parse(unit, u, false) }

func (p *Parser) parse(unit []byte, u *Unit, values bool) error {
	*u = Unit{Streams: u.Streams[:0]}
	if len(unit) > MaxUnit {
		return fmt.Errorf("%w: %d bytes", ErrDamaged, len(unit))
	}
	p.buf = append(append(p.buf[:0], unit...), make([]byte, padding)...)
	p.pos, p.end, p.unit, p.values = 0, 8*len(unit), u, values
	for {
		u.End = p.pos
		done, err := p.element()
		if p.pos > p.end {
			return ErrCut
		}
		if err != nil {
			return err
		}
		if done {
			u.Bytes = p.pos >> 3
			return nil
		}
	}
}

// Elements of a raw_data_block (table 4.85).
const (
	idSCE = iota
	idCPE
	idCCE
	idLFE
	idDSE
	idPCE
	idFIL
	idEND
)

// element passes the next element. done is set behind END.
func (p *Parser) element() (done bool, err error) {
	switch id := p.bits(3); id {
	case idSCE, idLFE:
		p.skip(4)
		return false, p.stream(&p.ics[0], false)
	case idCPE:
		p.skip(4)
		return false, p.pair()
	case idCCE:
		return false, ErrCoupling
	case idDSE:
		p.data()
	case idPCE:
		p.program()
	case idFIL:
		p.fill()
	case idEND:
		p.align()
		return true, nil
	}
	return false, nil
}

// pair passes what follows the tag of a channel_pair_element (4.4.2.1).
func (p *Parser) pair() error {
	common := p.bits(1) == 1
	if common {
		left := &p.ics[0].windows
		if err := p.info(left); err != nil {
			return err
		}
		switch p.bits(2) { // ms_mask_present
		case 1:
			p.skip(left.groups * left.bands)
		case 3:
			return fmt.Errorf("%w: ms_mask_present is 3", ErrDamaged)
		}
		p.ics[1].windows = *left
	}
	if err := p.stream(&p.ics[0], common); err != nil {
		return err
	}
	return p.stream(&p.ics[1], common)
}

// data passes a data_stream_element.
func (p *Parser) data() {
	p.skip(4)
	aligned := p.bits(1) == 1
	n := p.bits(8)
	if n == 255 {
		n += p.bits(8)
	}
	if aligned {
		p.align()
	}
	p.skip(8 * n)
	p.unit.Data += n
}

// program passes a program_config_element (4.4.1.1).
func (p *Parser) program() {
	p.unit.Program = true
	p.skip(4 + 2 + 4) // element_instance_tag, object_type, sampling_frequency_index
	elements := p.bits(4) + p.bits(4) + p.bits(4)
	lfe, data, coupling := p.bits(2), p.bits(3), p.bits(4)
	for _, n := range [...]int{4, 4, 3} { // the mixdowns
		if p.bits(1) == 1 {
			p.skip(n)
		}
	}
	p.skip(5*elements + 4*lfe + 4*data + 5*coupling)
	p.align()
	p.skip(8 * p.bits(8)) // comment_field_data
}

// bits reads a number of at most 16 bits. Behind the end it reads zeros; the
// caller notices.
func (p *Parser) bits(n int) int {
	if p.pos >= p.end {
		p.pos += n
		return 0
	}
	v := p.peek() >> (64 - n)
	p.pos += n
	return int(v)
}

// peek returns the bits from here on, 57 of them at least. It must not be asked
// for any that lie wholly behind the padding.
func (p *Parser) peek() uint64 {
	return binary.BigEndian.Uint64(p.buf[p.pos>>3:]) << (p.pos & 7)
}

func (p *Parser) skip(n int) { p.pos += n }
func (p *Parser) align()     { p.pos = (p.pos + 7) &^ 7 }
