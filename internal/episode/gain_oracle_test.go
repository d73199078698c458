package episode

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/gain"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/recording"
)

// packets returns the access units of a file.
func packets(t *testing.T, name string) (units [][]byte, all *track.Track) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	rd, err := media.Open(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var p track.Packet
	for {
		switch err := rd.Next(&p); err {
		case nil:
			units = append(units, bytes.Clone(p.Data))
		case io.EOF:
			return units, rd.Track()
		default:
			t.Fatal(err)
		}
	}
}

// floats decodes a file with ffmpeg as it is played.
func floats(t *testing.T, name string) []float32 {
	t.Helper()
	b := run(t, "ffmpeg", "-v", "error", "-i", name, "-map", "0:a", "-f", "f32le", "-c:a", "pcm_f32le", "-")
	s := make([]float32, len(b)/4)
	for i := range s {
		s[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return s
}

// metered is what ffmpeg's meter says of a file, to a thousandth: LUFS and dBTP.
func metered(t *testing.T, name string) (integrated, peak float64) {
	t.Helper()
	out := run(t, "ffmpeg", "-v", "error", "-i", name, "-map", "0:a", "-af", "ebur128=metadata=1:peak=true,ametadata=print:file=-", "-f", "null", "-")
	peak = math.Inf(-1)
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		v, err := strconv.ParseFloat(value, 64)
		switch {
		case err != nil:
		case key == "lavfi.r128.I":
			integrated = v
		case strings.HasPrefix(key, "lavfi.r128.true_peaks_ch"):
			peak = max(peak, 20*math.Log10(v))
		}
	}
	return integrated, peak
}

// A gainCase is a recording that is exported by its gains.
type gainCase struct {
	name   string
	format format.Format
	make   func(t *testing.T) (*library.Library, *recording.Recording)
	q      Request
}

// coded makes a library of talk that a program has coded: FILE stands for the
// result, and WAV for the sound.
func coded(channels int, ext string, program string, args ...string) func(t *testing.T) (*library.Library, *recording.Recording) {
	return func(t *testing.T) (*library.Library, *recording.Recording) {
		t.Helper()
		tool(t, program)
		dir := t.TempDir()
		wav, file := filepath.Join(dir, "talk.wav"), filepath.Join(dir, "talk."+ext)
		f := pcm.Format{SampleRate: 44100, Channels: channels}
		out, err := os.Create(wav)
		if err != nil {
			t.Fatal(err)
		}
		// A quiet second at both ends, and peaks that stand out.
		samples := voice(f, 16, 12, func(s float64) float64 {
			switch {
			case s < 1.3 || s > 14.6:
				return 0
			case math.Mod(s, 5) < 0.2:
				return 1.3
			}
			return 0.45
		})
		err = encode.WAV(t.Context(), out, encode.Sound{Reader: &memoryReader{f, samples}, Samples: int64(len(samples) / f.Channels), Bits: 24}, encode.Options{})
		if cerr := out.Close(); err != nil || cerr != nil {
			t.Fatal(err, cerr)
		}
		for i := range args {
			args[i] = strings.NewReplacer("WAV", wav, "FILE", file).Replace(args[i])
		}
		run(t, program, args...)
		return taken(t, file)
	}
}

// spoken makes a library of X's recorder's talk of several people.
func spoken(t *testing.T) (*library.Library, *recording.Recording) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "one.zip")
	one := fixture.One()
	if _, err := one.WriteZIP(name); err != nil {
		t.Fatal(err)
	}
	return taken(t, name)
}

var gainCases = []gainCase{
	{"AAC mono", format.M4A, coded(1, "m4a", "ffmpeg", "-v", "error", "-i", "WAV", "-c:a", "aac", "-b:a", "64k", "FILE"), Request{}},
	{"AAC stereo", format.M4A, coded(2, "m4a", "ffmpeg", "-v", "error", "-i", "WAV", "-c:a", "aac", "-b:a", "128k", "FILE"), Request{}},
	{"AAC trimmed", format.M4A, coded(2, "m4a", "ffmpeg", "-v", "error", "-i", "WAV", "-c:a", "aac", "-b:a", "128k", "FILE"), Request{TrimSilence: true}},
	{"AAC levelled", format.M4A, spoken, Request{Level: true}},
	{"AAC of X", format.M4A, spoken, Request{}},
	{"MP3 CBR", format.MP3, coded(2, "mp3", "lame", "--quiet", "-b", "128", "WAV", "FILE"), Request{}},
	{"MP3 CBR with CRC, mono", format.MP3, coded(1, "mp3", "lame", "--quiet", "-p", "-m", "m", "-b", "64", "WAV", "FILE"), Request{}},
	{"MP3 VBR", format.MP3, coded(2, "mp3", "lame", "--quiet", "-V", "4", "WAV", "FILE"), Request{}},
	{"MP3 trimmed", format.MP3, coded(2, "mp3", "lame", "--quiet", "-V", "4", "WAV", "FILE"), Request{TrimSilence: true}},
}

// An episode of which the gains were changed is, in all frames that are shifted as
// the one before them, the recording's sound times a power of 2^(1/4), says
// ffmpeg; its meter finds what the record says; and other programs play it as long
// as ffmpeg does.
func TestGainsByOtherPrograms(t *testing.T) {
	tool(t, "ffmpeg")
	for _, test := range gainCases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, r := test.make(t)
			q := test.q
			q.Encode, q.NoCover = EncodeNever, true
			res := exported(t, l, r, t.TempDir(), q)
			if res.Gain == nil || res.ReEncoded || filepath.Ext(res.Path) != "."+string(test.format) {
				t.Fatalf("%s: %+v", res.Path, res.Record)
			}
			if len(res.Notes) > 0 {
				t.Errorf("remarks: %q", res.Notes)
			}
			t.Logf("%+.1f to %+.1f dB, %d changes, %d of them loud", res.Gain.Least, res.Gain.Most, res.Gain.Changes, res.Gain.LoudChanges)
			t.Run("sound", func(t *testing.T) { soundIsShifted(t, r, res) })
			t.Run("loudness", func(t *testing.T) {
				lufs, peak := metered(t, res.Path)
				if d := lufs - *res.After.Integrated; math.Abs(d) > 0.1 {
					t.Errorf("ffmpeg measures %.3f LUFS, the record says %.2f", lufs, *res.After.Integrated)
				}
				if d := peak - *res.After.TruePeak; math.Abs(d) > 0.2 {
					t.Errorf("ffmpeg measures %.3f dBTP, the record says %.2f", peak, *res.After.TruePeak)
				}
			})
			t.Run("players", func(t *testing.T) { playersAgree(t, res) })
		})
	}
}

// soundIsShifted compares the sound of an episode with that of the recording, frame
// by frame.
func soundIsShifted(t *testing.T, r *recording.Recording, res *Result) {
	source := r.Files[0].Name()
	was, from := packets(t, source)
	now, to := packets(t, res.Path)
	a, b := &from.Runs[0], &to.Runs[0]
	unit := int64(a.UnitSamples)
	begin := int64(math.Round(res.Kept[0].Start * float64(a.SampleRate))) // of what is played
	moved := (a.Skip + begin - b.Skip) / unit                             // unit i of the episode is unit i+moved of the recording
	if (a.Skip+begin-b.Skip)%unit != 0 {
		t.Fatalf("its units begin elsewhere: %d and %d", a.Skip+begin, b.Skip)
	}
	comparer, err := gain.NewComparer(a.Config)
	if err != nil {
		t.Fatal(err)
	}
	steps := make([]int, len(now)) // by which each is shifted
	silent := make([]bool, len(now))
	for i := range now {
		k := int64(i) + moved
		if k < 0 || k >= int64(len(was)) {
			t.Fatalf("unit %d of the episode is unit %d of %d", i, k, len(was))
		}
		by, quiet, same := comparer.Compare(now[i], was[k])
		if i == 0 && !same && isMP3(res.Path) {
			steps[0], silent[0] = 0, true // a frame that prepares the decoder
			continue
		}
		if !same {
			t.Fatalf("unit %d of the episode is not unit %d of the recording with another gain", i, k)
		}
		if steps[i], silent[i] = by, quiet; quiet && i > 0 {
			steps[i] = steps[i-1]
		}
	}
	x, y := floats(t, source), floats(t, res.Path)
	c := int64(a.Channels)
	if y = y[:min(int64(len(y)), res.Samples*c)]; int64(len(y)) != res.Samples*c || int64(len(x)) < (begin+res.Samples)*c {
		t.Fatalf("ffmpeg plays %d samples, the record says %d", int64(len(y))/c, res.Samples)
	}
	// A frame is heard in the one behind it too, in MP3 a little in the next.
	reach := 1
	if isMP3(res.Path) {
		reach = 2
	}
	var sound, wrong, changed, all float64
	for i := range y {
		k := int((b.Skip + int64(i)/c) / unit)
		want := gain.Factor(steps[k]) * float64(x[begin*c+int64(i)])
		all++
		stable := k >= reach
		for n := max(0, k-reach); n < k; n++ {
			stable = stable && steps[n] == steps[k]
		}
		if !stable {
			changed++
			continue
		}
		d := float64(y[i]) - want
		sound += want * want
		wrong += d * d
	}
	db := 10 * math.Log10(sound/wrong)
	t.Logf("the error is %.1f dB below the sound; %.1f%% lie in changes", db, 100*changed/all)
	if !(db >= 120) || changed > all/2 {
		t.Errorf("the error is %.1f dB below the sound; %.1f%% lie in changes", db, 100*changed/all)
	}
}

// isMP3 reports whether a file is an .mp3.
func isMP3(name string) bool { return filepath.Ext(name) == ".mp3" }

// playersAgree has other programs play an episode. They must not say a word of it,
// and agree on its length.
func playersAgree(t *testing.T, res *Result) {
	said := func(name string, args ...string) (out []byte, words string) {
		t.Helper()
		tool(t, name)
		var stderr bytes.Buffer
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, &stderr)
		}
		return out, stderr.String()
	}
	units, all := packets(t, res.Path)
	unit := int64(all.Runs[0].UnitSamples)
	length := func(program string, channels, got int) int64 {
		t.Helper()
		if got%(2*channels) != 0 {
			t.Errorf("%s plays %d bytes", program, got)
		}
		return int64(got / (2 * channels))
	}
	t.Run("ffmpeg", func(t *testing.T) {
		out, words := said("ffmpeg", "-v", "warning", "-i", res.Path, "-map", "0:a", "-f", "s16le", "-")
		n := length("ffmpeg", res.Channels, len(out))
		// Of an .m4a it plays the last unit to its end.
		if n != res.Samples && (isMP3(res.Path) || n != int64(len(units))*unit-all.Runs[0].Skip) || words != "" {
			t.Errorf("ffmpeg plays %d samples, the record says %d: %q", n, res.Samples, words)
		}
	})
	if isMP3(res.Path) {
		t.Run("mpg123", func(t *testing.T) {
			out, words := said("mpg123", "-q", "-s", "-e", "s16", res.Path)
			if n := length("mpg123", res.Channels, len(out)); n != res.Samples || words != "" {
				t.Errorf("mpg123 plays %d samples, the record says %d: %q", n, res.Samples, words)
			}
		})
		t.Run("mp3val", func(t *testing.T) {
			out, _ := said("mp3val", res.Path)
			if bytes.Contains(out, []byte("WARNING")) || bytes.Contains(out, []byte("ERROR")) {
				t.Errorf("mp3val says %s", out)
			}
		})
	} else {
		t.Run("faad", func(t *testing.T) {
			pcm := filepath.Join(t.TempDir(), "a.pcm")
			_, words := said("faad", "-q", "-f", "2", "-o", pcm, res.Path)
			info, err := os.Stat(pcm)
			if err != nil {
				t.Fatal(err)
			}
			// It knows no edit list, and begins with the second unit. One channel becomes two.
			if n := length("faad", 2, int(info.Size())); n != int64(len(units)-1)*unit || faults.MatchString(words) {
				t.Errorf("faad plays %d samples of %d units: %s", n, len(units), words)
			}
		})
	}
	t.Run("mediainfo", func(t *testing.T) {
		out, _ := said("mediainfo", "--Output=JSON", res.Path)
		var info struct {
			Media struct {
				Track []struct {
					Type     string `json:"@type"`
					Duration string
				}
			}
		}
		if err := json.Unmarshal(out, &info); err != nil {
			t.Fatal(err)
		}
		want := res.Duration
		if isMP3(res.Path) { // it counts frames, those too that are not heard
			want = float64(int64(len(units))*unit) / float64(res.SampleRate)
		}
		for _, tr := range info.Media.Track {
			if d, err := strconv.ParseFloat(tr.Duration, 64); tr.Type == "Audio" && (err != nil || math.Abs(d-want) > 0.002) {
				t.Errorf("mediainfo says %s s, and there are %.4f", tr.Duration, want)
			}
		}
	})
}

// faults are what faad says of a file that it does not like.
var faults = regexp.MustCompile(`(?i)error|warning|invalid|unable|not supported`)
