package library

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"

	"github.com/spaces-cli/spaces/internal/library/draft"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/peaks"
	"github.com/spaces-cli/spaces/internal/media/resample"
	"github.com/spaces-cli/spaces/internal/media/silence"
)

const (
	measureName = ".spaces/measure.json"
	peaksName   = ".spaces/peaks"
)

// A Measurement is what one pass over the decoded audio of a Space finds. It
// is kept as .spaces/measure.json, beside the waveform's peaks.
type Measurement struct {
	Schema  int      `json:"schema"`
	Version int      `json:"version"` // of the way of measuring
	Pieces  []string `json:"pieces"`  // SHA-256 of the originals that were measured
	// Loudness is that of the whole recording (EBU R128).
	Loudness loudness.Result `json:"loudness"`
	// Silence are the stretches below −50 dBFS of half a second and more.
	Silence []Stretch `json:"silence"`
	// SilentSeconds is the sum of them.
	SilentSeconds float64 `json:"silent_seconds"`
	// LostUnits and LostSeconds count access units that do not decode.
	// Silence stands in their place.
	LostUnits   int64   `json:"lost_units"`
	LostSeconds float64 `json:"lost_seconds"`
}

// measureVersion goes up when the same audio would measure differently.
const measureVersion = 1

// A Stretch is a part of a recording, in seconds from its first sample.
type Stretch struct {
	Start float64 `json:"start"`
	End   float64 `json:"end"`
}

// Seconds returns how long s is.
func (s Stretch) Seconds() float64 { return seconds(s.End - s.Start) }

// LongestSilence returns the first of the longest silences, or a Stretch of
// no length.
func (m *Measurement) LongestSilence() Stretch {
	var longest Stretch
	for _, s := range m.Silence {
		if s.Seconds() > longest.Seconds() {
			longest = s
		}
	}
	return longest
}

// Measure returns the measurement of a Space, from the library if it is there
// and up to date, else by decoding all of its audio with so many jobs and
// keeping the result. No lock is taken: the files that it writes depend on
// the audio alone, so that it does not matter who writes them last.
func (l *Library) Measure(ctx context.Context, id string, jobs int, p Progress) (*Measurement, error) {
	s, err := l.Load(id)
	if err != nil {
		return nil, err
	}
	if m := l.measured(s); m != nil {
		return m, nil
	}
	sound, err := l.OpenSound(id)
	if err != nil {
		return nil, err
	}
	defer sound.Close()
	if p == nil {
		p = noProgress{}
	}
	return l.measure(ctx, sound, jobs, p)
}

// measured returns the measurement that is kept, or nil if there is none that
// fits the audio.
func (l *Library) measured(s *space.Space) *Measurement {
	m := new(Measurement)
	if l.disk.readJSON(path.Join(s.Folder, measureName), m) != nil {
		return nil
	}
	if m.Schema != space.Schema || m.Version != measureVersion || !slices.Equal(m.Pieces, hashes(s)) || !l.disk.exists(path.Join(s.Folder, peaksName)) {
		return nil
	}
	return m
}

func hashes(s *space.Space) []string {
	list := []string{}
	for _, p := range s.Pieces {
		list = append(list, p.SHA256)
	}
	return list
}

// Peaks opens the waveform of a Space, measuring it first if need be. The
// caller closes the file.
func (l *Library) Peaks(ctx context.Context, id string, jobs int, p Progress) (*peaks.File, io.Closer, error) {
	if _, err := l.Measure(ctx, id, jobs, p); err != nil {
		return nil, nil, err
	}
	folder, err := l.folder(id)
	if err != nil {
		return nil, nil, err
	}
	f, err := l.disk.root.Open(path.Join(folder, peaksName))
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	x, err := peaks.Open(f, info.Size())
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return x, f, nil
}

// measure decodes all that is heard of a Space, once.
func (l *Library) measure(ctx context.Context, sound *Sound, jobs int, p Progress) (*Measurement, error) {
	s := sound.Space
	tmp := partial(path.Join(s.Folder, peaksName))
	if err := l.disk.mkdirAll(path.Join(s.Folder, ".spaces")); err != nil {
		return nil, err
	}
	w, err := l.disk.create(tmp)
	if err != nil {
		return nil, err
	}
	draft.Hold(l.disk.root, tmp, w.f)
	m, err := measureTo(ctx, w, sound, jobs, p)
	if err == nil {
		err = w.Commit()
	} else {
		w.f.Close()
	}
	if err == nil {
		err = l.disk.rename(tmp, path.Join(s.Folder, peaksName))
	}
	if err != nil {
		l.disk.remove(tmp)
		return nil, err
	}
	b, err := marshal(m)
	if err != nil {
		return nil, err
	}
	name := path.Join(s.Folder, measureName)
	return m, l.disk.writeBeside(name, partial(name), b)
}

// partial is what a file is called until it is whole. The same one may be
// under way elsewhere, in this program too.
func partial(name string) string { return name + ".partial-" + rand.Text()[:10] }

// measureTo feeds the decoded audio to the meters and writes the peaks to w.
func measureTo(ctx context.Context, w io.Writer, sound *Sound, jobs int, p Progress) (*Measurement, error) {
	s := sound.Space
	format := pcm.Format{SampleRate: s.Configs[0].SampleRate, Channels: min(2, s.Configs[0].Channels)}
	wave, err := peaks.NewWriter(w, peaks.Config{SampleRate: format.SampleRate, Channels: format.Channels, Mix: true})
	if err != nil {
		return nil, err
	}
	quiet, err := silence.NewFinder(format.SampleRate, format.Channels, silence.Options{})
	if err != nil {
		return nil, err
	}
	m := &Measurement{Schema: space.Schema, Version: measureVersion, Pieces: hashes(s), Silence: []Stretch{}}
	var total *loudness.Meter
	p.Expect(*s.Samples)
	for _, part := range parts(s) {
		meter, err := loudness.NewMeter(part.config.SampleRate, part.config.Channels)
		if err != nil {
			return nil, err
		}
		losses, err := playPart(ctx, sound.Files[part.file], part, jobs, format, func(block, conformed []float32) error {
			meter.Write(block)
			quiet.Write(conformed)
			p.Add(int64(len(conformed) / format.Channels))
			return wave.Write(conformed)
		})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Files[part.file], err)
		}
		m.LostUnits += losses.Units
		m.LostSeconds = seconds(m.LostSeconds + float64(losses.Samples)/float64(part.config.SampleRate))
		if total == nil {
			total = meter
		} else {
			total.Merge(meter)
		}
	}
	if total == nil {
		return nil, ErrNoAudio
	}
	m.Loudness = total.Result()
	rate := float64(format.SampleRate)
	for _, q := range quiet.Spans() {
		m.Silence = append(m.Silence, Stretch{seconds(float64(q.From) / rate), seconds(float64(q.To) / rate)})
		m.SilentSeconds = seconds(m.SilentSeconds + float64(q.To-q.From)/rate)
	}
	return m, wave.Close()
}

// A part is what is heard in a row of one file.
type part struct {
	file    int
	config  space.Config
	spans   []pcm.Span // in samples of the file, priming and padding included
	samples int64
}

// parts divides the timeline into stretches of one file each.
func parts(s *space.Space) []part {
	at := make([]int64, len(s.Files)) // where in each file the next run begins
	var list []part
	for _, r := range s.Timeline {
		if n := len(list); n == 0 || list[n-1].file != r.File {
			list = append(list, part{file: r.File, config: s.Configs[r.File]})
		}
		p := &list[len(list)-1]
		p.spans = append(p.spans, pcm.Span{Start: at[r.File] + r.Skip, Samples: r.Samples})
		p.samples += r.Samples
		at[r.File] += r.Skip + r.Samples + r.Trim
	}
	return list
}

// playPart decodes a part and hands out its blocks, as they are and in the
// format of the whole.
func playPart(ctx context.Context, f *SoundFile, p part, jobs int, format pcm.Format, visit func(block, conformed []float32) error) (*pcm.Losses, error) {
	file, err := f.PCM()
	if err != nil {
		return nil, err
	}
	player, err := file.Play(ctx, jobs, p.spans...)
	if err != nil {
		return nil, err
	}
	defer player.Close()
	whole, own := pcm.Source(player), player.Format()
	var raw *tap // nil where a block is conformed as it is
	if own != format {
		raw = &tap{Source: player}
		if whole = pcm.Stereo(raw); format.Channels == 1 {
			whole = pcm.Mono(raw)
		}
		whole = resample.New(whole, format.SampleRate, p.samples)
	}
	buf := make([]float32, 16<<10*format.Channels)
	for {
		n, err := whole.Read(buf)
		conformed := buf[:n*format.Channels]
		block := conformed
		if raw != nil {
			block = raw.take()
		}
		if verr := visit(block, conformed); verr != nil {
			return nil, verr
		}
		if errors.Is(err, io.EOF) {
			return player.Losses(), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// A tap is a source that keeps what has been read through it since the last
// take.
type tap struct {
	pcm.Source
	kept []float32
}

func (t *tap) Read(dst []float32) (int, error) {
	n, err := t.Source.Read(dst)
	t.kept = append(t.kept, dst[:n*t.Format().Channels]...)
	return n, err
}

func (t *tap) take() []float32 {
	b := t.kept
	t.kept = t.kept[:0]
	return b
}

// PCM returns the file for decoding.
func (f *SoundFile) PCM() (*pcm.File, error) {
	return pcm.NewFile(f, f.Start, f.Index, f.Config)
}

// Overview returns the shape of a whole recording in so few columns that each
// stands for seconds: not the extremes, which are alike wherever somebody
// speaks, but the mean of those of shorter stretches.
func Overview(f *peaks.File, columns int) ([]peaks.Peak, error) {
	const stretches = 64 // in a column
	fine, err := f.Window(0, f.Frames, columns*stretches)
	if err != nil {
		return nil, err
	}
	fine = peaks.Mix(fine, f.Tracks)
	out := make([]peaks.Peak, columns)
	for i := range out {
		var low, high int
		for _, p := range fine[i*stretches : (i+1)*stretches] {
			low += int(p.Min)
			high += int(p.Max)
		}
		out[i] = peaks.Peak{Min: int16(low / stretches), Max: int16(high / stretches)}
	}
	return out, nil
}
