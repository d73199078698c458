package track

import "errors"

// ErrTooManyRuns means that the parameters of a stream change so often that
// it cannot be a recording.
var ErrTooManyRuns = errors.New("the audio parameters change too often for a recording")

// A DamageKind says what is wrong at a place. The words appear in JSON.
type DamageKind string

const (
	// Junk is bytes that belong to no unit and no tag.
	Junk DamageKind = "junk"
	// CutStart is a file that begins inside a unit or a tag.
	CutStart DamageKind = "cut-start"
	// CutEnd is a file that ends inside a unit or a tag.
	CutEnd DamageKind = "cut-end"
	// BadUnit is a unit that is complete but breaks the format's rules.
	BadUnit DamageKind = "bad-unit"
	// LostPackets is transport packets that are missing.
	LostPackets DamageKind = "lost-packets"
	// BadIndex is a container whose own tables contradict its content.
	BadIndex DamageKind = "bad-index"
)

// Damage is one damaged place in a file.
type Damage struct {
	Kind   DamageKind `json:"kind"`
	Offset int64      `json:"offset"` // in the source, in bytes
	Bytes  int64      `json:"bytes"`  // skipped
	Unit   int64      `json:"unit"`   // how many units of the file come before it
	// Lost is the number of units that are missing because of it, as far as
	// the format tells (a cut unit counts as one).
	Lost int64 `json:"lost_units,omitempty"`
}

// MaxDamage bounds how many places a DamageList remembers one by one.
const MaxDamage = 1000

// A DamageList collects damaged places in file order. Beyond MaxDamage places
// it only counts. The zero value is empty.
type DamageList struct {
	Places []Damage
	Count  int64 // of places, also those no longer in Places
	Bytes  int64 // skipped in all
	Lost   int64 // units missing in all
}

// Add appends d, or makes the last place longer if d continues it.
func (l *DamageList) Add(d Damage) {
	l.Bytes += d.Bytes
	l.Lost += d.Lost
	if n := len(l.Places); n > 0 && l.Count == int64(n) {
		last := &l.Places[n-1]
		if last.Kind == d.Kind && last.Offset+last.Bytes == d.Offset && last.Unit == d.Unit {
			last.Bytes += d.Bytes
			last.Lost += d.Lost
			return
		}
	}
	l.Count++
	if len(l.Places) < MaxDamage {
		l.Places = append(l.Places, d)
	}
}

// Empty reports whether nothing is damaged.
func (l *DamageList) Empty() bool { return l.Count == 0 }
