package syntax

import (
	"encoding/binary"
	"fmt"
)

// Codebooks that stand for no coefficients (table 4.A.1 of 4.6.3).
const (
	bookZero       = 0
	bookReserved   = 12
	bookNoise      = 13
	bookIntensity2 = 14
	bookIntensity  = 15
)

const (
	shortWindows = 8
	maxBands     = 51
	// maxSections is how many sections and groups of bands a stream can have.
	maxSections = shortWindows * 15
)

// An ics is what is known of an individual_channel_stream while it is read.
type ics struct {
	windows
	sections  []section // in section
	section   [maxSections]section
	stretches []stretch // in stretch: the codewords of spectral_data
	stretch   [maxSections]stretch
}

// windows are what ics_info says, which the channels of a pair may share.
type windows struct {
	sequence uint8
	kbd      bool
	short    bool
	bands    int // max_sfb
	groups   int
	group    [shortWindows]int // windows in each
}

// A section is bands next to each other that share a codebook (4.4.2.7).
type section struct{ book, bands uint8 }

// info passes ics_info.
func (p *Parser) info(s *windows) error {
	p.skip(1) // ics_reserved_bit
	s.sequence = uint8(p.bits(2))
	s.short = s.sequence == EightShort
	s.kbd = p.bits(1) == 1 // window_shape
	s.groups, s.group[0] = 1, 1
	if !s.short {
		s.bands = p.bits(6)
		if p.bits(1) == 1 { // predictor_data_present
			return ErrMain
		}
		if s.bands >= len(p.long) {
			return fmt.Errorf("%w: %d bands of %d", ErrDamaged, s.bands, len(p.long)-1)
		}
		return nil
	}
	s.bands = p.bits(4)
	grouping := p.bits(shortWindows - 1)
	for i := shortWindows - 2; i >= 0; i-- {
		if grouping>>i&1 == 1 {
			s.group[s.groups-1]++
		} else {
			s.group[s.groups] = 1
			s.groups++
		}
	}
	if s.bands >= len(p.short) {
		return fmt.Errorf("%w: %d bands of %d", ErrDamaged, s.bands, len(p.short)-1)
	}
	return nil
}

// stream passes an individual_channel_stream. common says that s holds its
// ics_info already.
func (p *Parser) stream(s *ics, common bool) error {
	at := p.pos
	gain := p.bits(8)
	if !common {
		if err := p.info(&s.windows); err != nil {
			return err
		}
	}
	if err := p.sections(s); err != nil {
		return err
	}
	out := Stream{Gain: at, Value: uint8(gain), Sequence: s.sequence, KBD: s.kbd}
	if err := p.scalefactors(s, &out); err != nil {
		return err
	}
	p.unit.Channels++
	if len(p.unit.Streams) < MaxStreams {
		p.unit.Streams = append(p.unit.Streams, out)
	}
	if p.bits(1) == 1 { // pulse_data_present
		if s.short {
			return fmt.Errorf("%w: pulses in short windows", ErrDamaged)
		}
		more := p.bits(2)
		p.skip(6 + (more+1)*(5+4))
	}
	if p.bits(1) == 1 { // tns_data_present
		p.tns(&s.windows)
	}
	if p.bits(1) == 1 { // gain_control_data_present
		return ErrSSR
	}
	return p.spectrum(s)
}

// sections reads section_data, and lists the codewords of spectral_data.
func (p *Parser) sections(s *ics) error {
	bands, width := p.long, 5
	if s.short {
		bands, width = p.short, 3
	}
	escape := uint64(1)<<width - 1
	sections, stretches := s.section[:0], s.stretch[:0]
	for g := range s.groups {
		for k := 0; k < s.bands; {
			if p.pos > p.end {
				return ErrCut
			}
			w := p.peek()
			book, n := w>>(64-4), 0
			w <<= 4
			p.pos += 4
			for {
				part := w >> (64 - width)
				w <<= width
				p.pos += width
				n += int(part)
				if part != escape {
					break
				}
				w = p.peek()
			}
			switch {
			case book == bookReserved:
				return fmt.Errorf("%w: codebook 12", ErrDamaged)
			case n > s.bands-k:
				return fmt.Errorf("%w: a section of %d bands", ErrDamaged, n)
			case n == 0:
				continue
			}
			sections = append(sections, section{uint8(book), uint8(n)})
			if b := p.books.spectrum[book]; b != nil {
				lines := int(bands[k+n]-bands[k]) * s.group[g]
				stretches = append(stretches, stretch{b, lines >> b.shift})
			}
			k += n
		}
	}
	s.sections, s.stretches = sections, stretches
	return nil
}

// A chain is a row of values that are coded as differences (4.6.2.3.2): the
// scalefactors, the noise energies or the intensity positions of a stream.
type chain struct {
	value, low, high int
	coded            bool
}

func (c *chain) note() {
	if !c.coded {
		c.low, c.high, c.coded = c.value, c.value, true
	}
	c.low, c.high = min(c.low, c.value), max(c.high, c.value)
}

// scalefactors passes scale_factor_data and notes in out between which values
// those lie that depend on global_gain.
func (p *Parser) scalefactors(s *ics, out *Stream) error {
	if !p.values {
		return p.passScalefactors(s, out)
	}
	gain := int(out.Value)
	factors, noise, positions := chain{value: gain}, chain{value: gain}, chain{}
	for _, c := range s.sections {
		n := int(c.bands)
		switch c.book {
		case bookZero:
		case bookNoise:
			if !noise.coded {
				noise.value += p.bits(9) - 256
				noise.note()
				n--
			}
			p.differences(&noise, n)
		case bookIntensity, bookIntensity2:
			p.differences(&positions, n)
		default:
			p.differences(&factors, n)
		}
		if p.pos > p.end {
			return ErrCut
		}
	}
	switch {
	case factors.coded && noise.coded:
		out.Low, out.High = min(factors.low, noise.low), max(factors.high, noise.high)
	case factors.coded:
		out.Low, out.High = factors.low, factors.high
	case noise.coded:
		out.Low, out.High = noise.low, noise.high
	}
	out.Coded = factors.coded || noise.coded
	out.room(factors, noise)
	return nil
}

// passScalefactors does what scalefactors does, but for the values.
func (p *Parser) passScalefactors(s *ics, out *Stream) error {
	n, noise := 0, false
	for _, c := range s.sections {
		switch c.book {
		case bookZero:
			continue
		case bookIntensity, bookIntensity2:
		case bookNoise:
			out.Coded = true
			if !noise {
				noise = true
				p.pass(n)
				p.skip(9)
				n = -1
			}
		default:
			out.Coded = true
		}
		n += int(c.bands)
	}
	p.pass(n)
	if p.pos > p.end {
		return ErrCut
	}
	return nil
}

// pass passes n codewords of the codebook of scalefactors.
func (p *Parser) pass(n int) {
	p.pos, _ = walk(p.buf, p.pos, p.end, []stretch{{p.books.scalefactor, n}})
}

// differences reads n more values of c, each a codeword of the codebook of
// scalefactors.
func (p *Parser) differences(c *chain, n int) {
	const middle = 60 // the index that stands for no difference
	books, pos := p.books, p.pos
	for range n {
		if pos >= p.end {
			pos++ // the caller notices
			break
		}
		w := binary.BigEndian.Uint64(p.buf[pos>>3:]) << (pos & 7)
		if e := books.factors[w>>(64-factorBits)]; e != 0 {
			pos += int(e & 0xf)
			c.value += int(e>>4) - middle
		} else {
			place, length := books.scalefactor.long(w)
			pos += length
			c.value += int(books.scalefactor.indices[place]) - middle
		}
		c.note()
	}
	p.pos = pos
}

// tns passes tns_data (4.4.2.7).
func (p *Parser) tns(s *windows) {
	windows, filters, length, order := 1, 2, 6, 5
	if s.short {
		windows, filters, length, order = shortWindows, 1, 4, 3
	}
	for range windows {
		n := p.bits(filters)
		if n == 0 {
			continue
		}
		resolution := p.bits(1)
		for range n {
			p.skip(length)
			coefficients := p.bits(order)
			if coefficients == 0 {
				continue
			}
			p.skip(1) // direction
			compress := p.bits(1)
			p.skip(coefficients * (3 + resolution - compress))
		}
	}
}

// spectrum passes spectral_data.
func (p *Parser) spectrum(s *ics) error {
	if p.pos > p.end {
		return ErrCut
	}
	var ok bool
	if p.pos, ok = walk(p.buf, p.pos, p.end, s.stretches); !ok {
		return fmt.Errorf("%w: an escape sequence is too long", ErrDamaged)
	}
	return nil
}
