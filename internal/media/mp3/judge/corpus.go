package judge

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/spaces-cli/spaces/internal/media/wav"
)

// An Item is one recording of the set.
type Item struct {
	Name    string
	Rate    int         // samples per second
	Samples [][]float32 // one slice a channel, full scale ±1, of 16 bits each
	File    string      // the same as a WAV file of 16 bits
	// Attacks says that the item was made for its sudden sounds; an encoder
	// is held to its pre-echo on these only.
	Attacks bool
}

// seconds is how long items are at most.
const seconds = 12

// errMissing means that a recording is not installed.
var errMissing = errors.New("not installed")

// A recipe is how an item is made: at a rate, into one slice a channel.
type recipe struct {
	name    string
	rate    int
	attacks bool
	make    func(k *corpusBuilder, rate int) ([][]float32, error)
}

// recipes lists the set. The first ones tell most: clicks, which need no other
// program, talk in stereo, real speech.
var recipes = []recipe{
	{"clicks-44-stereo", 44100, true, clicks},
	{"talk-44-stereo", 44100, false, talk},
	{"real-en-48", 48000, false, real48},

	{"voice-male-44", 44100, false, voice("en-us+m3", 150)},
	{"voice-female-48", 48000, false, voice("en+f4", 170)},
	{"voice-german-24", 24000, false, voice("de+f2", 160)},
	{"voice-deep-32", 32000, false, voice("en-gb-scotland+m7", 140)},
	{"real-fr-44", 44100, false, real44},
	{"real-en-16", 16000, false, real16},
	{"music-44-stereo", 44100, false, music("pathological/music/intro.ogg", 20)},
	{"bubble-44-stereo", 44100, false, music("frozen-bubble/snd/introzik.ogg", 30)},
	{"mix-44-stereo", 44100, false, mix},
	{"clicks-48", 48000, true, clicks1},
	{"sweep-44", 44100, false, sweep},
	{"chord-48-stereo", 48000, false, chord},
	{"white-44", 44100, false, white},
	{"pink-48-stereo", 48000, false, pink},
}

// Corpus makes the set of recordings as WAV files in the folder dir, or if most
// is not 0 the first ones of it. Voices are spoken by espeak-ng and converted by
// ffmpeg. Recordings of people and of music come from the Debian packages
// alsa-utils, ktuberling-data, asterisk-core-sounds-en-g722, pathological and
// frozen-bubble-data, all of them under free licences; they are looked for
// where the packages put them and below the folder spaces-judge in the user's
// cache folder, into which packages can be unpacked:
//
//	apt-get download ktuberling-data && dpkg -x ktuberling-data_*.deb ~/.cache/spaces-judge
//
// Items that cannot be made, because a program or a recording is missing, are
// named in missing. The same programs and packages make the same samples.
func Corpus(ctx context.Context, dir string, most int) (items []Item, missing []string, err error) {
	k := &corpusBuilder{ctx: ctx, dir: dir}
	list := recipes
	if most > 0 {
		list = list[:min(most, len(list))]
	}
	for _, r := range list {
		samples, err := r.make(k, r.rate)
		if errors.Is(err, errMissing) {
			missing = append(missing, fmt.Sprintf("%s: %v", r.name, err))
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", r.name, err)
		}
		item := Item{Name: r.name, Rate: r.rate, Attacks: r.attacks, File: filepath.Join(dir, r.name+".wav")}
		item.Samples = cut(samples, seconds*r.rate)
		if err := write(&item); err != nil {
			return nil, nil, err
		}
		items = append(items, item)
	}
	return items, missing, nil
}

// Mono returns the item with its channels averaged, as a file of its own in the same folder.
func (i Item) Mono() (Item, error) {
	if len(i.Samples) == 1 {
		return i, nil
	}
	mono := make([]float32, len(i.Samples[0]))
	for _, c := range i.Samples {
		for n, v := range c {
			mono[n] += v / float32(len(i.Samples))
		}
	}
	i.Samples = [][]float32{mono}
	i.Name += "-mono"
	i.File = filepath.Join(filepath.Dir(i.File), i.Name+".wav")
	return i, write(&i)
}

func cut(x [][]float32, most int) [][]float32 {
	for c := range x {
		x[c] = x[c][:min(most, len(x[c]))]
	}
	return x
}

// write rounds the samples to 16 bits and writes the file.
func write(i *Item) error {
	channels, n := len(i.Samples), len(i.Samples[0])
	header, err := wav.Header(wav.Format{Channels: channels, SampleRate: i.Rate, Bits: 16, ValidBits: 16}.Config(), int64(n))
	if err != nil {
		return fmt.Errorf("%s: %w", i.File, err)
	}
	data := header
	for at := range n {
		for c := range channels {
			v := int16(min(max(math.RoundToEven(float64(i.Samples[c][at])*32768), -32768), 32767))
			data = append(data, byte(v), byte(v>>8))
			i.Samples[c][at] = float32(v) / 32768
		}
	}
	return os.WriteFile(i.File, data, 0o666)
}
