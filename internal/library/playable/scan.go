package playable

import (
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A Scan is what reading through a file tells of its units.
type Scan struct {
	Track *track.Track
	Sizes track.Sizes
	// Hashes tell units apart, if Hashed says that they are wanted.
	Hashes []uint32
	Hashed bool
	// Lengths are those of the units, one list for each run.
	Lengths []track.Lengths
	// Marks are places in the file, in their order, of which MarkUnits says how
	// many units begin before each.
	Marks     []int64
	MarkUnits []int64
}

// Read reads to the end.
func (p *Scan) Read(rd track.Reader) error {
	p.Track = rd.Track()
	p.Sizes, p.Hashes, p.Lengths, p.MarkUnits = p.Sizes[:0], p.Hashes[:0], nil, nil
	var u track.Packet
	for {
		switch err := rd.Next(&u); {
		case err == io.EOF:
			p.Track = rd.Track()
			p.mark(math.MaxInt64)
			return nil
		case err != nil:
			return err
		case len(u.Data) > track.MaxListedSize:
			return fmt.Errorf("the access unit of %d bytes at %d is too large for audio", len(u.Data), u.Offset)
		}
		p.mark(u.Offset)
		p.Sizes = append(p.Sizes, uint32(len(u.Data)))
		for len(p.Lengths) <= u.Run {
			p.Lengths = append(p.Lengths, track.Lengths{Usual: rd.Track().Runs[len(p.Lengths)].Usual()})
		}
		p.Lengths[u.Run].Add(u.Samples)
		if p.Hashed {
			p.Hashes = append(p.Hashes, crc32.Checksum(u.Data, crc32.MakeTable(crc32.Castagnoli)))
		}
	}
}

// Mark is what counts units for Marks where nothing else of them is wanted.
func (p *Scan) Mark(u *track.Packet) error {
	p.mark(u.Offset)
	p.Sizes = append(p.Sizes, uint32(len(u.Data)))
	return nil
}

// EndMarks returns MarkUnits when all units have been marked.
func (p *Scan) EndMarks() []int64 {
	p.mark(math.MaxInt64)
	return p.MarkUnits
}

// mark notes that the units so far are all that begin before a place.
func (p *Scan) mark(at int64) {
	for n := len(p.MarkUnits); n < len(p.Marks) && p.Marks[n] <= at; n++ {
		p.MarkUnits = append(p.MarkUnits, int64(len(p.Sizes)))
	}
}

// SpaceConfig is a configuration as space.json has it.
func SpaceConfig(c track.Config) space.Config {
	return space.Config{
		Codec: string(c.Codec), SampleRate: c.SampleRate, Channels: c.Channels,
		UnitSamples: c.UnitSamples, Specific: []byte(c.Specific),
	}
}

// TrackConfig is the configuration that space.json tells of.
func TrackConfig(c space.Config) track.Config {
	return track.Config{
		Codec: track.Codec(c.Codec), SampleRate: c.SampleRate, Channels: c.Channels,
		UnitSamples: c.UnitSamples, Specific: string(c.Specific),
	}
}
