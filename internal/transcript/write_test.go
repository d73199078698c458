package transcript

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture/browser"
)

// hardCues are what writers get wrong: people who speak at once, a long cue over
// others, signs of markup, lines, and letters of other planes.
var hardCues = []Cue{
	{Start: 0, End: 2.5, Speaker: "Ann & <Bob>", Text: "a < b & c > d --> e"},
	{Start: 1, End: 4, Speaker: "Host", Text: "hello"},
	{Start: 1, End: 4, Speaker: "Guest", Text: "hi"},
	{Start: 1.001, End: 900, Text: "two\nlines 🎙️"},
	{Start: 2, End: 3, Text: "&amp; is no &lt;"},
	{Start: 3661.25, End: 3663, Text: "שלום 今日は"},
	{Start: 360000, End: 360001, Text: "after a hundred hours"},
}

// write writes cues to a file and returns its name.
func write(t *testing.T, name string, cues []Cue) string {
	t.Helper()
	var b bytes.Buffer
	err := error(nil)
	if filepath.Ext(name) == ".srt" {
		err = WriteSRT(&b, cues)
	} else {
		err = WriteVTT(&b, cues, "Speakers are estimates.")
	}
	if err != nil {
		t.Fatal(err)
	}
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// A browser reads from our WebVTT what went into it.
func TestWriteReadByChromium(t *testing.T) {
	name := write(t, "t.vtt", hardCues)
	var want []browser.Caption
	for _, c := range hardCues {
		want = append(want, browser.Caption{Start: c.Start, End: c.End, Speaker: c.Speaker, Text: c.Text})
	}
	if got := browser.Captions(t, filepath.Dir(name), "t.vtt"); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

// ffmpeg reads from our files what went into them.
func TestWriteReadByFFmpeg(t *testing.T) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip(err)
	}
	// It takes characters that are escaped in a name for words, and SubRip has no
	// escapes.
	cues := slices.DeleteFunc(slices.Clone(hardCues), func(c Cue) bool { return strings.Contains(c.Text, "&amp;") })
	cues[0].Speaker = "Ann"
	for _, c := range []struct {
		name  string
		cues  []Cue
		texts func(c *Cue) // what is lost on the way
	}{
		{"t.vtt", cues, func(c *Cue) { c.Speaker = "" }},
		{"t.srt", append([]Cue{{Start: 0, End: 1, Speaker: "Ann & Bob", Text: "a & b --> 5 > 3"}}, cues[1:]...), func(c *Cue) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := write(t, c.name, c.cues)
			out, err := exec.Command("ffmpeg", "-v", "error", "-i", name, "-f", "srt", "-").Output()
			if err != nil {
				t.Fatal(err)
			}
			want, err := ReadFile(name, Options{}, 0)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Parse(bytes.NewReader(out), Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, list := range [][]Cue{want.Cues, got.Cues} {
				for i := range list {
					c.texts(&list[i])
				}
			}
			if !reflect.DeepEqual(got.Cues, want.Cues) {
				t.Errorf("%+v\nwant %+v", got.Cues, want.Cues)
			}
		})
	}
}

// What is written as JSON is read again as it was, with the times of words.
func TestWriteJSON(t *testing.T) {
	cues := append([]Cue{timedCue(0, "a, “b” c")}, hardCues...)
	var b bytes.Buffer
	if err := WriteJSON(&b, cues, "Speakers are estimates."); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `"notes": ["Speakers are estimates."],`) || !json.Valid(b.Bytes()) {
		t.Errorf("no note: %s", b.String())
	}
	read, err := Parse(&b, Options{})
	if err != nil || read.Format != JSON || len(read.Notes) > 0 || !reflect.DeepEqual(read.Cues, cues) {
		t.Errorf("%+v, %v\nwant %+v", read, err, cues)
	}
	b.Reset()
	if err := WriteJSON(&b, nil); err != nil || !json.Valid(b.Bytes()) {
		t.Errorf("%q, %v", b.String(), err)
	}
}

func TestWriteText(t *testing.T) {
	cues := []Cue{{Start: 1, Text: "one\nline"}, {Start: 2, Text: "two"}, {Start: 63.5, Speaker: "@a, @b", Text: "three"}, {Start: 70, Speaker: "@a, @b", Text: "four"}}
	var b bytes.Buffer
	if err := WriteText(&b, cues, "A note."); err != nil {
		t.Fatal(err)
	}
	if want := "A note.\n\n0:01\none line\ntwo\n\n1:03  @a, @b\nthree\nfour\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
