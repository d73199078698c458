package guard_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/spaces-cli/spaces/internal/remote/guard"
)

// The address that the user named may be private. Where it leads to may not.
func ExampleClient() {
	srv := httptest.NewServer(http.RedirectHandler("http://169.254.169.254/latest/meta-data/", http.StatusFound))
	defer srv.Close()
	named, err := url.Parse(srv.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := guard.Client(named, guard.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.Get(named.String())
	var refused *guard.RefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused)
	}
	// Output:
	// refused to connect to 169.254.169.254: a link-local address, and a playlist or redirect led there
}
