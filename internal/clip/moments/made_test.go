package moments

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/archive/hydra"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/timeline"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// madeRate is the sample rate of made recordings: enough for all that is
// looked at.
const madeRate = 16000

// A conversation is a recording that is made up, with things in it that stand
// out and things that only seem to. Its sound is made while it is read: second
// by second, each from its own seed, so that any part of it can be.
type conversation struct {
	seed    uint64
	seconds int
	voices  []voice
	turns   []utterance
	events  []happening
	floor   float64 // level of the room, dBFS
}

type voice struct {
	handle string
	level  float64 // dBFS while speaking
	pitch  float64 // Hz
	size   float64 // of the vocal tract: scales the formants
}

type utterance struct {
	at, end float64
	speaker int
}

// A happening is laid over a conversation.
type happening struct {
	kind       string
	at, end    float64
	level      float64 // dBFS
	planted    bool    // it is to be found
	overSpeech bool    // people go on talking
}

const (
	aLaugh      = "laugh"
	aGroupLaugh = "group laugh"
	anApplause  = "applause"
	anOutburst  = "outburst"
	anExchange  = "exchange"
	aCough      = "cough"
	aKeyboard   = "keyboard"
	aJingle     = "jingle"
	aFan        = "fan"
)

// made makes up a conversation with five planted moments and some decoys. The
// third guest is always loud.
func made(seed uint64, seconds int) *conversation {
	rng := rand.New(rand.NewPCG(seed, 3))
	r := &conversation{seed: seed, seconds: seconds, floor: -66 + 10*rng.Float64()}
	for i, name := range []string{"", "guest1", "guest2", "loud"} {
		v := voice{name, -29 + 6*rng.Float64(), 95 + 110*rng.Float64(), 0.9 + 0.25*rng.Float64()}
		if i == 3 {
			v.level = -18 + 2*rng.Float64()
		}
		r.voices = append(r.voices, v)
	}
	// Planted things and decoys in slots of their own, in any order.
	kinds := []string{aLaugh, aGroupLaugh, anApplause, anOutburst, anExchange, aCough, aCough, aKeyboard, aJingle, aFan}
	rng.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	slot := float64(seconds) / float64(len(kinds))
	for i, kind := range kinds {
		at := (float64(i) + 0.25 + 0.3*rng.Float64()) * slot
		e := happening{kind: kind, at: at, planted: true}
		near := -25.0
		switch kind {
		case aLaugh:
			e.end, e.level = at+2+2.5*rng.Float64(), near-3+4*rng.Float64()
		case aGroupLaugh:
			e.end, e.level = at+2.5+3*rng.Float64(), near-2+4*rng.Float64()
		case anApplause:
			e.end, e.level = at+4+5*rng.Float64(), near-4+5*rng.Float64()
		case anOutburst:
			e.end, e.level, e.overSpeech = at+5+5*rng.Float64(), 8+4*rng.Float64(), true // decibels more
		case anExchange:
			e.end, e.overSpeech = at+14, true
		case aCough:
			e.end, e.level = at+0.35, near+5
		case aKeyboard:
			e.end, e.level, e.overSpeech = at+15, near-6, true
		case aJingle:
			e.end, e.level = at+8, near
		case aFan:
			e.end, e.level, e.overSpeech = at+0.4*slot, -47, true
		}
		switch kind {
		case aCough, aKeyboard, aJingle, aFan:
			e.planted = false
		}
		r.events = append(r.events, e)
	}
	r.talk(rng)
	return r
}

// talk says who speaks when: for 12 to 45 s each, in an exchange for 2 s.
func (r *conversation) talk(rng *rand.Rand) {
	last, exchange := 0, -1.0
	var quiet []happening
	outburst := happening{}
	for _, e := range r.events {
		switch {
		case e.kind == anExchange:
			exchange = e.at
		case e.kind == anOutburst:
			outburst = e
		case !e.overSpeech:
			quiet = append(quiet, e)
		}
	}
	next := func() int {
		s := rng.IntN(len(r.voices) - 1)
		if s >= last {
			s++
		}
		last = s
		return s
	}
	for at := 0.5; at < float64(r.seconds)-1; {
		end := at + 12 + 33*rng.Float64()
		if exchange >= 0 && at < exchange && end > exchange {
			end = exchange
		}
		if exchange >= 0 && at >= exchange && at < exchange+14 {
			end = at + 1.6 + 0.8*rng.Float64()
		}
		speaker := next()
		if at < outburst.at && end > outburst.at && speaker == 3 {
			speaker = 1 // the loud one has no outburst
			last = 1
		}
		if at < outburst.end && end > outburst.at {
			end = max(end, outburst.end+2)
		}
		r.turns = append(r.turns, utterance{at, min(end, float64(r.seconds)), speaker})
		at = end + 0.25 + 0.8*rng.Float64()
		if exchange >= 0 && end >= exchange-0.1 && end < exchange+14 {
			at = end + 0.1
		}
	}
	// Nobody talks while all laugh.
	for _, e := range quiet {
		var list []utterance
		for _, t := range r.turns {
			switch {
			case t.end <= e.at || t.at >= e.end:
				list = append(list, t)
			default:
				if t.at < e.at-0.2 {
					list = append(list, utterance{t.at, e.at - 0.1, t.speaker})
				}
				if t.end > e.end+0.6 {
					list = append(list, utterance{e.end + 0.4, t.end, t.speaker})
				}
			}
		}
		r.turns = list
	}
}

func db(x float64) float64 { return math.Pow(10, x/20) }

// second makes one second of sound.
func (r *conversation) second(n int) []float32 {
	rng := rand.New(rand.NewPCG(r.seed, uint64(1000+n)))
	out := make([]float32, madeRate)
	floor := db(r.floor)
	for i := range out {
		out[i] = float32(floor * rng.NormFloat64())
	}
	from, to := float64(n), float64(n+1)
	for i, t := range r.turns {
		if t.at < to && t.end > from {
			r.addSpeech(out, from, t, uint64(i))
		}
	}
	for i, e := range r.events {
		if e.at < to && e.end > from {
			addEvent(out, from, e, rand.New(rand.NewPCG(r.seed, uint64(500+i))))
		}
	}
	return out
}

// addSpeech adds what is said of a turn in the second from at on. Phrases of
// some syllables begin on a grid of their own, so that each second can be made
// for itself.
func (r *conversation) addSpeech(out []float32, at float64, t utterance, key uint64) {
	v := r.voices[t.speaker]
	rng := rand.New(rand.NewPCG(r.seed^key<<20, 7))
	drift := 3 * (rng.Float64() - 0.5)
	for x := t.at; x < t.end && x < at+1; {
		phrase := 1.2 + 2.8*rng.Float64()
		gain := v.level + drift + 3*(rng.Float64()-0.5)
		end := min(x+phrase, t.end)
		prng := rand.New(rand.NewPCG(rng.Uint64(), 1))
		if end > at {
			addPhrase(out, at, x, end, v, gain, prng, r)
		}
		x = end + 0.12 + 0.5*rng.Float64()*rng.Float64()
	}
}

// extra is how many decibels louder somebody speaks at a time.
func (r *conversation) extra(at float64) float64 {
	for _, e := range r.events {
		if e.kind == anOutburst && at >= e.at && at < e.end {
			return e.level
		}
	}
	return 0
}

// vowels by their first three formants, in Hz (Peterson and Barney 1952, men).
var vowels = [...][3]float64{{730, 1090, 2440}, {530, 1840, 2480}, {270, 2290, 3010}, {570, 840, 2410}, {300, 870, 2240}, {490, 1350, 1690}}

// evened brings them about halfway to one level, as speakers do.
var evened = [...]float64{0.6, 1.1, 1.7, 0.75, 1.4, 0.95}

// addPhrase adds syllables: a consonant, often a fricative or a stop, and a
// vowel of pulses through formants.
func addPhrase(out []float32, at, x, end float64, v voice, level float64, rng *rand.Rand, r *conversation) {
	phase := 0.0
	for x < end {
		syllable := 0.11 + 0.05*rng.ExpFloat64() + 0.08*rng.Float64()
		spoken := rng.IntN(len(vowels))
		vowel := vowels[spoken]
		consonant := 0.03 + 0.06*rng.Float64()
		fricative := rng.Float64()
		stress := 4 * (rng.Float64() - 0.6)
		pitch := v.pitch * (0.85 + 0.4*rng.Float64())
		g := db(level + stress + r.extra(x))
		noise := rand.New(rand.NewPCG(rng.Uint64(), 1))
		stop := min(x+syllable, end)
		if stop > at && x < at+1 {
			var f formants
			f.tune(vowel, v.size)
			even := evened[spoken]
			var hiss float64
			for i := int(math.Ceil(x * madeRate)); float64(i) < stop*madeRate; i++ {
				now := float64(i)/madeRate - x
				var s float64
				if now < consonant {
					white := noise.NormFloat64()
					s = white - hiss // brighter
					hiss = white
					switch {
					case fricative < 0.22:
						s *= 0.3
					case fricative < 0.45:
						s *= 0.1
					default:
						s *= 0.02
					}
				} else {
					phase += pitch / madeRate
					var pulse float64
					if phase >= 1 {
						phase--
						pulse = 1
					}
					rise := min(1, (now-consonant)/0.02) * min(1, (syllable-now)/0.04)
					s = even * f.filter(pulse+0.01*noise.NormFloat64()) * max(0, rise)
				}
				if k := i - int(at*madeRate); k >= 0 && k < len(out) {
					out[k] += float32(g * s)
				}
			}
		}
		x += syllable
	}
}

// formants are resonators one after the other (Klatt 1980).
type formants struct{ a, b, c, y1, y2 [3]float64 }

func (f *formants) tune(hz [3]float64, scale float64) {
	for i, width := range [3]float64{80, 100, 140} {
		r := math.Exp(-math.Pi * width / madeRate)
		f.c[i] = -r * r
		f.b[i] = 2 * r * math.Cos(2*math.Pi*hz[i]*scale/madeRate)
		f.a[i] = 1 - f.b[i] - f.c[i]
	}
}

func (f *formants) filter(x float64) float64 {
	x *= 8 // an RMS of about 1 with pulses at a voice's pitch
	for i := range 3 {
		y := f.a[i]*x + f.b[i]*f.y1[i] + f.c[i]*f.y2[i]
		f.y2[i], f.y1[i] = f.y1[i], y
		x = y
	}
	return x
}

// addEvent adds what of an event falls into the second from at on. It is made
// from its beginning, so that it does not depend on the second.
func addEvent(out []float32, at float64, e happening, rng *rand.Rand) {
	if e.level > 0 || e.kind == anExchange {
		return // in the speech
	}
	n := int((e.end - e.at) * madeRate)
	if e.kind == aFan {
		g := db(e.level)
		for k := range out {
			if now := at + float64(k)/madeRate; now >= e.at && now < e.end {
				out[k] += float32(g * rng.NormFloat64())
			}
		}
		return
	}
	sound := make([]float64, n)
	switch e.kind {
	case aLaugh:
		addLaugh(sound, rng, 220+150*rng.Float64())
	case aGroupLaugh:
		for range 4 {
			addLaugh(sound, rng, 160+240*rng.Float64())
		}
	case anApplause:
		addApplause(sound, rng)
	case aCough:
		var last float64
		for i := range sound {
			now := float64(i) / madeRate
			white := rng.NormFloat64()
			sound[i] = (white + 0.5*last) * math.Exp(-now/0.09)
			last = white
		}
	case aKeyboard:
		for x := 0.0; x < e.end-e.at; x += 0.06 + 0.25*rng.Float64() {
			first := int(x * madeRate)
			for i := first; i < min(n, first+madeRate/60); i++ {
				sound[i] += rng.NormFloat64() * math.Exp(-float64(i-first)/madeRate/0.003)
			}
		}
	case aJingle:
		notes := []float64{262, 330, 392, 523, 440, 349, 294, 392}
		for i := range sound {
			now := float64(i) / madeRate
			k := int(now / 0.22)
			f, t := notes[k%len(notes)], now-0.22*float64(k)
			for h := 1; h <= 6; h++ {
				sound[i] += math.Sin(2*math.Pi*f*float64(h)*now) / float64(h) * math.Exp(-t/0.25)
			}
		}
	}
	loudest := 0.0 // of any 400 ms
	for from := 0; from < n; from += madeRate / 10 {
		sum, to := 0.0, min(n, from+madeRate*4/10)
		for _, s := range sound[from:to] {
			sum += s * s
		}
		loudest = max(loudest, sum/(0.4*madeRate))
	}
	g := db(e.level) / math.Sqrt(loudest)
	first := int((e.at - at) * madeRate)
	for i, s := range sound {
		if k := first + i; k >= 0 && k < len(out) {
			out[k] += float32(g * s)
		}
	}
}

// addLaugh adds one person: calls of breath and voice, four to six a second,
// in bouts, each bout falling in pitch and level (Bachorowski et al. 2001).
func addLaugh(sound []float64, rng *rand.Rand, pitch float64) {
	period := 1 / (4 + 2*rng.Float64())
	start := 0.25 * rng.Float64()
	phase := 0.0
	for x, call := start, 0; x < float64(len(sound))/madeRate; call++ {
		if call == 8+rng.IntN(4) {
			call = 0
			x += 0.3 // for breath
		}
		var f formants
		f.tune([3]float64{800 + 100*rng.Float64(), 1300 + 200*rng.Float64(), 2600}, 1.1)
		g := math.Pow(0.93, float64(call))
		p := pitch * math.Pow(0.97, float64(call)) * (0.95 + 0.1*rng.Float64())
		voiced := rng.Float64() < 0.7
		first := int(x * madeRate)
		length := int(0.7 * period * madeRate)
		for i := range length {
			now := float64(i) / float64(length)
			k := first + i
			if k >= len(sound) {
				break
			}
			s := 0.5 * rng.NormFloat64() // the h of ha, or all of it
			if voiced && now > 0.35 {
				phase += p / madeRate
				pulse := 0.0
				if phase >= 1 {
					phase--
					pulse = 1
				}
				s = 0.45*f.filter(pulse) + 0.25*rng.NormFloat64()
			}
			sound[k] += g * s * math.Sqrt(math.Sin(math.Pi*now))
		}
		x += period * (0.94 + 0.12*rng.Float64())
	}
}

// addApplause adds claps at random, many of them, more and then fewer.
func addApplause(sound []float64, rng *rand.Rand) {
	length := float64(len(sound)) / madeRate
	for x := 0.0; x < length; x += rng.ExpFloat64() / 120 {
		rise := min(1, x/0.4) * min(1, (length-x)/(0.4*length))
		if rng.Float64() > rise {
			continue
		}
		first := int(x * madeRate)
		g := 0.3 + rng.Float64()
		ring := 0.003 + 0.006*rng.Float64()
		for i := first; i < min(len(sound), first+madeRate/25); i++ {
			sound[i] += g * rng.NormFloat64() * math.Exp(-float64(i-first)/madeRate/ring)
		}
	}
}

// made PCM is played as a file is.
type madeSource struct {
	r     *conversation
	at    int64
	end   int64
	n     int // of the second in block
	block []float32
}

func (s *madeSource) Format() pcm.Format  { return pcm.Format{SampleRate: madeRate, Channels: 1} }
func (s *madeSource) Losses() *pcm.Losses { return new(pcm.Losses) }
func (s *madeSource) Close() error        { return nil }
func (s *madeSource) Read(dst []float32) (int, error) {
	if s.at >= s.end {
		return 0, io.EOF
	}
	if n := int(s.at / madeRate); s.block == nil || n != s.n {
		s.n, s.block = n, s.r.second(n)
	}
	n := copy(dst[:min(int64(len(dst)), s.end-s.at)], s.block[s.at%madeRate:])
	s.at += int64(n)
	return n, nil
}

// scan analyses the made sound.
func (r *conversation) scan(jobs int) (*features, error) {
	n := int64(r.seconds) * madeRate
	return scan(context.Background(), madeRate, n, []run{{0, madeRate, n, func(_ context.Context, s pcm.Span) (lossReader, error) {
		return &madeSource{r: r, at: s.Start, end: s.Start + s.Samples}, nil
	}}}, jobs, nil)
}

// tagged are the speaking turns as the timed tags of such a recording give
// them: a level of everybody about once a second.
func (r *conversation) tagged() *space.Turns {
	rng := rand.New(rand.NewPCG(r.seed, 9))
	tl := timeline.Build([]timeline.Piece{{Track: &track.Track{Runs: []track.Run{{
		Config: track.Config{Codec: track.PCM, SampleRate: madeRate, Channels: 1, UnitSamples: 1024},
		Units:  int64(r.seconds) * madeRate / 1024, Samples: int64(r.seconds) * madeRate,
	}}}}})
	stage := new(hydra.Stage)
	for _, v := range r.voices[1:] {
		stage.Participants = append(stage.Participants, hydra.Participant{UserName: v.handle})
	}
	var tags hydra.Tags
	for at := 0.3; at < float64(r.seconds); at += 0.98 + 0.04*rng.Float64() {
		levels := make([]uint8, len(r.voices))
		for i := range levels {
			levels[i] = uint8(rng.IntN(4))
		}
		for _, t := range r.turns {
			if at >= t.at && at < t.end && rng.Float64() < 0.95 {
				levels[t.speaker] = uint8(30 + rng.IntN(40))
			}
		}
		tags.Ticks = append(tags.Ticks, hydra.Tick{Sample: int64(at * madeRate), Levels: levels, Stage: stage})
	}
	t := &space.Turns{Schema: 1, Approximate: true}
	for _, u := range hydra.Turns(tl, []*hydra.Tags{&tags}) {
		name := u.Name
		if name == "" {
			name = "hostess"
		}
		t.Turns = append(t.Turns, space.Turn{Handle: name, Start: float64(u.Start) / madeRate, End: float64(u.End) / madeRate})
	}
	return t
}

// String tells what was planted.
func (r *conversation) String() string {
	var b strings.Builder
	for _, e := range r.events {
		fmt.Fprintf(&b, "%s %s–%s (%.0f dB)\n", e.kind, time.Duration(e.at*1e9).Round(time.Second), time.Duration(e.end*1e9).Round(time.Second), e.level)
	}
	return b.String()
}
