package syntax

// Types of extension_payload (table 4.121).
const (
	extDataElement = 2
	extDRC         = 11
	extSBR         = 13
	extSBRCRC      = 14
)

// fill passes a fill_element. A decoder that knows none of the payloads in it
// may pass them too (4.5.2.9): they are only looked at.
func (p *Parser) fill() {
	n := p.bits(4)
	if n == 15 {
		n += p.bits(8) - 1
	}
	p.unit.Fill += n
	end := p.pos + 8*n
	for p.pos < end && p.pos < p.end {
		if p.extension() {
			break // it reaches to the end
		}
	}
	p.pos = end
}

// extension passes an extension_payload. last is set if that reaches to the
// end of the fill element.
func (p *Parser) extension() (last bool) {
	switch p.bits(4) {
	case extDRC:
		p.unit.DRC = true
		p.drc()
		return false
	case extDataElement:
		if p.bits(4) != 0 { // data_element_version
			return true
		}
		n := 0
		for {
			part := p.bits(8)
			n += part
			if part != 255 || p.pos > p.end {
				break
			}
		}
		p.skip(8 * n)
		return false
	case extSBRCRC:
		p.unit.SBRCRC = true
		fallthrough
	case extSBR:
		p.unit.SBR = true
	}
	return true
}

// drc passes dynamic_range_info.
func (p *Parser) drc() {
	if p.bits(1) == 1 { // pce_tag_present
		p.skip(4 + 4)
	}
	if p.bits(1) == 1 { // excluded_chns_present
		for {
			p.skip(7)
			if p.bits(1) == 0 || p.pos > p.end {
				break
			}
		}
	}
	bands := 1
	if p.bits(1) == 1 { // drc_bands_present
		more := p.bits(4)
		p.skip(4 + 8*more + 8) // interpolation_scheme, and drc_band_top of each
		bands += more
	}
	if p.bits(1) == 1 { // prog_ref_level_present
		p.skip(7 + 1)
	}
	p.skip(8 * bands)
}
