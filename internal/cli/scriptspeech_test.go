package cli

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spaces-cli/spaces/internal/transcript"
)

// cmdSpeech is "speech TALK SECONDS FILE.wav FILE…": it writes a recording of a tone
// in the place of each word of a talk, and its transcript, as JSON with the times of
// words or as .srt without. A talk is lines "from to word" in seconds; "@name" says
// who goes on; an empty line ends an utterance.
func cmdSpeech(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: speech TALK SECONDS FILE.wav FILE…")
	}
	var cues []transcript.Cue
	who := ""
	fresh := true
	for _, line := range strings.Split(ts.ReadFile(args[0]), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "@") {
			fresh = true
			if line != "" {
				who = line
			}
			continue
		}
		var w transcript.Word
		_, err := fmt.Sscan(line, &w.Start, &w.End, &w.Text)
		ts.Check(err)
		if fresh {
			cues = append(cues, transcript.Cue{Start: w.Start, Speaker: who})
			fresh = false
		}
		c := &cues[len(cues)-1]
		c.End, c.Words, c.Text = w.End, append(c.Words, w), strings.TrimSpace(c.Text+" "+w.Text)
	}
	var seconds float64
	_, err := fmt.Sscan(args[1], &seconds)
	ts.Check(err)
	const rate = 48000
	samples := make([]int16, int(seconds*rate))
	for i := range samples {
		samples[i] = int16(i*7919%5 - 2)
	}
	for _, c := range cues {
		for _, w := range c.Words {
			for i := int(w.Start * rate); i < int(w.End*rate) && i < len(samples); i++ {
				samples[i] = int16(8000 * math.Sin(2*math.Pi*200*float64(i)/rate))
			}
		}
	}
	var b bytes.Buffer
	size := uint32(2 * len(samples))
	for _, v := range []any{
		[]byte("RIFF"), 36 + size, []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16),
		[]byte("data"), size, samples,
	} {
		ts.Check(binary.Write(&b, binary.LittleEndian, v))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), b.Bytes(), 0o644))
	for _, name := range args[3:] {
		b.Reset()
		if filepath.Ext(name) == ".srt" {
			ts.Check(transcript.WriteSRT(&b, cues))
		} else {
			ts.Check(writeSegments(&b, cues))
		}
		ts.Check(os.WriteFile(ts.MkAbs(name), b.Bytes(), 0o644))
	}
}

// writeSegments writes cues as recognizers do.
func writeSegments(b *bytes.Buffer, cues []transcript.Cue) error {
	type word struct {
		Word  string  `json:"word"`
		Start float64 `json:"start"`
		End   float64 `json:"end"`
	}
	type segment struct {
		Start   float64 `json:"start"`
		End     float64 `json:"end"`
		Text    string  `json:"text"`
		Speaker string  `json:"speaker,omitempty"`
		Words   []word  `json:"words"`
	}
	var list []segment
	for _, c := range cues {
		s := segment{c.Start, c.End, c.Text, c.Speaker, nil}
		for _, w := range c.Words {
			s.Words = append(s.Words, word{w.Text, w.Start, w.End})
		}
		list = append(list, s)
	}
	return json.NewEncoder(b).Encode(map[string]any{"segments": list})
}
