package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library/layout"
	"github.com/spaces-cli/spaces/internal/publish/conform"
)

// libraryHashes are the SHA-256s of all files of a library that a backup has.
func libraryHashes(t *testing.T, dir string) map[string]string {
	t.Helper()
	list := make(map[string]string)
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !layout.BackedUp(name) {
			return err
		}
		b, err := fs.ReadFile(root, name)
		list[name] = fmt.Sprintf("%x", sha256.Sum256(b))
		return err
	})
	if err != nil || len(list) == 0 {
		t.Fatalf("%d files, %v", len(list), err)
	}
	return list
}

// must runs the program, which has to succeed.
func (p *realSpaces) must(t *testing.T, args ...string) string {
	t.Helper()
	out, said, code := p.run(t, args...)
	if code != 0 {
		t.Fatalf("spaces %s: exit code %d\n%s%s", strings.Join(args, " "), code, out, said)
	}
	return out
}

// lose loses the library, restores it from the target, and compares.
func (p *realSpaces) lose(t *testing.T, target string) {
	t.Helper()
	before := libraryHashes(t, p.library())
	if err := os.RemoveAll(p.library()); err != nil {
		t.Fatal(err)
	}
	p.must(t, "backup", "restore", target)
	if after := libraryHashes(t, p.library()); !maps.Equal(before, after) {
		t.Errorf("the library was\n%v\nand is\n%v", before, after)
	}
}

// A library comes back from every kind of target.
func TestBackupServers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	for _, c := range []struct {
		name string
		// open starts a server, and returns the settings of the target and what
		// it asks for at login.
		open func(t *testing.T) (settings, login string, env []string)
	}{
		{"S3", func(t *testing.T) (string, string, []string) {
			s := conform.Gateway(t)
			s.Sub(t, "bucket")
			return "url: s3://bucket/backup", "", gatewayEnv(s.Addr)
		}},
		{"WebDAV of rclone", func(t *testing.T) (string, string, []string) {
			s := conform.Rclone(t)
			s.Sub(t, "backup")
			return "url: webdav://" + conform.User + "@" + s.Addr + "/backup", conform.Secret, nil
		}},
		{"WebDAV of Apache", func(t *testing.T) (string, string, []string) {
			s := conform.Apache(t)
			s.Sub(t, "basic/backup")
			return "url: webdav://" + conform.User + "@" + s.Addr + "/basic/backup", conform.Secret, nil
		}},
		{"SFTP", func(t *testing.T) (string, string, []string) {
			s := conform.StartSSHD(t, conform.InternalSFTP, "ed25519")
			s.Sub(t, "backup")
			return "url: sftp://" + s.Login + "@" + s.Addr + s.Dir + "/backup\n    keys: [" + s.Key + "]\n    known_hosts: " + conform.KnownHosts(t, s.Addr, s.HostKeys), "", nil
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			settings, login, env := c.open(t)
			p := newRealSpaces(t, env...)
			p.settings(t, "targets:\n  nas:\n    "+settings+"\n")
			if login != "" {
				cmd := p.command("target", "login", "nas")
				cmd.Stdin = strings.NewReader(login + "\n")
				if _, said, code := p.runWith(t, cmd); code != 0 {
					t.Fatal(said)
				}
			}
			p.must(t, "backup", "create", "nas")
			if out := p.must(t, "backup", "create", "nas"); !strings.Contains(out, ": 0 sent") {
				t.Errorf("without changes: %s", out)
			}
			p.must(t, "edit", "latest", "--note", "a note")
			if out := p.must(t, "backup", "create", "nas", "--keep", "1"); !strings.Contains(out, ": 1 sent") {
				t.Errorf("after a note: %s", out)
			}
			if out := p.must(t, "backup", "check", "nas", "--full"); !strings.Contains(out, "1 snapshot,") || !strings.Contains(out, ": 0 findings") {
				t.Errorf("checked: %s", out)
			}
			p.lose(t, "nas")
			p.must(t, "backup", "create", "nas", "--full")
		})
	}
}

// A run that is killed at any moment leaves the backup whole; the next one
// sends the rest.
func TestKilledBackups(t *testing.T) {
	if testing.Short() {
		t.Skip("sends 40 MB")
	}
	const bytesOf, part, kills = 40e6, 5 << 20, 4
	gateway := conform.Gateway(t)
	gateway.Sub(t, "bucket")
	m := newMeter(t, gateway.Addr)
	p := newRealSpaces(t, gatewayEnv(m.addr)...)
	create := []string{"backup", "create", "s3://bucket/backup", "--part-size", "5M", "--json"}
	p.must(t, create...)

	content := make([]byte, bytesOf)
	rand.NewChaCha8([32]byte{7}).Read(content)
	if err := os.WriteFile(filepath.Join(p.library(), "large.bin"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	before := m.total()
	r := rand.New(rand.NewPCG(7, 21))
	for n := range kills {
		reached := m.stopAfter(3<<20 + r.Int64N(bytesOf/kills))
		cmd := p.command(create...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case <-reached:
			cmd.Process.Kill()
			<-ended
		case err := <-ended:
			t.Fatalf("run %d ended before it was killed: %v", n+1, err)
		}
		m.stopAfter(0)
		if out := p.must(t, "backup", "check", "s3://bucket/backup", "--full", "--json"); !strings.Contains(out, `"unfinished":true`) {
			t.Errorf("after kill %d: %s", n+1, out)
		}
	}
	var done struct{ New int }
	if err := json.Unmarshal([]byte(p.must(t, create...)), &done); err != nil || done.New != 1 {
		t.Errorf("the last run sent %d files, %v", done.New, err)
	}
	sent := m.total() - before
	t.Logf("%d bytes sent for a file of %d, after %d kills", sent, int64(bytesOf), kills)
	if most := int64(bytesOf) + kills*app.UploadJobs*part + 2<<20; sent > most {
		t.Errorf("%d bytes were sent, more than %d", sent, most)
	}
	if out := p.must(t, "backup", "check", "s3://bucket/backup", "--full", "--json"); !strings.Contains(out, `"unfinished":false,"findings":0`) {
		t.Error(out)
	}
	if out := p.must(t, "upload", "--clean", "s3://bucket/backup", "--yes", "--json"); out != "" {
		t.Errorf("left over: %s", out)
	}
	p.lose(t, "s3://bucket/backup")
}
