package sftp

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/conform"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// put sends something and returns the error.
func put(t *testing.T, c Config) error {
	t.Helper()
	up := conform.NewSending("a.m4a", []byte("sound"))
	_, err := open(t, c).Put(t.Context(), &up.Upload)
	return err
}

// keysOf are the lines of some kinds.
func keysOf(s conform.SSHD, kinds ...string) string {
	var list strings.Builder
	for line := range strings.Lines(s.HostKeys) {
		for _, k := range kinds {
			if strings.HasPrefix(line, k) {
				list.WriteString(line)
			}
		}
	}
	return list.String()
}

func TestHostKeys(t *testing.T) {
	t.Parallel()
	s := conform.StartSSHD(t, conform.InternalSFTP, "ed25519", "ecdsa", "rsa")
	other := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	for _, c := range []struct {
		name   string
		record string
		want   error
	}{
		// The server shows its ed25519 key if it is asked for nothing else.
		{"only the RSA key is known", keysOf(s, "ssh-rsa"), nil},
		{"only the ECDSA key is known", keysOf(s, "ecdsa"), nil},
		{"all are known", s.HostKeys, nil},
		{"another key of the same kind", other.HostKeys, publish.ErrUntrusted},
		{"an old key and the new one", other.HostKeys + s.HostKeys, nil},
		{"unknown", "", publish.ErrUntrusted},
	} {
		t.Run(c.name, func(t *testing.T) {
			conf, _ := config(t, s, s.Addr)
			conf.KnownHosts = []string{filepath.Join(t.TempDir(), "missing"), conform.KnownHosts(t, s.Addr, c.record)}
			err := put(t, conf)
			if !errors.Is(err, c.want) {
				t.Fatalf("error %v, want %v", err, c.want)
			}
			var e *HostKeyError
			if c.want != nil && (!errors.As(err, &e) || !strings.HasPrefix(e.Fingerprint, "SHA256:") || !strings.Contains(err.Error(), e.Fingerprint) || e.Changed != (c.record != "")) {
				t.Errorf("error %+v", err)
			}
			if c.record == "" && e.Type != ssh.KeyAlgoED25519 {
				t.Errorf("of a stranger's keys the %s is shown, not the one that ssh would record", e.Type)
			}
			if wire.Retryable(err) {
				t.Error("it would be tried again")
			}
		})
	}

	t.Run("it has no key of the kind that is known", func(t *testing.T) {
		conf, _ := config(t, other, other.Addr)
		conf.KnownHosts = []string{conform.KnownHosts(t, other.Addr, keysOf(s, "ssh-rsa"))}
		var e *HostKeyError
		if err := put(t, conf); !errors.Is(err, publish.ErrUntrusted) || !errors.As(err, &e) || !e.Changed || e.Line != 1 {
			t.Errorf("error %v", err)
		}
	})
	t.Run("revoked", func(t *testing.T) {
		conf, _ := config(t, s, s.Addr)
		conf.KnownHosts = []string{conform.KnownHosts(t, s.Addr, s.HostKeys)}
		b, err := os.ReadFile(conf.KnownHosts[0])
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(s.HostKeys) {
			b = append(b, "@revoked * "+line...)
		}
		if err := os.WriteFile(conf.KnownHosts[0], b, 0o600); err != nil {
			t.Fatal(err)
		}
		var e *HostKeyError
		if err := put(t, conf); !errors.As(err, &e) || !e.Revoked {
			t.Errorf("error %v", err)
		}
	})
}

func TestAcceptNew(t *testing.T) {
	t.Parallel()
	s := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	conf, _ := config(t, s, s.Addr)
	file := filepath.Join(t.TempDir(), "new folder", "known_hosts")
	conf.KnownHosts = []string{file}
	asked := 0
	answer := false
	conf.AcceptNew = func(e *HostKeyError) bool {
		asked++
		if e.Changed || e.Type != "ssh-ed25519" || e.File != file {
			t.Errorf("asked about %+v", e)
		}
		return answer
	}
	if err := put(t, conf); !errors.Is(err, publish.ErrUntrusted) || asked != 1 {
		t.Errorf("no: error %v, asked %d times", err, asked)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Error("a key that was not accepted is recorded")
	}
	answer = true
	if err := put(t, conf); err != nil || asked != 2 {
		t.Errorf("yes: error %v, asked %d times", err, asked)
	}
	conf.AcceptNew = nil
	if err := put(t, conf); err != nil {
		t.Errorf("recorded: %v", err)
	}

	// ssh-keygen finds what was recorded, behind a line without an end as well.
	if err := os.WriteFile(file, []byte("# no end"), 0o600); err != nil {
		t.Fatal(err)
	}
	conf.AcceptNew = func(*HostKeyError) bool { return true }
	if err := put(t, conf); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(s.Addr)
	if want := "# no end\n[" + host + "]:" + port + " " + s.HostKeys; string(b) != want {
		t.Errorf("recorded %q, want %q", b, want)
	}

	// It is not asked about a host that changed.
	other := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	conf.KnownHosts = []string{conform.KnownHosts(t, s.Addr, other.HostKeys)}
	if err := put(t, conf); !errors.Is(err, publish.ErrUntrusted) {
		t.Errorf("changed: %v", err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	s := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	good := s.Key
	const phrase = "open sesame"
	locked := conform.NewKey(t, "ed25519", phrase)
	pub, err := os.ReadFile(locked + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	taken, err := os.ReadFile(good + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(good+".pub", append(taken, pub...), 0o600); err != nil {
		t.Fatal(err)
	}
	garbage := filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(garbage, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		change func(c *Config)
		want   error
		text   string
	}{
		{"a key", func(c *Config) { c.KeyFiles = []string{good} }, nil, ""},
		{"a wrong key and a good one", func(c *Config) { c.KeyFiles = []string{conform.NewKey(t, "ed25519", ""), good} }, nil, ""},
		{"no key at all", func(c *Config) { c.KeyFiles = nil }, publish.ErrDenied, "no keys, no agent, no password"},
		{"with its passphrase", func(c *Config) { c.KeyFiles, c.Passphrase = []string{locked}, phrase }, nil, ""},
		{"without its passphrase", func(c *Config) { c.KeyFiles = []string{locked} }, publish.ErrDenied, "passphrase"},
		{"with another passphrase", func(c *Config) { c.KeyFiles, c.Passphrase = []string{locked}, "sesame, open!" }, publish.ErrDenied, "passphrase"},
		{"a file that is no key", func(c *Config) { c.KeyFiles = []string{garbage} }, publish.ErrDenied, garbage},
		{"the agent", func(c *Config) { c.KeyFiles, c.Agent = nil, startAgent(t, good) }, nil, ""},
		{"an agent that is gone", func(c *Config) { c.KeyFiles, c.Agent = nil, filepath.Join(t.TempDir(), "none") }, publish.ErrDenied, "agent"},
		{"an agent that is gone, and a key", func(c *Config) { c.Agent = filepath.Join(t.TempDir(), "none") }, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			conf, _ := config(t, s, s.Addr)
			c.change(&conf)
			err := put(t, conf)
			if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.text) {
				t.Errorf("error %v, want %v that says %q", err, c.want, c.text)
			}
			if err != nil && conf.Passphrase != "" && strings.Contains(err.Error(), conf.Passphrase) {
				t.Errorf("the error tells the passphrase: %v", err)
			}
		})
	}
}

// startAgent serves one key at a socket.
func startAgent(t *testing.T, file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParseRawPrivateKey(b)
	if err != nil {
		t.Fatal(err)
	}
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "a") // paths of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "s")
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { l.Close(); os.RemoveAll(dir) })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { agent.ServeAgent(ring, c); c.Close() }()
		}
	}()
	return name
}

// passwordServer is a server that takes a password, which OpenSSH takes only
// from users of the system. Handlers serve the files.
func passwordServer(t *testing.T, password string, interactive bool, serve func(c io.ReadWriteCloser)) Config {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	conf := &ssh.ServerConfig{}
	check := func(got string) (*ssh.Permissions, error) {
		if got != password {
			return nil, errors.New("no")
		}
		return nil, nil
	}
	if interactive {
		conf.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			answers, err := ask("", "", []string{"Password: "}, []bool{false})
			if err != nil || len(answers) != 1 {
				return nil, errors.New("no answer")
			}
			return check(answers[0])
		}
	} else {
		conf.PasswordCallback = func(_ ssh.ConnMetadata, got []byte) (*ssh.Permissions, error) { return check(string(got)) }
	}
	conf.AddHostKey(signer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveSSH(c, conf, serve)
		}
	}()
	addr := l.Addr().String()
	return Config{
		URL: "sftp://" + addr + filepath.ToSlash(t.TempDir()), User: conform.User, Password: password, Wire: quick,
		KnownHosts: []string{conform.KnownHosts(t, addr, string(ssh.MarshalAuthorizedKey(signer.PublicKey())))},
	}
}

func serveSSH(c net.Conn, conf *ssh.ServerConfig, serve func(c io.ReadWriteCloser)) {
	defer c.Close()
	_, channels, requests, err := ssh.NewServerConn(c, conf)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for n := range channels {
		ch, requests, err := n.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				ok := r.Type == "subsystem" && serve != nil
				r.Reply(ok, nil)
				if ok {
					go serve(ch)
				}
			}
		}()
	}
}

// serveFiles serves this machine's files.
func serveFiles(c io.ReadWriteCloser) {
	s, err := sftp.NewServer(c)
	if err != nil {
		return
	}
	s.Serve()
	s.Close()
}

func TestPassword(t *testing.T) {
	for _, interactive := range []bool{false, true} {
		c := passwordServer(t, conform.Secret, interactive, serveFiles)
		if err := put(t, c); err != nil {
			t.Errorf("interactive %v: %v", interactive, err)
		}
		c.Password = "another password"
		err := put(t, c)
		if !errors.Is(err, publish.ErrDenied) || strings.Contains(err.Error(), c.Password) {
			t.Errorf("interactive %v, wrong password: %v", interactive, err)
		}
	}
	// One may log in, and that is all.
	c := passwordServer(t, conform.Secret, false, nil)
	if err := put(t, c); err == nil || wire.Retryable(err) || !strings.Contains(err.Error(), "does not offer file transfer") {
		t.Errorf("without SFTP: %v", err)
	}
}
