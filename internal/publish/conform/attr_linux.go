package conform

import "golang.org/x/sys/unix"

// hasAttributes reports whether files in a folder can have extended attributes,
// in which versitygw keeps what it knows of objects.
func hasAttributes(dir string) bool {
	return unix.Setxattr(dir, "user.spaces-test", []byte("1"), 0) == nil
}
