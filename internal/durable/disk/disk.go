// Package disk tells what the system knows of the drive on which a folder lies.
package disk

// A Drive is what is known of the one with a folder.
type Drive struct {
	// Free is how many bytes can still be written; -1 if the system does not tell.
	Free int64
	// ReadOnly says that nothing can be written.
	ReadOnly bool
	// Network says that it belongs to another computer. Where nobody tells it is set.
	Network bool
}
