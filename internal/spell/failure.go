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
	"strings"
	"syscall"
)

// Error is the text of an error for people. What the operating system and the
// standard library say in it is put in plain words: "open x: no such file or
// directory" becomes "cannot open x: no such file or folder".
func Error(err error) string {
	text := err.Error()
	reword(err, &text)
	return text
}

// reword replaces, in text, what the errors say that err is made of.
func reword(err error, text *string) {
	if words := plain(err); words != "" {
		*text = strings.Replace(*text, err.Error(), words, 1)
		return
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			reword(inner, text)
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			reword(inner, text)
		}
	}
}

// plain words one error of the standard library; "" for every other.
func plain(err error) string {
	switch e := err.(type) {
	case *fs.PathError:
		return fmt.Sprintf("cannot %s %s: %s", verb(e.Op), e.Path, reason(e.Err))
	case *os.LinkError:
		return fmt.Sprintf("cannot %s %s to %s: %s", verb(e.Op), e.Old, e.New, reason(e.Err))
	case *net.OpError:
		if e.Addr != nil {
			return fmt.Sprintf("cannot %s %s: %s", verb(e.Op), e.Addr, reason(e.Err))
		}
	case *os.SyscallError:
		return reason(e.Err)
	case syscall.Errno:
		return reason(e)
	case *strconv.NumError:
		return fmt.Sprintf("%q is not a number", e.Num)
	case *json.SyntaxError:
		return fmt.Sprintf("not valid JSON (byte %d)", e.Offset)
	case *json.UnmarshalTypeError:
		return fmt.Sprintf("unexpected JSON (byte %d: %s)", e.Offset, e.Value)
	}
	if err == io.ErrUnexpectedEOF {
		return "it ends too early"
	}
	return ""
}

// verb is what was tried, by the name of the system call.
func verb(op string) string {
	switch {
	case strings.HasPrefix(op, "open"), op == "CreateFile":
		return "open"
	case strings.HasPrefix(op, "mkdir"), op == "CreateDirectory":
		return "make the folder"
	case strings.HasPrefix(op, "unlink"), strings.HasPrefix(op, "remove"), op == "rmdir", op == "DeleteFile":
		return "remove"
	case strings.HasPrefix(op, "rename"), op == "MoveFileEx":
		return "rename"
	case op == "dial":
		return "connect to"
	case op == "listen":
		return "listen on"
	case op == "write", op == "create", op == "sync", op == "truncate", op == "close", op == "chmod", op == "link", op == "symlink":
		return op
	}
	return "read" // stat, readdir, FindFirstFile and so on
}

// reason says why the operating system refused.
func reason(err error) string {
	for _, r := range []struct {
		is    error
		words string
	}{
		{fs.ErrNotExist, "no such file or folder"},
		{fs.ErrPermission, "permission denied"},
		{syscall.ENOTEMPTY, "the folder is not empty"},
		{fs.ErrExist, "it exists already"},
		{syscall.ENOTDIR, "not a folder"},
		{syscall.EISDIR, "it is a folder"},
		{syscall.ENOSPC, "no space left on the disk"},
		{syscall.EROFS, "the disk is read-only"},
		{syscall.EIO, "the disk reports an error"},
		{syscall.ENAMETOOLONG, "the name is too long"},
		{syscall.EMFILE, "too many open files"},
		{syscall.ELOOP, "too many symbolic links"},
		{syscall.ECONNREFUSED, "connection refused"},
		{syscall.EADDRINUSE, "another program uses this address"},
		{io.ErrUnexpectedEOF, "it ends too early"},
	} {
		if errors.Is(err, r.is) {
			return r.words
		}
	}
	if err.Error() == "not a directory" { // os.OpenRoot has an error of its own for it
		return "not a folder"
	}
	return err.Error()
}
