package unithash

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// An Index holds, of the units of one file, those that their own hash selects:
// one in SampleEvery. An excerpt of the file has the same ones selected,
// wherever it begins, so that one that lasts a few seconds shares some.
//
// On disk, little-endian:
//
//	 0  magic "spcsnd1\n"
//	 8  uint64 units of the file
//	16  uint64 entries
//	24  a uint64 hash and a uint32 unit for each entry, in order of units
//	 …  uint32 CRC-32 (IEEE) of all before
type Index struct {
	Units   int64 // in the file, selected or not
	Entries []Entry
}

// An Entry is a unit that its hash selects.
type Entry struct {
	Hash Hash
	Unit uint32
}

// SampleEvery is one in how many hashes is selected. At 48 kHz an hour of AAC
// has 168,750 units, so that 10,000 hours take 320 MB.
const SampleEvery = 64

// maxRepeats is how many units of the same hash an Index keeps. Sound that
// comes again and again tells nothing new.
const maxRepeats = 8

// Selects reports whether an Index holds units of this hash.
func Selects(h Hash) bool { return h != Silence && h%SampleEvery == 0 }

// ErrBadIndex means that an index is damaged or of another kind. It can be
// made anew from the file it describes.
var ErrBadIndex = errors.New("damaged sound index")

const (
	indexMagic  = "spcsnd1\n"
	indexHeader = 24
	entrySize   = 12
	indexCRC    = 4
)

// Append appends the index as it stands in a file.
func (x *Index) Append(b []byte) []byte {
	le := binary.LittleEndian
	start := len(b)
	b = append(b, indexMagic...)
	b = le.AppendUint64(b, uint64(x.Units))
	b = le.AppendUint64(b, uint64(len(x.Entries)))
	for _, e := range x.Entries {
		b = le.AppendUint64(b, uint64(e.Hash))
		b = le.AppendUint32(b, e.Unit)
	}
	return le.AppendUint32(b, crc32.ChecksumIEEE(b[start:]))
}

// Parse reads an index. The error is ErrBadIndex.
func Parse(b []byte) (*Index, error) {
	le := binary.LittleEndian
	if len(b) < indexHeader+indexCRC || string(b[:len(indexMagic)]) != indexMagic {
		return nil, ErrBadIndex
	}
	body, sum := b[:len(b)-indexCRC], le.Uint32(b[len(b)-indexCRC:])
	n := le.Uint64(b[16:])
	if crc32.ChecksumIEEE(body) != sum || n != uint64((len(body)-indexHeader)/entrySize) || (len(body)-indexHeader)%entrySize != 0 {
		return nil, ErrBadIndex
	}
	x := &Index{Units: int64(le.Uint64(b[8:])), Entries: make([]Entry, n)}
	for i := range x.Entries {
		e := body[indexHeader+i*entrySize:]
		x.Entries[i] = Entry{Hash(le.Uint64(e)), le.Uint32(e[8:])}
		if int64(x.Entries[i].Unit) >= x.Units {
			return nil, ErrBadIndex
		}
	}
	return x, nil
}
