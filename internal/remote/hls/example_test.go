package hls_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"

	"github.com/spaces-cli/spaces/internal/remote/guard"
	"github.com/spaces-cli/spaces/internal/remote/hls"
)

// The address of a playlist becomes a file with the bytes of its chunks. A
// second call with the same folder fetches only what is missing.
func ExampleDownload() {
	mux := http.NewServeMux()
	for name, text := range map[string]string{
		"/list.m3u8": "#EXTM3U\n#EXTINF:3,\na.aac?sig=1\n#EXTINF:3,\nb.aac?sig=2\n#EXT-X-GAP\n#EXTINF:3,\nc.aac\n#EXT-X-ENDLIST\n",
		"/a.aac":     "first bytes, ", "/b.aac": "then these",
	} {
		mux.HandleFunc(name, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) })
	}
	srv := httptest.NewServer(mux)
	defer srv.Close()
	if err := download(srv.URL + "/list.m3u8"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 23 bytes, SHA-256 66a0…, ended: true
	// a.aac at 0, 13 bytes
	// b.aac at 13, 10 bytes
	// missing: c.aac from 6 s on, 3 s
}

func download(address string) error {
	named, err := url.Parse(address)
	if err != nil {
		return err
	}
	client, err := guard.Client(named, guard.Options{})
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	dir, err := os.MkdirTemp("", "hls")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	out, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := out.Mkdir(hls.Folder(named), 0o700); err != nil {
		return err
	}
	work, err := out.OpenRoot(hls.Folder(named))
	if err != nil {
		return err
	}
	defer work.Close()

	ctx, o := context.Background(), hls.Options{Client: client}
	list, err := hls.Open(ctx, o, named)
	if err != nil {
		return err
	}
	m, err := hls.Download(ctx, o, list, work, out, "replay.aac")
	if err != nil {
		return err
	}
	if b, err := hex.DecodeString(m.SHA256); err == nil {
		fmt.Printf("%d bytes, SHA-256 %x…, ended: %t\n", m.Length, b[:2], m.Ended)
	}
	for _, c := range m.Chunks {
		fmt.Printf("%s at %d, %d bytes\n", c.Name, c.Offset, c.Length)
	}
	for _, g := range m.Gaps {
		fmt.Printf("missing: %s from %g s on, %g s\n", g.Name, g.Start, g.Seconds)
	}
	return nil
}
