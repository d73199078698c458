package encode

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/mp3/judge"
)

// encodeAll returns the frames of interleaved samples.
func encodeAll(o Options, x []float32) (frames [][]byte, s Stream, err error) {
	e, err := New(o, func(f []byte) error {
		frames = append(frames, bytes.Clone(f))
		return nil
	})
	if err != nil {
		return nil, s, err
	}
	block := 4099 * o.Channels
	for len(x) > 0 {
		n := min(block, len(x))
		if err := e.Write(x[:n]); err != nil {
			e.Close()
			return nil, s, err
		}
		x = x[n:]
	}
	s, err = e.Close()
	return frames, s, err
}

// mustEncode encodes and checks that every frame is legal.
func mustEncode(t testing.TB, o Options, x []float32) ([][]byte, Stream) {
	t.Helper()
	frames, s, err := encodeAll(o, x)
	if err != nil {
		t.Fatalf("%+v: %v", o, err)
	}
	check(t, o, frames, s, len(x)/o.Channels)
	return frames, s
}

func check(t testing.TB, o Options, frames [][]byte, s Stream, samples int) *frameReader {
	t.Helper()
	r := newFrameReader()
	size := 1152
	if o.SampleRate < 32000 {
		size = 576
	}
	for i, f := range frames {
		if err := r.read(f); err != nil {
			t.Fatalf("%+v: frame %d: %v", o, i, err)
		}
	}
	if int(s.Frames) != len(frames) || int(s.Samples) != samples || s.Padding < mp3.DecoderDelay ||
		s.Padding+Delay+samples != size*len(frames) {
		t.Fatalf("%+v: %d frames of %d samples: %+v", o, len(frames), samples, s)
	}
	return r
}

// writeFile writes frames with their Info frame, behind an ID3 tag if there is
// one.
func writeFile(name string, tag []byte, frames [][]byte, s Stream) error {
	p := mp3.Plan{Tag: tag, Skip: Delay + mp3.DecoderDelay, Trim: int64(s.Padding) - mp3.DecoderDelay, LowPass: s.LowPass}
	for _, f := range frames {
		p.MusicCRC = mp3.CRC(p.MusicCRC, f)
		p.Sizes = append(p.Sizes, uint32(len(f)))
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := mp3.NewWriter(f, p)
	if err != nil {
		return err
	}
	for _, b := range frames {
		if err := w.WriteUnit(b); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.Close()
}

// speechlike is bursts of a buzz, noise and silence.
func speechlike(seed uint64, channels, n int) []float32 {
	rnd := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n*channels)
	level, pitch := 0.0, 100.0
	var phase float64
	for i := range n {
		if i%4000 == 0 {
			level, pitch = rnd.Float64()*rnd.Float64(), 80+rnd.Float64()*200
		}
		phase += pitch / 44100
		buzz := 0.7 * level * math.Pow(math.Sin(math.Pi*phase), 31)
		for ch := range channels {
			x[i*channels+ch] = float32(buzz*(1-0.3*float64(ch)) + 0.02*level*rnd.NormFloat64())
		}
	}
	return x
}

var settingsTable = []Options{
	{SampleRate: 44100, Channels: 2, BitRate: 128000},
	{SampleRate: 44100, Channels: 1, BitRate: 64000},
	{SampleRate: 48000, Channels: 2, BitRate: 192000},
	{SampleRate: 48000, Channels: 1, BitRate: 32000},
	{SampleRate: 32000, Channels: 2, BitRate: 96000, Separate: true},
	{SampleRate: 32000, Channels: 1, BitRate: 320000},
	{SampleRate: 44100, Channels: 2, BitRate: 320000},
	{SampleRate: 48000, Channels: 2, BitRate: 32000},
	{SampleRate: 24000, Channels: 1, BitRate: 32000},
	{SampleRate: 22050, Channels: 2, BitRate: 64000},
	{SampleRate: 16000, Channels: 1, BitRate: 8000},
	{SampleRate: 16000, Channels: 2, BitRate: 160000},
	{SampleRate: 44100, Channels: 2, Quality: 5},
	{SampleRate: 48000, Channels: 1, Quality: 10},
	{SampleRate: 22050, Channels: 2, Quality: 1},
}

// However many pieces are encoded at once, the bytes are the same, and the
// reservoir is legal where they meet.
func TestJobs(t *testing.T) {
	list := []Options{
		{SampleRate: 16000, Channels: 1, BitRate: 24000},
		{SampleRate: 16000, Channels: 2, Quality: 6},
		{SampleRate: 44100, Channels: 2, BitRate: 128000},
	}
	if testing.Short() { // as under the race detector, which is slow
		list = list[:1]
	}
	for _, o := range list {
		pieces, frame := 1, 1152
		if o.SampleRate < 32000 {
			pieces, frame = 2, 576
		}
		x := speechlike(7, o.Channels, pieces*pieceFrames*frame+12345) // and one that is shorter
		want, ws := mustEncode(t, o, x)
		for _, jobs := range []int{2, 5} {
			o.Jobs = jobs
			got, s, err := encodeAll(o, x)
			if err != nil {
				t.Fatal(err)
			}
			if s != ws || !bytes.Equal(bytes.Join(got, nil), bytes.Join(want, nil)) {
				t.Errorf("%+v: another stream", o)
			}
		}
	}
}

// Where pieces meet nothing is heard: the error is as elsewhere.
func TestJoins(t *testing.T) {
	o := Options{SampleRate: 16000, Channels: 1, BitRate: 64000, Jobs: 2}
	const n = 2*pieceFrames*576 + 5000
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(0.4 * math.Sin(float64(i)*0.3))
	}
	frames, s := mustEncode(t, o, x)
	name := filepath.Join(t.TempDir(), "joins.mp3")
	if err := writeFile(name, nil, frames, s); err != nil {
		t.Fatal(err)
	}
	y, _, err := judge.Decode(t.Context(), name)
	if err != nil {
		t.Skip(err)
	}
	for _, at := range []int{pieceFrames * 576, 2 * pieceFrames * 576} {
		for i := at - 4000; i < at+4000; i++ {
			if d := math.Abs(float64(x[i] - y[0][i])); d > 0.01 {
				t.Fatalf("sample %d is wrong by %g", i, d)
			}
		}
	}
}

// More quality takes more bits and leaves less noise.
func TestQuality(t *testing.T) {
	x := speechlike(5, 1, 60000)
	size := 0
	least := math.Inf(1)
	for q := 1; q <= 10; q += 3 {
		o := Options{SampleRate: 44100, Channels: 1, Quality: q}
		frames, s := mustEncode(t, o, x)
		n := len(bytes.Join(frames, nil))
		if n <= size {
			t.Errorf("quality %d takes %d bytes, less quality %d", q, n, size)
		}
		size = n
		name := filepath.Join(t.TempDir(), "q.mp3")
		if err := writeFile(name, nil, frames, s); err != nil {
			t.Fatal(err)
		}
		y, _, err := judge.Decode(t.Context(), name)
		if err != nil {
			t.Skip(err)
		}
		var noise float64
		for i, v := range x {
			d := float64(v - y[0][i])
			noise += d * d
		}
		if noise >= least {
			t.Errorf("quality %d leaves noise of %g, less quality %g", q, noise, least)
		}
		least = noise
		t.Logf("quality %d: %d bytes, noise %g", q, n, noise)
	}
}

func TestRejected(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		e, err := New(settingsTable[1], func([]byte) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Write([]float32{0, float32(v)}); !errors.Is(err, ErrSample) {
			t.Errorf("%g: %v", v, err)
		}
		if _, err := e.Close(); !errors.Is(err, ErrSample) {
			t.Errorf("closed after %g: %v", v, err)
		}
	}
	for _, o := range []Options{
		{SampleRate: 8000, Channels: 1, BitRate: 64000},
		{SampleRate: 44100, Channels: 3, BitRate: 64000},
		{SampleRate: 44100, Channels: 1, BitRate: 8000},
		{SampleRate: 44100, Channels: 1, BitRate: 0},
		{SampleRate: 16000, Channels: 1, BitRate: 320000},
		{SampleRate: 44100, Channels: 1, Quality: 11},
	} {
		if _, err := New(o, nil); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
	broken := errors.New("full")
	e, err := New(settingsTable[0], func([]byte) error { return broken })
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Write(make([]float32, 2)); err != nil {
		t.Error(err)
	}
	if _, err := e.Close(); err != broken {
		t.Errorf("a writer that fails: %v", err)
	}
}

// burst is a short input of a kind that is hard on an encoder.
func burst(rnd *rand.Rand, channels int) []float32 {
	n := []int{0, 1, 2, 575, 576, 577, 1152, rnd.IntN(3000), rnd.IntN(12000)}[rnd.IntN(9)]
	x := make([]float32, n*channels)
	kind, period := rnd.IntN(9), 1+rnd.IntN(300)
	gain := float32(math.Pow(10, -6*rnd.Float64()))
	for i := range x {
		switch kind {
		case 0: // silence
		case 1: // square wave of full scale
			x[i] = float32(1 - 2*(i/period&1))
		case 2: // DC
			x[i] = gain
		case 3: // single samples
			if i%(7*period) == 0 {
				x[i] = 1
			}
		case 4: // noise of any level
			x[i] = gain * float32(rnd.NormFloat64())
		case 5: // beyond full scale
			x[i] = 1000 * float32(rnd.NormFloat64())
		case 6: // bursts
			if i/period%5 == 0 {
				x[i] = float32(rnd.NormFloat64())
			}
		case 7: // the highest frequency
			x[i] = float32(1-2*(i/channels&1)) * gain
		case 8: // near the end of float32
			x[i] = float32(rnd.NormFloat64()) * math.SmallestNonzeroFloat32 * 1000
		}
	}
	return x
}

func TestBursts(t *testing.T) {
	count := 200
	if os.Getenv("SPACES_LONG") != "" {
		count = 10000
	}
	dir := t.TempDir()
	for i := range count {
		rnd := rand.New(rand.NewPCG(uint64(i), 99))
		o := anyOptions(rnd)
		x := burst(rnd, o.Channels)
		frames, s := mustEncode(t, o, x)
		if i%50 != 0 {
			continue
		}
		name := filepath.Join(dir, "burst.mp3")
		if err := writeFile(name, nil, frames, s); err != nil {
			t.Fatal(err)
		}
		heard(t, name, len(x), "mpg123", mpg123Args(name)...)
	}
}

func anyOptions(rnd *rand.Rand) Options {
	o := Options{SampleRate: Rates[rnd.IntN(len(Rates))], Channels: 1 + rnd.IntN(2), Separate: rnd.IntN(3) == 0}
	kb := []int{32, 40, 48, 56, 64, 80, 96, 112, 128, 160}
	o.BitRate = 1000 * kb[rnd.IntN(len(kb))]
	if rnd.IntN(3) == 0 {
		o.Quality = 1 + rnd.IntN(10)
	}
	return o
}

func FuzzEncode(f *testing.F) {
	f.Add(uint64(1), []byte("\x00\x00\x80\x7f\xff\x80"))
	f.Add(uint64(2), bytes.Repeat([]byte{0x7f, 0x81}, 3000))
	f.Fuzz(func(t *testing.T, seed uint64, pcm []byte) {
		o := anyOptions(rand.New(rand.NewPCG(seed, 3)))
		var x []float32
		for ; len(pcm) >= 2; pcm = pcm[2:] {
			x = append(x, float32(int16(uint16(pcm[0])<<8|uint16(pcm[1])))/(1<<15))
		}
		x = x[:len(x)/o.Channels*o.Channels]
		frames, s := mustEncode(t, o, x)
		name := filepath.Join(t.TempDir(), "fuzz.mp3")
		if err := writeFile(name, nil, frames, s); err != nil {
			t.Fatal(err)
		}
		heard(t, name, len(x), "mpg123", mpg123Args(name)...)
	})
}

// A frame costs no memory once a worker has encoded a piece.
func TestNoAllocations(t *testing.T) {
	for _, o := range []Options{settingsTable[0], settingsTable[1], settingsTable[9], settingsTable[12]} {
		c, err := newConfig(o)
		if err != nil {
			t.Fatal(err)
		}
		w := newWorker(c)
		const frames = 8
		x := speechlike(1, o.Channels, lead+frames*1152+tail)
		for ch := range o.Channels {
			for i := ch; i < len(x); i += o.Channels {
				w.pcm[ch] = append(w.pcm[ch], x[i])
			}
		}
		if n := testing.AllocsPerRun(3, func() {
			if err := w.encode(0, frames); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%+v: %g allocations in %d frames", o, n, frames)
		}
	}
}

// To look at how a file is encoded:
//
//	MP3_FILE=in.wav MP3_KBPS=128 go test ./internal/media/mp3/encode -run Analyse -v
func TestAnalyse(t *testing.T) {
	o, x := settingsTable[0], speechlike(3, 2, 100000)
	if name := os.Getenv("MP3_FILE"); name != "" {
		planes, rate, err := judge.Decode(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		kbps := 64 * len(planes)
		fmt.Sscan(os.Getenv("MP3_KBPS"), &kbps)
		o = Options{SampleRate: rate, Channels: len(planes), BitRate: 1000 * kbps}
		x = interleave(planes)
	}
	frames, s, err := encodeAll(o, x)
	if err != nil {
		t.Fatal(err)
	}
	r := check(t, o, frames, s, len(x)/o.Channels)
	t.Logf("%+v\n%s", o, r.stats)
	if st := r.stats; os.Getenv("MP3_FILE") == "" && (st.ms == 0 || st.blocks[short] == 0 || st.begin == 0 || st.shared == 0) {
		t.Error("something is never used")
	}
}

func interleave(planes [][]float32) []float32 {
	x := make([]float32, 0, len(planes)*len(planes[0]))
	for i := range planes[0] {
		for _, p := range planes {
			x = append(x, p[i])
		}
	}
	return x
}
