package keyring

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// Netrc returns "user" and "password" of a host, as a netrc file has them in
// which curl, ftp and others look too. If a user is given it is theirs. The
// error wraps ErrNone if the file has none, or is not there; it is a
// *PermissionError if it has them and others may read it.
//
// The file's words are those of ftp(1), with curl's quotes: machine, default,
// login, password, account, macdef.
func Netrc(file, host, user string) (Secret, error) {
	none := fmt.Errorf("%w for %s in %s", ErrNone, host, file)
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const most = 1 << 20
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return nil, err
	}
	for _, m := range parseNetrc(string(text)) {
		if m.host != "" && !strings.EqualFold(m.host, host) || user != "" && m.login != "" && m.login != user || m.password == "" {
			continue
		}
		if err := private(f, file); err != nil {
			return nil, err
		}
		return Secret{"user": cmp.Or(user, m.login), "password": m.password}, nil
	}
	return nil, none
}

// private returns a *PermissionError if others may read a file. Windows keeps
// the folders of users to them.
func private(f *os.File, name string) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return &PermissionError{name, info.Mode().Perm()}
	}
	return nil
}

// A machine is an entry of a netrc file; host is "" for the default.
type machine struct{ host, login, password string }

// parseNetrc reads the entries of a netrc file in their order. What it does not
// understand it passes over, as all readers of these files do.
func parseNetrc(text string) []machine {
	var list []machine
	for text != "" {
		var word string
		word, text = nextWord(text)
		var now machine // what login and password before the first machine are of
		if len(list) > 0 {
			now = list[len(list)-1]
		}
		switch word {
		case "machine":
			now = machine{}
			now.host, text = nextWord(text)
			if now.host != "" {
				list = append(list, now)
			}
			continue
		case "default":
			list = append(list, machine{})
			continue
		case "login":
			now.login, text = nextWord(text)
		case "password":
			now.password, text = nextWord(text)
		case "account":
			_, text = nextWord(text)
		case "macdef": // up to an empty line
			_, text, _ = strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
		}
		if len(list) > 0 {
			list[len(list)-1] = now
		}
	}
	return list
}

// nextWord splits the first word off: up to white space, or in quotes. A word
// that begins with # begins a remark, up to the line's end; within a word it is
// like any other character, since passwords have it.
func nextWord(text string) (word, rest string) {
	const space = " \t\r\n"
	for {
		text = strings.TrimLeft(text, space)
		if !strings.HasPrefix(text, "#") {
			break
		}
		_, text, _ = strings.Cut(text, "\n")
	}
	if !strings.HasPrefix(text, `"`) {
		if end := strings.IndexAny(text, space); end >= 0 {
			return text[:end], text[end:]
		}
		return text, ""
	}
	var out strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return out.String(), text[i+1:]
		case c == '\\' && i+1 < len(text):
			i++
			switch text[i] {
			case 'n':
				out.WriteByte('\n')
			case 'r':
				out.WriteByte('\r')
			case 't':
				out.WriteByte('\t')
			default:
				out.WriteByte(text[i])
			}
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), "" // the quote was never closed
}
