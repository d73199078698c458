package words

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"strings"
	"time"
)

// A corpus is made speech in the shape of real one: words drawn by Zipf's law
// from 300,000, common ones short; utterances of 1 to 40 words, 25 on average;
// turns of several by eight speakers; Spaces of two hours with 9,000 words an
// hour.
type corpus struct{ hours int }

const (
	wordsAnHour   = 9000
	hoursASpace   = 2
	vocabulary    = 300_000
	rateOfSamples = 48000
)

// spaces yields the transcripts, the newest first.
func (c corpus) spaces() iter.Seq2[Transcript, error] {
	return func(yield func(Transcript, error) bool) {
		list := makeVocabulary()
		n := c.hours / hoursASpace
		for i := range n {
			if !yield(c.space(list, n-i), nil) {
				return
			}
		}
	}
}

func (c corpus) space(list []string, n int) Transcript {
	r := rand.New(rand.NewPCG(uint64(n), 16))
	draw := rand.NewZipf(r, 1.05, 3, vocabulary-1)
	t := Transcript{
		ID: fmt.Sprintf("1%012d", n), Rate: rateOfSamples, Stamp: "1",
		StartedAt: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * 5 * time.Hour),
	}
	at, left, speaker := int64(0), wordsAnHour*hoursASpace, 0
	var b strings.Builder
	for left > 0 {
		if r.IntN(3) == 0 {
			speaker = r.IntN(8)
		}
		words := min(left, max(1, min(40, int(25+10*r.NormFloat64()))))
		b.Reset()
		for i := range words {
			if i > 0 {
				b.WriteByte(' ')
			}
			w := list[draw.Uint64()]
			if i == 0 {
				w = strings.ToUpper(w[:1]) + w[1:]
			}
			b.WriteString(w)
			if i < words-1 && r.IntN(9) == 0 {
				b.WriteByte(',')
			}
		}
		b.WriteByte('.')
		length := int64(words) * rateOfSamples * 3600 / wordsAnHour
		name := fmt.Sprintf("speaker_%d", (n*3+speaker)%400)
		t.Utterances = append(t.Utterances, Utterance{at, at + length*9/10, []string{name}, b.String()})
		at += length
		left -= words
	}
	return t
}

// makeVocabulary returns distinct words by rank, longer the rarer they are: 4.5
// letters on average as said.
func makeVocabulary() []string {
	r := rand.New(rand.NewPCG(1, 2))
	seen := make(map[string]bool)
	list := make([]string, 0, vocabulary)
	for len(list) < vocabulary {
		length := 2 + int(1.1*math.Log10(float64(len(list)+1))+2.5*r.Float64())
		b := make([]byte, length)
		for i := range b {
			letters := "aeiou"
			if i%2 == r.IntN(2) {
				letters = "bcdfghjklmnprstvwz"
			}
			b[i] = letters[r.IntN(len(letters))]
		}
		if w := string(b); !seen[w] {
			seen[w] = true
			list = append(list, w)
		}
	}
	return list
}
