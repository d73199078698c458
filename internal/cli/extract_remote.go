package cli

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/extract"
	"github.com/spaces-cli/spaces/internal/remote"
)

// sortInputs tells addresses from paths. A file of the name that an address
// without a scheme has is a file.
func (o *extractOptions) sortInputs(now time.Time) (paths []string, inputs []extract.Input, err error) {
	var secrets []string
	for _, text := range o.paths {
		if !remote.Is(text) || !strings.Contains(text, "://") && isFile(text) {
			paths = append(paths, text)
			continue
		}
		a, err := remote.Parse(text)
		if err != nil {
			return nil, nil, addressError(err)
		}
		inputs = append(inputs, extract.Input{Address: a})
	}
	for _, name := range []string{"--header", "--cookies"} {
		if name == "--header" && len(o.headers) > 0 || name == "--cookies" && o.cookies != "" {
			secrets = append(secrets, name)
		}
	}
	if len(secrets) > 0 && len(inputs) == 0 {
		return nil, nil, app.Usage("%s is for addresses, and none is given", strings.Join(secrets, " and "))
	}
	if len(o.headers) > 0 && !sameServer(inputs) {
		return nil, nil, app.Hinted(app.Usage("--header is for one server, and the addresses name several"),
			"use a command for each server: what is in the file goes to no other")
	}
	for i := range inputs {
		if err := o.addSecrets(&inputs[i], now); err != nil {
			return nil, nil, err
		}
	}
	return paths, inputs, nil
}

// sameServer reports whether all addresses that get header lines have one origin
// (RFC 6454).
func sameServer(inputs []extract.Input) bool {
	var first *url.URL
	for _, in := range inputs {
		switch {
		case in.Kind == remote.Stored, in.Kind == remote.Space:
		case first == nil:
			first = in.URL
		case in.URL.Scheme != first.Scheme || !strings.EqualFold(in.URL.Host, first.Host):
			return false
		}
	}
	return true
}

func isFile(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// addressError says what is wrong with an address, and what is taken.
func addressError(err error) error {
	if scheme := (*remote.SchemeError)(nil); errors.As(err, &scheme) {
		return app.Hinted(app.Usage("%w", err), "addresses begin with https://, s3://, webdavs:// or sftp://")
	}
	return app.Usage("%w", err)
}

// addSecrets reads the files that --header and --cookies name.
func (o *extractOptions) addSecrets(in *extract.Input, now time.Time) error {
	in.Header, in.Cookies = http.Header{}, o.cookies
	for _, text := range o.headers {
		name, ok := strings.CutPrefix(text, "@")
		if !ok || name == "" {
			return app.Hinted(app.Usage("--header must be @FILE: other programs can see what stands in a command line"),
				"write the header lines to a file, one a line, and use --header @FILE")
		}
		h, err := remote.ReadHeader(name)
		if err != nil {
			return secretsError("--header", err)
		}
		for key, values := range h {
			in.Header[key] = append(in.Header[key], values...)
		}
	}
	if o.cookies == "" || in.Kind != remote.Web && in.Kind != remote.Playlist {
		return nil
	}
	line, err := remote.ReadCookies(o.cookies, in.URL, now)
	if err != nil {
		return secretsError("--cookies", fmt.Errorf("%s: %w", in.Address, err))
	}
	in.Header.Add("Cookie", line)
	return nil
}

func secretsError(flag string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return app.Fail(app.ExitNotFound, "not-found", app.CheckName, fmt.Errorf("%s: %w", flag, err))
	}
	if flag == "--cookies" {
		return app.Hinted(app.Usage("%s: %w", flag, err),
			"export the cookies of that site as cookies.txt (Netscape format) with an extension of the browser in which you are signed in")
	}
	return app.Usage("%s: %w", flag, err)
}
