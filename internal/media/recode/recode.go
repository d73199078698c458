// Package recode turns units of codings that no file of ours holds, and no
// browser plays everywhere, into FLAC: those of Apple Lossless without any loss,
// those of Vorbis and of MPEG audio Layers I and II as they sound, in 16 bits.
package recode

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/mewkiz/flac"
	"github.com/mewkiz/flac/frame"
	"github.com/mewkiz/flac/meta"

	ours "github.com/spaces-cli/spaces/internal/media/flac"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// ErrUnsupported means that a coding is one of those, and not all of it is
// decoded.
var ErrUnsupported = errors.New("unsupported variant of an audio coding")

// errDamaged means that a unit cannot be decoded.
var errDamaged = errors.New("damaged access unit")

const (
	block = 4096 // samples of a frame of FLAC
	// held is how many samples wait for the end of a run, which tells how many of
	// them are not played.
	held = 1 << 14
)

// A decoder decodes the units of a run.
type decoder interface {
	// bits is how many bits its numbers have.
	bits() int
	// decode appends the numbers of a unit that lasts so many samples to dst.
	// After an error they are silence.
	decode(dst []int32, unit []byte, samples int) ([]int32, error)
}

// Wants reports whether units of a coding are to be turned into FLAC.
func Wants(c track.Codec) bool {
	return c == track.ALAC || c == track.Vorbis || c == track.MP1 || c == track.MP2
}

func newDecoder(c track.Config) (decoder, error) {
	switch c.Codec {
	case track.ALAC:
		return newALAC(c)
	case track.Vorbis:
		return newVorbis(c)
	case track.MP1, track.MP2:
		return newLayer(c)
	}
	return nil, fmt.Errorf("%w: %s", ErrUnsupported, c)
}

// A Reader reads the units of another one as frames of FLAC. It is a
// track.Reader. Samples that are not to be played are left out where the other
// one knows of them in time; it notes the rest as every Reader does.
type Reader struct {
	src    track.Reader
	track  track.Track
	packet track.Packet
	waits  bool // packet is not decoded yet
	ended  bool
	damage int   // places of src that were noted
	count  int64 // and how many there were

	run     int // of src, whose numbers are in samples; -1 before the first
	dec     decoder
	config  track.Config
	skip    int64 // samples to leave out
	skipped int64
	samples []int32 // of all channels, decoded and not given
	starts  bool    // the next frame is the first of a run
	offset  int64   // of the last unit
	done    bool    // no more units belong to the run
	spare   int64   // samples at the end of the run that could not be left out

	out     bytes.Buffer
	encoder *flac.Encoder
}

// New returns a Reader of what r reads. The error wraps ErrUnsupported.
func New(r track.Reader) (*Reader, error) {
	rd := &Reader{src: r, run: -1}
	rd.describe()
	if err := rd.advance(); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return rd, nil
}

// Track returns what has been seen so far.
func (r *Reader) Track() *track.Track { return &r.track }

// describe takes over what the source says of the file.
func (r *Reader) describe() {
	t := r.src.Track()
	r.track.Format, r.track.Bytes, r.track.Tags, r.track.Video, r.track.OtherTracks = t.Format, t.Bytes, t.Tags, t.Video, t.OtherTracks
	for _, d := range t.Damage.Places[r.damage:] {
		r.note(d)
	}
	r.track.Damage.Count += t.Damage.Count - r.count - int64(len(t.Damage.Places)-r.damage)
	r.damage, r.count = len(t.Damage.Places), t.Damage.Count
}

// note notes damage of the source, whose units are other ones.
func (r *Reader) note(d track.Damage) {
	d.Unit = r.track.Units()
	if d.Lost > 0 && r.config.SampleRate > 0 {
		unit := int64(r.src.Track().Runs[max(0, r.run)].UnitSamples)
		if unit > 0 {
			d.Lost = (d.Lost*unit + block - 1) / block
		}
	}
	r.track.Damage.Add(d)
}

// advance reads the next unit, and the first time what a decoder needs for it.
func (r *Reader) advance() error {
	if r.waits || r.ended {
		return nil
	}
	err := r.src.Next(&r.packet)
	r.describe()
	if err == io.EOF {
		r.ended = true
		return err
	}
	r.waits = err == nil
	if err == nil && r.run < 0 {
		return r.begin()
	}
	return err
}

// begin goes over to the run of the unit that waits.
func (r *Reader) begin() error {
	run := r.src.Track().Runs[r.packet.Run]
	dec, err := newDecoder(run.Config)
	if err != nil {
		return err
	}
	info := ours.StreamInfo{MinBlock: block, MaxBlock: block, SampleRate: run.SampleRate, Channels: run.Channels, Bits: dec.bits()}
	const maxRate, maxChannels = 1<<20 - 1, 8
	if run.SampleRate > maxRate || run.Channels > maxChannels {
		return fmt.Errorf("%w: FLAC cannot hold %s", ErrUnsupported, run.Config)
	}
	r.run, r.dec, r.config = r.packet.Run, dec, info.Config()
	r.skip, r.skipped, r.starts, r.done, r.spare = run.Skip, 0, true, false, 0
	r.samples = r.samples[:0]
	r.out.Reset()
	r.encoder, err = flac.NewEncoder(&r.out, &meta.StreamInfo{
		BlockSizeMin: block, BlockSizeMax: block, SampleRate: uint32(run.SampleRate), NChannels: uint8(run.Channels), BitsPerSample: uint8(dec.bits()),
	})
	return err
}

// Next puts the next frame into p.
func (r *Reader) Next(p *track.Packet) error {
	for {
		if r.run < 0 {
			if r.ended {
				return io.EOF
			}
			if err := r.advance(); err != nil {
				return err
			}
			continue
		}
		channels := r.config.Channels
		have := len(r.samples) / channels
		if have >= block+held || r.done && have > 0 {
			return r.frame(p, min(have, block))
		}
		if r.done {
			if err := r.finish(); err != nil {
				return err
			}
			continue
		}
		if err := r.more(); err != nil {
			return err
		}
	}
}

// more decodes a unit, or ends the run.
func (r *Reader) more() error {
	err := r.advance()
	if err != nil && err != io.EOF {
		return err
	}
	if !r.waits || r.packet.Run != r.run {
		r.endRun()
		return nil
	}
	r.waits = false
	n := len(r.samples)
	if r.samples, err = r.dec.decode(r.samples, r.packet.Data, r.packet.Samples); err != nil {
		r.note(track.Damage{Kind: track.BadUnit, Offset: r.packet.Offset, Bytes: int64(len(r.packet.Data)), Lost: 1})
	}
	r.offset = r.packet.Offset
	r.drop(n)
	return nil
}

// drop leaves out samples of the start, of those decoded from n on.
func (r *Reader) drop(n int) {
	left := min(r.skip-r.skipped, int64((len(r.samples)-n)/r.config.Channels))
	if left <= 0 {
		return
	}
	r.skipped += left
	r.samples = append(r.samples[:n], r.samples[n+int(left)*r.config.Channels:]...)
}

// endRun leaves out what the source says of the end, now that it knows it.
func (r *Reader) endRun() {
	r.done = true
	run := r.src.Track().Runs[r.run]
	cut := min(run.Trim, int64(len(r.samples)/r.config.Channels))
	r.samples = r.samples[:len(r.samples)-int(cut)*r.config.Channels]
	r.spare = run.Trim - cut
}

// finish completes the run and goes to the next one, if there is one.
func (r *Reader) finish() error {
	if n := len(r.track.Runs); n > 0 && !r.starts {
		to := &r.track.Runs[n-1]
		to.Skip = min(to.Samples, max(0, r.src.Track().Runs[r.run].Skip-r.skipped))
		to.Trim = min(to.Samples-to.Skip, r.spare)
	}
	r.run = -1
	if r.waits {
		return r.begin()
	}
	return nil
}

// frame encodes n samples.
func (r *Reader) frame(p *track.Packet, n int) error {
	channels := r.config.Channels
	f := &frame.Frame{Header: frame.Header{
		HasFixedBlockSize: true, BlockSize: uint16(n), SampleRate: uint32(r.config.SampleRate),
		Channels: layouts[channels-1], BitsPerSample: uint8(r.dec.bits()),
	}}
	for c := range channels {
		samples := make([]int32, n)
		for i := range samples {
			samples[i] = r.samples[i*channels+c]
		}
		f.Subframes = append(f.Subframes, &frame.Subframe{
			SubHeader: frame.SubHeader{Pred: frame.PredVerbatim}, Samples: samples, NSamples: n,
		})
	}
	r.out.Reset()
	if err := r.encoder.WriteFrame(f); err != nil {
		return fmt.Errorf("cannot encode FLAC: %w", err)
	}
	r.samples = append(r.samples[:0], r.samples[n*channels:]...)
	if r.starts && len(r.track.Runs) > 0 && len(r.track.Runs) < track.MaxRuns {
		// A run of the source begins, even where its parameters are the same.
		r.track.Runs = append(r.track.Runs, track.Run{Config: r.config, FirstUnit: r.track.Units()})
	}
	r.starts = false
	run, err := r.track.AddUnit(r.config, n, r.out.Len())
	if err != nil {
		return err
	}
	*p = track.Packet{Offset: r.offset, Data: r.out.Bytes(), Run: run, Samples: n}
	return nil
}

// layouts are those of FLAC for so many channels (RFC 9639 §9.1.3).
var layouts = [...]frame.Channels{
	frame.ChannelsMono, frame.ChannelsMidSide, frame.ChannelsLRC, frame.ChannelsLRLsRs, frame.ChannelsLRCLsRs,
	frame.ChannelsLRCLfeLsRs, frame.ChannelsLRCLfeCsSlSr, frame.ChannelsLRCLfeLsRsSlSr,
}
