package h264

// A slice codes whole rows of macroblocks. Nothing in it depends on another
// slice of its picture (§6.4.8), so that slices can be coded at once.
type slice struct {
	e        *Encoder
	from, to int // rows
	w, other bitWriter
	qp       int // of the macroblock before
	fine     int // the QP that was fine enough for the last one tried
	run      int // of macroblocks skipped before the next
	src      pixels
	try      [2]macroblock
	guess    pixels  // predictions that are being compared
	old      []saved // what has changed
	over     bool    // it has become too long
}

// saved is a macroblock of the picture before, kept in case that the picture is
// coded again.
type saved struct {
	x, y int
	pixels
}

// code writes the slice.
func (s *slice) code(a *attempt) {
	s.w.reset()
	s.old = s.old[:0]
	s.over = false
	s.run = 0
	s.qp, s.fine = a.qp, a.qp
	s.header(a)
	for y := s.from; y < s.to; y++ {
		for x := range s.e.columns {
			s.macroblock(a, x, y)
		}
		if s.w.len() > 8*a.bytes {
			s.over = true
			return
		}
	}
	if s.run > 0 {
		s.w.ue(s.run)
	}
	s.w.trailing()
}

// header writes the slice_header (§7.3.3).
func (s *slice) header(a *attempt) {
	w := &s.w
	w.ue(s.from * s.e.columns) // first_mb_in_slice
	if a.key {
		w.ue(7) // slice_type: I, and all of the picture
	} else {
		w.ue(5) // P
	}
	w.ue(0) // pic_parameter_set_id
	w.put(uint32(s.e.frameNum), frameNumBits)
	if a.key {
		w.ue(s.e.idr)
		w.flag(false) // no_output_of_prior_pics_flag
		w.flag(false) // long_term_reference_flag
	} else {
		w.flag(false) // num_ref_idx_active_override_flag
		w.flag(false) // ref_pic_list_modification_flag_l0
		w.flag(false) // adaptive_ref_pic_marking_mode_flag
	}
	w.se(a.qp - initialQP)
	w.ue(1) // disable_deblocking_filter_idc
}

// macroblock codes or skips the one at column x and row y.
func (s *slice) macroblock(a *attempt, x, y int) {
	e := s.e
	at := y*e.columns + x
	if !a.key && (!e.dirty[at] || a.mute) {
		s.repeat(x, y, vector{})
		return
	}
	s.src.load(e.source, x, y)
	m := &s.try[0]
	var left, top *counts
	if x > 0 {
		left = &e.counts[at-1]
	}
	if y > s.from {
		top = &e.counts[at-e.columns]
	}
	if a.key {
		s.predictIntra(m, x, y, noLimit)
	} else {
		m.intra = false
		m.pred.load(e.before, x, y)
		if m.pred == s.src {
			e.dirty[at] = false
			m.pred.store(e.decoded, x, y)
			s.repeat(x, y, vector{})
			return
		}
		if s.follow(a, x, y) {
			return
		}
	}
	good := s.fit(m, a)
	if !a.key {
		if luma, chroma := m.pattern(); luma == 0 && chroma == 0 {
			e.dirty[at] = !good
			s.repeat(x, y, vector{})
			return
		}
		s.old = append(s.old, saved{x, y, m.pred})
		s.w.ue(s.run)
		s.run = 0
	}
	start := s.w
	s.w.macroblock(m, !a.key, s.qp, vector{}.less(s.expected(x, y)), left, top)
	if n := &s.try[1]; !a.key && s.predictIntra(n, x, y, sum(m.lumaSum[:])) {
		if fine := s.fit(n, a); fine || !good {
			s.other.reset()
			s.other.macroblock(n, true, s.qp, vector{}, left, top)
			if s.other.len() < s.w.len()-start.len() {
				s.w = start
				s.w.join(&s.other)
				m, good = n, fine
			}
		}
	}
	e.motion[at] = motion{intra: m.intra}
	if s.w.len()-start.len() > pcmBits {
		s.w = start
		s.w.pcm(&s.src, !a.key)
		s.src.store(e.decoded, x, y)
		fill(e.counts[at][:], 16)
		e.motion[at] = motion{intra: true}
		e.dirty[at] = false
		return
	}
	if luma, chroma := m.pattern(); m.intra || luma > 0 || chroma > 0 {
		s.qp = m.qp
	}
	m.out.store(e.decoded, x, y)
	e.counts[at] = m.counts()
	e.dirty[at] = !good
}

// fit finds a high QP at which m keeps the tolerance of a, near that of the
// last macroblock, and reports whether there is one.
func (s *slice) fit(m *macroblock, a *attempt) bool {
	m.transform(&s.src)
	if a.mute {
		m.qp = s.qp
		m.mute()
		return m.finer(&s.src, s.e.tolerance) == 0
	}
	for qp := min(a.qp, s.fine+1); ; {
		m.quantize(s.e.quantizers[qp], s.e.quantizers[chromaQP(qp)])
		steps := m.finer(&s.src, a.tolerance)
		if steps == 0 || qp == minQP {
			s.fine = qp
			break
		}
		qp = max(minQP, qp-steps)
	}
	if luma, chroma := m.pattern(); luma == 0 && chroma == 0 && m.dcCount == 0 {
		m.qp = s.qp // there is nothing that it applies to
	}
	return a.ease == 0 || m.finer(&s.src, s.e.tolerance) == 0
}

const noLimit = 1 << 30

// predictIntra finds the modes of Intra prediction that come nearest to the
// source, and reports whether luma comes nearer than limit.
func (s *slice) predictIntra(m *macroblock, x, y, limit int) bool {
	e := s.e
	m.intra = true
	edge := edge{hasTop: y > s.from, hasLeft: x > 0}
	stride := e.decoded.Stride
	edge.load(e.decoded.Y, 16*(y*stride+x), stride, 16)
	best := limit
	for _, mode := range [...]uint8{dc, vertical, horizontal, plane} {
		if best == 0 || !edge.has(mode) {
			continue
		}
		edge.luma(mode, &s.guess.y)
		if d := difference(s.guess.y[:], s.src.y[:], best); d < best {
			best = d
			m.mode = mode
			m.pred.y = s.guess.y
		}
	}
	if best >= limit {
		return false
	}
	s.predictChroma(m, edge, 8*(y*stride/2+x))
	return true
}

// predictChroma does the same for chroma, at an offset in its planes.
func (s *slice) predictChroma(m *macroblock, edge edge, at int) {
	p := s.e.decoded
	cb, cr := edge, edge
	cb.load(p.Cb, at, p.Stride/2, 8)
	cr.load(p.Cr, at, p.Stride/2, 8)
	best := noLimit
	for _, mode := range [...]uint8{dc, vertical, horizontal, plane} {
		if best == 0 || !edge.has(mode) {
			continue
		}
		cb.chroma(mode, &s.guess.c[0])
		cr.chroma(mode, &s.guess.c[1])
		d := difference(s.guess.c[0][:], s.src.c[0][:], best)
		d += difference(s.guess.c[1][:], s.src.c[1][:], best-d)
		if d < best {
			best = d
			m.chroma = mode
			m.pred.c = s.guess.c
		}
	}
}

// undo puts back what the slice has changed of the picture before.
func (s *slice) undo() {
	for i := range s.old {
		s.old[i].store(s.e.decoded, s.old[i].x, s.old[i].y)
		s.e.dirty[s.old[i].y*s.e.columns+s.old[i].x] = true
	}
}

func sum(list []int) (n int) {
	for _, v := range list {
		n += v
	}
	return n
}
