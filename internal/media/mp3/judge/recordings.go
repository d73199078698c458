package judge

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// A corpusBuilder is where items are made.
type corpusBuilder struct {
	ctx context.Context
	dir string
}

const (
	question = `Good evening everybody, and welcome to the show. Tonight we talk about the summer of social media.
Which six of these things should people stop using at once? Please, tell us, briefly: what has changed since May?`
	answer = `Thank you for having me! Perhaps a better question is: who still listens? I took the bus to Texas,
spoke with sixty-six shopkeepers and teachers, and most of them just shrugged. It is a pity. Actually, it is a puzzle.`
	german = `Guten Abend, meine Damen und Herren. Zwischen zwei Zwetschgenzweigen zwitschern zwei Schwalben.
Heute sprechen wir über das Wetter, die Straßenbahn, und darüber, was sich seit dem Sommer geändert hat.`
)

// voice returns a recipe for one voice of espeak-ng.
func voice(name string, speed int) func(*corpusBuilder, int) ([][]float32, error) {
	return func(k *corpusBuilder, rate int) ([][]float32, error) {
		text := question + " " + answer
		if name[:2] == "de" {
			text = german + " " + german
		}
		return k.speak(name, speed, text, rate)
	}
}

// speak has espeak-ng say a text.
func (k *corpusBuilder) speak(voice string, speed int, text string, rate int) ([][]float32, error) {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		return nil, fmt.Errorf("espeak-ng: %w", errMissing)
	}
	file := filepath.Join(k.dir, "spoken.wav")
	defer os.Remove(file)
	if err := run(k.ctx, "espeak-ng", "-v", voice, "-s", strconv.Itoa(speed), "-w", file, text); err != nil {
		return nil, err
	}
	return decode(k.ctx, file, rate, 1, 0, 2*seconds)
}

// talk is two people in one room, one on the left and one on the right; the
// second begins before the first has ended. The room is one reflection from the other side.
func talk(k *corpusBuilder, rate int) ([][]float32, error) {
	a, err := k.speak("en-us+f3", 165, question, rate)
	if err != nil {
		return nil, err
	}
	b, err := k.speak("en-gb+m1", 160, answer, rate)
	if err != nil {
		return nil, err
	}
	half := seconds * rate / 2
	first, second := a[0], b[0]
	x := silenceOf(2, seconds*rate)
	echo := rate * 11 / 1000
	for n := range x[0] {
		l, r := at(first, n), at(second, n-half+rate)
		x[0][n] += 0.6*l + 0.3*r + 0.1*at(second, n-half+rate-echo)
		x[1][n] += 0.3*l + 0.6*r + 0.1*at(first, n-echo)
	}
	return x, nil
}

// at returns sample n of x, 0 outside of it.
func at(x []float32, n int) float32 {
	if n < 0 || n >= len(x) {
		return 0
	}
	return x[n]
}

func silenceOf(channels, n int) [][]float32 {
	x := make([][]float32, channels)
	for c := range x {
		x[c] = make([]float32, n)
	}
	return x
}

// real48 is a woman who says where loudspeakers stand (package alsa-utils).
func real48(k *corpusBuilder, rate int) ([][]float32, error) {
	return k.join("sounds/alsa/[FRS]*.wav", rate)
}

// real44 is a boy or woman who speaks short French phrases (package
// ktuberling-data).
func real44(k *corpusBuilder, rate int) ([][]float32, error) {
	return k.join("ktuberling/sounds/fr/robin_*.wav", rate)
}

// real16 is a woman who explains a telephone exchange, in wideband telephone
// quality (package asterisk-core-sounds-en-g722).
func real16(k *corpusBuilder, rate int) ([][]float32, error) {
	return k.join("asterisk/sounds/en_US_f_Allison/demo-instruct.g722", rate)
}

// join puts the recordings below share whose names match behind each other.
func (k *corpusBuilder) join(pattern string, rate int) ([][]float32, error) {
	files := find(pattern)
	if len(files) == 0 {
		return nil, fmt.Errorf("/usr/share/%s: %w", pattern, errMissing)
	}
	all := [][]float32{nil}
	for _, f := range files {
		if len(all[0]) >= seconds*rate {
			break
		}
		x, err := decode(k.ctx, f, rate, 1, 0, seconds)
		if err != nil {
			return nil, err
		}
		all[0] = append(all[0], x[0]...)
	}
	return all, nil
}

// find returns the files that match a pattern below the place for shared data.
func find(pattern string) []string {
	places := []string{"/usr/share"}
	if cache, err := os.UserCacheDir(); err == nil {
		places = append(places, filepath.Join(cache, "spaces-judge", "usr", "share"))
	}
	for _, place := range places {
		// The only error is one of the pattern.
		if files, _ := filepath.Glob(filepath.Join(place, filepath.FromSlash(pattern))); len(files) > 0 {
			return files
		}
	}
	return nil
}

// music returns a recipe for a stretch of music from a game.
func music(name string, from int) func(*corpusBuilder, int) ([][]float32, error) {
	return func(k *corpusBuilder, rate int) ([][]float32, error) {
		files := find("games/" + name)
		if len(files) == 0 {
			return nil, fmt.Errorf("/usr/share/games/%s: %w", name, errMissing)
		}
		return decode(k.ctx, files[0], rate, 2, from, seconds)
	}
}

// mix is a voice in the middle over music.
func mix(k *corpusBuilder, rate int) ([][]float32, error) {
	v, err := k.speak("en-us+f3", 165, question+" "+answer, rate)
	if err != nil {
		return nil, err
	}
	x, err := music("pathological/music/intro.ogg", 60)(k, rate)
	if err != nil {
		return nil, err
	}
	for c := range x {
		for n := range x[c] {
			x[c][n] = 0.25*x[c][n] + 0.6*at(v[0], n)
		}
	}
	return x, nil
}

// sweep is a sine from 40 Hz to 16 kHz at half of full scale.
func sweep(_ *corpusBuilder, rate int) ([][]float32, error) {
	x := silenceOf(1, seconds*rate)
	var phase float64
	for n := range x[0] {
		f := 40 * math.Pow(400, float64(n)/float64(len(x[0])))
		phase += 2 * math.Pi * f / float64(rate)
		x[0][n] = float32(0.5 * math.Sin(phase))
	}
	return x, nil
}
