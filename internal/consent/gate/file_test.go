package gate

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/clip"
	"github.com/spaces-cli/spaces/internal/consent"
	"github.com/spaces-cli/spaces/internal/fixture"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/recording"
)

// A testLibrary is a library with two recordings: nobody has agreed to the use of
// the guarded one, and all to that of the free one.
type testLibrary struct {
	*library.Library
	t             *testing.T
	dir           string
	guarded, free *space.Space
}

func newTestLibrary(t *testing.T) *testLibrary {
	t.Helper()
	dir := t.TempDir()
	lib, err := library.OpenWrite(t.Context(), library.Options{Dir: dir, Version: "test", LockWait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { lib.Close() })
	small, archive := fixture.Small(), filepath.Join(t.TempDir(), "small.zip")
	if _, err := small.WriteZIP(archive); err != nil {
		t.Fatal(err)
	}
	if _, err := intake.Import(t.Context(), lib, []string{archive}, intake.Options{Jobs: 2}, func(intake.Event) {}); err != nil {
		t.Fatal(err)
	}
	s := &testLibrary{Library: lib, t: t, dir: t.TempDir()}
	ids, err := lib.IDs()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		rec, err := lib.Load(id)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case rec.Duration == nil || len(rec.Files) == 0:
		case s.guarded == nil || *rec.Duration > *s.guarded.Duration:
			s.guarded, s.free = rec, s.guarded
		default:
			s.free = rec
		}
	}
	l, err := consent.Open(lib.Dir(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, p := range s.free.Speakers {
		e := consent.Entry{Kind: consent.Consent, Handle: p.Handle, Answer: consent.Granted, Recording: s.free.ID}
		if p.Handle == "" {
			e.ID = p.ID
		}
		if err := l.Add(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *testLibrary) gate(o Options) *Gate {
	s.t.Helper()
	o.Library, o.Now, o.Wait = s.Library, time.Now, time.Second
	g, err := Open(o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { g.Close() })
	return g
}

// original and playable are the bytes of the guarded recording.
func (s *testLibrary) original() []byte {
	p := s.guarded.Pieces[0]
	return s.read(s.Path(s.guarded.Folder + "/original/" + p.Name))
}

func (s *testLibrary) playable() []byte { return s.read(s.Path(s.guarded.File)) }

func (s *testLibrary) read(name string) []byte {
	s.t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// write writes a file outside of the library.
func (s *testLibrary) write(name string, b []byte) string {
	s.t.Helper()
	name = filepath.Join(s.t.TempDir(), name)
	if err := os.WriteFile(name, b, 0o666); err != nil {
		s.t.Fatal(err)
	}
	return name
}

// ffmpeg makes a file of another.
func (s *testLibrary) ffmpeg(t *testing.T, in, out string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	out = filepath.Join(t.TempDir(), out)
	all := append([]string{"-v", "error", "-i", in}, args...)
	if b, err := exec.CommandContext(t.Context(), "ffmpeg", append(all, out)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, b)
	}
	return out
}

func zipped(method uint16, files ...[]byte) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, f := range files {
		w, _ := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("file%d.bin", i), Method: method})
		w.Write(f)
	}
	z.Close()
	return b.Bytes()
}

func tarred(f []byte) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: "talk.bin", Size: int64(len(f)), Mode: 0o644})
	w.Write(f)
	w.Close()
	return b.Bytes()
}

func gzipped(f []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(f)
	w.Close()
	return b.Bytes()
}

func pictures() (jpg, pic []byte) {
	img := image.NewGray(image.Rect(0, 0, 64, 64))
	for i := range img.Pix {
		img.Pix[i] = byte(i * i)
	}
	var a, b bytes.Buffer
	jpeg.Encode(&a, img, nil)
	png.Encode(&b, img)
	return a.Bytes(), b.Bytes()
}

// found says what a gate finds in a file: ids, and "?" for what is not known.
func found(t *testing.T, g *Gate, name string) string {
	t.Helper()
	uses, err := g.File(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, u := range uses {
		what := u.Recording
		if u.Why != "" {
			what = "?"
		}
		if !slices.Contains(list, what) {
			list = append(list, what)
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// What holds a voice that nobody has agreed to does not become public, however
// it is disguised; what holds none does.
func TestFile(t *testing.T) {
	s := newTestLibrary(t)
	id, free := s.guarded.ID, s.free.ID
	jpg, pic := pictures()
	both := []string{id, free}
	slices.Sort(both)
	lie := strings.Join(both, " ")
	say := func(name, rec string) string {
		if err := os.WriteFile(name+".json", []byte(fmt.Sprintf(`{"schema":1,"recording":%q,"file":%q,"at":0,"length":1}`, rec, filepath.Base(name))), 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	tags := []string{"-map_metadata", "-1", "-movflags", "use_metadata_tags", "-metadata", "SPACE_ID=" + free}
	source := s.Path(s.guarded.File)
	for _, tt := range []struct {
		name string
		file func(t *testing.T) string
		want string
	}{
		{"the original", func(*testing.T) string { return s.write("a.bin", s.original()) }, id},
		{"less its last byte", func(*testing.T) string { return s.write("a.ts", s.original()[:len(s.original())-1]) }, id},
		{"less its first bytes", func(*testing.T) string { return s.write("a.ts", s.original()[1000:]) }, id},
		{"a false record beside it", func(*testing.T) string { return say(s.write("a.ts", s.original()[:len(s.original())-1]), free) }, lie},
		{"a false record beside what is encoded anew", func(t *testing.T) string { return say(s.ffmpeg(t, source, "a.mp3"), free) }, "? " + free},
		{"false tags", func(t *testing.T) string {
			return s.ffmpeg(t, source, "a.m4a", append(tags, "-vn", "-c", "copy")...)
		}, lie},
		{"true tags of what is encoded anew", func(t *testing.T) string {
			return s.ffmpeg(t, source, "a.mp3", "-vn", "-map_metadata", "-1", "-metadata", "SPACE_ID="+id)
		}, "? " + id},
		{"a tag that ends with a zero", func(t *testing.T) string {
			name := s.ffmpeg(t, source, "a.mp3", "-vn", "-map_metadata", "-1", "-metadata", "SPACE_ID="+free+"X")
			b := bytes.Replace(s.read(name), []byte(free+"X"), []byte(free+"\x00"), 1)
			return s.write("b.mp3", b)
		}, "? " + free},
		{"re-muxed as M4A", func(t *testing.T) string {
			return s.ffmpeg(t, source, "a.m4a", "-vn", "-map_metadata", "-1", "-c", "copy")
		}, id},
		{"re-muxed as MP4, fragmented", func(t *testing.T) string {
			return s.ffmpeg(t, source, "a.mp4", "-vn", "-map_metadata", "-1", "-c", "copy", "-movflags", "frag_keyframe+empty_moov")
		}, id},
		{"re-muxed as ADTS", func(t *testing.T) string {
			return s.ffmpeg(t, source, "a.aac", "-vn", "-map_metadata", "-1", "-c", "copy")
		}, id},
		{"re-muxed as a transport stream", func(t *testing.T) string {
			return s.ffmpeg(t, source, "a.ts", "-vn", "-map_metadata", "-1", "-c", "copy")
		}, id},
		{"as a second sound track", func(t *testing.T) string {
			return s.ffmpeg(t, s.Path(s.free.File), "a.m4a", "-i", source, "-map", "0:a", "-map", "1:a", "-map_metadata", "-1", "-c", "copy")
		}, "? " + free},
		{"in a container that is not read", func(t *testing.T) string {
			return s.ffmpeg(t, source, "a.asf", "-vn", "-map_metadata", "-1", "-c", "copy")
		}, "?"},
		{"re-muxed as Matroska", func(t *testing.T) string {
			return s.ffmpeg(t, source, "a.mkv", "-vn", "-map_metadata", "-1", "-c", "copy")
		}, id},
		{"re-muxed as Flash Video", func(t *testing.T) string {
			return s.ffmpeg(t, source, "a.flv", "-vn", "-map_metadata", "-1", "-c", "copy")
		}, id},
		{"as a second sound track of Matroska", func(t *testing.T) string {
			return s.ffmpeg(t, s.Path(s.free.File), "a.mkv", "-i", source, "-map", "0:a", "-map", "1:a", "-map_metadata", "-1", "-c", "copy")
		}, "? " + free},
		{"encoded anew", func(t *testing.T) string { return s.ffmpeg(t, source, "a.opus", "-vn", "-map_metadata", "-1") }, "?"},
		{"decoded", func(t *testing.T) string { return s.ffmpeg(t, source, "a.wav", "-vn", "-map_metadata", "-1") }, "?"},
		{"under a name with another's id", func(*testing.T) string {
			return s.write("Talk ["+free+"].m4a", s.original()[:len(s.original())-1])
		}, lie},
		{"a ZIP", func(*testing.T) string { return s.write("a.zip", zipped(zip.Deflate, s.playable())) }, id},
		{"a ZIP that packs nothing", func(*testing.T) string { return s.write("a.txt", zipped(zip.Store, []byte("notes"), s.original())) }, id},
		{"a ZIP in a ZIP", func(*testing.T) string {
			return s.write("a.zip", zipped(zip.Deflate, zipped(zip.Store, s.original()[:len(s.original())-1])))
		}, id},
		{"a ZIP of what is unknown", func(t *testing.T) string {
			return s.write("a.zip", zipped(zip.Deflate, s.read(s.ffmpeg(t, source, "a.opus", "-vn"))))
		}, "?"},
		{"a ZIP that is cut off", func(*testing.T) string {
			b := zipped(zip.Store, s.original())
			return s.write("a.zip", b[:len(b)-30])
		}, "?"},
		{"a ZIP of notes behind a recording", func(*testing.T) string {
			return s.write("a.zip", slices.Concat(s.original(), zipped(zip.Store, []byte("notes"))))
		}, "?"},
		{"a tape archive", func(*testing.T) string { return s.write("a.tar", tarred(s.original())) }, id},
		{"a recording behind a tape archive", func(*testing.T) string {
			return s.write("a.tar", slices.Concat(tarred([]byte("notes")), s.original()))
		}, "?"},
		{"a packed tape archive", func(*testing.T) string { return s.write("a.tgz", gzipped(tarred(s.playable()))) }, id},
		{"packed too often", func(*testing.T) string {
			b := s.original()
			for range maxDepth + 1 {
				b = gzipped(b)
			}
			return s.write("a.gz", b)
		}, "?"},
		{"a picture before it", func(*testing.T) string { return s.write("a.jpg", slices.Concat(jpg, s.original())) }, "? " + id},
		{"a picture before it, as PNG", func(*testing.T) string { return s.write("a.png", slices.Concat(pic, s.original())) }, id},
		{"as letters", func(*testing.T) string {
			return s.write("a.txt", []byte(base64.StdEncoding.EncodeToString(s.original())))
		}, "?"},
		{"a PDF", func(*testing.T) string { return s.write("a.pdf", []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")) }, "?"},
		{"nothing", func(*testing.T) string { return s.write("a.m4a", nil) }, ""},
		{"a JPEG", func(*testing.T) string { return s.write("cover.jpg", jpg) }, ""},
		{"a PNG", func(*testing.T) string { return s.write("cover.png", pic) }, ""},
		{"a feed", func(*testing.T) string {
			return s.write("feed.xml", []byte("<?xml version=\"1.0\"?>\n<rss><channel><title>"+id+"</title></channel></rss>\n"))
		}, ""},
		{"a transcript of nobody knows what", func(*testing.T) string {
			return s.write("talk.vtt", []byte("\uFEFFWEBVTT\r\n\r\n00:01.000 --> 00:02.000\r\n— Où ça ? 日本語\r\n"))
		}, "?"},
		{"pictures and words in a ZIP", func(*testing.T) string {
			return s.write("a.zip", zipped(zip.Deflate, jpg, pic, []byte("notes\n")))
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			name := tt.file(t)
			g := s.gate(Options{Policy: consent.Policy{consent.SendingAll: consent.Require}})
			got := found(t, g, name)
			for _, what := range []string{"?", id, free} {
				is, want := strings.Contains(got, what), strings.Contains(tt.want, what)
				if what != "?" && !want && strings.ContainsAny(got, "1") {
					continue // the two have some sound in common
				}
				if is != want {
					t.Fatalf("made of %q, want %q", got, tt.want)
				}
			}
			uses, err := g.File(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			_, err = g.CheckAll(t.Context(), consent.SendingAll, uses)
			if stopped := err != nil; stopped != (tt.want != "") {
				t.Errorf("%v", err)
			}
			if err == nil {
				return
			}
			g = s.gate(Options{Policy: consent.Policy{consent.SendingAll: consent.Require}, Reason: "all of them knew"})
			if _, err = g.CheckAll(t.Context(), consent.SendingAll, uses); err != nil {
				t.Errorf("with a reason: %v", err)
			}
		})
	}
}

// What the library has made is known by its bytes, with the stretch that is in
// it, wherever it lies; and by its sound when somebody has re-muxed it.
func TestFileOfClip(t *testing.T) {
	s := newTestLibrary(t)
	rec, err := recording.Open(s.Library, s.guarded.ID, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Close()
	span := recording.Span{Start: 3 * int64(rec.Rate), Samples: 4 * int64(rec.Rate)}
	kept, err := clip.Cut(t.Context(), clip.Request{Recording: rec, Span: span})
	if err != nil {
		t.Fatal(err)
	}
	g := s.gate(Options{})
	check := func(name string, slack float64) {
		t.Helper()
		uses, err := g.File(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if len(uses) == 0 {
			t.Fatalf("%s is made of nothing", name)
		}
		fits := false
		for _, u := range uses {
			if len(u.Parts) == 0 || !u.Clip {
				t.Fatalf("%s: %+v", name, u)
			}
			first, last := u.Parts[0], u.Parts[len(u.Parts)-1]
			fits = fits || u.Recording == s.guarded.ID && first.Start < 3.03 && first.Start > 3-slack && last.End > 6.97 && last.End < 7+slack
		}
		if !fits {
			t.Errorf("%s is %v, want 3 to 7 of %s and what is hidden around it", name, uses, s.guarded.ID)
		}
	}
	check(s.write("away.m4a", s.read(kept.File)), 0.1)
	check(s.ffmpeg(t, kept.File, "muxed.mp4", "-vn", "-map_metadata", "-1", "-c", "copy"), 0.15)
	if _, err := os.Stat(kept.File + ".json"); err != nil {
		t.Fatal(err)
	}
	// Its own record, changed by hand, is a hint like another.
	if err := os.WriteFile(kept.File+".json", []byte(fmt.Sprintf(`{"schema":1,"recording":%q,"file":"x","at":0,"length":1}`, s.free.ID)), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := found(t, s.gate(Options{}), kept.File); !strings.Contains(got, s.guarded.ID) || !strings.Contains(got, s.free.ID) {
		t.Errorf("with a false record it is made of %q", got)
	}
}

// What cannot be read stops everything.
func TestUnreadable(t *testing.T) {
	for _, tt := range []struct {
		name string
		ruin func(s *testLibrary) error
	}{
		{"the ledger", func(s *testLibrary) error {
			return os.WriteFile(s.Path("consent/ledger.jsonl"), []byte("{]\n{}\n"), 0o666)
		}},
		{"guessed turns", func(s *testLibrary) error {
			return os.WriteFile(s.Path(s.guarded.Folder+"/.spaces/turns.json"), []byte("{"), 0o666)
		}},
		{"turns that go backwards", func(s *testLibrary) error {
			return os.WriteFile(s.Path(s.guarded.Folder+"/.spaces/turns.json"), []byte(`{"schema":1,"turns":[{"handle":"x","start":9,"end":1}]}`), 0o666)
		}},
		{"confirmed turns", func(s *testLibrary) error {
			if err := os.MkdirAll(s.Path("turns"), 0o777); err != nil {
				return err
			}
			return os.WriteFile(s.Path("turns/"+s.guarded.ID+".json"), []byte("no"), 0o666)
		}},
		{"space.json", func(s *testLibrary) error {
			return os.WriteFile(s.Path(s.guarded.Folder+"/space.json"), []byte("{"), 0o666)
		}},
		{"an archive's record", func(s *testLibrary) error {
			list, err := filepath.Glob(s.Path("archives/*.json"))
			if err != nil || len(list) == 0 {
				return errors.New("there is no archive")
			}
			return os.WriteFile(list[0], []byte("{"), 0o666)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newTestLibrary(t)
			if err := tt.ruin(s); err != nil {
				t.Fatal(err)
			}
			for _, act := range consent.Actions {
				g, err := Open(Options{Library: s.Library, Now: time.Now, Policy: consent.Policy{act: consent.Warn}, Reason: "a good one"})
				if err == nil {
					_, err = g.Check(t.Context(), act, Use{Recording: s.guarded.ID})
					g.Close()
				}
				if err == nil || errors.As(err, new(*consent.Refused)) {
					t.Errorf("%s: %v", act, err)
				}
			}
		})
	}
}

// An index that cannot be used is no reason to find nothing.
func TestRuinedIndex(t *testing.T) {
	s := newTestLibrary(t)
	list, err := os.ReadDir(s.Path(s.guarded.Folder + "/.spaces"))
	if err != nil {
		t.Fatal(err)
	}
	ruined := 0
	for _, e := range list {
		if filepath.Ext(e.Name()) != ".idx" {
			continue
		}
		ruined++
		if err := os.WriteFile(s.Path(s.guarded.Folder+"/.spaces/"+e.Name()), []byte("garbage"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if ruined == 0 {
		t.Fatal("there is no index")
	}
	b := s.read(s.Path(s.guarded.Folder + "/original/" + s.guarded.Pieces[0].Name))
	g := s.gate(Options{})
	uses, err := g.File(t.Context(), s.write("a.ts", b[:len(b)-1]))
	if err == nil {
		_, err = g.CheckAll(t.Context(), consent.SendingAll, uses)
	}
	if err == nil {
		t.Error("it may become public")
	}
}

func FuzzPlain(f *testing.F) {
	jpg, pic := pictures()
	f.Add(jpg)
	f.Add(pic)
	f.Add([]byte("text\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		plain, err := isPlain(t.Context(), bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		// Nothing binary may follow what is plain.
		if more, err := isPlain(t.Context(), bytes.NewReader(append(b, "\x00\xff\xf1PQ"...)), int64(len(b))+5); plain && (more || err != nil) {
			t.Errorf("with a frame behind it it is plain too: %v, %v", more, err)
		}
	})
}
