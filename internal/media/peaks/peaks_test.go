package peaks

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// noise returns frames of 16-bit noise whose level wanders.
func noise(frames, channels int) []float32 {
	rnd := rand.New(rand.NewPCG(uint64(frames), uint64(channels)))
	out := make([]float32, frames*channels)
	for i := range out {
		level := math.Pow(math.Sin(float64(i)/9000), 2)
		out[i] = float32(math.Round(level*(rnd.Float64()*65535-32768))) / 32768
	}
	return out
}

// write makes a file, giving the audio to the Writer in uneven blocks.
func write(t testing.TB, c Config, in []float32) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, c)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for len(in) > 0 {
		n := min(len(in), c.Channels*rnd.IntN(1500))
		if err := w.Write(in[:n]); err != nil {
			t.Fatal(err)
		}
		in = in[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, data []byte) *File {
	t.Helper()
	f, err := Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// outline is the plain definition: the range of samples from frame from to
// frame to of one channel.
func outline(in []float32, channels, channel int, from, to int64) Peak {
	low, high := math.Inf(1), math.Inf(-1)
	for n := max(0, from); n < min(to, int64(len(in)/channels)); n++ {
		v := float64(in[int(n)*channels+channel]) * 32768
		low, high = min(low, v), max(high, v)
	}
	if low > high {
		return Peak{}
	}
	return Peak{int16(low), int16(high)}
}

func TestEveryBucketOfEveryZoom(t *testing.T) {
	for _, c := range []Config{
		{SampleRate: 48000, Channels: 1},
		{SampleRate: 44100, Channels: 2},
		{SampleRate: 44100, Channels: 2, Mix: true},
		{SampleRate: 8000, Channels: 3, Bucket: 10},
	} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			for _, frames := range []int{0, 1, 255, 256, 257, 64 * 256, 64*256 + 1, 300000} {
				in := noise(frames, c.Channels)
				f := open(t, write(t, c, in))
				if f.Frames != int64(frames) || f.SampleRate != c.SampleRate {
					t.Fatalf("%+v, %d frames: opened as %+v", c, frames, f)
				}
				covered := int64(frames)
				for zoom := range f.Zooms() {
					n, samples := f.Zoom(zoom)
					if n*samples < covered || (n-1)*samples >= covered && n > 0 {
						t.Fatalf("%d frames: %d buckets of %d", frames, n, samples)
					}
					got, err := f.Read(zoom, 0, int(n))
					if err != nil {
						t.Fatal(err)
					}
					for b := range n {
						var want []Peak
						for ch := range c.Channels {
							want = append(want, outline(in, c.Channels, ch, b*samples, (b+1)*samples))
						}
						if c.Mix {
							want = Mix(want, c.Channels)
						}
						if at := got[int(b)*f.Tracks:][:f.Tracks]; !slices.Equal(at, want) {
							t.Fatalf("%+v, %d frames, zoom %d, bucket %d: %v, want %v", c, frames, zoom, b, at, want)
						}
					}
				}
			}
		})
	}
}

func TestWindowIsExactOnBuckets(t *testing.T) {
	in := noise(500_000, 2)
	f := open(t, write(t, Config{SampleRate: 48000, Channels: 2}, in))
	for _, spp := range []int64{256, 512, 1024, 768, 4096, 16384} {
		pixels := int(ceilDiv(500_000, spp))
		got, err := f.Window(0, int64(pixels)*spp, pixels)
		if err != nil {
			t.Fatal(err)
		}
		for i := range pixels {
			for ch := range 2 {
				if want := outline(in, 2, ch, int64(i)*spp, int64(i+1)*spp); got[2*i+ch] != want {
					t.Fatalf("%d samples a pixel, pixel %d, track %d: %v, want %v", spp, i, ch, got[2*i+ch], want)
				}
			}
		}
	}
}

// At any bounds, a pixel has at least the samples of the buckets that lie in
// it and none farther away than a bucket.
func TestWindowAnywhere(t *testing.T) {
	const frames = 400_000
	in := noise(frames, 1)
	f := open(t, write(t, Config{SampleRate: 48000, Channels: 1}, in))
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		from := rnd.Int64N(frames+100_000) - 50_000
		to := from + rnd.Int64N(frames)
		pixels := 1 + rnd.IntN(400)
		got, err := f.Window(from, to, pixels)
		if err != nil || len(got) != pixels {
			t.Fatalf("%d to %d: %d of %d pixels, %v", from, to, len(got), pixels, err)
		}
		slack := int64(f.Bucket)
		if wide := (to - from) / int64(pixels); wide > 4*slack {
			slack = wide / 4
		}
		for i, p := range got {
			start, end := from+mulDiv(to-from, i, pixels), from+mulDiv(to-from, i+1, pixels)
			most := outline(in, 1, 0, start-slack, end+slack)
			least := outline(in, 1, 0, start+slack, end-slack)
			if p.Min < most.Min || p.Max > most.Max || end-start > 2*slack && (p.Min > least.Min || p.Max < least.Max) {
				t.Fatalf("%d to %d in %d, pixel %d (%d to %d): %v, at least %v, at most %v", from, to, pixels, i, start, end, p, least, most)
			}
		}
	}
}

func TestPartsOfAWindowMatchTheWhole(t *testing.T) {
	const spp = 700 // no multiple of a bucket
	in := noise(700_000, 1)
	f := open(t, write(t, Config{SampleRate: 48000, Channels: 1}, in))
	whole, err := f.Window(0, 1000*spp, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for first := 0; first < 990; first += 97 {
		part, err := f.Window(int64(first)*spp, int64(first+10)*spp, 10)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(part[1:], whole[first+1:first+10]) {
			t.Errorf("pixels from %d on: %v, in the whole %v", first, part, whole[first:first+10])
		}
	}
}

// countingReader counts what is read.
type countingReader struct {
	*bytes.Reader
	bytes, calls int
}

func (r *countingReader) ReadAt(p []byte, off int64) (int, error) {
	r.bytes += len(p)
	r.calls++
	return r.Reader.ReadAt(p, off)
}

func TestWindowReadsLittle(t *testing.T) {
	const hour = 48000 * 3600
	var b bytes.Buffer
	w, err := NewWriter(&b, Config{SampleRate: 48000, Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	second := noise(48000, 1)
	for range hour / len(second) {
		w.Write(second)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, span := range []int64{960, 48000, 48000 * 60, hour} {
		r := &countingReader{Reader: bytes.NewReader(b.Bytes())}
		f, err := Open(r, int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		r.bytes, r.calls = 0, 0
		if _, err := f.Window(hour/3, hour/3+span, 1000); err != nil {
			t.Fatal(err)
		}
		if r.bytes > 4*17*1000 || r.calls > 2 {
			t.Errorf("%d frames in 1000 pixels: %d bytes in %d reads", span, r.bytes, r.calls)
		}
	}
}

func TestOddSamples(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	in := []float32{nan, nan, 0.5, nan, inf, 2, -inf, -0.5, 1, -1}
	f := open(t, write(t, Config{SampleRate: 48000, Channels: 1, Bucket: 2}, in))
	got, err := f.Read(0, 0, 5)
	if err != nil {
		t.Fatal(err)
	}
	want := []Peak{{0, 0}, {16384, 16384}, {32767, 32767}, {-32768, -16384}, {-32768, 32767}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestExport(t *testing.T) {
	in := noise(100_000, 2)
	f := open(t, write(t, Config{SampleRate: 44100, Channels: 2}, in))
	for _, c := range [][2]int{{8, 512}, {16, 512}, {16, 256}, {8, 768}, {16, 25600}} {
		t.Run(fmt.Sprintf("%d bits, %d samples a pixel", c[0], c[1]), func(t *testing.T) {
			bits, spp := c[0], int64(c[1])
			for _, span := range [][2]int64{{0, 0}, {5000, 60_000}} {
				e := Export{From: span[0], To: span[1], SamplesPerPixel: c[1], Bits: bits}
				first, end := span[0]/spp, ceilDiv(span[1], spp)
				if span[1] == 0 {
					end = ceilDiv(100_000, spp)
				}
				var want []int
				for px := first; px < end; px++ {
					for ch := range 2 {
						p := outline(in, 2, ch, px*spp, (px+1)*spp)
						if bits == 8 {
							p = Peak{p.Min / 256, p.Max / 256}
						}
						want = append(want, int(p.Min), int(p.Max))
					}
				}

				var b bytes.Buffer
				if err := WriteJSON(&b, f, e); err != nil {
					t.Fatal(err)
				}
				var doc struct {
					Version         int   `json:"version"`
					Channels        int   `json:"channels"`
					SampleRate      int   `json:"sample_rate"`
					SamplesPerPixel int   `json:"samples_per_pixel"`
					Bits            int   `json:"bits"`
					Length          int   `json:"length"`
					Data            []int `json:"data"`
				}
				dec := json.NewDecoder(&b)
				dec.DisallowUnknownFields()
				if err := dec.Decode(&doc); err != nil {
					t.Fatal(err)
				}
				if doc.Version != 2 || doc.Channels != 2 || doc.SampleRate != 44100 || doc.SamplesPerPixel != c[1] || doc.Bits != bits || doc.Length != int(end-first) {
					t.Errorf("header %+v", doc)
				}
				if !slices.Equal(doc.Data, want) {
					t.Errorf("%d bits, %v: JSON data differ", bits, span)
				}

				b.Reset()
				if err := WriteDat(&b, f, e); err != nil {
					t.Fatal(err)
				}
				var head [6]uint32
				binary.Read(&b, binary.LittleEndian, &head)
				if want := [6]uint32{2, uint32(bits / 8 % 2), 44100, uint32(spp), uint32(end - first), 2}; head != want {
					t.Errorf("header %v, want %v", head, want)
				}
				var data []int
				for b.Len() > 0 {
					if bits == 8 {
						v, _ := b.ReadByte()
						data = append(data, int(int8(v)))
					} else {
						data = append(data, int(int16(binary.LittleEndian.Uint16(b.Next(2)))))
					}
				}
				if !slices.Equal(data, want) {
					t.Errorf("%d bits, %v: binary data differ", bits, span)
				}
			}
		})
	}
	for _, e := range []Export{{SamplesPerPixel: 100, Bits: 8}, {SamplesPerPixel: 512, Bits: 9}, {From: 9, To: 3, SamplesPerPixel: 512, Bits: 8}, {From: -1, SamplesPerPixel: 512, Bits: 8}, {Bits: 8}} {
		if err := WriteJSON(&bytes.Buffer{}, f, e); err == nil {
			t.Errorf("%+v was taken", e)
		}
		if err := WriteDat(&bytes.Buffer{}, f, e); err == nil {
			t.Errorf("%+v was taken", e)
		}
	}
}

func TestBlocks(t *testing.T) {
	p := []Peak{{0, 0}, {-100, 120}, {-8000, 2000}, {-100, 32767}, {-32768, 0}, {0, 0}}
	if got, want := Blocks(p, 1), []string{"  ▄██ "}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := Blocks(p, 3), []string{"   ██ ", "  ▄██ ", " ▁███ "}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Blocks([]Peak{{-3, 3}, {-2, 1}}, 1)[0]; strings.ContainsAny(got, "▃▄▅▆▇█") {
		t.Errorf("the noise of silence is drawn as %q", got)
	}
	if got := Blocks(nil, 2); !reflect.DeepEqual(got, []string{"", ""}) {
		t.Errorf("nothing is drawn as %q", got)
	}
}

func TestDamagedFiles(t *testing.T) {
	good := write(t, Config{SampleRate: 48000, Channels: 1}, noise(100_000, 1))
	for i := range headerSize + trailerSize {
		at := i
		if i >= headerSize {
			at = len(good) - trailerSize + i - headerSize
		}
		bad := slices.Clone(good)
		bad[at] ^= 4
		if _, err := Open(bytes.NewReader(bad), int64(len(bad))); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d changed: %v", at, err)
		}
	}
	for _, n := range []int{0, 10, headerSize + trailerSize - 1, len(good) - 1, len(good) - 4} {
		if _, err := Open(bytes.NewReader(good[:n]), int64(n)); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	if _, err := Open(bytes.NewReader(good[:100]), int64(len(good))); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("a file that cannot be read: %v", err)
	}
}

// failing is full after n bytes.
type failing struct{ n int }

func (w *failing) Write(p []byte) (int, error) {
	if w.n -= len(p); w.n < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestWriterReportsErrors(t *testing.T) {
	for _, room := range []int{0, 100_000} {
		w, err := NewWriter(&failing{room}, Config{SampleRate: 48000, Channels: 1, Bucket: 1})
		if err != nil {
			t.Fatal(err)
		}
		err = w.Write(make([]float32, 100_000))
		if err == nil {
			t.Error("no error from Write")
		}
		if err := w.Close(); err == nil || err.Error() != "disk full" {
			t.Errorf("from Close: %v", err)
		}
	}
	for _, c := range []Config{{}, {SampleRate: 48000}, {SampleRate: 48000, Channels: MaxTracks + 1}, {SampleRate: 48000, Channels: 1, Bucket: -1}, {SampleRate: 48000, Mix: true}} {
		t.Run(fmt.Sprintf("%+v", c), func(t *testing.T) {
			if _, err := NewWriter(&bytes.Buffer{}, c); err == nil {
				t.Errorf("%+v was taken", c)
			}
		})
	}
}

func TestWriterIsDoneAfterClose(t *testing.T) {
	w, err := NewWriter(&bytes.Buffer{}, Config{SampleRate: 48000, Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]float32{1}); err == nil {
		t.Error("written to after Close")
	}
}

// The levels are the RMS of the audio, and the same however it comes; a file of
// before there were any opens without.
func TestLevels(t *testing.T) {
	const rate, seconds = 48000, 4
	in := make([]float32, 2*rate*seconds)
	amplitude := []float64{0, 0.01, 0.1, 1}
	for i := range rate * seconds {
		in[2*i] = float32(amplitude[i/rate] * math.Sin(2*math.Pi*440*float64(i)/rate))
		in[2*i+1] = in[2*i] / 2
	}
	c := Config{SampleRate: rate, Channels: 2, Mix: true}
	data := write(t, c, in)
	var whole bytes.Buffer
	w, err := NewWriter(&whole, c)
	if err == nil {
		err = errors.Join(w.Write(in), w.Close())
	}
	if err != nil || !bytes.Equal(whole.Bytes(), data) {
		t.Errorf("in one block the file is another one (%v)", err)
	}
	f := open(t, data)
	if f.HasLevels(0) || f.HasLevels(f.Zooms()) {
		t.Error("the finest zoom has levels, or one that does not exist")
	}
	for zoom := 1; zoom < f.Zooms(); zoom++ {
		n, samples := f.Zoom(zoom)
		got, err := f.Levels(zoom, 0, int(n))
		if err != nil {
			t.Fatal(err)
		}
		for b, level := range got {
			from, to := int64(b)*samples, min(int64(b+1)*samples, rate*seconds)
			var sum float64
			for _, v := range in[2*from : 2*to] {
				sum += float64(v) * float64(v)
			}
			rms := math.Sqrt(sum / float64(2*(to-from)))
			if want := 255 * math.Sqrt(rms); math.Abs(float64(level)-want) > 2+0.04*want {
				t.Fatalf("zoom %d, bucket %d: %d, want %.1f", zoom, b, level, want)
			}
		}
	}

	before := bytes.Clone(data[:len(data)-trailerSize])
	for zoom := 1; zoom < f.Zooms(); zoom++ {
		n, _ := f.Zoom(zoom)
		before = before[:len(before)-int(n)]
	}
	h := header{rate, 1, DefaultBucket, true}
	before = append(append(h.bytes(), before[headerSize:]...), h.trailer(f.Frames)...)
	old := open(t, before)
	p, err := old.Read(0, 0, 10)
	want, _ := f.Read(0, 0, 10)
	if err != nil || !slices.Equal(p, want) || old.HasLevels(1) {
		t.Errorf("a file of before: %v, %v, levels %t", p, err, old.HasLevels(1))
	}
	if _, err := old.Levels(1, 0, 1); err == nil {
		t.Error("a file of before gives levels")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(write(f, Config{SampleRate: 48000, Channels: 1, Bucket: 4}, noise(2000, 1)), int64(100), int64(1500), 40)
	f.Add(write(f, Config{SampleRate: 8000, Channels: 2}, noise(20, 2)), int64(-5), int64(1<<40), 3)
	f.Add([]byte(magic), int64(0), int64(0), 0)
	f.Fuzz(func(t *testing.T, data []byte, from, to int64, pixels int) {
		// With the check sums right, what they protect is read too.
		if n := len(data); n >= headerSize+trailerSize {
			data = slices.Clone(data)
			le := binary.LittleEndian
			le.PutUint32(data[headerSize-4:], crc32.ChecksumIEEE(data[:headerSize-4]))
			sum := crc32.Update(crc32.ChecksumIEEE(data[:headerSize]), crc32.IEEETable, data[n-trailerSize:n-trailerSize+8])
			le.PutUint32(data[n-8:], sum)
		}
		file, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		var stored int64
		for zoom := range file.Zooms() {
			n, _ := file.Zoom(zoom)
			stored += n * int64(file.Tracks) * peakSize
			if _, err := file.Read(zoom, 0, int(n)); err != nil && !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			if _, err := file.Read(zoom, n, 1); err == nil {
				t.Fatal("read behind the end")
			}
			if !file.HasLevels(zoom) {
				continue
			}
			stored += n
			if _, err := file.Levels(zoom, 0, int(n)); err != nil {
				t.Fatal(err)
			}
			if _, err := file.Levels(zoom, n, 1); err == nil {
				t.Fatal("read behind the end")
			}
		}
		if stored+headerSize+trailerSize != int64(len(data)) {
			t.Fatalf("%d bytes of peaks in a file of %d", stored, len(data))
		}
		pixels = min(pixels, 2000)
		p, err := file.Window(from, to, pixels)
		if err == nil && len(p) != pixels*file.Tracks {
			t.Fatalf("%d peaks for %d pixels of %d tracks", len(p), pixels, file.Tracks)
		}
		for _, q := range p {
			if q.Min > q.Max {
				t.Fatalf("peak %v", q)
			}
		}
	})
}

func BenchmarkWriter(b *testing.B) {
	in := noise(48000, 2)
	w, err := NewWriter(&bytes.Buffer{}, Config{SampleRate: 48000, Channels: 2, Mix: true})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		w.Write(in)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "x-realtime")
}
