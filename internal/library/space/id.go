package space

import (
	"regexp"
	"sync"
)

var idPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[0-9A-Za-z]{10,16}$`)
})

// ValidID reports whether id can be that of a Space.
func ValidID(id string) bool { return idPattern().MatchString(id) }

// ContentID returns the id of audio that names no Space, by its SHA-256: f and
// 12 of the hex digits. Ids of X do not begin with f.
func ContentID(sha256 string) string { return "f" + sha256[:12] }
