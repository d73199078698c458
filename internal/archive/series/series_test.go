package series

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/fixture"
)

// replayed makes the chunks of a replay, in order.
func replayed(t *testing.T, seconds float64, tags bool) (chunks [][]byte) {
	t.Helper()
	r := fixture.ReplayOf(fixture.Short())
	r.Recording.Seconds = seconds
	if !tags {
		r.Recording.Tags = fixture.NoTags
	}
	files, _, err := r.Files()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name, ".aac") {
			chunks = append(chunks, f.Data)
		}
	}
	return chunks
}

// ffmpeg makes a file of a tone.
func ffmpeg(t *testing.T, args string) []byte {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	out := filepath.Join(t.TempDir(), "out"+filepath.Ext(args))
	list := append([]string{"-v", "error", "-f", "lavfi", "-i"}, strings.Fields(strings.TrimSuffix(args, filepath.Ext(args)))...)
	if b, err := exec.Command("ffmpeg", append(list, out)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func find(t *testing.T, files map[string][]byte) []*Chunks {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return Find(dir, entries, nil)
}

// named gives each chunk a name with its number in it.
func named(form string, from int, chunks [][]byte) map[string][]byte {
	files := make(map[string][]byte)
	for i, c := range chunks {
		files[fmt.Sprintf(form, from+i)] = c
	}
	return files
}

func without(files map[string][]byte, names ...string) map[string][]byte {
	for _, n := range names {
		delete(files, n)
	}
	return files
}

func with(files map[string][]byte, name string, data []byte) map[string][]byte {
	files[name] = data
	return files
}

// Names say which files may belong together, and their sound whether they do.
func TestFind(t *testing.T) {
	tagged, bare := replayed(t, 36, true), replayed(t, 36, false)
	long := ffmpeg(t, "sine=f=440:d=61 -ac 1 -b:a 16k .mp3")
	tone := ffmpeg(t, "sine=f=440:d=5 -ac 1 .mp3")
	shorter := ffmpeg(t, "sine=f=440:d=2 -ac 1 .mp3")
	other := ffmpeg(t, "sine=f=440:d=3 -ac 1 -ar 44100 .aac")
	whole := ffmpeg(t, "sine=f=440:d=3 .m4a")
	fragment := []byte("\x00\x00\x00\x10styp....----\x00\x00\x00\x08mdat")
	movie := []byte("\x00\x00\x00\x10ftyp....----\x00\x00\x00\x08moov")
	backwards := func(c [][]byte) (out [][]byte) {
		for i := range c {
			out = append(out, c[len(c)-1-i])
		}
		return out
	}
	episodes := map[string][]byte{}
	for i := range 5 {
		episodes[fmt.Sprintf("%d.mp3", i+1)] = long
	}
	for _, c := range []struct {
		name  string
		files map[string][]byte
		want  string
	}{
		{"bare numbers", named("%d.aac", 0, tagged), "12 files, 0.aac to 11.aac"},
		{"bare numbers without tags", named("%d.aac", 0, bare), "12 files, 0.aac to 11.aac"},
		{"numbers with zeros", named("segment_%05d.aac", 7, bare), "12 files, segment_00007.aac to segment_00018.aac"},
		{"a query in the name", named("seg-%d.aac?type=replay", 1, tagged), "12 files, seg-1.aac?type=replay to seg-12.aac?type=replay"},
		{"a query as browsers write it", named("media-u1_b96000_%d.aac_type=replay", 1, bare), "12 files, media-u1_b96000_1.aac_type=replay to media-u1_b96000_12.aac_type=replay"},
		{"any name, with a clock", named("my talk %d.aac", 1, tagged), "12 files, my talk 1.aac to my talk 12.aac"},
		{"any name, without", named("my talk %d.aac", 1, bare), "12 files, my talk 1.aac to my talk 12.aac? they are not named as chunks are, and have no clock"},
		{"missing ones", without(named("%d.aac", 0, tagged), "4.aac", "7.aac", "8.aac"), "9 files, 0.aac to 11.aac, missing 4 7–8"},
		{"many missing", without(named("%d.aac", 0, bare), "4.aac", "7.aac", "8.aac"), "9 files, 0.aac to 11.aac, missing 4 7–8? many numbers are missing, and they have no clock"},
		{"too many missing", without(named("%d.aac", 0, tagged), "2.aac", "4.aac", "5.aac", "7.aac", "8.aac"), ""},
		{"downloaded twice", with(named("%d.aac", 0, tagged), "3 (1).aac", tagged[3]), "12 files, 0.aac to 11.aac"},
		{"the order is not that of the numbers", named("%d.aac", 0, backwards(tagged)), ""},
		{"another coding among them", with(named("%d.aac", 0, bare), "6.aac", other), ""},
		{"a page instead of the last", with(named("%d.aac", 0, bare), "11.aac", []byte("<!doctype html><title>403</title>")), "12 files, 0.aac to 11.aac"},
		{"X's own", named("chunk_162369360039100000%d_5_a.aac", 0, bare[:3]), "3 files, chunk_1623693600391000000_5_a.aac to chunk_1623693600391000002_5_a.aac"},
		{"segments and their map", with(named("segment_%05d.m4s", 0, [][]byte{fragment, fragment}), "init.mp4", movie), "2 files, segment_00000.m4s to segment_00001.m4s, map init.mp4"},
		{"segments without their map", named("segment_%05d.m4s", 0, [][]byte{fragment, fragment}), ""},

		{"five episodes", episodes, ""},
		{"five tones", named("%d.mp3", 1, [][]byte{tone, tone, tone, tone, tone}), "5 files, 1.mp3 to 5.mp3? they have no clock"},
		{"five sounds", named("%d.mp3", 1, [][]byte{tone, shorter, tone, shorter, tone}), "5 files, 1.mp3 to 5.mp3? they differ in length, and have no clock"},
		{"whole files of MP4", named("%d.m4a", 1, [][]byte{whole, whole, whole}), ""},
		{"two files", named("%d.aac", 1, bare[:2]), ""},
		{"years", map[string][]byte{"2021.aac": bare[0], "2022.aac": bare[1], "2025.aac": bare[2]}, ""},
		{"the same number twice", map[string][]byte{"1.aac": bare[0], "01.aac": bare[1], "2.aac": bare[2], "3.aac": bare[3]}, ""},
		{"text", named("%d.aac", 0, [][]byte{[]byte("Dear"), []byte("Sir"), []byte("or")}), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, s := range find(t, c.files) {
				text := s.String()
				if s.Map != nil {
					text += ", map " + s.Map.Name
				}
				if len(s.Missing) > 0 {
					text += ", missing"
					for _, m := range s.Missing {
						text += " " + m.String()
					}
				}
				if s.Doubt != "" {
					text += "? " + s.Doubt
				}
				got = append(got, text)
			}
			if all := strings.Join(got, "; "); all != c.want {
				t.Errorf("found %q, want %q", all, c.want)
			}
		})
	}
}

// Two series in one folder are two recordings.
func TestFindTwo(t *testing.T) {
	files := named("a_%d.aac", 0, replayed(t, 12, true))
	for name, data := range named("b_%d.aac", 0, replayed(t, 18, true)) {
		files[name] = data
	}
	found := find(t, files)
	if len(found) != 2 || found[0].String() != "6 files, b_0.aac to b_5.aac" || found[1].String() != "4 files, a_0.aac to a_3.aac" {
		t.Errorf("found %v", found)
	}
	if s := found[0].Seconds; s < 2.9 || s > 3.1 {
		t.Errorf("a chunk of %f s", s)
	}
}
