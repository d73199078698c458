package format

import (
	"fmt"
	"io"

	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/ogg"
	"github.com/spaces-cli/spaces/internal/media/opus"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/wav"
)

// Units say what a file will hold whose access units are written as they are.
type Units struct {
	Config  track.Config  // of all units
	Sizes   track.Sizes   // of the units; PCM has none
	Lengths track.Lengths // of the units, of which FLAC and Opus make use
	Samples int64         // in all units, heard or not
	// Edits are what is heard of them; none means all. MP3 and
	// Ogg can leave out samples at the start and at the end only, ADTS, FLAC and
	// WAV none.
	Edits []mp4.Edit
	// Encoder is the program that coded the units, if it is known.
	Encoder string

	Tags       tags.Tags
	Chapters   []tags.Chapter
	Cover      []byte // JPEG or PNG, or empty
	ID3Version byte   // of an .mp3: 4, or 3, which 0 means too
	Video      *mp4.Video
}

// heard returns how many samples at the start and at the end are not heard, and
// how many between them.
func (u *Units) heard() (skip, samples, trim int64) {
	if len(u.Edits) == 0 {
		return 0, u.Samples, 0
	}
	last := u.Edits[len(u.Edits)-1]
	skip, trim = u.Edits[0].Start, u.Samples-last.Start-last.Samples
	return skip, u.Samples - skip - trim, trim
}

// A UnitWriter writes a file unit by unit. Close finishes the file; it does not
// close what the file is written to.
type UnitWriter interface {
	WriteUnit(data []byte) error
	Close() error
}

// NewUnitWriter starts a file of the format that holds access units as they are.
func (f Format) NewUnitWriter(w io.Writer, u *Units) (UnitWriter, error) {
	if write := f.Entry().write; write != nil {
		return write(w, u)
	}
	return nil, fmt.Errorf("%s files cannot be written without re-encoding", f)
}

func writeM4A(w io.Writer, u *Units) (UnitWriter, error) {
	return encode.NewMovie(w, &mp4.Movie{
		Config: u.Config, Units: int64(len(u.Sizes)), Size: func(i int64) int { return int(u.Sizes[i]) }, Lengths: u.Lengths,
		Edits: u.Edits, Tags: u.Tags, Chapters: u.Chapters, Cover: u.Cover,
	}, u.Video)
}

func writeMP3(w io.Writer, u *Units) (UnitWriter, error) {
	skip, samples, trim := u.heard()
	d := tags.ID3{Tags: u.Tags, Chapters: u.Chapters, Cover: u.Cover, Version: u.ID3Version}
	tag, err := d.Append(nil, samples, u.Config.SampleRate)
	if err != nil {
		return nil, err
	}
	return mp3.NewWriter(w, mp3.Plan{Tag: tag, Sizes: u.Sizes, Skip: skip, Trim: trim, Encoder: u.Encoder})
}

// writeOpus writes Opus in Ogg. Chapters and the cover are Tags.Free and a comment.
func writeOpus(w io.Writer, u *Units) (UnitWriter, error) {
	skip, samples, _ := u.heard()
	head, err := opus.ParseHead([]byte(u.Config.Specific))
	if err != nil {
		return nil, err
	}
	o := ogg.Opus{Head: head, PreSkip: int(skip), Samples: samples, Vendor: "spaces"}
	if o.Comments, err = encode.OggComments(u.Tags, u.Cover); err != nil {
		return nil, err
	}
	out, err := ogg.NewWriter(w, o)
	if err != nil {
		return nil, err
	}
	return opusWriter{out}, nil
}

// An opusWriter writes packets, which say themselves how long they last.
type opusWriter struct{ *ogg.Writer }

func (o opusWriter) WriteUnit(data []byte) error {
	n, ok := opus.Samples(data)
	if !ok {
		return fmt.Errorf("a packet of Opus of %d bytes is damaged", len(data))
	}
	return o.WritePacket(data, n)
}

func writeFLAC(w io.Writer, u *Units) (UnitWriter, error) {
	p := flac.Plan{Config: u.Config, Sizes: u.Sizes, Lengths: u.Lengths}
	for _, c := range u.Tags.Comments() {
		p.Comments = append(p.Comments, flac.Comment{Name: c[0], Value: c[1]})
	}
	return flac.NewWriter(w, p)
}

func writeWAV(w io.Writer, u *Units) (UnitWriter, error) {
	return wav.NewWriter(w, u.Config, u.Samples)
}

func writeAAC(w io.Writer, u *Units) (UnitWriter, error) {
	h, err := adts.HeaderOf(u.Config)
	if err != nil {
		return nil, err
	}
	return &adtsWriter{w: w, header: h}, nil
}

// An adtsWriter writes bare ADTS frames.
type adtsWriter struct {
	w      io.Writer
	header adts.Header
	frame  []byte
}

func (a *adtsWriter) WriteUnit(data []byte) (err error) {
	if a.frame, err = a.header.AppendFrame(a.frame[:0], data); err != nil {
		return err
	}
	_, err = a.w.Write(a.frame)
	return err
}

func (a *adtsWriter) Close() error { return nil }
