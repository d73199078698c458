package mpegts

import (
	"cmp"
	"slices"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A PES packet's time stamp is taken modulo 2^33 (ISO/IEC 13818-1, 2.4.3.7).
const ptsRange = 1 << 33

// settle notes the damage between the last unit and the next, which is at
// offset es of the elementary stream. What the ADTS reader found broken there
// has its cause in the packets that are missing there, if any are: that is
// one place.
func (r *Reader) settle(es int64) {
	broken := r.newlyBroken()
	var gaps []mark
	var found []track.Damage
	marks := r.es.marks
	n := 0
	for ; n < len(marks) && marks[n].es <= es; n++ {
		switch m := marks[n]; m.kind {
		case lostPackets:
			gaps = append(gaps, m)
		case junk, cutEnd:
			found = append(found, track.Damage{Kind: m.damageKind(), Offset: m.file, Bytes: m.bytes})
		}
	}
	if len(gaps) == 0 {
		found = append(found, broken...)
	} else if d, ok := r.lost(gaps, broken); ok {
		found = append(found, d)
	}
	slices.SortStableFunc(found, func(a, b track.Damage) int { return cmp.Compare(a.Offset, b.Offset) })
	for _, d := range found {
		d.Unit = r.units
		r.track.Damage.Add(d)
	}

	// The next unit is the one that the last time stamp is of, unless what is
	// damaged hides that one.
	r.clock.guessed = r.clock.guessed || len(found) > 0
	if i := lastStart(marks[:n]); i >= 0 && len(found) == 0 {
		r.setClock(marks[i].pts)
	}
	r.es.marks = marks[:copy(marks, marks[n:])]
}

// newlyBroken returns the damage that the ADTS reader noted since the last
// call, with its offsets turned into those of the file.
func (r *Reader) newlyBroken() []track.Damage {
	all := &r.aac.Track().Damage
	if all.Count == r.seen.Count && all.Bytes == r.seen.Bytes && all.Lost == r.seen.Lost {
		return nil
	}
	broken := slices.Clone(all.Places[min(int(r.seen.Count), len(all.Places)):])
	for i := range broken {
		broken[i].Offset = r.es.file(broken[i].Offset)
	}
	rest := track.Damage{Kind: track.BadUnit, Bytes: all.Bytes - r.seen.Bytes, Lost: all.Lost - r.seen.Lost}
	for _, d := range broken {
		rest.Bytes -= d.Bytes
		rest.Lost -= d.Lost
	}
	if rest.Bytes != 0 || rest.Lost != 0 { // the list is full and only counts
		rest.Offset = r.es.file(r.es.size)
		broken = append(broken, rest)
	}
	r.seen.Count, r.seen.Bytes, r.seen.Lost = all.Count, all.Bytes, all.Lost
	return broken
}

// lost puts gaps, and what is broken around them, into one Damage. ok is false
// if nothing is lost: where files were joined, the counters jump, but frames
// and time stamps go on.
func (r *Reader) lost(gaps []mark, broken []track.Damage) (d track.Damage, ok bool) {
	d = track.Damage{Kind: track.LostPackets, Offset: gaps[0].file}
	var missing int64
	for _, g := range gaps {
		missing += g.packets
	}
	for _, b := range broken {
		d.Offset = min(d.Offset, b.Offset)
		d.Bytes += b.Bytes
	}
	if len(broken) == 0 {
		if lost, known := r.lostByClock(gaps); known {
			d.Lost = lost
			return d, lost > 0
		}
	}
	d.Lost = max(1, (d.Bytes+missing*maxPayload+r.unitSize()/2)/r.unitSize())
	return d, true
}

// maxPayload is what a packet holds at most.
const maxPayload = packetSize - 4

// unitSize returns the mean length of a unit, ADTS header included.
func (r *Reader) unitSize() int64 {
	var units, size int64
	for _, run := range r.aac.Track().Runs {
		units += run.Units
		size += run.Bytes
	}
	if units == 0 {
		return maxPayload
	}
	return size/units + adts.HeaderLen
}

// lostByClock returns how many units are missing at a gap where no frame is
// broken. known is false if no time stamp tells.
func (r *Reader) lostByClock(gaps []mark) (lost int64, known bool) {
	g := gaps[0]
	if len(gaps) != 1 || g.pts < 0 || !r.clock.known || r.clock.guessed {
		return 0, false
	}
	lost, _ = r.behind(g.pts) // 0 if the clock is another one: files were joined
	return lost, true
}

// A clock is the time stamp of a PES packet and the unit that starts in it.
type clock struct {
	known   bool
	pts     int64
	unit    int64
	guessed bool // how much is lost since then is an estimate
}

// setClock says that pts is the time of the next unit. If how much was lost
// since the last time stamp is an estimate, that is put right.
func (r *Reader) setClock(pts int64) {
	list := &r.track.Damage
	if n := len(list.Places); r.clock.known && r.clock.guessed && n > 0 && list.Count == int64(n) {
		var told int64
		for i := n - 1; i >= 0 && list.Places[i].Unit > r.clock.unit; i-- {
			told += list.Places[i].Lost
		}
		last := &list.Places[n-1]
		if lost, ok := r.behind(pts); ok && last.Lost+lost-told >= 0 {
			last.Lost += lost - told
			list.Lost += lost - told
		}
	}
	r.clock = clock{known: true, pts: pts, unit: r.units}
}

// behind returns how many units there are too few before the next one, whose
// time is pts. ok is false if the clock was set anew in between.
func (r *Reader) behind(pts int64) (lost int64, ok bool) {
	const hz = 90000
	runs := r.aac.Track().Runs
	unit := int64(adtsSamples * hz / runs[len(runs)-1].SampleRate)
	late := (pts-r.clock.pts)&(ptsRange-1) - (r.units-r.clock.unit)*unit
	const longest = 60 * hz
	if late > longest {
		return 0, false
	}
	return max(0, (late+unit/2)/unit), true
}

// lastStart returns the index of the last mark of a PES packet, or −1.
func lastStart(marks []mark) int {
	for i := len(marks) - 1; i >= 0; i-- {
		if marks[i].kind == pesStart {
			return i
		}
	}
	return -1
}

// adtsSamples is how many samples of its core coder's rate an AAC frame in
// ADTS lasts.
const adtsSamples = 1024
