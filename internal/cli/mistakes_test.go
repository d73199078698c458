package cli

import (
	"archive/zip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/fixture"
)

// mistakes are what people type who have read little. Each answer names what is
// wrong, and the command, flag or value that comes next; an empty next means
// that the message says it all.
var mistakes = []struct {
	args        string
	code        int
	names, next string
}{
	// The first command.
	{"lst", app.ExitUsage, `unknown command "lst"`, "spaces list"},
	{"lits", app.ExitUsage, `"lits"`, "spaces list"},
	{"unpack two.zip", app.ExitUsage, `"unpack"`, "spaces extract"},
	{"spaces list", app.ExitUsage, `"spaces"`, "did you mean: spaces list"},
	{"two.zip", app.ExitUsage, `"two.zip"`, "spaces extract two.zip"},
	{"frobnicate", app.ExitUsage, `"frobnicate"`, "spaces --help"},
	{"play latest", app.ExitUsage, `"play"`, "spaces open"},
	{"-v", app.ExitUsage, "-v", "--version"},
	{"--verison", app.ExitUsage, "--verison", "--version"},
	{"--library", app.ExitUsage, "--library needs a value", "--library DIR"},
	{"--jobs two list", app.ExitUsage, `--jobs must be a whole number, not "two"`, "--help"},
	{"--lock-wait long list", app.ExitUsage, `--lock-wait must be a time such as 90s or 5m, not "long"`, "--help"},
	{"help extarct", app.ExitUsage, `"extarct"`, "spaces help extract"},
	{"help uploding", app.ExitUsage, `"uploding"`, "spaces help topic uploading"},
	{"help topic consnet", app.ExitUsage, `"consnet"`, "spaces help topic consent"},
	{"help nothing-such", app.ExitUsage, `"nothing-such"`, "spaces help topics"},
	{"version --short", app.ExitUsage, "--short", "spaces version --help"},

	// Taking things in.
	{"extract", app.ExitUsage, "needs PATH", "spaces extract --help"},
	{"extract twitter.zip", app.ExitNotFound, "twitter.zip", "check the name"},
	{"extract My Archive.zip", app.ExitNotFound, "Archive.zip", "in quotes"},
	{"extract notes.zip", app.ExitFailed, "notes.zip", "the ZIP that X sent"},
	{"extract notes.txt", app.ExitFailed, "notes.txt", "the ZIP that X sent"},
	{"extract cut.zip", app.ExitFailed, "cut.zip: the download of this archive is incomplete", "download the archive again"},
	{"extract other.zip", app.ExitFailed, "other.zip", "twitter-"},
	{"extract photos", app.ExitFailed, "photos", "twitter-"},
	{"extract empty", app.ExitFailed, "empty", "twitter-"},
	{"extract https://x.com/settings/download", app.ExitNotFound, "https://x.com", "download it with a browser"},
	{"extract latest", app.ExitNotFound, "latest", "check the name"},
	{"extract two.zip --titel x", app.ExitUsage, "--titel", "--title"},
	{"extract two.zip --title Jazz", app.ExitUsage, `--title must be ID=TEXT, not "Jazz"`, "--title 1eaJbNqXaXWxX"},
	{"extract two.zip --started-at soon", app.ExitUsage, `--started-at: "soon"`, "2021-06-14"},
	{"extract two.zip --library notes.txt", app.ExitFailed, "notes.txt: not a folder", "name a folder"},
	{"extract two.zip --library photos", app.ExitFailed, "photos is neither a library nor", "--library"},
	{"extract two.zip --dryrun", app.ExitUsage, "--dryrun", "--dry-run"},
	{"extract -o out two.zip", app.ExitUsage, "-o", "--library"},
	{"extract --output out two.zip", app.ExitUsage, "--output", "--library"},

	// Listing and finding.
	{"list --since 14.06.2021", app.ExitUsage, `--since: "14.06.2021"`, "2021-06-14"},
	{"list --since 06/14/2021", app.ExitUsage, `--since: "06/14/2021"`, "2021-06-14"},
	{"list --until", app.ExitUsage, "--until needs a value", "--until TIME"},
	{"list --limit ten", app.ExitUsage, `--limit must be a whole number, not "ten"`, "--help"},
	{"list --limit -5", app.ExitUsage, "--limit must be 0 or more, not -5", ""},
	{"list --state complet", app.ExitUsage, "--state must be complete,", "did you mean: complete"},
	{"list --state COMPLETE", app.ExitUsage, `"COMPLETE"`, "did you mean: complete"},
	{"list --sort titel", app.ExitUsage, `--sort must be date, title or length, not "titel"`, "did you mean: title"},
	{"list --speaker", app.ExitUsage, "--speaker needs a value", "--speaker HANDLE"},
	{"list --speaker nobody", app.ExitDone, "No Space matches", "spaces list"},
	{"list jazz", app.ExitDone, "No Space matches", "spaces list"},
	{"list --csv --json", app.ExitUsage, "--csv cannot be combined with --json", ""},
	{"list --format csv", app.ExitUsage, "--format", "--csv"},
	{"list --library nowhere", app.ExitNotFound, "nowhere: no library found", "spaces extract"},
	{"list --library notes.txt", app.ExitFailed, "notes.txt: not a folder", "name a folder"},
	{"search", app.ExitUsage, "needs WORDS", "spaces search --help"},
	{"search xylophone", app.ExitNotFound, `"xylophone"`, "spaces list"},
	{"search --limit many guest1", app.ExitUsage, `"many"`, "--help"},
	{"show", app.ExitUsage, "needs SPACE", "spaces show --help"},
	{"show 1zzz", app.ExitNotFound, "1zzz", "spaces list"},
	{"show lastest", app.ExitNotFound, "lastest", "did you mean: latest"},
	{"show sociux", app.ExitNotFound, "sociux", "did you mean: sociaux"},
	{"show 1ypKdEXvkMLGX", app.ExitNotFound, "1ypKdEXvkMLGX", "did you mean: 1ypKdEXvkMLGW"},
	{"show https://x.com/guest1", app.ExitNotFound, "https://x.com/guest1", "spaces list"},
	{"show https://x.com/i/spaces/1zzzzzzzzzzzz", app.ExitNotFound, "1zzzzzzzzzzzz", "spaces list"},
	{"show ./lib", app.ExitNotFound, "./lib", "spaces list"},
	{"show two.zip", app.ExitNotFound, "two.zip", "spaces extract two.zip"},
	{"show --wave --json latest", app.ExitUsage, "--wave cannot be combined with --json", "spaces waveform"},
	{"show --id-only 1ypK", app.ExitNotFound, "1ypK", "--id-only accepts only whole ids"},
	{"show e", app.ExitUsage, `"e" can mean several Spaces`, "use an id"},
	{"open 1zzz", app.ExitNotFound, "1zzz", "spaces list"},
	{"open latest --player vlc", app.ExitUsage, "--player", "--print"},
	{"status now", app.ExitUsage, `takes no arguments, but got "now"`, "spaces status --help"},
	{"status --chek", app.ExitUsage, "--chek", "--check"},

	// Cutting.
	{"clip", app.ExitUsage, "SPACE", "latest"},
	{"clip latest --quote hello", app.ExitNotFound, "has no transcript", "spaces transcribe"},
	{"clip latest --quote hello --at 5", app.ExitUsage, "--quote cannot be combined with --at", "--from T"},
	{"clip latest --qoute hello", app.ExitUsage, "--qoute", "--quote"},
	{"clip latest --at 5 --snap=sentences", app.ExitUsage, `--snap must be silence or sentence, not "sentences"`, "did you mean: sentence"},
	{"clip latest --at 5 --to 9", app.ExitUsage, "--to needs --quote", "--end T"},
	{"clip latest", app.ExitUsage, "place", "--at T"},
	{"clip --at 0:01", app.ExitUsage, "SPACE", "latest"},
	{"clip 0:01 latest", app.ExitUsage, `"latest"`, "--at 0:01"},
	{"clip latest 0:01", app.ExitUsage, `"0:01"`, "--at 0:01"},
	{"clip médias sociaux --at 0:01", app.ExitUsage, `"sociaux"`, `--title "sociaux"`},
	{"clip latest --at abc", app.ExitUsage, `"abc"`, "1:15"},
	{"clip latest --at 1:99", app.ExitUsage, `"1:99"`, "1:15"},
	{"clip latest --at 1m", app.ExitUsage, "1m is ", "12"},
	{"clip latest --at -5", app.ExitUsage, "-5", "0"},
	{"clip latest --at 0:01 --length 0", app.ExitUsage, "0 long", ""},
	{"clip latest --at 0:01 --length 30sec", app.ExitUsage, `"30sec"`, "1:15"},
	{"clip latest --at 0:02 --end 0:01", app.ExitUsage, "0:01", ""},
	{"clip latest --at 0:01 --end 0:02 --length 1", app.ExitUsage, "length and an end", "leave out --length or --end"},
	{"clip latest --from 0:01 --to 0:02", app.ExitUsage, "--from", "--at"},
	{"clip latest -ss 0:01 -t 5", app.ExitUsage, "-ss", "--at"},
	{"clip latest --start 0:01", app.ExitUsage, "--start", "--at"},
	{"clip latest --at 0:01 --duration 5", app.ExitUsage, "--duration", "--length"},
	{"clip latest --at 0:01 --lenght 5", app.ExitUsage, "--lenght", "--length"},
	{"clip latest --at 0:01 --format wma", app.ExitUsage, `unknown format "wma"`, "m4a, mp3"},
	{"clip latest --at 0:01 --format wva", app.ExitUsage, `unknown format "wva"`, "did you mean: wav"},
	{"clip latest --at 0:01 --format mp4", app.ExitUsage, `"mp4"`, "spaces video"},
	{"clip latest --at 0:01 -o nowhere/x.m4a", app.ExitNotFound, "the folder nowhere does not exist", "make the folder"},
	{"clip latest --at 0:01 -o notes.txt", app.ExitUsage, ".txt", "--format"},
	{"clip latest --at 0:01 --cover missing.jpg", app.ExitNotFound, "missing.jpg: no such file", "check the name"},
	{"clip latest --at 0:01 --fade lots", app.ExitUsage, `"lots"`, "1:15"},
	{"clip latest --at 0:01 --normalize 16", app.ExitUsage, `"16"`, "--normalize=16"},
	{"clip latest --speaker nobody", app.ExitNotFound, "@nobody", "@hostess"},
	{"clip latest --clock 25:00", app.ExitUsage, `"25:00"`, "18:31:05"},
	{"clip latest --clock 03:00:00", app.ExitUsage, "03:00:00", "begins at"},
	{"clip --batch missing.csv", app.ExitNotFound, "missing.csv: no such file", "check the name"},
	{"clip --batch typo.csv", app.ExitUsage, `unknown column "lenght"`, "did you mean: length"},
	{"clip --batch bad.jsonl", app.ExitFailed, "line 1", "recording, at"},
	{"clip --batch photos", app.ExitFailed, "photos: it is a folder", "name a file"},
	{"clip two.zip --at 1", app.ExitNotFound, "two.zip", "spaces extract two.zip"},
	{"clip latest --at 0:01 --name {titel}", app.ExitUsage, "{titel}", "{title}"},
	{"video latest --at 0:01 --shape vertical", app.ExitUsage, `--shape must be wide, square, portrait or tall, not "vertical"`, ""},
	{"video latest", app.ExitUsage, "spaces video needs a place", "--at T"},
	{"video latest --at 0:01 -o v.m4a", app.ExitUsage, "a video must end in .mp4, not .m4a", ""},
	{"video latest --at 0:01 --consented-only", app.ExitUsage, "--consented-only", "spaces clip SPACE --at T --consented-only"},
	{"video latest --at 0:01 --margin 1", app.ExitUsage, "--margin", "spaces clip SPACE --at T --consented-only"},
	{"video latest --at 0:01 --theme drak", app.ExitUsage, `"drak"`, "dark"},
	{"video latest --at 0:01 --accent red", app.ExitUsage, `--accent must be a colour such as #1d9bf0, not "red"`, ""},
	{"video latest --at 0:01 --fps 50", app.ExitUsage, "--fps must be 25, 30 or 60, not 50", ""},
	{"video latest --at 0:01 --captions missing.srt", app.ExitNotFound, "missing.srt: no such file", "check the name"},
	{"video latest --at 0:01 --captions bad.srt", app.ExitUsage, "bad.srt", "00:01:02.000"},
	{"moments latest --top x", app.ExitUsage, `--top must be a whole number, not "x"`, "--help"},
	{"moments latest --length short", app.ExitUsage, `"short"`, "1:15"},
	{"moments latest --speaker nobody", app.ExitNotFound, "@nobody", "@hostess"},
	{"waveform latest --format jpg", app.ExitUsage, `"jpg"`, "png, svg"},
	{"waveform latest --width wide", app.ExitUsage, `--width must be a whole number, not "wide"`, "--help"},
	{"waveform latest --from 0:05 --to 0:01", app.ExitUsage, "0:01", "0:12"},
	{"waveform latest -o notes.txt", app.ExitUsage, ".txt", "--format"},
	{"studio --port 8080", app.ExitUsage, "--port", "--addr"},
	{"studio --addr 8080", app.ExitUsage, `--addr must be an address and a port, not "8080"`, "127.0.0.1:8080"},
	{"studio --addr 0.0.0.0:80", app.ExitUsage, "0.0.0.0:80", "--allow-network"},

	// Words.
	{"transcript", app.ExitUsage, "needs SPACE", "spaces transcript --help"},
	{"transcript latest", app.ExitNotFound, "has no transcript", "spaces transcribe 1ypKdEXvkMLGW"},
	{"transcript edit latest --file missing.txt", app.ExitNotFound, "missing.txt: no such file", "check the name"},
	{"transcript edit latest --file notes.txt", app.ExitNotFound, "has no transcript", "spaces transcribe"},
	{"transcript export latest --format pdf", app.ExitUsage, `--format must be vtt, srt, json or txt, not "pdf"`, ""},
	{"transcript export latest -o talk.pdf", app.ExitUsage, "talk.pdf", "--format"},
	{"transcript export latest --silence", app.ExitUsage, "--consented-only", ""},
	{"transcript remove latest", app.ExitUsage, "cannot ask", "--yes"},

	// Episodes and the feed.
	{"export", app.ExitUsage, "needs SPACE", "spaces export --help"},
	{"export latest --preset podcast", app.ExitUsage, `"podcast"`, "host, untouched or archive"},
	{"export latest --format ogg", app.ExitUsage, `unknown format "ogg"`, "opus"},
	{"export latest --loudness loud", app.ExitUsage, `"loud"`, "-40 to -5"},
	{"export latest --bit-rate 128k", app.ExitUsage, `--bit-rate must be a whole number, not "128k"`, "--help"},
	{"export latest --bitrate 128", app.ExitUsage, "--bitrate", "--bit-rate"},
	{"export latest --cover missing.jpg", app.ExitNotFound, "missing.jpg: no such file", "check the name"},
	{"export latest --cover notes.txt", app.ExitUsage, "notes.txt", "JPEG or PNG"},
	{"export latest --chapters missing.txt", app.ExitNotFound, "missing.txt: no such file", "check the name"},
	{"export latest --transcript missing.srt", app.ExitNotFound, "missing.srt: no such file", "check the name"},
	{"export latest --id3 2.5", app.ExitUsage, `"2.5"`, "2.3 or 2.4"},
	{"export latest --set album", app.ExitUsage, `"album"`, "KEY=VALUE"},
	{"export --all", app.ExitUsage, "--all", "spaces export --help"},
	{"episodes publish 1zzz", app.ExitNotFound, "1zzz", "spaces list"},
	{"feed bild", app.ExitUsage, `"bild"`, "spaces feed build"},
	{"feed build", app.ExitNotFound, "no show", "spaces feed init"},
	{"feed check missing.xml", app.ExitNotFound, "missing.xml: no such file", "spaces feed build"},
	{"feed init --title Jazz --base-url example.org", app.ExitUsage, "example.org", "https://"},

	// People.
	{"consent set", app.ExitUsage, "needs HANDLE ANSWER", "spaces consent set --help"},
	{"consent set @guest1 yes", app.ExitUsage, `"yes"`, "granted"},
	{"consent set @nobody granted", app.ExitNotFound, "@nobody", "spaces people"},
	{"consent set @guest1 granted --until whenever", app.ExitUsage, `"whenever"`, "2021-06-14"},
	{"consent set @guest1 granted --evidence missing.pdf", app.ExitNotFound, "missing.pdf: no such file", "check the name"},
	{"consent ask nobody", app.ExitNotFound, "nobody", "spaces list"},
	{"speakers latest", app.ExitUsage, `"latest"`, "spaces speakers show latest"},
	{"speakers confirm latest --turns missing.txt", app.ExitNotFound, "missing.txt: no such file", "spaces speakers show"},

	// Keeping.
	{"verify 1zzz", app.ExitNotFound, "1zzz", "spaces list"},
	{"verify --archive two.zip", app.ExitUsage, "--archive", "--against"},
	{"verify --against missing.zip", app.ExitNotFound, "missing.zip", "check the name"},
	{"prove", app.ExitUsage, "needs FILE", "spaces prove --help"},
	{"prove missing.m4a", app.ExitNotFound, `no file and no Space is named "missing.m4a"`, "spaces list"},
	{"bag latest", app.ExitUsage, "a folder", "-o DIR"},
	{"bag latest -o photos", app.ExitFailed, "photos", "-o"},
	{"bag latest -o nowhere/deep/bag", app.ExitNotFound, "nowhere/deep", "check the name"},
	{"bag latest -o bag1 --access public", app.ExitUsage, `--access must be open or restricted, not "public"`, ""},
	{"archives two.zip", app.ExitUsage, `takes no arguments, but got "two.zip"`, "spaces archives --help"},
	{"edit latest", app.ExitUsage, "needs a change", "--title"},
	{"edit latest New title", app.ExitUsage, `"New"`, `--title "New title"`},
	{"edit 1zzz --title X", app.ExitNotFound, "1zzz", "spaces list"},
	{"measure song.mp3", app.ExitNotFound, "song.mp3", "spaces extract song.mp3"},
	{"remove latest", app.ExitUsage, "standard input is not a terminal", "--yes"},
	{"remove latest --force", app.ExitUsage, "--force", "--yes"},
	{"remove 1zzz --yes", app.ExitNotFound, "1zzz", "spaces list"},
	{"restore latest", app.ExitNotFound, `"latest"`, "spaces restore"},
	{"reindex now", app.ExitUsage, `takes no arguments, but got "now"`, "spaces reindex --help"},
	{"config get colour", app.ExitNotFound, `"colour"`, "spaces config"},
	{"config get libary", app.ExitNotFound, `"libary"`, "did you mean: library"},
	{"config get", app.ExitUsage, "needs KEY", "spaces config --help"},
	{"config jobs", app.ExitUsage, `"jobs"`, "spaces config get jobs"},
	{"config stet jobs 3", app.ExitUsage, `"stet"`, "did you mean: set"},
	{"config set jobs", app.ExitUsage, "needs KEY VALUE", "spaces config --help"},
	{"config set jobs many", app.ExitUsage, `jobs: must be a number, 0 or more, not "many"`, ""},
	{"config set consent.clip maybe", app.ExitUsage, `"maybe"`, "off, warn or require"},
	{"config set lock-wait 5", app.ExitUsage, `"5"`, "90s or 5m"},
	{"completion tcsh", app.ExitUsage, `"tcsh"`, "bash, zsh"},
	{"completion zhs", app.ExitUsage, `"zhs"`, "did you mean: zsh"},
	{"man notes.txt", app.ExitFailed, "notes.txt: not a folder", "name a folder"},

	// Targets.
	{"target add", app.ExitUsage, "needs NAME", "spaces target add --help"},
	{"target add show ftp://x", app.ExitUsage, `"ftp"`, "use file, s3"},
	{"target add show example.org/x", app.ExitUsage, `"example.org/x"`, "s3://bucket/folder"},
	{"target login nobody", app.ExitNotFound, `"nobody"`, "spaces target add nobody"},
	{"target lst", app.ExitUsage, `"lst"`, "spaces target list"},
	{"auth login show", app.ExitUsage, `"auth"`, "spaces target login"},
	{"upload latest", app.ExitUsage, "a target", "spaces upload latest TARGET"},
	{"upload latest s3", app.ExitNotFound, `"s3"`, "s3://"},
	{"upload latest example.org", app.ExitNotFound, `"example.org"`, "sftp://USER@HOST"},
	{"upload latest ftp://example.org/x", app.ExitUsage, `"ftp"`, "use file, s3"},
	{"upload latest https://example.org/dav", app.ExitUsage, `"https"`, "webdavs://HOST"},
	{"upload latest ./out", app.ExitNotFound, `"./out"`, "file:///"},
	{"upload latest photos", app.ExitUsage, `"photos"`, "file:///"},
	{"upload latest file://out", app.ExitUsage, "file://out", "three slashes"},
	{"upload file:///tmp/out latest", app.ExitNotFound, `"latest"`, "the target comes last"},
	{"upload missing.mp3 file:///tmp/out", app.ExitNotFound, "missing.mp3", "spaces list"},
	{"upload latest file:///tmp/out --bandwidth fast", app.ExitUsage, `--bandwidth: "fast"`, "500k"},
	{"upload latest file:///tmp/out --verify all", app.ExitUsage, `--verify must be sum or full, not "all"`, ""},
	{"backup create", app.ExitUsage, "needs TARGET", "spaces backup create --help"},
	{"backup make", app.ExitUsage, `"make"`, "spaces backup --help"},
	{"post clip.mp4", app.ExitUsage, "a text", "--text"},
	{"post missing.mp4 --text hello", app.ExitNotFound, "missing.mp4: no such file", "spaces video"},
	{"post notes.txt --text hello", app.ExitUsage, "notes.txt", "spaces video"},
	{"people forget", app.ExitUsage, "needs HANDLE", "spaces people forget --help"},
	{"people forget nobody", app.ExitNotFound, "@nobody", "spaces people"},
	{"people --for reuse", app.ExitUsage, `--for must be clip, episode, upload or transcribe, not "reuse"`, ""},
	{"consent set granted @guest1", app.ExitUsage, `"@guest1"`, "spaces consent set @guest1 granted"},
	{"consent set @guest1 grantd", app.ExitUsage, `"grantd"`, "did you mean: granted"},
	{"clips show nothing", app.ExitNotFound, `"nothing"`, "spaces clips"},
	{"clips remove 34s.mp4", app.ExitNotFound, `no clip named "34s.mp4"`, "spaces clips"},
	{"feed check https://example.com/feed.xml", app.ExitUsage, "takes a file or -, not a URL", "curl -s https://example.com/feed.xml | spaces feed check -"},
	{"episodes show nothing", app.ExitNotFound, `"nothing"`, "spaces episodes"},
}

// goWords are words of Go and of the operating system that no user wants to read.
var goWords = regexp.MustCompile(`no such file or directory|is a directory|not a directory|invalid syntax|invalid character|unexpected EOF|strconv|: (open|stat|lstat|read|mkdir|openat) [^ ]+: |docs/\w+\.md|%!`)

func TestMistakes(t *testing.T) {
	a := testApp(t)
	t.Chdir(t.TempDir())
	t.Setenv("SPACES_LIBRARY", "lib")
	if code := fixture.Main([]string{"preset", "two", "two.zip"}); code != 0 {
		t.Fatal("no archive")
	}
	if code, _, stderr := run(a, "extract", "two.zip"); code != 0 {
		t.Fatal(stderr)
	}
	whole, err := os.ReadFile("two.zip")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"notes.zip": "not a zip", "notes.txt": "hello", "song.mp3": "x", "cut.zip": string(whole[:2000]), "bad.srt": "this is no SRT",
		"typo.csv": "recording,at,lenght\nlatest,0:01,1s\n", "bad.jsonl": `{"id":`, "photos/a.jpg": "x", "other.zip": otherZIP(t),
	} {
		if folder, _, ok := strings.Cut(name, "/"); ok {
			os.Mkdir(folder, 0o777)
		}
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("empty", 0o777); err != nil {
		t.Fatal(err)
	}
	for _, m := range mistakes {
		t.Run(m.args, func(t *testing.T) {
			code, stdout, stderr := run(a, strings.Fields(m.args)...)
			if code != m.code {
				t.Errorf("exit %d, want %d", code, m.code)
			}
			if !strings.Contains(stderr, m.names) || !strings.Contains(stderr, m.next) {
				t.Errorf("want %q and %q", m.names, m.next)
			}
			if word := goWords.FindString(stderr); word != "" {
				t.Errorf("it says %q", word)
			}
			if t.Failed() {
				t.Logf("spaces %s\n%s%s", m.args, stdout, stderr)
			}
		})
	}
}

// otherZIP is a ZIP that no archive of X is.
func otherZIP(t *testing.T) string {
	var b strings.Builder
	w := zip.NewWriter(&b)
	f, err := w.Create("hello.txt")
	if err == nil {
		_, err = f.Write([]byte("hi"))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Helps name pages that there are, and as pages: some are called like a command.
func TestHelpNamesPages(t *testing.T) {
	named := regexp.MustCompile(`spaces help( topic)? ([a-z-]+)`)
	found := 0
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, m := range named.FindAllStringSubmatch(cmd.Long, -1) {
			if cmd.Name() == "help" {
				continue
			}
			if found++; m[1] == "" || !slices.Contains(topics(), m[2]) {
				t.Errorf("%s says %q: not the page of a topic", cmd.CommandPath(), m[0])
			}
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(testApp(t).rootCommand(""))
	if found < 8 {
		t.Errorf("%d pages named", found)
	}
}
