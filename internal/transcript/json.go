package transcript

import (
	"encoding/json"
	"fmt"
	"slices"
)

// A segment is one of a recognizer's. Who made the file decides which fields
// it has.
type segment struct {
	// Whisper and those that took after it.
	Start   *float64 `json:"start"` // seconds
	End     *float64 `json:"end"`
	Text    string   `json:"text"`
	Speaker string   `json:"speaker"` // Podcasting 2.0 too
	Words   []timed  `json:"words"`

	// whisper.cpp.
	Offsets *struct {
		From float64 `json:"from"` // milliseconds
		To   float64 `json:"to"`
	} `json:"offsets"`
	Tokens json.RawMessage `json:"tokens"`

	// Podcasting 2.0 (podcast namespace, "Transcripts", JSON 1.0.0).
	StartTime *float64 `json:"startTime"` // seconds
	EndTime   *float64 `json:"endTime"`
	Body      string   `json:"body"`
}

// parseJSON reads a file with segments, or a list of them.
func parseJSON(b []byte) ([]Cue, error) {
	var file struct {
		Segments      []segment `json:"segments"`
		Transcription []segment `json:"transcription"` // whisper.cpp
		Words         []timed   `json:"words"`         // OpenAI
	}
	list := &file.Segments
	var err error
	if b[0] == '[' {
		err = json.Unmarshal(b, list)
	} else {
		err = json.Unmarshal(b, &file)
	}
	if err != nil {
		return nil, fmt.Errorf("not a JSON transcript: %w", err)
	}
	if len(*list) == 0 {
		list = &file.Transcription
	}
	var cues []Cue
	for i, s := range *list {
		switch {
		case s.Offsets != nil:
			start, end := s.Offsets.From/1000, s.Offsets.To/1000
			s.Start, s.End = &start, &end
		case s.StartTime != nil:
			s.Start, s.End, s.Text = s.StartTime, s.EndTime, s.Body
		}
		if s.Start == nil || s.End == nil || !inTime(*s.Start) || !inTime(*s.End) {
			return nil, fmt.Errorf("segment %d, “%s”: missing start or end in seconds", i+1, short(s.Text))
		}
		c, ok := newCue(*s.Start, *s.End, s.Speaker, s.Text)
		if !ok {
			continue
		}
		tokens, err := parseTokens(s.Tokens)
		if err != nil {
			return nil, fmt.Errorf("segment %d, “%s”: %w", i+1, short(s.Text), err)
		}
		if len(s.Words) == 0 {
			s.Words = wordsOfTokens(tokens)
		}
		c.Words = wordsOf(s.Words, c.Start, c.End)
		cues = append(cues, c)
	}
	if len(cues) > 0 && !slices.ContainsFunc(cues, func(c Cue) bool { return c.Words != nil }) {
		spread(cues, file.Words)
	}
	return cues, nil
}

func inTime(seconds float64) bool { return seconds >= 0 && seconds <= maxTime }
