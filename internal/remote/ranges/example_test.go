package ranges_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/spaces-cli/spaces/internal/remote/ranges"
)

// Of a large file on a server as much is fetched as is read.
func ExampleOpen() {
	file := bytes.Repeat([]byte("0123456789"), 1<<20)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "file", time.Time{}, bytes.NewReader(file))
	}))
	defer srv.Close()
	address, err := url.Parse(srv.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := ranges.Open(context.Background(), &ranges.HTTP{Client: srv.Client(), URL: address}, ranges.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	b := make([]byte, 4)
	if _, err := r.ReadAt(b, 5_000_003); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s of %d bytes, with %d fetched", b, r.Size(), r.Fetched())
	// Output: 3456 of 10485760 bytes, with 8196 fetched
}
