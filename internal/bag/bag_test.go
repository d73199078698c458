package bag

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// validate has other programs look at a bag: the Library of Congress's
// bagit.py, and sha256sum and sha512sum with the manifests.
func validate(t *testing.T, dir string) {
	t.Helper()
	judges := 0
	if tool, err := exec.LookPath("bagit.py"); err == nil {
		judges++
		if out, err := exec.Command(tool, "--validate", dir).CombinedOutput(); err != nil {
			t.Errorf("bagit.py: %v\n%s", err, out)
		}
	}
	for _, algorithm := range []string{"sha256", "sha512"} {
		tool, err := exec.LookPath(algorithm + "sum")
		if err != nil {
			continue
		}
		judges++
		for _, list := range []string{"manifest-", "tagmanifest-"} {
			text, err := os.ReadFile(filepath.Join(dir, list+algorithm+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(tool, "--strict", "--quiet", "-c")
			cmd.Dir = dir
			// sha256sum writes line ends in names in another way.
			var plain []string
			for line := range strings.Lines(string(text)) {
				if !strings.Contains(line, "%0") {
					plain = append(plain, line)
				}
			}
			cmd.Stdin = strings.NewReader(strings.Join(plain, ""))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s of %s: %v\n%s", tool, list, err, out)
			}
		}
	}
	if judges == 0 {
		t.Skip("neither bagit.py nor sha256sum is here")
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestOddNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bag")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	files := map[string]string{"plain.txt": "a", "deep/er/été.txt": "", "مرحبا 👩‍👩‍👧.m4a": strings.Repeat("x", 300<<10)}
	if runtime.GOOS != "windows" {
		files["two\nlines\r.txt"] = "c"
	}
	var size int
	for name, text := range files {
		size += len(text)
		if _, err := w.Add(t.Context(), name, iotest.OneByteReader(bufio.NewReader(strings.NewReader(text)))); err != nil {
			t.Fatal(err)
		}
	}
	err = w.Commit(t.Context(), []Field{{"External-Description", "one\nPayload-Oxum: 1.1\r\n\u2028two\x00"}, {"Contact-Name", "é"}})
	if err != nil {
		t.Fatal(err)
	}
	validate(t, dir)
	info, _ := os.ReadFile(filepath.Join(dir, "bag-info.txt"))
	if want := fmt.Sprintf("External-Description: one Payload-Oxum: 1.1 two\nContact-Name: é\nPayload-Oxum: %d.%d\n", size, len(files)); string(info) != want {
		t.Errorf("%q", info)
	}
	manifest, _ := os.ReadFile(filepath.Join(dir, "manifest-sha512.txt"))
	if strings.Count(string(manifest), "\n") != len(files) {
		t.Errorf("%q", manifest)
	}
	if want := fmt.Sprintf("%x  data/plain.txt\n", sha512.Sum512([]byte("a"))); !bytes.Contains(manifest, []byte(want)) {
		t.Errorf("%q", manifest)
	}
	if runtime.GOOS != "windows" && !bytes.Contains(manifest, []byte("  data/two%0Alines%0D.txt\n")) {
		t.Errorf("%q", manifest)
	}
}

// A % is escaped (RFC 8493, 2.1.3). bagit.py, which does not know that, is not
// asked.
func TestPercent(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bag")
	w, err := Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Discard()
	if _, err := w.Add(t.Context(), "100% %0A.txt", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if manifest, _ := os.ReadFile(filepath.Join(dir, "manifest-sha256.txt")); !bytes.HasSuffix(manifest, []byte("  data/100%25 %250A.txt\n")) {
		t.Errorf("%q", manifest)
	}
}

// What fails leaves nothing.
func TestAllOrNothing(t *testing.T) {
	for what, fill := range map[string]func(w *Writer) error{
		"a name with ..": func(w *Writer) error { _, err := w.Add(t.Context(), "../x", strings.NewReader("")); return err },
		"no name":        func(w *Writer) error { _, err := w.Add(t.Context(), "", strings.NewReader("")); return err },
		"one name twice": func(w *Writer) error {
			w.Add(t.Context(), "É.txt", strings.NewReader(""))
			_, err := w.Add(t.Context(), "é.TXT", strings.NewReader(""))
			return err
		},
		"a file that cannot be read": func(w *Writer) error {
			_, err := w.Add(t.Context(), "x", io.MultiReader(strings.NewReader("y"), iotest.ErrReader(errors.New("broken"))))
			return err
		},
		"an end": func(w *Writer) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return w.Commit(ctx, nil)
		},
		"a folder that came meanwhile": func(w *Writer) error {
			if err := os.Mkdir(filepath.Join(w.parent.Name(), "bag"), 0o755); err != nil {
				return nil
			}
			err := w.Commit(t.Context(), nil)
			os.Remove(filepath.Join(filepath.Dir(w.dir.Name()), "bag"))
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			parent := t.TempDir()
			w, err := Create(filepath.Join(parent, "bag"))
			if err != nil {
				t.Fatal(err)
			}
			if err := fill(w); err == nil {
				t.Errorf("%s: no error", what)
			}
			w.Discard()
			if left := names(t, parent); len(left) > 0 {
				t.Errorf("%s leaves %q", what, left)
			}
		})
	}
	dir := t.TempDir()
	if _, err := Create(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a folder: %v", err)
	}
	if _, err := Create(filepath.Join(dir, "none", "bag")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a folder that is not there: %v", err)
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// A line of a manifest is one line, and means one path.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"a", "%", "%0A", "\r\n", "%250A\n"} {
		f.Add(s)
	}
	back := strings.NewReplacer("%0A", "\n", "%0D", "\r", "%25", "%")
	f.Fuzz(func(t *testing.T, name string) {
		e := escape(name)
		if strings.ContainsAny(e, "\r\n") || back.Replace(e) != name {
			t.Errorf("%q became %q", name, e)
		}
	})
}
