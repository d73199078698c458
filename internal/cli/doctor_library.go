package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/durable/disk"
	"github.com/spaces-cli/spaces/internal/durable/flock"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/catalog"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/library/words"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/transcript/engine"
	"github.com/spaces-cli/spaces/internal/transcript/engine/openai"
	"github.com/spaces-cli/spaces/internal/transcript/engine/whisper"
)

// little is how much room on a drive is too little for the next archive.
const little = 2 << 30

// library checks the library, its drive and its indexes.
func (d *doctor) library(ctx context.Context) {
	const check = "library"
	a := d.a
	dir := a.Settings.Library
	if dir == "" {
		d.failed(check, isProblem, app.NoHome("cannot find a folder for the library"))
		return
	}
	lib, err := library.Open(ctx, a.LibraryOptions())
	if app.IsNoLibrary(err) {
		d.note(check, isWarning, "none yet in "+a.ShortenHome(dir), "make one: spaces extract ARCHIVE.zip")
		d.drive(filepath.Dir(dir))
		return
	}
	if err != nil {
		d.failed(check, isProblem, err)
		return
	}
	defer lib.Close()
	known := 0
	for _, err := range lib.Catalog().List(ctx, catalog.Query{}) {
		if err != nil {
			d.failed(check, isProblem, err)
			return
		}
		known++
	}
	d.note(check, isFine, fmt.Sprintf("%s, %s", a.ShortenHome(dir), spell.Count(known, "Space")))
	d.lock(dir)
	d.drive(dir)
	d.index("catalogue", func() error {
		c, err := catalog.Open(ctx, lib.Path(layout.Catalog), catalog.ReadOnly)
		if err != nil {
			return err
		}
		defer c.Close()
		return behind(c.Dirty(ctx))
	})
	d.index("words", func() error {
		x, err := words.Open(ctx, lib.Path(layout.Words), words.ReadOnly)
		if errors.Is(err, words.ErrNotExist) {
			return nil // made when it is needed
		}
		if err != nil {
			return err
		}
		_, err = x.Dirty(ctx) // the next search brings it up to date
		return errors.Join(err, x.Close())
	})
	d.unfinished(lib)
	d.downloads(lib)
}

// lock tells who is changing the library now.
func (d *doctor) lock(dir string) {
	f, err := os.Open(filepath.Join(dir, layout.Lock))
	if err != nil {
		return // nobody has ever changed it
	}
	defer f.Close()
	if errors.Is(flock.Try(f), flock.ErrHeld) {
		d.note("lock", isWarning, "another program is changing the library", "wait until it is done; other commands do that too (--lock-wait)")
		return
	}
	d.note("lock", isFine, "no program is changing the library")
}

// errBehind means that an index is to be brought up to date.
var errBehind = errors.New("is out of date: a program was stopped")

func behind(dirty bool, err error) error {
	if err == nil && dirty {
		err = errBehind
	}
	return err
}

// index checks one of the indexes, which can be made again.
func (d *doctor) index(check string, look func() error) {
	if err := look(); err != nil {
		d.note(check, isWarning, err.Error(), "make it again: spaces reindex")
		return
	}
	d.note(check, isFine, "the index is readable")
}

// drive checks that the library can be changed.
func (d *doctor) drive(dir string) {
	const check = "drive"
	for { // the nearest folder that is there
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	on := disk.Of(dir)
	free := "its free space is unknown"
	if on.Free >= 0 {
		free = spell.Size(on.Free) + " free"
	}
	switch {
	case on.ReadOnly:
		d.note(check, isWarning, "read-only: nothing can be saved in the library", "to change it, copy it to another drive")
	case on.Free >= 0 && on.Free < little:
		d.note(check, isWarning, free+": an archive may not fit", "make room, or move the library: spaces config set library FOLDER")
	case on.Network:
		d.note(check, isWarning, "a network drive, "+free+": indexes are slower, and only one computer at a time may change it")
	default:
		d.note(check, isFine, free)
	}
}

// unfinished counts the transcriptions that were interrupted.
func (d *doctor) unfinished(lib *library.Library) {
	list, err := fs.ReadDir(lib.Root().FS(), layout.Transcribing)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.failed("transcriptions", isWarning, err)
		return
	}
	if len(list) > 0 {
		d.note("transcriptions", isWarning, fmt.Sprintf("%s unfinished: %s", spell.Plural(len(list), "is", "are"), list[0].Name()),
			"continue: spaces transcribe "+list[0].Name()+", with the flags that you used")
	}
}

// downloads counts the playlists that are not in the library yet.
func (d *doctor) downloads(lib *library.Library) {
	list, err := fs.ReadDir(lib.Root().FS(), layout.Downloads)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		d.failed("downloads", isWarning, err)
		return
	}
	if len(list) > 0 {
		d.note("downloads", isWarning, fmt.Sprintf("%s unfinished", spell.Plural(len(list), "is", "are")),
			"continue: run spaces extract with the address again; to give up: delete the folder "+layout.Downloads+" in the library")
	}
}

// engine checks what turns speech into text. What was set must work; whisper,
// which is used if nothing was set, may be missing.
func (d *doctor) engine(ctx context.Context) {
	const check = "transcribe"
	set := d.a.Settings.Transcribe
	missing := isProblem
	if set.Engine == "" {
		missing = isWarning
	}
	switch cmp.Or(set.Engine, "whisper") {
	case "command":
		e, name, err := commandEngine(set.Command)
		if e != nil {
			_, err = engine.Find(name)
		}
		if err != nil {
			d.failed(check, missing, err)
			return
		}
		d.note(check, isFine, "the command "+name)
	case "openai":
		d.server(ctx, check)
	default:
		w, err := whisper.New(whisper.Options{Program: set.Program, Model: set.Model})
		var problem *engine.Error
		switch {
		case errors.As(err, &problem) && problem.Cause == engine.NoProgram:
			d.note(check, missing, "whisper-cli is not installed; it turns speech into text on this computer", app.GetWhisper()...)
		case errors.As(err, &problem) && problem.Cause == engine.NoModel && set.Model == "":
			d.note(check, missing, problem.Error(), app.GetWhisper()[1:]...)
		case err != nil:
			d.failed(check, missing, err)
		default:
			d.note(check, isFine, fmt.Sprintf("whisper-cli with the model %s", w.Model().Name))
		}
	}
}

// server checks what is set of the transcription server.
func (d *doctor) server(ctx context.Context, check string) {
	set := d.a.Settings.Transcribe
	key, err := serverKey(d.a)
	var s *openai.Engine
	if err == nil && set.Address == "" {
		err = app.Hinted(errors.New("the engine openai needs the address of a server"), "spaces config set transcribe.address https://HOST")
	}
	if err == nil {
		s, err = openai.New(openai.Options{Address: set.Address, Model: set.Model, Key: key})
	}
	if err != nil {
		d.failed(check, isProblem, err)
		return
	}
	with := "with a key"
	if key == "" {
		with = "without a key"
	}
	switch {
	case s.Local():
		d.note(check, isFine, fmt.Sprintf("%s, on this computer, %s", s.Host(), with))
	case set.Remote:
		d.note(check, isFine, fmt.Sprintf("%s receives the audio without a question, %s", s.Host(), with))
	default:
		d.note(check, isFine, fmt.Sprintf("%s receives the audio after a question, %s", s.Host(), with))
	}
	if info, err := os.Stat(set.KeyFile); err == nil && set.KeyFile != "" && othersMayRead(info) {
		d.note("key", isWarning, fmt.Sprintf("others can read %s", d.a.Shorten(set.KeyFile)), "chmod 600 "+set.KeyFile)
	}
	if d.network {
		d.reach(ctx, "network", set.Address)
	}
}

// othersMayRead reports whether a file may be read by other users, where modes
// tell.
func othersMayRead(info fs.FileInfo) bool {
	return runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0
}
