package library

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/loudness"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/peaks"
	"github.com/spaces-cli/spaces/internal/media/track"
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
	Silence []space.Stretch `json:"silence"`
	// SilentSeconds is the sum of them.
	SilentSeconds float64 `json:"silent_seconds"`
	// LostUnits and LostSeconds count access units that do not decode.
	// Silence stands in their place.
	LostUnits   int64   `json:"lost_units"`
	LostSeconds float64 `json:"lost_seconds"`
	// Gains are the playable files of which an analysis is kept: see Analysis.
	Gains []int `json:"gains,omitempty"`
}

// measureVersion goes up when the same audio would measure differently. Version
// 1 cut lossy sound off at full scale.
const measureVersion = 2

// current reports whether m is what the audio of s would measure now.
func (m *Measurement) current(s *space.Space) bool {
	if m.Version != 1 {
		return m.Version == measureVersion
	}
	const fullScale = -0.0003 // dB, a little below that of 32767/32768
	lossy := slices.ContainsFunc(s.Configs, func(c space.Config) bool { return pcm.MayCutOff(track.Codec(c.Codec)) })
	return !lossy || m.Loudness.SamplePeak < fullScale
}

// LongestSilence returns the first of the longest silences, or a Stretch of
// no length.
func (m *Measurement) LongestSilence() space.Stretch {
	var longest space.Stretch
	for _, s := range m.Silence {
		if s.Seconds() > longest.Seconds() {
			longest = s
		}
	}
	return longest
}

// Measured returns the measurement of a Space that is kept, or nil if there is
// none that fits the audio.
func (l *Library) Measured(s *space.Space) *Measurement {
	m := new(Measurement)
	if l.disk.readJSON(layout.MeasurementIn(s.Folder), m) != nil {
		return nil
	}
	if m.Schema != space.Schema || !m.current(s) || !slices.Equal(m.Pieces, hashes(s)) || !l.disk.exists(layout.PeaksIn(s.Folder)) {
		return nil
	}
	return m
}

// HasAnalyses reports whether the analyses are there, undamaged, that a measurement
// keeps. Those of before 2026-12 kept none.
func (l *Library) HasAnalyses(s *space.Space, m *Measurement) bool {
	for _, file := range m.Gains {
		f, size, err := l.openAnalysis(s, file)
		if err != nil {
			return false
		}
		err = gain.CheckAnalysis(f, size, audioOf(s, file))
		f.Close()
		if err != nil {
			return false
		}
	}
	return m.Version == measureVersion
}

func hashes(s *space.Space) []string {
	list := []string{}
	for _, p := range s.Pieces {
		list = append(list, p.SHA256)
	}
	return list
}

// OpenPeaks opens the waveform of a Space that has been measured. The caller
// closes the file.
func (l *Library) OpenPeaks(id string) (*peaks.File, io.Closer, error) {
	folder, err := l.folder(id)
	if err != nil {
		return nil, nil, err
	}
	f, err := l.disk.root.Open(layout.PeaksIn(folder))
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

// audioOf says of which audio the analysis of a playable file is: that of its
// originals.
func audioOf(s *space.Space, file int) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%d\n%s", file, strings.Join(hashes(s), "\n")))
}

// Analysis returns the analysis of a playable file that is kept, which c describes
// and which has so many units, or nil if there is none that fits the audio.
func (l *Library) Analysis(s *space.Space, file int, c track.Config, units int64) *gain.Analysis {
	f, size, err := l.openAnalysis(s, file)
	if err != nil {
		return nil
	}
	defer f.Close()
	if size != gain.KeptBytes(units) {
		return nil
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(f, b); err != nil {
		return nil
	}
	a, err := gain.ParseAnalysis(b, audioOf(s, file), c, units)
	if err != nil {
		return nil
	}
	return a
}

func (l *Library) openAnalysis(s *space.Space, file int) (f *os.File, size int64, err error) {
	if f, err = l.disk.root.Open(layout.GainIn(s.Folder, file)); err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// keepAnalysis keeps the analysis of a playable file.
func (l *Library) keepAnalysis(s *space.Space, file int, a *gain.Analysis) error {
	name := layout.GainIn(s.Folder, file)
	return l.disk.writeBeside(name, partial(name), a.Append(nil, audioOf(s, file)))
}

// KeepMeasurement keeps what measure finds in the audio of a Space, the peaks that
// it writes, and the analyses of playable files that it gives to keep. No lock is
// taken.
func (l *Library) KeepMeasurement(s *space.Space, measure func(m *Measurement, peaks io.Writer, keep func(file int, a *gain.Analysis) error) error) (*Measurement, error) {
	tmp := partial(layout.PeaksIn(s.Folder))
	if err := l.disk.mkdirAll(path.Join(s.Folder, layout.Own)); err != nil {
		return nil, err
	}
	l.sweepMeasured(s)
	w, err := l.disk.create(tmp)
	if err != nil {
		return nil, err
	}
	w.Hold()
	m := &Measurement{Schema: space.Schema, Version: measureVersion, Pieces: hashes(s), Silence: []space.Stretch{}}
	keep := func(file int, a *gain.Analysis) error {
		m.Gains = append(m.Gains, file)
		return l.keepAnalysis(s, file, a)
	}
	if err = measure(m, w, keep); err == nil {
		err = w.Commit()
	}
	if err == nil {
		err = l.disk.rename(tmp, layout.PeaksIn(s.Folder))
	}
	if err != nil {
		w.Discard()
		return nil, err
	}
	b, err := space.Marshal(m)
	if err != nil {
		return nil, err
	}
	// What was measured now is rounded as what is read later: plans may depend on
	// the last digit.
	m = new(Measurement)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, err
	}
	name := layout.MeasurementIn(s.Folder)
	return m, l.disk.writeBeside(name, partial(name), b)
}

// sweepMeasured removes what killed measurements of a Space have left. Drafts that
// are being written are locked.
func (l *Library) sweepMeasured(s *space.Space) {
	dir := path.Dir(layout.PeaksIn(s.Folder))
	entries, err := fs.ReadDir(l.disk.root.FS(), dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), ".partial-") && durable.IsLeftover(e.Name()) {
			durable.Sweep(l.disk.root, path.Join(dir, e.Name()))
		}
	}
}

// partial is what a file is called until it is whole. The same one may be
// under way elsewhere, in this program too.
func partial(name string) string { return name + ".partial-" + rand.Text()[:10] }
