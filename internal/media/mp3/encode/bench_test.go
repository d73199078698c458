package encode

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/media/mp3/judge"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/media/wav"
)

// benchmark encodes a minute; bytes are those of 16 bits a sample. What is
// allocated is for the pieces.
func benchmark(b *testing.B, o Options) {
	const seconds = 60
	x := speechlike(1, o.Channels, seconds*o.SampleRate)
	b.SetBytes(int64(2 * len(x)))
	b.ReportAllocs()
	for b.Loop() {
		if err := stream(o, x); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(seconds*float64(b.N)/b.Elapsed().Seconds(), "×realtime")
}

// stream encodes samples and drops the frames.
func stream(o Options, x []float32) error {
	e, err := New(o, func([]byte) error { return nil })
	if err != nil {
		return err
	}
	for block := range slices.Chunk(x, 4096*o.Channels) {
		if err := e.Write(block); err != nil {
			return err
		}
	}
	_, err = e.Close()
	return err
}

func BenchmarkMono64(b *testing.B) {
	benchmark(b, Options{SampleRate: 44100, Channels: 1, BitRate: 64000})
}

func BenchmarkStereo128(b *testing.B) {
	benchmark(b, Options{SampleRate: 44100, Channels: 2, BitRate: 128000})
}

func BenchmarkStereo128Jobs(b *testing.B) {
	benchmark(b, Options{SampleRate: 44100, Channels: 2, BitRate: 128000, Jobs: runtime.GOMAXPROCS(0)})
}

func BenchmarkStereo192(b *testing.B) {
	benchmark(b, Options{SampleRate: 44100, Channels: 2, BitRate: 192000})
}

func BenchmarkStereoVariable(b *testing.B) {
	benchmark(b, Options{SampleRate: 44100, Channels: 2, Quality: 5})
}

// TestEncodeFile makes the test binary a program that encodes a WAV file, with
// as many jobs as Go may use cores:
//
//	MP3_IN=in.wav MP3_OUT=out.mp3 MP3_KBPS=128 go test ./internal/media/mp3/encode -run EncodeFile
func TestEncodeFile(t *testing.T) {
	in, out := os.Getenv("MP3_IN"), os.Getenv("MP3_OUT")
	if in == "" {
		t.Skip("MP3_IN names no file")
	}
	kbps, err := strconv.Atoi(os.Getenv("MP3_KBPS"))
	if err != nil {
		t.Fatal(err)
	}
	if err := encodeFile(in, out, 1000*kbps); err != nil {
		t.Fatal(err)
	}
}

func encodeFile(in, out string, bitRate int) error {
	f, err := os.Open(in)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	rd, err := wav.NewReader(f, info.Size(), track.Options{})
	if err != nil {
		return err
	}
	src := pcm.NewStream(rd)
	if _, err := src.Next(); err != nil {
		return err
	}
	format := src.Format()
	var frames [][]byte
	e, err := New(Options{
		SampleRate: format.SampleRate, Channels: format.Channels, BitRate: bitRate, Jobs: runtime.GOMAXPROCS(0),
	}, func(b []byte) error {
		frames = append(frames, slices.Clone(b))
		return nil
	})
	if err != nil {
		return err
	}
	block := make([]float32, 4096*format.Channels)
	for {
		n, err := pcm.ReadFull(src, block)
		if werr := e.Write(block[:n*format.Channels]); werr != nil {
			return werr
		}
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		} else if err != nil {
			return err
		}
	}
	s, err := e.Close()
	if err != nil {
		return err
	}
	return writeFile(out, nil, frames, s)
}

// BenchmarkBesideLAME runs this encoder and lame in turn, at its default
// quality, each as a program that makes an MP3 file of a WAV file: two minutes
// of talk and music. Metrics are the medians over the pairs of our time by
// lame's, that on the wall and that on the processor.
//
//	go test ./internal/media/mp3/encode -run '^$' -bench BesideLAME -benchtime 9x -cpu 1,2
func BenchmarkBesideLAME(b *testing.B) {
	for _, program := range []string{"lame", "ffmpeg"} {
		if _, err := exec.LookPath(program); err != nil {
			b.Skip(err)
		}
	}
	all, _, err := judge.Corpus(b.Context(), b.TempDir(), 0)
	if err != nil {
		b.Fatal(err)
	}
	planes := make([][]float32, 2)
	for range 2 {
		for _, i := range all {
			if i.Rate == 44100 && len(i.Samples) == 2 {
				for ch, x := range i.Samples {
					planes[ch] = append(planes[ch], x...)
				}
			}
		}
	}
	for _, c := range []struct {
		channels, kbps int
	}{{2, 128}, {1, 64}} {
		b.Run(fmt.Sprintf("%d-%d", c.channels, c.kbps), func(b *testing.B) {
			name := filepath.Join(b.TempDir(), "in.wav")
			if err := writeWAV(name, planes[:c.channels]); err != nil {
				b.Fatal(err)
			}
			pairs(b, name, c.kbps, map[int]string{1: "m", 2: "j"}[c.channels])
		})
	}
}

func pairs(b *testing.B, name string, kbps int, mode string) {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	out := filepath.Join(b.TempDir(), "out.mp3")
	var wall, processor []float64
	for b.Loop() {
		ours := exec.Command(self, "-test.run", "^TestEncodeFile$")
		ours.Env = append(os.Environ(), "MP3_IN="+name, "MP3_OUT="+out, fmt.Sprint("MP3_KBPS=", kbps),
			fmt.Sprint("GOMAXPROCS=", runtime.GOMAXPROCS(0)))
		theirs := exec.Command("lame", "--quiet", "-b", fmt.Sprint(kbps), "-m", mode, name, out)
		w, p := clock(b, ours)
		lw, lp := clock(b, theirs)
		wall = append(wall, w/lw)
		processor = append(processor, p/lp)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(wall), "wall/lame")
	b.ReportMetric(median(processor), "cpu/lame")
}

// clock runs a program and returns how many seconds passed, and how many of
// the processor it took.
func clock(b *testing.B, cmd *exec.Cmd) (wall, processor float64) {
	b.Helper()
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v: %s", cmd.Args, err, out)
	}
	wall = time.Since(start).Seconds()
	return wall, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
}

func median(x []float64) float64 {
	return slices.Sorted(slices.Values(x))[len(x)/2]
}

func writeWAV(name string, planes [][]float32) error {
	header, err := wav.Header(wav.Format{
		Channels: len(planes), SampleRate: 44100, Bits: 16, ValidBits: 16,
	}.Config(), int64(len(planes[0])))
	if err != nil {
		return err
	}
	for _, v := range interleave(planes) {
		i := int16(max(min(v*32768, 32767), -32768))
		header = append(header, byte(i), byte(i>>8))
	}
	return os.WriteFile(name, header, 0o666)
}
