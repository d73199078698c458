package chapters

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/spaces-cli/spaces/internal/library/space"
)

// JSONType is the media type of what WriteJSON writes.
const JSONType = "application/json+chapters"

// A document is what a file of JSON Chapters holds (podcast namespace,
// "JSON Chapters" 1.2).
type document struct {
	Version  string        `json:"version"`
	Chapters []jsonChapter `json:"chapters"`
}

type jsonChapter struct {
	Start json.Number `json:"startTime"` // seconds
	Title string      `json:"title,omitempty"`
	// TOC is false for what is not to be listed, such as a change of picture.
	TOC *bool `json:"toc,omitempty"`
}

// parseJSON reads JSON Chapters. Entries that are not to be listed, or have
// no title to list, are no chapters here.
func parseJSON(b []byte) ([]mark, error) {
	var doc document
	if err := json.Unmarshal(b, &doc); err != nil {
		return nil, describe(b, err)
	}
	var marks []mark
	for i, c := range doc.Chapters {
		place := fmt.Sprintf("chapter %d", i+1)
		start, err := strconv.ParseFloat(string(c.Start), 64)
		if err != nil || !(start >= 0 && start <= maxTime) {
			return nil, fmt.Errorf("%s: startTime %q is not a time in seconds", place, short(string(c.Start)))
		}
		title := cleanTitle(c.Title)
		if title == "" || c.TOC != nil && !*c.TOC {
			continue
		}
		marks = append(marks, mark{Chapter{start, title}, place})
	}
	return marks, nil
}

// describe says on which line of b decoding failed.
func describe(b []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	at := int64(0)
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	}
	line := 1 + bytes.Count(b[:min(max(at, 0), int64(len(b)))], []byte("\n"))
	return fmt.Errorf("line %d: not JSON chapters: %w", line, err)
}

// WriteJSON writes the chapters as JSON Chapters 1.2, times to the
// millisecond.
func WriteJSON(w io.Writer, list []Chapter) error {
	b, err := space.Marshal(newDocument(list))
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

func newDocument(list []Chapter) document {
	doc := document{Version: "1.2.0", Chapters: []jsonChapter{}}
	for _, c := range list {
		ms := math.Round(c.Start * 1000)
		start := json.Number(strconv.FormatFloat(ms/1000, 'f', -1, 64))
		doc.Chapters = append(doc.Chapters, jsonChapter{Start: start, Title: c.Title})
	}
	return doc
}
