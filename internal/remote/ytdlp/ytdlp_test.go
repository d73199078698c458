package ytdlp

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/archive"
)

const id = "1ypKdEXvkMLGW"

// A fake says what a program does that is called yt-dlp: the test itself, run
// anew.
type fake struct {
	Out     string
	Said    string
	Code    int
	Endless bool   // Out again and again
	Hangs   bool   // with a child that holds the output
	OldAt   string // addresses with this are of no kind that it knows
	Trace   string // file that gets its arguments
}

const orders = "SPACES_TEST_YTDLP"

func TestMain(m *testing.M) {
	text, ok := os.LookupEnv(orders)
	if !ok {
		os.Exit(m.Run())
	}
	var f fake
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		panic(err)
	}
	os.Exit(f.act(os.Args[1:]))
}

func (f fake) act(args []string) int {
	if f.Trace != "" {
		t, err := os.OpenFile(f.Trace, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			panic(err)
		}
		fmt.Fprintln(t, os.Getpid(), strings.Join(args, " "))
		if n := slices.Index(args, "--cookies"); n >= 0 {
			text, err := os.ReadFile(args[n+1])
			fmt.Fprintf(t, "cookies %q %v\n", text, err)
			os.WriteFile(args[n+1], []byte("changed"), 0o600)
		}
		t.Close()
	}
	switch {
	case f.Hangs:
		if slices.Contains(args, "child") {
			time.Sleep(time.Hour)
		}
		cmd := exec.Command(os.Args[0], "child")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.Run()
	case f.OldAt != "" && strings.Contains(args[len(args)-1], f.OldAt):
		fmt.Fprintln(os.Stderr, "ERROR: Unsupported URL: "+args[len(args)-1]+"?token=s3cret")
		fmt.Println("null")
		return 1
	}
	io.WriteString(os.Stderr, f.Said)
	for {
		if _, err := io.WriteString(os.Stdout, f.Out); err != nil || !f.Endless {
			return f.Code
		}
	}
}

func (f fake) ask(t *testing.T, o Options) (*Answer, error) {
	t.Helper()
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(orders, string(text))
	if o.Program, err = os.Executable(); err != nil {
		t.Fatal(err)
	}
	return Ask(t.Context(), o, id)
}

// ended is what version 2026.08 writes of a Space that has ended, shortened.
const ended = `{"id": "1ypKdEXvkMLGW", "title": "Débat : l’été #Spaces", "fulltitle": "Débat : l’été #Spaces", "description": "Twitter Space participated by Guest",
 "live_status": "was_live", "release_timestamp": 1623693600, "timestamp": 1623690000, "uploader": "The Hostess", "uploader_id": "hostess",
 "extractor": "twitter:spaces", "extractor_key": "TwitterSpaces", "webpage_url": "https://x.com/i/spaces/1ypKdEXvkMLGW", "http_headers": {"Referer": "https://twitter.com/"},
 "formats": [{"format_id": "replay", "url": "https://prod.video.pscp.tv/r/playlist_1.m3u8?type=replay&token=s3cret", "manifest_url": "https://prod.video.pscp.tv/r/master_playlist.m3u8?token=s3cret",
  "protocol": "m3u8", "vcodec": "none", "acodec": "aac", "cookies": "auth_token=s3cret", "http_headers": {"User-Agent": "Mozilla/5.0", "Referer": "https://twitter.com/", "Cookie": "auth_token=s3cret", "Host": "localhost", "Range": "bytes=0-1", "X-Bad": "a\nb"}}]}`

func TestAnswer(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace")
	a, err := fake{Out: ended, Trace: trace}.ask(t, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a.SpaceID != id || a.Status != Ended || a.Title != "Débat : l’été #Spaces" || a.Host.Handle != "hostess" || a.Host.Name != "The Hostess" ||
		!a.Starts.Equal(time.Unix(1623693600, 0)) || a.Playlist.String() != "https://prod.video.pscp.tv/r/master_playlist.m3u8?token=s3cret" {
		t.Errorf("%+v", a)
	}
	if fmt.Sprint(a.Header) != "map[Referer:[https://twitter.com/] User-Agent:[Mozilla/5.0]]" {
		t.Errorf("%v", a.Header)
	}
	if strings.Contains(string(a.Facts), "s3cret") || strings.Contains(string(a.Facts), "pscp") {
		t.Errorf("%s", a.Facts)
	}
	s, ok := archive.ParseSidecar(a.Facts)
	if !ok || s.SpaceID != id || s.Title != a.Title || s.Host != a.Host || !s.StartedAt.Equal(a.Starts) {
		t.Errorf("%+v", s)
	}
	if got, want := arguments(t, trace), "-J --ignore-config --ignore-no-formats-error -- https://x.com/i/spaces/"+id; got != want {
		t.Errorf("run with %s, want %s", got, want)
	}
}

// arguments are those of the first call.
func arguments(t *testing.T, trace string) string {
	t.Helper()
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	_, args, _ := strings.Cut(line, " ")
	return args
}

// What the program writes may be wrong in every way.
func TestOutput(t *testing.T) {
	from := func(old, new string) string {
		if !strings.Contains(ended, old) {
			t.Fatalf("no %s", old)
		}
		return strings.ReplaceAll(ended, old, new)
	}
	for _, c := range []struct {
		name, out string
		cause     Cause // "": an answer
		title     string
		status    Status
		playlist  string // a part
	}{
		{"live", from("was_live", "is_live"), "", "Débat : l’été #Spaces", Live, "master"},
		{"live, older", strings.Replace(from("was_live", "is_live"), `"fulltitle": "Débat : l’été #Spaces"`, `"fulltitle": null`, 1), "", "Débat : l’été #Spaces", Live, "master"},
		{"live with a date", `{"id": "1ypKdEXvkMLGW", "title": "Talk 2026-12-01 14:20", "is_live": true, "url": "https://a.example/live.m3u8", "protocol": "m3u8_native"}`, "", "Talk", Live, "live"},
		{"title made up", `{"id": "1ypKdEXvkMLGW", "title": "twitter-spaces video #1ypKdEXvkMLGW", "url": "https://a.example/x.m3u8"}`, "", "", "", "x.m3u8"},
		{"upcoming", `{"id": "1ypKdEXvkMLGW", "title": "Talk", "live_status": "is_upcoming", "release_timestamp": 1623693600, "formats": []}`, "", "Talk", Upcoming, ""},
		{"no manifest", from(`"manifest_url"`, `"other"`), "", "Débat : l’été #Spaces", Ended, "playlist_1"},
		{"types", `{"id": 5, "title": ["x"], "live_status": {}, "release_timestamp": "soon", "formats": [7, null, {"url": 3}, {"url": "https://a.example/y.m3u8", "protocol": "m3u8", "http_headers": 4}]}`, "", "", "", "y.m3u8"},
		{"sound before pictures", `{"id": "1ypKdEXvkMLGW", "title": "Talk", "formats": [{"url": "https://a.example/sound.m3u8", "protocol": "m3u8", "vcodec": "none"}, {"url": "https://a.example/film.m3u8", "protocol": "m3u8"}]}`, "", "Talk", "", "sound"},
		{"no replay", from(`"formats"`, `"others"`), NoReplay, "", "", ""},
		{"not ready", strings.Replace(from(`"formats"`, `"others"`), "was_live", "post_live", 1), NotReady, "", "", ""},
		{"a file", from("https://prod.video.pscp.tv", "file://"), NoReplay, "", "", ""},
		{"another protocol", from(`"m3u8"`, `"https"`), NoReplay, "", "", ""},
		{"another Space", from(id, "1eaKbrQbjoRKX"), BadOutput, "", "", ""},
		{"any page", from(`"twitter:spaces"`, `"generic"`), Unsupported, "", "", ""},
		{"null", "null\n", BadOutput, "", "", ""},
		{"nothing", "", BadOutput, "", "", ""},
		{"half", ended[:len(ended)/2], BadOutput, "", "", ""},
		{"a page", "<!DOCTYPE html>", BadOutput, "", "", ""},
		{"a list", "[]", BadOutput, "", "", ""},
		{"deep", strings.Repeat("[", 100_000), BadOutput, "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := fake{Out: c.out}.ask(t, Options{})
			var problem *Error
			if errors.As(err, &problem) {
				if problem.Cause != c.cause || strings.Contains(err.Error(), "s3cret") {
					t.Fatalf("%s: %v, want %s", problem.Cause, err, c.cause)
				}
				return
			}
			if err != nil || c.cause != "" {
				t.Fatalf("%v, want %q", err, c.cause)
			}
			got := ""
			if a.Playlist != nil {
				got = a.Playlist.String()
			}
			if a.Title != c.title || a.Status != c.status || !strings.Contains(got, c.playlist) || (got == "") != (c.playlist == "") {
				t.Errorf("%q, %s, %s", a.Title, a.Status, got)
			}
		})
	}
}

// What the program complains of, in the words of several of its versions.
func TestCauses(t *testing.T) {
	for _, c := range []struct {
		said  string
		cause Cause
	}{
		{"ERROR: [twitter:spaces] 1ypKdEXvkMLGW: Twitter Space not started yet", NotStarted},
		{"ERROR: [twitter:spaces] 1ypKdEXvkMLGW: Twitter Space ended and replay is disabled", NoReplay},
		{"ERROR: [twitter:spaces] 1ypKdEXvkMLGW: Twitter Space ended but not downloadable yet", NotReady},
		{"ERROR: [twitter:spaces] 1ypKdEXvkMLGW: Twitter Space not found", NotFound},
		{"ERROR: [twitter:spaces] 1ypKdEXvkMLGW: This video is only available for registered users. Use --cookies-from-browser or --cookies for the authentication. See  https://github.com/yt-dlp/yt-dlp/wiki/FAQ", Login},
		{"ERROR: [twitter:spaces] 1ypKdEXvkMLGW: Unable to download JSON metadata: HTTP Error 404: Not Found (caused by <HTTPError 404: Not Found>); please report this issue on  https://github.com/yt-dlp/yt-dlp/issues?q= . Confirm you are on the latest version using  yt-dlp -U", Outdated},
		{"ERROR: 1ypKdEXvkMLGW: An extractor error has occurred. (caused by KeyError('audioSpace')); please report this issue", Outdated},
		{"ERROR: [twitter:spaces] 1ypKdEXvkMLGW: Error(s) while querying API: Dependency: Internal error", Outdated},
		{"ERROR: [twitter:spaces] 1ypKdEXvkMLGW: Unable to download JSON metadata: <urlopen error [Errno -2] Name or service not known> (caused by URLError(gaierror(-2, 'Name or service not known')))", Unreachable},
		{"ERROR: [twitter:spaces] 1ypKdEXvkMLGW: Unable to download JSON metadata: HTTP Error 429: Too Many Requests", Busy},
		{"ERROR: Unsupported URL: https://twitter.com/i/spaces/1ypKdEXvkMLGW", Unsupported},
		{"Traceback (most recent call last):\nModuleNotFoundError: No module named 'yt_dlp'", Failed},
		{"", Failed},
	} {
		t.Run(c.said, func(t *testing.T) {
			_, err := fake{Out: "null\n", Said: c.said + "\n", Code: 1}.ask(t, Options{})
			var problem *Error
			if !errors.As(err, &problem) || problem.Cause != c.cause || strings.Contains(err.Error(), "caused by") || strings.Contains(err.Error(), "report this") {
				t.Errorf("%v, want %s", err, c.cause)
			}
		})
	}
}

// A version that knows only the addresses of before is asked with one of these.
func TestOld(t *testing.T) {
	a, err := fake{Out: ended, OldAt: "x.com"}.ask(t, Options{})
	if err != nil || a.SpaceID != id {
		t.Errorf("%+v, %v", a, err)
	}
	_, err = fake{Out: ended, OldAt: "spaces"}.ask(t, Options{})
	var problem *Error
	if !errors.As(err, &problem) || problem.Cause != Unsupported || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
}

// Cookies are lent: the program writes to the file that it gets.
func TestCookies(t *testing.T) {
	dir := t.TempDir()
	trace, jar := filepath.Join(dir, "trace"), filepath.Join(dir, "jar")
	if err := os.WriteFile(jar, []byte("# Netscape"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (fake{Out: ended, Trace: trace}).ask(t, Options{Cookies: jar}); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(trace); !strings.Contains(string(b), `cookies "# Netscape" <nil>`) {
		t.Errorf("%s", b)
	}
	if b, _ := os.ReadFile(jar); string(b) != "# Netscape" {
		t.Errorf("the file became %s", b)
	}
	args := strings.Fields(arguments(t, trace))
	if n := slices.Index(args, "--cookies"); n < 0 || args[n+2] != "--" {
		t.Fatalf("%v", args)
	} else if _, err := os.Stat(args[n+1]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy is still there: %v", err)
	}
	var problem *Error
	if _, err := (fake{Out: ended}).ask(t, Options{Cookies: filepath.Join(dir, "none")}); !errors.As(err, &problem) || problem.Cause != BadCookies {
		t.Errorf("%v", err)
	}
}

func TestBounds(t *testing.T) {
	var problem *Error
	if _, err := (fake{Out: ended, Endless: true}).ask(t, Options{}); !errors.As(err, &problem) || problem.Cause != BadOutput {
		t.Errorf("endless output: %v", err)
	}
	trace := filepath.Join(t.TempDir(), "trace")
	if _, err := (fake{Hangs: true, Trace: trace}).ask(t, Options{Timeout: 2 * time.Second}); !errors.As(err, &problem) || problem.Cause != TimedOut {
		t.Errorf("a program that hangs: %v", err)
	}
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var pid int
		fmt.Sscan(line, &pid)
		if isRunning(pid) {
			t.Errorf("still running: %s", line)
		}
	}
	if _, err := Ask(t.Context(), Options{Program: filepath.Join(t.TempDir(), "yt-dlp")}, id); !errors.As(err, &problem) || problem.Cause != Missing {
		t.Errorf("a program that is missing: %v", err)
	}
	if _, err := Ask(t.Context(), Options{}, "--exec=reboot"); !errors.As(err, &problem) || problem.Cause != NotFound {
		t.Errorf("not an ID: %v", err)
	}
}

// FuzzRead takes anything that a program may write.
func FuzzRead(f *testing.F) {
	f.Add([]byte(ended), "WARNING: x")
	f.Add([]byte(`{"formats": [{"url": "https://a.example/y.m3u8", "protocol": "m3u8"}], "live_status": "is_live"}`), "")
	f.Fuzz(func(t *testing.T, out []byte, said string) {
		a, err := read(out, said, id)
		if err != nil {
			if a != nil {
				t.Error("an answer with an error")
			}
			return
		}
		if a.Playlist == nil && a.Status != Upcoming {
			t.Errorf("%+v", a)
		}
		if s, ok := archive.ParseSidecar(a.Facts); !ok || s.SpaceID != id {
			t.Errorf("%s", a.Facts)
		}
	})
}
