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
	"github.com/spaces-cli/spaces/internal/remote"
)

// A remoteInput is an address that is to be taken in, with what is sent to its
// origin and to no other server.
type remoteInput struct {
	remote.Address
	header  http.Header
	cookies string // name of the file, or empty
}

// sortInputs tells addresses from paths. A file of the name that an address
// without a scheme has is a file.
func (o *extractOptions) sortInputs(now time.Time) (paths []string, inputs []remoteInput, err error) {
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
		inputs = append(inputs, remoteInput{Address: a})
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
func sameServer(inputs []remoteInput) bool {
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
func (o *extractOptions) addSecrets(in *remoteInput, now time.Time) error {
	in.header, in.cookies = http.Header{}, o.cookies
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
			in.header[key] = append(in.header[key], values...)
		}
	}
	if o.cookies == "" || in.Kind != remote.Web && in.Kind != remote.Playlist {
		return nil
	}
	line, err := remote.ReadCookies(o.cookies, in.URL, now)
	if err != nil {
		return secretsError("--cookies", fmt.Errorf("%s: %w", in.Address, err))
	}
	in.header.Add("Cookie", line)
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
