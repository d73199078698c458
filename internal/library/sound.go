package library

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

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
		return nil, fmt.Errorf("%s: its lists of files do not match", path.Join(s.Folder, sidecarName))
	}
	sound := &Sound{Space: s}
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
	sf := &SoundFile{File: f, Config: trackConfig(s.Configs[i])}
	info, err := f.Stat()
	if err == nil {
		sf.Bytes = info.Size()
		err = sf.findPayload()
	}
	if err == nil {
		err = l.openIndex(sf, path.Join(s.Folder, ".spaces", s.FileSHA256[i]+".idx"))
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
	if e, err := ext(f.Config.Codec); err != nil || e == ".m4a" {
		f.Start, _, err = mp4.MediaStart(f, f.Bytes)
		return err
	}
	rd, err := media.Open(f, f.Bytes, track.Options{})
	if err != nil {
		return err
	}
	var first track.Packet
	if err := rd.Next(&first); err != nil {
		return fmt.Errorf("no audio in it: %w", err)
	}
	f.Start, f.Encoder = first.Offset, rd.Track().Encoder
	return nil
}

// openIndex opens the packet index, or makes it again.
func (l *Library) openIndex(f *SoundFile, name string) error {
	idx, err := l.disk.root.Open(name)
	if err == nil {
		info, err := idx.Stat()
		if err == nil {
			f.Index, err = track.OpenIndex(idx, info.Size())
		}
		if err == nil {
			f.index = idx
			return nil
		}
		idx.Close()
	}
	var p landed
	rd, err := media.Open(f, f.Bytes, track.Options{})
	if err != nil {
		return err
	}
	if err := p.scan(rd); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := track.WriteIndex(&b, p.sizes, f.Config.SampleRate, f.Config.UnitSamples); err != nil {
		return err
	}
	f.Index, err = track.OpenIndex(bytes.NewReader(b.Bytes()), int64(b.Len()))
	return err
}

// Payload reads from the payload alone.
func (f *SoundFile) Payload() *io.SectionReader {
	return io.NewSectionReader(f, f.Start, f.Bytes-f.Start)
}
