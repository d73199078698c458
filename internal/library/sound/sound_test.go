package sound_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/sound"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/media/aac/syntax"
	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/mp4"
	"github.com/spaces-cli/spaces/internal/media/unithash"
)

// testLibrary is a library.
type testLibrary struct {
	t   *testing.T
	lib *library.Library
}

// newTestLibrary makes a library of recordings, or of of a small archive.
func newTestLibrary(t *testing.T, inputs ...string) *testLibrary {
	t.Helper()
	if len(inputs) == 0 {
		small, archive := fixture.Small(), filepath.Join(t.TempDir(), "small.zip")
		if _, err := small.WriteZIP(archive); err != nil {
			t.Fatal(err)
		}
		inputs = []string{archive}
	}
	lib, err := library.OpenWrite(t.Context(), library.Options{Dir: t.TempDir(), Version: "test", LockWait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	if _, err := intake.Import(t.Context(), lib, inputs, intake.Options{Jobs: 2}, func(intake.Event) {}); err != nil {
		t.Fatal(err)
	}
	return &testLibrary{t, lib}
}

func (s *testLibrary) find(b []byte) *sound.Result {
	s.t.Helper()
	r, err := sound.Open(s.lib).Find(s.t.Context(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// longest returns the recording with the longest audio.
func (s *testLibrary) longest() *space.Space {
	s.t.Helper()
	var best *space.Space
	for r, err := range s.lib.All() {
		if err != nil {
			s.t.Fatal(err)
		}
		if r.Samples != nil && len(r.Files) > 0 && (best == nil || *r.Samples > *best.Samples) {
			best = r
		}
	}
	return best
}

// units returns access units of a recording's first file.
func (s *testLibrary) units(id string, first, n int64) [][]byte {
	s.t.Helper()
	src, err := s.lib.OpenSound(id)
	if err != nil {
		s.t.Fatal(err)
	}
	defer src.Close()
	var all [][]byte
	if err := src.Files[0].Units(s.t.Context(), first, n, func(u []byte) error {
		all = append(all, bytes.Clone(u))
		return nil
	}); err != nil {
		s.t.Fatal(err)
	}
	return all
}

// m4a returns a file of units, without a tag.
func (s *testLibrary) m4a(units [][]byte) []byte {
	s.t.Helper()
	config, err := adts.ParseConfig([]byte{0x11, 0x90})
	if err != nil {
		s.t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := mp4.NewWriter(&b, &mp4.Movie{Config: config, Units: int64(len(units)), Size: func(i int64) int { return len(units[i]) }})
	for _, u := range units {
		if err == nil {
			err = w.WriteUnit(u)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return b.Bytes()
}

func describe(r *sound.Result) string {
	var b strings.Builder
	for _, m := range r.Matches {
		fmt.Fprintf(&b, "%s#%d from unit %d: %d units from %d\n", m.Recording, m.File, m.First, m.Units, m.Stretch.First)
	}
	fmt.Fprintf(&b, "%d of %d units sound, unknown %v, short %v", r.Sounding, r.Units, r.Unknown, r.Short)
	return b.String()
}

// has reports whether all the sound of r comes from the library, and some of
// it from this recording.
func has(r *sound.Result, id string) bool {
	return len(r.Unknown) == 0 && slices.ContainsFunc(r.Matches, func(m sound.Match) bool { return m.Recording == id })
}

func TestExcerptsOfAnyLength(t *testing.T) {
	s := newTestLibrary(t)
	id := s.longest().ID
	for _, n := range []int64{1, 2, 4, 10, 47, 200} {
		for first := int64(0); first < 200; first += 37 {
			if r := s.find(s.m4a(s.units(id, first, n))); r.Sounding > 0 && !has(r, id) {
				t.Errorf("%d units from %d:\n%s", n, first, describe(r))
			}
		}
	}
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(name + " is not installed")
	}
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Another container, other tags or a missing byte change nothing in what is
// heard.
func TestCopiesOfOtherPrograms(t *testing.T) {
	s := newTestLibrary(t)
	r := s.longest()
	file := s.lib.Path(r.File)
	original := read(t, s.lib.Path(r.Folder+"/original/"+r.Pieces[0].Name))
	if got := s.find(original[:len(original)-1]); !has(got, r.ID) {
		t.Errorf("an original less its last byte:\n%s", describe(got))
	}
	for name, args := range map[string]string{
		"whole.m4a":   "-c copy",
		"whole.mp4":   "-c copy -movflags +faststart",
		"piece.mp4":   "-c copy -movflags +frag_keyframe+empty_moov -ss 3",
		"excerpt.m4a": "-ss 5 -t 1.2 -c copy -map_metadata -1",
		"excerpt.ts":  "-ss 9 -t 2 -c copy",
		"excerpt.aac": "-ss 4 -t 1 -c copy",
		"tagged.m4a":  "-ss 2 -t 3 -c copy -metadata title=Mine -metadata comment=1RDxlaZNRDLJL",
		"picture.mov": "-c copy",
		"twice.m2ts":  "-c copy -mpegts_m2ts_mode 1",
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), name)
			run(t, "ffmpeg", append(append([]string{"-loglevel", "error", "-i", file}, strings.Fields(args)...), out)...)
			if got := s.find(read(t, out)); !has(got, r.ID) {
				t.Error(describe(got))
			}
		})
	}
}

func TestJoinedExcerpts(t *testing.T) {
	s := newTestLibrary(t)
	id := s.longest().ID
	parts := slices.Concat(s.units(id, 600, 30), s.units(id, 30, 9), s.units(id, 350, 100), s.units(id, 650, 6))
	r := s.find(s.m4a(parts))
	if !has(r, id) || len(r.Short) > 0 {
		t.Fatal(describe(r))
	}
	for p, first := range map[int64]int64{0: 600, 30: 30, 39: 350, 139: 650} {
		if !slices.ContainsFunc(r.Matches, func(m sound.Match) bool { return m.Recording == id && m.First-m.Stretch.First == first-p }) {
			t.Errorf("nothing says that unit %d is unit %d of the recording:\n%s", p, first, describe(r))
		}
	}
}

// The level of an excerpt can be changed in its units alone.
func TestOtherGain(t *testing.T) {
	s := newTestLibrary(t)
	id := s.longest().ID
	units := s.units(id, 300, 60)
	p, err := adts.NewParser("\x11\x90")
	if err != nil {
		t.Fatal(err)
	}
	var parsed syntax.Unit
	for _, u := range units {
		if err := p.Parse(u, &parsed); err != nil {
			t.Fatal(err)
		}
		for _, stream := range parsed.Streams {
			for bit := stream.Gain; bit < stream.Gain+8; bit++ {
				u[bit>>3] ^= 0x80 >> (bit & 7)
			}
		}
	}
	if r := s.find(s.m4a(units)); !has(r, id) {
		t.Error(describe(r))
	}
}

// What comes from elsewhere is Unknown, beside what does not and alone.
func TestSoundFromElsewhere(t *testing.T) {
	s := newTestLibrary(t)
	id := s.longest().ID
	foreign := s.units(id, 400, 40)
	for _, u := range foreign {
		u[len(u)/2] ^= 1 // as good as another sound
	}
	if r := s.find(s.m4a(foreign)); len(r.Matches) > 0 || len(r.Unknown) != 1 || r.Unknown[0].Units != 40 {
		t.Errorf("alone:\n%s", describe(r))
	}
	r := s.find(s.m4a(slices.Concat(s.units(id, 500, 50), foreign, s.units(id, 700, 50))))
	if len(r.Matches) < 2 || !slices.Equal(r.Unknown, []sound.Stretch{{First: 50, Units: 40}}) {
		t.Errorf("between:\n%s", describe(r))
	}
	r = s.find(s.m4a(slices.Concat(s.units(id, 500, 50), foreign[:3], s.units(id, 700, 50))))
	if len(r.Unknown) > 0 || !slices.Equal(r.Short, []sound.Stretch{{First: 50, Units: 3}}) {
		t.Errorf("a little between:\n%s", describe(r))
	}
}

// Silence is everywhere: it makes nothing an excerpt of anything.
func TestSilenceMatchesNothing(t *testing.T) {
	s := newTestLibrary(t)
	out := filepath.Join(t.TempDir(), "a.m4a")
	run(t, "ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo:d=3", "-c:a", "aac", out)
	if r := s.find(read(t, out)); r.Units == 0 || r.Sounding > 0 || len(r.Matches)+len(r.Unknown)+len(r.Short) > 0 {
		t.Error(describe(r))
	}
}

// Sound that takes few bytes is sound.
func TestQuietIsNotSilent(t *testing.T) {
	s := newTestLibrary(t)
	out := filepath.Join(t.TempDir(), "a.aac")
	run(t, "ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "sine=f=300:r=8000:d=2,volume=0.01", "-c:a", "aac", "-b:a", "4k", out)
	if r := s.find(read(t, out)); r.Sounding < 10 || len(r.Unknown) == 0 {
		t.Error(describe(r))
	}
}

// PCM has no units: that nothing is found says nothing, and Find says so.
func TestPCMIsNotIdentified(t *testing.T) {
	s := newTestLibrary(t)
	out := filepath.Join(t.TempDir(), "a.wav")
	run(t, "ffmpeg", "-loglevel", "error", "-i", s.lib.Path(s.longest().File), out)
	b := read(t, out)
	_, err := sound.Open(s.lib).Find(t.Context(), bytes.NewReader(b), int64(len(b)))
	if !errors.As(err, new(*unithash.UnsupportedError)) {
		t.Errorf("%v", err)
	}
}

// Recordings in MP3 and FLAC are found in files of the same coding.
func TestOtherCodings(t *testing.T) {
	speech := "../../fixture/testdata/host.aac"
	for _, c := range []struct{ ext, encode, excerpt string }{
		{"mp3", "-c:a libmp3lame -b:a 96k", "-ss 0.4 -t 1 -c copy -id3v2_version 3 -metadata title=Mine"},
		{"mp3", "-c:a libmp3lame -q:a 5", "-c copy -write_xing 0"},
		{"flac", "-c:a flac", "-c copy -metadata title=Mine"},
		{"flac", "-c:a flac -frame_size 1024", "-ss 0.5 -t 0.5 -c copy"},
		{"opus", "-c:a libopus", "-c copy -metadata title=Mine"},
		{"webm", "-c:a libopus -b:a 24k -frame_duration 60", "-ss 0.5 -t 1 -c copy"},
	} {
		t.Run(c.ext+c.encode, func(t *testing.T) {
			dir := t.TempDir()
			whole, part := filepath.Join(dir, "whole."+c.ext), filepath.Join(dir, "part."+c.ext)
			run(t, "ffmpeg", append(append([]string{"-loglevel", "error", "-i", speech}, strings.Fields(c.encode)...), whole)...)
			run(t, "ffmpeg", append(append([]string{"-loglevel", "error", "-i", whole}, strings.Fields(c.excerpt)...), part)...)
			s := newTestLibrary(t, whole)
			if r := s.find(read(t, part)); !has(r, s.longest().ID) {
				t.Error(describe(r))
			}
		})
	}
}

// Of Opus, whose packets need not last equally long, a match is told to the packet,
// in whatever container it stands.
func TestOpusSpans(t *testing.T) {
	dir := t.TempDir()
	whole, part := filepath.Join(dir, "whole.webm"), filepath.Join(dir, "part.ogg")
	run(t, "ffmpeg", "-loglevel", "error", "-stream_loop", "3", "-i", "../../fixture/testdata/host.aac", "-c:a", "libopus", "-frame_duration", "40", whole)
	run(t, "ffmpeg", "-loglevel", "error", "-ss", "0.8", "-t", "1.2", "-i", whole, "-c", "copy", part)
	s := newTestLibrary(t, whole)
	r := s.longest()
	found := s.find(read(t, part))
	if len(found.Matches) != 1 || found.Matches[0].Units < 25 || len(found.Unknown) > 0 {
		t.Fatal(describe(found))
	}
	m := found.Matches[0]
	got := m.Spans(r)
	start, end := (float64(m.First)*1920-312)/48000, (float64(m.First+m.Units+1)*1920-312)/48000
	if len(got) != 1 || math.Abs(got[0].Start-start) > 1e-9 || math.Abs(got[0].End-end) > 1e-9 || end > float64(*r.Duration)-1 {
		t.Errorf("%+v, want %f to %f", got, start, end)
	}
}

// MP3 whose header bits, CRC and level another program has changed.
func TestChangedMP3Headers(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole.mp3")
	run(t, "ffmpeg", "-loglevel", "error", "-i", "../../fixture/testdata/host.aac", "-c:a", "libmp3lame", "-b:a", "96k", whole)
	s := newTestLibrary(t, whole)
	b := read(t, whole)
	const size = 96000 * 144 / 48000
	changed := 0
	for i := bytes.Index(b, []byte{0xff, 0xfb}); i >= 0 && i+size <= len(b); i += size {
		b[i+2] ^= 1   // private
		b[i+3] ^= 0xd // copyright, original, emphasis 1
		changed++
	}
	if r := s.find(b); changed < 40 || !has(r, s.longest().ID) {
		t.Errorf("%d frames changed:\n%s", changed, describe(r))
	}
}

// Without its index a recording is found too; reindex makes it as an import
// does.
func TestLibrariesOfBefore(t *testing.T) {
	s := newTestLibrary(t)
	r := s.longest()
	name := s.lib.Path(r.Folder + "/.spaces/sound-0.idx")
	was := read(t, name)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	excerpt := s.m4a(s.units(r.ID, 100, 300))
	if got := s.find(excerpt); !has(got, r.ID) {
		t.Errorf("without an index:\n%s", describe(got))
	}
	if err := os.WriteFile(name, was[:len(was)-1], 0o666); err != nil {
		t.Fatal(err)
	}
	if got := s.find(excerpt); !has(got, r.ID) {
		t.Errorf("with a damaged one:\n%s", describe(got))
	}
	made, err := s.lib.IndexSound(t.Context(), func(id string, err error) { t.Errorf("%s: %v", id, err) })
	if err != nil || made != 1 {
		t.Errorf("%d made, %v", made, err)
	}
	if !bytes.Equal(read(t, name), was) {
		t.Error("reindex makes another index than an import")
	}
}

// Spans are positions on the recording's timeline, over pieces and gaps.
func TestSpans(t *testing.T) {
	s := &space.Space{
		Recording: space.Recording{Files: []string{"a", "b"}},
		Configs:   []space.Config{{UnitSamples: 1024}, {UnitSamples: 1024}},
		Timeline: []space.Run{
			{SampleRate: 48000, FirstUnit: 0, FirstSample: 0, Samples: 10*1024 - 500, Skip: 500},
			{SampleRate: 48000, FirstUnit: 10, FirstSample: 10*1024 - 500, Samples: 20 * 1024},
			{SampleRate: 24000, File: 1, FirstUnit: 0, FirstSample: 30*1024 - 500, Samples: 5 * 1024},
		},
	}
	at := func(sample float64) float64 { return sample / 48000 }
	for _, c := range []struct {
		file         int
		first, units int64
		want         []space.Stretch
	}{
		{0, 0, 1, []space.Stretch{{Start: 0, End: at(2*1024 - 500)}}},
		{0, 9, 2, []space.Stretch{{Start: at(9*1024 - 500), End: at(10*1024 - 500)}, {Start: at(10*1024 - 500), End: at(12*1024 - 500)}}},
		{0, 29, 1, []space.Stretch{{Start: at(29*1024 - 500), End: at(30*1024 - 500)}}},
		{1, 1, 1, []space.Stretch{{Start: at(30*1024-500) + 1024.0/24000, End: at(30*1024-500) + 3072.0/24000}}},
	} {
		t.Run(fmt.Sprintf("unit %d of file %d", c.first, c.file), func(t *testing.T) {
			got := sound.Match{File: c.file, First: c.first, Stretch: sound.Stretch{Units: c.units}}.Spans(s)
			if len(got) != len(c.want) {
				t.Errorf("%d from %d of file %d: %v, want %v", c.units, c.first, c.file, got, c.want)
				return
			}
			for i, g := range got {
				if d := max(g.Start-c.want[i].Start, c.want[i].Start-g.Start, g.End-c.want[i].End, c.want[i].End-g.End); d > 1e-9 {
					t.Errorf("%d from %d of file %d: %v, want %v", c.units, c.first, c.file, got, c.want)
				}
			}
		})
	}
}
