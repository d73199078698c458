package studio

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/peaks"
	"github.com/spaces-cli/spaces/internal/recording"
)

// pauseTime is how long a player may stop reading, when it has buffered
// enough, before the connection is given up. It then asks again.
const pauseTime = 10 * time.Minute

// A patientFile pushes the deadlines of an answer ahead while it is read.
type patientFile struct {
	io.ReadSeeker
	answer *http.ResponseController
}

func (f *patientFile) Read(p []byte) (int, error) {
	f.answer.SetReadDeadline(time.Time{})
	f.answer.SetWriteDeadline(time.Now().Add(pauseTime))
	return f.ReadSeeker.Read(p)
}

// serveAudio hands out a playable file, by its number, in ranges.
func (s *Server) serveAudio(w http.ResponseWriter, r *http.Request) {
	lib, release, err := s.library.take(r.Context())
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	rec, err := lib.Catalog().Get(r.Context(), r.PathValue("id"))
	if err != nil {
		answer(w, nil, err)
		return
	}
	n, err := strconv.Atoi(r.PathValue("file"))
	if err != nil || n < 0 || n >= len(rec.Files) {
		answer(w, nil, fs.ErrNotExist)
		return
	}
	serve(w, r, lib, rec.Files[n], mediaType(rec.Files[n]))
}

// A wave is a waveform that is open.
type wave struct {
	*peaks.File
	closer io.Closer
	sound  string // soundHash of what it was made of
	used   time.Time
	users  int
	gone   bool
}

// waves are the waveforms that are open: the last few that were looked at.
type waves struct {
	mu   sync.Mutex
	open map[string]*wave
}

const maxWaves = 4

// put keeps a waveform in place of an older one of the same recording.
func (ws *waves) put(id string, w *wave) {
	ws.drop(id)
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w.used = time.Now()
	ws.open[id] = w
	for len(ws.open) > maxWaves {
		oldest := ""
		for k, v := range ws.open {
			if oldest == "" || v.used.Before(ws.open[oldest].used) {
				oldest = k
			}
		}
		ws.remove(oldest)
	}
}

// get returns an open waveform of that sound, and a function to call when it
// is no longer used; or nil.
func (ws *waves) get(id, sound string) (*wave, func()) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w := ws.open[id]
	if w == nil || sound != "" && w.sound != sound {
		return nil, nil
	}
	w.users++
	w.used = time.Now()
	return w, sync.OnceFunc(func() {
		ws.mu.Lock()
		defer ws.mu.Unlock()
		if w.users--; w.users == 0 && w.gone {
			w.closer.Close()
		}
	})
}

func (ws *waves) drop(id string) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.remove(id)
}

func (ws *waves) remove(id string) {
	w := ws.open[id]
	if w == nil {
		return
	}
	delete(ws.open, id)
	if w.gone = true; w.users == 0 {
		w.closer.Close()
	}
}

func (ws *waves) close() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	for id := range ws.open {
		ws.remove(id)
	}
}

// A waveform tells the page what there is to draw.
type waveform struct {
	Sound  string  `json:"sound"`
	Rate   int     `json:"rate"`
	Frames int64   `json:"frames"`
	Zooms  []zooms `json:"zooms"` // finest first
	// Whole are the peaks of the whole recording, as servePeaks has them: those
	// of the finest zoom that is not too much to begin with, number Base.
	Base  int    `json:"base"`
	Whole []byte `json:"whole"` // base64
}

type zooms struct {
	Buckets int64 `json:"buckets"`
	Samples int64 `json:"samples"` // of a bucket
	// Levels says that a byte for each bucket follows its peaks: the square root of
	// the RMS, of which 255 is full scale.
	Levels bool `json:"levels,omitempty"`
}

// openWaveform opens the waveform of a recording, measuring it first if need
// be, as a task.
func (s *Server) openWaveform(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.run(w, r, "waveform "+id, func(ctx context.Context, t *task) (any, error) {
		lib, release, err := s.library.take(ctx)
		if err != nil {
			return nil, err
		}
		defer release()
		known, err := lib.Load(id)
		if err != nil {
			return nil, err
		}
		if len(known.Files) == 0 {
			return nil, newProblem(http.StatusNotFound, "no-audio", "the library has no audio of this Space", "")
		}
		sound := soundHash(known)
		open, done := s.waves.get(id, sound)
		if open == nil {
			if err := s.measure(ctx, lib, id, t); err != nil {
				return nil, err
			}
			f, c, err := recording.Peaks(ctx, lib, id, s.o.Jobs, t)
			if err != nil {
				return nil, err
			}
			s.waves.put(id, &wave{File: f, closer: c, sound: sound})
			if open, done = s.waves.get(id, sound); open == nil {
				return nil, errors.New("the recording has just changed")
			}
		}
		defer done()
		v := waveform{Sound: sound, Rate: open.SampleRate, Frames: open.Frames}
		for z := range open.Zooms() {
			buckets, samples := open.Zoom(z)
			v.Zooms = append(v.Zooms, zooms{buckets, samples, open.HasLevels(z)})
			if z == 0 || buckets > maxWhole { // not the finest, which has no levels
				v.Base = min(z+1, open.Zooms()-1)
			}
		}
		v.Whole, err = packed(open.File, v.Base, 0, int(v.Zooms[v.Base].Buckets))
		return v, err
	})
}

// maxWhole is how many peaks the page begins with.
const maxWhole = 1 << 13

// packed reads peaks, mixed to one track: little-endian int16 pairs, least and
// greatest; and behind them the levels of a zoom that has them.
func packed(f *peaks.File, zoom int, first int64, n int) ([]byte, error) {
	list, err := f.Read(zoom, first, n)
	if err != nil {
		return nil, err
	}
	list = peaks.Mix(list, f.Tracks)
	b := make([]byte, 0, 5*len(list))
	for _, p := range list {
		b = binary.LittleEndian.AppendUint16(b, uint16(p.Min))
		b = binary.LittleEndian.AppendUint16(b, uint16(p.Max))
	}
	if !f.HasLevels(zoom) {
		return b, nil
	}
	levels, err := f.Levels(zoom, first, n)
	return append(b, levels...), err
}

// maxBuckets is how many peaks one request gets.
const maxBuckets = 1 << 14

// servePeaks answers with ?n= buckets of ?zoom= from bucket ?first= on.
func (s *Server) servePeaks(w http.ResponseWriter, r *http.Request) {
	zoom, err := number(r, "zoom", 0, 63, 0)
	first, ferr := number(r, "first", 0, maxStart, 0)
	n, nerr := number(r, "n", 1, maxBuckets, maxBuckets)
	if err = errors.Join(err, ferr, nerr); err != nil {
		answer(w, nil, err)
		return
	}
	open, done := s.waves.get(r.PathValue("id"), "")
	if open == nil {
		answer(w, nil, newProblem(http.StatusConflict, "not-open", "the waveform is not open", ""))
		return
	}
	defer done()
	if int(zoom) >= open.Zooms() {
		answer(w, nil, badRequest("the waveform has %d zooms", open.Zooms()))
		return
	}
	buckets, _ := open.Zoom(int(zoom))
	first = min(first, buckets)
	b, err := packed(open.File, int(zoom), first, int(min(n, buckets-first)))
	if err != nil {
		answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(b)
}

// maxSamples is how many samples one request gets.
const maxSamples = 1 << 16

// serveSamples answers with ?n= samples from ?first= on, mixed to one
// channel: little-endian int16.
func (s *Server) serveSamples(w http.ResponseWriter, r *http.Request) {
	first, err := number(r, "first", 0, maxStart, 0)
	n, nerr := number(r, "n", 1, maxSamples, maxSamples)
	if err = errors.Join(err, nerr); err != nil {
		answer(w, nil, err)
		return
	}
	rec, release, err := s.recording(r.Context(), r.PathValue("id"))
	if err != nil {
		answer(w, nil, err)
		return
	}
	defer release()
	first = min(first, rec.Samples)
	b, err := samples(r.Context(), rec, recording.Span{Start: first, Samples: min(n, rec.Samples-first)})
	if err != nil {
		answer(w, nil, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Write(b)
}

// samples decodes a span.
func samples(ctx context.Context, rec *recording.Recording, span recording.Span) ([]byte, error) {
	b := make([]byte, 0, 2*span.Samples)
	if span.Samples == 0 {
		return b, nil
	}
	sound, stop, err := rec.Decode(ctx, span, pcm.Format{SampleRate: rec.Rate, Channels: 1})
	if err != nil {
		return nil, err
	}
	defer stop()
	err = sound.Frames(ctx, 4096, func(block []float32) error {
		for _, v := range block {
			v = max(-1, min(1, v))
			b = binary.LittleEndian.AppendUint16(b, uint16(int16(math.Round(float64(v)*math.MaxInt16))))
		}
		return nil
	})
	return b, err
}

// recording opens the audio of a Space for cutting.
func (s *Server) recording(ctx context.Context, id string) (*recording.Recording, func(), error) {
	lib, release, err := s.library.take(ctx)
	if err != nil {
		return nil, nil, err
	}
	rec, err := recording.Open(lib, id, s.o.Library.Version)
	if err != nil {
		release()
		return nil, nil, err
	}
	return rec, func() { rec.Close(); release() }, nil
}
