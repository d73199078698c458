package app

import (
	"errors"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spaces-cli/spaces/internal/transcribe"
	"github.com/spaces-cli/spaces/internal/transcript/engine"
	"github.com/spaces-cli/spaces/internal/transcript/engine/whisper"
)

// GetWhisper says in three lines how to get whisper.cpp's program and a model on
// this system, and what to do then.
func GetWhisper() []string { return getWhisper(runtime.GOOS, whisper.Places("")) }

func getWhisper(system string, places []string) []string {
	program := "get whisper-cli: brew install whisper-cpp; or build it: git clone https://github.com/ggml-org/whisper.cpp, then cmake -S whisper.cpp -B whisper.cpp/build, then cmake --build whisper.cpp/build"
	switch system {
	case "darwin":
		program = "get whisper-cli: brew install whisper-cpp"
	case "windows":
		program = `get whisper-cli: unpack whisper-bin-x64.zip from https://github.com/ggml-org/whisper.cpp/releases, then spaces config set transcribe.program C:\...\whisper-cli.exe`
	}
	folder := "a folder"
	if len(places) > 0 {
		folder = places[0]
	}
	return []string{
		program,
		"get a model: save https://huggingface.co/ggerganov/whisper.cpp/resolve/main/ggml-base.bin (148 MB) as " + filepath.Join(folder, "ggml-base.bin"),
		"then: spaces transcribe latest --model base",
	}
}

// engineFailure gives the errors of engines their codes and hints, or returns nil
// if it is none of them.
func engineFailure(err error) *Failure {
	if errors.Is(err, transcribe.ErrBusy) {
		return Fail(ExitFailed, "locked", "wait until it is done, or stop it; what it has done is kept", err)
	}
	var e *engine.Error
	if !errors.As(err, &e) {
		return nil
	}
	code := ExitFailed
	switch e.Cause {
	case engine.NoProgram, engine.NoModel:
		code = ExitNotFound
	case engine.BadCommand, engine.BadAddress, engine.BadLanguage, engine.NotSecure:
		code = ExitUsage
	}
	return Fail(code, "engine-"+string(e.Cause), engineHint(e), err)
}

// engineHint is what to do about an engine.
func engineHint(e *engine.Error) string {
	switch e.Cause {
	case engine.NoProgram:
		if e.Engine == "command" {
			return "check the name of the program in --command or in the setting transcribe.command"
		}
		return strings.Join(GetWhisper(), " · ")
	case engine.NoModel:
		switch {
		case e.Subject != "" && filepath.Base(e.Subject) != e.Subject:
			return "check the path of the model"
		case len(e.Known) > 0 && !filepath.IsAbs(e.Known[0]):
			return "choose one: --model " + strings.Join(e.Known, ", --model ") + "; or always: spaces config set transcribe.model NAME"
		}
		return strings.Join(GetWhisper()[1:], " · ") + " · models are looked for in " + strings.Join(e.Known, ", ")
	case engine.BadModel:
		return "whisper-cli reads models in its own format, such as ggml-base.bin from https://huggingface.co/ggerganov/whisper.cpp"
	case engine.BadLanguage:
		return "choose another --language or --model, or leave out --language to detect it"
	case engine.BadCommand:
		return "write {audio} where the program expects the sound file, for example --command 'recognize {audio} {out}'"
	case engine.Killed:
		return "the computer may lack memory: use a smaller model, or fewer --jobs"
	case engine.TimedOut:
		return "allow more time with --timeout, or use a smaller model"
	case engine.NoOutput:
		return "the program must write SubRip, WebVTT or JSON to {out}, or print it if the command has no {out}"
	case engine.NoTimes:
		return "have the engine write times: SubRip, WebVTT, or JSON with segments"
	case engine.BadOutput, engine.TooMuch, engine.Failed:
		return "check the engine and its model on a short recording"
	}
	return serverHint(e)
}

// serverHint is what to do about a transcription server.
func serverHint(e *engine.Error) string {
	switch e.Cause {
	case engine.BadAddress:
		return "write the address as https://HOST"
	case engine.NotSecure:
		return "use an https address; http is accepted only for servers on this computer"
	case engine.Unreachable:
		return "check the address and your connection"
	case engine.Untrusted:
		return "have the server use a certificate that this computer trusts"
	case engine.Redirected:
		return "if that is the right server, use its address"
	case engine.Denied:
		return "put the key into the environment variable SPACES_TRANSCRIBE_KEY, or into a file: spaces config set transcribe.key_file FILE"
	case engine.NoService:
		return "check the address (it may need a path, such as https://HOST/v1) and --model"
	case engine.TooLarge:
		return "raise the limit of the server: a piece has up to 10 MB"
	case engine.Busy:
		return "wait a while; fewer pieces at once: --jobs 1"
	case engine.NoCredit:
		return "add credit to the account, or transcribe on this computer: --engine whisper"
	case engine.Refused:
		return "check --model and --language"
	case engine.ServerFails:
		return "try again later; or transcribe on this computer: --engine whisper"
	}
	return ""
}
