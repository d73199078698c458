package database

import "golang.org/x/sys/unix"

// onNetwork reports whether a folder lies on a network drive.
func onNetwork(dir string) bool {
	var st unix.Statfs_t
	return unix.Statfs(dir, &st) == nil && st.Flags&unix.MNT_LOCAL == 0
}
