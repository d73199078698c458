package pcm

import (
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/loudness"
)

// loud are sounds that go beyond full scale, by encoder.
func loud(t testing.TB) map[string]string {
	t.Helper()
	dir := t.TempDir()
	voice := filepath.Join("..", "..", "fixture", "testdata", "guest.aac")
	from := func(name string, args ...string) string {
		file := filepath.Join(dir, name)
		tool(t, "ffmpeg", append(append([]string{"-v", "error", "-y", "-i", voice}, args...), file)...)
		return file
	}
	const clipped = "volume=30dB,alimiter=limit=1:level=false:attack=0.1:release=5"
	return map[string]string{
		"clipped speech, AAC":         from("clipped.aac", "-af", clipped, "-c:a", "aac", "-b:a", "64k", "-aac_pns", "0"),
		"loud speech, AAC stereo":     from("stereo.aac", "-af", "volume=14dB,pan=stereo|c0=c0|c1=0.5*c0", "-c:a", "aac", "-b:a", "128k", "-aac_pns", "0"),
		"far too loud, AAC":           from("far.aac", "-af", "volume=40dB", "-c:a", "aac", "-b:a", "96k", "-aac_pns", "0"),
		"music, AAC":                  encode(t, "music.aac", 44100, 2, 6, "-af", "volume=12dB", "-c:a", "aac", "-b:a", "96k", "-aac_pns", "0"),
		"music, AAC mono":             encode(t, "mono.aac", 32000, 1, 6, "-af", "volume=9dB", "-c:a", "aac", "-b:a", "64k", "-aac_pns", "0"),
		"clipped speech, MP3":         from("clipped.mp3", "-af", clipped+",volume=2dB", "-c:a", "libmp3lame", "-joint_stereo", "0", "-b:a", "64k"),
		"music, MP3":                  encode(t, "music.mp3", 44100, 2, 6, "-af", "volume=11dB", "-c:a", "libmp3lame", "-joint_stereo", "0", "-b:a", "96k"),
		"music, MP3 of variable rate": encode(t, "vbr.mp3", 48000, 2, 6, "-af", "volume=11dB", "-c:a", "libmp3lame", "-joint_stereo", "0", "-q:a", "4"),
		"music, MPEG-2":               encode(t, "lsf.mp3", 22050, 1, 6, "-af", "volume=9dB", "-c:a", "libmp3lame", "-b:a", "32k"),
	}
}

// Samples beyond full scale are those of ffmpeg's float decoders, up to
// steps of 2, 8 or 64 parts in 32768.
func TestBeyondFullScale(t *testing.T) {
	if testing.Short() {
		t.Skip("one decoder, and no goroutine")
	}
	for name, file := range loud(t) {
		t.Run(name, func(t *testing.T) {
			rec := read(t, file)
			d, err := NewDecoder(rec.Config)
			if err != nil {
				t.Fatal(err)
			}
			want := floats(tool(t, "ffmpeg", "-v", "error", "-flags2", "+skip_manual", "-i", file, "-f", "f32le", "-c:a", "pcm_f32le", "-"))
			ours, theirs := newMeter(t, rec), newMeter(t, rec)
			got := make([]float32, rec.UnitSamples*rec.Channels)
			over := 0
			var most, wrong float64
			var tops, offs []float64
			for i, unit := range rec.units {
				if err := d.Decode(got, unit); err != nil {
					t.Fatalf("unit %d: %v", i, err)
				}
				if len(want) < len(got) {
					t.Fatalf("ffmpeg decodes %d units of %d", i, len(rec.units))
				}
				ours.Write(got)
				theirs.Write(want[:len(got)])
				var top, off float64
				for k, v := range got {
					w := float64(want[k])
					top = max(top, math.Abs(w))
					if math.Abs(w) > 1 {
						over++
					}
					off = max(off, math.Abs(float64(v)-w))
				}
				most = max(most, top)
				tops, offs = append(tops, top), append(offs, off)
				want = want[len(got):]
			}
			for i, off := range offs {
				// The decoder errs in proportion to what its windows hold.
				top := slices.Max(tops[max(0, i-1):min(len(tops), i+2)])
				step := 1.0
				for k := 0; top >= fullScale && k < len(lower) && step <= top; k++ {
					step = float64(int(1) << (lower[k] / 4))
				}
				wrong = max(wrong, off/step)
			}
			a, b := ours.Result(), theirs.Result()
			t.Logf("%d samples beyond full scale, up to %.2f; peak %.3f dBTP, ffmpeg's %.3f; wrong by up to %.2f steps of the rounding", over, most, float64(a.TruePeak), float64(b.TruePeak), 32768*wrong)
			if over < 100 || len(want) > 0 {
				t.Fatalf("%d samples beyond full scale, %d left over", over, len(want))
			}
			if d.CutOff() > 0 {
				t.Errorf("%d units were cut off", d.CutOff())
			}
			if math.Abs(float64(a.TruePeak-b.TruePeak)) > 0.2 || math.Abs(float64(a.Integrated-b.Integrated)) > 0.05 {
				t.Errorf("%.3f dBTP, %.3f LUFS; ffmpeg's %.3f and %.3f", float64(a.TruePeak), float64(a.Integrated), float64(b.TruePeak), float64(b.Integrated))
			}
			if 32768*wrong > rounding {
				t.Errorf("samples are wrong by up to %.1f steps of the rounding", 32768*wrong)
			}
		})
	}
}

func newMeter(t testing.TB, rec recording) *loudness.Meter {
	t.Helper()
	m, err := loudness.NewMeter(rec.SampleRate, rec.Channels)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Units that cannot be shifted are cut off, and counted.
func TestCutOffIsCounted(t *testing.T) {
	rec := read(t, loud(t)["clipped speech, AAC"])
	for i, unit := range rec.units {
		rec.units[i] = append(append([]byte(nil), unit...), 1) // what is behind END may be anything
	}
	d, err := NewDecoder(rec.Config)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, rec.UnitSamples*rec.Channels)
	full := int64(0)
	for _, unit := range rec.units {
		if err := d.Decode(got, unit); err != nil {
			t.Fatal(err)
		}
		if beyond(got) {
			full++
		}
		for _, v := range got {
			if v > 1 || v < -1 {
				t.Fatalf("a sample of %v", v)
			}
		}
	}
	if full == 0 || d.CutOff() != full {
		t.Errorf("%d units at full scale, counted %d", full, d.CutOff())
	}
	p, err := rec.file(t).Play(t.Context(), 2, Span{0, rec.Samples})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	all(t, p)
	if p.CutOff() < full {
		t.Errorf("a Player counts %d of %d", p.CutOff(), full)
	}
}

// PlayAll reads out what Play does, and visits each unit with the samples that
// a Player of the whole file has for it.
func TestPlayAll(t *testing.T) {
	for name, rec := range map[string]recording{
		"aac": speech(t, 3*pieceUnits+100),
		"mp3": read(t, loud(t)["music, MP3"]),
	} {
		if testing.Short() && name != "aac" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			f := rec.file(t)
			n := int64(rec.UnitSamples)
			heard := []Span{{n + 100, 30*n + 7}, {40 * n, 0}, {50*n - 3, 20}, {60 * n, f.Samples() - 60*n - 5}}
			want, _ := play(t, f, 2, heard...)
			whole, _ := play(t, f, 2, Span{0, f.Samples()})
			for jobs := 1; jobs <= 3; jobs++ {
				unit := 0
				p, err := f.PlayAll(t.Context(), jobs, heard, func(data []byte, samples []float32) error {
					if !bytes.Equal(data, rec.units[unit]) {
						t.Fatalf("unit %d is another", unit)
					}
					size := len(samples)
					equal(t, "unit", samples, whole[unit*size:(unit+1)*size])
					unit++
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				equal(t, "heard", all(t, p), want)
				p.Close()
				if unit != len(rec.units) {
					t.Errorf("%d units of %d were visited", unit, len(rec.units))
				}
			}
			if _, err := f.PlayAll(t.Context(), 1, []Span{{10, 10}, {15, 2}}, nil); err == nil {
				t.Error("stretches that overlap are taken")
			}
		})
	}
}
