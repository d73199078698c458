package encode

const (
	// beat is the length of the stretches whose energies are compared to find
	// attacks: three slots of the polyphase filter bank.
	beat  = 96
	beats = lines / beat
	// Before a beat lie those that it is compared with: more than a period
	// of a low voice, whose pulses are no attacks.
	beatsBefore = 6
	// sudden is by how much the energy must grow, and faint the energy of a
	// beat that is too soft to matter.
	sudden = 8
	faint  = beat * 1e-8
)

// attacks finds in which beats of 576 samples from x[from] on a sound begins:
// bit i stands for beat i.
func attacks(x []float32, from int) (mask uint) {
	var e [beatsBefore + beats]float32
	at := from - beatsBefore*beat
	for i := range e {
		prev := x[at-1]
		var sum float32
		for _, v := range x[at : at+beat] {
			// Attacks are told by their treble.
			d := v - prev
			prev = v
			sum += float32(d * d)
		}
		e[i] = sum
		at += beat
	}
	for i := range beats {
		var most float32
		for _, v := range e[i : i+beatsBefore] {
			most = max(most, v)
		}
		if v := e[i+beatsBefore]; v > float32(sudden*most)+faint {
			mask |= 1 << i
		}
	}
	return mask
}

// The beats of a granule's own samples, of the granule before and of the one
// after, whose attacks want short blocks in it: those under the short
// windows, beginning with the middle of the first.
const (
	beatsOwn  = 0b011111
	beatsPast = 0b111000
)

// needsShort says whether a granule needs short blocks.
func needsShort(past, own uint) bool { return past&beatsPast != 0 || own&beatsOwn != 0 }

// blockOf returns the block type by which granules need short blocks: two
// before, the one before, this one and the one after.
func blockOf(before, this, after bool) blockType {
	switch {
	case this || before && after:
		return short
	case after:
		return start
	case before:
		return stop
	}
	return long
}
