package sftp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// A session is one connection, logged in.
type session struct {
	conn io.Closer
	sftp *sftp.Client
}

// do does something on the server as often as it makes sense, each time on the
// connection that there is or on a new one.
func (t *Target) do(ctx context.Context, f func(s *session) error) error {
	return t.c.Wire.Try(ctx, func(ctx context.Context) error {
		s, err := t.session(ctx)
		if err != nil {
			return err
		}
		// The calls of package sftp take no context.
		stop := context.AfterFunc(ctx, func() { t.drop(s) })
		defer stop()
		err = f(s)
		if broken(err) {
			t.drop(s)
			return wire.Temporary(err)
		}
		return err
	})
}

// broken reports whether an error is one of the connection.
func broken(err error) bool {
	return errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, sftp.ErrSSHFxNoConnection) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// session returns the connection, or makes one.
func (t *Target) session(ctx context.Context) (*session, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.shut {
		return nil, wire.Permanent(net.ErrClosed)
	}
	if t.now == nil {
		s, err := t.connect(ctx)
		if err != nil {
			return nil, err
		}
		t.now = s
	}
	return t.now, nil
}

// drop closes a connection, and forgets it.
func (t *Target) drop(s *session) {
	t.mu.Lock()
	if t.now == s {
		t.now = nil
	}
	t.mu.Unlock()
	s.conn.Close()
	s.sftp.Close()
}

// Close implements publish.Target.
func (t *Target) Close() error {
	t.mu.Lock()
	s := t.now
	t.shut = true
	t.mu.Unlock()
	if s != nil {
		t.drop(s)
	}
	return nil
}

// connect makes a connection and logs in.
func (t *Target) connect(ctx context.Context) (*session, error) {
	keys, err := t.hostKeys()
	if err != nil {
		return nil, err
	}
	if t.keys == nil {
		// Before the connection is made, on which nothing moves meanwhile: a
		// passphrase takes its time.
		t.keys = readKeys(t.c.KeyFiles, t.c.Passphrase)
	}
	tcp, err := t.c.Wire.Dial(ctx, "tcp", t.addr)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { tcp.Close() })
	defer stop()
	s, err := t.login(tcp, keys)
	if err != nil {
		tcp.Close()
		return nil, err
	}
	return s, nil
}

func (t *Target) login(tcp net.Conn, keys *hostKeys) (*session, error) {
	auth, tell, done := t.auth()
	defer done()
	conn, channels, requests, err := ssh.NewClientConn(tcp, t.addr, &ssh.ClientConfig{
		User:              t.user,
		Auth:              auth,
		HostKeyCallback:   keys.check,
		HostKeyAlgorithms: keys.algorithms,
	})
	var negotiation *ssh.AlgorithmNegotiationError
	switch {
	case err == nil:
	case keys.refused != nil:
		return nil, keys.refused
	case errors.As(err, &negotiation) && len(keys.want) > 0 && strings.Contains(err.Error(), "host key"):
		return nil, keys.otherKind()
	case errors.As(err, &negotiation):
		return nil, wire.Permanent(fmt.Errorf("%s: no cipher or key exchange in common with the server: %w", t.addr, err))
	case strings.Contains(err.Error(), "unable to authenticate"), strings.Contains(err.Error(), "unexpected message type 51"):
		// 51 is SSH_MSG_USERAUTH_FAILURE (RFC 4252, 6), in reply to a way to log
		// in that the server offers and has not set up.
		return nil, fmt.Errorf("%s: %w: the server rejected all login methods of user %s: %s", t.addr, publish.ErrDenied, t.user, tell())
	default:
		return nil, wire.Temporary(fmt.Errorf("%s: %w", t.addr, err))
	}
	client := ssh.NewClient(conn, channels, requests)
	s, err := sftp.NewClient(client)
	if err != nil {
		client.Close()
		var channel *ssh.OpenChannelError
		if errors.As(err, &channel) || strings.Contains(err.Error(), "subsystem request failed") {
			return nil, wire.Permanent(fmt.Errorf("%s: logged in, but the server does not offer file transfer (SFTP): %w", t.addr, err))
		}
		return nil, wire.Temporary(fmt.Errorf("%s: %w", t.addr, err))
	}
	return &session{client, s}, nil
}

// auth returns the ways to log in: the agent's keys and those of files, then
// the password. Tell says afterwards what there was of it.
func (t *Target) auth() (methods []ssh.AuthMethod, tell func() string, done func()) {
	var had []string
	var conn io.Closer
	keys := func() (list []ssh.Signer, err error) {
		had = nil
		if t.c.Agent != "" {
			if a, err := dialAgent(t.c.Agent); err != nil {
				had = append(had, "no agent (it does not respond)")
			} else {
				conn = a
				signers, err := agent.NewClient(a).Signers()
				if err != nil {
					had = append(had, "no keys from the agent: "+err.Error())
				} else {
					had = append(had, fmt.Sprintf("%d keys from the agent", len(signers)))
				}
				list = append(list, signers...)
			}
		}
		had = append(had, t.keys.had...)
		return append(list, t.keys.signers...), nil
	}
	methods = []ssh.AuthMethod{ssh.PublicKeysCallback(keys)}
	if t.c.Password != "" {
		methods = append(methods, ssh.Password(t.c.Password), ssh.KeyboardInteractive(t.answer))
	}
	tell = func() string {
		if t.c.Password != "" {
			had = append(had, "a password")
		}
		if len(had) == 0 {
			return "no keys, no agent, no password"
		}
		return strings.Join(had, ", ")
	}
	done = func() {
		if conn != nil {
			conn.Close()
		}
	}
	return methods, tell, done
}

// answer gives the password to a server that asks for one thing that must not
// be seen.
func (t *Target) answer(_, _ string, questions []string, echos []bool) ([]string, error) {
	switch {
	case len(questions) == 0:
		return nil, nil
	case len(questions) == 1 && !echos[0]:
		return []string{t.c.Password}, nil
	}
	return nil, errors.New("the server asks for more than a password")
}

// dialAgent connects to an SSH agent: a Unix socket, or on Windows a named
// pipe.
func dialAgent(name string) (io.ReadWriteCloser, error) {
	if strings.HasPrefix(name, `\\.\pipe\`) {
		return os.OpenFile(name, os.O_RDWR, 0)
	}
	return net.Dial("unix", name)
}

// keyFiles are private keys, and for people which those are and which are not
// among them.
type keyFiles struct {
	signers []ssh.Signer
	had     []string
}

func readKeys(files []string, passphrase string) *keyFiles {
	k := new(keyFiles)
	for _, file := range files {
		signer, err := readKey(file, passphrase)
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			k.had = append(k.had, "not "+err.Error())
		default:
			k.had = append(k.had, file)
			k.signers = append(k.signers, signer)
		}
	}
	return k
}

// readKey reads a private key.
func readKey(file, passphrase string) (ssh.Signer, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	key, err := ssh.ParsePrivateKey(b)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		if passphrase == "" {
			return nil, fmt.Errorf("%s (it has a passphrase: add it to the agent with ssh-add)", file)
		}
		key, err = ssh.ParsePrivateKeyWithPassphrase(b, []byte(passphrase))
		if err != nil {
			return nil, fmt.Errorf("%s (wrong passphrase)", file)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s (not a private key)", file)
	}
	return key, nil
}
