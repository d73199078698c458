package hls

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOpen(t *testing.T) {
	rec := record(rand.New(rand.NewPCG(4, 9)), "plain", 2)
	rec.files["/r/master.m3u8"] = []byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nlist.m3u8?token=s3cret\n")
	rec.files["/r/twice.m3u8"] = []byte("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nmaster.m3u8\n")
	rec.files["/r/page.m3u8"] = []byte("<!DOCTYPE html>\n")
	rec.files["/r/line.m3u8"] = []byte("#EXTM3U\n#EXTINF:x,\na?token=s3cret\n")
	s := serve(t, rec)
	s.rate, s.seed = 0.3, 3
	inner := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/r/moved.m3u8" {
			http.Redirect(w, r, "/r/sub/list.m3u8", http.StatusFound)
			return
		}
		inner.ServeHTTP(w, r)
	})
	rec.files["/r/sub/list.m3u8"] = rec.files[list]
	o := options(t, s)
	rec.files["/r/live.m3u8"] = bytes.TrimSuffix(rec.files[list], []byte("#EXT-X-ENDLIST\n"))
	for name, want := range map[string]string{
		"live.m3u8": "", "moved.m3u8": "", "master.m3u8": "", "list.m3u8": "", "twice.m3u8": "lists streams instead of chunks", "page.m3u8": "web page", "line.m3u8": "line 2", "none.m3u8": "404",
	} {
		t.Run(name, func(t *testing.T) {
			u := s.address(t)
			u.Path = "/r/" + name
			m, err := Open(t.Context(), o, u)
			switch {
			case want == "":
				if err != nil || len(m.Segments) != 2 {
					t.Fatalf("%v, %v", m, err)
				}
				want := "/r/chunk_1_a.aac"
				if name == "moved.m3u8" { // what is relative, is so to where it was
					want = "/r/sub/chunk_1_a.aac"
				}
				if got := m.Segments[1].URI.Path; got != want {
					t.Errorf("the second chunk is at %s, want %s", got, want)
				}
			case err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret"):
				t.Errorf("%v, want %q", err, want)
			}
		})
	}
}

// A live recording grows between any two answers: it is taken as far as it goes.
func TestGrowing(t *testing.T) {
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n++
		fmt.Fprint(w, "#EXTM3U\n", strings.Repeat("#EXTINF:3,\na\n", n))
	}))
	defer srv.Close()
	s := &server{Server: srv}
	o := options(t, s)
	o.Wire.Tries = 3
	m, err := Open(t.Context(), o, s.address(t))
	if err != nil || m.Ended || len(m.Segments) != 5 || n != 6 {
		t.Errorf("%+v after %d requests, %v", m, n, err)
	}
}
