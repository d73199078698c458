package moments

import (
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/pcm"
)

// espeakRate is the sample rate of eSpeak NG.
const espeakRate = 22050

// espeak returns what eSpeak NG makes of a text.
func espeak(t *testing.T, voice string, pitch, speed int, text string) []float32 {
	t.Helper()
	out, err := exec.Command("espeak-ng", "-v", voice, "-p", strconv.Itoa(pitch), "-s", strconv.Itoa(speed), "--stdout", "--", text).Output()
	const header = 44 // of its WAVE files
	if err != nil || len(out) <= header {
		t.Skipf("espeak-ng made %d bytes, error %v", len(out), err)
	}
	list := make([]float32, (len(out)-header)/2)
	for i := range list {
		list[i] = float32(int16(binary.LittleEndian.Uint16(out[header+2*i:]))) / 32768
	}
	return list
}

// Speech and laughs that are not of our making: voices of eSpeak NG read a
// licence, and once six of them go ha-ha at the same time, at about the level
// of what is read.
func TestLaughOfOtherMaking(t *testing.T) {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip("no espeak-ng")
	}
	licence, err := os.ReadFile("../../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	const part = 1500 // bytes, a minute and a half
	if len(licence) < 3*part {
		t.Fatalf("the licence has %d bytes", len(licence))
	}
	var sound []float32
	var from, to float64
	for i, voice := range []string{"en-us+m1", "en-gb+f2", "en-us+m3"} {
		if i == 1 {
			laugh := make([]float32, 4*espeakRate)
			for k, v := range []string{"en-us+m1", "en-gb+f2", "en-us+m3", "en-us+f4", "en-us+f5", "en-us+whisper"} {
				ha := espeak(t, v, 50+7*k, 215+17*k, "ha ha ha ha ha ha ha ha ha ha ha ha ha ha")
				for n := k * espeakRate / 20; n < len(laugh) && n < len(ha); n++ {
					laugh[n] += ha[n-k*espeakRate/20] / 2
				}
			}
			from, to = float64(len(sound))/espeakRate, float64(len(sound)+len(laugh))/espeakRate
			sound = append(sound, laugh...)
		}
		sound = append(sound, espeak(t, voice, 50, 150, string(licence[i*part:(i+1)*part]))...)
	}
	n := int64(len(sound))
	all := []run{waveRun(pcm.Format{SampleRate: espeakRate, Channels: 1}, 0, n, func(i int64) float64 { return float64(sound[i]) })}
	f, err := scan(context.Background(), espeakRate, n, all, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	l, _ := levelsOf(f.hops)
	heard := false
	for _, e := range reactions(windowsOf(f.hops, l)) {
		t.Logf("%s at %.1f to %.1f s, strength %.2f", e.kind, e.from, e.to, e.strength)
		const clear, hardly = 0.5, 0.3
		switch inside := e.from >= from-1 && e.to <= to+1; {
		case inside && e.kind == Laughter && e.strength >= clear:
			heard = true
		case !inside && e.strength > hardly:
			t.Errorf("what is read at %.1f s is taken for %s", e.from, e.kind)
		}
	}
	if !heard {
		t.Errorf("six who laugh at %.1f s are not heard", from)
	}
}
