package feed

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"runtime"
	"syscall"
	"time"
)

// writeFile puts content under a name at once: to a name of its own, flushed
// to the medium, renamed. A file that holds the same already is left alone;
// changed is false then.
func writeFile(root *os.Root, name string, content []byte) (changed bool, err error) {
	if old, err := root.ReadFile(name); err == nil && bytes.Equal(old, content) {
		return false, nil
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	tmp := path.Join(path.Dir(name), "."+rand.Text()[:10]+".partial")
	f, err := root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return false, err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = retry(func() error { return root.Rename(tmp, name) })
	}
	if err != nil {
		root.Remove(tmp)
		return false, err
	}
	return true, syncDir(root, path.Dir(name))
}

// syncDir flushes the entries of a folder, so that new names survive a power
// cut. Windows has no such call; some network drives cannot do it.
func syncDir(root *os.Root, name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// retry repeats what Windows refuses while a virus scanner looks at a file.
func retry(do func() error) error {
	err := do()
	for wait := time.Millisecond; err != nil && runtime.GOOS == "windows" && wait < time.Second; wait *= 2 {
		time.Sleep(wait)
		err = do()
	}
	return err
}
