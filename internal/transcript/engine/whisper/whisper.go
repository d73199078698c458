// Package whisper turns sound into words with whisper.cpp's whisper-cli.
package whisper

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

// name is that of the engine in errors.
const name = "whisper"

// Program is what whisper.cpp calls its program.
const Program = "whisper-cli"

// Options say which program and model are used. The zero value stands for
// whisper-cli on the PATH with the only model that is found.
type Options struct {
	Program string   // path, or a name on the PATH; "" is Program
	Model   string   // path of a file, or a name such as base.en; "" is the only one found
	Folders []string // where models are looked for before Places
	Threads int      // 0: as many as the program takes
}

// An Engine is whisper-cli with a model.
type Engine struct {
	program string
	model   Model
	threads int
}

// New finds the program and the model. The error is an *engine.Error.
func New(o Options) (*Engine, error) {
	program, err := Find(o.Program)
	if err != nil {
		return nil, err
	}
	m, err := FindModel(o.Model, append(o.Folders, Places(program)...))
	if err != nil {
		return nil, err
	}
	return &Engine{program, m, o.Threads}, nil
}

// Find returns the path of the program. The error is an *engine.Error.
func Find(program string) (string, error) {
	if program == "" {
		program = Program
	}
	path, err := engine.Find(program)
	return path, named(err)
}

// named puts the name of the engine into an error of engines.
func named(err error) error {
	var problem *engine.Error
	if errors.As(err, &problem) {
		problem.Engine = name
	}
	return err
}

// Model returns the model that is used.
func (e *Engine) Model() Model { return e.model }

// Recognize implements engine.Engine. It reads the full JSON of whisper-cli,
// which has a time for each token.
func (e *Engine) Recognize(ctx context.Context, p engine.Piece) (*engine.Result, error) {
	r, err := e.recognize(ctx, p)
	return r, named(err)
}

func (e *Engine) recognize(ctx context.Context, p engine.Piece) (*engine.Result, error) {
	if e.model.isEnglish() && !isEnglish(p.Language) {
		return nil, e.onlyEnglish(p.Language)
	}
	// The program runs where the piece lies, so that on Windows, where its
	// arguments are in the code page of the system, no folder's name is one.
	audio, err := filepath.Abs(p.Audio)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(audio); err != nil {
		return nil, err
	}
	dir, base := filepath.Split(audio)
	work, err := os.MkdirTemp(dir, "whisper-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	file := filepath.Join(work, "words.json")
	_, said, err := engine.Program{
		Path: e.program,
		Args: e.arguments(p, base, filepath.Join(filepath.Base(work), "words")),
		Dir:  dir,
		File: file,
	}.Run(ctx, p.Timeout)
	if err != nil {
		return nil, e.explain(err)
	}
	raw, err := engine.ReadOutput(file)
	if errors.Is(err, fs.ErrNotExist) {
		// It ends well with whatever it cannot do, and says so.
		return nil, e.without(said, p.Language)
	}
	if err != nil {
		return nil, err
	}
	if len(raw) == 0 {
		return nil, e.without(said, p.Language)
	}
	r, err := engine.Read(raw, p)
	if err == nil && r.Language == "en" && !isEnglish(p.Language) {
		// It takes English where the model knows nothing else, and writes English
		// for whatever it hears.
		return nil, e.onlyEnglish(p.Language)
	}
	return r, err
}

// isEnglish reports whether a language may be English.
func isEnglish(language string) bool { return language == "" || engine.Language(language) == "en" }

func (e *Engine) onlyEnglish(language string) error {
	problem := engine.Problemf(engine.BadLanguage, "the model %s knows English only, not %q", e.model.Name, language)
	problem.Subject = language
	return problem
}

// arguments returns those of whisper-cli for a piece, a file in the folder in
// which it runs. It puts .json behind the name of the output.
func (e *Engine) arguments(p engine.Piece, audio, output string) []string {
	language := engine.Language(p.Language)
	if language == "" {
		language = "auto"
	}
	args := []string{
		"-m", e.model.Path,
		"-f", audio,
		"-l", language,
		"-oj", "-ojf", "-of", output,
	}
	if e.threads > 0 {
		args = append(args, "-t", strconv.Itoa(e.threads))
	}
	if p.Prompt != "" {
		args = append(args, "--prompt", p.Prompt)
	}
	return args
}

// explain finds the cause of a failure in what the program says.
func (e *Engine) explain(err error) error {
	var problem *engine.Error
	if errors.As(err, &problem) && problem.Cause == engine.Failed && strings.Contains(problem.Said, "failed to initialize") {
		return e.badModel(problem.Said)
	}
	return err
}

func (e *Engine) badModel(said string) error {
	problem := engine.Problemf(engine.BadModel, "%s cannot load the model %s", filepath.Base(e.program), e.model.Path)
	problem.Subject, problem.Said = e.model.Path, said
	return problem
}

// without returns why there is no output though the program ended well.
func (e *Engine) without(said, language string) error {
	base := filepath.Base(e.program)
	problem := engine.Problemf(engine.NoOutput, "%s wrote no transcript", base)
	if strings.Contains(said, "unknown language") {
		problem = engine.Problemf(engine.BadLanguage, "%s does not know the language %q", base, language)
		problem.Subject = language
		return problem
	}
	problem.Subject, problem.Said = e.program, said
	return problem
}
