package spell

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
)

func TestError(t *testing.T) {
	dir := t.TempDir()
	_, missing := os.Open(dir + "/x")
	if err := os.WriteFile(dir+"/file", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	_, root := os.OpenRoot(dir + "/file")
	_, number := strconv.Atoi("ten")
	syntax := json.Unmarshal([]byte(`{"a":tru}`), new(any))
	kind := json.Unmarshal([]byte(`{"A":"b"}`), new(struct{ A int }))
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"other":         {errors.New("no Spaces found"), "no Spaces found"},
		"missing":       {missing, "cannot open " + dir + "/x: no such file or folder"},
		"wrapped":       {fmt.Errorf("the cover: %w", missing), "the cover: cannot open " + dir + "/x: no such file or folder"},
		"two":           {errors.Join(errors.New("a"), missing), "a\ncannot open " + dir + "/x: no such file or folder"},
		"stat":          {&fs.PathError{Op: "stat", Path: "x", Err: syscall.EACCES}, "cannot read x: permission denied"},
		"folder":        {&fs.PathError{Op: "mkdirat", Path: "x", Err: syscall.ENOTDIR}, "cannot make the folder x: not a folder"},
		"root":          {root, "cannot open " + dir + "/file: not a folder"},
		"full":          {&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, "cannot write x: no space left on the disk"},
		"cause of ours": {&fs.PathError{Op: "open", Path: "x", Err: errors.New("not a file")}, "cannot open x: not a file"},
		"link":          {&os.LinkError{Op: "rename", Old: "a", New: "b", Err: syscall.EROFS}, "cannot rename a to b: the disk is read-only"},
		"only a number": {fmt.Errorf("clip.m4a: %w", syscall.EISDIR), "clip.m4a: it is a folder"},
		"no number":     {number, `"ten" is not a number`},
		"JSON":          {fmt.Errorf("show.json: %w", syntax), "show.json: not valid JSON (byte 9)"},
		"other JSON":    {kind, "unexpected JSON (byte 8: string)"},
		"cut off":       {fmt.Errorf("x: %w", io.ErrUnexpectedEOF), "x: it ends too early"},
		"refused": {&net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
			"cannot connect to 127.0.0.1:9: connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Error(c.err); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
