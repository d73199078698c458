package transcripts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/spaces-cli/spaces/internal/durable"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/transcript"
)

// Write keeps a transcript beside the recording of its Space, in place of the
// one that is there, and writes its other forms. The library must be open for
// writing.
func Write(library *os.Root, s *space.Space, t *Transcript) error {
	if !t.Of(s) {
		return fmt.Errorf("%s: %w", s.ID, ErrOther)
	}
	if err := t.check(); err != nil {
		return err
	}
	b, err := space.Marshal(t)
	if err != nil {
		return err
	}
	if err := library.MkdirAll(path.Join(s.Folder, layout.Transcript), 0o755); err != nil {
		return err
	}
	if err := durable.WriteFile(library, layout.TranscriptIn(s.Folder), b); err != nil {
		return err
	}
	return WriteForms(library, s, t)
}

// WriteForms writes the captions and the text of a transcript anew, where they
// are not as it says: a killed run has left them as they were before.
func WriteForms(library *os.Root, s *space.Space, t *Transcript) error {
	forms, err := t.forms(s)
	if err != nil {
		return err
	}
	for name, b := range forms {
		if was, err := library.ReadFile(name); err == nil && bytes.Equal(was, b) {
			continue
		}
		if err := durable.WriteFile(library, name, b); err != nil {
			return err
		}
	}
	return nil
}

// AddForms writes the captions or the text of a transcript where they are missing,
// and leaves those that are there to the host.
func AddForms(library *os.Root, s *space.Space, t *Transcript) error {
	forms, err := t.forms(s)
	if err != nil {
		return err
	}
	for name, b := range forms {
		if _, err := library.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := durable.WriteFile(library, name, b); err != nil {
			return err
		}
	}
	return nil
}

// FormsAgree reports whether the captions and the text beside a transcript, where
// there are any, are as it says.
func (t *Transcript) FormsAgree(library *os.Root, s *space.Space) (bool, error) {
	for _, name := range []string{layout.CaptionsIn(s.Folder), layout.TextIn(s.Folder)} {
		same, err := t.SameForm(library, s, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
		if err == nil && !same {
			return false, nil
		}
	}
	return true, nil
}

// SameForm reports whether the captions or the text, by the name of the file, are
// as the transcript says.
func (t *Transcript) SameForm(library *os.Root, s *space.Space, name string) (bool, error) {
	forms, err := t.forms(s)
	if err != nil {
		return false, err
	}
	was, err := library.ReadFile(name)
	return bytes.Equal(was, forms[name]), err
}

// forms returns the other forms of a transcript, by the names of their files.
func (t *Transcript) forms(s *space.Space) (map[string][]byte, error) {
	var vtt, text bytes.Buffer
	if err := errors.Join(t.WriteVTT(&vtt), t.WriteText(&text)); err != nil {
		return nil, err
	}
	return map[string][]byte{layout.CaptionsIn(s.Folder): vtt.Bytes(), layout.TextIn(s.Folder): text.Bytes()}, nil
}

// Remove removes the transcript of a recording with its other forms. The error
// is ErrNone if there is none.
func Remove(library *os.Root, s *space.Space) error {
	found := false
	// The file that the others are made of goes last: a killed run is finished
	// by the next.
	for _, name := range layout.TranscriptFiles(s.Folder) {
		err := durable.Remove(library, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		found = found || err == nil
	}
	if !found {
		return fmt.Errorf("%s: %w", s.ID, ErrNone)
	}
	return nil
}

// Cues returns the utterances as cues, in seconds.
func (t *Transcript) Cues() []transcript.Cue {
	seconds := func(samples int64) float64 {
		return float64(samples*1000/int64(t.Rate)) / 1000
	}
	var cues []transcript.Cue
	for _, u := range t.Utterances {
		c := transcript.Cue{Start: seconds(u.Start), End: seconds(u.End), Speaker: u.Who(), Text: u.Text}
		for _, w := range u.Words {
			c.Words = append(c.Words, transcript.Word{Start: seconds(w.Start), End: seconds(w.End), Text: w.Text, Confidence: w.Confidence})
		}
		cues = append(cues, c)
	}
	return cues
}

// Who names the speakers of an utterance as people read them, or is empty.
func (u *Utterance) Who() string {
	if len(u.Speakers) == 0 {
		return u.Label
	}
	names := make([]string, len(u.Speakers))
	for i, name := range u.Speakers {
		if names[i] = "@" + name; strings.Trim(name, "0123456789") == "" {
			names[i] = name // an id
		}
	}
	return strings.Join(names, ", ")
}

// WriteVTT writes the transcript as WebVTT.
func (t *Transcript) WriteVTT(w io.Writer) error { return transcript.WriteVTT(w, t.Cues()) }

// WriteText writes the transcript for people: a line with the time and who
// speaks whenever that changes, then what they say, an utterance a line.
func (t *Transcript) WriteText(w io.Writer) error { return transcript.WriteText(w, t.Cues()) }
