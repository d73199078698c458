package database

import "golang.org/x/sys/unix"

// onNetwork reports whether a folder lies on a network drive.
func onNetwork(dir string) bool {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return false
	}
	switch uint32(st.Type) { // its type differs between platforms
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC,
		unix.V9FS_MAGIC, unix.AFS_SUPER_MAGIC, unix.CODA_SUPER_MAGIC, unix.CEPH_SUPER_MAGIC,
		unix.FUSE_SUPER_MAGIC: // sshfs, rclone mount; a local one loses nothing
		return true
	}
	return false
}
