package publish

import "github.com/spaces-cli/spaces/internal/remote/ranges"

// A Ranged is a target whose objects can be read in parts.
type Ranged interface {
	Target
	// Source returns an object; nothing is asked yet.
	Source(name string) ranges.Source
}
