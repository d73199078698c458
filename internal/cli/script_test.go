package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/spaces-cli/spaces/internal/fixture"
	player "github.com/spaces-cli/spaces/internal/fixture/recognizer"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"spaces":     func() { dieAtStep(); os.Exit(Main()) },
		"fixture":    func() { os.Exit(fixture.Main(os.Args[1:])) },
		"recognizer": func() { os.Exit(player.Main(os.Args[1:])) },
	})
}

// TestScripts runs the whole program: a script for each promise.
func TestScripts(t *testing.T) {
	dir, files := filepath.Join("testdata", "script"), []string(nil)
	if testing.Short() {
		// Those in which goroutines meet, for the race detector, which makes
		// encoders ten times slower.
		for _, name := range []string{"extract", "extract_json", "interrupted", "locked", "clip_batch", "verify"} {
			files = append(files, filepath.Join(dir, name+".txtar"))
		}
		dir = ""
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Condition:           scriptCondition,
		Setup: func(e *testscript.Env) error {
			home := filepath.Join(e.WorkDir, "home")
			ac3, err := filepath.Abs(filepath.Join("..", "library", "intake", "testdata", "ac3.mp4"))
			if err != nil {
				return err
			}
			transcripts, err := filepath.Abs(filepath.Join("..", "transcript", "testdata"))
			if err != nil {
				return err
			}
			list, err := filepath.Abs(filepath.Join("..", "charset", "testdata", "clips-cp1252.csv"))
			if err != nil {
				return err
			}
			if err := os.Mkdir(home, 0o755); err != nil {
				return err
			}
			for name, value := range map[string]string{
				"HOME": home, "USERPROFILE": home, "AppData": home, "XDG_CONFIG_HOME": filepath.Join(home, ".config"),
				"TZ": "UTC", "LANG": "", "SPACES_LIBRARY": filepath.Join(e.WorkDir, "lib"),
				"WHISPER_CLI": os.Getenv("SPACES_WHISPER_CLI"), "WHISPER_SERVER": os.Getenv("SPACES_WHISPER_SERVER"), "WHISPER_MODEL": os.Getenv("SPACES_WHISPER_MODEL"),
				"AC3_MP4": ac3, "TRANSCRIPTS": transcripts, "CP1252_CSV": list,
			} {
				e.Setenv(name, value)
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"await":        cmdAwait,
			"calls":        cmdCalls,
			"cover":        cmdCover,
			"exits":        cmdExits,
			"damage":       cmdDamage,
			"glob":         cmdGlob,
			"gone":         cmdGone,
			"heaac":        cmdHEAAC,
			"keys":         cmdKeys,
			"kills":        cmdKills,
			"links":        cmdLinks,
			"level":        cmdLevel,
			"picture":      cmdPicture,
			"pieces":       cmdPieces,
			"video":        cmdVideo,
			"regain":       cmdRegain,
			"speech":       cmdSpeech,
			"stops":        cmdStops,
			"traces":       cmdTraces,
			"unpack":       cmdUnpack,
			"waveformdata": cmdWaveformData,
			"zip":          cmdZip,
		},
	})
}
