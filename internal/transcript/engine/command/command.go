// Package command turns sound into words with any program that writes SubRip,
// WebVTT or JSON.
package command

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

// name is that of the engine in errors.
const name = "command"

// What arguments are replaced with, wherever it stands in one.
const (
	Audio    = "{audio}"    // the path of the piece
	Language = "{language}" // its language, or auto
	Out      = "{out}"      // a file to write; without it the standard output is read
)

// An Engine is a command.
type Engine struct {
	args []string // the program first
}

// New makes an engine of a program and its arguments. The error is an
// *engine.Error.
func New(args []string) (*Engine, error) {
	if len(args) == 0 || !slices.ContainsFunc(args[1:], func(a string) bool { return strings.Contains(a, Audio) }) {
		e := engine.Problemf(engine.BadCommand, "the command has no place for the sound file (%s)", Audio)
		e.Engine, e.Subject = name, strings.Join(args, " ")
		return nil, e
	}
	return &Engine{slices.Clone(args)}, nil
}

// Recognize implements engine.Engine.
func (e *Engine) Recognize(ctx context.Context, p engine.Piece) (*engine.Result, error) {
	r, err := e.recognize(ctx, p)
	var problem *engine.Error
	if errors.As(err, &problem) {
		problem.Engine = name
	}
	return r, err
}

func (e *Engine) recognize(ctx context.Context, p engine.Piece) (*engine.Result, error) {
	audio, err := filepath.Abs(p.Audio)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(audio); err != nil {
		return nil, err
	}
	program, err := engine.Find(e.args[0])
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp(filepath.Dir(audio), "command-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	run := engine.Program{Path: program}
	file := filepath.Join(work, "words")
	language := p.Language
	if language == "" {
		language = "auto"
	}
	replace := strings.NewReplacer(Audio, audio, Language, language, Out, file)
	for _, a := range e.args[1:] {
		if strings.Contains(a, Out) {
			run.File = file
		}
		run.Args = append(run.Args, replace.Replace(a))
	}
	raw, said, err := run.Run(ctx, p.Timeout)
	if err != nil {
		return nil, err
	}
	if run.File != "" {
		raw, err = written(work)
		if errors.Is(err, fs.ErrNotExist) {
			problem := engine.Problemf(engine.NoOutput, "%s wrote no transcript", filepath.Base(program))
			problem.Subject, problem.Said = program, said
			return nil, problem
		}
		if err != nil {
			return nil, err
		}
	}
	return engine.Read(raw, p)
}

// written reads what the program wrote to its folder: the file it was told, or
// the one that it made of that name with an ending of its own.
func written(work string) ([]byte, error) {
	entries, err := os.ReadDir(work)
	if err != nil {
		return nil, err
	}
	best := ""
	for _, e := range entries {
		if !e.Type().IsRegular() || !slices.Contains([]string{"words", "words.json", "words.vtt", "words.srt"}, e.Name()) {
			continue
		}
		if best == "" || e.Name() == "words" || best != "words" && e.Name() < best { // JSON has the most, then SubRip
			best = e.Name()
		}
	}
	if best == "" {
		return nil, fs.ErrNotExist
	}
	return engine.ReadOutput(filepath.Join(work, best))
}
