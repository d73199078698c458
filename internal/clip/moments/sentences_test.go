package moments

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/recording"
)

// sentencesIn are sentences from one end of a recording to the other, with or
// without pauses between.
func sentencesIn(f *features, r *rand.Rand, least, most float64) []recording.Span {
	var list []recording.Span
	for at := int64(0); at < f.samples; {
		n := int64((least + r.Float64()*(most-least)) * float64(f.rate))
		list = append(list, recording.Span{Start: at, Samples: min(n, f.samples-at)})
		at += n + int64(r.IntN(2)*r.IntN(f.rate))
	}
	return list
}

// Moments begin and end between sentences, wherever these are.
func TestMomentsEndWithSentences(t *testing.T) {
	made := made(3, 400)
	f, err := made.scan(2)
	if err != nil {
		t.Fatal(err)
	}
	turns := made.tagged()
	plain := rank(f, nil, turns, Options{Top: 10, Length: 30 * time.Second})
	for seed := range uint64(20) {
		o := Options{Top: 10, Length: 30 * time.Second, Sentences: sentencesIn(f, rand.New(rand.NewPCG(seed, 1)), 1, 8)}
		list := rank(f, nil, turns, o)
		checkMoments(t, f, list, o)
		if len(list) == 0 {
			t.Fatalf("seed %d: no moments, and %d without sentences", seed, len(plain))
		}
		const near = 0.35 // seconds
		for _, m := range list {
			for _, s := range o.Sentences {
				for _, at := range []int64{m.Start, m.End()} {
					if a, b := float64(at-s.Start)/float64(f.rate), float64(s.End()-at)/float64(f.rate); a > near && b > near {
						t.Errorf("seed %d: the moment from %d to %d cuts the sentence from %d to %d", seed, m.Start, m.End(), s.Start, s.End())
					}
				}
				// The words at the edges are whole.
				if a := m.Start - s.Start; a > int64(f.rate)/hopsASecond && float64(a) < near*float64(f.rate) && s.Samples > int64(f.rate) {
					t.Errorf("seed %d: the moment begins %d samples after its sentence", seed, a)
				}
			}
		}
	}
	// Where sentences are longer than moments, there still are some.
	o := Options{Top: 10, Length: 30 * time.Second, Sentences: []recording.Span{{Start: 0, Samples: f.samples}}}
	list := rank(f, nil, turns, o)
	checkMoments(t, f, list, o)
	if len(list) == 0 {
		t.Error("nothing in one long sentence")
	}
}

func TestEdgeWords(t *testing.T) {
	for want, r := range map[string]Reason{
		"starts with a sentence":          {Kind: Start, Sentence: true},
		"ends with a sentence":            {Kind: End, Sentence: true},
		"ends in a pause of 0.8 s":        {Kind: End, Value: 0.8, Sentence: true},
		"starts with a change of speaker": {Kind: Start},
	} {
		if got := r.String(); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
