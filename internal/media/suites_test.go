package media_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/pcm"
	"github.com/spaces-cli/spaces/internal/media/track"
)

// A finding is what this program makes of a file of a public suite.
type finding struct {
	File     string
	Kind     media.FileType
	Codec    track.Codec
	Rate     int
	Channels int
	Played   int64 // samples, priming and padding left out
	All      int64 // samples
	Runs     int
	Damage   int64
	Decoded  bool
	Refusal  string // the words for what is not audio that is read
	Hint     string
	Err      string
	Peak     int64 // memory in kB
}

// suiteFile names the file that this process is to look at, instead of running tests.
const suiteFile = "SPACES_SUITE_FILE"

func TestMain(m *testing.M) {
	if name := os.Getenv(suiteFile); name != "" {
		f := examine(name)
		if err := json.NewEncoder(os.Stdout).Encode(f); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// examine opens a file and decodes all of it.
func examine(name string) (f finding) {
	defer func() { f.Peak = peakMemory() }()
	file, err := os.Open(name)
	if err != nil {
		return finding{Err: err.Error()}
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return finding{Err: err.Error()}
	}
	head := make([]byte, min(info.Size(), media.SniffLen))
	if _, err := io.ReadFull(file, head); err != nil {
		return finding{Err: err.Error()}
	}
	f.Kind = media.Sniff(head, info.Size())
	r, err := media.Open(file, info.Size(), track.Options{})
	var not *media.NotAudioError
	switch {
	case errors.As(err, &not):
		f.Refusal, f.Hint = not.Error(), not.Hint()
		return f
	case err != nil:
		f.Err = err.Error()
		return f
	}
	s := pcm.NewStream(r)
	f.Decoded = true
	buf := make([]float32, 1<<15)
	for {
		_, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, pcm.ErrUnsupported) {
			f.Err = err.Error()
			return f
		}
		for err == nil {
			_, err = s.Read(buf)
		}
		if errors.Is(err, pcm.ErrUnsupported) {
			f.Decoded, f.Err = false, err.Error()
		}
		f.Damage += int64(len(s.Losses().Places))
	}
	t := r.Track()
	f.Runs = len(t.Runs)
	f.Damage += t.Damage.Count
	for _, run := range t.Runs {
		f.Codec, f.Rate, f.Channels = run.Codec, run.SampleRate, run.Channels
		f.Played += run.Played()
		f.All += run.Samples
	}
	return f
}

// peakMemory returns the most memory that this process had, in kB (proc(5)).
func peakMemory() int64 {
	b, _ := os.ReadFile("/proc/self/status")
	m := regexp.MustCompile(`VmHWM:\s*(\d+)`).FindSubmatch(b)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return n
}

// TestSuites has every file of public suites, which .ci/long fetches, opened and
// decoded by a process of its own, and compares with what ffmpeg makes of it.
func TestSuites(t *testing.T) {
	root := os.Getenv("SPACES_SUITES")
	if root == "" {
		t.Skip("SPACES_SUITES does not name a folder with public suites")
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip(err)
	}
	var names []string
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && candidate(name) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	results := make([]result, len(names))
	var wait sync.WaitGroup
	next := make(chan int)
	for range 2 {
		wait.Go(func() {
			for i := range next {
				results[i] = judge(t, root, names[i])
			}
		})
	}
	for i := range names {
		next <- i
	}
	close(next)
	wait.Wait()
	report(t, results)
}

// A result is a finding and what ffmpeg makes of the same file.
type result struct {
	finding
	Theirs int64 // samples that ffmpeg decodes; 0 if none
	What   string
}

// candidate reports whether a file may be media: source and text are not.
func candidate(name string) bool {
	switch filepath.Ext(name) {
	case ".md", ".html", ".txt", ".js", ".json", ".java", ".kt", ".xml", ".png", ".jpg", ".svg", ".gif", ".webp", ".heic", ".py", ".rs", ".c", ".h",
		".cpp", ".cc", ".go", ".yml", ".yaml", ".toml", ".sh", ".css", ".dump", ".glsl", ".rst", ".kts", ".pcm", ".bit", ".mpd", ".tcc", ".aidl", ".ttf", ".jar",
		".gitignore", ".cmake", ".editorconfig", ".vtt", ".in", ".lock", ".exe", ".vec":
		return false
	}
	return !strings.Contains(name, string(filepath.Separator)+".git"+string(filepath.Separator))
}

func judge(t *testing.T, root, name string) (r result) {
	const hang = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), suiteFile+"="+name)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &r.finding)
	}
	r.File, _ = filepath.Rel(root, name)
	if err != nil {
		t.Errorf("%s: %v %s", r.File, err, stderr.String())
		r.What = "failed"
		return r
	}
	switch r.Kind {
	case media.Playlist, media.Text, media.JSON, media.HTML: // ffmpeg waits for live playlists, and plays teletext
	default:
		r.Theirs = theirs(ctx, name, max(1, r.Rate), max(1, r.Channels))
	}
	r.What = r.what()
	return r
}

// theirs returns how many samples ffmpeg decodes of the first audio stream.
func theirs(ctx context.Context, name string, rate, channels int) int64 {
	args := []string{"-nostdin", "-v", "fatal", "-protocol_whitelist", "file", "-i", name, "-map", "0:a:0", "-f", "s16le"}
	if rate > 1 {
		args = append(args, "-ar", strconv.Itoa(rate), "-ac", strconv.Itoa(channels))
	} else {
		args = append(args, "-ac", "1")
	}
	cmd := exec.CommandContext(ctx, "ffmpeg", append(args, "-")...)
	var n counter
	cmd.Stdout = &n
	_ = cmd.Run()
	return int64(n) / int64(2*channels)
}

type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// what puts a result into a class.
func (r *result) what() string {
	const near = 1.1 // access units of AAC, one of which ffmpeg may decode past the end
	tolerance := int64(near * 1024 * max(1, float64(r.Rate)/44100))
	switch {
	case r.Decoded && r.Played > 0 && (r.Theirs == r.Played || r.Theirs == r.All):
		return "same"
	case r.Decoded && r.Played > 0 && max(r.Theirs-r.Played, r.Played-r.Theirs) <= tolerance:
		return "near"
	case r.Decoded && r.Played > 0 && r.Theirs == 0:
		return "ours alone"
	case r.Decoded && r.Played > 0 && r.Damage > 0:
		return "damaged"
	case r.Decoded && r.Played > 0:
		return "differs"
	case r.Runs > 0 && r.Played > 0:
		return "kept"
	case r.Theirs == 0:
		return "neither"
	}
	return "refused"
}

func report(t *testing.T, results []result) {
	// Those that are left hold codings of which no decoder can be had that is
	// pure Go, kept well and not GPL: docs/formats.md lists them.
	const maxMemory, maxRefused = 64 << 10, 163
	classes, kinds := make(map[string]int), make(map[string]int)
	for _, r := range results {
		classes[r.What]++
		if r.Peak > maxMemory {
			t.Errorf("%s: took %d kB", r.File, r.Peak)
		}
		switch r.What {
		case "refused":
			if r.Kind == media.Unknown && r.Refusal == "" && r.Err == "" || r.Refusal != "" && r.Hint == "" {
				t.Errorf("%s: refused without a word", r.File)
			}
			kinds[fmt.Sprintf("%-14s %s%s", r.Kind, r.Refusal, r.Err)]++
			if r.Kind == media.Unknown {
				t.Logf("unknown: %s", r.File)
			}
		case "kept":
			kinds[fmt.Sprintf("kept: %s %s", r.Codec, r.Err)]++
		case "differs", "ours alone":
			t.Logf("%s: %s: %s %s %d Hz %d ch: %d of %d samples, ffmpeg %d", r.What, r.File, r.Kind, r.Codec, r.Rate, r.Channels, r.Played, r.All, r.Theirs)
		}
	}
	for _, c := range slices.Sorted(maps.Keys(classes)) {
		t.Logf("%-12s %4d", c, classes[c])
	}
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		t.Logf("%4d %s", kinds[k], k)
	}
	if n := classes["refused"]; n > maxRefused {
		t.Errorf("%d files that ffmpeg plays are refused, not %d at most", n, maxRefused)
	}
}
