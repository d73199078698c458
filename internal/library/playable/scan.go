package playable

import (
	"fmt"
	"hash/crc32"
	"io"

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
}

// Read reads to the end.
func (p *Scan) Read(rd track.Reader) error {
	p.Track = rd.Track()
	p.Sizes, p.Hashes, p.Lengths = p.Sizes[:0], p.Hashes[:0], nil
	var u track.Packet
	for {
		switch err := rd.Next(&u); {
		case err == io.EOF:
			p.Track = rd.Track()
			return nil
		case err != nil:
			return err
		case len(u.Data) > track.MaxListedSize:
			return fmt.Errorf("the access unit of %d bytes at %d is too large for audio", len(u.Data), u.Offset)
		}
		p.Sizes = append(p.Sizes, uint32(len(u.Data)))
		for len(p.Lengths) <= u.Run {
			p.Lengths = append(p.Lengths, track.Lengths{Usual: rd.Track().Runs[len(p.Lengths)].UnitSamples})
		}
		p.Lengths[u.Run].Add(u.Samples)
		if p.Hashed {
			p.Hashes = append(p.Hashes, crc32.Checksum(u.Data, crc32.MakeTable(crc32.Castagnoli)))
		}
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
