package mp4

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// storedChapters reads the chapters of a file from its text track: from the
// tables, the samples they lead to and the edit list.
func storedChapters(t *testing.T, file []byte) []tags.Chapter {
	t.Helper()
	w := &window{r: bytes.NewReader(file), size: int64(len(file)), ahead: headerAhead}
	chap, err := w.path(0, w.size, "moov", "trak", "tref", "chap")
	if err != nil || !chap.exists() {
		return nil
	}
	c, _ := w.content(chap, 100)
	if len(c) != 4 {
		t.Fatalf("chap is % x", c)
	}
	id := binary.BigEndian.Uint32(c)
	moov, _ := w.child("moov", 0, w.size)
	for pos := moov.body; pos < moov.end; {
		b, ok, err := w.box(pos, moov.end)
		if err != nil || !ok {
			t.Fatal("moov is damaged")
		}
		pos = b.end
		if !b.is("trak") {
			continue
		}
		trak, err := w.readTrak(b)
		if err != nil {
			t.Fatal(err)
		}
		if trak.id != id {
			continue
		}
		if !trak.is("text") || trak.enabled {
			t.Errorf("chapter track: handler %q, enabled %v", trak.handler, trak.enabled)
		}
		trak.entries = make([]description, 1)
		table, err := w.sampleTable(trak)
		if err != nil {
			t.Fatal(err)
		}
		var at int64
		if elst, _ := w.content(trak.elst, 100); binary.BigEndian.Uint32(elst[4:]) == 2 { // an empty edit first
			at = int64(binary.BigEndian.Uint32(elst[8:]))
		}
		var list []tags.Chapter
		for {
			s, err := table.read()
			if err != nil {
				return list
			}
			data := file[s.offset:][:s.size]
			n := int(binary.BigEndian.Uint16(data))
			if !bytes.Equal(data[2+n:], textEncoding) {
				t.Errorf("sample % x", data)
			}
			list = append(list, tags.Chapter{Start: at, Title: string(data[2:][:n])})
			at += s.ticks
		}
	}
	t.Fatalf("no track %d", id)
	return nil
}

// listedChapters reads the chpl box, times in units of 100 ns.
func listedChapters(t *testing.T, file []byte) []tags.Chapter {
	t.Helper()
	w := &window{r: bytes.NewReader(file), size: int64(len(file)), ahead: headerAhead}
	udta, err := w.path(0, w.size, "moov", "udta")
	if err != nil {
		t.Fatal(err)
	}
	chpl, err := w.child("chpl", udta.body, udta.end)
	if err != nil || !chpl.exists() {
		return nil
	}
	b, err := w.bytes(chpl.start, int(chpl.end-chpl.start))
	if err != nil {
		t.Fatal(err)
	}
	n := int(b[16])
	b = b[17:]
	var list []tags.Chapter
	for range n {
		size := int(b[8])
		list = append(list, tags.Chapter{Start: int64(binary.BigEndian.Uint64(b)), Title: string(b[9:][:size])})
		b = b[9+size:]
	}
	if len(b) > 0 {
		t.Errorf("% x behind the list", b)
	}
	return list
}

func manyChapters(n int, step int64) []tags.Chapter {
	list := make([]tags.Chapter, n)
	for i := range list {
		list[i] = tags.Chapter{Start: int64(i) * step, Title: fmt.Sprintf("Kapitel №%d", i+1)}
	}
	return list
}

func TestChaptersRoundTrip(t *testing.T) {
	units := randomUnits(1000)
	for _, c := range []struct {
		name  string
		list  []tags.Chapter
		edits []Edit
	}{
		{"none", nil, nil},
		{"one", []tags.Chapter{{Start: 0, Title: "all"}}, nil},
		{"no title", []tags.Chapter{{Start: 0, Title: ""}, {Start: 5, Title: ""}}, nil},
		{"some", []tags.Chapter{{Start: 0, Title: "Einführung"}, {Start: 48000, Title: "Вопрос"}, {Start: 48001, Title: "🎙️"}, {Start: 1000*1024 - 1, Title: "Ende"}}, nil},
		{"late", []tags.Chapter{{Start: 96000, Title: "first"}, {Start: 200000, Title: "second"}}, nil},
		{"edits", []tags.Chapter{{Start: 0, Title: "a"}, {Start: 100 * 1024, Title: "b"}}, []Edit{{1024, 100 * 1024}, {103 * 1024, 100 * 1024}}},
		{"as many as are listed", manyChapters(255, 4000), nil},
		{"more", manyChapters(700, 1000), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := movieOf(stereo48, units)
			m.Chapters, m.Edits, m.Tags = c.list, c.edits, allTags
			file := write(t, m, units)
			if !bytes.Equal(file, write(t, m, units)) {
				t.Error("the same input gives other bytes")
			}
			if got := storedChapters(t, file); !slices.Equal(got, c.list) {
				t.Errorf("chapters %v, want %v", got, c.list)
			}
			var listed []tags.Chapter
			if len(c.list) <= maxListed {
				for _, c := range c.list {
					listed = append(listed, tags.Chapter{Start: rescale(c.Start, 1e7, 48000), Title: c.Title})
				}
			}
			if got := listedChapters(t, file); !slices.Equal(got, listed) {
				t.Errorf("list %v, want %v", got, listed)
			}
			r, got := readAll(t, file)
			sameUnits(t, got, units)
			if !r.Track().Damage.Empty() || len(r.Track().Runs) != 1 || r.Track().Video {
				t.Errorf("%+v", r.Track())
			}
			off, n, err := MediaStart(bytes.NewReader(file), int64(len(file)))
			if err != nil || off%mediaAlign != 0 || !bytes.Equal(file[off:][:n], bytes.Join(units, nil)) {
				t.Errorf("media at %d, %d bytes of %d, %v", off, n, len(file), err)
			}
		})
	}
}

func TestChaptersRefused(t *testing.T) {
	units := randomUnits(3)
	for name, list := range map[string][]tags.Chapter{
		"before": {{Start: -1, Title: "a"}}, "behind": {{Start: 3 * 1024, Title: "a"}}, "back": {{Start: 5, Title: "a"}, {Start: 4, Title: "b"}}, "twice": {{Start: 5, Title: "a"}, {Start: 5, Title: "b"}},
		"too many": make([]tags.Chapter, maxChapters+1),
	} {
		m := movieOf(stereo48, units)
		m.Chapters = list
		var b bytes.Buffer
		if _, err := NewWriter(&b, m); err == nil || !strings.HasPrefix(err.Error(), "mp4: ") || b.Len() > 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, b.Len())
		}
	}
}

func TestLongChapterTitle(t *testing.T) {
	units := randomUnits(3)
	m := movieOf(stereo48, units)
	m.Chapters = []tags.Chapter{{Start: 0, Title: strings.Repeat("é", 300)}, {Start: 9, Title: "a\xffb"}}
	file := write(t, m, units)
	want := []string{strings.Repeat("é", 126) + "…", "a\uFFFDb"}
	for _, list := range [][]tags.Chapter{storedChapters(t, file), listedChapters(t, file)} {
		if len(list) != 2 || list[0].Title != want[0] || list[1].Title != want[1] {
			t.Errorf("%v", list)
		}
	}
}

// Beyond 4 GiB the chapters' offset needs 64 bits too.
func TestChaptersBeyond4GiB(t *testing.T) {
	const size, units = 60000, 75000
	m := movieOf(stereo48, nil)
	m.Units, m.Size = units, func(int64) int { return size }
	m.Chapters = []tags.Chapter{{Start: 0, Title: "a"}, {Start: 48000, Title: "b"}}
	d := &discard{}
	w, err := NewWriter(d, m)
	if err != nil {
		t.Fatal(err)
	}
	w.w.Flush()
	i := bytes.LastIndex(d.head, []byte("co64"))
	if at, want := int64(binary.BigEndian.Uint64(d.head[i+12:])), w.MediaStart()+size*units+8; at != want {
		t.Errorf("the chapters are said to be at %d, not at %d", at, want)
	}
}

// Others find the chapters, at their times and with their titles.
func TestChaptersReadByOthers(t *testing.T) {
	dir := t.TempDir()
	units := speech(t, dir, "in.aac", "48000", "2")
	all := []tags.Chapter{{Start: 0, Title: "Einführung"}, {Start: 48000, Title: "Вопрос"}, {Start: 96480, Title: "🎙️"}}
	for name, list := range map[string][]tags.Chapter{"from 0": all, "late": all[1:], "one": all[:1]} {
		for _, drop := range []string{"", "chap", "chpl"} { // each form alone, too
			t.Run(name+" without "+drop, func(t *testing.T) {
				m := movieOf(stereo48, units)
				m.Edits = []Edit{{Start: 1024, Samples: 200 * 1024}}
				m.Chapters, m.Tags = list, allTags
				file := write(t, m, units)
				if drop != "" {
					file = bytes.Replace(file, []byte(drop), []byte("free"), 1)
				}
				writeFile(t, filepath.Join(dir, "out.m4a"), file)
				got := ffprobe(t, dir, "-show_entries", "chapter=start_time,end_time:chapter_tags=title", "-of", "csv=p=0", "out.m4a")
				want := ""
				for i, c := range list {
					end := int64(200 * 1024)
					if i+1 < len(list) {
						end = list[i+1].Start
					}
					if drop != "chap" && i+1 == len(list) {
						// ffmpeg takes the length of the track for its end.
						end -= list[0].Start
					}
					want += fmt.Sprintf("%.6f,%.6f,%s\n", float64(c.Start)/48000, float64(end)/48000, c.Title)
				}
				if got != want {
					t.Errorf("ffprobe says\n%swant\n%s", got, want)
				}
				if got := decode(t, dir, "out.m4a"); len(got) < 200*1024*4 {
					t.Errorf("ffmpeg decodes %d bytes", len(got))
				}
			})
		}
	}
	m := movieOf(stereo48, units)
	m.Chapters = all
	writeFile(t, filepath.Join(dir, "out.m4a"), write(t, m, units))
	info := run(t, dir, "mediainfo", "out.m4a")
	for _, want := range []string{"00:00:00.000", "00:00:01.000", "00:00:02.010", "Einführung", "Вопрос", "🎙️"} {
		if !strings.Contains(info, want) {
			t.Errorf("mediainfo does not say %q but\n%s", want, info)
		}
	}
	if !strings.Contains(info, "IsStreamable                             : Yes") {
		if s := run(t, dir, "mediainfo", "--Output=General;%IsStreamable%", "out.m4a"); strings.TrimSpace(s) != "Yes" {
			t.Errorf("mediainfo: streamable: %q", s)
		}
	}
}

// FuzzChapters writes a file with any two chapters that NewWriter takes, and
// finds them in it.
func FuzzChapters(f *testing.F) {
	f.Add(uint32(0), uint32(5), "first", "second", "tag")
	f.Add(uint32(1024), uint32(1), "\xff", strings.Repeat("é", 200), "")
	f.Fuzz(func(t *testing.T, start, step uint32, first, second, tag string) {
		units := [][]byte{{1, 2}, {3}, {4, 5, 6}}
		m := movieOf(track.Config{Codec: track.AACLC, SampleRate: 44100, Channels: 1, UnitSamples: 1024, Specific: "\x12\x08"}, units)
		m.Tags = tags.Tags{Title: tag}
		m.Chapters = []tags.Chapter{{Start: int64(start), Title: first}, {Start: int64(start) + int64(step), Title: second}}
		if _, err := m.plan(); err != nil {
			t.Skip()
		}
		file := write(t, m, units)
		r, err := check(t, file)
		if err != nil || !r.Track().Damage.Empty() {
			t.Fatal(err, r.Track().Damage)
		}
		want := []tags.Chapter{{Start: m.Chapters[0].Start, Title: chapterTitle(first)}, {Start: m.Chapters[1].Start, Title: chapterTitle(second)}}
		if got := storedChapters(t, file); !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}
