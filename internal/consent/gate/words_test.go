package gate

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/library/transcripts"
	"github.com/spaces-cli/spaces/internal/transcript"
)

const (
	guardedWords = "We never told anybody how much the harbour bridge would really cost the town in the end"
	freeWords    = "Every listener may quote this sentence about apples and pears as often as they like"
)

// say keeps a transcript of a recording, a cue for each text, two seconds apart.
func (s *testLibrary) say(sp *space.Space, timed bool, texts ...string) *transcripts.Transcript {
	s.t.Helper()
	var cues []transcript.Cue
	for i, text := range texts {
		c := transcript.Cue{Start: float64(2 * i), End: float64(2*i) + 1, Text: text}
		if words := strings.Fields(text); timed {
			for j, w := range words {
				at := c.Start + float64(j)/float64(len(words))
				c.Words = append(c.Words, transcript.Word{Start: at, End: at + 0.5/float64(len(words)), Text: w})
			}
		}
		cues = append(cues, c)
	}
	t := transcripts.New(sp, sp.Audio.SampleRate, *sp.Samples, nil, cues)
	t.Engine.Name = "import"
	if err := transcripts.Write(s.Root(), sp, t); err != nil {
		s.t.Fatal(err)
	}
	return t
}

// Words that somebody has said who has not agreed do not become public, in
// whatever form; a text of the host's own does.
func TestFileOfWords(t *testing.T) {
	s := newTestLibrary(t)
	id, free := s.guarded.ID, s.free.ID
	s.say(s.guarded, true, guardedWords, "short answer")
	s.say(s.free, true, freeWords)
	srt := func(words ...string) []byte {
		var b bytes.Buffer
		for i, w := range words {
			fmt.Fprintf(&b, "%d\n00:00:%02d,000 --> 00:00:%02d,900\n%s\n\n", i+1, i, i, w)
		}
		return b.Bytes()
	}
	inWords := func(format string) []byte {
		var b bytes.Buffer
		for i, w := range strings.Fields(guardedWords) {
			fmt.Fprintf(&b, format, w, i)
		}
		return b.Bytes()
	}
	kept := func(name string) func() string { return func() string { return s.Path(name) } }
	copied := func(to, name string) func() string {
		return func() string { return s.write(to, s.read(s.Path(name))) }
	}
	file := func(name string, b []byte) func() string { return func() string { return s.write(name, b) } }
	shout := strings.ToUpper(strings.ReplaceAll(guardedWords, "told anybody", "told, anybody:"))
	for _, tt := range []struct {
		name string
		file func() string
		want string
	}{
		{"the transcript", kept(layout.TranscriptIn(s.guarded.Folder)), id},
		{"its captions", kept(layout.CaptionsIn(s.guarded.Folder)), id},
		{"its text", kept(layout.TextIn(s.guarded.Folder)), id},
		{"a copy of the transcript", copied("a.json", layout.TranscriptIn(s.guarded.Folder)), id},
		{"a copy of its captions", copied("a.vtt", layout.CaptionsIn(s.guarded.Folder)), id},
		{"a copy of its text", copied("notes.md", layout.TextIn(s.guarded.Folder)), id},
		{"other captions", file("a.srt", srt(guardedWords)), id},
		{"in capitals, with other punctuation", file("a.txt", []byte(shout)), id},
		{"on a page", file("a.html", []byte("<html><p>"+strings.ReplaceAll(guardedWords, " ", "</span> <span data-at='1'>")+"</p>")), id},
		{"as JSON, an object for each word", file("a.json", []byte("["+strings.TrimSuffix(string(inWords("{\"w\":%q,\"t\":%d},")), ",")+"]")), id},
		{"a word with its time on each line", file("a.tsv", inWords("%s\t%d\n")), id},
		{"a quotation in prose", file("a.md", []byte("# Notes\n\nHe said: “how much the harbour bridge would really cost the town”. Well.\n")), id},
		{"in a ZIP", file("a.zip", zipped(zip.Deflate, srt(guardedWords))), id},
		{"packed", file("a.txt.gz", gzipped([]byte(guardedWords))), id},
		{"beside words that are free", file("a.srt", srt(freeWords, guardedWords)), id + " " + free},
		{"in a comment of captions that are free", file("a.vtt", []byte("WEBVTT\n\nNOTE "+guardedWords+"\n\n00:01.000 --> 00:02.000\n"+freeWords+"\n")), id + " " + free},
		{"captions of what is free", file("a.srt", srt(freeWords)), free},
		{"corrected ones", file("a.srt", srt(strings.Replace(freeWords, "pears", "bears", 1))), free},
		{"and of nobody knows what", file("a.srt", srt(freeWords, "but then nine more words came which nobody has heard")), free + " ?"},
		{"captions with nothing that tells", file("a.srt", srt("short answer")), "?"},
		{"captions of another language", file("a.srt", srt("Jamais nous n’avons dit à quiconque combien coûterait le pont")), "?"},
		{"captions in another encoding", file("a.srt", append([]byte{0xff, 0xfe}, []byte("1\x00\n\x00")...)), "?"},
		{"prose that is the host's own", file("a.md", []byte("Our next evening is about bridges, harbours and what they cost. Bring a friend.\n")), ""},
		{"a chapter list", file("a.json", []byte(`{"version":"1.2.0","chapters":[{"startTime":0,"title":"Harbour"},{"startTime":3,"title":"Bridge"}]}`)), ""},
		{"a table", file("a.csv", []byte("recording,at,length\n"+free+",9,2\n")), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := tt.file()
			g := s.gate(Options{Policy: consent.Policy{consent.SendingAll: consent.Require}})
			got := found(t, g, name)
			if len(strings.Fields(got)) != len(strings.Fields(tt.want)) {
				t.Fatalf("made of %q, want %q", got, tt.want)
			}
			for _, w := range strings.Fields(tt.want) {
				if !strings.Contains(got, w) {
					t.Fatalf("made of %q, want %q", got, tt.want)
				}
			}
			uses, err := g.File(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			_, err = g.CheckAll(t.Context(), consent.SendingAll, uses)
			if stopped, want := err != nil, strings.Contains(tt.want, id) || strings.Contains(tt.want, "?"); stopped != want {
				t.Errorf("stopped: %v (%v), want %v", stopped, err, want)
			}
		})
	}
}

// Words are those of the stretch in which they were said: with times of words, no
// more of it than they take. Where the audio has changed since, nobody knows when
// they were said, and it is all of it.
func TestFileOfWordsTellsWhen(t *testing.T) {
	s := newTestLibrary(t)
	name := s.write("a.txt", []byte("They wrote: how much the harbour bridge would really cost the town."))
	spans := func() string {
		t.Helper()
		uses, err := s.gate(Options{}).File(t.Context(), name)
		if err != nil || len(uses) != 1 {
			t.Fatalf("%+v, %v", uses, err)
		}
		text := uses[0].Recording
		for _, p := range uses[0].Parts {
			text += fmt.Sprintf(" %.2f-%.2f", p.Start, p.End)
		}
		return text
	}
	// Words 5 to 14 of 17.
	s.say(s.guarded, true, "something else", guardedWords)
	if got, want := spans(), s.guarded.ID+" 2.24-2.79"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	s.say(s.guarded, false, "something else", guardedWords)
	if got, want := spans(), s.guarded.ID+" 2.00-3.00"; got != want {
		t.Errorf("without times of words: %s, want %s", got, want)
	}
	was := s.say(s.guarded, true, guardedWords)
	was.Audio = []string{strings.Repeat("0", 64)}
	b, err := json.Marshal(was)
	if err == nil {
		err = s.Root().WriteFile(layout.TranscriptIn(s.guarded.Folder), b, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, want := spans(), s.guarded.ID; got != want {
		t.Errorf("of other audio: %s, want %s", got, want)
	}
}

// What cannot be read stops everything that is compared with it.
func TestFileOfWordsWithABrokenTranscript(t *testing.T) {
	s := newTestLibrary(t)
	s.say(s.guarded, true, guardedWords)
	file, err := s.Root().Create(layout.TranscriptIn(s.guarded.Folder))
	if err != nil {
		t.Fatal(err)
	}
	file.WriteString("{")
	file.Close()
	g := s.gate(Options{})
	if _, err := g.File(t.Context(), s.write("a.txt", []byte(freeWords))); err == nil || !strings.Contains(err.Error(), "cannot determine whose words it contains") {
		t.Errorf("%v", err)
	}
	_, pic := pictures()
	if _, err := g.File(t.Context(), s.write("cover.png", pic)); err != nil {
		t.Errorf("a picture: %v", err)
	}
}

// In a text that a record names, what somebody has corrected is nobody else's;
// whose words were put into it are.
func TestKeptWords(t *testing.T) {
	s := newTestLibrary(t)
	s.say(s.guarded, true, guardedWords)
	s.say(s.free, true, freeWords)
	const corrected = "1\n00:00:00,000 --> 00:00:01,000\nWhat stands here now are other words than those that were written\n\n"
	record := Use{Recording: s.free.ID, Parts: []space.Stretch{{Start: 0, End: 1}}}
	for _, c := range []struct{ name, text, want string }{
		{"corrected", corrected, s.free.ID},
		{"with the words of others", corrected + "2\n00:00:01,000 --> 00:00:02,000\n" + guardedWords + "\n", s.guarded.ID + " " + s.free.ID},
		{"no words at all", "\x00\x01", "? " + s.free.ID},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := s.write("talk.srt", []byte(c.text))
			for _, sum := range []string{"", strings.Repeat("0", 64)} {
				uses, err := s.gate(Options{}).Kept(t.Context(), name, sum, record)
				if err != nil {
					t.Fatal(err)
				}
				var list []string
				for _, u := range uses {
					if u.Why != "" {
						u.Recording = "?"
					}
					list = append(list, u.Recording)
				}
				if got := strings.Join(list, " "); got != c.want {
					t.Errorf("with the hash %q: %s, want %s", sum, got, c.want)
				}
			}
		})
	}
}

// Captions that go along with a clip are taken for its own, but for the words of
// others.
func TestWords(t *testing.T) {
	s := newTestLibrary(t)
	s.say(s.guarded, true, guardedWords)
	g := s.gate(Options{})
	for text, want := range map[string]int{"": 0, "1\n00:00:00,000 --> 00:00:01,000\nMy own\n": 0, "1\n00:00:00,000 --> 00:00:01,000\n" + guardedWords + "\n": 1} {
		t.Run(text, func(t *testing.T) {
			if uses, err := g.Words(t.Context(), []byte(text)); err != nil || len(uses) != want {
				t.Errorf("%+v, %v", uses, err)
			}
		})
	}
}
