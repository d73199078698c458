package cli

import (
	"archive/zip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

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
	{"lst", exitUsage, `unknown command "lst"`, "spaces list"},
	{"lits", exitUsage, `"lits"`, "spaces list"},
	{"unpack two.zip", exitUsage, `"unpack"`, "spaces extract"},
	{"spaces list", exitUsage, `"spaces"`, "did you mean: spaces list"},
	{"two.zip", exitUsage, `"two.zip"`, "spaces extract two.zip"},
	{"frobnicate", exitUsage, `"frobnicate"`, "spaces --help"},
	{"play latest", exitUsage, `"play"`, "spaces open"},
	{"-v", exitUsage, "-v", "--version"},
	{"--verison", exitUsage, "--verison", "--version"},
	{"--library", exitUsage, "--library needs a value", "--library DIR"},
	{"--jobs two list", exitUsage, `--jobs must be a whole number, not "two"`, "--help"},
	{"--lock-wait long list", exitUsage, `--lock-wait must be a time such as 90s or 5m, not "long"`, "--help"},
	{"help extarct", exitUsage, `"extarct"`, "spaces help extract"},
	{"help uploding", exitUsage, `"uploding"`, "spaces help topic uploading"},
	{"help topic consnet", exitUsage, `"consnet"`, "spaces help topic consent"},
	{"help nothing-such", exitUsage, `"nothing-such"`, "spaces help topics"},
	{"version --short", exitUsage, "--short", "spaces version --help"},

	// Taking things in.
	{"extract", exitUsage, "needs PATH", "spaces extract --help"},
	{"extract twitter.zip", exitNotFound, "twitter.zip", "check the name"},
	{"extract My Archive.zip", exitNotFound, "Archive.zip", "needs quotes"},
	{"extract notes.zip", exitFailed, "notes.zip", "the ZIP that X sent"},
	{"extract notes.txt", exitFailed, "notes.txt", "the ZIP that X sent"},
	{"extract cut.zip", exitFailed, "cut.zip: the download of this archive is incomplete", "download the archive again"},
	{"extract other.zip", exitFailed, "other.zip", "twitter-"},
	{"extract photos", exitFailed, "photos", "twitter-"},
	{"extract empty", exitFailed, "empty", "twitter-"},
	{"extract https://x.com/settings/download", exitNotFound, "https://x.com", "download it with the browser"},
	{"extract latest", exitNotFound, "latest", "check the name"},
	{"extract two.zip --titel x", exitUsage, "--titel", "--title"},
	{"extract two.zip --title Jazz", exitUsage, `--title must be ID=TEXT, not "Jazz"`, "--title 1eaJbNqXaXWxX"},
	{"extract two.zip --started-at soon", exitUsage, `--started-at: "soon"`, "2021-06-14"},
	{"extract two.zip --library notes.txt", exitFailed, "notes.txt: not a folder", "name a folder"},
	{"extract two.zip --library photos", exitFailed, "photos is not a library", "--library"},
	{"extract two.zip --dryrun", exitUsage, "--dryrun", "--dry-run"},
	{"extract -o out two.zip", exitUsage, "-o", "--library"},
	{"extract --output out two.zip", exitUsage, "--output", "--library"},

	// Listing and finding.
	{"list --since 14.06.2021", exitUsage, `--since: "14.06.2021"`, "2021-06-14"},
	{"list --since 06/14/2021", exitUsage, `--since: "06/14/2021"`, "2021-06-14"},
	{"list --until", exitUsage, "--until needs a value", "--until TIME"},
	{"list --limit ten", exitUsage, `--limit must be a whole number, not "ten"`, "--help"},
	{"list --limit -5", exitUsage, "--limit must be 0 or more, not -5", ""},
	{"list --state complet", exitUsage, "--state must be complete,", "did you mean: complete"},
	{"list --state COMPLETE", exitUsage, `"COMPLETE"`, "did you mean: complete"},
	{"list --sort titel", exitUsage, `--sort must be date, title or length, not "titel"`, "did you mean: title"},
	{"list --speaker", exitUsage, "--speaker needs a value", "--speaker HANDLE"},
	{"list --speaker nobody", exitDone, "No Space matches", "spaces list"},
	{"list jazz", exitDone, "No Space matches", "spaces list"},
	{"list --csv --json", exitUsage, "--csv cannot be combined with --json", ""},
	{"list --format csv", exitUsage, "--format", "--csv"},
	{"list --library nowhere", exitNotFound, "nowhere: no library here", "spaces extract"},
	{"list --library notes.txt", exitFailed, "notes.txt: not a folder", "name a folder"},
	{"search", exitUsage, "needs WORDS", "spaces search --help"},
	{"search xylophone", exitNotFound, `"xylophone"`, "spaces list"},
	{"search --limit many guest1", exitUsage, `"many"`, "--help"},
	{"show", exitUsage, "needs SPACE", "spaces show --help"},
	{"show 1zzz", exitNotFound, "1zzz", "spaces list"},
	{"show lastest", exitNotFound, "lastest", "did you mean: latest"},
	{"show sociux", exitNotFound, "sociux", "did you mean: sociaux"},
	{"show 1ypKdEXvkMLGX", exitNotFound, "1ypKdEXvkMLGX", "did you mean: 1ypKdEXvkMLGW"},
	{"show https://x.com/guest1", exitNotFound, "https://x.com/guest1", "spaces list"},
	{"show https://x.com/i/spaces/1zzzzzzzzzzzz", exitNotFound, "1zzzzzzzzzzzz", "spaces list"},
	{"show ./lib", exitNotFound, "./lib", "spaces list"},
	{"show two.zip", exitNotFound, "two.zip", "spaces extract two.zip"},
	{"show --wave --json latest", exitUsage, "--wave cannot be combined with --json", "spaces waveform"},
	{"show --id-only 1ypK", exitNotFound, "1ypK", "--id-only takes whole ids"},
	{"show e", exitUsage, `"e" can mean several Spaces`, "use an id"},
	{"open 1zzz", exitNotFound, "1zzz", "spaces list"},
	{"open latest --player vlc", exitUsage, "--player", "--print"},
	{"status now", exitUsage, `takes no arguments, but got "now"`, "spaces status --help"},
	{"status --chek", exitUsage, "--chek", "--check"},

	// Cutting.
	{"clip", exitUsage, "SPACE", "latest"},
	{"clip latest", exitUsage, "place", "--at T"},
	{"clip --at 0:01", exitUsage, "SPACE", "latest"},
	{"clip 0:01 latest", exitUsage, `"latest"`, "--at 0:01"},
	{"clip latest 0:01", exitUsage, `"0:01"`, "--at 0:01"},
	{"clip médias sociaux --at 0:01", exitUsage, `"sociaux"`, `--title "sociaux"`},
	{"clip latest --at abc", exitUsage, `"abc"`, "1:15"},
	{"clip latest --at 1:99", exitUsage, `"1:99"`, "1:15"},
	{"clip latest --at 1m", exitUsage, "1m is ", "12"},
	{"clip latest --at -5", exitUsage, "-5", "0"},
	{"clip latest --at 0:01 --length 0", exitUsage, "0 long", ""},
	{"clip latest --at 0:01 --length 30sec", exitUsage, `"30sec"`, "1:15"},
	{"clip latest --at 0:02 --end 0:01", exitUsage, "0:01", ""},
	{"clip latest --at 0:01 --end 0:02 --length 1", exitUsage, "length and an end", "leave out --length or --end"},
	{"clip latest --from 0:01 --to 0:02", exitUsage, "--from", "--at"},
	{"clip latest -ss 0:01 -t 5", exitUsage, "-ss", "--at"},
	{"clip latest --start 0:01", exitUsage, "--start", "--at"},
	{"clip latest --at 0:01 --duration 5", exitUsage, "--duration", "--length"},
	{"clip latest --at 0:01 --lenght 5", exitUsage, "--lenght", "--length"},
	{"clip latest --at 0:01 --format wma", exitUsage, `unknown format "wma"`, "m4a, mp3"},
	{"clip latest --at 0:01 --format wva", exitUsage, `unknown format "wva"`, "did you mean: wav"},
	{"clip latest --at 0:01 --format mp4", exitUsage, `"mp4"`, "spaces video"},
	{"clip latest --at 0:01 -o nowhere/x.m4a", exitNotFound, "nowhere", "check the name"},
	{"clip latest --at 0:01 -o notes.txt", exitUsage, ".txt", "--format"},
	{"clip latest --at 0:01 --cover missing.jpg", exitNotFound, "missing.jpg: no such file", "check the name"},
	{"clip latest --at 0:01 --fade lots", exitUsage, `"lots"`, "1:15"},
	{"clip latest --at 0:01 --normalize 16", exitUsage, `"16"`, "--normalize=16"},
	{"clip latest --speaker nobody", exitNotFound, "@nobody", "@hostess"},
	{"clip latest --clock 25:00", exitUsage, `"25:00"`, "18:31:05"},
	{"clip latest --clock 03:00:00", exitUsage, "03:00:00", "begins at"},
	{"clip --batch missing.csv", exitNotFound, "missing.csv: no such file", "check the name"},
	{"clip --batch typo.csv", exitUsage, `unknown column "lenght"`, "did you mean: length"},
	{"clip --batch bad.jsonl", exitFailed, "line 1", "recording, at"},
	{"clip --batch photos", exitFailed, "photos: it is a folder", "name a file"},
	{"clip two.zip --at 1", exitNotFound, "two.zip", "spaces extract two.zip"},
	{"clip latest --at 0:01 --name {titel}", exitUsage, "{titel}", "{title}"},
	{"video latest --at 0:01 --shape vertical", exitUsage, `"vertical"`, "wide, square"},
	{"video latest --at 0:01 --theme drak", exitUsage, `"drak"`, "dark"},
	{"video latest --at 0:01 --accent red", exitUsage, `"red"`, "#"},
	{"video latest --at 0:01 --fps 60", exitUsage, "60", "25 or 30"},
	{"video latest --at 0:01 --captions missing.srt", exitNotFound, "missing.srt: no such file", "check the name"},
	{"video latest --at 0:01 --captions bad.srt", exitUsage, "bad.srt", "00:01:02.000"},
	{"moments latest --top x", exitUsage, `--top must be a whole number, not "x"`, "--help"},
	{"moments latest --length short", exitUsage, `"short"`, "1:15"},
	{"moments latest --speaker nobody", exitNotFound, "@nobody", "@hostess"},
	{"waveform latest --format jpg", exitUsage, `"jpg"`, "png, svg"},
	{"waveform latest --width wide", exitUsage, `--width must be a whole number, not "wide"`, "--help"},
	{"waveform latest --from 0:05 --to 0:01", exitUsage, "0:01", "0:12"},
	{"waveform latest -o notes.txt", exitUsage, ".txt", "--format"},
	{"studio --port 8080", exitUsage, "--port", "--addr"},
	{"studio --addr 8080", exitUsage, `--addr must be an address and a port, not "8080"`, "127.0.0.1:8080"},
	{"studio --addr 0.0.0.0:80", exitUsage, "0.0.0.0:80", "--allow-network"},

	// Episodes and the feed.
	{"export", exitUsage, "needs SPACE", "spaces export --help"},
	{"export latest --preset podcast", exitUsage, `"podcast"`, "host, untouched or archive"},
	{"export latest --format ogg", exitUsage, `unknown format "ogg"`, "opus"},
	{"export latest --loudness loud", exitUsage, `"loud"`, "-40 to -5"},
	{"export latest --bit-rate 128k", exitUsage, `--bit-rate must be a whole number, not "128k"`, "--help"},
	{"export latest --bitrate 128", exitUsage, "--bitrate", "--bit-rate"},
	{"export latest --cover missing.jpg", exitNotFound, "missing.jpg: no such file", "check the name"},
	{"export latest --cover notes.txt", exitUsage, "notes.txt", "JPEG or PNG"},
	{"export latest --chapters missing.txt", exitNotFound, "missing.txt: no such file", "check the name"},
	{"export latest --transcript missing.srt", exitNotFound, "missing.srt: no such file", "check the name"},
	{"export latest --id3 2.5", exitUsage, `"2.5"`, "2.3 or 2.4"},
	{"export latest --set album", exitUsage, `"album"`, "KEY=VALUE"},
	{"export --all", exitUsage, "--all", "spaces export --help"},
	{"episodes publish 1zzz", exitNotFound, "1zzz", "spaces list"},
	{"feed bild", exitUsage, `"bild"`, "spaces feed build"},
	{"feed build", exitNotFound, "no show", "spaces feed init"},
	{"feed check missing.xml", exitNotFound, "missing.xml: no such file", "spaces feed build"},
	{"feed init --title Jazz --base-url example.org", exitUsage, "example.org", "https://"},

	// People.
	{"consent set", exitUsage, "needs HANDLE ANSWER", "spaces consent set --help"},
	{"consent set @guest1 yes", exitUsage, `"yes"`, "granted"},
	{"consent set @nobody granted", exitNotFound, "@nobody", "spaces people"},
	{"consent set @guest1 granted --until whenever", exitUsage, `"whenever"`, "2021-06-14"},
	{"consent set @guest1 granted --evidence missing.pdf", exitNotFound, "missing.pdf: no such file", "check the name"},
	{"consent ask nobody", exitNotFound, "nobody", "spaces list"},
	{"speakers latest", exitUsage, `"latest"`, "spaces speakers show latest"},
	{"speakers confirm latest --turns missing.txt", exitNotFound, "missing.txt: no such file", "spaces speakers show"},

	// Keeping.
	{"verify 1zzz", exitNotFound, "1zzz", "spaces list"},
	{"verify --archive two.zip", exitUsage, "--archive", "--against"},
	{"verify --against missing.zip", exitNotFound, "missing.zip", "check the name"},
	{"prove", exitUsage, "needs FILE", "spaces prove --help"},
	{"prove missing.m4a", exitNotFound, "missing.m4a", "spaces list"},
	{"bag latest", exitUsage, "a folder", "-o DIR"},
	{"bag latest -o photos", exitFailed, "photos", "-o"},
	{"bag latest -o nowhere/deep/bag", exitNotFound, "nowhere/deep", "check the name"},
	{"bag latest -o bag1 --access public", exitUsage, `--access must be open or restricted, not "public"`, ""},
	{"archives two.zip", exitUsage, `takes no arguments, but got "two.zip"`, "spaces archives --help"},
	{"edit latest", exitUsage, "nothing to change", "--title"},
	{"edit latest New title", exitUsage, `"New"`, `--title "New title"`},
	{"edit 1zzz --title X", exitNotFound, "1zzz", "spaces list"},
	{"measure song.mp3", exitNotFound, "song.mp3", "spaces extract song.mp3"},
	{"remove latest", exitUsage, "standard input is not a terminal", "--yes"},
	{"remove latest --force", exitUsage, "--force", "--yes"},
	{"remove 1zzz --yes", exitNotFound, "1zzz", "spaces list"},
	{"restore latest", exitNotFound, `"latest"`, "spaces restore"},
	{"reindex now", exitUsage, `takes no arguments, but got "now"`, "spaces reindex --help"},
	{"config get colour", exitNotFound, `"colour"`, "spaces config"},
	{"config get libary", exitNotFound, `"libary"`, "did you mean: library"},
	{"config get", exitUsage, "needs KEY", "spaces config --help"},
	{"config jobs", exitUsage, `"jobs"`, "spaces config get jobs"},
	{"config stet jobs 3", exitUsage, `"stet"`, "did you mean: set"},
	{"config set jobs", exitUsage, "needs KEY VALUE", "spaces config --help"},
	{"config set jobs many", exitUsage, `jobs: must be a number, 0 or more, not "many"`, ""},
	{"config set consent.clip maybe", exitUsage, `"maybe"`, "off, warn or require"},
	{"config set lock-wait 5", exitUsage, `"5"`, "90s or 5m"},
	{"completion tcsh", exitUsage, `"tcsh"`, "bash, zsh"},
	{"completion zhs", exitUsage, `"zhs"`, "did you mean: zsh"},
	{"man notes.txt", exitFailed, "notes.txt: not a folder", "name a folder"},

	// Targets.
	{"target add", exitUsage, "needs NAME", "spaces target add --help"},
	{"target add show ftp://x", exitUsage, `"ftp"`, "use file, s3"},
	{"target add show example.org/x", exitUsage, `"example.org/x"`, "s3://bucket/folder"},
	{"target login nobody", exitNotFound, `"nobody"`, "spaces target add nobody"},
	{"target lst", exitUsage, `"lst"`, "spaces target list"},
	{"auth login show", exitUsage, `"auth"`, "spaces target login"},
	{"upload latest", exitUsage, "a target", "spaces upload latest TARGET"},
	{"upload latest s3", exitNotFound, `"s3"`, "s3://"},
	{"upload latest example.org", exitNotFound, `"example.org"`, "sftp://USER@HOST"},
	{"upload latest ftp://example.org/x", exitUsage, `"ftp"`, "use file, s3"},
	{"upload latest https://example.org/dav", exitUsage, `"https"`, "webdavs://HOST"},
	{"upload latest ./out", exitNotFound, `"./out"`, "file:///"},
	{"upload latest photos", exitUsage, `"photos"`, "file:///"},
	{"upload latest file://out", exitUsage, "file://out", "three slashes"},
	{"upload file:///tmp/out latest", exitNotFound, `"latest"`, "the target comes last"},
	{"upload missing.mp3 file:///tmp/out", exitNotFound, "missing.mp3", "spaces list"},
	{"upload latest file:///tmp/out --bandwidth fast", exitUsage, `--bandwidth: "fast"`, "500k"},
	{"upload latest file:///tmp/out --verify all", exitUsage, `--verify must be sum or full, not "all"`, ""},
	{"backup create", exitUsage, "needs TARGET", "spaces backup create --help"},
	{"backup make", exitUsage, `"make"`, "spaces backup --help"},
	{"post clip.mp4", exitUsage, "a text", "--text"},
	{"post missing.mp4 --text hello", exitNotFound, "missing.mp4: no such file", "spaces video"},
	{"post notes.txt --text hello", exitUsage, "notes.txt", "spaces video"},
	{"people forget", exitUsage, "needs HANDLE", "spaces people forget --help"},
	{"people forget nobody", exitNotFound, "@nobody", "spaces people"},
	{"people --for reuse", exitUsage, `--for must be clip, episode or upload, not "reuse"`, ""},
	{"consent set granted @guest1", exitUsage, `"@guest1"`, "spaces consent set @guest1 granted"},
	{"consent set @guest1 grantd", exitUsage, `"grantd"`, "did you mean: granted"},
	{"clips show nothing", exitNotFound, `"nothing"`, "spaces clips"},
	{"episodes show nothing", exitNotFound, `"nothing"`, "spaces episodes"},
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
	walk(testApp(t).rootCommand())
	if found < 8 {
		t.Errorf("%d pages named", found)
	}
}
