package library

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/playable"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// ErrNoAudio means that a Space has no audio in the library.
var ErrNoAudio = errors.New("the library has no audio of this Space")

// A Sound is the audio of a Space, opened for reading at any place. The runs
// of Space.Timeline say where in which file a position lies.
type Sound struct {
	Space *space.Space
	Files []*SoundFile // as in Space.Files
	// starts are the samples of their files that the runs of Space.Timeline
	// begin with.
	starts []int64
}

// Start returns the sample of its file that run i of Space.Timeline begins
// with, what is skipped included. It counts all that the units before make.
func (s *Sound) Start(i int) int64 {
	run := &s.Space.Timeline[i]
	c := s.Files[run.File].Config
	if c.Codec.Varies() { // a unit inside may be shorter
		return s.starts[i]
	}
	return run.FirstUnit * int64(c.UnitSamples)
}

// UnitsIn returns which units of its file hold the samples from up to to of run
// i, counted from Start.
func (s *Sound) UnitsIn(i int, from, to int64) (first, end int64, err error) {
	run := &s.Space.Timeline[i]
	f := s.Files[run.File]
	if f.Index == nil || !f.Index.Listed {
		unit := max(1, int64(f.Config.UnitSamples))
		return run.FirstUnit + from/unit, run.FirstUnit + (to+unit-1)/unit, nil
	}
	start := s.Start(i)
	if first, err = f.Index.Find(start + from); err != nil || from >= to {
		return first, first, err
	}
	if end, err = f.Index.Find(start + to - 1); err != nil {
		return 0, 0, err
	}
	return first, min(end+1, f.Index.Units), nil
}

// A SoundFile is one playable file. Its units adjoin in the payload.
type SoundFile struct {
	*os.File
	Bytes  int64        // size of the file
	Start  int64        // offset of the payload
	Config track.Config // of all units
	Index  *track.Index
	index  *os.File
	// Encoder is the program that coded the units, if the file names it.
	Encoder string
}

// OpenSound opens the audio of a Space. A packet index that is missing or
// damaged is made anew in memory. Nothing is locked: what is open stays
// readable when the recording is replaced.
func (l *Library) OpenSound(id string) (*Sound, error) {
	s, err := l.Load(id)
	if err != nil {
		return nil, err
	}
	switch {
	case len(s.Files) == 0:
		return nil, fmt.Errorf("%w: %s", ErrNoAudio, id)
	case len(s.Configs) != len(s.Files) || len(s.FileSHA256) != len(s.Files):
		return nil, fmt.Errorf("%s: the lists of its files do not match", layout.SidecarIn(s.Folder))
	}
	sound := &Sound{Space: s}
	if sound.starts, err = s.FilePositions(); err != nil {
		return nil, fmt.Errorf("%s: %w", layout.SidecarIn(s.Folder), err)
	}
	for i := range s.Files {
		f, err := l.openSoundFile(s, i)
		if err != nil {
			sound.Close()
			return nil, err
		}
		sound.Files = append(sound.Files, f)
	}
	return sound, nil
}

// Close closes the files.
func (s *Sound) Close() error {
	var errs []error
	for _, f := range s.Files {
		errs = append(errs, f.Close())
		if f.index != nil {
			errs = append(errs, f.index.Close())
		}
	}
	return errors.Join(errs...)
}

func (l *Library) openSoundFile(s *space.Space, i int) (*SoundFile, error) {
	f, err := l.disk.root.Open(s.Files[i])
	if err != nil {
		return nil, err
	}
	sf := &SoundFile{File: f, Config: playable.TrackConfig(s.Configs[i])}
	info, err := f.Stat()
	if err == nil {
		sf.Bytes = info.Size()
		err = sf.findPayload()
	}
	if err == nil {
		err = l.openIndex(sf, layout.IndexIn(s.Folder, s.FileSHA256[i]), func(x *track.Index) bool {
			return fits(x, s, i)
		})
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", s.Files[i], err)
	}
	return sf, nil
}

// findPayload finds where the units begin: in an .m4a the content of the
// mdat box, elsewhere the first unit.
func (f *SoundFile) findPayload() (err error) {
	if e, err := playable.Ext(f.Config.Codec); err != nil || e == ".m4a" {
		f.Start, _, err = mp4.MediaStart(f, f.Bytes)
		return err
	}
	rd, err := media.Open(f, f.Bytes, track.Options{})
	if err != nil {
		return err
	}
	var first track.Packet
	if err := rd.Next(&first); err != nil {
		return fmt.Errorf("no audio in the file: %w", err)
	}
	f.Start, f.Encoder = first.Offset, rd.Track().Encoder
	return nil
}

// fileSamples returns how many samples the units of file i of a Space make.
func fileSamples(s *space.Space, i int) int64 {
	var n int64
	for _, r := range s.RunsIn(i) {
		n += r.Skip + r.Samples + r.Trim
	}
	return n
}

// fits reports whether index x says where each sample of file i of a Space is.
// Indexes of FLAC and PCM that were made before lengths were listed do not
// where a unit inside is shorter than the others, or all differ.
func fits(x *track.Index, s *space.Space, i int) bool {
	c := playable.TrackConfig(s.Configs[i])
	switch {
	case !c.Codec.Varies():
		return true
	case x.Listed:
		return x.Samples == fileSamples(s, i)
	case c.UnitSamples < 1:
		return false
	}
	var total int64
	unit := int64(c.UnitSamples)
	for _, r := range s.RunsIn(i) {
		if total != r.FirstUnit*unit {
			return false
		}
		total += r.Skip + r.Samples + r.Trim
	}
	x.Samples = total
	return (x.Units-1)*unit < total && total <= x.Units*unit
}

// openIndex opens the packet index, or makes it again if it does not fit.
func (l *Library) openIndex(f *SoundFile, name string, fits func(*track.Index) bool) error {
	idx, err := l.disk.root.Open(name)
	if err == nil {
		info, err := idx.Stat()
		if err == nil {
			f.Index, err = track.OpenIndex(idx, info.Size())
		}
		if err == nil && fits(f.Index) {
			f.index = idx
			return nil
		}
		idx.Close()
	}
	var p playable.Scan
	rd, err := media.Open(f, f.Bytes, track.Options{})
	if err != nil {
		return err
	}
	if err := p.Read(rd); err != nil {
		return err
	}
	if len(p.Lengths) != 1 {
		return fmt.Errorf("the file has %d runs of units, not one", len(p.Lengths))
	}
	var b bytes.Buffer
	made := playable.File{Config: f.Config, Sizes: p.Sizes, Lengths: p.Lengths[0]}
	if err := made.WriteIndex(&b); err != nil {
		return err
	}
	f.Index, err = track.OpenIndex(bytes.NewReader(b.Bytes()), int64(b.Len()))
	return err
}

// Payload reads from the payload alone.
func (f *SoundFile) Payload() *io.SectionReader {
	return io.NewSectionReader(f, f.Start, f.Bytes-f.Start)
}
