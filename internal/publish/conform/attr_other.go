//go:build !linux

package conform

// hasAttributes reports whether files in a folder can have extended attributes,
// in which versitygw keeps what it knows of objects.
func hasAttributes(string) bool { return false }
