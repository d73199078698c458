package whisper

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spaces-cli/spaces/internal/transcript/engine"
)

// A Model is a file with a model of whisper.cpp.
type Model struct {
	Name string // such as base.en
	Path string
}

// isEnglish reports whether the name says that the model knows English only:
// base.en, base.en-q5_1.
func (m Model) isEnglish() bool {
	rest, ok := strings.CutPrefix(filepath.Ext(m.Name), ".en")
	return ok && (rest == "" || rest[0] == '-')
}

// Places returns the folders in which models of whisper.cpp lie on this system:
// those of the user, those of packages, and that of the sources that program
// was built in.
func Places(program string) []string {
	var places []string
	add := func(base string, parts ...string) {
		if filepath.IsAbs(base) {
			places = append(places, filepath.Join(append([]string{base}, parts...)...))
		}
	}
	home, _ := os.UserHomeDir()
	data := filepath.Join(home, ".local", "share")
	switch runtime.GOOS {
	case "windows":
		data = os.Getenv("LOCALAPPDATA")
		add(os.Getenv("APPDATA"), "Subtitle Edit", "Whisper", "Cpp", "Models")
	case "darwin":
		data = filepath.Join(home, "Library", "Application Support")
		add("/opt/homebrew/share/whisper-cpp")
		add("/usr/local/share/whisper-cpp")
	default:
		if xdg := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(xdg) {
			data = xdg
		}
		for _, share := range []string{"/usr/local/share", "/usr/share"} {
			add(share, "whisper.cpp", "models")
			add(share, "whisper.cpp")
			add(share, "whisper-cpp", "models")
			add(share, "whisper-cpp")
		}
	}
	own := len(places)
	add(data, "whisper.cpp", "models")
	add(data, "whisper.cpp")
	add(home, ".cache", "whisper.cpp")
	add(home, "whisper.cpp", "models")
	places = append(slices.Clone(places[own:]), places[:own]...) // the user's first
	if program != "" {
		if real, err := filepath.EvalSymlinks(program); err == nil {
			program = real
		}
		dir := filepath.Dir(program) // build/bin, build/bin/Release
		for range 3 {
			add(dir, "models")
			dir = filepath.Dir(dir)
		}
	}
	return places
}

// FindModel returns the model that is meant: a file, or the name of one in the
// folders, or the only one there if name is empty. The error is an
// *engine.Error; its Known has the names that there are, or else the folders.
func FindModel(called string, folders []string) (Model, error) {
	if called != "" && (filepath.Base(called) != called || isFile(called)) {
		path, err := filepath.Abs(called)
		if err != nil {
			return Model{}, err
		}
		if !isFile(path) {
			e := engine.Problemf(engine.NoModel, "the model %s does not exist", called)
			e.Engine, e.Subject = name, called
			return Model{}, e
		}
		return checked(Model{title(path), path})
	}
	known := Models(folders)
	var names []string
	for _, m := range known {
		if m.Name == title(called) && called != "" {
			return checked(m)
		}
		names = append(names, m.Name)
	}
	if called == "" && len(known) == 1 {
		return checked(known[0])
	}
	e := engine.Problemf(engine.NoModel, "the model %q was not found", called)
	switch {
	case called == "" && len(known) > 1:
		e.Message = "several models were found, and none was chosen"
	case called == "":
		e.Message = "no model was found"
	}
	e.Engine, e.Subject, e.Known = name, called, names
	if len(names) == 0 {
		e.Known = folders
	}
	return Model{}, e
}

// Models returns the models in the folders; of several with one name the first.
func Models(folders []string) []Model {
	var list []Model
	for _, dir := range folders {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // most are not there
		}
		for _, e := range entries {
			m := Model{title(e.Name()), filepath.Join(dir, e.Name())}
			same := func(other Model) bool { return other.Name == m.Name }
			if filepath.Ext(e.Name()) == ".bin" && isModel(m) && !slices.ContainsFunc(list, same) && isFile(m.Path) {
				list = append(list, m)
			}
		}
	}
	return list
}

// isModel leaves out models that recognize nothing: those of whisper.cpp's tests
// and those that find speech.
func isModel(m Model) bool {
	return !strings.HasPrefix(m.Name, "for-tests-") && !strings.Contains(m.Name, "silero")
}

// title returns the name of the model in a file: ggml-base.en.bin is base.en.
func title(file string) string {
	return strings.TrimPrefix(strings.TrimSuffix(filepath.Base(file), ".bin"), "ggml-")
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// checked reports a file that does not begin as models do: downloads are often
// a web page, or the pointer that Git LFS keeps.
func checked(m Model) (Model, error) {
	const magic = "lmgg" // 0x67676d6c, least byte first (ggml.h, GGML_FILE_MAGIC)
	f, err := os.Open(m.Path)
	if err != nil {
		return Model{}, &engine.Error{Cause: engine.BadModel, Message: "cannot open the model", Engine: name, Subject: m.Path, Err: err}
	}
	defer f.Close()
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(f, head); err != nil || string(head) != magic {
		e := engine.Problemf(engine.BadModel, "%s is not a model of whisper.cpp", m.Path)
		e.Engine, e.Subject = name, m.Path
		return Model{}, e
	}
	return m, nil
}
