package saved

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const head = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n"

func media(lines ...string) string {
	text := head
	for _, l := range lines {
		if !strings.HasPrefix(l, "#") {
			text += "#EXTINF:3,\n"
		}
		text += l + "\n"
	}
	return text + "#EXT-X-ENDLIST\n"
}

// write writes files and returns their folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "in")
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Files beside a playlist are found under the names that browsers and
// downloaders give them.
func TestOpen(t *testing.T) {
	const web = "https://prod.example/hls/k3y/"
	for _, c := range []struct {
		name     string
		playlist string
		files    string // space-separated
		want     string // those of the chunks, in order; - on the web, ! nowhere
		hosts    string
	}{
		{"relative", media("a.aac", "b.aac"), "a.aac b.aac", "a.aac b.aac", ""},
		{"in a folder", media("x/a.aac", "y/a.aac"), "x/a.aac y/a.aac", "x/a.aac y/a.aac", ""},
		{"flat, though the playlist has folders", media("x/a.aac", "x/b.aac"), "a.aac b.aac", "a.aac b.aac", ""},
		{"two that a name does not tell apart", media("x/a.aac", "y/a.aac"), "a.aac", "a.aac !", ""},
		{"one is missing", media("a.aac", "b.aac"), "a.aac", "a.aac !", ""},
		{"addresses, beside", media(web+"a.aac", web+"b.aac"), "a.aac b.aac", "a.aac b.aac", ""},
		{"addresses, some beside", media(web+"a.aac", web+"b.aac"), "b.aac", "- b.aac", "prod.example 1+0"},
		{"no scheme", media("//prod.example/a.aac"), "", "-", "prod.example 1+0"},
		{"query left out", media("a.aac?type=replay"), "a.aac", "a.aac", ""},
		{"query as wget has it", media("a.aac?type=replay"), "a.aac?type=replay", "a.aac?type=replay", ""},
		{"query as browsers have it", media(web + "a.aac?type=replay"), "a.aac_type=replay", "a.aac_type=replay", ""},
		{"query that matters", media("a.ts?n=1", "a.ts?n=2", "a.ts?n=3"), "a.ts?n=1 a.ts?n=2", "a.ts?n=1 a.ts?n=2 !", ""},
		{"escapes", media("a%20b.aac"), "a%20b.aac", "a%20b.aac", ""},
		{"absolute path of a server", media("/hls/a.aac"), "a.aac", "a.aac", ""},
		{"up, but beside", media("../a.aac"), "a.aac", "a.aac", ""},
		{"ranges of one file", media("#EXT-X-BYTERANGE:2@0", "a.ts", "#EXT-X-BYTERANGE:2", "a.ts"), "a.ts", "a.ts a.ts", ""},
		{"a chunk that is marked", media("#EXT-X-GAP", "a.aac", "b.aac"), "b.aac", "gap b.aac", ""},
		{"keys and maps on servers", media(`#EXT-X-KEY:METHOD=AES-128,URI="https://keys.example/k"`, `a.aac`, `b.aac`, `#EXT-X-KEY:METHOD=NONE`, `#EXT-X-MAP:URI="https://prod.example/init.mp4"`, "c.m4s"),
			"a.aac b.aac c.m4s", "a.aac b.aac c.m4s", "keys.example 0+1 prod.example 0+1"},
		{"two hosts", media("http://b.example:8080/a.aac", "https://a.example/b.aac", "https://a.example/c.aac"), "", "- - -", "a.example 2+0 b.example:8080 1+0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.Contains(c.files, "?") {
				t.Skip("file names cannot have a question mark here")
			}
			files := map[string]string{"p.m3u8": c.playlist}
			for _, f := range strings.Fields(c.files) {
				files[f] = "x"
			}
			p, err := Open(filepath.Join(write(t, files), "p.m3u8"))
			if err != nil {
				t.Fatal(err)
			}
			var got, hosts []string
			for _, s := range p.Media.Segments {
				name, ok := p.File(s.URI)
				switch {
				case s.Gap:
					name = "gap"
				case !ok && s.URI.Scheme == Scheme:
					name = "!"
				case !ok:
					name = "-"
				}
				got = append(got, name)
			}
			for _, h := range p.Hosts {
				hosts = append(hosts, h.Name+" "+string(rune('0'+h.Chunks))+"+"+string(rune('0'+h.Others)))
			}
			if strings.Join(got, " ") != c.want || strings.Join(hosts, " ") != c.hosts {
				t.Errorf("chunks %q, hosts %q; want %q, %q", got, hosts, c.want, c.hosts)
			}
		})
	}
}

// What leads out of the folder of a playlist is not read.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, playlist, want string }{
		{"up", media("a.aac", "../../etc/passwd"), `line 6: "passwd" leads out of the folder of the playlist`},
		{"up, escaped", media("a.aac", "%2e%2e/%2e%2e/etc/passwd"), `line 6: "passwd" leads out of the folder of the playlist`},
		{"up in the middle", media("a.aac", "x/../../secret"), `line 6: "secret" leads out of the folder of the playlist`},
		{"backslashes", media("a.aac", `..\..\secret`), `leads out of the folder of the playlist`},
		{"absolute", media("/etc/passwd"), `"passwd" leads out of the folder of the playlist`},
		{"file:", media("a.aac", "file:///etc/passwd"), "line 6: playlists on a disk may name files beside them and addresses of the web only, not file:"},
		{"drive", media("a.aac", `C:\secret`), "files beside them and addresses of the web only, not c:"},
		{"key outside", media(`#EXT-X-KEY:METHOD=AES-128,URI="../key.bin"`, "a.aac"), `line 5: "key.bin" leads out of the folder of the playlist`},
		{"key of a file", media(`#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/passwd"`, "a.aac"), "not file:"},
		{"key in the playlist", media(`#EXT-X-KEY:METHOD=AES-128,URI="data:;base64,AAAA"`, "a.aac"), "not data:"},
		{"key missing", media(`#EXT-X-KEY:METHOD=AES-128,URI="key.bin"`, "a.aac"), `"key.bin" is not beside the playlist, and the chunks cannot be read without it`},
		{"map outside", media(`#EXT-X-MAP:URI="../init.mp4"`, "a.aac"), `"init.mp4" leads out`},
		{"master outside", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n../p2.m3u8\n", `"p2.m3u8" leads out`},
		{"master missing", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\np2.m3u8\n", `the playlist of the sound is not beside it: "p2.m3u8"`},
		{"master of itself", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\np.m3u8\n", "lists streams instead of chunks"},
		{"a link that leads out", media("link.aac"), "none"},
		{"a folder", media("folder"), "none"},
		{"too many lines", head + strings.Repeat("#EXTINF:3,\na\n", 500_000), "more than 200000 chunks"},
		{"many lines that say nothing", "#EXTM3U\n" + strings.Repeat("#\n", 1_000_000), "the playlist is empty"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := write(t, map[string]string{"p.m3u8": c.playlist, "a.aac": "x", "folder/a.txt": "x", "../outside.aac": "secret", "../key.bin": "0123456789abcdef", "../init.mp4": "x"})
			if err := os.Symlink("../outside.aac", filepath.Join(dir, "link.aac")); err != nil && c.name == "a link that leads out" {
				t.Skip(err)
			}
			begin := time.Now()
			p, err := Open(filepath.Join(dir, "p.m3u8"))
			switch {
			case c.want == "none" && (err != nil || p.Present != 0 || len(p.Files()) != 0):
				t.Errorf("%+v, %v", p, err)
			case c.want != "none" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want %s", err, c.want)
			}
			t.Log(time.Since(begin))
		})
	}
}

// A master playlist is followed to the best of the streams that are saved too.
func TestMaster(t *testing.T) {
	master := "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=32000,CODECS=\"mp4a.40.5\"\nlow/p.m3u8\n" +
		"#EXT-X-STREAM-INF:BANDWIDTH=96000,CODECS=\"mp4a.40.2\"\nhttps://prod.example/high/q.m3u8?token=s3cret\n"
	low, high := media("1.aac", "../shared.aac"), media("2.aac")
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
		all   string
	}{
		{"one", map[string]string{"low/p.m3u8": low, "low/1.aac": "x", "shared.aac": "x"}, "low/1.aac shared.aac", "low/1.aac low/p.m3u8 shared.aac"},
		{"both", map[string]string{"low/p.m3u8": low, "low/1.aac": "x", "shared.aac": "x", "q.m3u8": high, "2.aac": "x"}, "2.aac", "2.aac low/1.aac low/p.m3u8 q.m3u8 shared.aac"},
		{"none", nil, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"master.m3u8": master}
			for name, text := range c.files {
				files[name] = text
			}
			p, err := Open(filepath.Join(write(t, files), "master.m3u8"))
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if p.Stream == nil || p.Stream.Host != "prod.example" || len(p.Hosts) != 1 || p.Media != nil {
					t.Errorf("%+v", p)
				}
				return
			}
			var got []string
			for _, s := range p.Media.Segments {
				name, _ := p.File(s.URI)
				got = append(got, name)
			}
			if all := strings.Join(p.Files(), " "); strings.Join(got, " ") != c.want || all != c.all {
				t.Errorf("chunks %q of %q; want %q of %q", got, all, c.want, c.all)
			}
		})
	}
}

func TestIsHLS(t *testing.T) {
	for text, want := range map[string]bool{
		head: true, "#EXTM3U\r\n#EXT-X-VERSION:3\r\n": true,
		"#EXTM3U\n#EXTINF:215,An artist - A song\nsong.mp3\n": false, "song.mp3\n": false, "#EXT-X-VERSION:3\n": false,
	} {
		if got := IsHLS([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// FuzzOpen reads any playlist: nothing but files below its folder is found.
func FuzzOpen(f *testing.F) {
	f.Add(media("a.aac", "../../etc/passwd"))
	f.Add(media("#EXT-X-KEY:METHOD=AES-128,URI=\"key\"", "sub/a.aac?x=1", "https://a.example/b.aac", "/a.aac", "//h/a.aac"))
	f.Add("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nsub/q.m3u8\n")
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		for name, data := range map[string]string{"in/p.m3u8": text, "in/a.aac": "x", "in/key": "k", "in/sub/a.aac": "x", "in/sub/q.m3u8": media("a.aac", "../../out"), "out": "secret"} {
			name = filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p, err := Open(filepath.Join(dir, "in", "p.m3u8"))
		if err != nil {
			return
		}
		for _, name := range p.Files() {
			switch name {
			case "p.m3u8", "a.aac", "key", "sub/a.aac", "sub/q.m3u8":
			default:
				t.Fatalf("found %q", name)
			}
		}
		if p.Media == nil {
			return
		}
		for _, s := range p.Media.Segments {
			if _, ok := p.File(s.URI); !ok && !s.Gap && s.URI.Scheme != Scheme && !isWeb(s.URI) {
				t.Fatalf("the address %s is neither a file nor of the web", s.URI)
			}
		}
	})
}
