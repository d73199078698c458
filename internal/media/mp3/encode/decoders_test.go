package encode

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/mp3"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// decode has a program write a file's samples of 16 bits to its output, and
// returns how many there are and what it complains of. Without the program ok is
// false.
func decode(t testing.TB, program string, args ...string) (samples int, complaints string, ok bool) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		return 0, "", false
	}
	var out, said bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %v: %v: %s", program, args, err, said.String())
	}
	if program != "mpg123" {
		return out.Len() / 2, said.String(), true
	}
	// mpg123 tells what it plays as well, and with -q nothing at all.
	var list []string
	for _, line := range strings.Split(said.String(), "\n") {
		low := strings.ToLower(line)
		if strings.Contains(low, "note:") || strings.Contains(low, "warning") || strings.Contains(low, "error") {
			list = append(list, line)
		}
	}
	return out.Len() / 2, strings.Join(list, "\n"), true
}

// heard checks that a program decodes a file to so many samples, those of all
// channels, and has nothing to complain of.
func heard(t testing.TB, name string, want int, program string, args ...string) {
	t.Helper()
	n, complaints, ok := decode(t, program, args...)
	if !ok {
		return
	}
	if n != want {
		t.Errorf("%s: %s makes %d samples, not %d", name, program, n, want)
	}
	if complaints != "" {
		t.Errorf("%s: %s says %s", name, program, complaints)
	}
}

func mpg123Args(name string) []string { return []string{"-s", name} }

// problems returns what mp3val finds wrong in a file.
func problems(t testing.TB, name string) (list []string) {
	t.Helper()
	if _, err := exec.LookPath("mp3val"); err != nil {
		return nil
	}
	out, err := exec.Command("mp3val", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(out), "\n") {
		// No file here has an ID3 tag.
		if strings.Contains(line, "WARNING") && !strings.Contains(line, "No supported tags") {
			list = append(list, line)
		}
	}
	return list
}

// What other decoders make of the streams: no warnings, and of each stream as
// many samples as were put in.
func TestOtherDecoders(t *testing.T) {
	dir := t.TempDir()
	ffmpeg := []string{"-v", "warning"} // all files at once, since it is slow to start
	var outputs []string
	want := make(map[string]int)
	for i, o := range settingsTable {
		name := filepath.Join(dir, fmt.Sprintf("%d-%d-%d-%d.mp3", o.SampleRate, o.Channels, o.BitRate, o.Quality))
		n := 20000 + 577*i
		frames, s := mustEncode(t, o, speechlike(uint64(i), o.Channels, n))
		if err := writeFile(name, nil, frames, s); err != nil {
			t.Fatal(err)
		}
		heard(t, name, n*o.Channels, "mpg123", mpg123Args(name)...)
		for _, p := range problems(t, name) {
			t.Error(p)
		}
		want[name+".raw"] = n * o.Channels
		ffmpeg = append(ffmpeg, "-i", name)
		outputs = append(outputs, "-map", fmt.Sprint(i), "-f", "s16le", name+".raw")
	}
	_, complaints, ok := decode(t, "ffmpeg", append(ffmpeg, outputs...)...)
	if !ok {
		return
	}
	if complaints != "" {
		t.Errorf("ffmpeg says %s", complaints)
	}
	for name, n := range want {
		if info, err := os.Stat(name); err != nil || info.Size() != int64(2*n) {
			t.Errorf("%s: ffmpeg does not make %d samples: %v, %v", name, n, info, err)
		}
	}
}

// The programs do say when a stream is broken; otherwise their silence would
// prove nothing.
func TestOtherDecodersComplain(t *testing.T) {
	o := settingsTable[1]
	frames, s := mustEncode(t, o, speechlike(1, o.Channels, 40000))
	name := filepath.Join(t.TempDir(), "broken.mp3")
	lost := frames[15][len(frames[15])/2:]
	clear(lost) // and the header of the next frame
	clear(frames[16][:40])
	if err := writeFile(name, nil, frames, s); err != nil {
		t.Fatal(err)
	}
	for program, args := range map[string][]string{"ffmpeg": {"-v", "warning", "-i", name, "-f", "s16le", "-"}, "mpg123": mpg123Args(name)} {
		if _, complaints, ok := decode(t, program, args...); ok && complaints == "" {
			t.Errorf("%s does not notice a broken stream", program)
		}
	}
	if _, err := exec.LookPath("mp3val"); err == nil && len(problems(t, name)) == 0 {
		t.Error("mp3val does not notice a broken stream")
	}
}

// The file tells of itself what other files of LAME do, and our reader and the
// decoder in Go make of it as many samples as were put in.
func TestOwnReader(t *testing.T) {
	for i, o := range settingsTable {
		x := speechlike(uint64(i), o.Channels, 5000+100*i)
		frames, s := mustEncode(t, o, x)
		name := filepath.Join(t.TempDir(), "own.mp3")
		if err := writeFile(name, nil, frames, s); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		h, err := mp3.ParseHeader(b)
		if err != nil {
			t.Fatal(err)
		}
		info, ok := mp3.ParseInfo(h, b[:h.FrameSize()])
		if !ok || info.Delay != Delay || info.Padding != s.Padding || info.Frames != s.Frames ||
			info.Bytes != int64(len(b)) || info.VBR != (o.Quality > 0) || info.TOC == nil ||
			info.MusicCRC != mp3.CRC(0, b[h.FrameSize():]) || info.LowPass/100 != s.LowPass/100 {
			t.Errorf("%+v: the file says %+v of %+v", o, info, s)
		}
		rd, err := mp3.NewReader(bytes.NewReader(b), int64(len(b)), track.Options{})
		if err != nil {
			t.Fatal(err)
		}
		src := pcm.NewStream(rd)
		if _, err := src.Next(); err != nil {
			t.Fatal(err)
		}
		y := make([]float32, len(frames)*1152*o.Channels)
		n, err := pcm.ReadFull(src, y)
		if err != nil && err != io.ErrUnexpectedEOF {
			t.Fatal(err)
		}
		if l := src.Losses(); l != nil && l.Units > 0 {
			t.Errorf("%+v: the decoder loses %d frames", o, l.Units)
		}
		run := rd.Track().Runs[0]
		if got := int(run.Samples - run.Skip - run.Trim); n != int(run.Samples) || got != len(x)/o.Channels {
			t.Errorf("%+v: %d samples of %d are heard, of %d", o, got, n, len(x)/o.Channels)
		}
	}
}
