package settings

import (
	"errors"
	"net/url"
	"slices"

	"golang.org/x/text/language"
)

// Transcribe says how recordings are turned into words unless a flag says
// something else.
type Transcribe struct {
	Engine   string // whisper, openai, command, or ""
	Program  string // whisper.cpp's program, or ""
	Model    string
	Language string // BCP 47, or "" to detect it
	Address  string // of a server
	Command  string
	KeyFile  string // that holds the server's key; or ""
	// Remote allows that audio is sent to another computer without asking.
	Remote bool
}

// The keys of transcribe.
const (
	transcribeEngineKey   = "transcribe.engine"
	transcribeProgramKey  = "transcribe.program"
	transcribeModelKey    = "transcribe.model"
	transcribeLanguageKey = "transcribe.language"
	transcribeAddressKey  = "transcribe.address"
	transcribeCommandKey  = "transcribe.command"
	transcribeKeyFileKey  = "transcribe.key_file"
	transcribeRemoteKey   = "transcribe.remote"
)

// Engines are the names of the engines that transcribe.
func Engines() []string { return []string{"whisper", "openai", "command"} }

// Values of transcribe.remote.
const (
	askRemote   = "ask"
	allowRemote = "allow"
)

func transcribeKeys() []Key {
	return []Key{
		{Name: transcribeEngineKey, About: "engine that turns speech into text: whisper, openai or command", check: anEngine},
		{Name: transcribeProgramKey, About: "path of whisper-cli, if it is not on the PATH", text: true, check: aText},
		{Name: transcribeModelKey, About: "model of the engine: a name such as base.en, or a file", text: true, check: aText},
		{Name: transcribeLanguageKey, About: "language of your Spaces, such as en (default: detect it)", text: true, check: aLanguage},
		{Name: transcribeAddressKey, About: "address of a transcription server, such as https://api.openai.com", text: true, check: anAddress},
		{Name: transcribeCommandKey, About: "command of the engine \"command\", such as: recognize {audio} {out}", text: true, check: aText},
		{Name: transcribeKeyFileKey, About: "file that holds the key of the transcription server", text: true, check: aText},
		{Name: transcribeRemoteKey, About: "audio to another computer: ask before it is sent, or allow it also without a terminal", preset: askRemote, check: aRemote},
	}
}

// transcribe reads the values of the keys.
func (f Folder) transcribe(text func(key string) string) Transcribe {
	return Transcribe{
		Engine: text(transcribeEngineKey), Program: f.Expand(text(transcribeProgramKey)), Model: f.Expand(text(transcribeModelKey)),
		Language: text(transcribeLanguageKey), Address: text(transcribeAddressKey), Command: text(transcribeCommandKey),
		KeyFile: f.Expand(text(transcribeKeyFileKey)), Remote: text(transcribeRemoteKey) == allowRemote,
	}
}

func aText(string) error { return nil }

func anEngine(text string) error {
	return must(text == "" || slices.Contains(Engines(), text), "whisper, openai or command", text)
}

func aLanguage(text string) error {
	_, err := language.Parse(text)
	return must(text == "" || err == nil, "a language code such as en or pt-BR", text)
}

func aRemote(text string) error {
	return must(text == askRemote || text == allowRemote, "ask or allow", text)
}

// anAddress refuses what has a secret in it: it would be shown and logged.
func anAddress(text string) error {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("must be an address such as https://api.openai.com")
	case u.User != nil || u.RawQuery != "":
		return errors.New("must not contain a password or a query")
	}
	return nil
}
