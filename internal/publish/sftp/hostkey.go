package sftp

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/spaces-cli/spaces/internal/publish"
)

// A HostKeyError means that a host is not known, or is not who it was. It wraps
// publish.ErrUntrusted.
type HostKeyError struct {
	Host        string // as known_hosts writes it
	Type        string // "ssh-ed25519"
	Fingerprint string // "SHA256:…", of the key that the host shows
	Changed     bool   // another key is recorded
	Revoked     bool   // this key is recorded as one that must not be used
	File        string // where it is recorded, or would be
	Line        int    // likewise, if it is
}

func (e *HostKeyError) Error() string {
	switch {
	case e.Revoked:
		return fmt.Sprintf("nothing was sent: the host key of %s is marked as revoked in %s, line %d", e.Host, e.File, e.Line)
	case e.Changed && e.Fingerprint == "":
		return fmt.Sprintf("nothing was sent: %s no longer has the type of host key in %s, line %d; the server was reinstalled, or the connection is being intercepted", e.Host, e.File, e.Line)
	case e.Changed:
		return fmt.Sprintf("nothing was sent: the host key of %s (%s %s) differs from the one in %s, line %d; the server was reinstalled, or the connection is being intercepted",
			e.Host, e.Type, e.Fingerprint, e.File, e.Line)
	}
	return fmt.Sprintf("nothing was sent: unknown host %s (host key %s %s)", e.Host, e.Type, e.Fingerprint)
}

func (e *HostKeyError) Unwrap() error { return publish.ErrUntrusted }

// hostKeys checks the host key of one connection.
type hostKeys struct {
	t       *Target
	known   ssh.HostKeyCallback
	want    []knownhosts.KnownKey // that are recorded for the host
	refused error                 // what check returned, which package ssh puts into a text

	// algorithms are what to ask the server for. A server has keys of several
	// kinds and shows one of them: asked for another kind than the one recorded,
	// the right server would look like a wrong one.
	algorithms []string
}

// hostKeys looks up what is known of the host.
func (t *Target) hostKeys() (*hostKeys, error) {
	var files []string
	for _, f := range t.c.KnownHosts {
		if _, err := os.Stat(f); err == nil {
			files = append(files, f)
		} else if !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	known, err := knownhosts.New(files...)
	if err != nil {
		return nil, fmt.Errorf("cannot read known_hosts: %w", err)
	}
	k := &hostKeys{t: t, known: known}
	// What is recorded is told to who comes with a key that nobody has.
	var told *knownhosts.KeyError
	if err := known(t.addr, noAddr{}, nobody{}); errors.As(err, &told) {
		k.want = told.Want
	}
	if len(k.want) == 0 {
		k.algorithms = strangers
	}
	for _, w := range k.want {
		for _, a := range algorithms(w) {
			if !slices.Contains(k.algorithms, a) {
				k.algorithms = append(k.algorithms, a)
			}
		}
	}
	return k, nil
}

// strangers are the algorithms to ask a host for of which nothing is recorded,
// in the order of OpenSSH, so that what is recorded is the key that ssh would
// have recorded. Certificates are not among them: nobody is known who could
// have signed one.
var strangers = []string{
	ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
}

// algorithms are those by which a host can show that it has a key.
func algorithms(k knownhosts.KnownKey) []string {
	list := []string{k.Key.Type()}
	if k.Key.Type() == ssh.KeyAlgoRSA {
		list = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256} // RFC 8332; SHA-1 is broken
	}
	if isAuthority(k) {
		// The recorded key signs those of hosts, which can be of any kind.
		return []string{ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
			ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01}
	}
	return list
}

// isAuthority reports whether a key is recorded as one that signs host keys.
func isAuthority(k knownhosts.KnownKey) bool {
	f, err := os.Open(k.Filename)
	if err != nil {
		return false
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if n == k.Line {
			return strings.HasPrefix(strings.TrimSpace(lines.Text()), "@cert-authority")
		}
	}
	return false
}

// check is called with the key that the host shows.
func (k *hostKeys) check(host string, remote net.Addr, key ssh.PublicKey) error {
	k.refused = k.trusted(host, remote, key)
	return k.refused
}

func (k *hostKeys) trusted(host string, remote net.Addr, key ssh.PublicKey) error {
	err := k.known(host, remote, key)
	if err == nil {
		return nil
	}
	e := &HostKeyError{Host: knownhosts.Normalize(host), Type: key.Type(), Fingerprint: ssh.FingerprintSHA256(key)}
	var other *knownhosts.KeyError
	var revoked *knownhosts.RevokedError
	switch {
	case errors.As(err, &revoked):
		e.Revoked, e.File, e.Line = true, revoked.Revoked.Filename, revoked.Revoked.Line
		return e
	case errors.As(err, &other) && len(other.Want) > 0:
		e.Changed, e.File, e.Line = true, other.Want[0].Filename, other.Want[0].Line
		return e
	case !errors.As(err, &other):
		return fmt.Errorf("%s: %w: %w", e.Host, publish.ErrUntrusted, err) // a certificate that does not hold
	}
	if len(k.t.c.KnownHosts) > 0 {
		e.File = k.t.c.KnownHosts[0]
	}
	if k.t.c.AcceptNew == nil || !k.t.c.AcceptNew(e) {
		return e
	}
	return record(e.File, knownhosts.Line([]string{e.Host}, key))
}

// otherKind is the error for a host that has no key of the kind recorded.
func (k *hostKeys) otherKind() error {
	return &HostKeyError{Host: knownhosts.Normalize(k.t.addr), Changed: true, File: k.want[0].Filename, Line: k.want[0].Line}
}

// record adds a line to a file of known hosts.
func record(file, line string) (err error) {
	if file == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	i, err := f.Stat()
	if err != nil {
		return err
	}
	if n := i.Size(); n > 0 {
		var last [1]byte
		if _, err := f.ReadAt(last[:], n-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			line = "\n" + line
		}
	}
	_, err = f.WriteString(line + "\n")
	return err
}

// nobody is a key that no host has.
type nobody struct{}

func (nobody) Type() string                        { return "nobody" }
func (nobody) Marshal() []byte                     { b := make([]byte, 32); rand.Read(b); return b }
func (nobody) Verify([]byte, *ssh.Signature) error { return errors.New("nobody's key") }

// noAddr stands for an address where only the name of a host counts.
type noAddr struct{}

func (noAddr) Network() string { return "tcp" }
func (noAddr) String() string  { return "0.0.0.0:0" }
