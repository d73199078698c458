package pcm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/track"
)

// apart is how many dB the difference of got and want lies below want.
func apart(got, want []float32) float64 {
	var sound, diff float64
	for i, v := range want {
		d := float64(got[i]) - float64(v)
		sound += float64(v) * float64(v)
		diff += d * d
	}
	return 10 * math.Log10((sound+1e-20)/(diff+1e-20))
}

// libopus returns what libopus decodes of a file, its gain and look-ahead
// included.
func libopus(t testing.TB, file string) []float32 {
	t.Helper()
	return floats(tool(t, "ffmpeg", "-v", "error", "-c:a", "libopus", "-i", file, "-f", "f32le", "-c:a", "pcm_f32le", "-"))
}

// opusFile encodes so many seconds of Opus. All are of one sound, which ffmpeg takes
// long to compute.
func opusFile(t testing.TB, channels int, seconds float64, args ...string) string {
	t.Helper()
	return encode(t, "a.opus", 48000, channels, max(9, seconds), append([]string{"-t", fmt.Sprint(seconds), "-c:a", "libopus"}, args...)...)
}

// opusKinds have all modes, lengths of frames and numbers of channels.
var opusKinds = []struct {
	channels int
	args     string
}{
	{1, "-application voip -b:a 12k"},
	{1, "-application voip -b:a 24k -frame_duration 40"},
	{2, "-application voip -b:a 36k -frame_duration 60"},
	{2, "-application audio -b:a 96k"},
	{1, "-application audio -b:a 64k -frame_duration 120"},
	{2, "-application lowdelay -b:a 128k -frame_duration 2.5"},
}

// A file of Opus is what libopus decodes of it, 45 dB below the sound: as near as
// two builds of libopus come to each other, with integers and with floats. In
// spans it is what it is from its start. SPACES_LONG=1 takes more sound.
func TestOpus(t *testing.T) {
	seconds := 6.5 // the second piece begins after 5.12 s of packets of 20 ms
	if os.Getenv("SPACES_LONG") != "" {
		seconds = 30
	}
	for i, c := range opusKinds {
		if testing.Short() && i%3 > 0 {
			continue
		}
		t.Run(fmt.Sprint(c.channels, c.args), func(t *testing.T) {
			file := opusFile(t, c.channels, seconds, strings.Fields(c.args)...)
			rec := read(t, file)
			want, bad := rec.linear(t)
			if len(bad) > 0 {
				t.Fatalf("units %v could not be decoded", bad)
			}
			theirs := libopus(t, file)
			heard := want[int(rec.Skip)*c.channels:][:int(rec.Played())*c.channels]
			if len(heard) != len(theirs) {
				t.Fatalf("%d values, libopus decodes %d", len(heard), len(theirs))
			}
			if db := apart(heard, theirs); db < 45 {
				t.Errorf("differs from libopus by what is %.1f dB below the sound", db)
			}
			f := rec.file(t)
			if f.Samples() != rec.Samples {
				t.Fatalf("%d samples, want %d", f.Samples(), rec.Samples)
			}
			whole, _ := play(t, f, 1, Span{0, rec.Samples})
			for at := 0; at < len(want); at += 48000 * c.channels {
				end := min(len(want), at+48000*c.channels)
				if db := apart(whole[at:end], want[at:end]); db < 40 {
					t.Errorf("second %d: differs from a linear decode by what is %.1f dB below the sound", at/48000/c.channels, db)
				}
			}
			p, err := f.PlayLinear(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			equal(t, "linear", all(t, p), want)
			rnd := rand.New(rand.NewPCG(3, 4))
			for jobs := range 6 {
				start := rnd.Int64N(rec.Samples)
				s := Span{start, rnd.Int64N(rec.Samples-start) + 1}
				got, losses := play(t, f, jobs, s)
				equal(t, fmt.Sprint(s), got, whole[int(s.Start)*c.channels:int(s.End())*c.channels])
				if losses.Units > 0 {
					t.Errorf("%v: %+v", s, losses)
				}
			}
		})
	}
}

// In a file whose packets change in mode, length and channels no packet is decoded
// twice or left out.
func TestOpusThatChanges(t *testing.T) {
	var rec recording
	for i, c := range opusKinds {
		part := read(t, opusFile(t, 2, 2, append([]string{"-ac", fmt.Sprint(c.channels)}, strings.Fields(c.args)...)...))
		if i == 0 {
			part.Channels = 2
			part.Specific = part.Specific[:9] + "\x02" + part.Specific[10:]
			rec = part
			continue
		}
		rec.lengths.AddFrom(&part.lengths, 0, part.Units)
		rec.units = append(rec.units, part.units...)
		rec.Samples += part.Samples
		rec.Units += part.Units
	}
	want, bad := rec.linear(t)
	if len(bad) > 0 {
		t.Fatalf("units %v could not be decoded", bad)
	}
	f := rec.file(t)
	p, err := f.PlayLinear(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	equal(t, "linear", all(t, p), want)
	whole, _ := play(t, f, 1, Span{0, rec.Samples})
	if db := apart(whole, want); db < 45 {
		t.Errorf("differs from a linear decode by what is %.1f dB below the sound", db)
	}
	got, _ := play(t, f, 3, Span{100_000, 300_000})
	equal(t, "span", got, whole[200_000:800_000])
}

// The gain of the header is what a player has to apply (RFC 7845 §5.1).
func TestOpusGain(t *testing.T) {
	rec := read(t, opusFile(t, 1, 1))
	plain, _ := rec.linear(t)
	for _, gain := range []int16{-6 * 256, 3*256 + 128} {
		head := []byte(rec.Specific)
		binary.LittleEndian.PutUint16(head[16:], uint16(gain))
		rec.Specific = string(head)
		got, _ := rec.linear(t)
		factor := math.Pow(10, float64(gain)/256/20)
		for i, v := range got {
			if want := float64(plain[i]) * factor; math.Abs(float64(v)-want) > 1e-6 {
				t.Fatalf("gain %d: sample %d is %g, want %g", gain, i, v, want)
			}
		}
	}
}

// What is cut off at full scale cannot be had back, and is counted.
func TestOpusCutOff(t *testing.T) {
	rec := read(t, opusFile(t, 1, 2, "-af", "volume=12dB"))
	d, err := NewDecoder(rec.Config)
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range rec.units {
		if err := d.Decode(make([]float32, rec.length(i)), u); err != nil {
			t.Fatal(err)
		}
	}
	if d.CutOff() == 0 || !MayCutOff(track.Opus) {
		t.Errorf("%d units were cut off", d.CutOff())
	}
}

// Packets that are damaged are silence as long as they would have been, and those
// after them are heard.
func TestDamagedOpus(t *testing.T) {
	rec := read(t, opusFile(t, 2, 9, "-b:a", "48k"))
	want, _ := rec.linear(t)
	broken := rec
	broken.units = slices.Clone(rec.units)
	// Code 1 has two frames of equal length: an odd number of bytes is none. The
	// packet is said to last 20 ms all the same.
	for _, i := range []int{50, 51, 300} {
		broken.units[i] = []byte{rec.units[i][0]&^3 | 1, 1, 2, 3, 4, 5}
	}
	broken.units[301] = []byte{rec.units[301][0] | 3, 0} // no frame at all
	got, losses := play(t, broken.file(t), 2, Span{0, rec.Samples})
	if len(got) != len(want) || losses.Units != 4 || len(losses.Places) != 2 || losses.Places[0].Start != 50*960 {
		t.Fatalf("%d values, losses %+v", len(got), losses)
	}
	for i, v := range got[2*50*960 : 2*52*960] {
		if v != 0 {
			t.Fatalf("value %d in the place of a damaged packet is %g", i, v)
		}
	}
	if db := apart(got[2*400*960:], want[2*400*960:]); db < 45 {
		t.Errorf("two seconds after damage: differs by what is %.1f dB below the sound", db)
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	for seed := range uint64(3) {
		hit, _ := damaged(rec, seed)
		for i, u := range hit.units {
			if len(u) == 0 {
				hit.units[i] = []byte{byte(rnd.Uint32())}
			}
		}
		got, _ := play(t, hit.file(t), 2, Span{0, rec.Samples})
		if len(got) != len(want) {
			t.Fatalf("seed %d: %d values, want %d", seed, len(got), len(want))
		}
	}
}

// Silence that an encoder leaves out (DTX) is packets of nothing but a header.
func TestOpusOfSilence(t *testing.T) {
	rec := read(t, opusFile(t, 1, 4, "-application", "voip", "-b:a", "16k"))
	rec.units = slices.Clone(rec.units)
	for i := 50; i < 150; i++ {
		rec.units[i] = rec.units[i][:1]
	}
	samples, bad := rec.linear(t)
	if len(bad) > 0 {
		t.Errorf("%v could not be decoded", bad)
	}
	for i, v := range samples[2*48000 : 3*48000-960] {
		if math.Abs(float64(v)) > 0.2 {
			t.Fatalf("sample %d of background noise is %g", i, v)
		}
	}
}

// Several streams side by side are decoded. Their mean is what that of libopus is,
// which knows another order of channels.
func TestOpusOfManyChannels(t *testing.T) {
	for _, c := range []struct {
		channels int
		args     string
	}{{6, "-ac 6 -mapping_family 1 -b:a 256k"}, {5, "-ac 5 -mapping_family 1 -b:a 80k -application voip -frame_duration 60"}, {2, "-ac 2 -mapping_family 255"}} {
		file := opusFile(t, 2, 3, strings.Fields(c.args)...)
		rec := read(t, file)
		got, bad := rec.linear(t)
		if rec.Channels != c.channels || len(bad) > 0 {
			t.Fatalf("%d channels, bad units %v", rec.Channels, bad)
		}
		theirs := libopus(t, file)
		got = got[int(rec.Skip)*c.channels:][:int(rec.Played())*c.channels]
		if len(got) != len(theirs) {
			t.Fatalf("%s: %d values, want %d", c.args, len(got), len(theirs))
		}
		if db := apart(mean(got, c.channels), mean(theirs, c.channels)); db < 45 {
			t.Errorf("%s: differs by what is %.1f dB below the sound", c.args, db)
		}
		broken := rec
		broken.units = slices.Clone(rec.units)
		broken.units[20] = rec.units[20][:len(rec.units[20])/8]
		if samples, bad := broken.linear(t); !slices.Equal(bad, []int{20}) || len(samples) != int(rec.Samples)*c.channels {
			t.Errorf("%s: %v are bad, %d values", c.args, bad, len(samples))
		}
	}
	config := track.Config{Codec: track.Opus, SampleRate: 48000, Channels: 4, Specific: "OpusHead\x01\x04\x00\x00\x00\x00\x00\x00\x00\x00\x03\x02\x02\x00\x01\x02\x03"}
	if _, err := NewDecoder(config); !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "family 3") {
		t.Error(err)
	}
}

// mean is samples mixed to one channel.
func mean(samples []float32, channels int) []float32 {
	list := make([]float32, len(samples)/channels)
	for i := range list {
		for c := range channels {
			list[i] += samples[i*channels+c] / float32(channels)
		}
	}
	return list
}
