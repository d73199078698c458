package conform

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// What serves SFTP for sshd: itself, or a program of its own.
const (
	InternalSFTP = "internal-sftp"
	SFTPServer   = "/usr/lib/openssh/sftp-server"
)

// An SSHD is OpenSSH's server.
type SSHD struct {
	Server
	Login    string // the user to log in as: who we are
	Key      string // file of a private key that it takes
	HostKeys string // its public host keys, a line each, as ssh-keygen writes them: "ssh-ed25519 AAAA…"
}

// StartSSHD starts OpenSSH's sshd on keys of its own; hostKeys are their types
// ("ed25519", "ecdsa", "rsa"). It takes only public keys. The subsystem is what
// serves SFTP: InternalSFTP or SFTPServer, and its options.
func StartSSHD(t *testing.T, subsystem string, hostKeys ...string) SSHD {
	t.Helper()
	program := find(t, "sshd")
	dir := t.TempDir()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s := SSHD{Server{"127.0.0.1:" + freePort(t), filepath.Join(dir, "root")}, me.Username, filepath.Join(dir, "id"), ""}
	s.Sub(t, ".")
	generate(t, s.Key, "ed25519", "")

	if program, _, _ := strings.Cut(subsystem, " "); filepath.IsAbs(program) {
		if _, err := os.Stat(program); err != nil {
			t.Skip("OpenSSH's sftp-server is missing")
		}
	}
	var conf strings.Builder
	host, port, _ := strings.Cut(s.Addr, ":")
	fmt.Fprintf(&conf, "ListenAddress %s\nPort %s\nPidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nMaxStartups 100\nMaxAuthTries 3\nLogLevel ERROR\nUseDNS no\n", host, port)
	fmt.Fprintf(&conf, "AuthorizedKeysFile %s.pub\nSubsystem sftp %s\n", s.Key, subsystem)
	for _, kind := range hostKeys {
		name := filepath.Join(dir, "host_"+kind)
		generate(t, name, kind, "")
		pub, err := os.ReadFile(name + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		s.HostKeys += strings.TrimSpace(string(pub)) + "\n"
		fmt.Fprintf(&conf, "HostKey %s\n", name)
	}
	if me.Uid == "0" {
		// Without it sshd does not start as root; elsewhere init makes it.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Skip(err)
		}
	}
	start(t, s.Addr, exec.Command(program, "-D", "-e", "-f", write(t, filepath.Join(dir, "sshd_config"), conf.String())))
	return s
}

// generate makes a key pair in two files.
func generate(t *testing.T, name, kind, passphrase string) {
	t.Helper()
	out, err := exec.Command(find(t, "ssh-keygen"), "-q", "-a", "1", "-t", kind, "-N", passphrase, "-C", "", "-f", name).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
}

// NewKey makes a private key that no server knows, with a passphrase if it is
// given one.
func NewKey(t *testing.T, kind, passphrase string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "id_"+kind)
	generate(t, name, kind, passphrase)
	return name
}

// KnownHosts writes a known_hosts file in which an address has these host keys.
func KnownHosts(t *testing.T, addr, keys string) string {
	t.Helper()
	host, port, _ := strings.Cut(addr, ":")
	var text strings.Builder
	for line := range strings.Lines(keys) {
		fmt.Fprintf(&text, "[%s]:%s %s", host, port, line)
	}
	return write(t, filepath.Join(t.TempDir(), "known_hosts"), text.String())
}
