package mp4

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// videoOf returns a Video of units at a rate, of which every 50th is a key
// frame.
func videoOf(units [][]byte, frames, ticks int) *Video {
	return &Video{
		Width: 1280, Height: 720, SPS: []byte("\x67\x42\xC0\x1Fsps"), PPS: []byte("\x68pps"),
		Frames: frames, Ticks: ticks, Units: int64(len(units)),
		Size: func(i int64) int { return len(units[i]) },
		Key:  func(i int64) bool { return i%50 == 0 },
		Read: func(i int64) ([]byte, error) { return units[i], nil },
	}
}

func writeVideo(t testing.TB, m *Movie, v *Video, units [][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewVideoWriter(&b, m, v)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range units {
		if err := w.WriteUnit(u); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tracks returns the tables of all tracks of a file.
func tracks(t testing.TB, r io.ReaderAt, size int64) (list []*trak) {
	t.Helper()
	w := &window{r: r, size: size, ahead: headerAhead}
	moov, err := w.child("moov", 0, size)
	if err != nil {
		t.Fatal(err)
	}
	for pos := moov.body; pos < moov.end; {
		b, ok, err := w.box(pos, moov.end)
		if err != nil || !ok {
			t.Fatalf("no box at %d: %v", pos, err)
		}
		if b.is("trak") {
			tr, err := w.readTrak(b)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, tr)
		}
		pos = b.end
	}
	return list
}

// samples returns where the samples of a track lie.
func samples(t testing.TB, r io.ReaderAt, size int64, tr *trak) (list []sample) {
	t.Helper()
	w := &window{r: r, size: size, ahead: headerAhead}
	table, err := w.sampleTable(tr)
	if err != nil {
		t.Fatal(err)
	}
	for {
		s, err := table.read()
		if err == io.EOF {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
}

func TestVideoRoundTrip(t *testing.T) {
	for _, c := range []struct {
		name          string
		rate          int
		units         int
		edits         []Edit
		frames, ticks int
		scale         int64
		tick          int64
	}{
		{"25 at 48 kHz", 48000, 500, []Edit{{1024, 400*1024 + 77}}, 25, 1, 48000, 1920},
		{"30 at 44.1 kHz", 44100, 500, []Edit{{2048, 400 * 1024}}, 30, 1, 44100, 1470},
		{"NTSC", 48000, 300, []Edit{{3, 290*1024 + 1}}, 30000, 1001, 240000, 8008},
		{"film at 22.05 kHz", 22050, 300, nil, 24000, 1001, 3528000, 147147},
		{"two pieces", 48000, 600, []Edit{{1024, 100 * 1024}, {300 * 1024, 250 * 1024}}, 25, 1, 48000, 1920},
		{"shorter than a frame", 48000, 2, []Edit{{1024, 10}}, 25, 1, 48000, 1920},
		{"a frame in three seconds", 48000, 900, nil, 1, 3, 48000, 144000},
	} {
		t.Run(c.name, func(t *testing.T) {
			sound := randomUnits(c.units)
			m := movieOf(track.Config{Codec: track.AACLC, SampleRate: c.rate, Channels: 2, UnitSamples: 1024, Specific: "\x11\x90"}, sound)
			m.Edits, m.Tags = c.edits, allTags
			m.Chapters = []tags.Chapter{{Start: 0, Title: "first"}, {Start: 9, Title: "second"}}
			played := int64(c.units) * 1024
			if c.edits != nil {
				played = 0
				for _, e := range c.edits {
					played += e.Samples
				}
			}
			pictures := randomUnits(int(FrameCount(played, c.rate, c.frames, c.ticks)))
			file := writeVideo(t, m, videoOf(pictures, c.frames, c.ticks), sound)

			r, got := readAll(t, file)
			sameUnits(t, got, sound)
			if tr := r.Track(); !tr.Damage.Empty() || !tr.Video || tr.Tags["title"] != allTags.Title {
				t.Errorf("%+v", tr)
			}
			list := tracks(t, bytes.NewReader(file), int64(len(file)))
			if len(list) != 3 || !list[0].is("vide") || !list[1].is("soun") || !list[2].is("text") {
				t.Fatalf("tracks %+v", list)
			}
			if list[0].timescale != c.scale {
				t.Errorf("timescale %d, want %d", list[0].timescale, c.scale)
			}
			var total int64
			shown := samples(t, bytes.NewReader(file), int64(len(file)), list[0])
			if len(shown) != len(pictures) {
				t.Fatalf("%d pictures, want %d", len(shown), len(pictures))
			}
			for i, s := range shown {
				if !bytes.Equal(file[s.offset:][:s.size], pictures[i]) {
					t.Fatalf("picture %d is not where the tables say", i)
				}
				total += s.ticks
				if last := i == len(shown)-1; !last && s.ticks != c.tick || last && i > 0 && (s.ticks < c.tick/2 || s.ticks > c.tick*3/2) {
					t.Errorf("picture %d lasts %d", i, s.ticks)
				}
			}
			if total*int64(c.rate) != played*c.scale {
				t.Errorf("pictures last %d, want %d × %d / %d", total, played, c.scale, c.rate)
			}
			interleaved(t, file, list[0], list[1])
		})
	}
}

// interleaved fails unless players that read from front to back have pictures
// and sound of about the same time.
func interleaved(t *testing.T, file []byte, a, b *trak) {
	t.Helper()
	x, y := samples(t, bytes.NewReader(file), int64(len(file)), a), samples(t, bytes.NewReader(file), int64(len(file)), b)
	var at, bt float64
	end := int64(0)
	for len(x)+len(y) > 0 {
		if len(y) == 0 || len(x) > 0 && x[0].offset < y[0].offset {
			end, at, x = x[0].offset+x[0].size, at+float64(x[0].ticks)/float64(a.timescale), x[1:]
		} else {
			end, bt, y = y[0].offset+y[0].size, bt+float64(y[0].ticks)/float64(b.timescale), y[1:]
		}
		if len(x) > 0 && len(y) > 0 && (at-bt > 3.1 || bt-at > 3.1) {
			t.Fatalf("at byte %d there are %.2f s of pictures and %.2f s of sound", end, at, bt)
		}
	}
}

func TestVideoRefuses(t *testing.T) {
	sound, pictures := randomUnits(100), randomUnits(53)
	for name, change := range map[string]func(v *Video){
		"no width":           func(v *Video) { v.Width = 0 },
		"huge":               func(v *Video) { v.Height = 1 << 16 },
		"no SPS":             func(v *Video) { v.SPS = nil },
		"no PPS":             func(v *Video) { v.PPS = nil },
		"no rate":            func(v *Video) { v.Frames = 0 },
		"negative ticks":     func(v *Video) { v.Ticks = -1 },
		"odd rate":           func(v *Video) { v.Frames = 999983 },
		"no frames":          func(v *Video) { v.Units = 0 },
		"longer than sound":  func(v *Video) { v.Frames, v.Ticks = 24, 1 },
		"empty frame":        func(v *Video) { v.Size = func(int64) int { return 0 } },
		"first is not a key": func(v *Video) { v.Key = func(i int64) bool { return i == 1 } },
	} {
		v := videoOf(pictures, 25, 1)
		if _, err := NewVideoWriter(io.Discard, movieOf(stereo48, sound), v); err != nil {
			t.Fatalf("unchanged: %v", err)
		}
		change(v)
		if _, err := NewVideoWriter(io.Discard, movieOf(stereo48, sound), v); !errors.Is(err, errVideo) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Pictures and sound must be what was planned.
func TestVideoWriterHoldsPlan(t *testing.T) {
	sound, pictures := randomUnits(100), randomUnits(53)
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		read  func(i int64) ([]byte, error)
		units int
		want  string
	}{
		"longer picture": {func(i int64) ([]byte, error) { return make([]byte, len(pictures[i])+1), nil }, 100, "were planned"},
		"failing":        {func(i int64) ([]byte, error) { return nil, broken }, 100, "broken"},
		"failing late": {func(i int64) ([]byte, error) {
			if i == 52 {
				return nil, broken
			}
			return pictures[i], nil
		}, 100, "broken"},
		"too little sound": {func(i int64) ([]byte, error) { return pictures[i], nil }, 99, "99 of 100"},
	} {
		t.Run(name, func(t *testing.T) {
			v := videoOf(pictures, 25, 1)
			v.Read = c.read
			w, err := NewVideoWriter(io.Discard, movieOf(stereo48, sound), v)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range sound[:c.units] {
				if err = w.WriteUnit(u); err != nil {
					break
				}
			}
			if err == nil {
				err = w.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

func TestVideoWriterReportsFullDisk(t *testing.T) {
	sound, pictures := randomUnits(100), randomUnits(53)
	whole := len(writeVideo(t, movieOf(stereo48, sound), videoOf(pictures, 25, 1), sound))
	for room := 0; room < whole; room += whole / 11 {
		f := full(room)
		w, err := NewVideoWriter(&f, movieOf(stereo48, sound), videoOf(pictures, 25, 1))
		for i := 0; i < len(sound) && err == nil; i++ {
			err = w.WriteUnit(sound[i])
		}
		if err == nil {
			err = w.Close()
		}
		if !errors.Is(err, errFull) {
			t.Errorf("room for %d of %d bytes: error %v", room, whole, err)
		}
	}
}

// Behind 4 GiB offsets need 64 bits, also where the sound alone would not.
func TestVideoBeyond4GiB(t *testing.T) {
	const size, frames, units = 1 << 20, 6000, 240 * 48000 / 1024
	m := movieOf(stereo48, nil)
	m.Units, m.Size = units, func(int64) int { return 100 }
	v := videoOf(nil, 25, 1)
	v.Units, v.Size = frames, func(int64) int { return size }
	d := &discard{}
	w, err := NewVideoWriter(d, m, v)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.w.Flush(); err != nil {
		t.Fatal(err)
	}
	end := w.MediaStart() + frames*size + units*100
	file := &sparse{d.head, end}
	for _, tr := range tracks(t, file, end) {
		list := samples(t, file, end, tr)
		last := list[len(list)-1]
		if !tr.stco.is("co64") || tr.is("vide") && last.offset < 1<<32 || last.offset+last.size > end {
			t.Errorf("%s: the last sample is %+v of %d", tr.handler, last, end)
		}
	}
}
