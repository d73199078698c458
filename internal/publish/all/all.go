// Package all lists the kinds of targets that there are. A new one is a package
// below publish and a line here.
package all

import (
	"slices"

	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/folder"
	"github.com/spaces-cli/spaces/internal/publish/ia"
	"github.com/spaces-cli/spaces/internal/publish/s3"
	"github.com/spaces-cli/spaces/internal/publish/sftp"
	"github.com/spaces-cli/spaces/internal/publish/webdav"
)

// Backends returns all kinds of targets, in the order in which help lists them.
func Backends() []publish.Backend {
	return []publish.Backend{folder.Backend(), s3.Backend(), webdav.Backend(), sftp.Backend(), ia.Backend()}
}

// Of returns the kind of targets whose URLs have a scheme.
func Of(scheme string) (b publish.Backend, ok bool) {
	for _, b := range Backends() {
		if slices.Contains(b.Schemes, scheme) {
			return b, true
		}
	}
	return publish.Backend{}, false
}

// Schemes returns those of all kinds.
func Schemes() []string {
	var list []string
	for _, b := range Backends() {
		list = append(list, b.Schemes...)
	}
	return list
}
