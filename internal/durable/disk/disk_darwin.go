package disk

import "golang.org/x/sys/unix"

// Of returns what is known of the drive with a folder.
func Of(dir string) Drive {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return Drive{Free: -1}
	}
	return Drive{Free: int64(st.Bavail) * int64(st.Bsize), ReadOnly: st.Flags&unix.MNT_RDONLY != 0, Network: st.Flags&unix.MNT_LOCAL == 0}
}
