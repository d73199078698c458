package sftp

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/conform"
	"github.com/spaces-cli/spaces/internal/publish/wire"
)

// quick waits little, so that tests with faults are soon done.
var quick = wire.Options{Tries: 6, Backoff: 2 * time.Millisecond}

// open makes a target or fails the test.
func open(t *testing.T, c Config) *Target {
	t.Helper()
	target, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close() })
	return target
}

var sites atomic.Int64

// config is for an empty folder on a server, which is returned too, reached at
// an address.
func config(t *testing.T, s conform.SSHD, addr string) (c Config, dir string) {
	t.Helper()
	dir = s.Sub(t, fmt.Sprintf("site é %d", sites.Add(1)))
	return Config{
		URL:        "sftp://" + s.Login + "@" + addr + strings.ReplaceAll(dir, " ", "%20"),
		KeyFiles:   []string{filepath.Join(filepath.Dir(s.Key), "missing"), s.Key},
		KnownHosts: []string{conform.KnownHosts(t, addr, s.HostKeys)},
		Wire:       quick,
	}, dir
}

func site(t *testing.T, s conform.SSHD, addr string) conform.Site {
	t.Helper()
	c, dir := config(t, s, addr)
	return conform.Site{Dir: dir, Dial: func(t *testing.T) publish.Target { return open(t, c) }}
}

func TestConform(t *testing.T) {
	t.Parallel()
	for name, subsystem := range map[string]string{
		"internal-sftp":      conform.InternalSFTP,
		"without extensions": conform.InternalSFTP + " -P posix-rename,fsync,statvfs",
		"sftp-server":        conform.SFTPServer,
	} {
		t.Run(name, func(t *testing.T) {
			if subsystem != conform.InternalSFTP && os.Getenv("SPACES_LONG") != "1" {
				t.Skip("only with SPACES_LONG=1") // each connection starts a program
			}
			s := conform.StartSSHD(t, subsystem, "ed25519")
			conform.Run(t, func(t *testing.T) conform.Site { return site(t, s, s.Addr) }, conform.Options{
				Resumes: true,
				Leaves:  true,
				Secrets: []string{conform.Secret},
				Denied: func(t *testing.T, site conform.Site) publish.Target {
					c, _ := config(t, s, s.Addr)
					c.URL = "sftp://" + s.Login + "@" + s.Addr + strings.ReplaceAll(site.Dir, " ", "%20")
					c.KeyFiles = []string{conform.NewKey(t, "ed25519", "")}
					c.Password = conform.Secret
					return open(t, c)
				},
			})
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
	conform.Faults(t, func(t *testing.T, through func(string) string) conform.Site {
		c, dir := config(t, s, through(s.Addr))
		c.Wire.Idle = 700 * time.Millisecond
		return conform.Site{Dir: dir, Dial: func(t *testing.T) publish.Target { return open(t, c) }}
	}, conform.FaultOptions{Size: 1_500_000, Survives: 3, Secrets: []string{conform.Secret}})
}
