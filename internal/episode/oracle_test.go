package episode

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/episode/chapters"
	"github.com/spaces-cli/spaces/internal/fixture/browser"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/intake"
	"github.com/spaces-cli/spaces/internal/media/encode"
	"github.com/spaces-cli/spaces/internal/media/format"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/tags"
	"github.com/spaces-cli/spaces/internal/recording"
)

// formats are all that an episode can have.
var formats = []format.Format{format.M4A, format.MP3, format.Opus, format.FLAC, format.WAV}

// tool skips a test for want of a program.
func tool(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
}

// run returns what a program prints to its standard output.
func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, &stderr)
	}
	return out
}

// memoryReader is a Reader of samples in memory.
type memoryReader struct {
	format pcm.Format
	rest   []float32
}

func (s *memoryReader) Format() pcm.Format { return s.format }

func (s *memoryReader) Read(dst []float32) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(dst, s.rest)
	s.rest = s.rest[n:]
	return n / s.format.Channels, nil
}

// imported makes a library of one loose recording with the samples, as WAV.
func imported(t testing.TB, f pcm.Format, samples []float32) (*library.Library, *recording.Recording) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "recording.wav")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	err = encode.WAV(t.Context(), file, encode.Sound{Reader: &memoryReader{f, samples}, Samples: int64(len(samples) / f.Channels), Bits: 24}, encode.Options{})
	if cerr := file.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
	return taken(t, name)
}

// taken makes a library of the recording in a file.
func taken(t testing.TB, name string) (*library.Library, *recording.Recording) {
	t.Helper()
	ctx, opt := t.Context(), library.Options{Dir: filepath.Join(t.TempDir(), "lib"), Version: "test"}
	w, err := library.OpenWrite(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	id := ""
	_, err = intake.Import(ctx, w, []string{name}, intake.Options{}, func(e intake.Event) {
		if e.Recording != nil {
			id = e.Recording.ID
		}
	})
	if cerr := w.Close(); err != nil || cerr != nil {
		t.Fatal(err, cerr)
	}
	l, err := library.Open(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	r, err := recording.Open(l, id, "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return l, r
}

// exported makes an episode in a folder.
func exported(t testing.TB, l *library.Library, r *recording.Recording, dir string, q Request) *Result {
	t.Helper()
	q.Library, q.Recording, q.Dir, q.Version, q.Jobs = l, r, dir, "test", 2
	res, err := Export(t.Context(), q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.Status != Written {
		t.Fatalf("%s: %s", res.Path, res.Status)
	}
	return res
}

// A voice is a sound made of syllables: gliding harmonics under an envelope,
// with pauses between sentences, and breath.
func voice(f pcm.Format, seconds float64, seed uint64, level func(t float64) float64) []float32 {
	rnd := rand.New(rand.NewPCG(seed, seed))
	frames := int(seconds * float64(f.SampleRate))
	out := make([]float32, frames*f.Channels)
	phase, pitch, goal := 0.0, 120.0, 120.0
	syllable := f.SampleRate / 5
	rest := false
	for i := range frames {
		if i%syllable == 0 {
			goal = 90 + 130*rnd.Float64()
			rest = rnd.Float64() < 0.15
		}
		pitch += (goal - pitch) * 0.0005
		phase += 2 * math.Pi * pitch / float64(f.SampleRate)
		v := 0.0
		if !rest {
			part := float64(i%syllable) / float64(syllable)
			for h := 1.0; h < 14; h++ {
				v += math.Sin(h*phase) / h
			}
			v *= math.Pow(math.Sin(math.Pi*part), 0.7)
			if part < 0.1 {
				v += 0.5 * rnd.NormFloat64()
			}
		}
		v = (0.2*v + 0.0005*rnd.NormFloat64()) * level(float64(i)/float64(f.SampleRate))
		for c := range f.Channels {
			side := 1 - 0.3*float64(c)*math.Sin(float64(i)/20000)
			out[i*f.Channels+c] = float32(max(-1, min(1, v*side)))
		}
	}
	return out
}

func steady(level float64) func(float64) float64 { return func(float64) float64 { return level } }

// artwork is a picture as directories want it.
func artwork(t testing.TB, side int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			m.SetRGBA(x, y, color.RGBA{uint8(x / 8), uint8(y / 8), 90, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 60}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A probed is what ffprobe says of a file.
type probed struct {
	Format struct {
		Duration string
		Tags     map[string]string
	}
	Streams  []probedStream
	Chapters []struct {
		Start string `json:"start_time"`
		End   string `json:"end_time"`
		Tags  struct{ Title string }
	}
}

type probedStream struct {
	Type     string `json:"codec_type"`
	Codec    string `json:"codec_name"`
	Rate     string `json:"sample_rate"`
	Channels int
	Width    int
	Height   int
	Tags     map[string]string
	Use      struct {
		Picture int `json:"attached_pic"`
	} `json:"disposition"`
}

func probe(t testing.TB, file string) *probed {
	t.Helper()
	p := new(probed)
	out := run(t, "ffprobe", "-v", "error", "-show_format", "-show_streams", "-show_chapters", "-of", "json", file)
	if err := json.Unmarshal(out, p); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return p
}

// tag looks for a tag of the whole or, as in Ogg, of its stream.
func (p *probed) tag(name string) string {
	all := []map[string]string{p.Format.Tags}
	for _, s := range p.Streams {
		all = append(all, s.Tags)
	}
	for _, tags := range all {
		for key, value := range tags {
			if strings.EqualFold(key, name) {
				return value
			}
		}
	}
	return ""
}

// audio and picture return the streams of that kind; they have no codec if
// there is none.
func (p *probed) audio() probedStream {
	return p.find(func(s probedStream) bool { return s.Type == "audio" })
}

func (p *probed) picture() probedStream {
	return p.find(func(s probedStream) bool { return s.Use.Picture == 1 })
}

func (p *probed) find(is func(probedStream) bool) probedStream {
	for _, s := range p.Streams {
		if is(s) {
			return s
		}
	}
	return probedStream{}
}

// described is what mediainfo says of a file, by kind of track: General,
// Audio, Menu.
func described(t testing.TB, file string) map[string]map[string]any {
	t.Helper()
	out := run(t, "mediainfo", "--Output=JSON", file)
	var m struct {
		Media struct {
			Track []map[string]any `json:"track"`
		} `json:"media"`
	}
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	kinds := map[string]map[string]any{}
	for _, track := range m.Media.Track {
		if kind, _ := track["@type"].(string); kinds[kind] == nil {
			kinds[kind] = track
		}
	}
	return kinds
}

// carries says what a format can take along, and what ffprobe calls its codec.
var carries = map[format.Format]struct {
	codec                 string
	tags, cover, chapters bool
}{
	format.M4A:  {"aac", true, true, true},
	format.MP3:  {"mp3", true, true, true},
	format.Opus: {"opus", true, true, true},
	format.FLAC: {"flac", true, true, true},
	format.WAV:  {codec: "pcm_s24le"},
}

// Programs that were not written here read tags, cover, chapters and length of
// every format, and a browser plays it from its first sample to its last. What
// a format cannot carry is said, and stands beside the file.
func TestOthersReadEveryFormat(t *testing.T) {
	tool(t, "ffprobe", "ffmpeg", "mediainfo")
	f := pcm.Format{SampleRate: 48000, Channels: 2}
	const samples = 4*48000 + 77
	l, r := imported(t, f, voice(f, 5, 1, steady(0.4))[:samples*2])
	picture, dir := artwork(t, 1400), t.TempDir()
	q := Request{
		Title: "Débat : l’été", Cover: picture, ChapterSource: "file", Name: "episode",
		Chapters: []chapters.Chapter{{Start: 0, Title: "Begrüßung"}, {Start: 1.5, Title: "Questions & answers"}, {Start: 3.25, Title: "日本語"}},
		Set:      []tags.Pair{{Name: "artist", Value: "Ann Höst"}, {Name: "album", Value: "Open Mic"}, {Name: "date", Value: "2021-06-14"}},
	}
	var files []string
	var made []*Result
	for _, kind := range formats {
		if _, err := encode.FindProgram(""); err != nil && kind == format.MP3 {
			continue
		}
		q.Format = kind
		res := exported(t, l, r, filepath.Join(dir, string(kind)), q)
		made, files = append(made, res), append(files, filepath.Join(string(kind), res.File))
		if res.Samples != samples || res.Channels != 2 || res.SampleRate != 48000 {
			t.Errorf("%s: %d samples, %d channels, %d Hz", kind, res.Samples, res.Channels, res.SampleRate)
		}
		readsAs(t, res, q)
		if n := len(decoded(t, res.Path)) / 2; n < samples || n >= samples+1024 || n != samples && kind != format.M4A { // ffmpeg plays the last unit of an .m4a to its end
			t.Errorf("%s: ffmpeg decodes %d samples, not %d", kind, n, samples)
		}
	}
	for i, got := range browser.Play(t, dir, files...) {
		want := float64(samples) / 48000
		if made[i].Settings.Format == string(format.Opus) {
			want += 312. / 48000 // Chromium counts the pre-skip of any Opus file
		}
		if got.Samples != samples || math.Abs(got.Duration-want) > 2e-6 || math.Abs(got.End-want) > 2e-6 {
			t.Errorf("%s in Chromium: %+v, want %d samples, %f s", files[i], got, samples, want)
		}
	}
}

// readsAs holds what ffprobe and mediainfo say of an episode against what was
// asked for.
func readsAs(t *testing.T, res *Result, q Request) {
	t.Helper()
	p, info, can := probe(t, res.Path), described(t, res.Path), carries[q.Format]
	if s := p.audio(); s.Codec != can.codec || s.Rate != "48000" || s.Channels != 2 {
		t.Errorf("%s: ffprobe finds %+v", q.Format, s)
	}
	for _, d := range []any{p.Format.Duration, info["General"]["Duration"]} {
		text, _ := d.(string)
		if v, err := strconv.ParseFloat(text, 64); err != nil || math.Abs(v-res.Duration) > 0.05 { // of MP3 they count whole frames
			t.Errorf("%s: it lasts %v s, not %f", q.Format, d, res.Duration)
		}
	}
	if can.tags {
		for _, tag := range []struct{ key, name, want string }{
			{"title", "Title", q.Title}, {"artist", "Performer", "Ann Höst"}, {"album", "Album", "Open Mic"}, {"date", "Recorded_Date", "2021-06-14"},
		} {
			if got := p.tag(tag.key); got != tag.want && !(q.Format == format.MP3 && tag.key == "date" && got == "2021") { // TYER; the day is in TDAT
				t.Errorf("%s: ffprobe reads the %s %q, not %q", q.Format, tag.key, got, tag.want)
			}
			if got, _ := info["General"][tag.name].(string); !strings.HasPrefix(got, tag.want) {
				t.Errorf("%s: mediainfo reads the %s %q, not %q", q.Format, tag.name, got, tag.want)
			}
		}
	}
	if can.cover {
		if s := p.picture(); s.Codec != "mjpeg" || s.Width != 1400 || s.Height != 1400 {
			t.Errorf("%s: ffprobe finds the cover %+v", q.Format, s)
		}
		if info["General"]["Cover"] != "Yes" {
			t.Errorf("%s: mediainfo finds no cover", q.Format)
		}
	} else if s := p.picture(); s.Codec != "" || !noted(res, "cover") {
		t.Errorf("%s: cover %+v, remarks %q", q.Format, s, res.Notes)
	}
	if beside, err := os.ReadFile(filepath.Join(filepath.Dir(res.Path), res.Cover)); err != nil || !bytes.Equal(beside, q.Cover) {
		t.Errorf("%s: the cover beside it: %v", q.Format, err)
	}
	if !can.chapters {
		if len(p.Chapters) > 0 || !noted(res, "chapters") {
			t.Errorf("%s: %d chapters, remarks %q", q.Format, len(p.Chapters), res.Notes)
		}
		return
	}
	if len(p.Chapters) != len(q.Chapters) {
		t.Fatalf("%s: ffprobe finds %d chapters", q.Format, len(p.Chapters))
	}
	for i, c := range p.Chapters {
		start, err := strconv.ParseFloat(c.Start, 64)
		if want := q.Chapters[i]; err != nil || math.Abs(start-want.Start) > 0.001 || c.Tags.Title != want.Title {
			t.Errorf("%s: ffprobe finds chapter %d at %s: %q", q.Format, i, c.Start, c.Tags.Title)
		}
	}
	for i, want := range []string{"_00_00_00_000", "_00_00_01_500", "_00_00_03_250"} {
		if q.Format == format.MP3 {
			break // it knows no CHAP frames
		}
		menu, _ := info["Menu"]["extra"].(map[string]any)
		if got, _ := menu[want].(string); !strings.HasSuffix(got, q.Chapters[i].Title) {
			t.Errorf("%s: mediainfo finds %q at %s in %v", q.Format, got, want, info["Menu"])
		}
	}
}

// noted reports whether the host is told of something.
func noted(res *Result, what string) bool {
	return slices.ContainsFunc(res.Notes, func(n string) bool { return strings.Contains(n, what) })
}

// decoded is what ffmpeg makes of a file.
func decoded(t testing.TB, file string) []float32 {
	t.Helper()
	b := run(t, "ffmpeg", "-v", "error", "-i", file, "-map", "0:a", "-f", "f32le", "-c:a", "pcm_f32le", "pipe:1")
	out := make([]float32, len(b)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return out
}
