package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/publish/conform"
)

// A name that a server refuses does not hold up the others: they arrive, the
// one is listed, and the exit code says that not all is done.
func TestUploadRefusedName(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers")
	}
	gateway, rclone := conform.Gateway(t), conform.Rclone(t)
	bucket := gateway.Sub(t, "bucket")
	p := newRealSpaces(t, gatewayEnv(gateway.Addr)...)
	var files []string
	for _, name := range []string{"refused.txt", "b.txt", "c.txt"} {
		files = append(files, p.file(t, name, "sound of "+name))
	}
	settings := "targets:\n"
	refuse := func(addr string, status int) string {
		return conform.Front(t, addr, false, func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "refused") && !strings.Contains(r.Header.Get("Destination"), "refused") || r.Method == http.MethodHead || r.Method == "PROPFIND" {
				return false
			}
			io.Copy(io.Discard, r.Body)
			w.WriteHeader(status)
			return true
		}).URL
	}
	for _, status := range []int{400, 403, 409, 413} {
		n := strconv.Itoa(status)
		rclone.Sub(t, n)
		settings += "  s3-" + n + ":\n    url: s3://bucket/" + n + "\n    endpoint: " + refuse(gateway.Addr, status) + "\n"
		settings += "  dav-" + n + ":\n    url: webdav://" + conform.User + "@" + strings.TrimPrefix(refuse(rclone.Addr, status), "http://") + "/" + n + "\n"
	}
	p.settings(t, settings)
	for _, target := range []string{"s3-400", "s3-403", "s3-409", "s3-413", "dav-400", "dav-403", "dav-409", "dav-413"} {
		t.Run(target, func(t *testing.T) {
			kind, status, _ := strings.Cut(target, "-")
			dir := filepath.Join(bucket, status)
			if kind == "dav" {
				dir = filepath.Join(rclone.Dir, status)
				cmd := p.command("target", "login", target)
				cmd.Stdin = strings.NewReader(conform.Secret + "\n")
				if _, said, code := p.runWith(t, cmd); code != 0 {
					t.Fatal(said)
				}
			}
			out, said, code := p.run(t, append(append([]string{"upload"}, files...), target)...)
			if code != app.ExitPartly || !strings.Contains(said, "refused.txt") || !strings.Contains(said, status) || !strings.Contains(said, "1 of 3 files were not sent") {
				t.Errorf("exit code %d: %s%s", code, out, said)
			}
			if status == "413" && !strings.Contains(said, "client_max_body_size") {
				t.Errorf("it does not say what to change: %s", said)
			}
			for _, name := range []string{"b.txt", "c.txt"} {
				if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(b) != "sound of "+name {
					t.Errorf("at the server %s: %q, %v", name, b, err)
				}
			}
			if _, err := os.Stat(filepath.Join(dir, "refused.txt")); err == nil {
				t.Error("the refused file is there")
			}
		})
	}
}
