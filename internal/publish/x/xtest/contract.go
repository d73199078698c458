package xtest

import (
	"bytes"
	_ "embed"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

//go:embed x.yaml
var own []byte

// A contract is one or more OpenAPI documents that requests and answers have to
// keep to.
type contract struct{ routers []routers.Router }

// contracts loads our own document and, where somebody has it, X's:
// SPACES_X_OPENAPI names the file. Else it is looked for in a folder of
// contracts beside the repository.
var contracts = sync.OnceValues(func() (*contract, error) {
	c := new(contract)
	add := func(doc *openapi3.T, err error) error {
		if err != nil {
			return err
		}
		doc.Servers = nil
		r, err := gorillamux.NewRouter(doc)
		c.routers = append(c.routers, r)
		return err
	}
	if err := add(openapi3.NewLoader().LoadFromData(own)); err != nil {
		return nil, err
	}
	file := os.Getenv("SPACES_X_OPENAPI")
	if file == "" {
		if dir := repository(); dir != "" {
			file = filepath.Join(dir, "..", "shared", "contracts", "x-media-openapi.json")
		}
		if _, err := os.Stat(file); err != nil {
			return c, nil
		}
	}
	return c, add(openapi3.NewLoader().LoadFromFile(file))
})

// repository is the folder above the working directory with go.mod, or "".
func repository() string {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			break
		}
		dir = up
	}
	return ""
}

// request holds a request against the documents. Its body can be read again.
func (c *contract) request(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	defer func() { r.Body = io.NopCloser(bytes.NewReader(body)) }()
	for _, router := range c.routers {
		r.Body = io.NopCloser(bytes.NewReader(body))
		in, err := input(router, r)
		if err != nil {
			return err
		}
		if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
			return err
		}
	}
	return nil
}

// answer holds an answer that is a success against them.
func (c *contract) answer(r *http.Request, w *httptest.ResponseRecorder) error {
	if w.Code/100 != 2 {
		return nil
	}
	for _, router := range c.routers {
		in, err := input(router, r)
		if err != nil {
			return err
		}
		out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: w.Code, Header: w.Header(), Options: in.Options}
		out.SetBodyBytes(w.Body.Bytes())
		if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
			return err
		}
	}
	return nil
}

func input(router routers.Router, r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	route, path, err := router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	// Tokens are the server's own business.
	o := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}
	return &openapi3filter.RequestValidationInput{Request: r, PathParams: path, Route: route, Options: o}, nil
}
