package id3

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	dhowden "github.com/dhowden/tag"
)

func tool(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, stderr.Bytes())
	}
	return string(out)
}

// Others find in a file what our tag says.
func TestTagReadByOthers(t *testing.T) {
	dir := t.TempDir()
	tool(t, dir, "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "sine=d=20", "-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0", "in.mp3")
	tool(t, dir, "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", "cover.png")
	tool(t, dir, "ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1", "-pix_fmt", "yuvj420p", "cover.jpg")
	sound := read(t, dir, "in.mp3")
	for _, version := range []byte{3, 4} {
		for _, image := range []string{"cover.png", "cover.jpg"} {
			t.Run(fmt.Sprintf("2.%d %s", version, image), func(t *testing.T) {
				cover, err := Cover(read(t, dir, image))
				if err != nil {
					t.Fatal(err)
				}
				b, err := (&Tag{
					Version: version,
					Frames: []Frame{
						{ID: "TIT2", Value: []byte("Débat : l’été")}, {ID: "TPE1", Value: []byte("@hostess")}, {ID: "TALB", Value: []byte("Spaces é")},
						{ID: "TRCK", Value: []byte("7")}, {ID: "TCON", Value: []byte("Podcast")}, {ID: "TDRC", Value: []byte("2021-06-14")},
						{ID: "COMM", Value: []byte("said’s")}, {ID: "TXXX", Name: "SPACE_ID", Value: []byte("1ypKdEXvkMLGW")},
						{ID: "WXXX", Name: "page", Value: []byte("https://example.com/1")}, cover,
					},
					Chapters: []Chapter{
						{0, 4 * time.Second, "Einführung"}, {4 * time.Second, 9*time.Second + 250*time.Millisecond, "Вопрос"},
						{9*time.Second + 250*time.Millisecond, 20 * time.Second, "Ende"},
					},
					Padding: 1024,
				}).Append(nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, "out.mp3"), append(b, sound...), 0o666); err != nil {
					t.Fatal(err)
				}
				probe := tool(t, dir, "ffprobe", "-v", "error", "-show_chapters", "-show_entries", "format_tags:stream=codec_name,width", "-of", "default=nw=1", "out.mp3")
				date := "TAG:date=2021-06-14\n"
				if version == 3 { // ffmpeg's way with TYER and TDAT differs between its versions
					date = "TAG:date=2021"
				}
				for _, want := range []string{
					"TAG:title=Débat : l’été\n", "TAG:artist=@hostess\n", "TAG:album=Spaces é\n", "TAG:track=7\n", "TAG:genre=Podcast\n", date,
					"TAG:comment=said’s\n", "TAG:SPACE_ID=1ypKdEXvkMLGW\n", "width=64\n",
					"start_time=0.000000\nend=4000\nend_time=4.000000\nTAG:title=Einführung\n",
					"start_time=4.000000\nend=9250\nend_time=9.250000\nTAG:title=Вопрос\n",
					"start_time=9.250000\nend=20000\nend_time=20.000000\nTAG:title=Ende\n",
				} {
					if !strings.Contains(probe, want) {
						t.Errorf("ffprobe does not say %q but\n%s", want, probe)
					}
				}
				info := tool(t, dir, "mediainfo", "--Output=General;%Title%|%Performer%|%Album%|%Track/Position%|%Recorded_Date%|%Comment%|%Cover%|%Cover_Mime%", "out.mp3")
				kind := map[string]string{"cover.png": "image/png", "cover.jpg": "image/jpeg"}[image]
				if want := "Débat : l’été|@hostess|Spaces é|7|2021-06-14|said’s|Yes|" + kind; strings.TrimSpace(info) != want {
					t.Errorf("mediainfo says %q, want %q", info, want)
				}
				m, err := dhowden.ReadFrom(bytes.NewReader(append(b, sound...)))
				if err != nil {
					t.Fatal(err)
				}
				if n, _ := m.Track(); m.Title() != "Débat : l’été" || m.Artist() != "@hostess" || n != 7 || m.Year() != 2021 {
					t.Errorf("dhowden/tag says %q, %q, track %d of %d", m.Title(), m.Artist(), n, m.Year())
				}
				if p := m.Picture(); p == nil || p.MIMEType != kind || p.Type != "Cover (front)" || !bytes.Equal(p.Data, read(t, dir, image)) {
					t.Errorf("dhowden/tag: picture %v", p)
				}
				if _, ok := m.Raw()["CTOC"]; !ok {
					t.Error("dhowden/tag finds no CTOC")
				}
				if n := tool(t, dir, "mpg123", "-q", "-t", "out.mp3"); n != "" {
					t.Error(n)
				}
			})
		}
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
