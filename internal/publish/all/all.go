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

// A Flag is a setting of one or more kinds of targets.
type Flag struct {
	publish.Flag
	Backends []string // their names
}

// Flags returns the settings of all kinds, those of one name once.
func Flags() []Flag {
	var list []Flag
	for _, b := range Backends() {
		for _, f := range b.Flags {
			i := slices.IndexFunc(list, func(known Flag) bool { return known.Key == f.Key })
			if i < 0 {
				list = append(list, Flag{f, []string{b.Name}})
			} else {
				list[i].Backends = append(list[i].Backends, b.Name)
			}
		}
	}
	return list
}
