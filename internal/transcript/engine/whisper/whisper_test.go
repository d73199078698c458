package whisper

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/transcript"
	"github.com/spaces-cli/spaces/internal/transcript/engine"
	"github.com/spaces-cli/spaces/internal/transcript/engine/conform"
)

func TestMain(m *testing.M) {
	if code, acted := conform.Act(os.Args, os.Stdout, os.Stderr, output); acted {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// output returns the file that whisper-cli is told to write.
func output(args []string) string {
	i := slices.Index(args, "-of")
	if i < 0 || !slices.Contains(args, "-ojf") || !slices.Contains(args, "-f") {
		return ""
	}
	return args[i+1] + ".json"
}

// model writes a file that begins as models do.
func model(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("lmgg\x00\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// fullJSON writes lines as whisper.cpp does with -ojf: each word is two tokens,
// cut in the middle of a character if need be.
func fullJSON(language string, lines []conform.Line) []byte {
	var b strings.Builder
	times := func(from, to float64) string {
		return fmt.Sprintf(`"timestamps": {"from": "00:00:00,000", "to": "00:00:00,000"}, "offsets": {"from": %.0f, "to": %.0f}`, 1000*from, 1000*to)
	}
	fmt.Fprintf(&b, "{\n\t\"systeminfo\": \"WHISPER : \",\n\t\"model\": {\"type\": \"tiny\"},\n\t\"result\": {\n\t\t\"language\": %s\n\t},\n\t\"transcription\": [\n", conform.Quote(language))
	for i, l := range lines {
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, "{%s, \"text\": %s, \"tokens\": [\n", times(l.From, l.To), conform.Quote(" "+l.Text))
		fmt.Fprintf(&b, "{\"text\": \"[_BEG_]\", %s, \"id\": 50364, \"p\": -nan, \"t_dtw\": -1}", times(l.From, l.From))
		words := strings.Split(l.Text, " ")
		step := (l.To - l.From) / float64(2*len(words))
		for j, w := range words {
			w = " " + w
			at := l.From + float64(2*j)*step
			for _, part := range []string{w[:(len(w)+1)/2], w[(len(w)+1)/2:]} {
				fmt.Fprintf(&b, ",\n{\"text\": %s, %s, \"id\": 1, \"p\": 0.5, \"t_dtw\": -1}", conform.Quote(part), times(at, at+step))
				at += step
			}
		}
		b.WriteString("\n]}")
	}
	b.WriteString("\n]}\n")
	return []byte(b.String())
}

func TestConformance(t *testing.T) {
	conform.Run(t, conform.Kind{
		Make: func(t *testing.T, b conform.Behaviour) engine.Engine {
			program := conform.Program(t, b)
			if b.Missing {
				return &Engine{program: program, model: Model{"base", "base.bin"}}
			}
			e, err := New(Options{Program: program, Model: model(t, "ggml-base.bin"), Threads: 2})
			if err != nil {
				t.Fatal(err)
			}
			return e
		},
		Write: fullJSON,
		Tells: true, Words: true, Named: true,
		Silent:  engine.NoOutput,
		Failed:  engine.Failed,
		Missing: engine.NoProgram,
	})
}

// whisper-cli ends well whatever happens, and says what did.
func TestWhatItSays(t *testing.T) {
	for _, c := range []struct {
		name, said string
		fails      bool
		want       engine.Cause
		persists   bool
	}{
		{"language", "whisper_lang_id: unknown language 'tlh'\nerror: unknown language 'tlh'\n\nusage: …\n", false, engine.BadLanguage, true},
		{"argument", "error: unknown argument: -ojf\n\nusage: …\n", false, engine.NoOutput, false},
		{"sound", "error: failed to read audio file 'piece.wav'\nwhisper_print_timings: total time = 1 ms\n", false, engine.NoOutput, false},
		{"model", "whisper_model_load: invalid model data (bad magic)\nerror: failed to initialize whisper context\n", true, engine.BadModel, true},
		{"sound fails", "main: failed to process audio\n", true, engine.Failed, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := &Engine{program: "/usr/bin/whisper-cli", model: Model{"base", "/m/ggml-base.bin"}}
			said := c.said
			for line := range strings.Lines(said) {
				if strings.HasPrefix(line, "error") {
					said = strings.TrimSpace(line)
				}
			}
			err := e.without(said, "tlh")
			if c.fails {
				err = e.explain(&engine.Error{Cause: engine.Failed, Exit: 3, Said: said})
			}
			var problem *engine.Error
			if !errors.As(err, &problem) || problem.Cause != c.want || problem.Persists() != c.persists {
				t.Errorf("error %#v", err)
			}
		})
	}
}

// A model that knows English only writes English whatever it hears.
func TestEnglishOnly(t *testing.T) {
	for _, c := range []struct {
		name, model, asked, told string
		want                     engine.Cause
	}{
		{"by its name", "ggml-base.en.bin", "de", "de", engine.BadLanguage},
		{"by its name, quantized", "ggml-small.en-q5_1.bin", "de", "de", engine.BadLanguage},
		{"by what it tells", "ggml-mine.bin", "de", "en", engine.BadLanguage},
		{"English", "ggml-base.en.bin", "en-GB", "en", ""},
		{"to detect", "ggml-base.en.bin", "", "en", ""},
		{"multilingual", "ggml-base.bin", "de", "de", ""},
		{"another ending", "ggml-my.english.bin", "de", "de", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := conform.Behaviour{Output: fullJSON(c.told, []conform.Line{{From: 0, To: 1, Text: "hello"}})}
			e, err := New(Options{Program: conform.Program(t, b), Model: model(t, c.model)})
			if err != nil {
				t.Fatal(err)
			}
			p := conform.Piece(t, "piece.wav", 2, 0, 2)
			p.Language = c.asked
			r, err := e.Recognize(t.Context(), p)
			var problem *engine.Error
			if c.want == "" && (err != nil || len(r.Cues) != 1) || c.want != "" && (!errors.As(err, &problem) || problem.Cause != c.want || problem.Subject != c.asked) {
				t.Errorf("result %+v, error %v", r, err)
			}
		})
	}
}

func TestArguments(t *testing.T) {
	e := &Engine{program: "whisper-cli", model: Model{"base", "/m/ggml-base.bin"}, threads: 3}
	for _, c := range []struct {
		name string
		p    engine.Piece
		want string
	}{
		{"detects", engine.Piece{}, "-m /m/ggml-base.bin -f a.wav -l auto -oj -ojf -of w/words -t 3"},
		{"language", engine.Piece{Language: "pt-BR", Prompt: "Spaces, X"}, "-m /m/ggml-base.bin -f a.wav -l pt -oj -ojf -of w/words -t 3 --prompt Spaces, X"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(e.arguments(c.p, "a.wav", "w/words"), " "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestFindModel(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	for name, text := range map[string]string{
		"ggml-base.en.bin": "lmgg", "ggml-large-v3-turbo-q5_0.bin": "lmgg", "small.bin": "lmgg",
		"ggml-page.bin": "<!DOCTYPE html>", "ggml-empty.bin": "",
		"for-tests-ggml-tiny.bin": "lmgg", "ggml-silero-v5.1.2.bin": "lmgg", "ggml-base.en-encoder.mlmodelc": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(other, "ggml-base.en.bin"), []byte("lmgg"), 0o600); err != nil {
		t.Fatal(err)
	}
	all := []string{"/nowhere", dir, other}
	for _, c := range []struct {
		name, called string
		folders      []string
		want         string // path, or
		cause        engine.Cause
		known        int
	}{
		{"name", "base.en", all, filepath.Join(dir, "ggml-base.en.bin"), "", 0},
		{"name of the file", "ggml-base.en.bin", all, filepath.Join(dir, "ggml-base.en.bin"), "", 0},
		{"without ggml", "small", all, filepath.Join(dir, "small.bin"), "", 0},
		{"path", filepath.Join(other, "ggml-base.en.bin"), nil, filepath.Join(other, "ggml-base.en.bin"), "", 0},
		{"the only one", "", []string{other}, filepath.Join(other, "ggml-base.en.bin"), "", 0},
		{"one of several", "", all, "", engine.NoModel, 5},
		{"none", "", []string{"/nowhere"}, "", engine.NoModel, 1},
		{"another name", "tiny", all, "", engine.NoModel, 5},
		{"no such path", filepath.Join(dir, "no.bin"), all, "", engine.NoModel, 0},
		{"web page", "page", all, "", engine.BadModel, 0},
		{"empty", "empty", all, "", engine.BadModel, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := FindModel(c.called, c.folders)
			var problem *engine.Error
			if c.cause == "" {
				if err != nil || m.Path != c.want {
					t.Errorf("model %+v, error %v, want %s", m, err, c.want)
				}
			} else if !errors.As(err, &problem) || problem.Cause != c.cause || len(problem.Known) != c.known || !problem.Persists() {
				t.Errorf("model %+v, error %#v", m, err)
			}
		})
	}
}

// The folder of models of the sources that the program was built in is a place.
func TestPlacesOfSources(t *testing.T) {
	program := filepath.Join(t.TempDir(), "build", "bin", "whisper-cli")
	models := filepath.Join(filepath.Dir(filepath.Dir(filepath.Dir(program))), "models")
	if places := Places(program); !slices.Contains(places, models) {
		t.Errorf("%s is not among %q", models, places)
	}
	for _, p := range Places("") {
		if !filepath.IsAbs(p) {
			t.Errorf("%s is not absolute", p)
		}
	}
}

// real returns the real whisper-cli and a model, or skips the test.
func real(t *testing.T) Options {
	t.Helper()
	o := Options{Program: os.Getenv("SPACES_WHISPER_CLI"), Model: os.Getenv("SPACES_WHISPER_MODEL"), Threads: 2}
	if _, err := New(o); err != nil {
		t.Skipf("%v: set SPACES_WHISPER_CLI and SPACES_WHISPER_MODEL to run this test", err)
	}
	return o
}

// The real program reads the piece, and what it writes is read. What a model
// hears in a tone is its own affair.
func TestRealProgram(t *testing.T) {
	o := real(t)
	for _, language := range []string{"en", ""} {
		t.Run("language "+language, func(t *testing.T) {
			e, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			p := conform.Piece(t, "l'été [1ypK].wav", 3, 1, 2)
			p.Language, p.Prompt = language, "Spaces; “x”"
			r, err := e.Recognize(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Raw) == 0 || r.Language == "" || language != "" && r.Language != language {
				t.Errorf("result %+v, %d bytes", r, len(r.Raw))
			}
		})
	}
}

func TestRealProgramFails(t *testing.T) {
	o := real(t)
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		spoil func(e *Engine, p *engine.Piece)
		want  engine.Cause
	}{
		{"language", func(_ *Engine, p *engine.Piece) { p.Language = "tlh" }, engine.BadLanguage},
		{"model", func(e *Engine, p *engine.Piece) { e.model.Path = p.Audio }, engine.BadModel},
		{"sound", func(_ *Engine, p *engine.Piece) {
			if err := os.WriteFile(p.Audio, []byte("no sound"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, engine.NoOutput},
	} {
		t.Run(c.name, func(t *testing.T) {
			spoilt, p := *e, conform.Piece(t, "piece.wav", 1, 0, 1)
			c.spoil(&spoilt, &p)
			_, err := spoilt.Recognize(t.Context(), p)
			var problem *engine.Error
			if !errors.As(err, &problem) || problem.Cause != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

// without returns words without spaces between them.
func without(words []transcript.Word) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(w.Text)
	}
	return b.String()
}
