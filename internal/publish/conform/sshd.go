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

// An SSHD is OpenSSH's server.
type SSHD struct {
	Server
	Login    string // the user to log in as: who we are
	Key      string // file of a private key that it takes
	HostKeys string // its public host keys, a line each, as ssh-keygen writes them: "ssh-ed25519 AAAA…"
}

// StartSSHD starts OpenSSH's sshd on keys of its own; hostKeys are their types
// ("ed25519", "ecdsa", "rsa"). It takes only public keys. With internal, sshd
// serves SFTP itself, else its sftp-server does.
func StartSSHD(t *testing.T, internal bool, hostKeys ...string) SSHD {
	t.Helper()
	program := find(t, "sshd")
	keygen := find(t, "ssh-keygen")
	dir := t.TempDir()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	s := SSHD{Server{"127.0.0.1:" + freePort(t), filepath.Join(dir, "root")}, me.Username, filepath.Join(dir, "id"), ""}
	s.Sub(t, ".")
	generate := func(name, kind string) {
		if out, err := exec.Command(keygen, "-q", "-t", kind, "-N", "", "-C", "", "-f", name).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v: %s", err, out)
		}
	}
	generate(s.Key, "ed25519")

	subsystem := "internal-sftp"
	if !internal {
		subsystem = "/usr/lib/openssh/sftp-server"
		if _, err := os.Stat(subsystem); err != nil {
			t.Skip("OpenSSH's sftp-server is missing")
		}
	}
	var conf strings.Builder
	host, port, _ := strings.Cut(s.Addr, ":")
	fmt.Fprintf(&conf, "ListenAddress %s\nPort %s\nPidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\nMaxStartups 100\nMaxAuthTries 3\n", host, port)
	fmt.Fprintf(&conf, "AuthorizedKeysFile %s.pub\nSubsystem sftp %s\n", s.Key, subsystem)
	for _, kind := range hostKeys {
		name := filepath.Join(dir, "host_"+kind)
		generate(name, kind)
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
