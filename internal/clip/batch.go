package clip

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/charset"
	"github.com/spaces-cli/spaces/internal/recording"
	"github.com/spaces-cli/spaces/internal/suggest"
)

// A Line is one clip that a batch asks for, in the words it was written in.
type Line struct {
	Number    int    // of the line in the batch, from 1
	Recording string // what names it
	At        string
	Length    string
	End       string
	Quote     string // words to cut around; At, Length and End say where they are looked for
	Title     string
	Output    string
	Format    string
	// Err is what is wrong with the line; the rest may be empty then.
	Err error
	// Raw is the line as it can be run again.
	Raw string

	title bool // what search found in a title
}

// A Batch reads clips from a table or a list, one at a time as they arrive.
type Batch struct {
	// Header is the line that goes before those of Raw, with its line end, or
	// "" where the kind of batch has none.
	Header string
	// Titles counts the lines that Next has passed over because they are what
	// search finds in titles, and no places in a recording.
	Titles int
	next   func() (Line, error)
}

// Next returns the next clip. At the end the error is io.EOF; other errors
// end the batch too. A line that cannot be understood is a Line with an Err.
func (b *Batch) Next() (Line, error) {
	for {
		l, err := b.next()
		if err != nil || !l.title {
			return l, err
		}
		b.Titles++
	}
}

// columns are the names that a table's header can have, and the keys of a line
// of JSON. "id" is another name for "recording", as other commands write it.
var columns = [...]string{"recording", "at", "length", "end", "quote", "title", "output", "format"}

// habits are what other programs call a column.
var habits = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"phrase": "quote", "quotation": "quote", "start": "at", "from": "at", "begin": "at", "position": "at", "stop": "end", "to": "end", "duration": "length", "len": "length",
		"space": "recording", "name": "title", "label": "title", "file": "output", "filename": "output", "type": "format",
	}
})

// column returns the column that a name stands for. If there is none, meant is
// the one that may be meant, or "".
func column(name string) (c, meant string) {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "id" {
		return "recording", ""
	}
	if slices.Contains(columns[:], name) {
		return name, ""
	}
	return "", cmp.Or(habits()[name], suggest.Closest(name, columns[:]))
}

// unknownColumn is the error of a column that does not exist.
func unknownColumn(number int, name, meant string) *Problem {
	p := recording.Problemf(BadLine, UnknownColumn, "line %d: unknown column %q (expected %s)", number, strings.TrimSpace(name), strings.Join(columns[:], ", "))
	p.Known = []string{meant}
	return p
}

// maxLine bounds the length of a line.
const maxLine = 1 << 20

// NewBatch reads a batch. It is what its first line looks like: a JSON array or
// JSON Lines; an Audacity label track, with start, end and label between tabs;
// or CSV with a header, between commas, semicolons or tabs, also behind the line
// "sep=;" of Excel. Text is UTF-8, or UTF-16 after a byte order mark. Lines that
// name no recording are about id.
func NewBatch(r io.Reader, id string) (*Batch, error) {
	text := bufio.NewReaderSize(charset.NewReader(r), 64<<10)
	if array, err := beginsArray(text); array || err != nil {
		return arrayBatch(text, id), err
	}
	number := 0
	first := ""
	for strings.TrimSpace(first) == "" {
		line, err := readLine(text)
		number++
		switch {
		case err == io.EOF:
			return &Batch{next: func() (Line, error) { return Line{}, io.EOF }}, nil
		case err == errLong:
			return nil, tooLong(number)
		case err != nil:
			return nil, err
		}
		first = line
	}
	trimmed := strings.TrimRight(first, "\r\n")
	if sep, ok := strings.CutPrefix(strings.ToLower(trimmed), "sep="); ok && utf8.RuneCountInString(sep) == 1 {
		line, err := readLine(text)
		if err == errLong {
			return nil, tooLong(number + 1)
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		comma, _ := utf8.DecodeRuneInString(sep)
		b, err := tableBatch(text, strings.TrimRight(line, "\r\n"), number+1, id, comma)
		if err == nil {
			b.Header = first + b.Header
		}
		return b, err
	}
	switch {
	case strings.HasPrefix(strings.TrimSpace(first), "{"):
		return jsonBatch(text, first, number, id), nil
	case isLabel(trimmed):
		return labelBatch(text, first, number, id), nil
	}
	return tableBatch(text, trimmed, number, id, separator(trimmed))
}

// errLong means that a line has more than maxLine bytes.
var errLong = errors.New("the line is too long")

func tooLong(number int) error {
	return recording.Problemf(BadLine, LongLine, "line %d is longer than %d bytes", number, maxLine)
}

// readLine reads a line with its end. Of one that is too long it reads to the
// end, keeps nothing, and returns errLong.
func readLine(r *bufio.Reader) (string, error) {
	var b []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(b)+len(part) > maxLine; long {
			b = b[:0]
		} else {
			b = append(b, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case long && (err == nil || err == io.EOF):
			return "", errLong
		case err == io.EOF && len(b) > 0:
			err = nil
		}
		return string(b), err
	}
}

// lines makes a Batch of a format in which each line stands for itself.
func lines(r *bufio.Reader, first string, number int, parse func(line string, l *Line) (skip bool)) *Batch {
	number--
	pending := &first
	return &Batch{next: func() (Line, error) {
		for {
			var text string
			if pending != nil {
				text, pending = *pending, nil
			} else {
				var err error
				text, err = readLine(r)
				if err == errLong {
					number++
					return Line{Number: number, Err: tooLong(number)}, nil
				}
				if err != nil {
					return Line{}, err
				}
			}
			number++
			text = strings.TrimRight(text, "\r\n")
			if strings.TrimSpace(text) == "" {
				continue
			}
			l := Line{Number: number, Raw: text + "\n"}
			if !parse(text, &l) {
				return l, nil
			}
		}
	}}
}

// jsonBatch reads JSON Lines with the keys of columns. Times may be numbers.
// What Cut wrote can be read again: other keys are passed over, but not one
// that is a column mistyped, or where no schema tells of us, what other programs
// call one.
func jsonBatch(r *bufio.Reader, first string, number int, id string) *Batch {
	return lines(r, first, number, func(text string, l *Line) bool {
		l.fromJSON([]byte(text), id)
		return false
	})
}

// fromJSON fills a line from a JSON object.
func (l *Line) fromJSON(text []byte, id string) {
	var v struct {
		Recording, ID, Quote, Title, Output, Format, Kind string
		At, Length, End                                   jsonTime
	}
	var keys map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(text, &v), json.Unmarshal(text, &keys)); err != nil {
		l.Err = recording.Problemf(BadLine, "", "not a JSON object with the keys %s", strings.Join(columns[:], ", "))
		return
	}
	_, ours := keys["schema"]
	if l.title = ours && v.Kind == "title" && v.At == ""; l.title {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		c, meant := column(key)
		if ours { // where "start" and "file" mean something else
			meant = suggest.Closest(key, columns[:])
		}
		if c == "" && meant != "" {
			l.Err = unknownColumn(l.Number, key, meant)
			return
		}
	}
	l.Recording, l.Title, l.Output, l.Format = cmp.Or(v.Recording, v.ID), v.Title, v.Output, v.Format
	l.At, l.Length, l.End, l.Quote = string(v.At), string(v.Length), string(v.End), strings.TrimSpace(v.Quote)
	l.complete(id)
}

// beginsArray reports whether a text begins with a JSON array. It passes empty
// lines only if it does.
func beginsArray(r *bufio.Reader) (bool, error) {
	for n := 1; ; n++ {
		b, err := r.Peek(n)
		switch {
		case err == io.EOF || err == bufio.ErrBufferFull:
			return false, nil
		case err != nil:
			return false, err
		case b[n-1] == '[':
			return true, nil
		case !strings.ContainsRune(" \t\r\n", rune(b[n-1])):
			return false, nil
		}
	}
}

// arrayBatch reads a JSON array of objects, one at a time, and those that follow
// it, as tools write them that read several files.
func arrayBatch(r io.Reader, id string) *Batch {
	limited := &recordReader{r: r}
	d := json.NewDecoder(limited)
	number, begun, ended := 0, false, false
	return &Batch{next: func() (Line, error) {
		if ended {
			return Line{}, io.EOF
		}
		if !begun {
			d.Token() // the bracket, which was seen
			begun = true
		}
		number++
		for !d.More() {
			if _, err := d.Token(); err != nil {
				ended = true
				return Line{Number: number, Err: recording.Problemf(BadLine, "", "the JSON array is not closed")}, nil
			}
			limited.n = 0
			t, err := d.Token()
			if err == io.EOF {
				ended = true
				return Line{}, io.EOF
			}
			if err != nil || t != json.Delim('[') {
				ended = true
				return Line{Number: number, Err: recording.Problemf(BadLine, "", "the text after the JSON array is not another array and was not read")}, nil
			}
		}
		limited.n = 0
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			ended = true // where the next object begins is not known
			if errors.Is(err, errLong) {
				return Line{Number: number, Err: tooLong(number)}, nil
			}
			return Line{Number: number, Err: recording.Problemf(BadLine, "", "not JSON: %v", err)}, nil
		}
		var line bytes.Buffer
		if err := json.Compact(&line, raw); err != nil {
			return Line{}, err
		}
		l := Line{Number: number, Raw: line.String() + "\n"}
		l.fromJSON(raw, id)
		return l, nil
	}}
}

// A jsonTime is a time in JSON: a text, or seconds.
type jsonTime string

func (t *jsonTime) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	var n json.Number
	if string(b) == "null" {
		return nil
	}
	if err := json.Unmarshal(b, &n); err != nil {
		return errors.New("a time must be a string or a number of seconds")
	}
	*t = jsonTime(n)
	return nil
}

// isLabel reports whether a line is one of an Audacity label track.
func isLabel(line string) bool {
	fields := strings.Split(line, "\t")
	if len(fields) < 2 {
		return false
	}
	for _, f := range fields[:2] {
		if _, err := recording.ParseTime(f); err != nil {
			return false
		}
	}
	return true
}

// labelBatch reads an Audacity label track. A label of no length is a point:
// the clip begins there and has the usual length.
func labelBatch(r *bufio.Reader, first string, number int, id string) *Batch {
	return lines(r, first, number, func(text string, l *Line) bool {
		if strings.HasPrefix(text, `\`) {
			return true // the frequencies of the label before
		}
		fields := strings.SplitN(text, "\t", 3)
		if !isLabel(text) {
			l.Err = recording.Problemf(BadLine, "", "not a label (start, end and text, separated by tabs)")
			return false
		}
		l.At, l.End = strings.TrimSpace(fields[0]), strings.TrimSpace(fields[1])
		if l.At == l.End {
			l.End = ""
		}
		if len(fields) > 2 {
			l.Title = strings.TrimSpace(fields[2])
		}
		l.complete(id)
		return false
	})
}

// tableBatch reads CSV or TSV with a header.
func tableBatch(r *bufio.Reader, header string, number int, id string, comma rune) (*Batch, error) {
	h := csv.NewReader(strings.NewReader(header))
	h.Comma, h.LazyQuotes = comma, true
	names, err := h.Read()
	if err != nil {
		return nil, recording.Problemf(BadLine, "", "the header is not CSV: %v", err)
	}
	at := make(map[string]int)
	for i, name := range names {
		c, meant := column(name)
		if c == "" && strings.TrimSpace(name) != "" {
			return nil, unknownColumn(number, name, meant)
		}
		if _, twice := at[c]; twice && c != "" {
			return nil, recording.Problemf(BadLine, "", "line %d: the column %q appears twice", number, c)
		}
		at[c] = i
	}
	_, hasAt := at["at"]
	if _, hasQuote := at["quote"]; !hasAt && !hasQuote {
		return nil, recording.Problemf(BadLine, "", "line %d: missing column \"at\" or \"quote\" (expected %s)", number, strings.Join(columns[:], ", "))
	}
	if _, ok := at["recording"]; !ok && id == "" {
		return nil, recording.Problemf(BadLine, NoRecording, "line %d: missing column \"recording\"", number)
	}
	limited := &recordReader{r: r}
	c := csv.NewReader(limited)
	c.Comma, c.LazyQuotes, c.FieldsPerRecord, c.ReuseRecord = comma, true, -1, true
	b := &Batch{Header: header + "\n"}
	last := 0 // row
	b.next = func() (Line, error) {
		for {
			limited.n = 0
			fields, err := c.Read()
			if errors.Is(err, errLong) {
				return Line{}, tooLong(number + last + 1)
			}
			var bad *csv.ParseError
			switch {
			case err != nil && !errors.As(err, &bad): // with what was read of the row
				return Line{}, err
			case err != nil && fields == nil:
				return Line{Number: number + bad.StartLine, Err: recording.Problemf(BadLine, "", "not CSV: %v", bad.Err)}, nil
			}
			row, _ := c.FieldPos(0)
			last = row
			l := Line{Number: number + row, Raw: joined(fields, comma)}
			field := func(name string) string {
				if i, ok := at[name]; ok && i < len(fields) {
					return strings.TrimSpace(fields[i])
				}
				return ""
			}
			if strings.TrimSpace(strings.Join(fields, "")) == "" {
				continue // spreadsheets leave empty rows behind
			}
			l.Recording, l.At, l.Length, l.End = field("recording"), field("at"), field("length"), field("end")
			l.Quote, l.Title, l.Output, l.Format = field("quote"), field("title"), field("output"), field("format")
			l.complete(id)
			return l, nil
		}
	}
	return b, nil
}

// A recordReader lets one record of a table have so many bytes and no more: a
// quote that is never closed would have all that follows kept in memory.
type recordReader struct {
	r io.Reader
	n int // bytes since the last record
}

func (l *recordReader) Read(p []byte) (int, error) {
	if l.n > maxLine {
		return 0, errLong
	}
	n, err := l.r.Read(p)
	l.n += n
	return n, err
}

// separator is what stands between the columns of a table.
func separator(header string) rune {
	best, most := ',', 0
	for _, c := range ",;\t" {
		if n := strings.Count(header, string(c)); n > most {
			best, most = c, n
		}
	}
	return best
}

// joined writes fields as a line of CSV again.
func joined(fields []string, comma rune) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = comma
	w.Write(fields)
	w.Flush()
	return b.String()
}

// complete fills in what a line need not say, and notes what is missing.
func (l *Line) complete(id string) {
	if l.Recording == "" {
		l.Recording = id
	}
	switch {
	case l.Recording == "":
		l.Err = recording.Problemf(BadLine, NoRecording, "missing recording")
	case l.At == "" && l.Quote == "":
		l.Err = recording.Problemf(BadLine, "", "missing start (at) or quote")
	}
}
