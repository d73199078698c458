package folder

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/media"
	"github.com/spaces-cli/spaces/internal/media/adts"
	"github.com/spaces-cli/spaces/internal/media/track"
	"github.com/spaces-cli/spaces/internal/playlist/saved"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/remote/guard"
	"github.com/spaces-cli/spaces/internal/remote/hls"
)

// options are those for a playlist on a disk.
func options(c *http.Client) hls.Options {
	return hls.Options{Client: c, Wire: wire.Options{Backoff: time.Millisecond}}
}

// join takes a saved playlist as a command does, and returns what was joined.
func join(t *testing.T, name string, web *http.Client) ([]byte, *saved.Playlist, error) {
	t.Helper()
	p, err := saved.Open(name)
	if err != nil {
		return nil, p, err
	}
	c, closeFolder, err := Client(p, web)
	if err != nil {
		t.Fatal(err)
	}
	defer closeFolder()
	root := func() *os.Root {
		r, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r
	}
	out := root()
	if _, err := hls.Download(t.Context(), options(c), p.Media, root(), out, "joined"); err != nil {
		return nil, p, err
	}
	b, err := out.ReadFile("joined")
	if err != nil {
		t.Fatal(err)
	}
	return b, p, nil
}

func ffmpeg(t *testing.T, dir, args string) {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("ffmpeg is not installed")
	}
	c := exec.Command("ffmpeg", append([]string{"-v", "error", "-y"}, strings.Fields(args)...)...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg %s: %v\n%s", args, err, out)
	}
}

// encrypt encrypts the segments and the map of a playlist as its key says;
// ffmpeg cannot with fragments of MP4.
func encrypt(t *testing.T, dir string) {
	t.Helper()
	key, iv := []byte("0123456789abcdef"), bytes.Repeat([]byte{7}, 16)
	files, err := filepath.Glob(filepath.Join(dir, "*.m[4p][s4]"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n := aes.BlockSize - len(b)%aes.BlockSize
		b = append(b, bytes.Repeat([]byte{byte(n)}, n)...)
		block, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(b, b)
		writeFile(t, name, b)
	}
	writeFile(t, filepath.Join(dir, "key"), key)
	name := filepath.Join(dir, "p.m3u8")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, name, bytes.Replace(b, []byte("#EXT-X-MAP"), fmt.Appendf(nil, "#EXT-X-KEY:METHOD=AES-128,URI=\"key\",IV=0x%x\n#EXT-X-MAP", iv), 1))
}

func writeFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// units reads the access units of a file.
func units(t *testing.T, b []byte) (list [][]byte, tr *track.Track) {
	t.Helper()
	r, err := media.Open(bytes.NewReader(b), int64(len(b)), track.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var p track.Packet
	for {
		err := r.Next(&p)
		if err == io.EOF {
			return list, r.Track()
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, bytes.Clone(p.Data))
	}
}

// What ffmpeg saves of a stream, in each of the forms that it can write, is
// joined to the units that it reads of it itself.
func TestAgainstFFmpeg(t *testing.T) {
	source := t.TempDir()
	ffmpeg(t, source, "-f lavfi -i anoisesrc=a=0.1:r=48000:seed=5:d=10 -ac 2 -c:a aac -b:a 96k in.aac")
	in := filepath.Join(source, "in.aac")
	for _, c := range []struct {
		name, args string
		then       func(t *testing.T, dir string)
	}{
		{"MPEG-TS", "-f hls -hls_time 3 -hls_list_size 0 p.m3u8", nil},
		{"MPEG-TS, encrypted", "-f hls -hls_time 3 -hls_list_size 0 -hls_key_info_file keyinfo p.m3u8", nil},
		{"MPEG-TS, one file", "-f hls -hls_time 3 -hls_list_size 0 -hls_flags single_file p.m3u8", nil},
		{"fragments", "-bsf:a aac_adtstoasc -f hls -hls_time 3 -hls_list_size 0 -hls_segment_type fmp4 p.m3u8", nil},
		{"fragments, one file", "-bsf:a aac_adtstoasc -f hls -hls_time 3 -hls_list_size 0 -hls_segment_type fmp4 -hls_flags single_file p.m3u8", nil},
		{"fragments, encrypted", "-bsf:a aac_adtstoasc -f hls -hls_time 3 -hls_list_size 0 -hls_segment_type fmp4 p.m3u8", encrypt},
		{"ADTS", "-f segment -segment_time 3 -segment_list p.m3u8 -segment_format adts %d.aac", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "key"), []byte("0123456789abcdef"))
			writeFile(t, filepath.Join(dir, "keyinfo"), []byte("key\n"+filepath.Join(dir, "key")+"\n"))
			ffmpeg(t, dir, "-i "+in+" -c:a copy "+c.args)
			if c.then != nil {
				c.then(t, dir)
			}
			joined, p, err := join(t, filepath.Join(dir, "p.m3u8"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if p.Present != len(p.Media.Segments) || p.Absent != 0 || len(p.Hosts) != 0 {
				t.Errorf("%d of %d chunks, %d absent, hosts %v", p.Present, len(p.Media.Segments), p.Absent, p.Hosts)
			}
			got, tr := units(t, joined)
			ffmpeg(t, dir, "-allowed_extensions ALL -i p.m3u8 -c copy -f adts whole.aac")
			b, err := os.ReadFile(filepath.Join(dir, "whole.aac"))
			if err != nil {
				t.Fatal(err)
			}
			var want [][]byte
			for len(b) > 0 {
				h, err := adts.ParseHeader(b)
				if err != nil {
					t.Fatal(err)
				}
				want, b = append(want, b[h.HeaderLen:h.Length]), b[h.Length:]
			}
			if !slices.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("%d units are not the %d that ffmpeg reads", len(got), len(want))
			}
			if !tr.Damage.Empty() {
				t.Errorf("damage %+v", tr.Damage)
			}
		})
	}
}

// Only the servers that were agreed to are asked, and none that only this
// computer reaches.
func TestServers(t *testing.T) {
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		io.WriteString(w, "secret")
	}))
	defer s.Close()
	web, err := guard.Strangers(guard.Options{Wire: wire.Options{Tries: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{s.URL + "/a.aac", "http://169.254.169.254/latest/meta-data", "http://[::1]/a.aac", "http://10.0.0.1/a.aac"} {
		for _, c := range []*http.Client{nil, web} {
			dir := t.TempDir()
			writeFile(t, filepath.Join(dir, "p.m3u8"), fmt.Appendf(nil, "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n%s\n#EXT-X-ENDLIST\n", address))
			_, p, err := join(t, filepath.Join(dir, "p.m3u8"), c)
			if err == nil || asked.Load() > 0 {
				t.Errorf("%s: %v, %d requests", address, err, asked.Load())
			}
			if len(p.Hosts) != 1 || p.Hosts[0].Chunks != 1 {
				t.Errorf("hosts %+v", p.Hosts)
			}
			if c == web && !strings.Contains(err.Error(), "refused to connect to") {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
}

// A server cannot lead to files of this computer.
func TestRedirectToFile(t *testing.T) {
	s := httptest.NewServer(http.RedirectHandler(saved.Scheme+"://folder/key", http.StatusFound))
	defer s.Close()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "key"), []byte("0123456789abcdef"))
	writeFile(t, filepath.Join(dir, "b.aac"), []byte("x"))
	writeFile(t, filepath.Join(dir, "p.m3u8"), fmt.Appendf(nil, "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n%s/a.aac\n#EXTINF:3,\nkey\n#EXT-X-ENDLIST\n", s.URL))
	p, err := saved.Open(filepath.Join(dir, "p.m3u8"))
	if err != nil {
		t.Fatal(err)
	}
	web, err := guard.Client(p.Media.Segments[0].URI, guard.Options{Wire: wire.Options{Tries: 1}})
	if err != nil {
		t.Fatal(err)
	}
	c, closeFolder, err := Client(p, web)
	if err != nil {
		t.Fatal(err)
	}
	defer closeFolder()
	if resp, err := c.Get(p.Media.Segments[0].URI.String()); err == nil {
		resp.Body.Close()
		t.Errorf("the redirect was followed: %s", resp.Status)
	}
}

// What lies beside the playlist is not asked for; the rest comes from servers,
// and what is nowhere is a gap.
func TestMixed(t *testing.T) {
	source := t.TempDir()
	ffmpeg(t, source, "-f lavfi -i anoisesrc=a=0.1:r=48000:seed=5:d=12 -c:a aac -f segment -segment_time 3 -segment_format adts %d.aac")
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		http.FileServer(http.Dir(source)).ServeHTTP(w, r)
	}))
	defer s.Close()
	dir := t.TempDir()
	var want []byte
	for i, beside := range []bool{true, false, true} {
		b, err := os.ReadFile(filepath.Join(source, fmt.Sprintf("%d.aac", i)))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, b...)
		if beside {
			writeFile(t, filepath.Join(dir, fmt.Sprintf("%d.aac", i)), b)
		}
	}
	writeFile(t, filepath.Join(dir, "p.m3u8"), fmt.Appendf(nil, "#EXTM3U\n#EXT-X-TARGETDURATION:3\n"+
		"#EXTINF:3,\n%[1]s/0.aac?sig=s3cret\n#EXTINF:3,\n%[1]s/1.aac?sig=s3cret\n#EXTINF:3,\n%[1]s/2.aac?sig=s3cret\n#EXTINF:3,\nnowhere.aac\n#EXT-X-ENDLIST\n", s.URL))
	p, err := saved.Open(filepath.Join(dir, "p.m3u8"))
	if err != nil {
		t.Fatal(err)
	}
	c, closeFolder, err := Client(p, &http.Client{Transport: http.DefaultTransport})
	if err != nil {
		t.Fatal(err)
	}
	defer closeFolder()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	o := options(c)
	o.Connections = 1
	m, err := hls.Download(t.Context(), o, p.Media, root, root, "joined")
	if err != nil {
		t.Fatal(err)
	}
	got, err := root.ReadFile("joined")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes joined, want %d; %v", len(got), len(want), err)
	}
	if !slices.Equal(asked, []string{"/1.aac"}) {
		t.Errorf("asked for %q", asked)
	}
	if len(m.Gaps) != 1 || m.Gaps[0].Reason != "not-found" || m.Gaps[0].Seconds != 3 || m.Gaps[0].Detail != "nowhere.aac: it is not beside the playlist" {
		t.Errorf("gaps %+v", m.Gaps)
	}
	text, err := root.ReadFile("joined.json")
	if err != nil || bytes.Contains(text, []byte("s3cret")) || bytes.Contains(text, []byte("saved:")) {
		t.Errorf("manifest %s, %v", text, err)
	}
}
