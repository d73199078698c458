package site

import (
	"bytes"
	"cmp"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spaces-cli/spaces/internal/episode/feed"
	said "github.com/spaces-cli/spaces/internal/transcript"
)

// A passage is what somebody says on a page, with one time before it.
type passage struct {
	Start   float64 // seconds
	Speaker string  // or empty
	Words   []saidAt
}

// saidAt is a word with the space behind it, or a whole cue whose words have no
// times.
type saidAt struct {
	Start float64
	Text  string
}

const (
	// maxWords bounds a transcript on a page, in bytes of its file.
	maxWords = 64 << 20
	// passagePause is how many seconds without a word end a passage.
	passagePause = 4.0
	// passageLetters is how many letters it has before the next cue ends it.
	passageLetters = 400
)

// transcriptOf reads an episode's transcript from the file that says most of it:
// JSON has the times of words. captions is the VTT's name, which players can
// show.
func transcriptOf(lib *os.Root, s *feed.Show, e *feed.Episode) (list []passage, captions string, err error) {
	forms := []string{".json", ".vtt", ".srt"}
	form := func(file string) int { return slices.Index(forms, strings.ToLower(path.Ext(file))) }
	files := slices.DeleteFunc(slices.Clone(e.Transcripts), func(file string) bool { return form(file) < 0 })
	if len(files) == 0 {
		return nil, "", nil
	}
	slices.SortStableFunc(files, func(a, b string) int { return form(a) - form(b) })
	if i := slices.IndexFunc(files, func(file string) bool { return form(file) == 1 }); i >= 0 {
		captions = files[i]
	}
	b, err := fs.ReadFile(lib.FS(), e.Path(files[0]))
	if err != nil {
		return nil, "", err
	}
	if len(b) > maxWords {
		return nil, "", &feed.ProblemError{Path: e.Path(files[0]), Reason: "the transcript is too long for a page", Cause: feed.LongTranscript}
	}
	read, err := said.Parse(bytes.NewReader(b), said.Options{})
	if err != nil {
		return nil, "", &feed.ProblemError{Path: e.Path(files[0]), Reason: err.Error(), Cause: feed.BadTranscript}
	}
	return passages(s, read.Cues), captions, nil
}

// passages joins the cues of each speaker.
func passages(s *feed.Show, cues []said.Cue) []passage {
	var list []passage
	last, letters := 0.0, 0 // the end and the length of the last passage
	speaker := ""
	for i := range cues {
		c := &cues[i]
		if i == 0 || c.Speaker != speaker || c.Start-last > passagePause || letters > passageLetters {
			list = append(list, passage{Start: c.Start, Speaker: speakers(s, c.Speaker)})
			speaker, letters = c.Speaker, 0
		}
		p := &list[len(list)-1]
		p.Words = append(p.Words, wordsOf(c)...)
		last = max(c.End, c.Start)
		letters += utf8.RuneCountInString(c.Text)
	}
	return list
}

// wordsOf returns the words of a cue. Those whose text is not that of the words
// stand whole.
func wordsOf(c *said.Cue) []saidAt {
	text := strings.ReplaceAll(c.Text, "\n", " ")
	var list []saidAt
	at := 0
	for _, w := range c.Words {
		n := strings.Index(text[at:], w.Text)
		if n < 0 || w.Text == "" {
			return []saidAt{{c.Start, text + " "}}
		}
		if len(list) > 0 {
			list[len(list)-1].Text += text[at : at+n]
			list = append(list, saidAt{w.Start, w.Text})
		} else {
			list = append(list, saidAt{w.Start, text[at:at+n] + w.Text})
		}
		at += n + len(w.Text)
	}
	if len(list) == 0 {
		return []saidAt{{c.Start, text + " "}}
	}
	list[len(list)-1].Text += text[at:] + " "
	return list
}

// speakers names those who speak as the show's owner has named them.
func speakers(s *feed.Show, names string) string {
	if names == "" {
		return ""
	}
	var list []string
	for name := range strings.SplitSeq(names, ", ") {
		if handle, ok := strings.CutPrefix(name, "@"); ok {
			name = cmp.Or(s.NameOf(handle), name)
		}
		list = append(list, name)
	}
	return strings.Join(list, ", ")
}
