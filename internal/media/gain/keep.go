package gain

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// An analysis is kept in a small file, little-endian: magic, floor and near as
// floats in dBTP, the number of units, 32 bytes that say of which audio it is, 12
// bytes for each unit, and a SHA-256 of all before it. Energies are kept as
// logarithms, in steps of 0.012 dB.
const (
	keptMagic  = "SPGAIN\x00\x01" // the last byte goes up when the same audio would be analyzed differently
	keptHeader = len(keptMagic) + 4 + 8 + sha256.Size
	keptUnit   = 12
	// maxKept is more units than a recording has: 16 days of AAC.
	maxKept = 1 << 26
)

// KeptBytes is how large the kept analysis of so many units is, -1 where there is
// none.
func KeptBytes(units int64) int64 {
	if units < 0 || units > maxKept {
		return -1
	}
	return int64(keptHeader) + units*keptUnit + sha256.Size
}

// ErrKept means that a kept analysis is damaged, or of another program or audio.
var ErrKept = errors.New("the kept analysis of gains is damaged or of other audio")

// Append appends the kept form of a to b. audio says of which audio it is.
func (a *Analysis) Append(b []byte, audio [sha256.Size]byte) []byte {
	start := len(b)
	b = append(b, keptMagic...)
	b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(a.floor)))
	b = binary.LittleEndian.AppendUint64(b, uint64(len(a.blocks)))
	b = append(b, audio[:]...)
	for i := range a.blocks {
		u := &a.blocks[i]
		for _, energy := range [...]float32{u.heard, u.energy, u.alias} {
			b = binary.LittleEndian.AppendUint16(b, logarithm(energy))
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(u.peak))
		b = append(b, above(u.louder, u.peak), above(u.softer, u.peak), u.down, u.up)
	}
	sum := sha256.Sum256(b[start:])
	return append(b, sum[:]...)
}

// ParseAnalysis reads what Append wrote of the audio, which c describes and which
// has so many units. The error is ErrKept.
func ParseAnalysis(b []byte, audio [sha256.Size]byte, c track.Config, units int64) (*Analysis, error) {
	body := len(b) - sha256.Size
	if body < keptHeader || string(b[:len(keptMagic)]) != keptMagic || !bytes.Equal(b[keptHeader-sha256.Size:keptHeader], audio[:]) {
		return nil, ErrKept
	}
	floor := float64(math.Float32frombits(binary.LittleEndian.Uint32(b[len(keptMagic):])))
	n := binary.LittleEndian.Uint64(b[len(keptMagic)+4:])
	if n > maxKept || n != uint64(units) || body != keptHeader+int(n)*keptUnit || math.IsNaN(floor) {
		return nil, fmt.Errorf("%w: %d units, %d expected", ErrKept, n, units)
	}
	if sum := sha256.Sum256(b[:body]); !bytes.Equal(sum[:], b[body:]) {
		return nil, ErrKept
	}
	a := &Analysis{config: c, floor: floor, blocks: make([]block, n)}
	rest := b[keptHeader:]
	for i := range a.blocks {
		peak := int16(binary.LittleEndian.Uint16(rest[6:]))
		peak = max(silent, min(math.MaxInt16/2, peak))
		a.blocks[i] = block{heard: energyAt(binary.LittleEndian.Uint16(rest)), energy: energyAt(binary.LittleEndian.Uint16(rest[2:])), alias: energyAt(binary.LittleEndian.Uint16(rest[4:])),
			peak: peak, louder: peak + int16(int8(rest[8])), softer: peak + int16(int8(rest[9])), down: rest[10], up: rest[11]}
		rest = rest[keptUnit:]
	}
	return a, nil
}

// CheckAnalysis reads what is size bytes long and says whether ParseAnalysis would
// take it. The error is ErrKept.
func CheckAnalysis(r io.Reader, size int64, audio [sha256.Size]byte) error {
	head, rest := make([]byte, keptHeader), size-int64(keptHeader)-sha256.Size
	if rest < 0 {
		return ErrKept
	}
	if _, err := io.ReadFull(r, head); err != nil || string(head[:len(keptMagic)]) != keptMagic || !bytes.Equal(head[keptHeader-sha256.Size:], audio[:]) {
		return ErrKept
	}
	if n := binary.LittleEndian.Uint64(head[len(keptMagic)+4:]); n > maxKept || rest != int64(n)*keptUnit {
		return ErrKept
	}
	sum, kept := sha256.New(), make([]byte, sha256.Size)
	sum.Write(head)
	if _, err := io.CopyN(sum, r, rest); err != nil {
		return ErrKept
	}
	if _, err := io.ReadFull(r, kept); err != nil || !bytes.Equal(sum.Sum(nil), kept) {
		return ErrKept
	}
	return nil
}

// Logarithms are in parts of a doubling, from the least energy that is told from
// none.
const (
	doubling    = 256
	leastEnergy = -120 // as a power of two
)

func logarithm(energy float32) uint16 {
	if energy <= 0 {
		return 0
	}
	v := math.Round(doubling * (math.Log2(float64(energy)) - leastEnergy))
	return uint16(max(1, min(math.MaxUint16, v)))
}

func energyAt(v uint16) float32 {
	if v == 0 {
		return 0
	}
	part := float32(math.Exp2(float64(v%doubling) / doubling)) // the same float on every processor
	return float32(math.Ldexp(float64(part), int(v/doubling)+leastEnergy))
}

// above returns how far a peak lies above another, in a byte.
func above(peak, other int16) uint8 {
	return uint8(int8(max(math.MinInt8, min(math.MaxInt8, int(peak)-int(other)))))
}

// Floor returns the level in dBTP below which peaks are only bounded.
func (a *Analysis) Floor() float64 { return a.floor }

// OnlyBounds reports whether all peaks lie below the floor, so that no true peak
// is known.
func (a *Analysis) OnlyBounds() bool {
	least := parts(float32(math.Pow(10, a.floor/20)))
	for i := range a.blocks {
		if a.blocks[i].peak > least {
			return false
		}
	}
	return true
}

// Units returns how many units were analyzed.
func (a *Analysis) Units() int64 { return int64(len(a.blocks)) }

// Range returns what is known of units first up to end: the analysis of a
// recording of these alone.
func (a *Analysis) Range(first, end int64) *Analysis {
	return &Analysis{config: a.config, floor: a.floor, blocks: a.blocks[first:end:end]}
}

// Join returns the analysis of a recording that is a and then o.
func (a *Analysis) Join(o *Analysis) *Analysis {
	return &Analysis{config: a.config, floor: max(a.floor, o.floor), blocks: append(a.blocks[:len(a.blocks):len(a.blocks)], o.blocks...)}
}
